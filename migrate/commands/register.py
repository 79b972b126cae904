"""``cron2fargate register``: apply the specs to AWS, after saying what will be written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import Place, confirm, load_specs, open_place, place_options, spec_options

if TYPE_CHECKING:
    from rich.console import Console

    from converters.ecs import Spec
    from migrate.aws.plan import JobPlan, Options
    from migrate.aws.session import Aws


@click.command(name="register")
@place_options
@spec_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
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
    yes: bool,
) -> int:
    """Apply the specs to AWS: log groups, task definitions, rules (made DISABLED), targets.

    It says first what it will write, and asks. Rules are never switched on or off by it, and what others set on them
    is kept. Exit code: 0, or 1 when a job was left out (not there without --create, or refused).
    """
    from migrate.aws import show
    from migrate.aws.errors import aws_errors
    from migrate.aws.plan import Options

    specs = load_specs(out, spec_paths)
    place = open_place(out, settings, environment, rehearse=rehearse)
    options = Options(place.settings.owner, create or rehearse, adopt, rehearse)
    console = show.console()
    with aws_errors(place.environment.region):
        if rehearse:
            return _rehearse(console, place, specs, options, details=details)
        return _register(console, place, specs, options, details=details, yes=yes)


def _register(
    console: Console, place: Place, specs: list[tuple[str, Spec]], options: Options, *, details: bool, yes: bool
) -> int:
    from migrate.aws import show
    from migrate.aws.plan import plan_jobs
    from migrate.aws.session import connect

    reader = connect(place.environment, read_only=True)
    show.line(console, f"{place.environment_name}: {reader.where}")
    console.print()
    plans = plan_jobs(reader, specs, options)
    show.show_plans(console, plans, details=details)
    number = sum(len(plan.to_write) for plan in plans)
    if number:
        confirm(f"Write these {number} changes to {place.environment_name} ({reader.where})?", yes=yes)
        _apply(console, reader.writer(), plans)
    return _exit_code(plans)


def _apply(console: Console, aws: Aws, plans: list[JobPlan]) -> None:
    from migrate.aws import show
    from migrate.aws.apply import apply_plans

    console.print()
    written = apply_plans(
        aws,
        plans,
        lambda plan, step: show.line(console, f"  wrote {step.kind} {step.name}", show.SIGNS[step.action][1]),
    )
    show.line(console, f"{written} change(s) written", "bold")


def _exit_code(plans: list[JobPlan]) -> int:
    from migrate.aws.show import LEFT_OUT

    return 1 if any(plan.status in LEFT_OUT for plan in plans) else 0


def _rehearse(console: Console, place: Place, specs: list[tuple[str, Spec]], options: Options, *, details: bool) -> int:
    from migrate.aws import frames, show
    from migrate.aws.plan import plan_jobs
    from migrate.aws.rehearsal import CAVEAT, rehearsal
    from migrate.aws.session import connect

    with rehearsal(place.environment, [spec for _, spec in specs]) as env:
        reader = connect(env, read_only=True, offline=True)
        show.line(console, f"{place.environment_name}: rehearsal, first run")
        console.print()
        plans = plan_jobs(reader, specs, options)
        show.show_plans(console, plans, details=details)
        _apply(console, reader.writer(), plans)
        console.print()
        again = plan_jobs(reader, specs, options)
        show.line(console, f"second run: {show.summary(again)}", "bold")
        console.print()
        show.line(console, "Read back:", "bold")
        for plan in again:
            for frame in frames.find(reader, options.owner, plan.name):
                show.line(console, f"  {frame}")
    console.print()
    show.line(console, CAVEAT)
    return 1 if any(plan.status != "unchanged" for plan in again) else 0
