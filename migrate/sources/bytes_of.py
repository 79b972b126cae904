"""The bytes of one crontab, with limits: never a device, never more than a crontab can be, never a wait without end."""

from __future__ import annotations

import errno
import os
import select
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from converters.tables.formats import MAGIC, other_format
from migrate.errors import UserError

# Far more than any cron reads, far less than a machine has.
SIZE_LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_SNIFFED = 8192
_STREAM_PREFIXES = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
_OTHER_KINDS = [
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a directory"),
]


def is_stream(path: str) -> bool:
    """Whether the path names an open descriptor (as ``<(crontab -l)`` does), not a file that will be there again."""
    # bash writes `<(..)` as /dev/fd/N; the descriptor is gone when the command ends.
    return path == "-" or path.startswith(_STREAM_PREFIXES)


def bytes_of(path: Path, *, fifo_wait: float = 30.0) -> bytes:
    """Read a regular file, a FIFO or a process substitution.

    ``fifo_wait`` is how long, in seconds, a named FIFO may stay without its writer. Raises UserError for whatever
    cannot be a crontab and for what cannot be read; the sentence begins with the path.
    """
    try:
        # Not blocking, as the mere opening of a FIFO without a writer would wait for ever.
        # O_NOCTTY: opening a terminal must not make it ours.
        descriptor = os.open(_acceptable(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            # Looked at again through the descriptor: what stands there may have changed since.
            status = os.fstat(descriptor)
            _refuse_other_kinds(path, status.st_mode)
            if stat.S_ISFIFO(status.st_mode):
                data = _fifo(path, descriptor, None if is_stream(str(path)) else fifo_wait)
            else:
                data = _regular(path, descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UserError(f"{path}: {why_unreadable(path, error)}") from error
    return _text_only(path, data)


def bytes_of_stream(stream: BinaryIO) -> bytes:
    """Standard input to its end; UserError past the size limit or where it is not text."""
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := stream.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > SIZE_LIMIT:
                raise _too_large("standard input")
    except OSError as error:
        raise UserError(f"standard input: {error.strerror or error}; pipe a crontab into it, or name a file") from error
    return _text_only("standard input", b"".join(chunks))


def refuse_other_formats(path: Path | str, data: bytes) -> None:
    """FormatError where the text is no table but another well-known kind: what it looks like, and what to give instead."""
    found = other_format(data.decode("utf-8", "surrogateescape"))
    if found is not None:
        raise FormatError(f"{path}: not a crontab: this looks like {found.what}; {found.give}")


class FormatError(UserError):
    """A text of another kind was given for a crontab."""


def why_unreadable(path: Path, error: OSError) -> str:
    """A clause for why ``path`` cannot be read, and what to do."""
    if error.errno == errno.ENOENT:
        return (
            f"a link to {path.readlink()}, which does not exist" if path.is_symlink() else "no such file or directory"
        )
    if error.errno == errno.EXDEV:
        return "a link that leads out of what was named, so it is not read; name what it leads to"
    if error.errno == errno.ELOOP:
        return "a loop of links"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "no permission to read; run with sudo, or pipe your own table: crontab -l | cron2fargate scan -"
    return f"cannot be read ({error.strerror or error})"


def _acceptable(path: Path) -> Path:
    # Asked before opening as well: opening a device can have effects of its own (a tape rewinds).
    _refuse_other_kinds(path, path.stat().st_mode)
    return path


def _refuse_other_kinds(path: Path, mode: int) -> None:
    for test, what in _OTHER_KINDS:
        if test(mode):
            raise UserError(f"{path}: {what}, not a crontab; name a file, or - for standard input")


def _regular(path: Path, descriptor: int, size: int) -> bytes:
    if size > SIZE_LIMIT:
        raise _too_large(path)
    chunks: list[bytes] = []
    total = 0
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
        total += len(chunk)
        if total > SIZE_LIMIT:
            raise _too_large(path)
    return b"".join(chunks)


def _fifo(path: Path, descriptor: int, patience: float | None) -> bytes:
    chunks: list[bytes] = []
    total = 0
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    while True:
        # A FIFO without a writer is readable at once (POLLHUP) only after one has come and gone.
        if not poll.poll(patience * 1000 if patience is not None and not chunks else None):
            raise UserError(
                f"{path}: a FIFO that nothing has written to for {patience:g} seconds; start its writer first"
            )
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            # POLLIN may be stale: another reader was quicker.
            continue
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        total += len(chunk)
        if total > SIZE_LIMIT:
            raise _too_large(path)


def _too_large(path: Path | str) -> UserError:
    return UserError(
        f"{path}: larger than {SIZE_LIMIT // (1024 * 1024)} MiB, so not a crontab; name the crontab itself"
    )


def _every_other(data: bytes, first: int) -> bool:
    """Whether every second byte is NUL, and no other: Latin text in two bytes a letter."""
    some = data[:_SNIFFED]
    return len(some) > 3 and not any(some[first::2]) and all(some[1 - first :: 2])


_WIDE: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("UTF-32", lambda data: data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff"))),
    ("UTF-16", lambda data: data.startswith((b"\xff\xfe", b"\xfe\xff"))),
    ("UTF-16BE", lambda data: _every_other(data, 0)),
    ("UTF-16LE", lambda data: _every_other(data, 1)),
)
"""Encodings of more than a byte a letter, with their marks (Unicode, "Byte Order Mark")."""


def _text_only(path: Path | str, data: bytes) -> bytes:
    # A byte order mark of Windows' editors; UTF-8's own mark is left to the reader.
    encoding = next((name for name, marked in _WIDE if marked(data)), None)
    if encoding is not None:
        raise UserError(f"{path}: {encoding} text, which no cron reads; convert it first: iconv -f {encoding} -t UTF-8")
    kind = next((what for magic, what in MAGIC if data.startswith(magic)), None)
    if kind is not None:
        # What can be unpacked says so itself.
        instead = "" if ";" in kind else "; name the crontab itself"
        raise UserError(f"{path}: not a crontab but {kind}{instead}")
    # A table has no NUL; looking at the first blocks is enough to tell a binary.
    if b"\0" in data[:_SNIFFED]:
        raise UserError(f"{path}: not a crontab but binary data; name the crontab itself")
    return data
