"""The names of a scan's jobs, once all are read: kept, asked for in a comment, or made from what the command means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from converters.commands.naming import Wanted, unique_names
from converters.findings.codes import Finding
from converters.tables.crontab import Entry, Line
from converters.tables.file_names import alike
from migrate.sources import Source


class Unnamed(Protocol):
    """A job of a scan, as far as its name goes."""

    id: str
    name: str
    source: Source
    line: Line
    entry: Entry
    findings: tuple[Finding, ...]
    directives: Mapping[str, object]


def give_names(jobs: Sequence[Unnamed], known: Mapping[str, str], wanted: Sequence[Wanted]) -> None:
    """Names every job. ``wanted`` is what each would be called, ``known`` are names of this workspace, by job id.

    A job whose comment asks for a name that another has is told whose it is, and its comment says nothing of it any more.
    """
    asked = {job.id: str(job.directives["name"]) for job in jobs if "name" in job.directives}
    names = unique_names([(job.id, one) for job, one in zip(jobs, wanted, strict=True)], known, asked)
    holders: dict[str, Unnamed | None] = {alike(name): None for name in known.values()}
    for job in jobs:
        job.name = names[job.id]
        holders[alike(job.name)] = job
    for job in jobs:
        wish = asked.get(job.id)
        holder = holders.get(alike(wish)) if wish is not None else job
        if wish is None or holder is job or (holder is None and alike(wish) not in holders):
            continue
        where = (
            f"{holder.source.path}:{holder.line.number}" if holder is not None else "a job that is gone from its table"
        )
        said = f"`name={wish}` is the name of {where}, so this job is called {job.name}"
        job.findings += (Finding("C653", said),)
        job.directives = {key: value for key, value in job.directives.items() if key != "name"}
