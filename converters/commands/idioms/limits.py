"""Time limits: ``timeout`` (coreutils and BusyBox) and ``runalarm``."""

from __future__ import annotations

from converters.commands.idioms.options import Grammar, read_options, seconds
from converters.commands.idioms.peeling import Kept, Peeling, Site, literal
from converters.commands.idioms.wishes import TimeLimit
from converters.commands.shell.words import Simple

_TIMEOUT = Grammar(
    flags="v",
    valued="ks",
    long={"kill-after": "k", "signal": "s", "foreground": "f", "preserve-status": "p", "verbose": "v"},
)
_RUNALARM = Grammar(flags="d", valued="t")


def timeout(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``timeout [-k DURATION] [-s SIGNAL] [--preserve-status] DURATION CMD``; a duration of 0 sets no limit."""
    options, at = read_options(simple.words, _TIMEOUT)
    if at >= len(simple.words):
        raise Kept("no duration follows it")
    # timeout(1): the duration may have a fraction and s, m, h, d.
    limit = seconds(literal(simple.words[at], peeling, "the duration"))
    kill_after = seconds(options["k"]) if "k" in options else None
    # Signals may be written TERM, SIGTERM or 15.
    signal = options.get("s", "TERM").upper().removeprefix("SIG")
    _limit(peeling, simple, at + 1, TimeLimit(limit, kill_after, signal, "p" in options), "timeout")


def runalarm(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``runalarm [-d] [-t SECONDS] CMD`` (cronutils): a day by default."""
    options, at = read_options(simple.words, _RUNALARM)
    _limit(peeling, simple, at, TimeLimit(seconds(options.get("t", "86400")), signal="KILL"), "runalarm")


def _limit(peeling: Peeling, simple: Simple, count: int, limit: TimeLimit, tool: str) -> None:
    if peeling.timeout is not None:
        raise Kept("there is a time limit already")
    peeling.unwrap(tool, simple, count)
    # timeout(1): "A duration of 0 disables the associated timeout."
    if limit.seconds > 0:
        peeling.timeout = limit
