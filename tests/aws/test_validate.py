"""What AWS would refuse is said before any call; moto takes all of it."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.aws.validate import rule_problems, target_problems, task_definition_problems


def definition(**more: Any) -> dict[str, Any]:
    container = {"name": "app", "image": "x", "cpu": 256, "memory": 512, **more.pop("container", {})}
    base = {
        "family": "job",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/x",
        "containerDefinitions": [container],
    }
    return base | more


def target(**more: Any) -> dict[str, Any]:
    network = {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}}
    ecs = {"TaskDefinitionArn": "x", "NetworkConfiguration": network, **more.pop("ecs", {})}
    return {"Id": "job", "Arn": "arn:aws:ecs:r:1:cluster/c", "RoleArn": "arn:r", "EcsParameters": ecs, **more}


def test_what_is_right_has_no_problems() -> None:
    assert task_definition_problems(definition()) == []
    assert target_problems(target()) == []
    assert rule_problems("a.b-c_9", "rate(1 day)") == []


TASKS = [
    ({"cpu": "256", "memory": "4096"}, "Fargate has no size with cpu 256 and memory 4096"),
    ({"cpu": "300"}, "Fargate has no size with cpu 300 and memory 512"),
    ({"memory": ""}, "Fargate has no size with cpu 256 and memory (none)"),
    ({"networkMode": "bridge"}, "networkMode must be awsvpc"),
    ({"requiresCompatibilities": []}, "requiresCompatibilities must hold FARGATE"),
    ({"family": "a.b"}, "the family 'a.b' may have"),
    ({"family": "x" * 256}, "at most 255"),
    ({"ephemeralStorage": {"sizeInGiB": 20}}, "ephemeralStorage is 21 to 200 GiB, not 20"),
    ({"pidMode": "host"}, "pidMode can only be 'task'"),
    ({"ipcMode": "task"}, "ipcMode is not possible on Fargate"),
    ({"volumes": [{"name": "v", "host": {"sourcePath": "/"}}]}, "volume v mounts a path of the host"),
    ({"containerDefinitions": []}, "0 containers; a task has 1 to 10"),
    ({"containerDefinitions": [{"name": f"c{n}", "image": "x"} for n in range(11)]}, "11 containers"),
    ({"containerDefinitions": [{"name": "a", "image": "x"}] * 2}, "two containers are named 'a'"),
    ({"container": {"essential": False}}, "one container at least must be essential"),
    ({"container": {"image": ""}}, "container app: there is no image"),
    ({"container": {"name": "a b"}}, "container a b: the name may have"),
    ({"container": {"privileged": True}}, "container app: privileged is not possible on Fargate"),
    ({"container": {"stopTimeout": 500}}, "stopTimeout is 2 to 120 seconds, not 500"),
    ({"container": {"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}}, "SYS_ADMIN cannot be added"),
    ({"container": {"logConfiguration": {"logDriver": "json-file"}}}, "the log driver json-file is not possible"),
    ({"container": {"logConfiguration": {"logDriver": "awslogs"}}}, "awslogs needs the option awslogs-stream-prefix"),
    ({"container": {"environment": [{"name": "A", "value": ""}] * 2}}, "the variable A is set twice"),
    ({"container": {"command": ["x" * 65536]}}, "bytes; 65,536 is the most"),
    (
        {"executionRoleArn": "", "container": {"secrets": [{"name": "A", "valueFrom": "b"}]}},
        "an execution role is needed",
    ),
]


@pytest.mark.parametrize(("wrong", "said"), TASKS, ids=[said for _, said in TASKS])
def test_task_definitions(wrong: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in task_definition_problems(definition(**wrong)))


def test_too_many_tags() -> None:
    assert task_definition_problems(definition(), {str(n): "" for n in range(51)}) == ["51 tags; 50 is the most"]


TARGETS = [
    ({"Arn": "arn:aws:ecs:r:1:task-definition/x:1"}, "a target's Arn is the cluster's"),
    ({"RoleArn": ""}, "needs a role"),
    ({"Id": "a b"}, "the target id 'a b'"),
    ({"Input": "x" * 8193}, "Input has 8193 characters"),
    ({"Input": "{"}, "Input is not JSON"),
    ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "0 to 185, not 186"),
    ({"RetryPolicy": {"MaximumEventAgeInSeconds": 59}}, "60 to 86400, not 59"),
    ({"ecs": {"TaskCount": 11}}, "TaskCount is 1 to 10, not 11"),
    ({"ecs": {"LaunchType": "FARGATE", "CapacityProviderStrategy": []}}, "exclude each other"),
    ({"ecs": {"NetworkConfiguration": {}}}, "0 subnets; a task takes 1 to 16"),
]


@pytest.mark.parametrize(("wrong", "said"), TARGETS, ids=[said for _, said in TARGETS])
def test_targets(wrong: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in target_problems(target(**wrong)))


def test_a_sixth_target() -> None:
    assert target_problems(target(), others=4) == []
    assert target_problems(target(), others=5) == ["the rule has 5 other targets already; 5 is the most"]


def test_rules() -> None:
    assert "may have letters" in rule_problems("a b", "rate(1 day)")[0]
    assert "at most 64" in rule_problems("x" * 65, "rate(1 day)")[0]
    assert "257 characters" in rule_problems("x", "x" * 257)[0]
