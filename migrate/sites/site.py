"""All that cutover, rollback and status work on: the workspace's report, its specs, its journal, and where tables stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from converters.tables.comment_out import digest_of
from migrate.document.from_json import REPORT, MisfitError, job_from, read_document, table_from
from migrate.document.job import Job
from migrate.document.model import Document, TableRead
from migrate.document.to_json import as_mapping, to_json
from migrate.errors import UserError
from migrate.machine.files import confined, read_if_there
from migrate.machine.now import Clock
from migrate.machine.rooted import Place
from migrate.sites.scripts import ScriptFile, script_of
from migrate.sites.tables import Table, table_of
from migrate.workspace.journal import Journal

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.workspace.decisions import Decisions

# What a job's record keeps of the report, so that the way back needs no report: enough for `times`.
_KEPT = ("name", "schedule", "timezone", "dialect")


@dataclass
class Site:
    """One workspace. ``root`` is the tree in which the tables stand, None for this machine's own."""

    out: Path
    document: Document
    journal: Journal
    root: Path | None = None
    printing: bool = False
    clock: Clock = field(default_factory=Clock)
    _specs: dict[str, Spec] = field(default_factory=dict)

    @cached_property
    def decisions(self) -> Decisions:
        """What was answered in the review."""
        from migrate.workspace.decisions import Decisions

        return Decisions.load(self.out)

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """Name -> job of the report; for a job that left its table with us, what its record kept."""
        moved = {name: self._kept(name, record["job"]) for name, record in self.journal.jobs.items() if "job" in record}
        return moved | {job.name: job for job in self.document.jobs}

    def _kept(self, name: str, kept: object) -> Job:
        try:
            return job_from(kept)
        except MisfitError as error:
            raise UserError(
                f"{self.journal.path}: what it keeps of {name} cannot be read ({error}); take it from a backup"
            ) from None

    def job(self, name: str) -> Job:
        """The job of this name; UserError where there is none, with the name that is near."""
        if name not in self.jobs:
            from difflib import get_close_matches

            near = get_close_matches(name, self.jobs, n=1)
            hint = f"did you mean {near[0]}?" if near else f"{self.out}/report.json has no job of this name"
            raise UserError(f"{name}: there is no such job; {hint}")
        return self.jobs[name]

    def spec(self, name: str) -> Spec:
        """The job's ecs.yml; UserError where there is none, or it has mistakes."""
        if name not in self._specs:
            from migrate.workspace.spec_files import load_specs

            path = self.spec_path(name)
            if not path.is_there():
                raise UserError(f"{name}: it has no {path}, so there is nothing on AWS to move it to")
            spec = load_specs(self.out, (path,))[0][1]
            if spec.name != name:
                raise UserError(f"{path}: it is named {spec.name}, not {name}; the names must agree")
            self._specs[name] = spec
        return self._specs[name]

    def spec_path(self, name: str) -> Place:
        return confined(self.out, f"jobs/{name}/ecs.yml")

    def starter(self, name: str) -> Spec:
        """The spec whose schedule starts the job on AWS: its own, or that of the job it runs after, however far back."""
        spec, seen = self.spec(name), {name}
        while spec.after:
            name = spec.after[0]
            if name in seen:
                raise UserError(f"{name}: it runs after itself; mend after in its ecs.yml")
            seen.add(name)
            spec = self.spec(name)
        return spec

    def orders(self) -> list[tuple[str, str]]:
        """(job, the job it runs after) of every spec that names one: AWS starts them as one, so they move as one."""
        found = []
        for name in self.jobs:
            try:
                # Reading a fleet's specs takes long, and few jobs run after others.
                # A search for a word in the bytes, before YAML is parsed at all.
                if b"after" in (read_if_there(self.spec_path(name)) or b""):
                    found += [(name, lead) for lead in self.spec(name).after]
            except UserError:
                # It is refused for itself when its turn comes; what it runs after is not known.
                continue
        return found

    def source(self, path: str) -> TableRead:
        """The report's entry of a table, else what the record of a job that came from there kept."""
        for source in self.document.sources:
            if source.path == path:
                return source
        kept = (record.get("source", {}) for record in self.journal.jobs.values() if record.get("path") == path)
        return table_from({**next(kept, {}), "path": path})

    def table(self, job: Job, path: str) -> Table:
        """Where the table of a job stands, and how it is read."""
        return table_of(path, self.source(path), job.dialect, self.root, printing=self.printing)

    def script_path(self, name: str) -> str | None:
        """The script that the job moves by, as the report names it; None where its line does."""
        if self.journal.phase(name) != "old":
            # Before scripts moved by themselves, their line did: such a job goes back the way it came.
            path = (self.journal.jobs[name].get("script") or {}).get("path")
            return path if isinstance(path, str) else None
        return self.job(name).script

    def script(self, name: str) -> ScriptFile | None:
        """Where that script stands."""
        path = self.script_path(name)
        return script_of(self.job(name), path, self.root) if path is not None else None

    def siblings(self, name: str) -> list[str]:
        """The other scripts that the job's line starts and that still stand in their directory."""
        here = self.job(name).source
        return [
            one.name
            for one in self.document.jobs
            if one.script is not None
            and one.name != name
            and (one.source.path, one.source.line) == (here.path, here.line)
            and self.journal.phase(one.name) == "old"
        ]

    def note_place(
        self,
        name: str,
        *,
        line: int,
        row: str,
        environment: str,
        unit: Sequence[str],
        script: Mapping[str, object] | None = None,
        receipt: str | None = None,
    ) -> None:
        """What the way back of a job needs; on disk with the journal's next entry. ``row`` is its line as it stands."""
        job = self.job(name)
        path = job.source.path
        if receipt is not None:
            self.journal.describe(name, receipt=receipt)
        self.journal.describe(
            name,
            path=path,
            line=line,
            digest=digest_of(row),
            environment=environment,
            unit=list(unit),
            job=kept_of(job),
            source=kept_of_table(self.source(path)),
            script=script,
        )


def open_site(out: Path, *, root: Path | None = None, printing: bool = False, clock: Clock | None = None) -> Site:
    """The workspace at ``out``; UserError where it has no report, or one that cannot be read."""
    if root is not None and not root.is_dir():
        raise UserError(f"--root {root}: there is no such directory")
    path = confined(out, REPORT)
    if not path.exists():
        raise UserError(f"{path}: there is no report; run 'cron2fargate scan' first, or name the workspace with --out")
    document = read_document(out)
    return Site(out, document, Journal(out), root, printing, clock or Clock())


def kept_of(job: Job) -> dict[str, object]:
    """What a record keeps of a job of the report: its times, and nothing of its command."""
    told = as_mapping(job)
    kept = {key: told[key] for key in _KEPT}
    if "CRON_TZ" in job.command.environment:
        kept["command"] = {"environment": {"CRON_TZ": job.command.environment["CRON_TZ"]}}
    if job.wishes.timeout is not None:
        kept["wishes"] = {"timeout": as_mapping(job.wishes.timeout)}
    if job.anacron is not None:
        kept["anacron"] = as_mapping(job.anacron)
    if job.history is not None:
        kept["history"] = {"durations": to_json(job.history.durations)}
    return {**kept, "source": {"path": job.source.path, "line": job.source.line}}


def kept_of_table(table: TableRead) -> dict[str, str | None]:
    """What a record keeps of the table a job came from; nothing where the report does not know it."""
    if table.kind is None:
        return {}
    return {"kind": table.kind, "dialect": table.dialect, "user": table.user}
