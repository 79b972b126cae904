"""Version managers in front of a job: ``rbenv exec``, ``pyenv exec``, ``rvm 2.7 do``. An image holds one version."""

from __future__ import annotations

import re

from converters.commands.idioms.peeling import Kept, Peeling, Site, literal
from converters.commands.shell.words import Simple

_EXEC = frozenset({"rbenv", "pyenv", "nodenv", "phpenv", "goenv", "plenv", "asdf"})


def manager_exec(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``rbenv exec CMD`` and kin."""
    if len(simple.words) < 3 or simple.words[1].value != "exec" or (simple.words[2].value or "").startswith("-"):
        raise Kept("it does more than run a program")
    _manager(peeling, simple, 2, "")


def mise(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``mise exec [TOOL@VERSION ..] -- CMD``."""
    values = simple.values
    if len(values) < 3 or values[1] not in ("exec", "x") or "--" not in values:
        raise Kept("it does more than run a program")
    at = values.index("--")
    if any(value is None or value.startswith("-") for value in values[2:at]):
        raise Kept("it has options")
    _manager(peeling, simple, at + 1, " ".join(value or "" for value in values[2:at]))


def rvm(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``rvm VERSION do CMD``."""
    if len(simple.words) < 4 or simple.words[2].value != "do":
        raise Kept("it does more than run a program")
    _manager(peeling, simple, 3, literal(simple.words[1], peeling, "the version"))


def version_exec(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``rvm-exec VERSION CMD``, ``chruby-exec VERSION -- CMD``."""
    at = 3 if len(simple.words) > 2 and simple.words[2].value == "--" else 2
    version = literal(simple.words[1], peeling, "the version") if len(simple.words) > 1 else ""
    if not re.fullmatch(r"[\w.@\-]+", version) or version.startswith("-") or not re.search(r"\d|ruby", version):
        raise Kept("its version is not understood")
    _manager(peeling, simple, at, version)


def _manager(peeling: Peeling, simple: Simple, count: int, version: str) -> None:
    tool = simple.name or ""
    peeling.unwrap("runtime", simple, count)
    what = f" ({version})" if version else ""
    peeling.find(
        "C454", f"`{tool}` picks the runtime's version{what} on the host; in the image there is one, so build it in."
    )
    peeling.need("runtime", f"{tool} {version}".strip())


MANAGERS = dict.fromkeys(_EXEC, manager_exec) | {
    "mise": mise,
    "rtx": mise,
    "rvm": rvm,
    "rvm-exec": version_exec,
    "chruby-exec": version_exec,
}
