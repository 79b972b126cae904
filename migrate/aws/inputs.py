"""What the AWS commands share: their options, the settings, and the specs they are about."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrate.errors import UserError
from migrate.machine.files import Where, confined
from migrate.settings.loading import SETTINGS_FILE, default_settings_text, load_settings, pick_environment
from migrate.workspace.spec_files import Specs, load_specs

if TYPE_CHECKING:
    from migrate.settings.model import Environment, Settings
    from migrate.workspace.release import Edit

__all__ = ["Specs", "load_specs"]

Command = TypeVar("Command", bound=Callable[..., Any])


def place_options(function: Command) -> Command:
    """-e, --out, --settings."""
    for option in (
        click.option(
            "--settings", type=click.Path(path_type=Path), help="Settings file; default: OUT/cron2fargate.yml."
        ),
        click.option(
            "--out", type=click.Path(path_type=Path), default=Path("migration"), show_default=True, help="Workspace."
        ),
        click.option(
            "-e", "--environment", metavar="NAME", help="Environment of the settings; the only one is the default."
        ),
    ):
        function = option(function)
    return function


def spec_options(function: Command) -> Command:
    """-t, --create, --adopt, --rehearse, --details, --secrets-in-clear."""
    for option in (
        click.option(
            "--secrets-in-clear",
            "clear_secrets",
            count=True,
            help="Let secrets stand in clear in task definitions; only when it is said twice.",
        ),
        click.option("--details", is_flag=True, help="Show every field of what is added."),
        click.option("--rehearse", is_flag=True, help="Use an AWS inside this process; nothing leaves the machine."),
        click.option("--adopt", is_flag=True, help="Take over rules and task families that are not ours."),
        click.option("--create", is_flag=True, help="Make what is not there; without it, only what exists is updated."),
        click.option(
            "-t",
            "--spec",
            "spec_paths",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="ECS.YML",
            help="A spec; may be repeated. Default: all jobs/*/ecs.yml of the workspace.",
        ),
    ):
        function = option(function)
    return function


def change_options(function: Command) -> Command:
    """--image, --prune, --accept: for plan and register, so that both speak of the same changes."""
    for option in (
        click.option(
            "--accept",
            multiple=True,
            metavar="CODE",
            help="Write although the environment comes above this ceiling (C554, C555, C556); may be repeated.",
        ),
        click.option(
            "--prune",
            is_flag=True,
            help="Switch off what AWS has with our tag and the workspace has no more; a later run deletes it.",
        ),
        click.option(
            "--image",
            "images",
            multiple=True,
            metavar="CONTAINER=IMAGE",
            help="A release: another image for every job that has the container; ecs.yml is changed in place.",
        ),
    ):
        function = option(function)
    return function


def accepted_ceilings(values: Sequence[str]) -> frozenset[str]:
    """The codes of ``--accept``; UserError for one that is of no ceiling."""
    from converters.findings.codes import OF_CEILINGS

    if other := [value for value in values if value not in OF_CEILINGS]:
        raise UserError(f"--accept {other[0]}: only ceilings are accepted here: {', '.join(OF_CEILINGS)}")
    return frozenset(values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What plan and register are about: the specs, and with --image the edits that made them so."""

    specs: Specs
    edits: list[Edit]


def load_wanted(out: Path, paths: Sequence[Where], images: tuple[str, ...], *, prune: bool) -> Wanted:
    """The specs of the workspace or of the named files; with images, those of the jobs that have the containers.

    UserError where --prune is asked for and not all jobs are known.
    """
    from migrate.aws.prune import refuse_unless_whole
    from migrate.workspace.release import parse_images, plan_release

    if prune and (paths or images):
        raise UserError("--prune looks at the whole workspace; leave -t and --image away")
    if prune:
        refuse_unless_whole(out)
    wanted = parse_images(images)
    specs = load_specs(out, paths)
    if not wanted:
        return Wanted(specs, [])
    edits = plan_release(specs, wanted, specs.places)
    return Wanted(Specs([(str(edit.path), edit.spec) for edit in edits], specs.left_out), edits)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: the settings, and the environment picked from them."""

    settings: Settings
    environment_name: str
    environment: Environment


def open_place(out: Path, settings_path: Path | None, environment: str | None, *, rehearse: bool = False) -> Place:
    """The settings and environment; UserError where they are missing, wrong, or not filled in yet.

    A rehearsal does without: it takes a fresh settings file where there is none, and stand-ins for CHANGE_ME.
    """
    path = settings_path or confined(out, SETTINGS_FILE)
    if rehearse and settings_path is None and not path.exists():
        from migrate.settings.model import parse_settings

        settings = parse_settings(default_settings_text(), str(path))
    else:
        settings = load_settings(path)
    name, picked = pick_environment(settings, environment, str(path))
    open_keys = picked.placeholders()
    if open_keys and not rehearse:
        raise UserError(
            f"{path}: environment {name} still has CHANGE_ME in {', '.join(open_keys)}; fill it in, or --rehearse"
        )
    return Place(settings, name, picked)


def usual_region(profile: str | None = None) -> str:
    """What the environment or the profile says; empty where neither does, or there is no such profile."""
    import boto3
    from botocore.exceptions import BotoCoreError

    # The CLI and the SDKs read AWS_REGION first; botocore knows AWS_DEFAULT_REGION alone.
    if named := os.environ.get("AWS_REGION"):
        return named
    try:
        return boto3.Session(profile_name=profile or None).region_name or ""
    except BotoCoreError:
        return ""


def confirm(question: str, *, yes: bool) -> None:
    """Asks on a terminal; without one, only --yes will do. UserError when the answer is not yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserError("this would write to AWS, and there is no terminal to ask on; add --yes")
    if not click.confirm(question, default=False):
        raise UserError("nothing was written", exit_code=1)
