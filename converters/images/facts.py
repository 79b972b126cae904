"""The facts of one image as values, and as the mapping that images/NAME.json holds.

``None`` is *not looked at*, everywhere; an empty set is *looked at, and there is nothing*.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""What a container has without PATH in its image (runc's default)."""
NO_X = "it has no x bit"
"""Why a program of `broken` cannot start that who looks along PATH passes by."""


@dataclass(frozen=True, slots=True)
class Image:
    """Facts read in an image.

    ``programs``   paths that can be executed, links to them too; ``broken``: those that still cannot start, and why
    ``bare``       programs without a `#!` line that are no binaries: a shell runs them, the kernel does not
    ``barred``     files and programs that the image's own user may not use, and why
    ``crlf``       texts for a shell, by their name or their first line, whose lines end with CR LF
    ``writable``   whether the image's own user may write there and below, up to the next path that is named; empty: not known
    ``absent``     programs of its ENTRYPOINT that are not there
    ``files``      paths outside the directories of the system, where they were kept
    ``links``      links to directories (`/bin` -> `/usr/bin`)
    ``shells``     what runs as ``sh`` and ``bash``; a name that is missing is not there
    ``entry``      what its ENTRYPOINT does with a command: see `entrypoints.py`
    ``wants``      variables without which its entry script ends; ``lacks``: paths that it needs and that are not there
    ``variables``  names and values of its ENV, secrets masked
    ``users``      names of its passwd file, each with its number
    """

    name: str
    digest: str = ""
    architecture: str = ""
    programs: frozenset[str] = frozenset()
    broken: Mapping[str, str] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()
    barred: Mapping[str, str] = field(default_factory=dict)
    crlf: frozenset[str] = frozenset()
    writable: Mapping[str, bool] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    files: frozenset[str] | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = PATH
    shells: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    entry: str = ""
    wants: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    users: Mapping[str, int] | None = None
    groups: Mapping[str, int] | None = None
    working_directory: str = "/"
    stop_signal: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    zone_data: bool | None = None
    certificates: bool | None = None
    locales: tuple[str, ...] = ()
    os: str = ""
    packages: Mapping[str, str] | None = None
    packed: int = 0
    unpacked: int = 0

    def physical(self, path: str) -> str:
        """The path with links to directories followed."""
        for _ in range(40):
            for link, target in self.links.items():
                if path.startswith(link + "/"):
                    path = target + path[len(link) :]
                    break
            else:
                return path
        return path

    def where(self, subject: str, directory: str = "") -> str | None:
        """Where a program stands: by its path, by the working directory, or along PATH; None where it is not there."""
        start = directory or self.working_directory
        if "/" in subject:
            places = [posixpath.join(start, subject)]
        else:
            places = [f"{posixpath.join(start, place).rstrip('/')}/{subject}" for place in self.path]
        there = [one for one in map(self.physical, map(posixpath.normpath, places)) if one in self.programs]
        return next((one for one in there if self.broken.get(one) != NO_X), there[0] if there else None)

    def only_from_here(self, name: str, directory: str = "") -> bool:
        """Whether a name is found by an entry of PATH that counts from the directory where the job works."""
        place = self.where(name, directory) if "/" not in name else None
        start = directory or self.working_directory
        first = [
            one for one in self.path if self.physical(posixpath.normpath(posixpath.join(start, one, name))) == place
        ]
        return place is not None and not first[0].startswith("/")

    def has_program(self, subject: str, directory: str = "") -> bool:
        """Whether a program is there and can start."""
        place = self.where(subject, directory)
        return place is not None and place not in self.broken

    def why_not(self, subject: str, directory: str = "") -> str:
        """Why a program that is there cannot start; empty where it is not there, or can."""
        place = self.where(subject, directory)
        return self.broken.get(place, "") if place is not None else ""

    def may_write(self, path: str) -> bool | None:
        """Whether the image's own user may write a file or in a directory; None where nobody looked."""
        place = self.physical(path)
        while place not in self.writable and place not in ("", "/"):
            place = posixpath.dirname(place)
        return self.writable.get(place or "/")

    def has_file(self, path: str) -> bool | None:
        """Whether a file or directory is there; None where such paths were not kept."""
        real = self.physical(path)
        if real in self.programs or (self.files is not None and real in self.files):
            return True
        if self.files is None or real.startswith(SYSTEM):
            return None
        return False


SYSTEM = (
    "/usr/",
    "/lib",
    "/bin/",
    "/sbin/",
    "/proc/",
    "/sys/",
    "/dev/",
    "/run/",
    "/var/lib/dpkg/",
    "/var/cache/",
    "/var/log/",
)
"""Where an image's own packages lie: thousands of files that nobody names, and that would make images/NAME.json unreadable."""


def as_mapping(image: Image) -> dict[str, object]:
    """The image as JSON has it: sorted, so that a new digest shows as a small difference."""
    return {
        "version": 1,
        "image": image.name,
        "digest": image.digest,
        "architecture": image.architecture,
        "os": image.os,
        "entrypoint": list(image.entrypoint),
        "entry": image.entry,
        "entryWants": list(image.wants),
        "entryLacks": list(image.lacks),
        "command": list(image.command),
        "user": image.user,
        "workingDirectory": image.working_directory,
        "stopSignal": image.stop_signal,
        "environment": dict(sorted(image.variables.items())),
        "path": list(image.path),
        "shells": dict(sorted(image.shells.items())),
        "zoneData": image.zone_data,
        "certificates": image.certificates,
        "locales": list(image.locales),
        "users": dict(sorted(image.users.items())) if image.users is not None else None,
        "groups": dict(sorted(image.groups.items())) if image.groups is not None else None,
        "packed": image.packed,
        "unpacked": image.unpacked,
        "links": dict(sorted(image.links.items())),
        "broken": dict(sorted(image.broken.items())),
        "bare": sorted(image.bare),
        "barred": dict(sorted(image.barred.items())),
        "crlf": sorted(image.crlf),
        "writable": dict(sorted(image.writable.items())),
        "entryAbsent": list(image.absent),
        "programs": sorted(image.programs),
        "files": sorted(image.files) if image.files is not None else None,
        "packages": dict(sorted(image.packages.items())) if image.packages is not None else None,
    }


def from_mapping(value: object) -> Image:
    """The image of such a mapping; ValueError says what is wrong with it. It may come from anybody, by git."""
    if not isinstance(value, dict) or value.get("version") != 1:
        raise ValueError("it is not of version 1")
    found: Mapping[str, object] = value
    files = found.get("files")
    if not found.get("image"):
        raise ValueError("it names no image")
    return Image(
        name=_text(found, "image"),
        digest=_text(found, "digest"),
        architecture=_text(found, "architecture"),
        os=_text(found, "os"),
        entrypoint=_texts(found, "entrypoint"),
        entry=_text(found, "entry"),
        wants=_texts(found, "entryWants"),
        lacks=_texts(found, "entryLacks"),
        command=_texts(found, "command"),
        user=_text(found, "user"),
        working_directory=_text(found, "workingDirectory") or "/",
        stop_signal=_text(found, "stopSignal"),
        variables=_map(found, "environment", str) or {},
        path=_texts(found, "path") or PATH,
        shells=_map(found, "shells", str) or {},
        zone_data=_truth(found, "zoneData"),
        certificates=_truth(found, "certificates"),
        locales=_texts(found, "locales"),
        users=_map(found, "users", int),
        groups=_map(found, "groups", int),
        packed=_number(found, "packed"),
        unpacked=_number(found, "unpacked"),
        links=_map(found, "links", str) or {},
        broken=_map(found, "broken", str) or {},
        bare=frozenset(_texts(found, "bare")),
        barred=_map(found, "barred", str) or {},
        crlf=frozenset(_texts(found, "crlf")),
        writable=_map(found, "writable", bool) or {},
        absent=_texts(found, "entryAbsent"),
        programs=frozenset(_texts(found, "programs")),
        files=frozenset(_texts(found, "files")) if files is not None else None,
        packages=_map(found, "packages", str),
    )


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a text")
    return value


def _texts(found: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = found.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{key} is not a list of texts")
    return tuple(value)


def _map(found: Mapping[str, object], key: str, kind: type[T]) -> dict[str, T] | None:
    value = found.get(key)
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, kind) for k, v in value.items()):
        raise ValueError(f"{key} is not a mapping")
    return value


def _number(found: Mapping[str, object], key: str) -> int:
    value = found.get(key, 0)
    if not isinstance(value, int):
        raise ValueError(f"{key} is not a number")
    return value


def _truth(found: Mapping[str, object], key: str) -> bool | None:
    value = found.get(key)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{key} is neither true nor false")
    return value
