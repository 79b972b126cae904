"""The engine by sets against slow models that walk minutes, written apart from it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from converters.expressions.conversion import convert
from converters.expressions.eventbridge import MAX_LENGTH, Cron, Rate, parse, starts
from converters.expressions.judgement import Place
from converters.expressions.parity import REACH, compare
from converters.schedules.daemon import Starts, Timeline, Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.fields import members
from converters.schedules.schedule import Schedule, parse_schedule
from tests.effort import examples
from tests.models import aws_cron
from tests.models.cron_walk import (
    busybox_starts,
    cronie_starts,
    debian_starts,
    freebsd_starts,
    parse_busybox,
    utc_minute,
)
from tests.strategies import CHANGING_ZONES, FIXED_ZONES, schedules

DEBIAN = DIALECTS["debian"]
NO_SAVING = {"Antarctica/Casey", "Pacific/Apia", "Africa/Casablanca", "Africa/Cairo"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def listed(found: list[Starts], window: Window) -> Counter[int]:
    """Every start as a UTC minute since 1970, with its multiplicity."""
    minutes: Counter[int] = Counter()
    for days, of_day, times in found:
        for day in members(days):
            for minute in members(of_day):
                minutes[(day + window.base) * 1440 + minute] += times
    return minutes


def read(text: str) -> Schedule:
    schedule = parse_schedule(text, DEBIAN)
    assert isinstance(schedule, Schedule)
    return schedule


def engine(text: str, zone: str, window: Window, habit: str | None = None) -> Counter[int]:
    schedule = read(text)
    way = habit or ("elapsed" if schedule.elapsed else "fixed")
    timeline = Timeline(ZoneInfo(zone), window)
    return listed(timeline.starts(window.relative(schedule.days()), schedule.minutes_of_day, way), window)  # type: ignore[arg-type]


def changes(zone: str, year: int) -> list[int]:
    """The UTC minutes at which a zone changes its offset within a year."""
    tz = ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(366 * 24)]
    offsets = [h.astimezone(tz).utcoffset() for h in hours]
    return [utc_minute(hours[i]) for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


@st.composite
def windows_at_changes(draw: st.DrawFn) -> tuple[str, Window]:
    zone = draw(st.sampled_from(CHANGING_ZONES))
    found: list[int] = []
    while not found:
        found = changes(zone, draw(st.integers(2005, 2030)))
    at = draw(st.sampled_from(found))
    first = at - draw(st.integers(1, 30)) * 60
    return zone, Window(first, first + draw(st.integers(20, 50)) * 60)


@examples(150)
@given(schedules(), windows_at_changes())
def test_debian_around_clock_changes(text: str, place: tuple[str, Window]) -> None:
    zone, window = place
    assert engine(text, zone, window) == Counter(debian_starts(text, zone, window.first, window.until))


@examples(60)
@given(schedules(last_weekday=6), windows_at_changes())
def test_busybox_around_clock_changes(text: str, place: tuple[str, Window]) -> None:
    zone, window = place
    schedule = parse_schedule(text, DIALECTS["busybox"])
    assert isinstance(schedule, Schedule)
    timeline = Timeline(ZoneInfo(zone), window)
    found = timeline.starts(window.relative(schedule.days()), schedule.minutes_of_day, "plain")
    assert listed(found, window) == Counter(busybox_starts(parse_busybox(text), zone, window.first, window.until))


@examples(100)
@given(schedules(), windows_at_changes())
def test_freebsd_around_clock_changes(text: str, place: tuple[str, Window]) -> None:
    zone, window = place
    schedule = parse_schedule(text, DIALECTS["freebsd"])
    assert isinstance(schedule, Schedule)
    timeline = Timeline(ZoneInfo(zone), window)
    found = timeline.starts(window.relative(schedule.days()), schedule.minutes_of_day, "freebsd")
    assert listed(found, window) == Counter(freebsd_starts(text, zone, window.first, window.until))


@examples(60)
@given(schedules(), windows_at_changes(), st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin"]))
def test_cronie_with_a_zone_of_its_own(text: str, place: tuple[str, Window], own: str) -> None:
    """CRON_TZ on a host whose clock changes: matched in its zone, started by the host's moods."""
    zone, window = place
    if zone in NO_SAVING:
        return  # cronie notices a change only where daylight saving starts or ends
    judge = Place(ZoneInfo(own), own, window, DIALECTS["cronie"], "rule", ZoneInfo(zone))
    found = judge.before(read(text))
    assert listed(found, window) == Counter(cronie_starts(text, zone, window.first, window.until, cron_tz=own))


@examples(60)
@given(schedules(), st.sampled_from(sorted(FIXED_ZONES)), st.integers(0, 3000))
def test_debian_on_ordinary_days(text: str, zone: str, day: int) -> None:
    first = utc_minute(datetime(2024, 1, 1, tzinfo=UTC)) + day * 1440
    window = Window(first, first + 40 * 1440)
    assert engine(text, zone, window) == Counter(debian_starts(text, zone, window.first, window.until))


def expression_runs(expressions: tuple[Cron | Rate, ...], window: Window) -> Counter[int]:
    """What the expressions start, by the slow evaluator of AWS's grammar reading the printed text."""
    first = (EPOCH + timedelta(minutes=window.first)).replace(tzinfo=None)
    until = (EPOCH + timedelta(minutes=window.until)).replace(tzinfo=None)
    found: Counter[int] = Counter()
    for expression in expressions:
        text = "cron(* * * * ? *)" if isinstance(expression, Rate) else str(expression)
        found.update(utc_minute(when.replace(tzinfo=UTC)) for when in aws_cron.starts(text, first, until))
    return found


def guarded(runs: Counter[int], guard: object) -> Counter[int]:
    """The guard in plain words: the slot's date at the guard's offset must match, and one start of a slot is enough."""
    data = guard.as_json()  # type: ignore[attr-defined]
    kept: Counter[int] = Counter()
    for minute, times in runs.items():
        local = EPOCH + timedelta(minutes=minute + data["offset"])
        dom = _allows(data["daysOfMonth"], local.day)
        dow = _allows(data["daysOfWeek"], local.isoweekday() % 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
        if _allows(data["months"], local.month) and ((dom or dow) if data["rule"] == "or" else (dom and dow)):
            kept[minute] = 1 if data["once"] else times
    return kept


def _allows(field: str, value: int, names: tuple[str, ...] = ()) -> bool:
    """A field of the guard, read plainly: ``*``, or a list of values."""
    return field == "*" or (names[value] if names else str(value)) in field.split(",")


@examples(300)
@example("* * */4 * */2", "Asia/Kathmandu", 2026)
@example("0 0 1-7 * */2", "Asia/Tokyo", 2028)
@given(schedules(), st.sampled_from(sorted(FIXED_ZONES)), st.sampled_from([2026, 2027, 2028, 2032, 2099, 2100]))
def test_expressions_start_what_the_daemon_started(text: str, zone: str, year: int) -> None:
    """Random schedules x fixed offsets: both sides walked minute by minute over a month end, a leap day, a year's end."""
    conversion = convert(read(text), FIXED_ZONES[zone], 2026)
    for month, day in ((2, 25), (12, 28), (7, 25)):
        first = utc_minute(datetime(year, month, day, tzinfo=UTC))
        window = Window(first, first + 9 * 1440)
        runs = expression_runs(conversion.expressions, window)
        if conversion.guard is not None:
            runs = guarded(runs, conversion.guard)
        assert runs == Counter(debian_starts(text, zone, window.first, window.until)), conversion


@examples(300)
@given(schedules(), st.sampled_from(sorted(FIXED_ZONES)))
def test_expressions_are_exact_to_2199(text: str, zone: str) -> None:
    """The same by sets, over every year there is; and each printed text reads back as itself and fits."""
    schedule = read(text)
    conversion = convert(schedule, FIXED_ZONES[zone], 2026)
    for expression in conversion.expressions:
        assert parse(str(expression)) == expression
        assert len(str(expression)) <= MAX_LENGTH
    if conversion.guard is not None:
        return
    window = Window(utc_minute(datetime(2026, 1, 1, tzinfo=UTC)), utc_minute(datetime(2200, 1, 1, tzinfo=UTC)))
    before = Timeline(ZoneInfo(zone), window).starts(window.relative(schedule.days()), schedule.minutes_of_day, "fixed")
    after: list[Starts] = []
    for expression in conversion.expressions:
        days, minutes = starts(expression)
        after += Timeline(UTC, window).starts(window.relative(days), minutes, "plain")
    parity = compare(before, after, window)
    assert parity.exact, conversion


def brute_parity(before: Counter[int], after: Counter[int]) -> tuple[int, int, int]:
    """(lost, extra, moved) by the most pairs within reach, found by augmenting paths."""
    lost = sorted((before - after).elements())
    extra = sorted((after - before).elements())
    partner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j, minute in enumerate(extra):
            if abs(minute - lost[i]) <= REACH and j not in seen:
                seen.add(j)
                if j not in partner or place(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    moved = sum(place(i, set()) for i in range(len(lost)))
    return len(lost) - moved, len(extra) - moved, moved


sides = st.lists(
    st.tuples(
        st.integers(1, 126).map(lambda days: days << 2),
        st.lists(st.integers(0, 47).map(lambda n: n * 30), min_size=1, max_size=4),
        st.integers(1, 2),
    ),
    max_size=4,
)


@examples(400)
@given(sides, sides)
def test_parity_counts_like_the_best_matching(
    before: list[tuple[int, list[int], int]], after: list[tuple[int, list[int], int]]
) -> None:
    window = Window(1000 * 1440, 1008 * 1440)
    was = [Starts(days, sum(1 << m for m in set(minutes)), times) for days, minutes, times in before]
    now = [Starts(days, sum(1 << m for m in set(minutes)), times) for days, minutes, times in after]
    parity = compare(was, now, window, show=10**6)
    old, new = listed(was, window), listed(now, window)
    assert (parity.lost, parity.extra, parity.moved) == brute_parity(old, new)
    assert (parity.before, parity.after) == (old.total(), new.total())
    assert parity.before - parity.lost - parity.moved == parity.after - parity.extra - parity.moved
    named = parity.first_differences
    assert Counter(d.was for d in named if d.was is not None) == old - new
    assert Counter(d.is_ for d in named if d.is_ is not None) == new - old


@pytest.mark.parametrize("text", ["29,13-24 * * */2 */2", "0 0 */2 3 *", "0 0 13 2-4 *", "0 3 * 5 1-5"])
def test_busybox_days_convert_in_every_zone(text: str) -> None:
    """BusyBox clears a day field that is full; the other one alone must still be said, at any offset."""
    schedule = parse_schedule(text, DIALECTS["busybox"])
    assert isinstance(schedule, Schedule)
    for zone, offset in FIXED_ZONES.items():
        window = Window(utc_minute(datetime(2027, 2, 20, tzinfo=UTC)), utc_minute(datetime(2027, 4, 10, tzinfo=UTC)))
        conversion = convert(schedule, offset, 2026)
        runs = expression_runs(conversion.expressions, window)
        if conversion.guard is not None:
            runs = guarded(runs, conversion.guard)
        timeline = Timeline(ZoneInfo(zone), window)
        before = timeline.starts(window.relative(schedule.days()), schedule.minutes_of_day, "plain")
        assert runs == Counter(listed(before, window))


@pytest.mark.parametrize(
    ("text", "offset", "expressions"),
    [
        ("0 3 1 * *", 540, ["cron(0 18 L * ? *)"]),
        ("30 3 * * 1", 540, ["cron(30 18 ? * SUN *)"]),
        ("0 0 * * 0", 0, ["cron(0 0 ? * SUN *)"]),
        ("0 0 * * 7", 0, ["cron(0 0 ? * SUN *)"]),
        ("*/5 * * * *", 540, ["cron(0/5 * * * ? *)"]),
        ("* * * * *", 540, ["rate(1 minute)"]),
        ("1-5/2 * * * *", 0, ["cron(1,3,5 * * * ? *)"]),
        ("0 9 1-7 * 1", 0, ["cron(0 9 1-7 * ? *)", *[f"cron(0 9 ? * MON#{n} *)" for n in (2, 3, 4, 5)]]),
        ("0 12 */100,1-7 * 1", 540, ["cron(0 3 ? * MON#1 *)"]),
        ("0 0 1 1 *", 540, ["cron(0 15 31 12 ? *)"]),
        ("0 22 31 * *", -300, ["cron(0 3 1 1,2,4,6,8,9,11 ? *)"]),
        ("0 22 * * 1-5", -300, ["cron(0 3 ? * TUE-SAT *)"]),
        ("0,30 * * * *", 345, ["cron(15,45 * * * ? *)"]),
        ("0 9-17 * * 1-5", 330, ["cron(30 3-11 ? * MON-FRI *)"]),
        ("0 0 30 2 *", 0, []),
    ],
)
def test_known_conversions(text: str, offset: int, expressions: list[str]) -> None:
    if not expressions:
        assert read(text).never
        return
    conversion = convert(read(text), offset, 2026)
    assert [str(e) for e in conversion.expressions] == expressions
    assert conversion.guard is None


@pytest.mark.parametrize("text", ["*/7 */5 1-7 * 1", "*/7 * 1-7 * 1", "0 23,0 * * 1,3", "*/50 */3 * * *"])
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_pairs_over_midnight_are_those_of_plain_pairing(text: str, zone: str) -> None:
    """Days that are cut nowhere are counted by sets of days: just as if every run were listed and paired in order."""
    first = utc_minute(datetime(2027, 1, 1, tzinfo=UTC))
    window = Window(first, first + 800 * 1440)
    place = Place(ZoneInfo(zone), zone, window, DEBIAN)
    schedule = read(text)
    before, after = place.before(schedule), place.after(place.judge(schedule).target)
    was, now = listed(before, window), listed(after, window)
    events = sorted([(m, 1) for m in (was - now).elements()] + [(m, -1) for m in (now - was).elements()])
    waiting: list[tuple[int, int]] = []
    counted: Counter[int | str] = Counter()
    for minute, sign in events:
        while waiting and minute - waiting[0][0] > REACH:
            counted["lost" if waiting.pop(0)[1] > 0 else "extra"] += 1
        if waiting and waiting[0][1] != sign:
            counted[(minute - waiting.pop(0)[0]) * sign * -1] += 1
        else:
            waiting.append((minute, sign))
    for _, sign in waiting:
        counted["lost" if sign > 0 else "extra"] += 1
    parity = compare(before, after, window)
    assert {"lost": parity.lost, "extra": parity.extra, **parity.moves} == {"lost": 0, "extra": 0, **counted}


def test_a_state_that_never_settles_is_walked_to_the_end() -> None:
    """Every other day waits for the next one: each day's state hangs on that of the day before, for years."""
    days_, window = (1 << 3000) - 1, Window(0, 3000 * 1440)
    before = [Starts(days_ << 2, 1 << 1439 | 1 << 720, 1)]
    after = [Starts(days_ << 2, 1 << 0 | 1 << 725, 1)]
    parity = compare(before, after, window)
    assert (parity.lost, parity.extra, parity.moves) == (1, 1, Counter({1: 2999, 5: 3000}))
