"""Files that are whole: written beside their place, then renamed into it; a killed run leaves the old or the new."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import select
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.errors import UserError
from migrate.machine.rooted import Place, Tree

Where = Path | Place
"""A file that a person named by its path, or a place in a tree or workspace, whose links never lead out of it."""

LARGEST_FILE = 1 << 30
"""Bytes of any file of a workspace; a report of 4,000 jobs below 4,000 variables has about as many. A file with a hole in
it is made in a moment, and to read 64 GiB of nothing ends a process without a word."""
LARGEST_TEXT = 1 << 26
"""Bytes of what people write: settings, decisions, variables. The decisions about 100,000 jobs have half as many."""
FIFO_WAIT = 30.0
"""Seconds that a FIFO, named by a person, may stay without its writer."""
TEMPORARY_SUFFIX = ".c2f-tmp"
_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; the old content is still there: free some space and run this again",
    errno.EDQUOT: "the disk quota is used up; the old content is still there: free some space and run this again",
    errno.EROFS: "the file system is read-only; choose a directory that can be written",
    errno.EACCES: "no permission to write here; choose another directory, or change its owner",
    errno.EPERM: "no permission to write here; choose another directory, or change its owner",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
    errno.EXDEV: "a link leads out of the workspace, so it is neither read nor written; remove the link",
    errno.ELOOP: "a link stands here, or links lead in a circle, so nothing is written; remove the link",
}
# A name we make is made anew: what stands there is a leftover of a killed run with our number, or was laid for us.
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
# Where there is O_PATH, a directory need not be readable for a file to be made in it.
_HELD = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def write_atomic(place: Where, data: str | bytes, *, durable: bool | None = None, mode: int = 0o666) -> bool:
    """Put ``data`` at ``place``; False when it stands there already, and then the file is not touched.

    A file that is replaced keeps its mode (and owner, where we may set it), a new one has ``mode`` as far as the umask
    lets it. ``durable`` waits until the disk has it and
    its name; by default only the content is waited for, and only where old content would be lost: a power cut then
    leaves the old or the new, and a file made anew can be made again.
    Raises UserError, one sentence, when it cannot be written; ``place`` is then as it was.
    """
    # Undecodable bytes of a crontab come as surrogates: they are spelled out rather than lost.
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    with _sentences(place), _directory(place) as (directory, name):
        sweep_leftovers(directory, name)
        before = _before(place, directory, name)
        # The same bytes are not written again: a file's time then tells when it changed.
        if before is not None and before.st_size == len(content) and _bytes_at(directory, name) == content:
            return False
        wait = before is not None if durable is None else durable
        _replace(directory, name, [content], before, durable=wait, mode=mode)
        if durable:
            # rename(2) is atomic for readers, but its name is on disk only after fsync of the directory.
            sync_directory(directory)
    return True


def write_streamed(place: Where, pieces: Iterable[bytes]) -> bool:
    """`write_atomic` for what is too large to gather in memory: False when the same bytes stand there already."""
    with _sentences(place), _directory(place) as (directory, name):
        sweep_leftovers(directory, name)
        before = _before(place, directory, name)
        return _replace(directory, name, pieces, before, durable=before is not None, unless_same=True)


@contextmanager
def held(place: Place) -> Iterator[int]:
    """The directory at ``place``, open, for `write_beside_nothing`."""
    with _sentences(place):
        descriptor = place.open(_HELD)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_beside_nothing(above: int, place: Place, data: str) -> bool:
    """`write_atomic` for the only file of a directory that is made for it in the open directory ``above``; False, and nothing
    done, where something stands in that directory's place."""
    # A first scan makes a directory for each job: to walk down from the root for each look took longer than to judge the job.
    with _sentences(place):
        try:
            os.mkdir(place.parent.name, dir_fd=above)
        except FileExistsError:
            return False
        directory = os.open(place.parent.name, _HELD | os.O_NOFOLLOW, dir_fd=above)
        try:
            _replace(directory, place.name, [data.encode("utf-8", "backslashreplace")], None, durable=False)
        finally:
            os.close(directory)
    return True


def read_if_there(place: Where, limit: int = LARGEST_FILE) -> bytes | None:
    """The bytes of a file, or None where there is none; UserError when it is there and cannot be read, as when a link
    leads nowhere, or it has more than ``limit`` bytes."""
    try:
        # O_NONBLOCK: a FIFO with this name must not hold us; on a regular file it means nothing.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        descriptor = place.open(flags) if isinstance(place, Place) else os.open(place, flags)
        try:
            data = _whole(descriptor, limit, fifo=isinstance(place, Path))
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        # To take it for absent would be to write where it leads.
        if place.is_link() if isinstance(place, Place) else place.is_symlink():
            raise UserError(f"{place}: a link that leads nowhere; remove it and run this again") from None
        return None
    except OSError as error:
        raise UserError(f"{place}: {why_not_read(error)}") from error
    except ValueError as error:  # a zero byte, or half a character: a name that came out of a file
        raise UserError(f"{str(place)!a}: no file can have this name; mend what names it") from error
    if data is None:
        raise UserError(f"{place}: more than {limit:,} bytes, so it is not read; take away what does not belong there")
    return data


def _whole(descriptor: int, limit: int, *, fifo: bool) -> bytes | None:
    """All that can be read there, None where that is more than ``limit``; OSError for what is no regular file. ``fifo``
    takes a FIFO too, as `<(..)` of a shell is one, once it has a writer."""
    found = os.fstat(descriptor)
    if fifo and stat.S_ISFIFO(found.st_mode):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        if not poll.poll(FIFO_WAIT * 1000):
            raise OSError(errno.EAGAIN, f"a FIFO that nothing has written to for {FIFO_WAIT:g} seconds")
        os.set_blocking(descriptor, True)
    elif not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL, "not a regular file")
    elif found.st_size > limit:
        return None
    pieces, left = [], limit + 1
    while left and (piece := os.read(descriptor, min(left, 1 << 24))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces) if left else None


def json_of(data: bytes) -> object:
    """What the text of a JSON file says; ValueError, a clause, where it is none, or says a thing twice, as a merge of two
    branches may leave it: Python would take the last one and say nothing."""
    if not data.strip():
        raise ValueError("it is empty")
    try:
        return json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except _TwiceError as error:
        raise ValueError(str(error)) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from None
    except RecursionError:
        raise ValueError("not JSON (nested too deep)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON (line {error.lineno})") from None
    except ValueError:
        raise ValueError("not JSON (a number that is none)") from None


class _TwiceError(Exception):
    """A key of a mapping that stands twice."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if [one for one, _ in pairs].count(key) > 1)
        raise _TwiceError(f"{twice[:80]!r} stands twice in it")
    return found


def _no_number(name: str) -> object:
    raise ValueError(name)  # NaN and its kin are no JSON, though Python takes them


def why_not_read(error: OSError) -> str:
    """A clause for a file of a workspace that cannot be read, and what to do."""
    if error.errno == errno.EXDEV:
        return _WHAT_TO_DO[errno.EXDEV]
    return f"cannot be read ({error.strerror}); mend that and run this again"


def confined(root: Path, relative: str) -> Place:
    """The place of ``relative`` below ``root``: links are followed only as long as they stay inside.

    A workspace comes by version control with whatever links somebody put into it. Reading and writing raise UserError
    where a link would lead out; an absolute link always does.
    """
    return Tree(root, strict=True).place(relative)


def make_directory(place: Where) -> None:
    """``place`` and what is missing above it; UserError when that cannot be, as when a file stands there."""
    with _sentences(place):
        try:
            if isinstance(place, Place):
                _make_below(place)
            else:
                place.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise UserError(f"{place}: a file stands where a directory is needed; choose another directory") from error


def _make_below(place: Place) -> None:
    with suppress(FileNotFoundError, FileExistsError), place.tree.last(place.inside) as (directory, name, _):
        # Most often what is above stands there.
        os.mkdir(name, dir_fd=directory)
        return
    place.tree.root.mkdir(parents=True, exist_ok=True)
    parts = place.inside.split("/")
    for depth in range(1, len(parts) + 1):
        with place.tree.last("/".join(parts[:depth])) as (directory, name, _), suppress(FileExistsError):
            os.mkdir(name, dir_fd=directory)
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))


@contextmanager
def _directory(place: Where) -> Iterator[tuple[int, str]]:
    """The open directory of a file and its name there. All that is done to the file goes through them, so that nothing
    on the way can be changed for a link meanwhile."""
    if isinstance(place, Place):
        with place.tree.last(place.inside) as (directory, name, _):
            yield directory, name
        return
    # The directory is held open: a rename of it, or a link laid in its place, changes nothing for us.
    directory = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield directory, place.name
    finally:
        os.close(directory)


def _before(place: Where, directory: int, name: str) -> os.stat_result | None:
    """What stands there; UserError where that is no file that may be replaced."""
    try:
        # A link, a FIFO or a device is not replaced: what it stands for is not ours.
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{place}: not a regular file, so it is not replaced; move it away and run this again")
    return found


def _replace(
    directory: int,
    name: str,
    pieces: Iterable[bytes],
    before: os.stat_result | None,
    *,
    durable: bool,
    unless_same: bool = False,
    mode: int = 0o666,
) -> bool:
    # A dot in front and our process number: two runs never share one.
    temporary = f".{name[:200]}.{os.getpid()}{TEMPORARY_SUFFIX}"
    descriptor = new_file(directory, temporary, mode)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as stream:
            # os.write may take a part only, as on a full disk or a pipe.
            for content in pieces:
                view = memoryview(content)
                while view:
                    view = view[stream.write(view) :]
            if before is not None:
                _keep_owner_and_mode(descriptor, before)
            if durable:
                # Before the rename: else a power cut may leave the new name with no content (ext4, XFS).
                os.fsync(descriptor)
        if unless_same and before is not None and _equal(directory, name, temporary):
            os.unlink(temporary, dir_fd=directory)
            return False
        os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        # Whatever interrupts us, Ctrl-C too, must not leave the half-written file behind.
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise
    return True


def new_file(directory: int, name: str, mode: int) -> int:
    """A locked descriptor of a file of this name that was not there before; a leftover, or a link laid there, is removed."""
    while True:
        try:
            descriptor = os.open(name, _NEW, mode, dir_fd=directory)
        except FileExistsError:
            os.unlink(name, dir_fd=directory)
            continue
        with suppress(OSError):  # some network file systems know no locks; nothing is swept there
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # swept between the two calls above


def sweep_leftovers(directory: int, name: str) -> None:
    """Removes what killed runs left of ``name``: temporary files of ours that no process holds a lock on."""
    begin = f".{name[:200]}."
    for left in _leftovers(directory):
        owner = left.removeprefix(begin).removesuffix(TEMPORARY_SUFFIX)
        if left.startswith(begin) and owner.isdigit():
            with suppress(OSError):
                _remove_unheld(directory, left)


_SEEN: dict[tuple[int, int], tuple[str, ...]] = {}
"""Names that end as ours do, of each directory written to: listed once a run, for an export makes thousands of files in one."""


def _leftovers(directory: int) -> tuple[str, ...]:
    known = os.fstat(directory)
    key = known.st_dev, known.st_ino
    if key not in _SEEN:
        try:
            _SEEN[key] = tuple(one for one in os.listdir(directory) if one.endswith(TEMPORARY_SUFFIX))
        except OSError:  # a directory that may be written and not read
            _SEEN[key] = ()
    return _SEEN[key]


def _remove_unheld(directory: int, name: str) -> None:
    descriptor = os.open(name, _LOOK, dir_fd=directory)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.unlink(name, dir_fd=directory)
    finally:
        os.close(descriptor)


def _bytes_at(directory: int, name: str) -> bytes:
    with os.fdopen(os.open(name, _LOOK, dir_fd=directory), "rb") as opened:
        return opened.read()


def _equal(directory: int, one: str, other: str) -> bool:
    """The same bytes, compared a megabyte at a time."""
    with (
        os.fdopen(os.open(one, _LOOK, dir_fd=directory), "rb") as left,
        os.fdopen(os.open(other, _LOOK, dir_fd=directory), "rb") as right,
    ):
        if os.fstat(left.fileno()).st_size != os.fstat(right.fileno()).st_size:
            return False
        while piece := left.read(1 << 20):
            if piece != right.read(1 << 20):
                return False
    return True


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    """A scan under sudo must not turn a developer's file into one of root's."""
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
        # Only root may give a file away; without it the file is ours.
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    # Without setuid and its kin: what stands there may be a hard link that somebody laid to a program of root's.
    os.fchmod(descriptor, before.st_mode & 0o777)


def sync_directory(directory: int) -> None:
    """Waits until the disk has the names in it. Some network file systems cannot; the rename itself has been done."""
    # fsync of a directory is EINVAL on some network file systems.
    with suppress(OSError):
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _sentences(place: Where) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = _WHAT_TO_DO.get(error.errno or 0, f"it cannot be written ({error.strerror or error})")
        raise UserError(f"{place}: {what}") from error
