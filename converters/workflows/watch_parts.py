"""Small parts that the states of the watchman share."""

from __future__ import annotations

from typing import Any

BEFORE = {"Type": "Pass", "Comment": "An execution of this name told it", "End": True}


def task(
    action: str, arguments: dict[str, Any], then: str, assign: dict[str, Any], *, catch: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A call that is tried again; a pass that cannot make it fails, and the next one looks at the same minutes."""
    found: dict[str, Any] = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{action}",
        "Arguments": arguments,
        "Assign": assign,
        "Output": {},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 2.0}],
        "Next": then,
    }
    if catch:
        refused = [name for name in catch["ErrorEquals"] if name != "States.ALL"]
        if refused:
            found["Retry"].insert(0, {"ErrorEquals": refused, "MaxAttempts": 0})
        else:
            found["Retry"][0]["MaxAttempts"] = 1
        found["Catch"] = [catch]
    return found
