"""The journal: which step of which job was begun and which is done. Written before and after every step, and waited for.

``.cron2fargate/cutover.json``. A job's phase follows from its last entry, so that after a crash at any instant it is known
what may have happened since. It holds no line of a crontab, for those may hold secrets: the tables keep their own lines.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, Unpack, cast

from migrate.errors import UserError
from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic
from migrate.machine.now import stamp
from migrate.machine.rooted import Place
from migrate.settings.loading import SCHEMA_DIRECTORY

Step = Literal["comment", "enable", "disable", "restore"]
Event = Literal["begin", "done"]
Phase = Literal["old", "commenting", "commented", "enabling", "new", "disabling", "disabled", "restoring"]

_PHASES: dict[tuple[str, str], Phase] = {
    ("comment", "begin"): "commenting",
    ("comment", "done"): "commented",
    ("enable", "begin"): "enabling",
    ("enable", "done"): "new",
    ("disable", "begin"): "disabling",
    ("disable", "done"): "disabled",
    ("restore", "begin"): "restoring",
    ("restore", "done"): "old",
}
# What a journal holds: `*` stands for any key, a list for any number of its one shape, one in parentheses for it or null,
# None for what is checked elsewhere.
_JOURNAL = {
    "version": int,
    "jobs": {
        "*": {
            "id": str,
            "path": str,
            "line": int,
            "digest": str,
            "environment": str,
            "receipt": str,
            "unit": [str],
            "steps": [{"at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "step": str, "event": str}],
            "shadow": {"since": str, "told": {"*": {"*": None}}},
            "script": ({"path": str, "way": str, "mode": int, "digest": str},),
            "job": None,
            "source": {"*": None},
        }
    },
    "files": {"*": {"sha256": str, "next": str, "backups": [str]}},
    "accepted": {"*": {"*": [str]}},
}


class StepNoted(TypedDict):
    """``at`` as ``…Z``; with ``event``, one of the phases."""

    at: str
    step: str
    event: str


class Shadow(TypedDict):
    """``told``: name of a rule or schedule -> what its target was told before the shadow."""

    since: str
    told: dict[str, dict[str, object]]


class Facts(TypedDict, total=False):
    """What is kept of a job: where its line stands, what it moves with, and what the way back needs."""

    id: str
    path: str
    line: int
    digest: str
    environment: str
    receipt: str
    unit: Sequence[str]
    shadow: Shadow
    script: Mapping[str, object] | None
    job: object
    source: Mapping[str, object]


class Record(Facts, total=False):
    steps: list[StepNoted]


class TableWritten(TypedDict, total=False):
    """``sha256`` of the text that we wrote last, ``next`` of the one that is being written."""

    sha256: str
    next: str
    backups: list[str]


class _Data(TypedDict):
    version: int
    jobs: dict[str, Record]
    files: dict[str, TableWritten]
    accepted: NotRequired[dict[str, dict[str, list[str]]]]


# Enough for some switches back and forth; a journal that grows for ever is rewritten at each step.
KEPT_STEPS = 24
JOURNAL = f"{SCHEMA_DIRECTORY}/cutover.json"
_LOCK = f"{SCHEMA_DIRECTORY}/cutover.lock"


class Journal:
    """The journal of one workspace. Every method that changes it returns when the disk has it."""

    def __init__(self, out: Path) -> None:
        self.path = confined(out, JOURNAL)
        self._data = _load(self.path)

    @property
    def jobs(self) -> dict[str, Record]:
        """By name: every job that a switch or a shadow has touched."""
        return self._data["jobs"]

    @property
    def files(self) -> dict[str, TableWritten]:
        """By path of a table."""
        return self._data["files"]

    @property
    def accepted(self) -> dict[str, dict[str, list[str]]]:
        """Name of a job -> code -> digests of what was accepted as it is; see ``accepting.py``."""
        return self._data.setdefault("accepted", {})

    def phase(self, job: str) -> Phase:
        steps = self._steps(job)
        return _PHASES[steps[-1]["step"], steps[-1]["event"]] if steps else "old"

    def _steps(self, job: str) -> list[StepNoted]:
        return self.jobs[job].get("steps", []) if job in self.jobs else []

    def half(self) -> list[str]:
        """The jobs that stand between the sides."""
        return [job for job in self.jobs if self.phase(job) not in ("old", "new")]

    def at(self, job: str, step: Step, event: Event) -> str | None:
        """When this was last noted, as ``…Z``."""
        steps = self._steps(job)
        return next((s["at"] for s in reversed(steps) if (s["step"], s["event"]) == (step, event)), None)

    def note(self, jobs: Iterable[str], step: Step, event: Event, now: float) -> None:
        for job in jobs:
            steps = self.jobs[job].setdefault("steps", [])
            steps.append({"at": stamp(now), "step": step, "event": event})
            # Older steps tell nothing of where a job stands: that is its last one.
            del steps[:-KEPT_STEPS]
        self.save()

    def describe(self, name: str, /, **facts: Unpack[Facts]) -> None:
        """Facts of a job that later steps need; on disk with the next entry."""
        self.jobs.setdefault(name, {"steps": []}).update(cast("Record", facts))

    def wrote(self, path: str, sha256: str) -> None:
        """What now stands in a table by our hand; on disk with the next entry."""
        self.files.setdefault(path, {})["sha256"] = sha256

    def save(self) -> None:
        make_directory(self.path.parent)
        # durable: after a power cut the entry must be there, for what it announces may have happened.
        write_atomic(self.path, json.dumps(self._data, indent=1, ensure_ascii=False) + "\n", durable=True)


def _load(path: Place) -> _Data:
    data = read_if_there(path)
    if data is None:
        return {"version": 1, "jobs": {}, "files": {}}
    try:
        found = _checked(json_of(data))
    except ValueError as error:
        raise UserError(
            # A journal that cannot be read is no empty one: jobs may be half moved.
            f"{path}: damaged ({error}), so it is not known where the jobs stand; take it from a backup or version control"
        ) from error
    return found


def _checked(found: object) -> _Data:
    """The journal, with all that it holds of its kind; ValueError, a clause, where it is not: it may come by git."""
    if not isinstance(found, dict) or found.get("version") != 1 or "jobs" not in found:
        raise ValueError("it is no journal of version 1")
    whole = {"files": {}, "accepted": {}, **found}
    _fits(whole, _JOURNAL, "")
    journal = cast("_Data", whole)
    for name, job in journal["jobs"].items():
        steps = job.get("steps", [])
        if any((step.get("step"), step.get("event")) not in _PHASES or "at" not in step for step in steps):
            raise ValueError(f"jobs.{name}.steps has a step that there is not")
        if steps and not {"path", "line", "digest"} <= job.keys():
            raise ValueError(f"jobs.{name} does not say where its line stands")
        if (script := job.get("script")) is not None and not {"path", "way", "mode", "digest"} <= script.keys():
            raise ValueError(f"jobs.{name}.script does not say what was done to it")
        unit = set(job.get("unit", [name]))
        if name not in unit or not unit <= journal["jobs"].keys():
            raise ValueError(f"jobs.{name}.unit names other jobs than it tells of")
    return journal


def _fits(value: object, shape: object, at: str) -> None:
    """ValueError with the place of the first value that is not of its shape."""
    if isinstance(shape, tuple):
        fits, inner = True, [(at, value, shape[0])] if value is not None else []
    elif isinstance(shape, list):
        fits = isinstance(value, list)
        inner = (
            [(f"{at}[{number}]", one, shape[0]) for number, one in enumerate(value)] if isinstance(value, list) else []
        )
    elif isinstance(shape, dict):
        fits = isinstance(value, dict)
        known = value.items() if isinstance(value, dict) else ()
        inner = [(f"{at}.{key}", one, shape.get(key, shape.get("*"))) for key, one in known]
    elif isinstance(shape, re.Pattern):
        fits, inner = isinstance(value, str) and shape.fullmatch(value) is not None, []
    else:
        fits, inner = shape is None or (isinstance(value, shape) and not isinstance(value, bool)), []  # type: ignore[arg-type]
    if not fits:
        raise ValueError(f"{at.lstrip('.')[:120] or 'it'} is not of its kind")
    for where, one, kind in inner:
        _fits(one, kind, where)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """One cutover or rollback at a time in a workspace; the lock goes with the process."""
    make_directory(confined(out, SCHEMA_DIRECTORY))
    lock = confined(out, _LOCK)
    try:
        # Not through a link: one laid here would have root make or touch what it names.
        with lock.tree.last(lock.inside, follow=False) as (directory, name, _):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, 0o666, dir_fd=directory)
    except OSError as error:
        raise UserError(f"{lock}: cannot be written ({error.strerror}); mend that and run this again") from error
    try:
        try:
            # flock goes with the process, so a killed run leaves no lock behind.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{out}: another cutover or rollback is running here; run this when it is done") from error
        except OSError:
            # ENOLCK of NFS without lockd: better two at a time than none at all.
            pass  # a network file system without locks
        yield
    finally:
        os.close(descriptor)
