"""The windows and schedules that the real daemon is asked about.

Each window is a stretch of local time around a clock change or a month's end, with a table of some sixty schedules made
for it. Starts are kept to a few each minute, so that two cores can start them all at a hundredfold speed. Entries that
fall into a lost hour keep to three minutes of it: cron pauses 10 s after each, and so has caught up before the minute
on the wall ends. Only the windows named "crowded" go beyond that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

LOST_MINUTES = (0, 30, 45)


@dataclass(frozen=True)
class Window:
    """`begin` is naive local time, in second :10; the window ends `minutes` and 30 seconds later."""

    name: str
    zone: str
    begin: datetime
    minutes: int
    schedules: tuple[str, ...]
    speed: int = 120
    hold: bool = True
    crowded: bool = False

    @property
    def table(self) -> dict[str, str]:
        return {f"j{number:03}": fields for number, fields in enumerate(self.schedules)}

    @cached_property
    def begin_seconds(self) -> int:
        return int(self.begin.replace(tzinfo=ZoneInfo(self.zone)).timestamp())

    @property
    def end_seconds(self) -> int:
        return self.begin_seconds + self.minutes * 60 + 30

    @property
    def first_minute(self) -> int:
        """The first UTC minute that the daemon runs: the one after the minute it comes up in."""
        return self.begin_seconds // 60 + 1

    @property
    def until_minute(self) -> int:
        return self.end_seconds // 60 + 1


# {h} the hour that is lost or repeated, {b} the hour before, {a} the hour after it, {d} its day, {w} its weekday,
# {m} its month; {D} {W} {M} another day, weekday, month
AROUND_A_CHANGE = """
    0 {h} * * *
    30 {h} * * *
    45 {h} * * *
    30,45 {h} * * *
    30-45/15 {h} * * *
    0-59/30 {h} * * *
    30 {h} {d} * *
    30 {h} {D} * *
    30 {h} * * {w}
    30 {h} * * {W}
    30 {h} {D} * {w}
    30 {h} {d} * {W}
    30 {h} {D} * {W}
    30 {h} */2 * {w}
    45 {h} {d} * */2
    0 {h} 1-31 * {W}
    45 {h} * {m} *
    45 {h} * {M} *
    */20 {h} * * *
    */7 {h} * * *
    * {h} * * *
    */15 {h} * * {w}
    */30 {h} {D} * *
    30 {b},{h},{a} * * *
    45 {b},{a} * * *
    0 0-23 * * *
    45 0-23 * * *
    30 0-23/2 * * *
    30 1-23/2 * * *
    30 {h},* * * *
    0 * * * *
    17 * * * *
    59 * * * *
    5,35 * * * *
    0 */2 * * *
    1 */3 * * *
    * * * * *
    */2 * * * *
    */15 * * * *
    */60 * * * *
    50 {b} * * *
    59 {b} * * *
    0 {a} * * *
    1 {a} * * *
    20,40 {a} * * *
    10-12 {a} * * *
    @hourly
    @daily
    @midnight
    @weekly
    @monthly
"""

# {d} the month's last day, {w} its weekday, {m} its month; {W} the weekday of the 1st, {M} the next month
AROUND_A_MONTH_END = """
    0 0 1 * *
    5 0 1 {M} *
    10 0 1 {m} *
    15 0 1 */2 *
    15 0 1 */3 *
    20 0 */2 * *
    20 0 2-31/2 * *
    25 0 29 2 *
    25 23 29 2 *
    25 23 30 2 *
    30 23 {d} * *
    30 23 31 * *
    35 23 28-31 * *
    35 23 28-31 * {w}
    35 23 28-31 * */2
    40 23 * * {w}
    40 23 * * {W}
    45 23 {d} * {W}
    45 23 13 * {w}
    45 23 13 * {W}
    0 0 1-7 * 1
    0 0 */7 * {W}
    0 0 */100,1-7 * {W}
    10 0 * * 0-7
    10 0 * * 7
    10 0 * * {W}-6
    */10 * 1 * *
    */10 * {d} * *
    */20 * */2 * *
    */20 * 1,* * *
    * 0 1 * *
    * 23 * {m} *
    0 * * {M} *
    59 23 * * *
    1 0 * * *
    30 0 1 jan,feb,mar *
    31 0 1 apr-jun *
    32 0 * * mon-fri
    33 0 * * sat,sun
    34 0 1 * mon-fri
    @daily
    @weekly
    @monthly
    @yearly
    @annually
"""


def _table(template: str, names: dict[str, object], extra: Iterable[str]) -> tuple[str, ...]:
    filled = [line.strip().format(**names) for line in template.strip().splitlines()]
    return tuple(dict.fromkeys([*filled, *extra]))


def _around_change(name: str, zone: str, hour: str, begin: str, minutes: int) -> Window:
    """`hour` is the hour that is lost (in spring) or repeated (in autumn), on the day of the change."""
    at, start = datetime.fromisoformat(hour), datetime.fromisoformat(begin)
    names: dict[str, object] = {
        "h": at.hour,
        "b": (at.hour - 1) % 24,
        "a": (at.hour + 1) % 24,
        "d": at.day,
        "D": at.day + 1,
        "w": at.isoweekday() % 7,
        "W": (at.isoweekday() + 1) % 7,
        "m": at.month,
        "M": at.month - 1,
    }
    schedules = _table(AROUND_A_CHANGE, names, _random_around(at, random.Random(name)))
    if name.endswith("autumn"):
        schedules = _spread(schedules)
    return Window(name, zone, start + timedelta(seconds=10), minutes, schedules)


def _spread(schedules: tuple[str, ...]) -> tuple[str, ...]:
    """Where no hour is lost, any minute will do: fewer start at once."""
    moved = []
    for place, fields in enumerate(schedules):
        minute, _, rest = fields.partition(" ")
        move = minute in ("30", "45") or (minute == "0" and place % 2)
        moved.append(f"{int(minute) + place % 14} {rest}" if move else fields)
    return tuple(dict.fromkeys(moved))


def _random_around(at: datetime, dice: random.Random) -> list[str]:
    """Twenty schedules of any shape: what is fixed-time keeps to LOST_MINUTES."""
    hours = [at.hour, (at.hour - 1) % 24, (at.hour + 1) % 24]
    found = []
    for _ in range(20):
        if dice.random() < 0.5:  # follows the wall clock
            minute = dice.choice([f"*/{dice.randint(6, 40)}", str(dice.randint(1, 58))])
            hour = "*" if not minute.startswith("*") else dice.choice(["*", "*/2", str(dice.choice(hours)), "0-23"])
        else:
            minute = dice.choice([str(dice.choice(LOST_MINUTES)), "0,30", "30,45"])
            hour = dice.choice([str(dice.choice(hours)), "0-23/3", f"{hours[0]},{hours[2]}", "0-12", "12-23", "1-23/2"])
        day = dice.choice(["*", "*", "*", "*/2", "*/3", "1-31", str(at.day), f"{at.day},15", str(at.day + 2), "1,*"])
        weekday = dice.choice(["*", "*", "*", "0", "7", "*/2", "1-5", "sat,sun", "0-6", "6"])
        found.append(f"{minute} {hour} {day} * {weekday}")
    return found


def _around_month_end(zone: str, last_day: str) -> Window:
    at = datetime.fromisoformat(last_day)
    first = at + timedelta(days=1)
    names: dict[str, object] = {
        "d": at.day,
        "w": at.isoweekday() % 7,
        "W": first.isoweekday() % 7,
        "m": at.month,
        "M": first.month,
    }
    schedules = _table(AROUND_A_MONTH_END, names, [])
    begin = at.replace(hour=23, minute=20, second=10)
    return Window(f"month end {last_day}", zone, begin, 80, schedules)


WILD_AGAIN = "crowded: less than five minutes left when the minute ends"
SPRING = "2026-03-08T01:40:10"
CROWDED = (
    "0 3 * * *",
    "1 3 * * *",
    "5 3 * * *",
    "* * * * *",
    "0 * * * *",
    "*/5 * * * *",
    "*/15 * * * *",
    "@hourly",
    "0 0-23 * * *",
    "10 1-4 * * *",
)


def _crowded(name: str, lost: Iterable[int], hold: bool = True) -> Window:
    """Many minutes of New York's lost hour, at a speed that leaves room for them."""
    schedules = (*CROWDED, *(f"{minute} 2 * * *" for minute in lost))
    begin = datetime.fromisoformat(SPRING)
    if hold:
        return Window(name, "America/New_York", begin, 50, schedules, speed=60, crowded=True)
    # every pause is cut short, so what takes time is starting the jobs: it counts `speed` times
    return Window(name, "America/New_York", begin, 30, schedules, speed=20, hold=False)


WINDOWS = (
    _around_change("New York, spring", "America/New_York", "2026-03-08T02:00", "2026-03-08T01:20", 115),
    _around_change("New York, autumn", "America/New_York", "2026-11-01T01:00", "2026-11-01T00:45", 150),
    _around_change("Berlin, spring", "Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:20", 115),
    _around_change("Berlin, autumn", "Europe/Berlin", "2026-10-25T02:00", "2026-10-25T01:45", 150),
    _around_change("Lord Howe, spring", "Australia/Lord_Howe", "2026-10-04T02:00", "2026-10-04T01:20", 115),
    _around_change("Lord Howe, autumn", "Australia/Lord_Howe", "2026-04-05T01:00", "2026-04-05T00:45", 150),
    _around_change("Havana, spring", "America/Havana", "2026-03-08T00:00", "2026-03-07T23:20", 115),
    _around_change("Havana, autumn", "America/Havana", "2026-11-01T00:00", "2026-10-31T23:45", 150),
    _around_change("Beirut, spring", "Asia/Beirut", "2026-03-29T00:00", "2026-03-28T23:20", 115),
    _around_change("Beirut, autumn", "Asia/Beirut", "2026-10-24T23:00", "2026-10-24T22:45", 150),
    _around_month_end("UTC", "2026-01-31"),
    _around_month_end("UTC", "2026-02-28"),
    _around_month_end("Asia/Tokyo", "2028-02-28"),
    _around_month_end("Asia/Tokyo", "2028-02-29"),
    _around_month_end("Europe/Berlin", "2026-04-30"),
    _around_month_end("America/New_York", "2026-12-31"),
    _crowded("crowded: every fifth lost minute", range(0, 60, 5)),
    _crowded(WILD_AGAIN, range(53, 59)),
    _crowded("short jobs", range(0, 60, 4), hold=False),
)
