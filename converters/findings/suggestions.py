"""What somebody may have meant: the nearest of the known words, as the end of a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """``"; did you mean 'command'?"``, or nothing where no word is near."""
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""
