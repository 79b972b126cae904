"""The main loops of four cron daemons, walked minute by minute.

Each function plays one daemon's loop as its source has it, with the variables of that source (``virtual_time``,
``time_running``, ``last_run``), over the minutes of a window, and notes when it starts an entry:

``debian_starts``        Debian's cron 3.0pl1; also right for the cron of OpenBSD and ISC where every change of the
                         offset is one of daylight saving time
``debian_table_starts``  the same loop in seconds, for a whole table, with the pauses it makes while it catches up
``cronie_starts``        cronie, with its ``CRON_TZ``
``freebsd_starts``       FreeBSD's cron, with (``-s``) and without (``-o``) its treatment of clock changes
``busybox_starts``       BusyBox crond

Times are whole minutes since 1970-01-01 00:00 UTC, windows are half open: [first, until). A list may hold a minute
twice: then the daemon starts the entry twice in that minute. Catch-up runs bear the minute in which the daemon really
starts them, as if starting took no time (only ``debian_table_starts`` knows better). A daemon acts on its past, so it
is taken to be up since a day before the window, or since `up_since`. The minute in which it comes up is never run.

Jobs are taken to end at once: BusyBox would skip a line whose last run is still alive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

DAY = 24 * 60
MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
WEEKDAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True)
class Entry:
    """Five sets, and whether each field but the month began with ``*``. Weekdays are 0-6, 0 is Sunday.

    BusyBox's table of days has a place 0; only ``parse_busybox`` fills it.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    minute_star: bool
    hour_star: bool
    day_star: bool
    weekday_star: bool

    @property
    def wild(self) -> bool:
        """Follows the clock on the wall; an entry that is not wild is "fixed-time"."""
        return self.minute_star or self.hour_star

    def due(self, minute: int, hour: int, day: int, month: int, weekday: int) -> bool:
        on_day, on_weekday = day in self.days, weekday in self.weekdays
        either = self.day_star or self.weekday_star
        right_day = (on_day and on_weekday) if either else (on_day or on_weekday)
        return minute in self.minutes and hour in self.hours and month in self.months and right_day

    def due_at(self, wall: datetime) -> bool:
        return self.due(wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7)


# ---------------------------------------------------------------------------------------------------------- reading


def parse(fields: str, *, step_after_value: bool = False) -> Entry:
    """Read five plain fields, or a nickname, as Debian, cronie and FreeBSD do.

    Lists, ranges, ``*``, steps on ``*`` and on ranges, three-letter names. FreeBSD also knows ``5/15``
    (`step_after_value`). Anything else raises ``ValueError``, also where some daemon would take it.
    """
    fields = NICKNAMES.get(fields, fields)
    words = fields.split()
    if len(words) != 5:
        raise ValueError(f"not five fields: {fields!r}")
    minute, hour, day, month, weekday = words
    open_step = step_after_value
    return Entry(
        minutes=_values(minute, 0, 59, {}, open_step),
        hours=_values(hour, 0, 23, {}, open_step),
        days=_values(day, 1, 31, {}, open_step),
        months=_values(month, 1, 12, MONTHS, open_step),
        weekdays=frozenset(number % 7 for number in _values(weekday, 0, 7, WEEKDAYS, open_step)),
        minute_star=minute.startswith("*"),
        hour_star=hour.startswith("*"),
        day_star=day.startswith("*"),
        weekday_star=weekday.startswith("*"),
    )


def parse_busybox(fields: str) -> Entry:
    """Read five plain fields as BusyBox does: steps count from 0, days from 0 to 31, ranges wrap; refuses weekday 7."""
    words = NICKNAMES.get(fields, fields).split()
    if len(words) != 5:
        raise ValueError(f"not five fields: {fields!r}")
    minute, hour, day, month, weekday = words
    return Entry(
        minutes=_busybox_values(minute, 60, 0, {}),
        hours=_busybox_values(hour, 24, 0, {}),
        days=_busybox_values(day, 32, 0, {}),
        months=frozenset(place + 1 for place in _busybox_values(month, 12, -1, MONTHS)),
        weekdays=_busybox_values(weekday, 7, 0, WEEKDAYS),
        minute_star=False,  # it has no such notion
        hour_star=False,
        day_star=False,
        weekday_star=False,
    )


def _values(text: str, low: int, high: int, names: Mapping[str, int], step_after_value: bool) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        shape = re.fullmatch(r"(\*|(?P<left>\w+)(-(?P<right>\w+))?)(/(?P<step>[0-9]+))?", part)
        if shape is None:
            raise ValueError(f"not a list of ranges: {text!r}")
        step = int(shape["step"] or 1)
        if shape["left"] is None:
            start, end = low, high
        else:
            start = end = _number(shape["left"], names)
            if shape["right"] is not None:
                end = _number(shape["right"], names)
            elif shape["step"] is not None:
                if not step_after_value:
                    raise ValueError(f"step without a range: {text!r}")
                end = high
        if not low <= start <= end <= high or step == 0:
            raise ValueError(f"outside {low}-{high}, backwards, or without a step: {text!r}")
        found.update(range(start, end + 1, step))
    return frozenset(found)


def _busybox_values(text: str, size: int, offset: int, names: Mapping[str, int]) -> frozenset[int]:
    """Places of an array of `size`; a value stands at value + offset."""
    found: set[int] = set()
    for part in text.split(","):
        shape = re.fullmatch(r"(\*|(?P<left>\w+)(-(?P<right>\w+))?)(/(?P<step>[0-9]+))?", part)
        if shape is None:
            raise ValueError(f"not a list of ranges: {text!r}")
        if shape["left"] is None:
            start, end = 0, size - 1
        else:
            start = end = _number(shape["left"], names) + offset
            if shape["right"] is not None:
                end = _number(shape["right"], names) + offset
        if not (0 <= start < size and 0 <= end < size):
            raise ValueError(f"outside the field: {text!r}")
        step, place, left_over = int(shape["step"] or 1), start, 1
        while True:
            left_over -= 1
            if left_over == 0:
                found.add(place)
                left_over = step
            if place == end:
                break
            place = (place + 1) % size
    return frozenset(found)


def _number(text: str, names: Mapping[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError(f"not a value: {text!r}")
    return int(text)


# ----------------------------------------------------------------------------------------------------------- clocks


def _gmtoff(tz: ZoneInfo, seconds: int) -> int:
    """Seconds east of UTC."""
    offset = datetime.fromtimestamp(seconds, tz).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _is_dst(tz: ZoneInfo, seconds: int) -> bool:
    return bool(datetime.fromtimestamp(seconds, tz).dst())


def _wall(minutes: int) -> datetime:
    """What gmtime() makes of a count of local minutes."""
    return datetime.fromtimestamp(minutes * 60, UTC)


def _up_since(first: int, up_since: int | None) -> int:
    return first - DAY if up_since is None else up_since


# ----------------------------------------------------------------------------------------------------------- Debian


def _debian_kind(difference: int) -> str:
    kind = "jump"
    if difference > -180:
        kind = "negative"
    if difference > 0:
        kind = "small"
    if difference > 5:
        kind = "medium"
    if difference > 180:
        kind = "jump"
    return "usual" if difference == 1 else kind


def debian_starts(entry: Entry | str, zone: str, first: int, until: int, *, up_since: int | None = None) -> list[int]:
    """Starts of one entry under Debian's cron, in UTC minutes."""
    entry = parse(entry) if isinstance(entry, str) else entry
    tz = ZoneInfo(zone)
    found: list[int] = []

    def find_jobs(virtual: int, do_wild: bool, do_fixed: bool) -> None:
        if entry.due_at(_wall(virtual)) and (do_wild if entry.wild else do_fixed):
            found.append(now)

    now = _up_since(first, up_since)
    virtual_time = now + _gmtoff(tz, now * 60) // 60
    while now + 1 < until:
        now += 1
        time_running = (now * 60 + _gmtoff(tz, now * 60)) // 60
        match _debian_kind(time_running - virtual_time):
            case "usual":
                virtual_time = time_running
                find_jobs(virtual_time, True, True)
            case "small":
                while virtual_time < time_running:
                    virtual_time += 1
                    find_jobs(virtual_time, True, True)
            case "medium":
                find_jobs(time_running, True, False)
                while virtual_time < time_running:
                    virtual_time += 1
                    find_jobs(virtual_time, False, True)
            case "negative":
                find_jobs(time_running, True, False)
            case _:
                virtual_time = time_running
                find_jobs(virtual_time, True, True)
    return [minute for minute in found if minute >= first]


class _DebianTable:
    """Debian's loop over a whole table, with a clock in seconds that moves when the daemon sleeps."""

    def __init__(self, entries: Mapping[str, Entry], zone: str, up_since: int, job_seconds: int | None) -> None:
        self.entries = entries
        self.tz = ZoneInfo(zone)
        self.now = up_since
        self.job_seconds = job_seconds
        self.queue: list[str] = []
        self.children: list[int] = []  # when the running jobs end
        self.starts: dict[str, list[int]] = {name: [] for name in entries}
        self.gmtoff = self.clock_time = 0
        self.set_time()

    def set_time(self) -> None:
        self.gmtoff = _gmtoff(self.tz, self.now)
        self.clock_time = (self.now + self.gmtoff) // 60

    def sleep(self, seconds: int) -> None:
        """The end of a child interrupts a sleep (SIGCHLD has a handler)."""
        end = self.now + seconds
        early = [child for child in self.children if child <= end]
        self.now = max(self.now, min(early)) if early else end
        self.children = [child for child in self.children if child > self.now]

    def cron_sleep(self, target: int) -> None:
        seconds_to_wait = target * 60 - (self.now + self.gmtoff) + 1
        if 0 < seconds_to_wait < 65:
            self.sleep(seconds_to_wait)

    def find_jobs(self, virtual: int, do_wild: bool, do_fixed: bool) -> None:
        wall = _wall(virtual)
        for name, entry in self.entries.items():
            if entry.due_at(wall) and (do_wild if entry.wild else do_fixed) and name not in self.queue:
                self.queue.append(name)

    def job_runqueue(self) -> bool:
        ran = bool(self.queue)
        for name in self.queue:
            self.starts[name].append(self.now)
            if self.job_seconds is not None:
                self.children.append(self.now + self.job_seconds)
        self.queue = []
        return ran

    def pause_after_jobs(self) -> None:
        if self.job_runqueue():
            self.sleep(10)

    def walk(self, until: int) -> None:
        time_running = virtual_time = self.clock_time
        while True:
            while True:
                self.cron_sleep(time_running + 1)
                self.set_time()
                if self.clock_time != time_running:
                    break
            if self.now >= until:
                return
            time_running = self.clock_time
            match _debian_kind(time_running - virtual_time):
                case "small":
                    while virtual_time < time_running:
                        self.pause_after_jobs()
                        virtual_time += 1
                        self.find_jobs(virtual_time, True, True)
                case "medium":
                    self.find_jobs(time_running, True, False)
                    while virtual_time < time_running and self.clock_time == time_running:
                        self.pause_after_jobs()
                        virtual_time += 1
                        self.find_jobs(virtual_time, False, True)
                        self.set_time()
                case "negative":
                    self.find_jobs(time_running, True, False)
                case _:
                    virtual_time = time_running
                    self.find_jobs(virtual_time, True, True)
            self.job_runqueue()


def debian_table_starts(
    entries: Mapping[str, Entry | str],
    zone: str,
    up_since: int,
    until: int,
    *,
    job_seconds: int | None = None,
) -> dict[str, list[int]]:
    """Starts of every entry of a table under Debian's cron, in UTC **seconds**, from the second it comes up.

    It wakes at second :01. While it catches up it pauses for 10 s after each minute that started a job; when the minute
    on the wall ends meanwhile, it goes round its loop, where what is left may be a "small" late wake-up: then wild
    entries run again for each minute still missing. The end of any job cuts a pause short: `job_seconds` is how long
    each job runs, None stands for jobs that outlive the catching up.
    """
    table = {name: parse(entry) if isinstance(entry, str) else entry for name, entry in entries.items()}
    daemon = _DebianTable(table, zone, up_since, job_seconds)
    daemon.walk(until)
    return {name: [second for second in seconds if second < until] for name, seconds in daemon.starts.items()}


# ----------------------------------------------------------------------------------------------------------- cronie


def cronie_starts(
    entry: Entry | str, zone: str, first: int, until: int, *, cron_tz: str | None = None, up_since: int | None = None
) -> list[int]:
    """Starts of one entry under cronie, in UTC minutes; `zone` is the host's, `cron_tz` the entry's ``CRON_TZ``."""
    entry = parse(entry) if isinstance(entry, str) else entry
    tz = ZoneInfo(zone)
    own_tz = ZoneInfo(cron_tz) if cron_tz is not None else None
    found: list[int] = []

    def find_jobs(virtual: int, do_wild: bool, do_fixed: bool, virtual_gmtoff: int) -> None:
        if own_tz is None:
            wall = _wall(virtual)
        elif virtual_gmtoff == gmtoff:
            wall = datetime.fromtimestamp(virtual * 60 - virtual_gmtoff, own_tz)
        else:
            return
        if entry.due_at(wall) and (do_wild if entry.wild else do_fixed):
            found.append(now)

    now = _up_since(first, up_since)
    is_dst, gmtoff = _is_dst(tz, now * 60), _gmtoff(tz, now * 60)
    old_gmtoff = gmtoff
    virtual_time = (now * 60 + gmtoff) // 60
    while now + 1 < until:
        now += 1
        if _is_dst(tz, now * 60) != is_dst:
            is_dst, gmtoff = not is_dst, _gmtoff(tz, now * 60)
        time_running = (now * 60 + gmtoff) // 60
        difference = time_running - virtual_time
        if difference == 1 or abs(difference) > 180:
            virtual_time, old_gmtoff = time_running, gmtoff
            find_jobs(virtual_time, True, True, gmtoff)
        elif difference > 0:
            medium = difference > 5
            if medium:
                find_jobs(time_running, True, False, gmtoff)
            while virtual_time < time_running:
                virtual_time += 1
                if virtual_time >= time_running:
                    old_gmtoff = gmtoff
                find_jobs(virtual_time, not medium, True, old_gmtoff)
        else:
            find_jobs(time_running, True, False, gmtoff)
    return [minute for minute in found if minute >= first]


# ---------------------------------------------------------------------------------------------------------- FreeBSD


def freebsd_starts(
    entry: Entry | str, zone: str, first: int, until: int, *, dst: bool = True, up_since: int | None = None
) -> list[int]:
    """Starts of one entry under FreeBSD's cron, in UTC minutes; `dst` is its option ``-s``, the default of rc(8)."""
    entry = parse(entry, step_after_value=True) if isinstance(entry, str) else entry
    tz = ZoneInfo(zone)
    found: list[int] = []
    last_run = 0  # of the entry, in UTC minutes
    run_at = not_until = False  # the entry's flags
    difference = limit = 0  # of the last offset change, in minutes; when its effect ends

    now = _up_since(first, up_since)
    last_gmtoff: int | None = None
    while now + 1 < until:
        now += 1
        gmtoff = _gmtoff(tz, now * 60) // 60
        if dst and last_gmtoff is not None and gmtoff != last_gmtoff:
            difference = gmtoff - last_gmtoff
            limit = now + abs(difference)
            if difference > 0:
                run_at, not_until = last_run < now - 60, False
            else:
                run_at, not_until = False, True
        if difference != 0 and now >= limit:
            difference = limit = 0
            run_at = not_until = False

        last_gmtoff = gmtoff
        if difference != 0 and (run_at or not_until):
            due_in_old_zone = entry.due_at(_wall(now + gmtoff - difference))
            if due_in_old_zone and run_at:
                run_at, last_run = False, now
                found.append(now)
                continue
            if due_in_old_zone:
                not_until = False
            elif not_until:
                continue
        if entry.due_at(_wall(now + gmtoff)):
            run_at, last_run = False, now
            found.append(now)
    return [minute for minute in found if minute >= first]


# ---------------------------------------------------------------------------------------------------------- BusyBox


def busybox_starts(entry: Entry | str, zone: str, first: int, until: int) -> list[int]:
    """Starts of one entry under BusyBox crond, in UTC minutes. A day field is restricted when its table is not full."""
    entry = parse_busybox(entry) if isinstance(entry, str) else entry
    restricts_days = entry.days != frozenset(range(32))
    restricts_weekdays = entry.weekdays != frozenset(range(7))
    if restricts_weekdays and not restricts_days:
        entry = replace(entry, days=frozenset())
    elif restricts_days and not restricts_weekdays:
        entry = replace(entry, weekdays=frozenset())
    either = replace(entry, day_star=False, weekday_star=False)
    tz = ZoneInfo(zone)
    return [minute for minute in range(first, until) if either.due_at(datetime.fromtimestamp(minute * 60, tz))]


# -------------------------------------------------------------------------------------------------------- for tests


def utc_minute(when: datetime) -> int:
    """An aware time as a UTC minute."""
    return int(when.timestamp()) // 60


def local_text(minutes: Iterable[int], zone: str) -> Iterator[str]:
    """UTC minutes as people write them: ``01:30`` and ``s`` or ``d`` for standard or daylight saving time."""
    tz = ZoneInfo(zone)
    for minute in minutes:
        local = datetime.fromtimestamp(minute * 60, tz)
        yield f"{local:%H:%M}{'d' if local.dst() else 's'}"
