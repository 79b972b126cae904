"""What jobs of one host leave for each other on its disk: told of both, once all jobs have their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converters.findings.codes import Finding
from converters.worlds.between import Party, between, with_neighbours

if TYPE_CHECKING:
    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan

_LOGS = frozenset({"file", "append", "tee", "writer"})


def tell_neighbours(result: Scan) -> None:
    """Adds to each job what another one writes for it or reads of it."""
    jobs = {job.name: job for job in result.jobs}
    told = between(party for job in result.jobs if (party := _party(result, job)) is not None)
    for name, findings in told.items():
        job = jobs[name]
        shown = tuple(Finding(one.code, job.work.hide(one.message)) for one in findings)
        if job.effect is not None:
            job.effect = with_neighbours(job.effect, shown)
        job.findings += shown


def _party(result: Scan, job: ScannedJob) -> Party | None:
    if job.effect is None:
        return None
    found = job.work.understanding
    # A container that the line starts has files of its own: those of the host it was given are told of as volumes.
    if found.container is not None:
        return None
    logs = tuple(one.target for one in found.outputs if one.taken and one.kind in _LOGS and one.target.startswith("/"))
    return Party(job.name, result.host(job), job.user or job.source.path, job.effect, logs)
