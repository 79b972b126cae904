"""``cron2fargate redrive``: what was given up or failed, started again for its slot, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from migrate.aws.redrive import Again, Asked, Found
    from migrate.aws.session import Aws


@click.command(name="redrive")
@click.argument("job", required=False)
@place_options
@click.option("--slot", metavar="TIME", help="Only that slot: ISO such as 2027-01-31T03:00Z; without an offset, UTC.")
@click.option("--dry-run", is_flag=True, help="Show what would be started; letters go back into the queue.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *,
    job: str | None,
    environment: str | None,
    out: Path,
    settings: Path | None,
    slot: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Start again what was given up: every letter of the dead-letter queue of an environment, or those of JOB; with JOB, also
    the runs of its workflow that failed since its last good one, or the one of --slot.

    Each is started for its own slot, once, by what its rule or schedule starts today; lock, once, guard and what runs after
    are as ever. A letter goes when its start was taken. What is switched off, a shadow's or somebody else's stays.
    Exit code: 0; 1 when something was left or refused.

    \b
    Examples:
      cron2fargate redrive -e production --dry-run
      cron2fargate redrive -e production backup-db
      cron2fargate redrive -e production backup-db --slot 2027-01-31T03:00Z --yes
    """
    from datetime import UTC

    from migrate.aws.errors import aws_errors
    from migrate.aws.inputs import open_place
    from migrate.aws.redrive import Asked
    from migrate.aws.session import connect
    from migrate.machine.clock import moment_in

    place = open_place(out, settings, environment)
    minute = f"{moment_in('--slot', slot, UTC).astimezone(UTC):%Y-%m-%dT%H:%M}" if slot else None
    asked = Asked(place.settings.owner, job, minute)
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        return _redrive(aws, asked, dry_run=dry_run, yes=yes)


def _redrive(aws: Aws, asked: Asked, *, dry_run: bool, yes: bool) -> int:
    from migrate.aws import frames, letters, redrive
    from migrate.aws.inputs import confirm

    if asked.job:
        frames.find_or_fail(aws, asked.owner, asked.job)
    # Only who may change a queue may read it.
    writer = aws.writer()
    box = letters.open_box(writer, asked.owner)
    if box:
        box.show_told(asked.owner)
    held = box.take() if box else []
    gone: set[str] = set()
    try:
        found = redrive.of_letters(aws, asked, held)
        if asked.job:
            failed = redrive.of_failed(aws, asked, asked.job)
            found.again += failed.again
            found.left += failed.left
        _show(aws, found, len(held))
        if not found.again or dry_run:
            return 1 if found.left else 0
        confirm(
            ngettext("Do this one?", "Do these {n}, one after the other?", len(found.again)).format(n=len(found.again)),
            yes=yes,
        )

        def tell(again: Again, arn: str, refused: str) -> None:
            if not refused:
                gone.update(one.id for one in again.letters)
            _tell(again, arn, refused)

        return 1 if redrive.make_all(writer, asked, found.again, box, tell) or found.left else 0
    finally:
        if box:
            box.put_back(one for one in held if one.id not in gone)


def _show(aws: Aws, found: Found, letters: int) -> None:
    from migrate.terminal.visible import visible

    said = ngettext("{where}: {n} letter in the queue", "{where}: {n} letters in the queue", letters)
    click.echo(said.format(where=aws.where, n=letters))
    for one in found.again:
        what = _("has started meanwhile; its letter goes") if one.done else one.why
        click.echo(f"  {'-' if one.done else '+'} {visible(f'{one.job}  {one.slot}  {what}')}")
    for text in found.left:
        click.echo(f"  ! {visible(text)}")
    if not found.again and not found.left:
        click.echo("  " + _("nothing to start again"))


def _tell(again: Again, arn: str, refused: str) -> None:
    from migrate.terminal.visible import visible

    if refused:
        text = _("{job}  {slot}  not started: {why}").format(job=again.job, slot=again.slot, why=refused)
    elif arn:
        text = _("{job}  {slot}  started: {arn}").format(job=again.job, slot=again.slot, arn=arn)
    else:
        text = _("{job}  {slot}  has been started before").format(job=again.job, slot=again.slot)
    click.echo(f"  {visible(text)}")
