"""review.yml: the decisions about a migration's jobs, keyed by job id; written whole after each answer.

The file is ours, and people may edit it: comments above ``version`` and above a job are kept (those that begin with ``#:``
name the job and are written anew). Light where there is no such file: the model is only imported to read one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from converters.findings.codes import CATALOGUE
from migrate.errors import UserError
from migrate.machine.files import LARGEST_TEXT, confined, read_if_there, write_atomic
from migrate.workspace.fateful import fateful

if TYPE_CHECKING:
    from converters.specs.strict_yaml import Document
    from migrate.document.job import Job
    from migrate.workspace.decisions_model import Decision

REVIEW_FILE = "review.yml"
LEFT_OUT = ("skip", "keep")
EVERY = "*"
"""Stands for all jobs where a job's id is asked for: what was decided once for the workspace."""
_HEADER = [
    "# Decisions about the jobs of this migration, by job id. `cron2fargate review` asks and writes them, `scan` heeds them.",
    "# Comments above a job are kept; those that begin with #: are written anew.",
]


class Decisions:
    """The decisions of one workspace. ``change`` and ``restore`` touch memory only; ``save`` writes the whole file.

    Where somebody else wrote the file since it was read, ``save`` takes their jobs over and writes only ours anew.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.every: dict[str, str] = {}
        """What was decided once for all jobs, by the keys of the file."""
        self._jobs: dict[str, Decision] = {}
        self._comments: dict[str, list[str]] = {}
        self._labels: dict[str, list[str]] = {}
        self._header: list[str] = list(_HEADER)
        self._blocks: dict[str, str] = {}
        self._ranks: dict[str, int] = {}
        self._touched: set[str] = set()
        # The bytes last read or written: any others on the disk are somebody else's.
        self._seen: bytes | None = None

    @property
    def backend(self) -> str | None:
        """What starts all jobs where the clocks change."""
        return self.every.get("backend")

    @property
    def start(self) -> str | None:
        """Whether jobs that ask for no more than to start are plain targets or workflows."""
        return self.every.get("start")

    @classmethod
    def load(cls, out: Path) -> Decisions:
        """The decisions in ``out``/review.yml, none where there is no such file; UserError with every mistake of it."""
        decisions = cls(out / REVIEW_FILE)
        data = read_if_there(confined(out, REVIEW_FILE), LARGEST_TEXT) if out.is_dir() else None
        if data is not None:
            decisions._read(data)
        return decisions

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, job_id: str) -> Decision | None:
        """What was decided about a job, or None where nothing was."""
        if job_id == EVERY:
            from migrate.workspace.decisions_model import Decision

            # model_construct: what was checked when it was read need not be checked again.
            return Decision.model_construct(**self.every) if self.every else None  # type: ignore[arg-type]
        return self._jobs.get(job_id)

    def of(self, job: Job) -> Decision | None:
        """The decision about a job of the document: what was answered, and what the crontab's own comment says beside it
        (the job's ``directives``)."""
        own = self._jobs.get(job.id)
        if not job.directives:
            return own
        from migrate.workspace.decisions_model import Decision

        # The answer stands later in the chain: somebody saw the comment when they gave it.
        try:
            return Decision().changed({**job.directives, **(own.plain() if own is not None else {})})
        except ValueError as error:
            # The scan reads a comment as strictly as this does, so the document was edited since.
            raise UserError(
                f"report.json: the directives of {job.name!r} are none ({error}); run 'cron2fargate scan' again"
            ) from None

    def is_stale(self, job: Job) -> bool:
        """Whether the job's line is another one than that which was decided about."""
        known = self._jobs.get(job.id)
        return known is not None and known.line is not None and known.line != line_hash(job)

    def names(self) -> dict[str, str]:
        """Job id -> name, where a name was decided."""
        return {job_id: decision.name for job_id, decision in self._jobs.items() if decision.name}

    def images(self) -> dict[str, str]:
        """Job id -> image, where one was decided."""
        return {job_id: decision.image for job_id, decision in self._jobs.items() if decision.image}

    def left_out(self, jobs: Iterable[Job] = ()) -> dict[str, str]:
        """Job id -> ``skip`` or ``keep``, for the jobs that nothing is to be made of on AWS. ``jobs`` of the document tell
        also what the crontab's comments say."""
        fates: dict[str, object] = {job.id: job.directives.get("decision") for job in jobs}
        fates |= {job_id: decision.decision for job_id, decision in self._jobs.items() if decision.decision}
        return {job_id: str(fate) for job_id, fate in fates.items() if fate in LEFT_OUT}

    def change(self, job: Job, changes: Mapping[str, object]) -> None:
        """Set keys of one job's decision (as they stand in the file; None takes one away); ValueError says what is wrong."""
        from migrate.workspace.decisions_model import Decision

        before = self._jobs.get(job.id) or Decision()
        # The digests are always of what is there now: an answer is about what was shown.
        after = before.changed({"line": line_hash(job), **changes})
        if after.accepted != before.accepted or "acceptedAs" in changes:
            known = after.accepted_as or {}
            seen = {code: known.get(code) or said_of(job, code) for code in after.accepted or () if code in CATALOGUE}
            after = after.changed({"acceptedAs": seen or None})
        # An editor hands all keys over, and a file of answers may: what was shown then counts, not what is there now.
        if "decision" in changes and changes.get("takenAs") is None:
            after = after.changed({"takenAs": fate_of(job) if after.decision == "take" else None})
        self._put(job.id, after)
        self._labels[job.id] = _label(job)

    def change_every(self, changes: Mapping[str, str]) -> None:
        """Decide for all jobs at once; the keys are ``backend`` and ``start``."""
        self._touched.add(EVERY)
        self.every = {**self.every, **changes}

    def restore(self, job_id: str, decision: Decision | None) -> None:
        """Put a decision back as it was, or take it away."""
        self._put(job_id, decision)

    def _put(self, job_id: str, decision: Decision | None) -> None:
        self._touched.add(job_id)
        if job_id == EVERY:
            held = {key: getattr(decision, key, None) for key in ("backend", "start")}
            self.every = {key: value for key, value in held.items() if value is not None}
            return
        # Its text is made anew at the next save; all others stand as they were written.
        self._blocks.pop(job_id, None)
        if decision is None:
            self._jobs.pop(job_id, None)
        else:
            self._jobs[job_id] = decision

    def save(self) -> bool:
        """Write the file; False where it stands there already. UserError where it cannot be written."""
        if self.path is None:
            return False
        place = confined(self.path.parent, self.path.name)
        there = read_if_there(place)
        # Two people may answer at once, or an editor may be open beside; last write wins only job by job.
        if there is not None and there != self._seen:
            self._take_over(there)
        # A review that decided nothing leaves no file behind.
        if there is None and not self._jobs and not self.every:
            return False
        text = self.text()
        # fsync: an answer that was given must outlive a crash of the machine.
        written = write_atomic(place, text, durable=True)
        self._seen = text.encode()
        self._touched.clear()
        return written

    def arrange(self, job_ids: Iterable[str]) -> None:
        """Write the jobs in this order, that of the crontabs, and then those that are not in it."""
        self._ranks = {job_id: rank for rank, job_id in enumerate(job_ids)}

    def text(self) -> str:
        """The file as it is written."""
        every = [f"{key}: {self.every[key]}" for key in ("backend", "start") if key in self.every]
        rows = [*self._header, "version: 1", *every, "jobs:" if self._jobs else "jobs: {}"]
        ordered = sorted(self._jobs, key=lambda job_id: self._ranks.get(job_id, len(self._ranks)))
        return "\n".join([*rows, *map(self._block, ordered)]) + "\n"

    def _block(self, job_id: str) -> str:
        if job_id not in self._blocks:
            from converters.specs.text import ecs_text

            above = [f"  {row}" for row in (*self._labels.get(job_id, ()), *self._comments.get(job_id, ()))]
            # The writer of ecs.yml quotes what YAML would read as another type.
            written = ecs_text({"jobs": {job_id: self._jobs[job_id].plain()}}, schema=None).splitlines()[1:]
            written[0] = f'  "{job_id}":{written[0].partition(":")[2]}' if '"' not in written[0] else written[0]
            self._blocks[job_id] = "\n".join([*above, *written])
        return self._blocks[job_id]

    def _read(self, data: bytes) -> None:
        from migrate.workspace.decisions_model import parse_review

        text = _decoded(data, self.path)
        with sentences():
            found, document = parse_review(text, str(self.path))
        self._seen = data
        self._jobs, self.every = dict(found.jobs), found.every
        self._blocks.clear()
        self._keep_comments(text.splitlines(), document)

    def _keep_comments(self, rows: list[str], document: Document) -> None:
        """Comment lines above the first key and above each job, as they stand."""
        # Comments above `version` only: PyYAML drops comments, so they are cut from the text by line numbers.
        first = min((place[0] for path, place in document.keys.items() if len(path) == 1), default=1)
        self._header = [row for row in rows[: first - 1] if row.startswith("#")] or list(_HEADER)
        for job_id in self._jobs:
            above: list[str] = []
            number = document.keys["jobs", job_id][0] - 1
            while number > 0 and rows[number - 1].lstrip().startswith("#"):
                number -= 1
                above.insert(0, rows[number].strip())
            self._labels[job_id] = [row for row in above if row.startswith("#:")]
            self._comments[job_id] = [row for row in above if not row.startswith("#:")]

    def _take_over(self, data: bytes) -> None:
        ours = {job_id: self.get(job_id) for job_id in self._touched}
        # Labels are read from the file with the rest, so ours are put back too.
        labels = {job_id: self._labels.get(job_id, []) for job_id in self._touched}
        self._read(data)
        for job_id, decision in ours.items():
            self._put(job_id, decision)
            self._labels[job_id] = labels[job_id]


@contextmanager
def sentences() -> Iterator[None]:
    """Mistakes of a file of decisions, all at once, as one UserError."""
    from converters.specs.strict_yaml import ProblemsError

    try:
        yield
    except ProblemsError as error:
        raise UserError(f"the decisions have mistakes:\n{error}") from None


def _decoded(data: bytes, path: Path | None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None


def line_hash(job: Job) -> str:
    """SHA-256 of the job's line, which tells a changed line."""
    # A document of an early version had no digest; the line as shown is the next best.
    return job.source.sha256 or hashlib.sha256(job.line.encode("utf-8", "backslashreplace")).hexdigest()


# Counts and dates of these follow the window that was compared, or the log that was read: of them, the words are the facts.
_COUNTED = ("C2", "C3", "C7", "C418")
_DIGITS = re.compile(r"\d+")


def said_of(job: Job, code: str) -> str:
    """Twelve digits of what the job's findings of this code say now, none of them being something to say too."""
    said = sorted(finding.message for finding in job.findings_of(code))
    said = [_DIGITS.sub("#", text) for text in said] if code.startswith(_COUNTED) else said
    return hashlib.sha256("\0".join(said).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def fate_of(job: Job) -> str:
    """Twelve digits of what speaks against moving the job now, nothing being something to say too."""
    told = [f"{code}:{said_of(job, code)}" for code in fateful(job) if code in CATALOGUE]
    # Only where no code asks does the verdict on its command, whose reasons are then what is shown.
    told = sorted(told) or (list(job.command.reasons) if fateful(job) else [])
    return hashlib.sha256("\0".join(told).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _label(job: Job) -> list[str]:
    """What stands above a job, for people: its name, where it comes from, its line."""
    return [f"#: {_printable(text)}" for text in (f"{job.name} · {job.where}", job.line.strip()[:160])]


def _printable(text: str) -> str:
    # A line break or an escape in a command must not end the comment.
    return "".join(char if char.isprintable() else "?" for char in text.replace("\t", " "))
