"""Scripts that a command starts: read, never run. What they need of the host, and whether they lock themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from converters.commands.idioms import dependencies
from converters.commands.idioms.code import Language, language_of, locks_in, program_text
from converters.commands.idioms.own_locks import LOCK_TOOLS, is_asked, locks_of
from converters.commands.idioms.peeling import Layer, Peeling
from converters.commands.idioms.sourcing import filled_in, values_of, with_own_place
from converters.commands.idioms.wishes import Dependency, Lock
from converters.commands.shell.parse import Unparsable, parse

# The head that flock(1) itself recommends: the script runs itself again under a lock on its own file.
_OWN_HEAD = re.compile(r"""FLOCKER=["']?\$0["']?\s+flock\s+((?:-\w+\s+)*)["']?\$0["']?\s""")
# `exec 9>F` or a construct's `) 9>F`: a descriptor that flock takes by its number.
_DESCRIPTOR = re.compile(
    r"""(?:^[ \t]*exec|[)}]|\bdone)\s+(\d+)>{1,2}\s*["']?([$\w./{}\-]+)["']?\s*(?:[;#|&].*)?$""", re.M
)
_ASKS_FOR_RUNS = frozenset({"pgrep", "pidof"})


class Script(NamedTuple):
    """What a script's text says: its host dependencies, and the lock it takes itself (``None`` when it takes none), or what
    else it keeps a second run out by (``locks``). ``whole`` is the text with what it reads in; ``language`` who reads it."""

    dependencies: tuple[Dependency, ...]
    lock: Lock | None
    path: str = ""
    text: str = ""
    language: Language = ""
    whole: str = ""
    locks: tuple[str, ...] = ()

    @property
    def shell(self) -> bool:
        """Whether a shell runs its text."""
        return self.language == "shell"


def read_script(text: str, path: str, interpreter: str = "", whole: str | None = None) -> Script:
    """Read the text of the script at ``path``, which the command hands to ``interpreter`` or starts by itself. Programs are
    looked for in shell scripts only, paths and addresses in all. Pure: the caller has read the files; ``whole`` is the text
    with those that it reads in."""
    language = language_of(path, text, interpreter)
    if language != "shell":
        whole = text
    elif whole is None:
        whole = with_own_place(text, path)
    peeling = Peeling({}, [Layer("", parse(""), ("/bin/sh", "-c"))], frozenset(), has_stdin=False)
    body = program_text(whole, language)
    for line in body.splitlines():
        if language == "shell":
            try:
                peeling.layers[0] = Layer(line, parse(line), ("/bin/sh", "-c"))
            except Unparsable:
                peeling.layers[0] = Layer("", parse(""), ("/bin/sh", "-c"))
        dependencies.note_text(peeling, line)
    lock = _own_lock(program_text(text, language), body, path) if language == "shell" else None
    locks = tuple(_locks_of(body, lock) if language == "shell" else locks_in(text, language))
    return Script(tuple(peeling.dependencies), lock, path, text, language, whole, locks)


def _locks_of(body: str, lock: Lock | None) -> Iterator[str]:
    """What a shell script keeps a second run out by, beside the lock that is known as one."""
    try:
        script = parse(body, lines=True)
    except Unparsable:
        return
    yield from dict.fromkeys(locks_of(script))
    for one in script.simple_commands():
        shown = " ".join(word.text for word in one.words)
        if (one.name in LOCK_TOOLS and lock is None) or (one.name in _ASKS_FOR_RUNS and is_asked(script, one)):
            yield shown


def _own_lock(written: str, text: str, path: str) -> Lock | None:
    """The lock that guards the whole script: by the text as it is ``written``, and with what it reads in."""
    head = _OWN_HEAD.search(written)
    if head is not None:
        return _lock(path, head[1])
    values = values_of(text)
    for opened in _DESCRIPTOR.finditer(text):
        name = filled_in(opened[2], values)
        taken = re.search(rf"\bflock\s+((?:-\w+\s+(?:[\d.]+\s+)?)*){opened[1]}\b", text)
        if taken is not None and name.startswith("/") and "$" not in name:
            return _lock(name, taken[1])
    return None


def _lock(name: str, options: str) -> Lock:
    letters = "".join(re.findall(r"-([a-zA-Z]+)", options))
    wait = re.search(r"w\s*([\d.]+)", options)
    skips = "n" in letters or (wait is not None and float(wait[1]) == 0)
    limit = float(wait[1]) if wait is not None and not skips else None
    return Lock("flock", name, "skip" if skips else "wait", limit, shared="s" in letters)
