"""init --discover: an account that other people filled, over HTTP, becomes a workspace that can be planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from converters.specs.model import load_spec
from migrate.aws.session import DISCOVER_CALLS
from tests.aws.test_discover import (
    ACCOUNT,
    REGION,
    Denying,
    address,
    client,
    family,
    fill,
    guard_all,
    rule,
    run_inside,
    task,
)

__all__ = ["address", "client"]
NETWORK = {"Subnets": ["subnet-01234567"], "SecurityGroups": ["sg-01234567"], "AssignPublicIp": "ENABLED"}


def networked(target: dict[str, Any]) -> dict[str, Any]:
    ecs = target["EcsParameters"] | {"LaunchType": "FARGATE", "NetworkConfiguration": {"awsvpcConfiguration": NETWORK}}
    return target | {"EcsParameters": ecs}


def specs(at: Path) -> dict[str, Any]:
    return {path.parent.name: load_spec(path.read_text(), str(path)) for path in (at / "jobs").glob("*/ecs.yml")}


def test_an_account_becomes_a_workspace(client: Any, tmp_path: Path) -> None:
    fill(client)
    out = tmp_path / "migration"
    done = run_inside("init", "--discover", "--out", out, "--owner", "pay")
    assert done.code == 0, done.out
    made = specs(out)
    assert set(made) == {"nightly-by-stack", "app-weekly", "reports", "off", "invoice", "worker"}
    assert made["nightly-by-stack"].expressions == ["cron(30 3 * * ? *)"]
    assert made["nightly-by-stack"].containers[0].image == "registry.example.com/app:2"
    assert made["app-weekly"].containers[0].command == ["php", "artisan", "weekly"]
    assert (made["invoice"].schedule.timezone, made["invoice"].containers[0].command) == ("Asia/Tokyo", ["invoice"])
    assert made["worker"].service is not None and made["worker"].service.desired_count == 2
    assert made["reports"].cluster == "cron"
    for words in (
        "rule nightly-by-stack was made by CloudFormation cron-stack; take it out there once the job is on",
        "rule off was switched off",
        "3 start something else than a task of ECS: rule close, rule push, rule push-again",
        "CHANGE_ME stands for subnets, securityGroups",
        "--create --adopt",
    ):
        assert words in done.out, words
    texts = [path.read_text() for path in out.rglob("*") if path.is_file()]
    assert not [text for text in [done.out, done.err, *texts] if "Sw0rdf1sh" in text]
    settings = yaml.safe_load((out / "cron2fargate.yml").read_text())["environments"]["sandbox"]
    assert (settings["region"], settings["eventsRole"]) == (REGION, f"arn:aws:iam::{ACCOUNT}:role/events")


def test_what_was_found_is_taken_over(client: Any, tmp_path: Path) -> None:
    client("ecs").create_cluster(clusterName="cron")
    one = family(client, "nightly", "registry.example.com/app:2", "sh", "-c", "/opt/app/nightly --all")
    rule(client, "nightly", "cron(30 3 * * ? *)", networked(task(one)))
    out = tmp_path / "migration"
    assert run_inside("init", "--discover", "--out", out).code == 0
    assert run_inside("plan", "--create", "--out", out).code == 1, "it is somebody else's until it is taken over"
    planned = run_inside("plan", "--create", "--adopt", "--out", out)
    assert planned.code == 0, planned.out
    assert run_inside("register", "--create", "--adopt", "--yes", "--out", out).code == 0
    assert "no changes" in run_inside("plan", "--out", out).out
    assert client("events").describe_rule(Name="nightly")["State"] == "ENABLED", "what is on stays on"
    # And now it is a workspace's: nothing is left to take.
    again = run_inside("init", "--discover", "--out", out)
    assert again.code == 0, again.out
    assert "1 belong to a workspace already: rule nightly" in again.out
    assert set(specs(out)) == {"nightly"}


def test_what_may_not_be_read_is_told(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(client)
    guard_all(monkeypatch, Denying("GetSchedule"))
    done = run_inside("init", "--discover", "--out", tmp_path / "migration")
    assert done.code == 1
    assert "not read: what schedules say: these credentials lack scheduler:GetSchedule" in done.out
    assert "worker" in specs(tmp_path / "migration")


def test_a_definition_that_may_not_be_read_leaves_its_job_out(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(client)
    guard_all(monkeypatch, Denying("DescribeTaskDefinition"))
    done = run_inside("init", "--discover", "--out", tmp_path / "migration")
    assert done.code == 1
    assert "rule reports is left out: no file has its task definition app" in done.out


def test_it_needs_no_more_than_discover(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(client)
    recorded = Denying()
    guard_all(monkeypatch, recorded)
    assert run_inside("init", "--discover", "--out", tmp_path / "migration").code == 0
    assert set(recorded.calls) <= DISCOVER_CALLS


# Texts in the place of a universal target's input: nobody checks them before AWS calls RunTask.
INPUTS = [
    {"TaskDefinition": "app", "Cluster": 5, "NetworkConfiguration": 3, "Overrides": [1]},
    {
        "TaskDefinition": "app",
        "CapacityProviderStrategy": [1, {"CapacityProvider": "FARGATE", "Weight": "x"}],
        "Count": "9",
    },
    {"TaskDefinition": "app", "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": 1, "SecurityGroups": [2]}}},
    {"TaskDefinition": "app", "Overrides": {"ContainerOverrides": [{"Name": "app", "Command": 1, "Environment": 2}]}},
    {"TaskDefinition": ["app"]},
]


@pytest.mark.parametrize("given", INPUTS, ids=[json.dumps(one)[:60] for one in INPUTS])
def test_any_input_of_a_universal_target(client: Any, tmp_path: Path, given: dict[str, Any]) -> None:
    family(client, "app", "registry.example.com/app:1")
    client("scheduler").create_schedule(
        Name="any",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "RoleArn": "arn:x", "Input": json.dumps(given)},
    )
    done = run_inside("init", "--discover", "--out", tmp_path / "migration")
    assert done.code in (0, 1)
    assert "any" in done.out
