"""Whether the old line of a job may be deleted, from what was seen on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from converters.history.observed import Comparison
from converters.schedules.zones import iso

ENOUGH = 3  # matched runs on AWS from which on a job is taken to run there

Code = Literal[
    "not asked",
    "not there",
    "off",
    "too few",
    "missed",
    "astray",
    "doubled",
    "failed",
    "undelivered",
    "still old",
    "not due",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line is not to be deleted yet: what, how many (of ``of``), and since when or last at (``…Z``)."""

    code: Code
    count: int = 0
    of: int = 0
    at: str | None = None
    detail: str = ""


def reasons(
    new: Comparison | None,
    *,
    asked: bool,
    registered: bool,
    enabled: bool,
    undelivered: int = 0,
    old_last: float | None = None,
    new_first: float | None = None,
    enough: int = ENOUGH,
) -> list[Reason]:
    """Why the old line must stay; empty where it is safe to delete it.

    ``old_last`` is the last start that cron's log shows, ``new_first`` the first on AWS, both in seconds since 1970.
    """
    if not asked:
        return [Reason("not asked")]
    if not registered:
        return [Reason("not there")]
    found = [] if enabled else [Reason("off")]
    if new is None:
        return [*found, Reason("not due")]
    good = len(new.matched)
    if good < enough:
        found.append(Reason("too few", good, enough))
    if new.missed:
        found.append(Reason("missed", len(new.missed), new.due, iso(new.missed[0])))
    if new.astray:
        found.append(Reason("astray", len(new.astray), new.seen, _at(new.astray[0])))
    if new.doubled:
        found.append(Reason("doubled", len(new.doubled), new.due, _at(new.doubled[0])))
    if new.failed:
        at, why = new.failed[-1]
        found.append(Reason("failed", len(new.failed), new.seen, _at(at), why))
    if undelivered:
        found.append(Reason("undelivered", undelivered))
    if old_last is not None and new_first is not None and old_last >= new_first:
        found.append(Reason("still old", at=_at(old_last)))
    return found


def _at(at: float) -> str:
    return iso(int(at) // 60)
