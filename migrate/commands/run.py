"""``cron2fargate run``: one task of a job, now, with its exit code and the end of its log."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import confirm, open_place, place_options


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

    Exit code: 0 when every container ended with 0, else 1.
    """
    from migrate.aws import frames, show, tasks
    from migrate.aws.errors import aws_errors
    from migrate.aws.ownership import Owner
    from migrate.aws.session import connect

    place = open_place(out, settings, environment)
    console = show.console()
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True)
        frame = frames.find_or_fail(reader, place.settings.owner, job)[0]
        confirm(f"Start one task of {frame.revision} in cluster {frame.cluster} ({reader.where})?", yes=yes)
        writer = reader.writer()
        task = tasks.start(writer, frame, Owner(place.settings.owner, job))
        show.line(console, f"started {task}")
        try:
            ended = tasks.wait(
                reader,
                frame.target["Arn"] if frame.target else "",
                task,
                seconds=timeout,
                tell=lambda status: show.line(console, f"  {status}", "dim"),
            )
        except KeyboardInterrupt:
            show.line(console, f"no longer waiting; the task goes on: {task}")
            return 1
        for container, text in tasks.log_tail(reader, frame.revision, task, lines):
            show.line(console, f"{container} | {text}")
    for container, (code, reason) in ended.containers.items():
        said = f"exit code {code}" if code is not None else "never started"
        show.line(console, f"{container}: {said}{f' ({reason})' if reason else ''}", "green" if code == 0 else "red")
    if not ended.succeeded and ended.reason:
        show.line(console, ended.reason, "red")
    return 0 if ended.succeeded else 1
