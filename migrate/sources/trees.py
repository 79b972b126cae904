"""From a directory to the crontabs in it: cron.d, a spool, /etc, the tree of a whole server, or a heap of files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from converters.findings.few import few
from migrate.errors import UserError
from migrate.machine.rooted import Place, Tree
from migrate.sources.bytes_of import why_unreadable
from migrate.sources.kinds import ignored_name, is_spool
from migrate.sources.model import Dialect, Skipped
from migrate.sources.server import Server
from migrate.sources.timers import MetTimer, started_otherwise
from migrate.sources.units import PLACES as UNIT_PLACES


@dataclass(frozen=True, slots=True)
class Met:
    """A table met in a directory: ``path`` as it is called, ``real`` where it stands, with no link on the way."""

    path: Path
    real: Path


Found = Met | MetTimer | Skipped | Server

# Below the root of a server; var/spool/cron holds Debian's crontabs/ and SUSE's tabs/ too.
USUAL_PLACES = (
    "etc/crontab",
    "etc/cron.d",
    "usr/local/etc/cron.d",
    "etc/crontabs",
    "var/spool/cron",
    "var/cron/tabs",
    "var/at/tabs",
)
_PERIODIC = re.compile(r"cron\.(hourly|daily|weekly|monthly|yearly)")
_NESTED = {"cron.d", "crontabs", "tabs", "cron", "etc"}
_ETC_MARKS = {"passwd", "fstab", "hosts", "cron.daily"}
_NOT_CRONTABS = {
    *(".md", ".rst", ".html", ".pdf", ".csv", ".tsv", ".json", ".yml", ".yaml", ".toml", ".xml", ".log"),
    *(".sh", ".rb", ".py", ".pl", ".php", ".js", ".gz", ".bz2", ".xz", ".zip", ".tar", ".tgz"),
}
_OF_RUN_PARTS = "run-parts starts what is in it; name the server's tree or its /etc, and its scripts become jobs"
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


def crontabs_below(directory: Path, dialect: Dialect) -> Iterator[Found]:
    """Paths of the tables in a directory that was named, in a stable order, and what is passed over with its reason.

    Raises OSError when the directory itself cannot be listed, UserError when it holds nothing like a crontab.
    """
    found = list(_any(directory, dialect, tree_above(directory, directory)))
    if not any(isinstance(one, Met | MetTimer) for one in found):
        passed_over = [one for one in found if isinstance(one, Skipped)]
        seen = f" (passed over: {_few(passed_over)})" if passed_over else ""
        raise UserError(
            f"{directory}: no crontab in this directory{seen}; name a crontab, or the root of a server's tree"
        )
    yield from found


def usual_places(root: Path, dialect: Dialect) -> Iterator[Found]:
    """The tables of the server whose file system begins at ``root``: each place that is there."""
    dialect = _shown_dialect(root / "etc", dialect)
    tree = Tree(root)
    for place in USUAL_PLACES:
        path = root / place
        try:
            tree.place(place).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Skipped(str(path), why_unreadable(path, error), "C112")
            continue
        if tree.place(place).is_dir():
            yield from _guarded(path, dialect, tree)
        else:
            yield _regular(path, tree)
    yield from _beside_crontabs(root / "etc", root, tree)


def tree_above(path: Path, named: Path) -> Tree:
    """The tree whose links lead from ``path``: that of its server, else the directory that was named, and never out of it.

    An absolute link of a copied tree means the host's file, not this machine's of the same name.
    """
    root = root_of(path)
    if root is None and path.absolute().name == "etc":
        root = path.absolute().parent
    return Tree(root) if root is not None else Tree(named.absolute(), strict=True)


def standing(path: Path, tree: Tree) -> Path:
    """Where a place met in a tree lies on this machine, with no link on the way that is not followed in the tree."""
    return _place(path, tree).real().path


def _place(path: Path, tree: Tree) -> Place:
    return tree.place(path.absolute().relative_to(tree.root.absolute()))


def is_directory(path: Path) -> bool:
    """Whether ``path`` is a directory, as far as we may know: no permission or an impossible name is a no."""
    try:
        return path.is_dir()
    except OSError:
        return False


def zone_of_tree(root: Path) -> str | None:
    """The time zone that ``etc/timezone`` or the link ``etc/localtime`` below ``root`` names, or None."""
    named = ""
    tree = Tree(root)
    with suppress(OSError):
        named = tree.place("etc/localtime").readlink().partition("zoneinfo/")[2]
    with suppress(OSError):
        written = tree.place("etc/timezone").read(200).decode("ascii", "replace").partition("\n")[0].strip()
        named = written or named
    return named if _ZONE_NAME.fullmatch(named) else None


def machine_zone() -> str:
    """The name of this machine's zone: ``TZ``, then what /etc says, then UTC."""
    # POSIX TZ may begin with a colon (implementation-defined: a file of the database).
    named = os.environ.get("TZ", "").lstrip(":")
    for name in (named, zone_of_tree(Path("/")) or ""):
        if name:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
            return name
    return "UTC"


def root_of(path: Path) -> Path | None:
    """The root of the server tree that a crontab lies in (``x/server1`` for ``x/server1/etc/cron.d/app``)."""
    heads = []
    for place in (*USUAL_PLACES, "etc/anacrontab", *UNIT_PLACES):
        head, found, _tail = f"{path.absolute()}/".rpartition(f"/{place}/")
        if found:
            heads.append(head)
    # `usr/local/etc/cron.d` ends as `etc/cron.d` does: the place that takes most of the path is meant.
    return Path(min(heads, key=len) or "/") if heads else None


def _any(directory: Path, dialect: Dialect, tree: Tree) -> Iterator[Found]:
    entries = sorted(directory / entry.name for entry in standing(directory, tree).iterdir())
    names = {entry.name for entry in entries}
    base = directory.absolute().name
    if base == "cron.d":
        yield from _cron_d(entries, dialect, tree)
    elif _PERIODIC.fullmatch(base):
        raise UserError(f"{directory}: {_OF_RUN_PARTS}")
    elif is_spool(directory):
        yield from _spool(entries, dialect, tree)
    elif base == "etc":
        yield from _etc(directory, dialect, Tree(directory.absolute().parent))
    elif "cron.d" in names and _ETC_MARKS & names:
        yield from _etc(directory, dialect, Tree(directory.absolute(), at="etc"))
    elif _is_server(directory, tree):
        yield from usual_places(directory, dialect)
    else:
        yield from _heap(entries, dialect, tree)


def _guarded(directory: Path, dialect: Dialect, tree: Tree) -> Iterator[Found]:
    """A directory met on the way: one that cannot be listed is named, and the others are read all the same."""
    try:
        yield from list(_any(directory, dialect, tree))
    except OSError as error:
        yield Skipped(str(directory), why_unreadable(directory, error), "C112")


def _cron_d(entries: list[Path], dialect: Dialect, tree: Tree) -> Iterator[Found]:
    for path in entries:
        reason = ignored_name(path.name, dialect)
        if path.name.startswith("."):
            yield Skipped(str(path), "a hidden file, which every cron ignores", "C115")
        else:
            yield _regular(path, tree) if reason is None else Skipped(str(path), reason, "C110")


def _spool(entries: list[Path], dialect: Dialect, tree: Tree) -> Iterator[Found]:
    for path in entries:
        if path.name in {"crontabs", "tabs"} and _place(path, tree).is_dir():
            yield from _guarded(path, dialect, tree)
        elif path.name.startswith("."):
            yield Skipped(str(path), "a hidden file in a spool, so no user's table", "C115")
        else:
            yield _regular(path, tree)


def _shown_dialect(etc: Path, dialect: Dialect) -> Dialect:
    """cronie's rules for names hold in a Red Hat tree, unless another daemon than the default was named."""
    root = etc.absolute().parent if etc.absolute().name == "etc" else None
    return "cronie" if dialect == "debian" and Server(etc, root).distribution() == "redhat" else dialect


def _etc(directory: Path, dialect: Dialect, tree: Tree) -> Iterator[Found]:
    dialect = _shown_dialect(directory, dialect)
    if _place(directory / "crontab", tree).is_there():
        yield _regular(directory / "crontab", tree)
    for name in ("cron.d", "crontabs"):
        if _place(directory / name, tree).is_dir():
            yield from _guarded(directory / name, dialect, tree)
    root = directory.absolute().parent if directory.absolute().name == "etc" else None
    yield from _beside_crontabs(directory, root, tree)


def _heap(entries: list[Path], dialect: Dialect, tree: Tree) -> Iterator[Found]:
    for path in entries:
        if _place(path, tree).is_dir():
            if path.name in _NESTED or _is_server(path, tree):
                yield from _guarded(path, dialect, tree)
        elif path.name.startswith("."):
            yield Skipped(str(path), "a hidden file; name it to have it read", "C115")
        elif path.suffix.lower() in _NOT_CRONTABS:
            yield Skipped(str(path), "its name is not a crontab's; name it to have it read", "C115")
        else:
            yield _regular(path, tree)


def _beside_crontabs(etc: Path, root: Path | None, tree: Tree) -> Iterator[Found]:
    """What else starts things on a schedule: anacron's table, and the directories that tables start with run-parts."""
    if _place(etc / "anacrontab", tree).is_there():
        yield _regular(etc / "anacrontab", tree)
    if root is not None:
        yield from started_otherwise(root)
    if _place(etc, tree).is_dir():
        server = Server(etc, root)
        for reason in server.files.failures:
            yield Skipped(str(root or etc), reason, "C119")
        yield server


def _regular(path: Path, tree: Tree) -> Found:
    try:
        real = standing(path, tree)
        mode = real.lstat().st_mode
    except OSError as error:
        return Skipped(str(path), why_unreadable(path, error), "C112")
    if stat.S_ISREG(mode):
        return Met(path, real)
    return Skipped(str(path), "a directory" if stat.S_ISDIR(mode) else "not a regular file", "C115")


def _is_server(directory: Path, tree: Tree) -> bool:
    # A host of today may have no cron at all, and timers only.
    return any(_place(directory / place, tree).is_there() for place in (*USUAL_PLACES, "etc/systemd/system"))


def _few(passed_over: list[Skipped]) -> str:
    unreadable = [one for one in passed_over if one.code == "C112"]
    if unreadable:
        return f"{unreadable[0].path}: {unreadable[0].reason}"
    return few([Path(one.path).name for one in passed_over], 3)
