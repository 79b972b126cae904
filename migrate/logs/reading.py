"""Logs -> events of one host, in order; a message that two logs hold is one message."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import BinaryIO

from converters.history.logs.events import Event, event_of
from converters.history.logs.records import Record, records
from converters.history.logs.stamps import Stamp, place
from converters.history.runs import History, Watched, read_past
from converters.schedules.zones import regimes
from migrate.errors import UserError
from migrate.logs.files import LogSet, lines_of, log_sets, opened

# Within one second: a session opens, the command starts, says something, ends, the session closes.
_RANK = {"opened": 0, "start": 1, "output": 2, "failed": 2, "end": 3, "closed": 4}
_SAME = 2.0  # seconds by which two logs may disagree about one message
# A syslog has a time in its first line; what has none in a million is no log, and `yes` gives such lines without end.
MOST_SILENT = 1_000_000
# Some 10 GB of syslog, and more than ten jobs say in a year of every minute (a command and PAM's two lines each): 2 GB here.
MOST_LINES = 100_000_000
MOST_RECORDS = 5_000_000


@dataclass(slots=True)
class Reading:
    """What the logs hold: events, how far they reach (seconds since 1970), the files read with their events, and the
    spans of an hour that came twice where nothing tells which one is meant."""

    events: list[Event] = field(default_factory=list)
    span: tuple[float, float] | None = None
    files: list[tuple[str, int]] = field(default_factory=list)
    doubtful: list[tuple[float, float]] = field(default_factory=list)


def read_logs(paths: Sequence[str], zone: tzinfo, *, stdin: BinaryIO | None = None) -> Reading:
    """Every event of cron's family in these logs. ``-`` is ``stdin``; ``zone`` is the one their clocks were set to.

    Raises UserError where a path cannot be read or none of them has a line of cron's.
    """
    reading = Reading()
    logs: list[list[Event]] = []
    stamps: list[float] = []
    if "-" in paths:
        if stdin is None:
            raise UserError("-: there is no standard input to read a log from")
        logs.append(_events(_numbered(reading, "-", lines_of("standard input", stdin)), zone, time.time(), stamps))
    for log in log_sets([path for path in paths if path != "-"]):
        logs.append(_events(_records(reading, log), zone, _newest(log), stamps))
    reading.events = _merged(logs)
    if not reading.events:
        raise UserError(f"{', '.join(paths)}: no line of a cron daemon is in it; name cron's log (see docs/verify.md)")
    if stamps:
        reading.span = min(stamps), max(stamps)
    reading.doubtful = sorted(set(_doubtful(reading.events, zone)))
    return reading


def _doubtful(events: Iterable[Event], zone: tzinfo) -> Iterator[tuple[float, float]]:
    """Both passes of each repeated hour that has a line which may be of either."""
    for event in events:
        if event.moment is not None and event.moment.other is not None:
            at, other = event.moment.at, event.moment.other
            # Times of a repeated hour: both passes lie around the moment at which the clock was set back.
            turn = regimes(zone, int(at) // 60, int(other) // 60 + 1)[-1].start * 60
            yield turn - (other - at), turn + (other - at)


def read_history(
    paths: Sequence[str],
    jobs: Sequence[Watched],
    zone: tzinfo,
    *,
    stdin: BinaryIO | None = None,
    since: float | None = None,
    until: float | None = None,
) -> History:
    """The past of these jobs in the logs of their host; see `read_logs` and `converters.history.runs.read_past`."""
    reading = read_logs(paths, zone, stdin=stdin)
    return read_past(reading.events, jobs, reading.span, since=since, until=until, doubtful=reading.doubtful)


def _records(reading: Reading, log: LogSet) -> Iterator[Record | Stamp]:
    for path in log.files:
        with opened(path) as lines:
            yield from _numbered(reading, str(path), lines)


def _numbered(reading: Reading, name: str, lines: Iterable[bytes]) -> Iterator[Record | Stamp]:
    """The records of one file. Raises UserError where lines or records go on without end, as a pipe's may."""
    where = "standard input" if name == "-" else name
    count = 0
    begun = False

    def bounded() -> Iterator[bytes]:
        for number, line in enumerate(lines):
            if number >= MOST_SILENT and not begun:
                raise UserError(
                    f"{where}: {MOST_SILENT:,} lines and neither a time nor a cron daemon in them, so not a log; "
                    "name cron's log"
                )
            if number >= MOST_LINES:
                raise UserError(f"{where}: more than {MOST_LINES:,} lines; give the lines of cron only (grep -i cron)")
            yield line

    for one in records(bounded()):
        begun = True
        count += isinstance(one, Record)
        if count > MOST_RECORDS:
            raise UserError(f"{where}: more than {MOST_RECORDS:,} lines of cron; give the days to look at only")
        yield one
    reading.files.append((name, count))


def _newest(log: LogSet) -> float:
    """A time after which nothing was written: the newest file's own, where it is a file that keeps one."""
    # Classic syslog has no year: the newest line cannot be younger than its file.
    times = [path.stat().st_mtime for path in log.files if path.is_file()]
    return max(times, default=time.time())


def _events(found: Iterable[Record | Stamp], zone: tzinfo, newest: float, stamps: list[float]) -> list[Event]:
    """The events of one log with their times; ``stamps`` collects how far it reaches."""
    items = list(found)
    timed = [(item.stamp if isinstance(item, Record) else item, _key(item)) for item in items]
    placed = iter(place([(stamp, key) for stamp, key in timed if stamp is not None], zone, newest))
    events = []
    for item, (stamp, _) in zip(items, timed, strict=True):
        moment = next(placed) if stamp is not None else None
        if moment is not None:
            stamps.append(moment.at)
        if isinstance(item, Record) and (moment is not None or stamp is None):
            events.append(event_of(item, moment))
    return events


# Cron starts the same command again and again; only a start of the very same text marks a second pass.
def _key(item: Record | Stamp) -> str | None:
    """What tells that a line comes again in a repeated hour: the text of a start, not of what may well repeat."""
    return item.text if isinstance(item, Record) and " CMD (" in item.text else None


def _merged(logs: list[list[Event]]) -> list[Event]:
    """One row of events; rsyslog often writes cron's messages to two files, and those are one message each."""
    if len(logs) == 1:
        return logs[0]
    untimed = [event for log in logs for event in log if event.at is None]
    timed = [(event.at, number, event) for number, log in enumerate(logs) for event in log if event.at is not None]
    # Cron and PAM often write to two files. Within a second whose parts were not kept, a session opens before its command
    # rsyslog's traditional format has whole seconds; journald and high-precision stamps have parts.
    # and closes behind it.
    coarse = any(log and all(event.at is None or event.at % 1 == 0 for event in log) for log in logs)
    timed.sort(key=lambda item: (item[0] // 1, _RANK.get(item[2].kind, 1), item[0]) if coarse else (item[0], 0, 0))
    kept: list[Event] = []
    last: dict[tuple[object, ...], tuple[float, int]] = {}
    for at, number, event in timed:
        what = event.kind, event.pid, event.user, event.command, event.shell, event.status, event.detail
        known = last.get(what)
        # The same words in another log a moment later are the same message; in one log they are two.
        if known is not None and known[1] != number and at - known[0] <= _SAME:
            continue
        last[what] = at, number
        kept.append(event)
    return untimed + kept
