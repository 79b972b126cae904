"""The scripts that jobs start and the compose files that they name, where they can be read: on this machine, or in the tree
of a server that was given."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from converters.commands.idioms.code import language_of
from converters.commands.idioms.sourcing import with_sourced
from converters.commands.idioms.wishes import SOURCED
from converters.commands.work import Work
from converters.worlds.code import needs_of_script, started_by
from converters.worlds.jobs import needs_of_job
from migrate.sources import Source
from migrate.sources.server import text_of

# Programs of the system are no scripts of the job's; what they need, every image has.
_SYSTEM = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/dev/", "/proc/", "/sys/")
_LEVELS, _MOST = 3, 12
"""Scripts that scripts start are read two further levels deep, twelve in all."""


class Scripts:
    """Reads each script once in a scan."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str | None] = {}
        self._works: dict[tuple[int, int, str], Work] = {}
        self._kept: list[Work] = []  # keeps the ids above alive

    def known_to(self, source: Source, work: Work, home: str | None) -> Work:
        """The work with what its script and its files of variables say, where these can be read."""
        # A table that was copied here says nothing about the files of this machine.
        if source.server is None and not source.live:
            return work
        # A path in a container is none of the host's, but its variables are read on the host, before it begins.
        if work.understanding.container is not None:
            return self._with_files(source, work, home)
        return self._with_files(source, self._with_script(source, work, home), home)

    def _with_files(self, source: Source, work: Work, home: str | None) -> Work:
        for need in work.understanding.dependencies:
            path = _absolute(need.name, work, home) if need.kind == SOURCED else None
            text = self._text(source, path) if path is not None else None
            if path is None or text is None:
                continue
            key = id(source.server), id(work), path
            if key not in self._works:
                self._works[key] = work.with_environment_file(need.name, text, need.how or "shell")
            work = self._works[key]
        return work

    def _with_script(self, source: Source, work: Work, home: str | None) -> Work:
        key = id(source.server), id(work), home or ""
        if key not in self._works:
            self._works[key] = self._reading(source, work, home)
            self._kept.append(work)
        return self._works[key]

    def _reading(self, source: Source, work: Work, home: str | None) -> Work:
        """The work with the scripts that its command starts, and with those that they start, level by level."""
        # A path in a container is none of the host's.
        line = started_by(needs_of_job(work.understanding, work.carried, home=home))
        directory = work.understanding.working_directory or home
        known = {**work.carried, **work.understanding.environment}
        found, level = work, {path: called for path, called in line.items() if not path.startswith(_SYSTEM)}
        seen: set[str] = set()
        for _level in range(_LEVELS):
            following: dict[str, str] = {}
            for path, called in level.items():
                text = self._text(source, path) if path not in seen and len(seen) < _MOST else None
                seen.add(path)
                if text is None or (not text.startswith("#!") and not called and not _is_text(text)):
                    continue
                whole = with_sourced(text, path, lambda name: self._text(source, name))
                found = found.with_script(path, text, called, whole)
                language = language_of(path, text, called)
                following |= started_by(needs_of_script(whole, language, path, directory, known, moved=True))
            level = {path: called for path, called in following.items() if not path.startswith(_SYSTEM)}
        return found

    def texts(self, source: Source, paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Those of some files that are there, with their texts."""
        # As for scripts: a table that was copied here says nothing about the files of this machine.
        if source.server is None and not source.live:
            return ()
        read = ((path, self._text(source, path)) for path in paths)
        return tuple((path, text) for path, text in read if text is not None)

    def digest(self, source: Source, work: Work) -> str | None:
        """The SHA-256 of the script that the work starts; ``None`` where there is none, or it cannot be read."""
        if (source.server is None and not source.live) or work.understanding.container is not None:
            return None
        text = work.script.text if work.script is not None else None
        return sha256(text.encode("utf-8", "surrogateescape")).hexdigest() if text is not None else None

    def _text(self, source: Source, path: str) -> str | None:
        key = id(source.server), path
        if key not in self._known:
            self._known[key] = _read(source, path)
        return self._known[key]


def _is_text(text: str) -> bool:
    """Whether a file without a first line of its own may be a script: no other bytes than text has."""
    return "\ufffd" not in text[:512]


def _absolute(name: str, work: Work, home: str | None) -> str | None:
    """The file that a command reads its variables from, where it is known which one that is."""
    name = name.strip("\"'")
    for start in ("~/", "$HOME/", "${HOME}/"):
        if name.startswith(start):
            return f"{home}/{name.removeprefix(start)}" if home else None
    if "$" in name or name.startswith("~"):
        return None
    # The directory of a container is not where its engine was called.
    inside = work.understanding.container is not None
    directory = home if inside else work.understanding.working_directory or work.start or home
    return name if name.startswith("/") else posixpath.normpath(f"{directory}/{name}") if directory else None


def _read(source: Source, path: str) -> str | None:
    if source.server is not None:
        return source.server.script_text(path)
    # Scripts of other users may not be readable, and a path may hold a NUL; the job then has no script, no more.
    with suppress(OSError, ValueError):
        return text_of(Path(path))
    return None
