"""``cron2fargate review``: ask what is open about the jobs of a workspace, and carry the answers into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from migrate.review.book import Book


@click.command(name="review")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("migration"), show_default=True, help="The workspace."
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the answers of a file in the shape of review.yml; its keys are ids, names or patterns such as '*'.",
)
@click.option("--accept-defaults", is_flag=True, help="Answer what is open by its default; an image has none.")
@click.option("--list", "only_list", is_flag=True, help="Name what is open, and ask nothing.")
@click.option("--again", is_flag=True, help="Ask about the named jobs anew; their old answers are forgotten.")
@click.option("--plain", is_flag=True, help="Numbered choices and lines of text, for screen readers.")
@click.option("--strict", is_flag=True, help="End with exit code 1 while decisions are open.")
def command(
    *,
    jobs: tuple[str, ...],
    out: Path,
    answers: Path | None,
    accept_defaults: bool,
    only_list: bool,
    again: bool,
    plain: bool,
    strict: bool,
) -> int:
    """Decide what is open: hardest first, and one answer for many jobs.

    Each answer is saved at once in review.yml of the workspace, so the review can end at any point and go on later. The
    specs follow the answers; one that was edited is left alone and the proposal laid beside it.

    Exit code: 0, or 1 when an ecs.yml cannot be used.

    \b
    Examples:
      cron2fargate review
      cron2fargate review nightly-billing --again
      cron2fargate review --answers answers.yml --accept-defaults
    """
    from migrate.review.agenda import undecided
    from migrate.review.answers import take_answers, take_defaults
    from migrate.review.book import open_book
    from migrate.review.sitting import asker_for, run_review, show_carried
    from migrate.terminal.console import console as open_console
    from migrate.terminal.console import count_left_out, show_left_out
    from migrate.workspace.spec_files import unusable_specs

    book = open_book(out)
    only = _named(book, jobs)
    left_out = unusable_specs(out, [job.name for job in book.jobs])
    show_left_out(open_console(), left_out)
    if again and not only:
        raise UserError("--again forgets what was answered; name the jobs it is meant for, as in: review JOB --again")
    if again:
        _forget(book, only)
    if only_list:
        _list(book, only)
    elif answers is not None or accept_defaults:
        if answers is not None:
            count = take_answers(book, answers)
            click.echo(
                ngettext("{n} job decided by {file}", "{n} jobs decided by {file}", count).format(n=count, file=answers)
            )
        if accept_defaults:
            take_defaults(book, only)
        show_carried(book, out)
        _list(book, only)
    else:
        run_review(book, out, asker_for(plain), only)
    count_left_out(open_console(), left_out)
    return 1 if book.unreadable or left_out or (strict and undecided(book)) else 0


def _named(book: Book, names: tuple[str, ...]) -> set[str]:
    from converters.findings.suggestions import did_you_mean

    found = set()
    for name in names:
        fitting = [job.id for job in book.jobs if name in (job.id, book.name(job), job.name)]
        if not fitting:
            hint = did_you_mean(name, [book.name(job) for job in book.jobs]) or "; report.md has their names"
            raise UserError(f"{name}: there is no such job{hint}")
        found.update(fitting)
    return found


def _forget(book: Book, only: set[str]) -> None:
    """Take the answers away; a name stays, since it is the name of a directory by now."""
    from migrate.workspace.decisions_model import KEYS

    # `line` is set anew by each change, so there is nothing to take away.
    gone = {key: None for key in KEYS if key not in ("line", "name", "note")}
    chosen = [job for job in book.jobs if job.id in only and book.decisions.get(job.id) is not None]
    if chosen:
        book.settle({job.id: gone for job in chosen})


def _list(book: Book, only: set[str]) -> None:
    """What is open, one question a line."""
    from migrate.review.agenda import open_questions
    from migrate.terminal.console import console, say

    out = console()
    count = 0
    for question in open_questions(book, only=only):
        count += 1
        say(out, f"{question.title}", hang=2)
        names = ", ".join(book.name(job) for job in question.jobs[:6])
        more = f", {_('and {n} more').format(n=len(question.jobs) - 6)}" if len(question.jobs) > 6 else ""
        say(out, f"{names}{more}", "dim", indent=4)
    say(
        out,
        ngettext("{n} question is open", "{n} questions are open", count).format(n=count)
        if count
        else _("Nothing is open."),
    )
