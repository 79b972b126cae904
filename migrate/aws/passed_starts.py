"""What an ecs.yml passes on to the start of its task as it stands (``target:``), by the names of AWS's own models.

EventBridge and Scheduler have a model each; a workflow hands the same on to RunTask.

Only ``EcsParameters``: the rest of a target is made from the settings, and two answers to one question are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from migrate.aws.models import service_model
from migrate.aws.passed_on import passed, wrong_types
from migrate.errors import UserError

if TYPE_CHECKING:
    from botocore.model import Shape

    from converters.specs.model import Spec

KEY = "target"
_ECS = "EcsParameters"
_WHERE = f"{KEY}.{_ECS}"
# ECS guide "Task placement": neither is supported for tasks on Fargate.
_PLACEMENT = ("PlacementConstraints", "PlacementStrategy")
PASSED_TO_RUN_TASK = ("EnableExecuteCommand", "Group", "ReferenceId", *_PLACEMENT)
"""What a workflow hands on to RunTask, which knows it by the same names."""


def with_target(built: Mapping[str, Any], spec: Spec, *, fargate: bool) -> dict[str, Any]:
    """The EcsParameters with what is passed on. UserError for what AWS does not know or refuses, and what is made here."""
    if others := sorted(set(spec.target) - {_ECS}):
        raise UserError(f"{KEY}.{others[0]} is not passed on; {_ECS} is, and the rest follows from cron2fargate.yml")
    given = spec.target.get(_ECS)
    if not isinstance(given, dict):
        raise UserError(f"{_WHERE} must be a mapping of what EventBridge takes there")
    if "Tags" in given:
        raise UserError(f"{_WHERE}.Tags: a task bears the tags of its task definition; remove it")
    shape = _shape("scheduler" if spec.schedule.timezone else "events")
    result = passed(built, given, _WHERE, shape)
    for name in _PLACEMENT:
        if fargate and given.get(name):
            raise UserError(f"{_WHERE}.{name}: Fargate places a task itself; remove it")
    if wrong := wrong_types(result, _WHERE, shape, "it is not what a target takes"):
        raise UserError(wrong)
    return result


def _shape(service: str) -> Shape:
    return service_model(service).shape_for(_ECS)


SERVICE = "service"
_FOLLOWS = ("cluster", "serviceName", "propagateTags", "enableECSManagedTags", "launchType", "capacityProviderStrategy")


def with_service(built: Mapping[str, Any], given: Mapping[str, Any], *, fargate: bool) -> dict[str, Any]:
    """The request of a service with what is passed on. UserError for what AWS does not know, what is made here, and what
    register could not hold to: of no use to UpdateService, or not told by DescribeServices."""
    shape, update, told = _service_shapes()
    result = passed({**dict.fromkeys(_FOLLOWS), **built}, given, SERVICE, shape)
    for name in given:
        if name not in update.members or name not in told.members:
            raise UserError(
                f"{SERVICE}.{name}: register could not see or change it on a service that is there; remove it"
            )
        if fargate and name in ("placementConstraints", "placementStrategy"):
            raise UserError(f"{SERVICE}.{name}: Fargate places a task itself; remove it")
    result = {name: value for name, value in result.items() if name in built or name in given}
    if wrong := wrong_types({"serviceName": "x"} | result, SERVICE, shape, "it is not what CreateService takes"):
        raise UserError(wrong)
    return result


@cache
def _service_shapes() -> tuple[Any, Any, Any]:
    model = service_model("ecs")
    create, update = (model.operation_model(name).input_shape for name in ("CreateService", "UpdateService"))
    return create, update, model.shape_for("Service")


def as_given(live: Any, given: Any) -> Any:
    """Of what AWS tells, the members that are given: it fills in the rest."""
    if isinstance(live, Mapping) and isinstance(given, Mapping):
        return {key: as_given(live[key], inner) for key, inner in given.items() if key in live}
    if isinstance(live, list) and isinstance(given, list) and len(live) == len(given):
        return [as_given(one, inner) for one, inner in zip(live, given, strict=True)]
    return live
