"""The time a cutover goes by. Tests put their own in its place."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, and a way to wait."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def sleep_until(self, second: float) -> None:
        """Returns when ``now()`` is at least ``second``, however the machine's clock is set meanwhile."""
        # In short sleeps: a clock that is set, or a suspended machine, would make one long one end at the wrong time.
        while (left := second - self.now()) > 0:
            self.sleep(min(left, 30))


def stamp(seconds: float) -> str:
    """``2026-11-22T03:10:05Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
