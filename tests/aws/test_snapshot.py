"""One snapshot for a plan of many jobs: how many calls it takes, and that it never tells anything else than the calls do."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.specs.model import Spec, load_spec
from migrate.aws import account, rules, schedules
from migrate.aws.account import FEW, snapshot
from migrate.aws.at_once import at_once
from migrate.aws.ownership import ENVIRONMENT, JOB, OWNER, SPEC
from migrate.aws.plan import JobPlan, Options, plan_jobs
from migrate.aws.seen import Kind, Seen, by_stem
from migrate.aws.session import Aws
from tests.aws.tagging import indexed
from tests.aws.world import World, spec

ZONE = {"timezone": "Asia/Tokyo"}


def jobs(kind: str, number: int) -> list[Spec]:
    kinds: dict[str, dict[str, Any]] = {
        "rules": {},
        "schedules": {"schedule": ZONE},
        "workflows": {"timeout": 600},
        "locked": {"lock": "x", "timeout": 60},
    }
    more = kinds[kind]
    return [spec(f"job{at}", f"cron({at} 3 * * ? *)", **more) for at in range(number)]


@contextmanager
def counted(aws: Aws) -> Iterator[Counter[str]]:
    """The calls of the clients that all tests share."""
    found: Counter[str] = Counter()
    names = ("ecs", "events", "logs", "scheduler", "stepfunctions", "dynamodb", "cloudwatch", "sqs", "iam")
    clients = [aws.client(name) for name in (*names, "resourcegroupstaggingapi")]

    def seen(model: Any, **_: Any) -> None:
        found[model.name] += 1

    for client in clients:
        client.meta.events.register("before-parameter-build", seen, unique_id="counted")
    try:
        yield found
    finally:
        for client in clients:
            client.meta.events.unregister("before-parameter-build", unique_id="counted")


def planned(aws: Aws, specs: list[Spec], *, create: bool = False, adopt: bool = False) -> list[JobPlan]:
    options = Options("web1", create, adopt, clear_secrets=True)
    return plan_jobs(aws, [(f"{one.name}.yml", one) for one in specs], options)


# kind of job -> calls that each job more may cost, and what they are
CALLS = [
    ("rules", 2.3, {"ListTargetsByRule", "DescribeTaskDefinition"}),
    ("schedules", 2.3, {"GetSchedule", "DescribeTaskDefinition"}),
    ("workflows", 3.3, {"ListTargetsByRule", "DescribeTaskDefinition", "DescribeStateMachine"}),
    ("locked", 3.3, {"ListTargetsByRule", "DescribeTaskDefinition", "DescribeStateMachine"}),
]


@pytest.mark.parametrize(("kind", "most", "each"), CALLS)
def test_a_job_more_costs_so_many_calls(world: World, kind: str, most: float, each: set[str]) -> None:
    number = FEW + 5
    specs = jobs(kind, number)
    with indexed():
        found = []
        # Each time all that there are: a lock's number is asked of those that are no part of a run.
        for part in (specs[: FEW + 1], specs):
            world.register(*part, create=True)
            reader = world.connect(read_only=True)
            with counted(reader) as calls:
                plans = planned(snapshot(reader, "web1", part), part)
            assert {plan.status for plan in plans} == {"unchanged"}
            found.append(Counter(calls))
        more = found[1] - found[0]
        assert set(more) == each
        assert more.total() <= most * (number - FEW - 1)
        assert found[1].total() <= most * number + 60


def test_a_plan_over_a_snapshot_makes_no_call_for_a_job(world: World) -> None:
    specs = [*jobs("rules", 3), spec("zoned", schedule=ZONE), spec("flow", timeout=60), spec("new")]
    world.register(*specs[:-1], create=True)
    with indexed():
        reader = snapshot(world.connect(read_only=True), "web1", specs)
        with counted(reader) as calls:
            plans = planned(reader, specs, create=True)
        assert Counter(plan.status for plan in plans) == {"unchanged": 5, "changes": 1}
    # Of the place, whatever the number of jobs: the queue, the cluster, the group (also by the name of before) and its tags.
    assert set(calls) <= {"GetQueueUrl", "DescribeClusters", "GetScheduleGroup", "ListTagsForResource", "ListSchedules"}
    assert calls.total() <= 6


# --- the same as without --------------------------------------------------------------------------------------------


def told(plans: list[JobPlan]) -> list[Any]:
    return [
        (
            plan.name,
            plan.status,
            [(one.kind, one.name, one.action, one.changes, one.note, one.write is None) for one in plan.steps],
            plan.notes,
            plan.refusals,
        )
        for plan in plans
    ]


def arn(name: str) -> str:
    return f"arn:aws:events:ap-northeast-1:123456789012:rule/{name}"


def _off(world: World) -> None:
    world.client("events").disable_rule(Name="job0")


def _expression(world: World) -> None:
    world.client("events").put_rule(Name="job0", ScheduleExpression="rate(7 days)", State="ENABLED")


def _others(world: World) -> None:
    events = world.client("events")
    events.put_rule(Name="new", ScheduleExpression="rate(7 days)", Tags=[{"Key": OWNER, "Value": "somebody"}])
    events.put_rule(Name="new2", ScheduleExpression="rate(7 days)")
    events.put_rule(Name="job0-2", ScheduleExpression="rate(7 days)")


def _second(world: World) -> None:
    tags = [{"Key": OWNER, "Value": "web1"}, {"Key": JOB, "Value": "job0"}]
    world.client("events").put_rule(Name="job0-2", ScheduleExpression="rate(7 days)", Tags=tags)


def _untagged(world: World) -> None:
    world.client("events").untag_resource(ResourceARN=arn("job0"), TagKeys=[SPEC])
    world.client("events").untag_resource(ResourceARN=arn("job1"), TagKeys=[OWNER])


def _targets(world: World) -> None:
    events = world.client("events")
    events.put_targets(Rule="job0", Targets=[{"Id": "other", "Arn": "arn:aws:sqs:ap-northeast-1:123456789012:q"}])
    events.remove_targets(Rule="job1", Ids=["job1"])


def _gone(world: World) -> None:
    world.client("events").remove_targets(Rule="job0", Ids=["job0", "other"])
    world.client("events").delete_rule(Name="job0")
    world.client("logs").delete_log_group(logGroupName="/cron2fargate/job1")
    world.client("stepfunctions").delete_state_machine(
        stateMachineArn="arn:aws:states:ap-northeast-1:123456789012:stateMachine:flow"
    )


def _group(world: World) -> None:
    logs = world.client("logs")
    logs.put_retention_policy(logGroupName="/cron2fargate/job0", retentionInDays=1)
    logs.create_log_group(logGroupName="/cron2fargate/new")


def _revision(world: World) -> None:
    ecs = world.client("ecs")
    for family in ("job0", "new"):
        ecs.register_task_definition(family=family, containerDefinitions=[{"name": "a", "image": "x", "memory": 8}])


def _schedule(world: World) -> None:
    scheduler = world.client("scheduler")
    live = schedules.find(world.connect(read_only=True), "cron2fargate-web1", "zoned")
    assert live is not None
    scheduler.update_schedule(**(live.fields | {"Description": "by hand"}))


def _other_way(world: World) -> None:
    """Jobs that are started in another way on AWS than their specs ask for."""
    world.client("scheduler").create_schedule(
        **{
            "Name": "job0",
            "GroupName": "cron2fargate-web1",
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": "arn:aws:sqs:ap-northeast-1:123456789012:q",
                "RoleArn": "arn:aws:iam::123456789012:role/r",
            },
            "Description": "cron2fargate owner=web1 job=job0 spec=0123456789ab",
        }
    )
    tags = [{"Key": OWNER, "Value": "web1"}, {"Key": JOB, "Value": "zoned"}]
    world.client("events").put_rule(Name="zoned", ScheduleExpression="rate(7 days)", Tags=tags)


# What hands did beside us; those of a line do not stand in each other's way.
HANDS = [
    [],
    [_off, _others, _group, _revision, _schedule],
    [_expression, _second, _untagged],
    [_targets, _gone, _other_way],
]


def _blind(_arn: str, _tags: dict[str, str]) -> dict[str, str] | None:
    return None


def _old(_arn: str, tags: dict[str, str]) -> dict[str, str] | None:
    return {**tags, SPEC: "000000000000"} if SPEC in tags else tags


def _claims(_arn: str, tags: dict[str, str]) -> dict[str, str] | None:
    return {OWNER: "web1", JOB: _arn.rpartition("/")[2], **tags}


def _elsewhere(_arn: str, tags: dict[str, str]) -> dict[str, str] | None:
    return {**tags, ENVIRONMENT: "production"}


def _true(_arn: str, tags: dict[str, str]) -> dict[str, str] | None:
    return tags


INDEXES = [_true, _blind, _old, _claims, _elsewhere]


@pytest.mark.parametrize("hands", HANDS, ids=lambda hands: "".join(hand.__name__ for hand in hands) or "untouched")
def test_it_tells_what_the_calls_tell_whatever_the_index_says(world: World, hands: list[Any]) -> None:
    ours = [*jobs("rules", 3), spec("zoned", schedule=ZONE), spec("flow", timeout=60), spec("job", ["rate(1 day)"])]
    world.register(*ours, create=True)
    for hand in hands:
        hand(world)
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
    kept = {"type": "FARGATE", "cluster": "cron", "name": "always", "containers": [box], "service": {"desiredCount": 1}}
    changed = [spec("job2", "rate(9 days)"), spec("new"), spec("new2"), load_spec(json.dumps(kept), "always.yml")]
    specs = ours if not hands else [*ours[:2], *ours[3:], *changed]
    how = {"create": bool(hands), "adopt": _others in hands}
    plain = told(planned(world.connect(read_only=True), specs, **how))
    for index in INDEXES:
        with indexed(index):
            over = snapshot(world.connect(read_only=True), "web1", specs)
            assert over.seen is not None
            found = told(planned(over, specs, **how))
            # An index that still has tags which somebody took away a moment ago: nothing is said, and nothing is written.
            behind = {one[0] for one in found if index is _claims and one[1] == "unchanged"}
            assert [one for one in found if one[0] not in behind] == [one for one in plain if one[0] not in behind], (
                index.__name__
            )
            assert all(one[1] in {"unchanged", "refused"} for one in plain if one[0] in behind)


def test_who_may_not_ask_for_tags_by_page_is_told_the_same(world: World) -> None:
    specs = jobs("rules", FEW + 1)
    world.register(*specs, create=True)
    reader = world.connect(read_only=True)
    client = reader.client("resourcegroupstaggingapi")

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetResources")

    client.meta.events.register("before-call", refuse, unique_id="refuse")
    try:
        assert {plan.status for plan in planned(snapshot(reader, "web1", specs), specs)} == {"unchanged"}
    finally:
        client.meta.events.unregister("before-call", unique_id="refuse")


def test_other_peoples_log_groups_do_not_make_it_page_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = jobs("rules", FEW + 1)
    world.register(*specs, create=True)
    logs = world.client("logs")
    for at in range(110):
        logs.create_log_group(logGroupName=f"/cron2fargate/j{at}")
    reader = world.connect(read_only=True)
    with counted(reader) as calls:
        assert {plan.status for plan in planned(snapshot(reader, "web1", specs), specs)} == {"unchanged"}
    assert calls["DescribeLogGroups"] <= 2 * len(specs)


def test_a_few_jobs_are_asked_for_by_themselves(world: World) -> None:
    assert snapshot(world.connect(read_only=True), "web1", jobs("rules", FEW)).seen is None


def test_what_writes_reads_anew(world: World) -> None:
    over = snapshot(world.connect(read_only=True), "web1", jobs("rules", FEW + 1))
    assert over.writer().seen is None


def test_a_rule_made_since_the_plan_is_not_replaced(world: World) -> None:
    plans = world.plan(spec("late"), create=True)
    world.client("events").put_rule(Name="late", ScheduleExpression="rate(7 days)", State="ENABLED")
    step = next(one for one in plans[0].steps if one.kind == "rule")
    assert step.write is not None
    with pytest.raises(Exception, match="a rule late was made meanwhile; register again"):
        step.write(world.connect(read_only=False), None)  # type: ignore[arg-type]
    assert world.rule("late").expression == "rate(7 days)"


# --- parts ----------------------------------------------------------------------------------------------------------

STEMS = [
    ([], "a", []),
    (["a"], "a", ["a"]),
    (["a", "a-2", "a-10", "a-b", "ab-2"], "a", ["a", "a-2", "a-10"]),
    (["a-2", "a-2-2"], "a-2", ["a-2", "a-2-2"]),
    (["-2"], "", ["-2"]),
]


@pytest.mark.parametrize(("names", "job", "wanted"), STEMS)
def test_names_by_those_of_jobs(names: list[str], job: str, wanted: list[str]) -> None:
    assert by_stem(names).get(job, []) == wanted


_NUMBERS: Kind[int] = Kind("numbers")


def test_each_thing_is_read_once_and_a_failure_is_not_kept() -> None:
    seen, kind = Seen("web1"), _NUMBERS
    tries: list[int] = []

    def read() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError
        return len(tries)

    with pytest.raises(ValueError, match=r"^$"):
        seen.get(kind, "a", read)
    assert [seen.get(kind, "a", read), seen.get(kind, "a", read)] == [2, 2]
    seen.forget(kind, "a")
    assert seen.get(kind, "a", read) == 3
    assert (seen.known(kind, "b", 0), seen.doubt("x"), seen.doubt("x")) == (0, True, False)


def test_eight_are_read_at_once_in_their_order_and_the_first_failure_ends_it(world: World) -> None:
    aws = replace(world.connect(read_only=True), offline=False)
    meeting = threading.Barrier(8, timeout=60)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert at_once(aws, [partial(meet, number) for number in range(8)]) == list(range(8))
    begun: list[int] = []

    def fail(number: int) -> int:
        begun.append(number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_once(aws, [partial(fail, number) for number in range(4_000)])
    assert len(begun) < 4_000


def test_the_common_beginning_of_names() -> None:
    assert account._common("/a/b1", "/a/b2") == "/a/b"
    assert account._common("a", "b") == ""
    assert account._common("a", "a") == "a"


def test_all_that_a_list_tells_of_a_rule_is_what_its_description_tells(world: World) -> None:
    world.register(spec("a"), create=True)
    plain = world.connect(read_only=True)
    over = replace(plain, seen=Seen("web1"))
    assert rules.find(over, "a") == rules.find(plain, "a")
