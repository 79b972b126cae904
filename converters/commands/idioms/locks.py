"""Locks: ``flock`` and its kin (grammars: the tools' own sources and manuals)."""

from __future__ import annotations

import posixpath

from converters.commands.idioms.opening import open_layer, user_shell
from converters.commands.idioms.options import Grammar, read_options, seconds
from converters.commands.idioms.peeling import Kept, Peeling, Site, check_unwrap, literal, sole_command
from converters.commands.idioms.wishes import Lock
from converters.commands.shell.syntax import Compound, Statement
from converters.commands.shell.words import Redirect, Simple, Word

# util-linux flock.c, getopt string "+sexnoFuw:E:hV?": options end at the file.
_FLOCK = Grammar(
    flags="sexnoFu",
    valued="wE",
    long={
        "shared": "s",
        "exclusive": "e",
        "nb": "n",
        "nonblock": "n",
        "nonblocking": "n",
        "no-fork": "F",
        "close": "o",
        "unlock": "u",
        "wait": "w",
        "timeout": "w",
        "conflict-exit-code": "E",
        "verbose": "v",
    },
)
# setlock(8) of daemontools.
_SETLOCK = Grammar(flags="nNxX")
# lockf(1) of FreeBSD.
_LOCKF = Grammar(flags="knswp", valued="t")
_RUNLOCK = Grammar(flags="d", valued="ft")
_LOCKRUN = Grammar(
    flags="WqvVI",
    valued="LSRT",
    long={
        "lockfile": "L",
        "wait": "W",
        "sleep": "S",
        "retries": "R",
        "maxtime": "T",
        "quiet": "q",
        "verbose": "V",
        "idempotent": "I",
    },
)


def put_lock(peeling: Peeling, lock: Lock) -> None:
    """Keep the wish; a relative name counts from the working directory."""
    if peeling.lock is not None:
        # One lease is one lock: two around each other would need an order to be safe.
        raise Kept("there is a lock already")
    base = peeling.working_directory or peeling.start
    if lock.name.startswith("~/"):
        lock = lock._replace(name=lock.name[2:])
    elif base and lock.tool != "run-one" and not lock.name.startswith("/"):
        # flock opens its file from the directory it starts in: cron's is HOME.
        name = posixpath.join(base, lock.name)
        # `..` behind a link leads elsewhere than the text says, so it stays until the links are known.
        lock = lock._replace(name=name if ".." in name else posixpath.normpath(name))
    peeling.lock = lock
    if lock.policy == "wait" and lock.wait_seconds is None:
        peeling.find(
            "C410", f"`{lock.tool}` waits for `{lock.name}` without bound: late runs pile up behind a slow one."
        )


def _flock_lock(options: dict[str, str], name: str) -> Lock:
    if "u" in options:
        raise Kept("it unlocks")
    # flock(1): without -E a conflict ends with 1.
    exit_code = options.get("E", "1")
    if not exit_code.isdecimal():
        raise Kept(f"`-E {exit_code}` is no exit status")
    wait = seconds(options["w"]) if "w" in options else None
    # flock(1): `-w 0` is as `-n`.
    skip = "n" in options or wait == 0
    return Lock(
        "flock",
        name,
        "skip" if skip else "wait",
        None if skip else wait,
        shared="s" in options,
        conflict_exit=int(exit_code),
    )


def flock(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``flock [opts] FILE CMD ARGS`` or ``flock [opts] FILE -c 'CMD'``."""
    if peeling.lock is not None:
        raise Kept("there is a lock already")
    options, at = read_options(simple.words, _FLOCK)
    if at >= len(simple.words):
        raise Kept("no lock file follows it")
    name = _named(simple.words[at], peeling)
    lock = _flock_lock(options, name)
    if at + 1 < len(simple.words) and simple.words[at + 1].value in ("-c", "--command"):
        # flock.c refuses more or fewer than one argument behind -c, with status 64.
        if len(simple.words) != at + 3:
            raise Kept("`-c` takes exactly one argument")
        # flock.c runs -c by $SHELL, else /bin/sh; cron sets SHELL.
        open_layer(peeling, "flock", simple, simple.words[at + 2], (user_shell(peeling), "-c"))
    else:
        peeling.unwrap("flock", simple, at + 1)
    put_lock(peeling, lock)


def setlock(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``setlock [-nNxX] FILE CMD`` (daemontools): ``-x`` exits 0 where it cannot lock, else 111."""
    options, at = read_options(resolved(simple, peeling), _SETLOCK)
    # setlock(8): of -x and -X the last counts; both together are kept as the stricter one.
    quiet = "x" in options and "X" not in options
    lock = Lock(
        "setlock",
        lock_file_name(simple, at, peeling),
        "skip" if "n" in options and "N" not in options else "wait",
        conflict_exit=0 if quiet else 111,
    )
    lock_and_unwrap(peeling, simple, at + 1, lock)


def lockf(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``lockf [-knsw] [-t SECONDS] FILE CMD`` (FreeBSD): waits for ever by default, ``-t 0`` skips, 75 when locked."""
    options, at = read_options(resolved(simple, peeling), _LOCKF)
    # lockf(1): without -t it waits indefinitely.
    wait = seconds(options["t"]) if "t" in options else None
    lock = Lock(
        "lockf", lock_file_name(simple, at, peeling), "skip" if wait == 0 else "wait", wait or None, conflict_exit=75
    )
    lock_and_unwrap(peeling, simple, at + 1, lock)


def lockrun(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``lockrun --lockfile=FILE [--wait] [--quiet] -- CMD``: ``--quiet`` exits 0 where the lock is taken."""
    options, at = read_options(resolved(simple, peeling), _LOCKRUN)
    if "L" not in options:
        raise Kept("it names no lock file")
    # lockrun sleeps and tries again a number of times: neither skip nor wait.
    if {"S", "R"} & set(options):
        raise Kept("its retries have no counterpart")
    lock = Lock(
        "lockrun",
        # lockrun.c takes `-L=FILE` as well as `-L FILE`.
        options["L"].removeprefix("="),
        "wait" if "W" in options else "skip",
        conflict_exit=0 if "q" in options else 1,
    )
    lock_and_unwrap(peeling, simple, at, lock)


def run_one(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``run-one CMD``: skips when the very same command line runs already."""
    check_unwrap(peeling, simple, 1)
    # run-one hashes the whole command line: only the very same one is kept from running.
    values = [word.resolve(peeling.variables()) for word in simple.words[1:]]
    if any(value is None for value in values):
        raise Kept("its command line is known only when it runs")
    lock = Lock("run-one", " ".join(filter(None, values)), "skip", owner=peeling.user or "")
    lock_and_unwrap(peeling, simple, 1, lock)


def runlock(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``runlock [-d] [-f FILE] [-t SECONDS] CMD`` (cronutils): waits 5 s by default, then gives up."""
    options, at = read_options(resolved(simple, peeling), _RUNLOCK)
    if "f" not in options:
        raise Kept("its lock file is named after the program")
    wait = seconds(options.get("t", "5"))
    lock = Lock("runlock", options["f"], "wait" if wait else "skip", wait or None, conflict_exit=1)
    lock_and_unwrap(peeling, simple, at, lock)


def resolved(simple: Simple, peeling: Peeling) -> list[Word]:
    """The words of a command with the variables that are known filled in, also behind ``--lockfile=``."""
    known = peeling.variables()
    return [word if word.value is not None else word._replace(value=word.resolve(known)) for word in simple.words]


def _named(word: Word, peeling: Peeling) -> str:
    """A lock file's name. Below a home that nobody knows it is ``~/..``: cron starts there, so it is a relative name."""
    parts = [part for part in word.parts if part[1] or part[0] == "tilde"]
    home, rest = parts[:1], parts[1:]
    below = home and (home[0][0] == "tilde" or (home[0][0] != "text" and home[0][1] == "HOME"))
    plain = rest and rest[0][1].startswith("/") and all(kind == "text" for kind, _ in rest)
    if word.value is None and below and plain and peeling.user is None and "HOME" not in peeling.variables():
        return "~" + "".join(content for _, content in rest)
    return literal(word, peeling, "the lock's name")


def lock_file_name(simple: Simple, at: int, peeling: Peeling) -> str:
    if at >= len(simple.words):
        raise Kept("no lock file follows it")
    name = _named(simple.words[at], peeling)
    # `flock 9` locks a descriptor that somebody else opened.
    if name.isdecimal():
        raise Kept("it locks a file descriptor")
    return name


def lock_and_unwrap(peeling: Peeling, simple: Simple, count: int, lock: Lock) -> None:
    if peeling.lock is not None:
        raise Kept("there is a lock already")
    peeling.unwrap(lock.tool, simple, count)
    put_lock(peeling, lock)


# The forms with a file descriptor


def locked_subshell(peeling: Peeling) -> bool:
    """``( flock -n 9 || exit 1; CMDS ) 9>/lock``."""
    block = sole_command(peeling.script)
    if not isinstance(block, Compound) or block.kind not in ("subshell", "group") or len(block.redirects) != 1:
        return False
    redirect, body = block.redirects[0], block.bodies[0]
    if not _is_descriptor(peeling, redirect) or "lock" in peeling.keep:
        return False
    # A first command in the background would lock nothing for the rest.
    head = body.statements[0] if len(body.statements) > 1 else None
    if head is None or head.terminator == "&":
        return False
    try:
        lock = _descriptor_lock(head, redirect, peeling)
        if lock is None:
            return False
        put_lock(peeling, lock)
    except Kept:
        return False
    peeling.take(
        "flock",
        (block.start, body.statements[1].start),
        (body.statements[-1].end, block.end),
    )
    body.statements = body.statements[1:]
    body.statements[-1].terminator = ""
    peeling.script.statements = body.statements
    return True


def locked_descriptor(peeling: Peeling) -> bool:
    """``exec 9>/lock; flock -n 9 || exit; CMDS``."""
    statements = peeling.script.statements
    if len(statements) < 3 or any(statement.terminator == "&" for statement in statements):
        return False
    opening = statements[0].pipelines[0].simple if len(statements[0].pipelines) == 1 else None
    if opening is None or opening.values != ["exec"] or len(opening.redirects) != 1:
        return False
    redirect = opening.redirects[0]
    if not _is_descriptor(peeling, redirect) or "lock" in peeling.keep:
        return False
    try:
        lock = _descriptor_lock(statements[1], redirect, peeling)
        if lock is None:
            return False
        put_lock(peeling, lock)
    except Kept:
        return False
    peeling.take("flock", (statements[0].start, statements[2].start))
    del statements[:2]
    return True


def _is_descriptor(peeling: Peeling, redirect: Redirect) -> bool:
    """``9>file``. dash knows descriptors of one digit only: to it, ``200>file`` is an argument and a redirection."""
    # POSIX promises descriptors 0 to 9 only; bash takes up to the limit of open files.
    highest = 255 if peeling.bash else 9
    return redirect.fd is not None and 3 <= redirect.fd <= highest and redirect.operator in (">", ">>", "<>", "<")


def _descriptor_lock(statement: Statement, redirect: Redirect, peeling: Peeling) -> Lock | None:
    """The lock of ``flock [opts] FD || exit [N]``; a lock that waits without bound needs no ``|| exit``."""
    operators, simple = statement.operators, statement.pipelines[0].simple
    if simple is None or simple.name != "flock" or simple.redirects or simple.assignments:
        return None
    options, at = read_options(simple.words, _FLOCK)
    if [word.value for word in simple.words[at:]] != [str(redirect.fd)]:
        return None
    lock = _flock_lock(options, _named(redirect.target, peeling))
    # Without `||` the script goes on whether it got the lock or not, unless flock waits for ever.
    if not operators:
        return lock if lock.policy == "wait" and lock.wait_seconds is None else None
    leave = statement.pipelines[1].simple
    if operators != ["||"] or leave is None or leave.redirects or leave.values[:1] != ["exit"] or len(leave.words) > 2:
        return None
    # `exit` alone ends with flock's own status.
    status = leave.values[1] if len(leave.words) == 2 else str(lock.conflict_exit)
    if status is None or not status.isdecimal():
        return None
    return lock._replace(conflict_exit=int(status))
