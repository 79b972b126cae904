"""Pictures across the clock changes: the seasons in which jobs move, and single days with old and new on one axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from markupsafe import Markup

from converters.expressions.judgement import TWO_YEARS
from converters.schedules.zones import MINUTES_A_DAY
from migrate.report.differences import Bar, Change, Lane
from migrate.report.starts import Fleet, zone_of
from migrate.report.svg import el, line, number, path, picture, rect, text
from migrate.terminal.language import _, ngettext, weekday

ROWS = 40
_WIDTH, _LEFT, _ROW, _TOP = 1080, 230, 21, 34
_LANE, _LANE_LEFT, _LANE_WIDTH = 54, 92, 692
_DENSE = 48
"""Marks of one side on one day beyond which equal ones become a band, and only those that differ stay single."""


def seasons(fleet: Fleet, rows: Sequence[tuple[str, Sequence[Bar]]]) -> Markup:
    """A row for each job that moves: in which weeks of the next two years its runs differ, and by how much."""
    first = fleet.window.first // MINUTES_A_DAY
    last = min(first + TWO_YEARS, fleet.window.until // MINUTES_A_DAY)
    scale = (_WIDTH - _LEFT) / max(last - first, 1)
    height = _TOP + len(rows[:ROWS]) * _ROW + 6
    parts = list(_changes_of(fleet, first, last, scale, height))
    for index, (name, found) in enumerate(rows[:ROWS]):
        y = _TOP + index * _ROW
        label = text(name if len(name) <= 36 else f"{name[:35]}…", _LEFT - 8, y + 14, None, "end")
        parts.append(el("a", label, href=f"#job-{name}"))
        parts.append(line(_LEFT, y + _ROW / 2, _WIDTH, y + _ROW / 2, "hair"))
        parts += [_bar(name, bar, first, last, scale, y) for bar in found if bar.first_day < last]
    title = _("When runs move, over the next two years")
    hint = _("Each bar is a stretch of days on which a job starts at another time than before.")
    return picture(title, hint, _WIDTH, height, parts, role="group")


def _changes_of(fleet: Fleet, first: int, last: int, scale: float, height: float) -> Iterable[Markup]:
    # January names the year; the clock changes of the document's zone stand as broken lines.
    for day in range(first, last):
        date = datetime.fromtimestamp(day * 86_400, UTC)
        if date.day == 1 and date.month in (1, 4, 7, 10):
            x = _LEFT + (day - first) * scale
            yield line(x, _TOP - 4, x, height, "grid")
            yield text(f"{date:%Y}" if date.month == 1 else f"{date:%m}", x, 12, "strong" if date.month == 1 else "lab")
    for old, new in pairwise(fleet.regimes):
        day = new.start // MINUTES_A_DAY
        if first <= day < last:
            x = _LEFT + (day - first) * scale
            yield line(x, 16, x, height, "change")
            late = x > _WIDTH - 30
            yield text(shift(new.offset - old.offset), x - 3 if late else x + 3, 26, None, "end" if late else None)


def _bar(name: str, bar: Bar, first: int, last: int, scale: float, y: float) -> Markup:
    x = _LEFT + (bar.first_day - first) * scale
    # A day of two years is little more than a pixel; three can be seen and pointed at.
    width = max((min(bar.last_day + 1, last) - bar.first_day) * scale, 3.0)
    label = differs(bar.moves, lost=bar.lost, extra=bar.extra)
    kind = "mark-lost" if bar.lost or bar.extra else "mark-moved"
    hint = f"{name}: {_date(bar.first_day)}–{_date(bar.last_day)}: {label}"
    drawn = rect(x, y + 4, width, _ROW - 8, kind, hint, rx=2)
    if width > 6.4 * len(label):
        drawn += text(label, x + width / 2, y + 14, "on", "middle")
    return drawn


def differs(moves: Sequence[int], *, lost: bool, extra: bool) -> str:
    """How runs differ, in a few words: ``-1 h, lost``."""
    words = [shift(minutes) for minutes in moves[:3]]
    if len(moves) > 3:
        words.append("…")
    if lost:
        words.append(_("lost"))
    if extra:
        words.append(_("extra"))
    return ", ".join(words)


def shift(minutes: int) -> str:
    """Minutes with their sign: ``+1 h``, ``−50 min``."""
    sign = "+" if minutes > 0 else "−" if minutes < 0 else "±"
    hours, rest = divmod(abs(minutes), 60)
    return sign + " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"


def lanes(zone_name: str, changes: Sequence[Change]) -> Markup:
    """The run days before, on and after each clock change: old starts above the line, new ones below."""
    zone = zone_of(zone_name)
    parts: list[Markup] = []
    y = 0.0
    for change in changes:
        parts.append(text(_headline(change, zone), 0, y + 14, "strong"))
        y += 22
        for lane in change.lanes:
            parts += _lane(lane, change, zone, y)
            y += _LANE
        y += 6
    hint = _("Old starts stand above each line, new ones below; a slanted stroke joins a run that moves.")
    return picture(_("Days around the next clock changes"), hint, _LANE_WIDTH, y, parts)


def _headline(change: Change, zone: tzinfo) -> str:
    local = datetime.fromtimestamp(change.at * 60, zone)
    minute = change.at + change.old
    return _("{day} {date}: clocks go from {old} to {new}").format(
        day=weekday(local.date()),
        date=f"{local:%Y-%m-%d}",
        old=f"{minute // 60 % 24:02}:{minute % 60:02}",
        new=f"{local:%H:%M}",
    )


def _lane(lane: Lane, change: Change, zone: tzinfo, top: float) -> list[Markup]:
    y = top + _LANE / 2 - 4
    # 1500 minutes: a day on which the clocks go back has 25 hours, and all days share one scale.
    scale = (_LANE_WIDTH - _LANE_LEFT - 6) / 1500

    def at(minute: int) -> float:
        return _LANE_LEFT + min(max(minute - lane.first, -20), 1510) * scale

    day = datetime.fromtimestamp(lane.first * 60, zone)
    parts = [text(f"{weekday(day.date())} {day:%m-%d}", 0, y + 4)]
    # Most days have 24 hours: their axis is drawn once and used again.
    if lane.until - lane.first == MINUTES_A_DAY:
        parts.append(el("use", href="#day", y=y))
    else:
        # The clock on the wall may skip or repeat an hour of that day, so each is asked for by itself.
        hours = [int(day.replace(hour=hour, minute=0).timestamp()) // 60 for hour in (0, 6, 12, 18)]
        parts += _axis([at(minute) for minute in hours], at(lane.until), y)
    if lane.first < change.at < lane.until:
        x = at(change.at)
        parts.append(line(x, y - 20, x, y + 16, "change"))
    moved = [(one.was, one.is_) for one in lane.differences if one.was is not None and one.is_ is not None]
    lost = {one.was for one in lane.differences if one.is_ is None}
    extra = {one.is_ for one in lane.differences if one.was is None}
    parts += _side(lane.before, {*lost, *(was for was, _is in moved)}, y - 2, -1, at, "old", zone)
    parts += _side(lane.after, {*extra, *(now for _was, now in moved)}, y + 2, 1, at, "new", zone)
    # A job of every minute would draw 1,440 strokes: the first tell what all do.
    joins = "".join(
        f"M{number(at(was))} {number(y - 12)}L{number(at(now))} {number(y + 12)}" for was, now in moved[:_DENSE]
    )
    if joins:
        parts.append(path(joins, "join"))
    for minutes, cls, height in ((lost, "gone", y - 8), (extra, "more-run", y + 8)):
        rings = "".join(_ring(at(minute), height) for minute in sorted(m for m in minutes if m is not None)[:_DENSE])
        if rings:
            parts.append(path(rings, cls))
    return parts


def day_axis() -> Markup:
    """The axis of a day of 24 hours, drawn once for the whole page and used by every picture of days."""
    width = _LANE_WIDTH - _LANE_LEFT - 6
    hours = [_LANE_LEFT + width * hour / 25 for hour in (0, 6, 12, 18, 24)]
    axis = el("g", *_axis(hours[:4], hours[4], 0), id="day")
    return el("svg", el("defs", axis), width=0, height=0, cls="unseen", aria_hidden="true")


def _axis(hours: Sequence[float], end: float, y: float) -> list[Markup]:
    """The line of a day, with a stroke and a number at 0, 6, 12 and 18 o'clock."""
    strokes = "".join(f"M{number(x)} {number(y - 3)}v6" for x in hours)
    labels = [text(f"{6 * index:02}", x, y + 24, None, "middle") for index, x in enumerate(hours)]
    return [path(f"M{number(hours[0])} {number(y)}H{number(end)}{strokes}", "axis"), *labels]


def _ring(x: float, y: float) -> str:
    return f"M{number(x - 4)} {number(y)}a4 4 0 1 0 8 0a4 4 0 1 0-8 0"


def _side(
    starts: Sequence[int],
    differing: set[int | None],
    y: float,
    way: int,
    at: Callable[[int], float],
    cls: str,
    zone: tzinfo,
) -> list[Markup]:
    """The starts of one side as strokes, away from the axis; few of them carry their time."""
    parts = []
    single = list(starts)
    if len(starts) > _DENSE:
        single = [minute for minute in starts if minute in differing][:_DENSE]
        x = at(starts[0])
        hint = ngettext("{n} start", "{n} starts", len(starts)).format(n=len(starts))
        parts.append(rect(x, min(y, y + way * 6), max(at(starts[-1]) - x, 2), 6, f"band-{cls}", hint))
    # Runs of one minute would lie on each other; the hint of the band counts them.
    strokes = "".join(f"M{number(at(minute))} {number(y)}v{way * 10}" for minute in dict.fromkeys(single))
    if strokes:
        parts.append(path(strokes, f"tick-{cls}"))
    if 0 < len(starts) <= 3:
        for minute in dict.fromkeys(starts):
            clock = f"{datetime.fromtimestamp(minute * 60, zone):%H:%M}"
            parts.append(text(clock, at(minute) + 4, y + (way * 10) + (4 if way > 0 else 3), f"ink-{cls}"))
    return parts
