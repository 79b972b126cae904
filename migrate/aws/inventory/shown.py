"""An inventory as people and as programs read it: a table, what needs a look, and a calendar of both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from converters.inventory.comparing import Double, Taken, work_in_words
from converters.inventory.model import Starter
from converters.inventory.times import next_start, starts_in
from converters.schedules.daemon import Window
from converters.schedules.zones import MINUTES_A_DAY
from migrate.aws import show
from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.aws.inventory.finding import Inventory

OFTEN = 24
"""From so many starts a day on, a starter is one line of the calendar and not one a start."""
_WIDE = 60

_SAME = {"command": N_("the same command"), "image": N_("the same image"), "target": N_("the same target")}
_WHEN = {
    "same": N_("at the same times"),
    "some": N_("at some of the same times"),
    "other": N_("at other times"),
    "unknown": N_("at times that cannot be compared"),
}


def table(out: Console, found: Inventory, now: int, days: int, zone: tzinfo) -> None:
    """The whole answer."""
    everything = [*found.lines, *found.starters]
    _rows(out, everything, now, zone)
    _needing(out, found)
    _calendar(out, [one for one in everything if one.live], Window(now, now + days * MINUTES_A_DAY), zone)


def _rows(out: Console, everything: Sequence[Starter], now: int, zone: tzinfo) -> None:
    if not everything:
        show.line(out, _("nothing starts here: no rule with a schedule, no schedule, no service"))
        return
    head = (_("what"), _("name"), _("on"), _("when"), _("next"), _("made by"), _("starts"))
    rows = [head, *(_row(one, now, zone) for one in everything)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
        off = number > 0 and not everything[number - 1].live
        show.line(out, "  ".join(cells).rstrip(), "bold" if number == 0 else "dim" if off else "")


def _row(one: Starter, now: int, zone: tzinfo) -> tuple[str, ...]:
    following = next_start(one, now) if one.live else None
    when = one.expression if one.timezone == "UTC" else f"{one.expression} {one.timezone}"
    works = "; ".join(map(work_in_words, one.works)) or "-"
    return (
        one.kind,
        one.label.partition(" ")[2],
        _("on") if one.live else _("off"),
        when if one.kind != "service" else _("always"),
        _local(following, zone) if following is not None else "-",
        str(one.maker),
        works if len(works) <= _WIDE else works[: _WIDE - 1] + "…",
    )


def _needing(out: Console, found: Inventory) -> None:
    for double in found.doubles:
        show.line(out, f"{'!' if double.runs_twice else '-'} {in_words(double)}", "yellow" if double.runs_twice else "")
    for one in found.taken:
        show.line(out, f"! {taken_in_words(one)}", "yellow")
    for what, number in found.unread.items():
        said = _("not read: {what}").format(what=what)
        show.line(out, f"! {said}" + (f" ({number})" if number > 1 else ""), "yellow")


def in_words(double: Double) -> str:
    """Who doubles whom, and when."""
    said = _("{first} and {second}: {same}, {when}").format(
        first=_label(double.first),
        second=_label(double.second),
        same=_(_SAME[double.same]),
        when=_(_WHEN[double.when]),
    )
    off = [one for one in (double.first, double.second) if not one.live]
    return said + (_("; {which} is off").format(which=off[0].name) if len(off) == 1 else "")


def taken_in_words(one: Taken) -> str:
    """Which job finds its name taken."""
    return _(
        "{job}: the name {name} is taken by another {kind} (made by {maker}); rename the job, or register --adopt"
    ).format(job=one.wanted.job, name=one.wanted.name, kind=one.wanted.kind, maker=one.maker)


def _label(one: Starter) -> str:
    return f"{one.label} ({one.maker})" if one.kind != "crontab" else f"{one.label} ({one.place})"


def _calendar(out: Console, live: Sequence[Starter], window: Window, zone: tzinfo) -> None:
    days = (window.until - window.first) // MINUTES_A_DAY
    at: dict[int, list[str]] = {}
    often: list[str] = []
    for one in live:
        starts = starts_in(one, window)
        if len(starts) > OFTEN * days:
            often.append(one.label)
        elif starts:
            for minute in starts:
                at.setdefault(minute, []).append(one.label)
        elif one.expression.startswith("rate("):
            often.append(f"{one.label} ({one.expression})")
    if not (at or often):
        return
    show.line(out, "")
    show.line(
        out,
        _("calendar from {first} to {last}").format(first=_local(window.first, zone), last=_local(window.until, zone)),
        "bold",
    )
    for text in often:
        show.line(out, "  " + _("again and again") + f"  {text}")
    for minute in sorted(at):
        show.line(out, f"  {_local(minute, zone)}  {', '.join(at[minute])}")


def _local(minute: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(minute * 60, zone).strftime("%Y-%m-%d %H:%M")


def as_json(found: Inventory, now: int, days: int) -> dict[str, Any]:
    """``docs/discover.md`` says what each key is."""
    window = Window(now, now + days * MINUTES_A_DAY)
    return {
        "from": _iso(window.first),
        "until": _iso(window.until),
        "starters": [_starter(one, now, window) for one in (*found.lines, *found.starters)],
        "doubles": [_double(one) for one in found.doubles],
        "taken": [
            {"job": one.wanted.job, "kind": one.wanted.kind, "name": one.wanted.name, "maker": _maker(one.maker)}
            for one in found.taken
        ],
        "unread": [{"what": what, "times": number} for what, number in found.unread.items()],
    }


def _starter(one: Starter, now: int, window: Window) -> dict[str, Any]:
    following = next_start(one, now)
    known = one.times(window) is not None
    return {
        "kind": one.kind,
        "name": one.name,
        "place": one.place,
        "arn": one.arn or None,
        "live": one.live,
        "expression": one.expression or None,
        "timezone": one.timezone,
        "next": _iso(following) if following is not None else None,
        # Of one that starts every minute a week has ten thousand: its expression says as much.
        "starts": list(_few(starts_in(one, window), window)) if known else None,
        "maker": _maker(one.maker),
        "job": one.job or None,
        "works": [
            {
                "kind": work.kind,
                "name": work.name,
                "arn": work.arn or None,
                "definition": work.definition or None,
                "images": list(work.images),
                "command": work.command,
            }
            for work in one.works
        ],
    }


def _few(starts: Sequence[int], window: Window) -> Iterator[str]:
    if len(starts) <= OFTEN * (window.until - window.first) // MINUTES_A_DAY:
        yield from map(_iso, starts)


def _double(one: Double) -> dict[str, Any]:
    sides = [{"kind": side.kind, "name": side.name, "place": side.place} for side in (one.first, one.second)]
    return {"first": sides[0], "second": sides[1], "same": one.same, "when": one.when, "runsTwice": one.runs_twice}


def _maker(maker: Any) -> dict[str, str | None]:
    return {
        "by": maker.by,
        "name": maker.name or None,
        "environment": maker.environment or None,
        "job": maker.job or None,
    }


def _iso(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
