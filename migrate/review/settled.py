"""What the review has decided, told in the document: so that no table and no report asks for it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from converters.commands.idioms.aws_keys import AWS_KEYS
from migrate.document.job import Decided, Fate, Job, Proofs, ReadSecret
from migrate.document.model import Document
from migrate.review.book import Book

if TYPE_CHECKING:
    from migrate.workspace.decisions import Decisions
    from migrate.workspace.decisions_model import Decision

# The topics that a job's findings lead to. The image is one: C494 asks what it must hold.
_OF_FINDINGS = frozenset(
    {
        "changed",
        "fleet",
        "decision",
        "clock",
        "lock",
        "timeout",
        "finding",
        "image",
        "secrets",
        "environment",
        "user",
        "keys",
        "room",
    }
)
_FATES: Mapping[str, Fate] = {"take": "move", "skip": "drop", "keep": "stay"}


def settled(job: Job, book: Book) -> Decided | None:
    """``take``, ``skip`` or ``keep`` where all that its findings ask is decided; None where nothing was, or something is
    open."""
    from migrate.review.agenda import topics
    from migrate.review.topics.every import moved_by_all

    if (book.decisions.of(job) is None and not moved_by_all(job, book)) or book.decisions.is_stale(job):
        return None
    if book.left_out(job) and (book.decision(job).copy_of is None or book.leader(job) is not None):
        return book.decision(job).decision
    if any(topic.name in _OF_FINDINGS and topic.key(job, book) is not None for topic in topics()):
        return None
    return "take"


def fates_of(book: Book) -> list[tuple[str, Fate]]:
    """Name and fate of each job, as decided: what waits for an answer is ``decide``, whatever the scan proposed."""
    from migrate.review.agenda import undecided

    waits = {job.id for job in undecided(book)}
    found: list[tuple[str, Fate]] = []
    for job in book.jobs:
        fate: Fate = _FATES.get(book.decision(job).decision or "", job.fate)
        found.append((book.name(job), "decide" if job.id in waits else "move" if fate == "decide" else fate))
    return found


def mark_settled(document: Document, specs: Mapping[str, dict[str, object]], decisions: Decisions) -> Document:
    """The document with ``decided`` of the jobs that are; ``specs`` are the proposals by job name."""
    proposals = {job.id: specs[job.name] for job in document.jobs if job.name in specs}
    book = Book(document, proposals, decisions)
    told = ((_following(named(job, decisions.of(job)), decisions.of(job)), settled(job, book)) for job in document.jobs)
    jobs = tuple(_marked(job, how) if how is not None else job for job, how in told)
    return replace(document, jobs=tuple(replace(job, runs_as=runs_as(job, book)) for job in jobs))


def runs_as(job: Job, book: Book) -> str | None:
    """The name of the job that runs once for this one too."""
    leader = book.leader(job)
    return book.name(leader) if leader is not None else None


def named(job: Job, decision: Decision | None) -> Job:
    """The job with the parameters that were decided."""
    decided = (decision.secrets or {}) if decision is not None else {}
    if decision is None or not (job.secrets or decided):
        return job
    dropped = AWS_KEYS if decision.aws_keys == "role" else ()
    read = tuple(
        replace(one, parameter=decided[one.variable], once=None) if one.variable in decided else one
        for one in job.secrets or ()
        if one.variable not in dropped
    )
    # Those of a file of variables stand in no crontab, and are to be stored all the same.
    known = {one.variable for one in job.secrets or ()}
    more = tuple(ReadSecret(variable=name, parameter=source) for name, source in decided.items() if name not in known)
    return replace(job, secrets=(*read, *more))


def _following(job: Job, decision: Decision | None) -> Job:
    """The job with what an order says of its times: what starts after another has none that was compared."""
    if decision is None or not decision.after:
        return job
    return replace(job, parity=replace(job.parity, exact=False), proof=replace(job.proof, time="accepted"))


def _marked(job: Job, how: Decided) -> Job:
    """The job with what was decided. A word of the user stands for what was open, and is kept apart from a proof."""
    if how != "take":
        return replace(job, decided=how)
    time, effect = job.proof.time, job.proof.effect
    proof = Proofs(
        time="accepted" if time == "open" else time,
        effect="accepted" if effect == "open" else effect,
    )
    return replace(job, decided=how, proof=proof)
