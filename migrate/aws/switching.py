"""enable and disable: the same few lines, in two directions."""

from __future__ import annotations

from pathlib import Path

from migrate.aws import frames, show
from migrate.aws.errors import aws_errors
from migrate.aws.inputs import confirm, open_place
from migrate.aws.session import connect
from migrate.errors import UserError


def switch_job(job: str, out: Path, settings: Path | None, environment: str | None, *, on: bool, yes: bool) -> int:
    """Switches every rule and schedule of a job that is not in the wanted state; says so first, and asks."""
    place = open_place(out, settings, environment)
    console = show.console()
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True)
        found = frames.find_or_fail(reader, place.settings.owner, job)
        empty = [frame for frame in found if frame.target is None]
        if on and empty:
            raise UserError(f"{empty[0].backend} {empty[0].name} starts nothing yet; run 'cron2fargate register' first")
        to_switch = [frame for frame in found if frame.enabled != on]
        word = "enable" if on else "disable"
        if not to_switch:
            show.line(console, f"{job}: no changes; it is {word}d already in {reader.where}")
            return 0
        for frame in to_switch:
            show.line(console, f"  ~ {word} {frame}")
        confirm(f"{word.capitalize()} {job} in {place.environment_name} ({reader.where})?", yes=yes)
        writer = reader.writer()
        for frame in to_switch:
            frames.switch(writer, place.settings.owner, frame, on=on)
            show.line(console, f"  {word}d {frame.backend} {frame.name}")
    return 0
