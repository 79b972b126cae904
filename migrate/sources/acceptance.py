"""Does the daemon accept this file? Its owner, mode and links decide before a single line is read.

The rules are those of database.c in Debian's cron and in cronie.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from migrate.sources.kinds import Place, ignored_name
from migrate.sources.model import Dialect

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def why_ignored(
    path: Path, place: Place, dialect: Dialect, *, link: os.stat_result, target: os.stat_result, owner: int | None
) -> str | None:
    """A sentence when the daemon passes over the file, so that none of its lines ever runs; None when it reads it.

    ``link`` and ``target`` are lstat and stat of the path; ``owner`` is the uid that the spool file's name stands for,
    None when there is no such user (or the table has no owner).
    """
    if place.kind == "system":
        named = ignored_name(path.name, dialect) if path.parent.name == "cron.d" else None
        return named or _system(dialect, link, target)
    return _spool(place, dialect, target, owner) if place.spool else None


def _system(dialect: Dialect, link: os.stat_result, target: os.stat_result) -> str | None:
    mode = stat.S_IMODE(target.st_mode)
    if dialect == "cronie":
        return _cronie_mode(mode)
    if dialect != "debian":
        return None
    # database.c process_crontab of Debian: link and target must both be root's for system tables.
    if stat.S_ISLNK(link.st_mode) and link.st_uid != 0:
        return f"cron wants the link to be owned by root; its owner is uid {link.st_uid}"
    if target.st_uid != 0:
        return f"cron wants the file to be owned by root; its owner is uid {target.st_uid}"
    if mode & _OTHERS_MAY_WRITE:
        return f"cron refuses a file that group or others may write; its mode is {mode:04o}"
    # A second name would let somebody keep writing a table through it.
    return _link_count(target)


def _spool(place: Place, dialect: Dialect, target: os.stat_result, owner: int | None) -> str | None:
    # load_database drops a spool file whose name no passwd entry has (an "ORPHAN" in the log).
    if owner is None:
        return f"no user is named {place.user} here, so cron has nobody to run it for"
    mode = stat.S_IMODE(target.st_mode)
    if "cronie" in {dialect, place.dialect}:
        # Directories that say by themselves that another daemon reads them are not judged by Debian's rules.
        return _cronie_mode(mode)
    if dialect != "debian" or place.dialect is not None:
        return None
    if target.st_uid not in {0, owner}:
        return f"cron wants the file to be owned by {place.user} or root; its owner is uid {target.st_uid}"
    # Debian wants exactly 0600, not merely no more than that.
    if mode != 0o600:
        return f"cron wants mode 0600 in its spool; the mode is {mode:04o}"
    return _link_count(target)


def _cronie_mode(mode: int) -> str | None:
    # cronie: any executable bit, and write for group or others; read is free.
    if mode & 0o7533 == 0o400:
        return None
    return f"cronie refuses a file that is executable or that group or others may write; its mode is {mode:04o}"


def _link_count(target: os.stat_result) -> str | None:
    return (
        None if target.st_nlink == 1 else f"cron refuses a file with hard links; this one has {target.st_nlink} names"
    )
