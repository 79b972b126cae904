"""Events -> runs: which end belongs to which start, by process, by session, by command; never by guess.

Debian's default log has starts by the job's shell and PAM sessions by its parent, and nothing that ties the two. They are
tied where only one session of the user is waiting for its start; where several are, the ends stay open, as any choice
would invent a duration.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from converters.history.logs.commands import Index
from converters.history.logs.events import Event

_OPENING = 60.0  # seconds between a session's opening and its command, at most
# Children outlive their daemon, and crontab(1) is another program: these events do not show that the daemon lives.
_NO_SIGN_OF_LIFE = frozenset({"end", "closed", "output", "failed", "startup"})


@dataclass(slots=True)
class Run:
    """One start of a command. ``jobs`` are those it may be of. ``end`` is known only where it is certain; ``status`` is an
    exit status, or minus a signal; ``locked_out``: it found its lock taken and did nothing. ``lost``: a session ended that
    may have been its own or another's, so no session tells its end any more."""

    jobs: tuple[str, ...]
    at: float
    other: float | None = None
    end: float | None = None
    status: int | None = None
    shell: int | None = None
    parent: int | None = None
    closed: bool = False
    lost: bool = False
    locked_out: bool = False

    @property
    def seconds(self) -> float | None:
        return max(0.0, self.end - self.at) if self.end is not None else None


@dataclass(slots=True)
class _Session:
    user: str | None
    at: float
    run: Run | None = None


@dataclass(slots=True)
class Logbook:
    """What a log tells: ``runs`` in order, ``untimed`` starts of logs without times, runs the daemon ``skipped`` because
    one was going on, table ``changes`` (when, whose), ``startups``, times at which cron showed that it was ``alive``, and
    commands that are of no job known."""

    runs: list[Run] = field(default_factory=list)
    untimed: Counter[tuple[str, ...]] = field(default_factory=Counter)
    skipped: list[tuple[float | None, tuple[str, ...]]] = field(default_factory=list)
    changes: list[tuple[float, str]] = field(default_factory=list)
    startups: list[float] = field(default_factory=list)
    alive: list[float] = field(default_factory=list)
    strangers: Counter[tuple[str, str]] = field(default_factory=Counter)


def follow(events: Iterable[Event], index: Index) -> Logbook:
    """Tie the events of one host together, given in the order in which they happened. Those without a time are counted."""
    follower = _Follower(index)
    for event in events:
        if event.at is None:
            follower.untimed(event)
        else:
            follower.take(event.at, event)
    follower.book.alive.sort()
    follower.book.changes.sort()
    return follower.book


class _Follower:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.book = Logbook()
        self.sessions: dict[int, _Session] = {}
        self.recent: deque[tuple[float, int]] = deque()
        self.by_parent: dict[int, Run] = {}
        self.by_shell: dict[int, Run] = {}
        self.open: dict[tuple[str | None, str], list[Run]] = defaultdict(list)
        self.waiting: dict[str | None, list[Run]] = defaultdict(list)

    def untimed(self, event: Event) -> None:
        if event.kind == "start":
            self.book.untimed[self._jobs(event)] += 1
        elif event.kind == "busy":
            self.book.skipped.append((None, self.index.find(event)))

    def take(self, at: float, event: Event) -> None:
        if event.kind not in _NO_SIGN_OF_LIFE and event.tag != "crontab":
            self.book.alive.append(at)
        match event.kind:
            case "start":
                self._start(at, event)
            case "end":
                self._end(at, event)
            case "failed":
                run = self._by_process(event)
                if run is not None and run.end is None:
                    run.status = event.status
            case "opened":
                # PAM opens the session in the parent, before the shell that logs CMD is forked.
                if event.parent is not None:
                    self.sessions[event.parent] = _Session(event.user, at)
                    self.recent.append((at, event.parent))
            case "closed":
                self._close(at, event)
            case "busy":
                self.book.skipped.append((at, self.index.find(event)))
            case "changed":
                self.book.changes.append((at, event.user or ""))
            case "startup":
                self.book.startups.append(at)

    def _jobs(self, event: Event) -> tuple[str, ...]:
        jobs = self.index.find(event)
        if not jobs:
            self.book.strangers[event.user or "anacron", event.command] += 1
        return jobs

    def _start(self, at: float, event: Event) -> None:
        other = event.moment.other if event.moment is not None else None
        run = Run(self._jobs(event), at, other, shell=event.shell, parent=event.parent)
        self.book.runs.append(run)
        self.open[event.user, event.command].append(run)
        if event.shell is not None:
            self.by_shell[event.shell] = run
        parent = event.parent if event.parent is not None else self._only_waiting_session(at, event.user)
        if parent is not None:
            self._tie(run, parent)
        else:
            self.waiting[event.user].append(run)

    def _only_waiting_session(self, at: float, user: str | None) -> int | None:
        """The parent of a start: the one session of this user that has been opened and has started nothing yet."""
        while self.recent and at - self.recent[0][0] > _OPENING:
            # PIDs come again after a while: an old session is no candidate.
            self.recent.popleft()
        found = []
        for _, parent in self.recent:
            session = self.sessions.get(parent)
            if session is not None and session.run is None and session.user == user and parent not in found:
                found.append(parent)
        # Two sessions of one user in one minute: nothing in the log ties either to a start.
        return found[0] if len(found) == 1 else None

    def _tie(self, run: Run, parent: int) -> None:
        run.parent = parent
        self.by_parent[parent] = run
        if parent in self.sessions:
            self.sessions[parent].run = run

    def _by_process(self, event: Event) -> Run | None:
        # do_command.c names the shell's pid as the grandchild.
        if event.shell is not None:  # the failed process may also be the one that fed the command its input
            return self.by_shell.get(event.shell)
        return self.by_parent.get(event.parent) if event.parent is not None else None

    def _end(self, at: float, event: Event) -> None:
        going = [run for run in self.open[event.user, event.command] if not run.closed]
        run = self._by_process(event)
        if run is None or run not in going:
            session = self.sessions.get(event.parent) if event.parent is not None else None
            first = session.at if session is not None else at
            may_be = [one for one in going if one.parent is None and (session is None or one.at >= first)]
            if len(may_be) != 1:
                # The one that began first is taken out, so that later ends are not given to it.
                if may_be:  # one of them has ended, and nothing tells which
                    may_be[0].closed = True
                return
            run = may_be[0]
            if event.parent is not None:
                self._tie(run, event.parent)
        run.end, run.closed = at, True
        run.status = event.status if event.status is not None else run.status
        self.open[event.user, event.command] = [one for one in going if not one.closed]

    def _close(self, at: float, event: Event) -> None:
        session = self.sessions.pop(event.parent, None) if event.parent is not None else None
        if session is None:
            return
        run = session.run or self._only_waiting_run(session)
        if run is not None and run.end is None:
            run.end, run.closed = at, True

    def _only_waiting_run(self, session: _Session) -> Run | None:
        """The one start that waits for a session, where no other session could be its own."""
        runs = [run for run in self.waiting[session.user] if run.parent is None and not run.closed and not run.lost]
        self.waiting[session.user] = runs
        mine = [run for run in runs if 0 <= run.at - session.at <= _OPENING]
        rivals = any(
            other.run is None and other.user == session.user and 0 <= run.at - other.at <= _OPENING
            for other in self.sessions.values()
            for run in mine
        )
        if len(mine) == 1 and not rivals:
            return mine[0]
        for run in mine:  # one of them may have ended, and nothing tells which
            run.lost = True
        return None


def sign_of_life(book: Logbook) -> Sequence[float]:
    """Times at which cron was alive, in order; a start-up counts from the next full minute, which is its first to run."""
    return sorted([*book.alive, *(at - at % 60 + 54 for at in book.startups)])
