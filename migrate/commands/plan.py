"""``cron2fargate plan``: what register would change on AWS. It has no means to write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import (
    Place,
    Wanted,
    accepted_ceilings,
    change_options,
    load_wanted,
    open_place,
    place_options,
    spec_options,
)
from migrate.errors import UserError
from migrate.terminal.language import _
from migrate.terminal.waiting import Waiting, called, waiting

if TYPE_CHECKING:
    from migrate.aws.changes import Changes
    from migrate.aws.plan import Options
    from migrate.aws.session import Aws

CHANGES_PRESENT = 2
"""The exit code of --detailed-exitcode where something would be written; errors are 1 then, as Terraform has it."""


@click.command(name="plan")
@place_options
@spec_options
@change_options
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the plan in a file, secrets masked; register --plan FILE carries it out, or refuses it as stale.",
)
@click.option(
    "--detailed-exitcode", "detailed", is_flag=True, help="Exit 0: no changes; 2: changes; 1: errors or jobs left out."
)
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
    clear_secrets: int,
    images: tuple[str, ...],
    prune: bool,
    accept: tuple[str, ...],
    output: str,
    save: Path | None,
    detailed: bool,
) -> int:
    """Show what register would change on AWS, and change nothing.

    Signs: + add, ~ change, ! drifted (changed on AWS since register), - remove, = unchanged, x refused.
    Each ecs.yml is held against the line that it came from, as it stands: what somebody edited is counted again.
    Exit code: 0, or 1 when a job is left out (not there without --create, or refused), or a ceiling is passed.

    \b
    Examples:
      cron2fargate plan -e sandbox --create
      cron2fargate plan -e sandbox -t migration/jobs/backup-db/ecs.yml --details
      cron2fargate plan -e sandbox --format json --detailed-exitcode
      cron2fargate plan -e production --save plan.json
    """
    from migrate.aws.plan import Options

    try:
        _refuse_save(out, save, rehearse=rehearse)
        with waiting(_("reading the workspace")) as line:
            wanted = load_wanted(out, spec_paths, images, prune=prune)
            place = open_place(out, settings, environment, rehearse=rehearse)
            options = Options(
                place.settings.owner, create, adopt, rehearse, clear_secrets > 1, accepted_ceilings(accept)
            )
            # Only a plan of all jobs can say which resources belong to none.
            whole = not (spec_paths or images or rehearse)
            aws, changes = _see(line, place, out, wanted, options, whole=whole, pruning=prune)
            line.at(_("holding each job against its line"))
            changes.proofs()
            if save is not None:
                _save(save, out, place, wanted, aws, changes, options, (spec_paths, images, prune))
    except UserError as error:
        # Terraform's -detailed-exitcode: 0 no change, 1 error, 2 changes; our usage errors would be 2 as well.
        raise (UserError(str(error), exit_code=1) if detailed else error) from None
    if output == "json":
        click.echo(json.dumps(changes.as_json(place.environment_name, aws), indent=2, ensure_ascii=False))
    else:
        _print(place, aws, changes, details=details, rehearse=rehearse, save=save)
    if changes.left_out or (changes.above and changes.steps):
        return 1
    return CHANGES_PRESENT if detailed and (changes.steps or changes.files) else 0


def _see(
    line: Waiting, place: Place, out: Path, wanted: Wanted, options: Options, *, whole: bool, pruning: bool
) -> tuple[Aws, Changes]:
    from migrate.aws.changes import see
    from migrate.aws.errors import aws_errors
    from migrate.aws.printed import guard
    from migrate.aws.rehearsal import rehearsal
    from migrate.aws.session import connect

    specs = [spec for _path, spec in wanted.specs]
    stage = rehearsal(place.environment, specs) if options.rehearse else nullcontext(place.environment)
    with stage as env, aws_errors(env.region):
        line.at(_("asking AWS"))
        aws = connect(env, read_only=True, offline=options.rehearse)
        aws.told = called
        if options.rehearse:
            guard(aws, options.owner, "plan")
        found = see(aws, out, wanted, options, whole=whole, pruning=pruning)
        if env.ceilings.any:
            from migrate.report.ceilings import passed

            found.ceilings = passed(aws, options.owner, specs, out)
        return aws, found


def _refuse_save(out: Path, save: Path | None, *, rehearse: bool) -> None:
    if out.suffix == ".json" and save is None:
        raise UserError(f"--out names the workspace; a plan is kept with --save {out}")
    if save is not None and rehearse:
        raise UserError("a rehearsal has no account, so there is no plan to keep; leave --save or --rehearse away")


def _save(
    file: Path,
    out: Path,
    place: Place,
    wanted: Wanted,
    aws: Aws,
    changes: Changes,
    options: Options,
    chosen: tuple[tuple[Path, ...], tuple[str, ...], bool],
) -> None:
    from migrate.aws import saved_plan

    paths, images, prune = chosen
    asked = saved_plan.Asked(
        create=options.create,
        adopt=options.adopt,
        secrets_in_clear=options.clear_secrets,
        prune=prune,
        images=list(images),
        jobs=_jobs_of(out, paths, wanted) if paths else None,
    )
    made = saved_plan.Made(place, wanted, changes)
    plan = changes.as_json(place.environment_name, aws)
    saved_plan.save(file, made, asked, (str(aws.account), aws.region), plan)


def _jobs_of(out: Path, paths: Sequence[Path], wanted: Wanted) -> list[str]:
    """The names of the jobs whose ecs.yml was named: a plan that is kept names no files."""
    if wanted.specs.left_out:
        raise UserError(f"{wanted.specs.left_out[0].why}; mend it, or leave --save away")
    jobs = (out / "jobs").resolve()
    outside = [path for path in paths if path.resolve().parent.parent != jobs or path.name != "ecs.yml"]
    if outside:
        raise UserError(f"{outside[0]}: a plan that is kept is one of jobs in {out}/jobs; leave --save away")
    return [path.resolve().parent.name for path in paths]


def _print(place: Place, aws: Aws, changes: Changes, *, details: bool, rehearse: bool, save: Path | None) -> None:
    from migrate.aws import show
    from migrate.aws.changes import show as show_changes
    from migrate.aws.changes import summary
    from migrate.aws.rehearsal import CAVEAT

    console = show.console()
    show.line(console, f"{place.environment_name}: {_('rehearsal') if rehearse else aws.where}")
    console.print()
    show_changes(console, changes, details=details)
    if rehearse:
        show.line(console, _(CAVEAT))
    if save is not None:
        said = _("kept in {file}; 'cron2fargate register --plan {file}' carries it out").format(file=save)
        show.line(console, said)
    show.line(console, summary(changes), "bold")
