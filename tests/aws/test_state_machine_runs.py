"""Workflows executed by moto's Step Functions interpreter, against moto's DynamoDB and SNS, on a simulated clock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

import pytest
from moto import mock_aws
from moto.sns.models import sns_backends

from converters.specs.model import Spec
from converters.workflows.contention import Contender, skips
from converters.workflows.followers import Follower
from converters.workflows.machine import Surroundings, as_text, state_machine
from converters.workflows.times import lease
from tests.aws.sfn_shim import ACCOUNT, REGION, START, Machine, Task, _client, interpreter
from tests.test_state_machine import GUARD, TASK, spec

SLOT = "2026-11-13T14:45:00Z"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/states"


@dataclass
class Stage:
    """An account with the lock table and a topic, and short ways to run jobs in it."""

    machine: Machine
    topic: str
    arns: dict[str, str] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def make(self, job: Spec, *followers: tuple[str, tuple[str, ...]]) -> str:
        found = [Follower(name, self.arn_of(name), leads) for name, leads in followers]
        around = Surroundings("web1", TASK, "locks", topic=self.topic, followers=found)
        answer = _client("stepfunctions").create_state_machine(
            name=job.name, definition=as_text(state_machine(job, around)), roleArn=ROLE
        )
        return str(answer["stateMachineArn"])

    @staticmethod
    def arn_of(job: str) -> str:
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{job}"

    def start(self, machine: str, **given: Any) -> str:
        name = f"e{next(self.names)}"
        answer = _client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        return str(answer["executionArn"])

    def end(self, execution: str) -> dict[str, Any]:
        for _ in range(12_000):
            answer = _client("stepfunctions").describe_execution(executionArn=execution)
            if answer["status"] != "RUNNING":
                return dict(answer)
            time.sleep(0.01)
        raise AssertionError("the execution does not end")

    def run(self, machine: str, **given: Any) -> dict[str, Any]:
        return self.end(self.start(machine, **given))

    def last_state(self, ended: dict[str, Any]) -> str:
        return self.machine.paths[ended["executionArn"]][-1]

    def items(self) -> dict[str, dict[str, Any]]:
        return {item["lock"]["S"]: item for item in _client("dynamodb").scan(TableName="locks")["Items"]}

    def hold(self, lock: str, seconds: int) -> None:
        """Somebody else holds a lock."""
        expires = str(int(self.machine.clock.now) + seconds)
        item = {"lock": {"S": lock}, "owner": {"S": "somebody"}, "expires": {"N": expires}}
        _client("dynamodb").put_item(TableName="locks", Item=item)

    def told(self) -> list[str]:
        return [entry[1] for entry in sns_backends[ACCOUNT][REGION].topics[self.topic].sent_notifications]


def is_free(item: dict[str, Any]) -> bool:
    """Nobody has the lock: no owner, and no reader in the map."""
    return "owner" not in item and not item.get("readers", {}).get("M")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}), interpreter() as machine:
        _client("dynamodb").create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "lock", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lock", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Stage(machine, _client("sns").create_topic(Name="failures")["TopicArn"])


LOCKED = {"lock": "db", "timeout": 60}
SHARED = {"lock": {"name": "db", "shared": True}, "timeout": 60}
both = pytest.mark.parametrize("wishes", [LOCKED, SHARED], ids=["alone", "shared"])


@both
def test_a_free_lock_is_taken_and_given_back(stage: Stage, wishes: dict[str, Any]) -> None:
    ended = stage.run(stage.make(spec(**wishes)), slot=SLOT)
    assert (ended["status"], stage.last_state(ended)) == ("SUCCEEDED", "Done")
    assert len(stage.machine.ran) == 1
    item = stage.items().get("db", {})
    assert is_free(item)
    output = json.loads(ended["output"])
    assert (output["TaskArn"].rpartition("/")[0], output["Containers"]) == (
        f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/cron",
        [{"Name": "app", "ExitCode": 0}],
    )
    assert stage.told() == []


@both
def test_a_held_lock_skips_the_run(stage: Stage, wishes: dict[str, Any]) -> None:
    stage.hold("db", 600)
    ended = stage.run(stage.make(spec(**wishes)), slot=SLOT)
    assert (ended["status"], stage.last_state(ended)) == ("SUCCEEDED", "Skipped, the lock is taken")
    assert stage.machine.ran == []
    assert stage.items()["db"]["owner"]["S"] == "somebody"


@both
def test_an_expired_lease_is_free(stage: Stage, wishes: dict[str, Any]) -> None:
    stage.hold("db", 0)
    ended = stage.run(stage.make(spec(**wishes)))
    assert (ended["status"], len(stage.machine.ran)) == ("SUCCEEDED", 1)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("wait", "held", "begins"),
    [(3, 600, None), (100, 40, 40), ("forever", 700, 700)],
)
def test_waiting_for_a_lock(stage: Stage, shared: bool, wait: Any, held: int, begins: int | None) -> None:
    stage.hold("db", held)
    ended = stage.run(stage.make(spec(lock={"name": "db", "wait": wait, "shared": shared}, timeout=60)))
    assert ended["status"] == "SUCCEEDED"
    if begins is None:
        assert stage.last_state(ended) == "Skipped, the lock stayed taken"
        assert stage.machine.clock.now == pytest.approx(START + wait, abs=1)
        return
    (ran,) = stage.machine.ran
    assert held <= ran.begin - START <= held * 1.03 + 6


@both
def test_a_failure_gives_the_lock_back_and_is_told(stage: Stage, wishes: dict[str, Any]) -> None:
    stage.machine.tasks = [Task(exit_code=3)]
    ended = stage.run(stage.make(spec(**wishes)), slot=SLOT)
    assert (ended["status"], ended["error"]) == ("FAILED", "JobFailed")
    reason, described = ended["cause"].split("\n")
    assert reason == "exit code 3; Essential container in task exited"
    assert json.loads(described)["Containers"][0]["ExitCode"] == 3
    assert is_free(stage.items().get("db", {}))
    (message,) = stage.told()
    assert message.splitlines()[:4] == ["Job: job (web1)", "Outcome: JobFailed", f"Reason: {reason}", f"Slot: {SLOT}"]
    assert ended["executionArn"] in message


def test_a_task_that_never_started_is_told_apart(stage: Stage) -> None:
    stage.machine.tasks = [Task(exit_code=None, stop_code="TaskFailedToStart", reason="CannotPullContainerError: none")]
    ended = stage.run(stage.make(spec(**LOCKED)))
    assert (ended["error"], ended["cause"].partition("\n")[0]) == ("JobNotStarted", "CannotPullContainerError: none")
    assert stage.items() == {}


@both
def test_a_timeout_waits_for_the_end_before_it_gives_the_lock_back(stage: Stage, wishes: dict[str, Any]) -> None:
    released: list[float] = []
    stage.machine.before_state = lambda execution, state: (
        released.append(stage.machine.clock.now) if state == "Release the lock after the failure" else None,
        True,
    )[1]
    stage.machine.tasks = [Task(seconds=10_000)]
    ended = stage.run(stage.make(spec(**wishes)))
    assert (ended["status"], ended["error"]) == ("FAILED", "JobTimedOut")
    (ran,) = stage.machine.ran
    assert ran.stopped
    assert ran.end is not None
    assert ran.end <= released[0] == START + 60 + 120 + 35
    assert is_free(stage.items().get("db", {}))


def test_a_retry_runs_again_under_the_same_lock(stage: Stage) -> None:
    stage.machine.tasks = [Task(seconds=7, exit_code=1), Task(seconds=1000), Task(seconds=7)]
    ended = stage.run(stage.make(spec(lock="db", timeout=60, retry={"attempts": 2, "wait": 100})))
    assert ended["status"] == "SUCCEEDED"
    _, second, third = stage.machine.ran
    assert second.begin == START + 7 + 100
    assert third.begin == second.begin + 180 + 200
    assert stage.machine.paths[ended["executionArn"]].count("Take the lock") == 1


def test_retries_end(stage: Stage) -> None:
    stage.machine.tasks = [Task(exit_code=1)]
    assert stage.run(stage.make(spec(retry={"attempts": 2})))["error"] == "JobFailed"
    assert len(stage.machine.ran) == 3


GREP = Task(exit_code=1)
# success, retry, how the tasks end, and: the ending, how many ran
STATUSES: list[tuple[list[int], dict[str, Any] | None, list[Task], str, int]] = [
    ([0, 1], None, [GREP], "Done", 1),
    ([0, 1], None, [Task()], "Done", 1),
    ([0, 1], None, [Task(exit_code=2)], "JobFailed", 1),
    ([0], None, [GREP], "JobFailed", 1),
    ([0, 24, 25], None, [Task(exit_code=25)], "Done", 1),
    ([0, 143], None, [Task(exit_code=143)], "Done", 1),
    ([0, 1], None, [Task(exit_code=143)], "JobFailed", 1),
    ([0, 1], None, [Task(exit_code=137, reason="OutOfMemoryError")], "JobFailed", 1),
    ([0, 1], None, [Task(exit_code=1, stop_code="SpotInterruption")], "JobFailed", 1),
    ([0, 1], None, [Task(exit_code=None, stop_code="TaskFailedToStart", reason="no image")], "JobNotStarted", 1),
    ([0, 1], None, [Task(error="ECS.ClientException", reason="{ no task }")], "JobNotStarted", 0),
    ([0, 1], {"attempts": 2}, [GREP], "Done", 1),
    ([0, 1], {"attempts": 2}, [Task(exit_code=2)], "JobFailed", 3),
    ([0, 1], {"attempts": 2}, [Task(exit_code=2), Task(seconds=1000), GREP], "Done", 3),
    ([0, 1], {"attempts": 1}, [Task(exit_code=2), Task()], "Done", 2),
    ([0, 1], {"attempts": 1}, [Task(seconds=1000)], "JobTimedOut", 2),
    ([0, 1], {"attempts": 2}, [Task(error="AmazonECS.Unknown", reason="RESOURCE:CPU")], "JobNotStarted", 0),
]


@pytest.mark.parametrize(("success", "retry", "tasks", "ending", "ran"), STATUSES)
def test_a_status_that_is_no_failure(
    stage: Stage, success: list[int], retry: dict[str, Any] | None, tasks: list[Task], ending: str, ran: int
) -> None:
    """What follows is started, the lock is given back, nobody is told and nothing is tried again where it is well."""
    after = stage.make(spec(name="next", after=["job"], success=success))
    stage.machine.tasks = tasks
    wishes = {"lock": "db", "timeout": 60, "success": success} | ({"retry": retry} if retry else {})
    ended = stage.run(stage.make(spec(**wishes), ("next", ("job",))), slot=SLOT)
    well = ending == "Done"
    for one in _client("stepfunctions").list_executions(stateMachineArn=after)["executions"]:
        stage.end(one["executionArn"])
    assert (ended["status"], ended.get("error", "Done")) == ("SUCCEEDED" if well else "FAILED", ending)
    mine = [one for one in stage.machine.ran if one.execution == ended["executionArn"]]
    assert len(mine) == ran
    assert ("Start next" in stage.machine.paths[ended["executionArn"]]) == well
    assert (stage.told() == []) == well
    assert is_free(stage.items().get("db", {}))
    if well:
        output = json.loads(ended["output"])
        assert output["Containers"][0]["ExitCode"] in success
        assert output["TaskArn"]


def test_tries_of_a_job_with_statuses_of_its_own_wait_as_long_as_others_do(stage: Stage) -> None:
    tries = [Task(seconds=7, exit_code=2), Task(seconds=1000), Task(seconds=7, exit_code=1)]
    begun = []
    for success in ([0], [0, 1]):
        stage.machine.tasks, stage.machine.calls, at = tries, 0, stage.machine.clock.now
        stage.run(
            stage.make(spec(name=f"j{len(begun)}", timeout=60, retry={"attempts": 2, "wait": 100}, success=success))
        )
        begun.append([round(ran.begin - at) for ran in stage.machine.ran[-3:]])
    assert begun[0] == begun[1]


def test_no_room_is_tried_again_without_a_retry_of_the_job(stage: Stage) -> None:
    full = Task(error="AmazonECS.Unknown", reason="RESOURCE:MEMORY")
    throttled = Task(error="ECS.ThrottlingException", reason="Rate exceeded")
    stage.machine.tasks = [full, throttled, full, Task()]
    assert stage.run(stage.make(spec(**LOCKED)))["status"] == "SUCCEEDED"
    assert (stage.machine.calls, len(stage.machine.ran)) == (4, 1)
    assert stage.items() == {}


def test_no_room_for_long_is_a_failure(stage: Stage) -> None:
    stage.machine.tasks = [Task(error="AmazonECS.Unknown", reason="RESOURCE:MEMORY")]
    ended = stage.run(stage.make(spec(**LOCKED, retry={"attempts": 3})))
    assert (ended["error"], ended["cause"].partition("\n")[0]) == (
        "JobNotStarted",
        "AmazonECS.Unknown: RESOURCE:MEMORY",
    )
    assert (stage.machine.calls, stage.items()) == (6, {})


def test_the_longest_run_ends_within_its_lease(stage: Stage) -> None:
    """No room at first, then every attempt to its limit, and the stop: the lease still holds when it is given back."""
    job = spec(lock="db", timeout={"seconds": 60, "killAfter": 120}, retry={"attempts": 2, "wait": 30, "backoff": 3})
    left: list[float] = []

    def watch(execution: str, state: str) -> bool:
        if state == "Release the lock after the failure":
            left.append(int(stage.items()["db"]["expires"]["N"]) - stage.machine.clock.now)
        return True

    stage.machine.before_state = watch
    stage.machine.tasks = [*[Task(error="AmazonECS.Unknown")] * 5, Task(seconds=10_000)]
    assert stage.run(stage.make(job))["error"] == "JobTimedOut"
    assert len(stage.machine.ran) == 3
    assert 60 <= left[0] < lease(job)


STATES = ["What is to be done?", "Take the slot", "Take the lock", "Run the task", "Release the lock", "Done"]
FAILING = [*STATES[:4], "Release the lock after the failure", "Tell of the failure", "Failed"]


# The shim ends the interpreter's thread, as StopExecution ends an execution.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("killed_at", range(len(STATES)))
@pytest.mark.parametrize("fails", [False, True])
def test_killed_before_any_state(stage: Stage, fails: bool, killed_at: int) -> None:
    """An execution that is aborted leaves at most a lease: the next run skips until it has ended, and then runs."""
    path = FAILING if fails else STATES
    stage.machine.tasks = [Task(exit_code=1 if fails else 0), Task()]
    job = spec(**LOCKED, once=True)
    machine = stage.make(job)
    doomed = stage.start
    kill_at = path[killed_at]
    seen: list[str] = []

    def kill(execution: str, state: str) -> bool:
        seen.append(execution)
        return not (execution == seen[0] and state == kill_at)

    stage.machine.before_state = kill
    assert stage.end(doomed(machine, slot="2026-11-13T14:45:00Z"))["status"] == "ABORTED"
    held = kill_at in {"Run the task", "Release the lock", "Release the lock after the failure"}
    assert ("db" in stage.items()) is held
    stage.machine.tasks = [Task()]
    next_run = stage.run(machine, slot="2026-11-13T14:46:00Z")
    assert stage.last_state(next_run) == ("Skipped, the lock is taken" if held else "Done")
    stage.machine.clock.now += lease(job)
    after = stage.run(machine, slot="2026-11-13T14:47:00Z")
    assert (after["status"], stage.last_state(after)) == ("SUCCEEDED", "Done")


def test_a_lock_that_was_lost_is_not_given_back(stage: Stage) -> None:
    stage.machine.before_state = lambda execution, state: (
        stage.hold("db", 600) if state == "Release the lock" else None,
        True,
    )[1]
    assert stage.run(stage.make(spec(**LOCKED)))["status"] == "SUCCEEDED"
    assert stage.items()["db"]["owner"]["S"] == "somebody"


def test_a_table_that_does_not_answer_fails_the_run(stage: Stage) -> None:
    machine = stage.make(spec(**LOCKED))
    _client("dynamodb").delete_table(TableName="locks")
    ended = stage.run(machine)
    assert (ended["error"], stage.machine.ran) == ("LockUnavailable", [])
    assert "The lock table did not answer: DynamoDB.ResourceNotFoundException" in ended["cause"]


def test_a_slot_runs_once(stage: Stage) -> None:
    machine = stage.make(spec(once=True))
    first, second = stage.run(machine, slot=SLOT), stage.run(machine, slot=SLOT)
    assert (stage.last_state(first), stage.last_state(second)) == ("Done", "Skipped, this start came twice")
    assert second["status"] == "SUCCEEDED"
    assert stage.last_state(stage.run(machine)) == stage.last_state(stage.run(machine)) == "Done"  # by hand
    assert len(stage.machine.ran) == 3


def test_a_guard_skips_dates_and_tells_the_task_its_slot(stage: Stage) -> None:
    machine = stage.make(spec(**LOCKED, schedule={"guard": GUARD}))
    skipped = stage.run(machine, slot="2026-11-14T14:45:00Z", dates="dom")
    assert stage.last_state(skipped) == "Skipped, no date of the schedule"
    # 23:45 on the 12th in UTC is the 13th in the schedule's own time, nine hours ahead.
    assert stage.last_state(stage.run(machine, slot="2026-11-12T23:45:00Z", dates="dom")) == "Done"
    (ran,) = stage.machine.ran
    assert ran.arguments["Overrides"]["ContainerOverrides"] == [
        {
            "Name": "app",
            "Environment": [
                {"Name": "CRON2FARGATE_SLOT", "Value": "2026-11-12T23:45:00Z"},
                {"Name": "CRON2FARGATE_DATES", "Value": "dom"},
            ],
        }
    ]


def test_a_shadow_runs_nothing_and_takes_nothing(stage: Stage) -> None:
    machine = stage.make(spec(**LOCKED, once=True), ("b", ("job",)))
    ended = stage.run(machine, shadow=True)
    assert (ended["status"], stage.last_state(ended), stage.items()) == ("SUCCEEDED", "The shadow has run", {})
    (ran,) = stage.machine.ran
    assert ran.arguments["Overrides"]["ContainerOverrides"] == [
        {"Name": "app", "Command": ["/bin/sh", "-c", "echo cron2fargate shadow"]}
    ]


def _job(name: str, **wishes: Any) -> Spec:
    return spec(name=name, **wishes)


def _executions(stage: Stage, job: str) -> list[dict[str, Any]]:
    found = _client("stepfunctions").list_executions(stateMachineArn=stage.arn_of(job))["executions"]
    return [stage.end(item["executionArn"]) for item in found]


def test_a_success_starts_what_runs_after(stage: Stage) -> None:
    stage.make(_job("b", after=["a"], once=True), ("c", ("b",)))
    stage.make(_job("c", after=["b"]))
    machine = stage.make(_job("a"), ("b", ("a",)))
    assert stage.run(machine, slot=SLOT)["status"] == "SUCCEEDED"
    (b,) = _executions(stage, "b")
    (c,) = _executions(stage, "c")
    assert (b["status"], c["status"]) == ("SUCCEEDED", "SUCCEEDED")
    given = json.loads(c["input"])
    assert (given["slot"], given["after"], given["round"]) == (SLOT, "b", "2026-11-13T14:45Z")
    assert "slot#b#2026-11-13T14:45Z" in stage.items()
    assert [ran.execution.split(":")[6] for ran in stage.machine.ran] == ["a", "b", "c"]


@pytest.mark.parametrize("why", ["failed", "skipped"])
def test_what_did_not_succeed_starts_nothing(stage: Stage, why: str) -> None:
    stage.make(_job("b", after=["a"]))
    machine = stage.make(_job("a", **LOCKED), ("b", ("a",)))
    if why == "failed":
        stage.machine.tasks = [Task(exit_code=1)]
    else:
        stage.hold("db", 600)
    stage.run(machine, slot=SLOT)
    assert _executions(stage, "b") == []


def test_a_job_after_two_waits_for_both_in_each_round(stage: Stage) -> None:
    stage.make(_job("d", after=["b", "c"]))
    b = stage.make(_job("b"), ("d", ("b", "c")))
    c = stage.make(_job("c"), ("d", ("b", "c")))
    other = "2026-11-14T14:45:00Z"
    stage.run(b, slot=SLOT)
    stage.run(b, slot=SLOT)  # delivered twice
    stage.run(c, slot=other)
    assert _executions(stage, "d") == []
    stage.run(c, slot=SLOT)
    stage.run(c, slot=SLOT)
    (d,) = _executions(stage, "d")
    assert json.loads(d["input"])["round"] == "2026-11-13T14:45Z"
    stage.run(b, slot=other)
    assert len(_executions(stage, "d")) == 2


def test_both_at_once_start_the_third_once(stage: Stage) -> None:
    stage.make(_job("d", after=["b", "c"]))
    b = stage.make(_job("b"), ("d", ("b", "c")))
    c = stage.make(_job("c"), ("d", ("b", "c")))
    for minute in range(10, 15):
        slot = f"2026-11-13T14:{minute}:00Z"
        stage.machine.clock.enter()  # both are there before time goes on
        going = [stage.start(b, slot=slot), stage.start(c, slot=slot)]
        stage.machine.clock.leave()
        assert {stage.end(one)["status"] for one in going} == {"SUCCEEDED"}
    assert len(_executions(stage, "d")) == 5


def test_a_job_that_cannot_be_started_is_a_failure(stage: Stage) -> None:
    ended = stage.run(stage.make(_job("a", **LOCKED), ("gone", ("a",))))
    assert (ended["status"], ended["error"], stage.items()) == ("FAILED", "FollowerNotStarted", {})
    assert ended["cause"].startswith("gone was not started: StepFunctions.StateMachineDoesNotExist")


@pytest.mark.parametrize("kinds", [(False, False), (False, True), (True, True)], ids=str)
@pytest.mark.parametrize("wait", [0, "forever"])
def test_two_at_once_never_hold_the_lock_together(stage: Stage, kinds: tuple[bool, bool], wait: Any) -> None:
    """Two jobs with one lock start in the same instant, four times; only readers run beside each other."""
    stage.machine.tasks = [Task(seconds=30)]
    locks = [{"name": "db", "wait": wait, "shared": shared} for shared in kinds]
    machines = [stage.make(_job(f"j{n}", lock=lock, timeout=60)) for n, lock in enumerate(locks)]
    for _ in range(4):
        stage.machine.ran.clear()
        stage.machine.clock.enter()
        going = [stage.start(machine) for machine in machines]
        stage.machine.clock.leave()
        assert {stage.end(one)["status"] for one in going} == {"SUCCEEDED"}
        spans = sorted((ran.begin, ran.end) for ran in stage.machine.ran)
        assert len(spans) == (2 if all(kinds) or wait else 1)
        if not all(kinds):
            assert all(one[1] <= later[0] for one, later in pairwise(spans))
        assert is_free(stage.items().get("db", {}))


@pytest.mark.parametrize(
    ("runs", "wait", "expected"), [(2, 0, 2), (3, 0, 3), (4, 10, 4), (2, "forever", 5), (3, 60, 5)]
)
def test_at_most_so_many_run_at_once(stage: Stage, runs: int, wait: Any, expected: int) -> None:
    """Five starts in one instant, twice: never more than ``runs`` tasks beside each other, and who is refused is told."""
    stage.machine.tasks = [Task(seconds=30)]
    machine = stage.make(_job("j", lock={"name": "db", "wait": wait, "runs": runs}, timeout=60))
    for number in (1, 2):
        stage.machine.ran.clear()
        stage.machine.clock.enter()
        going = [stage.start(machine, slot=SLOT) for _ in range(5)]
        stage.machine.clock.leave()
        ended = [stage.end(one) for one in going]
        spans = [(ran.begin, ran.end) for ran in stage.machine.ran]
        assert len(spans) == expected
        assert max(sum(begin <= at < end for begin, end in spans) for at, _ in spans) == min(runs, expected)
        refused = [one for one in ended if one["status"] == "FAILED"]
        assert len(refused) == 5 - expected
        assert {one["error"] for one in refused} <= {"CeilingReached"}
        assert all(one["cause"].startswith(f"{runs} runs held lock db") for one in refused)
        assert len(stage.told()) == number * len(refused)
        assert is_free(stage.items().get("db", {}))
    assert all("Outcome: CeilingReached" in text for text in stage.told())


def test_a_place_whose_holder_died_is_taken_when_its_lease_has_ended(stage: Stage) -> None:
    clock = int(stage.machine.clock.now)
    leases = {"dead": clock + 100, "alive": clock + 900}
    item = {
        "lock": {"S": "db"}, "expires": {"N": str(clock + 900)},
        "readers": {"M": {name: {"N": str(end)} for name, end in leases.items()}},
    }  # fmt: skip
    _client("dynamodb").put_item(TableName="locks", Item=item)
    machine = stage.make(_job("j", lock={"name": "db", "runs": 2}, timeout=60))
    assert stage.run(machine)["error"] == "CeilingReached"
    stage.machine.clock.now += 101
    ended = stage.run(machine)
    assert "Take the place of an ended lease" in stage.machine.paths[ended["executionArn"]]
    assert (ended["status"], set(stage.items()["db"]["readers"]["M"])) == ("SUCCEEDED", {"alive"})


def _eight_starts(stage: Stage, machine: str) -> list[dict[str, Any]]:
    """Eight starts, a minute apart, and how each of them ended."""
    going = []
    stage.machine.clock.enter()
    for _ in range(8):
        going.append(stage.start(machine))
        stage.machine.clock.sleep(60)
    stage.machine.clock.leave()
    return [stage.end(one) for one in going]


@pytest.mark.parametrize(("runs", "started"), [(1, 3), (2, 6), (3, 8)])
def test_what_a_ceiling_keeps_out_is_counted_before(stage: Stage, runs: int, started: int) -> None:
    """Eight starts, a minute apart, of runs that take 150 s with the start of their task."""
    stage.machine.tasks = [Task(seconds=149)]
    machine = stage.make(_job("j", lock={"name": "j", "runs": runs}, timeout=300))
    _eight_starts(stage, machine)
    one = Contender("j", range(8), range(8), seconds=89, start_seconds=60, runs=runs)
    assert len(stage.machine.ran) == started == 8 - skips([one])["j"].after


@pytest.mark.parametrize(("run", "wait", "started"), [(50, 10, 4), (50, 0, 4), (50, 60, 5), (0, 10, 8)])
def test_a_lock_is_held_while_the_task_starts(stage: Stage, run: int, wait: int, started: int) -> None:
    """Eight starts, a minute apart; a task needs 60 s to start. The pure simulation counts what the workflow itself does."""
    stage.machine.tasks = [Task(seconds=60 + run - (run == 0))]
    machine = stage.make(_job("hoge", lock={"name": "hoge", "wait": wait}, timeout=300))
    ended = _eight_starts(stage, machine)
    assert {one["status"] for one in ended} == {"SUCCEEDED"}  # a skipped run is no failure: nobody hears of it
    one = Contender("hoge", range(8), range(8), wait, seconds=run - (run == 0))
    assert len(stage.machine.ran) == started == 8 - skips([one])["hoge"].after
