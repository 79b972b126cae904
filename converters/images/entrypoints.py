"""What the ENTRYPOINT of an image does with the command of a job: hands it on, takes it for its own arguments, or worse.

Docker puts ENTRYPOINT in front of the command (docs.docker.com, "Understand how CMD and ENTRYPOINT interact"), and so does
ECS with ``entryPoint``; an empty list there cannot be told from none, so to be rid of it another one is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from converters.images.entry_arguments import WRAPPERS, Kind, behind, name_of, of_script
from converters.images.facts import PATH
from converters.images.tree import Node, Tree

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "ksh", "zsh"})

SENTENCES: Mapping[str, str] = {
    "eats": "its ENTRYPOINT {name} takes the command for its own arguments, so the job never starts",
    "ignores": "its ENTRYPOINT {name} never starts the command it is given: each run starts what the image starts by itself",
    "splits": "its ENTRYPOINT {name} splits the command at blanks once more, so quoted words come apart",
    "swallows": "its ENTRYPOINT {name} goes on after the command, so the job's exit status is not the task's",
    "root": "its ENTRYPOINT {name} must be root to change its user, and the task runs as another one",
    "unread": "its ENTRYPOINT {name} stands before the command, and nobody could read what it does with it",
}
WAY_OUT = 'Set `entryPoint: ["/usr/bin/env"]` in ecs.yml to start the command itself, or decide that it is right.'


def judged(entrypoint: tuple[str, ...], tree: Tree) -> Kind:
    """What this ENTRYPOINT does with a command."""
    words = list(entrypoint)
    for _ in range(8):
        if not words:
            return "passes" if entrypoint else ""
        wrapper = WRAPPERS.get(name_of(words[0]))
        left = behind(words[1:], wrapper) if wrapper is not None else None
        if left is None:
            return _program(words, tree)
        words = left
    return "unread"


def _program(words: list[str], tree: Tree) -> Kind:
    name, arguments = words[0].rpartition("/")[2], words[1:]
    if name == "busybox" and arguments and arguments[0] in _SHELLS:
        name, arguments = arguments[0], arguments[1:]
    if name in _SHELLS:
        option = next((n for n, one in enumerate(arguments) if re.fullmatch(r"-[a-z]*c[a-z]*", one)), None)
        if option is None:
            return of_script(_text(arguments[0], tree)) if arguments else "eats"
        text = arguments[option + 1] if len(arguments) > option + 1 else None
        # `sh -c` alone takes the first word of the command for its text and the others for $0, $1 ..; with a text and no
        # name behind it, the first word becomes $0.
        return "splits" if text is None else of_script(text, zeroth=len(arguments) == option + 2)
    node = _node(words[0], tree)
    if node is None or not node.starts or node.starts.startswith("ELF "):
        return "eats"
    if not _is_shell(node.starts):
        return "unread"
    return of_script(_text(words[0], tree)) if not arguments else "unread"


def _is_shell(starts: str) -> bool:
    return any(word.rpartition("/")[2].rstrip("\r") in _SHELLS for word in starts.split()[:3])


def _places(name: str) -> tuple[str, ...]:
    if "/" in name:
        return ("/" + name.removeprefix("./").lstrip("/"),)
    return tuple(f"{place}/{name}" for place in PATH)


def _node(name: str, tree: Tree) -> Node | None:
    return next((node for place in _places(name) if (node := tree.node(place)) is not None), None)


def _text(name: str, tree: Tree) -> str | None:
    return next((text for place in _places(name) if (text := tree.text(place)) is not None), None)
