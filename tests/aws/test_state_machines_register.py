"""register and run for jobs that need a workflow: what is made, changed, kept, refused, and mended after a kill."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from converters.workflows.machine import RUN
from converters.workflows.starts import SAYS
from migrate.aws import frames, state_machines
from migrate.errors import UserError
from tests.aws.test_register import GUARD
from tests.aws.world import Killed, World, new_world
from tests.aws.world import spec as any_spec

MACHINE = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:"
LOCKED: dict[str, Any] = {"lock": "db", "timeout": 60}
ZONE = {"timezone": "Asia/Tokyo"}


def spec(name: str = "job", **more: Any) -> Any:
    """A spec; one that runs after others has no schedule."""
    if "after" not in more and "service" not in more:
        return any_spec(name, **more)
    import tests.aws.world as world

    found: list[str] = []
    load, world.load_spec = world.load_spec, lambda text, path: found.append(text)  # type: ignore[assignment]
    try:
        any_spec(name, **more)
    finally:
        world.load_spec = load
    value = json.loads(found[0])
    del value["schedule"]
    return load(json.dumps(value), f"{name}.yml")


def definition(world: World, job: str = "job") -> dict[str, Any]:
    answer = world.client("stepfunctions").describe_state_machine(stateMachineArn=MACHINE + job)
    return dict(json.loads(answer["definition"]))


def test_a_job_with_a_lock_becomes_a_workflow(world: World) -> None:
    calls = world.register(spec(**LOCKED), create=True)
    assert [call for call in calls if call not in {"PutRetentionPolicy", "CreateLogGroup"}] == [
        "RegisterTaskDefinition",
        "CreateTable",
        "UpdateTimeToLive",
        "CreateStateMachine",
        "PutRule",
        "PutTargets",
    ]
    machine = world.client("stepfunctions").describe_state_machine(stateMachineArn=MACHINE + "job")
    assert (machine["type"], machine["roleArn"]) == (
        "STANDARD",
        "arn:aws:iam::123456789012:role/cron2fargate-web1-states",
    )
    run = definition(world)["States"][RUN]
    assert run["TimeoutSeconds"] == 180
    assert run["Arguments"] == {
        "Cluster": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron",
        "TaskDefinition": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/job:1",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ["subnet-01234567", "subnet-89abcdef"],
                "SecurityGroups": ["sg-01234567"],
                "AssignPublicIp": "DISABLED",
            }
        },
        "PropagateTags": "TASK_DEFINITION",
    }
    (target,) = world.rule("job").targets
    assert target == {
        "Id": "job",
        "Arn": MACHINE + "job",
        "RoleArn": "arn:aws:iam::123456789012:role/events",
        "InputTransformer": {"InputPathsMap": {"slot": "$.time"}, "InputTemplate": '{"slot": <slot>}'},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900},
    }
    assert not world.rule("job").enabled
    table = world.client("dynamodb").describe_table(TableName="cron2fargate-web1-locks")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "lock", "KeyType": "HASH"}]


SPECS: dict[str, dict[str, Any]] = {
    "lock": LOCKED,
    "retry": {"retry": {"attempts": 2}},
    "once": {"once": True},
    "spot": {**LOCKED, "capacityProvider": "FARGATE_SPOT"},
    "zone": {**LOCKED, "schedule": ZONE},
    "guard": {
        **LOCKED,
        "container": {"command": ["x"]},
        "schedule": {"scheduleExpression": ["cron(45 14 ? * FRI *)", "cron(45 14 13 * ? *)"], "guard": GUARD},
    },
}


@pytest.mark.parametrize("name", SPECS)
def test_a_second_run_writes_nothing(world: World, name: str) -> None:
    world.register(spec(**SPECS[name]), create=True)
    before = world.state()
    assert world.register(spec(**SPECS[name]), create=True) == []
    assert [plan.status for plan in world.plan(spec(**SPECS[name]))] == ["unchanged"]
    assert world.state() == before


def test_a_schedule_tells_its_slot(world: World) -> None:
    world.register(spec(**LOCKED, schedule={**ZONE, "flexibleWindow": 5}), create=True)
    live = world.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
    assert live["Target"]["Arn"] == MACHINE + "job"
    assert json.loads(live["Target"]["Input"]) == {"slot": "<aws.scheduler.scheduled-time>"}
    assert live["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    world.register(spec(**LOCKED, schedule={**ZONE, "flexibleWindow": 9}))
    live = world.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
    assert live["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 9


def test_a_guarded_workflow_knows_which_expression_started_it(world: World) -> None:
    world.register(spec(**SPECS["guard"]), create=True)
    told = [world.rule(name).targets[0]["InputTransformer"]["InputTemplate"] for name in ("job", "job-2")]
    assert told == ['{"slot": <slot>, "dates": "dow"}', '{"slot": <slot>, "dates": "dom"}']


def test_a_new_image_changes_the_workflow_and_not_the_rule(world: World) -> None:
    world.register(spec(**LOCKED), create=True)
    changed = spec(**LOCKED, container={"image": "example/app:2"})
    (plan,) = world.plan(changed)
    (step,) = [step for step in plan.steps if step.kind == "state machine"]
    shown = {(change.field, change.old, change.new) for change in step.changes}
    assert (f"definition.States.{RUN}.Arguments.TaskDefinition", "job:1", "(new revision)") in shown
    calls = world.register(changed)
    assert calls == ["RegisterTaskDefinition", "UpdateStateMachine", "TagResource", "TagResource"]
    assert definition(world)["States"][RUN]["Arguments"]["TaskDefinition"].endswith("/job:2")


def test_a_change_by_hand_is_drift_and_is_mended(world: World) -> None:
    world.register(spec(**LOCKED), create=True)
    changed = definition(world)
    changed["States"][RUN]["TimeoutSeconds"] = 9
    states = world.client("stepfunctions")
    states.update_state_machine(stateMachineArn=MACHINE + "job", definition=json.dumps(changed))
    (plan,) = world.plan(spec(**LOCKED))
    (step,) = [step for step in plan.steps if step.write]
    assert (step.kind, step.action, [(c.field, c.old, c.new) for c in step.changes]) == (
        "state machine",
        "drift",
        [(f"definition.States.{RUN}.TimeoutSeconds", "9", "180")],
    )
    assert world.register(spec(**LOCKED)) == ["UpdateStateMachine"]
    assert world.register(spec(**LOCKED)) == []


def test_a_task_becomes_a_workflow_and_a_task_again(world: World) -> None:
    world.register(spec(), create=True)
    plain = world.state()
    assert [plan.status for plan in world.plan(spec(**LOCKED))] == ["missing"]  # what is new needs --create
    world.register(spec(**LOCKED), create=True)
    (target,) = world.rule("job").targets
    assert target["Arn"] == MACHINE + "job"
    assert "EcsParameters" not in target
    calls = world.register(spec())
    assert calls == ["PutTargets", "DeleteStateMachine", "TagResource"]
    after = {key: value for key, value in world.state().items() if not key.startswith("table")}
    assert after == plain


def test_a_shadow_stays_a_shadow(world: World) -> None:
    world.register(spec(**LOCKED), create=True)
    (target,) = world.rule("job").targets
    del target["InputTransformer"]
    told = json.dumps({"shadow": True, "says": SAYS})
    world.client("events").put_targets(Rule="job", Targets=[target | {"Input": told}])
    assert world.register(spec(**LOCKED)) == []
    world.register(spec(**LOCKED, container={"image": "example/app:2"}))
    assert world.rule("job").targets[0]["Input"] == told
    (plan,) = world.plan(spec())
    assert "end the shadow before" in plan.refusals[0]


def test_an_input_of_others_is_not_thrown_away(world: World) -> None:
    world.register(spec(), create=True)
    (target,) = world.rule("job").targets
    world.client("events").put_targets(Rule="job", Targets=[{**target, "Input": '{"containerOverrides": []}'}])
    (plan,) = world.plan(spec(**LOCKED), create=True)
    assert plan.status == "refused"
    assert "an Input that somebody else set" in plan.refusals[0]


def test_what_others_own_is_refused(world: World) -> None:
    states = world.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/x"
    states.create_state_machine(
        name="job", definition='{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', roleArn=role
    )
    (plan,) = world.plan(spec(**LOCKED), create=True)
    assert "the state machine job exists and it was not made by cron2fargate" in plan.refusals[0]
    world.register(spec(**LOCKED), create=True, adopt=True)
    assert world.register(spec(**LOCKED)) == []


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({**LOCKED, "schedule": {"taskCount": 2}}, "taskCount 2 cannot go with"),
        ({"after": ["nobody"]}, "job runs after nobody, and there is no such job here"),
        ({"after": ["job"]}, "a circle"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(world: World, wishes: dict[str, Any], said: str) -> None:
    (plan,) = world.plan(spec(**wishes), create=True)
    assert plan.status == "refused"
    assert said in plan.refusals[0]
    assert world.register(spec(**wishes), create=True) == []


@pytest.mark.parametrize(
    ("locks", "said"),
    [
        ({"a": {"runs": 3}, "b": {}}, "1 by b.yml, 3 by a.yml"),
        ({"a": {"runs": 2}, "b": {"runs": 3}, "c": {"runs": 2}}, "2 by a.yml, c.yml, 3 by b.yml"),
        ({"a": {"runs": 3}, "b": {"runs": 3}}, None),
        ({"a": {"runs": 3}, "b": {"shared": True}}, None),
        ({"a": {"runs": 3}, "b": {"name": "other"}}, None),
    ],
)
def test_one_lock_lets_one_number_of_runs_go(world: World, locks: dict[str, dict[str, Any]], said: str | None) -> None:
    specs = [spec(name, timeout=60, lock={"name": "db", **lock}) for name, lock in locks.items()]
    plans = world.plan(*specs, create=True)
    lock = "lock db lets different numbers of runs go at once: "
    expected = [f"{lock}{said}; write one number in all of them (lock.runs)"] if said else []
    assert {plan.name: plan.refusals for plan in plans} == dict.fromkeys(locks, expected)
    assert (world.register(*specs, create=True) == []) is bool(said)


LIVE = "1 by the workflow a on AWS"


@pytest.mark.parametrize(
    ("there", "comes", "said"),
    [
        ({"runs": 3}, {"runs": 3}, None),
        ({"runs": 3}, {}, "1 by b.yml, 3 by the workflow a on AWS"),
        ({}, {"runs": 2}, f"{LIVE}, 2 by b.yml"),
        ({"runs": 3}, {"runs": 2}, "2 by b.yml, 3 by the workflow a on AWS"),
        ({}, {}, None),
        ({"shared": True}, {"runs": 2}, None),
        ({"runs": 3}, {"shared": True}, None),
        ({"name": "other", "runs": 3}, {"runs": 2}, None),
        ({"runs": 3, "wait": 60}, {"runs": 2, "wait": "forever"}, "2 by b.yml, 3 by the workflow a on AWS"),
    ],
)
@pytest.mark.parametrize("tagged", [True, False], ids=["by tags", "tags may not be read"])
def test_a_job_by_itself_is_held_against_the_workflows_that_are_there(
    world: World, there: dict[str, Any], comes: dict[str, Any], said: str | None, tagged: bool, monkeypatch: Any
) -> None:
    a, b = (
        spec(name, timeout=60, lock={"name": "db", **lock}, expression="cron(0 4 * * ? *)")
        for name, lock in (("a", there), ("b", comes))
    )
    assert world.register(a, create=True)
    if not tagged:
        monkeypatch.setattr("migrate.aws.tag_index.index", lambda _aws: {})
    (plan,) = world.plan(b, create=True)
    lock = "lock db lets different numbers of runs go at once: "
    assert plan.refusals == ([f"{lock}{said}; write one number in all of them (lock.runs)"] if said else [])
    # Together with the other one, it is the files that count: this run writes both.
    both = spec("a", timeout=60, lock={"name": "db", **comes}, expression="cron(0 4 * * ? *)")
    assert all(not one.refusals for one in world.plan(both, b, create=True))


def test_other_tables_other_owners_and_what_is_gone_bind_nobody(world: World) -> None:
    assert world.register(spec("a", timeout=60, lock={"name": "db", "runs": 3}), create=True)
    (plan,) = world.plan(spec("b", timeout=60, lock={"name": "db", "runs": 2}), create=True)
    assert plan.status == "refused"
    other = replace(world, environment=world.environment.model_copy(update={"lock_table": "others"}))
    (plan,) = other.plan(spec("b", timeout=60, lock={"name": "db", "runs": 2}), create=True)
    assert not plan.refusals
    world.client("stepfunctions").tag_resource(
        resourceArn=f"{MACHINE}a", tags=[{"key": "cron2fargate:spec", "value": "gone"}]
    )
    (plan,) = world.plan(spec("b", timeout=60, lock={"name": "db", "runs": 2}), create=True)
    assert not plan.refusals


def test_jobs_after_others(world: World) -> None:
    a, b, c = spec("a"), spec("b", after=["a"]), spec("c", after=["b"])
    world.register(a, b, c, create=True)
    aws = world.connect(read_only=True)
    live = {name: state_machines.find(aws, name) for name in "abc"}
    assert {name: [f.name for f in found.followers] for name, found in live.items() if found} == {
        "a": ["b"],
        "b": ["c"],
        "c": [],
    }
    assert [rule["Name"] for rule in world.client("events").list_rules()["Rules"]] == ["a"]
    assert world.register(a, b, c) == []
    assert [plan.name for plan in world.plan(a, b, c)] == ["c", "b", "a"]
    # A release of one job alone leaves the order as it is.
    for one in (a, b, c):
        assert world.register(one) == []
    world.register(a, spec("b", expression="cron(0 5 * * ? *)"), create=True)
    assert world.rule("a").targets[0]["Arn"] == "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron"


def test_a_job_after_one_that_does_not_start_it_is_refused(world: World) -> None:
    world.register(spec("a", **LOCKED), create=True)
    (plan,) = world.plan(spec("b", after=["a"]), create=True)
    assert plan.refusals == ["b runs after a, whose workflow does not start it yet; name the ecs.yml of a too"]


def test_what_is_not_made_is_not_started(world: World) -> None:
    world.register(spec("a"), create=True)
    plans = {plan.name: plan for plan in world.plan(spec("a"), spec("b", after=["a"]))}
    assert (plans["a"].status, plans["b"].status) == ("unchanged", "missing")
    assert plans["a"].notes == ["b runs after it and is not made yet, so it is not started"]


def test_jobs_that_never_meet_cannot_be_waited_for_together(world: World) -> None:
    a, b, c = spec("a"), spec("b", expression="cron(30 3 * * ? *)"), spec("c", after=["a", "b"])
    plans = {plan.name: plan for plan in world.plan(a, b, c, create=True)}
    assert plans["c"].refusals[0].startswith("c runs after a and b, which never begin in the same minute")
    b = spec("b", after=["a"])
    d = spec("d", after=["a", "b"])
    assert [plan.status for plan in world.plan(a, b, d, create=True)] == ["changes"] * 3


def test_a_rule_and_an_order_would_both_start_the_job(world: World) -> None:
    world.register(spec("b"), create=True)
    plans = {plan.name: plan for plan in world.plan(spec("a"), spec("b", after=["a"]), create=True)}
    assert "both would run it" in plans["b"].refusals[0]


def test_a_service_has_no_rule(world: World) -> None:
    job = spec("web", service={"desiredCount": 1})
    assert [plan.status for plan in world.plan(job)] == ["missing"]
    (plan,) = world.plan(job, create=True)
    assert (plan.status, plan.backend) == ("changes", "service")
    assert [step.kind for step in plan.steps] == ["log group", "task definition", "service"]
    plans = {plan.name: plan for plan in world.plan(job, spec("b", after=["web"]), create=True)}
    assert plans["b"].refusals == ["b runs after web, which is a service and never ends; correct after"]


def test_frames_of_workflows(world: World) -> None:
    world.register(spec("a"), spec("b", after=["a"]), create=True)
    aws = world.connect(read_only=False)
    (a,) = frames.find(aws, "web1", "a")
    (b,) = frames.find(aws, "web1", "b")
    assert (a.revision, a.cluster, a.is_workflow) == ("workflow a", "", True)
    assert str(b) == "workflow b  ENABLED  after other jobs  workflow b"
    with pytest.raises(UserError, match="it runs after other jobs"):
        frames.switch(aws, "web1", b, on=False)


SCENARIOS: dict[str, tuple[list[Any], list[Any]]] = {
    "a new workflow": ([], [spec(**LOCKED)]),
    "a new workflow in a zone": ([], [spec(**LOCKED, schedule=ZONE)]),
    "a task becomes a workflow": ([spec()], [spec(**LOCKED)]),
    "a workflow becomes a task": ([spec(**LOCKED)], [spec(container={"image": "example/app:2"})]),
    "a changed workflow": ([spec(**LOCKED)], [spec(lock="x", timeout=9, container={"image": "example/app:2"})]),
    "an order": ([spec("a")], [spec("a"), spec("b", after=["a"])]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_after_any_call_the_next_run_converges(name: str) -> None:
    before, wanted = SCENARIOS[name]

    def fresh(world: World) -> World:
        if before:
            world.register(*before, create=True)
        return world

    with new_world() as world:
        calls = fresh(world).register(*wanted, create=True)
        undisturbed = world.state()
    assert calls
    for number in range(1, len(calls) + 1):
        with new_world() as world:
            fresh(world)
            with pytest.raises(Killed):
                world.register(*wanted, create=True, kill_after=number)
            for rule in world.client("events").list_rules()["Rules"]:
                live = world.rule(rule["Name"])
                assert live.targets or not live.enabled
            world.register(*wanted, create=True)
            assert world.state() == undisturbed, f"killed after {calls[:number]}"
            assert world.register(*wanted) == []
