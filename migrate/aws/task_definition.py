"""The task definition of a job: built from the spec, compared in a normal form, registered only when it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converters.expressions.guards import GuardError, guarded
from converters.specs.capacity import OF_FARGATE
from converters.specs.fargate import Architecture, Size, SizeError, smallest_size
from migrate.aws import sidecars
from migrate.aws.errors import error_code
from migrate.aws.ownership import Marks, Owner, Tags, missing_tags
from migrate.aws.passed_on import with_passed_on
from migrate.aws.seen import Kind
from migrate.aws.session import Aws
from migrate.aws.steps import Action, Change, Made, Step, compare
from migrate.errors import UserError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from converters.specs.model import Container, Spec
    from converters.specs.wishes import EfsVolume
    from migrate.settings.model import Environment

# DescribeTaskDefinition adds revision, status, compatibilities, registeredAt and more.
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
_FILLED_IN = {"essential": True, "versionConsistency": "enabled", "readOnly": False, "rootDirectory": "/"}
_DEFAULT_PLATFORM = {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}


@dataclass(frozen=True, slots=True)
class LiveTaskDefinition:
    """One revision on AWS: its ARN, its normal form, its tags."""

    arn: str
    normal: dict[str, Any]
    tags: Tags
    active: bool


def build(aws: Aws, spec: Spec, log_group: str) -> dict[str, Any]:
    """The input of RegisterTaskDefinition for a spec, without tags. UserError where no task can be made of it."""
    env = aws.environment.of_job(spec.name)
    architecture = architecture_of(env, spec)
    beside = sidecars.beside(aws, spec)
    task_size = size(env, spec)
    own = [_container(one, _logs(aws, spec, one, log_group, beside)) for one in spec.containers]
    for one in own:
        _follow_spec(one, spec, beside)
    definition: dict[str, Any] = {
        "family": aws.named(spec.name),
        "executionRoleArn": aws.role_arn(env.execution_role),
        "networkMode": "awsvpc",
        # A group of instances is no Fargate: its tasks are registered for EC2, with the same sizes.
        "requiresCompatibilities": ["FARGATE" if on_fargate(spec) else "EC2"],
        "cpu": str(task_size.cpu),
        "memory": str(task_size.memory),
        "containerDefinitions": own
        + [one.definition | {"logConfiguration": _awslogs(aws, spec, log_group, {})} for one in beside],
    }
    if spec.schedule.guard:
        _guard(definition["containerDefinitions"][0], spec.schedule.guard)
    if env.task_role:
        definition["taskRoleArn"] = aws.role_arn(env.task_role)
    # X86_64 is ECS's own default: left out, so that older revisions compare equal.
    if architecture != "X86_64":
        definition["runtimePlatform"] = {**_DEFAULT_PLATFORM, "cpuArchitecture": architecture}
    if spec.ephemeral_storage is not None:
        definition["ephemeralStorage"] = {"sizeInGiB": spec.ephemeral_storage}
    if spec.volumes:
        definition["volumes"] = [_efs(volume) for volume in spec.volumes]
    return with_passed_on(definition, spec.task_definition) if spec.task_definition else definition


def architecture_of(env: Environment, spec: Spec) -> Architecture:
    """The job's own, else the environment's."""
    return spec.architecture or env.architecture


def on_fargate(spec: Spec) -> bool:
    """Whether Fargate hosts it; a capacity provider of another name is a group of EC2 instances."""
    return {one["capacityProvider"] for one in spec.providers} <= OF_FARGATE


def size(env: Environment, spec: Spec) -> Size:
    """The cheapest Fargate size for the job's containers and the sidecars together."""
    cpu, memory = sidecars.smallest(env)
    cpu += sum(one.cpu for one in spec.containers)
    memory += sum(one.memory for one in spec.containers)
    try:
        return smallest_size(cpu, memory, architecture_of(env, spec))
    except SizeError as error:
        raise UserError(f"with the sidecars of cron2fargate.yml, {error}") from None


def _follow_spec(container: dict[str, Any], spec: Spec, beside: list[sidecars.Beside]) -> None:
    """What a container gets from the job as a whole: the time between SIGTERM and SIGKILL, and its log router first."""
    if spec.timeout and spec.timeout.kill_after:
        container.setdefault("stopTimeout", spec.timeout.kill_after)
    # The router must take lines before the first one is written (dependsOn START).
    if container["logConfiguration"]["logDriver"] == "awsfirelens" and (router := sidecars.router(beside)):
        own = [one for one in container.get("dependsOn", []) if one["containerName"] != router.name]
        container["dependsOn"] = [{"containerName": router.name, "condition": "START"}, *own]


def _efs(volume: EfsVolume) -> dict[str, Any]:
    """Encrypted on the way always; an access point demands it, and says itself where its root is."""
    # Required with an access point or IAM (docs "Amazon EFS volumes"), and harmless without.
    efs: dict[str, Any] = {"fileSystemId": volume.file_system_id, "transitEncryption": "ENABLED"}
    if volume.access_point_id:
        # With an access point rootDirectory must be left out or /.
        efs["authorizationConfig"] = {"accessPointId": volume.access_point_id}
    elif volume.root_directory:
        efs["rootDirectory"] = volume.root_directory
    return {"name": volume.name, "efsVolumeConfiguration": efs}


def _guard(container: dict[str, Any], guard: dict[str, Any]) -> None:
    """Put the guard before what the first container starts."""
    # An entry point is what starts, with the command as its arguments; without one in ecs.yml the image's own stays
    # in front.
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
        "environmentFiles": [{"value": arn, "type": "s3"} for arn in container.environment_files],
        "mountPoints": [
            {"sourceVolume": mount.volume, "containerPath": mount.path, "readOnly": mount.read_only}
            for mount in container.mount_points
        ],
        "linuxParameters": {"initProcessEnabled": True} if _wants_init(container) else None,
        "stopTimeout": container.stop_timeout,
        "readonlyRootFilesystem": container.readonly_root_filesystem or None,
        # These have ECS's own names, and what ECS fills in where nothing is said stands in the models.
        "ulimits": [_as_written(one) for one in container.ulimits],
        "dependsOn": [_as_written(one) for one in container.depends_on],
        "healthCheck": _as_written(container.health_check),
        "repositoryCredentials": _as_written(container.repository_credentials),
        "logConfiguration": logs,
    }
    return {key: value for key, value in wanted.items() if value is not None and value != []}


def _as_written(part: BaseModel | None) -> dict[str, Any] | None:
    return part.model_dump(by_alias=True, exclude_none=True) if part else None


def _wants_init(container: Container) -> bool:
    return bool(container.linux_parameters and container.linux_parameters.init_process_enabled)


def _logs(aws: Aws, spec: Spec, container: Container, log_group: str, beside: list[sidecars.Beside]) -> dict[str, Any]:
    """What the spec says; else through the log router of the settings, where there is one; else to the job's log group."""
    own = container.log_configuration
    router = sidecars.router(beside)
    if own is None and router:
        return {"logDriver": "awsfirelens", "options": dict(router.firelens_options or {})}
    if own is not None and own.log_driver != "awslogs":
        result: dict[str, Any] = {"logDriver": own.log_driver, "options": dict(own.options)}
    else:
        result = _awslogs(aws, spec, log_group, own.options if own else {})
    if own and own.secret_options:
        result["secretOptions"] = [{"name": name, "valueFrom": source} for name, source in own.secret_options.items()]
    return result


def _awslogs(aws: Aws, spec: Spec, log_group: str, options: dict[str, str]) -> dict[str, Any]:
    """``mode: blocking``, since AWS's default may lose lines."""
    defaults = {
        "awslogs-group": log_group,
        "awslogs-region": aws.region,
        "awslogs-stream-prefix": aws.named(spec.name),
        # Since 2025-06-25 awslogs is non-blocking where nothing is said: lines may be lost when its buffer is full.
        "mode": "blocking",
    }
    return {"logDriver": "awslogs", "options": {**defaults, **options}}


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
            # ECS answers cpu 0 for a container that was registered without.
            if item not in (None, [], {}) and _FILLED_IN.get(key) != item and not (key == "cpu" and item == 0)
        }
    if isinstance(value, list):
        items = [_without_empty(item) for item in value]
        # AWS gives variables, secrets and options back in an order of its own.
        # Environment files have no names, and their order counts: of two values the first one's stands.
        named = [item for item in items if isinstance(item, dict) and "name" in item]
        if items and len(named) == len(items) and all(set(item) & {"value", "valueFrom"} for item in named):
            items.sort(key=lambda item: str(item.get("name")))
        return items
    return value


def find(aws: Aws, name: str) -> LiveTaskDefinition | None:
    """A revision by ARN, or the latest active one of a family; None where there is none."""
    return aws.once(_DEFINITION, name, lambda: _read(aws, name))


_DEFINITION: Kind[LiveTaskDefinition | None] = Kind("task definition")


def _read(aws: Aws, name: str) -> LiveTaskDefinition | None:
    from botocore.exceptions import ClientError

    try:
        # TAGS are answered only when asked for.
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
    # The revision that is started counts, and the latest: another tool may have registered one in between.
    family = wanted["family"]
    latest = find(aws, family)
    started = (latest if latest and latest.arn == pinned else find(aws, pinned)) if pinned else None
    ours = [live for live in (started, latest) if live and owner.owns(live.tags)]
    if latest and not ours:
        way = "rename the job, or take the family over with --adopt"
        owner.refuse("task definition family", family, Marks.of(latest.tags), adopt=adopt, way=way)
    for live in (started, latest):
        # Registering anew would only burn a revision: a family has a million of them.
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
    # RegisterTaskDefinition makes a new revision each time, whatever it holds.
    answer = aws.client("ecs").register_task_definition(**wanted, tags=tags)
    made.task_definition = answer["taskDefinition"]["taskDefinitionArn"]


def short(arn: str) -> str:
    """``family:revision`` from a task definition's ARN."""
    return arn.rpartition("/")[2]
