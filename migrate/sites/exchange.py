"""One file takes the place of another, whole or not at all, with its mode, owner and labels, and never over an edit.

The new text is written beside the table, under a name that every cron daemon passes over (it begins with a dot, holds dots,
ends in a suffix of ours), then the two files change places in one step (``renameat2`` with ``RENAME_EXCHANGE``). What comes
out is looked at: were it not the text that was expected, somebody edited the table in that instant, and it goes back.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from glob import escape
from pathlib import Path

from migrate.errors import UserError
from migrate.machine.files import TEMPORARY_SUFFIX
from migrate.machine.renaming import renamed
from migrate.sources.bytes_of import SIZE_LIMIT

_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; nothing was changed: free some space and run this again",
    errno.EDQUOT: "the disk quota is used up; nothing was changed: free some space and run this again",
    errno.EFBIG: "a limit on the size of files forbids it; nothing was changed: lift it and run this again",
    errno.EROFS: "the file system is read-only; nothing was changed: remount it, or use --print on another host",
    errno.EACCES: "no permission to change it; nothing was changed: run this as root",
    errno.EPERM: "no permission to keep its owner and mode; nothing was changed: run this as root",
}


class EditedError(UserError):
    """The table is not what it was when this was planned."""


def replace_exactly(path: Path, expected: bytes, new: bytes, *, called: str = "") -> None:
    """Puts ``new`` where ``expected`` stands. Raises EditedError where something else stands, UserError where it cannot
    be done with mode, owner and labels kept; the table is then as it was. ``called`` is what people call the file, where
    ``path`` is a way to it that they do not know."""
    called = called or str(path)
    try:
        before = path.lstat()
        # A second name, or a link, would keep the old text where the daemon may read it.
        if not stat.S_ISREG(before.st_mode) or before.st_nlink != 1:
            raise UserError(f"{called}: not a plain file with one name, so it is not replaced; edit it by hand")
        # cron.d ignores names with a leading dot (database.c of Debian, cronie and FreeBSD), so no half text is ever
        # run.
        temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}{TEMPORARY_SUFFIX}")
        _write_beside(path, temporary, before, new)
        try:
            _check(path, expected, called)
            _swap(path, temporary, expected, called)
        finally:
            with suppress(OSError):
                temporary.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise sentence_of(called, error) from error


def sentence_of(path: object, error: OSError) -> UserError:
    """What is said of a file that could not be changed."""
    said = _WHAT_TO_DO.get(error.errno or 0, f"it cannot be changed ({error.strerror}); nothing was changed")
    return UserError(f"{path}: {said}")


# By its text, not by its age: a leftover may be an edit that was swapped out.
def sweep(path: Path, known: set[str]) -> list[str]:
    """Removes what a killed run left beside a table, when its text is one we know (its SHA-256 in ``known``), or is cut
    short of one. What holds another text is kept and returned: it may be an edit that nobody else has."""
    kept = []
    for left in sorted(path.parent.glob(f".{escape(path.name[:200])}.*{TEMPORARY_SUFFIX}")):
        owner = left.name.removesuffix(TEMPORARY_SUFFIX).rpartition(".")[2]
        # A process of that number runs: it may be the one that works here right now.
        if not owner.isdigit() or _alive(int(owner)):
            continue
        if _mine(left, known):
            with suppress(OSError):
                left.unlink()
        else:
            kept.append(str(left))
    return kept


def _mine(left: Path, known: set[str]) -> bool:
    import hashlib

    try:
        data = _text(left)
        # Mode 0600 until it is whole: a beginning of our own text that was never put anywhere.
        unfinished = stat.S_IMODE(left.lstat().st_mode) == _UNFINISHED
    except OSError:
        return False
    return unfinished or hashlib.sha256(data).hexdigest() in known


# Nobody may read it, and the owner only write, until it is whole.
_UNFINISHED = 0o200


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write_beside(path: Path, temporary: Path, before: os.stat_result, new: bytes) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileNotFoundError):
        temporary.unlink()  # of an earlier process with our number
    descriptor = os.open(temporary, flags, _UNFINISHED)
    try:
        view = memoryview(new)
        while view:
            view = view[os.write(descriptor, view) :]
        mine = os.fstat(descriptor)
        if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
            os.fchown(descriptor, before.st_uid, before.st_gid)
        # An SELinux label of another kind would keep crond from reading the table.
        for name in _labels(path):
            os.setxattr(descriptor, name, os.getxattr(path, name))
        # Mode last: until then nobody reads it, and no daemon takes a table of mode 0200.
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
        os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(descriptor)


def _labels(path: Path) -> list[str]:
    """Extended attributes: SELinux labels and access lists among them."""
    try:
        return os.listxattr(path)
    except (OSError, AttributeError):
        return []


def _text(path: Path) -> bytes:
    """What a regular file holds, up to what no table has; OSError where it is none: a link or a FIFO laid there in a tree
    of somebody else's would lead away, or never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return opened.read(SIZE_LIMIT + 1)


def _check(path: Path, expected: bytes, called: str) -> None:
    if _text(path) != expected:
        raise EditedError(f"{called}: somebody edited it just now; nothing was changed: scan again")


def _swap(path: Path, temporary: Path, expected: bytes, called: str) -> None:
    if not _exchange(path, temporary):
        # Without RENAME_EXCHANGE an edit in this instant would be lost: the check right before is all there is.
        temporary.replace(path)
        return
    # What came out is looked at: an editor may have saved between check and swap.
    try:
        same = _text(temporary) == expected
    except OSError:  # a link, or another thing that is no file
        same = False
    if not same:
        _exchange(path, temporary)
        raise EditedError(f"{called}: somebody edited it in this very moment; their text is back: scan again")


def _exchange(one: Path, other: Path) -> bool:
    """False where the system or the file system has no such call."""
    return renamed(one, other, "exchange")


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
