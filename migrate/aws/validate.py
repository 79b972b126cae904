"""What AWS would refuse, or take and then fail on at night, said before any call.

Neither a rehearsal nor a dry run would show it. Limits are those of the API models and quotas (facts 2 and 4.1).
Every function returns sentences; an empty list means nothing is known to be wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from converters.findings.suggestions import did_you_mean
from converters.specs.capacity import MAX_PROVIDERS as LONGEST_STRATEGY
from converters.specs.fargate import NOT_ON_FARGATE, SIZES

# docs "Amazon ECS service quotas": 64 KiB.
MAX_TASK_DEFINITION = 64 * 1024  # bytes
MAX_CONTAINERS = 10
# docs "Amazon EventBridge quotas": five targets, not adjustable.
MAX_TARGETS = 5
# RunTask's overrides are bounded by the same number.
MAX_INPUT = 8192  # characters
MAX_TAGS = 50
MAX_PROVIDERS = 6
MAX_RULES, FEW_RULES = 300, 100  # a bus, by default (EventBridge quotas); adjustable
FEWER_RULES = frozenset({"af-south-1", "eu-south-1"})
LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")

_PAIRS = {(size.cpu, size.memory) for size in SIZES}


def task_definition_problems(definition: dict[str, Any], tags: dict[str, str] | None = None) -> list[str]:
    """``definition`` is the input of RegisterTaskDefinition."""
    return [*_task_problems(definition, tags or {}), *_containers_problems(definition.get("containerDefinitions", []))]


def _task_problems(definition: dict[str, Any], tags: dict[str, str]) -> Iterator[str]:
    family = definition.get("family", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", family):
        yield f"the family '{family}' may have letters, digits, '-' and '_' only, at most 255"
    cpu, memory = str(definition.get("cpu", "")), str(definition.get("memory", ""))
    if not (cpu.isdigit() and memory.isdigit() and (int(cpu), int(memory)) in _PAIRS):
        yield f"Fargate has no size with cpu {cpu or '(none)'} and memory {memory or '(none)'}"
    if definition.get("networkMode") != "awsvpc":
        # Fargate knows awsvpc only.
        yield "networkMode must be awsvpc on Fargate"
    if not {"FARGATE", "EC2"} & set(definition.get("requiresCompatibilities", [])):
        yield "requiresCompatibilities must hold FARGATE, or EC2 for a capacity provider of instances"
    if definition.get("pidMode", "task") != "task":
        yield "pidMode can only be 'task' on Fargate"
    storage = definition.get("ephemeralStorage", {}).get("sizeInGiB", 21)
    # 20 GiB is the default and no value that may be written.
    if not 21 <= storage <= 200:
        yield f"ephemeralStorage is 21 to 200 GiB, not {storage}"
    for key in sorted(NOT_ON_FARGATE & definition.keys()):
        yield f"{key} is not possible on Fargate"
    for volume in definition.get("volumes", []):
        if volume.get("host", {}).get("sourcePath"):
            yield f"volume {volume.get('name')} mounts a path of the host, which Fargate does not have"
    if len(tags) > MAX_TAGS:
        yield f"{len(tags)} tags; {MAX_TAGS} is the most"
    # awslogs and secrets are done by the agent in the execution role's name.
    if not definition.get("executionRoleArn") and _needs_execution_role(definition):
        yield "an execution role is needed for awslogs, for secrets and for environment files"
    length = len(json.dumps(definition).encode())
    if length > MAX_TASK_DEFINITION:
        yield f"the task definition has {length:,} bytes; {MAX_TASK_DEFINITION:,} is the most"


def _needs_execution_role(definition: dict[str, Any]) -> bool:
    containers = definition.get("containerDefinitions", [])
    return any(
        container.get("secrets")
        or container.get("environmentFiles")
        or container.get("logConfiguration", {}).get("logDriver") == "awslogs"
        for container in containers
    )


def _containers_problems(containers: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(containers) <= MAX_CONTAINERS:
        yield f"{len(containers)} containers; a task has 1 to {MAX_CONTAINERS}"
    names = [container.get("name", "") for container in containers]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two containers are named '{name}'"
    if containers and not any(container.get("essential", True) for container in containers):
        yield "one container at least must be essential"
    yield from _order_problems({container.get("name", ""): container for container in containers})
    router = any(container.get("firelensConfiguration") for container in containers)
    for container in containers:
        for problem in _container_problems(container):
            yield f"container {container.get('name', '?')}: {problem}"
        if container.get("logConfiguration", {}).get("logDriver") == "awsfirelens" and not router:
            yield (
                f"container {container.get('name', '?')}: the log driver awsfirelens needs a log router; "
                "set firelens on a sidecar in cron2fargate.yml"
            )


def _order_problems(containers: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What ECS refuses of ``dependsOn``, or waits for in vain (API reference "ContainerDependency")."""
    for name, container in containers.items():
        for one in container.get("dependsOn", []):
            other, condition = containers.get(one["containerName"]), one["condition"]
            said = f"container {name}: dependsOn {one['containerName']}"
            if other is None:
                known = did_you_mean(one["containerName"], containers)
                yield f"{said}, which is no container of the job and no sidecar{known}"
            elif condition == "HEALTHY" and not other.get("healthCheck"):
                yield f"{said} until it is HEALTHY, and that has no healthCheck"
            elif condition in ("COMPLETE", "SUCCESS") and other.get("essential", True):
                # Its end would end the task.
                yield f"{said} until {condition}, and that is essential: its end ends the task; set essential: false there"
            if one["containerName"] == name or name in _before(one["containerName"], containers):
                yield f"{said}, which waits for {name} itself"


def _before(name: str, containers: dict[str, dict[str, Any]]) -> set[str]:
    """All that a container waits for, directly or not."""
    found: set[str] = set()
    open_ = [name]
    while open_:
        for one in containers.get(open_.pop(), {}).get("dependsOn", []):
            if one["containerName"] not in found:
                found.add(one["containerName"])
                open_.append(one["containerName"])
    return found


def _container_problems(container: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", container.get("name", "")):
        yield "the name may have letters, digits, '-' and '_' only, at most 255"
    if not container.get("image"):
        yield "there is no image"
    for key in sorted(NOT_ON_FARGATE & container.keys()):
        yield f"{key} is not possible on Fargate"
    for key in ("startTimeout", "stopTimeout"):
        if not 2 <= container.get(key, 2) <= 120:
            yield f"{key} is 2 to 120 seconds, not {container[key]}"
    added = set(container.get("linuxParameters", {}).get("capabilities", {}).get("add", []))
    # docs "KernelCapabilities": only SYS_PTRACE on Fargate.
    if added - {"SYS_PTRACE"}:
        yield f"the capability {', '.join(sorted(added - {'SYS_PTRACE'}))} cannot be added on Fargate"
    variables = [item["name"] for item in (*container.get("environment", []), *container.get("secrets", []))]
    for name in sorted({name for name in variables if variables.count(name) > 1}):
        yield f"the variable {name} is set twice"
    for mount in container.get("mountPoints", []):
        if not str(mount.get("containerPath", "")).startswith("/"):
            yield f"the mount point of {mount.get('sourceVolume')} must be an absolute path"
    yield from _log_problems(container.get("logConfiguration", {}))


def _log_problems(log: dict[str, Any]) -> Iterator[str]:
    driver = log.get("logDriver")
    if driver is not None and driver not in LOG_DRIVERS:
        yield f"the log driver {driver} is not possible on Fargate; allowed: {', '.join(LOG_DRIVERS)}"
    if driver == "awslogs":
        # awslogs-stream-prefix is required on Fargate.
        for option in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
            if not log.get("options", {}).get(option):
                yield f"awslogs needs the option {option}"


def rule_problems(name: str, expression: str) -> list[str]:
    """Name and length; the grammar of the expression is checked when ecs.yml is read."""
    problems = []
    if not re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name):
        problems.append(f"the rule name '{name}' may have letters, digits and .-_ only, at most 64")
    if len(expression) > 256:
        problems.append(f"the expression has {len(expression)} characters; 256 is the most")
    return problems


def target_problems(target: dict[str, Any], others: int = 0) -> list[str]:
    """``target`` as PutTargets or CreateSchedule would get it; ``others`` counts the other targets of the rule."""
    return list(_target_problems(target, others))


def _target_problems(target: dict[str, Any], others: int) -> Iterator[str]:
    if others + 1 > MAX_TARGETS:
        yield f"the rule has {others} other targets already; {MAX_TARGETS} is the most"
    if "Id" in target and not re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", target["Id"]):
        yield f"the target id '{target['Id']}' may have letters, digits and .-_ only, at most 64"
    workflow = ":stateMachine:" in target.get("Arn", "")
    if not workflow and ":cluster/" not in target.get("Arn", ""):
        yield f"a target's Arn is the cluster's, not {target.get('Arn') or 'empty'}"
    if not target.get("RoleArn"):
        yield "a target that starts a task needs a role"
    yield from _input_problems(target.get("Input"))
    template = target.get("InputTransformer", {}).get("InputTemplate", "")
    if len(template) > MAX_INPUT:
        yield f"InputTemplate has {len(template)} characters; {MAX_INPUT} is the most"
    retry = target.get("RetryPolicy", {})
    # API models of events and scheduler.
    if not 0 <= retry.get("MaximumRetryAttempts", 0) <= 185:
        yield f"MaximumRetryAttempts is 0 to 185, not {retry['MaximumRetryAttempts']}"
    if not 60 <= retry.get("MaximumEventAgeInSeconds", 60) <= 86400:
        yield f"MaximumEventAgeInSeconds is 60 to 86400, not {retry['MaximumEventAgeInSeconds']}"
    if not workflow:
        yield from _ecs_problems(target.get("EcsParameters", {}))


def strategy_problems(target: dict[str, Any]) -> list[str]:
    """Of a task that a rule or a schedule starts itself: the API models of both take fewer providers than RunTask does."""
    count = len(target["EcsParameters"].get("CapacityProviderStrategy", []))
    if count <= MAX_PROVIDERS:
        return []
    return [
        f"{count} capacity providers; a rule or a schedule takes {MAX_PROVIDERS} at most: set start: workflow, which takes "
        f"{LONGEST_STRATEGY}, or name fewer"
    ]


def _input_problems(text: str | None) -> Iterator[str]:
    if text is None:
        return
    if len(text) > MAX_INPUT:
        yield f"Input has {len(text)} characters; {MAX_INPUT} is the most"
    try:
        json.loads(text)
    except ValueError:
        yield "Input is not JSON"


def _ecs_problems(ecs: dict[str, Any]) -> Iterator[str]:
    if not 1 <= ecs.get("TaskCount", 1) <= 10:
        yield f"TaskCount is 1 to 10, not {ecs['TaskCount']}"
    if "LaunchType" in ecs and "CapacityProviderStrategy" in ecs:
        yield "LaunchType and CapacityProviderStrategy exclude each other"
    network = ecs.get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
    # awsvpcConfiguration: up to 16 subnets and 5 security groups.
    if not 1 <= len(network.get("Subnets", [])) <= 16:
        yield f"{len(network.get('Subnets', []))} subnets; a task takes 1 to 16"
    if len(network.get("SecurityGroups", [])) > 5:
        yield f"{len(network['SecurityGroups'])} security groups; 5 is the most"
