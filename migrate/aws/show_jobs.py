"""The jobs of a plan on a terminal: each with its reason beside it, and what many of them share said once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.aws.plan import JobPlan
from migrate.aws.proofs import show_proof
from migrate.aws.show import LEFT_OUT, NO_PROOFS, line, show_step
from migrate.terminal.console import manner
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from rich.console import Console

    from converters.artefact.proof import Proof

SAID_ONCE = 3
"""From so many jobs on, what they share is one line."""


@dataclass(slots=True)
class _Shared:
    """Sentences that many jobs have, with the names of these jobs."""

    refusals: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, plans: Sequence[JobPlan]) -> _Shared:
        missing = [plan.name for plan in plans if plan.status == "missing"]
        return cls(
            _many((sentence, plan.name) for plan in plans for sentence in plan.refusals),
            _many((sentence, plan.name) for plan in plans for sentence in plan.notes),
            missing if len(missing) >= SAID_ONCE else [],
        )

    def tells_all(self, plan: JobPlan) -> bool:
        """Whether what there is to say of a job that is left out stands in the lines of all such jobs."""
        if plan.status == "missing":
            return bool(self.missing) and all(one in self.notes for one in plan.notes)
        return plan.status == "refused" and all(one in self.refusals for one in plan.refusals)


def show_plans(
    out: Console, plans: Sequence[JobPlan], *, details: bool = False, proofs: Mapping[str, Proof] = NO_PROOFS
) -> None:
    """What is added stands in one line with its gist, unless ``details``; what changes, field by field; what is lost of
    cron's runs by ``proofs``."""
    shared, quiet = _Shared.of(plans), manner.quiet
    for plan in plans:
        proof = proofs.get(plan.name)
        if shared.tells_all(plan) and _is_proven(proof) and not details:
            continue
        if not quiet or _needs_attention(plan, proof):
            _show_job(out, plan, shared, proof, details=details)
            out.print()
    if quiet:
        calm = [plan for plan in plans if not _needs_attention(plan, proofs.get(plan.name))]
        rest = _many(((said, plan.name) for plan in calm for said in plan.notes if said not in shared.notes), 1)
        _show_shared(out, rest, "!", "yellow", names=False)
    _show_shared(out, shared.notes, "!", "yellow", names=not quiet)
    if shared.missing:
        _show_shared(out, {_(LEFT_OUT["missing"]): shared.missing}, "+", "green", names=True)
    _show_shared(out, shared.refusals, "x", "red", names=True)


def _many(said: Iterable[tuple[str, str]], least: int = SAID_ONCE) -> dict[str, list[str]]:
    """Sentence -> the jobs that have it, where they are many."""
    jobs: defaultdict[str, list[str]] = defaultdict(list)
    for sentence, job in said:
        jobs[sentence].append(job)
    return {sentence: names for sentence, names in jobs.items() if len(names) >= least}


def _show_shared(out: Console, said: Mapping[str, Sequence[str]], sign: str, style: str, *, names: bool) -> None:
    """A line for each sentence, and below those of the same jobs their names."""
    by_jobs: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for sentence, jobs in said.items():
        by_jobs[tuple(jobs)].append(sentence)
    for jobs, sentences in by_jobs.items():
        count = ngettext("{n} job", "{n} jobs", len(jobs)).format(n=f"{len(jobs):,}")
        for sentence in sentences:
            line(out, f"{sign} {count}: {sentence}", style)
        if names:
            line(out, f"    {', '.join(jobs)}", "dim")
            out.print()


def _is_proven(proof: Proof | None) -> bool:
    """Whether nothing has to be said of the runs: they are cron's, or no line says what they should be."""
    if proof is None or not (proof.is_ours or proof.said):
        return True
    return (
        proof.is_ours
        and proof.parity is not None
        and proof.parity.exact
        and not proof.said
        and not proof.starts_nothing
    )


def _needs_attention(plan: JobPlan, proof: Proof | None) -> bool:
    """Whether more is to be seen of it than that it is made as it was proven: with ``--quiet`` the others are a number."""
    if plan.status in LEFT_OUT or plan.refusals or any(step.action not in {"add", "same"} for step in plan.steps):
        return True
    return not _is_proven(proof)


def _show_job(out: Console, plan: JobPlan, shared: _Shared, proof: Proof | None, *, details: bool) -> None:
    refused = plan.status == "refused"
    reasons = [one for one in plan.refusals if one not in shared.refusals]
    # Beside the name, since nothing else of a job that is not made needs to be read.
    word = f": {_(LEFT_OUT[plan.status])}" if plan.status in LEFT_OUT else ""
    line(out, f"{plan.name}{word}{f': {reasons[0]}' if reasons else ''}", "bold red" if refused else "bold")
    for sentence in reasons[1:]:
        line(out, f"  x {sentence}", "red")
    if details or not refused:
        zone = plan.spec.schedule.timezone or "UTC"
        for expression in plan.spec.expressions:
            line(out, f"    {expression}  {zone}", "dim")
    if proof is not None and (details or not refused or not _is_proven(proof)):
        show_proof(lambda text, style: line(out, text, style), proof)
    for step in plan.steps if details or not refused else ():
        show_step(out, step, details)
    for sentence in (one for one in plan.notes if one not in shared.notes):
        line(out, f"  ! {sentence}", "yellow")
