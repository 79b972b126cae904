"""What a switch asks of each job before AWS starts it: is its time proven, is its effect, and is its place there?

A job goes only where each answer is yes, or somebody said by the finding's code, for this job and for these very words, that
it may go all the same. Asked twice: for the plan that people see, and again in the minute of the switch, from what the
workspace and AWS say then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converters.findings.few import counted, few
from migrate import checks
from migrate.cutover import accepting
from migrate.cutover.accepting import Reason, Words
from migrate.document.from_json import REPORT
from migrate.document.job import Job
from migrate.images import store
from migrate.machine.files import confined, read_if_there
from migrate.review.book import Book, open_book
from migrate.review.unsettled import unsettled
from migrate.workspace.decisions import REVIEW_FILE
from migrate.workspace.journal import Journal, alone
from migrate.workspace.specs import PROPOSED, gone_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.workspace.decisions_model import Decision

OWNED = "C135"
STALE_IMAGE = "C764"
COPIES = "C766"
_SHOWN = 6
# Of what only warns, these say that nobody looked at something, or at another thing, so it is not known what will start.
_NOT_LOOKED_AT = frozenset({"C600", "C604", "C611", "C614", "C626"})
# The findings of C2xx and C3xx tell when a job starts (the families of `converters/findings`).
_OF_TIME = ("C2", "C3", "C762")


@dataclass
class Asker:
    """Asks of the jobs of one workspace. ``words`` are those of this call; earlier ones are in the journal."""

    out: Path
    owner: str
    reader: Aws
    journal: Journal
    words: Words = field(default_factory=Words)
    _seen: bytes = b""
    _book: Book | None = None
    _specs: dict[str, bytes | None] = field(default_factory=dict)

    # -- reasons ---------------------------------------------------------------------------------------------------------

    def of(self, names: Sequence[str], specs: Sequence[Spec]) -> list[Reason]:
        """Every reason against these jobs, accepted or not: those of the workspace, then those of AWS."""
        said = [reason for name, spec in zip(names, specs, strict=True) for reason in self._of_job(name, spec)]
        return list(dict.fromkeys([*said, *self._of_place(names, specs)]))

    def open(self, reasons: Iterable[Reason], *, anew: bool = True) -> list[Reason]:
        """Those that nobody accepted. ``anew``: the words of this call count too, not only what was noted."""
        return [one for one in reasons if not (anew and self.words.cover(one)) and not self._noted(one)]

    def note(self, reasons: Iterable[Reason]) -> None:
        """Keeps what the words of this call accept, so that the switch and later calls know it."""
        fresh = [one for one in reasons if self.words.cover(one) and not self._noted(one)]
        accepting.keep(self.journal, [(one, self.job(one.job)) for one in fresh])

    def _noted(self, reason: Reason) -> bool:
        return accepting.accepted(self.journal, reason, self.job(reason.job))

    def job(self, name: str) -> Job | None:
        """The job of the report as it stands on the disk now."""
        book = self.book()
        return book.named(name) if book is not None else None

    def book(self) -> Book | None:
        """Report and decisions as they stand on the disk now; None where there is no report."""
        parts = [read_if_there(confined(self.out, name)) for name in (REPORT, REVIEW_FILE, PROPOSED)]
        if parts[0] is None:
            return None
        # A fleet's report takes seconds to read: only where its bytes are others than before.
        seen = hashlib.sha256(b"\0".join(part or b"-" for part in parts)).digest()
        if seen != self._seen or self._book is None:
            self._seen, self._book = seen, open_book(self.out)
        return self._book

    def left_out(self, name: str) -> str | None:
        """Why the job is not to be moved at all: decided so in the review, or its effect is its host."""
        book, job = self.book(), self.job(name)
        if book is None or job is None:
            return None
        if book.left_out(job):
            return f"it was decided to {book.decision(job).decision} it"
        return None if book.makes(job) else f"its fate is to {job.fate}"

    # -- time and effect -------------------------------------------------------------------------------------------------

    def _of_job(self, name: str, spec: Spec) -> Iterable[Reason]:
        book, job = self.book(), self.job(name)
        # An ecs.yml that no crontab stands behind was written by whoever enables it: only its place can be asked.
        if book is None or job is None:
            return
        for finding in unsettled(job, book):
            part = "time" if finding.code.startswith(_OF_TIME) else "effect"
            yield Reason(name, part, finding.code, finding.message)  # type: ignore[arg-type]
        managed = job.managed
        # A script goes out of run-parts' reach and its line stays, so whoever writes the line finds it as it was.
        if managed is not None and job.script is None and not book.accepted(job, OWNED):
            told = f"{managed.title} writes {job.where}: it {managed.does}; {managed.change}"
            yield Reason(name, "effect", OWNED, told)
        yield from self._of_copies(job, book)
        yield from self._of_image(job, spec)

    def _of_copies(self, job: Job, book: Book) -> Iterable[Reason]:
        """Lines of other hosts for which this job is to run: in use beside it, they would double each run. Where a test of the
        host never lets one run, there is nothing to double."""
        lines = [f"{one.where} ({one.host or 'another host'})" for one in book.copies(job) if one.fate != "drop"]
        # A scan of one host says nothing of the others: only a line that a scan missed in its own table is out of use.
        known = {one.id for one in book.jobs} | gone_jobs(self.out).keys()
        away = [one for one in book.decisions if one not in known and _copies(book.decisions.get(one), job)]
        lines += [f"a host that was not scanned again (job {one})" for one in away]
        if lines:
            text = (
                f"it is to run once for {counted(len(lines), 'more host')}, whose lines are in use: {few(lines, _SHOWN)}; "
                "put them out of use there first, while this one still runs on its host, and scan again"
            )
            yield Reason(job.name, "effect", COPIES, text)

    def _of_image(self, job: Job, spec: Spec) -> Iterable[Reason]:
        """Answers that were read in another image than the one that will run."""
        read, runs = job.image, spec.containers[0].image if spec.containers else ""
        if read is None:
            return
        if read.reference != runs:
            text = f"its needs were answered from the image {read.reference}, and ecs.yml names {runs}; scan again"
            yield Reason(job.name, "effect", STALE_IMAGE, text)
            return
        there = store.load(self.out).get(runs)
        if there is None or there.digest != read.digest:
            now = there.digest if there is not None else "gone"
            text = f"its needs were answered from {runs} as {read.digest}, and what was read of it is now {now}; scan again"
            yield Reason(job.name, "effect", STALE_IMAGE, text)

    # -- place -----------------------------------------------------------------------------------------------------------

    def _of_place(self, names: Sequence[str], specs: Sequence[Spec]) -> Iterable[Reason]:
        context = checks.Context(self.reader, self.owner, list(specs), read=store.load(self.out))
        for section in checks.of_switch(context):
            for line in section.lines:
                if line.verdict == "NG" or line.code in _NOT_LOOKED_AT:
                    for name in self._named_by(line.text, names, specs):
                        yield Reason(name, "place", line.code, line.text)

    def _named_by(self, text: str, names: Sequence[str], specs: Sequence[Spec]) -> list[str]:
        """The jobs that a line of a check is about: those that use what it names, else all of them."""
        found = [name for name, spec in zip(names, specs, strict=True) if _uses(spec, text)]
        return found or list(names)

    # -- between plan and switch -----------------------------------------------------------------------------------------

    def remember(self, files: Iterable[tuple[str, bytes | None]]) -> None:
        """What the plan was made from: path -> bytes."""
        self._specs |= dict(files)

    def changed(self, files: Iterable[tuple[str, bytes | None]]) -> list[str]:
        """The paths that hold something else now than when the plan was made."""
        return [path for path, data in files if path in self._specs and self._specs[path] != data]


def _copies(decision: Decision | None, job: Job) -> bool:
    return decision is not None and decision.copy_of == job.id


def _uses(spec: Spec, text: str) -> bool:
    named = {box.image for box in spec.containers} | {name for box in spec.containers for name in box.secrets.values()}
    tokens = {one.strip(".:'\"`()[]") for one in re.split(r"[\s,;`]+", text)}
    return spec.name in tokens or any(_is_named(one, word) for one in tokens for word in named if word)


def _is_named(token: str, word: str) -> bool:
    """Whether a word of a sentence is this name whole: `app:1` is not `app:10`. An ARN may stand for a parameter's name, and a
    secret's ARN for one member of it."""
    if not token.startswith("arn:"):
        return token == word.strip(":")
    return (
        word.strip(":") == token
        or word.startswith(f"{token}:")
        or token.endswith((f":parameter/{word.lstrip('/')}", f":secret:{word}"))
    )


def refusal(reason: Reason) -> str:
    """The sentence of a refusal, with the way out: mend it, or the override by its name."""
    if reason.part == "place":
        return f"{reason}. Mend that, or give --accept {reason.code}"
    if reason.code in (STALE_IMAGE, COPIES):
        return f"{reason}, or give --accept {reason.code}"
    return f"{reason}. Answer that in the review, or with --accept {reason.code}"


def ask_alone(out: Path, owner: str, reader: Aws, name: str, spec: Spec, accept: Iterable[str]) -> list[str]:
    """For ``enable``: the refusals of one job; empty where it may go, and then what was accepted is kept."""
    asker = Asker(out, owner, reader, Journal(out), accepting.words(accept))
    why = asker.left_out(name)
    if why is not None:
        return [f"{name}: {why}; take it in the review first"]
    reasons = asker.of([name], [spec])
    open_ = asker.open(reasons)
    if not open_ and any(map(asker.words.cover, reasons)):
        with alone(out):
            # Another call may have written since: what it noted must stay.
            asker.journal = Journal(out)
            asker.note(reasons)
    return [refusal(one) for one in open_]


def open_decisions(out: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Code -> the jobs of these names that leave something open of that code; what ``register`` tells of them."""
    if read_if_there(confined(out, REPORT)) is None:
        return {}
    book, wanted = open_book(out), set(names)
    found: dict[str, list[str]] = {}
    for job in book.jobs:
        if job.name in wanted and not book.left_out(job):
            for code in dict.fromkeys(finding.code for finding in unsettled(job, book)):
                found.setdefault(code, []).append(job.name)
    return dict(sorted(found.items()))
