"""Commands that ask for the host, as programs that can be run on its facts: beside the reader of tests of the date, whose
words, tests, chains and patterns they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from converters.commands.idioms.date_conditions import Reader
from converters.commands.shell.syntax import Command as Parsed
from converters.commands.shell.syntax import Compound, Pipeline
from converters.commands.shell.words import Simple, Unreadable
from converters.hosts.asking import Asked
from converters.schedules import date_commands as ask
from converters.schedules import date_programs as program
from converters.schedules.date_guards import NotADate
from converters.schedules.date_output import Shell, Unknown, World
from converters.schedules.date_programs import run_one
from converters.schedules.shell_arithmetic import ShellError
from converters.schedules.shell_words import CLOCK, HOST, Command, Leave, OnHost, State, Text, Word

_LISTED = re.compile(r"-(?:n ?)?1")
_CUT = re.compile(r"cut -(?:c|b) ?([1-9]\d?)(?:-([1-9]\d?))?")
_MOST_WAYS = 64


@dataclass(slots=True)
class HostState(State):
    """A run that asks the host's files first; what they do not tell is tried both ways."""

    asked_host: Asked | None = None

    def ask(self, *question: str) -> bool:
        known = None
        if self.asked_host is not None and len(question) == 2:
            known = self.asked_host.file(*question)
        return State.ask(self) if known is None else known


@dataclass(frozen=True, slots=True)
class Printed:
    """A command whose output the host's files tell."""

    text: str

    def run(self, state: State) -> int:
        state.out.append(self.text)
        return 0


@dataclass(frozen=True, slots=True)
class Shaped:
    """``SOURCE | cut -d. -f1``: what it prints, line by line in another shape."""

    source: Command
    shape: str

    def run(self, state: State) -> int:
        printed = ask.output_of(self.source, state).split("\n")
        lines = printed[:1] if self.shape == "head" else [self._line(one) for one in printed]
        state.out.append("\n".join(lines) + "\n")
        return 0

    def _line(self, line: str) -> str:
        if self.shape == "first":
            return line.partition(".")[0]
        if self.shape == "lower":
            return line.lower()
        first, _, last = self.shape.partition("-")
        return line[int(first) - 1 : int(last)]


_SHAPES = {
    "cut -d. -f1": "first",
    "cut -d . -f 1": "first",
    "cut -f1 -d.": "first",
    "awk -F. {print $1}": "first",
    "sed s/\\..*//": "first",
    "sed s/\\..*$//": "first",
    "tr A-Z a-z": "lower",
    "tr [A-Z] [a-z]": "lower",
    "tr [:upper:] [:lower:]": "lower",
}


class HostReader(Reader):
    """Reads what asks the host. ``asked`` answers, and keeps what the answers rest on."""

    def __init__(self, shells: tuple[Shell, ...], world: World, known: Mapping[str, str], asked: Asked) -> None:
        super().__init__(shells, world, known)
        self.asked = asked

    def clocked(self, text: str) -> bool:
        """All is read; what tells the time is not known here, like everything that no file tells."""
        return True

    def _filtered(self, source: Command, command: Parsed, said: bool) -> Command | None:
        if isinstance(command, Simple):
            words = " ".join(value or "\0" for value in command.values)
            shape = _SHAPES.get(words)
            if shape is None and command.name == "head" and _LISTED.fullmatch(words.partition(" ")[2]):
                shape = "head"
            if shape is None and (cut := _CUT.fullmatch(words)):
                shape = f"{cut[1]}-{cut[2] or cut[1]}"
            if shape is not None:
                return Shaped(source, shape)
        return super()._filtered(source, command, said)

    def _simple(self, text: str, simple: Simple, said: bool) -> Command:
        answer = _ANSWERS.get(simple.name or "")
        values = [value for value in simple.values if value is not None]
        if answer is not None and len(values) == len(simple.words) and not simple.assignments:
            found = answer(self, simple, values[1:])
            if found is not None:
                return self._printing(simple, found)
            return program.Question(clock=False, said=said)
        if not simple.words and said and simple.redirects:
            return self._inside_of(simple)
        return super()._simple(text, simple, said)

    def _inside_of(self, simple: Simple) -> Command:
        """``$(< FILE)``, bash's own ``cat``."""
        only = simple.redirects[0]
        text = self.asked.text(only.target.value) if only.operator == "<" and only.target.value else None
        return Printed(text) if text is not None and self.shells == ("bash",) else program.Question(said=True)

    def _compared(self, words: list[str]) -> Command:
        if len(words) == 2 and re.fullmatch(r"-[a-zA-Z]", words[0]) and words[0] not in ("-n", "-z"):
            if self.shells == ("dash",):
                return program.Status(127)
            return ask.Test((Word((Text(words[0]),)), self.word(words[1])))
        return super()._compared(words)

    # Commands that print or answer

    def hostname(self, simple: Simple, words: list[str]) -> Command | None:
        if any(not word.startswith("-") for word in words):
            return None
        return _line(self.asked.name(tuple(words)))

    def uname(self, simple: Simple, words: list[str]) -> Command | None:
        if words in (["-n"], ["--nodename"]):
            return _line(self.asked.name())
        if words in ([], ["-s"]) and self.asked.host.os is not None:
            self.asked.used["this host runs Linux"] = None
            return _line("Linux")
        self.asked.lacking["the host's kernel"] = None
        return None

    def hostnamectl(self, simple: Simple, words: list[str]) -> Command | None:
        plain = [word for word in words if word != "--static"]
        return _line(self.asked.name()) if plain in (["hostname"], []) and words else None

    def whoami(self, simple: Simple, words: list[str]) -> Command | None:
        return _line(self.asked.who()) if not words else None

    def id(self, simple: Simple, words: list[str]) -> Command | None:
        options = "".join(sorted("".join(word[1:] for word in words if word.startswith("-"))))
        names = [word for word in words if not word.startswith("-")]
        if names and options in ("", "u"):
            there = self.asked.has_user(names[0])
            return None if there is None else self._numbered(names[0], there, printed=options == "u")
        if names or options not in ("u", "nu"):
            return None
        return _line(self.asked.number() if options == "u" else self.asked.who())

    def _numbered(self, name: str, there: bool, *, printed: bool) -> Command:
        number = _line(self.asked.number(name)) if there and printed else None
        return number or program.Status(int(not there))

    def getent(self, simple: Simple, words: list[str]) -> Command | None:
        if len(words) != 2 or words[0] != "passwd" or words[1].isdecimal():
            self.asked.lacking["what the host's name service says"] = None
            return None
        return _status(self.asked.has_user(words[1]))

    def cat(self, simple: Simple, words: list[str]) -> Command | None:
        text = self.asked.text(words[0]) if len(words) == 1 and words[0].startswith("/") else None
        return Printed(text) if text is not None else None

    def head(self, simple: Simple, words: list[str]) -> Command | None:
        text = self.asked.text(words[-1]) if words and _LISTED.fullmatch(" ".join(words[:-1])) else None
        return Shaped(Printed(text), "head") if text is not None else None

    def grep(self, simple: Simple, words: list[str]) -> Command | None:
        """``grep -q PATTERN FILE``."""
        if len(words) < 2 or not words[-1].startswith("/"):
            return None
        text = self.asked.text(words[-1])
        if text is None:
            return None
        without = Simple(simple.start, simple.end, [], simple.words[:-1], simple.redirects)
        return self._grep(Printed(text), without)

    def which(self, simple: Simple, words: list[str]) -> Command | None:
        plain = [word for word in words if not word.startswith("-")]
        return _status(self.asked.program(plain[0])) if len(plain) == 1 else None

    def command_v(self, simple: Simple, words: list[str]) -> Command | None:
        return self.which(simple, words) if words[:1] in (["-v"], ["-V"]) else None


_Answer = Callable[[HostReader, Simple, list[str]], Command | None]
_ANSWERS: Mapping[str, _Answer] = {
    "hostname": HostReader.hostname,
    "uname": HostReader.uname,
    "hostnamectl": HostReader.hostnamectl,
    "whoami": HostReader.whoami,
    "id": HostReader.id,
    "getent": HostReader.getent,
    "cat": HostReader.cat,
    "head": HostReader.head,
    **dict.fromkeys(("grep", "egrep", "fgrep"), HostReader.grep),
    **dict.fromkeys(("which", "type", "hash"), HostReader.which),
    "command": HostReader.command_v,
}


def _line(text: str | None) -> Command | None:
    return None if text is None else Printed(text + "\n")


def _status(known: bool | None) -> Command | None:
    return None if known is None else program.Status(int(not known))


# --- running them


@dataclass(slots=True)
class HostShell:
    """What the host's shell knows between two commands of one text: ``variables``, and in ``sources`` the facts of the host
    that some of them come from (none where the variable asks for the host and nobody knows)."""

    shells: tuple[Shell, ...]
    world: World
    asked: Asked
    variables: dict[str, str] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def copy(self) -> HostShell:
        return replace(self, variables=dict(self.variables), sources=dict(self.sources))

    def told(self, text: str) -> None:
        """Notes what the variables of a text rest on: ``sources`` has the facts that gave them their values."""
        for name, facts in self.sources.items():
            if re.search(rf"\$\{{?{name}\b", text):
                self.asked.used.update(dict.fromkeys(facts))


def holds(shell: HostShell, text: str, pipeline: Pipeline) -> bool | None:
    """Whether a test holds on the host: only where facts of the host decide it, in every shell that may read it."""
    shell.asked.used.clear()
    shell.asked.lacking.clear()
    shell.told(text[pipeline.start : pipeline.end])
    try:
        reader = HostReader(shell.shells, shell.world, shell.variables, shell.asked)
        answers = _ways(shell, reader.pipeline(text, pipeline)) if shell.shells else set()
        found = answers.pop() if len(answers) == 1 and shell.asked.used else None
    except (Unreadable, NotADate):
        found = None
    return found


def chosen(shell: HostShell, block: Compound) -> int | None:
    """Which item of a ``case`` the host comes to: its number, -1 for none of them, ``None`` where nobody knows."""
    shell.asked.used.clear()
    shell.told(block.subject.text if block.subject else "")
    reader = HostReader(shell.shells, shell.world, shell.variables, shell.asked)
    for index in range(len(block.bodies)):
        try:
            answers = _ways(shell, reader.chosen(block, index)) if shell.shells else {None}
        except (Unreadable, NotADate):
            return None
        if answers == {True}:
            return index if shell.asked.used else None
        if answers != {False}:
            return None
    return -1 if shell.asked.used and block.bodies else None


def _ways(shell: HostShell, command: Command) -> set[bool | None]:
    """What the command says for every answer to what is not known."""
    found: set[bool | None] = set()
    for name in shell.shells:
        waiting: list[tuple[bool, ...]] = [()]
        tried = 0
        while waiting and tried < _MOST_WAYS:
            answers, tried = waiting.pop(), tried + 1
            state = _state(shell, name, answers)
            found.add(_status_of(command, state))
            waiting += [(*answers, *([True] * n), False) for n in range(state.asked - len(answers))]
        if waiting or None in found:
            return {None}
    return found


def _status_of(command: Command, state: HostState) -> bool | None:
    try:
        status = run_one(command, state)
    except (Unknown, OnHost, Leave, ShellError):
        return None
    return None if status in (HOST, CLOCK) or state.started else status == 0


def _state(shell: HostShell, name: Shell, answers: tuple[bool, ...]) -> HostState:
    state = HostState(name, _no_date, False, answers, asked_host=shell.asked)
    state.variables = dict(shell.variables)
    return state


def shell_of(shells: tuple[Shell, ...], world: World, asked: Asked, variables: Mapping[str, str]) -> HostShell:
    """A shell at its start, with the variables of the table. bash sets HOSTNAME by itself (bash(1), Shell Variables); dash
    does not, nor does cron, so there it is empty."""
    made = HostShell(shells, world, asked, dict(variables))
    if "HOSTNAME" not in made.variables and shells in (("bash",), ("dash",)):
        known = asked.host.hostname if shells == ("bash",) else "" if asked.host.sh == "dash" else None
        if known is not None:
            made.variables["HOSTNAME"] = known
            made.sources["HOSTNAME"] = (
                (f"this host is {known}",) if known else ("/bin/sh is dash, which sets no HOSTNAME",)
            )
    return made


def _no_date(letter: str, shift: int, zone: str | None) -> int:
    raise Unknown("the date matters")


def value_of(shell: HostShell, source: str) -> str | None:
    """The value of a word on the host, the same in every shell that may read it."""
    try:
        reader = HostReader(shell.shells, shell.world, shell.variables, shell.asked)
        word = reader.word(source)
        values = {word.text(_state(shell, name, ())) for name in shell.shells}
    except (Unreadable, NotADate, Unknown, OnHost, Leave, ShellError):
        return None
    return values.pop() if len(values) == 1 else None
