"""The minute in which a job may change sides: no run in it, none just before, none soon after, on either side.

The switch itself happens in the middle of such a minute (`FIRST_SECOND` to `LAST_SECOND`), because daemons read their
tables in the first seconds of a minute. What is known of the two sides:

* Debian's, ISC's and OpenBSD's cron load their tables *after* they started a minute's jobs, so the minute after an edit may
  still be run from the old text, and the one after that never is (``cron.c``, ``main``); cronie and BusyBox are quicker.
* EventBridge and Scheduler start a target somewhere within the minute, not at its first second ("60 second precision"), and
  a rule that is switched takes "a short period of time" until it heeds that (EnableRule, DisableRule).
* At a clock change daemons catch up for some minutes, so the minutes around it are no good for a switch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FIRST_SECOND, LAST_SECOND = 5, 50
STRADDLE = 6 * 60
"""Minutes apart at which a run of the old side and one of the new still count as one run that moved."""

Side = Literal["old", "new"]
Reason = Literal[
    "a run may still be going", "a start is near", "a run that moves would be doubled or lost", "clock change"
]


@dataclass(frozen=True, slots=True)
class Margins:
    """``reread`` in minutes, the rest in seconds.

    reread: the first minute after an edit that is surely run from the new text is this many minutes later.
    precision, lag: how late within and after its minute AWS starts a target.
    propagation: until a rule that was switched surely heeds it.
    changing: before and after a clock change.
    begin: until a task on Fargate runs, once its rule fired.
    unknown: the longest a run of unknown duration is taken to last; half of the time to the next start is enough.
    """

    reread: int = 2
    precision: int = 60
    lag: int = 5
    propagation: int = 120
    changing: int = 900
    begin: int = 120
    unknown: int = 3600


USUAL = Margins()


@dataclass(frozen=True, slots=True)
class JobTimes:
    """Starts of one job on both sides as UTC minutes since 1970, sorted, around the time in question.

    ``seconds`` is how long a run lasts at most (measured, or its time limit), None where that is not known.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    seconds: float | None = None


def safe_minute(
    jobs: Sequence[JobTimes],
    now: float,
    until: float,
    *,
    source: Side = "old",
    changes: Sequence[int] = (),
    heed_runs: bool = True,
    margins: Margins = USUAL,
) -> int | None:
    """The first UTC minute after ``now`` (seconds since 1970) in which all ``jobs`` may change sides together.

    ``source`` is the side that they leave, ``changes`` are the UTC minutes at which clocks change. None where there is no
    such minute before ``until``. A minute that has begun is taken only while `FIRST_SECOND` is still to come. With
    ``heed_runs`` off a run may still be going: for jobs whose runs last longer than the time between them.
    """
    minute = int(now // 60) + (1 if now % 60 > FIRST_SECOND else 0)
    while minute * 60 + LAST_SECOND <= until:
        if not any(
            why_not(job, minute, source=source, changes=changes, heed_runs=heed_runs, margins=margins) for job in jobs
        ):
            return minute
        minute += 1
    return None


def why_not(
    job: JobTimes,
    minute: int,
    *,
    source: Side = "old",
    changes: Sequence[int] = (),
    heed_runs: bool = True,
    margins: Margins = USUAL,
) -> Reason | None:
    """Why a job must not change sides in this UTC minute, None where it may."""
    first, last = minute * 60 + FIRST_SECOND, minute * 60 + LAST_SECOND
    if any(at * 60 - margins.changing < last and first < at * 60 + margins.changing for at in changes):
        return "clock change"
    if _near(job, minute, first, last, margins):
        return "a start is near"
    if heed_runs and _still_going(job, first, source, margins):
        return "a run may still be going"
    if _straddled(job, minute):
        return "a run that moves would be doubled or lost"
    return None


def _near(job: JobTimes, minute: int, first: int, last: int, margins: Margins) -> bool:
    """Old starts from this minute until the edit is surely read; new ones from a minute's precision before until a
    switched rule surely heeds."""
    if _any_between(job.old, minute, minute + margins.reread):
        return True
    over = (first - margins.precision - margins.lag) // 60  # a start in this minute is over
    soon = -(-(last + margins.propagation) // 60)  # a start in this minute will heed
    return _any_between(job.new, over + 1, soon)


def _still_going(job: JobTimes, first: int, source: Side, margins: Margins) -> bool:
    starts = job.old if source == "old" else job.new
    index = bisect_right(starts, first // 60)
    if not index:
        return False
    wait = 0 if source == "old" else margins.precision + margins.begin
    if job.seconds is not None:
        # An earlier run lasts no longer than the last one may: the last one decides.
        return starts[index - 1] * 60 + wait + job.seconds > first
    gap = (starts[index] - starts[index - 1]) * 60 if index < len(starts) else margins.unknown * 2
    return starts[index - 1] * 60 + min(wait + margins.unknown, gap / 2) > first


def _straddled(job: JobTimes, minute: int) -> bool:
    """A run that the two sides make at different times must not have one time before the switch and the other after."""
    low, high = minute - STRADDLE, minute + STRADDLE
    old, new = set(_between(job.old, low, high)), set(_between(job.new, low, high))
    only_old, only_new = sorted(old - new), sorted(new - old)
    if not only_old or not only_new:
        return False
    return any(
        (one <= minute) != (other <= minute) and abs(one - other) <= STRADDLE for one in only_old for other in only_new
    )


def _any_between(starts: Sequence[int], first: int, until: int) -> bool:
    return bisect_left(starts, until) > bisect_left(starts, first)


def _between(starts: Sequence[int], first: int, until: int) -> Sequence[int]:
    return starts[bisect_left(starts, first) : bisect_left(starts, until)]
