"""The package database of a host: which package a file belongs to, whether it is as the package brought it.

dpkg: `deb-conffiles(5)`, dpkg(1) FILES: ``info/NAME.list`` has a path a line, ``status`` a paragraph a package, whose
``Conffiles`` field has path and MD5. rpm: the header of a package in ``rpmdb.sqlite`` (rpm-4.16 and later), an index of
tags before their data.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# What jobs are made of, and the programs that they start: all other files of a package are nothing to a crontab.
_KEPT = re.compile(
    r"/etc/(?:cron|anacrontab|crontab)|/(?:usr/)?s?bin/[^/]+$|/etc/init\.d/|/(?:usr/)?lib/systemd/system/[^/]+\.timer$"
)
_MERGED = re.compile(r"/(?=(?:s?bin|lib\w*)/)")
# Files that no list has, for a package's script makes them (popularity-contest.postinst: a minute drawn by lot).
_MADE_BY_SCRIPTS = {"/etc/cron.d/popularity-contest": "popularity-contest"}
_RPM_NAME, _RPM_DIRINDEXES, _RPM_BASENAMES, _RPM_DIRNAMES = 1000, 1116, 1117, 1118
_MOST_ENTRIES = 1 << 16


class Owner(NamedTuple):
    """``package`` brought the file; ``removed``: the package is gone, and only its configuration was left; ``changed``:
    somebody has edited the file since."""

    package: str
    removed: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Packages:
    """``owners``: path -> package; ``removed``: packages of which only the configuration is left; ``sums``: MD5 of files of
    configuration as the package brought them, where that is known."""

    owners: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    sums: Mapping[str, str] = field(default_factory=dict)

    def owner(self, path: str, data: bytes | None = None) -> Owner | None:
        """The owner of a path; with the file's bytes also whether it is still as the package brought it."""
        package = self.owners.get(path) or self.owners.get(_other_name(path))
        made = _MADE_BY_SCRIPTS.get(path)
        if package is None and made is not None and made in self.owners.values():
            package = made
        if package is None:
            return None
        known = self.sums.get(path)
        changed = data is not None and known is not None and _md5(data) != known
        return Owner(package, package in self.removed, changed)


def _other_name(path: str) -> str:
    """``/bin/x`` is ``/usr/bin/x`` where the two directories are one; lists have either."""
    return path.removeprefix("/usr") if path.startswith("/usr/") else _MERGED.sub("/usr/", path, count=1)


def _md5(data: bytes) -> str:
    return hashlib.md5(
        data, usedforsecurity=False
    ).hexdigest()  # dpkg's own sum of a conffile; nothing is secured by it


def dpkg_packages(lists: Iterable[tuple[str, str]], status: str) -> Packages:
    """``lists`` are the names of packages (``libc6:amd64`` too) with the text of their ``.list`` file."""
    owners: dict[str, str] = {}
    for name, text in lists:
        package = name.partition(":")[0]
        for path in text.split("\n"):
            if _KEPT.match(path):
                owners.setdefault(path, package)
    removed: set[str] = set()
    sums: dict[str, str] = {}
    for package, state, conffiles in _paragraphs(status):
        if state and "installed" not in state.split()[-1:]:
            removed.add(package)
        for path, known in conffiles:
            sums[path] = known
            if _KEPT.match(path):
                owners.setdefault(path, package)
    return Packages(owners, frozenset(removed), sums)


def _paragraphs(status: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Name, state and files of configuration of each paragraph of dpkg's ``status``."""
    for paragraph in status.split("\n\n"):
        name = state = ""
        conffiles: list[tuple[str, str]] = []
        inside = False
        for line in paragraph.split("\n"):
            if line.startswith("Package: "):
                name = line[9:].strip()
            elif line.startswith("Status: "):
                state = line[8:].strip()
            inside = line.startswith("Conffiles:") or (inside and line.startswith(" "))
            words = line.split() if inside and line.startswith(" ") else []
            # A third word says ``obsolete`` or ``remove-on-upgrade``: the package of today has no such file.
            if len(words) == 2 and words[0].startswith("/"):
                conffiles.append((words[0], words[1]))
        if name:
            yield name, state, conffiles


def rpm_packages(headers: Iterable[bytes]) -> Packages:
    """``headers`` are the blobs of the table ``Packages``. One that is none is passed over."""
    owners: dict[str, str] = {}
    for blob in headers:
        try:
            tags = dict(_header(blob))
            name = _strings(tags.get(_RPM_NAME))[0]
            directories = _strings(tags.get(_RPM_DIRNAMES))
            for base, index in zip(
                _strings(tags.get(_RPM_BASENAMES)), _numbers(tags.get(_RPM_DIRINDEXES)), strict=False
            ):
                path = directories[index] + base
                if _KEPT.match(path):
                    owners.setdefault(path, name)
        except (struct.error, IndexError, ValueError):
            continue
    return Packages(owners)


def listed_packages(text: str) -> Packages:
    """``PACKAGE<tab>PATH``, a file a line: what ``rpm -qa --qf '[%{=NAME}\\t%{FILENAMES}\\n]'`` prints."""
    owners: dict[str, str] = {}
    for row in text.split("\n"):
        package, _, path = row.partition("\t")
        if package and _KEPT.match(path):
            owners.setdefault(path, package)
    return Packages(owners)


def apk_packages(installed: str) -> Packages:
    """``/lib/apk/db/installed``: of each package a line ``P:NAME``, and below it ``F:DIRECTORY`` with its files ``R:NAME``."""
    owners: dict[str, str] = {}
    package = directory = ""
    for row in installed.split("\n"):
        field, value = row[:2], row[2:]
        if field == "P:":
            package = value
        elif field == "F:":
            directory = value
        elif field == "R:" and _KEPT.match(path := f"/{directory}/{value}"):
            owners.setdefault(path, package)
    return Packages(owners)


def _header(blob: bytes) -> Iterator[tuple[int, tuple[int, bytes, int]]]:
    """Tag -> (type, data from its place on, count). Two big-endian counts, then 16 bytes an entry, then the data."""
    entries, size = struct.unpack_from(">II", blob)
    if entries > _MOST_ENTRIES or 8 + 16 * entries + size > len(blob):
        raise ValueError("no header of rpm")
    data = blob[8 + 16 * entries :]
    for index in range(entries):
        tag, kind, at, count = struct.unpack_from(">IIiI", blob, 8 + 16 * index)
        if at >= 0:
            yield tag, (kind, data[at:size], count)


def _strings(entry: tuple[int, bytes, int] | None) -> list[str]:
    if entry is None:
        return []
    _, data, count = entry
    return [one.decode("utf-8", "replace") for one in data.split(b"\0", count)[:count]]


def _numbers(entry: tuple[int, bytes, int] | None) -> tuple[int, ...]:
    if entry is None:
        return ()
    _, data, count = entry
    return struct.unpack_from(f">{min(count, len(data) // 4)}I", data)
