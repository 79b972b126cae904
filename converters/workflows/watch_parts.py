"""Small parts that the states of the watchman share."""

from __future__ import annotations

from converters.specs.untyped import texts
from converters.workflows.parts import State

BEFORE = {"Type": "Pass", "Comment": "An execution of this name told it", "End": True}


def task(
    action: str,
    arguments: dict[str, object],
    then: str,
    assign: dict[str, object],
    *,
    catch: dict[str, object] | None = None,
) -> dict[str, object]:
    """A call that is tried again; a pass that cannot make it fails, and the next one looks at the same minutes."""
    retry: list[State] = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 2.0}]
    found: State = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{action}",
        "Arguments": arguments,
        "Assign": assign,
        "Output": {},
        "Retry": retry,
        "Next": then,
    }
    if catch:
        refused = [name for name in texts(catch["ErrorEquals"]) if name != "States.ALL"]
        if refused:
            retry.insert(0, {"ErrorEquals": refused, "MaxAttempts": 0})
        else:
            retry[0]["MaxAttempts"] = 1
        found["Catch"] = [catch]
    return found
