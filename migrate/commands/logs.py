"""``cron2fargate logs``: what a run of a job wrote to CloudWatch Logs. Read only."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.aws.inputs import place_options
from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from migrate.aws.log_lines import Reading
    from migrate.aws.past_runs import Past, Run
    from migrate.aws.session import Aws

MOST = 100_000
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
Lines = list[tuple[int, str, str]]


@click.command(name="logs")
@click.argument("job")
@place_options
@click.option(
    "--slot", metavar="TIME", help="The run of this slot: local time of the job's zone, or ISO with an offset."
)
@click.option("--task", metavar="ID", help="The run that is this task, by its id or ARN.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the task has stopped.")
@click.option("--sidecars", is_flag=True, help="Show other containers too; each line begins with its container.")
@click.option("--since", metavar="TIME", help="Only what was written since: 10m, 2h, 3d, or a time as for --slot.")
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(1, MOST),
    default=MOST,
    show_default=True,
    help="The last lines of each container.",
)
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    job: str,
    environment: str | None,
    out: Path,
    settings: Path | None,
    slot: str | None,
    task: str | None,
    follow: bool,
    sidecars: bool,
    since: str | None,
    lines: int,
    output: str,
) -> int:
    """Show what a run of JOB wrote: the last one, whether its schedule, its workflow or 'run' started it.

    Which task it was, when it began and ended, and how each container ended stands on standard error, so that a file gets
    the log alone. Control characters are spelled out. Without --sidecars only the job's own container is shown.
    Exit code: 0; 2 when there is no such run or no log; 130 when Ctrl-C ends --follow (the task goes on).

    \b
    Examples:
      cron2fargate logs -e production backup-db
      cron2fargate logs -e production backup-db --slot "2027-01-31 03:00" >backup.log
      cron2fargate logs -e production backup-db --follow --sidecars
    """
    from migrate.aws.errors import aws_errors
    from migrate.aws.inputs import open_place
    from migrate.aws.past_runs import open_past
    from migrate.aws.session import connect
    from migrate.machine.clock import own_zone

    if slot and task:
        raise UserError(_("--slot and --task both name a run; give one of them"))
    if follow and output == "json":
        raise UserError(_("--format json is one document, and --follow has no end yet; leave one of them away"))
    place = open_place(out, settings, environment)
    with aws_errors(place.environment.region):
        aws = connect(place.environment, read_only=True)
        past = open_past(aws, place.settings.owner, job)
        zone = own_zone(_zone(out, job) or past.timezone)
        asked = _Asked(zone, slot, task, _since(since, zone[1], time.time()), lines, sidecars)
        run = _pick(past, asked)
        if output == "json":
            about = {"version": 1, "environment": place.environment_name, "account": aws.account, "region": aws.region}
            _show_json(about, past, run, asked)
            return 0
        return _show(past, run, asked, follow=follow)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options say. ``since`` in milliseconds since 1970."""

    zone: tuple[str, tzinfo]
    slot: str | None
    task: str | None
    since: int | None
    lines: int
    sidecars: bool


def _zone(out: Path, job: str) -> str | None:
    """The zone of the job's line, which its rule may not have: a rule is in UTC whatever the host was."""
    from migrate.document.from_json import REPORT, read_document
    from migrate.machine.files import confined

    if not confined(out, REPORT).is_there():
        return None
    return next((one.timezone for one in read_document(out).jobs if one.name == job), None)


def _since(text: str | None, zone: tzinfo, now: float) -> int | None:
    from migrate.machine.clock import moment_in

    if text is None:
        return None
    if back := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return max(0, int((now - int(back[1]) * _UNITS[back[2]]) * 1_000))
    return max(0, int(moment_in("--since", text, zone).timestamp() * 1_000))


def _pick(past: Past, asked: _Asked) -> Run:
    from migrate.aws.past_runs import look_at
    from migrate.machine.clock import moment_in

    if asked.slot:
        run = past.of_slot(int(moment_in("--slot", asked.slot, asked.zone[1]).timestamp()) // 60)
    else:
        run = past.of_task(asked.task) if asked.task else past.last()
    if run.definition:
        look_at(past, run.definition)
    return run


def _read(past: Past, run: Run, asked: _Asked) -> list[Reading]:
    from migrate.aws.log_lines import tail

    places = past.own + (past.beside if asked.sidecars else [])
    if not past.own:
        by = ", ".join(dict.fromkeys(past.elsewhere.values()))
        raise UserError(
            _("the log of {job} goes to {driver}, which is not CloudWatch Logs here; look there").format(
                job=past.job, driver=by
            )
        )
    began = None if run.began is None else int(run.began * 1_000)
    found = []
    for place in places:
        # What stands in a stream that all tasks share before this one began is another's.
        since = began if place.shared and asked.since is None else asked.since
        found.append(tail(past.aws, place, run.task, asked.lines, since))
    return found


def _refuse_nothing(past: Past, run: Run, readings: list[Reading]) -> None:
    """UserError where no container of the job has a log."""
    if any(one.there for one in readings if one.place in past.own):
        return
    place = past.own[0]
    words = {"job": past.job, "task": run.id, "stream": place.stream(run.task), "group": place.group}
    if run.going:
        text = _("task {task} of {job} has no log yet (stream {stream} of {group}); --follow waits for it")
    elif run.told:
        text = _("task {task} of {job} left no log: there is no stream {stream} in {group}; see how it ended")
    else:
        text = _(
            "task {task} of {job} is not known any more and there is no stream {stream} in {group}; see with 'cron2fargate "
            "logs {job}' what the last run wrote"
        )
    raise UserError(text.format(**words))


def _show(past: Past, run: Run, asked: _Asked, *, follow: bool) -> int:
    from migrate.aws.log_lines import follow as follow_log
    from migrate.aws.log_lines import merged

    _head(past, run, asked)
    several = asked.sidecars or len(past.own) > 1
    readings = _read(past, run, asked)
    if not follow:
        _refuse_nothing(past, run, readings)
    try:
        _print(merged(readings), several=several)
        _left_out(readings, asked)
        if follow:
            follow_log(
                past.aws,
                readings,
                run.task,
                asked.since,
                lambda: _is_going(past.aws, run),
                lambda new: _print(new, several=several),
                _wait,
            )
            _foot(run)
            _refuse_nothing(past, run, readings)
    except KeyboardInterrupt:
        # Ctrl-C ends the reading, not the task.
        text = _("no longer reading; the task goes on: {task}") if run.going else _("no longer reading {task}")
        _tell(text.format(task=run.task))
        return 130
    return 0


def _wait() -> None:
    from migrate.aws import tasks

    time.sleep(tasks.POLL_SECONDS)


def _is_going(aws: Aws, run: Run) -> bool:
    """Asks ECS again, and keeps what it tells; a task that it does not know any more has stopped."""
    from migrate.aws import tasks

    if not run.going:
        return False
    found = tasks.described(aws, run.task.split("/")[-2], [run.task])
    run.told = found[0] if found else {}
    return run.going


def _print(lines: Lines, *, several: bool) -> None:
    """What a job wrote may be anything: characters that move a cursor or hide text are spelled out, tabs stay."""
    from migrate.terminal.visible import visible

    for _at, container, text in lines:
        # awslogs-multiline-pattern makes one event of several lines.
        for one in text.rstrip("\r\n").split("\n"):
            shown = visible(one, tabs=True)
            click.echo(f"{visible(container)} | {shown}" if several else shown)


def _tell(text: str, style: str = "") -> None:
    from migrate.aws import show

    show.line(show.console(stderr=True), text, style)


def _head(past: Past, run: Run, asked: _Asked) -> None:
    """Which run it is, on standard error."""
    from migrate.terminal.console import manner

    if manner.quiet:
        return
    slot = _(", slot {slot}").format(slot=run.slot) if run.slot else ""
    _tell(_("{job}: task {task}{slot} ({where})").format(job=past.job, task=run.id, slot=slot, where=past.aws.where))
    if past.without_task:
        text = ngettext(
            "{n} later start ran no task: it was skipped, or waits",
            "{n} later starts ran no task: they were skipped, or wait",
            past.without_task,
        )
        _tell(text.format(n=past.without_task), "yellow")
    began, ended = (_local(moment, asked.zone) for moment in (run.began or run.at or None, run.ended))
    if not run.told:
        _tell(
            _("began {began}; ECS does not know it any more, so how it ended is not known").format(began=began),
            "yellow",
        )
        return
    last = _("still running") if run.going else _("ended {ended}").format(ended=ended)
    took = f", {run.ended - run.began:.0f} s" if run.ended is not None and run.began is not None else ""
    _tell(_("began {began}, {last}").format(began=began, last=last) + took)
    _foot(run)


def _foot(run: Run) -> None:
    """How each container ended."""
    from migrate.aws import tasks
    from migrate.terminal.console import manner

    if manner.quiet or not run.told:
        return
    ended = tasks.ended_of(run.told)
    for container, said, well in ended.lines(going=run.going):
        _tell(f"{container}: {said}", "" if well or run.going else "red")
    if ended.reason:
        _tell(ended.reason)


def _local(moment: float | None, zone: tuple[str, tzinfo]) -> str:
    name, place = zone
    return "?" if moment is None else f"{datetime.fromtimestamp(moment, place):%Y-%m-%d %H:%M:%S} {name}"


def _left_out(readings: list[Reading], asked: _Asked) -> None:
    for one in readings:
        if one.place.shared:
            text = _("{container} writes into {stream} as all tasks do: lines of others may stand between")
            _tell(text.format(container=one.place.container, stream=one.place.before), "yellow")
        if one.more:
            text = _("{container}: only its last {n} lines; older ones were left out")
            _tell(text.format(container=one.place.container, n=f"{asked.lines:,}"), "yellow")
        elif one.there and not one.events:
            _tell(_("{container}: its log is empty").format(container=one.place.container))


def _show_json(about: dict[str, Any], past: Past, run: Run, asked: _Asked) -> None:
    from migrate.aws import tasks
    from migrate.aws.log_lines import merged

    readings = _read(past, run, asked)
    _refuse_nothing(past, run, readings)
    ended = tasks.ended_of(run.told)
    own = {place.container for place in past.own}
    value = about | {
        "job": past.job,
        "task": run.task,
        "definition": run.definition or None,
        "execution": run.execution or None,
        "slot": run.slot or None,
        "began": _iso(run.began or run.at or None),
        "ended": _iso(run.ended),
        "running": run.going if run.told else None,
        "reason": ended.reason or None,
        "containers": [
            {"name": name, "own": name in own, "exitCode": code, "reason": reason or None}
            for name, (code, reason) in ended.containers.items()
        ],
        "leftOut": [one.place.container for one in readings if one.more],
        "lines": [
            {"at": _iso(at / 1000), "container": container, "text": text} for at, container, text in merged(readings)
        ],
    }
    # ASCII: what a job wrote may hold characters that turn a terminal's text around, and none of them gets there.
    click.echo(json.dumps(value, indent=2))


def _iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
