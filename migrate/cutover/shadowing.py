"""Shadows: the rules fire on time and start a command that does nothing, while the crontab still runs the jobs."""

from __future__ import annotations

from converters.findings.codes import Finding
from converters.history.safe_minute import USUAL
from migrate.aws import frames, shadow
from migrate.aws.errors import aws_errors
from migrate.aws.inputs import confirm
from migrate.cutover.session import Session
from migrate.cutover.units import Unit
from migrate.errors import UserError
from migrate.machine.now import stamp
from migrate.terminal.language import ngettext


def begin_shadows(session: Session, names: list[str]) -> int:
    """Tells the targets to do nothing, waits until AWS surely heeds that, and only then enables the rules."""
    site, journal, mover = session.site, session.site.journal, session.mover
    ready, refused = _fit(session, names)
    if not ready:
        return 1 if refused else 0
    caveat = Finding("C758", shadow.CAVEAT)
    session.say(f"  ! {caveat.code} {caveat.message}", "yellow")
    if session.wishes.dry_run:
        return 1 if refused else 0
    confirm(
        ngettext("Give {n} job a shadow on AWS?", "Give {n} jobs a shadow on AWS?", len(ready)).format(n=len(ready)),
        yes=session.wishes.yes,
    )
    with aws_errors(mover.reader.where):
        found = {name: frames.find_or_fail(mover.reader, mover.owner, name) for name in ready}
        for name in ready:
            known = journal.jobs.get(name, {}).get("shadow", {}).get("told", {})
            told = {
                frame.name: known.get(frame.name, {}) if shadow.is_shadow(frame) else shadow.told(frame)
                for frame in found[name]
            }
            journal.describe(
                name,
                environment=session.place.environment_name,
                shadow={"since": stamp(site.clock.now()), "told": told},
            )
        # The journal first: what a target was told before must be known, whatever happens next.
        journal.save()
        for name in ready:
            for frame in found[name]:
                shadow.begin(mover.writer, mover.owner, frame, site.spec(name))
                session.say(f"  {frame.backend} {frame.name} starts a shadow")
        # docs "Amazon EventBridge rules": "allow a short period of time for changes to take effect".
        site.clock.sleep(USUAL.propagation)
        for name in ready:
            for frame in frames.find_or_fail(mover.reader, mover.owner, name):
                if not shadow.is_shadow(frame):
                    raise UserError(f"{name}: the target of {frame.name} was changed meanwhile; nothing was enabled")
                frames.switch(mover.writer, mover.owner, frame, on=True)
                session.say(f"  enabled {frame.backend} {frame.name}")
    running = ngettext(
        "{n} shadow runs; end it with 'cron2fargate rollback JOB'",
        "{n} shadows run; end each with 'cron2fargate rollback JOB'",
        len(ready),
    )
    session.say(running.format(n=len(ready)), "bold")
    return 1 if refused else 0


def end_shadows(session: Session, names: list[str]) -> None:
    """Disables the rules, waits until nothing can start any more, and only then gives the targets their commands back."""
    journal, mover, clock = session.site.journal, session.mover, session.site.clock
    with aws_errors(mover.reader.where):
        waits = False
        for name in names:
            for frame in frames.find(mover.reader, mover.owner, name):
                if frame.enabled and shadow.is_shadow(frame):
                    frames.switch(mover.writer, mover.owner, frame, on=False)
                    session.say(f"  disabled {frame.backend} {frame.name}")
                waits = waits or shadow.is_shadow(frame)
        if waits:
            # A start that AWS has begun already still does what the target says: the shadow must stay until it is
            # through.
            clock.sleep(USUAL.propagation + USUAL.precision + USUAL.lag)
        for name in names:
            told = journal.jobs[name]["shadow"]["told"]
            for frame in frames.find(mover.reader, mover.owner, name):
                if shadow.is_shadow(frame):
                    shadow.end(mover.writer, mover.owner, frame, told.get(frame.name, {}))
                    session.say(f"  {frame.backend} {frame.name} starts the job again when enabled")
            del journal.jobs[name]["shadow"]
            if not journal.jobs[name].get("steps"):
                del journal.jobs[name]
    journal.save()


def _fit(session: Session, names: list[str]) -> tuple[list[str], list[str]]:
    """Jobs that can have a shadow, and those that cannot, with the reasons said."""
    site, journal = session.site, session.site.journal
    ready, refused = [], []
    for name in names:
        try:
            if journal.phase(name) != "old":
                raise UserError(f"{name}: it was moved already; a shadow is for what still runs from the crontab")
            with aws_errors(session.mover.reader.where):
                found = frames.find_or_fail(session.mover.reader, session.mover.owner, name)
            why = shadow.why_not(site.spec(name), found)
            if why:
                raise UserError(f"{name}: {why}")
            if not journal.jobs.get(name, {}).get("shadow"):
                session.mover.check_frames(Unit((name,), frozenset({name})))
            ready.append(name)
            session.say(name, "bold")
        except UserError as error:
            refused.append(name)
            session.say(f"  x {error}", "red")
    return ready, refused
