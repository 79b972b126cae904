"""Patterns of policies: ``*`` and ``?``, policy variables, and ARNs part by part.

Facts of the IAM user guide: "IAM JSON policy elements: Resource", "Variables and tags", "Condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from converters.rights.truth import NO, YES, Truth, every, unknown

ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")

Values = tuple[str, ...]
Lookup = Callable[[str], Values | Truth | None]
"""A condition key -> its values, None where the request has no such key, or a `Truth` that says why it is not known."""

Piece = tuple[str, bool]
"""One character of a pattern, and whether it is a wildcard."""


def pieces(pattern: str, lookup: Lookup | None) -> list[Piece] | Truth:
    """``pattern`` with its variables replaced; without ``lookup`` there are none (policies of before 2012-10-17)."""
    found: list[Piece] = []
    end = 0
    for match in _VARIABLE.finditer(pattern) if lookup else ():
        found += _wild(pattern[end : match.start()])
        end = match.end()
        value = _value(match.group(1), lookup)
        if isinstance(value, Truth):
            return value
        # Meant literally: a tag whose value is `*` opens nothing.
        found += [(char, False) for char in value]
    return found + _wild(pattern[end:])


def _wild(text: str) -> list[Piece]:
    return [(char, char in "*?") for char in text]


def _value(inner: str, lookup: Lookup | None) -> str | Truth:
    # IAM, "Variables and tags": ${*}, ${?} and ${$} are these three characters themselves.
    if inner in ("*", "?", "$"):
        return inner
    name, _comma, default = inner.partition(",")
    found = lookup(name.strip()) if lookup else None
    if isinstance(found, Truth):
        return found
    if found is None:
        quoted = re.fullmatch(r"\s*'([^']*)'\s*", default)
        return quoted.group(1) if quoted else Truth(False, f"the request has no {name.strip()}")
    return found[0] if len(found) == 1 else unknown(f"{name.strip()} has several values")


def like(pattern: str, text: str, lookup: Lookup | None = None, *, fold: bool = False) -> Truth:
    """Whether the whole text is what the pattern means; ``fold``: whatever the case."""
    found = pieces(pattern, lookup)
    if isinstance(found, Truth):
        return found
    if fold:
        found, text = [(char.lower(), wild) for char, wild in found], text.lower()
    return Truth(_covers(found, text))


def literal(pattern: str, text: str, lookup: Lookup | None = None, *, fold: bool = False) -> Truth:
    """The same for operators that know variables and no wildcards (StringEquals)."""
    found = pieces(pattern, lookup)
    if isinstance(found, Truth):
        return found
    meant = "".join(char for char, _wild in found)
    return Truth(meant.lower() == text.lower() if fold else meant == text)


def resource(pattern: str, arn: str, lookup: Lookup | None = None) -> Truth:
    """Whether a statement's Resource covers an ARN (or ``*``, which calls without a resource ask for)."""
    found = pieces(pattern, lookup)
    if isinstance(found, Truth):
        return found
    if not _covers(found, arn):
        return NO
    parts, values = _parts(found), arn.split(":", ARN_PARTS - 1)
    if len(parts) == len(values) and all(_covers(part, value) for part, value in zip(parts, values, strict=True)):
        return YES
    # IAM, "Resource": only a star at the end of a part can expand beyond the colon.
    if any(part and part[-1] == ("*", True) for part in parts):
        return YES
    return unknown(f"{pattern} matches only across the colons of an ARN")


def arn_like(pattern: str, arn: str, lookup: Lookup | None = None) -> Truth:
    """ArnLike and ArnEquals, which are the same: each of the six parts by itself."""
    found = pieces(pattern, lookup)
    if isinstance(found, Truth):
        return found
    parts, values = _parts(found), arn.split(":", ARN_PARTS - 1)
    if len(values) != ARN_PARTS:
        return NO
    if len(parts) != ARN_PARTS:
        return unknown(f"{pattern} is no pattern of an ARN")
    return every(Truth(_covers(part, value)) for part, value in zip(parts, values, strict=True))


def _parts(found: Sequence[Piece]) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    for piece in found:
        if piece[0] == ":" and len(parts) < ARN_PARTS:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _covers(pattern: Sequence[Piece], text: str) -> bool:
    """Whether the pattern means the text. Only the last star is gone back to, so a policy of forty stars costs no more
    than length times length."""
    at = here = mark = 0
    star: int | None = None
    while here < len(text):
        if at < len(pattern) and pattern[at] == ("*", True):
            star, mark = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in (("?", True), (text[here], False)):
            at, here = at + 1, here + 1
        elif star is not None:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return all(piece == ("*", True) for piece in pattern[at:])
