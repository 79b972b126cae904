"""Every call to AWS fails in turn, in every way: the next run ends where an undisturbed one ends, and nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.moto_api._internal import mock_random

from converters.specs.model import Spec, load_spec
from migrate.aws.errors import aws_errors
from migrate.aws.session import READ_CALLS
from migrate.errors import UserError
from tests.aws.world import Killed, World, new_world, spec
from tests.effort import DEEP

SERVICES = ("ecs", "events", "logs", "scheduler", "stepfunctions", "dynamodb")
ZONE = {"timezone": "Asia/Tokyo"}
TWICE = ["rate(1 day)", "rate(2 days)"]


def always(image: str = "example/app:1", count: int = 1) -> Spec:
    text = (
        f"type: FARGATE\nname: job\ncluster: cron\nservice: {{desiredCount: {count}}}\n"
        f"containers: [{{name: app, cpu: 256, memory: 512, image: {image}}}]\n"
    )
    return load_spec(text, "job.yml")


def refused(code: str, status: int, message: str) -> Callable[[Any], Exception]:
    def make(model: Any) -> Exception:
        prefix = model.service_model.signing_name
        body = {"Code": code, "Message": message, "Permission": f"{prefix}:{model.name}"}
        return ClientError({"Error": body, "ResponseMetadata": {"HTTPStatusCode": status}}, model.name)

    return make


def cut(model: Any) -> Exception:
    return ConnectionClosedError(endpoint_url=f"https://{model.service_model.service_name}.example.com")


# What happens at a call, and whether AWS had done what it was asked for by then.
FAULTS: dict[str, tuple[Callable[[Any], BaseException], bool]] = {
    "throttled": (refused("ThrottlingException", 400, "Rate exceeded"), False),
    "server error": (refused("InternalFailure", 500, "try later"), False),
    "denied": (refused("AccessDeniedException", 403, "no"), False),
    "cut before AWS had it": (cut, False),
    "cut before the answer came": (cut, True),
    "killed": (lambda model: Killed(), True),
}


@dataclass
class Calls:
    """Every call of a run, reads and writes; the ``number``-th meets the fault."""

    fault: str | None = None
    number: int = 0
    made: list[tuple[str, str]] = field(default_factory=list)

    def before(self, model: Any, **_: Any) -> None:
        self.made.append((model.service_model.service_name, model.name))
        self.meet(model, after=False)

    def after(self, model: Any, **_: Any) -> None:
        self.meet(model, after=True)

    def meet(self, model: Any, *, after: bool) -> None:
        if self.fault and len(self.made) == self.number:
            make, executed = FAULTS[self.fault]
            if executed is after:
                raise make(model)


@contextmanager
def watched(world: World, calls: Calls) -> Iterator[None]:
    clients = [world.connect(read_only=reads).client(name) for reads in (True, False) for name in SERVICES]
    for client in clients:
        client.meta.events.register("before-call", calls.before, unique_id="fault")
        client.meta.events.register_last("after-call", calls.after, unique_id="fault after")
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", unique_id="fault")
            client.meta.events.unregister("after-call", unique_id="fault after")


def nothing(world: World) -> None:
    """An empty account."""


def network(world: World) -> None:
    """The embedded AWS starts a service only in a network that it has; the seed gives all worlds the same one."""
    mock_random.seed(6)
    ec2 = world.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]]
    world.environment = world.environment.model_copy(update={"subnets": subnets, "security_groups": groups})


def service_before(world: World) -> None:
    network(world)
    world.register(always(), create=True)


def registered(*specs: Spec, enable: tuple[str, ...] = ()) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.register(*specs, create=True)
        for rule in enable:
            world.client("events").enable_rule(Name=rule)

    return prepare


def legacy(world: World) -> None:
    from tests.aws.test_register import _legacy_rule

    _legacy_rule(world)


Scenario = tuple[Callable[[World], None], tuple[Spec, ...], dict[str, bool]]
NEW_IMAGE = {"image": "example/app:2"}
SCENARIOS: dict[str, Scenario] = {
    "a new rule": (nothing, (spec(),), {"create": True}),
    "two jobs in one log group": (nothing, (spec("a"), spec("b", TWICE)), {"create": True}),
    "a new schedule": (nothing, (spec(schedule=ZONE),), {"create": True}),
    "a new service": (network, (always(),), {"create": True}),
    "a new workflow": (nothing, (spec(lock="job", timeout=600),), {"create": True}),
    "a rule that runs, all of it changed": (
        registered(spec(), enable=("job",)),
        (spec(expression="rate(3 days)", schedule={"taskCount": 2}, container=NEW_IMAGE),),
        {},
    ),
    "a rule that runs, an expression less": (
        registered(spec(expression=TWICE), enable=("job", "job-2")),
        (spec(expression=TWICE[1], container=NEW_IMAGE),),
        {},
    ),
    "a plain task that becomes a workflow": (
        registered(spec(), enable=("job",)),
        (spec(retry={"attempts": 2}),),
        {"create": True},
    ),
    "a workflow that becomes a plain task": (
        registered(spec(timeout=600), enable=("job",)),
        (spec(),),
        {"create": True},
    ),
    "a schedule changed": (registered(spec(schedule=ZONE)), (spec(schedule=ZONE, container=NEW_IMAGE),), {}),
    "a service changed": (service_before, (always("example/app:2", 2),), {}),
    "an adopted rule": (legacy, (spec(),), {"adopt": True}),
}


def run(world: World, scenario: Scenario, calls: Calls) -> None:
    _, specs, how = scenario
    with watched(world, calls), aws_errors():
        world.register(*specs, **how)


def check_nothing_starts_wrongly(world: World, before: int) -> None:
    """No rule that is enabled is without a target, none starts the job twice, none was switched on."""
    enabled = 0
    for item in world.client("events").list_rules()["Rules"]:
        rule = world.rule(item["Name"])
        enabled += rule.enabled
        assert rule.targets or not rule.enabled
        ours = [target for target in rule.targets if ":cluster/" in target["Arn"] or ":stateMachine:" in target["Arn"]]
        assert len(ours) <= 1
    assert enabled <= before


def enabled_rules(world: World) -> int:
    return sum(item["State"] == "ENABLED" for item in world.client("events").list_rules()["Rules"])


def faults_at(number: int, call: tuple[str, str]) -> list[str]:
    """Every kind at every call in the full run. Else a lost answer at each write, the kinds taking turns beside it at every
    other; and since a read changes nothing, every eighth of them with one kind."""
    kinds = list(FAULTS)
    if DEEP:
        return kinds
    if call in READ_CALLS:
        return [kinds[number % len(kinds)]] if number % 8 == 0 else []
    beside = [kinds[number // 2 % len(kinds)]] if number % 2 == 0 else []
    return list(dict.fromkeys(["cut before the answer came", *beside]))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_is_mended_by_the_next_run(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    prepare, _, _ = scenario = SCENARIOS[name]
    undisturbed = Calls()
    with new_world() as world:
        prepare(world)
        before = enabled_rules(world)
        run(world, scenario, undisturbed)
        end = world.state()
    tried = 0
    for number, call in enumerate(undisturbed.made, start=1):
        for fault in faults_at(number, call):
            tried += 1
            with new_world() as world:
                prepare(world)
                with pytest.raises((UserError, Killed)):
                    run(world, scenario, Calls(fault, number))
                check_nothing_starts_wrongly(world, before)
                run(world, scenario, Calls())
                assert world.state() == end, f"{fault} at {call}"
                again = Calls()
                run(world, scenario, again)
                assert not set(again.made) - READ_CALLS, f"{fault} at {call}: the third run writes"
    record_property("faults", tried)
    assert tried
