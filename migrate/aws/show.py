"""A plan as people and as programs read it. A sign stands before every line, so colour is never needed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from migrate.aws.plan import JobPlan
from migrate.aws.steps import Change, Step

if TYPE_CHECKING:
    from rich.console import Console

SIGNS = {
    "add": ("+", "green"),
    "change": ("~", "yellow"),
    "drift": ("!", "magenta"),
    "same": ("=", "dim"),
    "remove": ("-", "red"),
}
WORDS = {"add": "to add", "change": "to change", "drift": "drifted", "remove": "to remove", "same": "unchanged"}
LEFT_OUT = {"missing": "not there; needs --create", "refused": "refused"}


def console(*, stderr: bool = False) -> Console:
    """Never wraps or cuts lines where output is not a terminal; NO_COLOR is honoured."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


def printable(text: str) -> str:
    """Text without control characters, which could move a terminal's cursor or hide what follows."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def line(out: Console, text: str, style: str = "") -> None:
    out.print(printable(text), style=style or None)


def show_plans(out: Console, plans: list[JobPlan], *, details: bool = False) -> None:
    """What is added stands in one line with its gist, unless ``details``; what changes, field by field."""
    for plan in plans:
        _show_job(out, plan, details)
        out.print()
    line(out, summary(plans), "bold")


def _show_job(out: Console, plan: JobPlan, details: bool) -> None:
    zone = plan.spec.schedule.timezone or "UTC"
    left_out = f": {LEFT_OUT[plan.status]}" if plan.status in LEFT_OUT else ""
    line(out, f"{plan.name}{left_out}", "bold")
    for expression in plan.spec.expressions:
        line(out, f"    {expression}  {zone}", "dim")
    for step in plan.steps:
        _show_step(out, step, details)
    for sentence in plan.refusals:
        line(out, f"  x {sentence}", "red")
    for sentence in plan.notes:
        line(out, f"  ! {sentence}", "yellow")


def _show_step(out: Console, step: Step, details: bool) -> None:
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


def summary(plans: list[JobPlan]) -> str:
    number = counts(plans)
    parts = [f"{number[action]} {word}" for action, word in WORDS.items() if number[action]]
    if not set(number) - {"same"}:
        parts = ["no changes", *parts]
    jobs: Counter[str] = Counter(plan.status for plan in plans)
    parts += [f"{jobs[status]} job(s) {word}" for status, word in LEFT_OUT.items() if jobs[status]]
    return ", ".join(parts)


def as_json(plans: list[JobPlan], environment: str, account: str, region: str) -> dict[str, Any]:
    """The plan for programs; values of variables are hidden as in the text."""
    return {
        "version": 1,
        "environment": environment,
        "account": account,
        "region": region,
        "jobs": [_job_json(plan) for plan in plans],
        "summary": dict(counts(plans)),
    }


def _job_json(plan: JobPlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "path": plan.path,
        "status": plan.status,
        "backend": plan.backend,
        "resources": [
            {
                "kind": step.kind,
                "name": step.name,
                "action": step.action,
                "note": step.note,
                "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in step.changes],
            }
            for step in plan.steps
        ],
        "refusals": plan.refusals,
        "notes": plan.notes,
    }
