"""JSON back into the document. What is not of the contract's shape is one sentence that says where, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, NamedTuple, Union, cast, get_args, get_origin

from migrate.document.job import DateGuard, Job, JobHistory
from migrate.document.model import VERSION, Document, TableRead
from migrate.document.shape import Time, members
from migrate.errors import UserError
from migrate.machine.files import confined, json_of, read_if_there

REPORT = "report.json"
_Read = Callable[[object], object]
_NEEDED = ("id", "name", "source", "schedule", "timezone", "dialect", "line")
"""What every document of a scan tells of a job; all else has come later, one by one."""


class MisfitError(ValueError):
    """A value that does not fit the contract: what is wrong, and the keys that lead there."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"{''.join(reversed(self.path)).lstrip('.') or 'the document'} {self.what}"


def read_document(out: Path) -> Document:
    """report.json of the workspace ``out``; UserError, one sentence, for anything but a document of ``scan``."""
    path = confined(out, REPORT)
    data = read_if_there(path) if out.is_dir() else None
    if data is None:
        raise UserError(
            f"{path}: there is no such file; run 'cron2fargate scan' first, or name the workspace with --out"
        )
    try:
        found = json_of(data)
    except ValueError as error:
        raise UserError(f"{path}: {error}; run 'cron2fargate scan' again to write it anew") from None
    del data
    try:
        _check(found)
        return document_from(found)
    except MisfitError as error:
        raise UserError(
            f"{path}: not a report of 'cron2fargate scan' ({error}); run it again to write it anew"
        ) from None


def _check(found: object) -> None:
    """What a document needs to be one of ``scan``; and a name must not lead out of ``jobs/``."""
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise MisfitError(f"is not of version {VERSION}")
    window, jobs = found.get("window"), found.get("jobs")
    if not isinstance(window, dict) or not {"from", "until"} <= window.keys():
        raise MisfitError("has no window")
    first, last = window["from"] or "", window["until"] or ""
    # Texts of one form (their fields are TIME), so their order is that of the times; a day alone comes before its hours.
    if (first or last) and not (first and str(first) < str(last)):
        raise MisfitError("has a window that does not end after it begins")
    if not isinstance(jobs, list):
        raise MisfitError("has no jobs")
    for number, job in enumerate(jobs):
        missing = [key for key in _NEEDED if not isinstance(job, dict) or key not in job]
        if missing:
            raise MisfitError(f"lacks jobs[{number}].{missing[0]}")
        name = job["name"]
        if not isinstance(name, str) or not name.strip(".") or "/" in name or "\0" in name:
            raise MisfitError(f"has a job with the name {name!r}")


def document_from(value: object) -> Document:
    """A document from its mapping; what is missing is taken as it was before there was such a thing. Raises MisfitError.

    The jobs of the mapping are taken out of it one by one, so that a fleet is not in memory twice.
    """
    if not isinstance(value, dict) or not isinstance(value.get("jobs", []), list):
        raise MisfitError("has no jobs")
    rows: list[object] = value.pop("jobs", [])
    read = _reader(Job)
    for number, row in enumerate(rows):
        try:
            rows[number] = read(row)
        except MisfitError as error:
            raise _at(error, f"jobs[{number}]") from None
    return cast("Document", _reader(Document)(value | {"jobs": rows}))


def job_from(value: object) -> Job:
    """One job, of which a record of a cutover keeps only a part; MisfitError where it is none."""
    return cast("Job", _reader(Job)(value))


def history_from(value: object) -> JobHistory:
    """What a log told of a job."""
    return cast("JobHistory", _reader(JobHistory)(value))


def guard_from(value: object) -> DateGuard:
    """A guard, as ecs.yml has it."""
    return cast("DateGuard", _reader(DateGuard)(value))


def table_from(value: object) -> TableRead:
    """One table, as a record of a cutover keeps it."""
    return cast("TableRead", _reader(TableRead)(value))


@cache
def _reader(hint: Hashable) -> _Read:
    """What reads a value of this type; worked out once for each type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _either(tuple(map(_reader, arguments)))
    if origin is Literal:
        return _one_of(arguments)
    if origin is not None:
        return _several(_reader(arguments[0])) if origin is tuple else _mapping(_reader(arguments[1]))
    if isinstance(hint, type) and hint is not object:
        return _object(hint) if is_dataclass(hint) else _plain(hint)
    return lambda value: value


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}


def _plain(wanted: type) -> _Read:
    # JSON has one kind of number, and Python's true is a number too.
    fits: tuple[type, ...] = (int, float) if wanted is float else (wanted,)

    def read(value: object) -> object:
        if value.__class__ not in fits:
            raise MisfitError(f"is not {_WORDS[wanted]}")
        return value

    return read


def _either(readers: tuple[_Read, ...]) -> _Read:
    def read(value: object) -> object:
        if value is None:
            return readers[-1](None)
        wrong: MisfitError | None = None
        for one in readers:
            try:
                return one(value)
            except MisfitError as error:
                wrong = wrong or error
        raise wrong or MisfitError("does not fit")

    return read


def _one_of(words: tuple[object, ...]) -> _Read:
    def read(value: object) -> object:
        if value not in words:
            raise MisfitError(f"is none of {', '.join(map(str, words))}")
        return value

    return read


def _several(one: _Read) -> _Read:
    def read(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise MisfitError("is not a list")
        found: list[object] = []
        for number, item in enumerate(value):
            try:
                found.append(one(item))
            except MisfitError as error:
                raise _at(error, f"[{number}]") from None
        return tuple(found)

    return read


def _mapping(one: _Read) -> _Read:
    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            raise MisfitError("is not a mapping")
        found: dict[object, object] = {}
        for key, item in value.items():
            try:
                found[key] = one(item)
            except MisfitError as error:
                raise _at(error, f".{key}") from None
        return found

    return read


class _Step(NamedTuple):
    """How one field is read."""

    name: str
    key: str
    read: _Read
    required: bool
    nullable: bool


@cache
def _steps(cls: type) -> tuple[_Step, ...]:
    return tuple(
        _Step(
            one.name,
            one.key,
            _timed(_reader(one.hint), one.time) if one.time else _reader(one.hint),
            one.required,
            NoneType in get_args(one.hint),
        )
        for one in members(cls)
    )


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z)?")


def _timed(reads: _Read, time: Time) -> _Read:
    """A text that is computed with: a page of a day that no calendar has would end half-way."""

    def read(value: object) -> object:
        found = reads(value)
        if isinstance(found, str) and found:
            try:
                # Of ISO 8601, fromisoformat reads more than is written here: weeks, and times of no zone.
                known = _TIME.fullmatch(found) and datetime.fromisoformat(found)
            except ValueError:
                known = None
            if not known:
                raise MisfitError(f"is no time like {time.like}")
        return found

    return read


def _object(cls: type) -> _Read:
    def read(value: object) -> object:
        if value.__class__ is cls:  # a job that was read before its document
            return value
        return cls(**_fields(value, _steps(cls)))

    return read


def _fields(value: object, steps: Iterable[_Step]) -> dict[str, object]:
    """The fields of an object by their names here. Null counts as missing where nothing else can be meant."""
    if not isinstance(value, Mapping):
        raise MisfitError("is not a mapping")
    found: dict[str, object] = {}
    for name, key, read, required, nullable in steps:
        one = value.get(key)
        if one is None and not nullable:
            if required:
                raise _at(MisfitError("is missing"), f".{key}")
            continue
        try:
            found[name] = read(one)
        except MisfitError as error:
            raise _at(error, f".{key}") from None
    return found


def _at(error: MisfitError, step: str) -> MisfitError:
    error.path.append(step)
    return error
