"""init and files of others: whatever stands in them, it is a workspace or one sentence, and a secret is in neither."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from converters.specs.model import load_spec
from migrate.beginning import typed
from migrate.beginning.taking import Given, take, with_defaults
from migrate.errors import UserError
from migrate.settings.model import parse_settings
from migrate.settings.writing import settings_text
from tests.test_init import SCHEDULE, SERVICE, rule, targets, task

SECRET = "Sw0rdf1sh-42"
ROLE = "arn:aws:iam::123456789012:role/x"
BOX = {
    "command": ["sh", "-c", f"mysqldump -p{SECRET} x"],
    "entryPoint": ["a"],
    "environment": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "A", "value": "1"}],
    "secrets": [{"name": "X", "valueFrom": "/a/b"}],
    "environmentFiles": [{"value": "arn:aws:s3:::bucket/app.env", "type": "s3"}],
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "g", "awslogs-region": "eu-west-1"},
        "secretOptions": [{"name": "n", "valueFrom": "/x"}],
    },
    "mountPoints": [{"sourceVolume": "d", "containerPath": "/d", "readOnly": True}],
    "linuxParameters": {
        "initProcessEnabled": True,
        "capabilities": {"add": ["SYS_PTRACE"]},
        "tmpfs": [{"containerPath": "/t", "size": 3}],
    },
    "stopTimeout": 30,
    "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
    "dependsOn": [{"containerName": "app", "condition": "START"}],
    "healthCheck": {"command": ["CMD-SHELL", "x"], "interval": 30},
    "portMappings": [{"containerPort": 80, "hostPort": 8080}],
    "dockerLabels": {"a": "b", "api_key": SECRET},
    "memoryReservation": 64,
    "cpu": 10,
    "memory": 100,
}
TASK = task(
    box=BOX,
    volumes=[
        {
            "name": "d",
            "efsVolumeConfiguration": {"fileSystemId": "fs-01234567", "authorizationConfig": {"iam": "ENABLED"}},
        },
        {"name": "h", "host": {"sourcePath": "/x"}},
    ],
    runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    ephemeralStorage={"sizeInGiB": 21},
    networkMode="bridge",
    requiresCompatibilities=["EC2"],
    tags=[{"key": "team", "value": "x"}],
    executionRoleArn=ROLE,
)
TOLD = {"containerOverrides": [{"name": "app", "command": ["rake"], "environment": [{"name": "B", "value": "2"}]}]}
UNIVERSAL = {
    "Cluster": "c",
    "TaskDefinition": "billing",
    "Count": 2,
    "NetworkConfiguration": {
        "AwsvpcConfiguration": {"Subnets": ["subnet-01234567"], "SecurityGroups": ["sg-01234567"]}
    },
    "Overrides": {"ContainerOverrides": [{"Name": "app", "Command": ["x"]}]},
    "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
}
# What people and programs put where something else belongs.
VALUES = [
    *(None, "", 0, -1, True, False, [], {}, [None], [1], ["a"], {"a": 1}, {"name": "app"}, [[]], {"": ""}),
    *("x" * 300, 2**70, 1.5, "\x00", "\ud800", "\u202e", "\n", "a:b", "../..", "CON", "-", ".", "#", "'", '"', "${x}"),
    *("arn:aws:x", "1 vCPU", "99999", "cron(0 0 31 2 ? *)", "rate(1 minute)", "at(2027-01-01T00:00:00)"),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from places(one, (*at, key))


@st.composite
def spoiled(draw: st.DrawFn, value: dict[str, Any], most: int = 2) -> dict[str, Any]:
    """The value with something else, or nothing, or one thing more, in a few of its places."""
    made = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, most))):
        there = list(places(made))
        if not there:
            break
        *way, last = draw(st.sampled_from(there))
        around: Any = made
        for key in way:
            around = around[key]
        how = draw(st.sampled_from(["change", "change", "remove", "add"]))
        # A copy: the next place that is spoiled may lie inside of it.
        other = copy.deepcopy(draw(st.sampled_from(VALUES))) if how != "remove" else None
        if how == "remove":
            del around[last]
        elif how == "add" and isinstance(around, dict):
            around[draw(st.sampled_from(["", "zz", "name", "\n", "Arn", "image"]))] = other
        else:
            around[last] = other
    return made


@st.composite
def files(draw: st.DrawFn) -> list[dict[str, Any]]:
    told = json.dumps(draw(spoiled(TOLD)))
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
        "RoleArn": "r",
        "Input": json.dumps(draw(spoiled(UNIVERSAL))),
    }
    made = [TASK, rule(), targets(Input=told), SERVICE, SCHEDULE, {**SCHEDULE, "Name": "any", "Target": target}]
    which = draw(st.integers(0, len(made) - 1))
    made[which] = draw(spoiled(made[which]))
    return draw(st.permutations(made))


@given(files(), st.sampled_from(["", "eu-west-1"]))
def test_whatever_stands_in_the_files(values: list[dict[str, Any]], region: str) -> None:
    try:
        with tempfile.TemporaryDirectory() as directory:
            named = [Path(directory, f"{number}.json") for number in range(len(values))]
            for path, value in zip(named, values, strict=True):
                path.write_text(json.dumps(value))
            found = typed.read(named)
        taken = take(found.definitions, found.starts(), "pay", "sandbox", Given(region=region), None)
    except UserError as error:
        assert "\n" not in str(error) and SECRET not in str(error)
        return
    said = [*(note for notes in taken.notes.values() for note in notes), *(one.why for one in taken.left)]
    for name, text in taken.texts.items():
        written = text.encode("utf-8", "backslashreplace").decode()
        assert load_spec(written, name).name == name
        said.append(written)
    assert not [text for text in said if SECRET in text]
    text = settings_text("pay", "sandbox", with_defaults({"region": "eu-west-1"} | taken.values, "pay"))
    assert parse_settings(text, "x").owner == "pay"
