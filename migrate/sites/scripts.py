"""Scripts that run-parts starts: each goes out of its reach and back by itself, while line, directory and siblings stay.

A plain file loses its x bits. dpkg gives a new version of a conffile the mode of the one that stands there (configure.c,
`deferred_configure_conffile`), and asks nothing, for only bytes count as an edit; a file under another name counts as deleted,
is asked about, and with ``--force-confnew`` comes back live (tests/real/test_packaged_scripts.py). rpm 4.18 brings back both.

A link has no mode of its own, and a file with a second name shares it: their name gets a dot in front and ours behind, which
every run-parts passes over (``converters/tables/run_parts.py``). Nothing is followed out of the tree that is meant.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converters.findings.codes import Finding
from migrate.document.job import Job
from migrate.errors import UserError
from migrate.machine.files import sync_directory
from migrate.machine.renaming import renamed
from migrate.machine.rooted import Place, Tree
from migrate.sites.exchange import sentence_of
from migrate.sites.tables import Change, places_of
from migrate.sources.trees import root_of

Way = Literal["mode", "name"]
HIDDEN = ".cron2fargate"
_X = 0o111
_LARGEST = 64 << 20
_RPM = ("var/lib/rpm", "usr/lib/sysimage/rpm")


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in a script's place. ``mode``: its permissions; ``digest``: SHA-256 of a file's bytes, or of where a link
    leads; ``shared``: a link, or a file with a second name."""

    mode: int
    digest: str
    link: bool = False
    shared: bool = False

    @property
    def way(self) -> Way:
        return "name" if self.shared else "mode"


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A script. ``path`` as the report names it, ``place`` where it stands here, ``on_host`` its path on its own host."""

    path: str
    place: Place
    on_host: str

    def __str__(self) -> str:
        return str(self.place)

    @property
    def hidden(self) -> Place:
        """The name that run-parts passes over."""
        return self.place.parent / f".{self.place.name}{HIDDEN}"

    @property
    def runs(self) -> bool:
        """Whether run-parts would start it."""
        try:
            status = self.place.stat()
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and bool(status.st_mode & _X)

    def sha256(self) -> str | None:
        """Of the bytes that run, be it behind a link; None where they cannot be read."""
        try:
            return hashlib.sha256(self.place.read(_LARGEST)).hexdigest()
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class ScriptChange:
    """One script and the jobs it is, on its way out of run-parts' reach (``out``) or back. ``before`` is what stood there
    when it was live."""

    script: ScriptFile
    names: tuple[str, ...]
    before: Seen
    out: bool

    @property
    def way(self) -> Way:
        return self.before.way

    @property
    def off(self) -> int:
        """The mode of a file that run-parts passes over."""
        return self.before.mode & ~_X

    def told(self) -> str:
        """What is done, for a plan and for a step."""
        if self.way == "name":
            ends = [self.script.place.name, self.script.hidden.name]
            return " is named ".join(ends if self.out else reversed(ends))
        modes = [self.before.mode, self.off]
        return "mode {:04o} becomes {:04o}".format(*(modes if self.out else reversed(modes)))

    def record(self) -> dict[str, object]:
        """What the way back needs."""
        return {"path": self.script.path, "way": self.way, "mode": self.before.mode, "digest": self.before.digest}

    def install(self) -> None:
        """Does it, in one step of the kernel's, and waits for the disk. UserError where something else stands there."""
        with _sentences(self.script):
            if self.way == "mode":
                modes = [self.before.mode, self.off]
                _set_mode(self.script, self.before.digest, *(modes if self.out else reversed(modes)))
                return
            ends = self.script.place, self.script.hidden
            _rename(self.script, self.before, *(ends if self.out else reversed(ends)))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a unit's move changes on its host: scripts, then tables."""

    tables: tuple[Change, ...] = ()
    scripts: tuple[ScriptChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.scripts)


def script_of(job: Job, path: str, root: Path | None) -> ScriptFile:
    """The script that the report calls ``path``, in the tree that holds the table which starts it."""
    seen = root_of(Path(job.source.path))
    if seen is not None and (str(seen) == "/" or not Path(path).absolute().is_relative_to(seen.absolute())):
        seen = None
    _file, on_host, place = places_of(path, root, seen)
    return ScriptFile(path, place if place is not None else Tree(Path("/")).place(on_host), on_host)


def look(place: Place) -> Seen | None:
    """What stands there, the last name not followed; None for nothing. UserError for what is no script."""
    try:
        with place.tree.last(place.inside, follow=False) as (directory, name, _real):
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                target = os.fsencode(os.readlink(name, dir_fd=directory))
                return Seen(stat.S_IMODE(status.st_mode), hashlib.sha256(target).hexdigest(), link=True, shared=True)
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{place}: no plain file and no link, so no script; look at it, then scan again")
            descriptor = os.open(name, _READ, dir_fd=directory)
        try:
            return _seen(descriptor)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise sentence_of(place.path, error) from error


_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def _seen(descriptor: int) -> Seen:
    """Of an open file, whose offset stands at its start."""
    status, told = os.fstat(descriptor), hashlib.sha256()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    while piece := os.read(descriptor, 1 << 20):
        told.update(piece)
    return Seen(stat.S_IMODE(status.st_mode), told.hexdigest(), shared=status.st_nlink > 1)


def change_out(script: ScriptFile, job: Job, names: Sequence[str], record: Mapping[str, object]) -> ScriptChange | None:
    """What takes the script out of run-parts' reach; None where we did that before (``record``). UserError where it is not
    what was scanned."""
    seen, hidden = look(script.place), look(script.hidden)
    if record and _is_ours(record, seen, hidden):
        return None
    if seen is None:
        raise UserError(f"{script}: there is no such script any more; scan again")
    if not script.runs:
        raise UserError(f"{script}: it is not executable, so run-parts does not start it; scan again")
    if seen.way == "name" and hidden is not None:
        raise UserError(f"{script.hidden}: this name is taken, so {script} cannot have it; look at both")
    if job.script_sha256 is not None and script.sha256() != job.script_sha256:
        raise UserError(f"{script}: it was edited since the scan; look at the edit, then scan again")
    return ScriptChange(script, tuple(names), seen, out=True)


def _is_ours(record: Mapping[str, object], seen: Seen | None, hidden: Seen | None) -> bool:
    if record["way"] == "name":
        return seen is None and hidden is not None and hidden.digest == record["digest"]
    return seen is not None and not seen.link and seen.mode == int(str(record["mode"])) & ~_X


def change_back(script: ScriptFile, names: Sequence[str], record: Mapping[str, object]) -> ScriptChange | None:
    """What gives the script back to run-parts; None where it is there already. UserError where it is gone, or was changed
    by somebody so that it cannot be as it was."""
    way, mode, digest = record["way"], int(str(record["mode"])), str(record["digest"])
    if script.runs:
        return None
    if way == "name":
        hidden = look(script.hidden)
        if hidden is None or look(script.place) is not None:
            raise UserError(
                f"{script}: it is not at {script.hidden.name} any more, or something took its name; look at both"
            )
        if hidden.digest != digest:
            raise UserError(f"{script.hidden}: it was edited since it was moved; name it {script.place.name} by hand")
        return ScriptChange(script, tuple(names), Seen(mode, digest, hidden.link, shared=True), out=False)
    seen = look(script.place)
    if seen is None:
        raise UserError(f"{script}: the script is gone; nothing was changed: put it back by hand, with mode {mode:04o}")
    if seen.link or seen.mode != mode & ~_X:
        raise UserError(
            f"{script}: its mode was {mode & ~_X:04o} when it was moved and is {seen.mode:04o} now; nothing was changed: "
            f"chmod {mode:04o} by hand"
        )
    # A package's upgrade may have brought other bytes: they are its owner's, only the mode was ours.
    return ScriptChange(script, tuple(names), Seen(mode, seen.digest), out=False)


def comes_back(script: ScriptFile, job: Job, seen: Seen) -> Finding | None:
    """What a package's upgrade does to a script that was moved, where that is not nothing."""
    tree = script.place.tree
    if any(tree.place(one).is_dir() for one in _RPM) or job.dialect.startswith("cronie"):
        # rpm -U sets the mode of each file it has, edited or not, and makes a missing one anew.
        text = f"rpm makes it executable again when its package is upgraded; to be safe, name {script.place.name} in jobs.deny"
        return Finding("C765", f"{script.on_host}: {text}")
    if seen.way == "name":
        return Finding("C765", f"{script.on_host}: it gets another name, and a package that has it may bring it back")
    return None


# -- the two deeds -------------------------------------------------------------------------------------------------------


def _set_mode(script: ScriptFile, digest: str, expected: int, mode: int) -> None:
    place = script.place
    with place.tree.last(place.inside, follow=False) as (directory, name, _real):
        descriptor = os.open(name, _READ, dir_fd=directory)
    try:
        seen = _seen(descriptor)
        # Looked at through what is held open: no other file can have taken its name since.
        if seen.digest != digest or seen.shared or seen.mode != expected:
            raise UserError(f"{script}: somebody changed it just now; nothing was changed: scan again")
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(script: ScriptFile, before: Seen, old: Place, new: Place) -> None:
    seen = look(old)
    if seen is None or seen.digest != before.digest:
        raise UserError(f"{script}: somebody changed it just now; nothing was changed: scan again")
    with old.tree.last(old.inside, follow=False) as (directory, name, _real):
        _rename_new(directory, name, new.name)
        sync_directory(directory)


def _rename_new(directory: int, old: str, new: str) -> None:
    """Gives a name that nothing has yet; FileExistsError where something has."""
    if renamed(old, new, "new", directory=directory):
        return
    try:
        os.stat(new, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=directory, dst_dir_fd=directory)
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


@contextmanager
def _sentences(script: ScriptFile) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise sentence_of(script.place.path, error) from error
