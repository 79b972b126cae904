"""Shell text -> a program that asks for the date: ``[ ]``, ``[[ ]]``, ``(( ))``, ``expr``, ``case``, ``if``, ``| grep -q``.

Everything is read, also what is not modelled: a command that works is a job, one whose output is read and that does not read
the clock is the host's, one that does read it makes the outcome unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from converters.commands.idioms.clocks import date_command, is_interpreter, reads_clock
from converters.commands.idioms.date_words import word_of
from converters.commands.idioms.peeling import Peeling
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.syntax import Command as Parsed
from converters.commands.shell.syntax import Compound, Pipeline, Script, Statement
from converters.commands.shell.words import Redirect, Simple, Unreadable, read_word
from converters.schedules import date_commands as ask
from converters.schedules import date_programs as program
from converters.schedules.date_guards import NotADate
from converters.schedules.date_output import DEBIAN, Shell, Unknown, World
from converters.schedules.shell_expr import Expr
from converters.schedules.shell_words import Command, State, Word

_BASH_OPERATORS = frozenset({"=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_MAX_DEPTH = 12
_ASKING = frozenset({"grep", "egrep", "fgrep", "test", "[", "read", "cmp", "diff"})
_UNMATCHED = re.compile(r"\^?[\w.]*\[[\d-]+\][\w.]*")
_DECIDES = re.compile(r"\b(?:if|unless|and|or|exit|test)\b|&&|\|\||\?|\[ ")
_NAMES = re.compile(r"\^?[A-Z][a-z]{2}(?:\\?\|\^?[A-Z][a-z]{2})*")


@dataclass(frozen=True, slots=True)
class Unread:
    """What is not modelled; ``clock``: it may depend on the date."""

    clock: bool

    def run(self, state: State) -> int:
        if self.clock:
            raise Unknown("it is not modelled")
        return program.Job(0).run(state)


class Reader:
    """Reads one text. ``jobs`` are the texts of the commands that do the work, by number; ``conditions`` those that ask for
    the date; ``odd`` what only bash knows; ``refused`` what this ``date`` does not take."""

    def __init__(
        self, shells: tuple[Shell, ...], world: World = DEBIAN, known: Mapping[str, str] | None = None
    ) -> None:
        self.shells, self.world, self.known = shells, world, dict(known or {})
        self.jobs: list[str] = []
        self.conditions: list[str] = []
        self.odd: list[str] = []
        self.refused: list[str] = []
        self.clocks: set[str] = set()
        self.depth = 0
        self.zone = self.known.get("TZ")

    # Scripts

    def script(self, script: Script, *, said: bool = False) -> Command:
        """The program of a body; ``said``: its output is read, so its commands are no jobs."""
        return program.Sequence(tuple(self.statement(script.text, one, said) for one in script.statements))

    def statement(self, text: str, statement: Statement, said: bool) -> Command:
        decided = [self.pipeline(text, pipeline, said) for pipeline in statement.pipelines]
        for pipeline in statement.pipelines[: len(statement.operators)]:
            self._note(text[pipeline.start : pipeline.end])
        found = decided[0]
        if statement.operators:
            found = program.Chain(found, tuple(zip(statement.operators, decided[1:], strict=True)))
        return program.Subshell(found) if statement.terminator == "&" else found

    def _note(self, text: str) -> None:
        """Remember a text whose status or value decides, where it reads the clock."""
        if self.clocked(text) and text not in self.conditions:
            self.conditions.append(text)

    def clocked(self, text: str) -> bool:
        """Whether a text reads the clock, or a variable that was made of it."""
        return reads_clock(text) or any(
            re.search(rf"\$\{{?{name}\b|\b{name}\b(?=.*\)\))", text) for name in self.clocks
        )

    def pipeline(self, text: str, pipeline: Pipeline, said: bool = False) -> Command:
        if len(pipeline.commands) == 1:
            found = self.command(text, pipeline.commands[0], said)
        else:
            found = self._piped(text, pipeline, said)
        return program.Not(found) if pipeline.negated else found

    def _piped(self, text: str, pipeline: Pipeline, said: bool) -> Command:
        source, *filters = pipeline.commands
        span = text[pipeline.start : pipeline.end]
        if not self.clocked(span):
            return program.Question(clock=False, said=True) if said else self.job(span)
        found = self.command(text, source, said=True)
        for one in filters:
            made = self._filtered(found, one, said)
            if made is None:
                if said:
                    return program.Question(clock=True, said=True)
                last = filters[-1]
                asks = not isinstance(last, Simple) or is_interpreter(last) or (last.name or "") in _ASKING
                return program.Question(clock=True) if asks else self.job(span)
            found = made
        return found

    def _filtered(self, source: Command, command: Parsed, said: bool) -> Command | None:
        if not isinstance(command, Simple) or command.assignments:
            return None
        if command.name in ("grep", "egrep", "fgrep"):
            return None if said else self._grep(source, command)
        values = [value for value in command.values if value is not None]
        if len(values) != len(command.words) or command.redirects:
            return None
        if values[0] == "xargs" and not said:
            return ask.Xargs.of(source, values[1:], self.world.date)
        return ask.Filter.of(source, values) if said else None

    def _grep(self, source: Command, grep: Simple) -> Command | None:
        options = [value or "" for value in grep.values[1:-1]]
        pattern = grep.values[-1]
        if pattern is None and _UNMATCHED.fullmatch(grep.words[-1].text):
            pattern = grep.words[-1].text  # no file has such a name, so the shell leaves it as it is
        quiet = any("q" in option for option in options) or _silent(grep.redirects)
        letters = "".join(options).replace("-", "")
        if pattern is None or len(grep.words) < 2 or set(letters) - set("qEeFxwivs") or pattern.startswith("-"):
            return None
        if any(not option.startswith("-") or option.startswith("--") for option in options) or options[-1:] == ["--"]:
            return None
        if not quiet or "\n" in pattern or ("e" in letters and not letters.endswith("e")):
            return None
        if isinstance(source, ask.Date) and source.plain and _NAMES.fullmatch(pattern) and "x" not in letters:
            source = replace(source, shape=self.word("'%a %b'"))  # names stand in no other part of the line
        return ask.Grep(
            source,
            pattern,
            extended="E" in letters or grep.name == "egrep",
            fixed="F" in letters or grep.name == "fgrep",
            whole="x" in letters,
            words="w" in letters,
            blind="i" in letters,
            inverted="v" in letters,
            gnu=self.world.date == "gnu",
        )

    # Commands

    def job(self, text: str, *, clock: bool = False) -> Command:
        self.jobs.append(text)
        return program.Job(len(self.jobs), clock)

    def command(self, text: str, command: Parsed, said: bool) -> Command:
        if isinstance(command, Compound):
            return self._compound(text, command, said)
        try:
            return self._simple(text, command, said)
        except Unreadable:
            return Unread(self.clocked(text[command.start : command.end]))

    def _simple(self, text: str, simple: Simple, said: bool) -> Command:
        if not simple.words:
            return program.Sequence(tuple(self._assign(one.name, one.word.text) for one in simple.assignments))
        read = _COMMANDS.get(simple.name or "")
        if read is not None and (said or simple.name != "echo"):
            return read(self, simple)
        span = text[simple.start : simple.end]
        clock = self.clocked(span)
        if simple.name in _ENVIRONMENT and not said:
            return Unread(clock)
        if said:
            return program.Question(clock, said=True)
        if clock and is_interpreter(simple) and _DECIDES.search(span):
            self._note(span)  # a program of its own, which may do nothing on some dates
            return Unread(clock=True)
        return self.job(span, clock=clock and is_interpreter(simple))

    def _words(self, simple: Simple) -> tuple[Word, ...]:
        return tuple(self.word(one.text) for one in simple.words[1:])

    def expr(self, simple: Simple) -> Command:
        return self._printing(simple, Expr(self._words(simple)))

    def echo(self, simple: Simple) -> Command:
        return self._printing(simple, ask.Echo(self._words(simple)))

    def set(self, simple: Simple) -> Command:
        return Unread(
            clock=any("e" in word.text for word in simple.words[1:])
        )  # -e: every false test would end the job

    def _printing(self, simple: Simple, command: Command) -> Command:
        """A command whose output goes to a file prints nothing."""
        away = any(one.operator in (">", ">>", "&>") and one.fd in (None, 1) for one in simple.redirects)
        return ask.Silent(command) if away else command

    def test(self, simple: Simple) -> Command:
        words = simple.words[1:]
        if simple.name == "[":
            if not words or words[-1].value != "]":
                return program.Status(2)
            words = words[:-1]
        self._odd("==", any(one.value == "==" for one in words) and "dash" in self.shells)
        return ask.Test(tuple(self.word(one.text) for one in words))

    def _odd(self, name: str, found: bool) -> None:
        if found:
            self.odd.append(name)

    def word(self, text: str, *, quoted: bool = False) -> Word:
        self._odd("10#", "dash" in self.shells and "10#" in text)
        return word_of(text, self.inside, self.shells, quoted=quoted)

    def inside(self, text: str) -> Command:
        """The program of a substitution."""
        if self.depth > _MAX_DEPTH:
            return Unread(clock=True)
        self.depth += 1
        try:
            return self.script(parse(text), said=True)
        except Unparsable:
            return program.Question(self.clocked(text), said=True)
        finally:
            self.depth -= 1

    def _assign(self, name: str, text: str) -> Command:
        value = text.partition("=")[2]
        if self.clocked(value):
            self.clocks.add(name)
        if name in ("TZ", "IFS") or name.startswith(("LC_", "LANG")):
            return Unread(clock=name in ("TZ", "IFS"))
        return program.Assign(name, self.word(value))

    def exported(self, simple: Simple) -> Command:
        found: list[Command] = []
        for word in simple.words[1:]:
            name, sign, _ = word.text.partition("=")
            if name == "TZ" and sign and word.value is not None and self.depth == 0:
                self.zone = word.value.partition("=")[2]
            elif sign and re.fullmatch(r"[A-Za-z_]\w*", name):
                found.append(self._assign(name, word.text))
        return program.Sequence(tuple(found))

    def date(self, simple: Simple) -> Command:
        zone, named = self.zone, True
        for one in simple.assignments:
            if one.name == "TZ":
                if one.value is None:
                    return program.Question(clock=True, said=True)
                zone = one.value
            elif one.name.startswith(("LC_", "LANG")):
                named = (one.value or "x") in ("C", "POSIX") or (one.value or "").startswith(("C.", "en_"))
        for name in ("LC_ALL", "LC_TIME", "LANG"):
            if name in self.known and not any(one.name.startswith("LC_") for one in simple.assignments):
                named = named and self.known[name].startswith(("C", "POSIX", "en_"))
                break
        made = date_command(simple.words[1:], self.word, self.world.date, zone, named=named)
        if made is None:
            return program.Question(clock=True, said=True)
        if made.refused:
            self.refused.append(made.refused)
        return self._printing(simple, made)

    # Blocks

    def _compound(self, text: str, block: Compound, said: bool) -> Command:
        if block.kind == "subshell":
            return program.Subshell(self.script(block.bodies[0], said=said))
        if block.kind == "group":
            return self.script(block.bodies[0], said=said)
        if block.kind in ("if", "branches"):
            return self._if(block, said)
        return self._case(block, said) if block.kind == "case" else self._closed(text[block.start : block.end])

    def _closed(self, span: str) -> Command:
        """``[[ ]]``, ``(( ))``, loops and functions."""
        try:
            if span.startswith("((") and span.endswith("))"):
                self._odd("(( ))", self.shells != ("bash",))
                return ask.ArithmeticTest(self.word(span[2:-2], quoted=True))
            if span.startswith("[[ ") and span.endswith("]]"):
                self._odd("[[ ]]", "dash" in self.shells)
                return self._double(span[2:-2])
        except (Unreadable, NotADate):
            return Unread(self.clocked(span))
        asks = re.search(r"\[|\btest\b|\bcase\b|\bif\b|\bwhile\b|\buntil\b|\(\(|&&|\|\|", span)
        if self.clocked(span) and asks:
            self._note(span)
            return Unread(clock=True)
        return self.job(span)

    def _if(self, block: Compound, said: bool) -> Command:
        bodies = [self.script(body, said=said) for body in block.bodies]
        for body in block.bodies[: len(block.bodies) // 2 * 2 : 2]:
            self._note(body.text[body.start : body.end].strip(" \t;\n"))
        pairs = tuple(zip(bodies[::2], bodies[1::2], strict=False))
        return program.If(pairs, bodies[-1] if len(bodies) % 2 else None)

    def _case(self, block: Compound, said: bool) -> Command:
        subject = block.subject
        if subject is None:
            return Unread(clock=True)
        self._note(f"case {subject.text} in")
        items = []
        for patterns, body in zip(block.patterns, block.bodies, strict=True):
            items.append((tuple(self.word(pattern) for pattern in patterns), self.script(body, said=said)))
        return program.Case(self.word(subject.text), tuple(items))

    def chosen(self, block: Compound, index: int) -> Command:
        """The condition that a ``case`` comes to its item of this number."""
        if block.subject is None:
            raise NotADate("no case")
        try:
            subject = self.word(block.subject.text)
            items = [tuple(self.word(pattern) for pattern in patterns) for patterns in block.patterns]
        except Unreadable:
            raise NotADate("a pattern") from None
        bodies = [program.Status(int(at != index)) for at in range(len(items))]
        return program.Case(subject, tuple(zip(items, bodies, strict=True)), program.Status(1))

    def _double(self, text: str) -> Command:
        """``[[ A OP B && C OP D ]]``; parentheses are not read."""
        words: list[str] = []
        at = 0
        while (at := at + len(text[at:]) - len(text[at:].lstrip())) < len(text):
            operator = re.compile(r"&&|\|\||[<>]|!(?=\s)").match(text, at)
            if operator is not None:
                words.append(operator[0])
                at = operator.end()
                continue
            word = read_word(text, at, len(text))
            if not word.text:
                raise NotADate("a bash test")
            words.append(word.text)
            at = word.end
        for joiner, other in (("||", "||"), ("&&", "&&")):
            if joiner in words:
                index = len(words) - 1 - words[::-1].index(joiner)
                first, second = self._compared(words[:index]), self._compared(words[index + 1 :])
                return program.Chain(first, ((other, second),))
        return self._compared(words)

    def _compared(self, words: list[str]) -> Command:
        if "||" in words or "&&" in words:
            joiner = "||" if "||" in words else "&&"
            index = len(words) - 1 - words[::-1].index(joiner)
            return program.Chain(self._compared(words[:index]), ((joiner, self._compared(words[index + 1 :])),))
        if words[:1] == ["!"]:
            return program.Not(self._compared(words[1:]))
        if len(words) == 3 and words[1] in _BASH_OPERATORS:
            return ask.DoubleTest(self.word(words[0]), words[1], self.word(words[2]))
        if len(words) == 2 and words[0] in ("-n", "-z"):
            return ask.DoubleTest(self.word(words[1]), words[0], None)
        if len(words) == 1:
            return ask.DoubleTest(self.word(words[0]), "-n", None)
        raise NotADate("a bash test")


_COMMANDS: Mapping[str, Callable[[Reader, Simple], Command]] = {
    "[": Reader.test,
    "test": Reader.test,
    "date": Reader.date,
    "expr": Reader.expr,
    "echo": Reader.echo,
    "set": Reader.set,
    **dict.fromkeys(("export", "readonly", "local", "declare", "typeset"), Reader.exported),
    **dict.fromkeys((":", "true"), lambda _reader, _simple: program.Status(0)),
    "false": lambda _reader, _simple: program.Status(1),
    "exit": lambda _reader, _simple: program.Exit(),
}
_ENVIRONMENT = frozenset({"eval", "read", "let", "trap", "unset", ".", "source"})
"""Commands that may set variables to what is not known here."""


def _silent(redirects: Sequence[Redirect]) -> bool:
    return any(
        one.target.value == "/dev/null" and one.operator in (">", "&>") and one.fd in (None, 1) for one in redirects
    )


_SHELLS: Mapping[str, tuple[Shell, ...]] = {"bash": ("bash",), "dash": ("dash",), "ash": ("ash",)}


def reader_of(peeling: Peeling) -> Reader:
    """A reader for the layer that is left: its shell, and whose programs it meets. Other shells are not read."""
    name = peeling.layers[-1].interpreter[0].rpartition("/")[2]
    return Reader(peeling.world.sh if name == "sh" else _SHELLS.get(name, ()), peeling.world, peeling.variables())
