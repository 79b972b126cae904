"""What starts a task of ECS, in the shapes of PutRule, PutTargets, CreateSchedule and CreateService: read into one shape, with
a sentence for whatever ecs.yml has no word for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from converters.expressions.guards import SLOT

_Fields = Mapping[str, Any]

# What says nothing to a job, or is told elsewhere: names, what AWS adds, and what register writes itself.
_RULE = {
    "Name",
    "Arn",
    "ScheduleExpression",
    "State",
    "Description",
    "EventBusName",
    "EventPattern",
    "Tags",
    "CreatedBy",
}
_TARGET = {"Id", "Arn", "RoleArn", "EcsParameters", "Input", "RetryPolicy", "DeadLetterConfig"}
_ECS = {
    *(
        "TaskDefinitionArn",
        "TaskCount",
        "LaunchType",
        "NetworkConfiguration",
        "PlatformVersion",
        "CapacityProviderStrategy",
    ),
    *("EnableECSManagedTags", "PropagateTags"),
}
_SCHEDULE = {
    *(
        "Name",
        "Arn",
        "GroupName",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "FlexibleTimeWindow",
        "Target",
        "State",
    ),
    *("Description", "CreationDate", "LastModificationDate", "ClientToken"),
}
_SERVICE = {
    *(
        "cluster",
        "clusterArn",
        "serviceName",
        "taskDefinition",
        "desiredCount",
        "launchType",
        "networkConfiguration",
        "tags",
    ),
    *("platformVersion", "capacityProviderStrategy", "clientToken", "schedulingStrategy", "enableECSManagedTags"),
    *("propagateTags", "platformFamily", "deploymentController"),
}
# What AWS fills in where nothing was said.
_FILLED_IN: dict[str, Any] = {
    "ActionAfterCompletion": "NONE",
    "healthCheckGracePeriodSeconds": 0,
    "availabilityZoneRebalancing": "DISABLED",
    "resourceManagementType": "CUSTOMER",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One thing that starts tasks of one definition. ``family`` is as the target names it: an ARN, ``family:3`` or ``family``;
    ``told`` are the overrides that its input makes."""

    kind: Literal["rule", "schedule", "service", "nothing"]
    name: str
    family: str
    cluster: str = ""
    expression: str = ""
    timezone: str | None = None
    window: int | None = None
    count: int = 1
    network: _Fields = field(default_factory=dict)
    role: str = ""
    told: _Fields = field(default_factory=dict)
    retry: _Fields = field(default_factory=dict)
    queue: str = ""
    platform: str = ""
    provider: str = ""
    tags: _Fields = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """What starts something that no ecs.yml can say, and why."""

    label: str
    why: str


def of_rule(rule: _Fields, targets: Sequence[_Fields]) -> Iterator[Start | NotTaken]:
    """A rule's ECS targets, each a job of its own."""
    name = str(rule.get("Name", ""))
    label = f"rule {name}"
    expression = str(rule.get("ScheduleExpression", ""))
    if not expression:
        yield NotTaken(label, "it starts on events, not at times; a job has a schedule")
        return
    if not targets:
        yield NotTaken(label, "nothing tells what it starts; give the JSON of its targets too")
        return
    tasks = [one for one in targets if "EcsParameters" in one]
    for one in targets:
        if "EcsParameters" not in one:
            yield NotTaken(f"{label}, target {one.get('Id')}", f"it starts {one.get('Arn')}, which is no task of ECS")
    more = list(_left(label, rule, _RULE))
    if rule.get("EventPattern"):
        more.append(f"{label} starts on events too (EventPattern), which is left out")
    for one in tasks:
        own = name if len(tasks) == 1 else f"{name}-{one.get('Id')}"
        yield _of_target(one, own, expression, "rule", more, tags=_pairs(rule.get("Tags")))


def of_schedule(fields: _Fields) -> Iterator[Start | NotTaken]:
    """One schedule of EventBridge Scheduler."""
    name, target = str(fields.get("Name", "")), fields.get("Target") or {}
    label = f"schedule {name}"
    if "EcsParameters" not in target:
        yield NotTaken(label, f"it starts {target.get('Arn')}, which is no task of ECS")
        return
    more = list(_left(label, fields, _SCHEDULE))
    window = fields.get("FlexibleTimeWindow") or {}
    yield _of_target(
        target,
        name,
        str(fields.get("ScheduleExpression", "")),
        "schedule",
        more,
        timezone=str(fields.get("ScheduleExpressionTimezone") or "UTC"),
        window=window.get("MaximumWindowInMinutes") if window.get("Mode") == "FLEXIBLE" else None,
    )


def _of_target(
    target: _Fields, name: str, expression: str, kind: Literal["rule", "schedule"], notes: Sequence[str], **more: Any
) -> Start | NotTaken:
    label, ecs = f"{kind} {name}", target["EcsParameters"]
    if SLOT in json.dumps([target.get("Input"), target.get("InputTransformer")]):
        return NotTaken(label, "cron2fargate made it with a guard, which stands in its own ecs.yml; take that file")
    said = [*notes, *_left(label, target, _TARGET), *_left(label, ecs, _ECS)]
    told, unread = _told(label, target.get("Input"))
    provider, about = _provider(label, ecs.get("CapacityProviderStrategy"))
    if ecs.get("LaunchType", "FARGATE") != "FARGATE":
        about.append(f"{label}: launch type {ecs['LaunchType']} becomes FARGATE")
    return Start(
        kind=kind,
        name=name,
        family=str(ecs.get("TaskDefinitionArn", "")),
        cluster=str(target.get("Arn", "")),
        expression=expression,
        count=int(ecs.get("TaskCount", 1)),
        network=(ecs.get("NetworkConfiguration") or {}).get("awsvpcConfiguration") or {},
        role=str(target.get("RoleArn", "")),
        told=told,
        retry=target.get("RetryPolicy") or {},
        queue=str((target.get("DeadLetterConfig") or {}).get("Arn", "")),
        platform=str(ecs.get("PlatformVersion", "")),
        provider=provider,
        notes=(*said, *unread, *about),
        **more,
    )


def of_service(fields: _Fields) -> Start | NotTaken:
    """One service."""
    name = str(fields.get("serviceName", ""))
    label = f"service {name}"
    if not fields.get("taskDefinition"):
        return NotTaken(label, "it names no task definition")
    provider, notes = _provider(label, fields.get("capacityProviderStrategy"))
    if fields.get("schedulingStrategy", "REPLICA") != "REPLICA":
        notes.append(
            f"{label}: one task for each instance (DAEMON) is not possible on Fargate; it becomes a number of tasks"
        )
    if fields.get("launchType", "FARGATE") != "FARGATE":
        notes.append(f"{label}: launch type {fields['launchType']} becomes FARGATE")
    controller = (fields.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        notes.append(f"{label}: deploymentController {controller} is left out; ECS itself deploys it")
    network = (fields.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return Start(
        kind="service",
        name=name,
        family=str(fields["taskDefinition"]),
        cluster=str(fields.get("cluster") or fields.get("clusterArn") or "default"),
        # API reference "CreateService": 1 where nothing is said, for replicas.
        count=int(fields.get("desiredCount", 1)),
        network={key[:1].upper() + key[1:]: value for key, value in network.items()},
        platform=str(fields.get("platformVersion", "")),
        provider=provider,
        tags={str(one.get("key")): str(one.get("value", "")) for one in fields.get("tags") or ()},
        notes=(*notes, *_left(label, fields, _SERVICE)),
    )


def _left(label: str, fields: _Fields, known: set[str]) -> Iterator[str]:
    """A sentence for each key that says something and that ecs.yml has no word for."""
    for key, value in fields.items():
        if key not in known and value not in (None, [], {}, "", False) and _FILLED_IN.get(key) != value:
            yield f"{label}: {key} is left out, as ecs.yml has no word for it"


def _told(label: str, text: object) -> tuple[_Fields, list[str]]:
    """The overrides of an input, by container; and what of it is left out."""
    if not text:
        return {}, []
    try:
        given = json.loads(str(text))
    except (ValueError, RecursionError):
        given = None
    boxes = given.get("containerOverrides") if isinstance(given, dict) else None
    if not isinstance(given, dict) or (boxes is not None and not isinstance(boxes, list)):
        return {}, [f"{label}: its input is no JSON of overrides, so it is left out"]
    found, said = {}, []
    for key in given:
        if key != "containerOverrides":
            said.append(f"{label}: {key} of its input is left out")
    for box in boxes or ():
        if not (isinstance(box, dict) and isinstance(box.get("name"), str)):
            said.append(f"{label}: an override without the name of a container is left out")
            continue
        found[box["name"]] = {key: value for key, value in box.items() if key in ("command", "environment")}
        said += [
            f"{label}: {key} of the override of container {box['name']} is left out"
            for key in box
            if key not in ("name", "command", "environment")
        ]
    return found, said


def _provider(label: str, strategy: Any) -> tuple[str, list[str]]:
    """The capacity provider with the most weight: ecs.yml names one."""
    given = [one for one in strategy or () if isinstance(one, dict) and one.get("capacityProvider")]
    if not given:
        return "", []
    first = max(given, key=lambda one: (one.get("weight", 0), one.get("base", 0)))
    said = []
    if len(given) > 1 or first.get("base"):
        said.append(f"{label}: of its capacity providers {first['capacityProvider']} is taken alone, without a base")
    return str(first["capacityProvider"]), said


def _pairs(tags: Any) -> dict[str, str]:
    return {str(one.get("Key")): str(one.get("Value", "")) for one in tags or ()}
