"""What was tried, told to a scan and in the document: by job, and as stale where the ecs.yml or the image is another now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.document.job import TriedRun
from migrate.document.model import Document
from migrate.errors import UserError
from migrate.images.store import load as load_images
from migrate.machine.files import confined
from migrate.trying.store import load, why_stale
from migrate.workspace.specs import spec_bytes

if TYPE_CHECKING:
    from converters.images.tried import Tried
    from converters.specs.model import Spec


def with_tries(document: Document, out: Path) -> Document:
    """The document with what each job's try told, as the files of the workspace are now."""
    tries = load(out)
    if not tries:
        return document if all(job.tried is None for job in document.jobs) else _without(document)
    images = load_images(out)
    jobs = []
    for job in document.jobs:
        tried, spec = tries.get(job.name), _spec(out, job.name)
        stale = "its ecs.yml cannot be read" if spec is None else why_stale(tried, spec, images) if tried else ""
        jobs.append(replace(job, tried=_told(tried, stale) if tried is not None else None))
    return replace(document, jobs=tuple(jobs))


def _without(document: Document) -> Document:
    return replace(document, jobs=tuple(replace(job, tried=None) for job in document.jobs))


def _told(tried: Tried, stale: str) -> TriedRun:
    return TriedRun(
        at=tried.at,
        image=tried.image,
        digest=tried.digest,
        status=tried.status,
        good=tried.good,
        timed_out=tried.timed_out or None,
        memory_killed=tried.memory_killed or None,
        stale=stale or None,
    )


def started_by_job(out: Path, names: Mapping[str, str]) -> dict[str, tuple[str, frozenset[str]]]:
    """Job id -> the image that it was tried in, and the programs that were started there; only of tries that still hold."""
    tries = load(out)
    if not tries:
        return {}
    images = load_images(out)
    found = {}
    for identity, name in names.items():
        tried = tries.get(name)
        if tried is None or not tried.executed or (spec := _spec(out, name)) is None or why_stale(tried, spec, images):
            continue
        found[identity] = tried.image, frozenset(tried.executed)
    return found


def _spec(out: Path, name: str) -> Spec | None:
    """A job's ecs.yml as it stands; None where it is not there or is refused."""
    from converters.specs.model import SpecErrors, load_spec

    try:
        # Bounded, and no FIFO or device: the workspace may come from anybody.
        data = spec_bytes(confined(out, f"jobs/{name}/ecs.yml"))
        return load_spec(data.decode("utf-8"), name) if data is not None else None
    except (UnicodeDecodeError, SpecErrors, UserError):
        return None
