"""After a switch: the first run on AWS of each job that moved, its status and length, and the way back where it failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from converters.history.safe_minute import USUAL
from converters.schedules.daemon import Window
from converters.workflows.endings import Ending, is_good
from migrate.aws import side
from migrate.aws.errors import aws_errors
from migrate.aws.side import LastRun
from migrate.cutover import plan_text
from migrate.cutover.backward import move_back, units_back
from migrate.cutover.session import Session, report
from migrate.cutover.units import Unit
from migrate.document.job import Job
from migrate.errors import UserError
from migrate.sites.times import new_starts
from migrate.terminal.language import _

EACH = 15  # seconds between two looks
SKEW = 15 * 60
"""Seconds by which this machine's clock may differ from AWS's: what differs more, no signature of AWS's would bear (SigV4)."""
# EventBridge delivers within the minute after its time, and a task is made right then.
LATE = USUAL.precision + USUAL.lag + 120
"""Seconds after its minute in which a start must show."""


@dataclass(slots=True)
class _Awaited:
    """A job whose first run is waited for, the minute it is due, since when AWS starts it and until when somebody
    waits (seconds since 1970)."""

    name: str
    due: int
    since: float
    until: float


def follow(session: Session, units: list[Unit]) -> int:
    """Waits, no longer than ``--wait``, for the first run of each moved job; 1 where one failed or did not start."""
    until = session.until
    awaited = [one for unit in units for name in unit.jobs if (one := _awaited(session, name, until)) is not None]
    failed: list[str] = []
    while awaited:
        for one in list(awaited):
            done = _look(session, one)
            if done is not None:
                awaited.remove(one)
                failed += [] if done else [one.name]
        if awaited:
            session.site.clock.sleep(EACH)
    return _offer(session, failed) if failed else 0


def _awaited(session: Session, name: str, until: float) -> _Awaited | None:
    """None, with a word, for a job whose first run is too far off or not known to the minute."""
    enabled = session.site.journal.at(name, "enable", "done")
    since = datetime.fromisoformat(enabled).timestamp() if enabled else session.site.clock.now()
    window = Window(int(since // 60) + 1, int(until // 60) + 1)
    again = f"'cron2fargate verify {name}'"
    try:
        due = next(iter(new_starts(session.site.starter(name), window)), None)
    except UserError as error:
        session.say(_("{job}: not followed ({why}); look with {command}").format(job=name, why=error, command=again))
        return None
    if due is None:
        text = _("{job}: its first run is due later than --wait; look with {command}")
        session.say(text.format(job=name, command=again))
        return None
    when = plan_text.local(due, session.site.job(name).timezone)
    session.say(_("{job}: its first run is due {when}; waiting for it").format(job=name, when=when))
    return _Awaited(name, due, since, until)


def _look(session: Session, one: _Awaited) -> bool | None:
    """Whether the run was good; None while it is waited for."""
    here = session.site.clock.now()
    if here < one.due * 60 - SKEW:
        return None
    with aws_errors(session.mover.reader.where):
        found = side.runs_of(session.mover.reader, session.mover.owner, one.name)
    # ECS stamps its tasks by its own clock, and EventBridge starts them by AWS's: this machine's may be minutes off.
    skew = found.clock - here if found.clock is not None and abs(found.clock - here) <= SKEW else 0.0
    runs = [run for run in found.runs if run.at.timestamp() >= one.since + skew - 1]
    now = here + skew
    if not runs:
        if now <= one.due * 60 + LATE:
            return None
        text = _("{job}: it did not start; what EventBridge gave up lies in the dead-letter queue")
        session.say(text.format(job=one.name), "red")
        return False
    run = runs[0]
    if run.going:
        if now <= one.until:
            return None
        text = (
            _("{job}: it started and still runs") if run.begun else _("{job}: its task was made and has not begun yet")
        )
        session.say(text.format(job=one.name), "yellow")
        return True
    _tell_doubled(session, one, runs)
    return _judged(session, one, run)


def _tell_doubled(session: Session, one: _Awaited, runs: Sequence[LastRun]) -> None:
    """More tasks for the first minute than were asked for: AWS delivers at least once."""
    spec = session.site.starter(one.name)
    following = next(iter(new_starts(spec, Window(one.due + 1, one.due + LATE // 60 + 2))), None)
    end = following * 60 if following is not None else one.due * 60 + LATE
    same = [run for run in runs if run.at.timestamp() < end]
    if len(same) > spec.schedule.task_count:
        text = _(
            "{job}: {n} tasks started for one minute, where {wanted} was asked for; `once: true` in ecs.yml ends that"
        )
        session.say(text.format(job=one.name, n=len(same), wanted=spec.schedule.task_count), "yellow")


def _judged(session: Session, one: _Awaited, run: LastRun) -> bool:
    job, spec = session.site.job(one.name), session.site.spec(one.name)
    good = is_good(spec, Ending(run.exit_code))
    status = str(run.exit_code) if run.exit_code is not None else _("none")
    text = _("{job}: first run {seconds} s after its minute, exit status {status}{length}{why}").format(
        job=one.name,
        seconds=max(0, round(run.at.timestamp() - one.due * 60)),
        status=status,
        length=_length(job, run.seconds),
        why="" if good or not run.reason else f"; {run.reason}",
    )
    session.say(text, "green" if good else "red")
    return good


def _length(job: Job, seconds: float | None) -> str:
    """How long it took, beside what cron's log told of the runs before."""
    if seconds is None:
        return ""
    durations = job.history.durations if job.history is not None else None
    if durations is None or durations.max is None:
        return _(", {seconds:.0f} s (how long it took under cron is not known)").format(seconds=seconds)
    usual = durations.p50 if durations.p50 is not None else durations.max
    text = _(", {seconds:.0f} s (under cron {usual:g} s mostly, {most:g} s at most)")
    return text.format(seconds=seconds, usual=usual, most=durations.max)


def _offer(session: Session, failed: list[str]) -> int:
    """The way back: asked for on a terminal, else said."""
    import click

    command = f"cron2fargate rollback {' '.join(failed)}"
    question = _("Take {jobs} back from AWS?").format(jobs=", ".join(failed))
    if session.wishes.yes or not sys.stdin.isatty() or not click.confirm(question, default=False):
        session.say(_("'{command}' takes it back").format(command=command), "bold")
        return 1
    report(session, move_back(session, units_back(session, failed)), [], _("taken back"))
    return 1
