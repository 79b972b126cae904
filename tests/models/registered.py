"""What a registered schedule does, worked out apart from the engine: the referee of every count that a scan prints.

Expressions are read by ``aws_cron``, clock changes by ``zoneinfo``, guards are *executed*: the very text that would stand in
the task definition, by real shells, all slots of a guard in one process; or its JSONata by jsonata-python.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jsonata

from converters.expressions.guards import DATES, SLOT, dates_of, guarded
from converters.workflows.starts import guard_condition
from tests.models import aws_cron
from tests.models.cron_walk import utc_minute

EPOCH = datetime(1970, 1, 1)
REACH = 360
SHELLS = [
    words for words in (["dash"], ["bash"], ["busybox", "sh"], ["bash", "--posix"], ["sh"]) if shutil.which(words[0])
]


def fires(expression: str, zone: str | None, first: int, until: int) -> list[int]:
    """The UTC minutes at which AWS fires an expression in ``[first, until)``. ``zone`` is None for a rule."""
    if expression == "rate(1 minute)":
        return list(range(first, until))
    begin, end = (EPOCH + timedelta(minutes=minute) for minute in (first, until))
    if zone is None:
        return [utc_minute(when.replace(tzinfo=UTC)) for when in aws_cron.starts(expression, begin, end)]
    found = []
    tz = ZoneInfo(zone)
    for when in aws_cron.starts(expression, begin - timedelta(days=2), end + timedelta(days=2)):
        # "skipped" in spring: a time that does not exist does not come back; "only once" in autumn: the first pass
        utc = when.replace(tzinfo=tz, fold=0).astimezone(UTC)
        if utc.astimezone(tz).replace(tzinfo=None) == when and first <= utc_minute(utc) < until:
            found.append(utc_minute(utc))
    return found


def by_shell(guard: Mapping[str, Any], starts: Sequence[tuple[int, str]], shell: Sequence[str]) -> list[bool]:
    """Whether the payload runs for each start (UTC minute, ``dom`` or ``dow``), by the lines of the container."""
    script = guarded(guard, ["true"])[2].replace('exec "$@"', "echo ran")
    body = f"check() {{ ( {script}\n ); }}\n"
    body += "".join(f"{SLOT}={slot(minute)} {DATES}={by} check\n" for minute, by in starts)
    done = subprocess.run([*shell, "-s"], input=body, capture_output=True, text=True, check=True, timeout=300)
    assert all("scan again" in line for line in done.stderr.splitlines()), done.stderr
    return [line == "ran" for line in done.stdout.splitlines()]


def by_jsonata(guard: Mapping[str, Any], starts: Sequence[tuple[int, str]]) -> list[bool]:
    """The same by the workflow's condition."""
    found = []
    for minute, by in starts:
        told = {"context": {"Execution": {"Input": {"slot": slot(minute), "dates": by}}}}
        text = f"($states := {json.dumps(told)}; {guard_condition(guard)})"
        found.append(bool(jsonata.Jsonata(text).evaluate(None)))
    return found


def slot(minute: int) -> str:
    """A UTC minute as both services tell it."""
    return (EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def runs(target: Mapping[str, Any], first: int, until: int, shell: Sequence[str] = ("sh",)) -> Counter[int]:
    """The UTC minutes at which the payload of a target (the JSON of a scan) runs, each with how often."""
    zone = target["timezone"] if target["backend"] == "scheduler" else None
    found: Counter[int] = Counter()
    for expression in target["expressions"]:
        fired = fires(expression, zone, first, until)
        if target["guard"] and fired:
            passed = by_shell(target["guard"], [(minute, dates_of(expression)) for minute in fired], shell)
            fired = [minute for minute, ran in zip(fired, passed, strict=True) if ran]
        found.update(fired)
    return found


def parity(before: Iterable[int], after: Counter[int]) -> dict[str, Any]:
    """The counts of a scan's parity: what is not on both sides is paired first come, first served, up to six hours apart."""
    was = Counter(before)
    counts: dict[str, Any] = {"before": was.total(), "after": after.total(), "lost": 0, "extra": 0}
    events = [(minute, 1) for minute in (was - after).elements()] + [
        (minute, -1) for minute in (after - was).elements()
    ]
    moves: Counter[int] = Counter()
    waiting: deque[tuple[int, int]] = deque()

    def alone(sign: int) -> None:
        counts["lost" if sign > 0 else "extra"] += 1

    for minute, sign in sorted(events):
        while waiting and minute - waiting[0][0] > REACH:
            alone(waiting.popleft()[1])
        if waiting and waiting[0][1] != sign:
            other = waiting.popleft()[0]
            moves[minute - other if sign < 0 else other - minute] += 1
        else:
            waiting.append((minute, sign))
    for _, sign in waiting:
        alone(sign)
    return counts | {"moved": moves.total(), "moves": dict(moves)}
