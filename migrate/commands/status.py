"""``cron2fargate status``: where each job is. Read only."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.aws.inputs import place_options
from migrate.terminal.language import _

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.cutover.standing import OneSide, Standing
    from migrate.errors import LeftOut
    from migrate.sites.site import Site


@click.command(name="status")
@click.argument("job", required=False)
@place_options
@click.option("--root", type=click.Path(path_type=Path), metavar="DIR", help="Tree of another host with its tables.")
@click.option("--offline", is_flag=True, help="Do not ask AWS: say what was recorded.")
@click.option("--details", is_flag=True, help="Show every rule and schedule: state, expression, revision.")
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    *,
    job: str | None,
    environment: str | None,
    out: Path,
    settings: Path | None,
    root: Path | None,
    offline: bool,
    details: bool,
    output: str,
) -> int:
    """Show for one JOB, or for every job of the workspace, where it runs now: in the crontab, on AWS, both or nowhere;
    its last and next run on either side, its last exit code, and what is half done.

    Times in parentheses are when a run was due, not when one was seen.
    Exit code: 0, or 1 when a job runs on both sides, or its ecs.yml cannot be used.

    \b
    Examples:
      cron2fargate status -e sandbox
      cron2fargate status -e sandbox backup-db --details
      cron2fargate status --offline --root /mnt/server1
    """
    from migrate.aws.errors import aws_errors
    from migrate.cutover.standing import standing

    site, names, left_out = _site(out, root, job)
    about: dict[str, Any] = {"version": 1}
    look = None
    if not offline:
        from migrate.aws.inputs import open_place
        from migrate.aws.session import connect
        from migrate.aws.side import side_of

        place = open_place(out, settings, environment)
        with aws_errors(place.environment.region):
            aws = connect(place.environment, read_only=True)
        about |= {"environment": place.environment_name, "account": aws.account, "region": aws.region}
        where = f"{place.environment_name}: {aws.where}"

        def look(name: str) -> Any:
            return side_of(aws, place.settings.owner, name)

    else:
        where = _("AWS was not asked; its side is as recorded")
    with nullcontext() if offline else aws_errors(about["region"]):
        found = [standing(site, name, look) for name in names]
    if output == "json":
        value = about | {"jobs": [_as_json(one) for one in found], "leftOut": [one.as_json() for one in left_out]}
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        # Without a report there is no table to speak of, so the rules themselves are shown.
        _show(where, found, left_out, details=details or job is not None or not site.document.jobs)
    return 1 if left_out or any(one.alarm for one in found) else 0


def _site(out: Path, root: Path | None, job: str | None) -> tuple[Site, list[str], list[LeftOut]]:
    """The workspace, which may have specs and no report; the names to show; and the jobs of which ecs.yml tells nothing."""
    from migrate.aws.inputs import load_specs
    from migrate.document.from_json import REPORT
    from migrate.document.model import Document
    from migrate.machine.files import confined
    from migrate.sites.site import Site, open_site
    from migrate.workspace.journal import Journal
    from migrate.workspace.spec_files import spec_places

    reported = confined(out, REPORT).is_there()
    site = open_site(out, root=root) if reported else Site(out, Document(), Journal(out), root)
    names = dict.fromkeys(site.jobs)
    left_out: list[LeftOut] = []
    if not names or spec_places(out):
        loaded = load_specs(out, (), may_be_empty=bool(names))
        names |= dict.fromkeys(spec.name for _path, spec in loaded)
        left_out = loaded.left_out
    if job:
        if job not in names:
            site.job(job)  # says that there is none, and which name is near
        return site, [job], [one for one in left_out if one.job == job]
    return site, list(names), left_out


def _show(where: str, found: list[Standing], left_out: list[LeftOut], *, details: bool) -> None:
    from migrate.aws import show

    console = show.console()
    show.show_left_out(console, left_out)
    show.line(console, where)
    _table(console, found)
    for one in found:
        if details and one.aws is not None:
            show.line(console, one.name, "bold")
            for frame in one.aws.frames:
                show.line(console, f"  {frame}", "" if frame.enabled else "dim")
            if not one.aws.frames:
                show.line(console, "  " + _("not registered"), "yellow")
    for one in found:
        for finding in one.findings:
            show.line(console, f"! {finding.code} {finding.message}", "red" if one.alarm else "yellow")
    show.count_left_out(console, left_out)


def _table(console: Console, found: list[Standing]) -> None:
    from migrate.aws import show

    head = (_("job"), _("runs"), _("crontab last"), _("next"), _("AWS last"), _("next"), _("exit"), _("open"))
    rows = [head, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for number, row in enumerate(rows):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        alarm = number > 0 and found[number - 1].alarm
        show.line(console, text, "bold red" if alarm else "bold" if number == 0 else "")


_WORDS = {"old": "crontab", "new": "AWS", "both": "BOTH", "none": "nowhere", "unknown": "?"}


def _row(one: Standing) -> tuple[str, ...]:
    runs = _(_WORDS[one.runs])
    if one.shadow:
        runs += " + " + _("shadow")
    if one.phase not in ("old", "new"):
        runs += f" ({one.phase})"
    if not (one.new.seen and one.old.seen):
        runs += " " + _("as recorded")
    last = one.aws.last if one.aws else None
    code = (
        "-" if last is None else _("running") if last.going else "?" if last.exit_code is None else str(last.exit_code)
    )
    return (
        one.name,
        runs,
        _due(one.old.last, one.zone),
        _time(one.old.next, one.zone),
        _time(one.new.last, one.zone),
        _time(one.new.next, one.zone),
        code,
        str(one.open + len(one.findings)),
    )


def _due(second: int | None, zone: str) -> str:
    return "-" if second is None else f"({_time(second, zone)})"


def _time(second: int | None, zone: str) -> str:
    from migrate.cutover.plan_text import local

    # The zone's name goes: one table, and each job's zone stands in its report.
    return "-" if second is None else local(second // 60, zone).rpartition(" ")[0]


def _as_json(one: Standing) -> dict[str, Any]:
    last = one.aws.last if one.aws else None
    return {
        "name": one.name,
        "runs": one.runs,
        "phase": one.phase,
        "alarm": one.alarm,
        "old": _side_json(one.old),
        "new": {
            **_side_json(one.new),
            "shadow": one.shadow,
            "exitCode": last.exit_code if last else None,
            "running": last.going if last else None,
        },
        "open": one.open,
        "findings": [finding.as_json() for finding in one.findings],
        "frames": [_frame_json(frame) for frame in one.aws.frames] if one.aws else [],
    }


def _side_json(side: OneSide) -> dict[str, Any]:
    return {"live": side.live, "seen": side.seen, "last": _iso(side.last), "next": _iso(side.next)}


def _iso(second: int | None) -> str | None:
    return None if second is None else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _frame_json(frame: Any) -> dict[str, Any]:
    return {
        "backend": frame.backend,
        "name": frame.name,
        "state": frame.state,
        "expression": frame.expression,
        "timezone": frame.timezone,
        "revision": frame.revision if frame.target else None,
        "cluster": frame.cluster or None,
    }
