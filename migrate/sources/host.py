"""What a tree holds of its host, read below its own root: small files, the package database, and what stands at a path.

Every read is bounded and resolves links inside the tree (`migrate.machine.rooted`); what cannot be read was *not looked at*.
A path that is not there is known to be absent only where the tree holds that part of the system whole: a copy of a few
files tells nothing of the others.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from converters.hosts import files
from converters.hosts.facts import Host, Kind, Standing
from converters.hosts.packages import Packages, apk_packages, dpkg_packages, rpm_packages
from migrate.machine.rooted import Tree

_T = TypeVar("_T")
# Bounds for what a hostile tree may hold: a database of packages is some megabytes.
_SMALL = 1 << 20
_STATUS = 64 << 20
_LISTS_TOTAL = 256 << 20
_MOST_LISTS = 20_000
_RPM = 256 << 20
_MOST_HEADERS = 20_000
_TEXT = 4096
_RPM_PLACES = ("var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite")
# They are made when the host starts, or are another machine's: a copy of a disk never tells of them.
_NEVER_COPIED = frozenset({"run", "proc", "sys", "dev", "tmp", "mnt", "media", "lost+found"})
_SYSTEM = frozenset({"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"})
_KINDS: tuple[tuple[Callable[[int], bool], Kind], ...] = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISLNK, "link"),
)


@dataclass(slots=True)
class HostFiles:
    """One host's files. ``live`` says that it is this machine, whose name the kernel knows."""

    tree: Tree
    live: bool = False
    _host: Host | None = None
    _looked: dict[str, Standing | None] = field(default_factory=dict)

    def host(self, paths: Iterable[str] = ()) -> Host:
        """The facts, with what stands at ``paths`` (absolute, as the host names them)."""
        if self._host is None:
            self._host = self._read()
        found = {path: standing for path in paths if (standing := self.look(path)) is not None}
        return replace(self._host, paths=found) if found else self._host

    def look(self, path: str) -> Standing | None:
        """What stands at a path of the host; ``None`` where the tree does not tell."""
        if path not in self._looked:
            self._looked[path] = self._look(path)
        return self._looked[path]

    @property
    def collection(self) -> bool:
        """Whether `collect.sh` brought these files together."""
        return False

    @property
    def failures(self) -> tuple[str, ...]:
        """What whoever copied these files could not look at, each as a clause."""
        return ()

    def stands(self, path: str) -> bool | None:
        """Whether something stands at a path of the host; None where its directory was not copied."""
        inside = self._inside(path)
        if inside is None:
            return None
        place = self.tree.place(inside)
        return True if place.is_there() else False if place.parent.is_dir() else None

    def _look(self, path: str) -> Standing | None:
        inside = self._inside(path)
        if inside is None or not path.startswith("/") or ".." in path.split("/"):
            return None
        place = self.tree.place(inside)
        try:
            found = place.stat()
        except (OSError, ValueError) as error:
            # EACCES is no absence: what may not be looked at was not looked at.
            gone = isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENOTDIR)
            if not gone:
                return None
            # A link that leads nowhere inside the tree may lead somewhere on the host.
            return None if place.is_link() or not self._whole(path) else Standing("absent")
        kind: Kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "device")
        if not self.live and kind == "directory" and path.strip("/").partition("/")[0] in _NEVER_COPIED:
            return None
        text = None
        if kind == "file" and found.st_size <= _TEXT:
            with suppress(OSError):
                # Broken bytes in a text file are shown, not refused: nothing is written back.
                text = place.read(_TEXT).decode("utf-8", "replace")
        return Standing(kind, found.st_mode & 0o7777, found.st_size, text, place.is_link(), found.st_uid, found.st_gid)

    def _inside(self, path: str) -> str | None:
        """The place in the tree that is this path of the host."""
        if not self.tree.at:
            return path.lstrip("/")
        below = f"/{self.tree.at}/"
        return path[len(below) :] if path.startswith(below) else None

    def _whole(self, path: str) -> bool:
        """Whether what is missing here is missing on the host."""
        if self.live:
            return True
        top = path.lstrip("/").partition("/")[0]
        if top in _NEVER_COPIED:
            return False
        if top == "etc":
            marks = ("passwd", "group"), ("os-release", "debian_version", "redhat-release", "alpine-release")
            return all(
                any(self._there(f"/etc/{name}") for name in some) for some in (*marks, ("fstab", "hosts", "hostname"))
            )
        # A copy with /usr/bin/env in it is a copy of a system, not of a few files.
        system = self._there("/usr/bin/env")
        return system if top in _SYSTEM else system and self._there("/etc/passwd") and self._there(f"/{top}")

    def _there(self, path: str) -> bool:
        inside = self._inside(path)
        return inside is not None and self.tree.place(inside).is_there()

    # --- facts

    def text(self, path: str) -> str | None:
        """A small text of the host; None where it is not there, or may not be read."""
        return self._text(path)

    def _text(self, path: str, limit: int = _SMALL) -> str | None:
        inside = self._inside(path)
        if inside is None:
            return None
        with suppress(OSError, ValueError):
            data = self.tree.place(inside).read(limit + 1)
            return data.decode("utf-8", "replace") if len(data) <= limit else None
        return None

    def _read(self) -> Host:
        hostname = self.hostname()
        return Host(
            users=_of(files.users_of, self._text("/etc/passwd")),
            groups=_of(files.groups_of, self._text("/etc/group")),
            members=_of(files.members_of, self._text("/etc/group")),
            directory=files.asks_directory(self._text("/etc/nsswitch.conf") or ""),
            hostname=hostname,
            os=_of(files.os_of, self._text("/etc/os-release")),
            packages=self._packages(),
            names=_of(lambda text: files.names_of(text, hostname), self._text("/etc/hosts")),
            mounts=_of(files.mounts_of, self._text("/proc/mounts") if self.live else self._text("/etc/fstab")),
            # Only this machine's own kernel tells who listens now.
            sockets=self._listening() if self.live else None,
            variables=_of(files.variables_of, self._text("/etc/environment")),
            sh=self._shell(),
            shells=_of(files.shells_of, self._text("/etc/shells")),
            zone=self._zone(),
        )

    def _listening(self) -> frozenset[int] | None:
        found = [self._text(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
        return files.listening("\n".join(text or "" for text in found)) if found[0] is not None else None

    def hostname(self) -> str | None:
        """The host's own name; ``None`` where its files tell none."""
        # The kernel's name, which /etc/hostname only proposes at boot.
        if self.live:
            return os.uname().nodename
        found = _of(files.hostname_of, self._text("/etc/hostname"))
        return found or _of(files.hostname_of_network, self._text("/etc/sysconfig/network"))

    def _shell(self) -> str | None:
        """What runs as ``/bin/sh``: the name at the end of its links."""
        inside = self._inside("/bin/sh")
        if inside is None:
            return None
        with suppress(OSError):
            if self.tree.place(inside).exists():
                # On Debian /bin/sh -> dash, on Red Hat -> bash, on Alpine -> /bin/busybox.
                return self.tree.place(inside).real().name
        return None

    def _zone(self) -> str | None:
        inside = self._inside("/etc/localtime")
        with suppress(OSError):
            if inside is not None:
                # /etc/localtime is a link into zoneinfo on most systems; where it is a copy, /etc/timezone may tell.
                name = self.tree.place(inside).readlink().partition("zoneinfo/")[2]
                if name:
                    return name
        return (self._text("/etc/timezone") or "").strip() or None

    def _packages(self) -> Packages | None:
        with suppress(OSError):
            status = self._text("/var/lib/dpkg/status", _STATUS)
            if status is not None:
                return dpkg_packages(self._lists(), status)
            installed = self._text("/lib/apk/db/installed", _STATUS)
            if installed is not None:
                return apk_packages(installed)
        for place in _RPM_PLACES:
            headers = self._headers(place)
            if headers is not None:
                return rpm_packages(headers)
        return None

    def _lists(self) -> Iterator[tuple[str, str]]:
        left, places = _LISTS_TOTAL, []
        with suppress(OSError):  # without lists there are still the conffiles of ``status``
            places = self.tree.place(self._inside("/var/lib/dpkg/info") or "").entries()[: _MOST_LISTS * 8]
        for place in places:
            if place.suffix != ".list" or left <= 0:
                continue
            with suppress(OSError):
                data = place.read(left)
                left -= len(data)
                yield place.name.removesuffix(".list"), data.decode("utf-8", "replace")

    def _headers(self, path: str) -> list[bytes] | None:
        """The headers of rpm's database, from a copy in memory: nothing of the tree is opened for writing, nor its journal."""
        import sqlite3  # only for a tree with rpm

        inside = self._inside(f"/{path}")
        with suppress(OSError, sqlite3.Error):
            data = bytearray(self.tree.place(inside).read(_RPM + 1)) if inside is not None else bytearray()
            if len(data) < 100 or len(data) > _RPM:
                return None
            # Bytes 18 and 19 say that a write-ahead log stands beside it (sqlite.org/fileformat2.html 1.3.3): in memory
            # there is none, and sqlite would refuse the copy.
            data[18:20] = b"\x01\x01"
            with sqlite3.connect(":memory:") as database:
                database.deserialize(bytes(data))
                # A header is one blob for each package (rpm's sqlite backend).
                rows = database.execute("SELECT blob FROM Packages LIMIT ?", (_MOST_HEADERS,))
                return [row[0] for row in rows if isinstance(row[0], bytes)]
        return None


def _of(reader: Callable[[str], _T], text: str | None) -> _T | None:
    return None if text is None else reader(text)
