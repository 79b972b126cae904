"""What locks do to the runs of a scan's jobs: each lock with all jobs that take it, over the first days of the window."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from converters.findings.codes import Finding
from converters.images.weight import MIB, start_seconds
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.schedule import Schedule

if TYPE_CHECKING:
    from converters.workflows.contention import Contender, Skips
    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan

# A month and the days around its end: locks mostly meet where a nightly and a monthly job do.
DAYS, FEW_DAYS, MANY = 40, 3, 20_000
"""Days looked at; fewer where the jobs of a lock start more often than so many times in them."""


def tell_contention(result: Scan) -> None:
    """Adds a finding to each job of which a lock would skip more runs on AWS than it did under cron."""
    locks: defaultdict[str, list[ScannedJob]] = defaultdict(list)
    for job in result.jobs:
        # A job that nothing starts on AWS holds no lock there; its runs would be counted as met by nobody.
        lock = result.lock(job)
        if lock is not None and isinstance(job.schedule, Schedule) and job.judgement.target.expressions:
            locks[lock].append(job)
    if not locks:
        return
    # With it comes pydantic, which a scan without locks can do without.
    from converters.workflows.contention import skips

    for lock, jobs in locks.items():
        # All starts of all jobs of a lock are simulated together: 30 jobs of every minute would be 1.7 million in 40
        # days.
        contenders = _contenders(jobs, DAYS)
        if sum(len(one.after) for one in contenders) > MANY:
            contenders = _contenders(jobs, FEW_DAYS)
        found = skips(contenders)
        for job, one in zip(jobs, contenders, strict=True):
            said = _said(lock, job, one, found[one.name])
            if said is not None:
                job.findings += (said,)


def _contenders(jobs: list[ScannedJob], days: int) -> list[Contender]:
    from converters.workflows.contention import Contender

    found = []
    for job in jobs:
        lock, place = job.work.lock, job.place
        if lock is None or not isinstance(job.schedule, Schedule):
            continue
        window, until = place.window, min(place.window.until, place.window.first + days * 1440)
        before, after = (
            _early(one, window, until) for one in (place.before(job.schedule), place.after(job.judgement.target))
        )
        # flock(1): without -n and -w it waits for ever; here that is what `None` says.
        wait = lock.wait_seconds if lock.policy == "wait" else 0
        seconds, measured = _seconds(job)
        found.append(Contender(job.id, before, after, wait, lock.shared, seconds, measured, start_seconds(job.image)))
    return found


def _early(starts: list[Starts], window: Window, until: int) -> list[int]:
    # Cut with the mask before they are listed: a whole window of minutes is five million numbers a job.
    mask = (1 << (until // 1440 - window.base + 1)) - 1
    return [
        minute for minute in listed([one._replace(days=one.days & mask) for one in starts], window) if minute < until
    ]


def _seconds(job: ScannedJob) -> tuple[float, bool]:
    """How long a run takes: the longest of the log, else an assumption; its time limit ends it in any case."""
    from converters.workflows.contention import RUN_SECONDS

    durations = job.history.durations if job.history is not None else None
    measured = durations.max if durations is not None else None
    limit = job.work.understanding.timeout
    seconds = measured if measured is not None else RUN_SECONDS
    # timeout(1) ends the run under cron as well, so neither side can hold the lock longer.
    return (min(seconds, limit.seconds) if limit else seconds), measured is not None


def _said(lock: str, job: ScannedJob, one: Contender, found: Skips) -> Finding | None:
    how = f"{'measured' if one.measured else 'assumed'}: {one.seconds:g} s a run, {one.start_seconds:g} s for a task to start"
    if job.image is not None and job.image.packed:
        how += f", which pulls {job.image.packed / MIB:,.0f} MiB"
    parity = job.judgement.parity
    starts = "starts exact" if parity is not None and parity.exact else "starts as counted"
    # Equal numbers are no news: cron skipped those runs too.
    if found.after > found.before:
        cron = f", under cron up to {found.before:,}" if found.before else ""
        return Finding(
            "C217", f"{starts}; runs: up to {found.after:,} a day are skipped by the lock `{lock}`{cron} ({how})"
        )
    # An hour: below, a run is only late; above, tasks that wait are paid for and the queue may never empty.
    if one.wait is None and found.waited > 3600:
        return Finding(
            "C217",
            f"{starts}; runs: they pile up at the lock `{lock}`, and wait for {found.waited / 3600:.0f} h ({how})",
        )
    return None
