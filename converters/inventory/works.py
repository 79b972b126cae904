"""What a target makes run: a task of ECS, a job of Batch, a function, a workflow and what is in it; else its service.

Read from the targets of rules and schedules as their APIs give them, from definitions of workflows, and from what
DescribeTaskDefinition and DescribeJobDefinitions answer.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from converters.specs.untyped import fields, rows

Kind = Literal["ecs", "batch", "lambda", "workflow", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """``arn`` is what is called (a cluster, queue, function, workflow), ``definition`` the task or job definition. ``command``
    is None where the image's own runs or nothing is known; ``told`` a digest of the input, which may hold secrets."""

    kind: Kind
    arn: str
    definition: str = ""
    images: tuple[str, ...] = ()
    command: str | None = None
    told: str = ""
    container: str = ""

    @property
    def name(self) -> str:
        """In a word: family, job definition, function or workflow."""
        if self.definition:
            return re.sub(r":\d+$", "", self.definition.rpartition("/")[2])
        if self.kind == "lambda":
            return re.sub(r"^.*:function:", "", self.arn)
        if self.kind == "workflow":
            return self.arn.rpartition(":stateMachine:")[2] or self.arn
        parts = self.arn.split(":", 5)
        return f"{parts[2]} {parts[5]}" if len(parts) == 6 else self.arn


def of_target(target: Mapping[str, object]) -> Work:
    """The work of one target of a rule, or of a schedule's."""
    arn = str(target.get("Arn", ""))
    told = _digest(target.get("Input") or target.get("InputTransformer") or target.get("InputPath"))
    given = told_object(target.get("Input"))
    if "EcsParameters" in target:
        container, command = _override(given.get("containerOverrides"))
        definition = str(fields(target["EcsParameters"]).get("TaskDefinitionArn", ""))
        return Work(kind="ecs", arn=arn, definition=definition, command=command, container=container)
    if "BatchParameters" in target:
        command = _words(fields(given.get("ContainerOverrides")).get("Command"))
        definition = str(fields(target["BatchParameters"]).get("JobDefinition", ""))
        return Work(kind="batch", arn=arn, definition=definition, command=command)
    # EventBridge Scheduler user guide, "Using universal targets": the API's own parameters are the input.
    universal = re.search(r":scheduler:::aws-sdk:(\w+):(\w+)$", arn)
    if universal:
        return _called(f"{universal[1]}:{universal[2]}".lower(), given) or Work(kind="other", arn=arn, told=told)
    return Work(kind=_kind(arn), arn=arn, told=told)


def inside(definition: str) -> list[Work]:
    """What the states of a workflow start, from its definition; nothing where that is no JSON."""
    return [work for call, given in _states(told_object(definition)) if (work := _called(call, given))]


def completed(work: Work, definition: Mapping[str, object] | None) -> Work:
    """With the images and the command of its task or job definition."""
    if not definition:
        return work
    box = fields(definition.get("containerProperties"))
    boxes = [box] if box else rows(definition.get("containerDefinitions"))
    if not boxes:
        return work
    main = next(
        (one for one in boxes if work.container and one.get("name") == work.container),
        next((one for one in boxes if one.get("essential", True)), boxes[0]),
    )
    rest = [one for one in boxes if one is not main]
    before = _list(main.get("entryPoint"))
    own = [*before, *_list(main.get("command"))]
    command = work.command if work.command is not None else _words(own)
    images = tuple(str(one["image"]) for one in (main, *rest) if one.get("image"))
    return replace(work, images=images, command=command)


def plain_command(text: str) -> str:
    """A command as it is compared: without the shell around it, in single spaces."""
    for _ in range(3):
        try:
            words = shlex.split(text)
        except ValueError:
            break
        opened = len(words) > 2 and re.fullmatch(r"(.*/)?(ba|da|a)?sh", words[0]) and re.fullmatch(r"-\w*c", words[-2])
        if not (opened and all(one.startswith("-") for one in words[1:-1])):
            break
        text = words[-1]
    return " ".join(text.split())


def _kind(arn: str) -> Kind:
    if ":lambda:" in arn:
        return "lambda"
    return "workflow" if ":stateMachine:" in arn else "other"


# Calls that start work, as Step Functions (`arn:aws:states:::ecs:runTask.sync`) and universal targets name them.
_CALLS = re.compile(r":::(?:aws-sdk:)?(\w+:\w+?)(?:\.\w+)*$")


def _states(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    if isinstance(value, list):
        for one in value:
            yield from _states(one)
    elif isinstance(value, dict):
        resource, given = value.get("Resource"), value.get("Arguments") or value.get("Parameters")
        if isinstance(resource, str) and (called := _CALLS.search(resource)) and isinstance(given, dict):
            yield called[1].lower(), given
        for one in value.values():
            yield from _states(one)


def _called(call: str, given: Mapping[str, object]) -> Work | None:
    if call == "ecs:runtask":
        container, command = _override(fields(given.get("Overrides")).get("ContainerOverrides"))
        return Work(
            kind="ecs",
            arn=str(given.get("Cluster", "")),
            definition=str(given.get("TaskDefinition", "")),
            command=command,
            container=container,
        )
    if call == "batch:submitjob":
        return Work(
            kind="batch",
            arn=str(given.get("JobQueue", "")),
            definition=str(given.get("JobDefinition", "")),
            command=_words(fields(given.get("ContainerOverrides")).get("Command")),
        )
    if call == "lambda:invoke":
        return Work(kind="lambda", arn=str(given.get("FunctionName", "")), told=_digest(given.get("Payload")))
    if call in ("sfn:startexecution", "states:startexecution"):
        return Work(kind="workflow", arn=str(given.get("StateMachineArn", "")), told=_digest(given.get("Input")))
    return None


def _override(overrides: object) -> tuple[str, str | None]:
    """The container whose command an input replaces, and that command."""
    for one in rows(overrides):
        command = _words(one.get("command", one.get("Command")))
        if command is not None:
            return str(one.get("name", one.get("Name", ""))), command
    return "", None


def _words(words: object) -> str | None:
    found = _list(words)
    return shlex.join(found) if found else None


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def told_object(text: object) -> dict[str, object]:
    """The object that a text of JSON is (an Input, a definition); an empty one where it is none."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return fields(found)


def _digest(value: object) -> str:
    if not value:
        return ""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]
