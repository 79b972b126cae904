"""What a path of a host means: whose it is, and so what becomes of a job that reads, writes or deletes there.

By the Filesystem Hierarchy Standard 3.0 (hier(7)); the first prefix that fits counts, longer ones stand first.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["scratch", "logs", "device", "kernel", "system", "state", "config", "program", "data", "home"]


class Place(NamedTuple):
    """``kind`` of a place, and its name in a sentence."""

    prefix: str
    kind: Kind
    name: str


_PLACES = (
    Place("/dev/shm", "scratch", "shared memory"),  # noqa: S108 - a place that is named, not used
    Place("/dev", "device", "a device of this host"),
    Place("/proc", "kernel", "the kernel of this host"),
    Place("/sys", "kernel", "the kernel of this host"),
    Place("/boot", "system", "what this host boots from"),
    Place("/var/log", "logs", "the logs of this host"),
    Place("/var/tmp", "scratch", "a directory for what is temporary"),  # noqa: S108 - a place that is named, not used
    Place("/tmp", "scratch", "a directory for what is temporary"),  # noqa: S108 - a place that is named, not used
    Place("/run", "state", "what services of this host keep while they run"),
    Place("/var/run", "state", "what services of this host keep while they run"),
    Place("/var/lock", "state", "locks of this host"),
    Place("/var/www", "data", "a web site on this host's disk"),
    Place("/var/lib/jenkins", "data", "data on this host's disk"),
    Place("/var/lib", "state", "what services of this host keep"),
    Place("/var/spool/cron/lastrun", "scratch", "what cron itself keeps"),
    Place("/var/spool/cronstamps", "scratch", "what cron itself keeps"),
    Place("/var/spool/anacron", "scratch", "what cron itself keeps"),
    Place("/var/spool", "state", "a queue of this host"),
    Place("/var/mail", "state", "mailboxes of this host"),
    Place("/var/cache", "state", "a cache of this host"),
    Place("/var/backups", "data", "backups on this host's disk"),
    Place("/var/crash", "state", "what services of this host keep"),
    Place("/etc", "config", "the configuration of this host"),
    Place("/usr/local/etc", "config", "the configuration of this host"),
    Place("/usr", "program", "installed software"),
    Place("/bin", "program", "installed software"),
    Place("/sbin", "program", "installed software"),
    Place("/lib", "program", "installed software"),
    Place("/root", "home", "a home directory on this host"),
    Place("/home", "home", "a home directory on this host"),
    Place("/Users", "home", "a home directory on this host"),
    Place("~", "home", "the user's home directory on this host"),
    Place("/", "data", "this host's disk"),
)


# In the order of the table: of two that hold a path, the one that stands first is meant.
_AT = {place.prefix.rstrip("/"): at for at, place in reversed([*enumerate(_PLACES)])}
_DEEPEST = max(map(len, _AT))


def place_of(path: str) -> Place:
    """The place a path belongs to. A path that begins with a variable lies somewhere on the host's disk."""
    found = {_AT.get(path[:at]) for at in range(min(len(path), _DEEPEST + 1)) if path[at] == "/"}
    found.add(_AT.get(path) if path else None)
    found.discard(None)
    return _PLACES[min(at for at in found if at is not None)] if found else _ELSEWHERE


_ELSEWHERE = Place("", "data", "this host's disk")


_LOCK = re.compile(r"\.(?:pid|lock|lck)$|(?:^|[/._-])(?:lock|lockfile|\w+lock)$")


def is_lock(path: str) -> bool:
    """Whether a file is, by its name, a lock or a number of a process: it tells other runs on one machine something."""
    return bool(_LOCK.search(path))


_LOG = re.compile(r"\.log(?:[.-][\w.*?\[\]-]+)?$|(?:^|[/_-])(?:access|error)_log(?:[.-][\w.*-]+)?$")


def is_log(path: str) -> bool:
    """Whether a file is, by its name, a log wherever it lies: ``/root/update.log``, ``/srv/app/x.log.1.gz``, ``*.log``."""
    return bool(_LOG.search(path))


ROOTS = frozenset({"/", "/etc", "/usr", "/var", "/root", "/boot", "/lib", "/bin", "/sbin", "/opt", "/usr/local"})
"""Who saves one of these saves the host itself, not an application's data."""
