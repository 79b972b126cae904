"""The workspace on disk. What people edited there stays theirs: a new scan proposes, it never overwrites an edit.

Beside the files that people read and edit, ``.cron2fargate/`` keeps what a later scan has to know: ``state.json``
(which job has which name and came from where) and ``proposed/NAME.yml`` (the last proposal, to tell an edit from our
own text). It belongs into version control with the rest.
"""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NotRequired, TypedDict, get_args

from migrate.document.from_json import REPORT
from migrate.document.model import Document
from migrate.document.to_json import gathered
from migrate.errors import UserError
from migrate.machine.files import (
    TEMPORARY_SUFFIX,
    confined,
    held,
    json_of,
    make_directory,
    read_if_there,
    write_atomic,
    write_beside_nothing,
    write_streamed,
)
from migrate.machine.rooted import Place
from migrate.settings.loading import SCHEMA_DIRECTORY, SCHEMA_FILES, SETTINGS_FILE, SchemaKind, schema_text
from migrate.workspace.journal import Journal

_STATE = f"{SCHEMA_DIRECTORY}/state.json"
PROPOSED = f"{SCHEMA_DIRECTORY}/proposed.json"
_UNFINISHED = f"{SCHEMA_DIRECTORY}/unfinished"
# One path segment that is no `..` and no hidden file; names come from a state file that people merge by hand.
_NAME = re.compile(r"[^\W_][\w.-]{0,199}")
_DIFF_LINES = 40
_BLOCK = 1 << 18
LARGEST = 1 << 20
"""Bytes of an ecs.yml: sixteen times what ECS takes as a task definition (64 KiB, docs "Amazon ECS service quotas")."""


@dataclass(frozen=True, slots=True)
class KeptEdit:
    """A spec that somebody edited and that was left alone.

    ``proposal`` is where a proposal waits (relative to the workspace), None when none does. ``diff`` is a unified diff
    from what was proposed before to what is proposed now, empty when that is the same.
    """

    path: str
    proposal: str | None
    diff: str


@dataclass(frozen=True, slots=True)
class GoneJob:
    """A job whose line is gone from its table, though the place it came from was scanned. Its spec is kept."""

    name: str
    path: str
    source: str


@dataclass(slots=True)
class Changes:
    """What writing did to the files that people read; paths are relative to ``out``. The rest is our bookkeeping."""

    out: Path
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept_edited: list[KeptEdit] = field(default_factory=list)
    gone: list[GoneJob] = field(default_factory=list)


class KnownJob(TypedDict):
    """What the workspace remembers of a job: where its line stood last."""

    name: str
    path: str
    line: int
    gone: NotRequired[bool]


def known_names(out: Path) -> dict[str, str]:
    """Job id -> name of every job this workspace has ever held, so that names stay; empty where there is none yet."""
    return {identity: job["name"] for identity, job in _load_state(out).items()}


def write_workspace(
    out: Path,
    document: Document,
    specs: Mapping[str, str],
    settings_text: str,
    *,
    scanned: Collection[str] = (),
    withheld: Collection[str] = (),
    markdown: str,
) -> Changes:
    """Write settings, specs and reports below ``out``; each file is replaced as a whole, and only when it differs.

    ``specs`` is job name -> proposed ecs.yml, ``markdown`` the text of report.md. ``scanned`` are the files and directories
    that were looked at (those of ``Sources.scanned``): only jobs from there can be gone. ``withheld`` are names whose proposal
    is remembered and not written: a job that stays on its host or ends with it has no ecs.yml, unless somebody edited the one
    it had. Raises UserError, one sentence, where it cannot be written.
    """
    # Before anything is written: half a workspace is worse than none.
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: a file, not a directory; choose another place with --out")
    for name in specs:
        if not _NAME.fullmatch(name):
            raise UserError(f"{name!r} cannot be the name of a directory; give the job another name")
    known = _load_state(out)
    make_directory(confined(out, SCHEMA_DIRECTORY))
    with alone(out):
        # Read under the lock: what another run proposed meanwhile must not look like somebody's edit.
        writer = _Writer(out, last_proposals(out))
        writer.settings(settings_text)
        for kind in get_args(SchemaKind):
            writer.quietly(f"{SCHEMA_DIRECTORY}/{SCHEMA_FILES[kind]}", schema_text(kind))
        writer.specs(specs, withheld)
        # After the specs: were we killed between them, a spec would still be recognised as ours by its text.
        writer.quietly(PROPOSED, _proposed_pieces({**writer.proposed, **specs}))
        # Jobs that are gone stay: when their line comes back, it has its old name again.
        gone = _gone(known, document, scanned, _moved(out))
        left: dict[str, KnownJob] = {job: {**known[job], "gone": True} for job in gone}
        state = known | left | _state_of(document)
        writer.changes.gone = [one for one in gone.values() if confined(out, one.path).exists()]
        writer.streamed(REPORT, gathered(document))
        writer.openly("report.md", markdown)
        # Last and durable: a name that was given is found on AWS, so it must not be forgotten.
        writer.quietly(_STATE, _state_text(state), durable=True)
    return writer.changes


class _Writer:
    """Writes below ``out`` and remembers what that did."""

    def __init__(self, out: Path, proposed: Mapping[str, str]) -> None:
        self._out = out
        self.proposed = proposed
        self.changes = Changes(out)

    def openly(self, relative: str, text: str | bytes) -> None:
        """A file that people read: counted."""
        path = confined(self._out, relative)
        existed = path.exists()
        written = write_atomic(path, text)
        self._list(existed, written).append(relative)

    def streamed(self, relative: str, pieces: Iterable[bytes]) -> None:
        """The same, of any size."""
        path = confined(self._out, relative)
        existed = path.exists()
        self._list(existed, write_streamed(path, pieces)).append(relative)

    def quietly(self, relative: str, text: str | Iterable[bytes], *, durable: bool = False) -> None:
        place = confined(self._out, relative)
        if isinstance(text, str):
            write_atomic(place, text, durable=durable)
        else:
            write_streamed(place, text)

    def settings(self, text: str) -> None:
        """SRE own it: written once, then never again."""
        # is_there, not exists: a link to nowhere is somebody's too.
        if confined(self._out, SETTINGS_FILE).is_there():
            self.changes.unchanged.append(SETTINGS_FILE)
        else:
            self.openly(SETTINGS_FILE, text)

    def specs(self, specs: Mapping[str, str], withheld: Collection[str]) -> None:
        """Each job's ecs.yml, but for those that are withheld."""
        jobs = confined(self._out, "jobs")
        if some := not set(specs) <= set(withheld):
            # A single job's place that cannot be used is that job's; that of all jobs is the workspace's.
            make_directory(jobs)
        with held(jobs) if some else nullcontext(-1) as above:
            for name, proposal in specs.items():
                if name in withheld:
                    self.withhold(name)
                elif name in self.proposed or not self._fresh(above, name, proposal):
                    self.spec(name, proposal)

    def _fresh(self, above: int, name: str, proposal: str) -> bool:
        """Whether nothing stood in the place of a job that nobody ever proposed, so that its ecs.yml could be written."""
        relative = f"jobs/{name}/ecs.yml"
        written = write_beside_nothing(above, confined(self._out, relative), proposal)
        if written:
            self.changes.created.append(relative)
        return written

    def spec(self, name: str, proposal: str) -> None:
        """One job's ecs.yml: ours is replaced; one that was edited stays, and the proposal is laid beside it.

        One that cannot be read stays too, and nothing is laid beside it: `unusable_specs` tells of it.
        """
        relative = f"jobs/{name}/ecs.yml"
        new = proposal.encode("utf-8", "backslashreplace")
        remembered = self.proposed.get(name)
        last = remembered.encode("utf-8", "backslashreplace") if remembered is not None else None
        try:
            current = spec_bytes(confined(self._out, relative))
        except UserError:
            return
        # Empty counts as nothing: what a full disk left behind.
        if current and not _same(current, new) and not (last and _same(current, last)):
            self._keep(relative, current, last, new)
        elif current and _same(current, new):
            self.changes.unchanged.append(relative)
            self._tidy(f"{relative}.new", new)
        else:
            make_directory(confined(self._out, f"jobs/{name}"))
            self.openly(relative, proposal)
            # The proposal that lay beside an edit that is gone: taken over later, it would seem to be somebody's.
            if last is not None:
                self._tidy(f"{relative}.new", last)

    def withhold(self, name: str) -> None:
        """Our own ecs.yml of an earlier scan is taken away; what somebody edited stays theirs."""
        place = confined(self._out, f"jobs/{name}/ecs.yml")
        remembered = self.proposed.get(name)
        if remembered is None:
            return
        with suppress(OSError, UserError):
            current = spec_bytes(place)
            if current is not None and _same(current, remembered.encode("utf-8", "backslashreplace")):
                place.unlink()
                place.parent.rmdir()

    def _keep(self, relative: str, current: bytes, last: bytes | None, new: bytes) -> None:
        beside = f"{relative}.new"
        target = confined(self._out, beside)
        # The same proposal again says nothing new, so a `.new` that somebody removed stays away.
        if last is not None and _same(last, new):
            self.changes.kept_edited.append(KeptEdit(relative, beside if target.exists() else None, ""))
            return
        there = read_if_there(target)
        if there and not (last and _same(there, last)) and not _same(there, new):
            # Somebody works in it: theirs stays, the latest proposal is laid beside both.
            beside = f"{relative}.latest"
            target = confined(self._out, beside)
        write_atomic(target, new)
        self.changes.kept_edited.append(KeptEdit(relative, beside, _diff(last, current, new, relative)))

    def _tidy(self, beside: str, new: bytes) -> None:
        """A proposal that was taken over word for word has nothing left to say."""
        # Only if it is word for word ours: else somebody works in it.
        target = confined(self._out, beside)
        if read_if_there(target) == new:
            with suppress(OSError):
                target.unlink()

    def _list(self, existed: bool, written: bool) -> list[str]:
        if not written:
            return self.changes.unchanged
        return self.changes.updated if existed else self.changes.created


def spec_bytes(place: Place) -> bytes | None:
    """What stands in a job's ecs.yml, None where it has none; UserError where that cannot be read."""
    # jobs/NAME is the job's: be it a link to nowhere, its ecs.yml is not absent.
    if place.parent.is_link() and not place.parent.is_dir():
        raise UserError(f"{place.parent}: a link that leads to no directory here; remove it and run this again")
    return read_if_there(place, LARGEST)


def _same(one: bytes, other: bytes) -> bool:
    """Equal but for line ends, which version control may convert."""
    # Git: core.autocrlf writes CRLF on Windows.
    return one == other or one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


def _diff(last: bytes | None, current: bytes, new: bytes, relative: str) -> str:
    lines = list(
        difflib.unified_diff(
            (last or current).decode("utf-8", "replace").splitlines(),
            new.decode("utf-8", "replace").splitlines(),
            f"{relative} (proposed before)" if last else relative,
            f"{relative}.new",
            lineterm="",
            n=1,
        )
    )
    more = len(lines) - _DIFF_LINES
    return "\n".join(lines[:_DIFF_LINES] + ([f"({more} more lines)"] if more > 0 else []))


def gone_jobs(out: Path) -> dict[str, str]:
    """Job id -> PATH:LINE of every job whose line was gone when its place was scanned last, for reasons of others than ours."""
    return {identity: f"{job['path']}:{job['line']}" for identity, job in _load_state(out).items() if job.get("gone")}


def _moved(out: Path) -> set[str]:
    """The jobs whose lines cutover has put out of use: these are not gone, they have moved."""
    journal = Journal(out)
    return {name for name in journal.jobs if journal.phase(name) != "old"}


def _gone(
    known: Mapping[str, KnownJob], document: Document, scanned: Collection[str], moved: Collection[str]
) -> dict[str, GoneJob]:
    """Job id -> what is gone: its line stood in a place that was scanned, and no longer does."""
    here = {job.id for job in document.jobs}
    read = _covers([*scanned, *(job.source.path for job in document.jobs)])
    # C112: what could not be read may still hold the line.
    unread = _covers([one.path for one in document.skipped if one.code == "C112"])
    names_in_use = {job.name for job in document.jobs}
    gone = {}
    for identity, job in known.items():
        name, source = job["name"], job["path"]
        # A name that is in use again is no job that is gone: its spec is the other's now.
        if identity in here or name in names_in_use or name in moved or not read(source) or unread(source):
            continue
        gone[identity] = GoneJob(name, f"jobs/{name}/ecs.yml", f"{source}:{job['line']}")
    return gone


def _covers(paths: Collection[str]) -> Callable[[str], bool]:
    """Whether a source is one of ``paths`` or lies below one; standard input is never the same table again."""
    places = {PurePosixPath(path) for path in paths if path != "-"}

    def covers(source: str) -> bool:
        path = PurePosixPath(source)
        return path in places or any(parent in places for parent in path.parents)

    return covers


def _state_of(document: Document) -> dict[str, KnownJob]:
    return {job.id: {"name": job.name, "path": job.source.path, "line": job.source.line} for job in document.jobs}


def _state_text(state: Mapping[str, KnownJob]) -> str:
    """One job a line, sorted, so that two branches merge."""
    # By name and not by id: neighbours in the file are then neighbours in the diff.
    ordered = sorted(state.items(), key=lambda item: (item[1]["name"], item[0]))
    jobs = ",\n".join(f"  {json.dumps(identity)}: {json.dumps(job, ensure_ascii=False)}" for identity, job in ordered)
    return f'{{"version": 1, "jobs": {{\n{jobs}\n}}}}\n'


def _proposed_pieces(proposed: Mapping[str, str]) -> Iterator[bytes]:
    """What was proposed last for each job: one job a line, sorted, so that two branches merge."""
    block = "{\n"
    for index, name in enumerate(sorted(proposed)):
        block += ",\n" * bool(index) + f"  {json.dumps(name)}: {json.dumps(proposed[name], ensure_ascii=False)}"
        # A fleet's proposals are a hundred megabytes: no second and third copy of them at once.
        if len(block) > _BLOCK:
            yield block.encode("utf-8", "backslashreplace")
            block = ""
    yield f"{block}\n}}\n".encode("utf-8", "backslashreplace")


def last_proposals(out: Path) -> dict[str, str]:
    """The last proposals; a damaged file only means that every spec that differs is taken as edited, and kept."""
    try:
        found = json_of(read_if_there(confined(out, PROPOSED)) or b"{}")
    except ValueError:
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _load_state(out: Path) -> dict[str, KnownJob]:
    path = confined(out, _STATE)
    if not out.is_dir():
        return {}
    data = read_if_there(path)
    if data is None:
        return {}
    try:
        found = json_of(data)
        if not isinstance(found, dict):
            raise TypeError  # as for all that is wrong inside
        state = {str(identity): _known_job(job) for identity, job in found["jobs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        # Without the names each job would be named anew, and what runs on AWS under the old ones would be orphaned.
        raise UserError(
            f"{path}: damaged, so the names of the jobs are not known; take it from version control, "
            "or remove it to have the jobs named anew"
        ) from error
    return state


def _known_job(job: dict[str, object]) -> KnownJob:
    """Raises ValueError, TypeError or KeyError for what is none."""
    known = KnownJob(name=_checked_name(job["name"]), path=str(job["path"]), line=int(str(job["line"])))
    if job.get("gone") is True:
        known["gone"] = True
    return known


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(name)
    return name


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """One writer at a time; what an earlier one left half-written when it was killed is swept away."""
    descriptor = confined(out, SCHEMA_DIRECTORY).open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            # flock goes with the process: a run that was killed locks nobody out.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{out}: another cron2fargate is writing here; run this again when it is done") from error
        except OSError:
            pass  # a network file system without locks: whole files still hold
        mark = confined(out, _UNFINISHED)
        if mark.is_there():
            # Only where a run was killed: to look for its files in a thousand directories takes longer than the
            # scan's writing.
            _sweep(out)
        write_atomic(mark, "A run is writing here, or was killed while it did.\n", durable=False)
        yield
        with suppress(OSError):
            mark.unlink()
    finally:
        os.close(descriptor)


def _sweep(out: Path) -> None:
    for _path, _names, files, directory in os.fwalk(out):  # which follows no link
        for name in files:
            if name.startswith(".") and name.endswith(TEMPORARY_SUFFIX):
                # Files that are named as ours are; a name alone is no proof, so only those of our own suffix go.
                with suppress(OSError):
                    os.unlink(name, dir_fd=directory)
