"""What ``scan`` prints: one line a job, quiet when all is well, and colour never the only sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from migrate.report.markdown import visible

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.workspace import Changes

SIGNS = {"ready": ("ok", "green"), "review": ("review", "yellow"), "blocked": ("blocked", "red")}


def show_scan(console: Console, document: Mapping[str, Any], *, details: bool) -> None:
    """The table of jobs, then what is wrong with the input, then one line of totals."""
    if document["jobs"]:
        console.print(_table(console, document, details))
    _problems(console, document)
    if "cross_check" in document:
        from migrate.report.cross_check import show_cross_check

        show_cross_check(console, document["cross_check"])
    _totals(console, document)


def _table(console: Console, document: Mapping[str, Any], details: bool) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("job", no_wrap=True, max_width=34)
    table.add_column("schedule", no_wrap=True, max_width=24)
    table.add_column("becomes", overflow="fold", ratio=3)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=4)
    for job in document["jobs"]:
        sign, style = SIGNS[job["status"]]
        target = job["target"]
        shown = target["expressions"][: None if details else 2]
        more = len(target["expressions"]) - len(shown)
        becomes = "\n".join([*shown, f"and {more} more"] if more else shown)
        if target["backend"] == "scheduler":
            becomes += f"\n{target['timezone']}"
        table.add_row(
            Text(visible(job["name"])),
            Text(visible(job["schedule"])),
            Text(visible(becomes) if "\n" not in becomes else becomes),
            Text(sign, style=style),
            Text("\n".join(_why(job, details))),
        )
    return table


def _why(job: Mapping[str, Any], details: bool) -> list[str]:
    """What asks for a decision; all findings with ``details``; else whether the proof holds."""
    wanted = [f for f in job["findings"] if details or f["severity"] != "info"]
    if wanted:
        return [f"{finding['code']} {visible(finding['message'])}" for finding in wanted]
    return ["exact"] if job["parity"]["exact"] else []


def _problems(console: Console, document: Mapping[str, Any]) -> None:
    from rich.text import Text

    shown = document["problems"]
    if shown:
        console.print()
        console.print(Text("Problems in the input", style="bold"))
    for problem in shown[:20]:
        where = f"{problem['path']}:{problem['line']}" if problem["line"] else problem["path"]
        console.print(Text(f"  {problem['code']} {visible(where)}: {visible(problem['message'])}"))
        if problem["text"].strip():
            console.print(Text(f"       {visible(problem['text'].strip())[:120]}", style="dim"))
    if len(shown) > 20:
        console.print(f"  and {len(shown) - 20} more: see report.md")
    for skipped in document["skipped"]:
        console.print(Text(f"  {skipped['code']} {visible(skipped['path'])}: {visible(skipped['reason'])}"))


def _totals(console: Console, document: Mapping[str, Any]) -> None:
    summary, lines, window = document["summary"], document["lines"], document["window"]
    console.print()
    console.print(
        f"{_counted(summary['jobs'], 'job')}: {summary['ready']} ready, {summary['review']} to review, "
        f"{summary['blocked']} blocked; {summary['exact']} proven exact from {window['from'][:10]} to {window['until'][:10]} "
        f"({document['timezone']}, tzdata {document['tzdata']})"
    )
    rest = ", ".join(
        f"{lines[kind]} {kind}" for kind in ("job", "environment", "comment", "blank", "invalid") if lines[kind]
    )
    console.print(f"{_counted(lines['total'], 'line')} read: {rest or 'none'}")


def show_changes(console: Console, changes: Changes, image: str | None) -> None:
    """What was written, what was left alone, and what to do next."""
    from rich.text import Text

    written = len(changes.created) + len(changes.updated)
    unchanged = f", {len(changes.unchanged)} unchanged" if changes.unchanged else ""
    console.print(Text(f"{changes.out}/: {_counted(written, 'file')} written{unchanged}"))
    for kept in changes.kept_edited:
        waiting = f"; the new proposal is in {kept.proposal}" if kept.proposal else ""
        console.print(Text(f"  kept {kept.path}, which was edited{waiting}"))
        for row in kept.diff.splitlines()[:30]:
            console.print(Text(f"    {visible(row)}", style="dim"))
    for gone in changes.gone:
        console.print(Text(f"  {gone.name}: its line is gone from {gone.source}; {gone.path} is kept"))
    if image is None:
        console.print("No image is chosen yet: give --image, or write it into the ecs.yml files.")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
