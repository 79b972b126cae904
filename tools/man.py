"""The man page, made from the help texts: ``python -m tools.man`` writes ``docs/cron2fargate.1``, a test fails when it
drifts. ``man -l docs/cron2fargate.1`` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from migrate.cli import COMMANDS, cli
from tools import helps

PAGE = Path(__file__).parent.parent / "docs" / "cron2fargate.1"

EXIT_CODES = (
    ("0", "Done."),
    (
        "1",
        "With --strict: decisions are open. A job was left out, or something that was checked is not as it should be.",
    ),
    ("2", "Unusable input, settings or usage."),
    ("70", "An internal error: a bug."),
    ("130", "Interrupted. Nothing is left half-written."),
)
ENVIRONMENT = (
    (
        "LC_ALL, LC_MESSAGES, LANG",
        "The language of what is shown, where --lang is not given: Japanese with ja, else English.",
    ),
    ("NO_COLOR", "When not empty: no colours, and no other escape sequences either."),
    ("COLUMNS", "The width of what is printed, where the output is no terminal."),
    ("TZ", "The machine's time zone, where --timezone is not given."),
    ("AWS_PROFILE, AWS_ACCESS_KEY_ID, ...", "The identity on AWS, as every AWS tool takes it."),
    ("CRON2FARGATE_DEBUG", "When not empty: an internal error shows where it happened."),
)
FILES = (
    ("migration/cron2fargate.yml", "Settings: environments with their network and roles."),
    ("migration/jobs/NAME/ecs.yml", "The spec of a job."),
    ("migration/review.yml", "Decisions of the review."),
    ("migration/report.json, report.md", "The migration report."),
    ("migration/.cron2fargate/", "What a later scan has to know; part of the workspace."),
)


def page() -> str:
    """The whole page as troff source of the man macros."""
    with click.Context(cli, info_name="cron2fargate", help_option_names=["-h", "--help"]) as context:
        lines = [
            '.\\" Made from the help texts by `python -m tools.man`.',
            '.TH CRON2FARGATE 1 "" "cron2fargate" "User Commands"',
            ".ad l",
            ".nh",
            ".SH NAME",
            f"cron2fargate \\- {_text('move the cron jobs of a server to AWS Fargate')}",
            ".SH SYNOPSIS",
            ".B cron2fargate",
            '.RI [ OPTION ]... " COMMAND " [ ARGUMENT ]...',
            ".SH DESCRIPTION",
            *_described(cli),
            ".SH OPTIONS",
            *_options(helps.options(cli)),
            ".SH COMMANDS",
            *_commands(context),
            *_section("EXIT STATUS", EXIT_CODES),
            *_section("ENVIRONMENT", ENVIRONMENT),
            *_section("FILES", FILES),
            ".SH SEE ALSO",
            ".BR cron (8),",
            ".BR crontab (5),",
            ".BR anacron (8)",
        ]
    return "\n".join(lines) + "\n"


def _commands(context: click.Context) -> Iterator[str]:
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            yield f".SS {_text(helps.usage(command, f'cron2fargate {name}'))}"
            yield from _described(command)
            # --help is said once, for the program.
            yield from _options(helps.options(command)[:-1])


def _described(command: click.Command) -> Iterator[str]:
    """Paragraphs of the help and the epilog."""
    for number, (kept, lines) in enumerate(helps.described(command)):
        if kept:
            yield from (".PP", ".nf", *map(_text, lines), ".fi")
            continue
        if number:
            yield ".PP"
        yield _text(lines[0])


def _options(options: list[tuple[str, str]]) -> Iterator[str]:
    for names, text in options:
        yield ".TP"
        # A list of choices may be longer than a line: it may break after each of them.
        yield f".B {_text(names).replace('|', '|' + chr(92) + ':')}"
        yield _text(text)


def _section(title: str, rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f".SH {title}"
    for name, text in rows:
        yield ".TP"
        yield f".B {_text(name)}"
        yield _text(text)


def _text(text: str) -> str:
    """Text that troff shows as it is: no escapes, no requests, and dashes and quotes that can be copied into a shell."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    shown = shown.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return f"\\&{shown}" if shown.startswith((".", "\\(aq")) else shown


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
