"""As whom a job runs: cron changed to the user of the table, a task has its image's, until somebody says."""

from __future__ import annotations

from collections.abc import Sequence

from converters.specs.untyped import rows
from migrate.document.job import AnsweredNeed, Job
from migrate.review.applying import OWN_USER
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.terminal.language import _, finding_help

_ROOT = "0:0"


class User:
    """One question for each user of the tables, with its numbers on its host where they are known."""

    def __init__(self, name: str, code: str, *, required: bool) -> None:
        self.name, self.code, self.required = name, code, required

    def key(self, job: Job, book: Book) -> str | None:
        need = _asked(job)
        if need is None or not book.makes(job) or not job.findings_of(self.code) or book.accepted(job, self.code):
            return None
        spec = book.spec(job)
        if spec is None or book.decision(job).user is not None:
            return None
        # Who wrote a user into ecs.yml has answered.
        named = any(one.get("user") for one in rows(spec.get("containers")))
        return None if named else " ".join((need.subject, need.number or "")).strip()

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        user, _blank, number = key.partition(" ")
        lacking = self.code == "C426" and user != "root"

        def settle(value: str, text: str) -> Changes:
            chosen = {"image": OWN_USER, "number": number, "root": _ROOT, "name": user}.get(value, text.strip())
            if not chosen:
                raise ValueError(_("give a user, or uid:gid"))
            return for_all(jobs, lambda job: {"user": chosen})

        options = [Option("image", _("the image's own user"), _("ecs.yml says nothing"))]
        if number and number != _ROOT:
            options.append(
                Option("number", number, _("its numbers on the host; it needs no entry in the image's passwd"))
            )
        if user != "root" and not lacking:
            options.append(Option("name", user, _("the image must know that name")))
        options.append(Option("root", "root"))
        options.append(Option("other", _("another"), _("a name of the image, or uid:gid"), text=number or user))
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: cron ran it as {user}. As whom does the container run?").format(
                who=who(jobs, book), user=f"{user} ({number})" if number else user
            ),
            finding_help(self.code),
            tuple(options),
            "number" if lacking and number else "image",
            settle,
            tuple(dict.fromkeys(one.message for job in jobs for one in job.findings_of(self.code)))[:3],
        )


def _asked(job: Job) -> AnsweredNeed | None:
    return next((one for one in job.needs if one.kind == "user" and one.answer != "met"), None)
