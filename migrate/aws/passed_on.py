"""What an ecs.yml passes on to RegisterTaskDefinition as it stands (``taskDefinition:``), by the names of AWS's own model.

So nobody is stuck where this tool has no word of its own. What it makes itself is not overwritten: that would be two answers
to one question.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from converters.findings.suggestions import did_you_mean
from migrate.aws.models import service_model
from migrate.errors import UserError

if TYPE_CHECKING:
    from botocore.model import Shape

KEY = "taskDefinition"
_CONTAINERS = "containerDefinitions"
# Tags are written by their own rules, and what Fargate's task is made of follows from the containers.
_NEVER = {"tags"}


def with_passed_on(built: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``built`` with what is passed on. UserError for names that AWS does not know, values of another type, and what is made
    here already."""
    result = passed(built, given, KEY, _shape())
    if wrong := wrong_types(result, KEY, _shape(), "it is not what RegisterTaskDefinition takes"):
        raise UserError(wrong)
    return result


def passed(built: Mapping[str, Any], given: Mapping[str, Any], where: str, shape: Shape) -> dict[str, Any]:
    """``built`` and ``given`` as one. UserError for names that the shape does not know, and what stands on both sides."""
    if problems := [*_unfit(given, shape, where), *_twice(built, given, where)]:
        raise UserError("; ".join(problems))
    return _merged(built, given)


@cache
def _shape() -> Shape:
    """Of RegisterTaskDefinition's input."""
    shape = service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
    if shape is None:  # pragma: no cover - every version of botocore has it
        raise UserError("this version of botocore knows no RegisterTaskDefinition; install a newer one")
    return shape


def _unfit(given: Any, shape: Any, where: str) -> Iterator[str]:
    """Names that AWS does not have, and what is above a maximum of its model: botocore's own validator looks at minima
    only, and leaves that to AWS."""
    most = shape.metadata.get("max")
    size = given if type(given) in (int, float) else len(given) if isinstance(given, (str, list)) else None
    if most is not None and size is not None and size > most:
        yield f"{where}: {size} is more than the {most} that AWS takes"
    if shape.type_name == "structure" and isinstance(given, Mapping):
        for key, inner in given.items():
            if key not in shape.members or (where == KEY and key in _NEVER):
                yield f"{where}.{key}: AWS has no such name{did_you_mean(str(key), shape.members)}"
            else:
                yield from _unfit(inner, shape.members[key], f"{where}.{key}")
    elif shape.type_name == "list" and isinstance(given, list):
        for number, inner in enumerate(given):
            yield from _unfit(inner, shape.member, f"{where}[{number}]")


def _twice(built: Mapping[str, Any], given: Mapping[str, Any], where: str) -> Iterator[str]:
    """What stands on both sides, deeper only where both are mappings; containers are the same by their names."""
    for key, inner in given.items():
        if key not in built:
            continue
        if key == _CONTAINERS and isinstance(inner, list):
            yield from _containers_twice({box["name"]: box for box in built[key]}, inner, f"{where}.{key}")
        elif isinstance(inner, Mapping) and isinstance(built[key], Mapping):
            yield from _twice(built[key], inner, f"{where}.{key}")
        else:
            yield f"{where}.{key} follows from the rest of ecs.yml and cron2fargate.yml; remove it"


def _containers_twice(boxes: Mapping[str, Any], given: list[Any], where: str) -> Iterator[str]:
    for number, one in enumerate(given):
        name = str(one.get("name", "")) if isinstance(one, Mapping) else ""
        if name not in boxes:
            yield f"{where}[{number}]: its name must be that of a container of the job{did_you_mean(name, boxes)}"
        elif isinstance(one, Mapping):
            own = {key: inner for key, inner in one.items() if key != "name"}
            yield from _twice(boxes[name], own, f"{where}[{name}]")


def _merged(built: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(built))
    for key, inner in given.items():
        if key == _CONTAINERS:
            more = {one["name"]: one for one in inner}
            result[key] = [_merged(box, more.get(box["name"], {})) for box in result[key]]
        elif isinstance(inner, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = _merged(result[key], inner)
        else:
            result[key] = copy.deepcopy(inner)
    return result


_WRONG = re.compile(r"^(Invalid (?:type|length|range) for parameter) ([\w.\[\]]+)", re.M)
_MISSING = re.compile(r"^Missing required parameter in ([\w.\[\]]+): \"(\w+)\"", re.M)


def wrong_types(value: Mapping[str, Any], where: str, shape: Shape, else_: str) -> str:
    """What botocore finds, as one line without the values, one of which may be a secret."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(value, shape)
    if not report.has_errors():
        return ""
    text = report.generate_report()
    found = [f"{what} {name}" for what, name in _WRONG.findall(text)]
    found += [f"Missing required parameter in {place}: {name}" for place, name in _MISSING.findall(text)]
    return f"{where}: " + ("; ".join(found) or else_)
