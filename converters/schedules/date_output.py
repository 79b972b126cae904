"""What ``date`` prints, by whose ``date`` it is: formats, moved dates, and what each of them refuses.

Everything is made from a few base values, asked of a lookup by letter: ``u`` (1 = Monday .. 7), ``d``, ``m``, ``Y``, ``V``,
``G``, ``U``, ``W``, ``j``, ``H``, ``M``, ``s`` (seconds since 1970) and `NEAR_MIDNIGHT`.
Sources: GNU coreutils 9.1 (lib/parse-datetime.y, lib/nstrftime.c), BusyBox 1.35 coreutils/date.c, FreeBSD bin/date/vary.c,
OpenBSD bin/date/date.c.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Userland = Literal["gnu", "busybox", "freebsd", "openbsd"]
Shell = Literal["dash", "bash", "ash"]
Get = Callable[[str], int]
SECONDS_A_DAY = 86400
NEAR_MIDNIGHT = "0"
"""1 in the first and the last hour of a day: there a month's move may end on another day, where clocks change between."""


@dataclass(frozen=True, slots=True)
class World:
    """Whose programs a command meets: its ``date``, and the shells that ``/bin/sh`` may be (several: unknown which)."""

    date: Userland = "gnu"
    sh: tuple[Shell, ...] = ("dash",)


DEBIAN = World()
RED_HAT = World("gnu", ("bash",))
ALPINE = World("busybox", ("ash",))
FREEBSD = World("freebsd", ("dash", "bash"))
OPENBSD = World("openbsd", ("dash", "bash"))
UNKNOWN = World("gnu", ("dash", "bash"))
"""Their ``/bin/sh``: dash on Debian, bash on Red Hat and its kin; BSD's shells are neither, so only what both say counts."""


class Unknown(Exception):  # noqa: N818 - it is an outcome, not a mistake
    """It depends on the date, and what it says is not known here."""


class Refused(Exception):  # noqa: N818 - it is what the program does
    """This ``date`` takes no such option or date: it prints nothing and ends with 1."""


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
)  # fmt: skip

# Letter -> value, width, padding.
# strftime(3): `%u` is 1 (Monday) to 7, `%w` 0 (Sunday) to 6; crontab's 7 is `%w`'s 0.
_NUMBERS: Mapping[str, tuple[Callable[[Get], int], int, str]] = {
    "u": (lambda g: g("u"), 1, "0"),
    "w": (lambda g: g("u") % 7, 1, "0"),
    "d": (lambda g: g("d"), 2, "0"),
    # `%e` and `%k` pad with a blank: an unquoted `$(date +%e)` loses it by field splitting, a quoted one does not.
    "e": (lambda g: g("d"), 2, " "),
    "m": (lambda g: g("m"), 2, "0"),
    # `%V` is 08 and 09 in two weeks of the year: octal to a shell's arithmetic.
    "V": (lambda g: g("V"), 2, "0"),
    "U": (lambda g: g("U"), 2, "0"),
    "W": (lambda g: g("W"), 2, "0"),
    "j": (lambda g: g("j"), 3, "0"),
    "y": (lambda g: g("Y") % 100, 2, "0"),
    "C": (lambda g: g("Y") // 100, 2, "0"),
    "Y": (lambda g: g("Y"), 4, "0"),
    # `%G` is the year of the ISO week: on 1 January it may still be the year before.
    "G": (lambda g: g("G"), 4, "0"),
    "g": (lambda g: g("G") % 100, 2, "0"),
    # `%q`, the quarter, is GNU's alone.
    "q": (lambda g: (g("m") + 2) // 3, 1, "0"),
    "H": (lambda g: g("H"), 2, "0"),
    "k": (lambda g: g("H"), 2, " "),
    "I": (lambda g: (g("H") + 11) % 12 + 1, 2, "0"),
    "l": (lambda g: (g("H") + 11) % 12 + 1, 2, " "),
    "M": (lambda g: g("M"), 2, "0"),
    "s": (lambda g: g("s"), 1, "0"),
}
_NAMES: Mapping[str, Callable[[Get], str]] = {
    "a": lambda g: WEEKDAYS[g("u") - 1][:3],
    "A": lambda g: WEEKDAYS[g("u") - 1],
    "b": lambda g: MONTHS[g("m") - 1][:3],
    "h": lambda g: MONTHS[g("m") - 1][:3],
    "B": lambda g: MONTHS[g("m") - 1],
    "p": lambda g: "PM" if g("H") >= 12 else "AM",
    "P": lambda g: "pm" if g("H") >= 12 else "am",
}
_COMPOSITES = {"F": "%Y-%m-%d", "D": "%m/%d/%y", "R": "%H:%M"}
_DIRECTIVE = re.compile(r"%([-_0^#]*)(\d*)(.)", re.S)


def rendered(shape: str, get: Get, userland: Userland, *, named: bool) -> str:
    """What a format prints. ``named`` says that names are English. Raises `Unknown` for what is not modelled."""

    def one(match: re.Match[str]) -> str:
        flags, width, letter = match.groups()
        # GNU's flags stand between `%` and the letter: `%-d` is 8 where `%d` is 08.
        if letter in "%nt" and not flags and not width:
            return {"%": "%", "n": "\n", "t": "\t"}[letter]
        if letter in _COMPOSITES and not flags and not width:
            return rendered(_COMPOSITES[letter], get, userland, named=named)
        # Names follow LC_TIME: in another locale a test for `Mon` never holds.
        if letter in _NUMBERS:
            return _number(letter, flags, width, get, userland)
        if letter in _NAMES and named and not width and flags in ("", "^") and not (flags and letter == "P"):
            return _NAMES[letter](get).upper() if flags else _NAMES[letter](get)
        raise Unknown(match[0])

    text = _DIRECTIVE.sub(one, shape)
    # A lone `%` at the end is undefined in POSIX strftime.
    if _DIRECTIVE.sub("", shape).endswith("%"):
        raise Unknown(shape)
    return text


def _number(letter: str, flags: str, width: str, get: Get, userland: Userland) -> str:
    if (letter == "q" and userland != "gnu") or len(flags) > 1 or flags in ("^", "#"):
        raise Unknown(letter)
    if (
        flags or width
    ) and userland == "openbsd":  # its strftime(3) knows no flags; what it prints then is not known here
        raise Unknown(letter)
    # FreeBSD's strftime(3) knows `-`, `_` and `0`, but no width.
    if width and userland == "freebsd":
        raise Unknown(letter)
    value, size, padding = _NUMBERS[letter]
    text = str(value(get))
    if flags == "-":
        return text
    padding = {"_": " ", "0": "0"}.get(flags, padding)
    return text.rjust(int(width[:3]) if width else size, padding)


# Moved dates


@dataclass(frozen=True, slots=True)
class Moved:
    """Another day than today: so many days on, or a date; ``midnight`` says that its time of day is 00:00."""

    shift: int = 0
    day: date | None = None
    midnight: bool = False


_ITEM = re.compile(
    r"\s*(?:(?P<word>tomorrow|yesterday|today|now)|(?P<sign>[-+])?\s*(?P<count>\d{1,5}|next|last|this|a)?\s*"
    r"(?P<unit>day|week|fortnight|month|year)s?\b(?:\s*(?P<ago>ago)\b)?)\s*",
    re.I,
)
_ABSOLUTE = (
    re.compile(r"\s*(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\d:])"),
    re.compile(r"\s*(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})(?![\d:])"),
    re.compile(r"\s*(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?![\d:])"),
    re.compile(r"\s*(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?![\d:])"),
)
_UNITS = {"day": (1, 0), "week": (7, 0), "fortnight": (14, 0), "month": (0, 1), "year": (0, 12)}


def gnu_moved(text: str, today: Get) -> Moved:
    """``tomorrow``, ``+7 days``, ``1 week ago``, ``2026-08-01 +1 month -1 day``. Raises `Unknown`."""
    # `TZ="..."` inside the date string changes the zone of the reading.
    if "TZ=" in text:
        raise Unknown(text)
    base, at = _absolute(text)
    days = months = 0
    while at < len(text.rstrip()):
        item = _ITEM.match(text, at)
        if item is None:
            raise Unknown(text)
        at = item.end()
        more, further = _amount(item)
        days, months = days + more, months + further
    if base is None and not months:
        return Moved(days)
    if base is None and today(NEAR_MIDNIGHT):  # the clock's offset then counts, not the one of the other month
        raise Unknown(text)
    day = base or _calendar_day(today)
    # months first, and a 31st that the month lacks runs over into the next one (parse-datetime.y: mktime of both at once)
    years, month = divmod(day.month - 1 + months, 12)
    try:
        # 2026-01-31 + 1 month is 3 March: the trap of `date -d 'next month'` on the 31st.
        found = date(day.year + years, month + 1, 1) + timedelta(days=day.day - 1 + days)
    except (ValueError, OverflowError):
        raise Unknown(text) from None
    return Moved(day=found, midnight=base is not None)


def _absolute(text: str) -> tuple[date | None, int]:
    for pattern in _ABSOLUTE:
        found = pattern.match(text)
        if found is not None:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"])), found.end()
            except ValueError:
                # date: invalid date: status 1 and no output.
                raise Refused(text) from None
    return None, 0


def _amount(item: re.Match[str]) -> tuple[int, int]:
    """Days and months of one relative item."""
    if item["word"]:
        # `today` and `now` move nothing; `tomorrow` is +1 day in the table of relative words.
        return {"tomorrow": 1, "yesterday": -1}.get(item["word"].lower(), 0), 0
    count = (item["count"] or "1").lower()
    number = int(count) if count.isdecimal() else {"next": 1, "last": -1, "this": 0, "a": 1}[count]
    if count == "a" or (item["sign"] and not count.isdecimal()):
        raise Unknown(item[0])
    # `ago` turns the sign of the whole item: `-1 week ago` is a week ahead.
    sign = (-1 if item["sign"] == "-" else 1) * (-1 if item["ago"] else 1)
    days, months = _UNITS[item["unit"].lower()]
    return sign * number * days, sign * number * months


def _calendar_day(today: Get) -> date:
    try:
        return date(today("Y"), today("m"), today("d"))
    except ValueError:  # three values that belong to no day, while sets of days are cut up
        raise Impossible from None


class Impossible(Exception):  # noqa: N818 - it is an outcome, not a mistake
    """These values never come together."""


_ADJUSTMENT = re.compile(r"([-+]?)(\d{1,4})([ymwd])")


def freebsd_moved(adjustments: tuple[str, ...], today: Get) -> Moved:
    """``-v+1d``, ``-v-1w``, ``-v1d -v+1m -v-1d``, one after the other (vary.c). Raises `Unknown`."""
    items = [_ADJUSTMENT.fullmatch(text) for text in adjustments]
    # Days and weeks alone commute, so they are one shift; a month in between does not.
    if all(item is not None and item[1] and item[3] in "dw" for item in items):
        return Moved(sum(_signed(item) * (7 if item[3] == "w" else 1) for item in items if item is not None))
    day = _calendar_day(today)
    # vary.c: `-v1w` without a sign names a weekday, not a week.
    for item in items:
        if item is None or item[3] == "y" or (not item[1] and item[3] == "w"):
            raise Unknown("-v")
        day = _adjusted(day, item)
    return Moved(day=day)


def _signed(item: re.Match[str]) -> int:
    return int(item[2]) * (-1 if item[1] == "-" else 1)


def _adjusted(day: date, item: re.Match[str]) -> date:
    try:
        if item[3] == "m":
            years, month = divmod(day.month - 1 + _signed(item), 12) if item[1] else (0, int(item[2]) - 1)
            # vary.c adjmon keeps the day within the month (31 January + 1 month is 28 February), where GNU runs over.
            last = monthrange(day.year + years, month + 1)[1]
            return date(day.year + years, month + 1, min(day.day, last))
        if item[1]:
            return day + timedelta(days=_signed(item) * (7 if item[3] == "w" else 1))
        return day.replace(day=int(item[2]))
    except (ValueError, OverflowError):
        raise Unknown("-v") from None


def week(day: date, weekday: int) -> int:
    """The week of the year where weeks begin ``weekday`` days before ``day``; 0 before the first full one."""
    # strftime(3): `%U` counts from the first Sunday, `%W` from the first Monday; days before it are week 0.
    return (day.timetuple().tm_yday + 6 - weekday) // 7


DAY_VALUES: Mapping[str, Callable[[date], int]] = {
    "u": lambda d: d.isoweekday(),
    "d": lambda d: d.day,
    "m": lambda d: d.month,
    "Y": lambda d: d.year,
    "V": lambda d: d.isocalendar()[1],
    "G": lambda d: d.isocalendar()[0],
    "U": lambda d: week(d, d.isoweekday() % 7),
    "W": lambda d: week(d, d.weekday()),
    "j": lambda d: d.timetuple().tm_yday,
}
"""The base values of one day."""
