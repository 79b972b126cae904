"""The state of a run of a program that asks for the date, and words as the shell expands and splits them there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from converters.schedules.date_output import Shell, Unknown
from converters.schedules.shell_arithmetic import ShellError, arithmetic

Leaf = tuple[str, int, str | None]
"""A base value (see ``date_output``), so many days on, in a zone (``None``: the job's own)."""
Lookup = Callable[[str, int, str | None], int]
_MAX_CHOICES = 6
# Below zero, as no exit status is: it takes 0 to 255.
HOST = -1  # a status that only the host knows
CLOCK = -2  # a status that another program makes of the clock


class OnHost(Exception):  # noqa: N818 - it is an outcome, not a mistake
    """A text that only the host knows, and that has nothing to do with the date."""


class Leave(Exception):  # noqa: N818 - it is an outcome, not a mistake
    """``exit``."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class State:
    """One run. ``answers`` are what the host says to each question, in turn; ``asked`` counts them."""

    shell: Shell
    lookup: Lookup
    mended: bool
    answers: tuple[bool, ...] = ()
    asked: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, bool] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    out: list[str] = field(default_factory=list)

    def ask(self, *_question: str) -> bool:
        """What the host says to a question; here nobody knows it, so the next of ``answers``."""
        self.asked += 1
        if self.asked > _MAX_CHOICES:
            # 64 ways are tried at most; beyond that it would be a guess.
            raise Unknown("too many questions to the host")
        return self.answers[self.asked - 1] if self.asked <= len(self.answers) else True

    def settled(self, status: int) -> int:
        """A status that something depends on."""
        if status == CLOCK:
            raise Unknown("another program reads the clock")
        return status if status != HOST else int(not self.ask())

    def variable(self, name: str) -> str:
        if name not in self.variables:
            # Unset in the table, it may still come from PAM or from the daemon's own environment.
            raise Unknown(name) if self.unknown.get(name) else OnHost(name)
        return self.variables[name]


class Command(Protocol):
    """Runs, and gives a status. Equal ones do the same."""

    def __hash__(self) -> int: ...

    def run(self, state: State) -> int: ...


# Words


class Piece(Protocol):
    """A part of a word. ``quoted`` ones are neither split nor matched against files."""

    @property
    def quoted(self) -> bool: ...

    def text(self, state: State) -> str: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text: never split, whether quoted or not."""

    content: str
    quoted: bool = True

    def text(self, state: State) -> str:
        return self.content


@dataclass(frozen=True, slots=True)
class Variable:
    """``$NAME``."""

    name: str
    quoted: bool

    def text(self, state: State) -> str:
        return state.variable(self.name)


@dataclass(frozen=True, slots=True)
class Output:
    """``$(BODY)``: a shell of its own, whose error is not the outer one's."""

    body: Command
    quoted: bool

    def text(self, state: State) -> str:
        # POSIX: an error in `$( )` ends only that subshell; the word goes on with what was printed.
        kept, held = state.variables, state.out
        state.variables, state.out = dict(kept), []
        try:
            self.body.run(state)
        except (ShellError, Leave):
            pass
        finally:
            # Command substitution removes all newlines at the end (POSIX 2.6.3).
            text = "".join(state.out).rstrip("\n")
            state.variables, state.out = kept, held
        return text


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((BODY))``."""

    body: Word
    quoted: bool

    def text(self, state: State) -> str:
        return str(arithmetic(self.body.text(state), state.shell, state.variable, mended=state.mended))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the text: none, one or several words for the program."""

    pieces: tuple[Piece, ...]

    def text(self, state: State) -> str:
        """Its value where words are not split: in assignments, ``case``, ``[[ ]]`` and arithmetic."""
        # POSIX 2.9.1 and 2.9.4.3: assignments and the word of `case` are not split.
        return "".join(piece.text(state) for piece in self.pieces)

    def fields(self, state: State) -> list[str]:
        found: list[str] = []
        current: str | None = None
        for piece in self.pieces:
            value = piece.text(state)
            if not piece.quoted and set(value) & set("*?["):
                # An unquoted value with a wildcard is matched against files: `[ $x = * ]` depends on the directory.
                raise OnHost(value)  # names of files
            if isinstance(piece, Text) or piece.quoted:
                current = (current or "") + value
                continue
            # IFS is blank, tab, newline; a table that sets IFS reaches no shell (dash and bash reset it at start).
            parts = value.split()
            # A blank at the value's begin ends the word before it: `a$x` with x=" b" is two words.
            if current is not None and (not parts or value[0].isspace()) and value:
                found.append(current)
                current = None
            for index, part in enumerate(parts):
                if index or current is None:
                    if current is not None:
                        found.append(current)
                    current = part
                else:
                    current += part
            if parts and value[-1].isspace() and current is not None:
                found.append(current)
                current = None
        return found if current is None else [*found, current]


def fields_of(words: tuple[Word, ...], state: State) -> list[str]:
    return [one for word in words for one in word.fields(state)]


def pattern_of(word: Word, state: State) -> str:
    """A pattern with what was quoted standing for itself."""
    return "".join(
        # POSIX 2.13.1: a quoted character of a pattern stands for itself.
        "".join("\\" + char for char in piece.text(state)) if piece.quoted else piece.text(state)
        for piece in word.pieces
    )
