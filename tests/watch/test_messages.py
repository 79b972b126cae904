"""What a message says of a run, and to whom: every container's end, whose log is read, what is output and what a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from statelint.linter import Linter

from tests.watch.notices import NOTIFIER, Notices, box, task, workflow

CANNOT = 'CannotStartContainerError: exec: "reprot": executable file not found in $PATH'
GOOD = [box(code=0), box("datadog-agent", 137)]
QUIET = {
    "taskDefinitionArn": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/other:7",
    "group": "family:other",
}

# event -> what is told (None: nothing), words of the mail
ENDS: list[tuple[str, dict[str, Any], str | None, list[str]]] = [
    (
        "a container that could not start, under the stop code of a good end",
        task(box(reason=CANNOT)),
        "did not start",
        [f"Reason: Essential container in task exited; {CANNOT}", f"Container app: no exit status; {CANNOT}"],
    ),
    (
        "one that could not start beside an agent that was killed with it",
        task(box(reason=CANNOT), box("datadog-agent", 137)),
        "did not start",
        ["Container datadog-agent (beside the job): exit status 137"],
    ),
    ("no exit code and no reason at all", task(box()), "did not start", ["Container app: no exit status"]),
    ("stopped by somebody before it began", task(box(), stopCode="UserInitiated"), None, []),
    (
        "of two own containers one could not start",
        task(box(code=0), box("b", reason=CANNOT)),
        "did not start",
        [CANNOT],
    ),
    ("a good run of a job whose output nobody asked for, with a killed agent", task(*GOOD, **QUIET), None, []),
    ("the same with a router that was terminated", task(box(code=0), box("datadog-agent", 143), **QUIET), None, []),
    (
        "killed for memory",
        task(box(code=137, reason="OutOfMemoryError: Container killed due to memory usage")),
        "failed: exit code 137",
        ["Container app: exit status 137; OutOfMemoryError: Container killed due to memory usage"],
    ),
    (
        "times, slot and image",
        task(
            {**box(code=3), "imageDigest": "sha256:abc"},
            startedAt="2026-11-22T03:00:40.000Z",
            executionStoppedAt="2026-11-22T03:02:14.000Z",
            stoppedAt="2026-11-22T03:02:50.000Z",
            overrides={
                "containerOverrides": [
                    {
                        "name": "app",
                        "environment": [
                            {"name": "A", "value": "b"},
                            {"name": "CRON2FARGATE_SLOT", "value": "2026-11-22T03:00:00Z"},
                        ],
                    }
                ]
            },
        ),
        "failed: exit code 3",
        [
            "Slot: 2026-11-22T03:00:00Z\nStarted: 2026-11-22T03:00:40.000Z\nEnded: 2026-11-22T03:02:14.000Z\nDuration: 94 s",
            "Container app: exit status 3; image sha256:abc",
        ],
    ),
]


@pytest.mark.parametrize(("event", "what", "said"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_a_task_ended(event: dict[str, Any], what: str | None, said: list[str]) -> None:
    stage = Notices()
    stage.log("report/app/abc123", "a line")
    messages = stage.send(event)
    assert [message["Subject"] for message in messages] == ([f"cron job report {what}"] if what else [])
    for words in said:
        assert words in messages[0]["Message"]


def test_output_is_for_the_people_of_the_job_and_failures_are_for_all() -> None:
    stage = Notices()
    stage.log("report/app/abc123", "42 rows")
    [printed] = stage.send(task(*GOOD))
    assert printed["MessageAttributes"]["people"]["StringValue"] == "only"
    [failed] = stage.send(task(box(code=1)))
    assert "people" not in failed["MessageAttributes"]


@pytest.mark.parametrize("known", ["cause", "history"])
def test_the_last_lines_of_a_workflow_are_those_of_the_jobs_own_container(known: str) -> None:
    stage = Notices()
    stage.log("report/app/t2", *[f"line {n}" for n in range(150)])
    stage.log("report/datadog-agent/t2", "a sidecar's")
    stage.log("report/app/t1", "another run's")
    arn = stage.ran("t2", ("datadog-agent", 137), ("app", 3))
    cause = "exit code 3; Essential container in task exited"
    if known == "cause":
        stage.history.clear()
        cause += "\n" + json.dumps({"TaskArn": arn, "Containers": []}, separators=(",", ":"))
    event = workflow("FAILED", error="JobFailed", cause=cause, input='{"slot": "2026-11-22T03:00:00Z"}')
    [message] = stage.send(event)
    lines = message["Message"].splitlines()
    assert lines[-30:] == [f"line {n}" for n in range(120, 150)]
    assert lines[-31] == "Last lines of the log:"
    assert "Slot: 2026-11-22T03:00:00Z" in lines
    assert "Duration: 94 s" in lines
    assert "Container datadog-agent (beside the job): exit status 137" in lines
    assert "/log-events/report$252Fapp$252Ft2" in message["Message"]


ROUTED = {"log_group_name": "/shop/routed", "log_stream_prefix": "from-router/"}
LOGS: list[tuple[str, dict[str, Any], str]] = [
    ("another group of the job", {"LogDriver": "awslogs", "Options": {"awslogs-group": "/own", "awslogs-stream-prefix": "p"}},
     "log-group/$252Fown/log-events/p$252Fapp$252Fabc123"),
    ("a router to CloudWatch", {"LogDriver": "awsfirelens", "Options": {"Name": "cloudwatch_logs", **ROUTED}},
     "log-group/$252Fshop$252Frouted/log-events/from-router$252Fapp-firelens-abc123"),
    ("a router to elsewhere", {"LogDriver": "awsfirelens", "Options": {"Name": "datadog"}},
     "Log: goes by awsfirelens to datadog\n"),
    ("another driver", {"LogDriver": "splunk", "Options": {}}, "Log: goes by splunk\n"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "said"), [row[1:] for row in LOGS], ids=[row[0] for row in LOGS])
def test_the_link_leads_to_where_the_log_goes(config: dict[str, Any], said: str) -> None:
    stage = Notices(logs={"app": config})
    [message] = stage.send(task(box(code=1)))
    assert said in message["Message"]


def test_no_room_for_a_task_is_told_with_its_reason() -> None:
    """``failures[]`` of a 200: Step Functions fails the state as AmazonECS.Unknown, and the job's workflow says so."""
    stage = Notices()
    cause = "Capacity is unavailable at this time. Please try again later"
    [message] = stage.send(workflow("FAILED", error="JobNotStarted", cause=cause))
    assert message["Subject"] == "cron job report did not start"
    assert f"Reason: {cause}\n" in message["Message"]
    assert "Container" not in message["Message"]


def test_an_event_says_where_and_when() -> None:
    stage = Notices()
    stage.ran("abc123", ("app", 3))
    stage.send(workflow("FAILED", error="JobFailed", cause="x", input='{"slot": "2026-11-22T03:00:00Z"}'))
    [event] = stage.others
    found = event["Detail"]
    assert {key: found[key] for key in ("environment", "account", "region", "slot", "duration", "kind")} == {
        "environment": "production",
        "account": "123456789012",
        "region": "ap-northeast-1",
        "slot": "2026-11-22T03:00:00Z",
        "duration": 94,
        "kind": "failed",
    }
    assert found["containers"] == [{"name": "app", "code": 3}]


def test_lines_too_long_to_be_handed_on_are_cut_to_the_last() -> None:
    stage = Notices()
    stage.log("report/app/abc123", *["x" * 20_000] * 30, "the last words")
    [message] = stage.send(task(box(code=1)))
    assert message["Message"].endswith("Last lines of the log:\nthe last words")


def test_the_definition_passes_statelint() -> None:
    assert Linter.validate(NOTIFIER.definition()) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [("03:00:45", "5 s"), ("03:02:39", "119 s"), ("03:02:40", "2 min"), ("04:59:40", "119 min"), ("05:30:40", "2.5 h")],
)
def test_how_long_it_took(end: str, said: str) -> None:
    times = {"startedAt": "2026-11-22T03:00:40.000Z", "stoppedAt": f"2026-11-22T{end}.000Z"}
    [message] = Notices().send(task(box(code=1), **times))
    assert f"Duration: {said}\n" in message["Message"]


def test_a_run_that_a_ceiling_keeps_from_starting_is_told_as_such() -> None:
    stage = Notices()
    cause = "3 runs held lock db, and no more may run at once (lock.runs)\n"
    [message] = stage.send(workflow("FAILED", error="CeilingReached", cause=cause))
    assert message["Subject"] == "cron job report was not started: a ceiling is reached"
    assert f"Reason: {cause}" in message["Message"]
    assert message["MessageAttributes"]["kind"]["StringValue"] == "ceiling"
    assert stage.others[0]["Detail"]["kind"] == "ceiling"
