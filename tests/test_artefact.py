"""What is registered against cron: every count that a scan prints, by referees that share no code with it.

Each false statement that was ever found stands here with its kin. ``CRON2FARGATE_DEEP=2000`` compares as many random
schedules in all zones and ways.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from converters.expressions.artefact import Artefact
from converters.expressions.eventbridge import parse
from converters.expressions.guards import Guard, dates_of, fits
from converters.expressions.judgement import Judgement, Place
from converters.expressions.target import Target
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule
from converters.specs.model import SpecErrors, load_spec
from tests import effort
from tests.models import registered
from tests.models.cron_walk import debian_starts
from tests.strategies import CHANGING_ZONES, FIXED_ZONES, drawn_schedules

DEEP = int(os.environ.get("CRON2FARGATE_DEEP", "0")) or (300 if effort.DEEP else 0)
DEBIAN = DIALECTS["debian"]
ZONES = [*CHANGING_ZONES, *FIXED_ZONES]
WAYS = ("rule", "scheduler", "auto", "seasonal")


def window_of(first: str, until: str) -> Window:
    return Window(*(int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) // 60 for day in (first, until)))


YEAR_2027 = window_of("2027-01-01", "2028-01-01")


def judged(text: str, zone: str, way: str, window: Window) -> Judgement:
    schedule = parse_schedule(text, DEBIAN)
    assert isinstance(schedule, Schedule)
    return Place(ZoneInfo(zone), zone, window, DEBIAN, way).judge(schedule)  # type: ignore[arg-type]


def told(judgement: Judgement) -> dict[str, Any]:
    parity = judgement.parity
    assert parity is not None
    return {
        "before": parity.before,
        "after": parity.after,
        "lost": parity.lost,
        "extra": parity.extra,
        "moved": parity.moved,
        "moves": dict(parity.moves),
    }


def compared(text: str, zone: str, way: str, window: Window, shell: list[str]) -> Judgement:
    """A scan's verdict, held against cron walked minute by minute and the target executed."""
    judgement = judged(text, zone, way, window)
    target = judgement.target.as_json()
    before = debian_starts(text, zone, window.first, window.until)
    after = registered.runs(target, window.first, window.until, shell)
    assert told(judgement) == registered.parity(before, after), (text, zone, way, target)
    return judgement


# --- a guard and Scheduler: the slot is an instant in UTC --------------------------------------------------------------

GUARDED = """
30 22 13 * 5          | America/New_York    | 63
30 23 13 * 5          | America/New_York    |
0 0 13 * 5            | America/New_York    |
15 0,23 1-7 * 1       | America/New_York    |
0 3 1-7,15 * 1        | Asia/Tokyo          |
59 23 1-7,15 * 1      | Australia/Lord_Howe |
0,30 0,12,23 1-8 * 1,2| Africa/Casablanca   |
20 0 1-29 * 1,2,5     | Europe/Berlin       |
0 1 31 * 0            | Asia/Kathmandu      |
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines()]


@pytest.mark.parametrize(("text", "zone", "due"), rows(GUARDED))
def test_a_guard_is_handed_instants(text: str, zone: str, due: str) -> None:
    window = YEAR_2027 if due else window_of("2027-02-25", "2027-04-12")
    for way, shell in (("auto", registered.SHELLS[0]), ("scheduler", registered.SHELLS[-1])):
        judgement = compared(text, zone, way, window, shell)
        assert judgement.parity is not None
        if due:
            assert (judgement.parity.before, judgement.parity.after) == (int(due), int(due))


@pytest.mark.parametrize(("text", "zone", "due"), rows(GUARDED))
def test_both_forms_of_a_guard_decide_alike(text: str, zone: str, due: str) -> None:
    """Shell lines by every shell here, JSONata, and the sets of the proof; around the changes of two years."""
    target = judged(text, zone, "scheduler", window_of("2027-01-01", "2029-01-01")).target
    if target.guard is None:
        return
    guard = target.guard.as_json()
    assert Guard.read(guard) == target.guard
    chance = random.Random(text + zone)
    artefact = Artefact(target.expressions, ZoneInfo(zone), target.guard)
    changes = [at for at, _ in target.guard.changes] or [YEAR_2027.first]
    near = [at + chance.randint(-3000, 3000) for at in changes for _ in range(6)]
    for expression in map(str, target.expressions):
        starts = [(minute, dates_of(expression)) for minute in near]
        wanted = [artefact.decide(expression, minute).runs for minute in near]
        assert registered.by_jsonata(guard, starts) == wanted
        for shell in registered.SHELLS:
            assert registered.by_shell(guard, starts, shell) == wanted, shell


def test_a_guard_says_until_when_it_holds() -> None:
    judgement = judged("30 22 13 * 5", "America/New_York", "scheduler", YEAR_2027)
    guard = judgement.target.guard
    assert guard is not None
    assert guard.as_json()["changes"] == ["2027-03-14T07:00Z -240", "2027-11-07T06:00Z -300"]
    assert guard.as_json()["until"] == "2028-01-01T00:00Z"
    assert any("until 2028-01-01" in finding.message for finding in judgement.findings)


SPEC = """type: FARGATE
name: job
containers: [{name: app, image: a, cpu: 256, memory: 512, command: [x]}]
schedule: {scheduleExpression: "cron(30 22 13 * ? *)", timezone: %s, guard: {offset: %d, daysOfMonth: "13", months: "*",
  daysOfWeek: FRI, rule: or%s}}
"""


@pytest.mark.parametrize(
    ("zone", "offset", "changes", "said"),
    [
        ("Asia/Tokyo", 540, "", ""),
        ("America/New_York", -300, ', changes: ["2027-03-14T07:00Z -240"], until: "2027-11-01T00:00Z"', ""),
        ("Asia/Tokyo", 0, "", "other clock changes than Asia/Tokyo"),
        ("America/New_York", 0, "", "other clock changes than America/New_York"),
        ("America/New_York", -300, "", "other clock changes than America/New_York"),
        ("Europe/Berlin", -300, ', changes: ["2027-03-14T07:00Z -240"]', "other clock changes than Europe/Berlin"),
        ("Asia/Tokyo", 540, ', changes: ["2027-03-14 07:00 -240"]', "a list of 2027-03-14T07:00Z -240"),
        ("Asia/Tokyo", 540, ', changes: ["2027-02-30T07:00Z 5"]', "a list of 2027-03-14T07:00Z -240"),
        ("Asia/Tokyo", 540, ", zone: x", "schedule.guard must hold"),
    ],
)
def test_a_guard_that_does_not_know_its_zone_is_refused(zone: str, offset: int, changes: str, said: str) -> None:
    text = SPEC % (zone, offset, changes)
    if not said:
        assert load_spec(text, "ecs.yml").schedule.guard
        return
    with pytest.raises(SpecErrors, match=said):
        load_spec(text, "ecs.yml")


# --- a rate counts elapsed minutes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Antarctica/Troll"])
@pytest.mark.parametrize("text", ["* * * * *", "*/1 * * * *", "0-59 0-23 * * *", "* * 1-31 * *"])
def test_a_rate_counts_elapsed_minutes(text: str, zone: str) -> None:
    window = window_of("2027-03-01", "2027-11-20")
    for way in ("rule", "scheduler", "auto"):
        judgement = judged(text, zone, way, window)
        assert list(map(str, judgement.target.expressions)) == ["rate(1 minute)"]
        assert judgement.parity is not None
        if text != "0-59 0-23 * * *":  # fixed-time jobs do not run twice in autumn
            assert judgement.parity.exact
            assert judgement.parity.after == window.until - window.first


# --- seasonal rules end at a year --------------------------------------------------------------------------------------

SEASONAL = """
30 2 * * *    | America/New_York    | 2026-11-28 | 2028-06-15
0 3 * * 1-5   | Europe/Berlin       | 2026-06-15 | 2028-06-15
0 22 1 * *    | America/New_York    | 2026-11-28 | 2028-12-31
15 9 * * 1    | Australia/Lord_Howe | 2026-11-28 | 2029-01-01
0 0 1,15 * *  | America/Santiago    | 2027-05-01 | 2028-01-01
"""


@pytest.mark.parametrize(("text", "zone", "first", "until"), rows(SEASONAL))
def test_seasonal_rules_are_right_until_they_end(text: str, zone: str, first: str, until: str) -> None:
    judgement = judged(text, zone, "seasonal", window_of(first, until))
    target = judgement.target
    assert target.ends is not None
    assert target.ends.endswith("-12-31")
    begin, end = window_of(first, until).first, window_of("2000-01-01", target.ends).until + 1440
    assert end >= window_of(first, until).until
    if judgement.parity is not None and judgement.parity.exact:
        schedule = Counter(debian_starts(text, zone, begin, end))
        assert registered.runs(target.as_json(), begin, end) == schedule
    assert not registered.runs(target.as_json(), end, end + 400 * 1440)
    assert any(f"after {target.ends}" in finding.message for finding in judgement.findings)


# --- the law -----------------------------------------------------------------------------------------------------------


def cases(number: int) -> list[tuple[str, str, str, Window]]:
    """Random schedules, zones, ways, and windows that touch a clock change where the zone has any."""
    texts = drawn_schedules(number)
    chance = random.Random(number)
    found = []
    for text in texts:
        first = window_of("2024-01-01", "2024-01-02").first + chance.randrange(6 * 365) * 1440 + chance.randrange(1440)
        window = Window(first, first + chance.choice([20, 45, 90]) * 1440)
        found.append((text, chance.choice(ZONES), chance.choice(WAYS), window))
    return found


def test_what_is_told_is_what_happens() -> None:
    for text, zone, way, window in cases(DEEP or 40):
        compared(text, zone, way, window, random.Random(text).choice(registered.SHELLS))


def test_one_minute_is_judged_as_the_whole_window() -> None:
    """``at`` says of each minute what ``runs`` says of all."""
    for text, zone, way, window in cases(DEEP or 25):
        target: Target = judged(text, zone, way, window).target
        read_in = ZoneInfo(zone) if target.backend == "scheduler" else None
        artefact = Artefact(tuple(parse(str(one)) for one in target.expressions), read_in, target.guard)
        ran = Counter(listed(artefact.runs(window), window))
        chance = random.Random(text)
        some = sorted(ran)[:5] + [chance.randrange(window.first, window.until) for _ in range(5)]
        for minute in some:
            if window.first <= minute < window.until:
                assert sum(slot.runs for slot in artefact.at(minute)) == ran[minute], (text, zone, way, minute)


@pytest.mark.parametrize("zone", ["America/Havana", "America/New_York", "Africa/Casablanca", "Asia/Tokyo"])
@pytest.mark.parametrize("first", ["2026-12-01", "2027-06-01", "2029-01-20"])
def test_a_window_without_a_change_makes_no_zone_without(zone: str, first: str) -> None:
    """What a short window did not show was claimed not to be: `register` refused what `scan` had written."""
    window = Window(window_of(first, first).first, window_of(first, first).first + 20 * 1440)
    target = judged("30 22 13 * 5", zone, "scheduler", window).target
    assert target.guard is not None
    assert fits(target.guard, zone)
    later = Window(window.first, window.first + 800 * 1440)
    schedule = debian_starts("30 22 13 * 5", zone, later.first, later.until)
    artefact = Artefact(target.expressions, ZoneInfo(zone), target.guard)
    assert Counter(listed(artefact.runs(later), later)) == Counter(schedule)
