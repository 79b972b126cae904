"""From the paths on the command line to tables: each read once, each with what its place tells of it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from converters.tables.timers import Timer
from migrate.errors import UserError
from migrate.sources.acceptance import why_ignored
from migrate.sources.bytes_of import (
    FormatError,
    bytes_of,
    bytes_of_stream,
    is_stream,
    refuse_other_formats,
    why_unreadable,
)
from migrate.sources.kinds import Place, family_of, is_anacrontab, place_of
from migrate.sources.model import Dialect, Skipped, Source, Sources
from migrate.sources.server import Server
from migrate.sources.timers import MetTimer
from migrate.sources.trees import (
    USUAL_PLACES,
    Found,
    crontabs_below,
    is_directory,
    root_of,
    standing,
    tree_above,
    usual_places,
    zone_of_tree,
)
from migrate.sources.units import PLACES as UNIT_PLACES

KindAsked = Literal["auto", "system", "user"]
_ROOT = Path("/")
# Systems whose base has a cron of its own (their crontab(5)): IDs of os-release(5), and no other cron is likely there.
_OWN_CRON: dict[str, Dialect] = {
    "freebsd": "freebsd",
    "dragonfly": "freebsd",
    "ghostbsd": "freebsd",
    "openbsd": "openbsd",
    "alpine": "busybox",
    "openwrt": "busybox",
}


def read_sources(
    paths: Sequence[str],
    *,
    kind: KindAsked = "auto",
    stdin: BinaryIO,
    dialect: str = "debian",
    root: Path = _ROOT,
    current_user: str | None = None,
) -> Sources:
    """Read what the paths name: files, directories, whole trees, ``-``; no path means the usual places of ``root``.

    ``kind`` overrides what a path tells of the user column. ``dialect`` (``cronie-1.6`` counts as ``cronie``) decides
    which names and modes a daemon accepts. ``current_user`` owns the table of standard input (default: whoever runs
    this). What lies in a directory and cannot or need not be read is in ``skipped``. Raises UserError when a path that
    was named cannot be read, and when there is no table at all.
    """
    family = family_of(dialect)
    reading = _Reading(kind, family, root)
    if not paths:
        reading.take(usual_places(root, family))
        scanned = tuple(str(root / place) for place in (*USUAL_PLACES, *UNIT_PLACES))
    else:
        for path in paths:
            reading.read(path, stdin, current_user)
        scanned = tuple(_shown(Path(path)) for path in paths if not is_stream(path))
    if not reading.tables:
        raise UserError(_nothing_here(reading.skipped))
    return Sources(reading.tables_with_servers(), reading.skipped, scanned, tuple(reading.servers.values()))


class _Reading:
    """The tables so far, and which files they came from, so that none is read twice."""

    def __init__(self, kind: KindAsked, dialect: Dialect, root: Path) -> None:
        self.tables: list[Source] = []
        self.skipped: list[Skipped] = []
        self._kind = kind
        self._dialect: Dialect = dialect
        self._live = [root.absolute() / place for place in (*USUAL_PLACES, *UNIT_PLACES)]
        self.servers: dict[str, Server] = {}
        self._paths: list[Path | None] = []
        self._seen: dict[str, str] = {}
        self._zones: dict[Path, str | None] = {}

    def read(self, path: str, stdin: BinaryIO, current_user: str | None) -> None:
        """One argument of the command line; UserError when it cannot be read."""
        if not path:
            raise UserError("an empty path was given; name a crontab, or - for standard input")
        if path == "-":
            if not self._is_repeated("-", "-"):
                data = bytes_of_stream(stdin)
                refuse_other_formats("standard input", data)
                # crontab -l prints no owner: it is whoever runs this.
                self._add(Source("-", data, "user", current_user or _whoami(), guessed=True))
        elif is_directory(Path(path)):
            self.take(_listed(Path(path), self._dialect))
        else:
            self._read_file(Path(path), _real(Path(path)))

    def take(self, found: Iterator[Found]) -> None:
        """What a directory holds: a file that cannot be read there is named, and the others are read all the same."""
        for one in found:
            if isinstance(one, Skipped):
                self.skipped.append(replace(one, path=_shown(Path(one.path))))
                continue
            if isinstance(one, MetTimer):
                self._add_timer(one)
                continue
            if isinstance(one, Server):
                self.servers.setdefault(str(one.etc.absolute()), one)
                continue
            try:
                self._read_file(one.path, one.real)
            except UserError as error:
                code = "C118" if isinstance(error, FormatError) else "C112"
                reason = str(error).removeprefix(f"{one.real}: ").removeprefix(f"{one.path}: ")
                self.skipped.append(Skipped(_shown(one.path), reason, code))

    def _read_file(self, path: Path, real: Path) -> None:
        shown = _shown(path)
        # By the real path: a table named twice, or through a link, would make each job twice.
        if self._is_repeated(shown, os.path.realpath(real)):
            return
        data = bytes_of(real)
        if not is_anacrontab(path.name):
            refuse_other_formats(path, data)
        if is_stream(str(path)):
            # A process substitution has no name of its own tomorrow, so its place tells nothing.
            self._add(Source(shown, data, "user", guessed=True))
            return
        place = place_of(path)
        live = self._is_live(path)
        self._add(
            Source(
                shown,
                data,
                place.kind,
                user=None if place.user is None else _shown(Path(place.user)),
                guessed=place.guessed,
                live=live,
                ignored_because=self._why_ignored(path, place) if live else None,
                dialect=place.dialect,
                zone=self._zone(path),
                root=root_of(path),
            ),
            path,
        )

    def _add_timer(self, met: MetTimer) -> None:
        shown = _shown(met.path)
        if self._is_repeated(shown, shown):
            return
        zone, root, live = self._zone(met.path), root_of(met.path), self._is_live(met.path)
        source = Source(shown, met.data, "timer", live=live, dialect="systemd", zone=zone, root=root, timer=met.timer)
        self._add(source, met.path)

    def _add(self, source: Source, path: Path | None = None) -> None:
        if self._kind != "auto" and source.kind not in ("anacron", "timer"):
            user = source.user if self._kind == "user" else None
            source = replace(source, kind=self._kind, guessed=False, user=user)
        self.tables.append(source)
        self._paths.append(path)

    def tables_with_servers(self) -> list[Source]:
        """The tables, each with the tree it lies in: known only when all has been read."""
        found = []
        for source, path in zip(self.tables, self._paths, strict=True):
            server = None if path is None else self._server(path)
            dialect = source.dialect
            # Spools look alike on both families; the tree's distribution tells which daemon reads them.
            timer = source.timer if server is None or source.timer is None else _known_to(source.timer, server)
            if dialect is None and server is not None:
                dialect = "cronie" if server.distribution() == "redhat" else _OWN_CRON.get(server.files.host().os or "")
            found.append(replace(source, server=server, dialect=dialect, timer=timer))
        return found

    def _server(self, path: Path) -> Server | None:
        root = root_of(path)
        above = path.absolute().parents if root is None else [root / "etc"]
        return next((self.servers[str(one)] for one in above if str(one) in self.servers), None)

    def _is_repeated(self, shown: str, real: str) -> bool:
        if real not in self._seen:
            self._seen[real] = shown
            return False
        first = self._seen[real]
        same = "given twice" if first == shown else f"the same file as {first}"
        self.skipped.append(Skipped(shown, f"{same}, read once", "C114"))
        return True

    def _is_live(self, path: Path) -> bool:
        return any(path.absolute().is_relative_to(place) for place in self._live)

    def _why_ignored(self, path: Path, place: Place) -> str | None:
        try:
            link, target = path.lstat(), path.stat()
        except OSError:
            return None  # it went away after it was read; there is nothing left to judge
        owner = None if place.user is None else _uid_of(place.user)
        return why_ignored(path, place, self._dialect, link=link, target=target, owner=owner)

    def _zone(self, path: Path) -> str | None:
        root = root_of(path)
        if root is None:
            return None
        if root not in self._zones:
            self._zones[root] = zone_of_tree(root)
        return self._zones[root]


def _known_to(timer: Timer, server: Server) -> Timer:
    """The timer with what its specifiers ask of its host."""
    users = server.files.host().users or {}
    return replace(timer, host=server.files.hostname(), homes={name: one.home for name, one in users.items()})


def _real(path: Path) -> Path:
    """Where a table lies that was named: by the links of the tree it is in, by this machine's where it is in none."""
    if is_stream(str(path)) or root_of(path) is None:
        return path
    try:
        real = standing(path, tree_above(path, path))
        real.lstat()
    except OSError as error:
        raise UserError(f"{path}: {why_unreadable(path, error)}") from error
    # What is no link keeps the name that it was given in every sentence.
    return path if os.path.realpath(path) == str(real) else real


def _listed(directory: Path, dialect: Dialect) -> Iterator[Found]:
    try:
        yield from crontabs_below(directory, dialect)
    except OSError as error:
        raise UserError(f"{directory}: {why_unreadable(directory, error)}") from error


def _shown(path: Path) -> str:
    """A path may hold bytes that are no text: they are spelled out, so that it can be printed and stored."""
    # POSIX file names are bytes.
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _nothing_here(skipped: list[Skipped]) -> str:
    what = "; ".join(f"{one.path}: {one.reason}" for one in skipped[:3])
    tail = f" ({what})" if what else ""
    return f"no crontab could be read{tail}; name a crontab, or pipe one: crontab -l | cron2fargate scan -"


def _uid_of(user: str) -> int | None:
    try:
        return pwd.getpwnam(user).pw_uid
    except (KeyError, ValueError):
        return None


def _whoami() -> str | None:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None
