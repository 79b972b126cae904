"""``cron2fargate disable``: Switch a job's rules off."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _


@click.command(name="disable")
@click.argument("job", required=False)
@click.option(
    "--all", "everything", is_flag=True, help="Every job of the environment that is on; what was on is remembered."
)
@place_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *, job: str | None, everything: bool, environment: str | None, out: Path, settings: Path | None, yes: bool
) -> int:
    """Switch a job's rules off: AWS starts it no more; running tasks go on.

    --all: every job of the environment at once. What was on is kept in the workspace, for enable --all.

    \b
    Examples:
      cron2fargate disable -e sandbox backup-db --yes
      cron2fargate disable -e sandbox --all
    """
    from migrate.errors import UserError

    if everything == (job is not None):
        raise UserError(_("name one JOB, or say --all"))
    if job is None:
        from migrate.cutover.switching_all import disable_all

        return disable_all(out, settings, environment, yes=yes)
    from migrate.cutover.switching import switch_job

    return switch_job(job, out, settings, environment, on=False, yes=yes)
