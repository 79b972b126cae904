"""How plans are written: in parallel, within AWS's rates, in order where it matters; and what is said when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from converters.specs.model import Spec
from migrate.aws.apply import apply_plans
from migrate.aws.errors import aws_errors, denied
from migrate.aws.plan import JobPlan
from migrate.aws.rates import BUCKET_OF, LIMITS, Bucket, Rates
from migrate.aws.session import READ_CALLS, connect
from migrate.aws.settling import SECONDS, TRIES
from migrate.aws.steps import Made, Step
from migrate.errors import UserError
from migrate.settings.model import Environment
from tests.aws.world import World, spec


class Clock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


# --- rates -----------------------------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_at_once_and_then_one_a_second() -> None:
    clock = Clock()
    bucket = Bucket(20, 1, clock, clock.sleep)
    assert [bucket.take() for _ in range(20)] == [0] * 20
    assert [bucket.take() for _ in range(3)] == [1, 1, 1]
    clock.now += 1000
    assert [bucket.take() for _ in range(20)] == [0] * 20  # never more than the burst
    assert bucket.take() == 1


def test_many_that_wait_at_once_get_a_second_each() -> None:
    clock = Clock()
    bucket = Bucket(1, 1, clock, lambda _: None)  # nobody's sleep moves the clock: all ask in the same moment
    assert [bucket.take() for _ in range(4)] == [0, 1, 2, 3]


def test_every_limited_call_has_a_limit() -> None:
    assert set(BUCKET_OF.values()) == set(LIMITS)
    assert LIMITS[BUCKET_OF["ecs", "RegisterTaskDefinition"]] == (20, 1)
    assert BUCKET_OF["ecs", "DeregisterTaskDefinition"] == BUCKET_OF["ecs", "RegisterTaskDefinition"]


def test_a_client_waits_for_its_tokens(world: World) -> None:
    clock = Clock()
    ecs = boto3.client("ecs", region_name="ap-northeast-1")
    Rates(clock, clock.sleep).watch(ecs)
    for number in range(23):
        ecs.register_task_definition(
            family=f"f{number}", containerDefinitions=[{"name": "a", "image": "x", "memory": 8}]
        )
        ecs.describe_clusters()
    assert clock.slept == [1, 1, 1]


def test_state_machines_are_made_one_a_second_after_the_first_hundred(world: World) -> None:
    clock = Clock()
    states = boto3.client("stepfunctions", region_name="ap-northeast-1")
    Rates(clock, clock.sleep).watch(states)
    for number in range(102):
        states.delete_state_machine(
            stateMachineArn=f"arn:aws:states:ap-northeast-1:123456789012:stateMachine:cron2fargate-x{number}"
        )
    assert clock.slept == [1, 1]


# --- in parallel -----------------------------------------------------------------------------------------------------


def job(name: str, *writes: Callable[[Any, Made], None], after: list[str] | None = None) -> JobPlan:
    base: Spec = spec(name)
    steps = [Step("rule", f"{name}/{number}", "add", write=write) for number, write in enumerate(writes)]
    made = base.model_copy(update={"after": after or []})
    return JobPlan(made, f"{name}.yml", "rule", "changes", steps)


@pytest.fixture
def aws(world: World) -> Any:
    """Clients that pass for real ones, so that several workers are used; the steps of these tests call nothing."""
    return replace(world.connect(read_only=False), offline=False)


def test_jobs_are_written_at_the_same_time(aws: Any) -> None:
    meeting = threading.Barrier(4, timeout=60)
    done: list[str] = []
    plans = [job(f"j{n}", lambda *_: meeting.wait() and None) for n in range(4)]
    assert apply_plans(aws, plans, lambda plan, step: done.append(step.name), workers=4) == 4
    assert sorted(done) == ["j0/0", "j1/0", "j2/0", "j3/0"]


def test_the_steps_of_a_job_and_the_jobs_of_a_workflow_keep_their_order(aws: Any) -> None:
    done: list[str] = []

    def nothing(aws: Any, made: Made) -> None:
        """Writes nothing."""

    plans = [
        job("c", nothing, nothing, after=["b"]),
        job("b", nothing, nothing, after=["a"]),
        job("x", nothing),
        job("a", nothing, nothing),
    ]
    apply_plans(aws, plans, lambda plan, step: done.append(step.name), workers=8)
    assert [name for name in done if not name.startswith("x")] == ["c/0", "c/1", "b/0", "b/1", "a/0", "a/1"]


def test_what_one_step_made_is_there_for_the_next(aws: Any) -> None:
    seen: list[str] = []

    def make(aws: Any, made: Made) -> None:
        made.task_definition = "arn:made"

    apply_plans(aws, [job("a", make, lambda aws, made: seen.append(made.task_definition))], lambda plan, step: None)
    assert seen == ["arn:made"]


def refuse(message: str, code: str = "ValidationException") -> Callable[..., None]:
    def write(*_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "PutRule")

    return write


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_job_that_fails_stops_no_other(aws: Any, workers: int) -> None:
    done: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: done.append(name)

    plans = [job("bad", note("bad"), refuse("no"), note("bad, after it")), job("worse", refuse("nothing"))]
    plans += [job(f"late{n}", note("late"), note("late")) for n in range(20)]
    # What would name the machine of a job that is not there is left, too.
    plans += [job("follower", refuse("not it"), after=["lead"]), job("lead", note("lead"))]
    with pytest.raises(UserError) as caught:
        apply_plans(aws, plans, lambda plan, step: None, workers=workers)
    assert sorted(done) == ["bad", *["late"] * 40]
    said, _, last = str(caught.value).rpartition("; ")
    assert sorted(said.split("\n")) == [
        "bad: rule bad/1: AWS refused PutRule: no",
        "follower: rule follower/0: AWS refused PutRule: not it",
        "worse: rule worse/0: AWS refused PutRule: nothing",
    ]
    assert last == "the other jobs are written (41 changes), register again to go on"


def test_two_thousand_jobs_that_lack_one_right_are_told_in_a_few_lines(aws: Any) -> None:
    with pytest.raises(UserError) as caught:
        apply_plans(aws, [job(f"j{n}", refuse("no")) for n in range(2_000)], lambda plan, step: None)
    assert len(str(caught.value).splitlines()) == 11
    assert "and 1990 more jobs" in str(caught.value)


FOR_ALL = [
    ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "no"}}, "PutRule"),
    ClientError({"Error": {"Code": "UnrecognizedClientException", "Message": "no"}}, "PutRule"),
    ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "PutRule"),
    EndpointConnectionError(endpoint_url="https://events.example.com"),
    NoCredentialsError(),
]


@pytest.mark.parametrize("error", FOR_ALL, ids=lambda error: type(error).__name__)
def test_what_holds_for_every_call_ends_the_run(aws: Any, error: Exception) -> None:
    begun = threading.Event()
    failed = threading.Event()
    later: list[str] = []

    def slow(*_: Any) -> None:
        begun.set()
        assert failed.wait(60)

    def fail(*_: Any) -> None:
        assert begun.wait(60)
        raise error

    plans = [job("slow", slow, lambda *_: later.append("second step")), job("bad", fail)]
    plans += [job(f"late{n}", lambda *_: later.append("late")) for n in range(20)]
    # The first two hold both workers; what comes after them begins, if at all, once one has failed.
    watcher = threading.Thread(target=lambda: (begun.wait(60), threading.Event().wait(0.2), failed.set()))
    watcher.start()
    with pytest.raises(UserError, match=r"(?s)bad: rule bad/0: .*; stopped.*register again to go on"):
        apply_plans(aws, plans, lambda plan, step: None, workers=2)
    watcher.join()
    assert later == []


def test_ctrl_c_lets_nothing_new_begin(aws: Any) -> None:
    later: list[str] = []

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plans(
            aws, [job("a", interrupt), job("b", lambda *_: later.append("b"))], lambda plan, step: None, workers=1
        )
    assert later == []


SETTLING = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the role"
)


NOT_SEEN = [
    ("AccessDeniedException", "'arn:aws:iam::123456789012:role/r' is not authorized to create managed-rule."),
    ("AccessDeniedException", SETTLING),
    ("AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination"),
    ("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
    (
        "InvalidParameterException",
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
    ),
]


@pytest.mark.parametrize(("code", "message"), NOT_SEEN)
def test_each_services_sentence_for_a_role_that_it_does_not_see_is_waited_for(
    aws: Any, code: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tries, clock = [0], Clock()

    def write(*_: Any) -> None:
        tries[0] += 1
        if tries[0] < 4:
            raise ClientError({"Error": {"Code": code, "Message": message}}, "CreateStateMachine")

    assert apply_plans(aws, [job("a", write)], lambda *_: None, fresh_roles=True, sleep=clock.sleep) == 1
    assert clock.slept == [SECONDS] * 3
    assert capsys.readouterr().err.count("trying again") == 1
    assert TRIES * SECONDS == 120


def test_a_role_that_may_not_make_the_managed_rule_is_named_and_not_the_user(aws: Any) -> None:
    code, message = NOT_SEEN[0]

    def write(*_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "CreateStateMachine")

    with pytest.raises(UserError, match=r"the role arn:aws:iam::123456789012:role/r may not make the rule") as caught:
        apply_plans(aws, [job("a", write)], lambda *_: None)
    assert "these credentials" not in str(caught.value)


def test_a_role_made_a_moment_ago_is_waited_for(aws: Any) -> None:
    tries, clock = [0], Clock()

    def write(*_: Any) -> None:
        tries[0] += 1
        if tries[0] < 3:
            refuse(SETTLING)()

    assert apply_plans(aws, [job("a", write)], lambda *_: None, fresh_roles=True, sleep=clock.sleep) == 1
    assert clock.slept == [SECONDS] * 2
    for how, slept in (({"fresh_roles": True}, TRIES - 1), ({}, 0)):
        clock.slept.clear()
        with pytest.raises(UserError, match="assume the role"):
            apply_plans(aws, [job("a", refuse(SETTLING))], lambda *_: None, sleep=clock.sleep, **how)
        assert len(clock.slept) == slept
    with pytest.raises(UserError, match="something else"):
        apply_plans(aws, [job("a", refuse("something else"))], lambda *_: None, fresh_roles=True, sleep=clock.sleep)
    assert len(clock.slept) == 0


# --- who only updates ------------------------------------------------------------------------------------------------

CREATES = {
    ("logs", "CreateLogGroup"),
    ("scheduler", "CreateSchedule"),
    ("scheduler", "CreateScheduleGroup"),
    ("stepfunctions", "CreateStateMachine"),
    ("dynamodb", "CreateTable"),
    ("ecs", "CreateService"),
}


class Updater:
    """An identity that may update and not create: AWS refuses every creating call, and PutRule for a rule that is new."""

    def __init__(self, world: World) -> None:
        self.rules = {rule["Name"] for rule in world.client("events").list_rules()["Rules"]}
        self.executed: list[str] = []

    def refuse(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        call = (model.service_model.service_name, model.name)
        new_rule = call == ("events", "PutRule") and not any(
            f'"Name": "{name}"' in str(params["body"]) for name in self.rules
        )
        if call in CREATES or new_rule:
            body = {
                "Code": "AccessDeniedException",
                "Message": "User is not authorized",
                "Permission": f"{call[0]}:{call[1]}",
            }
            raise ClientError({"Error": body}, call[1])
        if call not in READ_CALLS:
            self.executed.append(call[1])


@pytest.fixture
def updater(world: World) -> Any:
    """A function that registers as such an identity; returns the writes that AWS carried out."""
    services = ("ecs", "events", "logs", "scheduler", "stepfunctions", "dynamodb")
    clients = [world.connect(read_only=False).client(name) for name in services]

    def register(*specs: Spec, create: bool = False) -> list[str]:
        who = Updater(world)
        for client in clients:
            client.meta.events.register("before-call", who.refuse, unique_id="updater")
        try:
            world.register(*specs, create=create)
        finally:
            for client in clients:
                client.meta.events.unregister("before-call", unique_id="updater")
        return who.executed

    return register


def test_who_only_updates_can_update(world: World, updater: Any) -> None:
    world.register(spec(), create=True)
    changed = spec(expression="rate(2 days)", container={"image": "example/app:2"})
    assert updater(changed) == ["RegisterTaskDefinition", "PutTargets", "PutRule", "TagResource"]
    assert world.rule("job").expression == "rate(2 days)"


@pytest.mark.parametrize(
    "wanted", [spec("new"), spec("new", schedule={"timezone": "Asia/Tokyo"}), spec("new", timeout=600, lock="l")]
)
def test_who_only_updates_creates_nothing(world: World, updater: Any, wanted: Spec) -> None:
    before = world.state()
    assert updater(wanted) == []  # left out as not there: no call at all
    assert world.state() == before
    with pytest.raises(
        UserError, match=r"new: log group /cron2fargate/new: access denied: .* lack logs:CreateLogGroup"
    ):
        updater(wanted, create=True)
    assert world.state() == before


def test_the_permission_is_named_whoever_says_it() -> None:
    said = "User: arn:x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r because no"
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": said}}, "RegisterTaskDefinition")
    assert denied(error).startswith("these credentials lack iam:PassRole on arn:aws:iam::1:role/r")


def test_a_refusal_without_words_is_named_after_the_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As EC2 and Step Functions do it: the code, and no name of a permission in the message."""
    from botocore.awsrequest import AWSResponse

    class Raw:
        def __init__(self, content: bytes) -> None:
            self.content = content

        def stream(self, *_: Any, **__: Any) -> Any:
            yield self.content

    aws = replace(world.connect(read_only=True), offline=True, _clients={})
    states = aws.client("stepfunctions")

    def answer(request: Any, **_: Any) -> Any:
        body = b'{"__type": "AccessDeniedException", "message": "no"}'
        return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.0"}, Raw(body))

    states.meta.events.register_first("before-send", answer)
    with pytest.raises(UserError, match="these credentials lack states:ListStateMachines; ask for it"), aws_errors():
        states.list_state_machines()


# --- another account -------------------------------------------------------------------------------------------------


def test_assume_role_works_in_the_account_of_the_role(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS knows by the credentials whose account it is."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    role = "arn:aws:iam::999999999999:role/deploy"
    environment = Environment.model_validate(world.environment.model_dump(by_alias=True) | {"assumeRole": role})
    aws = connect(environment, read_only=False)
    assert aws.account == "999999999999"
    assert aws.identity == "arn:aws:sts::999999999999:assumed-role/deploy/cron2fargate"
    aws.client("events").put_rule(Name="theirs", ScheduleExpression="rate(1 day)")
    assert world.client("events").list_rules()["Rules"] == []
    assert [rule["Name"] for rule in aws.client("events").list_rules()["Rules"]] == ["theirs"]
