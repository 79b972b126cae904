"""Renaming as Linux alone has it (renameat2): two names that change places, or a name given only where nothing has it."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from typing import Literal

# linux/fs.h RENAME_NOREPLACE and RENAME_EXCHANGE.
_FLAGS = {"new": 1, "exchange": 2}
AT_FDCWD = -100


def renamed(old: str | Path, new: str | Path, how: Literal["new", "exchange"], *, directory: int = AT_FDCWD) -> bool:
    """In one step of the kernel's; names count from ``directory``. False where the system or the file system has no such call;
    OSError where it refuses, FileExistsError where a ``new`` name is taken."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(directory, os.fsencode(old), directory, os.fsencode(new), _FLAGS[how]) == 0:
        return True
    number = ctypes.get_errno()
    # ENOSYS: Linux before 3.15; EINVAL: a file system without it (NFS and others).
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(old))
