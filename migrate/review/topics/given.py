"""What a job is given from outside in place of secrets: the rights for keys, the parameters for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converters.commands.idioms.aws_keys import rights
from converters.secrets.parameters import PREFIX
from converters.specs.untyped import fields, first
from migrate.document.job import Job
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.topics.place import container_of
from migrate.terminal.language import _, finding_help


class Keys:
    """Keys of an AWS user, which the role of a task makes needless: asked once for all jobs."""

    name = "keys"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        open_still = "C439" in job.codes() and not book.accepted(job, "C439", self.name)
        return "" if open_still and book.decision(job).aws_keys is None else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        def settle(value: str, text: str) -> Changes:
            return for_all(jobs, lambda job: {"awsKeys": value, **book.accepting(job, "C439")})

        asked = sorted({right for job in jobs for right in rights(job.command.text)})
        facts = (_("The commands ask for {rights}.").format(rights=", ".join(asked[:12])),) if asked else ()
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: keys of an AWS user stand in the crontab. Does the task role give the rights instead?").format(
                who=who(jobs, book)
            ),
            finding_help("C439"),
            (
                Option("role", _("yes: leave the keys out"), _("taskRole of cron2fargate.yml needs the rights")),
                Option("secrets", _("no: keep the keys as secrets")),
            ),
            # A role that lacks the rights fails each run, and keys that stay are keys that may be lost: neither goes unasked.
            None,
            settle,
            facts,
        )


class Secrets:
    """The parameters that secrets are read from."""

    name = "secrets"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        if book.accepted(job, self.name):
            return None
        decided = book.decision(job).secrets
        if decided is not None and set(_proposed(job, book)) <= set(decided):
            return None
        # Those of a file of variables were answered with their file.
        return "" if set(fields(container_of(job, book).get("secrets"))) - set(decided or {}) else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        given = {job.id: fields(container_of(job, book).get("secrets")) for job in jobs}
        proposed = {job: {name: str(source) for name, source in secrets.items()} for job, secrets in given.items()}
        pattern = f"{PREFIX}/{{job}}/{{name}}"

        def settle(value: str, text: str) -> Changes:
            if value == "proposed":
                return for_all(jobs, lambda job: book.accepting(job, self.name, "C480"))
            # A pattern may leave out the job: jobs that share a password then read one parameter.
            if value == "once":
                return for_all(jobs, lambda job: {"secrets": once[job.id]})
            if "{name}" not in text:
                raise ValueError(
                    _("the names need {name}, or all secrets would be one parameter").format(name="{name}")
                )
            named = {job.id: _named_by(text.strip(), book.name(job), proposed[job.id]) for job in jobs}
            _refuse_shared(named, once)
            return for_all(jobs, lambda job: {"secrets": named[job.id]})

        once = {job.id: _once(job, proposed[job.id]) for job in jobs}
        fewer = len({source for sources in once.values() for source in sources.values()})
        shown = list(dict.fromkeys(source for sources in proposed.values() for source in sources.values()))
        # Names of an earlier scan stay, as values may be stored there; one for each value is a word away.
        single = (
            [Option("once", _("one for each value"), _("{n} parameters").format(n=fewer))] if fewer < len(shown) else []
        )
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: {n} secrets are read from the SSM Parameter Store. Under which names?").format(
                who=who(jobs, book), n=len(shown)
            ),
            # ECS reads a secret once, when the task starts: a changed parameter reaches the next run.
            _(
                "A secret in a crontab becomes a reference: the task reads it from a parameter (SecureString) when it starts. "
                "Put the values there before the first run, and change them: they have stood in a crontab. The execution role "
                "needs ssm:GetParameters."
            ),
            (
                Option("proposed", _("as proposed"), ", ".join(shown[:2]) + (", …" if shown[2:] else "")),
                *single,
                Option(
                    "other",
                    _("under other names"),
                    _("with {job} and {name} in them"),
                    text=pattern,
                ),
            ),
            "proposed",
            settle,
            (*shown[:4], *((_("and {n} more").format(n=len(shown) - 4),) if len(shown) > 4 else ())),
        )


def _proposed(job: Job, book: Book) -> Mapping[str, object]:
    """The secrets of its proposal, before any decision."""
    return fields(first((book.base(job) or {}).get("containers")).get("secrets"))


def _once(job: Job, proposed: Mapping[str, str]) -> dict[str, str]:
    """Its variables with the parameters that all jobs of the same value would read."""
    known = {one.variable: one for one in job.secrets or ()}
    return {
        name: one.once if (one := known.get(name)) is not None and one.once and one.parameter == source else source
        for name, source in proposed.items()
    }


def _refuse_shared(named: Mapping[str, Mapping[str, str]], once: Mapping[str, Mapping[str, str]]) -> None:
    """ValueError where a name would stand for two values."""
    values: dict[str, str] = {}
    for job, sources in named.items():
        for variable, source in sources.items():
            if values.setdefault(source, once[job][variable]) != once[job][variable]:
                raise ValueError(
                    _("{source} would be one parameter for two values; put {job} into the names").format(
                        source=source, job="{job}"
                    )
                )


def _named_by(pattern: str, job: str, secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: pattern.replace("{job}", job).replace("{name}", name) for name in secrets}
