"""Parity of one job over a year, both sides compared, against peers that only list one side once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

from benchmarks.figures import Aim, Figure
from converters.expressions.judgement import Place
from converters.expressions.parity import compare
from converters.expressions.target import Target
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule

YEAR = 2027
JOBS = [("*/5 * * * *", 20000, 5000), ("30 2 * * *", 100, 50)]
HARD = ["*/7 */5 1-7 * 1", "0 3 1-7,15 * 1"]
"""Day of month OR weekday in a zone with clock changes: pairs over midnight, a guard."""
ZONE = "America/New_York"


def figures() -> list[Figure]:
    found = []
    for text, croniter_aim, cronsim_aim in JOBS:
        ours = _parity(text, YEAR, YEAR + 1)
        start = datetime(YEAR, 1, 1, tzinfo=ZoneInfo(ZONE))
        slow = _once(lambda: _croniter(text, start))  # noqa: B023
        simulated = _once(lambda: _cronsim(text, start))  # noqa: B023
        what = f"parity of `{text}` over {YEAR}, {ZONE}"
        found.append(Figure(what, ours, "croniter listing that year once", slow, Aim(croniter_aim)))
        found.append(Figure(what, ours, "cronsim listing that year once", simulated, Aim(cronsim_aim)))
    for text in [*(text for text, _, _ in JOBS), *HARD]:
        ten, all_years = _parity(text, 2026, 2036), _parity(text, 2026, 2200)
        what = f"parity of `{text}` to the end of 2199"
        found.append(Figure(what, all_years, "its ten-year parity", ten, Aim(5), slower=True))
    return [*found, *judged()]


def judged() -> list[Figure]:
    """What a scan does for a schedule: candidates, parity, findings, dates of differences; each schedule is new to it."""
    from benchmarks.fleet import schedules

    found = []
    distinct = list(dict.fromkeys(schedules()))[:2000]
    for zone in ("Asia/Tokyo", ZONE):
        place, compared = _place(zone, 2027, 2037), _place(zone, 2027, 2037)
        parsed = [one for text in distinct if isinstance(one := parse_schedule(text, DIALECTS["debian"]), Schedule)]
        judging = _once(lambda: len([place.judge(one) for one in parsed]))  # noqa: B023
        targets = [(one, place.judge(one).target) for one in parsed]
        comparing = _once(lambda: len([_compared(compared, *one) for one in targets]))  # noqa: B023
        found.append(
            Figure(
                f"judge() of a schedule, ten years, {zone} (mean of {len(parsed):,} distinct ones)",
                judging / len(parsed),
                "compare() alone, of the same",
                comparing / len(parsed),
                Aim(seconds=0.4e-3),
                slower=True,
            )
        )
    for text in HARD:
        place, start = _place(ZONE, YEAR, YEAR + 1), datetime(YEAR, 1, 1, tzinfo=ZoneInfo(ZONE))
        schedule = parse_schedule(text, DIALECTS["debian"])
        ours = _once(lambda: len(place.judge(schedule).findings))  # noqa: B023
        slow = _once(lambda: _croniter(text, start))  # noqa: B023
        found.append(
            Figure(f"judge() of `{text}` over {YEAR}, {ZONE}, once", ours, "croniter listing that year", slow, Aim(5))
        )
    return found


def _place(zone: str, first: int, until: int) -> Place:
    minutes = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60 for year in (first, until)]
    return Place(ZoneInfo(zone), zone, Window(*minutes), DIALECTS["debian"])


def _compared(place: Place, schedule: Schedule, target: Target) -> int:
    return compare(place.before(schedule), place.after(target), place.window, show=0).before


def _parity(text: str, first: int, until: int) -> float:
    """Seconds for one comparison: runs of the daemon, runs of the UTC rule, counts and moves."""
    place = _place(ZONE, first, until)
    schedule = parse_schedule(text, DIALECTS["debian"])
    assert isinstance(schedule, Schedule)
    target = place.judge(schedule).target

    def once() -> None:
        compare(place.before(schedule), place.after(target), place.window, show=0)

    once()
    rounds = 300
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            once()
        best = min(best, (time.perf_counter() - start) / rounds)
    return best


def _once(work: Callable[[], int]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _croniter(text: str, start: datetime) -> int:
    end = start.replace(year=start.year + 1)
    runs = 0
    walker = croniter(text, start)
    while walker.get_next(datetime) < end:
        runs += 1
    return runs


def _cronsim(text: str, start: datetime) -> int:
    end = start.replace(year=start.year + 1)
    runs = 0
    for when in CronSim(text, start):
        if when >= end:
            break
        runs += 1
    return runs
