"""Lines of every dialect: what they say, when they were written, and of which line of a crontab they tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from converters.history.logs.commands import Index, forms, printed, readable, vis
from converters.history.logs.events import Event, event_of
from converters.history.logs.records import Record, parse_line, records
from converters.history.logs.stamps import Moment, Stamp, place, read_stamp
from tests.cli import FIXTURES
from tests.effort import examples

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
PATIENT = examples(100, suppress_health_check=[HealthCheck.too_slow])


def vectors() -> list[tuple[str, str]]:
    lines = (FIXTURES / "logs" / "lines.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(" => ")) for line in lines if not line.startswith("#")]  # type: ignore[misc]


@pytest.mark.parametrize(("line", "said"), vectors())
def test_every_dialect_is_read(line: str, said: str) -> None:
    record = parse_line(line)
    if said == "none":
        assert record is None
        return
    assert record is not None
    event = event_of(record, None)
    status = "-" if event.status is None else event.status
    processes = f"{event.parent or '-'}/{event.shell or '-'}"
    assert f"{event.kind} {event.user or '-'} {processes} {status} |{event.command}|" == said


def test_a_cut_line_is_known_as_cut() -> None:
    record = parse_line("Mar  8 01:50:01 web1 CRON[59]: (root) CMD (/opt/app/very-long --opt")
    assert record is not None
    event = event_of(record, None)
    assert event.truncated
    index = Index()
    index.add("long", "root", ["/opt/app/very-long --option=1"])
    index.add("short", "root", ["/opt/app/short"])
    assert index.find(event) == ("long",)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("2026-03-08T01:50:01+09:00 x", "2026-03-07T16:50:01+00:00"),
        ("2026-03-08T01:50:01.5Z x", "2026-03-08T01:50:01.500000+00:00"),
        ("2026-03-08T01:50:01-0330 x", "2026-03-08T05:20:01+00:00"),
        ("Sun 2026-03-08 01:50:01 UTC x", "2026-03-08T01:50:01+00:00"),
        ("1772902201 x", "2026-03-07T16:50:01+00:00"),
    ],
)
def test_exact_stamps(text: str, exact: str) -> None:
    found = read_stamp(text)
    assert found is not None and found[0].exact is not None
    assert datetime.fromtimestamp(found[0].exact, UTC).isoformat() == exact


def placed(zone: ZoneInfo, newest: datetime, *lines: str) -> list[str]:
    stamps = [(read_stamp(line)[0], line) for line in lines]  # type: ignore[index]
    found = place(stamps, zone, newest.timestamp())
    return [datetime.fromtimestamp(moment.at, UTC).strftime("%Y-%m-%dT%H:%M") for moment in found if moment is not None]


def test_years_are_found_backwards() -> None:
    newest = datetime(2026, 2, 1, tzinfo=UTC)
    lines = ["Feb 29 10:00:00 x", "Dec 31 23:59:00 x", "Jan  1 00:01:00 x", "Dec 31 12:00:00 x", "Jan 31 00:00:00 x"]
    assert placed(ZoneInfo("UTC"), newest, *lines) == [
        "2024-02-29T10:00",
        "2024-12-31T23:59",
        "2025-01-01T00:01",
        "2025-12-31T12:00",
        "2026-01-31T00:00",
    ]


def test_a_repeated_hour_is_told_by_the_clock_going_back() -> None:
    newest = datetime(2026, 12, 1, tzinfo=UTC)
    minutes = ["00:45", "01:15", "01:45", "01:15", "01:45", "02:15"]
    lines = [f"Nov  1 {minute}:01 x" for minute in minutes]
    assert placed(NEW_YORK, newest, *lines) == [
        f"2026-11-01T{clock}" for clock in ("04:45", "05:15", "05:45", "06:15", "06:45", "07:15")
    ]


def test_a_repeated_hour_is_told_by_a_line_that_comes_again() -> None:
    newest = datetime(2026, 12, 1, tzinfo=UTC)
    assert placed(NEW_YORK, newest, "Nov  1 01:30:01 x", "Nov  1 01:30:01 x") == [
        "2026-11-01T05:30",
        "2026-11-01T06:30",
    ]


def test_half_an_hour_comes_twice_on_lord_howe() -> None:
    newest = datetime(2026, 12, 1, tzinfo=UTC)
    lines = [f"Apr  5 {minute}:01 x" for minute in ("01:31", "01:59", "01:31", "01:59", "02:00")]
    assert placed(LORD_HOWE, newest, *lines) == [
        f"2026-04-04T{clock}" for clock in ("14:31", "14:59", "15:01", "15:29", "15:30")
    ]


def test_one_pass_alone_stays_open() -> None:
    stamp = read_stamp("Nov  1 01:30:01 x")
    assert stamp is not None
    found = place([(stamp[0], "x")], NEW_YORK, datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    assert found == [Moment(1793511001.0, 1793514601.0)]


def test_a_date_that_does_not_exist_is_no_time() -> None:
    assert place([(Stamp(None, 2025, 2, 29), None)], NEW_YORK, 1.8e9) == [None]


def export(entry: dict[str, str | bytes]) -> bytes:
    out = b""
    for name, value in entry.items():
        data = value.encode() if isinstance(value, str) else value
        if isinstance(value, bytes) or "\n" in value:
            out += name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
        else:
            out += name.encode() + b"=" + data + b"\n"
    return out + b"\n"


ENTRY: dict[str, str | bytes] = {
    "__CURSOR": "s=1",
    "__REALTIME_TIMESTAMP": "1772902201500000",
    "SYSLOG_IDENTIFIER": "CRON",
    "SYSLOG_PID": "59",
    "_PID": "59",
    "MESSAGE": "(root) CMD (echo 日本)",
}


@pytest.mark.parametrize("message", ["(root) CMD (echo 日本)", "(root) CMD (echo 日本)".encode(), "(root) CMD (a\nb)"])
def test_the_export_format_of_journald(message: str | bytes) -> None:
    other = export({**ENTRY, "SYSLOG_IDENTIFIER": "sshd"})
    data = other + export({**ENTRY, "MESSAGE": message}) + export(ENTRY) + other
    found = list(records(iter(data.splitlines(keepends=True))))
    text = message.decode() if isinstance(message, bytes) else message
    stamp = Stamp(1772902201.5)
    assert found == [stamp, Record(stamp, "CRON", 59, text), Record(stamp, "CRON", 59, str(ENTRY["MESSAGE"])), stamp]


def test_the_json_of_journald_and_of_docker() -> None:
    lines = [
        json.dumps(ENTRY).encode(),
        json.dumps({**ENTRY, "MESSAGE": list("(root) CMD (é)".encode())}).encode(),
        json.dumps(
            {"log": "crond: USER root pid 7 cmd x\n", "stream": "stderr", "time": "2026-03-07T16:50:01.5Z"}
        ).encode(),
        b"{broken",
    ]
    assert [one.text for one in records(iter(lines)) if isinstance(one, Record)] == [
        "(root) CMD (echo 日本)",
        "(root) CMD (é)",
        "USER root pid 7 cmd x",
    ]


@PATIENT
@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    for prefix in (b"", b"{", b"__CURSOR=1\nA\n\xff\xff", b"Mar  8 01:50:01 web1 CRON[1]: "):
        for one in records(iter((prefix + data).splitlines(keepends=True))):
            if isinstance(one, Record):
                event_of(one, None)


@pytest.mark.parametrize(
    ("command", "logged"),
    [
        ("echo é", r"echo \303\251"),
        ("echo\ta", "echo^Ia"),
        ("a\x7fb\x01", "a^?b^A"),
        ("echo 日本 | x", r"echo \346\227\245\346\234\254 | x"),
        ("a\\b", "a\\b"),
    ],
)
def test_mkprint(command: str, logged: str) -> None:
    assert printed(command) == logged
    assert readable(logged) == command


def test_vis_of_openbsd() -> None:
    assert vis("caf\u00e9 \\ \x01") == "caf\\M-C\\M-) \\\\ \\^A"


@PATIENT
@given(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=60))
def test_a_command_is_found_again_as_each_daemon_logs_it(command: str) -> None:
    index = Index()
    index.add("job", "app", [command])
    for form in (printed(command), f"   {printed(command)}", vis(command.strip(" \t")), command):
        assert index.find(Event("start", None, user="app", command=form)) == ("job",)
    assert index.find(Event("start", None, user="web", command=printed(command))) == ()


def test_a_command_with_a_masked_secret_is_found() -> None:
    index = Index()
    index.add("job", "app", ["mysqldump -p**** 日本"])
    logged = printed("mysqldump -phunter2secret 日本")
    assert index.find(Event("start", None, user="app", command=logged)) == ("job",)


def test_equal_commands_stay_apart_by_user_only() -> None:
    index = Index()
    index.add("one", "app", ["run"])
    index.add("two", "app", ["run"])
    index.add("three", "web:www/daemon", ["run"])
    assert index.find(Event("start", None, user="app", command="run")) == ("one", "two")
    assert index.find(Event("start", None, user="web", command="run")) == ("three",)


def test_forms_never_hold_the_blanks_around() -> None:
    assert all(form == form.strip() for form in forms("  a b  "))
