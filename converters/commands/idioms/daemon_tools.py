"""Tools of daemontools, runit and s6 in front of a job: ``envdir DIR CMD``, ``chpst -u USER -e DIR CMD``, ``softlimit``."""

from __future__ import annotations

from converters.commands.idioms.locks import lock_and_unwrap
from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, Site, literal
from converters.commands.idioms.users import become, free
from converters.commands.idioms.wishes import SOURCED, Lock
from converters.commands.shell.words import Simple

# chpst(8): options that set limits, niceness, a process group, the name of the program, or close descriptors.
_CHPST = Grammar(flags="vP012", valued="uUbe/nlLmdopfcrt")
_SOFTLIMIT = Grammar(flags="h", valued="acdflmoprst")
_S6_ENVDIR = Grammar(flags="IifnL", valued="cl")
_MEMORY = frozenset("adlmrs")


def envdir(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``envdir DIR CMD``: a variable of each file in DIR, its first line (envdir(8)); ``s6-envdir`` has options."""
    site.only("true")
    tool = simple.name or ""
    at = read_options(simple.words, _S6_ENVDIR)[1] if tool == "s6-envdir" else 1
    if at >= len(simple.words):
        raise Kept("it names no directory")
    directory = literal(simple.words[at], peeling, "the directory")
    peeling.unwrap(tool, simple, at + 1)
    peeling.need(SOURCED, f"{directory.rstrip('/')}/*")


def softlimit(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``softlimit -m BYTES CMD``: limits of one process."""
    site.only("true")
    options, at = read_options(simple.words, _SOFTLIMIT)
    tool = simple.name or ""
    peeling.unwrap(tool, simple, at)
    _limits(peeling, tool, options)


def chpst(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``chpst [-u USER] [-e DIR] [-l LOCK] [-m BYTES] .. CMD`` (runit)."""
    site.only("true")
    options, at = read_options(simple.words, _CHPST)
    if "/" in options:
        raise Kept("it changes the root directory")
    if "u" in options:
        free(peeling, site, simple)
    locked = next((letter for letter in "Ll" if letter in options), None)
    if locked is not None:
        # chpst(8): -l waits for the lock, -L fails where it is taken.
        lock_and_unwrap(peeling, simple, at, Lock("chpst", options[locked], "skip" if locked == "L" else "wait"))
    else:
        peeling.unwrap("chpst", simple, at)
    if "u" in options:
        # `:1000:1000` are numbers, `user:group` names.
        user = options["u"].removeprefix(":")
        become(peeling, user, "chpst", login=False)
    if "e" in options:
        peeling.need(SOURCED, f"{options['e'].rstrip('/')}/*")
    _limits(peeling, "chpst", {letter: value for letter, value in options.items() if letter in "mdopfcrt"})


def _limits(peeling: Peeling, tool: str, options: dict[str, str]) -> None:
    limits = [f"`-{letter} {value}`" for letter, value in options.items() if value]
    if not limits:
        return
    way = "A task's memory is its own limit." if _MEMORY & set(options) else "`ulimits` of ECS are the container's."
    peeling.find("C423", f"`{tool}` limited the process by {', '.join(limits)}; that is gone. {way}")
