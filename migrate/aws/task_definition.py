"""The task definition of a job: built from the spec, compared in a normal form, registered only when it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converters.fargate import Size
from converters.guards import GuardError, guarded
from migrate.aws.errors import error_code
from migrate.aws.ownership import Owner, Tags, missing_tags, whose
from migrate.aws.session import Aws
from migrate.aws.steps import Action, Change, Made, Step, compare
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.ecs import Container, Spec

# The members of RegisterTaskDefinition's input that are compared; all else in an answer is AWS's own.
_INPUT = [
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "ephemeralStorage",
    "runtimePlatform",
]
# What AWS fills in where nothing was said.
_FILLED_IN = {"essential": True, "versionConsistency": "enabled"}
_DEFAULT_PLATFORM = {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}


@dataclass(frozen=True, slots=True)
class LiveTaskDefinition:
    """One revision on AWS: its ARN, its normal form, its tags."""

    arn: str
    normal: dict[str, Any]
    tags: Tags
    active: bool


def build(aws: Aws, spec: Spec, log_group: str) -> dict[str, Any]:
    """The input of RegisterTaskDefinition for a spec, without tags."""
    env = aws.environment
    size = spec.size(env.architecture)
    definition: dict[str, Any] = {
        "family": spec.name,
        "executionRoleArn": aws.role_arn(env.execution_role),
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(size.cpu),
        "memory": str(size.memory),
        "containerDefinitions": [
            _container(container, _logs(aws, spec, container, log_group)) for container in spec.containers
        ],
    }
    if spec.schedule.guard:
        _guard(definition["containerDefinitions"][0], spec.schedule.guard)
    if env.task_role:
        definition["taskRoleArn"] = aws.role_arn(env.task_role)
    if env.architecture != "X86_64":
        definition["runtimePlatform"] = {**_DEFAULT_PLATFORM, "cpuArchitecture": env.architecture}
    return definition


def _guard(container: dict[str, Any], guard: dict[str, Any]) -> None:
    """Put the guard before what the first container starts."""
    key = "entryPoint" if "entryPoint" in container else "command"
    if key not in container:
        raise UserError("schedule.guard needs the command of the first container; write command into ecs.yml")
    try:
        container[key] = guarded(guard, container[key])
    except GuardError as error:
        raise UserError(str(error)) from None


def _container(container: Container, logs: dict[str, Any]) -> dict[str, Any]:
    wanted = {
        "name": container.name,
        "image": container.image,
        "cpu": container.cpu,
        "memory": container.memory,
        "essential": container.essential,
        "command": container.command,
        "entryPoint": container.entry_point,
        "workingDirectory": container.working_directory,
        "user": container.user,
        "environment": [{"name": name, "value": value} for name, value in container.environment.items()],
        "secrets": [{"name": name, "valueFrom": source} for name, source in container.secrets.items()],
        "logConfiguration": logs,
    }
    return {key: value for key, value in wanted.items() if value is not None and value != []}


def _logs(aws: Aws, spec: Spec, container: Container, log_group: str) -> dict[str, Any]:
    """To the job's log group unless the spec says otherwise. ``mode: blocking``: AWS's default may lose lines."""
    own = container.log_configuration
    if own is not None and own.log_driver != "awslogs":
        result: dict[str, Any] = {"logDriver": own.log_driver, "options": dict(own.options)}
    else:
        defaults = {
            "awslogs-group": log_group,
            "awslogs-region": aws.region,
            "awslogs-stream-prefix": spec.name,
            "mode": "blocking",
        }
        result = {"logDriver": "awslogs", "options": {**defaults, **(own.options if own else {})}}
    if own and own.secret_options:
        result["secretOptions"] = [{"name": name, "valueFrom": source} for name, source in own.secret_options.items()]
    return result


def uses_log_group(definition: dict[str, Any], log_group: str) -> bool:
    """Whether any container writes to the job's own group, so that it must be there."""
    logs = [container.get("logConfiguration", {}) for container in definition["containerDefinitions"]]
    return any(log.get("options", {}).get("awslogs-group") == log_group for log in logs)


def normal(definition: dict[str, Any]) -> dict[str, Any]:
    """The form in which what we send and what AWS gives back are equal when they mean the same."""
    kept = {key: _without_empty(value) for key, value in definition.items() if key in _INPUT}
    if kept.get("runtimePlatform") == _DEFAULT_PLATFORM:
        del kept["runtimePlatform"]
    return {key: value for key, value in kept.items() if value not in (None, [], {}, "")}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: _without_empty(item) for key, item in value.items()}
        return {
            key: item
            for key, item in inner.items()
            if item not in (None, [], {}) and _FILLED_IN.get(key) != item and not (key == "cpu" and item == 0)
        }
    if isinstance(value, list):
        items = [_without_empty(item) for item in value]
        # AWS gives variables, secrets and options back in an order of its own.
        if items and all(isinstance(item, dict) and set(item) & {"value", "valueFrom"} for item in items):
            items.sort(key=lambda item: str(item.get("name")))
        return items
    return value


def find(aws: Aws, name: str) -> LiveTaskDefinition | None:
    """A revision by ARN, or the latest active one of a family; None where there is none."""
    from botocore.exceptions import ClientError

    try:
        answer = aws.client("ecs").describe_task_definition(taskDefinition=name, include=["TAGS"])
    except ClientError as error:
        # ECS says ClientException "Unable to describe task definition" for a family it does not know.
        if error_code(error) in {"ClientException", "InvalidParameterException"}:
            return None
        raise
    definition = answer["taskDefinition"]
    tags = {tag["key"]: tag.get("value", "") for tag in answer.get("tags", [])}
    arn = definition["taskDefinitionArn"]
    return LiveTaskDefinition(arn, normal(definition), tags, definition.get("status") == "ACTIVE")


def plan(
    aws: Aws, wanted: dict[str, Any], owner: Owner, pinned: str | None, *, adopt: bool, drifted: bool
) -> tuple[Step, str | None]:
    """The step, and the ARN of the revision that already is what is wanted (None: a new one will be registered).

    ``pinned`` is the revision the rule starts now. Raises UserError for a family of somebody else.
    """
    family = wanted["family"]
    latest = find(aws, family)
    started = (latest if latest and latest.arn == pinned else find(aws, pinned)) if pinned else None
    ours = [live for live in (started, latest) if live and owner.owns(live.tags)]
    if latest and not ours and not adopt:
        raise UserError(
            f"the task definition family {family} exists and {whose(latest.tags)}; "
            f"rename the job, or take the family over with --adopt"
        )
    for live in (started, latest):
        if live and live.active and live.normal == normal(wanted):
            return _tag_step(family, live, owner), live.arn
    base = started or latest
    changes = compare(base.normal if base else None, normal(wanted))
    action: Action = "add" if base is None else "drift" if drifted else "change"
    note = _gist(wanted) if base is None else f"{short(base.arn)} -> new revision"
    return Step(
        "task definition", family, action, changes, lambda aws, made: _register(aws, made, wanted, owner), note
    ), None


def _gist(definition: dict[str, Any]) -> str:
    size = Size(int(definition["cpu"]), int(definition["memory"]))
    return f"{size}; {', '.join(container['image'] for container in definition['containerDefinitions'])}"


def _tag_step(family: str, live: LiveTaskDefinition, owner: Owner) -> Step:
    missing = missing_tags(live.tags, owner.tags())
    if not missing:
        return Step("task definition", family, "same", note=short(live.arn))

    def write(aws: Aws, made: Made) -> None:
        tags = [{"key": key, "value": value} for key, value in missing.items()]
        aws.client("ecs").tag_resource(resourceArn=live.arn, tags=tags)

    changes = [Change(f"tag {key}", live.tags.get(key), value) for key, value in missing.items()]
    return Step("task definition", family, "change", changes, write, short(live.arn))


def _register(aws: Aws, made: Made, wanted: dict[str, Any], owner: Owner) -> None:
    tags = [{"key": key, "value": value} for key, value in owner.tags().items()]
    answer = aws.client("ecs").register_task_definition(**wanted, tags=tags)
    made.task_definition = answer["taskDefinition"]["taskDefinitionArn"]


def short(arn: str) -> str:
    """``family:revision`` from a task definition's ARN."""
    return arn.rpartition("/")[2]
