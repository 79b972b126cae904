"""``cron2fargate enable``: Switch a job's rules on."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _


@click.command(name="enable")
@click.argument("job", required=False)
@click.option("--all", "everything", is_flag=True, help="Exactly what disable --all switched off in the environment.")
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
    job: str | None,
    everything: bool,
    environment: str | None,
    out: Path,
    settings: Path | None,
    accept: tuple[str, ...],
    yes: bool,
) -> int:
    """Switch a job's rules on: from then on AWS starts it.

    Asks what cutover asks: its time and its effect are proven or accepted, and its place is there. With --all
    what disable --all switched off is switched on again, and nothing else. Exit code: 0, or 1 where it was refused.

    \b
    Examples:
      cron2fargate enable -e sandbox backup-db
      cron2fargate enable -e sandbox --all
    """
    from migrate.errors import UserError

    if everything == (job is not None):
        raise UserError(_("name one JOB, or say --all"))
    if job is None:
        from migrate.cutover.switching_all import enable_all

        return enable_all(out, settings, environment, yes=yes, accept=accept)
    from migrate.cutover.switching import switch_job

    return switch_job(job, out, settings, environment, on=True, yes=yes, accept=accept)
