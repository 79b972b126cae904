"""``exec`` before the last command of a shell's text, so that SIGTERM reaches the job and not only the shell.

ECS stops a task by SIGTERM to its first process. dash never replaces itself by its last command, bash only in some forms;
as process 1 the shell ignores the signal, and the job is killed half a minute later in the middle of its work. With
``exec`` the job is that process. For a job without a handler an init goes with it (``linuxParameters``): as process 1 it
would ignore SIGTERM too. Each alone is wrong for one of the two kinds of job; measured with dash, bash and BusyBox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from converters.commands.idioms.peeling import BUILTINS
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.program_names import SHELLS
from converters.commands.shell.syntax import Compound, Script
from converters.commands.shell.words import Simple

# What the shell still has to do at its end, or words that may be no programs: a trap on EXIT never runs after exec, and
# what `.` and `eval` read may set one, or define a function of the command's name (nvm and rvm do).
_KEPT = frozenset({"trap", ".", "source", "eval", "alias", "shopt", "jobs", "coproc"})
# Both forms of a definition; a function is no program, so exec does not find it.
_DEFINES = re.compile(r"\(\s*\)|(?:^|[\s;&|({])function\s")
# Builtins where dash, bash or BusyBox has them, beside those that all have: as programs they may be others, or missing.
_OWN = BUILTINS | {"[[", "((", "command", "printf", "echo", "kill", "ulimit", "chdir", "logger", "let", "wait", "time"}


class HandedOver(NamedTuple):
    """A shell's text; ``whole`` says that one of its commands takes the shell's place, so that an init is right."""

    text: str
    whole: bool


@lru_cache(maxsize=4096)
def hand_over(text: str, interpreter: tuple[str, ...], *, reads_file: bool = False) -> HandedOver:
    """``text`` with ``exec`` before each simple command that ends it, where nothing else changes by it; else ``text``.

    ``interpreter`` is what reads the text; ``reads_file`` says that it reads a file first (bash's ``BASH_ENV``).
    """
    kept = HandedOver(text, False)
    if reads_file or interpreter[0].rpartition("/")[2] not in SHELLS or _DEFINES.search(text):
        return kept
    try:
        script = parse(text)
    except Unparsable:
        return kept
    if any(simple.name in _KEPT for simple in script.simple_commands()) or _goes_on(script):
        return kept
    last = list(_last(script))
    for simple in sorted(last, key=lambda simple: simple.start, reverse=True):
        if _is_program(simple):
            at = simple.words[0].start
            text = f"{text[:at]}exec {text[at:]}"
    return HandedOver(text, any(_is_program(simple) or _is_exec(simple) for simple in last))


def _goes_on(script: Script) -> bool:
    """Whether a command runs beside the shell: the job would be the parent of a child that it does not know."""
    if any(statement.terminator == "&" for statement in script.statements):
        return True
    inner = (body for command in script.commands() if isinstance(command, Compound) for body in command.bodies)
    return any(statement.terminator == "&" for body in inner for statement in body.statements)


def _last(script: Script) -> Iterator[Simple]:
    """The simple commands that may be the last. An ``&&`` or ``||`` before one changes nothing: if it is reached, nothing
    follows, and if not, the shell ends as it always did. A subshell or a pipe is a child of the shell, whatever it runs."""
    if not script.statements:
        return
    last = script.statements[-1].pipelines[-1]
    if last.negated or len(last.commands) != 1:
        return
    command = last.commands[0]
    if isinstance(command, Simple):
        yield command
    elif command.kind in ("group", "case"):
        for body in command.bodies:
            yield from _last(body)
    elif command.kind == "if":
        yield from _last(command.bodies[1])  # the first is the condition


def _is_exec(simple: Simple) -> bool:
    return simple.name == "exec" and len(simple.words) > 1


def _is_program(simple: Simple) -> bool:
    """Whether the shell would look it up as a program: by a plain name, or by a path whose beginning is a variable."""
    if not simple.words or any(">(" in word.text or "<(" in word.text for word in simple.words):
        return False
    first = simple.words[0]
    if first.value is None:
        plain = all(kind != "other" for kind, _ in first.parts)
        return plain and any(kind == "text" and "/" in content for kind, content in first.parts)
    return bool(first.value) and first.value not in _OWN and not first.value.startswith("-")
