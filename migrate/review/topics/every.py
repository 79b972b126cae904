"""What is asked once for all jobs of a workspace: what starts them where the clocks change, and whether workflows do."""

from __future__ import annotations

from collections.abc import Sequence

from converters.frame.plain_targets import plain_targets
from converters.frame.prices import price_list
from converters.specs.starting import may_choose
from converters.specs.untyped import fields, texts
from migrate.document.job import Job
from migrate.report.clock_cost import clock_cost, clock_sentence
from migrate.report.starts import window_of
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.topics.time import asks_of_clocks, moves_with_clocks
from migrate.settings.loading import DEFAULT_REGION
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


class Start:
    """Plain targets or workflows, once for all jobs that ask for no more than to start."""

    name = "start"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        if book.decisions.start is not None or self._answered(job, book) or not book.makes(job):
            return None
        return "" if may_choose(book.spec(job) or {}) else None

    def _answered(self, job: Job, book: Book) -> bool:
        return book.decision(job).start is not None or book.accepted(job, self.name)

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        asked = {job.id for job in jobs}
        others = [job for job in book.jobs if job.id not in asked and not book.left_out(job)]
        # Asked of some jobs only (by name, or one by one), an answer is about these.
        own = any(self._answered(job, book) or self.key(job, book) is not None for job in others)

        def settle(value: str, _text: str) -> Changes:
            if not own:
                return {EVERY: {"start": value}}
            # The default writes nothing into an ecs.yml: it is left as it is proposed, whatever is said for all jobs.
            return for_all(jobs, lambda job: book.accepting(job, self.name) if value == "task" else {"start": value})

        said = plain_targets([starts_of(job, book) for job in jobs], price_list(DEFAULT_REGION))
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: what starts the task?").format(who=who(jobs, book))
            if own
            else _("For all jobs that ask for no more than to start: what starts their tasks?"),
            _(
                "A rule or schedule that starts a task itself costs nothing and sees no more than that ECS answered: a start "
                "that found no room is lost without a trace. A workflow makes such a start again, sees the task to its end and "
                "tells of a failure; a time limit (timeout) and one run for each slot (once) can be added. What an ecs.yml "
                "says itself stands above this. The answer is kept in review.yml, and later scans heed it."
            ),
            (
                Option("task", _("a rule or schedule itself"), _("the default; no further cost")),
                Option("workflow", _("a workflow"), _("start: workflow in each ecs.yml")),
            ),
            "task",
            settle,
            (said.message,) if said is not None else (),
        )


def starts_of(job: Job, book: Book) -> float:
    """Starts a month of a job as it is decided now, over the window of the document."""
    from converters.frame.cost import starts_per_month

    schedule = fields((book.spec(job) or {}).get("schedule"))
    return starts_per_month(texts(schedule.get("scheduleExpression")), window_of(book.document))
