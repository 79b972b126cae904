"""What is open: one question for each topic and group of jobs, hardest first, so that one answer serves many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from converters.findings.codes import OF_IMAGE
from migrate.document.job import Job
from migrate.review.book import Book
from migrate.review.questions import ManyKeys, Question, Topic

# Asked of a job that is left out as well: its line is another now, or what was to run for it is gone.
_OF_LEFT_OUT = frozenset({"changed", "fleet", "fleet-known"})


def topics() -> tuple[Topic, ...]:
    """Every topic, hardest first: what becomes of a job decides whether the rest is asked at all."""
    from migrate.review.topics import every, fate, fleet, given, place, running, time, variables, who

    return (
        every.Starter(),
        fate.Changed(),
        fleet.OneOrMany(),
        fleet.Known(),
        fate.Fate(),
        time.Clock(),
        time.LockPolicy(),
        time.TimeLimit(),
        fate.Findings(),
        who.Writer(),
        place.Image(),
        place.Size(),
        place.Room(),
        place.Disk(),
        given.Keys(),
        given.Secrets(),
        variables.Variables(),
        running.User("user", "C426", required=True),
        running.User("runas", "C425", required=False),
        time.Order(),
        every.Start(),
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
        if (topic.name, job.id) in passed or (book.left_out(job) and topic.name not in _OF_LEFT_OUT):
            continue
        keys = topic.keys(job, book) if isinstance(topic, ManyKeys) else [topic.key(job, book)]
        # A code may be told in several sentences.
        for key in dict.fromkeys(one for one in keys if one is not None):
            # Asked one by one, a job is a group of its own.
            groups.setdefault(f"{key}\0{job.id}" if (topic.name, job.id) in apart else key, []).append(job)
    # What the image must hold is asked last, of all jobs that are left by then.
    return dict(sorted(groups.items(), key=lambda item: (item[0].startswith(OF_IMAGE), -len(item[1]))))


def undecided(book: Book) -> list[Job]:
    """The jobs for which something is open that must be decided, as ``scan --strict`` counts them."""
    required = [topic for topic in topics() if topic.required]
    return [
        job
        for job in book.jobs
        if any(
            topic.key(job, book) is not None
            for topic in required
            if topic.name in _OF_LEFT_OUT or not book.left_out(job)
        )
    ]
