"""True, false and not known: what is not known decides nothing, and whatever hangs on it is not known either (Kleene)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Truth:
    """``value`` is None where it is not known; ``why`` says in a few words what made it so."""

    value: bool | None
    why: str = ""

    def __invert__(self) -> Truth:
        return Truth(None if self.value is None else not self.value, self.why)


YES, NO = Truth(True), Truth(False)


def unknown(why: str) -> Truth:
    return Truth(None, why)


def every(parts: Iterable[Truth]) -> Truth:
    """False where one is false, whatever is not known of the others."""
    return _over(list(parts), False)


def some(parts: Iterable[Truth]) -> Truth:
    """True where one is true, whatever is not known of the others."""
    return _over(list(parts), True)


def _over(parts: list[Truth], decisive: bool) -> Truth:
    for value in (decisive, None):
        found = next((part for part in parts if part.value is value), None)
        if found is not None:
            return found
    return Truth(not decisive, next((part.why for part in parts if part.why), ""))
