"""No line of a crontab, and no log, makes a scan run away."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import json
import lzma
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.command import Understanding, understand
from converters.schedules.daemon import Window
from converters.schedules.date_output import Unknown
from converters.schedules.dialects import DIALECTS
from converters.schedules.fields import DAY_OF_WEEK, FieldError, Values, parse_field
from converters.schedules.shell_patterns import BadPattern, glob, grep
from converters.specs.text import ecs_text
from converters.tables.crontab import read
from migrate.document.to_json import as_mapping
from migrate.errors import UserError
from migrate.logs.files import LONGEST_LINE
from migrate.logs.reading import read_logs
from migrate.scan.documenting import document
from migrate.scan.scanning import Settings, scan
from migrate.sources import Source, Sources
from tests.cli import run
from tests.effort import examples

LONG = "a" * 60
START = 29_500_000  # minutes since 1970
SETTINGS = Settings(
    zone_name="UTC",
    zone_of=lambda _: ("UTC", ZoneInfo("UTC")),
    dialect="cronie",
    window=Window(START, START + 1440),
    choice="rule",
    image="app:1",
    tzdata="",
)

COMMANDS = [
    r"""date +%u | grep -q '[5-1]' && x""",
    r"""date +%u | grep -qE '[z-a]|[' && x""",
    rf"""pgrep -f "(a+)+b" || x {LONG}""",
    rf"""! pgrep -f "(a*)*b" && x {LONG}""",
    rf"""pgrep -f "(a|a)(a|aa)+b" > /dev/null || x {LONG}""",
    rf"""pgrep -f "{"(a|a)" * 40}b" || x {LONG}""",
    rf"""pgrep -f ".*.*.*b{{9}}" || x {LONG}""",
    r"""pgrep -f "[5-1]" || x""",
    r"""pgrep -f "(" || x""",
    r"""pgrep -f "*" || x""",
    rf"""date +{LONG} | grep -qE '{"(a|a)" * 40}b' && x""",
    rf"""date +{"a" * 900} | grep -q 'a*a*a*b' && x""",
    rf"""date +{"a" * 900} | grep -qw 'a*a*b' && x""",
    rf"""case $(date +{"a" * 900}) in *a*a*b) x;; esac""",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_pattern_of_a_crontab_runs_away(command: str) -> None:
    began = time.process_time()
    assert isinstance(understand(command), Understanding)
    assert time.process_time() - began < 5


SELF = [
    ("pgrep -f job.sh || /srv/job.sh", True),
    ("pgrep -f '[j]ob.sh' || /srv/job.sh", True),
    ("pgrep -f '[j]ob.sh' || /srv/work.sh", False),
    ("pgrep -f '^/srv/job.sh' || /srv/job.sh", False),
    ("pgrep -f '^/bin/sh.*/job.sh$' || /srv/job.sh", True),
    ("pgrep -fi JOB.SH || /srv/job.sh", True),
    ("pgrep -f 'python.*job' || python /srv/job", True),
]


@pytest.mark.parametrize(("command", "itself"), SELF)
def test_whether_pgrep_finds_its_own_shell(command: str, itself: bool) -> None:
    codes = {finding.code for finding in understand(command).findings}
    assert codes & {"C460", "C461"} == {"C461" if itself else "C460"}


@pytest.mark.parametrize("pattern", ["(a+)+b", "[5-1]", r"\bjob", "job{2}", "(", "[[:alpha:]]"])
def test_a_pattern_that_is_not_followed_decides_nothing(pattern: str) -> None:
    understanding = understand(f"pgrep -f '{pattern}' || /srv/job.sh")
    assert {"C460", "C461", "C462"} & {finding.code for finding in understanding.findings} == {"C462"}
    assert understanding.lock is None


@given(pattern=st.text("ab.*+?()|^$", max_size=8), text=st.text("ab", max_size=6))
@examples(300)
def test_the_same_answer_as_a_backtracking_engine(pattern: str, text: str) -> None:
    try:
        ours = grep(pattern, extended=True, gnu=True)
    except (Unknown, BadPattern):
        return
    theirs = re.compile(pattern.replace("$", r"\Z"))
    assert ours.search(text) == (theirs.search(text) is not None)
    assert ours.fullmatch(text) == (theirs.fullmatch(text) is not None)
    if len(text) >= 3:
        assert ours.fullmatch(text, 1, 3) == (theirs.fullmatch(text, 1, 3) is not None)


@given(pattern=st.text("ab*?", max_size=6), text=st.text("ab\n", max_size=6))
@examples(200)
def test_globs_match_as_they_did(pattern: str, text: str) -> None:
    try:
        ours = glob(pattern)
    except Unknown:
        return
    theirs = re.compile(pattern.replace("*", ".*").replace("?", "."), re.S)
    assert ours.fullmatch(text) == (theirs.fullmatch(text) is not None)


NESTS = [
    ("$(", ")"),
    ("$(", ""),
    ('"$(', ')"'),
    ("`", "`"),
    ("(", ")"),
    ("{ ", ";}"),
    ("$((", "))"),
    ("${x:-", "}"),
    ("if ", ""),
    ("! ", ""),
    ("! [ ", ""),
    ("while ", ""),
    ("x <<<$(", ""),
    ("eval ", ""),
    ("sh -c '", ""),
    ("[ ! ", " ]"),
    ("x && ", ""),
    ("x | ", ""),
]
TESTS = [
    "[ " + "! " * 5000 + "$(date +%d) -eq 1 ] && x",
    "[ " + "\\( " * 5000 + "$(date +%d) -eq 1 " + "\\) " * 5000 + " ] && x",
    "[ $(( " + "(" * 5000 + "$(date +%d)" + ")" * 5000 + " )) -eq 1 ] && x",
    "[ $(( " + "- " * 5000 + "$(date +%d) )) -eq 1 ] && x",
    "date +%u | grep -qE '" + "(" * 5000 + "1" + ")" * 5000 + "' && x",
]


def test_depth_ends_no_scan(tmp_path: Path) -> None:
    """The job is a finding, the others are read."""
    deep = [opened * depth + "x" + closed * depth for opened, closed in NESTS for depth in (400, 5000)] + TESTS
    lines = [f"{at % 60} 2 * * * {text}\n".replace("%d", "\\%d").replace("%u", "\\%u") for at, text in enumerate(deep)]
    table = tmp_path / "table"
    table.write_text("3 3 * * * /bin/first\n" + "".join(lines) + "4 3 * * * /bin/last\n")
    done = run("scan", str(table), "--dialect", "cronie", "--out", "out", cwd=tmp_path)
    assert done.code == 0, done.err
    assert f"{len(deep) + 2} jobs" in done.out
    assert "nested too deep" in done.out


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom", "/dev/full"])
def test_no_device_is_a_log(device: str) -> None:
    with pytest.raises(UserError, match="a device or a socket"):
        read_logs([device], UTC)


def test_no_socket_is_a_log(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "s"))
        with pytest.raises(UserError, match="a device or a socket"):
            read_logs([str(tmp_path / "s")], UTC)


def test_a_link_to_a_device_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "syslog").symlink_to("/dev/zero")
    with pytest.raises(UserError, match="a device or a socket"):
        read_logs([str(tmp_path / "syslog")], UTC)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_line_without_end_is_no_log(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "cron.log").write_bytes(pack(bytes(LONGEST_LINE + 1)))
    with pytest.raises(UserError, match="a line of more than 16 MiB"):
        read_logs([str(tmp_path / "cron.log")], UTC)


def test_standard_input_without_end_is_no_log() -> None:
    with Path("/dev/zero").open("rb") as zero, pytest.raises(UserError, match="standard input: a line of more"):
        read_logs(["-"], UTC, stdin=zero)


ENDLESS = [
    (b"y\n", "900 lines and neither a time nor a cron daemon in them, so not a log"),
    (b"\n", "900 lines and neither"),
    (b"{\n", "900 lines and neither"),
    (b"A=\n", "900 lines and neither"),
    (b"ABC\n", "900 lines and neither"),
    (b"Mar  1 04:05:01 box sshd[7]: hello\n", "more than 3,000 lines; give the lines of cron only"),
    (b"Mar  1 04:05:01 box CRON[7]: (root) CMD (/bin/x)\n", "more than 2,000 lines of cron; give the days"),
    (b'{"__REALTIME_TIMESTAMP": "1", "MESSAGE": "x"}\n', "more than 3,000 lines;"),
    (b"__REALTIME_TIMESTAMP=1\nMESSAGE=x\n\n", "more than 3,000 lines;"),
]


@pytest.mark.parametrize("where", ["standard input", "cron.log"])
@pytest.mark.parametrize(("line", "said"), ENDLESS)
def test_short_lines_without_end_are_no_log(
    line: bytes, said: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bound in (("MOST_SILENT", 900), ("MOST_LINES", 3000), ("MOST_RECORDS", 2000)):
        monkeypatch.setattr(f"migrate.logs.reading.{name}", bound)
    (tmp_path / "cron.log").write_bytes(line * 4000)
    path = "-" if where == "standard input" else str(tmp_path / "cron.log")
    with pytest.raises(UserError) as raised:
        read_logs([path], UTC, stdin=io.BytesIO(line * 4000))
    assert said in str(raised.value)
    assert str(raised.value).startswith(where if path == "-" else path)


def test_a_quiet_stretch_between_two_lines_of_cron_is_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.logs.reading.MOST_SILENT", 3)
    cron, other = b"Mar  1 04:05:01 box CRON[7]: (root) CMD (/bin/x)\n", b"Mar  1 04:05:02 box sshd[7]: hello\n"
    assert len(read_logs(["-"], UTC, stdin=io.BytesIO(other * 9 + cron + other * 9 + cron)).events) == 2


def test_a_pipe_is_a_log() -> None:
    readable, writable = os.pipe()
    os.write(writable, b"2026-03-01T04:05:01+00:00 box CRON[7]: (root) CMD (/bin/x)\n")
    os.close(writable)
    assert read_logs([f"/dev/fd/{readable}"], UTC).events
    os.close(readable)


def test_a_fifo_that_nothing_writes_to_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.logs.files.FIFO_WAIT", 0.2)
    os.mkfifo(tmp_path / "log")
    with pytest.raises(UserError, match="a FIFO that nothing has written to"):
        read_logs([str(tmp_path / "log")], UTC)


def test_a_fifo_with_a_writer_is_a_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    line = b"2026-03-01T04:05:01+00:00 box CRON[7]: (root) CMD (/bin/x)\n"
    writer = threading.Thread(target=(tmp_path / "log").write_bytes, args=(line,), daemon=True)
    writer.start()
    assert read_logs([str(tmp_path / "log")], UTC).events
    writer.join(5)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("item", ["1", "1-5/2", "mon", "5-1", "*/9", "7", "sun-tue", "0001"])
def test_an_item_that_stands_often_means_what_it_means_once(name: str, item: str) -> None:
    """A list has no bound in any daemon; two million items took minutes."""

    def read_as(text: str) -> tuple[object, ...] | str:
        try:
            return _values(parse_field(text, DAY_OF_WEEK, DIALECTS[name]))
        except FieldError as error:
            return str(error)

    began = time.process_time()
    assert read_as(",".join([item] * 50_000)) == read_as(item)
    assert read_as(",".join(["1", item] * 50_000)) == read_as(f"1,{item}")
    assert time.process_time() - began < 5


def _values(found: Values) -> tuple[object, ...]:
    assert all(len(note) < 1000 for note in found.notes)
    return found.bits, found.star, found.random, tuple(re.sub(r"`[^`]*`", "", note) for note in found.notes)


def test_many_variables_above_two_jobs_are_copied_once_a_job() -> None:
    above = "".join(f"V{at}=x{at}\n" for at in range(20_000))
    table = read(above + "1 2 * * * a\nV1=y\n1 2 * * * b\n1 2 * * * c\n", DIALECTS["cronie"], system=False)
    first, second, third = (line.entry for line in table.lines if line.entry is not None)
    assert (first.environment["V1"], second.environment["V1"], len(first.environment)) == ("x1", "y", 20_000)
    assert third.environment is second.environment


def test_a_variable_above_each_job_is_kept_once() -> None:
    rows = "".join(f"V{at}=x{at}\nS={at}\n1 2 * * * a\n1 3 * * * b\n" for at in range(300))
    table = read(rows, DIALECTS["cronie"], system=False)
    found = [line.entry.environment for line in table.lines if line.entry is not None]
    plain: dict[str, str] = {}
    for at, (first, second) in enumerate(zip(found[::2], found[1::2], strict=True)):
        plain |= {f"V{at}": f"x{at}", "S": str(at)}
        assert first == plain
        assert list(first) == list(plain)
        assert second is first
        assert f"V{at + 1}" not in first
    # Each entry with a copy of its own held 45,000 names.
    seen: set[int] = set()
    assert sum(_held(one, seen) for one in found) < 10 * 600


def _held(one: object, seen: set[int]) -> int:
    """How many items the containers hold that this object leads to, but for those seen already."""
    if id(one) in seen or isinstance(one, type | str | int):
        return 0
    seen.add(id(one))
    inner = sum(_held(other, seen) for other in gc.get_referents(one))
    return inner + (len(one) if isinstance(one, dict | list | tuple) else 0)


def test_variables_above_many_jobs_are_looked_into_once(tmp_path: Path) -> None:
    """Each job's ecs.yml holds them all, so the lines written grow with both; what is worked out of them must not."""

    def calls(variables: int, jobs: int) -> int:
        above = "".join(f"V{at}=value{at}\n" for at in range(variables))
        table = above + "".join(f"{at} 2 * * * /opt/job{at}\n" for at in range(jobs))
        counted = 0

        def count(_frame: object, event: str, _more: object) -> None:
            nonlocal counted
            counted += event == "call"

        source = Source("t", table.encode(), "user", user="bob")
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            found = scan(Sources([source]), SETTINGS, {})
            texts = [ecs_text(spec) for _, spec in found.each_spec()]
            json.dumps(as_mapping(document(found)))
        finally:
            sys.setprofile(before)
        assert all(text.count(': "value') == variables for text in texts)
        return counted

    calls(1, 1)
    assert (calls(400, 60) - calls(1, 60)) / (400 * 60) < 10  # it was 51
