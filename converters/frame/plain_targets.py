"""What jobs do without that a rule or schedule starts itself, and what a workflow for each of them costs: said once for all."""

from __future__ import annotations

from collections.abc import Collection

from converters.findings.codes import Finding
from converters.frame.prices import TRANSITIONS, PriceList

PLAIN = 4
"""Transitions of one run that goes well (converters/workflows/machine.py): the start and three states."""
PLAIN_TARGETS = "C643"


def workflow_price(starts: float, prices: PriceList) -> float:
    """USD for so many starts by workflows that do no more than to start."""
    return starts * PLAIN * prices[TRANSITIONS] / 1000


def plain_targets(starts: Collection[float], prices: PriceList) -> Finding | None:
    """One finding about all plain targets that could be workflows; ``starts`` a month of each. None where there is none."""
    if not starts:
        return None
    # "At most": 4,000 transitions of an account are free each month, and what else uses them is not known here.
    one = len(starts) == 1
    return Finding(
        PLAIN_TARGETS,
        f"{len(starts):,} {'job starts its task' if one else 'jobs start their tasks'} without a workflow: a start that ECS "
        "answers with failures leaves no trace, nothing ends a run that hangs, and AWS may start one twice; start: workflow "
        f"for {'it' if one else 'them'} costs {workflow_price(sum(starts), prices):,.2f} USD a month at most",
    )
