"""``cron2fargate plan``: what register would change on AWS. It has no means to write."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import click

from migrate.aws.inputs import load_specs, open_place, place_options, spec_options


@click.command(name="plan")
@place_options
@spec_options
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    *,
    environment: str | None,
    out: Path,
    settings: Path | None,
    spec_paths: tuple[Path, ...],
    create: bool,
    adopt: bool,
    rehearse: bool,
    details: bool,
    output: str,
) -> int:
    """Show what register would change on AWS, and change nothing.

    Signs: + add, ~ change, ! drifted (changed on AWS since register), - remove, = unchanged, x refused.
    Exit code: 0, or 1 when a job is left out (not there without --create, or refused).
    """
    from migrate.aws import show
    from migrate.aws.errors import aws_errors
    from migrate.aws.plan import Options, plan_jobs
    from migrate.aws.rehearsal import CAVEAT, rehearsal
    from migrate.aws.session import connect

    specs = load_specs(out, spec_paths)
    place = open_place(out, settings, environment, rehearse=rehearse)
    options = Options(place.settings.owner, create, adopt, rehearse)
    stage = rehearsal(place.environment, [spec for _, spec in specs]) if rehearse else nullcontext(place.environment)
    with stage as env, aws_errors(env.region):
        aws = connect(env, read_only=True, offline=rehearse)
        plans = plan_jobs(aws, specs, options)
    if output == "json":
        click.echo(
            json.dumps(
                show.as_json(plans, place.environment_name, aws.account, aws.region), indent=2, ensure_ascii=False
            )
        )
    else:
        console = show.console()
        show.line(console, f"{place.environment_name}: {'rehearsal' if rehearse else aws.where}")
        console.print()
        show.show_plans(console, plans, details=details)
        if rehearse:
            show.line(console, CAVEAT)
    return 1 if any(plan.status in show.LEFT_OUT for plan in plans) else 0
