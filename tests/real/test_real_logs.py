"""Logs that real daemons wrote, around clock changes: every run is found, and what is planted, and nothing else.

Debian's cron at a hundredfold speed writes to a real syslog socket; its messages are then kept as rsyslog keeps them and as
journald exports them. BusyBox's static crond runs in virtual time. Needs root and the packages ``cron``, ``faketime`` and
``busybox-static``; skipped where these are missing, but in CI that is a failure. Takes about a minute, most of
it waiting.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from converters.history.logs.commands import printed
from converters.history.runs import History, Watched, due_by
from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read
from migrate.logs.reading import read_history

from . import log_daemons
from .log_daemons import Message

Season = Literal["autumn", "spring"]
LORD_HOWE = "Australia/Lord_Howe"  # whose clock changes by half an hour
NEW_YORK = "America/New_York"
DEBIAN_TABLE = """\
*/10 * * * * nobody echo "日本 \\%H" >/dev/null; sleep 1
5 * * * * root   true café%input
45 1 * * * daemon true repeated
12 2 * * * daemon true lost
25,55 * * * * root exit 3
"""
BUSYBOX_TABLE = """\
*/4 * * * * echo 日本 %H >/dev/null; read x </gate
30 1 * * * true repeated
30 2 * * * true lost
15 * * * * echo b >/dev/null
*/20 * * * * echo "c é" >/dev/null # a note
"""
POSIX_RULE = "EST5EDT,M3.2.0,M11.1.0"
SEASONS: tuple[Season, ...] = ("autumn", "spring")
DEAD = "*/15 * * * * root /opt/dead 日本\n"

pytestmark = pytest.mark.real


Recorded = tuple[dict[Season, list[Message]], dict[str, tuple[list[bytes], bytes]]]


@lru_cache(maxsize=1)
def recorded() -> Recorded:
    """Debian's cron with its default log in autumn and with all that it can log in spring; BusyBox's in both."""
    autumn, spring = datetime(2026, 4, 5, 1, 18, 10), datetime(2026, 10, 4, 1, 48, 10)
    debian, busybox = partial(log_daemons.debian, DEBIAN_TABLE, LORD_HOWE), partial(log_daemons.busybox, BUSYBOX_TABLE)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(debian, autumn, 82, speed=120, level=1)
        second = pool.submit(debian, spring, 32, speed=120, level=15)
        third = pool.submit(busybox, NEW_YORK, datetime(2026, 11, 1, 0, 50, 10), 600, POSIX_RULE)
        fourth = pool.submit(busybox, NEW_YORK, datetime(2026, 3, 8, 0, 50, 10), 240, POSIX_RULE)
        fifth = pool.submit(busybox, NEW_YORK, datetime(2026, 11, 1, 10, 40, 10), 120, POSIX_RULE)
        return (
            {"autumn": first.result(), "spring": second.result()},
            {"autumn": third.result(), "spring": fourth.result(), "restarted": fifth.result()},
        )


def debian_messages(season: Season) -> list[Message]:
    return recorded()[0][season]


def busybox_logs(season: str) -> tuple[list[bytes], bytes]:
    return recorded()[1][season]


@pytest.fixture(scope="module", autouse=True)
def real_parts() -> None:
    if reason := log_daemons.missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def watched(table: str, dialect: str, zone: str) -> list[Watched]:
    """The jobs of a table, each named by its first words."""
    grammar = DIALECTS[dialect]
    jobs = []
    for line in table.splitlines(keepends=True):
        entry = read(line, grammar, system=dialect == "debian").lines[0].entry
        assert entry is not None
        command = entry.command if grammar.percent else entry.raw_command
        due = due_by(entry.schedule, ZoneInfo(zone), grammar)
        jobs.append(Watched(line.rstrip("\n"), line, entry.user or "root", (command,), due, "/etc/cron.d/jobs"))
    return jobs


def as_syslog(messages: Iterable[Message], zone: str) -> bytes:
    """As rsyslog's traditional files have it: the host's clock, no year."""
    return b"".join(
        datetime.fromtimestamp(one.at, ZoneInfo(zone)).strftime("%b %e %H:%M:%S").encode()
        + f" web1 {one.tag}[{one.pid}]: {one.text}\n".encode("utf-8", "surrogateescape")
        for one in messages
    )


def as_rfc3339(messages: Iterable[Message], zone: str) -> bytes:
    return b"".join(
        f"{datetime.fromtimestamp(one.at, ZoneInfo(zone)).isoformat()} web1 {one.tag}[{one.pid}]: {one.text}\n".encode()
        for one in messages
    )


def _fields(one: Message) -> dict[str, str]:
    return {
        "__CURSOR": f"s=0;i={one.at}",
        "__REALTIME_TIMESTAMP": str(int(one.at * 1e6)),
        "SYSLOG_FACILITY": "10" if "pam_unix" in one.text else "9",
        "SYSLOG_IDENTIFIER": one.tag,
        "SYSLOG_PID": str(one.pid),
        "_TRANSPORT": "syslog",
        "MESSAGE": one.text,
    }


def as_export(messages: Iterable[Message], zone: str) -> bytes:
    """``journalctl -o export``."""
    return b"".join(
        b"".join(f"{name}={value}\n".encode() for name, value in _fields(one).items()) + b"\n" for one in messages
    )


def as_json(messages: Iterable[Message], zone: str) -> bytes:
    """``journalctl -o json``."""
    return b"".join(json.dumps(_fields(one)).encode() + b"\n" for one in messages)


FORMATS: Sequence[Callable[[Iterable[Message], str], bytes]] = (as_syslog, as_rfc3339, as_export, as_json)


def past(data: bytes, newest: float, jobs: Sequence[Watched], zone: str, directory: Path) -> History:
    log = directory / "log"
    log.write_bytes(data)
    os.utime(log, (newest, newest))
    return read_history([str(log)], jobs, ZoneInfo(zone))


def problems(history: History) -> dict[str, tuple[list[str], int, int, int]]:
    """What is not as it should be: missed minutes, and how many runs are doubled, extra or unknown, by job."""
    found = {}
    for job, one in history.jobs.items():
        side = one.comparison
        assert side is not None
        if side.missed or side.doubled or side.extra or side.unknown:
            missed = [datetime.fromtimestamp(minute * 60, UTC).strftime("%H:%M") for minute in side.missed]
            found[job] = (missed, len(side.doubled), len(side.extra), len(side.unknown))
    return found


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("season", SEASONS)
def test_every_run_of_debian_is_found_and_none_invented(
    season: Season, form: Callable[[Iterable[Message], str], bytes], tmp_path: Path
) -> None:
    messages = debian_messages(season)
    jobs = watched(DEBIAN_TABLE, "debian", LORD_HOWE)
    history = past(form(messages, LORD_HOWE), messages[-1].at, jobs, LORD_HOWE, tmp_path)
    assert problems(history) == {}
    assert not history.strangers
    for job in jobs:
        command = re.escape(printed(job.commands[0].strip()))
        logged = [one for one in messages if re.search(rf"CMD \((\[\d+\] )? *{command}\)", one.text)]
        one = history.jobs[job.id]
        assert one.starts == len(logged)
        assert one.comparison is not None and (one.comparison.due > 0) == (one.starts > 0)


def test_the_repeated_half_hour_runs_what_debian_runs() -> None:
    """What the daemon itself does at the changes: once in autumn, caught up in spring, every ten minutes throughout."""
    autumn, spring = debian_messages("autumn"), debian_messages("spring")
    assert sum("true repeated" in one.text for one in autumn if "CMD" in one.text) == 1
    assert sum("true lost" in one.text for one in spring if "CMD" in one.text) == 1
    polls = [datetime.fromtimestamp(one.at, ZoneInfo(LORD_HOWE)) for one in autumn if "(nobody) CMD" in one.text]
    tens = [f"{poll.hour}:{poll.minute // 10}" for poll in polls]
    assert tens == ["1:2", "1:3", "1:4", "1:5", "1:3", "1:4", "1:5", "2:0", "2:1"]


def test_durations_come_from_sessions_or_from_ends(tmp_path: Path) -> None:
    """The shell sleeps one second, which is two simulated minutes; PAM's session and cron's END tell the same."""
    for season in SEASONS:
        messages = debian_messages(season)
        jobs = watched(DEBIAN_TABLE, "debian", LORD_HOWE)
        history = past(as_export(messages, LORD_HOWE), messages[-1].at, jobs, LORD_HOWE, tmp_path)
        durations = history.jobs[jobs[0].id].durations
        assert durations is not None and durations["p50"] >= 110
        known = [run for run in history.jobs[jobs[0].id].runs if run.end is not None]
        closings = [one for one in messages if "session closed for user nobody" in one.text]
        assert len(known) == len(closings)


def test_failures_are_told_with_all_log_bits(tmp_path: Path) -> None:
    spring = debian_messages("spring")
    jobs = watched(DEBIAN_TABLE, "debian", LORD_HOWE)
    history = past(as_syslog(spring, LORD_HOWE), spring[-1].at, jobs, LORD_HOWE, tmp_path)
    exits = [run.status for run in history.jobs[jobs[4].id].runs]
    assert exits and set(exits) == {3}
    assert {run.status for job in jobs[:4] for run in history.jobs[job.id].runs} <= {None}


def _of_run(messages: Sequence[Message], place: int) -> set[int]:
    """The places of all messages of one run: its session's and its own."""
    command = messages[place]
    opened = max(
        at for at in range(place) if "opened for user nobody" in messages[at].text and messages[at].at <= command.at
    )
    parent = messages[opened].pid
    return {place} | {at for at, one in enumerate(messages) if one.pid == parent and at >= opened}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_what_is_planted_into_a_log_of_debian_is_found(
    form: Callable[[Iterable[Message], str], bytes], tmp_path: Path
) -> None:
    """One run less and one twice, on either side of the clock change; and a job that never ran."""
    messages = debian_messages("autumn")
    polls = [at for at, one in enumerate(messages) if "(nobody) CMD" in one.text]
    gone = _of_run(messages, polls[1])
    again = messages[polls[5]]
    edited = [one for at, one in enumerate(messages) if at not in gone]
    edited.append(replace(again, at=again.at + 2, pid=(again.pid or 0) + 20000))
    edited.sort(key=lambda one: one.at)
    jobs = watched(DEBIAN_TABLE + DEAD, "debian", LORD_HOWE)
    history = past(form(edited, LORD_HOWE), messages[-1].at, jobs, LORD_HOWE, tmp_path)
    minute = datetime.fromtimestamp(messages[polls[1]].at, UTC)
    minute = minute.replace(minute=minute.minute // 10 * 10)
    found = problems(history)
    dead = found.pop(DEAD.rstrip("\n"))
    assert found == {jobs[0].id: ([minute.strftime("%H:%M")], 1, 0, 0)}
    assert len(dead[0]) >= 4 and dead[1:3] == (0, 0)
    assert [job for job, one in history.jobs.items() if one.never] == [jobs[-1].id]


def busybox_file(lines: Iterable[bytes]) -> bytes:
    """As BusyBox's syslogd keeps it: host and facility before the tag."""
    return b"".join(
        re.sub(rb"^<78>(.{15}) crond", rb"\1 box cron.info crond", line.rstrip(b"\0\n")) + b"\n" for line in lines
    )


def busybox_past(season: str, lines: Sequence[bytes], directory: Path) -> tuple[History, list[Watched]]:
    jobs = watched(BUSYBOX_TABLE, "busybox", NEW_YORK)
    newest = datetime(2026, 3 if season == "spring" else 11, 9, tzinfo=UTC).timestamp()
    return past(busybox_file(lines), newest, jobs, NEW_YORK, directory), jobs


@pytest.mark.parametrize("season", SEASONS)
def test_every_run_of_busybox_is_found_and_none_invented(season: Season, tmp_path: Path) -> None:
    lines, _ = busybox_logs(season)
    history, jobs = busybox_past(season, lines, tmp_path)
    assert problems(history) == {}
    assert not history.strangers
    for job in jobs:
        command = job.commands[0].strip().encode()
        started = sum(b" cmd " + command in line for line in lines)
        skipped = sum(b"already running: " + command in line for line in lines)
        one = history.jobs[job.id]
        assert (one.starts, one.skipped) == (started, skipped)
    held, repeated, lost = (history.jobs[job.id] for job in jobs[:3])
    assert held.skipped > 10
    assert repeated.starts == (2 if season == "autumn" else 1)
    assert lost.starts == (1 if season == "autumn" else 0)


def test_a_log_of_busybox_without_times_is_counted(tmp_path: Path) -> None:
    lines, untimed = busybox_logs("autumn")
    jobs = watched(BUSYBOX_TABLE, "busybox", NEW_YORK)
    history = past(untimed, 1.8e9, jobs, NEW_YORK, tmp_path)
    timed, timed_jobs = busybox_past("autumn", lines, tmp_path)
    for one, other in zip(jobs[1:], timed_jobs[1:], strict=True):
        assert history.jobs[one.id].starts == timed.jobs[other.id].starts
    told = history.as_json(jobs[3].id)
    assert told is not None and told["first"] is None and told["from"] is None


def test_what_is_planted_into_a_log_of_busybox_is_found(tmp_path: Path) -> None:
    """A run less, a run twice, and an hour and a half of which nothing is left."""
    lines, _ = busybox_logs("autumn")
    hole = [at for at, line in enumerate(lines) if b"Nov  1 07:0" <= line[4:15] <= b"Nov  1 08:3"]
    polls = [at for at, line in enumerate(lines) if b'cmd echo "c' in line]
    missed = next(at for at in polls if b"05:40" in lines[at])
    twice = next(at for at in polls if b"06:20" in lines[at])
    edited = [line for at, line in enumerate(lines) if at != missed and at not in hole]
    double = re.sub(rb":00 crond", b":02 crond", re.sub(rb"pid +\d+", b"pid 9999", lines[twice]))
    edited.insert(edited.index(lines[twice]) + 1, double)
    history, jobs = busybox_past("autumn", edited, tmp_path)
    found = problems(history)
    assert found.pop(jobs[4].id) == (["10:40"], 1, 0, 5)
    assert found.pop(jobs[3].id) == ([], 0, 0, 2)
    held = found.pop(jobs[0].id)
    assert held[:3] == ([], 0, 0) and held[3] > 20
    assert found == {}
    assert len(history.gaps) == 1


def test_a_daemon_that_was_down_missed_nothing(tmp_path: Path) -> None:
    """It was off for fifty minutes; what was due meanwhile is unknown, and so is the minute of its start."""
    before, after = busybox_logs("autumn")[0], busybox_logs("restarted")[0]
    history, jobs = busybox_past("autumn", [*before, *after], tmp_path)
    found = problems(history)
    assert {job: (side[0], side[1], side[2]) for job, side in found.items()} == {
        job.id: ([], 0, 0) for job in (jobs[0], jobs[3], jobs[4])
    }
    assert (found[jobs[3].id][3], found[jobs[4].id][3]) == (1, 3)
    assert len(history.gaps) == 1
