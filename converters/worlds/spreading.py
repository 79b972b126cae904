"""One word that a shell makes several of: an unquoted variable with blanks in it, and the words of an array of bash's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from converters.commands.shell.words import Unreadable, Word, array_words
from converters.worlds.calls import say

_ARRAY = re.compile(r"([A-Za-z_]\w*)(\+?)=\(")
# bash(1), Arrays: every element, each a word of its own (`"${a[@]}"`), or all of them split again (`${a[*]}`).
_EVERY = re.compile(r"\"?\$\{([A-Za-z_]\w*)\[[@*]\]\}\"?")
_FIRST = re.compile(r"\"?\$\{([A-Za-z_]\w*)\[0\]\}\"?")
_BETWEEN = "\x1f"
"""Between the elements of an array, where it is kept among the variables under ``NAME[@]``."""


def assigned(word: Word, known: Mapping[str, str]) -> dict[str, str]:
    """What an assignment makes known: ``NAME``, and for an array ``NAME[@]`` and its first element as ``NAME``."""
    array = _ARRAY.match(word.text)
    if array is None:
        name, _, value = say(word, known).partition("=")
        # `a[1]=x` and `a+=x` leave a variable of which the rest is not known.
        plain = name.rstrip("+").partition("[")[0]
        return {name: value} if name == plain else {plain: f"${plain}"}
    name, more = array[1], array[2]
    elements = _elements(word.text, array.end(), known)
    if more:
        elements = [*_kept(known, name), *elements]
    return {f"{name}[@]": _BETWEEN.join(elements), name: elements[0] if elements else ""}


def _elements(text: str, at: int, known: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    with suppress(Unreadable):
        for word in array_words(text, at, len(text) - 1):
            # `[key]=value` of an associative array is a pair.
            found.append(re.sub(r"\A\[[^]]*\]=", "", say(word, known)))
    return found


def _kept(known: Mapping[str, str], name: str) -> list[str]:
    if f"{name}[@]" in known:
        return known[f"{name}[@]"].split(_BETWEEN) if known[f"{name}[@]"] else []
    return [known[name]] if name in known else []


def spread(words: Iterable[Word], known: Mapping[str, str]) -> list[Word]:
    """The words that the command gets: each as it stands, but those that become several, or none."""
    found: list[Word] = []
    for word in words:
        pieces = _pieces(word, known)
        if pieces is None:
            found.append(word)
        else:
            found += [Word(word.start, word.end, piece, piece, (("text", piece),)) for piece in pieces]
    return found


def _pieces(word: Word, known: Mapping[str, str]) -> list[str] | None:
    """None where the word stays one."""
    if word.value is not None:
        return None
    if every := _EVERY.fullmatch(word.text):
        return _kept(known, every[1]) if {f"{every[1]}[@]", every[1]} & known.keys() else None
    if (first := _FIRST.fullmatch(word.text)) and first[1] in known:
        return [known[first[1]]]
    # POSIX 2.6.5: what an expansion outside of quotes gives is split at blanks; text around it stays with its ends.
    if len(word.parts) == 1 and word.parts[0][0] == "variable":
        pieces = known.get(word.parts[0][1], "").split()
        return pieces if len(pieces) > 1 else None
    return None
