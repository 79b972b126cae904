"""``redrive``: letters and failed runs, started again for their slot, once; and what stays where it is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from converters.specs.model import Spec
from converters.workflows.watch_letters import HANDLES_SPAN
from migrate.aws import letters, printed
from migrate.aws.executions import STARTED_BY_HAND
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.places import HOME, Site, settings, site, world
from tests.aws.world import spec

REGION = "ap-northeast-1"
FLOW = spec("flow", "cron(0 3 * * ? *)", once=True, lock="db", timeout={"seconds": 600})
ZONED = spec("zoned", "cron(0 4 * * ? *)", schedule={"timezone": "Europe/Berlin"}, timeout={"seconds": 600})
TASK = spec("task", "cron(0 5 * * ? *)", schedule={"taskCount": 2})
OFF = spec("off", "cron(0 6 * * ? *)", timeout={"seconds": 600})
JOBS = [FLOW, ZONED, TASK, OFF]
SLOT = "2027-01-31T03:00:00Z"
TABLE = "cron2fargate-web1-locks"


@dataclass
class Desk:
    """An environment with a queue in which letters lie."""

    live: Site
    out: Path
    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return str(self.live.client("sqs").get_queue_url(QueueName="cron2fargate-web1-dlq")["QueueUrl"])

    def letter(self, attributes: dict[str, str], body: Any) -> None:
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        self.live.client("sqs").send_message(QueueUrl=self.url, MessageBody=json.dumps(body), MessageAttributes=values)

    def of_rule(self, name: str, slot: str = SLOT, **body: Any) -> None:
        attributes = {"RULE_ARN": f"arn:aws:events:{REGION}:{HOME}:rule/{name}", "ERROR_CODE": "NO_PERMISSIONS"}
        self.letter(attributes, {"time": slot, **body})

    def of_schedule(self, name: str, slot: str = SLOT) -> None:
        arn = f"arn:aws:scheduler:{REGION}:{HOME}:schedule/cron2fargate-web1/{name}"
        self.letter({"SCHEDULE_ARN": arn, "SCHEDULED_TIME": slot, "ERROR_CODE": "X"}, {"slot": slot})

    def lying(self) -> int:
        """Letters that anybody may see."""
        values = self.live.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        assert values["ApproximateNumberOfMessagesNotVisible"] == "0"
        return int(values["ApproximateNumberOfMessages"])

    def started(self, job: str) -> dict[str, Any]:
        """Name -> input of the executions of a job."""
        states = self.live.client("stepfunctions")
        arn = f"arn:aws:states:{REGION}:{HOME}:stateMachine:{job}"
        found = states.list_executions(stateMachineArn=arn)["executions"]
        return {
            one["name"]: json.loads(states.describe_execution(executionArn=one["executionArn"])["input"])
            for one in found
        }

    def redrive(self, *words: str) -> int:
        return int(cli.main(["redrive", "--out", str(self.out), *words], standalone_mode=False) or 0)

    def run(self, job: Spec, slot: str, status: str, error: str = "", name: str = "", **given: Any) -> str:
        """An execution that has ended so; moto carries none out."""
        states = self.live.client("stepfunctions")
        arn = f"arn:aws:states:{REGION}:{HOME}:stateMachine:{job.name}"
        value = {"slot": slot, **given} if slot else given
        name = name or f"run-{len(self.started(job.name))}"
        execution = states.start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))["executionArn"]
        known = get_backend("stepfunctions")[HOME][REGION].describe_execution(execution)
        known.status, known.error = status, error or None
        return str(execution)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with world():
        found = settings({"production": REGION}, production="watch: true")
        live = site(found, "production")
        live.register(JOBS)
        live.switch([FLOW, ZONED, TASK])
        (tmp_path / "cron2fargate.yml").write_text("x")
        monkeypatch.setattr("migrate.aws.inputs.load_settings", lambda _: found)
        monkeypatch.setattr("migrate.aws.session.connect", lambda *_, **__: live.aws)
        # As whoever may register: every call is held against that policy.
        printed.guard(live.aws, "web1", "register")
        monkeypatch.setattr(type(live.aws), "writer", lambda self: live.writer if self is live.aws else self)
        monkeypatch.setattr(letters, "WAIT", 0)
        desk = Desk(live, tmp_path)

        def run_task(**request: Any) -> dict[str, Any]:  # that of the embedded AWS wants a network
            desk.tasks.append(request)
            return {"tasks": [{"taskArn": "arn:aws:ecs:x:1:task/cron/1"}], "failures": []}

        monkeypatch.setattr(live.writer.client("ecs"), "run_task", run_task)
        yield desk


def test_letters_are_started_for_their_slots_and_thrown_away(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.of_rule("flow")
    desk.of_rule("flow", "2027-02-01T03:00:00Z")
    desk.of_rule("flow", "2027-02-01T03:00:00Z")  # delivered twice, given up twice
    desk.of_schedule("zoned")
    desk.of_rule("task")
    assert desk.redrive("--dry-run") == 0
    assert capsys.readouterr().out == (
        f"account {HOME}, {REGION}: 5 letters in the queue\n"
        "  + flow  2027-01-31T03:00:00Z  given up: NO_PERMISSIONS\n"
        "  + task  2027-01-31T03:00:00Z  given up: NO_PERMISSIONS\n"
        "  + zoned  2027-01-31T03:00:00Z  given up: X\n"
        "  + flow  2027-02-01T03:00:00Z  given up: NO_PERMISSIONS\n"
    )
    assert (desk.started("flow"), desk.tasks, desk.lying()) == ({}, [], 5)
    assert desk.redrive("--yes") == 0
    assert desk.started("flow") == {
        "redrive-20270131T030000Z": {"slot": "2027-01-31T03:00:00Z"},
        "redrive-20270201T030000Z": {"slot": "2027-02-01T03:00:00Z"},
    }
    assert desk.started("zoned") == {"redrive-20270131T030000Z": {"slot": SLOT}}
    [task] = desk.tasks
    assert (task["count"], len(task["clientToken"])) == (2, 40)
    assert desk.lying() == 0
    capsys.readouterr()
    # The same letter once more starts nothing more.
    desk.of_rule("flow")
    get_backend("stepfunctions")[HOME][REGION].describe_execution(
        f"arn:aws:states:{REGION}:{HOME}:execution:flow:redrive-20270131T030000Z"
    ).status = "FAILED"
    assert desk.redrive("--yes") == 0
    assert "flow  2027-01-31T03:00:00Z  has been started before" in capsys.readouterr().out
    assert (len(desk.started("flow")), desk.lying()) == (2, 0)


def test_what_cannot_be_started_stays_and_stops_nothing_else(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.letter({}, {"hello": "there"})
    desk.of_rule("nobody")
    desk.of_rule("off")
    desk.of_rule("flow", "")
    desk.of_rule("flow", says="cron2fargate shadow")
    desk.of_rule("zoned\x1b[2J")
    desk.of_schedule("zoned")
    assert desk.redrive("--yes") == 1
    out = capsys.readouterr().out
    for said in (
        f"names no rule or schedule of account {HOME}, {REGION}",
        "rule nobody starts no job of this environment",
        "off: rule off is switched off; enable the job first",
        "of rule flow tells no slot; 'cron2fargate run flow'",
        "flow: rule flow starts a shadow",
        f"zoned  {SLOT}  started: arn:aws:states:",
    ):
        assert said in out, said
    assert "\x1b" not in out
    assert (desk.started("flow"), list(desk.started("zoned")), desk.lying()) == ({}, ["redrive-20270131T030000Z"], 6)


def test_one_that_aws_refuses_stays_and_the_others_are_started(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.of_rule("task", "2027-01-30T05:00:00Z")
    desk.of_rule("flow")
    ecs = desk.live.writer.client("ecs")
    monkeypatch.setattr(ecs, "run_task", lambda **_: {"failures": [{"reason": "RESOURCE:MEMORY"}], "tasks": []})
    assert desk.redrive("--yes") == 1
    out = capsys.readouterr().out
    assert "task  2027-01-30T05:00:00Z  not started: ECS did not start the task: RESOURCE:MEMORY" in out
    assert (len(desk.started("flow")), desk.lying()) == (1, 1)


def test_only_what_is_asked_for_and_only_after_a_yes(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.of_rule("flow")
    desk.of_rule("flow", "2027-02-01T03:00:00Z")
    desk.of_schedule("zoned")
    desk.of_rule("nobody")
    with pytest.raises(UserError, match="no terminal to ask on"):
        desk.redrive("flow")
    assert desk.lying() == 4
    with pytest.raises(UserError, match="job nope of web1 is not registered"):
        desk.redrive("nope")
    assert desk.redrive("flow", "--slot", "2027-02-01T04:00+01:00", "--yes") == 0
    assert list(desk.started("flow")) == ["redrive-20270201T030000Z"]
    assert (desk.started("zoned"), desk.lying()) == ({}, 3)
    capsys.readouterr()
    assert desk.redrive("flow", "--slot", "2020-01-01T00:00Z", "--yes") == 0
    assert "nothing to start again" in capsys.readouterr().out


def test_letters_that_the_watchman_keeps_out_of_sight_are_found(desk: Desk) -> None:
    desk.of_rule("flow")
    sqs = desk.live.client("sqs")
    [seen] = sqs.receive_message(QueueUrl=desk.url, VisibilityTimeout=43_200)["Messages"]
    key = f"letters#{int(time.time() // 60 // HANDLES_SPAN)}"
    item = {"lock": {"S": key}, "handles": {"SS": [seen["ReceiptHandle"], "one that is over"]}}
    desk.live.client("dynamodb").put_item(TableName=TABLE, Item=item)
    assert desk.redrive("--yes") == 0
    assert (len(desk.started("flow")), desk.lying()) == (1, 0)


def test_a_start_that_came_through_after_all_is_not_made_again(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.of_rule("flow")
    desk.live.client("dynamodb").put_item(TableName=TABLE, Item={"lock": {"S": "run#flow#2027-01-31T03:00Z"}})
    assert desk.redrive("--yes") == 0
    assert f"- flow  {SLOT}  has started meanwhile; its letter goes" in capsys.readouterr().out
    assert (desk.started("flow"), desk.lying()) == ({}, 0)


def test_failed_runs_since_the_last_good_one_are_started_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, slot = "2027-01-29T03:00:00Z", "2027-01-30T03:00:00Z"
    desk.run(FLOW, "2027-01-28T03:00:00Z", "FAILED", "JobFailed")
    well = desk.run(FLOW, good, "SUCCEEDED")
    skipped = desk.run(FLOW, slot, "SUCCEEDED")
    failed = desk.run(FLOW, slot, "FAILED", "JobFailed")
    desk.run(FLOW, "", "ABORTED", name=f"{STARTED_BY_HAND}x")
    desk.run(FLOW, SLOT, "FAILED", "FollowerNotStarted")
    desk.run(FLOW, SLOT, "FAILED", "x", shadow=True)
    monkeypatch.setattr(
        "migrate.aws.executions.submitted", lambda _aws, arn: {well: "a task", skipped: None}.get(arn, "a task")
    )
    # Newest first as AWS lists them; moto's clock may give all of them one second.
    items = desk.live.client("dynamodb")
    items.put_item(TableName=TABLE, Item={"lock": {"S": "slot#flow#2027-01-30T03:00Z"}, "owner": {"S": failed}})
    items.put_item(TableName=TABLE, Item={"lock": {"S": "slot#flow#2027-01-31T03:00Z"}, "owner": {"S": "another"}})
    before = set(desk.started("flow"))
    assert desk.redrive("flow", "--yes") == 1
    out = capsys.readouterr().out
    assert f"+ flow  {slot}  failed: JobFailed" in out
    assert "flow: execution by-hand-x had no slot, somebody started it; 'cron2fargate run flow'" in out
    assert f"flow: its run of {SLOT} ended well, but what runs after it was not started" in out
    new = {name: value for name, value in desk.started("flow").items() if name not in before}
    assert list(new.values()) == [{"slot": slot}]
    left = {item["lock"]["S"] for item in items.scan(TableName=TABLE)["Items"]}
    assert left == {"slot#flow#2027-01-31T03:00Z"}  # only what the failed run had is free again
    # Once: it has been started again; that one may be, when it fails as well.
    desk.redrive("flow", "--yes")
    assert len(desk.started("flow")) == len(before) + 1
    again = f"arn:aws:states:{REGION}:{HOME}:execution:flow:{next(iter(new))}"
    get_backend("stepfunctions")[HOME][REGION].describe_execution(again).status = "TIMED_OUT"
    desk.redrive("flow", "--yes", "--slot", slot)
    assert len(desk.started("flow")) == len(before) + 2


def test_another_account_s_queue_is_refused(desk: Desk) -> None:
    arn = f"arn:aws:sqs:{REGION}:210987654321:their-queue"
    aws = site(settings({"production": REGION}), "production", dead_letter_queue=arn).aws
    with pytest.raises(UserError, match="is of another account"):
        letters.open_box(aws, "web1")
