"""What a rule or a schedule starts: an ECS task, or the workflow of a job. An update is merged into what is there, never
written over it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from converters.expressions.eventbridge import ExpressionError
from converters.expressions.guards import DATES, SLOT, dates_of
from converters.specs.gaps import retry_age
from converters.workflows.starts import SAYS
from migrate.aws.passed_starts import with_target
from migrate.aws.steps import Change, compare
from migrate.aws.task_definition import on_fargate, short
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.settings.model import Environment

SHADOW = json.dumps({"shadow": True, "says": SAYS})
"""What a workflow is told to make of a start no more than a shadow (``converters/workflows/starts.py``)."""
# Stands for the revision that this run will register.
NEW_REVISION = "(new revision)"


def build(aws: Aws, spec: Spec, cluster: str, role: str) -> dict[str, Any]:
    """The members of a target that are ours, in the shape both services share; the revision is still to be set."""
    env = aws.environment.of_job(spec.name)
    ecs: dict[str, Any] = {
        "TaskDefinitionArn": NEW_REVISION,
        "TaskCount": spec.schedule.task_count,
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": env.subnets,
                "SecurityGroups": env.security_groups,
                "AssignPublicIp": env.assign_public_ip,
            }
        },
        "EnableECSManagedTags": True,
        # Tags tell whose task it was; without this RunTask passes none of the definition's.
        "PropagateTags": "TASK_DEFINITION",
    }
    if spec.providers:
        ecs["CapacityProviderStrategy"] = spec.providers
    else:
        ecs["LaunchType"] = "FARGATE"
    if env.platform_version:
        ecs["PlatformVersion"] = env.platform_version
    if spec.target:
        ecs = with_target(ecs, spec, fargate=on_fargate(spec))
    target: dict[str, Any] = {
        "Arn": cluster,
        "RoleArn": role,
        "EcsParameters": ecs,
        "RetryPolicy": {
            "MaximumRetryAttempts": env.retry.maximum_retry_attempts,
            "MaximumEventAgeInSeconds": retry_age(
                # Later than this a start is given up, so that it does not run beside the next.
                spec.expressions,
                spec.schedule.timezone,
                env.retry.maximum_event_age_in_seconds,
            ),
        },
    }
    if aws.dead_letters:
        target["DeadLetterConfig"] = {"Arn": aws.dead_letters}
    return target


def written_before(env: Environment, expressions: Sequence[str], timezone: str | None) -> list[dict[str, int]]:
    """The retry policies that we wrote for a schedule as it is on AWS, by the settings as they are or by their defaults. A
    version before wrote the settings' own age and left it when the schedule changed, so that is ours as well."""
    found = []
    for retry in (env.retry, type(env.retry)()):
        most = retry.maximum_event_age_in_seconds
        ages = [most]
        with suppress(ExpressionError):  # one that somebody else wrote may be none that we know
            ages.append(retry_age(expressions, timezone, most))
        found += [
            {"MaximumRetryAttempts": retry.maximum_retry_attempts, "MaximumEventAgeInSeconds": age} for age in ages
        ]
    return found


def with_slot(target: dict[str, Any], spec: Spec, expression: str) -> dict[str, Any]:
    """The target of one expression of a guarded job: the task is told its slot, and which expression started it."""
    scheduler = spec.schedule.timezone is not None
    dates = {"name": DATES, "value": dates_of(expression)}
    # Scheduler replaces <aws.scheduler.scheduled-time> inside Input; rules have $.time through a transformer.
    slot = {"name": SLOT, "value": "<aws.scheduler.scheduled-time>" if scheduler else "<slot>"}
    text = json.dumps({"containerOverrides": [{"name": spec.containers[0].name, "environment": [slot, dates]}]})
    if scheduler:
        return target | {"Input": text}
    template = text.replace('"<slot>"', "<slot>")  # EventBridge puts the quotes around a string itself
    return target | {"InputTransformer": {"InputPathsMap": {"slot": "$.time"}, "InputTemplate": template}}


def of_workflow(machine: str, task: dict[str, Any], spec: Spec, expression: str) -> dict[str, Any]:
    """The target that starts a job's workflow instead of ``task``, and tells it its slot."""
    target = {key: value for key, value in task.items() if key != "EcsParameters"} | {"Arn": machine}
    dates = {"dates": dates_of(expression)} if spec.schedule.guard else {}
    if spec.schedule.timezone is not None:
        return target | {"Input": json.dumps({"slot": "<aws.scheduler.scheduled-time>"} | dates)}
    template = json.dumps({"slot": "<slot>"} | dates).replace('"<slot>"', "<slot>")
    return target | {"InputTransformer": {"InputPathsMap": {"slot": "$.time"}, "InputTemplate": template}}


def retold(told: Mapping[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """What a target is told (its Input, or a template in which EventBridge puts the slot), changed; the slot stays in it."""
    if "InputTransformer" in told:
        text = told["InputTransformer"]["InputTemplate"].replace("<slot>", '"<slot>"')
        text = json.dumps(change(json.loads(text))).replace('"<slot>"', "<slot>")
        return {"InputTransformer": told["InputTransformer"] | {"InputTemplate": text}}
    return {"Input": json.dumps(change(json.loads(told["Input"])))}


def shadow_of_workflow(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a workflow is told to run a shadow; with the slot, where it is told one, so that its guard is asked."""
    return retold(told, lambda value: value | json.loads(SHADOW)) if told else {"Input": SHADOW}


def is_workflow(target: dict[str, Any] | None) -> bool:
    return target is not None and ":stateMachine:" in target.get("Arn", "")


def merge(
    live: dict[str, Any] | None, wanted: dict[str, Any], revision: str, written: Sequence[Mapping[str, int]] = ()
) -> dict[str, Any]:
    """``live`` with our members set. What others set stays: Input, RetryPolicy, DeadLetterConfig, placement, … ``written`` are
    the retry policies that are known to be ours (`written_before`)."""
    if live and live.get("RetryPolicy") in written:
        live = {key: value for key, value in live.items() if key != "RetryPolicy"}
    if is_workflow(wanted):
        # PutTargets and UpdateSchedule replace a target as a whole: what others set must be sent again.
        return _merge_workflow(live, wanted)
    result: dict[str, Any] = copy.deepcopy(live) if live else {}
    if is_workflow(live):
        if SAYS in json.dumps(live):
            raise UserError("the job runs as a shadow of its workflow; end the shadow before it becomes a plain task")
        # What the workflow was told means nothing to a task.
        result = {key: value for key, value in result.items() if key not in _TOLD}
    ecs = result.get("EcsParameters", {}) | copy.deepcopy(wanted["EcsParameters"]) | {"TaskDefinitionArn": revision}
    # One of the two; AWS refuses both.
    ecs.pop("LaunchType" if "CapacityProviderStrategy" in wanted["EcsParameters"] else "CapacityProviderStrategy", None)
    result |= {"Arn": wanted["Arn"], "RoleArn": wanted["RoleArn"], "EcsParameters": ecs}
    for ours in {"Input", "InputTransformer"} & set(wanted):
        theirs = str(result.get("Input") or result.get("InputTransformer") or "")
        # A guard's own variables are in the Input we wrote before.
        if SAYS in theirs:
            continue  # a shadow stays one: what ended it would start the job beside the old one
        if theirs and SLOT not in theirs:
            raise UserError(
                "the target has an Input that somebody else set, and a guard needs its own; remove one of them"
            )
        result.pop("Input", None)
        result[ours] = copy.deepcopy(wanted[ours])
    return _with_policies(result, wanted)


def _with_policies(result: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    # Retries and queue that somebody tuned stay.
    for kept in ("RetryPolicy", "DeadLetterConfig"):
        if kept in wanted and not result.get(kept):
            result[kept] = copy.deepcopy(wanted[kept])
    return result


_TOLD = ("Input", "InputPath", "InputTransformer")


def _merge_workflow(live: dict[str, Any] | None, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a workflow is told is ours. A shadow stays one: what ended it would start the job beside the old one."""
    result = {key: copy.deepcopy(value) for key, value in (live or {}).items() if key != "EcsParameters"}
    told = json.dumps([result.get(key, "") for key in _TOLD])
    if live and any(result.get(key) for key in _TOLD):
        # A shadow's Input is no slot: taking it away would start the job beside the old one.
        if SAYS in told:
            ours = {key: wanted[key] for key in _TOLD if key in wanted}
            kept = (
                {key: result[key] for key in _TOLD if key in result} if is_workflow(live) else shadow_of_workflow(ours)
            )
            wanted = {key: value for key, value in wanted.items() if key not in _TOLD} | kept
        elif not is_workflow(live) and SLOT not in told:
            raise UserError(
                "the target has an Input that somebody else set, and it would mean nothing to a workflow; remove it first"
            )
    for key in _TOLD:
        result.pop(key, None)
    result |= {
        key: copy.deepcopy(value) for key, value in wanted.items() if key not in ("RetryPolicy", "DeadLetterConfig")
    }
    return _with_policies(result, wanted)


def difference(live: dict[str, Any] | None, merged: dict[str, Any]) -> list[Change]:
    """What would change, with lists whose order means nothing sorted and revisions shortened."""
    return compare(_comparable(live) if live else None, _comparable(merged))


def _comparable(target: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(target)
    result.pop("Id", None)
    ecs = result.pop("EcsParameters", {})
    network = ecs.pop("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
    # The order of subnets and groups has no meaning.
    for name in ("Subnets", "SecurityGroups"):
        if name in network:
            network[name] = sorted(network[name])
    if "TaskDefinitionArn" in ecs:
        ecs["TaskDefinitionArn"] = short(ecs["TaskDefinitionArn"])
    if "CapacityProviderStrategy" in ecs:
        # AWS fills in 0, and the order means nothing.
        filled = [{"base": 0, "weight": 0, **one} for one in ecs["CapacityProviderStrategy"]]
        ecs["CapacityProviderStrategy"] = sorted(filled, key=itemgetter("capacityProvider"))
    defaults = {"EnableExecuteCommand": False}
    ecs = {key: value for key, value in ecs.items() if defaults.get(key) != value and value not in ([], {}, None)}
    comparable: dict[str, Any] = result | ecs | network
    return comparable


def overridden(target: Mapping[str, Any]) -> str:
    """What a task's target overrides of its task definition, by an Input that is not ours: names, no values; ``""`` if
    nothing."""
    if is_workflow(dict(target)):
        return ""
    text = str(target.get("Input") or target.get("InputTransformer", {}).get("InputTemplate") or "")
    if SAYS in text or SLOT in text:
        return ""
    try:
        told = json.loads(re.sub(r"<[\w.]+>", "0", text)) if text else {}
    except ValueError:
        return "InputTransformer"
    if not isinstance(told, dict):
        return ""
    containers = told.get("containerOverrides")
    of_containers = [key for one in containers or [] if isinstance(one, dict) for key in one if key != "name"]
    rest = [key for key, value in told.items() if key != "containerOverrides" and value not in ({}, [], None, "")]
    return ", ".join(dict.fromkeys([*of_containers, *rest]))


def gist(target: dict[str, Any]) -> str:
    """What an added target starts, in a few words."""
    if is_workflow(target):
        return f"starts the workflow {family_of(target)}"
    number = target["EcsParameters"].get("TaskCount", 1)
    return f"{number} task{'s' if number > 1 else ''} in cluster {target['Arn'].rpartition('/')[2]}"


def family_of(target: dict[str, Any]) -> str:
    """The task family a target starts, or the workflow, which has the job's name too; empty for any other target."""
    if is_workflow(target):
        return str(target["Arn"]).rpartition(":")[2]
    return short(target.get("EcsParameters", {}).get("TaskDefinitionArn", "")).partition(":")[0]
