"""What a lock does to the runs of the jobs that name it, by their ecs.yml as they stand: how many a day find no place.

A scan says it of what it proposes (C217); whoever writes ``runs`` or another schedule leaves that behind. The starts are those
that are registered, the simulation is the scan's own (`converters.workflows.contention`), with as many places as the lock has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.artefact.origin import Origin, OriginError
from converters.artefact.registered import Registered
from converters.expressions.eventbridge import ExpressionError, Rate
from converters.expressions.guards import GuardError
from converters.expressions.left_tests import START_SECONDS
from converters.findings.codes import Finding
from converters.schedules.daemon import Window, listed
from converters.schedules.minutes import MINUTES_A_DAY
from converters.workflows.contention import RUN_SECONDS, Contender, Skips, skips

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from converters.specs.wishes import Lock

DAYS, FEW_DAYS, MANY = 40, 3, 20_000
"""Days looked at; fewer where the jobs of a lock start more often than so many times in them."""
SKIPPED, REFUSED = "C217", "C223"
LONG = 3600
"""Seconds of waiting from which on it is told: below, a run is only late."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a job's runs: the longest that was measured (None: none was), and the seconds until a task of it has started."""

    seconds: float | None = None
    start: float = START_SECONDS


_NOTHING = Known()


def crowded(specs: Iterable[Spec], window: Window, known: Mapping[str, Known]) -> dict[str, Finding]:
    """What there is to say of each job whose lock lets fewer of its runs go than cron's did, by its name."""
    locks: defaultdict[str, list[Spec]] = defaultdict(list)
    for spec in specs:
        if spec.lock is not None and not spec.service:
            locks[spec.lock.name].append(spec)
    found: dict[str, Finding] = {}
    for jobs in locks.values():
        found |= _of_lock(jobs, window, known)
    return found


def _of_lock(jobs: Sequence[Spec], window: Window, known: Mapping[str, Known]) -> dict[str, Finding]:
    try:
        takers = _takers(jobs, _days(window, DAYS), known)
        if sum(len(one.now.after) for one in takers) > MANY:
            takers = _takers(jobs, _days(window, FEW_DAYS), known)
    except (GuardError, ExpressionError, _UncountedError):
        # Whose starts have no minutes that are known before: a rate beside others, a job that runs after another.
        return {}
    was = skips([one.was for one in takers])
    now = skips([one.now for one in takers])
    said = {one.spec.name: _said(one, was[one.spec.name].before, now[one.spec.name], len(jobs)) for one in takers}
    return {name: finding for name, finding in said.items() if finding is not None}


class _UncountedError(ValueError):
    """Starts whose minutes nobody knows before."""


@dataclass(frozen=True, slots=True)
class _Taker:
    """A job that takes a lock: its line's starts with its line's patience, and those of its ecs.yml with its own."""

    spec: Spec
    lock: Lock
    was: Contender
    now: Contender


def _days(window: Window, days: int) -> Window:
    return Window(window.first, min(window.until, window.first + days * MINUTES_A_DAY))


def _takers(jobs: Sequence[Spec], window: Window, known: Mapping[str, Known]) -> list[_Taker]:
    return [
        _taker(spec, spec.lock, window, known.get(spec.name, _NOTHING), len(jobs) == 1)
        for spec in jobs
        if spec.lock is not None
    ]


def _taker(spec: Spec, lock: Lock, window: Window, known: Known, alone: bool) -> _Taker:
    seconds = RUN_SECONDS if known.seconds is None else known.seconds
    # On both sides: the limit of an ecs.yml comes from its line's timeout(1).
    seconds = min(seconds, spec.timeout.seconds) if spec.timeout else seconds
    # Who does not wait for seconds waits for ever.
    wait = lock.wait if isinstance(lock.wait, int) else None
    before, patience, shared = _under_cron(spec, window)
    was = Contender(spec.name, before, (), patience, shared, seconds)
    after = _starts(spec, window, alone)
    now = Contender(spec.name, (), after, wait, lock.shared, seconds, known.seconds is not None, known.start, lock.runs)
    return _Taker(spec, lock, was, now)


def _starts(spec: Spec, window: Window, alone: bool) -> list[int]:
    """The minutes at which the workflow asks for the lock, as far as its task has work to do."""
    if spec.after:
        raise _UncountedError
    registered = Registered.of(spec)
    rates = [one for one in registered.schedule.expressions if isinstance(one, Rate)]
    if rates and alone and len(spec.expressions) == 1:
        # Its phase is not known, and bears on nothing where it meets only itself.
        return list(range(window.first, window.until, rates[0].minutes))
    found = registered.runs(window) if registered.is_known else registered.schedule.runs(window)
    return [minute for minute in listed(found, window) if window.first <= minute < window.until]


def _under_cron(spec: Spec, window: Window) -> tuple[Sequence[int], float | None, bool]:
    """The starts of the line that the job came from, how long each waited for its lock, and whether it shared it; none where
    no line is known, or it took none."""
    try:
        if spec.legacy is None:
            return (), 0, False
        origin = Origin.read(spec.legacy)
        place = origin.place(window)
        work, schedule = origin.at(place)
    except OriginError:
        return (), 0, False
    lock = work.lock if work is not None else None
    if lock is None:
        return (), 0, False
    minutes = [one for one in listed(place.before(schedule), window) if window.first <= one < window.until]
    # flock(1): without -n and -w it waits for ever.
    return minutes, lock.wait_seconds if lock.policy == "wait" else 0, lock.shared


def _said(one: _Taker, before: int, found: Skips, jobs: int) -> Finding | None:
    lock, now = one.lock, one.now
    how = f"{'measured' if now.measured else 'assumed'}: {now.seconds:g} s a run, {now.start_seconds:g} s for a task to start"
    how = f"{jobs} jobs name it; {how}" if jobs > 1 else how
    # Equal numbers are no news: cron skipped those runs too.
    if found.after > before:
        cron = f", under cron up to {before:,}" if before else ""
        most = f"up to {found.after:,} a day are skipped by the lock `{lock.name}`"
        if lock.runs > 1:
            return Finding(
                REFUSED,
                f"runs: {most}{cron}: {lock.runs} may hold it at once, and each that is one too many is told ({how})",
            )
        return Finding(SKIPPED, f"runs: {most}{cron} ({how})")
    if now.wait is None and found.waited > LONG:
        waited = f"they pile up at the lock `{lock.name}`, and wait for {found.waited / 3600:.0f} h"
        return Finding(REFUSED if lock.runs > 1 else SKIPPED, f"runs: {waited} ({how})")
    return None
