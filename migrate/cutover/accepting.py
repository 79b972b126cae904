"""Words of a user that let a job go all the same: a code, for one job, and only for what was said then.

The journal keeps them as digests: what a finding says may hold a piece of a crontab.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from converters.findings.codes import CATALOGUE
from converters.findings.suggestions import did_you_mean
from migrate.document.job import Job
from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.workspace.journal import Journal

Part = Literal["time", "effect", "place"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job should not be switched on: the part that is not proven, a finding's code, and what it says of this job."""

    job: str
    part: Part
    code: str
    said: str

    def __str__(self) -> str:
        return f"{self.job}: {self.said.rstrip('.')} ({self.code})"


@dataclass(frozen=True, slots=True)
class Words:
    """What ``--accept`` names: codes for every job of this call, and codes for one job (``JOB:CODE``)."""

    codes: frozenset[str] = frozenset()
    of_jobs: frozenset[tuple[str, str]] = frozenset()

    def cover(self, reason: Reason) -> bool:
        return reason.code in self.codes or (reason.job, reason.code) in self.of_jobs

    def unused(self, reasons: Collection[Reason]) -> list[str]:
        """Those that nothing was found for, as they were written."""
        codes = {one.code for one in reasons}
        pairs = {(one.job, one.code) for one in reasons}
        return [*sorted(self.codes - codes), *(f"{job}:{code}" for job, code in sorted(self.of_jobs - pairs))]


def words(values: Iterable[str]) -> Words:
    """``C604`` and ``backup-db:C604``; UserError for what is no code of the catalogue."""
    codes, of_jobs = set(), set()
    for value in values:
        job, colon, code = value.rpartition(":")
        if code not in CATALOGUE:
            raise UserError(
                f"--accept {value}: there is no such code{did_you_mean(code, CATALOGUE)}; write CODE or JOB:CODE, "
                "as the refusal says it"
            )
        if colon:
            of_jobs.add((job, code))
        else:
            codes.add(code)
    return Words(frozenset(codes), frozenset(of_jobs))


def digest(reason: Reason, job: Job | None) -> str:
    """What is kept of an accepted reason. The line counts too: a word for one command is none for another."""
    line = (job.source.sha256 or job.line) if job is not None else ""
    text = "\0".join((reason.job, line, reason.code, reason.said))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def accepted(journal: Journal, reason: Reason, job: Job | None) -> bool:
    """Whether these very words were accepted before."""
    return digest(reason, job) in journal.accepted.get(reason.job, {}).get(reason.code, ())


def keep(journal: Journal, reasons: Iterable[tuple[Reason, Job | None]]) -> None:
    """Notes that these were accepted; on disk when it returns."""
    fresh = [(reason, digest(reason, job)) for reason, job in reasons]
    for reason, told in fresh:
        of_code = journal.accepted.setdefault(reason.job, {}).setdefault(reason.code, [])
        if told not in of_code:
            of_code.append(told)
    if fresh:
        journal.save()
