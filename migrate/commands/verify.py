"""``cron2fargate verify``: what really ran, on either side, against what was due. Read only."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.aws.inputs import place_options
from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.errors import LeftOut
    from migrate.logs.verifying import OldSide, Verified
    from migrate.sites.site import Site


@click.command(name="verify")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="PATH",
    help="Cron's log: a file (its rotated ones beside it are read too), a directory such as /var/log, or - for standard "
    "input. May be repeated.",
)
@place_options
@click.option("--timezone", metavar="ZONE", help="Zone of the log's clock. Default: the one of the report.")
@click.option("--since", metavar="TIME", help="Look at no run before this. On AWS, default: the cutover.")
@click.option("--until", metavar="TIME", help="Look at no run after this. Default: now.")
@click.option(
    "--runs", type=click.IntRange(min=1), default=3, show_default=True, help="Runs on AWS that are enough to judge by."
)
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--strict", is_flag=True, help="End with exit code 1 while an old line must stay.")
def command(
    *,
    jobs: tuple[str, ...],
    logs: tuple[str, ...],
    environment: str | None,
    out: Path,
    settings: Path | None,
    timezone: str | None,
    since: str | None,
    until: str | None,
    runs: int,
    output: str,
    strict: bool,
) -> int:
    """Compare what really ran with what was due, for all jobs of the workspace or for the named ones.

    The old side is read from cron's log, the new side from AWS: with -e, or where no --log is given. A run that is not in
    the log counts as missed only where cron was alive; else it is unknown.

    \b
    Examples:
      cron2fargate verify --log /var/log/syslog --log /var/log/auth.log
      journalctl -t CRON -o export | cron2fargate verify --log - -e production
    """
    # Imported late, like all of rich: `--help` and Tab should answer at once.
    from migrate.report.verified import as_json, show

    first, last = _moment("--since", since), _moment("--until", until)
    site, names = _site(out, jobs, need_report=bool(logs))
    old = _old(site, logs, timezone, first, last) if logs else None
    about: dict[str, Any] | None = None
    left_out: list[LeftOut] = []
    if environment is not None or not logs:
        names, left_out = _usable(site, names)
        found, about = _ask_aws(site, names, old, out, settings, environment, (first, last, runs))
    else:
        from migrate.logs.verifying import verified

        found = [verified(site, name) for name in names]
    if output == "json":
        value = as_json(found, old, about) | {"leftOut": [one.as_json() for one in left_out]}
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        from migrate.aws.show import console, count_left_out, show_left_out

        where = f"{about['environment']}: {about['where']}" if about else None
        show_left_out(console(), left_out)
        show(found, old, where, about["deadLetters"] if about else 0)
        count_left_out(console(), left_out)
    return 1 if left_out or (strict and not all(job.safe for job in found)) else 0


def _usable(site: Site, names: list[str]) -> tuple[list[str], list[LeftOut]]:
    """The jobs of which AWS can be asked, and those whose ecs.yml does not tell what runs there; UserError where all are."""
    from migrate.errors import LeftOut

    found, left_out = [], []
    for name in names:
        try:
            if site.spec_path(name).is_there():
                site.spec(name)
            found.append(name)
        except UserError as error:
            left_out.append(LeftOut(name, str(error)))
    if names and not found:
        raise UserError("\n".join(one.why for one in left_out))
    return found, left_out


def _moment(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UserError(f"{option} {text}: not a time; write 2027-01-31, or 2027-01-31T03:00Z") from None
    # A time without a zone is UTC, as everything that is written.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _site(out: Path, jobs: tuple[str, ...], *, need_report: bool) -> tuple[Site, list[str]]:
    """The workspace, which may have specs and no report where no log is read, and the names to look at."""
    from migrate.document.from_json import REPORT
    from migrate.document.model import Document
    from migrate.machine.files import confined
    from migrate.sites.site import Site, open_site
    from migrate.workspace.journal import Journal

    if need_report or confined(out, REPORT).is_there():
        site = open_site(out)
        wanted = [_name(site, job) for job in jobs]
        return site, wanted or list(site.jobs)
    from converters.findings.suggestions import did_you_mean
    from migrate.aws.inputs import load_specs

    site = Site(out, Document(), Journal(out))
    loaded = load_specs(out, ())
    known = [*(spec.name for _path, spec in loaded), *(one.job for one in loaded.left_out)]
    for job in jobs:
        if job not in known:
            raise UserError(f"{job}: there is no such job in {out}/jobs{did_you_mean(job, known)}")
    return site, list(jobs) or known


def _name(site: Site, job: str) -> str:
    """A job's name from its name or id."""
    by_id = {one.id: name for name, one in site.jobs.items()}
    return site.job(by_id.get(job, job)).name


def _old(site: Site, logs: tuple[str, ...], timezone: str | None, since: float | None, until: float | None) -> OldSide:
    from migrate.logs.verifying import read_old
    from migrate.machine.clock import load_zone

    name = timezone or site.document.timezone or "UTC"
    return read_old(site, logs, (name, load_zone(name)), since=since, until=until, stdin=sys.stdin.buffer)


def _ask_aws(
    site: Site,
    names: list[str],
    old: OldSide | None,
    out: Path,
    settings: Path | None,
    environment: str | None,
    span: tuple[float | None, float | None, int],
) -> tuple[list[Verified], dict[str, Any]]:
    from migrate.aws.errors import aws_errors
    from migrate.aws.inputs import open_place
    from migrate.aws.observed import given_up
    from migrate.aws.session import connect
    from migrate.logs.verifying import verify_on_aws

    since, until, enough = span
    place = open_place(out, settings, environment)
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        owner = place.settings.owner
        found = [
            verify_on_aws(aws, owner, site, name, old, since=since, until=until or time.time(), enough=enough)
            for name in names
        ]
        about = {
            "environment": place.environment_name,
            "account": aws.account,
            "region": aws.region,
            "deadLetters": given_up(aws, owner),
        }
    return found, about | {"where": aws.where}
