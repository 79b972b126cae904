"""A command as it runs on its host: what a test of the host decides is decided, in whatever form it stands, and said.

`decide` gives the text that is left: a test that holds is gone, a branch that never runs is gone with it. A test that the
host's files do not answer stays, and is a question. Nothing else of the text changes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from converters.commands.host_commands import HostShell, chosen, holds, shell_of, value_of
from converters.commands.host_tests import IDENTITY, MAY_ASK, asks_host, inner_text, works
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.syntax import Compound, Pipeline, Script, Statement
from converters.commands.shell.words import Simple, Unreadable
from converters.hosts.asking import Asked, search_path
from converters.hosts.facts import NOBODY_LOOKED, Host
from converters.schedules.date_output import DEBIAN, Shell, World

_SHELLS: Mapping[str, tuple[Shell, ...]] = {"bash": ("bash",), "dash": ("dash",), "ash": ("ash",), "busybox": ("ash",)}
_SHOWN = 80
_ODD = re.compile(r"\s==\s|\[\[\s")


class Test(NamedTuple):
    """A test of the host in the text: whether it holds (``None``: nobody knows), and why: what it rests on, or what lacks."""

    text: str
    holds: bool | None
    why: str


class Decision(NamedTuple):
    """``text`` is what runs on the host; ``never`` says that nothing of it does. ``wanted`` are paths that would tell more."""

    text: str
    tests: tuple[Test, ...] = ()
    never: bool = False
    wanted: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Test, ...]:
        return tuple(one for one in self.tests if one.holds is None)

    @property
    def decided(self) -> tuple[Test, ...]:
        return tuple(one for one in self.tests if one.holds is not None)


def decide(
    command: str,
    host: Host = NOBODY_LOOKED,
    *,
    user: str | None = None,
    variables: Mapping[str, str] | None = None,
    world: World = DEBIAN,
) -> Decision:
    """The command as it runs on ``host``. Pure; never raises. ``variables`` are the table's, HOME and LOGNAME among them."""
    known = dict(variables or {})
    if not MAY_ASK.search(command):
        return Decision(command)
    asked = Asked(host, user, search_path(known))
    shells = _shells(known.get("SHELL", "/bin/sh"), host, world)
    reducer = _Reducer(command, shell_of(shells, world, asked, known))
    try:
        script = parse(command)
        out = reducer.script(script)
    except (Unparsable, Unreadable, RecursionError):
        return Decision(command)
    worked = any(works(one) for one in script.commands())
    never = reducer.decided() > 0 and not out.work and (worked or not out.text.strip())
    changed = reducer.decided() > 0 and not never
    return Decision(out.text if changed else command, tuple(reducer.tests), never, tuple(asked.wanted))


def _shells(shell: str, host: Host, world: World) -> tuple[Shell, ...]:
    name = shell.rpartition("/")[2]
    if name != "sh":
        return _SHELLS.get(name, ())
    return _SHELLS.get(host.sh or "", world.sh)


class _Out(NamedTuple):
    """A part of the text as it runs on the host: ``work`` where something of it may do work, ``leaves`` where it surely ends
    the shell, ``constant`` its status where nothing of it is left; ``single`` where it is one pipeline."""

    text: str
    work: bool = False
    leaves: bool = False
    constant: bool | None = None
    single: bool = True


@dataclass(slots=True)
class _Chain:
    """``&&`` and ``||`` from the left, as far as they are left; ``status`` is that of the text so far where it is known."""

    pieces: list[str] = field(default_factory=list)
    status: bool | None = None
    kept: list[_Out] = field(default_factory=list)
    leaves: bool = False

    def skips(self, operator: str) -> bool:
        return self.status is not None and self.status != (operator == "&&")

    def add(self, operator: str, out: _Out) -> None:
        sure = not operator or self.status is not None
        self.leaves |= out.leaves and sure
        if out.constant is None:
            self.pieces += [f" {operator} "] if self.kept else []
            self.kept.append(out)
            self.pieces.append(out.text)
            self.status = None
        elif not self.kept:
            self.status = out.constant
        elif sure or (operator == "&&") != out.constant:
            # What stands before it decides whether it is asked, so its answer stays in its place.
            word = "true" if out.constant else "false"
            self.pieces.append(f" {operator} {word}")
            self.status = out.constant

    def out(self) -> _Out:
        if not self.kept:
            return _Out("", constant=self.status)
        work = any(one.work for one in self.kept)
        if len(self.pieces) == 1:
            return self.kept[0]._replace(leaves=self.leaves)
        shown = [_grouped(one) for one in self.kept]
        pieces = iter(shown)
        texts = [next(pieces) if any(piece is one.text for one in self.kept) else piece for piece in self.pieces]
        return _Out("".join(texts), work, self.leaves)


class _Reducer:
    """Walks the tree; what is decided is left out of the text that is put together again."""

    def __init__(self, text: str, shell: HostShell) -> None:
        self.text = text
        self.shell = shell
        self.tests: list[Test] = []

    def decided(self) -> int:
        return sum(one.holds is not None for one in self.tests)

    # --- lists

    def script(self, script: Script, *, asks: bool = False) -> _Out:
        """The statements of a body, up to where it surely ends. ``asks``: its status is asked for."""
        pieces, count, work, leaves = [self.text[script.start : self._begin(script)]], 0, False, False
        constant: bool | None = None
        ended = ""
        for number, statement in enumerate(script.statements):
            last = number + 1 == len(script.statements)
            out = self.statement(statement, asks=asks and last)
            constant = out.constant
            if constant is None:
                following = script.end if last else script.statements[number + 1].start
                behind = "" if out.leaves else self.text[statement.end : following]
                shown = _grouped(out) if statement.terminator == "&" else out.text
                pieces += [shown, behind]
                ended = statement.terminator
                count += 1 if out.single else 2
            work |= out.work
            leaves = out.leaves
            if leaves:
                break
            self.remember(statement)
        if not count:
            return _Out("", leaves=leaves, constant=True if constant is None else constant)
        if constant is not None and asks:
            pieces.append(" true" if constant else " false")  # the last, whose answer is asked for, is gone
        elif constant is not None and ended in (";", "\n"):
            pieces[-1] = ""  # it stood between this statement and one that is gone
        return _Out("".join(pieces), work, leaves, single=count < 2)

    @staticmethod
    def _begin(script: Script) -> int:
        return script.statements[0].start if script.statements else script.end

    def remember(self, statement: Statement) -> None:
        """``H=$(hostname)``: what later tests read. What may set anything makes all unknown."""
        plain = len(statement.pipelines) == 1 and statement.terminator != "&"
        for simple in _simples(statement):
            if simple.name in (".", "source", "eval", "read"):
                self.shell.variables.clear()
            assigned = [one.word.text for one in simple.assignments] if not simple.words else []
            if simple.name in ("export", "readonly", "local", "declare"):
                assigned = [word.text for word in simple.words[1:] if "=" in word.text]
            for source in assigned:
                self.assign(*source.partition("=")[::2], plain=plain)

    def assign(self, name: str, source: str, *, plain: bool) -> None:
        """``NAME=VALUE``, with the facts that the value rests on."""
        used = self.shell.asked.used
        used.clear()
        self.shell.told(source)
        known = value_of(self.shell, source) if plain else None
        self.shell.variables.pop(name, None)
        self.shell.sources.pop(name, None)
        if known is not None:
            self.shell.variables[name] = known
        if used or IDENTITY.search(source):
            self.shell.sources[name] = tuple(used)
        used.clear()

    def statement(self, statement: Statement, *, asks: bool) -> _Out:
        """What is decided on either side of ``&&`` and ``||`` goes."""
        before, chain = self.decided(), _Chain()
        last = len(statement.pipelines) - 1
        for index, pipeline in enumerate(statement.pipelines):
            operator = statement.operators[index - 1] if index else ""
            if not chain.skips(operator):
                chain.add(operator, self.pipeline(pipeline, asks=asks or index < last))
                if chain.leaves:
                    break
        out = chain.out()
        if self.decided() == before and out.constant is None:
            return out._replace(text=self.text[statement.start : statement.end])
        return out

    # --- pipelines

    def pipeline(self, pipeline: Pipeline, *, asks: bool) -> _Out:
        text = self.text[pipeline.start : pipeline.end]
        only = pipeline.commands[0] if len(pipeline.commands) == 1 else None
        if isinstance(only, Compound) and not only.test and not pipeline.negated:
            return self.compound(only, asks=asks)
        if isinstance(only, Simple) and only.name == "exit" and not pipeline.negated:
            return _Out(text, leaves=True)
        known = holds(self.shell, self.text, pipeline)
        if known is not None:
            why = self._why(self.shell.asked.used)
            odd = _ODD.search(text) if self.shell.shells == ("dash",) and not known else None
            self.tests.append(Test(text, known, f"{why}, and dash has no `{odd[0].strip()}`" if odd else why))
            return _Out("", constant=known)
        why = self._why(self.shell.asked.lacking)
        if asks and (asks_host(pipeline, text) or self.named(text)):
            if all(one.text != text for one in self.tests):
                self.tests.append(Test(text, None, why))
            return _Out(text)
        opened = self.opened(only, asks=asks) if isinstance(only, Simple) else None
        return opened or _Out(text, work=any(works(one) for one in pipeline.commands))

    def named(self, text: str) -> bool:
        """Whether a text reads a variable that says which host it is."""
        return any(re.search(rf"\$\{{?{name}\b", text) for name in self.shell.sources)

    @staticmethod
    def _why(facts: dict[str, None]) -> str:
        """The clauses, once; the next test begins anew."""
        found = ", ".join(list(facts)[:2])
        facts.clear()
        return found

    def opened(self, simple: Simple, *, asks: bool) -> _Out | None:
        """``flock f sh -c 'TEXT'``: a shell of this host reads that text too."""
        at = inner_text(simple)
        if at is None:
            return None
        word, names = simple.words[at], [(one.value or "").rpartition("/")[2] for one in simple.words[:at]]
        inner = _Reducer(word.value or "", self.shell.copy())
        inner.shell.shells = next((_SHELLS[name] for name in reversed(names) if name in _SHELLS), inner.shell.shells)
        if {"sudo", "su", "runuser"} & set(names):
            inner.shell.asked = replace(inner.shell.asked, user=None)
        try:
            out = inner.script(parse(inner.text), asks=asks)
        except (Unparsable, Unreadable):
            return None
        self.tests += inner.tests
        if not inner.decided():
            return None
        if not out.work:
            return _Out("", constant=True if out.constant is None else out.constant)
        front, behind = self.text[simple.start : word.start], self.text[word.end : simple.end]
        return _Out(front + shlex.quote(out.text.strip()) + behind, work=True)

    # --- blocks

    def compound(self, block: Compound, *, asks: bool) -> _Out:
        if block.kind in ("subshell", "group"):
            return self.group(block, asks=asks)
        if block.kind in ("if", "branches"):
            return self.branches(block, asks=asks)
        if block.kind == "case":
            return self.case(block, asks=asks)
        text = self.text[block.start : block.end]
        if IDENTITY.search(text) and re.search(r"\[|\bcase\b|\bgrep\b", text):
            self.tests.append(Test(text if len(text) < _SHOWN else text[:_SHOWN] + "..", None, ""))
        return _Out(self.text[block.start : block.end], work=True)

    def group(self, block: Compound, *, asks: bool) -> _Out:
        outer, before = self.shell, self.decided()
        if block.kind == "subshell":
            self.shell = outer.copy()
        body = block.bodies[0]
        out = self.script(body, asks=asks)
        self.shell = outer
        leaves = out.leaves and block.kind == "group"
        if self.decided() == before:
            return _Out(self.text[block.start : block.end], out.work, leaves)
        if out.constant is not None:
            return _Out("", leaves=leaves, constant=out.constant)
        front, behind = self.text[block.start : body.start], self.text[body.end : block.end]
        inside = f" {_closed(out.text)}" if block.kind == "group" else out.text
        return _Out(front + inside + behind, out.work, leaves)

    def branches(self, block: Compound, *, asks: bool) -> _Out:
        """``if``, ``elif``, ``else``: what is decided not to run goes, what is decided to run ends it."""
        before, bodies = self.decided(), block.bodies
        pairs = list(zip(bodies[::2], bodies[1::2], strict=False))
        last: Script | None = bodies[-1] if len(bodies) % 2 else None
        kept: list[tuple[_Out, _Out]] = []
        for condition, body in pairs:
            asked = self.script(condition, asks=True)
            if asked.constant is True:
                last = body
                break
            if asked.constant is None:
                kept.append((asked, self.script(body, asks=asks)))
        else:
            last = bodies[-1] if len(bodies) % 2 else None
        otherwise = self.script(last, asks=asks) if last is not None else _Out("", constant=True)
        work = otherwise.work or any(test.work or out.work for test, out in kept)
        if self.decided() == before:
            return _Out(self.text[block.start : block.end], work)
        behind = "".join(f" {self.text[one.start : one.end]}" for one in block.redirects)
        if not kept:
            return self._alone(otherwise, behind)
        texts = [
            f"{'elif' if index else 'if'} {_closed(test.text)}then {_body(out)}"
            for index, (test, out) in enumerate(kept)
        ]
        tail = f"else {_body(otherwise)}" if otherwise.constant is None or not otherwise.constant else ""
        return _Out("".join(texts) + tail + "fi" + behind, work)

    @staticmethod
    def _alone(out: _Out, behind: str) -> _Out:
        """The one branch that runs, without its block."""
        if out.constant is not None or not behind:
            text = out.text.strip()
            return out._replace(text=text[:-1].rstrip() if text.endswith(";") and not text.endswith(r"\;") else text)
        return _Out(f"{{ {_closed(out.text)}}}{behind}", out.work, out.leaves)

    def case(self, block: Compound, *, asks: bool) -> _Out:
        subject = f"case {block.subject.text if block.subject else ''} in"
        index = chosen(self.shell, block)
        behind = "".join(f" {self.text[one.start : one.end]}" for one in block.redirects)
        if index is not None:
            self.tests.append(Test(subject, index >= 0, self._why(self.shell.asked.used)))
            return self._alone(
                self.script(block.bodies[index], asks=asks) if index >= 0 else _Out("", constant=True), behind
            )
        why = self._why(self.shell.asked.lacking)
        if IDENTITY.search(subject) or self.named(subject):
            self.tests.append(Test(subject, None, why))
        before, text, at, work = self.decided(), [], block.start, False
        for body in block.bodies:
            out = self.script(body, asks=asks)
            work |= out.work
            inside = f" {_body(out)}"
            text += [self.text[at : body.start], inside]
            at = body.end
        if self.decided() == before:
            return _Out(self.text[block.start : block.end], work)
        return _Out("".join([*text, self.text[at : block.end]]), work)


def _grouped(out: _Out) -> str:
    return out.text if out.single else f"{{ {_closed(out.text)}}}"


def _body(out: _Out) -> str:
    return _closed(out.text) if out.text.strip() else "false; " if out.constant is False else ":; "


def _closed(text: str) -> str:
    """A list with its end, so that a reserved word may follow."""
    text = text.strip()
    return f"{text} " if text.endswith(("&", ";")) and not text.endswith((r"\;", r"\&")) else f"{text}; "


def _simples(statement: Statement) -> Iterator[Simple]:
    for pipeline in statement.pipelines:
        for command in pipeline.commands:
            if isinstance(command, Simple):
                yield command
