"""What is missing: the starts that were due against those that were noted. The one model of the watchman; its workflow is
held against it.

Minutes are UTC minutes since 1970. A job's due minutes stand in its `Plan` for a year and more, so that whoever looks needs
no calendar, no zone and no guard.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from converters.schedules.daemon import Starts, Window
from converters.schedules.fields import members
from converters.specs.untyped import Fields, fields, rows, whole

WATCH = "cron2fargate.watch"
"""The source of what the watchman gives to the notifier."""
DAY = 1440
LETTERS = string.ascii_letters + string.digits
NONE = "."
"""Of `Plan.days`: on this day nothing is due."""
HORIZON = 400
"""Days for which a plan is made. A year's runs, and a month in which somebody may heed that it ends."""
LATE = 8
"""Minutes that a start may be late before it is missed: EventBridge promises starts within a minute, and a retry of its first
refusals comes within some minutes; with a pass every five minutes a missed start is told within 13."""
EVERY = 5
"""Minutes between two passes."""
LONGEST_PASS = 60
"""Minutes of slots that one pass looks at: after a silence it catches up in several."""

Kind = Literal["missed", "again", "ok"]
REMIND = DAY + 30
"""Minutes after which what is still missing is told again: a daily job's next start is judged before."""


@dataclass(frozen=True, slots=True)
class Run:
    """Minutes of a day: every ``step`` from ``first`` to ``last``."""

    first: int
    last: int
    step: int


@dataclass(frozen=True, slots=True)
class Plan:
    """When a job is due. ``days`` has a letter for each day from day ``begin`` on, whose minutes ``sets`` has; ``since`` is the
    first minute that is watched. ``zoned``: a schedule starts it, not a rule."""

    job: str
    zoned: bool
    since: int
    begin: int
    days: str
    sets: Mapping[str, tuple[Run, ...]]

    @property
    def until(self) -> int:
        """The first minute of which nothing is known any more."""
        return (self.begin + len(self.days)) * DAY

    def due(self, after: int, upto: int) -> list[int]:
        """The slots after a minute, up to and with another, in order."""
        after = max(after, self.since - 1)
        found: list[int] = []
        for day in range(max(after // DAY, self.begin), min(upto // DAY, self.begin + len(self.days) - 1) + 1):
            for run in self.sets.get(self.days[day - self.begin], ()):
                minutes = (day * DAY + minute for minute in range(run.first, run.last + 1, run.step))
                found += [minute for minute in minutes if after < minute <= upto]
        return sorted(found)


def start_key(keys: str) -> str:
    """What the key of a start's item begins with; the job's name, ``#`` and the scheduled minute follow it."""
    return f"{keys}/run#" if keys else "run#"


def planned(job: str, starts: Iterable[Starts], window: Window, *, zoned: bool = False) -> Plan | None:
    """The plan of a job with these starts, watched from the window's beginning; None where its days are of more kinds than
    there are letters."""
    begin = window.first // DAY
    by_day: dict[int, int] = {}
    for start in starts:
        for day in members(start.days):
            at = day + window.base - begin
            by_day[at] = by_day.get(at, 0) | start.minutes
    letters: dict[int, str] = {}
    text = [NONE] * (window.until // DAY - begin)
    for day, minutes in by_day.items():
        if 0 <= day < len(text):
            if minutes not in letters and len(letters) == len(LETTERS):
                return None
            text[day] = letters.setdefault(minutes, LETTERS[len(letters)])
    sets = {letter: tuple(_runs(list(members(minutes)))) for minutes, letter in letters.items()}
    return Plan(job, zoned, window.first, begin, "".join(text), sets)


def _runs(minutes: Sequence[int]) -> Iterator[Run]:
    """Minutes as few runs: as long as the step is the same."""
    at = 0
    while at < len(minutes):
        end = at + 1
        step = minutes[end] - minutes[at] if end < len(minutes) else 1
        while end < len(minutes) and minutes[end] - minutes[end - 1] == step:
            end += 1
        yield Run(minutes[at], minutes[end - 1], step)
        at = end


def as_entry(plan: Plan) -> dict[str, object]:
    """A plan as the definition holds it."""
    sets = {
        letter: [{"f": run.first, "l": run.last, "s": run.step} for run in runs] for letter, runs in plan.sets.items()
    }
    return {"j": plan.job, "z": plan.zoned, "since": plan.since, "begin": plan.begin, "days": plan.days, "sets": sets}


def of_entry(entry: Fields) -> Plan:
    """The way back of `as_entry`."""
    sets = {letter: tuple(map(_run, rows(runs))) for letter, runs in fields(entry["sets"]).items()}
    since, begin = whole(entry["since"]), whole(entry["begin"])
    return Plan(str(entry["j"]), bool(entry["z"]), since, begin, str(entry["days"]), sets)


def _run(entry: Fields) -> Run:
    return Run(whole(entry["f"]), whole(entry["l"]), whole(entry["s"]))


@dataclass(frozen=True, slots=True)
class Missing:
    """A job whose start is missing: its slot, when that was told last, what was known of the cause, and whether it is ``off``:
    its rule was switched off by hand, so it is told once and not again."""

    slot: int
    told: int
    cause: str = ""
    off: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell of a job: ``slot`` is that of its missing start."""

    job: str
    kind: Kind
    slot: int
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of the watch: judged up to a minute, what is missing by job, the letters of the last day (when one came for a
    job, and with which error), and by job the last slot that was missing and is over: a letter of it may still come, as a
    start is tried again for a quarter of an hour, and it was told."""

    upto: int
    missing: Mapping[str, Missing] = field(default_factory=dict)
    letters: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    over: Mapping[str, int] = field(default_factory=dict)

    def knows(self, job: str, slot: int) -> bool:
        """Whether a letter of this start says what was told already."""
        return job in self.missing or self.over.get(job) == slot


def span(seen: Seen | None, now: int) -> tuple[int, int]:
    """After which minute, up to which one, a pass at ``now`` looks."""
    after = now - LATE - EVERY if seen is None else seen.upto
    return after, max(after, min(now - LATE, after + LONGEST_PASS))


def judged(
    plans: Sequence[Plan],
    seen: Seen | None,
    noted: Iterable[tuple[str, int]],
    letters: Mapping[str, str],
    known: Iterable[str],
    now: int,
) -> tuple[Seen, list[Told]]:
    """One pass: what the watch knows then, and what it tells.

    ``noted`` are jobs and slots of the starts that were found among those due and those missing; ``letters`` the jobs of the
    starts given up since the last pass, with the error of each, which were told as they came; ``known`` the jobs of which
    somebody knows.
    """
    after, upto = span(seen, now)
    before = seen or Seen(upto)
    started, acknowledged = set(noted), set(known)
    recent = {job: one for job, one in before.letters.items() if now - one[0] < DAY}
    recent |= {job: (now, error) for job, error in letters.items()}
    missing: dict[str, Missing] = {}
    told: list[Told] = []
    for plan in plans:
        slots = plan.due(after, upto)
        gone = [slot for slot in slots if (plan.job, slot) not in started]
        runs = bool(slots) and slots[-1] not in gone
        open_, cause = before.missing.get(plan.job), recent.get(plan.job, (0, ""))[1]
        if open_ is None and gone:
            if not cause:
                told.append(Told(plan.job, "missed", gone[0]))
            if runs:
                told.append(Told(plan.job, "ok", gone[0]))
            else:
                missing[plan.job] = Missing(gone[0], now, cause)
        elif open_ is None:
            continue
        elif runs or (not slots and (plan.job, open_.slot) in started):
            told.append(Told(plan.job, "ok", open_.slot))
        # A pass that catches up has not seen yet what ran since.
        elif upto == now - LATE and now - open_.told >= REMIND and not open_.off and plan.job not in acknowledged:
            told.append(Told(plan.job, "again", open_.slot, cause or open_.cause))
            missing[plan.job] = replace(open_, told=now, cause=cause or open_.cause)
        else:
            missing[plan.job] = replace(open_, cause=cause or open_.cause)
    over = {job: slot for job, slot in before.over.items() if now - slot < DAY}
    over |= {one.job: one.slot for one in told if one.kind == "ok"}
    return Seen(upto, missing, recent, over), told
