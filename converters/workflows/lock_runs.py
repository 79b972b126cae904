"""How many runs of one lock may go at once: each job counts the holders by its own number, so all must name one number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from converters.findings.few import few

if TYPE_CHECKING:
    from converters.specs.model import Spec


def differing_runs(specs: Iterable[tuple[str, Spec]]) -> dict[str, str]:
    """A sentence for each job whose lock has another number of ``runs`` elsewhere; ``specs`` with the place of each.

    A run that comes asks for fewer holders than its own number, so of two numbers the lower one binds only those that name
    it. A shared lock names none (``flock -s``): no number bounds its readers.
    """
    locks: defaultdict[str, list[tuple[str, Spec, int]]] = defaultdict(list)
    for path, spec in specs:
        if spec.lock is not None and not spec.lock.shared:
            locks[spec.lock.name].append((path, spec, spec.lock.runs))
    return {
        spec.name: _sentence(name, [(path, runs) for path, _, runs in takers])
        for name, takers in locks.items()
        if len({runs for _, _, runs in takers}) > 1
        for _, spec, _ in takers
    }


def _sentence(lock: str, places: list[tuple[str, int]]) -> str:
    by_number: defaultdict[int, list[str]] = defaultdict(list)
    for path, runs in places:
        by_number[runs].append(path)
    said = ", ".join(f"{runs} by {few(sorted(by_number[runs]), 3)}" for runs in sorted(by_number))
    return f"lock {lock} lets different numbers of runs go at once: {said}; write one number in all of them (lock.runs)"
