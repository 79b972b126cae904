"""Whether a job that stands on several hosts runs once, on each of them, or is several jobs: one question for all its hosts."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.document.job import Job
from migrate.document.model import FleetGroup
from migrate.report.fleet import facts_of
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question
from migrate.terminal.language import _, ngettext

_GOES = ("move", "decide")
_SHOWN = 6
ONCE, EACH, APART = "once", "each", "apart"


class OneOrMany:
    """Nothing tells how often it is meant to run, so there is no default."""

    name = "fleet"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        group, decision = book.fleet_of(job), book.decision(job)
        if decision.copy_of is not None:
            # What it was to run as is gone, or is itself a copy: then nothing would run it.
            key = (group.jobs[0] if group is not None else job.name) if book.leader(job) is None else None
            return key if self._is_mine(group) else None
        if group is None or not group.asked or book.left_out(job) or job.fate not in _GOES:
            return None
        settled = decision.fleet in (EACH, APART) or (decision.fleet == ONCE and len(_leaders(group, book)) == 1)
        return group.jobs[0] if not settled and self._is_mine(group) else None

    def _is_mine(self, group: FleetGroup | None) -> bool:
        return group is None or group.runs is None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        group = book.fleet_of(jobs[0]) or FleetGroup(name=key, jobs=(jobs[0].name,), hosts=(jobs[0].host or "",))
        members = [job for name in group.jobs if (job := book.named(name)) is not None]
        options = [*_once(group, members, book), *_many(group)]

        def settle(value: str, _text: str) -> Changes:
            kind, _colon, leader = value.partition(":")
            if kind != ONCE:
                return {job.id: {"fleet": kind, **_own(job, book)} for job in jobs}
            # Asked one by one, an answer is about that one; else also about those on which a test never lets it run.
            one = len(jobs) == 1 and sum(self.key(job, book) is not None for job in members) > 1
            meant = jobs if one else [job for job in members if book.decision(job).decision is None or job in jobs]
            copies = {"fleet": ONCE, "decision": "skip", "copyOf": leader}
            changes: dict[str, dict[str, object]] = {job.id: {**copies} for job in meant if job.id != leader}
            first = next(job for job in members if job.id == leader)
            return {leader: {"fleet": ONCE, **_own(first, book), **_name(group, first, book)}, **changes}

        return Question(
            self.name,
            key,
            tuple(jobs),
            ngettext(
                "{job} stands on {n} host. Does it run once, or on each of them?",
                "{job} stands on {n} hosts. Does it run once, or on each of them?",
                len(group.hosts),
            ).format(job=group.name, n=len(group.hosts)),
            _(
                "Run once, one job is made on AWS, and no host stands in its name. The lines of the other hosts are not moved: "
                "they have to be out of use before the switch, and cutover refuses it until a scan has seen that. Run on each, "
                "every line becomes a job with its host in its name."
            ),
            tuple(options),
            _default(group, options),
            settle,
            facts_of(group),
        )


class Known(OneOrMany):
    """A test of the host, or shares that are all there, tell how often it runs: asked with that as the default."""

    name = "fleet-known"
    required = False

    def _is_mine(self, group: FleetGroup | None) -> bool:
        return group is not None and group.runs is not None


def _leaders(group: FleetGroup, book: Book) -> list[Job]:
    """The members that run once for the others."""
    members = [job for name in group.jobs if (job := book.named(name)) is not None]
    return [job for job in members if book.decision(job).fleet == ONCE and book.decision(job).copy_of is None]


def _once(group: FleetGroup, members: Sequence[Job], book: Book) -> list[Option]:
    """To run once as on one host: those on which the lines are the same are one way. Who was chosen before stays chosen."""
    able = [job for job in members if job.fate in _GOES and (not group.active or job.host in group.active)]
    chosen = _leaders(group, book)
    if len(chosen) == 1:
        able = [job for job in able if job.id == chosen[0].id]
    ways: dict[tuple[str, ...], list[Job]] = {}
    for job in able:
        ways.setdefault(_way(group, job), []).append(job)
    return [
        Option(
            f"{ONCE}:{same[0].id}",
            _("once")
            if len(ways) == 1
            else _("once, as on {hosts}").format(hosts=_few([job.host or "" for job in same])),
            _("the job is made of the line on {host}").format(host=same[0].host or same[0].where),
        )
        for same in list(ways.values())[:_SHOWN]
    ]


def _way(group: FleetGroup, job: Job) -> tuple[str, ...]:
    """How the things that differ stand on the job's host."""
    return tuple(
        f"{one.what}\0{next((n for n, value in enumerate(one.values) if job.host in value.hosts), -1)}"
        for one in group.drift
    )


def _few(names: Sequence[str]) -> str:
    more = [_("and {n} more").format(n=len(names) - _SHOWN)] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _many(group: FleetGroup) -> list[Option]:
    return [
        Option(EACH, _("on each host"), _("{n} jobs, each with its host in its name").format(n=len(group.hosts))),
        Option(APART, _("they are different jobs"), _("each is decided for itself")),
    ]


def _default(group: FleetGroup, options: Sequence[Option]) -> str | None:
    if group.runs == "each":
        return EACH
    once = [one.value for one in options if one.value.startswith(ONCE)]
    return once[0] if group.runs == "once" and len(once) == 1 else None


def _own(job: Job, book: Book) -> dict[str, object]:
    """What makes a copy a job of its own again."""
    return {"copyOf": None, "decision": None} if book.decision(job).copy_of is not None else {}


def _name(group: FleetGroup, job: Job, book: Book) -> dict[str, object]:
    """The name without a host, where nobody has it, and nothing is called by the old one that people or AWS keep."""
    taken = {book.name(other) for other in book.jobs if other.id != job.id}
    free = group.name not in taken and not book.decision(job).name and "name" not in job.directives
    return {"name": group.name} if free and not book.edited(job) and job.name not in book.moved else {}
