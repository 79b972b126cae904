"""Who is told of which jobs, within what SNS can filter by; and what of the shared part AWS would refuse for its size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from converters.specs.untyped import rows, texts
from converters.workflows.notifier import PEOPLE

MAX_VALUES = 150
"""Values in one filter policy: "the total combination of values must not exceed 150" (SNS, Filter policy constraints)."""
MAX_POLICIES = 200
"""Filter policies a topic (SNS quotas)."""
MAX_PATTERN = 2048
"""Characters of an event pattern, by default quota (Amazon EventBridge quotas); its API model takes 4,096."""

EVERYBODY = "*"
"""Stands among the jobs of an address that hears of all jobs, but not of what they print."""
Told = Mapping[str, tuple[str, ...]]
"""Address -> the jobs it is told of, with what they print; none means all of it, `EVERYBODY` all that needs attention."""


def filter_policy(jobs: Sequence[str]) -> dict[str, object]:
    """SNS's filter on message attributes for an address; empty where it hears everything."""
    own = sorted(set(jobs) - {EVERYBODY})
    # Alarms of CloudWatch come without attributes, and reach whoever has no filter by job.
    for_all: dict[str, object] = {PEOPLE: [{"exists": False}]}
    if EVERYBODY not in jobs:
        return {"job": own} if own else {}
    return {"$or": [for_all, {"job": own}]} if own else for_all


def told_by(policy: Mapping[str, object]) -> tuple[str, ...]:
    """The jobs of an address, from its filter on AWS: the way back of `filter_policy`."""
    parts = rows(policy.get("$or", [policy]))
    everybody = (EVERYBODY,) if any(PEOPLE in part for part in parts) else ()
    return (*everybody, *(job for part in parts for job in texts(part.get("job"))))


def filtered(told: Told, there: int = 0) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The same within SNS's limits, and why for each address that is told of all jobs instead of its own.

    A topic has one subscription an address, so more names than a filter takes cannot be split. Nobody may miss a failure,
    so who has too many jobs hears of all. ``there`` are filters of the topic beside these.
    """
    why = {
        address: f"{len(jobs)} jobs name it, and a filter of SNS takes {MAX_VALUES}"
        for address, jobs in told.items()
        if len(set(jobs)) > MAX_VALUES
    }
    left = [address for address, jobs in told.items() if jobs and address not in why]
    # Those who hear of most jobs already hear the least that is not meant for them.
    left.sort(key=lambda address: -len(set(told[address])))
    for address in left[: max(0, len(left) + there - MAX_POLICIES)]:
        why[address] = f"a topic takes {MAX_POLICIES} filters, and {len(left) + there} addresses ask for one"
    return {address: () if address in why else jobs for address, jobs in told.items()}, why


def told_of_all(why: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each address that hears of more than it asked for."""
    for address, because in why.items():
        yield (
            f"{address} is told of all jobs: {because}; put it under notifications.email in cron2fargate.yml if that is "
            "meant, else name several addresses"
        )


def pattern_problem(name: str, pattern: Mapping[str, object]) -> str | None:
    """What EventBridge would say of the pattern of a rule: it lists the jobs whose output is told, or that are quiet."""
    length = len(json.dumps(pattern, separators=(",", ":"), ensure_ascii=False))
    if length <= MAX_PATTERN:
        return None
    return (
        f"the event pattern of {name} would have {length:,} characters and {MAX_PATTERN:,} are allowed; tell the output of "
        "fewer jobs (notify.output), or keep fewer out of Slack (notify.slack)"
    )
