"""Workspaces and askers for tests of the review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from migrate.cli import cli
from migrate.document.job import Job
from migrate.review.agenda import open_questions
from migrate.review.asking import Action, Reply
from migrate.review.book import Book, open_book
from migrate.review.cards import Row
from migrate.review.loop import Outcome, Review
from migrate.review.questions import Question

NOW = 29_739_840  # 2026-07-18 00:00 UTC

RAILS = """\
SHELL=/bin/bash
*/5 * * * * cd /srv/app && flock -n /tmp/notify.lock bundle exec rails runner 'Notify'
30 0 * * * cd /srv/app && bundle exec rake reports:daily
0 9 * * 1-5 cd /srv/app && bundle exec rake sales:mail
15 4 * * * /srv/app/bin/post-ledger
0 0 30 2 * /usr/local/bin/warm-cache
"""


def scanned(
    tmp_path: Path, crontab: str = RAILS, *options: str, zone: str = "Asia/Tokyo", name: str = "crontab"
) -> Path:
    """The workspace of a scan of this table."""
    (tmp_path / name).write_text(crontab, encoding="utf-8")
    out = tmp_path / "migration"
    arguments = ["--from", "2026-01-01", "--until", "2028-01-01", "--timezone", zone, "--out", str(out), *options]
    code = cli.main(["--quiet", "scan", str(tmp_path / name), *arguments], standalone_mode=False)
    assert code in (0, None)
    return out


def job_named(book: Book, name: str) -> Job:
    return next(job for job in book.jobs if book.name(job) == name)


def asked(book: Book, **options: Any) -> list[tuple[str, list[str]]]:
    """(topic, names of the jobs) of every open question."""
    return [(q.topic, [book.name(job) for job in q.jobs]) for q in open_questions(book, **options)]


def held(book: Book) -> None:
    """The user's word that the images hold what the jobs need."""
    book.settle({job.id: book.accepting(job, "C494") for job in book.jobs if job.findings_of("C494")})


def question(book: Book, topic: str, *, of: str | None = None) -> Question:
    """The first open question of a topic (about a job)."""
    return next(
        q for q in open_questions(book) if q.topic == topic and (of is None or of in [book.name(job) for job in q.jobs])
    )


Script = Iterable[Reply | Callable[[Question], Reply]]


class Scripted:
    """An asker that answers from a list, and remembers what was shown. At its end it quits."""

    def __init__(self, script: Script = (), edits: Iterable[Callable[[str], str | None]] = ()) -> None:
        self.script = list(script)
        self.edits = list(edits)
        self.questions: list[Question] = []
        self.actions: list[list[Action]] = []
        self.last: list[Reply | None] = []
        self.said: list[str] = []
        self.cards: list[list[Row]] = []

    def ask(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        self.questions.append(question)
        self.actions.append(list(actions))
        self.last.append(last)
        if not self.script:
            return Reply("end")
        reply = self.script.pop(0)
        return reply(question) if callable(reply) else reply

    def heading(self, text: str) -> None:
        self.said.append(text)

    def rows(self, rows: Sequence[Row]) -> None:
        self.cards.append(list(rows))

    def say(self, text: str, style: str = "") -> None:
        self.said.append(text)

    def edit(self, text: str) -> str | None:
        return self.edits.pop(0)(text) if self.edits else None

    @property
    def topics(self) -> list[str]:
        return [question.topic for question in self.questions]


def answer(value: str, text: str = "") -> Reply:
    return Reply("answer", value, text)


def default(question: Question) -> Reply:
    """The default answer; of an image, some image."""
    if question.default is None:
        return answer("image", "registry.example.com/app:1")
    return answer(question.default, question.option(question.default).text or "")


def review(
    out: Path, script: Script = (), edits: Iterable[Callable[[str], str | None]] = ()
) -> tuple[Scripted, Outcome]:
    """One sitting over a workspace."""
    asker = Scripted(script, edits)
    return asker, Review(open_book(out), asker, NOW).run()


BACK, SKIP, END, EXPLAIN, EDIT, APART, CARDS = (
    Reply(action)
    for action in ("back", "skip", "end", "explain", "edit", "apart", "cards")  # type: ignore[arg-type]
)
