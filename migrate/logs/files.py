"""The files of a log: rotated ones beside it, oldest first, whatever compressed them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import select
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from migrate.errors import UserError

NAMES = frozenset(
    {
        "cron",
        "cron.log",
        "crond.log",
        "syslog",
        "messages",
        "auth.log",
        "secure",
        "daemon.log",
        "user.log",
        "anacron.log",
    }
)
"""Files of a directory that cron or PAM may write to; others are not opened."""

# logrotate numbers (`.1`, `.2.gz`) or dates (dateext: `-20260301`); savelog numbers from .0.
_ROTATED = re.compile(r"^(?P<base>.+?)(?:[.-](?P<n>\d{1,4}|\d{8}(?:-\d+)?))?(?P<packed>\.(?:gz|bz2|xz|zst))?$")
# Header of systemd's journal files.
_JOURNAL = b"LPKSHHRH"
FIFO_WAIT = 30.0
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. No daemon writes such a line, but ``/dev/zero``, a disk image and a packed bomb are one line without end."""


class Readable(Protocol):
    """Whatever gives lines of bytes."""

    def readline(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class LogSet:
    """One log: its files from the oldest to the newest."""

    name: str
    files: tuple[Path, ...]


def log_sets(paths: Sequence[str]) -> list[LogSet]:
    """The logs that these paths name. A file brings its rotated ones with it; of a directory, the usual names are read.

    Raises UserError for what is not there, and for a directory without any log.
    """
    found: dict[Path, set[Path]] = defaultdict(set)
    for text in paths:
        path = Path(text)
        if path.is_dir():
            mine = [one for one in _entries(path) if base_of(one.name) in NAMES]
            if not mine:
                raise UserError(f"{path}: no log of cron is in this directory; name the file itself with --log")
            for one in mine:
                found[path / base_of(one.name)].add(one)
        elif not path.exists():
            raise UserError(f"{path}: no such file or directory; name cron's log, such as /var/log/syslog")
        elif path.is_file():
            base = base_of(path.name)
            found[path.parent / base].update(one for one in _entries(path.parent) if base_of(one.name) == base)
            found[path.parent / base].add(path)
        elif path.is_fifo():
            found[path].add(path)  # a process substitution too
        else:
            raise UserError(f"{path}: a device or a socket, not a log; name cron's log, or - for standard input")
    return [LogSet(str(name), tuple(sorted(files, key=_age))) for name, files in sorted(found.items())]


def _entries(directory: Path) -> list[Path]:
    try:
        return [one for one in sorted(directory.iterdir()) if one.is_file()]
    except PermissionError:
        raise UserError(f"{directory}: no permission to read; run with sudo, or copy the logs") from None


def base_of(name: str) -> str:
    """The log that a file belongs to: ``syslog`` for ``syslog.2.gz`` and ``cron-20260301``."""
    match = _ROTATED.match(name)
    return match["base"] if match is not None else name


def _age(path: Path) -> tuple[int, int, str]:
    """Oldest first: dates rise, numbers fall, and the log itself comes last."""
    # The log itself has no number and is the newest.
    match = _ROTATED.match(path.name)
    number = match["n"] if match is not None else None
    if number is None:
        return (2, 0, path.name)
    if len(number) >= 8:
        return (0, 0, number)
    return (1, -int(number), path.name)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a file, unpacked. Raises UserError, one sentence, where it cannot be read; a packed file that breaks
    off gives what it holds."""
    try:
        file = _fifo(path) if path.is_fifo() and path.parent.name != "fd" else path.open("rb")
    except PermissionError:
        raise UserError(f"{path}: no permission to read; run with sudo, or copy the log") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    with file:
        yield _lines(path, file)


def _fifo(path: Path) -> BinaryIO:
    """A named FIFO once something writes to it; opening it plainly would wait for a writer for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    if not poll.poll(FIFO_WAIT * 1000):
        os.close(descriptor)
        # Opened without blocking, so its writer may not be there yet.
        raise UserError(f"{path}: a FIFO that nothing has written to for {FIFO_WAIT:g} seconds; start its writer first")
    # Once there is a writer, reads must wait for it.
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    # By the content and not by the name: a `.gz` may have been unpacked in place.
    head = file.peek(8)[:8] if hasattr(file, "peek") else b""
    if head == _JOURNAL:
        raise UserError(f"{path}: a binary journal; export it first: journalctl --file {path} -o export > cron.export")
    if head.startswith(b"\x1f\x8b"):
        return _until_it_breaks(path, gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return _until_it_breaks(path, bz2.BZ2File(file))
    if head.startswith(b"\xfd7zXZ"):
        return _until_it_breaks(path, lzma.LZMAFile(file))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd(path)
    return lines_of(str(path), file)


def lines_of(name: str, stream: Readable) -> Iterator[bytes]:
    """The lines of a log. Raises UserError at one that is longer than any log's; ``name`` begins the sentence."""
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise UserError(f"{name}: a line of more than {LONGEST_LINE >> 20} MiB, so not a log; name cron's log")
        yield line


def _until_it_breaks(path: Path, unpacked: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> Iterator[bytes]:
    try:
        yield from lines_of(str(path), unpacked)
    except (EOFError, OSError, lzma.LZMAError, ValueError):
        # A log that is still being packed, or was cut off, breaks at its end: what came before counts.
        return


# Python has no zstd before 3.14; logrotate may use it (compresscmd).
def _zstd(path: Path) -> Iterator[bytes]:
    program = shutil.which("zstd")
    if program is None:
        raise UserError(f"{path}: packed with zstd, which is not installed; unpack it first")
    command = [program, "-dcq", "--", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        if process.stdout is not None:
            yield from lines_of(str(path), process.stdout)
