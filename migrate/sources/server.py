"""What a server's file system shows beside its tables: run-parts directories, anacron, the distribution.

Everything is read below the server's own root, links too, so that a copied tree never tells of this machine.
"""

from __future__ import annotations

import os
import pwd
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from migrate.machine.rooted import Place, Tree
from migrate.sources.collected import files_of
from migrate.sources.host import HostFiles

Distribution = Literal["debian", "redhat", "alpine"]
_IDS: dict[str, Distribution] = {
    **dict.fromkeys(("debian", "ubuntu", "raspbian", "linuxmint"), "debian"),
    **dict.fromkeys(("rhel", "fedora", "centos", "rocky", "almalinux", "ol", "amzn"), "redhat"),
    "alpine": "alpine",
}
# Files of which one alone tells the distribution, where etc/os-release was not copied.
_MARKS: tuple[tuple[str, Distribution], ...] = (
    ("redhat-release", "redhat"),
    ("cron.d/0hourly", "redhat"),
    ("cron.hourly/0anacron", "redhat"),
    ("alpine-release", "alpine"),
    ("debian_version", "debian"),
)
# Debian's package puts these beside its table; they stay when it is removed, but not when it is purged.
# dpkg leaves conffiles of a removed package in place until it is purged.
_ANACRON_CONFIGURATION = ("cron.d/anacron", "init.d/anacron", "default/anacron", "cron.hourly/0anacron")
_PROGRAMS = ("usr/sbin/anacron", "usr/bin/anacron")
_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
_SMALL = 64 * 1024
_LARGE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Script:
    """A file of a run-parts directory. ``path`` is where it was found; ``broken`` says why it could not be looked at."""

    name: str
    path: Path
    executable: bool
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """The files of a run-parts directory; ``allowed`` and ``denied`` are Red Hat's ``jobs.allow`` and ``jobs.deny``."""

    scripts: tuple[Script, ...]
    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Server:
    """A server's ``etc`` directory, and its root where that is known (an ``etc`` under another name stands alone)."""

    etc: Path
    root: Path | None
    _known: dict[str, Directory | None] = field(default_factory=dict, compare=False, repr=False)
    _shown: list[Distribution | None] = field(default_factory=list, compare=False, repr=False)
    _files: list[HostFiles] = field(default_factory=list, compare=False, repr=False)

    def directory(self, path: str) -> Directory | None:
        """The run-parts directory at an absolute path of the server; ``None`` where it cannot be read."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def periodic(self) -> list[str]:
        """The directories that distributions mean for periodic scripts, as far as they are there."""
        names = [f"cron.{period}" for period in _PERIODS]
        with suppress(OSError):
            names += [f"periodic/{one.name}" for one in self._etc("periodic").entries()]
        return [f"/etc/{name}" for name in names if self._etc(name).is_dir()]

    def distribution(self) -> Distribution | None:
        """What ``etc/os-release`` says, or a file that only one of them has."""
        if not self._shown:
            self._shown.append(self._distribution())
        return self._shown[0]

    def _distribution(self) -> Distribution | None:
        # os-release(5): ID_LIKE lists what the system is derived from, nearest first.
        said = dict(re.findall(r'^(ID|ID_LIKE)="?([a-z0-9 ._-]*)', self._text("os-release"), re.MULTILINE))
        for word in f"{said.get('ID', '')} {said.get('ID_LIKE', '')}".split():
            if word in _IDS:
                return _IDS[word]
        return next((which for name, which in _MARKS if self._etc(name).is_there()), None)

    def anacron(self) -> tuple[bool, str]:
        """Whether anacron is installed, and what shows it, as a clause."""
        # The program decides: a configuration without it is a leftover.
        if self.root is not None:
            stands = {program: self.files.stands(f"/{program}") for program in _PROGRAMS}
            found = next((program for program, there in stands.items() if there), None)
            if found:
                return True, f"/{found} is there"
            # Only a tree that has /usr/sbin at all can tell that anacron is not in it.
            if stands[_PROGRAMS[0]] is False:
                return False, "there is no /usr/sbin/anacron"
        if not self._etc("anacrontab").is_there():
            return False, "there is no /etc/anacrontab"
        mark = next((name for name in _ANACRON_CONFIGURATION if self._etc(name).is_there()), None)
        if mark:
            return True, f"/etc/{mark} is there, and only /etc was given"
        return False, "/etc/anacrontab is there, but nothing that calls it"

    def last_run(self, identifier: str) -> date | None:
        """The date in anacron's stamp of a job."""
        if self.root is None or "/" in identifier:
            return None
        with suppress(OSError, ValueError):
            # lock.c of anacron writes YYYYMMDD.
            stamp = self._tree().place(f"var/spool/anacron/{identifier}").read(8)
            return date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:]))
        return None

    @property
    def files(self) -> HostFiles:
        """What the tree holds of its host, with all links resolved inside it."""
        if not self._files:
            live = self.root is not None and self.root.absolute() == Path("/")
            self._files.append(files_of(self._tree(), live=live))
        return self._files[0]

    def home(self, user: str) -> str | None:
        """A user's home by the server's own passwd file, where cron starts that user's jobs."""
        found = (self.files.host().users or {}).get(user)
        return found.home if found is not None and found.home.startswith("/") else None

    def script_text(self, path: str) -> str | None:
        """The text of a script at an absolute path of the server; ``None`` where it is not there, large, or no text."""
        here = self._place(path)
        with suppress(OSError, ValueError):
            return _script_of(here.read(_LARGE + 1)) if here is not None else None
        return None

    def _text(self, name: str) -> str:
        with suppress(OSError):
            return self._etc(name).read(_SMALL).decode("utf-8", "replace")
        return ""

    def _tree(self) -> Tree:
        """What its links are read in: absolute ones begin at its own root."""
        return Tree(self.root) if self.root is not None else Tree(self.etc, at="etc")

    def _etc(self, name: str) -> Place:
        return self._tree().place(f"etc/{name}" if self.root is not None else name)

    def _place(self, path: str) -> Place | None:
        """The place of an absolute path of the server; None where it is not among what was given."""
        if ".." in path.split("/") or self._inside(path) is None:
            return None
        below_etc = path.removeprefix("/etc/")
        return self._etc(below_etc) if below_etc != path else self._tree().place(path)

    def _inside(self, path: str) -> Path | None:
        """Where an absolute path of the server lies on this machine."""
        below_etc = path.removeprefix("/etc/")
        if below_etc != path:
            return self.etc / below_etc
        return None if self.root is None else self.root / path.lstrip("/")

    def _read(self, path: str) -> Directory | None:
        here, shown = self._place(path), self._inside(path)
        if here is None or shown is None:
            return None
        try:
            entries = here.entries()
        except (OSError, ValueError):
            return None
        scripts = [script for entry in entries if (script := _script(entry, shown / entry.name)) is not None]
        # crontabs' run-parts: jobs.allow makes everything else forbidden, jobs.deny names what is.
        allow, deny = (_names(here / name) for name in ("jobs.allow", "jobs.deny"))
        return Directory(tuple(scripts), allow, deny or frozenset())


def _script(entry: Place, shown: Path) -> Script | None:
    """A file or a link to one; directories and special files are no scripts."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        reason = f"a link to {entry.readlink()}" if entry.is_link() else error.strerror or "unreadable"
        return Script(shown.name, shown, False, f"{reason}, which is not among the files given")
    if not stat.S_ISREG(mode):
        return None
    # run-parts asks access(X_OK); root has it where any of the three bits is set.
    return Script(shown.name, shown, bool(mode & 0o111))


def text_of(path: Path) -> str | None:
    """The text of a regular file of moderate size, at a path of this machine."""
    # O_NONBLOCK: a FIFO with this name is not waited for; O_NOCTTY: nor does a terminal become ours.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return _script_of(opened.read(_LARGE + 1))


def _script_of(data: bytes) -> str | None:
    """A shebang's script is text of moderate size; a compiled program is not read."""
    return None if len(data) > _LARGE or b"\0" in data else data.decode("utf-8", "replace")


def home_here(user: str) -> str | None:
    """A user's home on this machine, which also knows users of a directory service."""
    with suppress(KeyError):
        return pwd.getpwnam(user).pw_dir or None
    return None


def _names(place: Place) -> frozenset[str] | None:
    with suppress(OSError):
        return frozenset(place.read(_SMALL).decode("utf-8", "surrogateescape").split("\n"))
    return None
