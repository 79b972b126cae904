"""Locks that a text makes by itself: ``mkdir L && JOB``, ``[ -f P.pid ] || JOB``, ``kill -0 $(cat P.pid)``, a name such as
``x.lock`` that is handed to a program.

In a container each run has files and processes of its own: such a lock is always free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from converters.commands.idioms.peeling import Peeling
from converters.commands.shell.syntax import Compound, Script, Statement
from converters.commands.shell.words import Simple

_NAMED = re.compile(
    r"(?:^|/)(?:var/lock|run/lock|locks?)/[^/]+$|[._\-](?:lock|lck|pid|running|lockfile)$|/(?:lock|lockfile|running)$"
    r"|^\$\{?\w*(?:lock|pidfile)\w*\}?$",
    re.I,
)
_TESTS = frozenset({"[", "test", "[["})
_NOCLOBBER = frozenset({"-C", "noclobber", "-eC", "-Ce"})
_MAKES = frozenset({"mkdir", "ln"})
_PLAIN = frozenset({"touch", "echo", "cat", "kill", "mkdir", "ln", "ls", "find", "chmod", "chown", ".", "trap"})
_REMOVES = frozenset({"rm", "rmdir", "unlink"})
LOCK_TOOLS = frozenset(
    [
        *(
            "flock",
            "setlock",
            "lockf",
            "lockrun",
            "runlock",
            "dotlockfile",
            "lockfile",
            "with-lock-ex",
            "lckdo",
            "run-one",
        ),
        *("run-with-lockfile", "run-with-lockfile.sh", "solo", "shlock", "lockfile-create"),
    ]
)
"""Tools of locks are told by their own names."""


def is_lock_file(path: str) -> bool:
    """Whether a path is a lock or a pid file by its name."""
    return _NAMED.search(path) is not None


def note_own_locks(peeling: Peeling) -> None:
    """Say of each such lock that it guards nothing any more."""
    for shown in dict.fromkeys(locks_of(peeling.script)):
        peeling.find(
            "C411",
            f"`{shown}` keeps two runs apart on one host; in a container, where every run has files of its own, it is always "
            "free. Write `lock:` in ecs.yml if one run at a time is meant.",
        )


def locks_of(script: Script) -> Iterator[str]:
    """Each such lock of a text, as it stands there."""
    simple = list(script.simple_commands())
    removed = {word.text for one in simple if one.name in _REMOVES for word in one.words[1:]}
    asked = {id(one) for one in _asked(script)}
    # `set -C`: `>` makes a file or fails, at one stroke (POSIX, XCU 2.7.2).
    exclusive = any(one.name == "set" and _NOCLOBBER & {word.text for word in one.words} for one in simple)
    for one in simple:
        if exclusive:
            targets = (redirect.target.text for redirect in one.redirects if redirect.operator == ">")
            yield from (f"> {target}" for target in targets if is_lock_file(target))
        texts = [word.text for word in one.words[1:]]
        words = [text.strip("\"'") for text in texts]
        shown = " ".join([one.name or one.words[0].text, *texts]) if one.words else ""
        if one.name in _TESTS:
            if id(one) in asked and asks_lock(words):
                yield shown
        elif (one.name in _MAKES and id(one) in asked and (set(texts) & removed or any(map(is_lock_file, words)))) or (
            one.name == "kill" and words[:1] == ["-0"] and not {"$$", "$!"} & set(words)
        ):
            yield shown
        elif one.words and one.name not in LOCK_TOOLS | _REMOVES | _PLAIN:
            yield from (f"{one.name or one.words[0].text} .. {word}" for word in words if _is_handed(word))


def is_asked(script: Script, one: Simple) -> bool:
    """Whether the rest runs or not by what the command answers."""
    return any(asked is one for asked in _asked(script))


def asks_lock(words: Sequence[str]) -> bool:
    """Whether the words of a test ask for a file that is a lock by its name."""
    return bool(set(words) & {"-f", "-e", "-d", "-r", "-s", "-L"}) and any(map(is_lock_file, words))


def _is_handed(word: str) -> bool:
    """A lock file as an argument of a wrapper, alone or behind ``--lock=``."""
    path = word.partition("=")[2] if word.startswith("-") else word
    return "/" in path and re.search(r"(?:/var/lock|/run/lock)/[^/]+$|\.(?:lock|lck)$", path) is not None


def _asked(script: Script) -> Iterator[Simple]:
    """The commands whose failure, or whose success, keeps the rest from running: before ``||`` or ``&& exit``, in ``if``."""
    for statement in script.statements:
        yield from _of_statement(statement)


def _of_statement(statement: Statement) -> Iterator[Simple]:
    for at, pipeline in enumerate(statement.pipelines):
        only = pipeline.commands[0]
        if isinstance(only, Simple) and at < len(statement.operators) and keeps_apart(statement, at):
            yield only
        for command in pipeline.commands:
            if isinstance(command, Compound):
                if command.kind in ("if", "branches"):
                    pipelines = [pipe for asked in command.bodies[0].statements for pipe in asked.pipelines]
                    yield from (pipe.commands[0] for pipe in pipelines if isinstance(pipe.commands[0], Simple))
                for body in command.bodies:
                    yield from _asked(body)


def keeps_apart(statement: Statement, at: int) -> bool:
    """``[ -f L ] || JOB``, ``[ -f L ] && exit``, ``[ ! -f L ] && JOB``, ``mkdir L && JOB``; where the job wants the file to be
    there (``[ -f P ] && kill``), it is another question."""
    pipeline, following = statement.pipelines[at], statement.pipelines[at + 1].simple
    simple = pipeline.simple
    if simple is None or statement.operators[at] == "||" or pipeline.negated or simple.name in _MAKES:
        return simple is not None
    leaves = following is not None and following.name in ("exit", "return")
    return leaves or "!" in simple.values
