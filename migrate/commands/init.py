"""``cron2fargate init``: a workspace without a crontab, from the JSON files that a team has for the AWS CLI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import UserError
from migrate.terminal.language import _

if TYPE_CHECKING:
    from migrate.beginning.discovered import Discovered
    from migrate.beginning.taking import Given, Taken
    from migrate.settings.model import Settings


@click.command(name="init")
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="JSON for the AWS CLI, or of its answers; may be repeated. - is standard input.",
)
@click.option("--discover", "look", is_flag=True, help="Take what the account starts and no workspace owns.")
@click.option("--profile", metavar="NAME", help="A profile of ~/.aws/config, for --discover and for the settings.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("migration"), show_default=True, help="The workspace."
)
@click.option(
    "-e", "--environment", metavar="NAME", help="Its environment; default: the one that is there, or sandbox."
)
@click.option("--owner", metavar="NAME", help="Tag of all that is made; default: the name of the directory around OUT.")
@click.option("--region", default="", metavar="REGION", help="Default: that of the files.")
@click.option("--cluster", default="", metavar="NAME", help="The ECS cluster of all jobs; default: that of each job.")
@click.option("--subnet", "subnets", multiple=True, metavar="ID", help="Where tasks run; may be repeated.")
@click.option("--security-group", "groups", multiple=True, metavar="ID", help="May be repeated.")
@click.option("--notify", multiple=True, metavar="ADDRESS", help="Who is told of failed runs; may be repeated.")
@click.option("--plain", is_flag=True, help="Numbered choices and lines of text, for screen readers.")
def command(
    *,
    files: tuple[Path, ...],
    look: bool,
    profile: str | None,
    out: Path,
    environment: str | None,
    owner: str | None,
    region: str,
    cluster: str,
    subnets: tuple[str, ...],
    groups: tuple[str, ...],
    notify: tuple[str, ...],
    plain: bool,
) -> int:
    """Begin a workspace without a crontab: cron2fargate.yml, and an ecs.yml for each job that JSON files tell of.

    The files are those of a team that types `aws ecs register-task-definition`, `aws ecs create-service`,
    `aws events put-rule`, `aws events put-targets` or `aws scheduler create-schedule` with --cli-input-json, or what `aws`
    prints of them; with --discover, the account itself is read, and nothing is written there. What ecs.yml has no word for goes
    under taskDefinition, or is named. Secrets in clear become parameters. What is there is never overwritten. On a terminal,
    what nothing says of the network is asked, and what the account has is offered; without one, it is named.

    Exit code: 0, or 1 when something is left out or was there already.

    \b
    Examples:
      cron2fargate init
      cron2fargate init --from task.json --from rule.json --from targets.json
      aws ecs describe-task-definition --task-definition app | cron2fargate init --from -
      cron2fargate init --discover --region ap-northeast-1
      cron2fargate init --region ap-northeast-1 --subnet subnet-0123456789abcdef0 --security-group sg-0123456789abcdef0
    """
    from migrate.beginning import shown, typed
    from migrate.beginning.taking import Given, check, take, with_defaults
    from migrate.settings.loading import owner_name
    from migrate.settings.writing import settings_text
    from migrate.workspace.first_files import begin

    given = Given(region, cluster, subnets, groups, notify, profile=profile or "")
    check(given)
    told = bool(files) or look
    there = _there(out, told)
    place = _environment(out, environment, there)
    asked_owner, owner = owner, there.owner if there else owner_name(owner or out.resolve().parent.name)
    found = typed.read(files)
    seen = _look(there, place, given) if look else None
    if seen is not None:
        given = given if given.region else replace(given, region=seen.region)
        found = typed.join(found, seen.typed)

    def taking(answered: Given) -> Taken:
        return take(found.definitions, found.starts(), owner, place, answered, there, seen.makers if seen else None)

    taken = taking(given)
    if there is None:
        if answered := _ask(taken, given, plain, told):
            taken = taking(answered)
        _complete(taken, told)
    text = None if there else settings_text(owner, place, with_defaults(taken.values, owner))
    if text is not None:
        _checked(text)
    begun = begin(out, text, taken.texts)
    shown.files(out, begun, taken, kept=_differing(there, place, taken, asked_owner) if there else [])
    shown.account(seen)
    shown.rest(out, place, taken, begun, adopt=look)
    return 1 if begun.there or taken.left or (seen and seen.unread) else 0


def _look(there: Settings | None, environment: str, given: Given) -> Discovered:
    """What the account of the settings, or of the options, starts and no workspace owns."""
    from migrate.aws.errors import aws_errors
    from migrate.aws.inputs import usual_region
    from migrate.aws.session import connect
    from migrate.beginning.discovered import discovered
    from migrate.beginning.network import reader
    from migrate.terminal.waiting import called, waiting

    region = there.environments[environment].region if there else given.region or usual_region(given.profile)
    if not region:
        raise UserError("nothing says which region to look at; give it with --region")
    with aws_errors(region):
        aws = (
            connect(there.environments[environment], read_only=True) if there else reader(region, given.profile or None)
        )
        with waiting(_("asking AWS")):
            aws.told = called
            return discovered(aws)


def _environment(out: Path, named: str | None, there: Settings | None) -> str:
    """The environment of the settings that are there, or a name for the new one."""
    import re

    from migrate.settings.loading import SETTINGS_FILE, pick_environment

    if there is not None:
        return pick_environment(there, named, str(out / SETTINGS_FILE))[0]
    if named is not None and not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", named):
        raise UserError(f"-e: {named!r} cannot be an environment; it may have letters, digits and -_. only, at most 40")
    return named or "sandbox"


def _there(out: Path, told: bool) -> Settings | None:
    """The settings of a workspace that has some; UserError where they leave nothing to do."""
    from migrate.machine.files import confined
    from migrate.settings.loading import SETTINGS_FILE, load_settings

    place = confined(out, SETTINGS_FILE) if out.is_dir() else None
    if place is None or not place.is_there():
        return None
    if not told:
        raise UserError(
            f"{place}: it is there, and nothing is overwritten; edit it, or choose another place with --out"
        )
    return load_settings(place)


def _ask(taken: Taken, given: Given, plain: bool, told: bool) -> Given | None:
    """What somebody answers to what is missing; None where nothing is, or nobody can be asked."""
    import sys

    needed = {"region": "region", "subnets": "subnets", "securityGroups": "security_groups"}
    keys = [name for key, name in needed.items() if key not in taken.values]
    if not keys or not (plain or (sys.stdin.isatty() and sys.stdout.isatty())):
        return None
    from migrate.beginning.asking import ask
    from migrate.beginning.network import offer
    from migrate.review.sitting import asker_for

    # Jobs of files have their clusters.
    keys += [key for key in ("cluster", "notify") if not (told or getattr(given, key))]
    region = given.region or str(taken.values.get("region", ""))
    return ask(asker_for(plain), replace(given, region=region), keys, lambda place: offer(place, given.profile))


def _complete(taken: Taken, told: bool) -> None:
    """UserError where there is nothing to write settings of."""
    options = {"region": "--region", "subnets": "--subnet", "securityGroups": "--security-group"}
    missing = [option for key, option in options.items() if key not in taken.values]
    if not told and missing:
        raise UserError(f"nothing says where jobs run; give {', '.join(missing)}, or the JSON of jobs with --from")
    if "region" in missing:
        raise UserError("no file says the region; give it with --region")


def _checked(text: str) -> None:
    """What is written must be read by every other command."""
    from migrate.settings.loading import SETTINGS_FILE
    from migrate.settings.model import parse_settings

    parse_settings(text, SETTINGS_FILE)


def _differing(there: Settings, environment: str, taken: Taken, owner: str | None) -> list[str]:
    """What the files and options say and settings that are there do not, as `key: value`."""
    import json

    env = there.environments[environment]
    differing = [f"owner: {owner}"] if owner and owner != there.owner else []
    for job in taken.texts:
        known = env.of_job(job).model_dump(by_alias=True)
        wanted = {**taken.values, **taken.values.get("jobs", {}).get(job, {})}
        differing += [
            f"{key}: {json.dumps(value, ensure_ascii=False)} ({job})"
            for key, value in wanted.items()
            if key != "jobs" and not _same(known.get(key), value)
        ]
    return differing


def _same(known: object, value: object) -> bool:
    """Whether they mean the same: the order of subnets and groups has no meaning, nor how a role is named."""
    if isinstance(known, dict) and isinstance(value, dict):
        return all(key in known and _same(known[key], inner) for key, inner in value.items())
    if isinstance(known, list) and isinstance(value, list):
        return sorted(map(str, known)) == sorted(map(str, value))
    if isinstance(known, str) and isinstance(value, str):
        return known.rpartition("/")[2] == value.rpartition("/")[2]
    return known == value
