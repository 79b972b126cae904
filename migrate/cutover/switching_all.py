"""disable --all and enable --all: every job of an environment off at once, and back to exactly what was on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.aws import frames, show
from migrate.aws.account import snapshot
from migrate.aws.errors import aws_errors
from migrate.aws.frames import Frame
from migrate.aws.inputs import Specs, confirm, open_place
from migrate.aws.session import Aws, connect
from migrate.aws.switched_off import Off, SwitchedOff
from migrate.cutover.switching import follow, may_start, spec_of, specs_of
from migrate.errors import UserError
from migrate.terminal.language import _

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(slots=True)
class _Run:
    """One call of either command."""

    console: Console
    out: Path
    owner: str
    environment: str
    reader: Aws
    specs: Specs
    memory: SwitchedOff

    @property
    def where(self) -> str:
        return f"{self.environment} ({self.reader.where})"

    def live(self, jobs: Sequence[str]) -> dict[str, list[Frame]]:
        """What starts each of these jobs; what other jobs start has nothing of its own to switch."""
        seen = snapshot(self.reader, self.owner, [spec for _path, spec in self.specs if spec.name in set(jobs)])
        found = {job: frames.find(seen, self.owner, job) for job in dict.fromkeys(jobs)}
        return {job: [one for one in many if one.backend != "workflow"] for job, many in found.items()}

    def switch(self, found: dict[str, list[Frame]], *, on: bool) -> None:
        writer = self.reader.writer()
        for job, many in found.items():
            for frame in many:
                frames.switch(writer, self.owner, frame, on=on)
                show.line(self.console, f"  {_('enabled') if on else _('disabled')} {frame.backend} {frame.name}")
            if spec := spec_of(self.specs, job):
                follow(self.console, self.reader, writer, self.owner, spec)
            if on:
                self.memory.forget([Off.of(job, frame) for frame in many])


def disable_all(out: Path, settings: Path | None, environment: str | None, *, yes: bool) -> int:
    """What is on is remembered before the first of it is switched off."""
    run = _open(out, settings, environment)
    with aws_errors(run.reader.region):
        jobs = [*(spec.name for _path, spec in run.specs), *(one.job for one in run.specs.left_out)]
        if not jobs:
            raise UserError(f"{out}: there is no job here; name the workspace with --out")
        every = run.live(jobs)
        found = {job: on for job, many in every.items() if (on := [one for one in many if one.enabled])}
        if not found:
            show.line(run.console, _("no changes; nothing is on in {where}").format(where=run.where))
            return 0
        for frame in (one for many in found.values() for one in many):
            show.line(run.console, f"  ~ {_('disable')} {frame}")
        confirm(_("Disable all of this in {where}?").format(where=run.where), yes=yes)
        run.memory.add([Off.of(job, frame) for job, many in found.items() for frame in many])
        run.switch(found, on=False)
    show.line(run.console, _("'cron2fargate enable --all' switches on again what was on"))
    return 0


def enable_all(
    out: Path, settings: Path | None, environment: str | None, *, yes: bool, accept: tuple[str, ...] = ()
) -> int:
    """Each asks what `enable` asks; what is refused stays off, and remembered. Returns 1 then."""
    run = _open(out, settings, environment)
    wanted = run.memory.all()
    if not wanted:
        raise UserError(
            f"{run.environment}: nothing is remembered that 'cron2fargate disable --all' switched off here; enable jobs by name"
        )
    with aws_errors(run.reader.region):
        every = run.live([one.job for one in wanted])
        there = {Off.of(job, frame): frame for job, many in every.items() for frame in many}
        _told_gone(run, [one for one in wanted if one not in there])
        found: dict[str, list[Frame]] = {}
        for off in wanted:
            if off in there and not there[off].enabled:
                found.setdefault(off.job, []).append(there[off])
        allowed = {
            job: many
            for job, many in found.items()
            if spec_of(run.specs, job) is None
            or may_start(run.console, run.reader, run.owner, run.out, spec_of(run.specs, job), many, accept)
        }
        for frame in (one for many in allowed.values() for one in many):
            show.line(run.console, f"  ~ {_('enable')} {frame}")
        if allowed:
            confirm(_("Enable all of this in {where}?").format(where=run.where), yes=yes)
            run.switch(allowed, on=True)
        refused = {off for job in found if job not in allowed for off in wanted if off.job == job}
        run.memory.forget([one for one in wanted if one not in refused])
    if not found:
        show.line(run.console, _("no changes; all that was on in {where} is on again").format(where=run.where))
    return 1 if refused else 0


def _told_gone(run: _Run, gone: Sequence[Off]) -> None:
    for one in gone:
        said = _("{name} of {job} was switched off here and is not there any more").format(
            name=f"{one.backend} {one.name}", job=one.job
        )
        show.line(run.console, f"! {said}", "yellow")


def _open(out: Path, settings: Path | None, environment: str | None) -> _Run:
    place = open_place(out, settings, environment)
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True)
    memory = SwitchedOff(out, place.environment_name, reader.account, reader.region)
    return _Run(show.console(), out, place.settings.owner, place.environment_name, reader, specs_of(out), memory)
