"""What a job is given from outside: the rights in the place of keys, the parameters of its secrets, its variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from converters.commands.idioms.aws_keys import rights
from converters.commands.idioms.environment_files import without_file
from converters.secrets.parameters import PREFIX
from migrate.document.job import Job
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.topics.place import container_of
from migrate.terminal.language import _, finding_help

VARIABLES = ("C451", "C452")


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
            "role",
            settle,
            facts,
        )


class Secrets:
    """The parameters that secrets are read from."""

    name = "secrets"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        if book.decision(job).secrets is not None or book.accepted(job, self.name):
            return None
        return "" if container_of(job, book).get("secrets") else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        proposed = {job.id: dict(container_of(job, book).get("secrets") or {}) for job in jobs}
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


class Variables:
    """Variables that came from files of the host: a login shell's profile, a sourced file."""

    name = "environment"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        for code in VARIABLES:
            # One question for both codes: a login shell and a sourced file are answered alike.
            if code in job.codes("warning") and not book.accepted(job, code, self.name):
                if book.decision(job).environment is not None:
                    return None
                # A file is asked for once, whatever the number of jobs that read it.
                return next((f"{code} {path}" for path in self._files(job, book, code)), code)
        return None

    @staticmethod
    def _files(job: Job, book: Book, code: str) -> list[str]:
        """The files of variables that are still to be answered."""
        answered = book.decision(job).environment_files or {}
        read = (one.name for one in job.command.dependencies if one.kind == "file sourced" and code == "C452")
        return [path for path in read if path not in answered]

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        code, _blank, path = key.partition(" ")
        # Whether the text of each job can do without the file, which a task has not got.
        apart = bool(path) and all(_without(job, book, path) is not None for job in jobs)

        def answered(job: Job, answer: str) -> dict[str, Any]:
            """The file's answer; with the last of its files, the finding is settled."""
            files = {**(book.decision(job).environment_files or {}), path: answer}
            last = self._files(job, book, code) == [path]
            return {"environmentFiles": files, **(book.accepting(job, *VARIABLES) if last else {})}

        def settle(value: str, text: str) -> Changes:
            if value == "s3":
                return for_all(jobs, lambda job: answered(job, text.strip()))
            if value == "image":
                return for_all(jobs, lambda job: answered(job, "image") if path else book.accepting(job, *VARIABLES))
            given = variables_of(text)
            return for_all(
                jobs,
                lambda job: {
                    "environment": {**(book.decision(job).environment or {}), **given},
                    **(answered(job, "none") if apart else {}),
                    **book.accepting(job, *VARIABLES),
                },
            )

        said = dict.fromkeys(
            finding.message
            for job in jobs
            for finding in (*job.findings_of(code), *job.findings_of("C438"))
            if not path or f"`{path}`" in finding.message
        )
        from_s3 = Option(
            "s3", _("an environment file in S3"), _("its ARN, which ends in .env"), text="arn:aws:s3:::BUCKET/FILE.env"
        )
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: {file} held its variables. Where do they come from now?").format(who=who(jobs, book), file=path)
            if path
            else _("{who}: it read variables from files of the host. Where do they come from now?").format(
                who=who(jobs, book)
            ),
            finding_help(code),
            (
                Option("image", _("the image holds the file")) if path else Option("image", _("the image sets them")),
                *([from_s3] if apart else []),
                Option("given", _("these variables"), _("NAME=value, with blanks between them"), text=""),
            ),
            "image",
            settle,
            tuple(said)[:3],
        )


def _without(job: Job, book: Book, path: str) -> str | None:
    command = container_of(job, book).get("command") or []
    return without_file(str(command[-1]), path) if len(command) > 1 else None


def variables_of(text: str) -> dict[str, str]:
    """``A=1 B="x y"`` as a mapping; ValueError where a word is no assignment."""
    try:
        words = shlex.split(text)
    except ValueError:
        # shlex: quotes may be open, as in any shell.
        raise ValueError(_("a quote is not closed")) from None
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        # POSIX 8.1: names of letters, digits and `_`. ECS takes others, but no shell in the container could read
        # them.
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(_("{word} is no NAME=value").format(word=word))
        found[name] = value
    if not found:
        raise ValueError(_("give at least one NAME=value"))
    return found
