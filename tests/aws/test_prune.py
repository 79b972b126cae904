"""--prune: what AWS has with our tag and the workspace has no more. Off first, deleted later, never on half knowledge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from migrate.aws import prune, services
from migrate.aws.ownership import GONE, SPEC
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.world import KOYAMA, SETTINGS, Killed, World, new_world, spec

ZONE = {"timezone": "Asia/Tokyo"}


def pruned(world: World, *known: str, kill_after: int | None = None) -> list[str]:
    """One run of --prune; the writing calls it made."""
    search = prune.find_gone(world.connect(read_only=True), world.owner, set(known), deep=True)
    before = len(world.writes)
    prune.apply(world.connect(read_only=False, kill_after=kill_after), search.jobs, lambda step: None)
    return world.writes[before:]


def test_off_first_and_deleted_later(world: World) -> None:
    world.register(spec("keep"), spec("gone", expression=["rate(1 day)", "rate(2 days)"]), create=True)
    for name in ("keep", "gone", "gone-2"):
        world.client("events").enable_rule(Name=name)
    keep = world.rule("keep")
    assert pruned(world, "keep") == ["DisableRule", "TagResource"] * 2
    for name in ("gone", "gone-2"):
        assert not world.rule(name).enabled
        assert world.rule(name).tags[SPEC] == GONE
        assert len(world.rule(name).targets) == 1
    assert pruned(world, "keep") == ["RemoveTargets", "DeleteRule"] * 2
    assert [rule["Name"] for rule in world.client("events").list_rules()["Rules"]] == ["keep"]
    assert world.rule("keep") == keep
    assert pruned(world, "keep") == []
    # What one may want back stays.
    assert world.client("ecs").describe_task_definition(taskDefinition="gone")
    assert world.client("logs").describe_log_groups(logGroupNamePrefix="/cron2fargate/gone")["logGroups"]


def test_schedules(world: World) -> None:
    world.register(spec("keep", schedule=ZONE), spec("gone", schedule=ZONE), create=True)
    assert pruned(world, "keep") == ["UpdateSchedule"]
    found = world.client("scheduler").get_schedule(Name="gone", GroupName="cron2fargate-web1")
    assert found["State"] == "DISABLED"
    assert found["Description"].endswith("spec=gone")
    assert pruned(world, "keep") == ["DeleteSchedule"]
    assert [
        item["Name"] for item in world.client("scheduler").list_schedules(GroupName="cron2fargate-web1")["Schedules"]
    ] == ["keep"]


@pytest.mark.parametrize("schedule", [{}, ZONE])
def test_a_job_that_comes_back_is_as_it_was(world: World, schedule: dict[str, Any]) -> None:
    world.register(spec(schedule=schedule), create=True)
    before = world.state()
    pruned(world)
    assert world.state() != before
    world.register(spec(schedule=schedule))
    assert world.state() == before
    # And from then on it takes two runs again.
    assert "DeleteRule" not in pruned(world)


OTHERS: dict[str, Callable[[World], None]] = {
    "no tags": lambda world: world.client("events").put_rule(Name="theirs", ScheduleExpression="rate(1 day)"),
    "another owner": lambda world: world.client("events").put_rule(
        Name="theirs",
        ScheduleExpression="rate(1 day)",
        Tags=[{"Key": "cron2fargate:owner", "Value": "web2"}, {"Key": "cron2fargate:job", "Value": "theirs"}],
    ),
    "our owner, no job": lambda world: world.client("events").put_rule(
        Name="cron2fargate-web1-failed",
        ScheduleExpression="rate(1 day)",
        Tags=[{"Key": "cron2fargate:owner", "Value": "web1"}],
    ),
    "a schedule of others": lambda world: world.client("scheduler").create_schedule(
        Name="theirs",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Description="cron2fargate owner=web2 job=theirs spec=abc",
        Target={"Arn": "arn:aws:sqs:ap-northeast-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/x"},
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_ours_is_never_touched(world: World, name: str) -> None:
    OTHERS[name](world)
    before = world.state()
    assert pruned(world) == []
    assert world.state() == before


def test_a_rule_that_others_use_too_is_left_alone(world: World) -> None:
    world.register(spec(), create=True)
    queue = {"Id": "queue", "Arn": "arn:aws:sqs:ap-northeast-1:123456789012:q"}
    world.client("events").put_targets(Rule="job", Targets=[queue])
    search = prune.find_gone(world.connect(read_only=True), "web1", set(), deep=True)
    (gone,) = search.jobs
    assert (gone.phase, gone.steps) == ("kept", [])
    assert gone.notes == ["rule job: it has targets of others, so it is left as it is"]


def test_a_service_stops_and_then_goes(world: World) -> None:
    create_service(world)
    services.switch(world.connect(read_only=False), service(world), on=True)
    assert pruned(world) == ["UpdateService", "TagResource"]
    assert service(world).desired == 0
    assert pruned(world) == ["DeleteService"]
    assert services.find(world.connect(read_only=True), "cron", "always") is None


def service(world: World) -> services.LiveService:
    found = services.find(world.connect(read_only=True), "cron", "always")
    assert found
    return found


def create_service(world: World) -> None:
    world.client("ecs").register_task_definition(
        family="always", containerDefinitions=[{"name": "app", "image": "x:1", "memory": 128}]
    )
    tags = {"cron2fargate:owner": "web1", "cron2fargate:job": "always", "cron2fargate:count": "2"}
    world.client("ecs").create_service(
        cluster="cron",
        serviceName="always",
        taskDefinition="always",
        desiredCount=0,
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )


def test_what_may_not_be_seen_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = world.connect(read_only=True)

    def refuse(**_: Any) -> None:
        body = {"Code": "AccessDeniedException", "Message": "no", "Permission": "events:ListRules"}
        raise ClientError({"Error": body}, "ListRules")

    monkeypatch.setattr(aws.client("events"), "list_rules", refuse)
    search = prune.find_gone(aws, "web1", set(), deep=True)
    assert search.notes == ["not all that is gone can be seen: these credentials lack events:ListRules"]


def test_killed_after_any_call_the_next_runs_end_alike() -> None:
    def prepare(world: World) -> None:
        world.register(spec("gone"), spec("zone", schedule=ZONE), spec("keep"), create=True)
        world.client("events").enable_rule(Name="gone")
        create_service(world)

    with new_world() as world:
        prepare(world)
        calls = pruned(world, "keep") + pruned(world, "keep")
        end = world.state()
    for number in range(1, len(calls) + 1):
        with new_world() as world:
            prepare(world)
            left = number
            for _ in range(4):
                try:
                    left -= len(pruned(world, "keep", kill_after=left if left > 0 else None))
                except Killed:
                    left = 0
            assert world.state() == end, f"killed after {calls[:number]}"
            assert pruned(world, "keep") == []


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(world: World, tmp_path: Path) -> Path:
    for name in ("one", "two"):
        job = tmp_path / "jobs" / name
        job.mkdir(parents=True)
        (job / "ecs.yml").write_text(KOYAMA.replace("cron-koyama_test", name))
    (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
    call("register", "--create", "--yes", "--no-check", "--out", tmp_path)
    (tmp_path / "jobs/two/ecs.yml").unlink()
    return tmp_path


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


def test_gone_is_shown_and_only_pruned_when_asked(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--out", workspace, "--no-check")
    assert call("plan", "--out", workspace, "--detailed-exitcode") == 0
    assert "two: gone from the workspace: to be switched off" in capsys.readouterr().out
    assert call("plan", "--prune", "--detailed-exitcode", "--out", workspace) == 2
    call("register", "--yes", *at)
    assert world.rule("two")
    call("register", "--prune", "--yes", *at)
    assert world.rule("two").tags[SPEC] == GONE
    capsys.readouterr()
    assert call("plan", "--prune", "--format", "json", "--out", workspace) == 0
    value = json.loads(capsys.readouterr().out)
    assert [(gone["name"], gone["phase"]) for gone in value["gone"]] == [("two", "delete")]
    call("register", "--prune", "--yes", *at)
    assert "two" not in [rule["Name"] for rule in world.client("events").list_rules()["Rules"]]
    assert world.rule("one")


STILL_THERE = {
    "id": "2",
    "name": "two",
    "source": {"path": "/etc/crontab", "line": 1},
    "schedule": "@reboot",
    "timezone": "UTC",
    "dialect": "debian",
    "line": "@reboot x",
}
EMPTY: dict[str, object] = {
    "version": 1,
    "window": {"from": "2026-01-01T00:00Z", "until": "2036-01-01T00:00Z"},
    "jobs": [],
}
REPORTS = {
    "a line that cannot be read": (
        EMPTY | {"problems": [{"path": "/etc/crontab", "line": 3, "code": "C101", "message": "not a line"}]},
        "the first is /etc/crontab:3: not a line",
    ),
    "no JSON": ("{", "not JSON"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_never_while_something_could_not_be_read(world: World, workspace: Path, name: str) -> None:
    report, said = REPORTS[name]
    (workspace / "report.json").write_text(report if isinstance(report, str) else json.dumps(report))
    before = world.state()
    for command in (("plan",), ("register", "--yes")):
        with pytest.raises(UserError, match=said):
            call(*command, "--prune", "--out", workspace)
    assert world.state() == before


def test_never_while_a_spec_has_mistakes(world: World, workspace: Path) -> None:
    (workspace / "jobs/one/ecs.yml").write_text("name: one\n")
    before = world.state()
    with pytest.raises(UserError, match="these specs have mistakes, so nothing was done"):
        call("register", "--prune", "--yes", "--out", workspace)
    assert world.state() == before


def test_a_job_that_the_scan_still_knows_is_not_gone(world: World, workspace: Path) -> None:
    """A blocked job has no ecs.yml, and still stands in a crontab."""
    (workspace / "report.json").write_text(json.dumps(EMPTY | {"jobs": [STILL_THERE]}))
    before = world.state()
    call("register", "--prune", "--yes", "--out", workspace)
    assert world.state() == before


@pytest.mark.parametrize("more", [("-t", "ecs.yml"), ("--image", "app=x:1")])
def test_never_with_a_part_of_the_workspace(workspace: Path, more: tuple[str, str]) -> None:
    with pytest.raises(UserError, match="looks at the whole workspace"):
        call("register", "--prune", "--yes", *more, "--out", workspace)
