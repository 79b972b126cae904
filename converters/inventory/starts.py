"""What starts a task of ECS, in the shapes of PutRule, PutTargets, CreateSchedule and CreateService: read into one shape, with
a sentence for whatever ecs.yml has no word for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from converters.expressions.guards import SLOT
from converters.inventory.works import told_object
from converters.specs.untyped import Fields, fields, listed, rows, texts, whole

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
_FILLED_IN: dict[str, object] = {
    "ActionAfterCompletion": "NONE",
    "healthCheckGracePeriodSeconds": 0,
    "availabilityZoneRebalancing": "DISABLED",
    "resourceManagementType": "CUSTOMER",
}

NO_TAGS: Mapping[str, str] = MappingProxyType({})


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
    network: Fields = field(default_factory=dict)
    role: str = ""
    told: Mapping[str, Fields] = field(default_factory=dict)
    retry: Fields = field(default_factory=dict)
    queue: str = ""
    platform: str = ""
    provider: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """What starts something that no ecs.yml can say, and why."""

    label: str
    why: str


def of_rule(rule: Fields, targets: Sequence[Fields]) -> Iterator[Start | NotTaken]:
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
    tasks = [one for one in targets if starts_a_task(one)]
    for one in targets:
        if not starts_a_task(one):
            yield NotTaken(f"{label}, target {one.get('Id')}", f"it starts {one.get('Arn')}, which is no task of ECS")
    more = [*_left(label, rule, _RULE), *_was_off(label, rule)]
    if rule.get("EventPattern"):
        more.append(f"{label} starts on events too (EventPattern), which is left out")
    for one in tasks:
        own = name if len(tasks) == 1 else f"{name}-{one.get('Id')}"
        yield _of_target(one, own, expression, "rule", more, tags=_pairs(rule.get("Tags")))


def of_schedule(given: Fields) -> Iterator[Start | NotTaken]:
    """One schedule of EventBridge Scheduler."""
    name, target = str(given.get("Name", "")), fields(given.get("Target"))
    label = f"schedule {name}"
    if not starts_a_task(target):
        yield NotTaken(label, f"it starts {target.get('Arn')}, which is no task of ECS")
        return
    target, said = _universal(label, target) if "EcsParameters" not in target else (target, [])
    more = [*said, *_left(label, given, _SCHEDULE), *_was_off(label, given)]
    window = fields(given.get("FlexibleTimeWindow"))
    yield _of_target(
        target,
        name,
        str(given.get("ScheduleExpression", "")),
        "schedule",
        more,
        timezone=str(given.get("ScheduleExpressionTimezone") or "UTC"),
        window=whole(window.get("MaximumWindowInMinutes")) or None if window.get("Mode") == "FLEXIBLE" else None,
    )


def _was_off(label: str, given: Fields) -> Iterator[str]:
    if given.get("State") == "DISABLED":
        yield f"{label} was switched off; the job stays off until somebody enables it"


# EventBridge Scheduler user guide, "Using universal targets": the API's own parameters are the input.
_RUN_TASK = ":scheduler:::aws-sdk:ecs:runTask"
_UNIVERSAL = {
    "Cluster": "",
    "TaskDefinition": "TaskDefinitionArn",
    "Count": "TaskCount",
    "LaunchType": "LaunchType",
    "PlatformVersion": "PlatformVersion",
    "EnableECSManagedTags": "EnableECSManagedTags",
    "PropagateTags": "PropagateTags",
}


def starts_a_task(target: Fields) -> bool:
    """Whether a target of a rule or schedule is a task of ECS."""
    return "EcsParameters" in target or (
        str(target.get("Arn")).endswith(_RUN_TASK) and bool(told_object(target.get("Input")))
    )


def _universal(label: str, target: Fields) -> tuple[dict[str, object], list[str]]:
    """The same as a target with EcsParameters; and what of it is left out."""
    given = told_object(target.get("Input"))
    # Nobody has checked what stands in this text.
    ecs: dict[str, object] = {
        new: given[old] for old, new in _UNIVERSAL.items() if new and isinstance(given.get(old), str | int)
    }
    network = fields(fields(given.get("NetworkConfiguration")).get("AwsvpcConfiguration"))
    if network:
        ecs["NetworkConfiguration"] = {
            "awsvpcConfiguration": {
                **{key: texts(network.get(key)) for key in ("Subnets", "SecurityGroups")},
                "AssignPublicIp": str(network.get("AssignPublicIp", "DISABLED")),
            }
        }
    ecs["CapacityProviderStrategy"] = [
        {"capacityProvider": str(one.get("CapacityProvider")), "weight": whole(one.get("Weight"), 1)}
        for one in rows(given.get("CapacityProviderStrategy"))
    ]
    told = given.get("Overrides")
    known = {*_UNIVERSAL, "NetworkConfiguration", "CapacityProviderStrategy", "Overrides"}
    said = [
        f"{label}: {key} of its input is left out, as ecs.yml has no word for it" for key in given if key not in known
    ]
    made = {key: value for key, value in target.items() if key != "Input"}
    made |= {"Arn": str(given.get("Cluster", "default")), "EcsParameters": ecs}
    return made | ({"Input": json.dumps(_small(told))} if told else {}), said


def _small(value: object) -> object:
    """With keys as ECS itself writes them: universal targets begin them with a capital."""
    if isinstance(value, dict):
        return {str(key)[:1].lower() + str(key)[1:]: _small(inner) for key, inner in value.items()}
    return [_small(inner) for inner in value] if isinstance(value, list) else value


def _of_target(
    target: Fields,
    name: str,
    expression: str,
    kind: Literal["rule", "schedule"],
    notes: Sequence[str],
    *,
    timezone: str | None = None,
    window: int | None = None,
    tags: Mapping[str, str] = NO_TAGS,
) -> Start | NotTaken:
    label, ecs = f"{kind} {name}", fields(target["EcsParameters"])
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
        timezone=timezone,
        window=window,
        # A universal target's input may hold anything.
        count=whole(ecs.get("TaskCount"), 1),
        network=fields(fields(ecs.get("NetworkConfiguration")).get("awsvpcConfiguration")),
        role=str(target.get("RoleArn", "")),
        told=told,
        retry=fields(target.get("RetryPolicy")),
        queue=str(fields(target.get("DeadLetterConfig")).get("Arn", "")),
        platform=str(ecs.get("PlatformVersion", "")),
        provider=provider,
        tags=tags,
        notes=(*said, *unread, *about),
    )


def of_service(given: Fields) -> Start | NotTaken:
    """One service."""
    name = str(given.get("serviceName", ""))
    label = f"service {name}"
    if not given.get("taskDefinition"):
        return NotTaken(label, "it names no task definition")
    provider, notes = _provider(label, given.get("capacityProviderStrategy"))
    if given.get("schedulingStrategy", "REPLICA") != "REPLICA":
        notes.append(
            f"{label}: one task for each instance (DAEMON) is not possible on Fargate; it becomes a number of tasks"
        )
    if given.get("launchType", "FARGATE") != "FARGATE":
        notes.append(f"{label}: launch type {given['launchType']} becomes FARGATE")
    controller = fields(given.get("deploymentController")).get("type", "ECS")
    if controller != "ECS":
        notes.append(f"{label}: deploymentController {controller} is left out; ECS itself deploys it")
    network = fields(fields(given.get("networkConfiguration")).get("awsvpcConfiguration"))
    return Start(
        kind="service",
        name=name,
        family=str(given["taskDefinition"]),
        cluster=str(given.get("cluster") or given.get("clusterArn") or "default"),
        # API reference "CreateService": 1 where nothing is said, for replicas.
        count=whole(given.get("desiredCount"), 1),
        network={key[:1].upper() + key[1:]: value for key, value in network.items()},
        platform=str(given.get("platformVersion", "")),
        provider=provider,
        tags={str(one.get("key")): str(one.get("value", "")) for one in rows(given.get("tags"))},
        notes=(*notes, *_left(label, given, _SERVICE)),
    )


def _left(label: str, given: Fields, known: set[str]) -> Iterator[str]:
    """A sentence for each key that says something and that ecs.yml has no word for."""
    for key, value in given.items():
        if key not in known and value not in (None, [], {}, "", False) and _FILLED_IN.get(key) != value:
            yield f"{label}: {key} is left out, as ecs.yml has no word for it"


def _told(label: str, text: object) -> tuple[Mapping[str, Fields], list[str]]:
    """The overrides of an input, by container; and what of it is left out."""
    if not text:
        return {}, []
    given = told_object(text)
    boxes = given.get("containerOverrides")
    if not given or (boxes is not None and not isinstance(boxes, list)):
        return {}, [f"{label}: its input is no JSON of overrides, so it is left out"]
    found: dict[str, Fields] = {}
    said: list[str] = []
    for key in given:
        if key != "containerOverrides":
            said.append(f"{label}: {key} of its input is left out")
    for one in listed(boxes):
        box = fields(one)
        name = box.get("name")
        if not isinstance(name, str):
            said.append(f"{label}: an override without the name of a container is left out")
            continue
        found[name] = {key: value for key, value in box.items() if key in ("command", "environment")}
        said += [
            f"{label}: {key} of the override of container {name} is left out"
            for key in box
            if key not in ("name", "command", "environment")
        ]
    return found, said


def _provider(label: str, strategy: object) -> tuple[str, list[str]]:
    """The capacity provider with the most weight: ecs.yml names one."""
    given = [one for one in rows(strategy) if one.get("capacityProvider")]
    if not given:
        return "", []
    first = max(given, key=lambda one: (whole(one.get("weight")), whole(one.get("base"))))
    said = []
    if len(given) > 1 or first.get("base"):
        said.append(f"{label}: of its capacity providers {first['capacityProvider']} is taken alone, without a base")
    return str(first["capacityProvider"]), said


def _pairs(tags: object) -> dict[str, str]:
    return {str(one.get("Key")): str(one.get("Value", "")) for one in rows(tags)}
