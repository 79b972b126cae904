"""When a job runs, and for how long: what starts it, its lock, its time limit, its order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migrate.document.job import Job, Way
from migrate.document.model import Document
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.times import CLOCK, caught_up_of, is_known, kind_of, ways_of
from migrate.review.usage import longest_run, suggested_limit
from migrate.terminal.language import _

LOCK = ("C410", "C411", "C460")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> int:
    """``90``, ``20m`` or ``2h`` as seconds; ValueError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*([smhd]?)\s*", text)
    # Zero would end each run at once, or give up a lock before it was asked for.
    if match is None or int(match[1]) == 0:
        raise ValueError(_("{text} is not a time; write seconds, or 20m, 2h").format(text=text.strip() or "''"))
    return int(match[1]) * _UNITS[match[2]]


def span(seconds: int) -> str:
    """Seconds as people say them."""
    for size, word in ((86400, _("{n} d")), (3600, _("{n} h")), (60, _("{n} min"))):
        if seconds % size == 0 and seconds >= size:
            return word.format(n=seconds // size)
    return _("{n} s").format(n=seconds)


def moves_with_clocks(job: Job) -> bool:
    """Whether its runs move, are lost or added when the clocks change."""
    return any(code in job.codes("warning") for code in CLOCK)


def asks_of_clocks(job: Job, book: Book) -> bool:
    """Whether that is open: neither accepted, nor is it decided what starts the job."""
    wanted = any(code in job.codes("warning") and not book.accepted(job, code) for code in CLOCK)
    return wanted and book.backend(job) is None


class Clock:
    """Runs that move, are lost or added when the clocks change: the ways side by side."""

    name = "clock"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        return f"{job.timezone} {kind_of(job)}" if asks_of_clocks(job, book) else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        zone, proposed = key.rsplit(" ", 1)
        ways = _ways(jobs, book.document)
        # Seasonal rules end some day, and more schedules are more to look after: they are taken only where asked for.
        damage = {
            kind: moved + lost + extra
            for kind, (moved, lost, extra, _ends) in ways.items()
            if kind in ("rule", "scheduler")
        }
        best = min(damage, key=lambda kind: damage[kind], default=proposed)
        options = [Option(kind, _way(kind, zone), _damage(totals)) for kind, totals in ways.items()]
        # A document of an earlier version may hold no ways; the question must be answered all the same.
        if not options:
            options = [Option(proposed, _("as proposed"), _damage(_now(jobs)))]

        def settle(value: str, _text: str) -> Changes:
            return for_all(jobs, lambda job: {"backend": value, **book.accepting(job, *CLOCK)})

        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: the clocks change in {zone}. What starts it?").format(who=who(jobs, book), zone=zone),
            _(
                "A rule keeps UTC, so its local time moves by an hour for a part of the year. EventBridge Scheduler keeps the "
                "local time, skips what falls into the lost hour and runs once in the repeated one. Seasonal rules follow "
                "every clock change, need more rules, and end with the window. The numbers are counted over the whole window."
            ),
            tuple(options),
            best if best in ways else options[0].value,
            settle,
            ()
            if all(is_known(job) for job in jobs)
            else (_("A job with a test of the date gets its new schedule by the next scan."),),
        )


Totals = tuple[int, int, int, str | None]


_ASKED_OF_MOST = 500
"""Distinct schedules for which ways beyond those of the scan are worked out while somebody waits."""


def _ways(jobs: Sequence[Job], document: Document) -> dict[str, Totals]:
    """The ways that each of the jobs can go, each with its totals."""
    beyond = len({(job.schedule, job.timezone, job.dialect) for job in jobs}) <= _ASKED_OF_MOST
    each = [_ways_of(job, document) if beyond else {_kind(way): way for way in job.options} for job in jobs]
    kinds = [kind for kind in ("rule", "scheduler", "exact", "seasonal") if all(kind in ways for ways in each)]
    found = {kind: _totals([ways[kind] for ways in each]) for kind in kinds}
    if "exact" in found and not any(found.get("scheduler", (1, 0, 0, None))[:3]):
        del found["exact"]  # Scheduler alone is as exact
    return found


def _ways_of(job: Job, document: Document) -> dict[str, Way]:
    """All ways of one job, by kind; exact ones only where they are."""
    found = {_kind(way): way for way in ways_of(job, document)}
    caught = caught_up_of(job, document) if found else None
    return found | ({"exact": caught} if caught is not None and caught.exact else {})


def _totals(ways: Sequence[Way]) -> Totals:
    """(moved, lost, extra, end) over the jobs."""
    ends = next((way.ends for way in reversed(ways) if way.ends), None)
    return sum(way.moved for way in ways), sum(way.lost for way in ways), sum(way.extra for way in ways), ends


def _kind(way: Way) -> str:
    return "seasonal" if way.ends else way.backend


def _now(jobs: Sequence[Job]) -> Totals:
    parities = [job.parity for job in jobs]
    return sum(p.moved for p in parities), sum(p.lost for p in parities), sum(p.extra for p in parities), None


def _way(kind: str, zone: str) -> str:
    ways = {
        "rule": _("a rule in UTC"),
        "scheduler": _("Scheduler in {zone}").format(zone=zone),
        "exact": _("Scheduler in {zone}, and schedules of their own for what the clocks skip").format(zone=zone),
        "seasonal": _("seasonal rules in UTC"),
    }
    return ways[kind]


def _damage(totals: Totals) -> str:
    moved, lost, extra, ends = totals
    words = ((moved, _("{n} moved")), (lost, _("{n} lost")), (extra, _("{n} added")))
    said = ", ".join(word.format(n=f"{number:,}") for number, word in words if number) or _("exact")
    return f"{said}; {_('ends {date}').format(date=ends)}" if ends else said


class LockPolicy:
    """A lock whose meaning on AWS is not plain: it waits without bound, or it was only a search for a process."""

    name = "lock"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        if book.decision(job).lock is not None or book.decision(job).service or book.accepted(job, self.name):
            return None
        wish = job.wishes.lock
        if not set(LOCK).isdisjoint(job.codes("warning", "error")):
            return wish.name if wish is not None else ""
        # flock without -w waits for ever, and pgrep is no lock at all: both mean something else on AWS.
        unclear = wish is not None and (wish.wait == "forever" or not wish.certain)
        return wish.name if wish is not None and unclear else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        waits = [job.wishes.lock.wait if job.wishes.lock is not None else None for job in jobs]
        seconds = next((wait for wait in waits if isinstance(wait, int) and wait), 600)
        # What the crontab said is the default, so Enter changes nothing but the place of the lock.
        default = (
            "forever" if "forever" in waits else "wait" if any(isinstance(w, int) and w for w in waits) else "skip"
        )

        def settle(value: str, text: str) -> Changes:
            policy: object = seconds_of(text) if value == "wait" else value
            return for_all(jobs, lambda job: {"lock": policy})

        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: one run at a time{lock}. What does a run do that finds the lock taken?").format(
                who=who(jobs, book), lock=f" ({key})" if key else ""
            ),
            _(
                "A lock file guards nothing in a container, so the lock becomes a lease in a table. A run that waits costs "
                "nothing but keeps its place; runs that wait without bound pile up behind one that hangs."
            ),
            (
                Option("skip", _("skip this run"), _("as flock -n did; the next start tries again")),
                Option("wait", _("wait for a stated time"), _("as flock -w did; then give up"), text=str(seconds)),
                Option("forever", _("wait as long as it takes"), _("as flock without options did")),
                Option("none", _("no lock"), _("two runs may overlap")),
            ),
            default,
            settle,
        )


class TimeLimit:
    """A lock without a time limit: a run that hangs would keep it."""

    # flock's lock goes with the process, even when it is killed; a lease in a table stays until somebody ends it.
    name = "timeout"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        spec = book.spec(job)
        locked = bool(spec and spec.get("lock")) or "C418" in job.codes()
        if not locked or book.decision(job).lock == "none" or book.decision(job).timeout is not None:
            return None
        if spec is None or spec.get("timeout") or spec.get("service") or book.accepted(job, "C418"):
            return None
        return str(suggested_limit(job, book.document)[0])

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        _seconds, reason = suggested_limit(jobs[0], book.document)

        def settle(value: str, text: str) -> Changes:
            if value == "none":
                return for_all(jobs, lambda job: {"timeout": "none", **book.accepting(job, "C418")})
            limit = seconds_of(text) if value == "other" else int(value)
            return for_all(jobs, lambda job: {"timeout": limit})

        # Of the first only: the span of a group is that of the job whose limit is proposed.
        measured = [
            _("its longest run took {span}").format(span=span(seen)) for job in jobs[:1] if (seen := longest_run(job))
        ]
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: a run holds a lock; after how long is it ended?").format(who=who(jobs, book)),
            _(
                "A lease has to end some time: without a limit, a run that hangs keeps the lock and no other run starts. The "
                "limit ends the task, and the lock is free."
            ),
            (
                Option(key, _("after {span}").format(span=span(int(key))), reason),
                Option("other", _("after another time"), _("seconds, or 20m, 2h"), text=key),
                Option("none", _("never"), _("a run that hangs blocks the next ones until its lease ends")),
            ),
            key,
            settle,
            tuple(measured),
        )


class Order:
    """Jobs whose order was written as times: the second may run after the first instead. One question for all pairs."""

    name = "after"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        decision = book.decision(job)
        if decision.after is not None or book.accepted(job, self.name) or book.spec(job) is None:
            return None
        # What is left out never runs, so what waits for it would never start either.
        first = _first(job, book)
        return "" if first is not None and not book.left_out(first) else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        firsts = {job.id: book.name(first) for job in jobs if (first := _first(job, book)) is not None}

        def settle(value: str, _text: str) -> Changes:
            return for_all(
                jobs,
                lambda job: {
                    "after": [firsts[job.id]] if value == "after" else [],
                    **book.accepting(job, self.name),
                },
            )

        if len(jobs) == 1:
            title = _("{who}: does it wait for {first}?").format(who=book.name(jobs[0]), first=firsts[jobs[0].id])
        else:
            title = _("{who} start soon after another: do they wait for it?").format(who=who(jobs, book))
        whys = {job.id: order.why for job in jobs if (order := book.order(job)) is not None}
        pairs = [f"{book.name(job)} < {firsts[job.id]}: {whys.get(job.id, '')}" for job in jobs]
        more = len(pairs) - 4
        return Question(
            self.name,
            key,
            tuple(jobs),
            title,
            _(
                "Crontabs say an order by guessing how long the first job takes. In one workflow the second starts when the "
                "first has succeeded, and has no schedule of its own; when the first fails, it does not start."
            ),
            (
                Option("own", _("no, as in the crontab"), _("each keeps its own time")),
                Option("after", _("yes, run it after the other"), _("its own schedule goes")),
            ),
            "own",
            settle,
            (*pairs[:4], *((_("and {n} more").format(n=more),) if more > 0 else ())),
        )


def _first(job: Job, book: Book) -> Job | None:
    """The job that this one seems to wait for."""
    found = book.order(job)
    return book.named(found.after) if found is not None else None
