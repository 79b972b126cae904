"""``cron2fargate status``: where each job is. Read only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from migrate.aws.inputs import load_specs, open_place, place_options


@click.command(name="status")
@click.argument("job", required=False)
@place_options
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(*, job: str | None, environment: str | None, out: Path, settings: Path | None, output: str) -> int:
    """Show for one JOB, or for every job of the workspace, its rules on AWS: state, expression, revision."""
    from migrate.aws import frames, show
    from migrate.aws.errors import aws_errors
    from migrate.aws.session import connect

    names = [job] if job else [spec.name for _, spec in load_specs(out, ())]
    place = open_place(out, settings, environment)
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        found = {name: frames.find(aws, place.settings.owner, name) for name in names}
    if output == "json":
        jobs = [{"name": name, "frames": [_as_json(frame) for frame in items]} for name, items in found.items()]
        value = {
            "version": 1,
            "environment": place.environment_name,
            "account": aws.account,
            "region": aws.region,
            "jobs": jobs,
        }
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return 0
    console = show.console()
    show.line(console, f"{place.environment_name}: {aws.where}")
    for name, items in found.items():
        show.line(console, name, "bold")
        for frame in items:
            show.line(console, f"  {frame}", "" if frame.enabled else "dim")
        if not items:
            show.line(console, "  not registered", "yellow")
    return 0


def _as_json(frame: Any) -> dict[str, Any]:
    return {
        "backend": frame.backend,
        "name": frame.name,
        "state": frame.state,
        "expression": frame.expression,
        "timezone": frame.timezone,
        "revision": frame.revision if frame.target else None,
        "cluster": frame.cluster or None,
    }
