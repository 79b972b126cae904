"""``cron2fargate enable``: Switch a job's rules on."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options


@click.command(name="enable")
@click.argument("job")
@place_options
@click.option(
    "--accept",
    multiple=True,
    metavar="CODE",
    help="Enable it all the same where a finding of this code keeps it back. May be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *,
    job: str,
    environment: str | None,
    out: Path,
    settings: Path | None,
    accept: tuple[str, ...],
    yes: bool,
) -> int:
    """Switch a job's rules on: from then on AWS starts it.

    Asks what cutover asks: its time and its effect are proven or accepted, and its place is there. Exit code: 0, or 1 where
    it was refused.

    \b
    Examples:
      cron2fargate enable -e sandbox backup-db
    """
    from migrate.aws.switching import switch_job

    return switch_job(job, out, settings, environment, on=True, yes=yes, accept=accept)
