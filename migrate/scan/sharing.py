"""A scan on more than one processor: tables, and pieces of large ones, are dealt among processes, and what each makes of its
own is joined in their order.

Each helper is a fork of this process, made before anything is scanned; it writes its jobs to a file without a name, and what is
read back is the same as if they had been scanned here. Where a helper does not end well, its tables are scanned here.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from migrate.scan.sending import Reader, Scanner, Writer
from migrate.sources import Source

if TYPE_CHECKING:
    from migrate.scan.scanned import ScannedJob

LEAST = 4000
"""Lines below which one process is as soon done as two."""
_MOST = 4
"""Processes: what helpers send is read by one of them, at about an eighth of the time of its scan."""
_BATCH = 1000
_AMISS = "a second process, which scanned {:,} of the tables, was ended; they are scanned once more"


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Piece(NamedTuple):
    """Of a table the lines whose numbers are at least ``first`` and below ``until``; what is said of the whole table is said
    with its first line."""

    source: Source
    first: int = 0
    until: int = sys.maxsize


def dealt(tables: Sequence[Source]) -> list[list[Piece]]:
    """The tables in runs of about as many lines, one for each process that is worth its start; all in one run where none is."""
    lines = [one.data.count(b"\n") + 1 for one in tables]
    shares = min(processors(), _MOST) if sum(lines) >= LEAST else 1
    # A fork takes one thread along, and leaves what the others held shut for ever.
    alone = not hasattr(os, "fork") or threading.active_count() > 1
    # Of two tables of one name, which is met first decides what their jobs are called.
    if shares < 2 or alone or len({one.path for one in tables}) < len(tables):
        return [[Piece(one) for one in tables]]
    runs: list[list[Piece]] = [[] for _ in range(shares)]
    met, each = 0, sum(lines) / shares
    for one, many in zip(tables, lines, strict=True):
        if many >= LEAST and _can_be_cut(one):
            for share in range(shares):
                first, until = (max(0, round(at * each) - met) for at in (share, share + 1))
                if first < many and until:
                    runs[share].append(Piece(one, first, until if until < many else sys.maxsize))
        else:
            runs[min(shares - 1, int((met + many / 2) / each))].append(Piece(one))
        met += many
    return [run for run in runs if run]


def _can_be_cut(source: Source) -> bool:
    """Whether each line of a table is a job of its own: those of a server's tree may start directories, anacron's are
    read as a whole, and a timer is one job."""
    return source.server is None and source.kind not in ("anacron", "timer")


class _Helper:
    """A process that scans some of the tables; without a ``pid`` there is none."""

    def __init__(self, tables: Sequence[Piece]) -> None:
        self.tables = tables
        self.pid = 0
        self.started = False
        self.sent: IO[bytes] | None = None

    def start(self, scanner: Scanner, all_tables: Sequence[Source]) -> None:
        self.sent = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            # Whatever happens: no handler, buffer or caller of the first process may run twice.
            try:
                os._exit(_help(scanner, all_tables, self.tables, self.sent, parent))
            finally:
                os._exit(1)

    def read(self, scanner: Scanner, all_tables: Sequence[Source]) -> list[ScannedJob] | None:
        """What it made, once it has ended; None where it did not end well."""
        if not self.pid or self.sent is None:
            return None
        self.started = True
        # Forgotten only once it is gone: a Ctrl-C while it is waited for must leave `end` something to do.
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        if status:
            return None
        try:
            return self._sent(scanner, all_tables, self.sent)
        except Exception:  # what cannot be read is scanned once more, and that says what is wrong with it
            return None

    def _sent(self, scanner: Scanner, all_tables: Sequence[Source], sent: IO[bytes]) -> list[ScannedJob]:
        sent.seek(0)
        jobs: list[ScannedJob] = []
        reader = Reader(sent, all_tables, scanner)
        while batch := reader.jobs():
            jobs += batch
        scanner.join(reader.beside())
        return jobs

    def end(self) -> None:
        """Leave nothing of it."""
        pid, self.pid = self.pid, 0
        if pid:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if self.sent is not None:
            self.sent.close()


def _help(scanner: Scanner, all_tables: Sequence[Source], tables: Sequence[Piece], sent: IO[bytes], parent: int) -> int:
    """Scan these tables and send what comes of it; the exit status."""
    # A Ctrl-C goes to all processes of a terminal: the first one has the sentence for it.
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)
    writer = Writer(sent, all_tables, scanner)
    batch: list[ScannedJob] = []
    for piece in tables:
        for job in scanner.jobs_of(*piece):
            batch.append(job)
            if len(batch) >= _BATCH:
                if os.getppid() != parent:
                    return 1
                writer.send(batch)
                batch = []
    if batch:
        writer.send(batch)
    writer.send([])
    writer.send(scanner.beside())
    sent.flush()
    return 0


@contextmanager
def _helping(scanner: Scanner, tables: Sequence[Source], shares: Sequence[Sequence[Piece]]) -> Iterator[list[_Helper]]:
    """A helper for each share; none is left when the block ends, however it does."""
    helpers = [_Helper(share) for share in shares]
    try:
        for helper in helpers:
            with suppress(OSError):  # no room for another process or for its file: its tables are scanned here
                helper.start(scanner, tables)
        yield helpers
    finally:
        for helper in helpers:
            helper.end()


def scanned(scanner: Scanner, tables: Sequence[Source], say: Callable[[str], None]) -> Iterator[ScannedJob]:
    """The jobs of all tables in their order; ``say`` is told where a helper did not end well."""
    own, *others = dealt(tables)
    with _helping(scanner, tables, others) as helpers:
        for piece in own:
            yield from scanner.jobs_of(*piece)
        for helper in helpers:
            jobs = helper.read(scanner, tables)
            if jobs is not None:
                yield from jobs
                continue
            # Where none could be had, nothing went amiss that anybody need know of.
            if helper.started:
                say(_AMISS.format(len(helper.tables)))
            for piece in helper.tables:
                yield from scanner.jobs_of(*piece)
