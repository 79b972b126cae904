"""A letter of a dead-letter queue, read: whose start was given up, and for which slot.

EventBridge writes the event (or what a transformer made of it) with the attributes RULE_ARN, TARGET_ARN, ERROR_CODE and
ERROR_MESSAGE; Scheduler the payload of its target with SCHEDULE_ARN, SCHEDULED_TIME and the same of the error (EventBridge
user guide, "Using dead-letter queues"; Scheduler user guide, "Configuring a dead-letter queue").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from converters.expressions.guards import SLOT
from converters.workflows.starts import SAYS


@dataclass(frozen=True, slots=True)
class Letter:
    """A start that was given up: by which rule, or by which schedule of which group. ``slot`` is ISO with Z, empty where the
    letter does not tell it; ``shadow``: what was to start only said that it did."""

    starter: Literal["rule", "schedule"]
    name: str
    group: str
    slot: str
    error: str
    shadow: bool = False


_ARN = re.compile(
    r"arn:[\w-]+:(events|scheduler):([\w-]+):(\d{12}):(?:rule|schedule)/(?:([\w.-]{1,64})/)?([\w.-]{1,64})"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)")


def read(attributes: Mapping[str, str], body: str, region: str, account: str) -> Letter | None:
    """None for what is no letter of a rule of the default bus or of a schedule, of this account and region."""
    found = _ARN.fullmatch(attributes.get("RULE_ARN") or attributes.get("SCHEDULE_ARN") or "")
    if found is None or (found[2], found[3]) != (region, account):
        return None
    service, group, name = found[1], found[4] or "", found[5]
    # A rule of another bus has the bus before its name, and a schedule always has its group there.
    if bool(group) != (service == "scheduler"):
        return None
    error = ": ".join(filter(None, (attributes.get("ERROR_CODE"), attributes.get("ERROR_MESSAGE"))))
    slot = _slot(attributes.get("SCHEDULED_TIME")) or _told(body)
    starter: Literal["rule", "schedule"] = "schedule" if service == "scheduler" else "rule"
    return Letter(starter, name, group, slot, error, SAYS in body)


def _told(body: str) -> str:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict):
        return ""
    # An event's own time; what a workflow is told; and the variable of a guarded task.
    return _slot(value.get("time")) or _slot(value.get("slot")) or _slot(_variable(value))


def _variable(value: dict[str, object]) -> object:
    boxes = value.get("containerOverrides")
    for box in boxes if isinstance(boxes, list) else []:
        pairs = box.get("environment") if isinstance(box, dict) else None
        for pair in pairs if isinstance(pairs, list) else []:
            if isinstance(pair, dict) and pair.get("name") == SLOT:
                return pair.get("value")
    return None


def _slot(text: object) -> str:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return ""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
