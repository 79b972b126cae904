"""``cron2fargate missing``: which starts the watchman misses, and that somebody knows of one."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _


@click.command(name="missing")
@click.argument("job", required=False)
@place_options
@click.option("--known", is_flag=True, help="Somebody knows of JOB: it is not told again until it has run.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *, job: str | None, environment: str | None, out: Path, settings: Path | None, known: bool, yes: bool
) -> int:
    """Show the starts that the watchman of an environment misses: job, slot, likely cause; or say that one is known.

    Exit code: 0, or 1 when something is missing that nobody knows of.

    \b
    Examples:
      cron2fargate missing -e production
      cron2fargate missing -e production backup-db --known --yes
    """
    from migrate.aws import missing
    from migrate.aws.errors import aws_errors
    from migrate.aws.inputs import confirm, open_place
    from migrate.aws.session import connect
    from migrate.errors import UserError

    place = open_place(out, settings, environment)
    if known and job is None:
        raise UserError(_("--known is said of one job: cron2fargate missing JOB --known"))
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        there = missing.read(aws, place.settings.owner)
        found = [one for one in there.missing if job in (None, one.job)]
        if known:
            if not found:
                raise UserError(_("no start of {job} is missing, so there is nothing to know").format(job=job))
            confirm(_("Tell of {job} no more until it has run?").format(job=job), yes=yes)
            missing.acknowledge(aws.writer(), place.settings.owner, str(job))
            click.echo(_("{job}: known; its next start that runs ends it").format(job=job))
            return 0
    click.echo(
        _("{where}: judged up to {until}").format(where=f"{place.environment_name}: {aws.where}", until=there.until)
    )
    for one in found:
        click.echo(f"  {'-' if one.known else '!'} {one}")
    if not found:
        click.echo("  " + _("no start is missing"))
    return 1 if any(not one.known for one in found) else 0
