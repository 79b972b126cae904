"""One cause, one sentence: what is said in the same words of several jobs is said once, with how many it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from converters.findings.codes import OF_FLEET, OF_IMAGE
from migrate.document.job import Job, ReportedFinding

OF_TABLE = frozenset({"C102", "C111"})
"""Findings about a whole table: its cause is one, also where it has one job only."""


class Cause(NamedTuple):
    """A finding and the names of the jobs of which it was said, in their order."""

    finding: ReportedFinding
    jobs: tuple[str, ...]


def open_causes(jobs: Iterable[Job]) -> dict[tuple[str, str], Cause]:
    """What several of the jobs share about which nobody has decided yet."""
    return causes_of(job for job in jobs if not job.decided)


def causes_of(jobs: Iterable[Job]) -> dict[tuple[str, str], Cause]:
    """What several of these jobs share, by code and sentence, the most frequent first. What only informs is left out, and
    what has a list of its own: what the image must hold, and what stands on several hosts."""
    said: dict[tuple[str, str], tuple[ReportedFinding, dict[str, None]]] = {}
    for job in jobs:
        for one in job.findings:
            if one.severity != "info" and one.code not in (OF_IMAGE, OF_FLEET):
                # A name once: a finding may be said twice of one job.
                said.setdefault((one.code, one.message), (one, {}))[1][job.name] = None
    found = {
        key: Cause(one, tuple(names)) for key, (one, names) in said.items() if len(names) > 1 or key[0] in OF_TABLE
    }
    return dict(sorted(found.items(), key=lambda item: -len(item[1].jobs)))
