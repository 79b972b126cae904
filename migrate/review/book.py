"""What a review works on: the jobs of the report with their specs and decisions, read from the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from converters.findings.codes import CATALOGUE
from converters.specs.untyped import rows
from converters.tables.file_names import alike
from migrate.document.from_json import REPORT, read_document
from migrate.document.job import Job
from migrate.document.model import Document, FleetGroup, SuggestedOrder
from migrate.errors import UserError
from migrate.machine.files import confined
from migrate.review.applying import apply_decision
from migrate.review.bases import load_bases, undecided_text
from migrate.review.times import target_of
from migrate.trying.told import with_tries
from migrate.workspace.decisions import EVERY, LEFT_OUT, Decisions, fate_of, said_of
from migrate.workspace.specs import last_proposals, spec_bytes

if TYPE_CHECKING:
    from migrate.workspace.decisions_model import Decision

NO_IMAGE = "CHANGE_ME"
Changes = Mapping[str, Mapping[str, object]]
"""Job id -> keys of its decision to set; None takes a key away."""


class Book:
    """The jobs under review. ``settle`` is the only way to decide; it saves at once."""

    def __init__(
        self,
        document: Document,
        proposals: Mapping[str, dict[str, object]],
        decisions: Decisions,
        current: Mapping[str, dict[str, object]] | None = None,
        unreadable: Iterable[str] = (),
        owner: str = "cron2fargate",
    ) -> None:
        self.document = document
        self.owner = owner
        """Whose the workspace is, as its settings tell: a part of the names of its parameters."""
        self.jobs = document.jobs
        self.decisions = decisions
        self._proposals = proposals
        self._current = current or {}
        self.unreadable = frozenset(unreadable)
        """Ids of the jobs whose last proposal cannot be read: nothing is made of it, least of all an empty spec."""
        self._by_id = {job.id: job for job in self.jobs}
        self._by_name = {job.name: job for job in self.jobs}
        self._specs: dict[str, dict[str, object] | None] = {}
        self._fleet = {name: one for one in document.groups.fleet for name in one.jobs}
        self.moved: frozenset[str] = frozenset()
        """Names of the jobs that cutover has moved, or begun to: what they are called stands in its records and on AWS."""
        self._after = {one.job: one for one in document.groups.order}

    def named(self, name: str) -> Job | None:
        """The job of this name in the document."""
        return self._by_name.get(name)

    def fleet_of(self, job: Job) -> FleetGroup | None:
        """The job with the same one on other hosts, if it stands there."""
        return self._fleet.get(job.name)

    def leader(self, job: Job) -> Job | None:
        """The job of another host that runs once for this one too, as decided; None where it is gone or runs as another."""
        found = self._by_id.get(self.decision(job).copy_of or "")
        return found if found is not None and self.decision(found).copy_of is None else None

    def copies(self, job: Job) -> list[Job]:
        """The jobs of other hosts for which this one runs."""
        return [one for one in self.jobs if self.decisions.of(one) and self.decision(one).copy_of == job.id]

    def decision(self, job: Job) -> Decision:
        from migrate.workspace.decisions_model import Decision

        return self.decisions.of(job) or Decision()

    def name(self, job: Job) -> str:
        """The job's name, as decided."""
        return self.decision(job).name or job.name

    def backend(self, job: Job) -> str | None:
        """What starts the job: as decided for it, or for all jobs; None where nothing was."""
        every = self.decisions.backend
        return self.decision(job).backend or (every if every != "each" else None)

    def makes(self, job: Job) -> bool:
        """Whether an ecs.yml is made of it: what stays on its host or ends with it has one only where that was decided."""
        return job.fate not in ("stay", "drop") or self.decision(job).decision == "take"

    def left_out(self, job: Job) -> bool:
        """Whether nothing is to be made of it on AWS."""
        return self.decision(job).decision in LEFT_OUT

    def accepted(self, job: Job, *what: str) -> bool:
        """Whether one of these codes or topics is settled as it is: a code only while its findings say what they said then.

        What people wrote into the file by hand bears no digest, and holds until it is written anew.
        """
        decision = self.decision(job)
        seen = decision.accepted_as or {}
        settled = set(what) & set(decision.accepted or ())
        return any(one not in seen or seen[one] == said_of(job, one) for one in settled)

    def taken(self, job: Job) -> bool:
        """Whether it was decided to move it, for what speaks against that now; by hand, without a digest, whatever does."""
        decision = self.decision(job)
        return decision.decision == "take" and decision.taken_as in (None, fate_of(job))

    def accepting(self, job: Job, *what: str) -> dict[str, object]:
        """The change that settles these, as they are now."""
        decision = self.decision(job)
        now = {code: said_of(job, code) for code in what if code in CATALOGUE}
        return {
            "accepted": list(dict.fromkeys([*(decision.accepted or ()), *what])),
            "acceptedAs": {**(decision.accepted_as or {}), **now} or None,
        }

    def spec(self, job: Job) -> dict[str, object] | None:
        """The ecs.yml of the job with its decisions; what somebody wrote into the file itself counts. None without one."""
        # What stands in the file counts before the proposal: whoever edited it has answered already.
        if job.id not in self._specs:
            there = self._current.get(job.id) or self._proposals.get(job.id)
            self._specs[job.id] = self._decided(job, there) if there is not None else None
        return self._specs[job.id]

    def base(self, job: Job) -> dict[str, object] | None:
        """What is proposed without any decision."""
        return self._proposals.get(job.id)

    def proposal(self, job: Job) -> dict[str, object] | None:
        """What is to be proposed now: that, with the decisions."""
        base = self.base(job)
        return self._decided(job, base) if base is not None else None

    def _decided(self, job: Job, spec: Mapping[str, object]) -> dict[str, object]:
        decision = self.decision(job)
        target = target_of(job, self.document, self.backend(job))
        return apply_decision(spec, decision, job, target=target, start=self.decisions.start)

    def edited(self, job: Job) -> bool:
        """Whether its ecs.yml is not as it was proposed."""
        return job.id in self._current

    def order(self, job: Job) -> SuggestedOrder | None:
        """The suggestion to run it after another job, if there is one."""
        return self._after.get(job.name)

    def settle(self, changes: Changes) -> dict[str, Decision | None]:
        """Decide, save, and return what stood before; ValueError, and nothing changed, where an answer is not possible."""
        # Kept for each job: an answer to a group may be refused at its last job.
        before = {job_id: self.decisions.get(job_id) for job_id in changes}
        try:
            for job_id, keys in changes.items():
                if job_id == EVERY:
                    self.decisions.change_every({key: value for key, value in keys.items() if isinstance(value, str)})
                    self._specs.clear()
                    continue
                job = self._by_id[job_id]
                self.decisions.change(replace(job, name=str(keys.get("name") or self.name(job))), keys)
                # The spec is made again with the new decision when it is next asked for.
                self._specs.pop(job_id, None)
            self._check_names(changes)
        except ValueError:
            self._put_back(before)
            raise
        self.decisions.save()
        return before

    def undo(self, before: Mapping[str, Decision | None]) -> None:
        """Put back what ``settle`` returned, and save."""
        self._put_back(before)
        self.decisions.save()

    def _put_back(self, before: Mapping[str, Decision | None]) -> None:
        for job_id, decision in before.items():
            self.decisions.restore(job_id, decision)
            if job_id == EVERY:
                self._specs.clear()
            self._specs.pop(job_id, None)

    def _check_names(self, changes: Changes) -> None:
        # Names are compared over all jobs, and only an answer with a name can make two equal.
        if not any("name" in keys for keys in changes.values()):
            return
        owners: dict[str, str] = {}
        for job in self.jobs:
            name = self.name(job)
            if owners.setdefault(alike(name), job.id) != job.id:
                raise ValueError(f"two jobs would be named '{name}'; choose another name")


def open_book(out: Path) -> Book:
    """The workspace as it stands; UserError where there is none, or it cannot be read."""
    if not out.is_dir() or not confined(out, REPORT).exists():
        raise UserError(
            f"{out}: there is no report.json; run 'cron2fargate scan' first, or name the workspace with --out"
        )
    document = with_tries(read_document(out), out)
    jobs = [(job.id, job.name) for job in document.jobs]
    withheld = {job.id for job in document.jobs if job.fate in ("stay", "drop")}
    decisions = Decisions.load(out)
    # Decisions of jobs that are gone keep their place, so the file's diff stays small.
    decisions.arrange(job_id for job_id, _name in jobs)
    names = decisions.names()
    proposed, bases = last_proposals(out), load_bases(out)
    proposals: dict[str, dict[str, object]] = {}
    current: dict[str, dict[str, object]] = {}
    unreadable: list[str] = []
    for job_id, listed in jobs:
        # A decided name may not be carried out yet: the file then lies under the old one.
        for name in dict.fromkeys((names.get(job_id, listed), listed)):
            try:
                found = _specs_of(out, name, proposed.get(name), bases, withheld=job_id in withheld)
            except _UnreadableError:
                unreadable.append(job_id)
                break
            if found is not None:
                base, edited = found
                proposals |= {job_id: base} if base is not None else {}
                current |= {job_id: edited} if edited is not None else {}
                break
    from migrate.settings.loading import owner_of
    from migrate.workspace.journal import Journal

    book = Book(document, proposals, decisions, current, unreadable, owner_of(out) or "cron2fargate")
    journal = Journal(out)
    book.moved = frozenset(name for name in journal.jobs if journal.phase(name) != "old")
    return book


def _specs_of(
    out: Path, name: str, proposed: str | None, bases: Mapping[str, object], *, withheld: bool = False
) -> tuple[dict[str, object] | None, dict[str, object] | None] | None:
    """(last proposal before decisions, what stands in the file where it was edited); None where the job has no file.

    Where it is not known what was proposed, all of the file counts as somebody's, and nothing is proposed.
    """
    # report.json may come from another machine, so the path is checked (`confined`) before it is opened.
    try:
        data = spec_bytes(confined(out, f"jobs/{name}/ecs.yml"))
    except UserError:
        # The command tells of it (`unusable_specs`); like an edit that is no spec, it leaves the proposal standing.
        data = b""
    if data is None:
        # Not written, for it stays or ends; who takes it all the same gets what was proposed.
        base = _spec(_ours(undecided_text(bases, name, proposed))) if withheld and proposed is not None else None
        return (base, None) if base is not None else None
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    # Without the proposal nobody can tell what was edited: nothing of it may be overwritten.
    if proposed is None:
        return None, _mapping(text, _theirs)
    base = _spec(_ours(undecided_text(bases, name, proposed)))
    if base is None:
        raise _UnreadableError(name)
    # An edit that cannot be read is told by `register`; here the proposal stands in.
    return base, None if text == proposed else _mapping(text, _theirs) or None


class _UnreadableError(Exception):
    """What was proposed for a job cannot be read. It is no empty proposal: made from that, a spec would lose its containers."""


def _spec(found: object) -> dict[str, object] | None:
    """What was read, where it is a spec: a mapping with containers."""
    return found if isinstance(found, dict) and rows(found.get("containers")) else None


def _mapping(text: str, load: Callable[[str], object]) -> dict[str, object]:
    found = load(text)
    return found if isinstance(found, dict) and isinstance(found.get("containers", []), list) else {}


def _ours(text: str) -> object:
    """Text that our own writer made: read fast, still safely; None where it cannot be read."""
    import yaml

    # libyaml's loader is ten times as fast, but not there in each build of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506  # a safe loader, written in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _theirs(text: str) -> object:
    """Text that people edited, read strictly; what cannot be read is left to ``register``, which says where."""
    from converters.specs.strict_yaml import read

    document = read(text)
    return {} if document.problems else document.value
