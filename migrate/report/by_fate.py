"""A scan in a few lines: who moves, who waits for a decision, who stays and who ends; for a fleet, a demo, a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.report.figures import FATES
from migrate.terminal.console import HEAD, columns, padded, say
from migrate.terminal.language import _
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from migrate.document.model import Document

SHOWN = 10
"""Names of one fate; the rest is a number, and ``scan`` without ``--format summary`` has them all."""
_GAP = "  "


def show_by_fate(console: Console, document: Document) -> None:
    """What a scan came to."""
    show_fates(console, [(job.name, job.fate) for job in document.jobs])


def show_fates(console: Console, jobs: Sequence[tuple[str, str]], head_style: str = HEAD) -> None:
    """One row a fate, in the order move, decide, stay, drop: the fate, how many jobs, their names."""
    rows = []
    for fate, word in FATES.items():
        names = [visible(name) for name, found in jobs if found == fate]
        if names:
            more = [_("and {n} more").format(n=f"{len(names) - SHOWN:,}")] if len(names) > SHOWN else []
            rows.append((_(word), f"{len(names):,}", ", ".join(names[:SHOWN] + more)))
    if not rows:
        return
    head = (_("fate"), _("jobs"), "")
    first = max(columns(row[0]) for row in [head, *rows])
    second = max(columns(row[1]) for row in [head, *rows])
    say(console, _GAP.join((padded(head[0], first), head[1])), head_style)
    for fate, count, listed in rows:
        right = " " * (second - columns(count)) + count
        say(console, _GAP.join((padded(fate, first), right, listed)), hang=first + second + 2 * len(_GAP))
