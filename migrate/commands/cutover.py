"""``cron2fargate cutover``: out of the crontab, onto AWS, in a safe minute."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import place_options


@click.command(name="cutover")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--all", "everything", is_flag=True, help="Every job of the report that has an ecs.yml.")
@place_options
@click.option("--root", type=click.Path(path_type=Path), metavar="DIR", help="Tree of another host with its tables.")
@click.option("--print", "printing", is_flag=True, help="Print a script for the host that has the tables.")
@click.option("--receipt", metavar="TEXT", help="What that script printed at its end; goes on from there.")
@click.option("--shadow", is_flag=True, help="Enable the rules with a command that does nothing; see docs/cutover.md.")
@click.option("--resume", is_flag=True, help="Finish what an earlier run left half done, whichever way it went.")
@click.option(
    "--wait", "minutes", default=60, show_default=True, metavar="MINUTES", help="Wait no longer for a minute."
)
@click.option("--accept-loss", is_flag=True, help="Switch jobs without a safe minute too: a few runs are lost.")
@click.option(
    "--accept",
    multiple=True,
    metavar="[JOB:]CODE",
    help="Let jobs go all the same that a finding of this code keeps back, as it is worded now. May be repeated.",
)
@click.option(
    "--follow", is_flag=True, help="Wait for each job's first run on AWS, and offer the way back if it fails."
)
@click.option("--apart", is_flag=True, help="Let jobs of one lock go alone: they exclude each other no more.")
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
    shadow: bool,
    resume: bool,
    minutes: int,
    accept_loss: bool,
    accept: tuple[str, ...],
    follow: bool,
    apart: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Let AWS run JOBs and the crontab no more, without losing or doubling a run.

    Shows the plan first: each job's safe minute, and the change of its table. A job goes only where its time and its effect
    are proven or accepted and its place is there; the others go, and the refused ones are named first and last. In that
    minute all of that is asked again, then the line is commented out behind a marker and the rule enabled. Every step is on
    disk before and after, so that a run cut short is seen by status, and finished by --resume or taken back by rollback.

    Exit code: 0, or 1 when a job was left where it was.

    \b
    Examples:
      cron2fargate cutover -e production --all --dry-run
      cron2fargate cutover -e production backup-db
      cron2fargate cutover -e production --shadow backup-db
      cron2fargate cutover -e production --print backup-db >switch.sh
    """
    from migrate.cutover.forward import forward
    from migrate.cutover.session import Wishes

    wishes = Wishes(
        jobs=jobs,
        everything=everything,
        root=root,
        printing=printing,
        receipt=receipt,
        shadow=shadow,
        resume=resume,
        wait=minutes,
        accept_loss=accept_loss,
        accept=accept,
        follow=follow,
        apart=apart,
        dry_run=dry_run,
        yes=yes,
    )
    return forward(wishes, out, settings, environment)
