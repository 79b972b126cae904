"""What is to be registered for a job: expressions, the zone they are read in, and a guard where they start too often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from converters.expressions.eventbridge import Cron, Rate
from converters.expressions.guards import Guard

Backend = Literal["rule", "scheduler"]
Choice = Literal["rule", "seasonal", "scheduler", "auto", "exact"]
"""What a user asks for. ``auto``: rules in UTC where clocks do not change, else Scheduler in the zone, unless the rules differ
less. ``exact``: that, and schedules of their own for the runs that a clock change would skip.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how the job will be started: expressions read in ``timezone``, and a guard where they start too often.

    ``ends`` is the last day of a year, after which seasonal rules start nothing more; ``catching`` is how many of the
    expressions, the last ones, only start what a clock change would skip.
    """

    backend: Backend
    timezone: str
    expressions: tuple[Cron | Rate, ...]
    guard: Guard | None = None
    ends: str | None = None
    catching: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            "backend": self.backend,
            "timezone": self.timezone,
            "expressions": [str(e) for e in self.expressions],
            "guard": self.guard.as_json() if self.guard else None,
        }


NO_TARGET = Target("rule", "UTC", ())

FEW = 5
"""Expressions of one job that a person still reads at a glance."""


def is_heavy(target: Target) -> bool:
    """Whether it takes many expressions, or a guard that lets most starts end at once."""
    return target.guard is not None or len(target.expressions) > FEW
