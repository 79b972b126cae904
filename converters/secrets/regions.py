"""The parts of a command that are programs themselves: where the text of `ruby -e`, `psql -c` and `sed` begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from converters.secrets.languages import LANGUAGES, Language, Tongue
from converters.secrets.looks import compiled


class Region(NamedTuple):
    """``text[start:end]`` is of this tongue; ``sign`` divides the parts of a sed command."""

    start: int
    end: int
    tongue: Tongue
    sign: str = ""


_PROGRAM = re.compile(r"(?<![\w.$-])[A-Za-z0-9][\w.:-]*+")
_OPENER = re.compile(
    r"[ \t]*(?P<flag>(?P<opener>'(?:\\'|\"'\")'|\\{0,7}['\"])|[^\s'\"|;&<>()]++(?P<attached>=(?P<after>\\{0,7}['\"]))?)"
)
_CLOSED = {"'": re.compile(r"(?:[^']|'(?:\\'|\"'\")')*+'"), '"': re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)}
_FAR = 2000
_WORDS = 40  # options in front of a program's text, at most


@cache
def programs() -> dict[str, Language]:
    return {program: language for language in LANGUAGES for program in language.programs.split()}


def regions(text: str) -> list[Region]:
    """The parts of a text that are programs, in order. Linear: what a region holds is not searched for another."""
    known, found, end = programs(), [], 0
    for word in _PROGRAM.finditer(text):
        if word.start() < end or word[0] not in known:
            continue
        for region in _of_program(text, word.end(), known[word[0]]):
            found.append(region)
            end = region.end
    return found


def _of_program(text: str, at: int, language: Language) -> Iterator[Region]:
    flagged = not language.flags
    for _ in range(_WORDS):
        word = _OPENER.match(text, at)
        if word is None or word.start("flag") == word.end():
            return
        opener, start = word["opener"], word.end()
        if opener is None and word["attached"]:
            opener = word["after"]
            flagged = flagged or compiled(language.flags).fullmatch(word["flag"].partition("=")[0]) is not None
        if opener is None:
            flagged = not language.flags or compiled(language.flags).fullmatch(word["flag"]) is not None
            at = start
            continue
        closed = _CLOSED[opener].match(text, start) if opener in _CLOSED else None
        end = closed.end() - 1 if closed else (text.find(opener, start) if opener not in _CLOSED else len(text))
        end = len(text) if end < 0 else end
        if flagged:
            divider = re.search(r"(?:^|[\s;}/])[sy]([^\w\s])", text[start : min(end, start + 200)])
            yield Region(start, end, language.tongue, divider[1] if divider and language.tongue == "sed" else "")
        flagged, at = not language.flags, end + len(opener)


def region_at(found: list[Region], position: int) -> Region | None:
    index = bisect_right(found, position, key=lambda region: region.start) - 1
    return found[index] if index >= 0 and position < found[index].end else None


def in_literal(text: str, region: Region, position: int) -> bool:
    """Does a position of a region stand between quotes of its own? Of long regions it is taken to, to hide too much."""
    before = text[region.start : position] if position - region.start < _FAR else "'"
    return before.count("'") % 2 == 1 or before.count('"') % 2 == 1
