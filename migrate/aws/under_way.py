"""What is being written right now, and for how long: a line every ten seconds for what takes longer, and the time of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from migrate.aws.steps import Step

EVERY = 10.0
"""Seconds between two lines about one step: as often as Terraform says it."""
STILL = {
    "add": N_("still creating {kind} {name} ({n} s)"),
    "change": N_("still changing {kind} {name} ({n} s)"),
    "drift": N_("still changing {kind} {name} ({n} s)"),
    "remove": N_("still removing {kind} {name} ({n} s)"),
}


@dataclass(slots=True)
class UnderWay:
    """Steps that have begun and not ended; several threads may begin and end some. ``tell`` prints a line."""

    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0
    _open: dict[int, tuple[Step, float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> UnderWay:
        self.began = self.clock()
        self._thread = threading.Thread(target=self._watch, name="under way", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def begin(self, step: Step) -> None:
        now = self.clock()
        with self._lock:
            self._open[id(step)] = (step, now, now)

    def end(self, step: Step) -> float:
        """The seconds that it took; nothing of a step that never began."""
        with self._lock:
            found = self._open.pop(id(step), None)
        return self.clock() - found[1] if found is not None else 0.0

    def look(self) -> None:
        """Tells of each step that was not told of for ``EVERY`` seconds."""
        now = self.clock()
        with self._lock:
            late = [(step, began) for step, began, told in self._open.values() if now - told >= EVERY]
            for step, began in late:
                self._open[id(step)] = (step, began, now)
        for step, began in late:
            self.tell(
                _(STILL.get(step.action, STILL["change"])).format(kind=step.kind, name=step.name, n=int(now - began))
            )

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            self.look()


def took(seconds: float) -> str:
    """`` (12 s)``, or nothing where it was not worth a word."""
    return f" ({seconds:.0f} s)" if seconds >= 1 else ""
