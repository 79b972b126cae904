"""What starts work at its times, on either side: one shape for a line of a crontab, a rule, a schedule and a service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from converters.inventory.makers import NOBODY, Maker
from converters.inventory.works import Work
from converters.schedules.daemon import Starts, Window

Kind = Literal["crontab", "rule", "schedule", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """``place`` is a table, an event bus, a schedule group or a cluster; ``expression`` as its side writes it. ``job`` is the
    workspace's job that this is: that of a line, or that which our own tags name."""

    kind: Kind
    name: str
    place: str = ""
    arn: str = ""
    live: bool = True
    expression: str = ""
    timezone: str = "UTC"
    maker: Maker = NOBODY
    job: str = ""
    works: tuple[Work, ...] = ()
    times: Callable[[Window], list[Starts] | None] = lambda _window: None
    """Its starts in a window; None where they cannot be known."""

    @property
    def label(self) -> str:
        where = f"{self.place}/" if self.kind in ("schedule", "service") and self.place not in ("", "default") else ""
        return f"{self.kind} {where}{self.name}"
