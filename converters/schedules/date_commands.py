"""The commands that a test of the date is made of: ``date``, ``test``, ``[[ ]]``, ``(( ))``, ``grep``, ``xargs``, filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from converters.schedules.date_output import (
    DAY_VALUES,
    Moved,
    Refused,
    Shell,
    Unknown,
    Userland,
    freebsd_moved,
    gnu_moved,
    rendered,
)
from converters.schedules.shell_arithmetic import ShellError, arithmetic
from converters.schedules.shell_patterns import BadPattern, glob, grep
from converters.schedules.shell_tests import binary, compared, test_status
from converters.schedules.shell_words import Command, Leave, Output, State, Text, Word, fields_of, pattern_of

_LONGEST_FOR_WORDS = 100
"""Letters of a line that ``grep -w`` is followed on: every stretch of it is tried."""


@dataclass(frozen=True, slots=True)
class Date:
    """``date``. ``spec`` is GNU's ``-d``, ``adjustments`` FreeBSD's ``-v``; ``refused`` says why this ``date`` takes it not;
    ``plain`` that no format was given."""

    shape: Word
    userland: Userland
    zone: str | None = None
    spec: Word | None = None
    adjustments: tuple[str, ...] = ()
    refused: str = ""
    named: bool = True
    plain: bool = False

    def run(self, state: State) -> int:
        if self.refused:
            return 1
        try:
            moved = self._moved(state)
            shape = self.shape.text(state)
            state.out.append(rendered(shape, self._get(state, moved), self.userland, named=self.named) + "\n")
        except Refused:
            return 1
        return 0

    def _moved(self, state: State) -> Moved:
        def today(letter: str) -> int:
            return state.lookup(letter, 0, self.zone)

        if self.spec is not None:
            return gnu_moved(self.spec.text(state), today)
        return freebsd_moved(self.adjustments, today) if self.adjustments else Moved()

    def _get(self, state: State, moved: Moved) -> Callable[[str], int]:
        def get(letter: str) -> int:
            if moved.day is not None and letter in DAY_VALUES:
                return DAY_VALUES[letter](moved.day)
            # `%s` of a moved day depends on the clock changes between, in a zone that is not known yet.
            if letter == "s" and (moved.day is not None or moved.shift):
                raise Unknown("seconds of another day")
            # GNU date gives an absolute date the time 00:00; only relative items keep the time of day.
            if moved.midnight:
                return 0
            return state.lookup(letter, moved.shift, self.zone)

        return get


@dataclass(frozen=True, slots=True)
class Test:
    """``[ WORDS ]`` and ``test WORDS``."""

    words: tuple[Word, ...]

    def run(self, state: State) -> int:
        return test_status(fields_of(self.words, state), state.shell, state.ask)


@dataclass(frozen=True, slots=True)
class DoubleTest:
    """``[[ A OP B ]]``: words are not split, ``==`` takes a pattern, numbers are arithmetic. dash has no such command."""

    first: Word
    operator: str
    second: Word | None

    def run(self, state: State) -> int:
        # dash looks for a program named `[[`: 127, so `||` and `else` take over.
        if state.shell == "dash":
            return 127
        if self.second is None:
            text = self.first.text(state)
            # `[[ word ]]` alone is `-n`.
            return int(bool(text) != (self.operator != "-z"))
        # bash computes the operands of -eq and its kin as arithmetic: `08` is an error there, `[ 08 -eq 8 ]` is not.
        if self.operator.startswith("-") and state.shell == "bash":
            return self._numbers(state)
        first, second = self.first.text(state), self.second.text(state)
        if self.operator in ("=", "==", "!="):
            if state.shell == "ash" and set(second) & set("*?[\\"):
                raise Unknown("[[ ]] with a pattern")
            return int(bool(glob(pattern_of(self.second, state)).fullmatch(first)) == (self.operator == "!="))
        if self.operator == "=~":
            if state.shell == "ash" or any(not isinstance(piece, Text) for piece in self.second.pieces):
                raise Unknown("=~")
            return int(not _searched(second, first, extended=True))
        if not binary(state.shell, self.operator):
            raise Unknown(self.operator)
        return test_status([first, self.operator, second], state.shell, state.ask)

    def _numbers(self, state: State) -> int:
        try:
            values = [
                str(arithmetic(word.text(state), "bash", state.variable, mended=state.mended))
                for word in (self.first, self.second)
                if word is not None
            ]
        except ShellError:
            return 1
        return int(not compared(values[0], self.operator, values[1], state.ask))


@dataclass(frozen=True, slots=True)
class ArithmeticTest:
    """``((BODY))``: bash's; elsewhere a command of that name in two shells, which is not found."""

    body: Word

    def run(self, state: State) -> int:
        # dash reads `((` as a subshell in a subshell: `3 > 2` inside it makes a file named 2.
        if state.shell != "bash":
            return 127
        try:
            return int(not arithmetic(self.body.text(state), "bash", state.variable, mended=state.mended))
        except ShellError:
            return 1


@dataclass(frozen=True, slots=True)
class Echo:
    """``echo WORDS``."""

    words: tuple[Word, ...]

    def run(self, state: State) -> int:
        words = fields_of(self.words, state)
        # Only a first word of exactly `-n` is an option in dash, bash and BusyBox alike; `-e` is printed by dash.
        newline = words[:1] != ["-n"]
        # dash's echo expands backslashes, bash's and BusyBox's do not.
        if (words and words[0].startswith("-") and newline) or any("\\" in word for word in words):
            raise Unknown("echo")
        state.out.append(" ".join(words if newline else words[1:]) + ("\n" if newline else ""))
        return 0


@dataclass(frozen=True, slots=True)
class Grep:
    """``SOURCE | grep -q PATTERN``."""

    source: Command
    pattern: str
    extended: bool = False
    fixed: bool = False
    whole: bool = False
    words: bool = False
    blind: bool = False
    inverted: bool = False
    gnu: bool = True

    def run(self, state: State) -> int:
        held, state.out = state.out, []
        kept = dict(state.variables)
        try:
            self.source.run(state)
        except (ShellError, Leave):
            # A pipe's part is a subshell: what it assigns or how it exits stays inside.
            pass
        finally:
            text, state.out, state.variables = "".join(state.out), held, kept
        # grep takes a last line without newline as a line; an empty input has none.
        lines = text.split("\n")[:-1] if text.endswith("\n") else [text] if text else []
        try:
            found = any(self._matches(line) != self.inverted for line in lines)
        except BadPattern:
            # grep ends with 2 for a pattern it cannot read, which `!` and `||` take as "not found".
            return 2
        return int(not found)

    def _matches(self, line: str) -> bool:
        # -i folds by the locale beyond ASCII.
        if self.blind and not line.isascii():
            raise Unknown(line)
        pattern = self.pattern.lower() if self.blind else self.pattern
        line = line.lower() if self.blind else line
        if self.fixed:
            # -F: no character is special; the expression engine below still needs them escaped.
            pattern = "".join("\\" + char if not char.isalnum() and char != " " else char for char in pattern)
        compiled = grep(pattern, extended=self.extended or self.fixed, gnu=self.gnu)
        if self.whole:
            return compiled.fullmatch(line)
        if not self.words:
            return compiled.search(line)
        # -w tries every stretch: quadratic in the line's length.
        if len(line) > _LONGEST_FOR_WORDS:
            raise Unknown(pattern)
        return any(
            compiled.fullmatch(line, start, end)
            for start in range(len(line) + 1)
            for end in range(start, len(line) + 1)
            if end > start and not _inside_word(line, start) and not _inside_word(line, end)
        )


def _inside_word(line: str, at: int) -> bool:
    """Whether a word goes on over this place: a match may not begin or end here."""
    return 0 < at < len(line) and all(char.isalnum() or char == "_" for char in line[at - 1 : at + 1])


def _searched(pattern: str, text: str, *, extended: bool) -> bool:
    try:
        # bash's =~ is an extended expression of the C library.
        return grep(pattern, extended=extended, gnu=True).search(text)
    except BadPattern:
        return False


@dataclass(frozen=True, slots=True)
class Silent:
    """A command whose output goes nowhere."""

    command: Command

    def run(self, state: State) -> int:
        held, state.out = state.out, []
        try:
            return self.command.run(state)
        finally:
            state.out = held


def output_of(command: Command, state: State) -> str:
    """What a command prints in a shell of its own."""
    return Output(command, quoted=True).text(state)


@dataclass(frozen=True, slots=True)
class Xargs:
    """``SOURCE | xargs test WORDS``: what is printed becomes further words."""

    source: Command
    words: tuple[str, ...]
    shell: Shell

    @staticmethod
    def of(source: Command, words: list[str], userland: Userland) -> Xargs | None:
        # BSD's xargs runs nothing for empty input, GNU's and BusyBox's run the command once.
        if words[:1] != ["test"] or userland not in ("gnu", "busybox"):
            return None
        # xargs starts the program `test`, never a shell's builtin: GNU coreutils reads its words as bash does by
        # their number.
        return Xargs(source, tuple(words[1:]), "bash" if userland == "gnu" else "ash")

    def run(self, state: State) -> int:
        printed = output_of(self.source, state)
        if set(printed) & set("'\"\\"):
            raise Unknown("quotes for xargs")
        status = test_status([*self.words, *printed.split()], self.shell, state.ask)
        # xargs(1): 123 if any run of the command ended with 1 to 125.
        return 123 if status else 0


@dataclass(frozen=True, slots=True)
class Filter:
    """``SOURCE | bc``, ``| sed 's/^0*//'``, ``| tr -d ' '``: what it prints instead."""

    source: Command
    kind: str

    @staticmethod
    def of(source: Command, words: list[str]) -> Filter | None:
        kind = _FILTERS.get(" ".join(words))
        return Filter(source, kind) if kind else None

    def run(self, state: State) -> int:
        printed = output_of(self.source, state)
        if "\n" in printed:
            raise Unknown("several lines")
        if not printed:
            return 0
        state.out.append(self._line(printed) + "\n")
        return 0

    def _line(self, line: str) -> str:
        if self.kind == "bc":
            if set(line) - set("0123456789 +-*/%()"):
                raise Unknown("bc")
            try:
                # bc is decimal: `08 % 2` is no octal there.
                return str(arithmetic(line, "bash", lambda _: "", mended=True))
            except ShellError:
                raise Unknown("bc") from None
        if self.kind == "zero":
            # `sed s/^0//` takes one zero: 00 becomes 0.
            return line.removeprefix("0")
        return line.lstrip("0") if self.kind == "zeros" else line.replace(" ", "")


_FILTERS = {
    "bc": "bc",
    "sed s/^0//": "zero",
    "sed s/^0*//": "zeros",
    "tr -d  ": "blanks",
}
