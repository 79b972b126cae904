"""Where variables come from that a job had from files of its host: the image, a file in S3, secrets, or ecs.yml itself."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from converters.commands.idioms.environment_files import command_without
from converters.commands.idioms.wishes import SOURCED
from converters.secrets.parameters import PREFIX, part
from converters.specs.untyped import listed
from migrate.document.job import Job, ReadFile
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.topics.place import container_of
from migrate.terminal.language import _, finding_help

VARIABLES = ("C451", "C452")


class Variables:
    """Variables that came from files of the host: a login shell's profile, a sourced file."""

    name = "environment"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        for code in VARIABLES:
            # One question for both codes: a login shell and a sourced file are answered alike.
            if code in job.codes("warning") and not book.accepted(job, code, self.name):
                decided = book.decision(job)
                if decided.environment is not None and not decided.environment_files:
                    return None
                # A file is asked for once, whatever the number of jobs that read it.
                return next((f"{code} {path}" for path in self._files(job, book, code)), code)
        return None

    @staticmethod
    def _files(job: Job, book: Book, code: str) -> list[str]:
        """The files of variables that are still to be answered."""
        answered = book.decision(job).environment_files or {}
        read = (one.name for one in job.command.dependencies if one.kind == SOURCED and code == "C452")
        return [path for path in read if path not in answered]

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        code, _blank, path = key.partition(" ")
        # Whether the text of each job can do without the file, which a task has not got.
        apart = bool(path) and all(_without(job, book, path) is not None for job in jobs)

        def answered(job: Job, answer: str) -> dict[str, object]:
            """The file's answer; with the last of its files, the finding is settled."""
            files = {**(book.decision(job).environment_files or {}), path: answer}
            last = self._files(job, book, code) == [path]
            return {"environmentFiles": files, **(book.accepting(job, *VARIABLES) if last else {})}

        def settle(value: str, text: str) -> Changes:
            if value == "s3":
                return for_all(jobs, lambda job: answered(job, text.strip()))
            if value == "image":
                return for_all(jobs, lambda job: answered(job, "image") if path else book.accepting(job, *VARIABLES))
            if value == "secrets":
                named = secrets_of(text)
                return for_all(jobs, lambda job: {**answered(job, named.file), **_given(job, book, path, named)})
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
                *(_from_outside(jobs, path) if apart else ()),
                Option("given", _("these variables"), _("NAME=value, with blanks between them"), text=""),
            ),
            "image",
            settle,
            tuple(said)[:3],
        )


def _without(job: Job, book: Book, path: str) -> list[str] | None:
    return command_without(list(map(str, listed(container_of(job, book).get("command")))), path)


def _file(job: Job, path: str) -> ReadFile | None:
    return next((one for one in job.command.files or () if one.path == path), None)


def _from_outside(jobs: Sequence[Job], path: str) -> tuple[Option, ...]:
    """A file in S3, and its secrets as parameters; neither where the file is a program."""
    files = [one for job in jobs if (one := _file(job, path)) is not None]
    if any(one.program for one in files):
        return ()
    names = dict.fromkeys(name for one in files for name in one.secrets)
    others = dict.fromkeys(name for one in files for name in one.variables if name not in names)
    shown = ", ".join(list(others)[:4]) + (", …" if len(others) > 4 else "")
    hint = _("NAME for each; then NAME=value for others, or the ARN of a file in S3 that holds the rest")
    return (
        Option(
            "s3", _("an environment file in S3"), _("its ARN, which ends in .env"), text="arn:aws:s3:::BUCKET/FILE.env"
        ),
        Option(
            "secrets",
            _("its secrets as parameters"),
            hint + (_("; others in it: {names}").format(names=shown) if shown else ""),
            text=" ".join(names),
        ),
    )


class Named(NamedTuple):
    """An answer about a file: the variables that are secrets, those that are not, and where the rest comes from (an ARN, or
    ``none``)."""

    secrets: tuple[str, ...]
    variables: Mapping[str, str]
    file: str


def _given(job: Job, book: Book, path: str, named: Named) -> dict[str, object]:
    decision = book.decision(job)
    place = _parameters_under(job, book, path)
    secrets = {**(decision.secrets or {}), **{name: f"{place}/{part(name)}" for name in named.secrets}}
    changes: dict[str, object] = {"secrets": secrets}
    if named.variables:
        changes["environment"] = {**(decision.environment or {}), **named.variables}
    return changes


def _parameters_under(job: Job, book: Book, path: str) -> str:
    """Where the parameters of a file lie: by its place, so that all jobs that read it read one parameter for each secret."""
    bare = path.strip("\"'")
    directory = job.command.working_directory
    if not bare.startswith(("/", "~", "$")) and directory is not None and job.command.container is None:
        bare = posixpath.normpath(posixpath.join(directory, bare))
    # Of a place that is not known, two jobs may mean two files.
    steps = [*([] if bare.startswith("/") else [book.name(job)]), *bare.split("/")]
    # PutParameter, `Name`: 15 levels at most.
    return "/".join(
        [PREFIX, part(book.owner), *[part(step) for step in steps if step not in ("", ".", "..", "~")][-10:]]
    )


def secrets_of(text: str) -> Named:
    """``DB_PASSWORD A=1 arn:aws:s3:::b/rest.env`` as what it names; ValueError where a word is none of these."""
    words = _words(text)
    files = [word for word in words if word.startswith("arn:")]
    names = [word for word in words if "=" not in word and word not in files]
    if len(files) > 1:
        raise ValueError(_("one file in S3 holds the rest; give one ARN"))
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(_("{word} is no name of a variable").format(word=name))
    if not names:
        raise ValueError(_("give the name of at least one secret"))
    variables = [word for word in words if "=" in word and word not in files]
    return Named(tuple(dict.fromkeys(names)), _assigned(variables), files[0] if files else "none")


# POSIX 8.1: names of letters, digits and `_`. ECS takes others, but no shell in the container could read them.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables_of(text: str) -> dict[str, str]:
    """``A=1 B="x y"`` as a mapping; ValueError where a word is no assignment."""
    found = _assigned(_words(text))
    if not found:
        raise ValueError(_("give at least one NAME=value"))
    return found


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        # shlex: quotes may be open, as in any shell.
        raise ValueError(_("a quote is not closed")) from None


def _assigned(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(_("{word} is no NAME=value").format(word=word))
        found[name] = value
    return found
