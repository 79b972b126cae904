"""The two ways: out of the crontab onto AWS, and back. Each step is noted before and after; what a crash left half done is
looked at, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.history.safe_minute import FIRST_SECOND, USUAL
from migrate.aws import frames, shadow, side
from migrate.aws.errors import aws_errors
from migrate.aws.plan import Options, plan_jobs
from migrate.cutover import running
from migrate.cutover.site import Site, kept_of, kept_of_table
from migrate.cutover.tables import Change, Table, commented, find_live, find_moved, keep_backup, restored
from migrate.cutover.turns import LateError, RefusedError
from migrate.cutover.units import Unit
from migrate.errors import UserError

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
            self._comment_out(unit, changes)
        self.enable(unit)

    def _ready(self, unit: Unit) -> list[Change]:
        """What is to be commented out, where nothing stands against it now; RefusedError with nothing changed."""
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

    def changes_out(self, unit: Unit) -> list[Change]:
        """What is left to comment out: one change a table. UserError where a table is not the one that was scanned."""
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

    def _comment_out(self, unit: Unit, changes: list[Change]) -> None:
        from converters.tables.comment_out import digest_of

        journal, now = self.site.journal, self.site.clock.now
        for change in changes:
            rows = change.before.decode("utf-8", "surrogateescape").split("\n")
            path = change.table.path
            for number in change.lines:
                for name in unit.lines[path][number]:
                    journal.describe(
                        name,
                        path=path,
                        line=number,
                        digest=digest_of(rows[number - 1]),
                        environment=self.environment,
                        unit=list(unit.jobs),
                        job=kept_of(self.site.job(name)),
                        source=kept_of_table(self.site.source(path)),
                    )
        # One table after the other: a crash between two is seen in the journal, and --resume goes on.
        for number_of_table, change in enumerate(changes):
            names = [name for number in change.lines for name in unit.lines[change.table.path][number]]
            try:
                self._install(change, names, "comment")
            except UserError as error:
                if not number_of_table:
                    raise
                before = ", ".join(str(done.table) for done in changes[:number_of_table])
                raise UserError(
                    f"{error}; but the lines of {unit.name} in {before} are commented out already and run nowhere: "
                    "'cron2fargate rollback' takes that back, 'cron2fargate cutover --resume' goes on"
                ) from error
            self.tell(f"  commented out {change.table}:{','.join(map(str, change.lines))}")
        if unit.lossy:
            # cron looks at its tables once a minute (load_database), and has the minute's starts in hand.
            # What the daemon may still start from the old text has to be over before the rule is enabled.
            self.site.clock.sleep_until((now() // 60 + USUAL.reread) * 60 + FIRST_SECOND)

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
        self._tidy(self.site.journal.jobs[name]["path"] for name in unit.jobs)
        self._in_time(deadline)
        self.disable(unit)
        for change in changes:
            names = [name for name in unit.jobs if self.site.journal.jobs[name]["path"] == change.table.path]
            self._install(change, names, "restore")
            self.tell(f"  restored {change.table}:{','.join(map(str, change.lines))}")
        self._all_back(unit)

    def changes_back(self, unit: Unit) -> list[Change]:
        """What is left to restore: one change a table. UserError where a line stands on neither side of its marker."""
        found = []
        for path in dict.fromkeys(self.site.journal.jobs[name]["path"] for name in unit.jobs):
            table = self._table(unit, path)
            data = table.read()
            numbers: list[int] = []
            for name in unit.jobs:
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
                here = any(self._table(unit, path).live for path in unit.lines)
                why = running.run_here(self.site.job(name)) if here else None
                if why:
                    return f"{name}: {why}"
            else:
                cluster = self.reader.environment.cluster or self.site.spec(name).cluster
                with aws_errors(self.reader.where):
                    # Tasks that run are let run: their end is waited for, not forced.
                    number = side.going(self.reader, cluster, name) if cluster else 0
                if number:
                    return f"{name}: {number} task(s) still run on AWS"
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
