"""What of a job nobody has decided yet: each open finding with its words, and what is open without a finding of its own."""

from __future__ import annotations

from collections.abc import Iterator

from converters.findings.codes import OF_FLEET, OF_IMAGE, Finding
from converters.images.weight import TOO_LARGE
from migrate.document.job import Job
from migrate.review.agenda import topics
from migrate.review.book import Book
from migrate.review.questions import Topic
from migrate.review.times import CLOCK
from migrate.review.topics import fate, time, variables
from migrate.workspace.fateful import FATEFUL

CHANGED_LINE = "C760"
NOT_DECIDED = "C761"
UNPROVEN_TIME = "C762"
UNPROVEN_EFFECT = "C763"

# Each topic with the codes that lead to it; other topics ask about one finding at a time, or about none.
_CODES: dict[str, tuple[str, ...]] = {
    "fleet": (OF_FLEET,),
    "clock": CLOCK,
    "lock": time.LOCK,
    "timeout": ("C418",),
    "image": (OF_IMAGE,),
    "keys": ("C439",),
    "secrets": ("C480",),
    "environment": variables.VARIABLES,
    "user": ("C426",),
    "room": (TOO_LARGE,),
}
# What is open where no finding of the topic's was made: `flock` without a wait, a job without an image.
_WORDS = {
    "decision": "its work belongs to the host; decide in the review what becomes of it",
    "lock": "what a run does that finds its lock taken is not decided",
    "timeout": "it holds a lock, and after how long a run is ended is not decided",
    "image": "no image is chosen for it",
}


def unsettled(job: Job, book: Book) -> list[Finding]:
    """What must be decided of the job and is not, worst first; empty where all is proven, or decided in the review."""
    found = [finding for topic in topics() for finding in _of_topic(topic, job, book)]
    if not found:
        found = list(_of_proofs(job, book))
    return list(dict.fromkeys(found))


def _of_topic(topic: Topic, job: Job, book: Book) -> Iterator[Finding]:
    if topic.name not in {"changed", "decision", "finding", *_CODES} or topic.key(job, book) is None:
        return
    if topic.name == "changed":
        text = "the line is not the one that was decided about; say in the review whether the decisions still hold"
        yield Finding(CHANGED_LINE, text)
        return
    said = [Finding(one.code, one.message) for one in job.findings if one.code in _codes_of(topic.name, job, book)]
    yield from said
    if not said and topic.name in _WORDS:
        yield Finding(NOT_DECIDED, _WORDS[topic.name])


def _codes_of(topic: str, job: Job, book: Book) -> frozenset[str]:
    if topic == "decision":
        return frozenset(job.codes("error")) | (frozenset(job.codes("warning")) & FATEFUL)
    if topic == "finding":
        asked = fate.ASKED_ELSEWHERE | FATEFUL
        return frozenset(code for code in job.codes("warning") if code not in asked and not book.accepted(job, code))
    return frozenset(_CODES[topic])


def _of_proofs(job: Job, book: Book) -> Iterator[Finding]:
    """Proofs that are open though no finding asks anything. A word of the review stands for them."""
    if book.decision(job).decision == "take" or book.decision(job).accepted:
        return
    if job.proof.time == "open" and not _tells(job, "23"):
        yield Finding(UNPROVEN_TIME, "that it starts on AWS when it does under cron is not proven")
    if job.proof.effect == "open" and not _tells(job, "4"):
        yield Finding(UNPROVEN_EFFECT, "that it finds on AWS what it needs is not proven")


def _tells(job: Job, hundreds: str) -> bool:
    """Whether a finding of these hundreds asked, and so was answered."""
    return any(code[1] in hundreds for code in job.codes("error", "warning"))
