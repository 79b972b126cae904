"""What an ecs.yml passes on to the start of its task as it stands (``target:``), by the names of AWS's own models.

EventBridge and Scheduler have a model each; a workflow hands the same on to RunTask.

Only ``EcsParameters``: the rest of a target is made from the settings, and two answers to one question are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

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


@cache
def _shape(service: str) -> Shape:
    from botocore.session import Session

    shape: Shape = Session().get_service_model(service).shape_for(_ECS)
    return shape
