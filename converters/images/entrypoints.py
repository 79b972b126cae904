"""What the ENTRYPOINT of an image does with the command of a job: hands it on, takes it for its own arguments, or worse.

Docker puts ENTRYPOINT in front of the command (docs.docker.com, "Understand how CMD and ENTRYPOINT interact"), and so does
ECS with ``entryPoint``; an empty list there cannot be told from none, so to be rid of it another one is needed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from converters.images.entry_arguments import Follow, Kind, Script, of_script
from converters.images.entry_scripts import statements
from converters.images.entry_wants import Wants, wants_of
from converters.images.entry_wrappers import WRAPPERS, behind, forks, name_of
from converters.images.facts import PATH
from converters.images.first_lines import env_call, first_line
from converters.images.starters import is_busybox
from converters.images.supervisors import supervisor_of
from converters.images.tree import Node, Tree

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "ksh", "zsh"})

SENTENCES: Mapping[str, str] = {
    "eats": "its ENTRYPOINT {name} takes the command for its own arguments, so the job never starts",
    "ignores": "its ENTRYPOINT {name} never starts the command it is given: each run starts what the image starts by itself",
    "drops": "its ENTRYPOINT {name} takes words away from the command, so another program starts in its place, or none",
    "adds": "its ENTRYPOINT {name} puts words of its own behind the command, so the job gets arguments that nobody gave it",
    "splits": "its ENTRYPOINT {name} splits the command at blanks once more, so quoted words come apart",
    "swallows": "its ENTRYPOINT {name} goes on after the command, so the job's exit status is not the task's",
    "changes": "its ENTRYPOINT {name} ends with another status than the command where that fails",
    "again": "its ENTRYPOINT {name} starts the command more than once",
    "endless": "its ENTRYPOINT {name} starts or waits for something that does not end before it comes to the command, so "
    "the job never starts, and each run is billed until it is stopped",
    "stays": "its ENTRYPOINT {name} goes on without an end after the command, so each run is billed until it is stopped",
    "ends": "its ENTRYPOINT {name} ends with an error before it comes to the command, so the job never starts",
    "root": "its ENTRYPOINT {name} must be root to change its user, and the task runs as another one",
    "services": "its ENTRYPOINT {name} starts the image's own services beside the command, at each run",
    "bare": "its ENTRYPOINT {name} starts the image's own services, and the command without the variables and secrets of "
    "ecs.yml, unless `with-contenv` stands before it",
    "leaves": "its ENTRYPOINT {name} starts the command in the background and ends, so the task ends before the job does",
    "breaks": "its ENTRYPOINT {name} is written for bash, and the shell that reads it in the image ends it before the command "
    "starts",
    "unread": "its ENTRYPOINT {name} stands before the command, and nobody could read what it does with it",
}
WAY_OUT = 'Set `entryPoint: ["/usr/bin/env"]` in ecs.yml to start the command itself, or decide that it is right.'


class Within(NamedTuple):
    """Where an ENTRYPOINT is read: the files of its image, its own variables, and its WORKDIR, from which `./entry.sh` counts
    where ecs.yml names no other. ``depth``: scripts that were followed."""

    tree: Tree
    variables: Mapping[str, str] = {}
    directory: str = "/"
    depth: int = 0


def judged(entrypoint: Sequence[str], within: Within) -> Kind:
    """What this ENTRYPOINT does with a command."""
    words = list(entrypoint)
    for _ in range(8):
        if not words:
            return "passes" if entrypoint else ""
        if (found := supervisor_of(words, within.tree, within.variables)) is not None:
            does, rest = found
            inner = judged(rest, within) if rest else "passes"
            return does if inner == "passes" else inner
        wrapper = WRAPPERS.get(name_of(words[0]))
        if wrapper is None:
            return _program(words, within)
        left = behind(words[1:], wrapper)
        if left is None:
            # `bundle` without `exec`, `wait-for-it.sh` without `--`: what follows is its own.
            return "eats"
        if forks(words, wrapper):
            return "leaves"
        words = left
    return "unread"


def wanted_by(entrypoint: Sequence[str], within: Within) -> Wants:
    """What the entry script of this ENTRYPOINT ends without; nothing where none is read."""
    words = list(entrypoint)
    for _ in range(8):
        wrapper = WRAPPERS.get(name_of(words[0])) if words else None
        left = behind(words[1:], wrapper) if wrapper is not None else None
        if left is None:
            break
        words = left
    if words and words[0].rpartition("/")[2] in _SHELLS:
        words = [one for one in words[1:] if not one.startswith("-")][:1]
    text = _text(words[0], within) if words else None
    starts = (text or "").partition("\n")[0]
    if text is None or not _is_shell(starts):
        return Wants()
    return wants_of(
        text, lambda path: within.tree.node(path) is not None, bash="bash" in starts, given=within.variables
    )


def absent(entrypoint: Sequence[str], within: Within) -> tuple[str, ...]:
    """The first program of this ENTRYPOINT that is not in the image: itself, one behind a wrapper, the script that a shell is
    told to read, or one that its entry script ends in by `exec` whatever happens."""
    words = list(entrypoint)
    for _ in range(8):
        if not words or not _LITERAL.fullmatch(words[0]):
            return ()
        if _node(words[0], within) is None:
            return (words[0],)
        name = words[0].rpartition("/")[2]
        if name in _SHELLS and words[1:] and _LITERAL.fullmatch(words[1]) and not words[1].startswith("-"):
            words = words[1:]
            # `sh entry.sh` finds a file of the working directory without a slash.
            words[0] = words[0] if "/" in words[0] else f"./{words[0]}"
            continue
        wrapper = WRAPPERS.get(name)
        left = behind(words[1:], wrapper) if wrapper is not None else None
        if left is None:
            return _absent_behind(words[0], within)
        words = left
    return ()


_LITERAL = re.compile(r"[\w./+-]+")


def _absent_behind(script: str, within: Within) -> tuple[str, ...]:
    node, text = _node(script, within), _text(script, within)
    if node is None or text is None or not _is_shell(node.starts) or within.depth >= _DEEPEST:
        return ()
    found = [one.words for one in statements(text) if not one.frames and one.before not in ("&&", "||")]
    last: Sequence[str] = next((words[1:] for words in found if words[0] == "exec" and len(words) > 1), [])
    # Only where the command goes along: what stands behind `if` may be another way.
    if not any("@" in word for word in last):
        return ()
    literal = [word.strip("\"'") for word in last]
    return absent(literal, within._replace(depth=within.depth + 1)) if literal[0] not in _BUILTINS else ()


_BUILTINS = frozenset({"command", "exec", "builtin"})


def _program(words: list[str], within: Within) -> Kind:
    name, arguments = words[0].rpartition("/")[2], words[1:]
    if name == "busybox" and arguments:
        return judged(arguments, within)
    if name in _SHELLS:
        return _shell(words, within)
    node = _node(words[0], within)
    if _RUNS_FILES.match(name) and any(_node(one, within) is not None for one in arguments if not one.startswith("-")):
        # What the program does that it runs stands in another language.
        return "unread"
    if node is None or not node.starts or node.starts.startswith("ELF "):
        return "eats"
    if not _is_shell(node.starts):
        return "unread"
    return _of_file(words[0], within) if not arguments else "unread"


_RUNS_FILES = re.compile(r"(?:python|ruby|perl|php|node|nodejs|lua|deno|bun|pwsh|tclsh|Rscript)[0-9.]*\Z")


def _shell(words: list[str], within: Within) -> Kind:
    """A shell with these words of the ENTRYPOINT's own behind it."""
    arguments, shell = words[1:], _reads(words[0], within)
    option = next((n for n, one in enumerate(arguments) if re.fullmatch(r"-[a-z]*c[a-z]*", one)), None)
    if option is not None:
        text = arguments[option + 1] if len(arguments) > option + 1 else None
        # `sh -c` alone takes the first word of the command for its text and the others for $0, $1 ..; with a text and no
        # name behind it, the first word becomes $0.
        return (
            "splits"
            if text is None
            else of_script(text, zeroth=len(arguments) == option + 2, follow=_follow(within), shell=shell)
        )
    at, errexit = 0, False
    while at < len(arguments) and arguments[at].startswith(("-", "+")):
        errexit = errexit or re.fullmatch(r"-[a-z]*e[a-z]*", arguments[at]) is not None
        # `-o pipefail`, also behind other letters, takes a word.
        at += 2 if re.fullmatch(r"[-+][a-z]*o", arguments[at]) else 1
    rest = arguments[at:]
    if not rest:
        # The first word of the command is read as a script: right for a script of its own, wrong for a program.
        return "unread"
    return _of_file(rest[0], within, errexit=errexit, shell=shell) if len(rest) == 1 else "unread"


def _of_file(name: str, within: Within, *, errexit: bool = False, shell: str | None = None) -> Kind:
    """``shell`` reads it, else the one that its first line names."""
    return of_script(
        _text(name, within),
        follow=_follow(within),
        shell=_shell_of(name, within) if shell is None else shell,
        errexit=errexit,
    )


def _shell_of(name: str, within: Within) -> str:
    """What reads a script: the shell of its first line, else `sh`."""
    node = _node(name, within)
    line = first_line(node.starts) if node is not None else None
    named = env_call(line.argument).program if line is not None and line.interpreter.endswith("/env") else ""
    return _reads(named or (line.interpreter if line is not None else "/bin/sh"), within)


def _reads(name: str, within: Within) -> str:
    """Which shell runs by this name: `/bin/sh` is dash on Debian, BusyBox on Alpine, bash on Red Hat; empty where it is a
    program that says nothing of itself."""
    place = next((one for one in _places(name.strip(), within) if within.tree.node(one) is not None), None)
    if place is not None and is_busybox(within.tree, place):
        return "busybox"
    base = ((within.tree.resolve(place) if place is not None else None) or name).rpartition("/")[2]
    known = next((one for one in ("bash", "dash", "mksh", "ksh", "zsh") if base.startswith(one)), "")
    # An `ash` that is there is BusyBox's.
    return known or ("busybox" if base == "ash" else "")


def _follow(within: Within) -> Follow:
    """Scripts that a script hands its arguments on to, or reads in: images put their own in front of that of their base."""

    def script(name: str, read_in: bool) -> Script | None:
        node = _node(name, within)
        if node is None or node.starts.startswith("ELF ") or not (read_in or _is_shell(node.starts)):
            return None
        text = _text(name, within)
        return None if text is None else Script(text, _shell_of(name, within))

    return script


_DEEPEST = 4


def _is_shell(starts: str) -> bool:
    return any(word.rpartition("/")[2].rstrip("\r") in _SHELLS for word in starts.split()[:3])


def _places(name: str, within: Within) -> tuple[str, ...]:
    if "/" in name:
        return (posixpath.normpath(posixpath.join(within.directory or "/", name)),)
    named = within.variables.get("PATH")
    return tuple(f"{place.rstrip('/')}/{name}" for place in (named.split(":") if named is not None else PATH) if place)


def _node(name: str, within: Within) -> Node | None:
    return next((node for place in _places(name, within) if (node := within.tree.node(place)) is not None), None)


def _text(name: str, within: Within) -> str | None:
    # A file of the working directory needs no slash where a shell is told to read it (`sh entry.sh`).
    places = (*_places(name, within), *_places(f"./{name}", within))
    return next((text for place in places if (text := within.tree.text(place)) is not None), None)
