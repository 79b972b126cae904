"""Regular expressions without backtracking: time grows with pattern times text, whatever a crontab holds.

Python's ``re`` tries alternatives one after the other: ``(a+)+b`` on sixty letters outlives the machine, and so do
thirty groups of ``(a|a)`` without any repetition. Here all places of the pattern are followed at once (Glushkov's
construction: one state a character, no empty moves), as grep and the C library's own engines do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_TOKENS = 400
MAX_DEPTH = 40
_BEGIN, _END = "begin", "end"
_ANCHORS = {"^": _BEGIN, r"\Z": _END}


class Malformed(Exception):  # noqa: N818 - it is what the pattern is
    """Nothing that can be followed: too long, too deep, or not balanced."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the pattern: may it be empty, and the sets of places (bits) that begin and end it."""

    empty: bool
    first: int
    last: int


_NOTHING = _Part(empty=True, first=0, last=0)


@dataclass(slots=True)
class _Level:
    """An open group: the finished alternatives, and the parts of the present one."""

    branches: list[_Part] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)


class Linear:
    """A compiled pattern. ``tokens`` are one each: ``(``, ``)``, ``|``, ``*``, ``+``, ``?``, ``^``, ``\\Z``, or what
    matches one character (a literal, ``.``, a class). Raises `Malformed`."""

    def __init__(self, tokens: Sequence[str], *, dot_all: bool = False) -> None:
        if len(tokens) > MAX_TOKENS:
            raise Malformed
        self._flags = re.S if dot_all else 0
        self._places: list[str] = []
        self._follow: list[int] = []
        self._accepted: dict[str, int] = {}
        whole = self._read(tokens)
        self._empty, self._first, self._last = whole.empty, whole.first, whole.last

    def search(self, text: str) -> bool:
        """Whether some part of the text matches."""
        return self._run(text, 0, len(text), anywhere=True)

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> bool:
        """Whether the text from ``start`` to ``end`` matches as a whole."""
        return self._run(text, start, len(text) if end is None else end, anywhere=False)

    def _read(self, tokens: Sequence[str]) -> _Part:
        levels = [_Level()]
        for sign in tokens:
            parts = levels[-1].parts
            if sign == "(":
                levels.append(_Level())
            elif sign == "|":
                levels[-1].branches.append(self._joined(parts))
                levels[-1].parts = []
            elif sign == ")":
                if len(levels) == 1:
                    raise Malformed
                inner = self._alternatives(levels.pop())
                levels[-1].parts.append(inner)
            elif sign in ("*", "+", "?"):
                if not parts:
                    raise Malformed
                parts.append(self._repeated(parts.pop(), sign))
            else:
                parts.append(self._place(sign))
            if len(levels) > MAX_DEPTH:
                raise Malformed
        if len(levels) != 1:
            raise Malformed
        return self._alternatives(levels[0])

    def _place(self, sign: str) -> _Part:
        bit = 1 << len(self._places)
        self._places.append(sign)
        self._follow.append(0)
        return _Part(empty=False, first=bit, last=bit)

    def _repeated(self, part: _Part, sign: str) -> _Part:
        if sign != "?":
            self._connect(part.last, part.first)
        return _Part(empty=part.empty or sign != "+", first=part.first, last=part.last)

    def _joined(self, parts: list[_Part]) -> _Part:
        whole = _NOTHING
        for part in parts:
            self._connect(whole.last, part.first)
            whole = _Part(
                empty=whole.empty and part.empty,
                first=whole.first | (part.first if whole.empty else 0),
                last=part.last | (whole.last if part.empty else 0),
            )
        return whole

    def _alternatives(self, level: _Level) -> _Part:
        whole = self._joined(level.parts)
        for other in level.branches:
            whole = _Part(
                empty=whole.empty or other.empty, first=whole.first | other.first, last=whole.last | other.last
            )
        return whole

    def _connect(self, before: int, after: int) -> None:
        for place in _bits(before):
            self._follow[place] |= after

    def _run(self, text: str, start: int, end: int, *, anywhere: bool) -> bool:
        # The ends of the text are characters of their own, which only the anchors take. In a whole match they may
        # also be passed over: no character stands before the first, none behind the last.
        moves: dict[tuple[int, str], int] = {}
        symbols = [_BEGIN] * (start == 0) + list(text[start:end]) + [_END]
        reached, edge = 0, True
        if self._empty and (anywhere or start == end):
            return True
        for symbol in symbols:
            after = moves.get((reached, symbol))
            if after is None:
                after = moves[reached, symbol] = self._after(reached) & self._taking(symbol)
            fresh = self._first & self._taking(symbol) if anywhere or edge else 0
            if symbol not in (_BEGIN, _END) or anywhere:
                edge = False
            if symbol == _END and not anywhere:
                return bool((reached | after | fresh) & self._last)
            passed = reached if symbol == _BEGIN else 0
            reached = after | fresh | passed
            if anywhere and reached & self._last:
                return True
        return False

    def _after(self, reached: int) -> int:
        following = 0
        for place in _bits(reached):
            following |= self._follow[place]
        return following

    def _taking(self, symbol: str) -> int:
        """The places that take this character."""
        known = self._accepted.get(symbol)
        if known is None:
            known = sum(1 << at for at, sign in enumerate(self._places) if self._takes(sign, symbol))
            self._accepted[symbol] = known
        return known

    def _takes(self, sign: str, symbol: str) -> bool:
        if sign in _ANCHORS or len(symbol) > 1:
            return _ANCHORS.get(sign) == symbol
        return re.fullmatch(sign, symbol, self._flags) is not None


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
