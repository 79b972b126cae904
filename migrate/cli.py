"""The commands, and nothing else: each is loaded when it is called, so that start-up stays short."""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from typing import TYPE_CHECKING

import click

from migrate.errors import UserError
from migrate.terminal import log
from migrate.terminal.language import choose
from migrate.terminal.options import COMPLETE, PROGRAM, global_options, with_global_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "collect": "Collect what a host tells of its cron jobs into one tar for scan.",
    "scan": "Read crontabs, convert and prove every job, write the workspace.",
    "init": "Begin a workspace without a crontab, from JSON for the AWS CLI.",
    "review": "Decide what is open: hardest first, one answer for many jobs.",
    "report": "Write the migration report: HTML, Markdown, JSON.",
    "image": "Read an image without running it; the next scan answers from it.",
    "try": "Run a job's ecs.yml in a container here; keep what was seen.",
    "discover": "Show what starts on AWS already, beside the crontab's jobs.",
    "explain": "Say what a finding's code means, or what a crontab line does.",
    "plan": "Show what register would change on AWS.",
    "check": "Check what the jobs need on AWS, before they are registered.",
    "register": "Apply the specs to AWS: task definitions, rules, targets.",
    "run": "Start one task of a job now; show its exit code and log.",
    "logs": "Show what a run of a job wrote: the last one, or that of a slot.",
    "enable": "Switch a job's rule on.",
    "disable": "Switch a job's rule off.",
    "cutover": "Switch jobs from the crontab to AWS, each in a safe minute.",
    "rollback": "Switch jobs back: off on AWS, restored in the crontab.",
    "verify": "Compare what really ran, by cron's log and on AWS, with what was due.",
    "status": "Show where each job runs now, and what is half done.",
    "missing": "Show which starts are missing by the watchman; say that one is known.",
    "redrive": "Start again what was given up or failed, once for its slot.",
    "export": "Write the same resources as CloudFormation or Terraform.",
    "iam": "Print IAM policies for whoever plans, registers or creates.",
    "schema": "Print the JSON Schema of ecs.yml or cron2fargate.yml.",
    "completion": "Print the script that makes a shell complete this command.",
}

MODULES = {"try": "try_"}
"""Commands whose name is a word of Python's."""


class LazyGroup(click.Group):
    """A group whose commands live in ``migrate.commands.NAME`` and are imported only when called or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"migrate.commands.{MODULES.get(cmd_name, cmd_name)}").command
        if COMPLETE in os.environ:
            from migrate.workspace.completion import with_candidates

            with_candidates(command)
        return with_global_options(command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands with their summaries, without loading the commands."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    params=[*global_options(hidden=False)],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name=PROGRAM, prog_name=PROGRAM)
@click.pass_context
def cli(context: click.Context) -> None:
    """Move a server's cron jobs to AWS Fargate, and prove that they run when they did.

    --lang, --quiet, --verbose and --log-format may stand before or after the command.

    \b
    Examples:
      cron2fargate scan /etc/crontab
      cron2fargate --lang ja explain C301
      cron2fargate scan --quiet --log-format json 2>log.jsonl
    """
    log.form.command = context.invoked_subcommand or ""


def main() -> None:
    """Console entry point: every expected failure becomes one sentence and an exit code, never a traceback."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where the caller closed it
        # A terminal in EUC-JP or ASCII lacks some characters of a crontab; that is no reason to fail.
        stream.reconfigure(errors="backslashreplace")
    choose()
    began = time.monotonic()
    code = _run()
    log.log("ended", exit_code=code, seconds=round(time.monotonic() - began, 3))
    sys.exit(code)


def _run() -> int:
    """Run what the command line says; the exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name=PROGRAM, complete_var=COMPLETE)
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader (head, less) went away: not an error of ours; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, Exception) as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2 and later raise it for a bare `cron2fargate`
            click.echo(str(error))
            return 2
        message, code = _sentence(error)
        log.failed(message, code)
        return code


def _sentence(error: BaseException) -> tuple[str, int]:
    """What a failure is called, and its exit code; raises it again where a developer asks for that."""
    if isinstance(error, UserError):
        return str(error), error.exit_code
    if isinstance(error, (click.exceptions.Abort, KeyboardInterrupt)):
        return "interrupted; nothing was left half-written", 130
    if isinstance(error, click.ClickException):
        return _usage(error), 2
    if isinstance(error, OSError):
        return f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", 2
    if os.environ.get("CRON2FARGATE_DEBUG"):
        raise error
    # The last net: a person gets a sentence, CI gets an exit code.
    return _internal(error), 70


def _usage(error: click.ClickException) -> str:
    """What is wrong with the command line, and where help is: click's own text takes three lines for it."""
    from converters.findings.suggestions import did_you_mean

    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    message = error.format_message().rstrip(".")
    # click 8.2 says nearly right options by itself, but neither commands nor values.
    wrong = re.fullmatch(r"No such command '(.{1,50})'", message)
    hint = did_you_mean(wrong[1], COMMANDS) if wrong else ""
    value = re.search(r"'([^']{1,50})' is not one of (.+)$", message)
    if value:
        hint = did_you_mean(value[1], re.findall(r"'([^']+)'", value[2]))
    return f"{message}{hint} (see '{path} --help')"


def _internal(error: BaseException) -> str:
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"internal error ({type(error).__name__} in {where.name}): this is a bug; set CRON2FARGATE_DEBUG=1 to see where, "
        "and report it with the line that caused it"
    )


if __name__ == "__main__":
    main()
