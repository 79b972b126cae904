"""What the place of a crontab tells of it: has it a user column, whose is it, which daemon reads it.

The places and the name rules are those of the daemons' own code (Debian's valid_name, cronie's not_a_crontab).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from migrate.sources.model import Dialect, Kind

DEBIAN_NAME = re.compile(r"[a-zA-Z0-9_-]+")
# Names as useradd(8) takes them.
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]*")
# misc.c not_a_crontab of cronie: these names, and no other dots.
_CRONIE_SUFFIXES = ("~", ".rpmsave", ".rpmorig", ".rpmnew", ".cron.hostname")


@dataclass(frozen=True, slots=True)
class Place:
    """``spool``: a directory of user tables in which a file's name is its owner."""

    kind: Kind
    user: str | None = None
    guessed: bool = False
    dialect: Dialect | None = None
    spool: bool = False


def place_of(path: Path) -> Place:
    """Judge by the path alone; ``guessed`` where it could also be the other kind."""
    if is_anacrontab(path.name):
        return Place("anacron", "root" if path.absolute().parent.name == "etc" else None)
    return _of_crontab(path)


def _of_crontab(path: Path) -> Place:
    *_, great, grand, parent, name = ("", "", "", *path.absolute().parts)
    if parent == "cron.d" or (parent == "etc" and name == "crontab") or name.endswith(".crond"):
        return Place("system")
    # Red Hat's spool has no directory below cron; SUSE's is tabs.
    if (grand, parent) == ("spool", "cron") or (great, grand, parent) == ("spool", "cron", "tabs"):
        return Place("user", name, dialect="cronie", spool=True)
    if (grand, parent) == ("etc", "crontabs"):
        return Place("user", name, dialect="busybox", spool=True)
    # Debian's and OpenBSD's /var/spool/cron/crontabs, BSD's /var/cron/tabs.
    if grand == "cron" and parent in {"crontabs", "tabs"}:
        return Place("user", name, spool=True)
    if parent in {"crontabs", "tabs", "cron"}:
        # A directory of a repository may be named so too: the owner is believed where the name could be a user's.
        return Place("user", name if _USER_NAME.fullmatch(name) else None, guessed=True)
    return Place("user", guessed=True)


def is_anacrontab(name: str) -> bool:
    """``anacrontab`` itself, or a copy that was given another name before it (``host1.anacrontab``)."""
    return name.endswith("anacrontab")


def is_spool(directory: Path) -> bool:
    """Whether the files in ``directory`` are user tables named after their owners."""
    return place_of(directory / "anyone").spool


def family_of(dialect: str) -> Dialect:
    """The daemon whose rules for files hold: ``cronie-1.6`` and ``cronie`` are of one family, unknown ones Debian's."""
    name = dialect.partition("-")[0]
    return _FAMILIES.get(name, "debian")


def ignored_name(name: str, dialect: Dialect) -> str | None:
    """Why the daemon passes over a file of this name in cron.d, or None when it reads it."""
    return _NAME_RULES[dialect](name)


def _debian(name: str) -> str | None:
    if DEBIAN_NAME.fullmatch(name):
        return None
    why = "Debian's cron reads only names of letters, digits, _ and - in cron.d"
    # A file such as `backup.sh` runs on Red Hat and never has on Debian.
    return f"{why}; cronie (Red Hat) would run this file" if _cronie(name) is None else why


def _cronie(name: str) -> str | None:
    if name.startswith((".", "#")):
        return "cronie ignores names that begin with . or #"
    if name.endswith(_CRONIE_SUFFIXES):
        return "cronie ignores backups (~, .rpmsave, .rpmorig, .rpmnew) and .cron.hostname"
    return None


def _bsd(name: str) -> str | None:
    # FreeBSD cron(8): names that begin with a dot, and special files.
    return "cron ignores names that begin with a dot" if name.startswith(".") else None


def _no_cron_d(name: str) -> str | None:
    return None  # these daemons have no cron.d: a file from one is read for what it says


_NAME_RULES: dict[Dialect, Callable[[str], str | None]] = {
    "debian": _debian,
    "cronie": _cronie,
    "freebsd": _bsd,
    "openbsd": _no_cron_d,
    "busybox": _no_cron_d,
    "systemd": _no_cron_d,
}

# ISC cron is the parent of OpenBSD's, and knows no cron.d.
_FAMILIES: dict[str, Dialect] = {"isc": "openbsd", **{name: name for name in _NAME_RULES}}
