"""``cron2fargate plan``: what register would change on AWS. It has no means to write."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import (
    Place,
    Wanted,
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
    output: str,
    detailed: bool,
) -> int:
    """Show what register would change on AWS, and change nothing.

    Signs: + add, ~ change, ! drifted (changed on AWS since register), - remove, = unchanged, x refused.
    Each ecs.yml is held against the line that it came from, as it stands: what somebody edited is counted again.
    Exit code: 0, or 1 when a job is left out (not there without --create, or refused).

    \b
    Examples:
      cron2fargate plan -e sandbox --create
      cron2fargate plan -e sandbox -t migration/jobs/backup-db/ecs.yml --details
      cron2fargate plan -e sandbox --format json --detailed-exitcode
    """
    from migrate.aws.plan import Options

    try:
        with waiting(_("reading the workspace")) as line:
            wanted = load_wanted(out, spec_paths, images, prune=prune)
            place = open_place(out, settings, environment, rehearse=rehearse)
            options = Options(place.settings.owner, create, adopt, rehearse, clear_secrets > 1)
            # Only a plan of all jobs can say which resources belong to none.
            whole = not (spec_paths or images or rehearse)
            aws, changes = _see(line, place, out, wanted, options, whole=whole, pruning=prune)
            line.at(_("holding each job against its line"))
            changes.proofs()
    except UserError as error:
        # Terraform's -detailed-exitcode: 0 no change, 1 error, 2 changes; our usage errors would be 2 as well.
        raise (UserError(str(error), exit_code=1) if detailed else error) from None
    if output == "json":
        _print_json(place, aws, changes)
    else:
        _print(place, aws, changes, details=details, rehearse=rehearse)
    if changes.left_out:
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
        return aws, see(aws, out, wanted, options, whole=whole, pruning=pruning)


def _print_json(place: Place, aws: Aws, changes: Changes) -> None:
    from migrate.aws import show

    value = show.as_json(
        changes.plans,
        place.environment_name,
        aws.account,
        aws.region,
        changes.gone,
        changes.frame,
        changes.proofs(),
    )
    value["leftOut"] = [one.as_json() for one in changes.unread]
    value["rights"] = [one.as_json() for one in changes.rights]
    value["plain"] = changes.plain.as_json() if changes.plain is not None else None
    value["changes"] = bool(changes.steps or changes.files)
    value["files"] = [
        {"path": str(edit.path), "changes": [{"container": c, "old": old, "new": new} for c, old, new in edit.changes]}
        for edit in changes.edits
    ]
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _print(place: Place, aws: Aws, changes: Changes, *, details: bool, rehearse: bool) -> None:
    from migrate.aws import show
    from migrate.aws.changes import show as show_changes
    from migrate.aws.rehearsal import CAVEAT

    console = show.console()
    show.line(console, f"{place.environment_name}: {_('rehearsal') if rehearse else aws.where}")
    console.print()
    show_changes(console, changes, details=details)
    if rehearse:
        show.line(console, _(CAVEAT))
