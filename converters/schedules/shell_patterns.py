"""Patterns of ``case`` and ``grep`` as expressions that cannot run away: what they match in the short texts of ``date``.

Only a part of the grammars is read: no pattern of a crontab is handed to a backtracking engine as it stands.
"""

from __future__ import annotations

import re
from functools import lru_cache

from converters.schedules.date_output import Unknown
from converters.schedules.linear import Linear, Malformed

_MAX_REPEATS = 3


class BadPattern(Exception):  # noqa: N818 - it is what the program finds
    """grep refuses the pattern and ends with 2."""


@lru_cache(maxsize=512)
def glob(pattern: str) -> Linear:
    """A pattern of ``case``: ``*``, ``?``, ``[a-z]``, ``[!a-z]``, and ``\\`` before a character that is itself."""
    shown, at = [], 0
    stars = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        # A `*` of case matches newlines and leading dots: only file names treat them apart.
        if char == "*":
            stars += 1
            shown += [".", "*"]
        elif char == "?":
            shown.append(".")
        elif char == "\\" and at < len(pattern):
            shown.append(re.escape(pattern[at]))
            at += 1
        elif char == "[":
            # POSIX: `!` negates in a shell's bracket; `^` is bash's, and inverted in dash, so it is not read as
            # negation.
            text, at = _class(pattern, at, "!")
            shown.append(text)
        else:
            shown.append(re.escape(char))
    if stars > _MAX_REPEATS:
        raise Unknown(pattern)
    return _compiled(pattern, shown, dot_all=True)


@lru_cache(maxsize=512)
def grep(pattern: str, *, extended: bool, gnu: bool) -> Linear:
    """A basic or extended expression. Raises `Unknown` for what is not modelled, `BadPattern` for what grep refuses."""
    if not extended:
        pattern = _extended(pattern, gnu)
    reading = _GrepReading(pattern)
    while reading.at < len(pattern):
        reading.step()
    if reading.depth:
        raise BadPattern(pattern)
    return _compiled(pattern, reading.shown, dot_all=False)


def _compiled(pattern: str, tokens: list[str], *, dot_all: bool) -> Linear:
    try:
        return Linear(tokens, dot_all=dot_all)
    except Malformed:
        raise Unknown(pattern) from None


class _GrepReading:
    """An extended expression, character by character. ``begun``: something stands there that could be repeated."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.shown: list[str] = []
        self.at = self.depth = self.repeats = 0
        self.begun = False
        self.anchors = ""

    def step(self) -> None:
        char = self.pattern[self.at]
        self.at += 1
        begun = char not in "*+?|(^$"
        if char == "[":
            text, self.at = _class(self.pattern, self.at, "^")
            self.shown.append(text)
        elif char == "\\":
            self._escape()
        elif char in "*+?":
            self._repeat(char)
        elif char in "()|":
            self._group(char)
        elif char in "^$":
            self.anchors += char if self.depth else ""
            # Of two anchors in groups, such as ``(^|a)(^b)``, both may stand at one place; that is not followed.
            if not _anchored(self.pattern, self.at - 1) or self.anchors.count(char) > 1:
                raise Unknown(self.pattern)
            # `$` of grep is the line's end; the text has been cut into lines already.
            self.shown.append("^" if char == "^" else r"\Z")
        elif char in "{}":
            # Intervals differ between basic (`\{`) and extended, and multiply what is followed.
            raise Unknown(self.pattern)
        else:
            self.shown.append("." if char == "." else re.escape(char))
        self.begun = begun

    def _escape(self) -> None:
        following = self.pattern[self.at : self.at + 1]
        # `\w`, `\b`, `\<` are GNU's; in BSD's grep they are errors or plain letters.
        if not following or following.isalnum() or following in "<>`'":
            raise Unknown(self.pattern)
        self.shown.append(re.escape(following))
        self.at += 1

    def _repeat(self, char: str) -> None:
        self.repeats += 1
        # A repeat at the start is a plain character in a basic expression and undefined in an extended one.
        if not self.begun or self.shown[-1] == ")" or self.repeats > _MAX_REPEATS:
            raise Unknown(self.pattern)
        self.shown.append(char)

    def _group(self, char: str) -> None:
        self.depth += {"(": 1, ")": -1}.get(char, 0)
        if self.depth < 0 or (char in "|)" and not self.begun and self.shown[-1:] != ["\\Z"]):
            raise Unknown(self.pattern)
        self.shown.append(char)


def _anchored(pattern: str, at: int) -> bool:
    """An anchor stands at an end of its branch; elsewhere the grammars differ."""
    if pattern[at] == "^":
        return at == 0 or pattern[at - 1] in "(|"
    return at == len(pattern) - 1 or pattern[at + 1] in ")|"


def _extended(pattern: str, gnu: bool) -> str:
    """A basic expression as an extended one; ``\\|``, ``\\+`` and ``\\?`` are GNU's."""
    shown, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            following = pattern[at]
            at += 1
            if following in "|+?" and not gnu:
                raise Unknown(pattern)
            shown.append(following if following in "|+?(){}" else "\\" + following)
        elif char == "[":
            end = _class_end(pattern, at)
            shown.append(pattern[at - 1 : end])
            at = end
        else:
            shown.append("\\" + char if char in "|+?(){}" else char)
    return "".join(shown)


def _class_end(pattern: str, at: int) -> int:
    end = at + 1 if pattern[at : at + 1] in ("^", "!") else at
    end = pattern.find("]", end + 1)
    if end < 0:
        raise Unknown(pattern)
    return end + 1


def _class(pattern: str, at: int, negation: str) -> tuple[str, int]:
    """``[a-z]`` from behind its bracket, and where it ends."""
    end = _class_end(pattern, at)
    inside = pattern[at : end - 1]
    negated = inside[:1] == negation
    inside = inside[1:] if negated else inside
    # `[[:digit:]]`, and characters that shells, grep and re each read in their own way.
    if not inside or re.search(r"[\\\[\]^!\"'$`]|\[:", inside):
        raise Unknown(pattern)
    found: list[str] = []
    index = 0
    while index < len(inside):
        if inside[index + 1 : index + 2] == "-" and index + 2 < len(inside):
            first, last = inside[index], inside[index + 2]
            if not (first.isalnum() and last.isalnum()):
                raise Unknown(pattern)
            if first > last:
                raise BadPattern(pattern)
            # POSIX leaves ranges outside the C locale undefined; digits alone are sorted alike everywhere.
            if first.isdigit() != last.isdigit() or not (first + last).isdigit():
                raise Unknown(pattern)  # letters sort by the locale
            found.append(f"{first}-{last}")
            index += 3
        else:
            found.append(re.escape(inside[index]))
            index += 1
    return f"[{'^' if negated else ''}{''.join(found)}]", end
