"""Whether jobs that are waited for together ever begin in one minute: a round is a scheduled minute."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from converters.expressions.eventbridge import At, ExpressionError, parse, starts

Schedule = tuple[Sequence[str], str | None]


def never_together(jobs: Sequence[Sequence[Schedule]]) -> bool:
    """True where it is certain. Each job is given by the schedules that begin its rounds: (expressions, zone).

    Schedules in different zones, rates and single starts are not compared: they may meet.
    """
    if len({zone or "UTC" for schedules in jobs for _, zone in schedules}) > 1:
        return False
    boxes: list[list[tuple[int, int]]] = []
    for schedules in jobs:
        parsed = [parse(text) for expressions, _ in schedules for text in expressions]
        try:
            boxes.append([starts(one) for one in parsed if not isinstance(one, At)])
        except ExpressionError:
            return False
        if any(isinstance(one, At) for one in parsed):
            return False
    return not reduce(_common, boxes)


def _common(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The days and minutes that both have."""
    pairs = [(a[0] & b[0], a[1] & b[1]) for a in first for b in second]
    return [pair for pair in pairs if pair[0] and pair[1]]
