"""The two ways: out of the crontab onto AWS, and back. Each step is noted before and after; what a crash left half done is
looked at, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.findings.few import counted
from converters.history.safe_minute import FIRST_SECOND, USUAL
from migrate.aws import frames, shadow, side
from migrate.aws.errors import aws_errors
from migrate.aws.plan import Options, plan_jobs
from migrate.cutover import running
from migrate.cutover.turns import LateError, RefusedError
from migrate.cutover.units import Unit
from migrate.errors import UserError
from migrate.sites.scripts import Changes, ScriptChange, change_back, change_out, script_of
from migrate.sites.site import Site
from migrate.sites.tables import Change, Table, commented, find_live, find_moved, keep_backup, restored
from migrate.workspace.journal import Step

if TYPE_CHECKING:
    from migrate.aws.session import Aws


@dataclass
class Mover:
    """Carries units over. ``reader`` looks, ``writer`` switches; ``tell`` gets a line for each step."""

    site: Site
    owner: str
    environment: str
    reader: Aws
    writer: Aws
    tell: Callable[[str], None]
    ask: Callable[[Unit], None] = lambda unit: None
    """Raises UserError where time, effect or place of the unit are neither proven nor accepted."""

    # -- out of the crontab, onto AWS --------------------------------------------------------------------------------

    def out(self, unit: Unit, deadline: float | None = None) -> None:
        """Comments the unit's lines out, then enables its rules. Goes on where an earlier run was cut short.

        After ``deadline`` nothing is begun any more: LateError.
        Raises UserError at the first thing that is not as it must be; the journal then says where the unit stands.
        """
        changes = self._ready(unit)
        self._in_time(deadline)
        if changes:
            self._take_out(unit, changes)
        self.enable(unit)

    def _ready(self, unit: Unit) -> Changes:
        """What is to be taken out of use, where nothing stands against it now; RefusedError with nothing changed."""
        begun = any(self.site.journal.phase(name) != "old" for name in unit.jobs)
        try:
            self.ask(unit)
            self.check_frames(unit)
            self._tidy(unit.lines)
            return self.changes_out(unit)
        except UserError as error:
            # Half moved it runs nowhere: that is no matter of one job that stays where it was.
            if begun:
                raise
            raise RefusedError(str(error)) from error

    def check_frames(self, unit: Unit) -> None:
        """Every job is registered just as its ecs.yml says, and starts nothing yet (unless we were about to let it)."""
        specs = [(str(self.site.spec_path(name)), self.site.spec(name)) for name in unit.jobs]
        with aws_errors(self.reader.where):
            # The same comparison as register's: what is enabled must be what is in ecs.yml.
            for plan in plan_jobs(self.reader, specs, Options(self.owner)):
                if plan.status != "unchanged":
                    raise UserError(f"{plan.name}: {_not_registered(plan.status, plan.refusals)}")
            for name in unit.jobs:
                found = frames.find_or_fail(self.reader, self.owner, name)
                if any(shadow.is_shadow(frame) for frame in found):
                    raise UserError(f"{name}: it still has a shadow; end it with 'cron2fargate rollback {name}'")
                on = [frame for frame in found if frame.enabled and frame.backend != "workflow"]
                if on and self.site.journal.phase(name) not in ("enabling", "new"):
                    raise UserError(
                        f"{name}: {on[0].backend} {on[0].name} is enabled already, so both sides are live; "
                        f"disable it first ('cron2fargate disable {name}')"
                    )

    def changes_out(self, unit: Unit) -> Changes:
        """What is left to take out of use: one change a table, one a script. UserError where a table or a script is not the
        one that was scanned."""
        return Changes(tuple(self._tables_out(unit)), tuple(self._scripts_out(unit)))

    def _scripts_out(self, unit: Unit) -> list[ScriptChange]:
        found = []
        for path in dict.fromkeys(unit.scripts.values()):
            names = [name for name, one in unit.scripts.items() if one == path]
            job = self.site.job(names[0])
            # Whether and when run-parts is called stands in the table, so that must be the one that was scanned.
            table = self.site.table(job, job.source.path)
            record = self.site.journal.jobs.get(names[0], {}).get("script") or {}
            change = change_out(script_of(job, path, self.site.root), job, names, record)
            if change is not None:
                self._check_unchanged(table, table.read())
                found.append(change)
        return found

    def _tables_out(self, unit: Unit) -> list[Change]:
        found = []
        for path, lines in unit.lines.items():
            table = self._table(unit, path)
            data = table.read()
            live = self._still_live(path, lines, data)
            if live:
                self._check_unchanged(table, data)
                found.append(commented(table, data, live))
        return found

    def _still_live(self, path: str, lines: dict[int, list[str]], data: bytes) -> dict[int, list[str]]:
        """The lines that are not behind our marker yet."""
        rows = data.split(b"\n")
        live = {}
        # A marker with the line's digest: numbers alone would take a line that moved for ours.
        for number, names in lines.items():
            record = self.site.journal.jobs.get(names[0], {})
            if record.get("path") == path and find_moved(data, names[0], record.get("digest", "")):
                continue
            if number > len(rows):
                raise UserError(f"{path}: it has no line {number} any more; scan again")
            live[number] = names
        return live

    def _check_unchanged(self, table: Table, data: bytes) -> None:
        import hashlib

        ours = self.site.journal.files.get(table.path, {})
        scanned = self.site.source(table.path).sha256
        if scanned is None and not ours:
            # `next`: a crash after the write and before its entry leaves our own text there.
            raise UserError(f"{self.site.out}/report.json does not say what {table.path} held; scan again")
        known = {ours.get("sha256"), ours.get("next")}
        if hashlib.sha256(data).hexdigest() != scanned and table.sha256(data) not in known:
            raise UserError(f"{table.path}: it was edited since the scan; look at the edit, then scan again")

    def _take_out(self, unit: Unit, changes: Changes) -> None:
        self.describe(unit, changes)
        for script in changes.scripts:
            self._install_script(script, "comment")
        # One table after the other: a crash between two is seen in the journal, and --resume goes on.
        for number_of_table, change in enumerate(changes.tables):
            names = [name for number in change.lines for name in unit.lines[change.table.path][number]]
            try:
                self._install(change, names, "comment")
            except UserError as error:
                if not (number_of_table or changes.scripts):
                    raise
                before = [str(one.script) for one in changes.scripts]
                before += [str(done.table) for done in changes.tables[:number_of_table]]
                raise UserError(
                    f"{error}; but what {unit.name} has in {', '.join(before)} is out of use already and runs nowhere: "
                    "'cron2fargate rollback' takes that back, 'cron2fargate cutover --resume' goes on"
                ) from error
            self.tell(f"  commented out {change.table}:{','.join(map(str, change.lines))}")
        if unit.lossy:
            # cron looks at its tables once a minute (load_database), and has the minute's starts in hand.
            # What the daemon may still start from the old text has to be over before the rule is enabled.
            now = self.site.clock.now()
            self.site.clock.sleep_until((now // 60 + USUAL.reread) * 60 + FIRST_SECOND)

    def describe(self, unit: Unit, changes: Changes, receipt: str | None = None) -> list[str]:
        """Notes what the way back of these changes needs; the jobs that they move."""
        names = []
        for change in changes.tables:
            rows = change.before.decode("utf-8", "surrogateescape").split("\n")
            for number in change.lines:
                for name in unit.lines[change.table.path][number]:
                    self._note_place(unit, name, rows, number, receipt=receipt)
                    names.append(name)
        for script in changes.scripts:
            for name in script.names:
                job = self.site.job(name)
                data = self.site.table(job, job.source.path).read()
                rows = data.decode("utf-8", "surrogateescape").split("\n")
                self._note_place(unit, name, rows, job.source.line, script.record(), receipt=receipt)
                names.append(name)
        return names

    def _note_place(
        self,
        unit: Unit,
        name: str,
        rows: list[str],
        number: int,
        script: Mapping[str, object] | None = None,
        *,
        receipt: str | None,
    ) -> None:
        row = rows[number - 1] if number <= len(rows) else ""
        where = self.environment
        self.site.note_place(
            name, line=number, row=row, environment=where, unit=unit.jobs, script=script, receipt=receipt
        )

    def _install_script(self, change: ScriptChange, step: Step) -> None:
        journal, now = self.site.journal, self.site.clock.now
        # Written before the deed, as for a table: one call of the kernel's changes it, so it is either way or the other.
        journal.note(change.names, step, "begin", now())
        change.install()
        journal.note(change.names, step, "done", now())
        self.tell(f"  {change.script}: {change.told()}")

    def _install(self, change: Change, names: list[str], step: str) -> None:
        journal, table = self.site.journal, change.table
        entry = journal.files.setdefault(table.path, {})
        backup = keep_backup(self.site.out, table, change.before)
        entry["backups"] = list(dict.fromkeys([*entry.get("backups", []), backup]))
        entry["next"] = table.sha256(change.after)
        # Written before the deed: after a crash it is known that it may have been done.
        journal.note(names, step, "begin", self.site.clock.now())  # type: ignore[arg-type]
        table.install(change.before, change.after)
        journal.wrote(table.path, entry.pop("next"))
        journal.note(names, step, "done", self.site.clock.now())  # type: ignore[arg-type]

    def enable(self, unit: Unit) -> None:
        """Enables the rules of a unit whose lines are out of use."""
        journal = self.site.journal
        # A job whose line was out of use before we came has no entry yet.
        for name in unit.jobs:
            if journal.phase(name) == "commenting":
                # The line is behind our marker: whether by us is in the journal, that it is out of use is certain.
                journal.note([name], "comment", "done", self.site.clock.now())
        waiting = [name for name in unit.jobs if journal.phase(name) != "new"]
        if not waiting:
            return
        journal.note(waiting, "enable", "begin", self.site.clock.now())
        try:
            self._switch(waiting, on=True)
        except UserError as error:
            raise UserError(
                f"{unit.name}: the lines are commented out, but the rules are not all enabled ({error}); they run on "
                "neither side: 'cron2fargate cutover --resume' to go on, or 'cron2fargate rollback'"
            ) from error
        journal.note(waiting, "enable", "done", self.site.clock.now())

    def _switch(self, names: Iterable[str], *, on: bool) -> None:
        with aws_errors(self.reader.where):
            for name in names:
                for frame in frames.find_or_fail(self.reader, self.owner, name):
                    # What runs after other jobs has nothing of its own to switch.
                    if frame.enabled != on and frame.backend != "workflow":
                        frames.switch(self.writer, self.owner, frame, on=on)
                        self.tell(f"  {'enabled' if on else 'disabled'} {frame.backend} {frame.name}")

    # -- back --------------------------------------------------------------------------------------------------------

    def back(self, unit: Unit, deadline: float | None = None) -> None:
        """Disables the unit's rules, then restores its lines. After ``deadline`` nothing is begun: LateError."""
        changes = self.changes_back(unit)
        lines = [name for name in unit.jobs if name not in unit.scripts]
        self._tidy(self.site.journal.jobs[name]["path"] for name in lines)
        self._in_time(deadline)
        self.disable(unit)
        for script in changes.scripts:
            self._install_script(script, "restore")
        for change in changes.tables:
            names = [name for name in lines if self.site.journal.jobs[name]["path"] == change.table.path]
            self._install(change, names, "restore")
            self.tell(f"  restored {change.table}:{','.join(map(str, change.lines))}")
        self._all_back(unit)

    def changes_back(self, unit: Unit) -> Changes:
        """What is left to restore: one change a table, one a script. UserError where a line stands on neither side of its
        marker, or a script is gone."""
        return Changes(tuple(self._tables_back(unit)), tuple(self._scripts_back(unit)))

    def _scripts_back(self, unit: Unit) -> list[ScriptChange]:
        found = []
        for path in dict.fromkeys(unit.scripts.values()):
            names = [name for name, one in unit.scripts.items() if one == path]
            record = self.site.journal.jobs[names[0]].get("script") or {}
            change = change_back(script_of(self.site.job(names[0]), path, self.site.root), names, record)
            found += [change] if change is not None else []
        return found

    def _tables_back(self, unit: Unit) -> list[Change]:
        found = []
        lines = [name for name in unit.jobs if name not in unit.scripts]
        for path in dict.fromkeys(self.site.journal.jobs[name]["path"] for name in lines):
            table = self._table(unit, path)
            data = table.read()
            numbers: list[int] = []
            for name in lines:
                record = self.site.journal.jobs[name]
                # A unit may stand in several tables.
                if record["path"] != path:
                    continue
                moved = find_moved(data, name, record["digest"])
                if moved is None and find_live(data, record["line"], record["digest"]) is None:
                    raise UserError(
                        f"{path}: the line of {name} is gone, or was edited behind its marker (it was line "
                        f"{record['line']}); nothing was changed: put it back by hand from .cron2fargate/backups"
                    )
                if moved is not None and not moved.intact:
                    raise UserError(f"{path}:{moved.line}: it was edited behind its marker; mend it by hand")
                numbers += [moved.line] if moved is not None and moved.line not in numbers else []
            if numbers:
                found.append(restored(table, data, sorted(numbers)))
        return found

    def disable(self, unit: Unit) -> None:
        """Disables the rules of a unit that are enabled."""
        journal = self.site.journal
        with aws_errors(self.reader.where):
            found = {name: frames.find(self.reader, self.owner, name) for name in unit.jobs}
        # Only what AWS shows as enabled needs a call, but a switch that may have been begun is noted all the same.
        on = [name for name in unit.jobs if any(f.enabled and f.backend != "workflow" for f in found[name])]
        if not on and all(
            journal.phase(name) in ("commenting", "commented", "disabled", "restoring") for name in unit.jobs
        ):
            return
        journal.note(unit.jobs, "disable", "begin", self.site.clock.now())
        try:
            self._switch(on, on=False)
        except UserError as error:
            raise UserError(
                f"{unit.name}: the rules are not all disabled ({error}); the crontab was not touched: "
                "'cron2fargate rollback' again when AWS answers"
            ) from error
        journal.note(unit.jobs, "disable", "done", self.site.clock.now())
        if unit.lossy:
            # Until the rules heed it, and what they started last has begun, the line has to stay out of use.
            # EventBridge heeds a switch within a minute, and a start that was due is delivered up to a minute late.
            heeded = self.site.clock.now() + USUAL.propagation + USUAL.precision + USUAL.lag
            self.site.clock.sleep_until((heeded // 60 + 1) * 60 + FIRST_SECOND)

    def _all_back(self, unit: Unit) -> None:
        """Lines that were live again before we came (a crash after the last write) are noted as well."""
        left = [name for name in unit.jobs if self.site.journal.phase(name) != "old"]
        if left:
            self.site.journal.note(left, "restore", "done", self.site.clock.now())

    # -- waiting -----------------------------------------------------------------------------------------------------

    def still_running(self, unit: Unit, source: str) -> str | None:
        """Why a run of the unit seems to be going on the side it leaves, as far as that can be seen from here."""
        for name in unit.jobs:
            if source == "old":
                here = any(self._table(unit, self.site.job(one).source.path).live for one in unit.jobs)
                why = running.run_here(self.site.job(name)) if here else None
                script = self.site.script(name)
                if not why and script is not None:
                    why = running.catching_up(self.site.job(name), script.place.tree, self.site.clock.now())
                if why:
                    return f"{name}: {why}"
            else:
                cluster = self.reader.environment.cluster or self.site.spec(name).cluster
                with aws_errors(self.reader.where):
                    # Tasks that run are let run: their end is waited for, not forced.
                    number = side.going(self.reader, cluster, name) if cluster else 0
                if number:
                    return f"{name}: {counted(number, 'task still runs', 'tasks still run')} on AWS"
        return None

    def _in_time(self, deadline: float | None) -> None:
        if deadline is not None and self.site.clock.now() > deadline:
            raise LateError

    def _tidy(self, paths: Iterable[str]) -> None:
        """Removes what a killed run left beside the tables; what may be somebody's edit is kept and told."""
        for path in dict.fromkeys(paths):
            entry = self.site.journal.files.get(path, {})
            backups = {Path(name).name.partition("-")[0] for name in entry.get("backups", [])}
            job = next(job for job in self.site.jobs.values() if job.source.path == path)
            for kept in self.site.table(job, path).sweep({*backups, entry.get("sha256", ""), entry.get("next", "")}):
                self.tell(
                    f"  ! {kept} was left by a run that was killed, and holds a text of somebody else; look at it"
                )

    def _table(self, unit: Unit, path: str) -> Table:
        return self.site.table(self.site.job(unit.jobs[0]), path)


def _not_registered(status: str, refusals: list[str]) -> str:
    match status:
        case "missing":
            return "it is not registered; run 'cron2fargate register --create' first"
        case "changes":
            return "AWS has not what its ecs.yml says; run 'cron2fargate register' first"
        case _:
            return refusals[0] if refusals else f"register would not take it ({status})"
