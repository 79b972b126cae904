"""What python-crontab makes of each line: class, schedule, user, command and environment."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from crontab import CronItem, CronTab

from converters.opinions import readings as library_readings
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.fields import DAY_OF_WEEK, FIELDS, FieldError, members, parse_field
from converters.schedules.schedule import NICKNAMES, Schedule, Special
from converters.tables.crontab import Crontab, Entry, Line, split_percent
from migrate.cross_check.disagreement import Disagreement, ordered, quoted

LONGEST = 4096  # characters of a line; the library's patterns take quadratic time on blanks
ONCE_A_TABLE = {"crontab-blanks", "crontab-carriage-return", "crontab-next-job-only"}


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What became of a line: ``job``, ``variable``, ``text`` (kept, and commented out if it is no comment), ``lost``, or the
    exception that ``raises``."""

    kind: str
    item: Any = None
    variable: tuple[str, str] | None = None
    error: str = ""

    def __str__(self) -> str:
        if self.variable is not None:
            return f"reads an assignment to {quoted(self.variable[0])}"
        words = {"job": "reads a job", "text": "keeps it as no job and comments it out", "lost": "loses it"}
        return words.get(self.kind) or f"raises {self.error}"


class _Recorder(OrderedDict[str, str]):
    """The library's list of assignments that wait for their job; remembers the last one made."""

    def __init__(self, made: OrderedDict[str, str]) -> None:
        super().__init__(made)
        self.last: tuple[str, str] | None = None

    def __setitem__(self, key: str, value: str) -> None:
        self.last = (key, value)
        super().__setitem__(key, value)


def check(path: str, table: Crontab, dialect: Dialect, *, system: bool) -> list[Disagreement]:
    """Every disagreement about one table, line by line; what holds of many lines alike is told once, with their number."""
    found: list[Disagreement] = []
    jobs = 0
    known: set[str] = set()  # the variables it has read so far
    with _quiet():
        tab = CronTab(tab="", user=False if system else None)  # type: ignore[no-untyped-call]
        for line in table.lines:
            if len(line.text) > LONGEST:
                said = f"not asked: the line has {len(line.text)} characters"
                found.append(Disagreement(path, line.number, "python-crontab", said, ()))
                continue
            opinion = _opinion(tab, line.text)
            jobs += opinion.kind == "job"
            known |= {opinion.variable[0]} if opinion.variable is not None else set()
            found += _compared(path, line, opinion, dialect, known)
    if table.dead is not None and jobs:
        at = next((line.number for line in table.lines if line.kind == "invalid"), len(table.lines))
        said = f"{table.dead}; python-crontab reads {jobs} job{'s' if jobs > 1 else ''}"
        found.append(Disagreement(path, at, "python-crontab", said, ("crontab-dead-file",)))
    return list(_gathered(found))


@contextmanager
def _quiet() -> Iterator[None]:
    """The library logs each line it refuses; that is an opinion here, not news."""
    log = logging.getLogger("crontab")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _opinion(tab: Any, text: str) -> _Opinion:
    """One line fed as the library feeds its own (``CronTab.__setattr__``), so that its state carries over."""
    parked = tab._parked_env = _Recorder(tab._parked_env)
    kept = len(tab.lines)
    try:
        item = CronItem.from_line(text, cron=tab)  # type: ignore[no-untyped-call]
        tab.append(item, text, read=True)
        valid = item.is_valid()
    except Exception as error:  # the library may raise anything on odd input: that is its opinion
        return _Opinion("raises", error=type(error).__name__)
    if valid:
        return _Opinion("job" if item.is_enabled() else "text", item)
    if parked.last is not None:
        return _Opinion("variable", variable=parked.last)
    return _Opinion("text" if len(tab.lines) > kept else "lost")


def _gathered(found: list[Disagreement]) -> Iterator[Disagreement]:
    """The same thing about many lines once; the same schedule once."""
    merged: dict[tuple[object, ...], Disagreement] = {}
    for one in found:
        once = set(one.codes) <= ONCE_A_TABLE and one.codes
        key = (
            (one.codes,)
            if once
            else (one.codes, one.what)
            if one.what.startswith("the schedule ")
            else (one.line, one.what)
        )
        first = merged.get(key)
        merged[key] = one if first is None else replace(first, lines=first.lines + 1)
    yield from merged.values()


# --- one line ---------------------------------------------------------------------------------------------------------


def _compared(path: str, line: Line, opinion: _Opinion, dialect: Dialect, known: set[str]) -> Iterator[Disagreement]:
    def differ(what: str, codes: set[str], more: str = "") -> Disagreement:
        return Disagreement(path, line.number, "python-crontab", what, ordered(codes), more)

    if line.entry is not None and opinion.kind == "job":
        for what, codes in _job(line.entry, opinion.item, dialect, known):
            yield differ(what, codes)
        return
    if line.variable is not None and opinion.variable is not None:
        if line.variable != opinion.variable:
            readings = f"{_assigned(line.variable)} for the daemon, {_assigned(opinion.variable)} for python-crontab"
            yield differ(
                f"{quoted(line.text)}: {readings}", _codes_of_value(line.variable, opinion.variable, line.text, dialect)
            )
        return
    if opinion.kind == "text" and line.entry is None and line.variable is None:
        return  # neither starts or sets anything, and the line is kept
    reads = {"job": "a job", "environment": "an assignment", "comment": "a comment", "blank": "nothing"}
    ours = reads.get(line.kind) or "an error"
    if opinion.kind == "lost" and line.kind == "blank":
        return
    fault = line.fault.message if line.fault is not None else ""
    what = f"{quoted(line.text)}: {ours} for the daemon; python-crontab {opinion}"
    yield differ(what, _codes_of_class(line, opinion, dialect), fault)


def _assigned(variable: tuple[str, str]) -> str:
    return quoted(f"{variable[0]}={variable[1]}")


def _codes_of_class(line: Line, opinion: _Opinion, dialect: Dialect) -> set[str]:
    """Why a line is one thing for the daemon and another for the library."""
    if dialect.busybox and (
        "#" in line.text or line.continues or line.text.endswith("\\") or opinion.kind == "variable"
    ):
        return {"crontab-busybox-lines"}
    codes = set()
    before, equals, value = line.text.partition("=")
    if opinion.kind == "raises":
        if equals and not value.strip():
            return {"crontab-raises"}
        return {"crontab-no-user"} if re.search(r"\s{2,}#", line.text) else set()
    if opinion.kind == "lost" and equals and " " in before:
        codes.add("crontab-loses-line")
    if opinion.variable is not None and equals and " " not in before:
        codes.add("crontab-comment-variable" if line.kind == "comment" else "crontab-odd-assignment")
    if opinion.kind == "job":
        codes |= _codes_of_accepted(line)
    if line.entry is not None:
        refused = _codes_of_refused(line.entry)
        codes = codes | refused if refused else set()
    return codes


def _codes_of_accepted(line: Line) -> set[str]:
    """A line the daemon refuses and the library takes: by its nickname, or by a rule the library does not have."""
    word = line.text.split()[0]
    if word.startswith("@"):
        return set(library_readings.python_crontab(word).codes) or ({"crontab-accepts"} if line.fault else set())
    return {"crontab-accepts"} if line.fault is not None else set()


def _codes_of_refused(entry: Entry) -> set[str]:
    """A line the daemon runs and the library does not take for a job."""
    text = entry.schedule.text
    nickname, command = text.startswith("@"), entry.raw_command.strip()
    reasons = {
        "crontab-flags": "-" in entry.flags,
        "crontab-interval": isinstance(entry.schedule, Special) and entry.schedule.kind == "interval",
        "crontab-nickname-hash": nickname and "#" in command,
        "crontab-empty-command": not command,
        "crontab-cuts-comment": command.startswith("#"),
        "crontab-disables": text == "@every_minute" or not library_readings.python_crontab(text).text,
    }
    return {next(code for code, holds in reasons.items() if holds)} if any(reasons.values()) else set()


def _codes_of_value(ours: tuple[str, str], theirs: tuple[str, str], text: str, dialect: Dialect) -> set[str]:
    if len(text) >= dialect.max_variable:
        return {"crontab-truncates"}
    bare = [tuple(part.strip(" \t\"'") for part in pair) for pair in (ours, theirs)]
    if bare[0] != bare[1]:
        return {"crontab-busybox-lines"} if dialect.busybox else set()
    if tuple(part.strip() for part in ours) == tuple(part.strip() for part in theirs):
        return {"crontab-value-blanks"}
    return {"crontab-quotes"}


# --- a job ------------------------------------------------------------------------------------------------------------


def _job(entry: Entry, item: Any, dialect: Dialect, known: set[str]) -> Iterator[tuple[str, set[str]]]:
    yield from _schedule(entry.schedule, item, dialect)
    if entry.user is not None and item.user != entry.user:
        yield f"user {quoted(entry.user)} for the daemon, {quoted(str(item.user))} for python-crontab", set()
    theirs = item.command, item.stdin
    if theirs != (entry.command, entry.stdin):
        what = f"the shell gets {_given(entry.command, entry.stdin)} from the daemon, {_given(*theirs)} from python-crontab"
        yield what, _codes_of_command(entry, theirs, dialect)
    missing = [name for name in entry.environment if name in known and name not in item.env]
    if missing:
        yield (
            f"{', '.join(map(quoted, missing))} set for the daemon, not in python-crontab's `job.env`",
            {"crontab-next-job-only"},
        )


def _given(command: str, stdin: str | None) -> str:
    return quoted(command) + (
        f" and {quoted(stdin.encode('unicode_escape', 'replace').decode())} to read" if stdin is not None else ""
    )


def _codes_of_command(entry: Entry, theirs: tuple[str, str | None], dialect: Dialect) -> set[str]:
    """The library's steps on the daemon's text, one by one; they explain the difference if they end where it ended."""
    codes = set()
    raw = entry.raw_command
    if len(raw.encode("utf-8", "surrogateescape")) >= dialect.max_command:
        return {"crontab-truncates"}
    if entry.flags:
        codes.add("crontab-flags")
        theirs = re.sub(r"^(?:-\w+\s+)+", "", theirs[0]), theirs[1]
    kept = re.split(r"\s+#", raw.lstrip(), maxsplit=1)[0]
    if kept != raw.lstrip():
        codes.add("crontab-cuts-comment")
    if kept.rstrip(" \t").endswith("\r"):
        codes.add("crontab-carriage-return")
    kept = kept.strip()
    if raw != raw.strip(" \t") and raw.strip(" \t").startswith(kept):
        codes.add("crontab-blanks")
    command, newline, stdin = kept.replace("%", "\n").replace("\\\n", "%").partition("\n")
    foretold = command.strip(), stdin if newline else None
    if split_percent(kept, dialect) != foretold:
        codes.add("crontab-percent" if dialect.percent else "crontab-no-percent")
    if foretold == theirs:
        return codes
    return {"crontab-busybox-lines"} if dialect.busybox and theirs[0].startswith(foretold[0]) else set()


def _schedule(ours: Schedule | Special, item: Any, dialect: Dialect) -> Iterator[tuple[str, set[str]]]:
    if isinstance(ours, Special):
        if not (ours.kind == "reboot" and item.slices.special == "@reboot"):
            theirs = quoted(item.slices.clean_render())
            said = f"the schedule {quoted(ours.text)}: no clock starts it, but python-crontab reads {theirs}"
            yield said, {"crontab-interval"} if ours.kind == "interval" else set()
        return
    text = NICKNAMES.get(ours.text[1:], ours.text) if ours.text.startswith("@") else ours.text
    sets = [_folded(sum(1 << int(value) for value in set(part)), index) for index, part in enumerate(item.slices)]
    mine = _fields(text, dialect)
    if mine == sets:
        return
    parts = [
        f"{field.name} {_values(left)} for the daemon, {_values(right)} for python-crontab"
        for field, left, right in zip(FIELDS, mine or sets, sets, strict=True)
        if left != right
    ]
    reading = library_readings.python_crontab(text)
    codes = set(reading.codes) if _fields(reading.text, DIALECTS["debian"]) == sets else set()
    if _fields(text, DIALECTS["debian"]) == sets != mine:
        codes.add("crontab-dialect-fields")
    yield f"the schedule {quoted(ours.text)}: {'; '.join(parts)}", codes


def _folded(bits: int, index: int) -> int:
    return (bits | bits >> 7) & 0x7F if FIELDS[index] is DAY_OF_WEEK else bits


def _fields(text: str, dialect: Dialect) -> list[int] | None:
    """The sets of five fields, without a value the field does not have (BusyBox fills a day 0)."""
    words = text.split()
    if len(words) != len(FIELDS):
        return None
    try:
        bits = [parse_field(word, field, dialect).bits for word, field in zip(words, FIELDS, strict=True)]
    except FieldError:
        return None
    return [_folded(value, index) & ~((1 << FIELDS[index].low) - 1) for index, value in enumerate(bits)]


def _values(bits: int) -> str:
    values = [str(value) for value in members(bits)]
    return ", ".join(values[:8]) + (f" … ({len(values)} in all)" if len(values) > 8 else "") if values else "none"
