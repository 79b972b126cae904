"""Option grammars as data, read the way getopt reads them: options first, bundled letters, ``--`` ends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from converters.commands.idioms.peeling import Kept
from converters.commands.shell.words import Word


class Grammar(NamedTuple):
    """``flags`` and ``valued`` are option letters; ``long`` maps long names (without ``--``) to a letter."""

    flags: str = ""
    valued: str = ""
    long: Mapping[str, str] = MappingProxyType({})


def read_options(words: Sequence[Word], grammar: Grammar, at: int = 1) -> tuple[dict[str, str], int]:
    """The options from ``words[at]`` on, by letter (a flag's value is empty), and the index of the first operand.

    Raises `Kept` on an option the grammar does not have, or one that a shell must expand first.
    """
    found: dict[str, str] = {}
    while at < len(words):
        value = words[at].value
        if value is None:
            if words[at].text.startswith("-"):
                raise Kept(f"its option `{words[at].text}` is known only when it runs")
            break
        if value == "--":
            return found, at + 1
        if not value.startswith("-") or value == "-":
            break
        read = _long if value.startswith("--") else _letters
        at = read(words, at, grammar, found)
    return found, at


def _long(words: Sequence[Word], at: int, grammar: Grammar, found: dict[str, str]) -> int:
    """``--name``, ``--name=value`` or ``--name value``; gives the index after it."""
    value = words[at].value or ""
    name, has_value, given = value[2:].partition("=")
    letter = grammar.long.get(name)
    if letter is None or (has_value and letter not in grammar.valued):
        raise Kept(f"its option `{value}` is not known")
    if letter in grammar.valued and not has_value:
        at += 1
        given = _argument(words, at, value)
    found[letter] = given
    return at + 1


def _letters(words: Sequence[Word], at: int, grammar: Grammar, found: dict[str, str]) -> int:
    """``-abc`` or ``-aVALUE`` or ``-a VALUE``; gives the index after it."""
    value = words[at].value or ""
    for index, letter in enumerate(value[1:], start=2):
        if letter in grammar.valued:
            if index == len(value):
                at += 1
                found[letter] = _argument(words, at, value)
            else:
                found[letter] = value[index:]
            break
        if letter not in grammar.flags:
            raise Kept(f"its option `-{letter}` is not known")
        found[letter] = ""
    return at + 1


def _argument(words: Sequence[Word], at: int, option: str) -> str:
    if at >= len(words):
        raise Kept(f"its option `{option}` has no value")
    value = words[at].value
    if value is None:
        raise Kept(f"the value of its option `{option}` is known only when it runs")
    return value


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration as ``timeout`` and ``sleep`` take it: a decimal number with ``s``, ``m``, ``h`` or ``d``."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("s", "m", "h", "d") else (text, "")
    if not number or not number.isascii() or number.strip("0123456789.") or number.count(".") > 1 or number == ".":
        raise Kept(f"`{text}` is no plain duration")
    return float(number) * _UNITS[unit]
