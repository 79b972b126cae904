"""init on an embedded AWS: what it writes can be planned, and what register made comes back as the same task definition."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from converters.specs.model import load_spec
from migrate.aws.plan import Options, plan_jobs
from migrate.beginning.network import Group, Offer, Subnets, offer
from migrate.cli import cli
from migrate.errors import UserError
from migrate.settings.model import parse_settings
from tests.aws.world import World, spec

FS = "fs-0123456789abcdef0"
ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf"
LABELS = {"taskDefinition": {"containerDefinitions": [{"name": "app", "dockerLabels": {"team": "pay"}}]}}

# (what an ecs.yml of the product says beside name, image and size)
SPECS: list[tuple[str, dict[str, Any]]] = [
    ("plain", {}),
    (
        "command",
        {"container": {"command": ["sh", "-c", "echo $HOME; exit 0"], "entryPoint": ["/init"], "user": "1000:50"}},
    ),
    (
        "variables",
        {"container": {"environment": {"A": "1", "B": "x=y z", "E": ""}, "secrets": {"P": "/a/b", "Q": ARN}}},
    ),
    ("three at once", {"schedule": {"taskCount": 3}}),
    ("a zone", {"schedule": {"timezone": "Asia/Tokyo", "flexibleWindow": 5}}),
    ("several expressions", {"expression": ["cron(0 3 * * ? *)", "cron(0 5 ? * MON *)", "rate(1 hour)"]}),
    ("every minute", {"expression": "rate(1 minute)"}),
    ("a larger size", {"container": {"cpu": 700, "memory": 3000}}),
    ("ARM", {"architecture": "ARM64"}),
    ("disk", {"ephemeralStorage": 50}),
    (
        "EFS",
        {
            "volumes": [{"name": "d", "fileSystemId": FS, "rootDirectory": "/x"}, {"name": "e", "fileSystemId": FS}],
            "container": {
                "mountPoints": [{"volume": "d", "path": "/d"}, {"volume": "e", "path": "/e", "readOnly": True}]
            },
        },
    ),
    (
        "fields of a container",
        {
            "container": {
                "workingDirectory": "/app",
                "stopTimeout": 90,
                "readonlyRootFilesystem": True,
                "linuxParameters": {"initProcessEnabled": True},
                "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
                "healthCheck": {"command": ["CMD-SHELL", "true"], "startPeriod": 5},
                "environmentFiles": ["arn:aws:s3:::bucket/app.env"],
                "repositoryCredentials": {"credentialsParameter": ARN},
            }
        },
    ),
    ("splunk", {"container": {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-url": "https://x"}}}}),
    ("own log", {"container": {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/own"}}}}),
    ("spot", {"capacityProvider": "FARGATE_SPOT"}),
    ("passed on", LABELS),
]


def answers(world: World, name: str) -> list[dict[str, Any]]:
    """What `aws` prints of a job's task definition, rules with their targets, and schedules."""
    ecs, events, scheduler = (world.client(one) for one in ("ecs", "events", "scheduler"))
    found = [ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])]
    for listed in events.list_rules(NamePrefix=name)["Rules"]:
        found.append(events.describe_rule(Name=listed["Name"]))
        found.append({"Rule": listed["Name"], "Targets": events.list_targets_by_rule(Rule=listed["Name"])["Targets"]})
    for listed in scheduler.list_schedules()["Schedules"]:
        found.append(scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"]))
    return found


def begin(at: Path, values: list[dict[str, Any]], *options: str) -> int:
    words = []
    for number, value in enumerate(values):
        (at / f"{number}.json").write_text(json.dumps(value, default=str))
        words += ["--from", f"{number}.json"]
    with chdir(at):
        return int(cli.main(["init", *words, "--owner", "web1", *options], standalone_mode=False) or 0)


def made(at: Path, name: str) -> Any:
    return load_spec((at / f"migration/jobs/{name}/ecs.yml").read_text(), f"{name}.yml")


@pytest.mark.parametrize("more", [one[1] for one in SPECS], ids=[one[0] for one in SPECS])
def test_what_register_made_comes_back(world: World, tmp_path: Path, more: dict[str, Any]) -> None:
    before = spec(
        "nightly", more.get("expression", "cron(0 3 * * ? *)"), **{k: v for k, v in more.items() if k != "expression"}
    )
    world.register(before, create=True)
    assert begin(tmp_path, answers(world, "nightly")) == 0
    after = made(tmp_path, "nightly")
    environment = parse_settings((tmp_path / "migration/cron2fargate.yml").read_text(), "x").environments["sandbox"]
    # How long lines are kept stands in no task definition.
    world.environment = environment.model_copy(update={"log_retention_days": world.environment.log_retention_days})
    plans = plan_jobs(world.connect(read_only=True), [("nightly.yml", after)], Options("web1", create=True))
    left = [(step.kind, step.action, step.changes) for plan in plans for step in plan.steps if step.action != "same"]
    # The description of a schedule and the tag of a rule hold a digest of the ecs.yml.
    assert [one for one in left if not _is_digest(one)] == []
    assert [plan.refusals for plan in plans] == [[]]


def _is_digest(left: tuple[str, str, Any]) -> bool:
    _kind, action, changes = left
    return action == "change" and all(
        "spec" in change.field.lower() or "escription" in change.field for change in changes
    )


def test_what_a_team_typed_can_be_planned(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = {"name": "app", "image": "app:1", "memoryReservation": 128, "dockerLabels": {"a": "b"}, "privileged": True}
    side = {
        "name": "agent",
        "image": "agent:1",
        "essential": False,
        "portMappings": [{"containerPort": 8125, "protocol": "udp"}],
    }
    task = {
        "family": "billing",
        "networkMode": "bridge",
        "containerDefinitions": [box, side],
        "volumes": [{"name": "scratch", "host": {}}],
        "pidMode": "task",
    }
    network = {"Subnets": ["subnet-01234567"], "SecurityGroups": ["sg-01234567"]}
    target = {
        "Id": "1",
        "Arn": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron",
        "RoleArn": "arn:aws:iam::123456789012:role/events",
        "EcsParameters": {"TaskDefinitionArn": "billing", "NetworkConfiguration": {"awsvpcConfiguration": network}},
    }
    rule = {"Name": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)"}
    assert begin(tmp_path, [task, rule, {"Rule": "nightly", "Targets": [target]}]) == 0
    at = ["--out", str(tmp_path / "migration")]
    assert not cli.main(["plan", "--create", *at], standalone_mode=False)
    assert not cli.main(["register", "--create", "--yes", *at], standalone_mode=False)
    capsys.readouterr()
    assert not cli.main(["plan", *at], standalone_mode=False)
    assert "no changes" in capsys.readouterr().out
    live = world.client("ecs").describe_task_definition(taskDefinition="nightly")["taskDefinition"]
    assert live["containerDefinitions"][0]["dockerLabels"] == {"a": "b"}
    assert live["volumes"] == [{"name": "scratch"}] or live["volumes"] == [{"name": "scratch", "host": {}}]


def test_what_an_account_has_is_offered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="x", VpcId=vpc)["GroupId"]
    offer.cache_clear()
    found = offer("ap-northeast-1")
    assert "cron" in found.clusters
    assert Subnets(vpc, False, (private,)) in found.subnets
    assert Group(group, "jobs", vpc) in found.groups
    assert found.vpc_of([private]) == vpc

    def refuse(*_given: Any, **_named: Any) -> None:
        raise UserError("no credentials")

    offer.cache_clear()
    monkeypatch.setattr("migrate.aws.session.connect", refuse)
    assert offer("ap-northeast-1") == Offer()
    offer.cache_clear()
