"""systemd's calendar expressions against systemd itself: what `systemd-analyze calendar` refuses, and when it says that they
elapse, clock changes included."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from converters.expressions.judgement import Place
from converters.schedules.calendar_text import SECOND, CalendarError
from converters.schedules.calendars import Calendar, parse_calendar
from converters.schedules.daemon import Timeline, Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule
from converters.schedules.spans import parse_span

VECTORS = (Path(__file__).parent / "vectors/calendars.txt").read_text()
WRITTEN = [row for row in VECTORS.splitlines() if row and not row.startswith("#")]
# A little before a clock change of each: spring and autumn, at midnight, by half an hour, of another direction (Dublin).
PLACES = [
    ("UTC", "2026-02-27 12:00:00"),
    ("Europe/Berlin", "2026-03-28 20:00:00"),
    ("Europe/Berlin", "2026-10-24 20:00:00"),
    ("America/New_York", "2026-10-31 20:00:00"),
    ("America/Havana", "2026-03-07 12:00:00"),
    ("Australia/Lord_Howe", "2026-04-04 09:00:00"),
    ("Africa/Casablanca", "2026-02-14 20:00:00"),
    ("Europe/Dublin", "2026-10-24 20:00:00"),
    ("Asia/Kathmandu", "2026-12-30 12:00:00"),
]
SHOWN = 12
judged_by_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and not os.environ.get("CI"), reason="systemd-analyze is not installed"
)
YEARS = 3


def drawn(draw: random.Random) -> str:
    """An expression of the grammar, now and then one that is none."""

    def field(low: int, high: int, often: float = 0.5) -> str:
        def part() -> str:
            first, second = draw.randint(low, high), draw.randint(low, high)
            kind = draw.random()
            step = draw.randint(1, max(2, (high - low) // 3))
            if kind < 0.5:
                return f"{first:02}" if draw.random() < 0.5 else str(first)
            if kind < 0.75:
                ends = f"{min(first, second)}..{max(first, second)}"
                return ends if draw.random() < 0.6 else f"{ends}/{step}"
            return f"{first}/{step}" if draw.random() < 0.2 else f"{min(first, (low + high) // 2)}/{step}"

        return "*" if draw.random() < often else ",".join(part() for _ in range(draw.choice((1, 1, 1, 2, 3))))

    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    words = []
    if draw.random() < 0.4:
        first = draw.randint(0, 6)
        kind = draw.random()
        words.append(
            days[first]
            if kind < 0.4
            else ",".join(draw.sample(days, draw.randint(1, 3)))
            if kind < 0.7
            else f"{days[first]}..{days[draw.randint(max(0, first - 1), 6)]}"
        )
    if draw.random() < 0.6:
        end = draw.random() < 0.3
        date = f"{field(1, 12, 0.7)}{'~' if end else '-'}{field(1, 28 if end else 31, 0.3)}"
        words.append(date if draw.random() < 0.3 else f"{field(2025, 2029, 0.9)}-{date}")
    if draw.random() < 0.85 or not words:
        seconds = f":{field(0, 59, 0.1)}" if draw.random() < 0.2 else ""
        words.append(f"{field(0, 23)}:{field(0, 59, 0.1)}{seconds}")
    if draw.random() < 0.15:
        words.append(draw.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")))
    return " ".join(words)


def cases() -> list[tuple[str, str, str]]:
    draw = random.Random(2026)
    texts = [*WRITTEN, *(drawn(draw) for _ in range(450))]
    return [(text, *PLACES[index % len(PLACES)]) for index, text in enumerate(texts)]


CASES = cases()


def by_systemd(text: str, zone: str, base: str) -> list[float] | None:
    """The next times of an expression, in seconds since 1970; None where it is refused."""
    words = ["systemd-analyze", "calendar", f"--base-time={base} UTC", f"--iterations={SHOWN}", "--", text]
    world = {"PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, capture_output=True, text=True, env=world, timeout=60, check=False)
    if done.returncode:
        assert "Failed to parse calendar specification" in done.stderr, done.stderr
        return None
    # Where the zone of the machine is UTC, the lines in UTC are the only ones.
    lines = done.stdout.splitlines()
    shown = [row for row in lines if re.match(r" *\(in UTC\): ", row)] if zone != "UTC" else lines
    found = [re.search(r": \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? UTC$", row) for row in shown]
    moments = [one for one in found if one]
    assert moments or "never" in done.stdout, done.stdout
    return [datetime.fromisoformat(one[1]).replace(tzinfo=UTC).timestamp() + float(one[2] or 0) // 1 for one in moments]


def by_sets(calendar: Calendar, zone: str, base: str) -> tuple[list[float], float]:
    """The same from the sets, by the habit of systemd at clock changes; and until when they are looked at."""
    first = int(datetime.fromisoformat(base).replace(tzinfo=UTC).timestamp()) // 60
    window = Window(first, first + YEARS * 366 * 1440)
    found: list[float] = []
    # Short windows first: a start a minute would be a list of millions.
    for length in (2880, 40 * 1440, window.until - first):
        part = Window(first, first + length)
        line = Timeline(ZoneInfo(calendar.zone or zone), part)
        minutes = sum(1 << 60 * hour for hour in range(24) if calendar.hours >> hour & 1) * calendar.minutes
        starts = line.starts(part.relative(calendar.dates()), minutes, "once")
        exact = [at * 60 * SECOND + second for at in listed(starts, part) for second in calendar.seconds]
        # systemd-analyze prints whole seconds.
        found = [at // SECOND for at in exact if at > first * 60 * SECOND]
        if len(found) >= SHOWN:
            break
    return found[:SHOWN], window.until * 60


@pytest.mark.real
@judged_by_systemd
def test_there_are_enough() -> None:
    assert len(CASES) >= 500
    assert sum(by_systemd_cached(*case) is not None for case in CASES) >= 400


_KNOWN: dict[tuple[str, str, str], list[float] | None] = {}


def by_systemd_cached(text: str, zone: str, base: str) -> list[float] | None:
    key = text, zone, base
    if key not in _KNOWN:
        _KNOWN[key] = by_systemd(*key)
    return _KNOWN[key]


def differences(some: list[tuple[str, str, str]]) -> list[object]:
    found: list[object] = []
    for text, zone, base in some:
        theirs = by_systemd_cached(text, zone, base)
        try:
            calendar = parse_calendar(text)
        except CalendarError as error:
            if theirs is not None:
                found.append((text, "refused here", str(error)))
            continue
        if theirs is None:
            found.append((text, "read here, refused by systemd"))
            continue
        if _is_told(text, calendar, zone, base):
            continue
        ours, until = by_sets(calendar, zone, base)
        theirs = [at for at in theirs if at < until]
        if calendar.passes_new_year and (missing := set(ours) - set(theirs)):
            # What is said of such an expression: only in January is anything passed over.
            assert {datetime.fromtimestamp(at, ZoneInfo(calendar.zone or zone)).month for at in missing} == {1}
            continue
        if ours != theirs:
            found.append(
                (text, zone, [datetime.fromtimestamp(at, UTC).isoformat() for at in sorted({*ours} ^ {*theirs})])
            )
    return found


def _is_told(text: str, calendar: Calendar, zone: str, base: str) -> bool:
    """Whether a finding says that systemd itself goes astray at a clock change, and there is one in these days."""
    name = calendar.zone or zone
    first = int(datetime.fromisoformat(base).replace(tzinfo=UTC).timestamp()) // 60
    place = Place(ZoneInfo(name), name, Window(first, first + 366 * 1440), DIALECTS["systemd"], "scheduler")
    schedule = parse_schedule(text, DIALECTS["systemd"])
    if not place.changes_clocks() or not isinstance(schedule, Schedule) or schedule.never:
        return False
    return any(
        one.code == "C205" and "passes over its first days" not in one.message for one in place.judge(schedule).findings
    )


# Where systemd 252 itself goes astray -> what is said of it; found by drawing expressions, and measured.
ASTRAY = [
    ("11/5,01:52", "Europe/Berlin", "2026-03-28 20:00:00", "open step of hours"),
    ("02,3/6:28/3", "America/New_York", "2026-10-31 20:00:00", "open step of hours"),
    ("*:04,29/9", "Europe/Dublin", "2026-10-24 22:30:00", "open step of minutes"),
    ("*:13,28/23", "Africa/Casablanca", "2026-02-14 20:00:00", "open step of minutes"),
    ("1..3:25", "Europe/Dublin", "2026-03-28 20:00:00", "negative DST"),
    ("2..21,13..18:35", "Africa/Casablanca", "2026-03-21 20:00:00", "negative DST"),
]


@pytest.mark.parametrize(("text", "zone", "base", "part"), ASTRAY)
def test_where_systemd_goes_astray_is_said(text: str, zone: str, base: str, part: str) -> None:
    first = int(datetime.fromisoformat(base).replace(tzinfo=UTC).timestamp()) // 60
    place = Place(ZoneInfo(zone), zone, Window(first, first + 3 * 366 * 1440), DIALECTS["systemd"], "scheduler")
    judged = place.judge(parse_schedule(text, DIALECTS["systemd"]))
    assert any(one.code == "C205" and part in one.message for one in judged.findings)
    ended = place.judge(parse_schedule("4:30", DIALECTS["systemd"]))
    assert not any(one.code == "C205" for one in ended.findings)


@pytest.mark.real
@judged_by_systemd
@pytest.mark.parametrize(("text", "zone", "base", "part"), ASTRAY)
def test_systemd_does_go_astray_there(text: str, zone: str, base: str, part: str) -> None:
    assert part
    try:
        theirs = by_systemd(text, zone, base)
    except AssertionError as error:
        assert "Infinite loop" in str(error)
        return
    assert theirs is not None
    ours, until = by_sets(parse_calendar(text), zone, base)
    assert ours != [at for at in theirs if at < until]


@pytest.mark.real
@judged_by_systemd
@pytest.mark.parametrize("part", range(8))
def test_expressions_elapse_as_systemd_says(part: int) -> None:
    assert differences(CASES[part::8]) == []


# An expression -> what Scheduler is told in the host's zone, or the code that says why it is told nothing.
CONVERTED = [
    ("Mon..Fri *:0/15", ("cron(0/15 * ? * MON-FRI *)",)),
    ("*-*~01 2:30", ("cron(30 2 L * ? *)",)),
    ("2027,2028-6-1 10:00:30", ("cron(0 10 1 6 ? 2027,2028)",)),
    ("quarterly", ("cron(0 0 1 1/3 ? *)",)),
    ("Sat *-*-1..7 18:00", ("cron(0 18 ? * SAT#1 *)",)),
    ("weekly", ("cron(0 0 ? * MON *)",)),
    ("OnUnitActiveSec=90min", ("rate(90 minutes)",)),
    ("OnBootSec=5min OnUnitActiveSec=1h30min", ("rate(90 minutes)",)),
    ("OnUnitActiveSec=90", "C221"),
    ("OnUnitInactiveSec=1h", "C202"),
    ("OnBootSec=15min", "C201"),
    ("*:*:0/10", "C220"),
    ("2025-1-1", "C203"),
    ("*-2-30", "C203"),
    ("Mon *-*~07/1 2:30", "C222"),
]


@pytest.mark.parametrize(("text", "wanted"), CONVERTED)
def test_what_an_expression_becomes(text: str, wanted: tuple[str, ...] | str) -> None:
    zone = "America/New_York"
    window = Window(29_600_000, 29_600_000 + 10 * 366 * 1440)  # from April 2026 on
    place = Place(ZoneInfo(zone), zone, window, DIALECTS["systemd"], "scheduler")
    schedule = parse_schedule(text, DIALECTS["systemd"])
    judged = place.judge(schedule)
    if isinstance(wanted, str):
        assert judged.target.expressions == ()
        assert wanted in {one.code for one in judged.findings}
    else:
        assert tuple(map(str, judged.target.expressions)) == wanted
        # In the zone itself Scheduler does at clock changes what systemd does.
        assert (judged.parity is not None and judged.parity.exact) == (not wanted[0].startswith("rate"))


def test_a_zone_of_its_own_beats_that_of_the_host() -> None:
    window = Window(29_600_000, 29_600_000 + 3 * 366 * 1440)
    host = ZoneInfo("Asia/Tokyo")
    place = Place(ZoneInfo("Europe/Berlin"), "Europe/Berlin", window, DIALECTS["systemd"], "rule", host, "Asia/Tokyo")
    alone = Place(ZoneInfo("Europe/Berlin"), "Europe/Berlin", window, DIALECTS["systemd"])
    schedule = parse_schedule("2:30 Europe/Berlin", DIALECTS["systemd"])
    assert isinstance(schedule, Schedule)
    assert schedule.zone == "Europe/Berlin"
    assert listed(place.before(schedule), window) == listed(alone.before(schedule), window) != []


SPANS = [
    ("90", 90),
    ("1h 30min", 5400),
    ("5 min 20 s", 320),
    ("1M", 2629800),
    ("1m", 60),
    ("1h30", 3630),
    ("2 weeks", 1209600),
]


@pytest.mark.real
@judged_by_systemd
@pytest.mark.parametrize(("text", "seconds"), SPANS)
def test_spans(text: str, seconds: int) -> None:
    assert parse_span(text) == seconds
    done = subprocess.run(["systemd-analyze", "timespan", text], capture_output=True, text=True, check=True, timeout=60)
    found = re.search(r"(?:us|μs): (\d+)", done.stdout)
    assert found is not None
    assert int(found[1]) == seconds * SECOND


@pytest.mark.parametrize("text", ["infinity", "", "5 parsecs", "-1", "h"])
def test_what_is_no_span(text: str) -> None:
    assert parse_span(text) is None
