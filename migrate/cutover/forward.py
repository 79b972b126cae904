"""``cutover``: the plan, the question, and the units in their safe minutes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converters.history.safe_minute import FIRST_SECOND, LAST_SECOND
from migrate.aws.inputs import confirm
from migrate.cutover import plan_text
from migrate.cutover.backward import move_back, units_back
from migrate.cutover.following import follow
from migrate.cutover.session import Session, Wishes, open_session, report, show_plan, tell_refused
from migrate.cutover.shadowing import begin_shadows
from migrate.cutover.turns import Turns
from migrate.cutover.units import Unit, grouped, settle, unit_of
from migrate.errors import UserError
from migrate.machine.now import Clock
from migrate.sites.scripts import Changes, comes_back
from migrate.sites.site import Site
from migrate.terminal.console import count_left_out, show_left_out
from migrate.terminal.language import _, ngettext
from migrate.workspace.journal import alone
from migrate.workspace.spec_files import unusable_specs

OUT_PHASES = ("commenting", "commented", "enabling")
ENOUGH = 10  # minutes that a person has for the steps of --print
DAY = 1440


def forward(
    wishes: Wishes, out: Path, settings: Path | None, environment: str | None, clock: Clock | None = None
) -> int:
    """Carries out what ``cutover`` was asked for; returns the exit code."""
    if not (wishes.jobs or wishes.everything or wishes.resume or wishes.receipt):
        raise UserError("name the jobs, or give --all; --resume finishes what was left half done")
    with alone(out):
        session = open_session(wishes, out, settings, environment, clock)
        # What is half done goes on by its record; only what is to be begun needs its ecs.yml.
        left_out = [] if wishes.receipt or wishes.resume else unusable_specs(out, _named(session))
        show_left_out(session.console, left_out)
        code = _carried_out(session)
        count_left_out(session.console, left_out)
        return max(code, 1) if left_out else code


def _carried_out(session: Session) -> int:
    wishes = session.wishes
    if wishes.receipt:
        return _take_receipt(session, wishes.receipt)
    if wishes.shadow:
        return begin_shadows(session, _named(session))
    if wishes.resume:
        return _resume(session)
    units = _planned(session)
    if wishes.printing:
        return _print_script(session, units)
    return _go(session, units)


def _named(session: Session) -> list[str]:
    site, wishes = session.site, session.wishes
    for name in wishes.jobs:
        site.job(name)
    if not wishes.everything:
        return list(dict.fromkeys(wishes.jobs))
    named = [job.name for job in site.document.jobs if site.spec_path(job.name).is_there()]
    kept = [name for name in named if session.asker.left_out(name) and site.journal.phase(name) == "old"]
    if kept:
        # Whoever keeps a job has decided: it is neither refused nor "not registered".
        text = ngettext(
            "{n} job stays where it is, as decided: {jobs}",
            "{n} jobs stay where they are, as decided: {jobs}",
            len(kept),
        )
        session.say(text.format(n=len(kept), jobs=", ".join(kept)))
    return [name for name in named if name not in kept]


def _planned(session: Session) -> list[Unit]:
    """The units of what was named and is still to be moved, shown with their changes; refused ones stay behind."""
    site, journal = session.site, session.site.journal
    half = journal.half()
    names = [name for name in _named(session) if journal.phase(name) != "new"]
    # A half moved job is finished first: a second plan on top of it would hide which step is open.
    if set(half) & set(names):
        stuck = ", ".join(sorted(set(half) & set(names)))
        raise UserError(f"{stuck}: half moved; finish that with --resume, or take it back with 'cron2fargate rollback'")
    planned: list[tuple[Unit, Changes]] = []
    for jobs in grouped(site.document, names, site.orders(), apart=session.wishes.apart):
        unit = unit_of(site, jobs, names)
        session.question(unit)
        settle(unit, site, "old", accept_loss=session.wishes.accept_loss)
        planned.append((unit, _checked(session, unit)))
    # The refused ones first, and named again at the end: in a long list the middle is not read.
    planned.sort(key=lambda one: not one[0].refusals)
    for unit, changes in planned:
        show_plan(session, unit, changes, "old")
    units = [unit for unit, _changes in planned]
    for unused in session.asker.words.unused([reason for unit in units for reason in unit.reasons]):
        session.say(_("--accept {what}: nothing of these jobs asks for it").format(what=unused), "yellow")
    return units


def _checked(session: Session, unit: Unit) -> Changes:
    if unit.refusals:
        return Changes()
    try:
        session.mover.check_frames(unit)
        changes = session.mover.changes_out(unit)
        for script in changes.scripts:
            said = comes_back(script.script, session.site.job(script.names[0]), script.before)
            unit.findings += [said] if said is not None else []
        return changes
    except UserError as error:
        unit.refusals.append(str(error))
        return Changes()


def _go(session: Session, units: list[Unit]) -> int:
    ready = [unit for unit in units if not unit.refusals]
    refused = [unit for unit in units if unit.refusals]
    if not ready:
        session.say(plan_text.summary([], refused, _("moved")) if units else _("nothing to move"), "bold")
        tell_refused(session, refused)
        return 1 if refused else 0
    if session.wishes.dry_run:
        tell_refused(session, refused)
        return 1 if refused else 0
    number = sum(len(unit.jobs) for unit in ready)
    question = ngettext(
        "Move {n} job to AWS, in its safe minute?", "Move {n} jobs to AWS, each in its safe minute?", number
    )
    confirm(question.format(n=number), yes=session.wishes.yes)
    session.asker.note([reason for unit in ready for reason in unit.reasons])
    turns = move(session, ready)
    code = report(session, turns, refused, _("moved"))
    # After all have moved: a first run that is waited for must cost no other job its safe minute.
    return max(code, follow(session, turns.done)) if session.wishes.follow else code


def move(session: Session, units: list[Unit]) -> Turns:
    mover, site = session.mover, session.site

    def at_once(unit: Unit) -> bool:
        """Nothing of it is left that the daemon starts, so that waiting would only lose runs."""
        # Its line is out of use already: each minute of waiting loses a run.
        return any(site.journal.phase(job) in OUT_PHASES for job in unit.jobs) and not mover.changes_out(unit)

    return session.in_turn(units, "old", at_once, mover.out)


def _resume(session: Session) -> int:
    """Finishes what was begun, each unit the way it was going."""
    journal = session.site.journal
    session.mover.ask = session.warn
    half = [name for name in journal.half() if not session.wishes.jobs or name in session.wishes.jobs]
    waiting = [name for name in half if journal.jobs[name].get("receipt")]
    if waiting:
        session.say(
            _("{jobs}: a script was printed for the host; go on with --receipt and what it said").format(
                jobs=", ".join(waiting)
            ),
            "yellow",
        )
    half = [name for name in half if name not in waiting]
    session.check_environment(half)
    if not half:
        if not waiting:
            session.say(_("nothing is half done"), "bold")
        return 1 if waiting else 0
    out = [name for name in half if journal.phase(name) in OUT_PHASES]
    back = [name for name in half if name not in out]
    units = [unit_of(session.site, jobs, jobs) for jobs in _units_of_record(session.site, out)]
    for unit in units:
        # It was found fit once; what is left to do must not wait for what cannot be known.
        settle(unit, session.site, "old", accept_loss=True)
        # Findings that kept a job back were settled before its line went.
        unit.refusals = []
        session.say(_("{jobs}: half moved; going on").format(jobs=unit.name))
    if session.wishes.dry_run:
        return 0
    confirm(
        ngettext("Go on with {n} job?", "Go on with {n} jobs?", len(half)).format(n=len(half)), yes=session.wishes.yes
    )
    code = report(session, move(session, units), [], _("moved")) if units else 0
    if back:
        code = max(code, report(session, move_back(session, units_back(session, back)), [], _("taken back")))
    return code


def _units_of_record(site: Site, names: list[str]) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(tuple(site.journal.jobs[name].get("unit", [name])) for name in names))


# -- for a host that is elsewhere ----------------------------------------------------------------------------------------


def _print_script(session: Session, units: list[Unit]) -> int:
    """Prints one script for all units that have a safe minute in common, and notes that it was handed out."""
    import click

    from migrate.cutover.script import comment_script

    ready = [unit for unit in units if not unit.refusals]
    if not ready:
        raise UserError("nothing can be moved, so there is no script", exit_code=1)
    spans = safe_spans(ready, session.site.clock.now())
    if not spans:
        raise UserError("no minute of the next day is safe for all of these jobs; print a script for fewer of them")
    whole = _joined(ready)
    changes = session.mover.changes_out(whole)
    jobs = {job.source.path: job for job in map(session.site.job, whole.scripts) if job.source.path not in whole.lines}
    tables = [session.site.table(job, path) for path, job in jobs.items()]
    text, receipt = comment_script(changes, whole.lines, spans, [(table, table.read()) for table in tables])
    if session.wishes.dry_run:
        session.say(_("nothing was noted: --dry-run"))
    else:
        session.asker.note([reason for unit in ready for reason in unit.reasons])
        _note_printed(session, changes, ready, receipt)
    click.echo(text, nl=False)
    session.say(_("Run it on the host as root; then, at once: cron2fargate cutover --receipt WHAT-IT-PRINTED"), "bold")
    tell_refused(session, [unit for unit in units if unit.refusals])
    return 1 if len(ready) < len(units) else 0


def safe_spans(units: list[Unit], now: float) -> list[tuple[int, int]]:
    """Spans (seconds since 1970) of the next day in which all units may go; those that leave a person some minutes, where
    there are any."""
    begun = int(now // 60)
    minutes = [
        minute
        for minute in range(begun, begun + DAY)
        # Every second of the minute must be safe: a person starts the script.
        if all(unit.minute(minute * 60, minute * 60 + 59, "old") == minute for unit in units)
    ]
    good = set(minutes)
    calm = [minute for minute in minutes if all(minute + more in good for more in range(ENOUGH))]
    spans: list[tuple[int, int]] = []
    for minute in calm or minutes:
        first, last = minute * 60 + FIRST_SECOND, minute * 60 + LAST_SECOND
        if spans and spans[-1][1] + 60 - LAST_SECOND + FIRST_SECOND >= first:
            spans[-1] = spans[-1][0], last
        else:
            spans.append((first, last))
    return spans[:20]


def _joined(units: list[Unit]) -> Unit:
    """All units as one, so that each table is changed once."""
    whole = Unit(tuple(job for unit in units for job in unit.jobs), frozenset())
    for unit in units:
        whole.scripts |= unit.scripts
        for path, numbers in unit.lines.items():
            whole.lines.setdefault(path, {}).update(numbers)
    return whole


def _note_printed(session: Session, changes: Changes, units: list[Unit], receipt: str) -> None:
    journal = session.site.journal
    for change in changes.tables:
        journal.files.setdefault(change.table.path, {})["next"] = change.table.sha256(change.after)
    names = []
    for unit in units:
        tables = [one for one in changes.tables if one.table.path in unit.lines]
        mine = [replace(one, lines=tuple(n for n in one.lines if n in unit.lines[one.table.path])) for one in tables]
        scripts = [one for one in changes.scripts if set(one.names) & set(unit.jobs)]
        names += session.mover.describe(unit, Changes(tuple(mine), tuple(scripts)), receipt=receipt)
    journal.note(names, "comment", "begin", session.site.clock.now())


def _take_receipt(session: Session, receipt: str) -> int:
    """The script ran: its jobs are out of the crontab, and their rules are enabled now."""
    site, journal = session.site, session.site.journal
    names = [name for name, record in journal.jobs.items() if record.get("receipt") == receipt.strip()]
    if not names or any(journal.phase(name) not in OUT_PHASES for name in names):
        raise UserError(f"--receipt {receipt}: no script of ours ends with that; copy it from the last line it printed")
    session.check_environment(names)
    for path in {journal.jobs[name]["path"] for name in names if not journal.jobs[name].get("script")}:
        entry = journal.files[path]
        journal.wrote(path, str(entry.get("next", entry.get("sha256"))))
    journal.note([name for name in names if journal.phase(name) == "commenting"], "comment", "done", site.clock.now())
    for jobs in _units_of_record(site, names):
        unit = Unit(jobs, frozenset(jobs))
        session.say(f"{unit.name}:", "bold")
        session.mover.check_frames(unit)
        session.warn(unit)
        session.mover.enable(unit)
        for name in jobs:
            journal.jobs[name].pop("receipt", None)
    journal.save()
    session.say(plan_text.summary([Unit(tuple(names), frozenset())], [], _("moved")), "bold")
    return 0
