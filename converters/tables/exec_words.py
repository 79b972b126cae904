"""A command line of systemd (``ExecStart=``) -> the words of its programs, as systemd makes them: without a shell.

By ``extract-word.c`` (quotes and C escapes), ``config_parse_exec`` of ``load-fragment.c`` (prefixes, ``;``) and
``replace_env_argv`` of ``env-util.c`` (``$NAME`` as a word, ``${NAME}`` anywhere). Tests hold it against libsystemd's own code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from converters.tables.units import expanded

_BLANKS = " \t\n\r"
_PLAIN = {
    **{"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11},
    **{"\\": 92, '"': 34, "'": 39, "s": 32},
}
_CODED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_BRACED = re.compile(r"\$\{([A-Za-z0-9_]*)")
_PREFIXES = re.compile(r"[-@:+!|]*")


class ExecError(ValueError):
    """systemd refuses the line: why, as a clause."""


class Piece(NamedTuple):
    """A part of a word: ``text``; ``value`` of a variable as it is; or ``split``, a whole word that becomes as many words as
    its value has."""

    kind: Literal["text", "value", "split"]
    text: str


Word = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """One program with its arguments. ``ignores``: its failure is none (``-``); ``privileged``: it does not run as the unit's
    user (``+``, ``!``); ``called`` is the name that it is given instead of its own (``@``); ``unknown`` are specifiers that
    stay in its words."""

    words: tuple[Word, ...]
    ignores: bool = False
    privileged: bool = False
    called: str | None = None
    unknown: tuple[str, ...] = ()


def commands(line: str, known: Mapping[str, str]) -> tuple[Command, ...]:
    """The programs of one line; ``known`` are the unit's specifiers. Raises `ExecError`."""
    found, rest = [], line
    while rest.strip(_BLANKS):
        words, rest = _until_semicolon(rest)
        if words:
            found.append(_command(words, known))
    return tuple(found)


def _until_semicolon(text: str) -> tuple[list[str], str]:
    words: list[str] = []
    while True:
        text = text.lstrip(_BLANKS)
        if not text:
            return words, ""
        # Only a semicolon that stands alone parts two commands, and only behind a word; `\;` is one that is handed on.
        if words and text[0] == ";" and text[1:2] in ("", *_BLANKS):
            return words, text[1:]
        if text[:2] == "\\;" and text[2:3] in ("", *_BLANKS):
            words.append(";")
            text = text[2:]
            continue
        word, text = first_word(text)
        words.append(word)


def _command(words: list[str], known: Mapping[str, str]) -> Command:
    first = words[0]
    signs = _PREFIXES.match(first)
    prefix = signs[0] if signs is not None else ""
    program = first[len(prefix) :]
    rest = words[1:]
    if not program:
        raise ExecError("no program is named")
    called = None
    if "@" in prefix:
        if not rest:
            raise ExecError("`@` wants the name that the program is given")
        called, rest = rest[0], rest[1:]
    unknown: list[str] = []

    def said(text: str) -> str:
        value, open_ones = expanded(text, known)
        unknown.extend(open_ones)
        return value

    made: list[Word] = [(Piece("text", said(program)),)]
    made += [_word(said(one), expand=":" not in prefix) for one in rest]
    privileged = "+" in prefix or "!" in prefix
    name = said(called) if called is not None else None
    return Command(tuple(made), "-" in prefix, privileged, name, tuple(dict.fromkeys(unknown)))


def _word(text: str, *, expand: bool) -> Word:
    """One argument with its variables."""
    if not expand or "$" not in text:
        return (Piece("text", text),)
    # Asked for as a whole word: split, and gone where it is not set.
    if text[0] == "$" and text[1:2] not in ("{", "$"):
        return (Piece("split", text[1:]),)
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    """replace_env: ``${NAME}`` is a variable, ``$$`` a dollar sign, any other ``$`` itself."""
    held, at = "", 0
    while at < len(text):
        found = _BRACED.match(text, at)
        if text.startswith("$$", at):
            held, at = held + "$", at + 2
        elif found is None:
            held, at = held + text[at], at + 1
        elif text[found.end() : found.end() + 1] == "}":
            if held:
                yield Piece("text", held)
            yield Piece("value", found[1])
            held, at = "", found.end() + 1
        else:
            # A sign that no name holds ends it, and begins nothing itself: `${A:-x}` stays as it is.
            end = found.end() + 1
            held, at = held + text[at:end], end
    if held:
        yield Piece("text", held)


def first_word(text: str) -> tuple[str, str]:
    """The first word, without its quotes and escapes, and what stands behind it. Raises `ExecError`."""
    try:
        return _first_word(text, relaxed=False)
    except ExecError:
        # extract_first_word_and_warn tries again, and leaves the escapes that it does not know as they are.
        return _first_word(text, relaxed=True)


def _first_word(text: str, *, relaxed: bool) -> tuple[str, str]:
    found, quote, at = bytearray(), "", 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            more, at = _escaped(text, at + 1, relaxed=relaxed)
            found += more
            continue
        at += 1
        if quote:
            if sign == quote:
                quote = ""
                continue
        elif sign in "'\"":
            quote = sign
            continue
        elif sign in _BLANKS:
            return _text(found), text[at:]
        found += sign.encode("utf-8", "surrogateescape")
    if quote:
        raise ExecError("a quote is not closed")
    return _text(found), ""


def _escaped(text: str, at: int, *, relaxed: bool) -> tuple[bytes, int]:
    """The bytes of an escape whose backslash stands before ``at``, and where it ends."""
    sign = text[at : at + 1]
    if not sign:
        if relaxed:
            return b"\\", at
        raise ExecError("it ends with a backslash")
    if sign in _PLAIN:
        return bytes([_PLAIN[sign]]), at + 1
    coded = _CODED.match(text, at)
    if coded is not None:
        byte, *points, octal = coded.groups()
        number = int(byte or points[0] or points[1] or octal, 8 if octal else 16)
        # cunescape_one: no NUL, no number beyond a byte in octal; half a surrogate pair it writes as it is.
        if 0 < number <= (0xFF if byte or octal else 0x10FFFF):
            value = bytes([number]) if byte or octal else chr(number).encode("utf-8", "surrogatepass")
            return value, coded.end()
    if relaxed:
        return b"\\" + sign.encode("utf-8", "surrogateescape"), at + 1
    raise ExecError(f"`\\{sign}` is no escape")


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "surrogateescape")


def words_of(text: str) -> list[str]:
    """All words of a value that is a list (``Environment=``). Raises `ExecError`."""
    found = []
    while text := text.lstrip(_BLANKS):
        word, text = first_word(text)
        found.append(word)
    return found
