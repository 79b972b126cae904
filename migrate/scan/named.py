"""What a job is asked to be called: by its owner's marker, else by its command; and what tells it from its namesakes."""

from __future__ import annotations

from pathlib import PurePath

from converters.commands.naming import Wanted, job_name
from converters.tables.crontab import Entry
from converters.tables.owners import Owned
from migrate.sources import Source

_NAMED_BY = frozenset({"ansible", "puppet", "chef", "salt"})
"""Owners whose marker holds a name that people chose for the line; whenever's holds a path, Forge's a number."""


def called(source: Source, entry: Entry, owned: Owned | None) -> str:
    """What people would call the job of this entry."""
    path = PurePath(source.path)
    system = source.kind == "system" and path.name != "crontab"
    # People chose the name of a unit; the program that it starts often is a shell.
    unit = source.timer.unit.name.removesuffix(".timer") if source.timer is not None else ""
    return job_name(
        _said(entry),
        variables=entry.environment,
        given=unit or (owned.name if owned is not None and owned.by in _NAMED_BY else ""),
        table=unit or (path.name.removesuffix(".crond") if system else ""),
    )


def wanted(source: Source, entry: Entry, name: str, host: str = "") -> Wanted:
    """The name of this entry's job, and what tells it from its namesakes; ``host`` is its host's, where there are several."""
    return Wanted(name, _said(entry), entry.schedule.text, _table(PurePath(source.path)), host)


def _said(entry: Entry) -> str:
    """The command as its author meant it: a `%` that cron takes for a line's end was meant for date or the shell."""
    return entry.raw_command.replace("\\%", "%")


def _table(path: PurePath) -> str:
    """What a table is called: a user in a spool, a file of cron.d; nothing where its name says nothing."""
    stem = path.name.removesuffix(".crond").removesuffix(".crontab").removesuffix(".cron")
    return "" if stem in ("crontab", "root", "-") else stem
