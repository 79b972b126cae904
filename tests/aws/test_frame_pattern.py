"""The patterns of the rules, read as EventBridge documents them: which events start the notifier."""

from __future__ import annotations

from typing import Any

import pytest

from converters.frame.frame import failure_pattern, frame
from converters.frame.place import Place
from migrate.aws.wishes import wish
from migrate.settings.model import parse_settings
from tests.aws.test_frame import SETTINGS
from tests.aws.world import spec

PLACE = Place("web1", "123456789012", "ap-northeast-1")
CLUSTER = PLACE.arn("ecs", "cluster/cron")
PATTERN = failure_pattern(PLACE, [CLUSTER], ["loud"])


def matches(pattern: Any, event: Any) -> bool:
    """Every member of the pattern must match; of a list of alternatives one; of a list in the event any element."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
            continue
        found = event.get(key) if isinstance(event, dict) else None
        values = found if isinstance(found, list) else [found]
        if isinstance(wanted, dict):
            if not any(isinstance(value, dict) and matches(wanted, value) for value in values):
                return False
        elif not any(_leaf(one, value) for one in wanted for value in values):
            return False
    return True


def _leaf(wanted: Any, value: Any) -> bool:
    if value is None:
        return False
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    if "prefix" in wanted:
        return str(value).startswith(wanted["prefix"])
    but = wanted["anything-but"]
    return value not in (but if isinstance(but, list) else [but])


def task(code: int | None = None, **more: Any) -> dict[str, Any]:
    box: dict[str, Any] = {"name": "app"} | ({} if code is None else {"exitCode": code})
    detail = {"clusterArn": CLUSTER, "lastStatus": "STOPPED", "group": "family:job", "containers": [box]}
    ended = {"stopCode": "EssentialContainerExited"}
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {**detail, **ended, **more}}


def workflow(name: str, status: str) -> dict[str, Any]:
    detail = {"stateMachineArn": PLACE.arn("states", f"stateMachine:{name}"), "status": status}
    return {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}


def alarm(name: str, state: str) -> dict[str, Any]:
    detail = {"alarmName": name, "state": {"value": state}}
    return {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": detail}


EVENTS: list[tuple[str, dict[str, Any], bool]] = [
    ("exit code 3", task(3), True),
    ("exit code 0", task(0), False),
    ("still running", task(lastStatus="RUNNING"), False),
    ("no container began", task(stopCode="TaskFailedToStart"), True),
    ("taken away", task(0, stopCode="SpotInterruption"), True),
    ("another cluster", task(3, clusterArn=PLACE.arn("ecs", "cluster/other")), False),
    ("one container of two", task(containers=[{"exitCode": 0}, {"exitCode": 1}]), True),
    ("a job whose output is wanted", task(0, group="family:loud"), True),
    ("a workflow that failed", workflow("job", "FAILED"), True),
    ("a workflow that took too long", workflow("job", "TIMED_OUT"), True),
    ("a workflow that was aborted", workflow("job", "ABORTED"), True),
    ("a workflow that succeeded", workflow("job", "SUCCEEDED"), False),
    ("a workflow whose output is wanted", workflow("loud", "SUCCEEDED"), True),
    ("the notifier itself", workflow("cron2fargate-web1-notify", "FAILED"), False),
    ("a missed run", alarm("cron2fargate-web1-job-missed", "ALARM"), True),
    ("an alarm that is over", alarm("cron2fargate-web1-job-missed", "OK"), False),
    ("an alarm of others", alarm("cpu", "ALARM"), False),
    ("an alarm of another owner", alarm("cron2fargate-web2-job-missed", "ALARM"), False),
]


@pytest.mark.parametrize(("event", "told"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_which_events_start_the_notifier(event: dict[str, Any], told: bool) -> None:
    assert matches(PATTERN, event) is told


def test_a_job_that_is_to_be_quiet_is_told_to_datadog_only() -> None:
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    specs = [spec("quiet", notify={"slack": False}), spec("job")]
    found = {item.name: item.pattern for item in frame(wish(PLACE, environment, specs)).destinations}
    event = {"source": "cron2fargate", "detail-type": "Job needs attention", "detail": {"owner": "web1", "job": "job"}}
    quiet = event | {"detail": {"owner": "web1", "job": "quiet"}}
    other = event | {"detail": {"owner": "web2", "job": "job"}}
    told = {name: [matches(pattern, one) for one in (event, quiet, other)] for name, pattern in found.items()}
    assert told == {
        "cron2fargate-web1-slack": [True, False, False],
        "cron2fargate-web1-datadog": [True, True, False],
    }


def test_an_address_that_hears_of_all_jobs_is_not_narrowed_by_one() -> None:
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    specs = [
        spec("a", notify={"email": ["ops@example.com", "dev@example.com"]}),
        spec("b", notify={"email": ["dev@example.com"]}),
    ]
    assert wish(PLACE, environment, specs).emails == {"ops@example.com": ("*", "a"), "dev@example.com": ("a", "b")}


@pytest.mark.parametrize(
    ("region", "partition"), [("ap-northeast-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_partitions(region: str, partition: str) -> None:
    assert Place("o", "1", region).arn("sqs", "q") == f"arn:{partition}:sqs:{region}:1:q"


def test_names_without_dots_where_aws_takes_none() -> None:
    dotted = frame(
        wish(Place("my.team", "1", "ap-northeast-1"), parse_settings(SETTINGS, "x").environments["sandbox"], [])
    )
    assert (dotted.topic, dotted.queue) == ("cron2fargate-my-team-failures", "cron2fargate-my-team-dlq")
    assert dotted.notifier == "cron2fargate-my-team-notify"
