"""What a question is: its options, and the kind it is of. The kinds are in ``topics/``; ``agenda.py`` says what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from migrate.document.job import Job
from migrate.review.book import Book, Changes
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


@runtime_checkable
class ManyKeys(Protocol):
    """A topic in which several things may be open for one job, each asked once with all jobs that share it."""

    def keys(self, job: Job, book: Book) -> list[str]: ...


def who(jobs: Sequence[Job], book: Book) -> str:
    """The job's name, or how many they are."""
    return book.name(jobs[0]) if len(jobs) == 1 else _("{n} jobs").format(n=len(jobs))


def for_all(jobs: Iterable[Job], change: Callable[[Job], Mapping[str, object]]) -> dict[str, Mapping[str, object]]:
    """The same kind of change for each job."""
    return {job.id: change(job) for job in jobs}


def accepting_or_deciding(jobs: Sequence[Job], book: Book, code: str) -> Callable[[str, str], Changes]:
    """What an answer sets where a finding is taken as it is, or the job gets another fate."""

    def settle(value: str, _text: str) -> Changes:
        if value == "accept":
            return for_all(jobs, lambda job: book.accepting(job, code))
        return for_all(jobs, lambda job: {"decision": value})

    return settle
