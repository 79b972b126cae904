"""Files that are whole: written beside their place, then renamed into it; a killed run leaves the old or the new."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.errors import UserError

TEMPORARY_SUFFIX = ".c2f-tmp"
_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; the old content is still there: free some space and run this again",
    errno.EDQUOT: "the disk quota is used up; the old content is still there: free some space and run this again",
    errno.EROFS: "the file system is read-only; choose a directory that can be written",
    errno.EACCES: "no permission to write here; choose another directory, or change its owner",
    errno.EPERM: "no permission to write here; choose another directory, or change its owner",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
}


def write_atomic(path: Path, data: str | bytes, *, durable: bool | None = None) -> bool:
    """Put ``data`` at ``path``; False when it stands there already, and then the file is not touched.

    A file that is replaced keeps its mode (and owner, where we may set it). ``durable`` waits until the disk has it and
    its name; by default only the content is waited for, and only where old content would be lost: a power cut then
    leaves the old or the new, and a file made anew can be made again.
    Raises UserError, one sentence, when it cannot be written; ``path`` is then as it was.
    """
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    with _sentences(path):
        before = _status(path)
        if before is not None:
            if not stat.S_ISREG(before.st_mode):
                raise UserError(f"{path}: not a regular file, so it is not replaced; move it away and run this again")
            if before.st_size == len(content) and path.read_bytes() == content:
                return False
        _replace(path, [content], before, durable=before is not None if durable is None else durable)
        if durable:
            _sync_directory(path.parent)
    return True


def write_streamed(path: Path, pieces: Iterable[bytes]) -> bool:
    """`write_atomic` for what is too large to gather in memory: False when the same bytes stand there already."""
    with _sentences(path):
        before = _status(path)
        if before is not None and not stat.S_ISREG(before.st_mode):
            raise UserError(f"{path}: not a regular file, so it is not replaced; move it away and run this again")
        return _replace(path, pieces, before, durable=before is not None, unless_same=True)


def read_if_there(path: Path) -> bytes | None:
    """The bytes of a file, or None where there is none; UserError when it is there and cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); mend that and run this again") from error


def confined(root: Path, relative: str) -> Path:
    """The place to write for ``relative`` below ``root``: links are followed only as long as they stay inside.

    Raises UserError where a link would lead the writing out of ``root``.
    """
    place = root / relative
    step = str(root)
    if not any(_is_link(step := f"{step}/{part}") for part in relative.split("/")):
        return place
    inside = Path(os.path.realpath(root))
    resolved = Path(os.path.realpath(place))
    if not resolved.is_relative_to(inside):
        raise UserError(
            f"{place}: a link leads out of {root} (to {resolved}), so nothing is written there; remove the link"
        )
    return resolved


def make_directory(path: Path) -> None:
    """``path`` and what is missing above it; UserError when that cannot be, as when a file stands there."""
    with _sentences(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise UserError(f"{path}: a file stands where a directory is needed; choose another directory") from error


def _is_link(path: str) -> bool:
    # On plain strings, as this is asked four times for each of what may be ten thousand files.
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False


def _replace(
    path: Path, pieces: Iterable[bytes], before: os.stat_result | None, *, durable: bool, unless_same: bool = False
) -> bool:
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb", buffering=0) as stream:
            for content in pieces:
                view = memoryview(content)
                while view:
                    view = view[stream.write(view) :]
            if before is not None:
                _keep_owner_and_mode(descriptor, before)
            if durable:
                os.fsync(descriptor)
        if unless_same and before is not None and _equal(path, temporary):
            temporary.unlink()
            return False
        temporary.replace(path)
    except BaseException:
        # Whatever interrupts us, Ctrl-C too, must not leave the half-written file behind.
        with suppress(OSError):
            temporary.unlink()
        raise
    return True


def _equal(one: Path, other: Path) -> bool:
    """The same bytes, compared a megabyte at a time."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while piece := left.read(1 << 20):
            if piece != right.read(1 << 20):
                return False
    return True


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    """A scan under sudo must not turn a developer's file into one of root's."""
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _sync_directory(directory: Path) -> None:
    # Some network file systems cannot sync a directory; the rename itself has been done.
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = _WHAT_TO_DO.get(error.errno or 0, f"it cannot be written ({error.strerror or error})")
        raise UserError(f"{path}: {what}") from error
