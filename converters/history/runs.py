"""Runs of a log against the lines of a crontab: what each job really did, and what the log cannot tell.

A run that was due and is not in the log is *missed* only where cron was alive and the table in force. Otherwise it is
*unknown*: cron was down, the log has a hole, or the table was another one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from converters.expressions.judgement import Place
from converters.findings.codes import Finding
from converters.history.logs.commands import Index
from converters.history.logs.events import Event
from converters.history.logs.following import Logbook, Run, follow, sign_of_life
from converters.history.observed import CRON_REACH, EARLY, Comparison, Seen, compare, percentiles, share_out, streaks
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import Dialect
from converters.schedules.schedule import Schedule, Special
from converters.schedules.zones import iso

GAP = 3  # runs due in one silence of cron from which on it is a hole, not runs that were missed
SHORT = 2.0  # seconds: a run that found its lock taken ends at once


@dataclass(frozen=True, slots=True)
class Watched:
    """One job as its daemon logs it. ``commands`` are the texts its shell gets (or anacron's job name); ``due`` gives the
    UTC minutes at which it is due in a window, ``None`` where no clock decides; ``table`` is the path of its table;
    ``hidden`` says that the daemon is told not to log it; ``lock`` names a lock that it does not wait for; ``whole`` is
    false where the job is only a part of the line that is logged, so that the line's duration is not its own."""

    id: str
    name: str
    user: str | None
    commands: tuple[str, ...]
    due: Callable[[Window], Sequence[int]] | None
    table: str = ""
    hidden: bool = False
    lock: str | None = None
    whole: bool = True


def due_by(
    schedule: Schedule | Special, zone: tzinfo, dialect: Dialect, host: tzinfo | None = None
) -> Callable[[Window], Sequence[int]] | None:
    """When the old daemon is due to start a schedule; ``host`` is the host's zone where ``zone`` is the entry's own."""
    if isinstance(schedule, Special) or schedule.random:
        return None

    def due(window: Window) -> Sequence[int]:
        return listed(Place(zone, "", window, dialect, host=host).before(schedule), window)

    return due


@dataclass(slots=True)
class Past:
    """What the log tells of one job. ``comparison`` is ``None`` where no clock decides when it is due. ``shared`` names the
    other jobs that log the same line; ``overlaps`` and ``skipped`` are the times of runs that began while one was going."""

    job: Watched
    runs: list[Run] = field(default_factory=list)
    comparison: Comparison | None = None
    overlaps: list[float] = field(default_factory=list)
    skipped: int = 0
    untimed: int = 0
    shared: tuple[str, ...] = ()

    @property
    def starts(self) -> int:
        return len(self.runs) + self.untimed

    @property
    def durations(self) -> dict[str, float] | None:
        """p50, p95 and max in seconds of the runs whose end is known; of whole lines only."""
        if not self.job.whole:
            return None
        return percentiles([run.seconds for run in self.runs if run.seconds is not None and not run.locked_out])

    @property
    def never(self) -> bool:
        """Whether it was due while cron was alive, and never ran."""
        found = self.comparison
        return not self.starts and not self.skipped and not self.job.hidden and bool(found and found.missed)


@dataclass(slots=True)
class History:
    """A whole log: from when to when (seconds since 1970), the past of each job, spans of which nothing is known, and the
    commands that no job explains, with their number."""

    first: float | None
    last: float | None
    jobs: dict[str, Past]
    gaps: list[tuple[float, float]] = field(default_factory=list)
    strangers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def as_json(self, job: str) -> dict[str, object] | None:
        """The ``history`` of one job in the document; ``None`` for a job that the log cannot tell of."""
        past = self.jobs.get(job)
        if past is None or past.job.hidden or (self.first is None and not past.untimed):
            return None
        return {
            "from": _iso(self.first),
            "until": _iso(self.last),
            "starts": past.starts,
            "first": _iso(past.runs[0].at if past.runs else None),
            "last": _iso(past.runs[-1].at if past.runs else None),
            "durations": past.durations,
            "overlaps": len(past.overlaps),
            "skipped": past.skipped,
            "missed": len(past.comparison.missed) if past.comparison is not None else 0,
            "never": past.never,
        }


def _iso(at: float | None) -> str | None:
    return iso(int(at) // 60)[:-3] + f"{int(at) % 60:02}Z" if at is not None else None


def read_past(
    events: Iterable[Event],
    jobs: Sequence[Watched],
    span: tuple[float, float] | None,
    *,
    since: float | None = None,
    until: float | None = None,
    doubtful: Sequence[tuple[float, float]] = (),
) -> History:
    """The past of every job. ``span`` is how far the log reaches, in seconds since 1970; ``since`` and ``until`` narrow it.
    In ``doubtful`` spans an hour came twice and the log does not tell which one it holds, so nothing counts as missed."""
    index = Index()
    for job in jobs:
        index.add(job.id, job.user, job.commands)
    book = follow(events, index)
    if span is not None:
        span = max(span[0], since or span[0]), min(span[1], until or span[1])
        book.runs = [run for run in book.runs if span[0] <= run.at <= span[1]]
    first, last = span if span is not None else (None, None)
    history = History(first, last, {job.id: Past(job) for job in jobs}, strangers=book.strangers)
    _count(history, book)
    dues = _without_skipped(_dues(jobs, span), book) if span is not None else {}
    seen = _given_out(history, book, dues)
    shown = [name for name in dues if not history.jobs[name].job.hidden]
    # Compared twice: first to find the edges and holes, then without them.
    looked = {name: compare(dues[name], seen[name], reach=CRON_REACH) for name in shown}
    if span is not None:
        dues = {name: _whole(dues[name], looked[name], span) for name in shown}
        looked = {name: compare(dues[name], seen[name], reach=CRON_REACH) for name in shown}
    spans = _unknown(history, book, dues, looked)
    for name in shown:
        unknown = [*spans[name], *doubtful]
        history.jobs[name].comparison = compare(dues[name], seen[name], reach=CRON_REACH, unknown=unknown)
    return history


def _count(history: History, book: Logbook) -> None:
    for jobs, count in book.untimed.items():
        for job in jobs[:1]:
            history.jobs[job].untimed += count
    for _, jobs in book.skipped:
        for job in jobs[:1]:
            history.jobs[job].skipped += 1


def _dues(jobs: Sequence[Watched], span: tuple[float, float]) -> dict[str, list[int]]:
    """What was due while the log was kept, its first and last minute, which it may hold in part, included."""
    window = Window(int(span[0] // 60), int(span[1] // 60) + 1)
    return {
        job.id: [minute for minute in job.due(window) if window.first <= minute < window.until]
        for job in jobs
        if job.due is not None
    }


def _whole(dues: Sequence[int], found: Comparison, span: tuple[float, float]) -> list[int]:
    """Without what is missing from the first or last minute: its start may be just before the log, or just behind it."""
    edges = {minute for minute in found.missed if minute * 60 < span[0] or minute * 60 + 60 > span[1]}
    return [minute for minute in dues if minute not in edges]


def _without_skipped(dues: dict[str, list[int]], book: Logbook) -> dict[str, list[int]]:
    """A run that the daemon says it skipped is accounted for."""
    skipped: dict[str, set[int]] = defaultdict(set)
    for at, jobs in book.skipped:
        # A message may come a moment before the minute it belongs to.
        if at is not None and jobs:
            skipped[jobs[0]].add(int((at + EARLY) // 60))
    return {job: [minute for minute in own if minute not in skipped[job]] for job, own in dues.items()}


def _given_out(history: History, book: Logbook, dues: Mapping[str, list[int]]) -> dict[str, list[Seen]]:
    """Every run to one job. Where several log the same line, the one that was due then has it."""
    # The log has commands, not line numbers: equal lines are told apart by when they are due only.
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in book.runs:
        if run.jobs:
            groups[run.jobs].append(run)
    seen: dict[str, list[Seen]] = defaultdict(list)
    for jobs, runs in groups.items():
        starts = [Seen(run.at, run.other, _failure(run), number) for number, run in enumerate(runs)]
        given = share_out({job: dues.get(job, []) for job in jobs}, starts, CRON_REACH)
        for job, own in given.items():
            past = history.jobs[job]
            past.shared = tuple(dict.fromkeys([*past.shared, *(other for other in jobs if other != job)]))
            for one in own:
                runs[one.key].at = one.at
                past.runs.append(runs[one.key])
            seen[job] += own
    for past in history.jobs.values():
        past.runs.sort(key=lambda run: run.at)
    _lock_out(history.jobs.values())
    for past in history.jobs.values():
        past.overlaps = _overlaps(past.runs)
        past.skipped += sum(run.locked_out for run in past.runs)
    return seen


def _lock_out(pasts: Iterable[Past]) -> None:
    """Mark the runs that ended at once while one of the same lock, of this job or another, was going on."""
    by_lock: dict[str, list[Run]] = defaultdict(list)
    for past in pasts:
        if past.job.lock is not None:
            by_lock[past.job.lock] += past.runs
    for runs in by_lock.values():
        going = float("-inf")
        for run in sorted(runs, key=lambda one: one.at):
            # A run that ended within two seconds of its start has most likely found the lock taken.
            if run.end is not None and run.end - run.at > SHORT:
                going = max(going, run.end)
            elif run.end is not None:
                run.locked_out = run.at < going


def _overlaps(runs: Iterable[Run]) -> list[float]:
    """When a run began while another of the job was going on."""
    found = []
    going = float("-inf")
    for run in runs:
        if run.at < going and not run.locked_out:
            found.append(run.at)
        if run.end is not None:
            going = max(going, run.end)
    return found


def _failure(run: Run) -> str | None:
    if not run.status:
        return None
    return f"exit status {run.status}" if run.status > 0 else f"signal {-run.status}"


def _unknown(
    history: History, book: Logbook, dues: Mapping[str, list[int]], looked: Mapping[str, Comparison]
) -> dict[str, list[tuple[float, float]]]:
    """The spans, for each job, in which a missing run says nothing: holes of the log, start-ups, other tables."""
    life = sign_of_life(book)
    rows = {job: streaks(dues[job], found.missed) for job, found in looked.items()}
    holes = _holes(book, life, rows, {job for job, found in looked.items() if found.matched})
    ends = [*life, float("inf")]
    history.gaps = [(ends[at - 1] if at else float("-inf"), ends[at]) for at in sorted(holes)]
    # Vixie's daemons do not run the minute they start in.
    starting = [(at - at % 60 - EARLY, at - at % 60 + 1) for at in book.startups]
    spans = {}
    for job, own in rows.items():
        found = [*history.gaps, *starting]
        changes = _changes(history.jobs[job].job, book)
        for row in own if changes else []:
            if _table_changed(changes, dues[job], row):
                found.append((row[0] * 60, row[-1] * 60 + 1))
        spans[job] = found
    return spans


def _holes(book: Logbook, life: Sequence[float], rows: Mapping[str, list[list[int]]], alive: set[str]) -> set[int]:
    """Silences of cron that are holes, each by the place in ``life`` at which it ends.

    A silence in which many runs were due is a hole, and so is one that a start-up ends. A job that goes missing across
    signs of life has a trouble of its own and is no witness; nor is one that never ran.
    """
    ending: Counter[int] = Counter()
    witnesses: Counter[int] = Counter()
    for job, own in rows.items():
        for row in own:
            # cron speaks only when it starts something, so a silence proves nothing unless several jobs were due in
            # it.
            places = {bisect_left(life, minute * 60 - EARLY) for minute in row}
            quiet = [minute for minute in row if not _sign_within(book.alive, minute)]
            for minute in quiet:
                ending[bisect_left(life, minute * 60 - EARLY)] += 1
            if job in alive and len(places) == 1 and len(quiet) == len(row):
                witnesses[next(iter(places))] += len(row)
    restarts = {bisect_left(life, at - at % 60 + 54) for at in book.startups}
    return {place for place in ending if witnesses[place] >= GAP or place in restarts}


def _sign_within(alive: Sequence[float], minute: int) -> bool:
    """Whether cron did something in the minute itself: then it was alive, and what it did not start it missed."""
    place = bisect_left(alive, minute * 60 - EARLY)
    return place < len(alive) and alive[place] < minute * 60 + 60


def _changes(job: Watched, book: Logbook) -> list[float]:
    """When the job's table was changed."""
    return [
        at for at, whose in book.changes if whose == job.user or (whose.startswith("/") and job.table.endswith(whose))
    ]


def _table_changed(changes: Sequence[float], due: Sequence[int], row: Sequence[int]) -> bool:
    """Whether the table was changed between the runs around these missing ones."""
    place, after = bisect_left(due, row[0]), bisect_right(due, row[-1])
    first = due[place - 1] * 60 if place else float("-inf")
    until = due[after] * 60 + 60 if after < len(due) else float("inf")
    return bisect_right(changes, first) < bisect_right(changes, until)


def findings(history: History, job: str) -> list[Finding]:
    """What the log says of one job that asks for a word."""
    past = history.jobs[job]
    told = history.as_json(job)
    if told is None:
        return []
    found = []
    durations, comparison = past.durations, past.comparison
    if past.never and comparison is not None:
        found.append(
            Finding("C700", f"it was due {_times(len(comparison.missed))} while cron was logged, and never ran")
        )
    elif comparison is not None and comparison.missed:
        when = iso(comparison.missed[0])
        found.append(
            Finding("C701", f"{len(comparison.missed)} of {comparison.due} runs did not start, first at {when}")
        )
    if durations is not None:
        limit = suggested_timeout(durations["max"])
        found.append(
            Finding("C702", f"the longest of its runs took {durations['max']:g} s; `timeout: {limit}` leaves room")
        )
    if past.overlaps:
        found.append(Finding("C703", f"{len(past.overlaps)} of its runs began while another was going on"))
    if past.skipped:
        found.append(Finding("C704", f"{past.skipped} of its runs were skipped because another was going on"))
    if past.shared:
        found.append(
            Finding(
                "C705", f"{len(past.shared) + 1} lines log this command alike; each run is counted where it was due"
            )
        )
    if comparison is not None and comparison.failed:
        at, why = comparison.failed[-1]
        found.append(Finding("C706", f"{len(comparison.failed)} of its runs failed, last at {_iso(at)} ({why})"))
    return found


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def suggested_timeout(longest: float) -> int:
    """Twice the longest run, in whole minutes, and five at least: the time of a start on AWS comes on top."""
    return max(300, -(-int(2 * longest) // 60) * 60)
