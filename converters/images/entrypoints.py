"""What the ENTRYPOINT of an image does with the command of a job: hands it on, takes it for its own arguments, or worse.

Docker puts ENTRYPOINT in front of the command (docs.docker.com, "Understand how CMD and ENTRYPOINT interact"), and so does
ECS with ``entryPoint``; an empty list there cannot be told from none, so to be rid of it another one is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from converters.images.facts import PATH
from converters.images.tree import Node, Tree

Kind = Literal["", "passes", "eats", "ignores", "splits", "swallows", "root", "unread"]


class Wrapper(NamedTuple):
    """A program that starts its arguments: options that take a value, and how many words stand before the command."""

    valued: frozenset[str]
    words: int = 0


# tini(1), dumb-init(1), catatonit, env(1), su-exec and gosu READMEs, setpriv(1), nice(1), the last two of util-linux/coreutils.
_INIT = Wrapper(frozenset({"-p", "-e"}))
WRAPPERS: Mapping[str, Wrapper] = {
    "tini": _INIT,
    "tini-static": _INIT,
    "docker-init": _INIT,
    "dumb-init": Wrapper(frozenset({"-r", "--rewrite"})),
    "catatonit": Wrapper(frozenset()),
    "env": Wrapper(frozenset({"-u", "--unset", "-C", "--chdir"})),
    "gosu": Wrapper(frozenset(), 1),
    "su-exec": Wrapper(frozenset(), 1),
    "nice": Wrapper(frozenset({"-n"})),
    "setpriv": Wrapper(frozenset({"--reuid", "--regid", "--groups"})),
}
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "ksh", "zsh"})
_ROOTS = re.compile(r"\b(?:su-exec|gosu|setpriv|runuser|chroot|su)\b[^\n;|&]*\"?\$\{?[@*]")
_QUOTED = re.compile(r"\"\$\{?@\}?\"")
_BARE = re.compile(r"(?<![\"\w])\$\{?[@*]\}?(?!\")|\"\$\{?\*\}?\"")

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
        name = words[0].rpartition("/")[2]
        wrapper = WRAPPERS.get(name)
        if wrapper is None:
            return _program(words, tree)
        words = _behind(words[1:], wrapper)
    return "unread"


def _behind(words: list[str], wrapper: Wrapper) -> list[str]:
    """The words behind a wrapper's own."""
    while words and (words[0].startswith("-") or re.match(r"[A-Za-z_]\w*=", words[0])):
        option, words = words[0], words[1:]
        if option == "--":
            break
        if option in wrapper.valued:
            words = words[1:]
    return words[wrapper.words :]


def _program(words: list[str], tree: Tree) -> Kind:
    name, arguments = words[0].rpartition("/")[2], words[1:]
    if name == "busybox" and arguments and arguments[0] in _SHELLS:
        name, arguments = arguments[0], arguments[1:]
    if name in _SHELLS:
        option = next((n for n, one in enumerate(arguments) if re.fullmatch(r"-[a-z]*c[a-z]*", one)), None)
        if option is None:
            return of_script(_text(arguments[0], tree)) if arguments else "eats"
        text = arguments[option + 1] if len(arguments) > option + 1 else None
        # `sh -c` alone takes the first word of the command for its text and the others for $0, $1 ..
        return "splits" if text is None else of_script(text)
    node = _node(words[0], tree)
    if node is None or not node.starts or node.starts.startswith("ELF "):
        return "eats"
    if not _is_shell(node.starts):
        return "unread"
    return of_script(_text(words[0], tree)) if not arguments else "unread"


def _is_shell(starts: str) -> bool:
    return any(word.rpartition("/")[2].rstrip("\r") in _SHELLS for word in starts.split()[:2])


def _places(name: str) -> tuple[str, ...]:
    if "/" in name:
        return ("/" + name.removeprefix("./").lstrip("/"),)
    return tuple(f"{place}/{name}" for place in PATH)


def _node(name: str, tree: Tree) -> Node | None:
    return next((node for place in _places(name) if (node := tree.node(place)) is not None), None)


def _text(name: str, tree: Tree) -> str | None:
    return next((text for place in _places(name) if (text := tree.text(place)) is not None), None)


def of_script(text: str | None) -> Kind:
    """What a shell script does with its arguments."""
    if text is None:
        return "unread"
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    uses = [n for n, line in enumerate(lines) if _QUOTED.search(line) or _BARE.search(line)]
    uses = [n for n in uses if not re.match(r"(?:set|echo|printf|case|if|for|while|test|\[)\b", lines[n])]
    if not uses:
        return "ignores"
    if any(_ROOTS.search(lines[n]) for n in uses) and not any(_hands_on(lines[n]) for n in uses):
        return "root"
    return _of_use(lines, uses[-1])


def _of_use(lines: list[str], number: int) -> Kind:
    """What the last line that uses the arguments does with them, and the lines behind it with its status."""
    last = lines[number]
    if not _QUOTED.search(last):
        return "splits"
    if _hands_on(last) and "exec" in last.split():
        return "passes"
    if "exec" in last.split():
        return "eats"
    behind = [line for line in lines[number + 1 :] if line not in ("fi", "esac", ";;", "done", "}", "else")]
    return "swallows" if behind else "passes"


def _hands_on(line: str) -> bool:
    """Whether a line runs the arguments themselves: `exec "$@"`, perhaps behind an init."""
    found = re.search(r"(?:^|[;&]\s*|then\s+|else\s+)exec\s+(.*?)\"\$\{?@\}?\"", line)
    if found is None:
        return bool(re.match(r"\"\$\{?@\}?\"", line))
    before = found[1].split()
    return not _behind_all(before)


def _behind_all(words: list[str]) -> list[str]:
    for _ in range(8):
        if not words:
            return words
        wrapper = WRAPPERS.get(words[0].rpartition("/")[2])
        if wrapper is None or wrapper.words:
            return words
        words = _behind(words[1:], wrapper)
    return words
