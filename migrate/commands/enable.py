"""``cron2fargate enable``: Switch a job's rules on."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options


@click.command(name="enable")
@click.argument("job")
@place_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(*, job: str, environment: str | None, out: Path, settings: Path | None, yes: bool) -> int:
    """Switch a job's rules on: from then on AWS starts it.

    \b
    Examples:
      cron2fargate enable -e sandbox backup-db
    """
    from migrate.aws.switching import switch_job

    return switch_job(job, out, settings, environment, on=True, yes=yes)
