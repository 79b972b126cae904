"""What locks of several places do to the runs of the jobs, as ecs.yml has them: a finding of each job that loses some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from migrate.document.job import Job, ReportedFinding
from migrate.document.told import finding_told
from migrate.report.starts import window_of

if TYPE_CHECKING:
    from converters.findings.codes import Finding
    from converters.specs.model import Spec
    from migrate.document.model import Document


def with_crowding(document: Document, specs: Mapping[str, str]) -> Document:
    """The document with C223 of the jobs whose lock has ``runs`` above 1, in the place of what a scan said of its own lock,
    which lets one go; every other lock is the scan's."""
    stale = any(one.code == "C223" for job in document.jobs for one in job.findings)
    if not stale and not any("runs" in text and "lock" in text for text in specs.values()):
        return document
    from converters.artefact.crowding import crowded
    from migrate.document.measured import measured

    locked = _locked(document, specs)
    several = {spec.lock.name for spec in locked.values() if spec.lock is not None and spec.lock.runs > 1}
    of_several = {name: spec for name, spec in locked.items() if spec.lock is not None and spec.lock.name in several}
    found = crowded(of_several.values(), window_of(document), measured(document)) if of_several else {}
    jobs = tuple(_told(job, found.get(job.name), counted=job.name in of_several) for job in document.jobs)
    return replace(document, jobs=jobs)


def _locked(document: Document, specs: Mapping[str, str]) -> dict[str, Spec]:
    """The specs with a lock, by the names of their jobs. One with mistakes is told elsewhere, and takes no lock."""
    from converters.specs.model import SpecErrors, load_spec

    found: dict[str, Spec] = {}
    for job in document.jobs:
        text = specs.get(job.name, "")
        if "lock" not in text or job.decided in ("keep", "skip"):
            continue
        try:
            spec = load_spec(text, job.name)
        except SpecErrors:
            continue
        if spec.lock is not None and spec.name == job.name:
            found[job.name] = spec
    return found


def _told(job: Job, finding: Finding | None, *, counted: bool) -> Job:
    gone = ("C217", "C223") if counted else ("C223",)
    kept: tuple[ReportedFinding, ...] = tuple(one for one in job.findings if one.code not in gone)
    if finding is not None:
        kept += (finding_told(finding),)
    return job if kept == job.findings else replace(job, findings=kept)
