"""``cron2fargate disable``: Switch a job's rules off."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options


@click.command(name="disable")
@click.argument("job")
@place_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, job: str, environment: str | None, out: Path, settings: Path | None, yes: bool) -> int:
    """Switch a job's rules off: AWS starts it no more; running tasks go on.

    \b
    Examples:
      cron2fargate disable -e sandbox backup-db --yes
    """
    from migrate.aws.switching import switch_job

    return switch_job(job, out, settings, environment, on=False, yes=yes)
