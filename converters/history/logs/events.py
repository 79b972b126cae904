"""What a record says: a start, an end, a session, a failure, a skipped run, a changed table.

Sources of the wordings: ``misc.c`` and ``do_command.c`` of Debian cron and cronie, FreeBSD's and OpenBSD's cron,
BusyBox ``crond.c``, dcron ``job.c``, ``pam_unix_sess.c``, anacron ``runjob.c``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from converters.history.logs.records import Record
from converters.history.logs.stamps import Moment

Kind = Literal["start", "end", "output", "failed", "opened", "closed", "busy", "startup", "changed", "other"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a daemon said.

    ``pid`` is the process in the tag. ``shell`` is the job's own shell and ``parent`` the process that started it and
    holds its PAM session, where the message tells. ``user`` is ``None`` where the daemon names none (anacron).
    ``truncated``: the line was cut, so ``command`` is only its beginning. ``status`` is an exit status, or minus a
    signal.
    """

    kind: Kind
    moment: Moment | None
    pid: int | None = None
    user: str | None = None
    command: str = ""
    shell: int | None = None
    parent: int | None = None
    truncated: bool = False
    status: int | None = None
    detail: str = ""
    tag: str = ""

    @property
    def at(self) -> float | None:
        return self.moment.at if self.moment is not None else None


# Commands hold parentheses: only the last one of the line closes.
_VIXIE = re.compile(r"\((?P<user>[^)]*)\) (?P<verb>[A-Za-z][\w@ -]*?) \((?P<rest>.*)", re.DOTALL)
_SHELL = re.compile(r"\[(\d+)\] ")
# Debian cron -L 4 and up (do_command.c); the daemon's own child count calls the command's shell a grandchild.
_FAILED = re.compile(r"grandchild #(\d+) (?:failed with exit status (\d+)|terminated by signal (\d+))")
# Older PAM leaves out `(uid=N)` behind the user.
_PAM = re.compile(r"pam_unix\(crond?:session\): session (opened|closed) for user ([^\s(]+)")
# BusyBox crond -d 8: "USER %s pid %3d cmd %s".
_BUSYBOX = re.compile(r"USER (\S+) pid +(\d+) cmd (.*)", re.DOTALL)
_BUSY = re.compile(r"user (\S+): process already running: (.*)", re.DOTALL)
_DCRON = re.compile(r"FILE (\S+) USER (\S+) PID +(\d+) (.*)", re.DOTALL)
# anacron runjob.c quotes with a backquote and an apostrophe.
_ANACRON = re.compile(r"Job `(.*?)' (started|terminated)(?: \(exit status: (\d+)\))?")
_VERBS: dict[str, Kind] = {"CMD": "start", "CMDEND": "end", "END": "end", "CMDOUT": "output", "STARTUP": "startup"}
_CHANGES = frozenset({"RELOAD", "REPLACE", "DELETE", "END EDIT"})


def event_of(record: Record, moment: Moment | None) -> Event:
    """The event of a record; ``other`` where it only shows that the daemon was alive."""
    text, pid, tag = record.text, record.pid, record.tag.lower()
    if tag == "anacron":
        return _anacron(record, moment)
    found = _PAM.search(text)
    if found is not None:
        return Event("opened" if found[1] == "opened" else "closed", moment, pid, found[2], parent=pid, tag=tag)
    found = _VIXIE.match(text)
    if found is not None:
        return _vixie(record, moment, found)
    found = _BUSYBOX.match(text) or _DCRON.match(text)
    if found is not None:
        *_, user, shell, command = found.groups()
        return Event("start", moment, pid, user, command, int(shell), tag=tag)
    found = _BUSY.match(text)
    if found is not None:
        return Event("busy", moment, pid, found[1], found[2], tag=tag)
    started = re.match(r"crond \(busybox \S+\) started|.*\bdcron\b.*\bstarted", text) is not None
    return Event("startup" if started else "other", moment, pid, detail=text, tag=tag)


def _anacron(record: Record, moment: Moment | None) -> Event:
    found = _ANACRON.match(record.text)
    if found is None:
        return Event("other", moment, record.pid, tag="anacron")
    kind: Kind = "start" if found[2] == "started" else "end"
    status = int(found[3]) if found[3] else None
    return Event(kind, moment, record.pid, None, found[1], status=status, tag="anacron")


def _vixie(record: Record, moment: Moment | None, found: re.Match[str]) -> Event:
    user, verb, rest = found["user"], found["verb"], found["rest"]
    # Without the closing parenthesis something cut the line.
    truncated = not rest.endswith(")")
    body = rest if truncated else rest[:-1]
    tag = record.tag.lower()
    if verb in _VERBS:
        return _of_a_run(record, moment, _VERBS[verb], user, body, truncated)
    if verb == "error":
        failed = _FAILED.match(body)
        if failed is not None:
            status = int(failed[2]) if failed[2] else -int(failed[3])
            return Event("failed", moment, record.pid, None, "", int(failed[1]), record.pid, status=status, tag=tag)
    # "(CRON) INFO (Running @reboot jobs)" and the like come once, at the start.
    if verb == "INFO":  # the first things that a daemon says
        return Event("startup", moment, record.pid, user, tag=tag)
    if verb in _CHANGES:
        # crontab(1) says `(who) REPLACE (whose)`; the daemon `(whose) RELOAD (file)`, `*system*` for a system table
        whose = body if verb != "RELOAD" else body if user.startswith("*system*") else user
        return Event("changed", moment, record.pid, whose, detail=verb, tag=tag)
    return Event("other", moment, record.pid, user, detail=f"{verb} ({body}", tag=tag)


def _of_a_run(record: Record, moment: Moment | None, kind: Kind, user: str, body: str, truncated: bool) -> Event:
    """``CMD`` is said by the job's shell, or (Debian ``-L 8``) by its parent with ``[PID]`` before; the rest by the parent."""
    tag, said = record.tag.lower(), record.pid
    shell = _SHELL.match(body) if kind in ("start", "end") else None
    if shell is not None:
        return Event(kind, moment, said, user, body[shell.end() :], int(shell[1]), said, truncated, tag=tag)
    if kind == "start":
        return Event(kind, moment, said, user, body, said, None, truncated, tag=tag)
    return Event(kind, moment, said, user, body, None, said, truncated, tag=tag)
