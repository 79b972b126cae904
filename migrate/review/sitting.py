"""A sitting from its beginning to its end: which way of asking fits, the review, and what it leaves in the workspace."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from migrate.review.asking import Asker
    from migrate.review.book import Book


def count_undecided(out: Path) -> int:
    """Jobs of the workspace for which something must still be decided; skipped and kept ones are decided."""
    from migrate.review.agenda import undecided
    from migrate.review.book import open_book

    return len(undecided(open_book(out)))


def offer_review(out: Path) -> bool:
    """At the end of a scan: on a terminal, offer to review what is open now. True where the review was taken up.

    Without a terminal, and where nothing is open, it says and does nothing.
    """
    from migrate.review.agenda import open_questions
    from migrate.review.book import open_book

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    book = open_book(out)
    count = sum(1 for _question in open_questions(book))
    if count == 0:
        return False
    offer = ngettext(
        "{n} question is open. Review it now? [Y/n] ", "{n} questions are open. Review them now? [Y/n] ", count
    )
    try:
        answer = input(offer.format(n=count)).strip().lower()
    except (EOFError, KeyboardInterrupt):
        answer = "n"
        print()
    if answer not in ("", "y", "yes"):
        print(_("Later: cron2fargate review --out {out}").format(out=out))
        return False
    run_review(book, out, asker_for(False))
    return True


def run_review(book: Book, out: Path, asker: Asker, only: Collection[str] = ()) -> None:
    """Ask, then carry out what was decided, however the review ended."""
    from migrate.review.loop import Review

    outcome = Review(book, asker, now_minute(), only).run()
    asker.say("")
    if outcome.open:
        left = ngettext("{n} question is left open", "{n} questions are left open", outcome.open).format(n=outcome.open)
        asker.say(left + _("; cron2fargate review goes on from here"))
    else:
        asker.say(_("Nothing is open."))
    show_carried(book, out)


def asker_for(plain: bool) -> Asker:
    """The asker that fits the terminal; UserError where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and not plain:
        raise UserError("there is no terminal to ask on; give --answers FILE or --accept-defaults, or see --list")
    if plain or os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        from migrate.review.plain import PlainAsker

        return PlainAsker()
    from migrate.review.terminal import TerminalAsker

    return TerminalAsker()


def show_carried(book: Book, out: Path) -> None:
    """Carry the decisions into the workspace, and say what that did."""
    from migrate.report.by_fate import show_fates
    from migrate.review.carrying import carry_out, pending
    from migrate.review.settled import fates_of
    from migrate.terminal.console import console, say

    changes, kept = carry_out(book, out)
    place = console()
    # Without a style: in the plain mode no escape is written.
    show_fates(place, fates_of(book), "")
    specs = [path for path in (*changes.created, *changes.updated) if path.endswith("/ecs.yml")]
    say(place, ngettext("{n} ecs.yml written", "{n} ecs.yml written", len(specs)).format(n=len(specs)))
    left = [book.name(job) for job in book.jobs if book.left_out(job)]
    if left:
        text = ngettext("{n} job is not moved: {names}", "{n} jobs are not moved: {names}", len(left))
        more = [_("and {n} more").format(n=len(left) - 6)] if len(left) > 6 else []
        say(place, text.format(n=len(left), names=", ".join([*left[:6], *more])), hang=2)
    for edit in changes.kept_edited:
        waiting = _("; the new proposal is in {path}").format(path=edit.proposal) if edit.proposal else ""
        say(place, _("kept {path}, which was edited").format(path=edit.path) + waiting, indent=2, hang=2)
    for sentence in kept:
        say(place, sentence, indent=2, hang=2)
    for job in pending(book):
        say(place, _("{job}: the next scan writes its ecs.yml").format(job=book.name(job)), indent=2, hang=2)


def now_minute() -> int:
    """Minutes since 1970."""
    return int(time.time()) // 60
