"""The second opinions: where python-crontab and croniter disagree, who is right and why; for the terminal and for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.document.model import CrossCheck, SecondOpinion
from migrate.report.inert import code, prose
from migrate.terminal.console import ASIDE, HEAD, WARN, manner, say
from migrate.terminal.language import _, ngettext
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 20
"""Disagreements on the terminal; the report has all."""


def show_cross_check(console: Console, found: CrossCheck) -> None:
    """A headline, then for each disagreement where it is, what both read, and who is right; with ``--quiet`` only those
    that nobody can explain."""
    # What nobody can explain stands first: it is a mistake here or something new there.
    first = sorted(found.disagreements, key=lambda one: one.right != "unexplained")
    if manner.quiet:
        first = [one for one in first if one.right == "unexplained"]
        if not first:
            return
    console.print()
    say(console, _("Second opinions"), HEAD)
    say(console, _headline(found), indent=2)
    for one in first[:SHOWN]:
        told = f"{visible(one.path)}:{one.line} {one.library}: {visible(one.what)}{_lines(one)}"
        say(console, told, indent=2, hang=5)
        style = WARN.style if one.right == "unexplained" else ASIDE
        say(console, f"{_verdict(one)}: {visible(one.why)}", style, indent=7)
    if len(first) > SHOWN:
        say(console, _("and {n} more: see report.md").format(n=f"{len(first) - SHOWN:,}"), indent=2)


def markdown_section(found: CrossCheck | None) -> list[str]:
    """The section of the report; nothing where no second opinion was asked for."""
    if found is None:
        return []
    rows = [f"## {_('Second opinions')}", "", _headline(found)]
    for one in found.disagreements:
        where = f"{one.path}:{one.line}"
        rows += ["", f"- {code(where)}, {one.library}: {prose(one.what)}{_lines(one)}."]
        rows += [f"  **{_verdict(one)}**: {prose(one.why)}."]
    return rows


def _headline(found: CrossCheck) -> str:
    disagreements, tables, schedules = len(found.disagreements), found.tables, found.schedules
    unexplained = sum(1 for one in found.disagreements if one.right == "unexplained")
    text = _("python-crontab was asked about {tables}, croniter about {schedules}: {disagreements}").format(
        tables=ngettext("{n} table", "{n} tables", tables).format(n=f"{tables:,}"),
        schedules=ngettext("{n} schedule", "{n} schedules", schedules).format(n=f"{schedules:,}"),
        disagreements=ngettext("{n} disagreement", "{n} disagreements", disagreements).format(n=f"{disagreements:,}"),
    )
    rest = _(", {n} of them unexplained").format(n=f"{unexplained:,}") if unexplained else ""
    return f"{text}{rest}."


def _verdict(one: SecondOpinion) -> str:
    who = {"cron2fargate": "cron2fargate", "library": one.library}.get(one.right)
    if who is not None:
        return _("{who} is right").format(who=who)
    return _("neither is right") if one.right == "neither" else _("nobody knows who is right")


def _lines(one: SecondOpinion) -> str:
    more = one.lines - 1
    if more < 1:
        return ""
    return " " + ngettext("(and {n} more line)", "(and {n} more lines)", more).format(n=f"{more:,}")
