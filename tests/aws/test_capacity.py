"""Several capacity providers of a job: what AWS gets, that a second run has nothing to do, and what is refused where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converters.specs.model import Spec, SpecErrors
from migrate.aws import services, targets
from migrate.aws.task_definition import on_fargate
from migrate.aws.validate import MAX_PROVIDERS
from migrate.checks import cluster, herd
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.test_check import Vpc, context, limits, said
from tests.aws.test_surroundings import always, live, network  # noqa: F401
from tests.aws.world import SETTINGS, World, spec

SPOT, DEMAND = (
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
)
MIX = [SPOT, DEMAND]
ON_AWS = [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}, SPOT]


def instances(count: int) -> list[dict[str, Any]]:
    return [{"capacityProvider": f"group-{number:02}", "weight": 1} for number in range(count)]


STARTS: dict[str, dict[str, Any]] = {
    "rule": {},
    "schedule": {"schedule": {"timezone": "Asia/Tokyo"}},
    "workflow": {"lock": "x", "timeout": 60},
}


def told(world: World, start: str) -> Any:
    """The strategy as it stands on AWS."""
    if start == "rule":
        return world.rule("job").targets[0]["EcsParameters"]["CapacityProviderStrategy"]
    if start == "schedule":
        found = world.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
        return found["Target"]["EcsParameters"]["CapacityProviderStrategy"]
    arn = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:job"
    text = world.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
    runs = [state for state in json.loads(text)["States"].values() if ":ecs:runTask" in str(state.get("Resource"))]
    arguments, *others = [run.get("Arguments") or run["Parameters"] for run in runs]
    assert [other["CapacityProviderStrategy"] for other in others] == [arguments["CapacityProviderStrategy"]] * len(
        others
    )
    assert "LaunchType" not in arguments
    return [
        {key[0].lower() + key[1:]: value for key, value in one.items()} for one in arguments["CapacityProviderStrategy"]
    ]


@pytest.mark.parametrize("start", STARTS)
def test_aws_gets_it_and_the_second_run_has_nothing_to_do(world: World, start: str) -> None:
    job = spec(capacityProviderStrategy=MIX, **STARTS[start])
    world.register(job, create=True)
    assert told(world, start) == ON_AWS
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}
    # In another order it says the same.
    assert {plan.status for plan in world.plan(spec(capacityProviderStrategy=MIX[::-1], **STARTS[start]))} == {
        "unchanged"
    }
    world.register(spec(capacityProviderStrategy=[SPOT | {"weight": 9}, DEMAND], **STARTS[start]))
    assert [one["weight"] for one in told(world, start)] == [1, 9]


def test_what_aws_fills_in_and_turns_round_is_no_change(world: World) -> None:
    world.register(spec(capacityProviderStrategy=MIX), create=True)
    [ours] = world.rule("job").targets
    ecs = ours["EcsParameters"]
    given = {**ours, "EcsParameters": {**ecs, "CapacityProviderStrategy": [{"base": 0, **SPOT}, DEMAND]}}
    assert targets.difference(given, ours) == []
    other = {**ours, "EcsParameters": {**ecs, "CapacityProviderStrategy": [SPOT, DEMAND | {"base": 2}]}}
    assert [change.field for change in targets.difference(other, ours)] != []


def test_a_base_that_somebody_changed_is_drift(world: World) -> None:
    job = spec(capacityProviderStrategy=MIX)
    world.register(job, create=True)
    target = world.rule("job").targets[0]
    target["EcsParameters"]["CapacityProviderStrategy"] = [SPOT, DEMAND | {"base": 7}]
    world.client("events").put_targets(Rule="job", Targets=[target])
    [plan] = world.plan(job)
    assert {step.action for step in plan.steps if step.changes} == {"drift"}
    world.register(job)
    assert told(world, "rule") == ON_AWS


def test_of_a_service(network: World) -> None:  # noqa: F811
    """The embedded AWS forgets the strategy, so what it made is read back as AWS would tell it: in an order of its own."""
    job = always(capacityProviderStrategy=MIX)
    network.register(job, create=True)
    service, aws = live(network), network.connect(read_only=True)
    wanted = services._request(targets.build(aws, job, service.cluster, "arn:r"), service.task_definition)
    assert (wanted["capacityProviderStrategy"], "launchType" in wanted) == (ON_AWS, False)
    fields = service.fields | {"capacityProviderStrategy": [{**SPOT, "base": 0}, DEMAND]}
    fields.pop("launchType", None)
    as_aws = services.LiveService("always", fields, service.tags)
    assert services._update_step(as_aws, wanted, 2, service.tags, "change").action == "same"


REFUSED: list[tuple[list[dict[str, Any]], str]] = [
    ([{"capacityProvider": "FARGATE"}], "no provider has a weight above 0"),
    ([SPOT | {"weight": 0}, DEMAND | {"weight": 0}], "no provider has a weight above 0"),
    ([SPOT | {"base": 1}, DEMAND], "FARGATE_SPOT and FARGATE have a base; only one provider can"),
    ([SPOT, SPOT], "FARGATE_SPOT stands twice"),
    ([SPOT, {"capacityProvider": "gpu", "weight": 1}], "gpu is one of EC2, and ECS does not mix"),
    ([SPOT | {"weight": 1001}], "1000"),
    ([SPOT | {"base": 100_001}], "100000"),
    ([SPOT | {"base": -1}], "0"),
    ([{"weight": 1}], "capacityProvider"),
    ([SPOT | {"wieght": 1}], "did you mean 'weight'"),
    (instances(21), "20"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED)
def test_what_ecs_refuses_is_refused_at_its_line(given: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(SpecErrors) as caught:
        spec(capacityProviderStrategy=given)
    assert why in str(caught.value)
    assert "job.yml:1:" in str(caught.value)


def test_two_answers_to_one_question_are_refused() -> None:
    with pytest.raises(SpecErrors, match=r"job\.yml:1:.*capacityProvider says what the job runs on already"):
        spec(capacityProvider="FARGATE", capacityProviderStrategy=MIX)


def plain(count: int) -> Spec:
    return spec(capacityProviderStrategy=instances(count))


def test_a_rule_takes_six_and_a_workflow_twenty(world: World) -> None:
    assert [plan.status for plan in world.plan(plain(MAX_PROVIDERS), create=True)] == ["changes"]
    [refused] = world.plan(plain(MAX_PROVIDERS + 1), create=True)
    assert refused.status == "refused"
    assert "7 capacity providers; a rule or a schedule takes 6 at most: set start: workflow" in refused.refusals[0]
    more = spec(capacityProviderStrategy=instances(20), start="workflow")
    assert [plan.status for plan in world.plan(more, create=True)] == ["changes"]


def test_botocores_own_models_have_the_limit() -> None:
    from botocore.session import Session

    for service in ("events", "scheduler"):
        shape: Any = Session().get_service_model(service).shape_for("CapacityProviderStrategy")
        assert shape.metadata["max"] == MAX_PROVIDERS


def test_where_it_runs() -> None:
    assert on_fargate(spec(capacityProviderStrategy=MIX))
    assert not on_fargate(plain(2))


def test_each_of_them_is_looked_for_in_the_cluster(world: World) -> None:
    world.client("ecs").put_cluster_capacity_providers(
        cluster="cron", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    found = said(cluster.check(context(world, spec(capacityProviderStrategy=MIX))))
    assert sorted(found) == [("NG", "C602"), ("OK", ""), ("OK", "")]


def test_a_mix_counts_for_both_quotas(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    limits(world, monkeypatch)
    job = spec(capacityProviderStrategy=MIX, schedule={"taskCount": 8}, container={"cpu": 1024, "memory": 2048})
    text = "\n".join(line.text for line in herd.check(context(world, job, environment=Vpc(world).environment())))
    assert "Fargate on demand: 8 vCPU" in text
    assert "Fargate Spot: 8 vCPU" in text


def test_both_exports_say_it() -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    jobs = [spec(capacityProviderStrategy=MIX), always(capacityProviderStrategy=MIX)]
    made = export("sandbox", env, "web1", jobs)
    assert "Base: 1" in "".join(cloudformation.files(made).values())
    text = "".join(terraform.files(made).values())
    assert text.count("base              = 1") == 2
