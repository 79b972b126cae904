"""Programs of a unit as text for a shell that does exactly what systemd does without one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from converters.tables.exec_words import Command, ExecError, Piece, Word, words_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a shell makes something of in a value that stands without quotes, and systemd does not; or the other way round.
_READ_OTHERWISE = re.compile(r"[*?\[\\'\"]")


def quoted(text: str) -> str:
    """A word as a shell reads it back: bare where nothing in it means anything to a shell."""
    return shlex.quote(text)


def text_of(command: Command, variables: Mapping[str, str]) -> str:
    """One command; ``variables`` are those whose value is known for sure."""
    words = [one for word in command.words for one in _shell_words(word, variables)]
    # `A=1` is a program for systemd, and an assignment for a shell.
    if "=" in words[0] and not words[0].startswith("'"):
        words[0] = f"'{words[0]}'"
    return " ".join(words)


def _shell_words(word: Word, variables: Mapping[str, str]) -> Iterator[str]:
    if word[:1] and word[0].kind == "split":
        yield from _split(word[0].text, variables)
        return
    yield "".join(_shell(piece) for piece in word) or "''"


def _shell(piece: Piece) -> str:
    if piece.kind == "text":
        return quoted(piece.text)
    # A name that no shell can ask for is never set.
    return f'"${{{piece.text}}}"' if _NAME.fullmatch(piece.text) else ""


def _split(name: str, variables: Mapping[str, str]) -> Iterator[str]:
    """``$NAME``: as many words as the value has, in the quoting of systemd, where a shell would also look for files."""
    if not _NAME.fullmatch(name):
        return
    value = variables.get(name)
    words = None
    if value is not None and _READ_OTHERWISE.search(value):
        try:
            words = words_of(value)
        except ExecError:
            words = None
    if words is None:
        yield f"${name}"
    elif words == [value]:
        yield f'"${name}"'
    else:
        yield from map(quoted, words)


def is_split_by_shell(commands: Sequence[Command], variables: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that a shell splits by itself, without their value being known: it looks for files by them, too."""
    names = [word[0].text for one in commands for word in one.words if word and word[0].kind == "split"]
    return tuple(dict.fromkeys(name for name in names if name not in variables and _NAME.fullmatch(name)))


def joined(commands: Sequence[Command], variables: Mapping[str, str], directory: str | None = None) -> str:
    """Commands one after the other, each only where those before it went well, in their directory."""
    parts = [] if directory is None else [f"cd {directory}"]
    for one in commands:
        text = text_of(one, variables)
        parts.append(f"{{ {text} || true; }}" if one.ignores else text)
    if len(commands) == 1 and commands[0].ignores and len(parts) == 1:
        return f"{text_of(commands[0], variables)} || true"
    return " && ".join(parts)
