"""What reading crontabs yields: the tables, and what was found but not read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from converters.tables.timers import Timer
from migrate.sources.server import Server

Kind = Literal["system", "user", "anacron", "timer"]
Dialect = Literal["debian", "cronie", "freebsd", "openbsd", "busybox", "systemd"]


@dataclass(frozen=True, slots=True)
class Source:
    """One table as bytes, with what its place tells of it.

    path: as to be shown (``-`` for standard input); never holds undecodable bytes.
    kind: ``system`` lines carry a user column, ``user`` lines do not; ``guessed`` says the place left that open.
    ``anacron`` is a table of anacron, which has no times of day; ``timer`` one timer of systemd, of which ``data`` is the
    file of the unit itself.
    user: the table's owner where the place names one (a spool file's name), else None.
    live: read from a place where this machine's daemon reads it, so ``ignored_because`` could be judged: a sentence
    when that daemon does not accept the file (owner, mode, links, name), and so has never run its lines.
    dialect, zone: the daemon and the time zone that the place shows, None where it shows none.
    server: the tree it was found in, where that was given as a whole, so that its run-parts directories can be read.
    root: where the file system of its host begins on this machine, as far as its path tells.
    timer: the timer with its drop-ins and its service, where it is one.
    """

    path: str
    data: bytes
    kind: Kind
    user: str | None = None
    guessed: bool = False
    live: bool = False
    ignored_because: str | None = None
    dialect: Dialect | None = None
    zone: str | None = None
    server: Server | None = None
    root: Path | None = None
    timer: Timer | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something found and not read, with the reason as a clause and a code of the catalogue (C110 to C115)."""

    path: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Sources:
    """All tables in the order given.

    scanned: the files and directories looked at, streams left out: a job known from below one of these, and in no
    table any more, is gone; a job known from elsewhere is not.
    servers: the trees given as a whole.
    """

    tables: list[Source] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    scanned: tuple[str, ...] = ()
    servers: tuple[Server, ...] = ()
