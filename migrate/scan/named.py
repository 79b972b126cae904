"""What a job is asked to be called: by its owner's marker, else by its command; and what tells it from its namesakes."""

from __future__ import annotations

from pathlib import PurePath

from converters.commands.naming import Wanted, job_name
from converters.tables.crontab import Entry
from converters.tables.owners import Owned
from migrate.sources import Source

_NAMED_BY = frozenset({"ansible", "puppet", "chef", "salt"})
"""Owners whose marker holds a name that people chose for the line; whenever's holds a path, Forge's a number."""


def wanted_name(source: Source, entry: Entry, owned: Owned | None, host: str = "") -> Wanted:
    """What people would call the job of this entry; ``host`` is its host's name, where there are several."""
    # As its author meant it: a `%` that cron takes for a line's end was meant for date or the shell.
    said = entry.raw_command.replace("\\%", "%")
    path = PurePath(source.path)
    system = source.kind == "system" and path.name != "crontab"
    name = job_name(
        said,
        variables=entry.environment,
        given=owned.name if owned is not None and owned.by in _NAMED_BY else "",
        table=path.name.removesuffix(".crond") if system else "",
    )
    return Wanted(name, said, entry.schedule.text, _table(path), host)


def _table(path: PurePath) -> str:
    """What a table is called: a user in a spool, a file of cron.d; nothing where its name says nothing."""
    stem = path.name.removesuffix(".crond").removesuffix(".crontab").removesuffix(".cron")
    return "" if stem in ("crontab", "root", "-") else stem
