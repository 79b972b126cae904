"""How long a call to AWS is waited for, and how often it is made again: an address that takes calls and never answers
is named within half a minute, and within ten seconds while a job stands between its two sides."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrate.terminal.language import _

if TYPE_CHECKING:
    from botocore.config import Config

# botocore's own are 60 s for each, five times: five minutes without a word.
_UNANSWERED = frozenset(
    {
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ProxyConnectionError",
    }
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a connection and for an answer, and how often a call is made that nothing answers.

    ``throttled`` is how often one is made again that AWS puts off: a fleet of jobs meets that, and waiting is right.
    """

    connect: float
    read: float
    tries: int
    throttled: int = 10

    def config(self, service: str) -> Config:
        """Settings of a client. botocore counts tries of every kind, so the lower number is `Watch`'s to keep."""
        from botocore.config import Config

        # The first call of all is answered by sts: a wrong network or region should show within seconds.
        tries = 2 if service == "sts" else self.throttled
        # A search over a large log group is the one call that is known to think for longer.
        read = max(self.read, 20) if service == "logs" else self.read
        return Config(
            retries={"mode": "adaptive", "max_attempts": tries},
            connect_timeout=self.connect,
            read_timeout=read,
            user_agent_extra="cron2fargate",
        )


USUAL = Patience(connect=5, read=10, tries=3)
HURRIED = Patience(connect=2, read=4, tries=2)
"""While a unit changes sides: two tries of its call end within the ten seconds that a safe minute keeps for them."""


@dataclass(slots=True)
class Watch:
    """Says on standard error that a call is made again, once a run, and ends one that nothing answers."""

    patience: Patience
    tell: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
    _told: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def over(self, client: Any) -> None:
        """Listen before botocore's own handler decides; each service has a client of its own."""
        client.meta.events.register_first("needs-retry", self._look)

    def _look(self, attempts: int, caught_exception: Exception | None, operation: Any, **_others: Any) -> None:
        if caught_exception is None or type(caught_exception).__name__ not in _UNANSWERED:
            return
        if attempts >= self.patience.tries:
            raise caught_exception  # botocore lets no handler say no; it ends its tries where one raises
        with self._lock:
            told, self._told = self._told, True
        if not told:
            call = f"{operation.service_model.service_name}:{operation.name}"
            self.tell(_("{call}: no answer from AWS; trying again").format(call=call))
