"""``cron2fargate discover``: what starts on AWS already, whoever made it, beside the jobs of the crontab. Read only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _

if TYPE_CHECKING:
    from migrate.aws.inputs import Place


@click.command(name="discover")
@place_options
@click.option("--region", metavar="REGION", help="Region; default: that of the settings, else of the profile.")
@click.option("--profile", metavar="NAME", help="A profile of ~/.aws/config; default: that of the settings.")
@click.option("--days", type=click.IntRange(1, 31), default=1, show_default=True, help="Days of the calendar.")
@click.option("--timezone", "zone_name", default="UTC", metavar="ZONE", show_default=True, help="Zone of the calendar.")
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    *,
    environment: str | None,
    out: Path,
    settings: Path | None,
    region: str | None,
    profile: str | None,
    days: int,
    zone_name: str,
    output: str,
) -> int:
    """Show every rule, schedule and ECS service of the account and region that starts work, whoever made it: when it starts,
    what it starts (ECS, Batch, Lambda, Step Functions), who made it, by its tags.

    In a workspace the crontab's jobs stand on the same calendar. What does the same work twice is told, and names that jobs
    would take and somebody else has. Nothing is written; what may not be read is told, and the rest is shown.
    Exit code: 0, or 1 when something runs twice, a name is taken, or something could not be read.

    \b
    Examples:
      cron2fargate discover --region ap-northeast-1
      cron2fargate discover -e production --days 7 --timezone Asia/Tokyo
      cron2fargate discover --format json >discovered.json
    """
    from migrate.aws.errors import aws_errors
    from migrate.aws.inventory import shown
    from migrate.aws.inventory.finding import inventory
    from migrate.aws.session import connect
    from migrate.machine.clock import load_zone
    from migrate.settings.loading import SETTINGS_FILE
    from migrate.terminal.waiting import called, waiting

    zone = load_zone(zone_name)
    place = _place(out, settings, environment, region, profile)
    known = settings is not None or (out / SETTINGS_FILE).exists()
    now = int(datetime.now(UTC).timestamp()) // 60
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        with waiting(_("asking AWS")):
            aws.told = called
            found = inventory(aws, place.settings.owner if known else None, out, now)
    about: dict[str, Any] = {
        "version": 1,
        "environment": place.environment_name if known else None,
        "account": aws.account,
        "region": aws.region,
    }
    if output == "json":
        click.echo(json.dumps(about | shown.as_json(found, now, days), indent=2, ensure_ascii=False))
    else:
        from migrate.aws.show import console, line

        line(console(), f"{place.environment_name}: {aws.where}" if known else aws.where)
        shown.table(console(), found, now, days, zone)
    return 0 if found.is_quiet else 1


def _place(out: Path, settings: Path | None, environment: str | None, region: str | None, profile: str | None) -> Place:
    """Settings that are not filled in yet do, and none at all, as nothing of the network is asked for."""
    from dataclasses import replace

    from migrate.aws.inputs import open_place, usual_region
    from migrate.settings.loading import SETTINGS_FILE

    place = open_place(out, settings, environment, rehearse=True)
    given = {"region": region, "profile": profile}
    if not region and settings is None and not (out / SETTINGS_FILE).exists():
        given["region"] = usual_region(profile)
    update = {key: value for key, value in given.items() if value}
    return replace(place, environment=place.environment.model_copy(update=update))
