"""Lines as the daemons read them: vectors executed against the daemons' own sources, and what must hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import Crontab, Entry, parse_variable, read, split_percent

DEBIAN = DIALECTS["debian"]


def table(text: str, dialect: str = "debian", *, system: bool = False) -> Crontab:
    return read(text, DIALECTS[dialect], system=system)


def kinds(text: str, dialect: str = "debian", *, system: bool = False) -> list[str]:
    return [line.kind for line in table(text, dialect, system=system).lines]


def entry(text: str, dialect: str = "debian", *, system: bool = False) -> Entry:
    found = table(text, dialect, system=system).lines[-1].entry
    assert found is not None
    return found


# --- classes of lines -------------------------------------------------------------------------------------------------

KINDS = [
    # text, kind on debian, system table?
    ("", "blank", False),
    (" \t ", "blank", False),
    ("# a comment", "comment", False),
    ("  \t# a comment", "comment", False),
    ("#0 5 * * * x", "comment", False),
    ("0 5 * * * x # not a comment", "job", False),
    ("  0 5 * * * x", "job", False),
    ("@daily x", "job", False),
    ("@Daily x", "invalid", False),
    ("@every 5m x", "invalid", False),
    ("A=1 0 5 * * * x", "environment", False),
    ("MAILTO=", "environment", False),
    ('MAILTO=""', "environment", False),
    ("FOO = bar baz", "environment", False),
    ("FOO BAR=1", "invalid", False),
    ("export FOO=x", "invalid", False),
    ('FOO="a" b', "invalid", False),
    ('FOO="a', "invalid", False),
    ("0 5 * * *", "job", False),
    ("0 5 * * * * x", "invalid", False),
    ("0 5 * * * * x", "invalid", True),
    ("0 5 * *", "invalid", False),
    ("0 5 * * * root", "invalid", True),
    ("0 5 * * * root x", "job", True),
    ("@reboot root x", "job", True),
    ("\r", "invalid", False),
    ("0 5 * * * x\r", "job", False),
    ("not a line", "invalid", False),
    ("60 5 * * * x", "invalid", False),
    ("*/5 * * * * A=b x", "job", False),
    ("0 5 * * * " + "x" * 998, "job", False),
    ("0 5 * * * " + "x" * 999, "invalid", False),
]


@pytest.mark.parametrize(("text", "kind", "system"), KINDS)
def test_debian_class(text: str, kind: str, system: bool) -> None:
    assert kinds(text + "\n", system=system) == [kind]


@pytest.mark.parametrize(
    ("text", "dialect", "kind"),
    [
        ("MAILTO=", "debian-12", "invalid"),
        ("MAILTO=", "cronie", "environment"),
        ("MAILTO=", "cronie-1.4", "invalid"),
        ("MAILTO=", "isc", "invalid"),
        ("0 5 * * *", "cronie", "invalid"),
        ("0 5 * * *", "freebsd", "job"),
        ("0 5 * * * * c", "freebsd", "job"),
        ("- 0 5 * * * x", "cronie", "invalid"),
        ("-0 5 * * * x", "cronie", "job"),
        ("-0 5 * * * x", "debian", "invalid"),
        ("@every_minute x", "freebsd", "job"),
        ("@30 x", "freebsd", "job"),
        ("@30 x", "debian", "invalid"),
        ("5/15 * * * * x", "freebsd", "job"),
        ("5/15 * * * * x", "debian", "invalid"),
        ("0~30 5 * * * x", "cronie", "job"),
        ("0 5 * * * " + "x" * 2000, "cronie", "job"),
        ("0 5 * * * " + "x" * 2000, "freebsd", "job"),
    ],
)
def test_class_by_dialect(text: str, dialect: str, kind: str) -> None:
    assert kinds(text + "\n", dialect) == [kind]


def test_overlong_command_is_cut_where_the_daemon_cuts_it() -> None:
    assert len(entry("0 5 * * * " + "x" * 2000 + "\n", "freebsd").command) == 998


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("60 5 * * * x", 1, "60 is not a minute"),
        ("  5 24 * * * x", 5, "24 is not an hour"),
        ("0 5 1,,2 * * x", 7, "expected a day of month"),
        ("0 5 * foo * x", 7, "`foo` is not a month"),
        ("0 5 * * 8 x", 9, "8 is not a day of week"),
        ("0  5   *  *  mon-fre x", 18, "`fre`"),
        ("0 5", 4, "bad day of month"),
        ("\r", 1, "carriage return"),
    ],
)
def test_faults_name_column_and_reason(text: str, column: int, words: str) -> None:
    fault = table(text + "\n").lines[0].fault
    assert fault is not None
    assert fault.column == column
    assert words in fault.message


# --- environment ------------------------------------------------------------------------------------------------------

VARIABLES = [
    # line, dialect, variable
    ('"FOO"=bar', "debian", ("FOO", "bar")),
    ("'FOO'=bar", "debian", ("FOO", "bar")),
    ("FOO = bar baz  ", "debian", ("FOO", "bar baz")),
    ("FOO=a # c", "debian", ("FOO", "a # c")),
    ("FOO=it's", "debian", ("FOO", "it's")),
    ('FOO=""', "debian", ("FOO", "")),
    ('FOO="bar baz "', "debian", ("FOO", "bar baz")),
    ('FOO="bar baz "', "cronie", ("FOO", "bar baz ")),
    ("FOO=bar\r", "debian", ("FOO", "bar")),
    ("PATH=$HOME/bin:~/x", "debian", ("PATH", "$HOME/bin:~/x")),
    ('"A=B"=c', "debian", None),
    ("=x", "debian", None),
    ("0 5 * * * FOO=bar x", "debian", None),
    ("CRON_TZ=UTC", "cronie", ("CRON_TZ", "UTC")),
    ("PATH='/bin' x", "busybox", ("PATH", "'/bin'")),
    ("FOO=bar", "busybox", None),
]


@pytest.mark.parametrize(("line", "dialect", "variable"), VARIABLES)
def test_variables(line: str, dialect: str, variable: tuple[str, str] | None) -> None:
    assert parse_variable(line, DIALECTS[dialect]) == variable


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_variable_ends_at_a_nul_byte_as_c_strings_do(dialect: str) -> None:
    found = read("PATH=x\0y\nB\0=z\n", DIALECTS[dialect], system=False)
    assert (found.lines[0].kind, found.lines[0].variable) == ("environment", ("PATH", "x"))
    assert found.lines[1].kind == "invalid"


def test_variables_apply_to_later_entries_only() -> None:
    lines = table("0 1 * * * a\nX=1\n0 2 * * * b\nX=2\nY=3\n0 3 * * * c\n").lines
    found = [dict(line.entry.environment) for line in lines if line.entry is not None]
    assert found == [{}, {"X": "1"}, {"X": "2", "Y": "3"}]


# --- percent ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "debian", "cronie"),
    [
        (r"date +\%d", ("date +%d", None), ("date +%d", None)),
        ("mail x%Hi%there", ("mail x", "Hi\nthere\n"), ("mail x", "Hi\nthere\n")),
        ("date +%d", ("date +", "d\n"), ("date +", "d\n")),
        (r"sed 's/\\n/x/'", (r"sed 's/\n/x/'", None), (r"sed 's/\\n/x/'", None)),
        (r"a \\% b", ("a \\", " b\n"), (r"a \\", " b\n")),
        (r"a%b\%c%d", ("a", "b%c\nd\n"), ("a", "b%c\nd\n")),
        (r"a \x", (r"a \x", None), (r"a \x", None)),
        ("a%", ("a", ""), ("a", "")),
        ("a%b%", ("a", "b\n"), ("a", "b\n")),
        ("a", ("a", None), ("a", None)),
    ],
)
def test_percent(text: str, debian: tuple[str, str | None], cronie: tuple[str, str | None]) -> None:
    assert split_percent(text, DEBIAN) == debian
    assert split_percent(text, DIALECTS["cronie"]) == cronie
    assert split_percent(text, DIALECTS["busybox"]) == (text, None)


# --- the command, the user, the flags ---------------------------------------------------------------------------------


def test_system_lines() -> None:
    found = entry("17 *\t* * *\troot\t cd / && x\n", system=True)
    assert (found.user, found.command, found.schedule.text) == ("root", "\t cd / && x", "17 * * * *")
    assert entry("17 * * * * root  cd /\n", "cronie", system=True).command == "cd /"


def test_carriage_return_and_trailing_blanks_belong_to_the_command() -> None:
    assert entry("0 5 * * * x  \r\n").command == "x  \r"


@pytest.mark.parametrize(
    ("text", "dialect", "flags", "command"),
    [
        ("-0 5 * * * x", "cronie", "-", "x"),
        ("0 5 * * * -n x", "cronie", "n", "x"),
        ("0 5 * * * -n x", "cronie-1.6", "", "-n x"),
        ("0 5 * * * -n x", "debian", "", "-n x"),
        ("0 5 * * * -n -q x", "freebsd", "nq", "x"),
        ("0 5 * * * -ns x", "openbsd", "ns", "x"),
        ("0 5 * * * -nz x", "openbsd", "", "-nz x"),
    ],
)
def test_flags(text: str, dialect: str, flags: str, command: str) -> None:
    found = entry(text + "\n", dialect)
    assert (found.flags, found.command) == (flags, command)


# --- whole-file rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dialect", "dead"),
    [
        ("0 5 * * * x\n", "debian", None),
        ("0 5 * * * x\nbad\n", "debian", "line 2 is an error"),
        ("0 5 * * * x\nbad\n", "cronie", None),
        ("0 5 * * * x", "debian", "no newline"),
        ("0 5 * * * x\n# end", "debian", None),
        ("0 5 * * * x\n  ", "debian", None),
        ("0 5 * * * x", "busybox", None),
        ("# x\n" * 10001, "debian", "more than 10000 lines"),
        ("# x\n" * 10001, "freebsd", None),
    ],
)
def test_whole_file_rules(text: str, dialect: str, dead: str | None) -> None:
    found = table(text, dialect).dead
    assert (dead in found) if dead is not None and found is not None else dead is found


def test_last_line_without_newline_is_lost_where_the_daemon_drops_it() -> None:
    assert kinds("0 5 * * * x\n0 6 * * * y", "cronie") == ["job", "invalid"]
    assert kinds("0 5 * * * x\n0 6 * * * y", "debian") == ["job", "job"]


# --- anything at all --------------------------------------------------------------------------------------------------

hostile = st.text(alphabet=st.sampled_from("0159*/-,~@#=%\\'\" \t\r\n\0aMonroot;?L\udce9é"), max_size=200)


@given(hostile, st.sampled_from(sorted(DIALECTS)), st.booleans())
def test_every_line_of_any_text_has_one_class(text: str, dialect: str, system: bool) -> None:
    lines = table(text, dialect, system=system).lines
    assert "\n".join(line.text for line in lines) == (text.removesuffix("\n"))
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    for line in lines:
        assert (line.kind == "job") == (line.entry is not None)
        assert (line.kind == "environment") == (line.variable is not None)
        assert (line.kind == "invalid") == (line.fault is not None)
        if line.fault is not None:
            assert 1 <= line.fault.column <= len(line.text) + 1
