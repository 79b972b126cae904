"""What an idiom wishes for, as data: the text is taken over, the wish is kept."""

from __future__ import annotations

from typing import Literal, NamedTuple

from converters.commands.idioms.environment_lines import Reader

_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15}


class Lock(NamedTuple):
    """One run at a time. Jobs with the same ``name`` exclude each other (or share, when ``shared``).

    ``policy`` says what a run does that finds the lock taken: ``skip`` it, or ``wait``, for ``wait_seconds`` at most, or
    without bound when that is ``None``. ``conflict_exit`` is the exit status of a run that gave up. ``certain`` is false
    where the name is only a pattern of processes (``pgrep``). ``owner`` is whose it is, where that is not the job's own user
    (``sudo -u bob run-one ..``) or where it is about one user's processes only.
    """

    tool: str
    name: str
    policy: Literal["skip", "wait"]
    wait_seconds: float | None = None
    shared: bool = False
    conflict_exit: int = 1
    certain: bool = True
    owner: str = ""


class TimeLimit(NamedTuple):
    """Stop the job after so many seconds with ``signal``, and with KILL ``kill_after`` seconds later."""

    seconds: float
    kill_after: float | None = None
    signal: str = "TERM"
    preserve_status: bool = False

    def status(self, *, stubborn: bool = False) -> int:
        """The exit status of a job that ran into the limit, as ``timeout`` gave it; ``stubborn`` means that only KILL
        ended it."""
        # timeout(1): 124 when it times out, 128+9 when KILL was sent.
        if self.signal in ("KILL", "9") or (stubborn and self.kill_after is not None):
            return 128 + 9
        return 128 + _SIGNALS.get(self.signal, 0) if self.preserve_status else 124


class Output(NamedTuple):
    """Where output went. ``kind`` is ``file``, ``append``, ``discard``, ``logger``, ``tee``, ``writer`` (cronolog and its
    kin), ``mail`` or ``on failure`` (chronic); ``streams`` is ``stdout``, ``stderr`` or ``both``. ``taken`` says that it goes
    to the container's log now; otherwise the text still does what it did."""

    kind: str
    target: str
    streams: Literal["stdout", "stderr", "both"]
    taken: bool


class Delay(NamedTuple):
    """A pause before the job: ``fixed`` seconds, or ``random`` up to so many."""

    kind: Literal["fixed", "random"]
    seconds: float


SOURCED = "file sourced"
"""The kind of a file of variables."""


class Dependency(NamedTuple):
    """Something of the host that the job needs: its kind (``path``, ``mail``, ``socket``, ...) and its name; of a file of
    variables also ``how`` it is read (`environment_lines.Reader`)."""

    kind: str
    name: str
    how: Reader | None = None


class Wrapper(NamedTuple):
    """Text that was taken over: its ``pieces`` with their offsets in the text of layer ``depth`` (0 is the command line, 1
    the text inside ``sh -c '..'``, and so on)."""

    kind: str
    depth: int
    pieces: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        return " ".join(piece.strip() for _, piece in self.pieces)
