"""Marks inside texts for what is known only when the code is applied: the account, a revision, the value of a secret.

A mark is a name between two private-use characters, which no input may hold, so what is between them is never user text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# U+E000 and U+E001: Unicode never gives private-use characters a meaning.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]+){_CLOSE}")


def mark(name: str) -> str:
    return f"{_OPEN}{name}{_CLOSE}"


ACCOUNT = mark("account")
TASK_DEFINITION = mark("task definition")


def parts(text: str) -> list[tuple[bool, str]]:
    """(is a mark, text) in order; without marks, the text alone."""
    pieces = _MARK.split(text)
    return [(index % 2 == 1, piece) for index, piece in enumerate(pieces) if piece or index % 2]


def has_mark(text: str) -> bool:
    return _OPEN in text or _CLOSE in text


def walked(value: Any, change: Callable[[str], Any]) -> Any:
    """The same value with every string (not the names of members) changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: walked(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [walked(item, change) for item in value]
    return value
