"""What the clock changes cost the jobs as they are proposed, and what the other way would do: the one line that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.document.job import Job, Way
from migrate.terminal.language import _, ngettext


@dataclass(frozen=True, slots=True)
class Differing:
    """Counts of runs that are not where cron had them."""

    moved: int = 0
    lost: int = 0
    extra: int = 0

    def plus(self, moved: int, lost: int, extra: int) -> Differing:
        return Differing(self.moved + moved, self.lost + lost, self.extra + extra)


@dataclass(frozen=True, slots=True)
class ClockCost:
    """Of all ``runs``, how many differ by rules in UTC, and how many where those jobs are started by Scheduler that differ
    less by it; ``jobs`` are these."""

    runs: int
    rules: Differing
    scheduler: Differing
    jobs: int


def clock_cost(jobs: Iterable[Job]) -> ClockCost | None:
    """None where no run would be nearer to its time by Scheduler, or nothing moves."""
    runs = better = 0
    rules = scheduler = Differing()
    for job in jobs:
        parity = job.parity
        runs += parity.before
        rule = next((way for way in job.options if way.backend == "rule" and not way.ends), None)
        zoned = next((way for way in job.options if way.backend == "scheduler"), None)
        if job.target.backend != "rule" or rule is None or zoned is None:
            continue
        taken = zoned if _damage(zoned) <= _damage(rule) else rule
        better += taken is zoned
        rules = rules.plus(parity.moved, parity.lost, parity.extra)
        scheduler = scheduler.plus(taken.moved, taken.lost, taken.extra)
    return ClockCost(runs, rules, scheduler, better) if better and rules.moved else None


def _damage(way: Way) -> int:
    return way.moved + way.lost + way.extra


def clock_sentence(cost: ClockCost) -> str:
    """``34,638 of 49,000 runs move with the clock; with Scheduler none, 30 are lost``."""
    rules, other = cost.rules, cost.scheduler
    words = ngettext("{n} of {all} runs moves with the clock", "{n} of {all} runs move with the clock", rules.moved)
    first = words.format(n=f"{rules.moved:,}", all=f"{cost.runs:,}")
    moved = f"{other.moved:,}" if other.moved else _("none")
    second = _("with Scheduler {n}").format(n=moved)
    return "; ".join(", ".join([head, *_rest(counts)]) for head, counts in ((first, rules), (second, other)))


def _rest(counts: Differing) -> list[str]:
    named = (
        (counts.lost, ngettext("{n} is lost", "{n} are lost", counts.lost)),
        (counts.extra, ngettext("{n} is added", "{n} are added", counts.extra)),
    )
    return [words.format(n=f"{number:,}") for number, words in named if number]
