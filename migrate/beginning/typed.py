"""JSON files as a team types them for the AWS CLI, or as it answers: ``register-task-definition``, ``put-rule``,
``put-targets``, ``create-schedule``, ``create-service``, and what ``describe-…`` and ``list-targets-by-rule`` print."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converters.findings.few import few
from converters.inventory.starts import NotTaken, Start, of_rule, of_schedule, of_service
from migrate.beginning.shapes import shape, shown, without_answers, wrong
from migrate.errors import UserError
from migrate.machine.files import json_of, read_if_there

LARGEST = 1 << 20
"""Bytes of a file: RegisterTaskDefinition takes 64 KiB, PutTargets a hundred targets of 8 KiB."""
_KNOWN = "register-task-definition, put-rule, put-targets, create-schedule, create-service"
_MANY = 5
# kind -> service, operation, and where the same thing stands in an answer.
_SHAPES = {
    "definition": ("ecs", "RegisterTaskDefinition", "DescribeTaskDefinition", "taskDefinition"),
    "rule": ("events", "PutRule", "DescribeRule", "."),
    "targets": ("events", "PutTargets", "ListTargetsByRule", "."),
    "schedule": ("scheduler", "CreateSchedule", "GetSchedule", "."),
    "service": ("ecs", "CreateService", "DescribeServices", "services[]"),
}


@dataclass(slots=True)
class Typed:
    """All that the files say: ``definitions`` by every name that a target may use."""

    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    targets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    schedules: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)

    def starts(self) -> Iterator[Start | NotTaken]:
        for name, rule in self.rules.items():
            yield from of_rule(rule, self.targets.get(name, []))
        for name in self.targets:
            if name not in self.rules:
                yield NotTaken(
                    f"rule {name}", "nothing tells when it starts; give the JSON of put-rule or describe-rule too"
                )
        for schedule in self.schedules:
            yield from of_schedule(schedule)
        for service in self.services:
            yield of_service(service)


def join(typed: Typed, account: Typed) -> Typed:
    """Both; what the files say goes before what the account has."""
    known = {one.get("Name") for one in typed.schedules}, {one.get("serviceName") for one in typed.services}
    return Typed(
        account.definitions | typed.definitions,
        account.rules | typed.rules,
        account.targets | typed.targets,
        [*typed.schedules, *(one for one in account.schedules if one.get("Name") not in known[0])],
        [*typed.services, *(one for one in account.services if one.get("serviceName") not in known[1])],
    )


def read(paths: Sequence[Path]) -> Typed:
    """What the files say together; UserError, one sentence with its file, for one that cannot be used."""
    found = Typed()
    unnamed: list[tuple[Path, list[dict[str, Any]]]] = []
    for path in paths:
        for kind, value in _things(path, _json(path)):
            _keep(found, unnamed, path, kind, value)
    for path, targets in unnamed:
        if len(found.rules) != 1:
            raise UserError(
                f'{path}: it does not say of which rule these targets are; add "Rule": "NAME" beside "Targets"'
            )
        found.targets.setdefault(next(iter(found.rules)), []).extend(targets)
    return found


def _json(path: Path) -> object:
    if str(path) == "-":
        data = sys.stdin.buffer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UserError(f"-: more than {LARGEST:,} bytes, so it is not read; give the JSON of fewer things")
    else:
        if path.is_dir():
            raise UserError(f"{path}: this is a directory; name the JSON files in it")
        there = read_if_there(path, LARGEST)
        if there is None:
            raise UserError(f"{path}: there is no such file; name a JSON file of {_KNOWN}")
        data = there
    try:
        return json_of(data)
    except ValueError as error:
        raise UserError(f"{path}: {error}; give the JSON that goes to --cli-input-json, or that aws prints") from None


def _things(path: Path, value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, fields) of all that a file holds."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield from _of_list(path, value)
        return
    if not isinstance(value, dict):
        raise UserError(f"{path}: no JSON of {_KNOWN}")
    for key, kind in (("Rules", "rule"), ("services", "service")):
        if isinstance(value.get(key), list):
            yield from ((kind, one) for one in value[key])
            return
    known = next((kind for kind, keys in _KEYS if all(key in value for key in keys)), "")
    if known:
        yield known, value
    elif isinstance(value.get("service"), dict):
        yield "service", value["service"]
    elif isinstance(value.get("taskDefinition"), dict):
        tags = {"tags": value["tags"]} if value.get("tags") else {}
        yield "definition", value["taskDefinition"] | tags
    else:
        keys = few([shown(key) for key in value], 6) or "nothing in it"
        raise UserError(f"{path}: no JSON of {_KNOWN}; it has {keys}")


# The keys by which an input of the CLI is known; the first that fits counts.
_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("definition", ("containerDefinitions",)),
    ("service", ("serviceName",)),
    ("targets", ("Targets",)),
    ("schedule", ("Target", "ScheduleExpression")),
    ("rule", ("Name", "ScheduleExpression")),
    ("rule", ("Name", "EventPattern")),
)


def _of_list(path: Path, value: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What `aws events put-targets --targets file://targets.json` takes."""
    if not all("Arn" in one for one in value):
        alone = "these are the containers alone" if all("image" in one for one in value) else f"no JSON of {_KNOWN}"
        more = '; give all of the task definition, as {"family": .., "containerDefinitions": [..]}'
        raise UserError(f"{path}: {alone}{more if alone.startswith('these') else ''}")
    yield "targets", {"Targets": value}


def _keep(
    found: Typed, unnamed: list[tuple[Path, list[dict[str, Any]]]], path: Path, kind: str, value: dict[str, Any]
) -> None:
    given = checked(path, kind, value)
    if kind == "definition":
        _keep_definition(found, path, given, value)
    elif kind == "rule":
        if given["Name"] in found.rules:
            raise UserError(f"{path}: the rule {shown(given['Name'])} stands in another file too; give one of them")
        found.rules[given["Name"]] = given
    elif kind == "targets" and "Rule" not in given:
        unnamed.append((path, given["Targets"]))
    elif kind == "targets":
        found.targets.setdefault(given["Rule"], []).extend(given["Targets"])
    else:
        (found.schedules if kind == "schedule" else found.services).append(given)


def _keep_definition(found: Typed, path: Path, given: dict[str, Any], value: Mapping[str, Any]) -> None:
    family, revision = str(given["family"]), value.get("revision")
    names = [family, *([f"{family}:{revision}"] if isinstance(revision, int) else [])]
    if isinstance(value.get("taskDefinitionArn"), str):
        names.append(value["taskDefinitionArn"])
    if family in found.definitions:
        if names[-1] in found.definitions:
            raise UserError(
                f"{path}: the task definition {shown(names[-1])} stands in another file too; give one of them"
            )
        names.remove(family)
    found.definitions |= dict.fromkeys(names, given)


def checked(path: Path | str, kind: str, value: object) -> dict[str, Any]:
    """Without what AWS only answers, and without nulls; UserError for what AWS would not take."""
    service, put, get, where = _SHAPES[kind]
    wanted, answered = shape(service, put), shape(service, get, where)
    given = without_answers(value, wanted, answered) if isinstance(value, dict) else value
    if kind == "service" and isinstance(value, dict) and isinstance(given, dict):
        given = given | ({"cluster": value["clusterArn"]} if value.get("clusterArn") else {})
    problems = [one for one in wrong(given, wanted) if not (kind in ("targets", "schedule") and one in _NOT_NEEDED)]
    if problems or not isinstance(given, dict):
        more = f" (and {len(problems) - _MANY} more)" if len(problems) > _MANY else ""
        raise UserError(f"{path}: {'; '.join(problems[:_MANY])}{more}; see 'aws {service} help', or mend the file")
    made: dict[str, Any] = _without_nulls(given)
    return made


# A list of targets names no rule, and what GetSchedule answers may lack what CreateSchedule asks for.
_NOT_NEEDED = ("Rule is missing", "FlexibleTimeWindow is missing")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value if inner is not None] if isinstance(value, list) else value
