"""Tests of the date that stay in the text: in whose zone, after which pause, and how late they read the clock."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from converters.commands.narrowing import narrowed
from converters.expressions.judgement import Judgement, Place
from converters.expressions.left_tests import START_SECONDS
from converters.schedules.daemon import Starts, Window, later, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.minutes import ALL_MINUTES
from converters.schedules.schedule import Schedule
from converters.schedules.zones import Regime, in_database, regimes
from converters.tables.crontab import read
from tests.cli import run

DEBIAN = DIALECTS["debian"]
FIRST = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) // 60
TWO_YEARS = Window(FIRST, FIRST + 731 * 1440)


def judged(
    table: str, zone: str, choice: str = "rule", window: Window = TWO_YEARS
) -> tuple[Place, Schedule, Judgement]:
    entry = next(line.entry for line in read(table + "\n", DEBIAN, system=False).lines if line.entry is not None)
    place = Place(ZoneInfo(zone), zone, window, DEBIAN, choice)  # type: ignore[arg-type]
    _work, schedule = narrowed(entry, "root", place, DEBIAN.world)
    assert isinstance(schedule, Schedule)
    return place, schedule, place.judge(schedule)


EVEN = r"[ $(expr $(date +\%V) \% 2) -eq 0 ] && x"
MONDAY = r'[ "$(date +\%u)" = 1 ] && x'
NOT_TOLD = "-"

# line | zone | the codes that say that runs are lost (C305), not known (C306), or read too late (C307)
SAID = rf"""
TZ=Asia/Tokyo\n30 10 * * * {EVEN}                                         | America/New_York | C305
TZ=Asia/Tokyo\n30 10 * * * {MONDAY}                                       | America/New_York | C305
TZ=:Asia/Tokyo\n30 10 * * * {EVEN}                                        | America/New_York | C305
30 10 * * * [ "$(TZ=Asia/Tokyo date +\%u)" = 1 ] && x                     | America/New_York | C305
30 10 * * * export TZ=Asia/Tokyo; {MONDAY}                                | America/New_York | C305
30 12 * * * [ "$(TZ=Asia/Tokyo date +\%u)" = 1 ] && x                     | America/New_York | -
30 10 * * * [ "$(TZ=XYZ-9ABC date +\%u)" = 1 ] && x                       | America/New_York | C306
30 10 * * * [ "$(TZ=XYZ-9 date +\%u)" = 1 ] && x                          | America/New_York | C305
30 10 * * * [ "$(TZ=No/Where date +\%u)" = 1 ] && x                       | America/New_York | C306
30 0 * * 1 sleep 3600; {EVEN}                                             | America/New_York | -
30 23 * * 0 sleep 3600; {EVEN}                                            | America/New_York | C305
30 23 * * 0 sleep 1h && {EVEN}                                            | America/New_York | C305
30 0 * * 1 sleep 60; {EVEN}                                               | America/New_York | C305
30 0 * * 1 sleep $((RANDOM \% 3000)); {EVEN}                              | America/New_York | C306
59 23 * * 0 {EVEN}                                                        | Asia/Tokyo       | C307
58 23 * * 0 sleep 60; {EVEN}                                              | Asia/Tokyo       | C307
58 23 * * 0 {EVEN}                                                        | Asia/Tokyo       | -
0 0 * * 1 {EVEN}                                                          | Asia/Tokyo       | -
0,30 * * * * [ $(date +\%M) -eq 30 ] && x                                 | Asia/Tokyo       | C307
*/5 * * * * [ $(date +\%H\%M) = 0300 ] && x                               | Asia/Tokyo       | C307
* * * * * [ $(date +\%H) -ge 9 ] && x                                     | Asia/Tokyo       | C307
59 23 * * * [ "$(date -d tomorrow +\%d)" = 01 ] && x                      | Asia/Tokyo       | -
"""


# A whole date has more values than are all tried: what a sample of days shows decides nothing.
WHOLE = [
    ("-gt 20280101", lambda day: day > date(2028, 1, 1)),
    ("-le 20280101", lambda day: day <= date(2028, 1, 1)),
    ("= 20290315", lambda day: day == date(2029, 3, 15)),
    ("!= 20290315", lambda day: day != date(2029, 3, 15)),
    ("-gt 19991231", lambda day: day > date(1999, 12, 31)),
]


@pytest.mark.parametrize(("compared", "holds"), WHOLE)
@pytest.mark.parametrize("first", [2026, 2029, 2031])
def test_a_whole_date_is_compared_on_each_day(compared: str, holds: Callable[[date], bool], first: int) -> None:
    window = Window(*(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60 for year in (first, first + 4)))
    line = rf'30 3 * * * [ "$(TZ=Asia/Tokyo date +\%Y\%m\%d)" {compared} ] && x'
    _place, _schedule, found = judged(line, "UTC", window=window)
    due = sum(
        holds(date.fromordinal(each))
        for each in range(date(first, 1, 1).toordinal(), date(first + 4, 1, 1).toordinal())
    )
    assert found.parity is not None and (found.parity.before, found.parity.after) == (due, due)


@pytest.mark.parametrize("row", SAID.strip().splitlines())
def test_what_is_said_of_a_test_that_stays(row: str) -> None:
    table, zone, code = (cell.strip() for cell in row.rsplit("|", 2))
    _place, _schedule, found = judged(table.replace(r"\n", "\n"), zone)
    told = {one.code for one in found.findings} & {"C305", "C306", "C307"}
    assert told == ({code} if code != NOT_TOLD else set()), [one.message for one in found.findings]


@pytest.mark.parametrize("row", [row for row in SAID.strip().splitlines() if not row.endswith("C306")])
@pytest.mark.parametrize("choice", ["rule", "scheduler"])
def test_runs_are_counted_where_the_clock_is_read(row: str, choice: str) -> None:
    """Each start alone: the pause later, does the test let the job run? What is counted are those that do."""
    table, zone, _code = (cell.strip() for cell in row.rsplit("|", 2))
    window = Window(FIRST + 60 * 1440, FIRST + 100 * 1440)
    place, schedule, found = judged(table.replace(r"\n", "\n"), zone, choice, window)
    test = schedule.test
    if test is None:
        return

    def offset_of(name: str | None, minute: int) -> int | None:
        known = ZoneInfo(in_database((name or zone).removeprefix(":")))
        offset = datetime.fromtimestamp(minute * 60, known).utcoffset()
        return int(offset.total_seconds()) // 60 if offset is not None else None

    starts = listed(place.after(found.target), window)
    for seconds, ran in ((0, place.ran(schedule, found.target)), (START_SECONDS, None)):
        behind = int(test.pause + seconds) // 60
        wanted = Counter(one for one in starts if test.runs_at(one + behind, offset_of))
        if ran is not None:
            assert Counter(listed(ran, window)) == wanted
        late = test.passed(place.after(found.target), window, lambda name: regimes_in(name or zone, window), seconds)
        assert Counter(listed(late, window)) == wanted


def regimes_in(name: str, window: Window) -> tuple[Regime, ...]:
    return regimes(ZoneInfo(in_database(name.removeprefix(":"))), window.first, window.until)


@pytest.mark.parametrize("minutes", [0, 1, 59, 60, 1439, 1440, 1441, 4000, -1, -60, -1440, -1441])
def test_later_is_later(minutes: int) -> None:
    chance = random.Random(minutes)
    window = Window(FIRST, FIRST + 30 * 1440)
    starts = [Starts(chance.getrandbits(9) << 9, chance.getrandbits(1440) & ALL_MINUTES, times) for times in (1, 2)]
    assert listed(later(starts, minutes), window) == [minute + minutes for minute in listed(starts, window)]
    assert Counter(listed(later(later(starts, minutes), -minutes), window)) == Counter(listed(starts, window))


NEVER = [
    r"[ $((10#$(date +\%d) \% 2)) -eq 1 ] && x",
    r"[ $((10#$(date +\%d) \% 2)) -eq 1 ] || x",
    r"[ $((10#$(date +\%d) \% 2)) -eq 1 ] && x || true",
    r"test $((10#$(date +\%V) \% 2)) = 0 && x",
    r"if [ $((10#$(date +\%d) \% 2)) -eq 1 ]; then x; fi",
    r"d=$((10#$(date +\%d))); [ $d -lt 8 ] && x",
    r"[ $(($(date +\%e) + 16#a)) -gt 8 ] && x",
    r"(( $(date +\%d) \% 2 )) && x",
    r"[[ $(date +\%u) == 1 ]] && x",
    r"[ $(date +\%d) = 32 ] && x",
    r"[ $(date +\%H) = 7 ] && x",
]


@pytest.mark.parametrize("command", NEVER)
@pytest.mark.parametrize("choice", ["rule", "scheduler"])
def test_a_job_that_its_test_never_lets_run_has_no_runs(command: str, choice: str) -> None:
    """dash's arithmetic has no `10#`: it ended there with status 2, and a comparison of starts said "exact, 731 runs"."""
    _place, schedule, found = judged(f"0 5 * * * {command}", "America/New_York", choice)
    assert schedule.test is not None
    assert schedule.test.kind == "never"
    assert found.parity is not None
    assert (found.parity.before, found.parity.after, found.parity.exact) == (0, 0, True)


@pytest.mark.parametrize("command", NEVER[:4])
def test_bash_knows_what_dash_does_not(command: str) -> None:
    _place, _schedule, found = judged(f"SHELL=/bin/bash\n0 5 * * * {command}", "UTC")
    assert found.parity is not None
    assert 0 < found.parity.before < 731


def test_what_is_read_too_late_is_not_proven(tmp_path: Path) -> None:
    even = EVEN.replace(" x", " /opt/x")
    (tmp_path / "table").write_text(f"59 23 * * 0 {even}\n50 23 * * 0 {even}\n")
    window = ("--from", "2027-01-01", "--until", "2028-01-01", "--timezone", "Asia/Tokyo")
    done = run("scan", "table", *window, "--image", "x:1", "--format", "json", cwd=tmp_path)
    late, early = sorted(done.document["jobs"], key=lambda job: job["source"]["line"])
    assert late["parity"]["exact"]
    assert early["parity"]["exact"]
    assert (late["proof"]["time"], early["proof"]["time"]) == ("open", "proven")


LAST = r'[ "$(date -d tomorrow +\%d)" = 01 ] && x'
WEEK = r'[ "$(date -d "+7 days" +\%m)" != "$(date +\%m)" ] && x'
# line | zone | what cron did otherwise than the dates say: run by run with dash under libfaketime
LONG_DAYS = rf"""
30 0 28-31 * * {LAST}    | Europe/Berlin    | 0 more and 1 fewer, the first at 2027-10-30T22:30:00Z
0 0 * * * {LAST}         | Europe/Berlin    | 0 more and 1 fewer, the first at 2027-10-30T22:00:00Z
59 0 * * * {LAST}        | Europe/Berlin    | 0 more and 1 fewer, the first at 2027-10-30T22:59:00Z
0 1 * * * {LAST}         | Europe/Berlin    | -
0 3 28-31 * * {LAST}     | Europe/Berlin    | -
59 23 28-31 * * {LAST}   | Africa/Cairo     | 1 more and 0 fewer, the first at 2027-04-29T21:59:00Z
0 0 * * * {LAST}         | Asia/Tokyo       | -
10 0 25 10 * {WEEK}      | Europe/Berlin    | 0 more and 1 fewer, the first at 2027-10-24T22:10:00Z
"""


@pytest.mark.parametrize("row", LONG_DAYS.strip().splitlines())
def test_a_day_that_the_clocks_make_longer_is_told(row: str) -> None:
    line, zone, wanted = (cell.strip() for cell in row.rsplit("|", 2))
    entry = next(one.entry for one in read(line + "\n", DEBIAN, system=False).lines if one.entry is not None)
    place = Place(ZoneInfo(zone), zone, Window(FIRST, FIRST + 365 * 1440), DEBIAN)
    work, schedule = narrowed(entry, "root", place, DEBIAN.world)
    assert isinstance(schedule, Schedule)
    assert work.guards
    told = [one.message for one in work.findings if one.code == "C308"]
    assert [message.partition(" means, ")[2] for message in told] == ([wanted] if wanted != NOT_TOLD else [])
    # What is said is counted too: such a run is lost or extra whatever starts the job, and nothing of it is exact.
    more, fewer = (int(one) for one in re.findall(r"(\d+) (?:more|fewer)", wanted)) if told else (0, 0)
    for choice in ("rule", "scheduler", "auto", "seasonal", "exact"):
        there = Place(ZoneInfo(zone), zone, place.window, DEBIAN, choice)
        meant, judged = there.judge(schedule.going_astray(())), there.judge(schedule)
        assert meant.parity is not None
        assert judged.parity is not None
        assert judged.target == meant.target
        assert (judged.parity.lost - meant.parity.lost, judged.parity.extra - meant.parity.extra) == (more, fewer), (
            choice
        )
        assert judged.parity.before == meant.parity.before + more - fewer
        assert not (judged.parity.exact and told)
