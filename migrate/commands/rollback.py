"""``cron2fargate rollback``: off on AWS, back in the crontab, byte for byte."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options


@click.command(name="rollback")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--all", "everything", is_flag=True, help="Every job that was moved, stands half way, or has a shadow.")
@place_options
@click.option("--root", type=click.Path(path_type=Path), metavar="DIR", help="Tree of another host with its tables.")
@click.option(
    "--print", "printing", is_flag=True, help="Disable here, and print a script that restores the lines there."
)
@click.option("--receipt", metavar="TEXT", help="What that script printed at its end.")
@click.option(
    "--wait", "minutes", default=60, show_default=True, metavar="MINUTES", help="Wait no longer for a minute."
)
@click.option("--accept-loss", is_flag=True, help="Switch jobs without a safe minute too: a few runs are lost.")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *,
    jobs: tuple[str, ...],
    everything: bool,
    environment: str | None,
    out: Path,
    settings: Path | None,
    root: Path | None,
    printing: bool,
    receipt: str | None,
    minutes: int,
    accept_loss: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Let the crontab run JOBs again: disables their rules, then restores their lines byte for byte, in a safe minute.

    Jobs that moved together go back together. Also ends a shadow, and takes back what a cutover left half done.
    Exit code: 0, or 1 when a job was left where it was.

    \b
    Examples:
      cron2fargate rollback -e production backup-db
      cron2fargate rollback -e production --all --dry-run
      cron2fargate rollback -e production --print backup-db >back.sh
    """
    from migrate.cutover.backward import backward
    from migrate.cutover.session import Wishes

    wishes = Wishes(
        jobs=jobs,
        everything=everything,
        root=root,
        printing=printing,
        receipt=receipt,
        wait=minutes,
        accept_loss=accept_loss,
        dry_run=dry_run,
        yes=yes,
    )
    return backward(wishes, out, settings, environment)
