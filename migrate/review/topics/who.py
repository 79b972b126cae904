"""Whose a job is: who is told of failures, whom to ask, and its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converters.specs.untyped import fields
from migrate.document.job import Job
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, accepting_or_deciding, for_all, who
from migrate.terminal.language import _, ngettext

MANAGED = "C135"
# Loose on purpose: SNS sends a confirmation to each address, and that is the proof.
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")
# Counted because of a clash, or the last resort; `-0430-sat` and `-002` tell something.
_POOR = re.compile(r"job|.*-(?:[2-9]|[1-9]\d)")


def addresses_of(text: str) -> list[str]:
    """E-mail addresses with commas or blanks between them; ValueError where one is none."""
    words = [word for word in re.split(r"[\s,]+", text) if word]
    for word in words:
        if not _ADDRESS.fullmatch(word):
            raise ValueError(_("{word} is no e-mail address").format(word=word))
    if not words:
        raise ValueError(_("give at least one e-mail address"))
    return list(dict.fromkeys(words))


class Notification:
    """What MAILTO did."""

    name = "notify"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        mailto = job.wishes.mailto
        decision = book.decision(job)
        if not mailto or decision.notify is not None or book.spec(job) is None or book.accepted(job, self.name):
            # MAILTO="" is no wish to be told.
            return None
        return str(mailto)

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        known = _ADDRESS.findall(key)

        def settle(value: str, text: str) -> Changes:
            told: dict[str, object] = {"email": []}
            if value == "other":
                told = {"email": addresses_of(text)}
            elif value != "nobody":
                # cron mails whatever a job prints, exit status or not; that is `output`.
                told = {"email": known, **({"output": True} if value == "output" else {})}
            return for_all(jobs, lambda job: {"notify": told})

        options = [Option("other", _("other addresses"), text=", ".join(known)), Option("nobody", _("nobody"))]
        if known:
            options[:0] = [
                Option("failures", _("{addresses}, of failures").format(addresses=", ".join(known))),
                Option(
                    "output",
                    _("{addresses}, also when it printed something").format(addresses=", ".join(known)),
                    _("as cron's mail did"),
                ),
            ]
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: cron mailed its output to {mailto}. Who is told on AWS?").format(who=who(jobs, book), mailto=key),
            _(
                "The output goes to CloudWatch Logs in any case. Told of failures, people get a mail when a run fails, with a "
                # SNS: a subscription by email is pending until its link was followed (ConfirmSubscription).
                "link to its log; most of cron's mail was read by nobody. Each address has to confirm once."
            ),
            tuple(options),
            "failures" if known else "nobody",
            settle,
        )


class Writer:
    """Somebody else writes the line: Ansible, Puppet, a panel. One question for each table and owner.

    There is no default: who answers has to have read what is to be changed there.
    """

    name = "writer"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        managed = job.managed
        if managed is None or book.accepted(job, MANAGED) or book.spec(job) is None:
            return None
        return f"{managed.title} {job.source.path}"

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        first = jobs[0].managed
        title = first.title if first is not None else key

        return Question(
            self.name,
            key,
            tuple(jobs),
            ngettext(
                "{who}: {owner} writes the line. Will it be changed there too?",
                "{who}: {owner} writes these lines. Will they be changed there too?",
                len(jobs),
            ).format(who=who(jobs, book), owner=title),
            _("A line that is only commented out comes back from there, and then the job runs on both sides."),
            (
                Option("accept", _("yes, at the switch"), _("cutover moves it, and says again what to change")),
                Option("keep", _("keep on the host"), _("it stays in its crontab; nothing is made on AWS")),
                Option("skip", _("skip"), _("it is not moved, and ends with the server")),
            ),
            None,
            accepting_or_deciding(jobs, book, MANAGED),
            tuple(dict.fromkeys(job.managed.change for job in jobs if job.managed is not None))[:6],
        )


class Owner:
    """Whom to ask about the job; asked once for each user of the crontabs."""

    name = "owner"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        spec = book.spec(job)
        if spec is None or book.decision(job).owner or book.accepted(job, self.name):
            return None
        # The user of the crontab is a hint whom to ask, not the answer: `root` owns nothing.
        return None if fields(spec.get("legacy")).get("owner") else job.user or ""

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        def settle(value: str, text: str) -> Changes:
            if value == "nobody":
                return for_all(jobs, lambda job: book.accepting(job, self.name))
            if not text.strip():
                raise ValueError(_("give the name of a team or a person"))
            return for_all(jobs, lambda job: {"owner": text.strip()})

        return Question(
            self.name,
            key,
            tuple(jobs),
            ngettext("{who}: who owns it?", "{who}: who owns them?", len(jobs)).format(
                who=_of_user(who(jobs, book), key)
            ),
            _("The team or person to ask about the job. It is written into ecs.yml, beside where the job came from."),
            (
                Option("nobody", _("say nothing")),
                Option("owner", _("a team or a person"), text=key),
            ),
            "nobody",
            settle,
        )


def _of_user(jobs: str, user: str) -> str:
    return _("{jobs} of user {user}").format(jobs=jobs, user=user) if user else jobs


class Name:
    """A name that says little: numbered because of a clash, or the last resort."""

    name = "name"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        # The name of an edited spec stands in a file of somebody's; it is changed there.
        if book.decision(job).name or book.accepted(job, self.name) or book.spec(job) is None or book.edited(job):
            return None
        return "" if _POOR.fullmatch(job.name) else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        job = jobs[0]
        now = book.name(job)

        def settle(value: str, text: str) -> Changes:
            if value == "as it is" or text.strip() == now:
                return for_all(jobs, lambda job: book.accepting(job, self.name))
            return {job.id: {"name": text.strip()}}

        several = len(jobs) > 1
        names = Option("as it is", _("yes"), _("answer one by one to give other names") if several else "")
        return Question(
            self.name,
            key,
            tuple(jobs),
            ngettext(
                "{who}: is that a good name?", "{who} have numbers for names: is that good enough?", len(jobs)
            ).format(who=who(jobs, book)),
            _(
                "The name of the rule, the task definition, the log group and the directory of its ecs.yml. Letters, digits, "
                # A log group takes 512 characters and a rule 64 (PutRule, `Name`); the least holds for all.
                "- and _, at most 64. A name that says what the job does helps whoever reads an alarm at night."
            ),
            (names,) if several else (names, Option("other", _("another name"), text=now)),
            "as it is",
            settle,
        )
