"""Decisions carried into the workspace: specs, names and reports, by the same careful writing as a scan's."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.document.job import Job
from migrate.document.model import Document, Groups
from migrate.errors import UserError
from migrate.machine.files import confined
from migrate.review.applying import apply_decision
from migrate.review.bases import load_bases, remember_bases
from migrate.review.book import Book
from migrate.review.times import target_of
from migrate.workspace.specs import last_proposals, spec_bytes

if TYPE_CHECKING:
    from migrate.workspace.decisions import Decisions
    from migrate.workspace.specs import Changes


def carry_out(book: Book, out: Path) -> tuple[Changes, list[str]]:
    """Write jobs/NAME/ecs.yml of every job that is taken, as decided; an edited one stays, and the proposal is laid beside.

    A new name moves the job: the old ecs.yml goes, unless it was edited. Returns what was written, and a sentence for each
    name that could not be taken.
    """
    from converters.specs.text import ecs_text
    from migrate.report.markdown import render_markdown
    from migrate.settings.loading import default_settings_text
    from migrate.workspace.specs import write_workspace

    proposed = last_proposals(out)
    specs: dict[str, str] = {}
    bases: dict[str, tuple[str, str]] = {}
    moved: list[tuple[str, str]] = []
    kept: list[str] = []
    documents: list[Job] = []
    for job in book.jobs:
        old, new = job.name, book.name(job)
        # Its spec cannot be read, so nothing may be written under a new name: the old one would seem to be gone.
        if old != new and job.id in book.unreadable:
            new = old
        elif old != new and _edited(out, old, proposed):
            kept.append(
                # A file with edits is never moved by a program: its name stands in commits, comments and pipelines.
                f"jobs/{old}/ecs.yml was edited, so {old} keeps its name; name it {new} by hand, file and directory"
            )
            new = old
        documents.append(_told(job, book, new))
        # An unreadable proposal is no empty one: a spec made of it would lose its containers.
        if job.id in book.unreadable and not book.left_out(job):
            kept.append(f"jobs/{old}/ecs.yml is left as it is: what was proposed for {old} cannot be read; scan again")
            continue
        spec = book.proposal(job)
        if spec is None or book.left_out(job) or not book.makes(job):
            continue
        text = ecs_text({**spec, "name": new})
        # Both are kept: without the undecided text a decision could never be taken back.
        bases[new] = ecs_text(book.base(job) or spec), text
        withheld = job.fate in ("stay", "drop") and not confined(out, f"jobs/{new}/ecs.yml").is_there()
        if text != proposed.get(new) or withheld:
            specs[new] = text
        if old != new:
            moved.append((old, new))
    document = replace(book.document, jobs=tuple(documents))
    # Remembered before the specs are written: interrupted between, the next run still knows what it proposed.
    remember_bases(out, bases, proposed)
    # As a scan writes: nothing is overwritten that was edited, and all goes by way of a temporary file.
    told = _renamed(document, book)
    changes = write_workspace(out, told, specs, default_settings_text(), markdown=render_markdown(told))
    changes.gone.clear()  # nothing was scanned, so nothing can be gone
    for old, new in moved:
        # Another job may have taken the old name in the same answer.
        if old not in specs and not any(job.name == old for job in documents):
            _remove(out, old, new)
    return changes, kept


def _told(job: Job, book: Book, name: str) -> Job:
    """The job's part of the document, with its name and what was decided."""
    from migrate.review.settled import named, runs_as, settled

    told = named(job, book.decisions.of(job))
    return replace(told, name=name, decided=settled(job, book), runs_as=runs_as(job, book))


def decide_specs(
    out: Path, document: Document, specs: Iterable[tuple[str, dict[str, object]]], decisions: Decisions
) -> dict[str, str]:
    """For a scan: job name -> text of its ecs.yml as decided, for the jobs that are taken. To be written right afterwards.

    ``specs`` are the proposals without decisions, ``document`` the one that is about to be written.
    """
    from converters.specs.text import ecs_text

    jobs = {job.name: job for job in document.jobs}
    left_out = decisions.left_out(document.jobs)
    texts: dict[str, str] = {}
    bases: dict[str, tuple[str, str]] = {}
    remembered = load_bases(out)
    for name, spec in specs:
        job = jobs[name]
        if job.id in left_out:
            continue
        before = texts[name] = ecs_text(spec)
        decision = decisions.of(job)
        if decision is not None or decisions.start == "workflow":
            target = target_of(job, document, decision.backend if decision is not None else None)
            decided = apply_decision(spec, decision, job, target=target, start=decisions.start)
            texts[name] = ecs_text({**decided, "name": name})
        # Only specs that a decision changed: for the others the proposal is the base.
        if texts[name] != before or name in remembered:
            bases[name] = before, texts[name]
    if bases:
        remember_bases(out, bases, last_proposals(out))
    return texts


def _edited(out: Path, name: str, proposed: dict[str, str]) -> bool:
    try:
        current = spec_bytes(confined(out, f"jobs/{name}/ecs.yml"))
    except UserError:
        return True
    # Git on Windows may write CRLF; that is no edit.
    return current is not None and current.decode("utf-8", "replace").replace("\r\n", "\n") != proposed.get(name)


def _renamed(document: Document, book: Book) -> Document:
    """The document with the new names in its groups too."""
    names = {job.name: one.name for job, one in zip(book.jobs, document.jobs, strict=True)}
    if all(old == new for old, new in names.items()):
        return document

    def now(jobs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(name, name) for name in jobs)

    groups = document.groups
    return replace(
        document,
        groups=Groups(
            locks=tuple(replace(one, jobs=now(one.jobs)) for one in groups.locks),
            twins=tuple(replace(one, jobs=now(one.jobs)) for one in groups.twins),
            order=tuple(
                replace(one, job=names.get(one.job, one.job), after=names.get(one.after, one.after))
                for one in groups.order
            ),
            fleet=tuple(replace(one, jobs=now(one.jobs)) for one in groups.fleet),
        ),
    )


def _remove(out: Path, old: str, new: str) -> None:
    """The spec under the old name, once the new one is there; nothing else that lies in its directory."""
    place = confined(out, f"jobs/{old}/ecs.yml")
    # Never before the new one is there: between, the job would have no spec at all.
    if confined(out, f"jobs/{new}/ecs.yml").exists():
        with suppress(OSError):
            place.unlink()
            # rmdir, not rmtree: what else lies there is somebody's, and then the directory stays.
            place.parent.rmdir()


def pending(book: Book) -> list[Job]:
    """Jobs decided to be made whose spec only the next scan can write."""
    return [job for job in book.jobs if book.decision(job).service and book.proposal(job) is None]
