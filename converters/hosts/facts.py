"""The facts of a host as values. ``None`` is *not looked at*, everywhere; an empty set is *looked at, and there is nothing*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from converters.hosts.packages import Packages

Kind = Literal["file", "directory", "link", "device", "socket", "fifo", "absent"]
NO_PATHS: Mapping[str, Standing] = MappingProxyType({})


class Standing(NamedTuple):
    """What stands at a path of the host, links followed: ``mode`` are its permission bits, ``text`` its first 4 KiB where it is
    a small text that somebody asked for; ``link`` says that the name itself is a link; ``uid`` and ``gid`` own it, -1 is not
    known."""

    kind: Kind
    mode: int = 0
    size: int = 0
    text: str | None = None
    link: bool = False
    uid: int = -1
    gid: int = -1


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

    ``users``      its passwd file, by name; ``groups`` its group file: name -> number; ``members`` the users
                   that it gives to each group beside those whose own group it is
    ``directory``  it asks a directory service too (nsswitch.conf), so a user missing in passwd may still be there
    ``hostname``   what ``hostname`` prints
    ``os``         ID of os-release (``debian``, ``alpine`` ..)
    ``packages``   the package database
    ``names``      host names that only its /etc/hosts knows
    ``mounts``     mount point -> file system type (``nfs4``, ``ext4`` ..)
    ``sockets``    ports on which something listens
    ``variables``  names and values of /etc/environment, which PAM gives to cron's jobs on Debian
    ``sh``         what runs as ``/bin/sh``: ``dash``, ``bash``, ``busybox`` ..
    ``shells``     /etc/shells
    ``zone``       its time zone
    ``paths``      what stands at the paths that somebody asked for; a path that is not in it was not looked at
    """

    users: Mapping[str, User] | None = None
    hostname: str | None = None
    os: str | None = None
    packages: Packages | None = None
    names: frozenset[str] | None = None
    mounts: Mapping[str, str] | None = None
    sockets: frozenset[int] | None = None
    variables: Mapping[str, str] | None = None
    groups: Mapping[str, int] | None = None
    members: Mapping[str, frozenset[str]] | None = None
    directory: bool = False
    sh: str | None = None
    shells: tuple[str, ...] | None = None
    zone: str | None = None
    paths: Mapping[str, Standing] = field(default_factory=lambda: NO_PATHS)

    def knows_no(self, user: str) -> bool:
        """Whether it is known that there is no such user: its passwd was read, and nothing else could know the name."""
        return self.users is not None and bool(self.users) and user not in self.users and not self.directory


NOBODY_LOOKED = Host()
