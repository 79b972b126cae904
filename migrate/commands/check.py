"""``cron2fargate check``: what must be there on AWS before jobs are registered and enabled, looked at one by one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from migrate.aws.inputs import confirm, load_specs, open_place, place_options
from migrate.terminal.language import _
from migrate.terminal.waiting import called, waiting


@click.command(name="check")
@place_options
@click.option(
    "-t",
    "--spec",
    "spec_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="ECS.YML",
    help="A spec; may be repeated. Default: all jobs/*/ecs.yml of the workspace.",
)
@click.option(
    "--expressions", is_flag=True, help="Let AWS itself read each expression: a DISABLED rule is made and removed."
)
@click.option("--yes", is_flag=True, help="Do not ask before --expressions; needed where there is no terminal.")
@click.option(
    "--format", "output", type=click.Choice(["table", "json", "sarif", "github"]), default="table", show_default=True
)
def command(
    *,
    environment: str | None,
    out: Path,
    settings: Path | None,
    spec_paths: tuple[Path, ...],
    expressions: bool,
    yes: bool,
    output: str,
) -> int:
    """Check what the jobs need on AWS: cluster, roles, network, images, secrets, sizes, quotas, the busiest minute.

    It only reads, but for --expressions. What it may not look at is a warning that names the missing permission.
    Exit code: 0, or 1 when something is NG or a job is left out (its ecs.yml cannot be used).

    \b
    Examples:
      cron2fargate check -e sandbox
      cron2fargate check -e sandbox -t migration/jobs/backup-db/ecs.yml
      cron2fargate check -e sandbox --expressions --yes
    """
    from migrate import checks
    from migrate.aws import show
    from migrate.aws.account import snapshot
    from migrate.aws.errors import aws_errors
    from migrate.aws.session import connect
    from migrate.images.store import load

    with waiting(_("reading the workspace")):
        loaded = load_specs(out, spec_paths)
        specs = [spec for _path, spec in loaded]
        place = open_place(out, settings, environment)
    with aws_errors(place.environment.region):
        with waiting(_("asking AWS")):
            # Read only to begin with: a client that cannot write cannot write by mistake.
            aws = connect(place.environment, read_only=True)
        if expressions:
            question = _("Make disabled rules in {where} and remove them again?")
            confirm(question.format(where=f"{place.environment_name} ({aws.where})"), yes=yes)
        with waiting(_("asking AWS")):
            aws.told = called
            # What is registered is read once for all checks and jobs.
            context = checks.Context(
                snapshot(aws, place.settings.owner, specs), place.settings.owner, specs, read=load(out)
            )
            sections = checks.full(context)
            if place.environment.ceilings.any:
                from migrate.report import ceilings

                sections.append(ceilings.section(context, out))
            if expressions:
                from migrate.checks.expressions import try_out

                sections.append(try_out(context, aws.writer()))
    if output == "json":
        value = checks.as_json(sections, place.environment_name, aws.account, aws.region)
        value["leftOut"] = [one.as_json() for one in loaded.left_out]
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif output in ("sarif", "github"):
        from migrate.report.code_scanning import of_checks, write

        write(of_checks(sections, f"{settings or out / 'cron2fargate.yml'}"), output)
    else:
        console = show.console()
        show.line(console, f"{place.environment_name}: {aws.where}")
        console.print()
        show.show_left_out(console, loaded.left_out)
        checks.show(console, sections)
        show.count_left_out(console, loaded.left_out)
    # What could not be looked at was not found good either.
    return 1 if loaded.left_out or checks.failed(sections) else 0
