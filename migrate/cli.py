"""The commands, and nothing else: each is loaded when it is called, so that start-up stays short."""

from __future__ import annotations

import importlib
import os
import sys

import click

from migrate.errors import UserError

COMMANDS = {
    "scan": "Read crontabs, convert and prove every job, write the workspace.",
    "explain": "Say what a finding's code means, or what a crontab line does.",
    "plan": "Show what register would change on AWS.",
    "register": "Apply the specs to AWS: task definitions, rules, targets.",
    "run": "Start one task of a job now; show its exit code and log.",
    "enable": "Switch a job's rule on.",
    "disable": "Switch a job's rule off.",
    "status": "Show what is registered, and in which state.",
    "schema": "Print the JSON Schema of ecs.yml or cron2fargate.yml.",
}


class LazyGroup(click.Group):
    """A group whose commands live in ``migrate.commands.NAME`` and are imported only when called or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"migrate.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cron2fargate", prog_name="cron2fargate")
def cli() -> None:
    """Move a server's cron jobs to AWS Fargate, and prove that they run when they did."""


def main() -> None:
    """Console entry point: every expected failure becomes one sentence and an exit code, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except UserError as error:
        click.echo(f"cron2fargate: {error}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        _interrupted()
    except KeyboardInterrupt:
        _interrupted()
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        # The reader (head, less) went away: not an error of ours; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"cron2fargate: {where}{error.strerror or error}", err=True)
        sys.exit(2)
    except Exception as error:  # the last net: a person gets a sentence, CI gets an exit code
        _internal(error)


def _internal(error: Exception) -> None:
    if os.environ.get("CRON2FARGATE_DEBUG"):
        raise error
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(
        f"cron2fargate: internal error ({type(error).__name__} in {where.name}): this is a bug; set CRON2FARGATE_DEBUG=1 "
        "to see where, and report it with the line that caused it",
        err=True,
    )
    sys.exit(70)


def _interrupted() -> None:
    click.echo("cron2fargate: interrupted; nothing was left half-written", err=True)
    sys.exit(130)


if __name__ == "__main__":
    main()
