"""The second opinions: where python-crontab and croniter disagree, who is right and why; for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from migrate.report.markdown import code, prose, visible

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 20
"""Disagreements on the terminal; the report has all."""


def show_cross_check(console: Console, found: Mapping[str, Any]) -> None:
    """A headline, then for each disagreement where it is, what both read, and who is right."""
    from rich.text import Text

    disagreements = found["disagreements"]
    # What nobody can explain stands first: it is a mistake here or something new there.
    first = sorted(disagreements, key=lambda one: one["right"] != "unexplained")
    console.print()
    console.print(Text("Second opinions", style="bold"))
    console.print(f"  {_headline(found)}")
    for one in first[:SHOWN]:
        console.print(
            Text(f"  {visible(one['path'])}:{one['line']} {one['library']}: {visible(one['what'])}{_lines(one)}")
        )
        style = "yellow" if one["right"] == "unexplained" else "dim"
        console.print(Text(f"       {_verdict(one)}: {visible(one['why'])}", style=style))
    if len(first) > SHOWN:
        console.print(f"  and {len(first) - SHOWN:,} more: see report.md")


def markdown_section(found: Mapping[str, Any] | None) -> list[str]:
    """The section of the report; nothing where no second opinion was asked for."""
    if found is None:
        return []
    rows = ["## Second opinions", "", _headline(found)]
    for one in found["disagreements"]:
        where = f"{one['path']}:{one['line']}"
        rows += ["", f"- {code(where)}, {one['library']}: {prose(one['what'])}{_lines(one)}."]
        rows += [f"  **{_verdict(one)}**: {prose(one['why'])}."]
    return rows


def _headline(found: Mapping[str, Any]) -> str:
    total = len(found["disagreements"])
    unexplained = sum(1 for one in found["disagreements"] if one["right"] == "unexplained")
    rest = f", {unexplained:,} of them unexplained" if unexplained else ""
    return (
        f"python-crontab was asked about {_counted(found['tables'], 'table')}, croniter about "
        f"{_counted(found['schedules'], 'schedule')}: {_counted(total, 'disagreement')}{rest}."
    )


def _verdict(one: Mapping[str, Any]) -> str:
    names = {
        "cron2fargate": "cron2fargate is right",
        "library": f"{one['library']} is right",
        "neither": "neither is right",
    }
    return names.get(one["right"], "nobody knows who is right")


def _lines(one: Mapping[str, Any]) -> str:
    return f" (and {one['lines'] - 1:,} more {'lines' if one['lines'] > 2 else 'line'})" if one["lines"] > 1 else ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
