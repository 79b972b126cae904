"""A plan as people and as programs read it. A sign stands before every line, so colour is never needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from migrate.aws.plan import JobPlan
from migrate.aws.proofs import proof_json
from migrate.aws.prune import Gone, Search
from migrate.aws.steps import Change, Step
from migrate.terminal.console import console, count_left_out, manner, printable, show_left_out
from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

    from converters.artefact.proof import Proof
    from migrate.workspace.release import Edit

__all__ = ["console", "count_left_out", "printable", "show_left_out"]

SIGNS = {
    "add": ("+", "green"),
    "change": ("~", "yellow"),
    "drift": ("!", "magenta"),
    "same": ("=", "dim"),
    "remove": ("-", "red"),
}
WORDS = {
    "add": N_("{n} to add"),
    "change": N_("{n} to change"),
    "drift": N_("{n} drifted"),
    "remove": N_("{n} to remove"),
    "same": N_("{n} unchanged"),
}
ALWAYS = ("add", "change")
LEFT_OUT = {"missing": N_("not there; needs --create"), "refused": N_("refused")}
PHASES = {
    "disable": N_("gone from the workspace: to be switched off"),
    "delete": N_("gone from the workspace, switched off earlier: to be deleted"),
    "kept": N_("gone from the workspace: kept"),
}


NO_PROOFS: Mapping[str, Proof] = MappingProxyType({})


def line(out: Console, text: str, style: str = "") -> None:
    """One line; where it is longer than the terminal, the terminal breaks it."""
    out.print(printable(text), style=style or None, soft_wrap=True)


def show_edits(out: Console, edits: Sequence[Edit]) -> None:
    """What a release changes in files, before what it changes on AWS."""
    for edit in edits:
        for container, old, new in edit.changes:
            line(out, f"  ~ {edit.path}  {container}: {old} -> {new}", "yellow")
        if not edit.changes:
            line(out, "  = " + _("{path}  has this image already").format(path=edit.path), "dim")
    if edits:
        out.print()


def show_frame(out: Console, steps: Sequence[Step], *, details: bool) -> None:
    """The shared part of the environment: what is there already is one number, unless ``details``; nothing of it with
    ``--quiet``, where the last line counts it."""
    if not steps or manner.quiet:
        return
    line(out, _("shared by all jobs"), "bold")
    same = [step for step in steps if step.action == "same" and not details]
    for step in steps:
        if step not in same:
            show_step(out, step, details)
    if same:
        line(out, "  = " + _("{n} unchanged").format(n=len(same)), "dim")
    out.print()


def show_gone(out: Console, search: Search, *, prune: bool) -> None:
    """Jobs that AWS has and the workspace has not; what happens to them, or how to ask for it."""
    for gone in search.jobs:
        line(out, f"{gone.name}: {_(PHASES[gone.phase])}", "bold")
        for step in gone.steps:
            show_step(out, step, details=True)
        for note in gone.notes:
            line(out, f"  ! {note}", "yellow")
        out.print()
    for note in search.notes:
        line(out, f"! {note}", "yellow")
    if search.jobs and not prune:
        line(out, _("What is gone stays as it is; --prune switches it off, a later --prune deletes it."))
        out.print()


@contextmanager
def progress(out: Console, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, to be advanced by each step; nothing elsewhere."""
    if not out.is_terminal or total < 2:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("  "), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def show_step(out: Console, step: Step, details: bool) -> None:
    sign, style = SIGNS[step.action]
    note = f"  ({step.note})" if step.note else ""
    line(out, f"  {sign} {step.kind:<15} {step.name}{note}", style)
    for change in step.changes if details or step.action != "add" else []:
        line(out, f"        {change.field}: {_change(change)}", style)


def _change(change: Change) -> str:
    if change.old is None:
        return str(change.new)
    if change.new is None:
        return f"{change.old} -> (none)"
    if change.old == change.new:
        return f"{change.old} -> {change.new}, changed"
    return f"{change.old} -> {change.new}"


def counts(plans: list[JobPlan]) -> Counter[str]:
    """Steps of the jobs that would be written, by action."""
    return Counter(step.action for plan in plans if plan.status in {"changes", "unchanged"} for step in plan.steps)


def as_json(
    plans: list[JobPlan],
    environment: str,
    account: str,
    region: str,
    search: Search | None = None,
    frame: Sequence[Step] = (),
    proofs: Mapping[str, Proof] = NO_PROOFS,
) -> dict[str, Any]:
    """The plan for programs; values of variables are hidden as in the text."""
    return {
        "version": 1,
        "environment": environment,
        "account": account,
        "region": region,
        "changes": any(plan.to_write for plan in plans),
        "shared": [_step_json(step) for step in frame],
        "jobs": [_job_json(plan, proofs.get(plan.name)) for plan in plans],
        "gone": [_gone_json(gone) for gone in search.jobs] if search else [],
        "summary": dict(counts(plans)),
    }


def _job_json(plan: JobPlan, proof: Proof | None) -> dict[str, Any]:
    return {
        "name": plan.name,
        "path": plan.path,
        "status": plan.status,
        "backend": plan.backend,
        "proof": proof_json(proof) if proof is not None else None,
        "resources": [_step_json(step) for step in plan.steps],
        "refusals": plan.refusals,
        "notes": plan.notes,
    }


def _gone_json(gone: Gone) -> dict[str, Any]:
    return {
        "name": gone.name,
        "phase": gone.phase,
        "resources": [_step_json(step) for step in gone.steps],
        "notes": gone.notes,
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "name": step.name,
        "action": step.action,
        "note": step.note,
        "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in step.changes],
    }
