"""``cron2fargate run``: one run of a job, now, with its exit code and the end of its log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import confirm, open_place, place_options
from migrate.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.aws.frames import Frame
    from migrate.aws.ownership import Owner
    from migrate.aws.session import Aws


@click.command(name="run")
@click.argument("job")
@place_options
@click.option("--timeout", default=3600, show_default=True, help="Seconds to wait for the end.")
@click.option("--lines", default=50, show_default=True, help="Lines of log to show for each container.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *, job: str, environment: str | None, out: Path, settings: Path | None, timeout: int, lines: int, yes: bool
) -> int:
    """Start one task of JOB as its rule would, wait for its end, show exit codes and the end of the log.

    Where JOB has a lock, a timeout, retries or jobs that run after it, its workflow is started, and followed state by
    state. Exit code: 0 when every container ended with 0 (or the workflow succeeded), else 1.

    \b
    Examples:
      cron2fargate run -e sandbox backup-db
      cron2fargate run -e sandbox backup-db --yes --timeout 600 --lines 200
    """
    from migrate.aws import frames, show
    from migrate.aws.errors import aws_errors
    from migrate.aws.session import connect

    place = open_place(out, settings, environment)
    console = show.console()
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True)
        frame = frames.find_or_fail(reader, place.settings.owner, job)[0]
        follow = _follow_workflow if frame.is_workflow else _follow_task
        return follow(console, reader, frame, reader.marks(place.settings.owner, job), Limits(timeout, lines, yes))


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, how much of the log to show, and whether to ask first."""

    timeout: int
    lines: int
    yes: bool


def _follow_task(console: Console, reader: Aws, frame: Frame, owner: Owner, limits: Limits) -> int:
    from migrate.aws import show, tasks

    confirm(f"Start one task of {frame.revision} in cluster {frame.cluster} ({reader.where})?", yes=limits.yes)
    task = tasks.start(reader.writer(), frame, owner)
    show.line(console, f"started {task}")
    try:
        ended = tasks.wait(
            reader,
            frame.target["Arn"] if frame.target else "",
            task,
            seconds=limits.timeout,
            tell=lambda status: show.line(console, f"  {status}", "dim"),
        )
    except KeyboardInterrupt:
        # Ctrl-C ends the waiting, not the task: AWS runs on, and the ARN is what is needed to find it.
        show.line(console, f"no longer waiting; the task goes on: {task}")
        return 1
    for container, text in tasks.log_tail(reader, frame.revision, task, limits.lines):
        show.line(console, f"{container} | {text}")
    for container, said, well in ended.lines():
        show.line(console, f"{container}: {said}", "green" if well else "red")
    if not ended.succeeded and ended.reason:
        show.line(console, ended.reason, "red")
    return 0 if ended.succeeded else 1


def _follow_workflow(console: Console, reader: Aws, frame: Frame, owner: Owner, limits: Limits) -> int:
    from migrate.aws import executions, show, state_machines, tasks

    live = state_machines.find(reader, owner.job)
    if live is None or frame.target is None:
        raise UserError(
            f"{frame.backend} {frame.name} starts a workflow that is not there; run 'cron2fargate register'"
        )
    after = "".join(f", then {follower.name}" for follower in live.followers)
    confirm(f"Start the workflow of {owner.job}{after} ({reader.where})?", yes=limits.yes)
    execution = executions.start(reader.writer(), live.arn)
    show.line(console, f"started {execution}")
    try:
        ended = executions.wait(
            reader, execution, seconds=limits.timeout, tell=lambda state: show.line(console, f"  {state}", "dim")
        )
    except KeyboardInterrupt:
        show.line(console, f"no longer waiting; the workflow goes on: {execution}")
        return 1
    if task := executions.submitted(reader, execution):
        definition = task.definition or live.task_definition or owner.job
        for container, text in tasks.log_tail(reader, definition, task.task, limits.lines):
            show.line(console, f"{container} | {text}")
    said = f"{ended.status}: {ended.last_state}" if ended.succeeded else f"{ended.status}: {ended.error} {ended.reason}"
    show.line(console, said.rstrip(), "green" if ended.succeeded else "red")
    return 0 if ended.succeeded else 1
