"""enable and disable: the same few lines, in two directions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from migrate.aws import frames, shadow, show
from migrate.aws.apply import apply_steps
from migrate.aws.errors import aws_errors, denied, is_denied
from migrate.aws.inputs import Specs, confirm, load_specs, open_place
from migrate.aws.session import Aws, connect
from migrate.errors import UserError
from migrate.terminal.language import _

if TYPE_CHECKING:
    from rich.console import Console

    from converters.specs.model import Spec
    from migrate.aws.steps import Step


def switch_job(
    job: str,
    out: Path,
    settings: Path | None,
    environment: str | None,
    *,
    on: bool,
    yes: bool,
    accept: tuple[str, ...] = (),
) -> int:
    """Switches what starts a job and is not in the wanted state; says so first, and asks.

    To be enabled its time, effect and place are asked for as by cutover; ``accept`` are codes that may stay open. The alarm
    for missed runs goes with it: it is made when the job is enabled and removed when it is disabled.
    """
    place = open_place(out, settings, environment)
    owner = place.settings.owner
    console = show.console()
    specs = specs_of(out)
    # The frame on AWS is switched by its name; of a file that cannot be used only the alarm is not known.
    left_out = [one for one in specs.left_out if one.job == job]
    show.show_left_out(console, left_out)
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True)
        found = frames.find_or_fail(reader, owner, job)
        empty = [frame for frame in found if frame.target is None]
        if on and empty:
            raise UserError(f"{empty[0].backend} {empty[0].name} starts nothing yet; run 'cron2fargate register' first")
        to_switch = [frame for frame in found if frame.enabled != on]
        if not to_switch:
            already = _("{job}: no changes; it is enabled already in {where}") if on else None
            already = already or _("{job}: no changes; it is disabled already in {where}")
            show.line(console, already.format(job=job, where=reader.where))
            return _mend_alarm(console, reader, owner, spec_of(specs, job), yes=yes)
        for frame in to_switch:
            show.line(console, f"  ~ {_('enable') if on else _('disable')} {frame}")
        if on and not may_start(console, reader, owner, out, spec_of(specs, job), to_switch, accept):
            return 1
        if on and _is_in_crontab(out, job) and not any(map(shadow.is_shadow, to_switch)):
            said = _("as far as is known {job} still runs from the crontab; 'cron2fargate cutover {job}' switches both")
            show.line(console, "  ! " + said.format(job=job), "yellow")
        question = _("Enable {job} in {where}?") if on else _("Disable {job} in {where}?")
        confirm(question.format(job=job, where=f"{place.environment_name} ({reader.where})"), yes=yes)
        writer = reader.writer()
        for frame in to_switch:
            frames.switch(writer, owner, frame, on=on)
            show.line(console, f"  {_('enabled') if on else _('disabled')} {frame.backend} {frame.name}")
        if spec := spec_of(specs, job):
            follow(console, reader, writer, owner, spec)
    show.count_left_out(console, left_out)
    return 1 if left_out else 0


def _mend_alarm(console: Console, reader: Aws, owner: str, spec: Spec | None, *, yes: bool) -> int:
    """Somebody has switched the job by hand: its alarm is brought after it."""
    from migrate.aws.frame import plan_alarms

    steps = [step for step in plan_alarms(reader, owner, [spec]) if step.write] if spec else []
    for step in steps:
        show.line(console, f"  {show.SIGNS[step.action][0]} {step.kind} {step.name}")
    if spec and steps:
        confirm(_("Write these {n} changes to {where}?").format(n=len(steps), where=reader.where), yes=yes)
        follow(console, reader, reader.writer(), owner, spec)
    return 0


def may_start(
    console: Console,
    reader: Aws,
    owner: str,
    out: Path,
    spec: Spec | None,
    found: list[frames.Frame],
    accept: tuple[str, ...],
) -> bool:
    """What cutover asks; a shadow starts nothing that could fail, and without an ecs.yml nothing is known to ask."""
    from migrate.cutover.asking import ask_alone

    if spec is None or all(map(shadow.is_shadow, found)):
        return True
    refusals = ask_alone(out, owner, reader, spec.name, spec, accept)
    for sentence in refusals:
        show.line(console, f"  x {sentence}", "red")
    if refusals:
        show.line(console, _("{job}: not enabled").format(job=spec.name), "bold")
    return not refusals


def _is_in_crontab(out: Path, job: str) -> bool:
    """Whether a table was scanned that starts the job, and no cutover has taken its line away."""
    from migrate.sites.site import open_site

    try:
        site = open_site(out)
    except UserError:
        return False
    return job in site.jobs and site.journal.phase(job) == "old"


def specs_of(out: Path) -> Specs:
    """What this workspace has; where there is none, a job is switched all the same."""
    try:
        return load_specs(out, (), may_be_empty=True)
    except UserError:
        return Specs()


def spec_of(specs: Specs, job: str) -> Spec | None:
    return next((spec for _path, spec in specs if spec.name == job), None)


def _word(step: Step) -> str:
    return _("removed") if step.action == "remove" else _("wrote")


def follow(console: Console, reader: Aws, writer: Aws, owner: str, spec: Spec) -> None:
    """The alarm. The job is switched already, so whoever may not make alarms is told, and nothing fails."""
    from botocore.exceptions import ClientError

    from migrate.aws.frame import plan_alarms

    try:
        steps = plan_alarms(reader, owner, [spec])
        apply_steps(
            writer, spec.name, steps, lambda step: show.line(console, f"  {_word(step)} {step.kind} {step.name}")
        )
    except UserError as error:
        show.line(console, f"! {error}", "yellow")
    except ClientError as error:
        if not is_denied(error):
            raise
        show.line(console, "! " + _("no alarm for missed runs: {why}").format(why=denied(error)), "yellow")
