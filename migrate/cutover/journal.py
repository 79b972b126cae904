"""The journal: which step of which job was begun and which is done. Written before and after every step, and waited for.

``.cron2fargate/cutover.json``. A job's phase follows from its last entry, so that after a crash at any instant it is known
what may have happened since. It holds no line of a crontab, for those may hold secrets: the tables keep their own lines.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from migrate.cutover.clock import stamp
from migrate.errors import UserError
from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic
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
# What a journal holds: `*` stands for any key, a list for any number of its one shape, None for what is checked elsewhere.
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
            "job": None,
            "source": {"*": None},
        }
    },
    "files": {"*": {"sha256": str, "next": str, "backups": [str]}},
    "accepted": {"*": {"*": [str]}},
}
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
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Name -> ``id, path, line, digest, environment, unit, steps[{at, step, event}], shadow``."""
        jobs: dict[str, dict[str, Any]] = self._data["jobs"]
        return jobs

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Path of a table -> ``sha256`` of the text we wrote last, ``backups``."""
        files: dict[str, dict[str, Any]] = self._data["files"]
        return files

    @property
    def accepted(self) -> dict[str, dict[str, list[str]]]:
        """Name of a job -> code -> digests of what was accepted as it is; see ``accepting.py``."""
        accepted: dict[str, dict[str, list[str]]] = self._data.setdefault("accepted", {})
        return accepted

    def phase(self, job: str) -> Phase:
        steps = self.jobs.get(job, {}).get("steps", [])
        return _PHASES[steps[-1]["step"], steps[-1]["event"]] if steps else "old"

    def half(self) -> list[str]:
        """The jobs that stand between the sides."""
        return [job for job in self.jobs if self.phase(job) not in ("old", "new")]

    def at(self, job: str, step: Step, event: Event) -> str | None:
        """When this was last noted, as ``…Z``."""
        steps = self.jobs.get(job, {}).get("steps", [])
        return next((s["at"] for s in reversed(steps) if (s["step"], s["event"]) == (step, event)), None)

    def note(self, jobs: Iterable[str], step: Step, event: Event, now: float) -> None:
        for job in jobs:
            steps = self.jobs[job].setdefault("steps", [])
            steps.append({"at": stamp(now), "step": step, "event": event})
            # Older steps tell nothing of where a job stands: that is its last one.
            del steps[:-KEPT_STEPS]
        self.save()

    def describe(self, name: str, /, **facts: Any) -> None:
        """Facts of a job that later steps need; on disk with the next entry."""
        self.jobs.setdefault(name, {"steps": []}).update(facts)

    def wrote(self, path: str, sha256: str) -> None:
        """What now stands in a table by our hand; on disk with the next entry."""
        self.files.setdefault(path, {})["sha256"] = sha256

    def save(self) -> None:
        make_directory(self.path.parent)
        # durable: after a power cut the entry must be there, for what it announces may have happened.
        write_atomic(self.path, json.dumps(self._data, indent=1, ensure_ascii=False) + "\n", durable=True)


def _load(path: Place) -> dict[str, Any]:
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


def _checked(found: object) -> dict[str, Any]:
    """The journal, with all that it holds of its kind; ValueError, a clause, where it is not: it may come by git."""
    if not isinstance(found, dict) or found.get("version") != 1 or "jobs" not in found:
        raise ValueError("it is no journal of version 1")
    journal: dict[str, Any] = {"files": {}, "accepted": {}, **found}
    _fits(journal, _JOURNAL, "")
    for name, job in journal["jobs"].items():
        steps = job.get("steps", [])
        if any((step.get("step"), step.get("event")) not in _PHASES or "at" not in step for step in steps):
            raise ValueError(f"jobs.{name}.steps has a step that there is not")
        if steps and not {"path", "line", "digest"} <= job.keys():
            raise ValueError(f"jobs.{name} does not say where its line stands")
        unit = set(job.get("unit", [name]))
        if name not in unit or not unit <= journal["jobs"].keys():
            raise ValueError(f"jobs.{name}.unit names other jobs than it tells of")
    return journal


def _fits(value: object, shape: object, at: str) -> None:
    """ValueError with the place of the first value that is not of its shape."""
    if isinstance(shape, list):
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
