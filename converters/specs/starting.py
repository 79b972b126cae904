"""Who starts a job's task: a rule or schedule itself, a plain target, or a workflow; told by the keys of an ecs.yml alone."""

from __future__ import annotations

from collections.abc import Mapping

WORKFLOW_KEYS = ("lock", "timeout", "retry", "once", "after")
"""What a target of EventBridge cannot do: each of these makes a workflow, and so does a status beside 0 in ``success``."""


def asks_for_workflow(spec: Mapping[str, object]) -> bool:
    """Whether the job is a workflow whatever the environment says."""
    success = spec.get("success")
    judged = any(one != 0 for one in success) if isinstance(success, list) else bool(success)
    return spec.get("start") == "workflow" or judged or any(spec.get(key) for key in WORKFLOW_KEYS)


def may_choose(spec: Mapping[str, object]) -> bool:
    """Whether the job is a plain target, could be a workflow, and its ecs.yml does not say which.

    A workflow follows one task (``runTask.sync``), so a job of several has no other way.
    """
    schedule = spec.get("schedule")
    if not isinstance(schedule, Mapping) or not schedule.get("scheduleExpression") or spec.get("start"):
        return False
    return spec.get("service") is None and schedule.get("taskCount", 1) == 1 and not asks_for_workflow(spec)
