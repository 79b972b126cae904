"""``logs``: which run it is, its lines from the end, what never reaches a terminal, and the sentences where there is none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.rights.requests import Account, refused
from migrate.aws import executions, log_lines, tasks
from migrate.aws.printed import printed
from migrate.aws.session import Aws
from migrate.cli import cli
from migrate.errors import UserError
from migrate.machine.clock import own_zone
from tests.aws.world import SETTINGS, World, spec

GROUP = "/cron2fargate/job"
NOW = datetime.now(UTC).replace(microsecond=0)
SIDE = "    sidecars: [{name: agent, image: example/agent:1, cpu: 64, memory: 128}]\n"
ROUTER = """\
    sidecars:
    - {name: router, image: r:1, cpu: 64, memory: 128, firelens: fluentbit, firelensOptions: OPTIONS}
"""


@dataclass
class Stage:
    """A job that is registered; what ECS and Step Functions tell of its runs is written here, its log is the embedded one."""

    world: World
    out: Path
    aws: Aws
    patch: pytest.MonkeyPatch
    known: list[dict[str, Any]] = field(default_factory=list)

    def task(self, name: str, minutes: float, *boxes: tuple[str, int | None, str], **more: Any) -> dict[str, Any]:
        """One that began so many minutes ago, and has stopped unless ``more`` says otherwise."""
        at = NOW - timedelta(minutes=minutes)
        made: dict[str, Any] = {
            "taskArn": f"arn:aws:ecs:ap-northeast-1:123456789012:task/cron/{name}",
            "taskDefinitionArn": "job:1",
            "createdAt": at,
            "startedAt": at,
            "executionStoppedAt": at + timedelta(seconds=12),
            "lastStatus": "STOPPED",
            "stoppedReason": "Essential container in task exited",
            "containers": [
                {"name": box, "reason": why} | ({} if code is None else {"exitCode": code}) for box, code, why in boxes
            ],
        } | more
        self.known.append(made)
        return made

    def write(self, stream: str, *texts: str, group: str = GROUP, minutes: float = 1) -> None:
        logs, name = self.world.client("logs"), {"logGroupName": group, "logStreamName": stream}
        logs.create_log_stream(**name)
        at = int((NOW - timedelta(minutes=minutes)).timestamp() * 1000)
        for first in range(0, len(texts), 10_000):
            part = list(enumerate(texts))[first : first + 10_000]
            logs.put_log_events(**name, logEvents=[{"timestamp": at + n, "message": text} for n, text in part])

    def logs(self, *options: str, job: str = "job") -> int:
        return int(cli.main(["logs", job, "--out", str(self.out), *options], standalone_mode=False) or 0)


def make(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str = SETTINGS, **wish: Any) -> Stage:
    from migrate.settings.model import parse_settings

    out = tmp_path / "migration"
    out.mkdir()
    (out / "cron2fargate.yml").write_text(settings)
    world.environment = parse_settings(settings, "x").environments["sandbox"]
    world.register(spec("job", **wish), create=True)
    aws = world.connect(read_only=True)
    made = Stage(world, out, aws, monkeypatch)
    monkeypatch.setattr("migrate.aws.session.connect", lambda *_, **__: aws)
    monkeypatch.setattr(tasks, "known", lambda *_: list(made.known))
    monkeypatch.setattr(
        tasks, "described", lambda _aws, _cluster, arns: [one for one in made.known if one["taskArn"] in arns]
    )
    monkeypatch.setattr(tasks, "POLL_SECONDS", 0.0)
    return made


@pytest.fixture
def stage(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return make(world, tmp_path, monkeypatch, SETTINGS + SIDE)


def test_the_last_run_its_own_log_and_how_it_ended(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.task("b", 5, ("app", 3, "OutOfMemoryError: killed"), ("agent", 143, ""))
    stage.task("a", 9, ("app", 0, ""))
    stage.write("job/app/a", "older")
    stage.write("job/app/b", "one", "two\x1b[2J\u202e\tx\r\n", "three\nfour")
    stage.write("job/agent/b", "beside")
    assert stage.logs() == 0
    out, told = capsys.readouterr()
    assert out == "one\ntwo\\x1b[2J\\u202e\tx\nthree\nfour\n"
    assert "job: task b (account 123456789012, ap-northeast-1)" in told
    assert ", 12 s" in told
    assert "app: exit code 3 (OutOfMemoryError: killed)" in told
    assert "Essential container in task exited" in told

    assert stage.logs("--sidecars", "--lines", "1") == 0
    out, told = capsys.readouterr()
    assert sorted(out.splitlines()) == ["agent | beside", "app | four", "app | three"]
    assert "app: only its last 1 lines" in told

    assert stage.logs("--task", "a") == 0
    assert capsys.readouterr().out == "older\n"
    assert stage.logs("--since", "30s") == 0
    out, told = capsys.readouterr()
    assert (out, "app: its log is empty" in told) == ("", True)

    assert stage.logs("--format", "json") == 0
    text = capsys.readouterr().out
    value = json.loads(text)
    assert text.isascii() and "\x1b" not in text
    assert [line["text"] for line in value["lines"]] == ["one", "two\x1b[2J\u202e\tx\r\n", "three\nfour"]
    assert value["containers"][1] == {"name": "agent", "own": False, "exitCode": 143, "reason": None}


def test_many_lines_are_read_from_the_end_by_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.write("job/app/a", *map(str, range(25)))
    monkeypatch.setattr(log_lines, "PAGE", 4)
    place = log_lines.LogPlace("app", GROUP, "job/app/")
    for lines, first, more in (
        (1, 24, True),
        (4, 21, True),
        (9, 16, True),
        (24, 1, True),
        (25, 0, False),
        (90, 0, False),
    ):
        read = log_lines.tail(stage.aws, place, "a", lines)
        assert ([text for _, text in read.events], read.more) == (list(map(str, range(first, 25))), more), lines
    assert not log_lines.tail(stage.aws, place, "nope", 5).there


def test_what_ecs_has_forgotten_is_found_by_its_stream(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    streams = stage.world.client("logs")
    stage.write("job/app/old", "old")
    time.sleep(0.002)
    stage.write("job/app/new", "new")
    stage.write("job/agent/newer", "not the job's")
    assert stage.logs() == 0
    out, told = capsys.readouterr()
    assert out == "new\n"
    assert "job: task new" in told
    assert "ECS does not know it any more" in told
    with pytest.raises(UserError, match=r"the tasks of job bear no slot.*--task.*new \("):
        stage.logs("--slot", "2027-01-31T03:00Z")
    streams.delete_log_group(logGroupName=GROUP)
    with pytest.raises(UserError, match="nothing is known of a run of job") as none:
        stage.logs()
    assert none.value.exit_code == 2
    stage.task("x", 5, ("app", None, "CannotPullContainerError: gone"))
    with pytest.raises(UserError, match="task x of job left no log: there is no stream job/app/x in /cron2fargate/job"):
        stage.logs()
    assert "app: never started (CannotPullContainerError: gone)" in capsys.readouterr().err
    stage.known[0] |= {"lastStatus": "RUNNING"}
    with pytest.raises(UserError, match="has no log yet"):
        stage.logs()


def test_it_follows_until_the_task_has_stopped(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    made = stage.task("a", 1, ("app", None, ""), lastStatus="RUNNING")
    steps: list[Callable[[], None]] = [
        lambda: stage.write("job/app/a", "one"),
        lambda: stage.world.client("logs").put_log_events(
            logGroupName=GROUP,
            logStreamName="job/app/a",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": "two"}],
        ),
        lambda: made.update(lastStatus="STOPPED", containers=[{"name": "app", "exitCode": 0}]),
    ]
    stage.patch.setattr(time, "sleep", lambda _seconds: steps.pop(0)() if steps else None)
    assert stage.logs("--follow") == 0
    out, told = capsys.readouterr()
    assert out == "one\ntwo\n"
    assert "app: running" in told
    assert "app: exit code 0" in told
    made["lastStatus"] = "RUNNING"

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    stage.patch.setattr(time, "sleep", interrupt)
    assert stage.logs("--follow") == 130
    assert f"no longer reading; the task goes on: {made['taskArn']}" in capsys.readouterr().err


def test_a_workflow_knows_the_slots_of_its_runs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = make(world, tmp_path, monkeypatch, start="workflow", schedule={"timezone": "Asia/Tokyo"})
    slots = {"skipped": "2026-09-23T18:00:00Z", "second": "2026-09-22T18:00:00Z", "first": "2026-09-21T18:00:00Z"}
    listed = [{"executionArn": name, "startDate": datetime.fromisoformat(slot)} for name, slot in slots.items()]
    arn = "arn:aws:ecs:ap-northeast-1:123456789012:task/cron/"
    told = {"TaskArn": f"{arn}second", "StartedAt": 1_790_000_000_000, "Containers": [{"Name": "app", "ExitCode": 7}]}
    # What Step Functions itself answers, before it is written here.
    machine = stage.aws.arn("states", "stateMachine:job")
    for given in ('{"slot": "2026-09-22T18:00:00Z"}', "{}", "[]"):
        stage.world.client("stepfunctions").start_execution(stateMachineArn=machine, input=given)
    real = [executions.slot_of(stage.aws, one["executionArn"]) for one in executions.newest_first(stage.aws, machine)]
    assert sorted(real) == ["", "", "2026-09-22T18:00:00Z"]
    assert list(executions.newest_first(stage.aws, f"{machine}-gone")) == []
    found = {
        "second": executions.Submitted(f"{arn}second", "job:1", executions.described(json.dumps(told))),
        "first": executions.Submitted(f"{arn}first", "job:1"),
    }
    monkeypatch.setattr(executions, "newest_first", lambda *_: iter(listed))
    monkeypatch.setattr(executions, "slot_of", lambda _aws, name: slots[name])
    monkeypatch.setattr(executions, "submitted", lambda _aws, name: found.get(name))
    for name in ("first", "second"):
        stage.write(f"job/app/{name}", name)
    assert stage.logs() == 0
    out, err = capsys.readouterr()
    assert out == "second\n"
    assert "slot 2026-09-22T18:00:00Z" in err
    assert "1 later start ran no task" in err
    assert "app: exit code 7" in err
    for slot in ("2026-09-22 03:00", "2026-09-21T18:00Z", "2026-09-21T20:00+02:00"):
        assert stage.logs("--slot", slot, "--quiet") == 0
        assert capsys.readouterr().out == "first\n", slot
    for slot in ("2026-09-24 03:00", "2026-09-20 03:00"):
        with pytest.raises(UserError, match=r"no run of job for the slot 2026-09-.*Z is known"):
            stage.logs("--slot", slot)


def test_a_stream_that_all_tasks_share(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "{Name: cloudwatch_logs, log_group_name: /cron2fargate/job, log_stream_name: all}"
    stage = make(world, tmp_path, monkeypatch, SETTINGS + ROUTER.replace("OPTIONS", options))
    stage.task("a", 2, ("app", 0, ""))
    stage.write("all", "of another task", minutes=9)
    stage.world.client("logs").put_log_events(
        logGroupName=GROUP, logStreamName="all", logEvents=[{"timestamp": int(time.time() * 1000), "message": "mine"}]
    )
    assert stage.logs() == 0
    out, told = capsys.readouterr()
    assert out == "mine\n"
    assert "app writes into all as all tasks do" in told
    assert list(tasks.log_tail(stage.aws, "job:1", "a", 9)) == []


def test_a_log_that_goes_elsewhere(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = make(world, tmp_path, monkeypatch, SETTINGS + ROUTER.replace("OPTIONS", "{Name: datadog}"))
    stage.task("a", 2, ("app", 0, ""))
    with pytest.raises(UserError, match="the log of job goes to awsfirelens to datadog"):
        stage.logs()


def test_who_may_not_read_is_told_the_right(stage: Stage) -> None:
    stage.task("a", 5, ("app", 0, ""))
    error = {"Error": {"Code": "AccessDeniedException", "Message": "no", "Permission": "logs:GetLogEvents"}}

    def deny(**_: Any) -> None:
        raise ClientError(error, "GetLogEvents")  # type: ignore[arg-type]

    stage.patch.setattr(stage.aws.client("logs"), "get_log_events", deny)
    with pytest.raises(UserError, match="these credentials lack logs:GetLogEvents") as denied:
        stage.logs()
    assert denied.value.exit_code == 2


def test_the_policy_check_is_enough(stage: Stage) -> None:
    """Each call that it makes is in what `iam` prints for whoever checks."""
    account = Account(stage.aws.arn)
    policy = printed(stage.aws.place("web1"), stage.aws.environment)["check"]
    made: set[str] = set()

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        made.add(model.name)
        for request in account.requests(model.service_model.service_name, model.name, params):
            assert not refused(request, policy)

    services = ("ecs", "events", "logs", "scheduler", "stepfunctions")
    stage.patch.undo()
    stage.patch.setattr("migrate.aws.session.connect", lambda *_, **__: stage.aws)
    for service in services:
        stage.aws.client(service).meta.events.register("before-parameter-build", ask, unique_id="asked")
    try:
        stage.write("job/app/a", "one")
        assert stage.logs() == 0
    finally:
        for service in services:
            stage.aws.client(service).meta.events.unregister("before-parameter-build", unique_id="asked")
    assert {"GetLogEvents", "DescribeLogStreams", "ListTasks", "DescribeTaskDefinition"} <= made


AWSLOGS = {"awslogs-group": "/g", "awslogs-stream-prefix": "p"}
PLACES: list[tuple[dict[str, Any], str]] = [
    ({"logDriver": "awslogs", "options": AWSLOGS}, "/g p/app/T"),
    ({"logDriver": "awslogs", "options": AWSLOGS | {"awslogs-region": "us-east-1"}}, "CloudWatch Logs of us-east-1"),
    (
        {
            "logDriver": "awsfirelens",
            "options": {"Name": "cloudwatch_logs", "log_group_name": "/g", "log_stream_prefix": "p-"},
        },
        "/g p-app-firelens-T",
    ),
    (
        {"logDriver": "awsfirelens", "options": {"Name": "cloudwatch", "log_group_name": "/g", "log_stream_name": "s"}},
        "/g s",
    ),
    (
        {
            "logDriver": "awsfirelens",
            "options": {"Name": "cloudwatch", "log_group_name": "/g", "log_stream_name": "s-$(ecs_task_id)"},
        },
        "/g s-T",
    ),
    (
        {
            "logDriver": "awsfirelens",
            "options": {"Name": "cloudwatch", "log_group_name": "/$(x)", "log_stream_name": "s"},
        },
        "a stream that the log router names (/$(x) s)",
    ),
    ({"logDriver": "awsfirelens", "options": {"Name": "datadog"}}, "awsfirelens to datadog"),
    ({"logDriver": "splunk", "options": {}}, "splunk"),
    ({}, "nowhere"),
]


@pytest.mark.parametrize(("log", "where"), PLACES)
def test_where_a_container_writes(log: dict[str, Any], where: str) -> None:
    found = log_lines.place_of({"name": "app", "logConfiguration": log}, "ap-northeast-1")
    assert (found if isinstance(found, str) else f"{found.group} {found.stream('x/cron/T')}") == where


def test_what_is_asked_for_wrongly(stage: Stage) -> None:
    from migrate.machine.clock import moment_in

    for options, said in (
        (("--slot", "x"), "--slot x: not a time"),
        (("--since", "5w"), "--since 5w: not a time"),
        (("--slot", "2027-01-31", "--task", "a"), "--slot and --task both name a run"),
        (("--task", "a;b"), "--task a;b: not the id"),
        (("--follow", "--format", "json"), "--format json is one document"),
    ):
        with pytest.raises(UserError, match=said):
            stage.logs(*options)
    zone = own_zone("America/New_York")[1]
    assert moment_in("--slot", "2026-07-01T03:00", zone) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    with pytest.raises(UserError, match=r"comes twice there.*2026-11-01T05:30Z or 2026-11-01T06:30Z"):
        moment_in("--slot", "2026-11-01 01:30", zone)
    with pytest.raises(UserError, match="no such time that day"):
        moment_in("--slot", "2026-03-08 02:30", zone)


def test_the_end_of_a_task_in_the_history_of_its_execution() -> None:
    arn = "arn:aws:ecs:ap-northeast-1:123456789012:task/cron/a"
    done = json.dumps({"TaskArn": arn, "StoppedAt": "2026-11-22T03:02:34.000Z", "LastStatus": "STOPPED"})
    start = {"resourceType": "ecs", "output": json.dumps({"Tasks": [{"TaskArn": arn, "TaskDefinitionArn": "job:1"}]})}
    for kind, member in (("taskSucceededEventDetails", "output"), ("taskFailedEventDetails", "cause")):
        for text, status in ((done, "STOPPED"), (done.replace("cron/a", "cron/b"), None), ("cut {", None)):
            events = [
                {"id": 2, kind: {"resourceType": "ecs", member: text}},
                {"id": 1, "taskSubmittedEventDetails": start},
            ]
            pages = SimpleNamespace(paginate=lambda events=events, **_: [{"events": events}])
            client = SimpleNamespace(get_paginator=lambda _, pages=pages: pages)
            aws: Any = SimpleNamespace(client=lambda _, client=client: client)
            found = executions.submitted(aws, "e")
            assert found is not None
            assert (found.task, found.ended.get("lastStatus")) == (arn, status)
