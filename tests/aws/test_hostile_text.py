"""Hostile text wherever a spec takes text: what is planned without a problem, AWS's own models take, whole and unchanged.

botocore knows more of its shapes than it checks before a call: lengths, patterns, ranges, words of an enumeration.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from botocore.client import BaseClient
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from converters.specs.model import Spec, load_spec
from converters.specs.strict_yaml import ProblemsError
from converters.specs.text import ecs_text
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import SETTINGS, World
from tests.effort import DEEP
from tests.test_export import resolved

SPECS = 300 if DEEP else 24

PIECES = [
    *("", " ", "a", "請求", "é", "😀", "\u202e", "\u200b", "\ufeff", "\u2028", "\U000e0041", "e\u0301", "\u00a0"),
    *("\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\r", "\n", "\t", "\r\n", "\ufffe", "\U0010ffff"),
    *("${A}", "$${A}", "${!A}", "%{if true}", "$(id)", "`id`", "{{resolve:ssm:/a:1}}", "{{", "}}"),
    "{{resolve:secretsmanager:p}}",
    *("<a>", "<aws.scheduler.scheduled-time>", "$.detail", "States.Format('{}')", "$$.Execution.Id", "&amp;", "]]>", "<!--"),
    *("'", '"', "\\", "\\n", "\\u0000", "#", ": ", "- ", "!!python/object", "*a", "&a", "|", ">", "%", "@", "...", "---"),
    *("arn:aws:iam::1:role/x", "aws:", "AWS:", "x" * 300, "é" * 200, "a b", "../..", "/"),
    *("//", "-", "--", "=", "0", "null", "true"),
]  # fmt: skip
LONG = ["x" * 9_000, "é" * 40_000, "x" * 100_000, "\0" * 20_000]


def text(lot: random.Random, longest: int = 6) -> str:
    return "".join(lot.choice(PIECES) for _ in range(lot.randint(1, longest)))


def drawn(lot: random.Random, number: int) -> dict[str, Any]:
    """A spec of which some places hold hostile text; many of them our own reader refuses."""
    container: dict[str, Any] = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
    spec: dict[str, Any] = {"type": "FARGATE", "cluster": "cron", "name": f"job-{number}", "containers": [container]}
    spec["schedule"] = {"scheduleExpression": "rate(1 day)"}
    places = {
        "command": lambda: container.update(command=["sh", "-c", text(lot, 12)]),
        "long": lambda: container.update(command=["sh", "-c", lot.choice(LONG)]),
        "words": lambda: container.update(command=[text(lot) for _ in range(lot.randint(1, 5))]),
        "environment": lambda: container.update(environment={"A": text(lot), text(lot, 2): text(lot)}),
        "directory": lambda: container.update(workingDirectory="/" + text(lot)),
        "user": lambda: container.update(user=text(lot, 2)),
        "entry": lambda: container.update(entryPoint=[text(lot)]),
        "image": lambda: container.update(image="example/app:" + text(lot, 2)),
        "container": lambda: container.update(name=text(lot, 2)),
        "name": lambda: spec.update(name=text(lot, 2)),
        "lock": lambda: spec.update(lock=text(lot, 2)),
        "secret": lambda: container.update(secrets={"B": "/" + text(lot, 2)}),
        "legacy": lambda: spec.update(legacy={"source": text(lot), "line": text(lot, 12)}),
        "told": lambda: spec.update(notify={"email": [text(lot, 2) + "@example.com"]}),
        "zone": lambda: spec["schedule"].update(timezone="Asia/Tokyo"),
        "workflow": lambda: spec.update(timeout=60, retry={"attempts": 2}),
    }
    # At most two, so that not each is refused for something.
    for place in lot.sample(sorted(places), lot.choice((1, 1, 2))):
        places[place]()
    return spec


def _words(shape: StringShape, value: str) -> Iterator[str]:
    found = shape.metadata
    if not found.get("min", 0) <= len(value) <= found.get("max", 1 << 30):
        yield f"{shape.name}: {len(value)} characters, of {found.get('min')} to {found.get('max')}"
    if found.get("enum") and value not in found["enum"]:
        yield f"{shape.name}: {value!r} is none of {found['enum']}"
    pattern = found.get("pattern", "")
    if "\\p{" in pattern:
        # Tags: letters, blanks, digits and a few signs.
        if any(unicodedata.category(sign)[0] not in "LZN" and sign not in "_.:/=+-@" for sign in value):
            yield f"{shape.name}: {value!r} has a sign that tags do not take"
    elif pattern and re.fullmatch(pattern, value, re.DOTALL) is None:
        yield f"{shape.name}: {value[:80]!r} is not of the pattern {pattern}"


def problems(shape: Shape, value: Any) -> Iterator[str]:
    """What a model says against a value, where botocore itself says nothing."""
    if isinstance(shape, StructureShape):
        for key, inner in value.items():
            yield from problems(shape.members[key], inner)
    elif isinstance(shape, ListShape):
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", 1 << 30):
            yield f"{shape.name}: {len(value)} of them"
        for inner in value:
            yield from problems(shape.member, inner)
    elif isinstance(shape, MapShape):
        for key, inner in value.items():
            yield from problems(shape.key, key)
            yield from problems(shape.value, inner)
    elif isinstance(shape, StringShape):
        yield from _words(shape, value)
    elif isinstance(value, int) and not shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value):
        yield f"{shape.name}: {value}"


# Documented beside the models. ECS, "TagResource": these signs in keys and values, at most 128 and 256 of them.
_ECS_TAG = re.compile(r"[\w\s+=._:/@-]{0,256}")


def _documented(operation: str, given: dict[str, Any]) -> Iterator[str]:
    if operation == "RegisterTaskDefinition":
        size = len(json.dumps(given, ensure_ascii=False).encode())
        if size > 64 * 1024:
            yield f"a task definition of {size} bytes"
        for tag in given.get("tags", []):
            if not _ECS_TAG.fullmatch(tag["key"]) or not _ECS_TAG.fullmatch(tag["value"]):
                yield f"tag {tag}"
    for key in ("Input", "definition"):
        found = given.get(key)
        if isinstance(found, str) and (len(found) > 8192 if key == "Input" else len(found.encode()) > 1 << 20):
            yield f"{operation}: {key} of {len(found)} characters"
    # No control characters in what consoles and mails show; a zero byte nowhere, for no process can get one.
    if "\\u0000" in json.dumps(given, default=str).replace("\\\\u0000", ""):
        yield f"{operation}: a zero byte"


@pytest.fixture
def against(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What models and documents say against the calls that are made."""
    found: list[str] = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def judged(self: Any, operation: str, given: dict[str, Any]) -> Any:
        shape = self.meta.service_model.operation_model(operation).input_shape
        if shape is not None:
            found.extend(f"{operation}: {one}" for one in problems(shape, given))
        found.extend(_documented(operation, given))
        return really(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", judged)
    return found


def accepted(value: dict[str, Any]) -> Spec | None:
    try:
        return load_spec(ecs_text(value), "ecs.yml")
    except ProblemsError:
        return None


def test_what_is_planned_without_a_problem_is_taken_by_every_model(world: World, against: list[str]) -> None:
    lot, taken, refused, fallen = random.Random(1313), 0, 0, []
    for number in range(SPECS):
        value = drawn(lot, number)
        if number == 0:
            value["containers"][0]["command"] = ["sh", "-c", "x" * 100_000]
        spec = accepted(value)
        if spec is None:
            continue
        against.clear()
        if world.plan(spec, create=True)[0].refusals:
            refused += 1
            continue
        taken += 1
        world.register(spec, create=True)
        fallen += [(spec.name, str(spec.containers[0])[:300], one) for one in [*against, *_exported(spec)]]
    assert fallen == [], "\n".join(map(repr, fallen))
    assert taken > SPECS // 4
    assert refused


def _exported(spec: Spec) -> Iterator[str]:
    """What is wrong with the two exports: the command of a template, once its functions are done, is the spec's."""
    parsed = parse_settings(SETTINGS, "cron2fargate.yml")
    place = ("sandbox", parsed.environments["sandbox"], parsed.owner, [spec])
    terraform.files(export(*place))
    try:
        exported = export(*place, cloudformation.refuse_dynamic)
    except UserError as error:
        if "{{resolve:" not in str(error):
            yield str(error)
        return
    for name, written in cloudformation.files(exported).items():
        if name != "shared.yml":
            found = resolved(yaml.safe_load(written))["Resources"]["TaskDefinition"]["Properties"]
            if found["ContainerDefinitions"][0].get("Command") != spec.containers[0].command:
                yield f"{name}: another command"
