"""Shell text that asks for the date, as a small program: run with what ``date`` prints, it tells which job starts.

A value that only the host knows (a file, another program's status) is tried both ways: a job counts as started where some
answer lets it start. What depends on the date and is not modelled raises `Unknown`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from converters.schedules.date_output import Shell, Unknown
from converters.schedules.shell_arithmetic import ShellError
from converters.schedules.shell_patterns import BadPattern, glob
from converters.schedules.shell_words import (
    CLOCK,
    HOST,
    Command,
    Leave,
    Lookup,
    OnHost,
    Output,
    State,
    Word,
    pattern_of,
)


@dataclass(frozen=True, slots=True)
class Assign:
    """``NAME=WORD``: the status is that of the last substitution in it."""

    name: str
    word: Word

    def run(self, state: State) -> int:
        try:
            state.variables[self.name] = self.word.text(state)
        except OnHost:
            # A word only the host knows makes the variable unknown, not empty: a test of it must be tried both ways.
            state.variables.pop(self.name, None)
        # POSIX 2.9.1: without a command name the status is the last substitution's.
        return 0 if not any(isinstance(piece, Output) for piece in self.word.pieces) else HOST


@dataclass(frozen=True, slots=True)
class Forget:
    """A command that sets variables to what is not known: ``read``, ``eval``, ``.``."""

    names: tuple[str, ...]
    clock: bool

    def run(self, state: State) -> int:
        for name in self.names:
            # `read` or `. file` may set any of them; a later test of one is no test of the date.
            state.variables.pop(name, None)
            state.unknown[name] = self.clock
        return HOST


@dataclass(frozen=True, slots=True)
class Status:
    """``true``, ``false``, and what always ends so."""

    status: int

    def run(self, state: State) -> int:
        return self.status


@dataclass(frozen=True, slots=True)
class Exit:
    """``exit``: the job is over."""

    def run(self, state: State) -> int:
        # The status of a job that ends early says nothing about whether work started.
        raise Leave(0)


@dataclass(frozen=True, slots=True)
class Job:
    """A command that does the work. ``clock`` says that it reads the clock itself, so that its status may depend on it."""

    number: int
    clock: bool = False

    def run(self, state: State) -> int:
        state.started.add(self.number)
        return CLOCK if self.clock else HOST


@dataclass(frozen=True, slots=True)
class Question:
    """A command that only asks: its status is the host's, or made of the clock; ``said``: so is its output, which is read."""

    clock: bool = False
    said: bool = False

    def run(self, state: State) -> int:
        if self.said:
            # A program that reads the clock by itself (a script, python) is no date of ours.
            raise Unknown("another program reads the clock") if self.clock else OnHost("another program's output")
        return CLOCK if self.clock else HOST


# Lists and blocks


@dataclass(frozen=True, slots=True)
class Not:
    """``! COMMAND``."""

    command: Command

    def run(self, state: State) -> int:
        return int(state.settled(run_one(self.command, state)) == 0)


def run_one(command: Command, state: State) -> int:
    """A command's status; one whose words only the host knows has a status that only the host knows."""
    try:
        return command.run(state)
    except OnHost:
        return HOST


@dataclass(frozen=True, slots=True)
class Chain:
    """``FIRST && SECOND || ..``, from the left."""

    first: Command
    rest: tuple[tuple[str, Command], ...]

    def run(self, state: State) -> int:
        status = run_one(self.first, state)
        for operator, command in self.rest:
            status = state.settled(status)
            # `A && B || C`: C runs also where B fails (no if-else), so the status is followed on from the left.
            if (status == 0) == (operator == "&&"):
                status = run_one(command, state)
        return status


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other."""

    commands: tuple[Command, ...]

    def run(self, state: State) -> int:
        # POSIX: a list of which nothing ran ends with 0.
        status = 0
        for command in self.commands:
            status = run_one(command, state)
        return status


@dataclass(frozen=True, slots=True)
class If:
    """``if``, ``elif``, ``else``."""

    branches: tuple[tuple[Command, Command], ...]
    otherwise: Command | None = None

    def run(self, state: State) -> int:
        for condition, body in self.branches:
            if state.settled(run_one(condition, state)) == 0:
                return run_one(body, state)
        return run_one(self.otherwise, state) if self.otherwise is not None else 0


@dataclass(frozen=True, slots=True)
class Case:
    """``case WORD in PATTERN|PATTERN) BODY;; .. esac``."""

    subject: Word
    items: tuple[tuple[tuple[Word, ...], Command], ...]
    otherwise: Command | None = None

    def run(self, state: State) -> int:
        subject = self.subject.text(state)
        for patterns, body in self.items:
            if any(self._matches(pattern, subject, state) for pattern in patterns):
                return run_one(body, state)
        return run_one(self.otherwise, state) if self.otherwise is not None else 0

    @staticmethod
    def _matches(pattern: Word, subject: str, state: State) -> bool:
        try:
            return glob(pattern_of(pattern, state)).fullmatch(subject)
        except BadPattern:
            # A range that runs backwards (`[9-0]`) matches nothing.
            return False


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( BODY )``: variables and an error stay inside."""

    body: Command

    def run(self, state: State) -> int:
        kept = dict(state.variables)
        try:
            return self.body.run(state)
        except (ShellError, Leave) as end:
            # An error ends the subshell only; the list outside goes on with its status.
            return end.status
        finally:
            state.variables = kept


def started(
    program: Command, shell: Shell, lookup: Lookup, known: tuple[tuple[str, str], ...] = (), *, mended: bool = False
) -> frozenset[int]:
    """Which jobs some answer of the host lets start. Raises `Unknown`, and what ``lookup`` raises."""
    found: set[int] = set()
    waiting: list[tuple[bool, ...]] = [()]
    while waiting:
        answers = waiting.pop()
        state = State(shell, lookup, mended, answers, variables=dict(known))
        with suppress(ShellError, Leave):
            run_one(program, state)
        found |= state.started
        # Each question was answered with yes beyond the given answers; the other ways are tried too.
        # Depth first over the questions of one run, so no combination is tried twice.
        waiting += [(*answers, *([True] * n), False) for n in range(state.asked - len(answers))]
    return frozenset(found)


def succeeds(program: Command, shell: Shell, lookup: Lookup, *, mended: bool = False) -> bool:
    """Whether a test that asks nobody but ``date`` succeeds. Raises `Unknown` where it asks the host."""
    state = State(shell, lookup, mended)
    try:
        status = program.run(state)
    except ShellError:
        return False
    except (OnHost, Leave):
        raise Unknown("it asks the host") from None
    # A negative status stands for one that the host or the clock decides (HOST, CLOCK).
    if state.asked or status < 0 or state.started:
        raise Unknown("it asks the host")
    return status == 0
