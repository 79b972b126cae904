"""What an idiom wishes for, as data: the text is taken over, the wish is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15}


@dataclass(frozen=True, slots=True)
class Lock:
    """One run at a time. Jobs with the same ``name`` exclude each other (or share, when ``shared``).

    ``policy`` says what a run does that finds the lock taken: ``skip`` it, or ``wait``, for ``wait_seconds`` at most, or
    without bound when that is ``None``. ``conflict_exit`` is the exit status of a run that gave up. ``certain`` is false
    where the name is only a pattern of processes (``pgrep``).
    """

    tool: str
    name: str
    policy: Literal["skip", "wait"]
    wait_seconds: float | None = None
    shared: bool = False
    conflict_exit: int = 1
    certain: bool = True


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Stop the job after so many seconds with ``signal``, and with KILL ``kill_after`` seconds later."""

    seconds: float
    kill_after: float | None = None
    signal: str = "TERM"
    preserve_status: bool = False

    def status(self, *, stubborn: bool = False) -> int:
        """The exit status of a job that ran into the limit, as ``timeout`` gave it; ``stubborn`` means that only KILL
        ended it."""
        if self.signal in ("KILL", "9") or (stubborn and self.kill_after is not None):
            return 128 + 9
        return 128 + _SIGNALS.get(self.signal, 0) if self.preserve_status else 124


@dataclass(frozen=True, slots=True)
class Output:
    """Where output went. ``kind`` is ``file``, ``append``, ``discard``, ``logger``, ``tee``, ``mail`` or ``on failure``
    (chronic); ``streams`` is ``stdout``, ``stderr`` or ``both``. ``taken`` says that it goes to the container's log now;
    otherwise the text still does what it did."""

    kind: str
    target: str
    streams: Literal["stdout", "stderr", "both"]
    taken: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """A pause before the job: ``fixed`` seconds, or ``random`` up to so many."""

    kind: Literal["fixed", "random"]
    seconds: float


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something of the host that the job needs: its kind (``path``, ``mail``, ``socket``, ...) and its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Text that was taken over: its ``pieces`` with their offsets in the text of layer ``depth`` (0 is the command line, 1
    the text inside ``sh -c '..'``, and so on)."""

    kind: str
    depth: int
    pieces: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        return " ".join(piece.strip() for _, piece in self.pieces)
