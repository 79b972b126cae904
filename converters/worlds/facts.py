"""What is known of the two worlds: of the host that the jobs come from, and of the image that they go to.

``None`` is *not looked at*, everywhere; it is never the same as an empty set, which is *looked at, and there is nothing*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class User:
    """A line of a passwd file."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


@dataclass(frozen=True, slots=True)
class Host:
    """Facts of the host's own files.

    ``users``      its passwd file, by name
    ``hostname``   what ``hostname`` prints
    ``os``         ID of os-release (``debian``, ``alpine`` ..)
    ``packages``   path -> the package that brought it
    ``names``      host names that only its /etc/hosts knows
    ``mounts``     mount point -> file system type (``nfs4``, ``ext4`` ..)
    ``sockets``    ports on which something listens
    ``variables``  names and values of /etc/environment, which PAM gives to cron's jobs on Debian
    """

    users: Mapping[str, User] | None = None
    hostname: str | None = None
    os: str | None = None
    packages: Mapping[str, str] | None = None
    names: frozenset[str] | None = None
    mounts: Mapping[str, str] | None = None
    sockets: frozenset[int] | None = None
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """Facts read in an image. ``programs`` are absolute paths that can be executed; ``files`` all paths, where they were
    kept; ``path`` is its PATH; ``shells`` say what runs as ``sh`` and ``bash``."""

    name: str
    digest: str = ""
    programs: frozenset[str] = frozenset()
    files: frozenset[str] | None = None
    path: tuple[str, ...] = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
    shells: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] | None = None
    working_directory: str = "/"
    zone_data: bool | None = None
    certificates: bool | None = None

    def has_program(self, subject: str) -> bool:
        """Whether a program is there, by its path or along PATH."""
        if subject.startswith("/"):
            return subject in self.programs
        return any(f"{place}/{subject}" in self.programs for place in self.path)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the user said that the image holds or will hold, once for a workspace; ``everything`` that the jobs need."""

    everything: bool = False
    held: frozenset[str] = frozenset()

    def holds(self, subject: str) -> bool:
        return self.everything or subject in self.held


NOBODY_LOOKED = Host()
