"""All of it together: the account read, the workspace beside it, doubles and names that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converters.inventory.comparing import Double, Taken, doubles, taken
from converters.inventory.model import Starter
from converters.schedules.daemon import Window
from converters.schedules.zones import MINUTES_A_DAY
from migrate.aws.inventory import beside, reading
from migrate.aws.inventory.unread import Unread
from migrate.aws.session import Aws

_YEAR = 366 * MINUTES_A_DAY
"""How far ahead times are compared: yearly jobs meet once in it."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """``lines`` are those of the crontab, ``starters`` those of AWS; ``unread`` what may not be read, and how often."""

    lines: Sequence[Starter]
    starters: Sequence[Starter]
    doubles: Sequence[Double]
    taken: Sequence[Taken]
    unread: dict[str, int]

    @property
    def is_quiet(self) -> bool:
        """Nothing runs twice, nothing stands in the way, and all was read."""
        return not (self.taken or self.unread or any(one.runs_twice for one in self.doubles))


def inventory(aws: Aws, owner: str | None, out: Path, now: int) -> Inventory:
    """``owner`` is None where there is no workspace; ``now`` in minutes since 1970."""
    unread = Unread()
    found = reading.starters(aws, owner, unread)
    specs = beside.specs_of(out) if owner else {}
    lines = beside.lines(out, specs) if owner else []
    names: list[Taken] = []
    if owner and specs:
        wanted = beside.wanted(aws, owner, specs)
        there = reading.names_taken(aws, found, unread)
        makers = reading.makers_of(aws, [(one.kind, one.name) for one in wanted], there, unread)
        names = taken(wanted, makers, owner, aws.environment.name)
    both = doubles([*lines, *found], Window(now, now + _YEAR))
    return Inventory(lines, found, both, names, unread.missing)
