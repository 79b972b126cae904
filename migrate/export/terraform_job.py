"""``job-NAME.tf``: the resources of one job."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from migrate.aws.ownership import CODE, SPEC
from migrate.errors import UserError
from migrate.export.hcl import Block, Json, Raw
from migrate.export.terraform_links import identifier
from migrate.export.terraform_parts import Files, Items, delivery, log_group, transformer
from migrate.export.units import Start, Unit


def secret_name(unit: str, mark: str) -> str:
    return f"{identifier(unit)}_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', mark).lower()}"


def job_addresses(unit: Unit) -> list[str]:
    """Of what other things name."""
    word = identifier(unit.name)
    found = [f"aws_ecs_task_definition.{word}"]
    if unit.machine:
        found.append(f"aws_sfn_state_machine.{word}")
    return [*found, f"aws_cloudwatch_log_group.{word}"] if unit.log_group else found


def add_job(out: Files, unit: Unit, file: str) -> None:
    """Its resources. The switch is not among them, nor the alarm that goes with it: ``enable`` and ``disable`` own both."""
    word = identifier(unit.name)
    for name, said in unit.secrets.items():
        description = f"Value of {said}; better kept in a secret store."
        items: Items = [("description", description), ("type", Raw("string")), ("sensitive", True)]
        out.variables.append(Block("variable", (secret_name(unit.name, name),), items))
    if unit.log_group:
        log_group(out, file, word, unit.log_group, unit.tags)
    _task_definition(out, file, word, unit)
    if unit.machine:
        items = [
            ("name", unit.on_aws),
            ("type", "STANDARD"),
            ("role_arn", unit.machine_role),
            ("definition", Json(json.loads(unit.machine))),
            ("tags", unit.tags),
            _ours_alone("definition"),
        ]
        found_as = out.frame.place.machine(unit.name)
        out.add(file, "aws_sfn_state_machine", word, items, found_as)
    for number, start in enumerate(unit.starts, start=1):
        # By the name on AWS: `two_2` would be a job's as well as the second start of another.
        name = word if number == 1 else identifier(f"{unit.name}-{number}")
        (_schedule if unit.timezone else _rule)(out, file, name, unit, start)
        if number > 1:
            for kind in ("aws_scheduler_schedule",) if unit.timezone else _RULE:
                out.renamed(f"{kind}.{word}_{number}", f"{kind}.{name}")
    if unit.service is not None:
        _service(out, file, word, unit)


_RULE = ("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target")


# Lists of what a release changes: what ecs.yml says is register's, what cron2fargate.yml says is this code's.
def _ours_alone(*more: str, tagged: bool = True) -> Block:
    """What register and the switches of the tool change is not taken back by Terraform."""
    # tags_all holds what default_tags of the provider add.
    mark = [Raw(f'tags["{SPEC}"]'), Raw(f'tags_all["{SPEC}"]')] if tagged else []
    return Block("lifecycle", (), [("ignore_changes", [Raw(name) for name in more] + mark)])


def _of_ecs(where: str) -> list[str]:
    """What ecs.yml says of a task that is started."""
    names = ("task_count", "launch_type", "capacity_provider_strategy", "enable_execute_command", "group")
    return [f"{where}.{name}" for name in names]


_SCALARS = {"pidMode": "pid_mode", "ipcMode": "ipc_mode", "enableFaultInjection": "enable_fault_injection"}
_SAID = {
    "family",
    "requiresCompatibilities",
    "networkMode",
    "cpu",
    "memory",
    "executionRoleArn",
    "taskRoleArn",
    "containerDefinitions",
    "ephemeralStorage",
    "runtimePlatform",
    "volumes",
    *_SCALARS,
}


_SCALARS_OF_ECS = {"EnableExecuteCommand": "enable_execute_command", "Group": "group"}
_ECS = {
    "TaskDefinitionArn",
    "TaskCount",
    "LaunchType",
    "PlatformVersion",
    "NetworkConfiguration",
    "EnableECSManagedTags",
    "PropagateTags",
    "CapacityProviderStrategy",
}


_SCALARS_OF_SERVICE = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}


def refuse_unsaid(unit: Unit) -> None:
    """UserError for a job whose ecs.yml passes on what these files have no block for: to leave it out would be another job."""
    ecs = {name for start in unit.starts for name in start.target.get("EcsParameters", {})}
    said = {*_ECS, *_SCALARS_OF_ECS, *({"ReferenceId"} if unit.timezone else ())}
    if unsaid := sorted(set(unit.service_passed) - set(_SCALARS_OF_SERVICE)):
        raise UserError(
            f"{unit.name}: its service has {', '.join(unsaid)}, which this export to Terraform does not say; export to "
            "CloudFormation, or let register write the job"
        )
    if unsaid := sorted(ecs - said):
        raise UserError(
            f"{unit.name}: its target has {', '.join(unsaid)}, which this export to Terraform does not say; export to "
            "CloudFormation, or let register write the job"
        )
    if unsaid := sorted(set(unit.definition) - _SAID):
        raise UserError(
            f"{unit.name}: its taskDefinition has {', '.join(unsaid)}, which this export to Terraform does not say; export to "
            "CloudFormation, or let register write the job"
        )


def _task_definition(out: Files, file: str, word: str, unit: Unit) -> None:
    definition = unit.definition
    items: Items = [
        ("family", definition["family"]),
        ("requires_compatibilities", definition["requiresCompatibilities"]),
        ("network_mode", definition["networkMode"]),
        ("cpu", definition["cpu"]),
        ("memory", definition["memory"]),
        ("execution_role_arn", definition["executionRoleArn"]),
    ]
    if "taskRoleArn" in definition:
        items.append(("task_role_arn", definition["taskRoleArn"]))
    items += [
        ("container_definitions", Json(definition["containerDefinitions"])),
        # A revision that a rule may still start is not taken away.
        ("skip_destroy", True),
        # The latest revision is the one that counts: what register released is read, and what starts it stays with it.
        ("track_latest", True),
        ("tags", unit.tags),
    ]
    storage = definition.get("ephemeralStorage")
    if storage:
        items.append(Block("ephemeral_storage", (), [("size_in_gib", storage["sizeInGiB"])]))
    platform = definition.get("runtimePlatform")
    if platform:
        inner: Items = [
            ("cpu_architecture", platform["cpuArchitecture"]),
            ("operating_system_family", platform["operatingSystemFamily"]),
        ]
        items.append(Block("runtime_platform", (), inner))
    items += [(name, definition[key]) for key, name in _SCALARS.items() if key in definition]
    items += [_volume(volume) for volume in definition.get("volumes", [])]
    items.append(Block("lifecycle", (), [("ignore_changes", [Raw(name) for name in _RELEASED])]))
    address = out.add(file, "aws_ecs_task_definition", word, items)
    # The import wants a revision: the latest there is.
    out.found(address, Raw(f"data.{address}.arn"))
    out.imports.append(Block("data", ("aws_ecs_task_definition", word), [("task_definition", definition["family"])]))


# Whatever differs here makes a new revision, which would take the release back. Roles and tags are the settings'.
_RELEASED = (
    "container_definitions",
    "cpu",
    "memory",
    "ephemeral_storage",
    "runtime_platform",
    "volume",
    *_SCALARS.values(),
)


def _volume(volume: dict[str, Any]) -> Block:
    efs = volume.get("efsVolumeConfiguration", {})
    items: Items = [("file_system_id", efs["fileSystemId"])]
    if "rootDirectory" in efs:
        items.append(("root_directory", efs["rootDirectory"]))
    if "transitEncryption" in efs:
        items.append(("transit_encryption", efs["transitEncryption"]))
    access = efs.get("authorizationConfig", {}).get("accessPointId")
    if access:
        items.append(Block("authorization_config", (), [("access_point_id", access)]))
    return Block("volume", (), [("name", volume["name"]), Block("efs_volume_configuration", (), items)])


def _arn(unit: Unit, target: dict[str, Any]) -> Any:
    workflow = ":stateMachine:" in target["Arn"]
    return Raw(f"aws_sfn_state_machine.{identifier(unit.name)}.arn") if workflow else target["Arn"]


def _rule(out: Files, file: str, word: str, unit: Unit, start: Start) -> None:
    owner, target = out.frame.place.owner, start.target
    items: Items = [
        ("name", start.name),
        ("description", f"Job {unit.name} of {owner}, made by cron2fargate"),
        ("schedule_expression", start.expression),
        ("state", "DISABLED"),
        ("tags", unit.tags),
        _ours_alone("state", "schedule_expression"),
    ]
    # Import id of a rule: BUS/NAME.
    rule = out.add(file, "aws_cloudwatch_event_rule", word, items, f"default/{start.name}")
    items = [
        ("rule", Raw(f"{rule}.name")),
        ("target_id", unit.name),
        ("arn", _arn(unit, target)),
        ("role_arn", target["RoleArn"]),
        *([("input", target["Input"])] if "Input" in target else []),
        *_ecs(target, "ecs_target"),
        *transformer(target),
        *delivery(target),
    ]
    told = ["input", "input_transformer", "retry_policy"]
    items.append(_ours_alone(*told, *(_of_ecs("ecs_target[0]") if "EcsParameters" in target else []), tagged=False))
    # Import id of a target: RULE/TARGET-ID on the default bus.
    out.add(file, "aws_cloudwatch_event_target", word, items, f"{start.name}/{unit.name}")


def _schedule(out: Files, file: str, word: str, unit: Unit, start: Start) -> None:
    target = start.target
    window: Items = [("mode", "FLEXIBLE" if unit.window else "OFF")]
    if unit.window:
        window.append(("maximum_window_in_minutes", unit.window))
    inner: Items = [
        ("arn", _arn(unit, target)),
        ("role_arn", target["RoleArn"]),
        *([("input", target["Input"])] if "Input" in target else []),
        *_ecs(target, "ecs_parameters"),
        *delivery(target),
    ]
    kept = ["state", "description", "schedule_expression", "schedule_expression_timezone", "flexible_time_window"]
    kept += ["target[0].input", "target[0].retry_policy"]
    kept += _of_ecs("target[0].ecs_parameters[0]") if "EcsParameters" in target else []
    items: Items = [
        ("name", start.name),
        ("group_name", unit.group),
        ("description", unit.mark.describe(CODE)),
        ("schedule_expression", start.expression),
        ("schedule_expression_timezone", unit.timezone),
        ("state", "DISABLED"),
        Block("flexible_time_window", (), window),
        Block("target", (), inner),
        _ours_alone(*kept, tagged=False),
    ]
    # Import id of a schedule: GROUP/NAME.
    out.add(file, "aws_scheduler_schedule", word, items, f"{unit.group}/{start.name}")


def _network(ecs: dict[str, Any]) -> Block:
    inner = ecs["NetworkConfiguration"]["awsvpcConfiguration"]
    items: Items = [
        ("subnets", inner["Subnets"]),
        ("security_groups", inner["SecurityGroups"]),
        # aws_ecs_service and the targets take a boolean where the API has ENABLED.
        ("assign_public_ip", inner["AssignPublicIp"] == "ENABLED"),
    ]
    return Block("network_configuration", (), items)


def _providers(ecs: dict[str, Any]) -> Iterator[Block]:
    for one in ecs.get("CapacityProviderStrategy", []):
        items: Items = [("capacity_provider", one["capacityProvider"]), ("weight", one["weight"])]
        items += [("base", one["base"])] if "base" in one else []
        yield Block("capacity_provider_strategy", (), items)


def _ecs(target: dict[str, Any], kind: str) -> Items:
    ecs = target.get("EcsParameters")
    if not ecs:
        return []
    items: Items = [("task_definition_arn", ecs["TaskDefinitionArn"]), ("task_count", ecs["TaskCount"])]
    if "LaunchType" in ecs:
        items.append(("launch_type", ecs["LaunchType"]))
    if "PlatformVersion" in ecs:
        items.append(("platform_version", ecs["PlatformVersion"]))
    items += [(name, ecs[key]) for key, name in _SCALARS_OF_ECS.items() if key in ecs]
    if "ReferenceId" in ecs:
        items.append(("reference_id", ecs["ReferenceId"]))
    items += [
        ("enable_ecs_managed_tags", ecs["EnableECSManagedTags"]),
        ("propagate_tags", ecs["PropagateTags"]),
        *_providers(ecs),
        _network(ecs),
    ]
    return [Block(kind, (), items)]


def _service(out: Files, file: str, word: str, unit: Unit) -> None:
    ecs = unit.service_target["EcsParameters"]
    where: Items = [("launch_type", "FARGATE")] if "CapacityProviderStrategy" not in ecs else []
    if "PlatformVersion" in ecs:
        where.append(("platform_version", ecs["PlatformVersion"]))
    items: Items = [
        ("name", unit.on_aws),
        ("cluster", unit.service_target["Arn"]),
        ("task_definition", Raw(f"aws_ecs_task_definition.{word}.arn")),
        ("desired_count", 0),
        *where,
        ("deployment_maximum_percent", 100),
        ("deployment_minimum_healthy_percent", 0),
        ("propagate_tags", "TASK_DEFINITION"),
        ("enable_ecs_managed_tags", True),
        ("tags", {**unit.tags, "cron2fargate:count": str(unit.service)}),
        *[(name, unit.service_passed[key]) for key, name in _SCALARS_OF_SERVICE.items() if key in unit.service_passed],
        *_providers(ecs),
        _network(ecs),
        _ours_alone(
            "desired_count",
            *[name for key, name in _SCALARS_OF_SERVICE.items() if key in unit.service_passed],
            "launch_type",
            "capacity_provider_strategy",
            'tags["cron2fargate:count"]',
            'tags_all["cron2fargate:count"]',
        ),
    ]
    cluster = unit.service_target["Arn"].rpartition("/")[2]
    out.add(file, "aws_ecs_service", word, items, f"{cluster}/{unit.on_aws}")
