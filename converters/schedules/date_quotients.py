"""``$(( $(date +%s) / 604800 ))``: seconds since 1970 that are only ever divided, so that all starts of one week see the same.

A program in, the divisions out: each with what is added before. Two instants that give the same quotients in all of them
cannot be told apart by the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import chain
from math import prod

from converters.schedules.date_commands import Date
from converters.schedules.date_programs import Sequence
from converters.schedules.shell_expr import Expr
from converters.schedules.shell_words import Arithmetic, Output, Text, Word

Quotient = tuple[int, int]
"""(added, divisor), both in seconds: ``(seconds + added) // divisor``."""

_SECONDS = "\0"
_OTHER = "\1"
# What binds as strongly as the division, or a sign, in front of it would make another number of it: only what binds less
# may stand there. A number with a leading zero is octal in $(( )).
_NUMBER = r"(?:0|[1-9]\d{0,11})(?![\w.])"
_DIVIDED = re.compile(
    rf"(?:^|[(+=<>&|])\s*(?:{_SECONDS}\s*/\s*(?P<plain>{_NUMBER}(?:\s*/\s*{_NUMBER}){{0,5}})"
    rf"|\(\s*(?:(?P<first>{_NUMBER})\s*\+\s*)?{_SECONDS}\s*(?:\+\s*(?P<added>{_NUMBER})|-\s*(?P<taken>{_NUMBER}))?\s*\)"
    rf"\s*/\s*(?P<grouped>{_NUMBER}(?:\s*/\s*{_NUMBER}){{0,5}}))"
)


def quotients(program: object) -> frozenset[Quotient] | None:
    """The divisions through which a program sees the seconds since 1970; None where it sees them in another way."""
    found: set[Quotient] = set()
    for text in _uses(program):
        divided = list(_DIVIDED.finditer(text))
        if len(divided) != text.count(_SECONDS):
            return None
        for one in divided:
            # `/ 60 / 60 / 24` divides by 86,400: seconds since 1970 are never negative, so each division rounds down.
            divisor = prod(map(int, (one["plain"] or one["grouped"]).split("/")))
            added = int(one["first"] or 0) + int(one["added"] or 0) - int(one["taken"] or 0)
            if not divisor:
                return None
            found.add((added, divisor))
    return frozenset(found)


def only_quotients(program: object) -> frozenset[Quotient] | None:
    """As `quotients`, of a program that asks ``date`` for nothing else: then it sees the same wherever they are the same."""
    return quotients(program) if all(map(_is_seconds, _dates(program))) else None


def _dates(node: object) -> Iterator[Date]:
    if isinstance(node, Date):
        yield node
    else:
        yield from chain.from_iterable(map(_dates, _parts(node)))


def _parts(node: object) -> Iterator[object]:
    """What a part of a program is made of."""
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node):
        yield from (getattr(node, field.name) for field in fields(node))


def _uses(node: object) -> Iterator[str]:
    """Each calculation with the seconds as NUL and other values as another sign; a lone NUL for any other use of them."""
    if isinstance(node, Arithmetic):
        yield from _calculation(node.body.pieces)
    elif isinstance(node, Expr):
        apart = Text(" ")
        yield from _calculation([piece for word in node.words for piece in (*word.pieces, apart)])
    elif isinstance(node, Date) and "s" in "".join(_conversions(node.shape)):
        yield _SECONDS
    else:
        yield from chain.from_iterable(map(_uses, _parts(node)))


def _calculation(pieces: object) -> Iterator[str]:
    text = ""
    for piece in pieces if isinstance(pieces, (tuple, list)) else ():
        if isinstance(piece, Text):
            text += piece.content
        elif isinstance(piece, Output) and _is_seconds(piece.body):
            text += _SECONDS
        else:
            text += _OTHER
            yield from _uses(piece)
    if _SECONDS in text:
        yield text


def _is_seconds(command: object) -> bool:
    if isinstance(command, Sequence) and len(command.commands) == 1:
        return _is_seconds(command.commands[0])
    return (
        isinstance(command, Date)
        and [piece.content for piece in command.shape.pieces if isinstance(piece, Text)] == ["%s"]
        and len(command.shape.pieces) == 1
        and not (command.spec or command.adjustments or command.refused)
    )


def _conversions(shape: Word) -> Iterator[str]:
    # A part that is not literal may hold any conversion.
    for piece in shape.pieces:
        yield piece.content if isinstance(piece, Text) else "s"
