"""A terminal to test in: pexpect runs the process, pyte keeps the screen that a person would see."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).parent.parent.parent
UP, DOWN, ENTER, ESC = "\x1b[A", "\x1b[B", "\r", "\x1b"
CTRL_C, CTRL_D, CTRL_U = "\x03", "\x04", "\x15"
F1, F2, F3, F4, F5 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~"
PATIENCE = 40.0
"""Seconds to wait for what a slow machine shows in one."""


class Terminal:
    """One process on a terminal of ``columns`` x ``lines``."""

    def __init__(
        self,
        *args: str,
        cwd: Path,
        columns: int = 80,
        lines: int = 40,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] | None = None,
    ) -> None:
        clean = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith("AWS_") and k not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        usual = {
            "TERM": "xterm-256color",
            "TZ": "Asia/Tokyo",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        self.screen = pyte.HistoryScreen(columns, lines, history=5000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        command = program or [sys.executable, "-m", "migrate.cli", *args]
        self.process = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(cwd),
            env={**clean, **usual, **(env or {})},
            dimensions=(lines, columns),
            timeout=PATIENCE,
            # Whatever started the tests may ignore Ctrl-C (a job in the background does); a terminal's process does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def pump(self, seconds: float = 0.05) -> None:
        """Take in what was printed meanwhile, and answer what a terminal answers by itself."""
        try:
            data = self.process.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self.stream.feed(data)
        if b"\x1b[6n" in data:  # where is the cursor?
            self.process.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")

    def until(self, found: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not found():
            assert time.monotonic() < end, f"{what} never came; the screen:\n{self.text}"
            self.pump()

    def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen, wrapped or not, and the prompt rests."""

        def there() -> bool:
            shown = self.text
            flat = " ".join(shown.split())
            return all(text in shown or text in flat for text in texts)

        self.until(there, repr(texts))
        self.rest()

    def rest(self) -> None:
        """Wait until nothing more is printed."""
        while True:
            before = len(self.raw)
            self.pump(0.2)
            if len(self.raw) == before:
                return

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.process.send(key)
            self.pump(0.05)

    def resize(self, columns: int, lines: int) -> None:
        """Another size. (The emulator leaves the cursor where it was when lines go, as no real terminal does.)"""
        self.screen.resize(lines, columns)
        self.process.setwinsize(lines, columns)

    def end(self) -> int:
        """Wait for the process to end; its exit code, or minus the signal that ended it."""
        self.until(lambda: not self.process.isalive(), "the end")
        while True:
            before = len(self.raw)
            self.pump(0.2)
            if len(self.raw) == before:
                break
        return -self.process.signalstatus if self.process.signalstatus else int(self.process.exitstatus or 0)

    def close(self) -> None:
        self.process.close(force=True)

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(self.rows).rstrip()

    @property
    def everything(self) -> str:
        """What scrolled away, too."""
        history = [
            "".join(line[x].data for x in range(self.screen.columns)).rstrip() for line in self.screen.history.top
        ]
        return "\n".join([*history, *self.rows])
