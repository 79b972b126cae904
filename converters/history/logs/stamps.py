"""Times as logs write them: exact ones, and wall clocks that lack their year or their zone.

Classic syslog says ``Mar  8 01:50:10``: no year, no zone, and in autumn an hour that comes twice. `place` finds the year
backwards from the newest line, and the pass of a repeated hour by the order of the lines.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DISORDER = 60  # seconds by which neighbouring lines may stand in the wrong order
_SLACK = timedelta(hours=4)  # by which a wall clock goes back at most, within one log


@dataclass(frozen=True, slots=True)
class Stamp:
    """Either ``exact`` seconds since 1970, or a reading of a wall clock; ``year`` 0 stands for a year that is not said."""

    exact: float | None = None
    year: int = 0
    month: int = 1
    day: int = 1
    second: float = 0.0

    def wall(self, year: int) -> datetime | None:
        """The reading in a year; ``None`` where there is no such date."""
        try:
            return datetime(year, self.month, self.day) + timedelta(seconds=self.second)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since 1970. ``other`` is the second reading, where the wall clock came twice and nothing told which."""

    at: float
    other: float | None = None


_MONTH = "|".join(MONTHS)
_CLOCK = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d(?:[.,]\d+)?)"
_ISO = re.compile(
    rf"(?:[A-Z][a-z]{{2}} )?(?P<Y>\d{{4}})-(?P<M>\d\d)-(?P<D>\d\d)[T ]{_CLOCK}[ ]?(?P<z>Z|UTC|[+-]\d\d:?\d\d)?(?=\s)"
)
_BSD = re.compile(rf"(?P<b>{_MONTH}) +(?P<D>\d{{1,2}})(?: (?P<Y>\d{{4}}))? {_CLOCK}(?: (?P<Y2>\d{{4}})(?= ))?(?=[ :])")
_C = re.compile(rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?={_MONTH})")
_EPOCH = re.compile(r"(\d{9,11}(?:\.\d+)?)(?=\s)")


def read_stamp(line: str) -> tuple[Stamp, int] | None:
    """The stamp at the start of a line and where it ends; ``None`` where there is none.

    Reads classic syslog, BSD's with a year, RFC 3339, journalctl's ``short-iso``, ``short-full`` and ``short-unix``, and
    the ``Sun Mar  8 01:50:10 2026`` of OpenWrt's logread.
    """
    weekday = _C.match(line)
    start = weekday.end() if weekday else 0
    found = _BSD.match(line, start)
    if found is not None:
        month = MONTHS.index(found["b"]) + 1
        return Stamp(None, int(found["Y"] or found["Y2"] or 0), month, int(found["D"]), _seconds(found)), found.end()
    found = _ISO.match(line)
    if found is not None:
        stamp = Stamp(None, int(found["Y"]), int(found["M"]), int(found["D"]), _seconds(found))
        return (_exact(stamp, found["z"]) if found["z"] else stamp), found.end()
    found = _EPOCH.match(line)
    return (Stamp(float(found[1])), found.end()) if found is not None else None


def _seconds(found: re.Match[str]) -> float:
    return int(found["h"]) * 3600 + int(found["m"]) * 60 + float(found["s"].replace(",", "."))


def _exact(stamp: Stamp, zone: str) -> Stamp:
    wall = stamp.wall(stamp.year)
    if wall is None:
        return stamp
    offset = 0
    if zone not in ("Z", "UTC"):
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    return Stamp(wall.replace(tzinfo=UTC).timestamp() - offset * 60)


def place(stamps: Sequence[tuple[Stamp, Hashable]], zone: tzinfo, newest: float) -> list[Moment | None]:
    """Every stamp as an instant. Each comes with the text of its line, by which a repeated hour is told.

    ``stamps`` stand in the order of the file; ``newest`` is a time, in seconds since 1970, after which none was written.
    ``None`` stands for a date that does not exist.
    """
    walls = _with_years([stamp for stamp, _ in stamps], zone, newest)
    found: list[Moment | None] = [None] * len(stamps)
    index = 0
    while index < len(stamps):
        exact, wall = stamps[index][0].exact, walls[index]
        if exact is not None:
            found[index] = Moment(exact)
        elif wall is not None and _twice(wall, zone):
            end = index
            while end < len(stamps) and (following := walls[end]) is not None and _twice(following, zone):
                end += 1
            hour = [(w, stamps[at][1]) for at, w in enumerate(walls[index:end], start=index) if w is not None]
            found[index:end] = _repeated_hour(hour, zone)
            index = end
            continue
        elif wall is not None:
            found[index] = Moment(wall.replace(tzinfo=zone).timestamp())
        index += 1
    return found


def _with_years(stamps: Sequence[Stamp], zone: tzinfo, newest: float) -> list[datetime | None]:
    """Years backwards from the newest line: a month that seems to lie ahead belongs to the year before."""
    walls: list[datetime | None] = [None] * len(stamps)
    limit = datetime.fromtimestamp(newest, zone).replace(tzinfo=None) + timedelta(days=1)  # the zone may be wrong
    for index in range(len(stamps) - 1, -1, -1):
        stamp = stamps[index]
        if stamp.exact is not None:
            limit = datetime.fromtimestamp(stamp.exact, zone).replace(tzinfo=None)
            continue
        for year in [stamp.year] if stamp.year else range(limit.year + 1, limit.year - 9, -1):
            wall = stamp.wall(year)
            if wall is not None and (stamp.year or wall <= limit + _SLACK):
                walls[index] = limit = wall
                break
    return walls


def _twice(wall: datetime, zone: tzinfo) -> bool:
    """Whether the wall clock shows this time twice."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _repeated_hour(lines: Sequence[tuple[datetime, Hashable]], zone: tzinfo) -> list[Moment | None]:
    """The second pass begins where the clock goes back, else where a line comes again in its minute; or it is open."""
    turn = next(
        (
            index
            for index in range(1, len(lines))
            if (lines[index - 1][0] - lines[index][0]).total_seconds() > _DISORDER
        ),
        None,
    )
    if turn is None:
        turn = _first_repeat(lines)
    found: list[Moment | None] = []
    for index, (wall, _) in enumerate(lines):
        first, second = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
        if turn is None:
            found.append(Moment(first, second))
        else:
            found.append(Moment(first if index < turn else second))
    return found


def _first_repeat(lines: Iterable[tuple[datetime, Hashable]]) -> int | None:
    seen = set()
    for index, (wall, text) in enumerate(lines):
        key = wall.replace(second=0, microsecond=0), text
        if text is not None and key in seen:
            return index
        seen.add(key)
    return None
