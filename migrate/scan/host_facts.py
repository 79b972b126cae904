"""What the tree of each table holds of its host, and what that decides of a job."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from converters.commands.host_decisions import Decision, decide
from converters.commands.surroundings import NOT_CARRIED
from converters.commands.work import Work
from converters.findings.codes import Finding
from converters.findings.few import few
from converters.hosts.facts import NOBODY_LOOKED, Host
from converters.hosts.packages import Owner
from converters.hosts.rights import only_by_group, with_parents
from converters.schedules.date_output import World
from converters.schedules.dialects import Dialect
from converters.tables.crontab import Entry
from converters.tables.timers import makes_its_user
from converters.worlds.need import Need
from migrate.machine.rooted import Tree
from migrate.sources import Source
from migrate.sources.collected import files_of
from migrate.sources.host import HostFiles
from migrate.sources.server import home_here

_OTHER_SHELL = re.compile(r"\s(?:-\w*s|--shell)\b")
_SCRIPT = 1 << 20
_LOOKS = 4
"""A test is asked again with what it wanted to see; more than a few rounds no line needs."""


class HostFacts:
    """Reads each host once."""

    def __init__(self) -> None:
        self._here: HostFiles | None = None
        self._roots: dict[Path, HostFiles] = {}

    def files(self, source: Source) -> HostFiles | None:
        """What the source's tree holds; this machine's own files for its own tables; nothing for a table alone."""
        if source.server is not None:
            return source.server.files
        if source.live:
            self._here = self._here or HostFiles(Tree(Path("/")), live=True)
            return self._here
        if source.root is not None:
            if source.root not in self._roots:
                self._roots[source.root] = files_of(Tree(source.root))
            return self._roots[source.root]
        return None

    def facts(self, source: Source) -> Host:
        files = self.files(source)
        return files.host() if files is not None else NOBODY_LOOKED

    def home(self, source: Source, user: str | None) -> str | None:
        """Where cron starts the user's jobs, by the host's own passwd file; this machine also knows its directory service."""
        known = (self.facts(source).users or {}).get(user or "")
        if known is not None:
            return known.home if known.home.startswith("/") else None
        return home_here(user) if user is not None and source.live else None

    def decision(self, source: Source, entry: Entry, user: str | None, world: World) -> Decision:
        """The entry's command as it runs on its host."""
        files, host = self.files(source), self.facts(source)
        variables = {"SHELL": "/bin/sh", **dict(entry.environment.items())}
        if user is not None:
            variables |= {"LOGNAME": user, "USER": user}
        home = entry.environment.get("HOME") or self.home(source, user)
        if home is not None:
            variables["HOME"] = home
        wanted: set[str] = set()
        for _ in range(_LOOKS):
            found = decide(entry.command, host, user=user, variables=variables, world=world)
            if files is None or set(found.wanted) <= wanted:
                break
            wanted |= set(found.wanted)
            host = files.host(wanted)
        return found

    def lacks(self, source: Source, user: str | None, work: Work) -> Finding | None:
        """That the host has no such user, or none that ``su`` can become, where that is known."""
        return self._missing(source, user) or self._barred(source, work)

    def groups(self, source: Source, user: str | None, needs: Iterable[Need]) -> Finding | None:
        """What the user reads on the host only as a member of a group."""
        files, known = self.files(source), (self.facts(source).users or {}).get(user or "")
        if files is None or known is None:
            return None
        paths = sorted({one.subject for one in needs if _is_read(one)})
        found = list(only_by_group(files.host(with_parents(paths)), known, paths))
        if not found:
            return None
        names = few([f"`{one.path}`" for one in found], _SHOWN)
        groups = ", ".join(dict.fromkeys(f"`{one.group}` ({one.number})" for one in found))
        message = (
            f"`{known.name}` reads {names} on the host only as a member of {groups}: a task has no groups but that of "
            f"its `user`. Say `user: {known.uid}:{found[0].number}` in ecs.yml, or give the image's user that group."
        )
        return Finding("C436", message)

    def _missing(self, source: Source, user: str | None) -> Finding | None:
        if user is None or not self.facts(source).knows_no(user) or (source.live and home_here(user) is not None):
            return None
        if source.timer is not None and (user.isdigit() or makes_its_user(source.timer)):
            return None
        who = "cron" if source.timer is None else "systemd"
        return Finding("C469", f"There is no user `{user}` in the host's /etc/passwd, so {who} has never run this job.")

    def handed(self, source: Source, entry: Entry, dialect: Dialect) -> tuple[Entry, tuple[Finding, ...]]:
        """The entry with what PAM gives to each of cron's jobs: Debian's and Red Hat's cron open a session with pam_env.

        The table's own variables stand above it, and so do those that cron sets itself (do_command.c, ``build_env``)."""
        if source.kind in ("anacron", "timer") or dialect.name not in ("debian", "cronie"):
            return entry, ()
        found = self.facts(source).variables or {}
        given = {name: value for name, value in found.items() if name not in NOT_CARRIED | entry.environment.keys()}
        if not given:
            return entry, ()
        message = (
            f"{', '.join(given)}: from the host's /etc/environment, which PAM hands to cron's jobs; they go along."
        )
        return replace(entry, environment={**given, **entry.environment}), (Finding("C427", message),)

    def _barred(self, source: Source, work: Work) -> Finding | None:
        """That ``su`` cannot become its user on this host: the user's shell is none, and su starts that shell (su(1))."""
        user = work.understanding.user
        known = (self.facts(source).users or {}).get(user or "")
        # `su -s /bin/sh` names another shell, and runuser and sudo start the command itself.
        starts = any(one.kind == "su" and not _OTHER_SHELL.search(one.text) for one in work.understanding.wrappers)
        if known is None or not starts or known.shell.rpartition("/")[2] not in ("nologin", "false"):
            return None
        return Finding("C497", f"`su` starts `{known.shell}`, the shell of {known.name}: the job has never run.")

    def owner(self, source: Source, script: str | None) -> tuple[str, Owner] | None:
        """The file that holds the job, as its host names it, and the package that brought it."""
        files, packages = self.files(source), self.facts(source).packages
        path = _host_path(source, script if script is not None else source.path)
        if files is None or packages is None or path is None:
            return None
        data = source.data if script is None else self._bytes(source, script) or b""
        found = packages.owner(path, data)
        return None if found is None else (path, found)

    def script_sha256(self, source: Source, script: str | None) -> str | None:
        """The digest of the bytes that run-parts starts; None where they cannot be read."""
        data = self._bytes(source, script) if script is not None else None
        return hashlib.sha256(data).hexdigest() if data is not None else None

    def _bytes(self, source: Source, script: str) -> bytes | None:
        files, path = self.files(source), _host_path(source, script)
        if files is None or path is None:
            return None
        with suppress(OSError, ValueError):
            # One byte more than is compared: of what is longer, nothing is said.
            data = files.tree.place(path.removeprefix(f"/{files.tree.at}" if files.tree.at else "")).read(_SCRIPT + 1)
            return data if len(data) <= _SCRIPT else None
        return None


_SHOWN = 3


def _is_read(need: Need) -> bool:
    """A file of the host by its whole path, that the job reads or starts."""
    named = need.kind in ("file", "program") and need.subject.startswith("/") and not need.test
    return named and need.role in ("reads", "runs", "enters", "searches", "edits", "names") and "$" not in need.subject


def _host_path(source: Source, path: str) -> str | None:
    """What the host calls a file that is named here as this machine finds it."""
    if source.live and source.server is None:
        return path if path.startswith("/") else None
    root, at = source.root, "/"
    if source.server is not None:
        root, at = (source.server.root, "/") if source.server.root is not None else (source.server.etc, "/etc/")
    if root is None:
        return None
    with suppress(ValueError):
        return at + os.fspath(Path(os.path.abspath(path)).relative_to(os.path.abspath(root)))  # noqa: PTH100 - links stay
    return None
