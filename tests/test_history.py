"""Logs against crontabs: durations, overlaps, dead jobs, holes; and logs as they lie on disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from converters.findings.codes import Finding
from converters.history.logs.commands import printed
from converters.history.runs import History, Watched, due_by, findings, suggested_timeout
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read
from migrate.errors import UserError
from migrate.logs.files import base_of, log_sets
from migrate.logs.reading import read_history, read_logs
from tests.cli import run
from tests.effort import examples

UTC_ZONE = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
PATIENT = examples(60, suppress_health_check=[HealthCheck.too_slow])


def watched(*lines: str, zone: ZoneInfo = UTC_ZONE, dialect: str = "debian", **more: Any) -> list[Watched]:
    """Jobs from lines of a user's table, named by their place."""
    jobs = []
    for number, line in enumerate(lines):
        entry = read(line + "\n", DIALECTS[dialect], system=False).lines[0].entry
        assert entry is not None
        due = due_by(entry.schedule, zone, DIALECTS[dialect])
        jobs.append(Watched(f"job{number}", f"job{number}", "app", (entry.command,), due, "/var/spool/app", **more))
    return jobs


def past(text: str | Iterable[str], jobs: Sequence[Watched], zone: ZoneInfo = UTC_ZONE) -> History:
    lines = text if isinstance(text, str) else "\n".join(text)
    return read_history(["-"], jobs, zone, stdin=io.BytesIO((lines + "\n").encode()))


def line(clock: str, what: str, pid: int = 1, tag: str = "CRON") -> str:
    return f"2026-05-04T{clock}+00:00 web1 {tag}[{pid}]: {what}"


def hourly(command: str, hours: Iterable[int], second: int = 1) -> list[str]:
    return [line(f"{hour:02}:00:0{second}", f"(app) CMD ({command})", 100 + hour) for hour in hours]


def codes(history: History, job: str) -> list[str]:
    return [finding.code for finding in findings(history, job)]


def test_sessions_give_durations() -> None:
    history = past(
        [
            line("01:00:01", "pam_unix(cron:session): session opened for user app(uid=1000) by (uid=0)", 50),
            line("01:00:01", "(app) CMD (work)", 51),
            line("01:07:31", "pam_unix(cron:session): session closed for user app", 50),
            line("02:00:00", "(CRON) INFO (x)"),
        ],
        watched("0 * * * * work"),
    )
    told = history.as_json("job0")
    assert told == {
        "from": "2026-05-04T01:00:01Z",
        "until": "2026-05-04T02:00:00Z",
        "starts": 1,
        "first": "2026-05-04T01:00:01Z",
        "last": "2026-05-04T01:00:01Z",
        "durations": {"p50": 450.0, "p95": 450.0, "max": 450.0},
        "overlaps": 0,
        "skipped": 0,
        "missed": 0,
        "never": False,
    }
    assert codes(history, "job0") == ["C702"]


def test_sessions_that_cannot_be_told_apart_give_none() -> None:
    """Two jobs of a user in one minute: Debian's default log does not say whose session is whose."""
    history = past(
        [
            line("01:00:01", "pam_unix(cron:session): session opened for user app by (uid=0)", 50),
            line("01:00:01", "pam_unix(cron:session): session opened for user app by (uid=0)", 51),
            line("01:00:01", "(app) CMD (long)", 52),
            line("01:00:01", "(app) CMD (short)", 53),
            line("01:00:02", "pam_unix(cron:session): session closed for user app", 51),
            line("01:30:00", "pam_unix(cron:session): session closed for user app", 50),
            line("02:00:01", "pam_unix(cron:session): session opened for user app by (uid=0)", 60),
            line("02:00:01", "(app) CMD (long)", 61),
            line("02:20:01", "pam_unix(cron:session): session closed for user app", 60),
        ],
        watched("0 * * * * long", "0 1 * * * short"),
    )
    assert history.jobs["job0"].durations == {"p50": 1200.0, "p95": 1200.0, "max": 1200.0}
    assert history.jobs["job1"].durations is None


@st.composite
def sessions(draw: st.DrawFn) -> list[tuple[float, float, float, str, bool]]:
    """Runs of two users as (opened, started, closed, user, logged): some at once, some that the daemon does not log."""
    found = []
    at = 0.0
    for _ in range(draw(st.integers(1, 12))):
        at += draw(st.sampled_from([0.0, 0.1, 1.0, 61.0, 600.0]))
        started = at + draw(st.sampled_from([0.0, 0.05, 0.3]))
        closed = started + draw(st.sampled_from([0.0, 0.2, 5.0, 90.0, 1000.0]))
        found.append((at, started, closed, draw(st.sampled_from(["app", "web"])), draw(st.integers(0, 9)) > 0))
    return found


@PATIENT
@given(sessions())
def test_no_duration_is_ever_invented(runs: list[tuple[float, float, float, str, bool]]) -> None:
    """Debian's default log: a session's process, and its child that runs the command; never the one beside the other."""
    said = []
    for number, (opened, started, closed, user, logged) in enumerate(runs):
        parent, shell = 1000 + 2 * number, 1001 + 2 * number
        said.append((opened, 0, parent, f"pam_unix(cron:session): session opened for user {user} by (uid=0)"))
        if logged:
            said.append((started, 1, shell, f"({user}) CMD (work {number})"))
        said.append((closed, 2, parent, f"pam_unix(cron:session): session closed for user {user}"))
    base = datetime(2026, 5, 4, tzinfo=UTC).timestamp()
    lines = [
        f"{datetime.fromtimestamp(base + at, UTC).isoformat()} web1 CRON[{pid}]: {text}"
        for at, _, pid, text in sorted(said)
    ]
    jobs = [
        Watched(str(number), "", user, (f"work {number}",), None)
        for number, (_, _, _, user, logged) in enumerate(runs)
        if logged
    ]
    history = past(lines, jobs)
    for job in jobs:
        _, started, closed, _, _ = runs[int(job.id)]
        (run_,) = history.jobs[job.id].runs
        assert run_.end is None or run_.end - base == pytest.approx(closed, abs=1e-3)
    if len({user for _, _, _, user, _ in runs}) == len(runs):
        assert all(history.jobs[job.id].runs[0].end is not None for job in jobs)


def test_debian_with_all_log_bits() -> None:
    history = past(
        [
            line("01:00:01", "(app) CMD ([60] long)", 50),
            line("01:00:01", "(app) CMD ([61] short)", 51),
            line("01:00:02", "(CRON) error (grandchild #61 failed with exit status 3)", 51),
            line("01:00:02", "(app) END ([61] short)", 51),
            line("01:00:03", "(CRON) error (grandchild #77 terminated by signal 13)", 50),
            line("01:30:01", "(app) END ([60] long)", 50),
        ],
        watched("0 * * * * long", "0 * * * * short"),
    )
    long, short = history.jobs["job0"], history.jobs["job1"]
    assert (long.durations, short.durations) == (
        {"p50": 1800.0, "p95": 1800.0, "max": 1800.0},
        {"p50": 1.0, "p95": 1.0, "max": 1.0},
    )
    assert [run.status for run in (*long.runs, *short.runs)] == [None, 3]


def test_cronie_ends_by_command_and_session() -> None:
    history = past(
        [
            line("01:00:01", "(app) CMD (work)", 10, "CROND"),
            line("01:00:09", "(app) CMDEND (work)", 9, "CROND"),
            # two at once: the first end is of either, and only what is certain counts
            line("02:00:01", "(app) CMD (work)", 20, "CROND"),
            line("02:00:02", "(app) CMD (work)", 21, "CROND"),
            line("02:10:00", "(app) CMDEND (work)", 19, "CROND"),
        ],
        watched("0 * * * * work", dialect="cronie"),
    )
    assert history.jobs["job0"].durations == {"p50": 8.0, "p95": 8.0, "max": 8.0}


def test_overlaps_and_what_the_lock_skipped() -> None:
    text = [
        line("01:00:01", "(app) CMD ([60] flock -n /l work)", 50),
        line("01:05:01", "(app) CMD ([61] flock -n /l work)", 51),
        line("01:05:01", "(app) END ([61] flock -n /l work)", 51),
        line("01:08:00", "(app) END ([60] flock -n /l work)", 50),
        line("01:10:01", "(app) CMD ([62] flock -n /l work)", 52),
        line("01:10:01", "(app) END ([62] flock -n /l work)", 52),
    ]
    job = "*/5 * * * * flock -n /l work"
    locked = past(text, watched(job, lock="/l")).jobs["job0"]
    assert (locked.skipped, len(locked.overlaps)) == (1, 0)
    free = past(text, watched(job)).jobs["job0"]
    assert (free.skipped, len(free.overlaps)) == (0, 1)
    assert codes(past(text, watched(job)), "job0") == ["C702", "C703"]


def test_a_lock_of_two_jobs_skips_either() -> None:
    text = [
        line("01:00:01", "(app) CMD ([60] flock -n /l one)", 50),
        line("01:02:01", "(app) CMD ([61] flock -n /l two)", 51),
        line("01:02:01", "(app) END ([61] flock -n /l two)", 51),
        line("01:03:00", "(app) END ([60] flock -n /l one)", 50),
        line("01:07:01", "(app) CMD ([62] flock -n /l two)", 52),
        line("01:07:31", "(app) END ([62] flock -n /l two)", 52),
    ]
    jobs = watched("*/5 * * * * flock -n /l one", "2-59/5 * * * * flock -n /l two", lock="/l")
    history = past(text, jobs)
    assert [history.jobs[job].skipped for job in ("job0", "job1")] == [0, 1]
    assert history.jobs["job1"].durations == {"p50": 30.0, "p95": 30.0, "max": 30.0}


def test_busybox_skips_what_still_runs() -> None:
    def said(clock: str, what: str) -> str:
        return f"2026-05-04T{clock}Z box crond[9]: {what}"

    history = past(
        [
            said("01:00:00", "USER app pid 77 cmd sleep 100"),
            said("01:01:00", "user app: process already running: sleep 100"),
            said("01:02:00", "USER app pid 78 cmd sleep 100"),
            said("01:03:30", "USER app pid 79 cmd other"),
        ],
        watched("* * * * * sleep 100", dialect="busybox"),
    )
    assert (history.jobs["job0"].starts, history.jobs["job0"].skipped) == (2, 1)
    assert history.strangers == {("app", "other"): 1}
    assert codes(history, "job0") == ["C704"]
    comparison = history.jobs["job0"].comparison
    assert comparison is not None and comparison.missed == []


def test_a_log_without_times_is_only_counted() -> None:
    lines = ["crond: USER app pid 7 cmd work", "crond: USER app pid 8 cmd work"]
    history = past(lines, watched("* * * * * work", "* * * * * dead", dialect="busybox"))
    told = history.as_json("job0")
    assert told is not None and (told["starts"], told["first"], told["missed"]) == (2, None, 0)
    assert history.as_json("job1") is None


def test_dead_jobs_are_found() -> None:
    history = past(hourly("alive", range(0, 24)), watched("0 * * * * alive", "30 * * * * dead", "0 0 1 1 * rare"))
    assert [history.jobs[job].never for job in ("job0", "job1", "job2")] == [False, True, False]
    assert findings(history, "job1") == [Finding("C700", "it was due 23 times while cron was logged, and never ran")]
    assert codes(history, "job2") == []
    assert codes(history, "job0") == []


def test_one_missed_run_is_missed_and_a_hole_is_not() -> None:
    hours = [hour for hour in range(24) if hour != 5]
    alone = past(hourly("work", hours), watched("0 * * * * work")).jobs["job0"].comparison
    assert alone is not None and (len(alone.missed), alone.unknown) == (1, [])
    hours = [hour for hour in range(24) if hour not in (5, 6, 7)]
    history = past(hourly("work", hours), watched("0 * * * * work"))
    hole = history.jobs["job0"].comparison
    assert hole is not None and (hole.missed, len(hole.unknown)) == ([], 3)
    assert [datetime.fromtimestamp(at, UTC).hour for gap in history.gaps for at in gap] == [4, 8]


def test_a_start_up_explains_what_is_missing_before_it() -> None:
    lines = hourly("work", [0, 1, 2, 3, 4, 6, 7])
    lines.insert(5, line("05:00:20", "(CRON) INFO (pidfile fd = 3)", 5, "cron"))
    found = past(lines, watched("0 * * * * work")).jobs["job0"].comparison
    assert found is not None and (found.missed, len(found.unknown)) == ([], 1)


def test_a_changed_table_explains_what_is_missing_before_it() -> None:
    lines = hourly("other", range(24)) + hourly("work", range(12, 24), 2)
    change = line("11:30:00", "(app) RELOAD (crontabs/app)", 5, "cron")
    jobs = watched("0 * * * * other", "0 * * * * work")
    with_change = past(sorted([*lines, change]), jobs).jobs["job1"].comparison
    assert with_change is not None and (with_change.missed, len(with_change.unknown)) == ([], 11)
    without = past(sorted(lines), jobs).jobs["job1"].comparison
    assert without is not None and (len(without.missed), without.unknown) == (11, [])


def test_a_job_that_stops_is_missed_though_others_are_rare() -> None:
    """A job every five minutes is gone from 03:00 on; the hourly one shows that cron was alive."""
    busy = [line(f"{h:02}:{m:02}:01", "(app) CMD (often)", 9) for h in range(3) for m in range(0, 60, 5)]
    found = past(sorted([*busy, *hourly("work", range(24))]), watched("*/5 * * * * often", "0 * * * * work"))
    often = found.jobs["job0"].comparison
    assert often is not None and (len(often.missed), often.unknown) == (240, [])
    assert found.gaps == []


def test_lines_that_log_alike_share_their_runs() -> None:
    lines = [line(f"{h:02}:{m}:01", "(app) CMD (sync)", h) for h in range(6) for m in ("00", "30")]
    history = past(lines, watched("0 * * * * sync", "30 * * * * sync"))
    assert [history.jobs[job].starts for job in ("job0", "job1")] == [6, 6]
    assert codes(history, "job0") == ["C705"]


def test_hidden_jobs_are_not_judged() -> None:
    history = past(hourly("work", range(9)), watched("0 * * * * silent", hidden=True))
    assert history.as_json("job0") is None
    assert findings(history, "job0") == []


def test_failures_are_counted() -> None:
    lines = [
        line("01:00:01", "(app) CMD ([60] work)", 50),
        line("01:00:02", "(CRON) error (grandchild #60 failed with exit status 3)", 50),
        line("01:00:02", "(app) END ([60] work)", 50),
    ]
    history = past(lines, watched("0 * * * * work"))
    assert findings(history, "job0")[-1] == Finding(
        "C706", "1 of its runs failed, last at 2026-05-04T01:00:01Z (exit status 3)"
    )


def test_suggested_timeouts_leave_room() -> None:
    assert [suggested_timeout(seconds) for seconds in (0.0, 100.0, 151.0, 3600.0)] == [300, 300, 360, 7200]


# --- a crontab, a log of it with planted changes, and what is found ---------------------------------------------------

TABLE = (
    "*/20 * * * * /opt/app/bin/poll --日本 'a b'",
    "0 * * * * cd /srv && ./hourly \\%Y",
    "30 1 * * * ./backup café",
    "15 2 * * * ./lost-hour",
    "5 */3 * * * ./third",
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[tuple[int, str, str]], dict[str, Any]]:
    """(UTC minute, command, what) for every run of two days around a clock change, with its plants."""
    first = draw(
        st.sampled_from([datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 10, 31, 12, tzinfo=UTC)])
    ).timestamp()
    window = Window(int(first) // 60, int(first) // 60 + 2880)
    jobs = watched(*TABLE, zone=NEW_YORK)
    hole = draw(st.none() | st.integers(window.first + 300, window.until - 600))
    turn = datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp() // 60
    if hole is not None and turn - 60 < hole + 190 and hole < turn + 60:
        hole += 320  # where it takes one pass of the hour, nobody can tell which one is left
    runs: list[tuple[int, str, str]] = []
    truth: dict[str, Any] = {"jobs": jobs, "hole": hole, "doubled": {}, "missed": {}}
    for job in jobs:
        assert job.due is not None
        due = list(job.due(window))
        fate = {place: draw(st.sampled_from(["missed", "doubled"])) for place in range(4, len(due) - 2, 7)}
        kept = []
        truth["missed"][job.id], truth["doubled"][job.id] = [], []
        for place, minute in enumerate(due):
            if hole is not None and hole <= minute < hole + 190:
                continue
            what = fate.get(place, "run")
            # a run next to the hole would be lost in it, and the rarer jobs must stay witnesses of the hole
            if what != "run" and (job.id != "job0" or (hole is not None and abs(minute - hole) < 500)):
                what = "run"
            if what == "missed":
                truth["missed"][job.id].append(minute)
            else:
                kept += [(minute, job.commands[0], what)]
            if what == "doubled":
                truth["doubled"][job.id].append(minute)
        runs += kept
    return sorted(runs), truth


def as_syslog(runs: Iterable[tuple[int, str, str]], zone: ZoneInfo) -> str:
    out = []
    for pid, (minute, command, what) in enumerate(runs, start=1000):
        for again in range(2 if what == "doubled" else 1):
            wall = datetime.fromtimestamp(minute * 60 + 1 + again, UTC).astimezone(zone)
            out.append(f"{wall:%b %e %H:%M:%S} web1 CRON[{pid + again * 40000}]: (app) CMD ({printed(command)})")
    return "\n".join(out) + "\n"


@PATIENT
@given(planted())
def test_planted_changes_are_found_and_none_invented(case: tuple[list[tuple[int, str, str]], dict[str, Any]]) -> None:
    """In classic syslog: no year, no zone, an hour lost or repeated."""
    runs, truth = case
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "syslog"
        log.write_text(as_syslog(runs, NEW_YORK), encoding="utf-8")
        newest = runs[-1][0] * 60 + 3600
        os.utime(log, (newest, newest))
        history = read_history([str(log)], truth["jobs"], NEW_YORK)
    assert not history.strangers
    for job in truth["jobs"]:
        found = history.jobs[job.id].comparison
        assert found is not None
        assert found.missed == truth["missed"][job.id], job.commands
        assert [int(at) // 60 for at in found.doubled] == truth["doubled"][job.id], job.commands
        assert found.extra == []
        assert all(0 <= late < 60 for _, late in found.matched)
        if truth["hole"] is not None:
            assert all(truth["hole"] <= minute < truth["hole"] + 190 for minute in found.unknown)
        else:
            assert found.unknown == []


# --- on disk ----------------------------------------------------------------------------------------------------------


def of_day(day: int, hours: Iterable[int] = range(24)) -> str:
    return "".join(f"May {day:2} {hour:02}:00:01 web1 CRON[{day}]: (app) CMD (work)\n" for hour in hours)


def put(directory: Path, name: str, data: bytes) -> None:
    path = directory / name
    path.write_bytes(data)
    when = datetime(2026, 5, 9, tzinfo=UTC).timestamp()
    os.utime(path, (when, when))


def test_rotated_and_packed_logs_are_read_in_order(tmp_path: Path) -> None:
    put(tmp_path, "syslog", of_day(7).encode())
    put(tmp_path, "syslog.1", of_day(6).encode())
    put(tmp_path, "syslog.2.gz", gzip.compress(of_day(5).encode()))
    put(tmp_path, "syslog.3.xz", lzma.compress(of_day(4).encode()))
    put(tmp_path, "syslog.10.bz2", bz2.compress(of_day(3).encode()))
    put(tmp_path, "syslog-notes", of_day(1).encode())
    put(tmp_path, "kern.log", of_day(2).encode())
    reading = read_logs([str(tmp_path)], UTC_ZONE)
    assert [Path(name).name for name, _ in reading.files] == [
        "syslog.10.bz2",
        "syslog.3.xz",
        "syslog.2.gz",
        "syslog.1",
        "syslog",
    ]
    times = [event.at for event in reading.events if event.at is not None]
    assert times == sorted(times) and len(times) == 120
    assert reading.span == (times[0], times[-1])
    assert read_logs([str(tmp_path / "syslog"), str(tmp_path / "syslog.1")], UTC_ZONE).events == reading.events


def test_zstd(tmp_path: Path) -> None:
    if shutil.which("zstd") is None:
        (tmp_path / "cron.zst").write_bytes(b"\x28\xb5\x2f\xfd....")
        with pytest.raises(UserError, match="packed with zstd"):
            read_logs([str(tmp_path / "cron.zst")], UTC_ZONE)
        return
    packed = subprocess.run(["zstd", "-qc"], input=of_day(5).encode(), capture_output=True, check=True).stdout
    put(tmp_path, "cron-20260505.zst", packed)
    put(tmp_path, "cron-20260504", of_day(4).encode())
    names = [path.name for log in log_sets([str(tmp_path)]) for path in log.files]
    assert names == ["cron-20260504", "cron-20260505.zst"]
    assert len(read_logs([str(tmp_path)], UTC_ZONE).events) == 48


def test_a_packed_log_that_breaks_off_gives_what_it_holds(tmp_path: Path) -> None:
    text = "".join(of_day(day) for day in range(1, 8))
    put(tmp_path, "syslog.1.gz", gzip.compress(text.encode(), compresslevel=0)[:-400])
    assert 0 < len(read_logs([str(tmp_path / "syslog.1.gz")], UTC_ZONE).events) < 168


def test_two_logs_with_the_same_messages_hold_each_once(tmp_path: Path) -> None:
    put(tmp_path, "syslog", of_day(7).encode())
    put(tmp_path, "cron.log", of_day(7).encode())
    assert len(read_logs([str(tmp_path)], UTC_ZONE).events) == 24


def test_cron_and_pam_in_two_files_of_whole_seconds(tmp_path: Path) -> None:
    """Debian's way: CMD in syslog, sessions in auth.log. Of two jobs in one second nobody can tell which one was short."""
    opened, closed = (
        "pam_unix(cron:session): session opened for user app",
        "pam_unix(cron:session): session closed for user app",
    )
    auth = [("01:00:01", 10, opened), ("01:00:01", 10, closed), ("01:00:01", 12, opened), ("01:30:01", 12, closed)]
    auth += [("02:00:01", 20, opened), ("02:00:01", 20, closed)]
    commands = [("01:00:01", 11, "short"), ("01:00:01", 13, "long"), ("02:00:01", 21, "short")]
    put(tmp_path, "auth.log", "".join(f"May  4 {at} web1 CRON[{pid}]: {what}\n" for at, pid, what in auth).encode())
    for name in ("syslog", "aaa.log"):  # read after the other file, and before it
        put(tmp_path, name, "".join(f"May  4 {at} web1 CRON[{p}]: (app) CMD ({c})\n" for at, p, c in commands).encode())
        history = read_history(
            [str(tmp_path / name), str(tmp_path / "auth.log")], watched("0 * * * * short", "0 1 * * * long"), UTC_ZONE
        )
        assert [run.seconds for run in history.jobs["job0"].runs] == [None, 0.0]
        assert [run.seconds for run in history.jobs["job1"].runs] == [None]


def test_names_of_logs() -> None:
    names = ["syslog", "syslog.1", "syslog.12.gz", "cron-20260301", "cron-20260301-1772.xz", "auth.log.2.gz", "my.log"]
    assert [base_of(name) for name in names] == ["syslog"] * 3 + ["cron"] * 2 + ["auth.log", "my.log"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("system.journal", b"LPKSHHRH....", "journalctl --file"),
        ("syslog", b"May  1 00:00:00 web1 sshd[1]: hello\n", "no line of a cron daemon"),
        ("empty", b"", "no line of a cron daemon"),
    ],
)
def test_what_is_no_log_of_cron_is_refused(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=sentence):
        read_logs([str(tmp_path / name)], UTC_ZONE)
    with pytest.raises(UserError, match="no such file"):
        read_logs([str(tmp_path / "nowhere")], UTC_ZONE)


def test_an_hour_of_which_one_pass_is_lost_accuses_nobody() -> None:
    """The log has a hole up to the second 01:00; its lines may as well be of the first."""
    walls = ["Oct 31 23:00", "Nov  1 00:00", "Nov  1 01:00", "Nov  1 01:20", "Nov  1 01:40", "Nov  1 02:00"]
    text = "\n".join(f"{wall}:01 web1 CRON[7]: (app) CMD (poll)" for wall in walls) + "\n"
    jobs = watched("*/20 1 * * * poll", "0 0,2,23 * * * poll", "30 1 * * * once", zone=NEW_YORK)
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "syslog"
        log.write_text(text, encoding="utf-8")
        newest = datetime(2026, 11, 1, 8, tzinfo=UTC).timestamp()
        os.utime(log, (newest, newest))
        history = read_history([str(log)], jobs, NEW_YORK)
    for past_ in history.jobs.values():
        assert past_.comparison is not None
        assert (past_.comparison.missed, past_.comparison.extra, past_.comparison.doubled) == ([], [], [])


# --- the command ------------------------------------------------------------------------------------------------------

CRONTAB = """\
*/20 * * * * app /opt/app/bin/poll --日本 'a b'
0 * * * * app   mysqldump -phunter2secret db | gzip
5 5 * * * app ./night
@reboot root ./boot
"""


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    (tmp_path / "crontab").write_text(CRONTAB, encoding="utf-8")
    assert run("scan", "crontab", "--system", "--timezone", "UTC", "--out", "m", cwd=tmp_path).code == 0
    return tmp_path


def log_of(*commands: tuple[str, Iterable[tuple[int, int]]]) -> str:
    lines = [
        line(f"{hour:02}:{minute:02}:01", f"(app) CMD ({printed(command)})", 100 + hour)
        for command, times in commands
        for hour, minute in times
    ]
    return "\n".join(sorted(lines)) + "\n"


def a_day(scanned: Path) -> str:
    """A log of the day: the poll at 03:20 is missing, the night job never ran, and somebody else's command did."""
    polls = [(hour, minute) for hour in range(24) for minute in (0, 20, 40) if (hour, minute) != (3, 20)]
    return log_of(
        ("/opt/app/bin/poll --日本 'a b'", polls),
        ("  mysqldump -phunter2secret db | gzip", [(hour, 0) for hour in range(24)]),
        ("mysql -phunter2secret other", [(7, 7)]),
    )


def test_verify_tells_of_the_log(scanned: Path) -> None:
    (scanned / "syslog").write_text(a_day(scanned), encoding="utf-8")
    result = run("verify", "--log", "syslog", "--out", "m", cwd=scanned)
    assert result.code == 0, result.err
    rows = {row.split()[0]: row.split()[1:] for row in result.out.splitlines() if " cron " in f"{row} "}
    assert rows["poll"][:3] == ["cron", "72", "71"]
    said = [row for row in result.out.splitlines() if ": C7" in row]
    assert said[0].startswith("poll: C701 1 of 72 runs did not start, first at 2026-05-04T03:20:00Z")
    assert said[1].startswith("night: C700 it was due once while cron was logged, and never ran")
    assert "commands that are of no job of the report: 1, starts: 1" in result.out
    assert "AWS was not asked" in result.out
    assert "hunter2secret" not in result.out


def test_verify_as_json(scanned: Path) -> None:
    result = run("verify", "--log", "-", "--out", "m", "--format", "json", cwd=scanned, data=a_day(scanned).encode())
    found = result.document
    assert "hunter2secret" not in result.out
    assert (found["log"]["from"], found["log"]["until"]) == ("2026-05-04T00:00:01Z", "2026-05-04T23:40:01Z")
    assert [one["starts"] for one in found["log"]["strangers"]] == [1]
    jobs = {job["name"]: job for job in found["jobs"]}
    assert jobs["poll"]["cron"]["missed"] == ["2026-05-04T03:20:00Z"]
    dump = jobs["mysqldump-db"]["cron"]
    assert (dump["due"], dump["matched"], dump["late"]) == (24, 24, {"p50": 1.0, "p95": 1.0, "max": 1.0})
    assert jobs["night"]["cron"]["history"]["never"]
    assert jobs["boot"]["cron"]["due"] is None
    assert [job["safe"] for job in found["jobs"]] == [False] * 4


def test_verify_says_what_it_cannot_do(scanned: Path) -> None:
    for arguments, sentence in (
        (("--log", "nowhere"), "nowhere: no such file or directory"),
        (("--log", "m"), "m: no log of cron is in this directory"),
        (("--log", "crontab"), "no line of a cron daemon"),
        (("--log", "-", "nobody"), "nobody: there is no such job"),
        (("--log", "-", "--timezone", "Mars/Base"), "there is no such time zone"),
    ):
        result = run("verify", *arguments, "--out", "m", cwd=scanned)
        assert (result.code, sentence in result.err) == (2, True), result.err


def test_history_of_a_scan(scanned: Path) -> None:
    """The commands are as they stand, so nothing depends on how secrets are masked."""
    from migrate.logs.watched import history_of_scan
    from migrate.machine.clock import tzdata_version
    from migrate.scan.scanning import Settings, scan
    from migrate.sources import read_sources

    sources = read_sources([str(scanned / "crontab")], kind="system", stdin=io.BytesIO(), dialect="debian")
    minute = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp() // 60)
    wanted = Settings(
        zone_name="UTC",
        zone_of=lambda source: ("UTC", UTC_ZONE),
        dialect=None,
        window=Window(minute, minute + 1440),
        choice="rule",
        image=None,
        tzdata=tzdata_version(),
    )
    result = scan(sources, wanted, {})
    (scanned / "syslog").write_text(a_day(scanned), encoding="utf-8")
    told, said = history_of_scan([str(scanned / "syslog")], result.jobs, UTC_ZONE)
    by_name = {job.name: told[job.id] for job in result.jobs}
    counted = [one.starts for name in ("poll", "mysqldump-db", "night", "boot") if (one := by_name[name]) is not None]
    assert counted == [71, 24, 0, 0]
    assert [[one.code for one in said[job.id]] for job in result.jobs] == [["C701"], [], ["C700"], []]
