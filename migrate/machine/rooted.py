"""Paths below a root, with every link resolved inside it: the machine that scans is not the machine that is scanned.

A tree copied from a server has absolute links that mean the server's files, and may have links that somebody laid to reach
ours. ``Tree`` opens a place below its root as the server itself would, with the kernel's ``openat2`` where there is one, and
else component by component, no component followed by the kernel. What is opened is looked at and used through its
descriptor, so a link put there between look and use is an error or stays inside, never a way out.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LINKS = 40  # as many as Linux follows (MAXSYMLINKS)
_O_PATH = getattr(os, "O_PATH", os.O_RDONLY)  # a look that needs no permission to read; only Linux has it
_ANEW = os.O_CREAT | os.O_EXCL
_DIRECTORY = _O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# include/uapi/linux/openat2.h; the number is the same on every architecture but Alpha, which had its own numbers first.
_OPENAT2 = 437
_NO_MAGICLINKS, _BENEATH, _IN_ROOT = 0x02, 0x08, 0x10
_TRIES = 32  # EAGAIN: something was renamed while `..` was resolved; openat2(2) says to try again
# Not there (ENOSYS), forbidden by a seccomp filter that does not know it (EPERM: Docker before 20.10), or an older shape
# of it (E2BIG, EINVAL). Then we walk, and a refusal that is real is met there as well.
_NO_SUCH_CALL = {errno.ENOSYS, errno.EPERM, errno.E2BIG, errno.EINVAL, errno.EAGAIN}


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _calls_openat2() -> bool:
    import platform
    import sys

    return sys.platform == "linux" and platform.machine() != "alpha"


@cache
def _syscall() -> Callable[..., int]:
    """syscall(2) of the C library."""
    # Each CDLL makes a class of its own, in a cycle that only the collector frees: a dozen of them for each job of a scan.
    return ctypes.CDLL(None, use_errno=True).syscall


KERNEL = _calls_openat2()
"""Whether to ask the kernel; tests set it to False for the walk."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A root directory on this machine, and what lies below it. Places are relative to the root; a leading ``/`` is its.

    root: the directory, as it was named; links in its own path are this machine's. With ``outer``, it is a place below
    another tree, and resolved there.
    at: where on its host the root stands, when it is not the host's root (``etc`` for a copy of /etc alone): absolute links
    and ``..`` then go by that, and what leads elsewhere is not there.
    strict: a link that leads out is refused (EXDEV), where it otherwise ends at the root, as in a changed root.
    """

    root: Path
    at: str = ""
    strict: bool = False
    outer: Place | None = None

    def place(self, inside: str | os.PathLike[str] = "") -> Place:
        """The place of this name below the root; nothing is looked at yet."""
        return Place(self, _plain(os.fspath(inside)))

    def open(self, inside: str, flags: int, mode: int = 0o666) -> int:
        """A descriptor of what stands there; OSError as from ``os.open``."""
        if "\0" in inside:
            raise OSError(errno.EINVAL, "a zero byte in the name", inside)
        # O_CLOEXEC: no program that is started later inherits it.
        flags |= os.O_CLOEXEC
        # `at` shifts the root, which RESOLVE_IN_ROOT knows nothing of.
        if KERNEL and not self.at:
            found = self._asked_of_kernel(inside, flags, mode)
            if found is not None:
                return found
        # O_EXCL makes a name anew, and so follows no link either.
        follow = not flags & os.O_NOFOLLOW and flags & _ANEW != _ANEW
        with self.last(inside, follow=follow) as (directory, name, _):
            return os.open(name, flags | os.O_NOFOLLOW, mode, dir_fd=directory)

    def _asked_of_kernel(self, inside: str, flags: int, mode: int) -> int | None:
        """What openat2 opens; None where it cannot be asked."""
        # RESOLVE_NO_MAGICLINKS: /proc/self/fd/N and its kin lead anywhere, whatever the root.
        how = _How(flags, mode if flags & os.O_CREAT else 0, _NO_MAGICLINKS | (_BENEATH if self.strict else _IN_ROOT))
        path = os.fsencode(inside.lstrip("/") or ".")
        call = _syscall()
        root = self._open_root()
        try:
            for _try in range(_TRIES):
                found = call(
                    ctypes.c_long(_OPENAT2),
                    ctypes.c_int(root),
                    ctypes.c_char_p(path),
                    ctypes.byref(how),
                    ctypes.c_size_t(ctypes.sizeof(how)),
                )
                number = ctypes.get_errno()
                if found >= 0:
                    return int(found)
                # EINTR: a signal; EAGAIN: something was renamed on the way (openat2(2)).
                if number not in (errno.EAGAIN, errno.EINTR):
                    break
        finally:
            os.close(root)
        if number in _NO_SUCH_CALL:
            return None
        raise OSError(number, os.strerror(number), inside)

    def _open_root(self) -> int:
        flags = _O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
        # The root was named by a person, so its own links are this machine's.
        if self.outer is not None:
            return self.outer.open(flags)
        return os.open(self.root, flags)

    @contextmanager
    def last(self, inside: str, *, follow: bool = True) -> Iterator[tuple[int, str, str]]:
        """The directory of a place, open; its name there; and the whole place, without any link.

        The name is no link, as far as one look can say (with ``follow`` false it may be one): use it with O_NOFOLLOW. It
        need not be there; OSError where a directory above it is not.
        """
        walk = _Walk(self, inside)
        try:
            name = walk.to_last(follow=follow)
            directory = walk.stack[-1]
            if directory is None:
                raise OSError(errno.ENOENT, "outside of what was given", inside)
            real = "/".join([*walk.names, name] if name != "." else walk.names)
            yield directory, name, real
        finally:
            walk.close()

    def resolve(self, inside: str) -> str:
        """The place without links, relative to the host's root; its last component need not be there."""
        with self.last(inside) as (_directory, _name, real):
            return real


class _Walk:
    """From component to component: the open directories from the root down, ``None`` for those above what was given."""

    def __init__(self, tree: Tree, inside: str) -> None:
        self.tree, self.inside = tree, inside
        self.names: list[str] = []
        self.links = 0
        self.root = tree._open_root()
        self.above = [part for part in tree.at.split("/") if part]
        self.stack: list[int | None] = [None if self.above else self.root]
        # A place is named below what was given; a link speaks of the host's own root.
        self.todo = [*reversed(inside.split("/")), *reversed(self.above)]

    def to_last(self, *, follow: bool) -> str:
        """Walks to the directory of the last component, and names it; ``.`` where that is the directory itself."""
        while self.todo:
            part = self.todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                self._up()
                continue
            last = all(one in ("", ".") for one in self.todo)
            if last and not follow:
                return part
            directory = self.stack[-1]
            # readlink of the held directory: nobody can change what was looked at on the way there.
            target = _link_at(directory, part) if directory is not None else None
            if target is not None:
                self._follow(target)
            elif last and directory is not None:
                if self.todo:
                    _must_be_directory(directory, part)
                return part
            else:
                self._down(part)
        return "."

    def _up(self) -> None:
        if len(self.stack) == 1:
            # In a changed root `..` of the root is the root; a strict tree refuses it.
            if self.tree.strict:
                raise OSError(errno.EXDEV, "leads out of its root", self.inside)
            return
        self._leave()

    def _leave(self) -> None:
        left = self.stack.pop()
        self.names.pop()
        if left is not None and left != self.root:
            os.close(left)

    def _down(self, part: str) -> None:
        directory, depth = self.stack[-1], len(self.stack) - 1
        if directory is not None:
            self.stack.append(os.open(part, _DIRECTORY, dir_fd=directory))
        elif part == self.above[depth]:
            self.stack.append(self.root if depth + 1 == len(self.above) else None)
        else:
            raise OSError(errno.ENOENT, "outside of what was given", self.inside)
        self.names.append(part)

    def _follow(self, target: str) -> None:
        # Counted as the kernel does: 40 links on one path.
        self.links += 1
        if self.links > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self.inside)
        if target.startswith("/"):
            if self.tree.strict:
                raise OSError(errno.EXDEV, "leads out of its root", self.inside)
            while len(self.stack) > 1:
                self._leave()
        self.todo += reversed(target.split("/"))

    def close(self) -> None:
        while len(self.stack) > 1:
            self._leave()
        os.close(self.root)


def _must_be_directory(directory: int, name: str) -> None:
    """A slash or a dot behind a name asks for a directory (path_resolution(7)); what is not there is found so later."""
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)


def _link_at(directory: int, name: str) -> str | None:
    """Where the link of this name leads; None where it is no link, or not there."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        # EINVAL: it is no link.
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


@dataclass(frozen=True, slots=True)
class Place:
    """A place below the root of a tree, with what is asked of a path. ``str`` is what it is called on this machine."""

    tree: Tree
    inside: str

    def __str__(self) -> str:
        return str(self.path)

    # A path made of it would be followed by the kernel, outside of all this.
    def __fspath__(self) -> str:
        raise TypeError(f"{self.inside}: a place in a tree is opened through its tree, not by its path")

    def __truediv__(self, name: str) -> Place:
        return Place(self.tree, _plain(f"{self.inside}/{name}"))

    @property
    def path(self) -> Path:
        """What it is called on this machine: to be shown, never to be opened."""
        return self.tree.root / self.inside

    @property
    def name(self) -> str:
        return self.inside.rpartition("/")[2] or self.tree.root.absolute().name

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix

    @property
    def parent(self) -> Place:
        return Place(self.tree, self.inside.rpartition("/")[0])

    def open(self, flags: int, mode: int = 0o666) -> int:
        """A descriptor; OSError as from ``os.open``."""
        return self.tree.open(self.inside, flags, mode)

    def stat(self) -> os.stat_result:
        """Of what stands there, links followed inside the tree."""
        # O_PATH opens without reading: neither a FIFO nor a device does anything by it.
        if hasattr(os, "O_PATH"):
            descriptor = self.open(_O_PATH)
            try:
                return os.fstat(descriptor)
            finally:
                os.close(descriptor)
        with self.tree.last(self.inside) as (directory, name, _):
            return os.stat(name, dir_fd=directory, follow_symlinks=False)

    def lstat(self) -> os.stat_result:
        """Of what stands there itself, a link or not."""
        with self.tree.last(self.inside, follow=False) as (directory, name, _):
            return os.stat(name, dir_fd=directory, follow_symlinks=False)

    def readlink(self) -> str:
        """What the link says, as it stands; OSError (EINVAL) where it is none."""
        with self.tree.last(self.inside, follow=False) as (directory, name, _):
            return os.readlink(name, dir_fd=directory)

    def is_link(self) -> bool:
        with suppress(OSError):
            return stat.S_ISLNK(self.lstat().st_mode)
        return False

    def is_dir(self) -> bool:
        """Whether it is a directory, as far as we may know."""
        with suppress(OSError):
            return stat.S_ISDIR(self.stat().st_mode)
        return False

    def exists(self) -> bool:
        with suppress(OSError):
            self.stat()
            return True
        return False

    def is_there(self) -> bool:
        """Whether anything stands there, be it a link that leads nowhere."""
        with suppress(OSError):
            self.lstat()
            return True
        return False

    def entries(self) -> list[Place]:
        """What is in the directory, by name; OSError where it cannot be listed."""
        descriptor = self.open(os.O_RDONLY | os.O_DIRECTORY)
        try:
            names = os.listdir(descriptor)  # noqa: PTH208 - of a descriptor, which no path can name safely
        finally:
            os.close(descriptor)
        return [self / name for name in sorted(names)]

    def read(self, limit: int = -1) -> bytes:
        """The first ``limit`` bytes of a regular file, all by default; OSError (EINVAL) where it is none, and no waiting."""
        # O_NONBLOCK: a FIFO with this name must not hold us; on a regular file it means nothing.
        descriptor = self.open(os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as opened:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
                raise OSError(number, "not a regular file", str(self))
            return opened.read(limit)

    def real(self) -> Place:
        """The same place with no link on the way; OSError where a directory above it is not there."""
        found = self.tree.resolve(self.inside)
        above = self.tree.at.strip("/")
        return Place(self.tree, found[len(above) :].lstrip("/") if above else found)

    def unlink(self) -> None:
        """Removes the name that stands there; what a link names is left alone."""
        with self.tree.last(self.inside, follow=False) as (directory, name, _):
            os.unlink(name, dir_fd=directory)

    def rmdir(self) -> None:
        """Removes an empty directory."""
        with self.tree.last(self.inside, follow=False) as (directory, name, _):
            os.rmdir(name, dir_fd=directory)

    def subtree(self, at: str = "") -> Tree:
        """The tree whose root stands here."""
        return Tree(self.path, at, self.tree.strict, self)


def everywhere(path: Path) -> Place:
    """A place that a person named by its path on this machine: links are followed as this machine has them."""
    return Place(Tree(Path("/")), str(path.absolute()).lstrip("/"))


def _plain(inside: str) -> str:
    """Without empty parts and dots; `..` stays, for only a walk knows what it means."""
    return "/".join(part for part in inside.split("/") if part not in ("", "."))
