"""More tools that run a command under a lock: ``lckdo``, ``run-with-lockfile``, ``with-lock-ex``, ``dotlockfile``, ``solo``."""

from __future__ import annotations

import re

from converters.commands.idioms.locks import lock_and_unwrap, lock_file_name, resolved
from converters.commands.idioms.options import Grammar, read_options, seconds
from converters.commands.idioms.peeling import Kept, Peeling, Site
from converters.commands.idioms.wishes import Lock
from converters.commands.shell.words import Simple

# lckdo(1) of moreutils, with-lock-ex(1) of chiark-utils, dotlockfile(1) of liblockfile 1.17, run-with-lockfile of mySociety's
# commonlib, solo by T. Kern (a perl script that binds a port of a loopback address).
_LCKDO = Grammar(flags="wesxqt", valued="WE")
_WITH_LOCK = Grammar(flags="wqft")
_DOTLOCKFILE = Grammar(flags="lp", valued="ri")
_RUN_WITH = Grammar(flags="n")


def lckdo(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``lckdo [-w | -W SECONDS] [-s] [-E STATUS] FILE CMD``: does not wait by itself, and then ends with 75."""
    words = resolved(simple, peeling)
    options, at = read_options(words, _LCKDO)
    wait = seconds(options["W"]) if "W" in options else None
    status = options.get("E", "75")
    if not status.isdecimal() or "e" in options:
        raise Kept("its way to end is not known")
    waits = "w" in options or bool(wait)
    lock = Lock(
        "lckdo",
        lock_file_name(simple, at, peeling),
        "wait" if waits else "skip",
        wait or None,
        "s" in options,
        int(status),
    )
    lock_and_unwrap(peeling, simple, at + 1, lock)


def run_with_lockfile(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``run-with-lockfile [-n] FILE CMD``: waits, with ``-n`` ends with 100 where the lock is taken."""
    options, at = read_options(resolved(simple, peeling), _RUN_WITH)
    if any(re.search(r"\s", word.value or word.text) for word in simple.words[at + 1 : at + 2]):
        raise Kept("its command is a text of its own")
    name = lock_file_name(simple, at, peeling)
    lock = Lock("run-with-lockfile", name, "skip" if "n" in options else "wait", conflict_exit=100)
    lock_and_unwrap(peeling, simple, at + 1, lock)


def with_lock(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``with-lock-ex -w|-q|-f FILE CMD``: waits, skips in silence (0), or fails."""
    options, at = read_options(resolved(simple, peeling), _WITH_LOCK)
    if "t" in options or len(options) != 1:
        raise Kept("it has no one way to take the lock")
    name = lock_file_name(simple, at, peeling)
    lock = Lock("with-lock-ex", name, "wait" if "w" in options else "skip", conflict_exit=0 if "q" in options else 255)
    lock_and_unwrap(peeling, simple, at + 1, lock)


def dotlockfile(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``dotlockfile [-p] [-r RETRIES] FILE CMD``; without a command it only makes the file, for the text to remove."""
    options, at = read_options(resolved(simple, peeling), _DOTLOCKFILE)
    retries = options.get("r", "5")
    if not retries.lstrip("-").isdecimal() or "i" in options:
        raise Kept("its retries are not known")
    if at + 1 >= len(simple.words):
        raise Kept("it only makes the lock file")
    name = lock_file_name(simple, at, peeling)
    # It sleeps 5 s longer before each try: 5, 10, 15 .. 60.
    wait = float(sum(min(60, 5 * number) for number in range(1, max(0, int(retries)) + 1))) or None
    lock = Lock("dotlockfile", name, "wait" if wait or int(retries) < 0 else "skip", wait, conflict_exit=4)
    lock_and_unwrap(peeling, simple, at + 1, lock)


def solo(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``solo -port=N CMD``: skips where another run of the same user holds the port."""
    at, port = 1, ""
    while at < len(simple.words) and (value := simple.words[at].value or "").startswith("-"):
        match = re.fullmatch(r"--?port=(\d+)", value)
        if match is None and value.lstrip("-") not in ("silent", "verbose"):
            raise Kept(f"its option `{value}` is not known")
        port = match[1] if match is not None else port
        at += 1
    if not port:
        raise Kept("it names no port")
    lock_and_unwrap(peeling, simple, at, Lock("solo", f"/run/solo/{port}", "skip", conflict_exit=1))
