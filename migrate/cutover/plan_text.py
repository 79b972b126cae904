"""A plan of units for a terminal: minute, findings, and the change of each table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrate.aws import show
from migrate.cutover.units import Unit
from migrate.document.shown import shown
from migrate.sites.scripts import ScriptChange
from migrate.sites.tables import Change
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}


def local(minute: int | None, zone: str) -> str:
    """``2026-11-22 03:10 Asia/Tokyo``; a dash for none."""
    if minute is None:
        return "-"
    try:
        # TZ may begin with a colon (POSIX).
        place = ZoneInfo(zone.lstrip(":"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone, place = "UTC", ZoneInfo("UTC")
    return f"{datetime.fromtimestamp(minute * 60, UTC).astimezone(place):%Y-%m-%d %H:%M} {zone}"


def show_unit(console: Console, unit: Unit, minute: int | None, zone: str, now: float) -> None:
    """Its jobs, where they stand, when they go, and what is to be said of that."""
    show.line(console, unit.name, "bold")
    for path, lines in unit.lines.items():
        show.line(console, f"    {path}:{','.join(map(str, lines))}", "dim")
    for path in dict.fromkeys(unit.scripts.values()):
        show.line(console, f"    {path}", "dim")
    for sentence in unit.refusals:
        show.line(console, f"  x {sentence}", "red")
    if not unit.refusals:
        when = local(minute, zone) if minute is not None else _("none soon")
        after = _next(unit, now if minute is None else minute * 60)
        run = local(after, zone) if after is not None else _("more than two days ahead")
        text = _("safe minute: {when}; next run after it: {run}").format(when=when, run=run)
        show.line(console, f"    {text}")
    for finding in unit.findings:
        show.line(console, f"  ! {finding.code} {finding.message}", _STYLES[finding.severity])


def show_change(console: Console, change: Change) -> None:
    """The change as a diff, with secrets masked."""
    before, after = (data.decode("utf-8", "surrogateescape").split("\n") for data in (change.before, change.after))
    name = str(change.table)
    # Each line as a whole is masked, and only then compared: what is hidden stays hidden on both sides.
    for row in difflib.unified_diff(
        [shown(r) for r in before], [shown(r) for r in after], name, name, n=0, lineterm=""
    ):
        show.line(console, f"    {row}", "red" if row[0] == "-" else "green" if row[0] == "+" else "dim")


def show_script(console: Console, change: ScriptChange, siblings: Sequence[str]) -> None:
    """What becomes of a script, and which others of its directory are left as they are."""
    text = _("{script}: {change}, so that run-parts passes over it") if change.out else "{script}: {change}"
    show.line(console, "    " + text.format(script=change.script, change=change.told()))
    if change.out and siblings:
        shown_ = ", ".join(siblings[:6]) + (", ..." if len(siblings) > 6 else "")
        show.line(console, "    " + _("its line and {jobs} stay").format(jobs=shown_), "dim")


def summary(done: Sequence[Unit], left: Sequence[Unit], what: str) -> str:
    moved = sum(len(unit.jobs) for unit in done)
    kept = sum(len(unit.jobs) for unit in left)
    text = ngettext("{n} job {what}", "{n} jobs {what}", moved).format(n=moved, what=what)
    return text + (_(", {n} left where they were").format(n=kept) if kept else "")


def _next(unit: Unit, now: float) -> int | None:
    minute = int(now // 60)
    following = [start for times in unit.times for start in (*times.old, *times.new) if start > minute]
    return min(following, default=None)
