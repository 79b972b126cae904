"""What is asked once for all jobs of a workspace: what starts them where the clocks change."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.document.job import Job
from migrate.report.clock_cost import clock_cost, clock_sentence
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question
from migrate.review.topics.time import asks_of_clocks, moves_with_clocks
from migrate.terminal.language import _
from migrate.workspace.decisions import EVERY


def moved_by_all(job: Job, book: Book) -> bool:
    """Whether what was decided for all jobs settles something of this one."""
    return book.decisions.backend not in (None, "each") and moves_with_clocks(job)


class Starter:
    """Rules in UTC or the better way, once and for all jobs. Left open, or answered with ``each``, it is asked by groups."""

    name = "backend"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        if book.decisions.backend is not None or not asks_of_clocks(job, book):
            return None
        return "" if job.target.backend == "rule" and len(job.options) > 1 else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        def settle(value: str, _text: str) -> Changes:
            return {EVERY: {"backend": value}}

        cost = clock_cost(book.jobs)
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("For all jobs at once: what starts them where the clocks change?"),
            _(
                "A rule keeps UTC, so its local time moves by an hour for a part of the year. EventBridge Scheduler keeps the "
                "local time, skips what falls into the lost hour and runs once in the repeated one. What is decided for a job "
                "itself stands above this. The answer is kept in review.yml, and later scans heed it."
            ),
            (
                Option("rule", _("rules in UTC"), _("the default; local times move with the clock")),
                Option(
                    "auto",
                    _("the better way for each job"),
                    _("Scheduler in the zone where the clocks change, unless a rule in UTC differs less"),
                ),
                Option(
                    "exact",
                    _("the better way, and what the clocks skip"),
                    _("one more schedule, at the minute at which the daemon catches a skipped run up"),
                ),
                Option("each", _("decide group by group"), _("with the ways side by side")),
            ),
            "rule",
            settle,
            (clock_sentence(cost),) if cost is not None else (),
        )
