"""Names in a sentence: the first of them, and how many more there are; and things that are counted."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, one: str, many: str = "") -> str:
    """``1 change``, ``1,200 changes``; ``many`` where it is no plain plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def few(names: Sequence[str], most: int, last: str = ", ") -> str:
    """``a, b and 3 more``; all of them where they are no more than ``most``, with ``last`` before the last of them."""
    if len(names) <= most:
        return last.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
