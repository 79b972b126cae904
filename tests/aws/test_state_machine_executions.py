"""``run`` of a job that is a workflow: it is followed state by state, to its end and its task."""

from __future__ import annotations

import time
from typing import Any

import pytest

from migrate.aws import executions
from migrate.aws.session import Aws, connect
from migrate.errors import UserError
from migrate.settings.model import parse_settings
from tests.aws.sfn_shim import Task
from tests.aws.test_state_machine_runs import LOCKED, Stage, spec, stage
from tests.aws.world import SETTINGS

__all__ = ["stage"]


def _aws() -> Aws:
    return connect(parse_settings(SETTINGS, "x").environments["sandbox"], read_only=False, offline=True)


def _follow(aws: Aws, execution: str, told: list[str]) -> executions.Finished:
    return executions.wait(aws, execution, seconds=3000, tell=told.append, sleep=lambda _: time.sleep(0.02))


@pytest.mark.parametrize(
    ("task", "status", "last", "reason"),
    [
        (Task(), "SUCCEEDED", "Done", ""),
        (Task(exit_code=4), "FAILED", "Failed", "exit code 4; Essential container in task exited"),
        (Task(seconds=999), "FAILED", "Failed", "still running 60 s after its start"),
    ],
)
def test_an_execution_is_followed_to_its_end(stage: Stage, task: Task, status: str, last: str, reason: str) -> None:
    stage.machine.tasks = [task]
    aws, told = _aws(), list[str]()
    execution = executions.start(aws, stage.make(spec(**LOCKED)))
    ended = _follow(aws, execution, told)
    assert (ended.status, ended.succeeded, ended.last_state, ended.reason) == (
        status,
        status == "SUCCEEDED",
        last,
        reason,
    )
    assert told == stage.machine.paths[execution]
    found = executions.submitted(aws, execution)
    assert found is not None
    assert found.task == f"arn:aws:ecs:ap-northeast-1:123456789012:task/cron/{1:032x}"


def test_a_skipped_run_is_seen_as_skipped(stage: Stage) -> None:
    stage.hold("db", 600)
    aws, told = _aws(), list[str]()
    execution = executions.start(aws, stage.make(spec(**LOCKED)))
    ended = _follow(aws, execution, told)
    assert (ended.succeeded, ended.last_state) == (True, "Skipped, the lock is taken")
    assert executions.submitted(aws, execution) is None


def test_waiting_ends_before_the_workflow_does(stage: Stage) -> None:
    aws = _aws()
    gate: list[Any] = []
    stage.machine.before_state = lambda execution, state: not gate and (time.sleep(0.3), True)[1]
    execution = executions.start(aws, stage.make(spec(**LOCKED)))
    with pytest.raises(UserError, match=r"the workflow is at .* after 0 s; it goes on"):
        executions.wait(aws, execution, seconds=0, tell=lambda _: None)
    stage.end(execution)
