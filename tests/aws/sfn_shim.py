"""moto's Step Functions interpreter, bridged where it is not yet AWS, with a clock of its own.

What moto lacks is filled in from facts 5.1: JSONata, the casing and the outcome of ``ecs:runTask.sync`` (an exit code
other than 0 fails it, ``failures`` are ``AmazonECS.Unknown``, a timeout stops the task). Time is simulated: nothing sleeps,
and the clock moves on when every execution waits. DynamoDB's writes are made atomic, as they are on AWS.
"""

from __future__ import annotations

import datetime
import heapq
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any

import jsonata
import pytest
from botocore.validate import ParamValidator
from moto.dynamodb.models import DynamoDBBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_dynamodb,
    state_task_service_ecs,
    state_task_service_sfn,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states as states_module
from moto.stepfunctions.parser.asl.eval import variable_store as variable_store_module
from moto.stepfunctions.parser.asl.jsonata import jsonata as jsonata_module
from moto.stepfunctions.parser.backend import execution as execution_module

START = 1_800_000_000  # 2027-01-15T08:00:00Z
ACCOUNT, REGION = "123456789012", "ap-northeast-1"


class Clock:
    """Seconds since 1970 that pass only while everybody who takes part sleeps."""

    def __init__(self) -> None:
        self.now = float(START)
        self._mutex = threading.RLock()
        self._busy = 0
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = count()

    def enter(self) -> None:
        with self._mutex:
            self._busy += 1

    def leave(self) -> None:
        with self._mutex:
            self._busy -= 1
            self._pass_time()

    def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        awake = threading.Event()
        with self._mutex:
            heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), awake))
            self._busy -= 1
            self._pass_time()
        assert awake.wait(120), "the simulated clock stands still"

    def _pass_time(self) -> None:
        if self._busy or not self._sleepers:
            return
        self.now = max(self.now, self._sleepers[0][0])
        while self._sleepers and self._sleepers[0][0] <= self.now:
            self._busy += 1
            heapq.heappop(self._sleepers)[2].set()

    def iso(self) -> str:
        return datetime.datetime.fromtimestamp(self.now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Task:
    """What becomes of one RunTask: it runs ``seconds`` and ends with ``exit_code``, or fails with ``error`` at once."""

    seconds: float = 10
    exit_code: int | None = 0
    stop_code: str = "EssentialContainerExited"
    reason: str = "Essential container in task exited"
    error: str | None = None


@dataclass
class Ran:
    """A task that was started: when, by which execution, until when, and whether it was told to stop."""

    execution: str
    begin: float
    arguments: dict[str, Any]
    end: float | None = None
    stopped: bool = False


@dataclass
class Machine:
    """The bridged interpreter: ``tasks`` says what each RunTask will do (the last one again and again)."""

    clock: Clock = field(default_factory=Clock)
    tasks: list[Task] = field(default_factory=lambda: [Task()])
    ran: list[Ran] = field(default_factory=list)
    paths: dict[str, list[str]] = field(default_factory=dict)
    before_state: Callable[[str, str], bool] = lambda execution, state: True
    after_write: Callable[[], None] = lambda: None
    calls: int = 0
    mutex: threading.RLock = field(default_factory=threading.RLock)

    def task(self, execution: str) -> Task:
        with self.mutex:
            found = self.tasks[min(self.calls, len(self.tasks) - 1)]
            self.calls += 1
            return found


@contextmanager
def interpreter() -> Iterator[Machine]:
    """Bridges moto while it lasts, inside a ``mock_aws`` that executes state machines."""
    machine = Machine()
    with pytest.MonkeyPatch.context() as patch:
        _bridge_jsonata(patch, machine)
        _bridge_time(patch, machine)
        _bridge_ecs(patch, machine)
        _bridge_clients(patch)
        _bridge_dynamodb(patch, machine)
        yield machine


def evaluate(expression: str, now: float) -> Any:
    """JSONata at a moment of the simulated clock."""
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    text = expression.replace("$millis()", str(int(now * 1000))).replace("$now()", f'"{moment}"')
    parsed = jsonata.Jsonata.jsonata(text)
    parsed.register_lambda("parse", json.loads)  # Step Functions' own beside JSONata's functions
    return parsed.evaluate(None)


def _bridge_jsonata(patch: pytest.MonkeyPatch, machine: Machine) -> None:
    def run(expression: str) -> Any:
        return evaluate(expression, machine.clock.now)

    def declare(bindings: dict[str, Any]) -> str:
        # moto writes strings without escaping them.
        return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())

    patch.setattr(jsonata_module, "_eval_jsonata", run)
    patch.setattr(jsonata_module, "encode_jsonata_variable_declarations", declare)
    patch.setattr(states_module, "encode_jsonata_variable_declarations", declare)
    patch.setattr(variable_store_module, "encode_jsonata_variable_declarations", declare)


def _bridge_time(patch: pytest.MonkeyPatch, machine: Machine) -> None:
    clock = machine.clock
    patch.setattr(WaitFunction, "_wait_interval", lambda self, env, wait_seconds: clock.sleep(wait_seconds))
    patch.setattr(retrier_decl, "time", SimpleNamespace(sleep=clock.sleep))
    details, start = execution_module.Execution.get_start_execution_details, execution_module.Execution.start
    terminated = execution_module.BaseExecutionWorkerCommunication.terminated
    evaluate_state = CommonStateField._eval_body

    def in_our_time(self: Any) -> Any:
        found = details(self)
        found.start_time = clock.iso()
        return found

    def enter(self: Any) -> None:
        clock.enter()
        start(self)

    def leave(self: Any) -> None:
        terminated(self)
        clock.leave()

    def watched(self: Any, env: Any) -> None:
        execution = env.states.context_object.context_object_data["Execution"]["Id"]
        machine.paths.setdefault(execution, []).append(self.name)
        if not machine.before_state(execution, self.name):
            env.set_stop(stop_date=None, cause="killed", error="Killed")
            raise SystemExit  # ends the interpreter's thread, as StopExecution ends an execution: no Catch runs
        evaluate_state(self, env)

    patch.setattr(execution_module.Execution, "get_start_execution_details", in_our_time)
    patch.setattr(execution_module.Execution, "start", enter)
    patch.setattr(execution_module.BaseExecutionWorkerCommunication, "terminated", leave)
    patch.setattr(CommonStateField, "_eval_body", watched)


def _bridge_ecs(patch: pytest.MonkeyPatch, machine: Machine) -> None:
    service = state_task_service_ecs.StateTaskServiceEcs
    current = threading.local()

    def submit(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        execution = env.states.context_object.context_object_data["Execution"]["Id"]
        _check_run_task(self, normalised_parameters)
        task = machine.task(execution)
        if task.error:
            _fail(env, task.error, f"{task.error}: {task.reason}")
        ran = Ran(execution, machine.clock.now, normalised_parameters)
        machine.ran.append(ran)
        current.task, current.ran = task, ran
        env.stack.append({"Tasks": [{"TaskArn": _arn(len(machine.ran))}], "Failures": []})

    def until_stopped(self: Any, env: Any, **_: Any) -> None:
        env.stack.pop()
        task, ran = current.task, current.ran
        self.timeout.eval(env=env)
        limit = env.stack.pop()
        if task.seconds > limit:
            machine.clock.sleep(limit)
            ran.stopped = True
            ran.end = machine.clock.now + 30  # SIGTERM, and SIGKILL after stopTimeout
            raise EvalTimeoutError
        machine.clock.sleep(task.seconds)
        ran.end = machine.clock.now
        described = _described(task, machine.ran.index(ran) + 1)
        if task.exit_code != 0:
            _fail(env, "States.TaskFailed", json.dumps(described, separators=(",", ":")))
        env.stack.append(described)

    patch.setattr(service, "_eval_service_task", submit)
    patch.setattr(service, "_eval_integration_pattern", until_stopped)


def _check_run_task(service: Any, parameters: dict[str, Any]) -> None:
    """Unknown, missing or wrongly typed arguments of RunTask, as botocore would find them; moto looks at none."""
    import copy

    shape = _client("ecs").meta.service_model.operation_model("RunTask").input_shape
    sent = copy.deepcopy(parameters)
    service._to_boto_request(sent, shape)
    assert all(key[0].islower() for key in sent), f"RunTask does not know {sorted(sent)}"
    report = ParamValidator().validate(sent, shape)
    assert not report.has_errors(), report.generate_report()


def _arn(number: int) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/cron/{number:032x}"


def _described(task: Task, number: int) -> dict[str, Any]:
    """The part of a recorded answer that a definition may look at."""
    container: dict[str, Any] = {"Name": "app", "LastStatus": "STOPPED"}
    if task.exit_code is not None:
        container["ExitCode"] = task.exit_code
    return {
        "TaskArn": _arn(number),
        "LastStatus": "STOPPED",
        "StopCode": task.stop_code,
        "StoppedReason": task.reason,
        "Containers": [container],
    }


def _fail(env: Any, error: str, cause: str) -> None:
    from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
        FailureEvent,
        FailureEventException,
    )
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    name = (
        StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
        if error == "States.TaskFailed"
        else CustomErrorName(error)
    )
    details = EventDetails(
        taskFailedEventDetails=TaskFailedEventDetails(
            error=error, cause=cause, resource="runTask.sync", resourceType="ecs"
        )
    )
    raise FailureEventException(
        failure_event=FailureEvent(
            env=env, error_name=name, event_type=HistoryEventType.TaskFailed, event_details=details
        )
    )


@cache
def _client(service: str) -> Any:
    import boto3

    return boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


def _bridge_clients(patch: pytest.MonkeyPatch) -> None:
    """moto makes a client for every single call, and gives ``startExecution`` its arguments in the wrong case."""
    service = state_task_service_sfn.StateTaskServiceSfn
    normalise = service._normalise_parameters

    def lower(self: Any, parameters: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        normalise(self, parameters, *args, **kwargs)
        for name in list(parameters):
            parameters[name[0].lower() + name[1:]] = parameters.pop(name)

    patch.setattr(service, "_normalise_parameters", lower)
    for module in (state_task_service_dynamodb, state_task_service_sfn, state_task_service_sns):
        patch.setattr(module, "boto_client_for", lambda service, **_: _client(service))


def _bridge_dynamodb(patch: pytest.MonkeyPatch, machine: Machine) -> None:
    atomic = threading.RLock()
    for name in ("put_item", "update_item", "delete_item", "get_item"):
        real = getattr(DynamoDBBackend, name)

        def alone(self: Any, *args: Any, _real: Any = real, **kwargs: Any) -> Any:
            with atomic:
                answer = _real(self, *args, **kwargs)
            machine.after_write()
            return answer

        patch.setattr(DynamoDBBackend, name, alone)
