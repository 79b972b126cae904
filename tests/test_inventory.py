"""What an account starts already, compared: makers by tags, work by targets and definitions, doubles by work and time."""

# ruff: noqa: E501
from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from converters.inventory.comparing import Wanted, doubles, repository, taken
from converters.inventory.makers import Maker, maker
from converters.inventory.model import Starter
from converters.inventory.times import bits, by_expression, next_start, starts_in
from converters.inventory.works import Work, completed, inside, of_target, plain_command
from converters.schedules.daemon import Window

DAY = 1440
MONDAY = (20_000 // 7 * 7 + 4) * DAY  # some Monday, at midnight of UTC
YEAR = Window(MONDAY, MONDAY + 366 * DAY)


@pytest.mark.parametrize(
    ("tags", "managed", "said"),
    [
        ({}, "", "unknown"),
        ({"Name": "x", "team": "a"}, "", "unknown"),
        ({}, "states.amazonaws.com", "AWS states.amazonaws.com"),
        ({"aws:cloudformation:stack-name": "s"}, "", "CloudFormation s"),
        ({"aws:cloudformation:stack-name": "s", "lambda:createdBy": "SAM"}, "", "SAM s"),
        ({"Terraform": "true"}, "", "Terraform"),
        ({"terraform": "false"}, "", "unknown"),
        ({"ManagedBy": "terraform"}, "", "Terraform"),
        ({"managed_by": "OpenTofu"}, "", "Terraform"),
        ({"managed-by": "ansible"}, "", "ansible"),
        ({"cron2fargate:owner": "web1", "cron2fargate:job": "j", "Terraform": "true"}, "", "cron2fargate web1 j"),
    ],
)
def test_who_made_it(tags: dict[str, str], managed: str, said: str) -> None:
    assert str(maker(tags, managed)) == said


RUN = {
    "Cluster": "c",
    "TaskDefinition": "f",
    "Overrides": {"ContainerOverrides": [{"Name": "a", "Command": ["x", "y z"]}]},
}
BATCH = {"JobName": "n", "JobDefinition": "d:3", "JobQueue": "q", "ContainerOverrides": {"Command": ["b"]}}


@pytest.mark.parametrize(
    ("target", "kind", "name", "command"),
    [
        ({"Arn": "arn:aws:ecs:r:1:cluster/c", "EcsParameters": {"TaskDefinitionArn": "arn:x:task-definition/f:7"}}, "ecs", "f", None),
        ({"Arn": "c", "EcsParameters": {"TaskDefinitionArn": "f"}, "Input": "no json"}, "ecs", "f", None),
        ({"Arn": "c", "EcsParameters": {"TaskDefinitionArn": "f"}, "Input": '{"containerOverrides": [{"name": "a", "command": ["p"]}]}'}, "ecs", "f", "p"),
        ({"Arn": "q", "BatchParameters": {"JobDefinition": "arn:aws:batch:r:1:job-definition/d:3", "JobName": "n"}}, "batch", "d", None),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(RUN)}, "ecs", "f", "x 'y z'"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:batch:submitJob", "Input": json.dumps(BATCH)}, "batch", "d", "b"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:lambda:invoke", "Input": '{"FunctionName": "fn"}'}, "lambda", "fn", None),
        ({"Arn": "arn:aws:lambda:r:1:function:fn:alias"}, "lambda", "fn:alias", None),
        ({"Arn": "arn:aws:states:r:1:stateMachine:m"}, "workflow", "m", None),
        ({"Arn": "arn:aws:sqs:r:1:queue"}, "other", "sqs queue", None),
        ({}, "other", "", None),
    ],
)  # fmt: skip
def test_what_a_target_starts(target: dict[str, Any], kind: str, name: str, command: str | None) -> None:
    work = of_target(target)
    assert (work.kind, work.name, work.command) == (kind, name, command)


def test_what_the_states_of_a_workflow_start() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Arguments": RUN}
    branch = {
        "Type": "Parallel",
        "Branches": [{"States": {"B": {"Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": BATCH}}}],
    }
    found = inside(json.dumps({"States": {"A": task, "P": branch, "W": {"Type": "Wait"}}}))
    assert [(work.kind, work.name, work.command) for work in found] == [("ecs", "f", "x 'y z'"), ("batch", "d", "b")]
    assert inside("no json") == inside("[1]") == []


def test_what_a_definition_says_of_it() -> None:
    boxes = [
        {"name": "log", "image": "l", "essential": False},
        {"name": "app", "image": "r/app:1", "entryPoint": ["sh", "-c"], "command": ["run it"]},
    ]
    work = completed(Work(kind="ecs", arn="c", definition="f"), {"containerDefinitions": boxes})
    assert (work.images, plain_command(work.command or "")) == (("r/app:1", "l"), "run it")
    named = completed(
        Work(kind="ecs", arn="c", definition="f", command="x", container="log"), {"containerDefinitions": boxes}
    )
    assert (named.images[0], named.command) == ("l", "x")
    batch = completed(
        Work(kind="batch", arn="q", definition="d"), {"containerProperties": {"image": "i", "command": []}}
    )
    assert (batch.images, batch.command) == (("i",), None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("/opt/x  --all", "/opt/x --all"),
        ("sh -c '/opt/x --all'", "/opt/x --all"),
        ("/bin/bash -lc '/opt/x  --all'", "/opt/x --all"),
        ("bash -e -c 'a; b'", "a; b"),
        ("bash script -c x", "bash script -c x"),
        ("echo 'it", "echo 'it"),
        ("", ""),
    ],
)
def test_commands_are_compared_without_their_shell(text: str, plain: str) -> None:
    assert plain_command(text) == plain


def starter(name: str, expression: str, *works: Work, zone: str = "UTC", **more: Any) -> Starter:
    times = by_expression(expression, ZoneInfo(zone))
    return Starter(
        kind=more.pop("kind", "rule"), name=name, expression=expression, timezone=zone, works=works, times=times, **more
    )


def ecs(command: str | None, image: str = "r/app:1") -> Work:
    return Work(kind="ecs", arn="c", definition="f", images=(image,) if image else (), command=command)


PUSH = Work(kind="lambda", arn="push", told="1")
PAIRS: list[tuple[Starter, Starter, tuple[str, str] | None]] = [
    (starter("a", "cron(0 3 * * ? *)", ecs("x")), starter("b", "cron(0 3 * * ? *)", ecs("sh -c x")), ("command", "same")),
    # three in Tokyo is six in the evening of the day before in London
    (starter("a", "cron(0 18 * * ? *)", ecs("x")), starter("b", "cron(0 3 * * ? *)", ecs("x"), zone="Asia/Tokyo"), ("command", "same")),
    (starter("a", "cron(0 3 * * ? *)", ecs("x")), starter("b", "cron(0 3 1 * ? *)", ecs("x")), ("command", "some")),
    (starter("a", "cron(0 3 * * ? *)", ecs("x")), starter("b", "cron(0 4 * * ? *)", ecs("x")), ("command", "other")),
    (starter("a", "cron(0 3 * * ? *)", ecs("x")), starter("b", "rate(1 day)", ecs("x")), ("command", "unknown")),
    (starter("a", "rate(1 day)", ecs("x")), starter("b", "rate(1 day)", ecs("x")), ("command", "same")),
    # once a year, and the same once
    (starter("a", "cron(0 3 1 1 ? *)", ecs("x")), starter("b", "cron(0 3 1 JAN ? *)", ecs("x")), ("command", "same")),
    # another release of one image, another image, one that is not known
    (starter("a", "rate(1 day)", ecs("x")), starter("b", "rate(1 day)", ecs("x", "r/app@sha256:0")), ("command", "same")),
    (starter("a", "rate(1 day)", ecs("x")), starter("b", "rate(1 day)", ecs("x", "r/other:1")), None),
    (starter("a", "rate(1 day)", ecs("x", "")), starter("b", "rate(1 day)", ecs("x", "r/other:1")), ("command", "same")),
    (starter("a", "rate(1 day)", ecs(None)), starter("b", "rate(1 day)", ecs(None)), ("image", "same")),
    (starter("a", "rate(1 day)", ecs(None)), starter("b", "rate(1 day)", ecs("x")), None),
    (starter("a", "rate(1 day)", PUSH), starter("b", "rate(1 day)", PUSH), ("target", "same")),
    (starter("a", "rate(1 day)", PUSH), starter("b", "rate(1 day)", Work(kind="lambda", arn="push", told="2")), None),
    # a job's line and its own rule
    (starter("a", "rate(1 day)", ecs("x"), kind="crontab", job="j"), starter("b", "rate(1 day)", ecs("x"), job="j"), None),
    (starter("a", "rate(1 day)", ecs("x"), kind="crontab", job="j"), starter("b", "rate(1 day)", ecs("x"), job="k"), ("command", "same")),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "expected"), PAIRS)
def test_doubles(first: Starter, second: Starter, expected: tuple[str, str] | None) -> None:
    for pair in ([first, second], [second, first]):
        found = doubles(pair, YEAR)
        assert [(one.same, one.when) for one in found] == ([expected] if expected else [])
    for one in doubles([first, second], YEAR):
        assert one.runs_twice is (one.when != "other")


def test_what_is_off_runs_once() -> None:
    pair = [starter("a", "rate(1 day)", PUSH), starter("b", "rate(1 day)", PUSH, live=False)]
    assert [one.runs_twice for one in doubles(pair, YEAR)] == [False]


def test_three_of_one_work_are_two_pairs() -> None:
    found = doubles([starter(name, "rate(1 day)", PUSH) for name in "abc"], YEAR)
    assert [(one.first.name, one.second.name) for one in found] == [("a", "b"), ("a", "c")]


@pytest.mark.parametrize(
    ("made_by", "is_taken"),
    [
        (Maker("cron2fargate", "web1", "j", "prod"), False),
        (Maker("cron2fargate", "web1", "j"), False),
        (Maker("cron2fargate", "web1", "j", "staging"), True),
        (Maker("cron2fargate", "web1", "other", "prod"), True),
        (Maker("cron2fargate", "web2", "j", "prod"), True),
        (Maker("Terraform"), True),
        (Maker(), True),
    ],
)
def test_names_that_are_taken(made_by: Maker, is_taken: bool) -> None:
    wanted = [Wanted("j", "rule", "prod-j"), Wanted("k", "rule", "prod-k")]
    found = taken(wanted, {("rule", "prod-j"): made_by}, "web1", "prod")
    assert [(one.wanted.job, one.maker) for one in found] == ([("j", made_by)] if is_taken else [])


def test_times_of_one() -> None:
    one = starter("a", "cron(30 3 ? * MON *)", PUSH)
    assert next_start(one, MONDAY) == MONDAY + 210
    assert next_start(one, MONDAY + 210) == MONDAY + 210 + 7 * DAY
    assert starts_in(one, Window(MONDAY, MONDAY + 8 * DAY)) == [MONDAY + 210, MONDAY + 210 + 7 * DAY]
    window = Window(MONDAY + 100, MONDAY + 300)
    assert bits(one.times(window) or [], window) == 1 << 110
    assert next_start(starter("a", "rate(2 hours)", PUSH), MONDAY) is None
    assert next_start(starter("a", "what", PUSH), MONDAY) is None
    assert next_start(starter("a", "at(1999-01-01T00:00:00)", PUSH), MONDAY) is None


@pytest.mark.parametrize(
    ("image", "name"),
    [("app", "app"), ("r:5000/a/app:1", "r:5000/a/app"), ("r:5000/app", "r:5000/app"), ("r/app:1@sha256:ab", "r/app")],
)
def test_an_image_without_its_release(image: str, name: str) -> None:
    assert repository(image) == name
