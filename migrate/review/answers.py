"""Reviews without a terminal: answers from a file, and the default answers."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path

from migrate.document.job import Job
from migrate.errors import UserError
from migrate.machine.files import LARGEST_TEXT, read_if_there
from migrate.review.agenda import open_questions
from migrate.review.book import Book
from migrate.review.questions import Question
from migrate.workspace.decisions import EVERY, sentences


def take_answers(book: Book, path: Path) -> int:
    """Decide as a file says: review.yml's own shape, its keys being job ids, names, ``path:line``, or patterns of these.

    Later entries win, key by key. Returns how many jobs were decided about; UserError, and nothing decided, where the file
    has a mistake or an entry fits no job.
    """
    from migrate.workspace.decisions_model import parse_review

    data = read_if_there(path, LARGEST_TEXT)
    if data is None:
        raise UserError(f"{path}: cannot be read (No such file or directory); name the file with the answers")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    with sentences():
        found, document = parse_review(text, str(path))
    decided: dict[str, dict[str, object]] = {EVERY: {**found.every}} if found.every else {}
    for pattern, decision in found.jobs.items():
        jobs = [job for job in book.jobs if _fits(pattern, job, book)]
        if not jobs:
            line = document.keys["jobs", pattern][0]
            raise UserError(
                f"{path}:{line}: no job is called '{pattern}'; 'cron2fargate review --list' names what is open"
            )
        keys = {key: value for key, value in decision.plain().items() if key != "line"}
        for job in jobs:
            decided.setdefault(job.id, {}).update(keys)
    try:
        book.settle(decided)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    return len(decided.keys() - {EVERY})


def _fits(pattern: str, job: Job, book: Book) -> bool:
    names = (job.id, book.name(job), job.name, job.where)
    return pattern in names or any(fnmatchcase(name, pattern) for name in names)


def take_defaults(book: Book, only: Collection[str] = ()) -> list[Question]:
    """Answer every open question by its default; returns those that have none, or refused it."""
    passed: set[tuple[str, str]] = set()
    asked: set[tuple[str, str, str]] = set()
    left: list[Question] = []
    while (question := next(open_questions(book, passed, (), only), None)) is not None:
        # A job with two findings is asked twice by one topic; a question that its own answer does not close, only once.
        these = {(question.topic, question.key, job.id) for job in question.jobs}
        if not asked.isdisjoint(these) or not _by_default(book, question):
            passed |= {(question.topic, job.id) for job in question.jobs}
            left.append(question)
        asked |= these
    return left


def _by_default(book: Book, question: Question) -> bool:
    if question.default is None:
        return False
    try:
        book.settle(question.settle(question.default, question.option(question.default).text or ""))
    except ValueError:
        return False
    return True
