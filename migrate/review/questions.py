"""What is open: one question for each topic and group of jobs, hardest first, so that one answer serves many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from migrate.review.book import Book, Changes, Job
from migrate.terminal.language import _


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer. With ``text`` a text is asked for too, and that is its default."""

    value: str
    label: str
    why: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question about some jobs that one answer can settle.

    ``default`` is an option's value, None where nothing sensible can be taken unasked. ``settle`` turns the option's value and
    the text given with it into changes of decisions; it raises ValueError, one sentence, for a text that is no answer.
    """

    topic: str
    key: str
    jobs: tuple[Job, ...]
    title: str
    why: str
    options: tuple[Option, ...]
    default: str | None
    settle: Callable[[str, str], Changes]
    facts: tuple[str, ...] = field(default=())

    def option(self, value: str) -> Option:
        """The option of this value; ValueError names the possible ones."""
        for option in self.options:
            if option.value == value:
                return option
        raise ValueError(
            _("{value} is not possible; choose one of {all}").format(
                value=value, all=", ".join(option.value for option in self.options)
            )
        )


class Topic(Protocol):
    """One kind of question. ``key`` names the group that a job is asked with, None where nothing is open for it."""

    name: str
    required: bool

    def key(self, job: Job, book: Book) -> str | None: ...

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question: ...


def topics() -> tuple[Topic, ...]:
    """Every topic, hardest first: what becomes of a job decides whether the rest is asked at all."""
    from migrate.review.topics import fate, place, time, who

    return (
        fate.Changed(),
        fate.Fate(),
        time.Clock(),
        time.LockPolicy(),
        time.TimeLimit(),
        fate.Findings(),
        place.Image(),
        place.Size(),
        place.Secrets(),
        place.Variables(),
        time.Order(),
        who.Notification(),
        who.Owner(),
        who.Name(),
    )


def open_questions(
    book: Book, passed: Iterable[tuple[str, str]] = (), apart: Iterable[tuple[str, str]] = (), only: Iterable[str] = ()
) -> Iterator[Question]:
    """The open questions, one at a time. ``passed`` are (topic, job id) not to be asked now, ``apart`` those that are asked
    one by one, ``only`` the ids of the jobs that are meant (all, where it is empty)."""
    passed, apart, only = set(passed), set(apart), set(only)
    jobs = [job for job in book.jobs if not only or job.id in only]
    for topic in topics():
        for key, members in open_groups(topic, jobs, book, passed, apart).items():
            yield topic.question(key.partition("\0")[0], members, book)


def open_groups(
    topic: Topic, jobs: Iterable[Job], book: Book, passed: set[tuple[str, str]], apart: set[tuple[str, str]]
) -> dict[str, list[Job]]:
    """Group -> the jobs for which the topic is open, in the order of the crontabs, largest group first."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        if (topic.name, job.id) in passed or (book.left_out(job) and topic.name != "changed"):
            continue
        key = topic.key(job, book)
        if key is not None:
            # Asked one by one, a job is a group of its own.
            groups.setdefault(f"{key}\0{job.id}" if (topic.name, job.id) in apart else key, []).append(job)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def undecided(book: Book) -> list[Job]:
    """The jobs for which something is open that must be decided, as ``scan --strict`` counts them."""
    required = [topic for topic in topics() if topic.required]
    return [
        job
        for job in book.jobs
        if any(
            topic.key(job, book) is not None for topic in required if topic.name == "changed" or not book.left_out(job)
        )
    ]


def who(jobs: Sequence[Job], book: Book) -> str:
    """The job's name, or how many they are."""
    return book.name(jobs[0]) if len(jobs) == 1 else _("{n} jobs").format(n=len(jobs))


def for_all(jobs: Iterable[Job], change: Callable[[Job], Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The same kind of change for each job."""
    return {job.id: change(job) for job in jobs}
