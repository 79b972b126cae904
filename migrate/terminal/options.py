"""The options that every command takes, before its name or after it: language, quiet, verbose, the form of what is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from migrate.terminal import log
from migrate.terminal.console import manner
from migrate.terminal.language import LANGUAGES, choose

PROGRAM = "cron2fargate"
COMPLETE = "_CRON2FARGATE_COMPLETE"
"""The variable by which a shell asks for completions."""


def _set_language(value: str) -> None:
    choose(value)


def _set_quiet(value: bool) -> None:
    manner.quiet = value


def _set_verbose(value: bool) -> None:
    manner.verbose = value


def _set_log_format(value: log.Format) -> None:
    log.form.format = value


def _global(*names: str, apply: Callable[[Any], None], hidden: bool, **settings: Any) -> click.Option:
    def callback(_context: click.Context, _option: click.Parameter, value: Any) -> None:
        # None is "not given": a flag after the command must not be reset by its absence before it.
        if value is not None:
            apply(value)

    # Eager: the errors of what follows on the command line are told as asked, too.
    return click.Option(
        names, callback=callback, expose_value=False, is_eager=True, default=None, hidden=hidden, **settings
    )


def global_options(*, hidden: bool) -> list[click.Option]:
    """--lang, --quiet, --verbose, --log-format: made anew for each command, so that they may stand before it or after it."""
    return [
        _global(
            "--lang",
            type=click.Choice(LANGUAGES),
            help="Language of what is shown. Default: what LC_ALL, LC_MESSAGES or LANG say, else en.",
            apply=_set_language,
            hidden=hidden,
        ),
        _global("--quiet", "-q", is_flag=True, help="Show only what needs attention.", apply=_set_quiet, hidden=hidden),
        _global(
            "--verbose",
            "-v",
            is_flag=True,
            help="Tell on standard error what is done.",
            apply=_set_verbose,
            hidden=hidden,
        ),
        _global(
            "--log-format",
            type=click.Choice(["text", "json"]),
            help="json: tell what is done, and errors, as JSON lines on standard error.",
            apply=_set_log_format,
            hidden=hidden,
        ),
    ]


def with_global_options(command: click.Command) -> click.Command:
    """The command with the global options that it does not use for something of its own."""
    # `-v` or `-q` of a command's own wins.
    taken = {name for parameter in command.params for name in parameter.opts}
    # A shell offers them; the help of each command would be the longer for them.
    hidden = COMPLETE not in os.environ
    command.params += [option for option in global_options(hidden=hidden) if not taken & set(option.opts)]
    return command


def tool_version() -> str:
    """The version that is installed; empty where none is, as in a bare checkout."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and seldom asked for

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return ""
