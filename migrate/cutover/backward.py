"""``rollback``: the jobs that were moved, stand half way or have a shadow, back to where they came from."""

from __future__ import annotations

from pathlib import Path

from migrate.aws import frames
from migrate.aws.errors import aws_errors
from migrate.aws.inputs import confirm
from migrate.cutover import plan_text
from migrate.cutover.session import Session, Wishes, open_session, report, show_plan
from migrate.cutover.shadowing import end_shadows
from migrate.cutover.turns import Turns, take_turns
from migrate.cutover.units import Unit, settle, unit_of
from migrate.errors import UserError
from migrate.machine.now import Clock
from migrate.sites.scripts import Changes, script_of
from migrate.sites.tables import find_live, find_moved
from migrate.terminal.language import _, ngettext
from migrate.workspace.journal import alone


def backward(
    wishes: Wishes, out: Path, settings: Path | None, environment: str | None, clock: Clock | None = None
) -> int:
    """Carries out what ``rollback`` was asked for; returns the exit code."""
    if not (wishes.jobs or wishes.everything or wishes.receipt):
        raise UserError("name the jobs, or give --all")
    with alone(out):
        session = open_session(wishes, out, settings, environment, clock)
        if wishes.receipt:
            return _take_receipt(session, wishes.receipt)
        names = _named(session)
        session.check_environment(names)
        shadows = [name for name in names if session.site.journal.jobs[name].get("shadow")]
        moved = [name for name in names if session.site.journal.phase(name) != "old"]
        if not shadows and not moved:
            session.say(_("nothing to take back: no such job was moved"), "bold")
            return 0
        units = units_back(session, moved)
        refused = [unit for unit in units if unit.refusals]
        ready = [unit for unit in units if not unit.refusals]
        if wishes.dry_run:
            return 1 if refused else 0
        if ready or shadows:
            number = sum(len(unit.jobs) for unit in ready) + len(shadows)
            confirm(
                ngettext("Take {n} job back from AWS?", "Take {n} jobs back from AWS?", number).format(n=number),
                yes=wishes.yes,
            )
        if shadows:
            end_shadows(session, shadows)
        if wishes.printing:
            return _print_script(session, ready)
        turns = move_back(session, ready) if ready else Turns()
        return report(session, turns, refused, _("taken back"))


def _named(session: Session) -> list[str]:
    journal = session.site.journal
    if session.wishes.everything:
        return [name for name in journal.jobs if journal.phase(name) != "old" or journal.jobs[name].get("shadow")]
    for name in session.wishes.jobs:
        session.site.job(name)
    return [name for name in dict.fromkeys(session.wishes.jobs) if name in journal.jobs]


def units_back(session: Session, names: list[str]) -> list[Unit]:
    """The units of these jobs as they moved, shown with their changes."""
    site, journal = session.site, session.site.journal
    groups = dict.fromkeys(tuple(journal.jobs[name].get("unit", [name])) for name in names)
    units = []
    for jobs in groups:
        recorded = tuple(job for job in jobs if job in journal.jobs)
        unit = unit_of(site, recorded, names)
        # Not the findings of the report: what went out comes back, whatever is said of it now.
        # A half moved job runs nowhere: taking it back loses nothing, whatever is known of its times.
        half = all(journal.phase(job) not in ("new", "enabling", "disabling") for job in recorded)
        unit.refusals = []
        if len(unit.times) < len(recorded):
            unit.lossy = True
            if not (half or session.wishes.accept_loss):
                text = "its times on both sides are not known any more; --accept-loss takes it back all the same"
                unit.refusals.append(f"{unit.name}: {text}")
        settle(unit, site, "new", accept_loss=half or session.wishes.accept_loss)
        changes = Changes()
        try:
            changes = Changes() if session.wishes.printing else session.mover.changes_back(unit)
        except UserError as error:
            unit.refusals.append(str(error))
        show_plan(session, unit, changes, "new")
        units.append(unit)
    return units


def move_back(session: Session, units: list[Unit]) -> Turns:
    mover = session.mover

    def at_once(unit: Unit) -> bool:
        """AWS starts nothing of it, or the crontab starts it as well: waiting would lose or double runs."""
        # AWS tells whether anything starts: the journal may be older than a hand on the console.
        with aws_errors(mover.reader.where):
            found = [frame for job in unit.jobs for frame in frames.find(mover.reader, mover.owner, job)]
        on = any(frame.enabled and frame.backend != "workflow" for frame in found)
        return not on or _live_here(session, unit)

    return session.in_turn(units, "new", at_once, mover.back)


def _live_here(session: Session, unit: Unit) -> bool:
    """Whether a line or a script of the unit is in use on its host."""
    if session.wishes.printing:
        return False
    for job in unit.jobs:
        script = session.site.script(job)
        if script is not None:
            if script.runs:
                return True
            continue
        record = session.site.journal.jobs[job]
        table = session.site.table(session.site.job(job), record["path"])
        data = table.read()
        if find_moved(data, job, record["digest"]) is None and find_live(data, record["line"], record["digest"]):
            return True
    return False


def _print_script(session: Session, units: list[Unit]) -> int:
    """Disables the rules in their safe minutes, then prints the script that restores the lines."""
    import click

    from migrate.cutover.script import restore_script

    site, journal = session.site, session.site.journal
    turns = take_turns(
        units,
        source="new",
        clock=site.clock,
        until=session.until,
        at_once=lambda unit: False,
        running=lambda unit: session.mover.still_running(unit, "new"),
        go=lambda unit, _deadline: session.mover.disable(unit),
        tell=session.say,
    )
    names = [job for unit in turns.done for job in unit.jobs]
    if names:
        tables: dict[str, dict[str, list[str]]] = {}
        scripts = {path: name for name in names if (path := site.script_path(name)) is not None}
        for name in names:
            record = journal.jobs[name]
            if record.get("script"):
                continue
            tables.setdefault(record["path"], {}).setdefault(record["digest"], []).append(name)
        text, receipt = restore_script(
            [
                (
                    site.table(site.job(next(iter(digests.values()))[0]), path),
                    [(",".join(jobs), digest) for digest, jobs in digests.items()],
                )
                for path, digests in tables.items()
            ],
            [
                (script_of(site.job(name), path, site.root), journal.jobs[name].get("script") or {})
                for path, name in scripts.items()
            ],
        )
        for name in names:
            journal.describe(name, receipt=receipt)
        journal.note(names, "restore", "begin", site.clock.now())
        click.echo(text, nl=False)
        session.say(_("Run it on the host as root; then: cron2fargate rollback --receipt WHAT-IT-PRINTED"), "bold")
    return report(session, turns, [], _("disabled"))


def _take_receipt(session: Session, receipt: str) -> int:
    journal = session.site.journal
    names = [name for name, record in journal.jobs.items() if record.get("receipt") == receipt.strip()]
    if not names or any(journal.phase(name) != "restoring" for name in names):
        raise UserError(f"--receipt {receipt}: no script of ours ends with that; copy it from the last line it printed")
    for name in names:
        journal.jobs[name].pop("receipt", None)
    journal.note(names, "restore", "done", session.site.clock.now())
    session.say(plan_text.summary([Unit(tuple(names), frozenset())], [], _("taken back")), "bold")
    return 0
