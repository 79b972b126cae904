"""Scripts that a command starts: read, never run. What they need of the host, and whether they lock themselves."""

from __future__ import annotations

import re
from typing import NamedTuple

from converters.commands.idioms import dependencies
from converters.commands.idioms.peeling import Layer, Peeling
from converters.commands.idioms.wishes import Dependency, Lock
from converters.commands.shell.parse import Unparsable, parse

# The head that flock(1) itself recommends: the script runs itself again under a lock on its own file.
_OWN_HEAD = re.compile(r"""FLOCKER=["']?\$0["']?\s+flock\s+((?:-\w+\s+)*)["']?\$0["']?\s""")
_DESCRIPTOR = re.compile(r"""^\s*exec\s+(\d+)>{1,2}\s*["']?(/[\w./\-]+)["']?\s*$""", re.M)
_SHELL_NAMES = re.compile(r"^#!\s*\S*\b(?:sh|bash|dash|ksh|ash)\b")


class Script(NamedTuple):
    """What a script's text says: its host dependencies, and the lock it takes itself (``None`` when it takes none). ``shell``
    says that a shell runs its text."""

    dependencies: tuple[Dependency, ...]
    lock: Lock | None
    path: str = ""
    text: str = ""
    shell: bool = False


def read_script(text: str, path: str) -> Script:
    """Read the text of the script at ``path``. Programs are looked for in shell scripts only, paths and addresses in
    all. Pure: the caller has read the file."""
    peeling = Peeling({}, [Layer("", parse(""), ("/bin/sh", "-c"))], frozenset(), has_stdin=False)
    is_shell = bool(_SHELL_NAMES.match(text)) or not text.startswith("#!")
    body = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in body.splitlines():
        if is_shell:
            try:
                peeling.layers[0] = Layer(line, parse(line), ("/bin/sh", "-c"))
            except Unparsable:
                peeling.layers[0] = Layer("", parse(""), ("/bin/sh", "-c"))
        dependencies.note_text(peeling, line)
    return Script(tuple(peeling.dependencies), _own_lock(body, path), path, text, is_shell)


def _own_lock(text: str, path: str) -> Lock | None:
    head = _OWN_HEAD.search(text)
    if head is not None:
        return _lock(path, head[1])
    opened = _DESCRIPTOR.search(text)
    if opened is None:
        return None
    taken = re.search(rf"\bflock\s+((?:-\w+\s+(?:[\d.]+\s+)?)*){opened[1]}\b", text)
    return _lock(opened[2], taken[1]) if taken is not None else None


def _lock(name: str, options: str) -> Lock:
    letters = "".join(re.findall(r"-([a-zA-Z]+)", options))
    wait = re.search(r"w\s*([\d.]+)", options)
    skips = "n" in letters or (wait is not None and float(wait[1]) == 0)
    limit = float(wait[1]) if wait is not None and not skips else None
    return Lock("flock", name, "skip" if skips else "wait", limit, shared="s" in letters)
