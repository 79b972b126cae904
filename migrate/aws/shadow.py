"""A shadow: the job's rule starts its task on time, but with a command that does nothing and says so.

It proves times, image, network, log and roles in the real account while the job itself still runs from the crontab. A
target's ``Input`` can override a command but not an entry point, so this is only for containers without one, or with a
shell's: an image whose own ENTRYPOINT takes the command as arguments would run the job after all. A workflow is told that
the start is a shadow, and then runs its task with such a command (``converters/workflows/starts.py``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from converters.expressions.guards import guarded
from converters.workflows.starts import SAYS
from migrate.aws import schedules, targets
from migrate.aws.frames import Frame
from migrate.aws.session import Aws
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec

COMMAND = ["/bin/sh", "-c", f"echo {SAYS}"]
CAVEAT = (
    "a shadow overrides the command, not the image's ENTRYPOINT: an image with an entry point of its own (other than a "
    "shell) would still start it; check with docker inspect before you go on"
)
# The members of a target that say what the task is told.
_SLOT = "<aws.scheduler.scheduled-time>"
_TOLD = ("Input", "InputPath", "InputTransformer")


def why_not(spec: Spec, found: Sequence[Frame]) -> str | None:
    """Why this job cannot have a shadow, or None."""
    if any(frame.backend == "service" for frame in found):
        return "a service has no start that could be a shadow; try it with 'cron2fargate run'"
    if any(frame.backend == "workflow" for frame in found):
        return "it runs after other jobs, and a shadow of those starts nothing; try it with 'cron2fargate run'"
    for container in spec.containers:
        if container.entry_point and _shell(container.entry_point) is None:
            return (
                f"container {container.name} has the entry point {' '.join(container.entry_point)}, which nothing can "
                "override, so its task would run the job; try it with 'cron2fargate run'"
            )
    return None


def is_shadow(frame: Frame) -> bool:
    """Whether the frame's target is told to do nothing."""
    return any(SAYS in json.dumps((_target(frame) or {}).get(name, "")) for name in _TOLD)


def told(frame: Frame) -> dict[str, Any]:
    """What the task of this frame is told; what `end` needs to put it back."""
    target = _target(frame) or {}
    return {name: copy.deepcopy(target[name]) for name in _TOLD if name in target}


def begin(aws: Aws, owner: str, frame: Frame, spec: Spec) -> None:
    """Tells the target to do nothing; the rule is not switched by this."""
    if is_shadow(frame):
        return
    target = {key: value for key, value in _required(frame).items() if key not in _TOLD}
    before = told(frame)
    # Only what a guarded job is told holds the slot; without one there is nothing that its guard could be asked.
    slot = before if spec.schedule.guard and ("InputTransformer" in before or _SLOT in before.get("Input", "")) else {}
    said: dict[str, Any] = {"Input": json.dumps(_nothing(spec))}
    if frame.is_workflow:
        said = targets.shadow_of_workflow(slot)
    elif slot:
        said = targets.retold(slot, lambda value: _with_guard(spec, value))
    _put(aws, owner, frame, {**target, **said})


def end(aws: Aws, owner: str, frame: Frame, before: Mapping[str, Any]) -> None:
    """Tells the target again what it was told before; everything else of it stays as it is now."""
    target = {key: value for key, value in _required(frame).items() if key not in _TOLD}
    _put(aws, owner, frame, {**target, **before})


def _nothing(spec: Spec) -> dict[str, Any]:
    overrides = []
    for container in spec.containers:
        shell = _shell(container.entry_point) if container.entry_point else None
        overrides.append({"name": container.name, "command": COMMAND[len(shell) :] if shell else COMMAND})
    return {"containerOverrides": overrides}


def _with_guard(spec: Spec, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same behind the job's guard, which is told its slot as the job is: the shadow runs on the dates of the job."""
    found = _nothing(spec)
    first, guard = spec.containers[0], spec.schedule.guard or {}
    for override in found["containerOverrides"]:
        environment = [
            pair
            for known in before.get("containerOverrides", ())
            if known.get("name") == override["name"]
            for pair in known.get("environment", ())
        ]
        if environment:
            override["environment"] = environment
        if override["name"] == first.name and not first.entry_point:
            override["command"] = guarded(guard, override["command"])
    return found


def _shell(words: list[str]) -> list[str] | None:
    """The words, when they are a shell that takes the command as its text (``/bin/sh -c``)."""
    name = words[0].rpartition("/")[2]
    return words if name in {"sh", "bash", "dash", "ash"} and words[1:] == ["-c"] else None


def _target(frame: Frame) -> dict[str, Any] | None:
    if frame.target is not None:
        return frame.target
    return frame.live.fields.get("Target") if frame.backend == "schedule" else None


def _required(frame: Frame) -> dict[str, Any]:
    target = _target(frame)
    if target is None:
        raise UserError(f"{frame.backend} {frame.name} starts nothing yet; run 'cron2fargate register' first")
    return target


def _put(aws: Aws, owner: str, frame: Frame, target: dict[str, Any]) -> None:
    if frame.backend == "rule":
        answer = aws.client("events").put_targets(Rule=frame.name, Targets=[target])
        if answer.get("FailedEntryCount"):
            said = (answer.get("FailedEntries") or [{}])[0].get("ErrorMessage", "no reason given")
            raise UserError(f"the target of rule {frame.name} was not taken: {said}")
        return
    group = schedules.group_name(aws, owner)
    # UpdateSchedule replaces everything: what is there now is sent again.
    now = schedules.find(aws, group, frame.name)
    if now is None:
        raise UserError(f"the schedule {frame.name} is gone; run 'cron2fargate register' first")
    aws.client("scheduler").update_schedule(**{**now.fields, "Target": target})
