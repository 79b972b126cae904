"""What is being waited for, as one line on standard error while nothing else is printed: on a terminal only, from the first
second, and gone before the answer."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from migrate.terminal.console import columns, manner
from migrate.terminal.language import _

_EVERY = 0.1  # seconds between two lines: more would be a load of its own over ssh


@dataclass(slots=True)
class Waiting:
    """``at`` names what is waited for, ``call`` counts a call of AWS; several threads may do so at once."""

    stream: TextIO
    shown: bool
    clock: Callable[[], float] = time.monotonic
    _what: str = ""
    _calls: int = 0
    _width: int = 0
    _last: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, what: str) -> None:
        with self._lock:
            self._what, self._calls = what, 0
            self._show(what)

    def call(self) -> None:
        with self._lock:
            self._calls += 1
            if self._what and self.clock() - self._last >= _EVERY:
                self._show(_("{what}: {n} calls").format(what=self._what, n=f"{self._calls:,}"))

    def end(self) -> None:
        with self._lock:
            self._what = ""
            self._show("")

    def _show(self, text: str) -> None:
        if not self.shown:
            return
        self._last = self.clock()
        blank = " " * max(0, self._width - columns(text))
        back = "\r" if not text else ""
        self.stream.write(f"\r{text}{blank}{back}")
        self.stream.flush()
        self._width = columns(text)


_current: list[Waiting] = []


def called() -> None:
    """Counts a call on the line that is shown now: clients live longer than a line."""
    if _current:
        _current[-1].call()


@contextmanager
def waiting(what: str = "") -> Iterator[Waiting]:
    """A line that begins with ``what`` and is taken away at the end, whatever happens meanwhile."""
    # What --verbose tells goes to the same place, line by line.
    line = Waiting(sys.stderr, sys.stderr.isatty() and not manner.quiet and not manner.verbose)
    if what:
        line.at(what)
    _current.append(line)
    try:
        yield line
    finally:
        _current.remove(line)
        line.end()
