"""``target:`` of an ecs.yml: what a target's EcsParameters take and this tool has no word for comes to AWS as it is written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cfnlint import ManualArgs
from cfnlint.api import lint

from converters.specs.model import SpecErrors
from migrate.aws import services, targets
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.terraform_job import refuse_unsaid
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.test_surroundings import always, live, network  # noqa: F401
from tests.aws.world import SETTINGS, World, spec

EXEC = {"EnableExecuteCommand": True, "Group": "night"}
PLACED = {
    "PlacementConstraints": [{"type": "memberOf", "expression": "attribute:disk == ssd"}],
    "PlacementStrategy": [{"type": "spread", "field": "instanceId"}],
}
GPU = {"capacityProvider": "gpu"}
STARTS: dict[str, dict[str, Any]] = {
    "rule": {},
    "schedule": {"schedule": {"timezone": "Asia/Tokyo"}},
    "workflow": {"lock": "x", "timeout": 60},
}


def target(**members: Any) -> dict[str, Any]:
    return {"target": {"EcsParameters": members}}


def told(world: World, start: str) -> list[dict[str, Any]]:
    """What starts the task, as it stands on AWS."""
    if start == "rule":
        return [world.rule("job").targets[0]["EcsParameters"]]
    if start == "schedule":
        found = world.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
        return [found["Target"]["EcsParameters"]]
    arn = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:job"
    text = world.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
    runs = [state for state in json.loads(text)["States"].values() if ":ecs:runTask" in str(state.get("Resource"))]
    return [run.get("Arguments") or run["Parameters"] for run in runs]


@pytest.mark.parametrize("start", STARTS)
def test_it_comes_to_aws_and_the_second_plan_has_nothing_to_do(world: World, start: str) -> None:
    job = spec(**target(**EXEC), **STARTS[start])
    world.register(job, create=True)
    starts = told(world, start)
    assert starts
    assert all(EXEC.items() <= one.items() for one in starts)
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}
    world.register(spec(**target(**EXEC | {"EnableExecuteCommand": False}), **STARTS[start]))
    assert not any(one["EnableExecuteCommand"] for one in told(world, start))


@pytest.mark.parametrize("start", STARTS)
def test_placement_on_instances(world: World, start: str) -> None:
    job = spec(**target(**PLACED), **GPU, **STARTS[start])
    world.register(job, create=True)
    # Step Functions takes Pascal case in members, too.
    form = (lambda key: key.capitalize()) if start == "workflow" else str
    wanted = {name: [{form(key): v for key, v in one.items()} for one in given] for name, given in PLACED.items()}
    assert all(wanted.items() <= one.items() for one in told(world, start))
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}


def test_an_empty_value_takes_it_back(world: World) -> None:
    world.register(spec(**target(**PLACED), **GPU), create=True)
    # A name that is gone from ecs.yml may be somebody else's by now, so it stays.
    world.register(spec(**GPU))
    assert PLACED.items() <= told(world, "rule")[0].items()
    world.register(spec(**target(PlacementConstraints=[], PlacementStrategy=[]), **GPU))
    assert not any(told(world, "rule")[0].get(name) for name in PLACED)


def test_what_somebody_switched_is_drift(world: World) -> None:
    job = spec(**target(EnableExecuteCommand=True))
    world.register(job, create=True)
    live = world.rule("job").targets[0]
    live["EcsParameters"]["EnableExecuteCommand"] = False
    world.client("events").put_targets(Rule="job", Targets=[live])
    [plan] = world.plan(job)
    changed = {one.field for step in plan.steps for one in step.changes}
    assert changed == {"EnableExecuteCommand"}
    assert {step.action for step in plan.steps if step.changes} == {"drift"}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (target(EnableExecuteComand=True), r"EcsParameters\.EnableExecuteComand: AWS has no such name; did you mean"),
    (target(Nothing=1), r"target\.EcsParameters\.Nothing: AWS has no such name"),
    (target(TaskCount=2), r"target\.EcsParameters\.TaskCount follows from the rest of ecs\.yml and cron2fargate\.yml"),
    (target(LaunchType="EC2"), r"LaunchType follows from"),
    (target(LaunchType="EC2") | GPU, "LaunchType and CapacityProviderStrategy exclude each other"),
    (target(CapacityProviderStrategy=[]), "LaunchType and CapacityProviderStrategy exclude each other"),
    (target(PropagateTags="TASK_DEFINITION"), r"PropagateTags follows from"),
    (target(NetworkConfiguration={"awsvpcConfiguration": {"Subnets": ["x"]}}), r"\.Subnets follows from"),
    (target(ReferenceId="x" * 1025), r"EcsParameters\.ReferenceId: 1025 is more than the 1024 that AWS takes"),
    (
        target(PlacementStrategy=[{"type": "random"}] * 6) | GPU,
        r"EcsParameters\.PlacementStrategy: 6 is more than the 5 that AWS takes",
    ),
    (target(Tags=[]), r"EcsParameters\.Tags: a task bears the tags of its task definition"),
    (target(EnableExecuteCommand="yes"), r"Invalid type for parameter EnableExecuteCommand"),
    (target(**PLACED), r"PlacementConstraints: Fargate places a task itself"),
    ({"target": {"RetryPolicy": {"MaximumRetryAttempts": 1}}}, r"target\.RetryPolicy is not passed on"),
    ({"target": {"Arn": "x"}}, r"target\.Arn is not passed on"),
    ({"target": {"EcsParameters": "x"}}, r"target\.EcsParameters must be a mapping"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
@pytest.mark.parametrize("start", STARTS)
def test_what_is_refused_and_why(world: World, given: dict[str, Any], said: str, start: str) -> None:
    [plan] = world.plan(spec(**given, **STARTS[start]), create=True)
    assert plan.status == "refused"
    with pytest.raises(UserError, match=said):
        raise UserError("; ".join(plan.refusals))


def test_a_service_has_no_target() -> None:
    with pytest.raises(SpecErrors, match=r"always\.yml:1:.*no rule starts a service, so target means nothing"):
        always(**target(**EXEC))


# --- services --------------------------------------------------------------------------------------------------------

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
KEPT = {"availabilityZoneRebalancing": "DISABLED", "enableExecuteCommand": True, "deploymentConfiguration": BREAKER}


def kept(**passed: Any) -> Any:
    return always(service={"desiredCount": 2, **passed})


def step(world: World, fields: dict[str, Any], **passed: Any) -> Any:
    """What would be changed of a service that AWS tells ``fields`` of; the embedded AWS forgets most of them."""
    service, job = live(world), kept(**passed)
    aws = world.connect(read_only=True)
    wanted = services.request(job, targets.build(aws, job, service.cluster, "arn:r"), service.task_definition)
    as_aws = services.LiveService("always", service.fields | fields, service.tags)
    return services._update_step(as_aws, wanted, 2, service.tags, "change", job.service.passed)


def test_of_a_service(network: World) -> None:  # noqa: F811
    network.register(kept(**KEPT), create=True)
    percents = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    # AWS fills in what nobody gave.
    filled = {"deploymentConfiguration": {**percents, **BREAKER, "strategy": "ROLLING", "bakeTimeInMinutes": 0}}
    same = step(network, KEPT | filled, **KEPT)
    assert (same.action, same.changes) == ("same", [])
    off = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    other = step(network, KEPT | {"deploymentConfiguration": {**percents, **off}}, **KEPT)
    assert [change.field for change in other.changes] == ["deploymentConfiguration.deploymentCircuitBreaker.rollback"]
    # What is not told is not so.
    gone = step(network, KEPT | filled | {"availabilityZoneRebalancing": None}, **KEPT)
    assert [change.field for change in gone.changes] == ["availabilityZoneRebalancing"]


def test_what_aws_fills_in_beside_a_list_is_no_change(network: World) -> None:  # noqa: F811
    network.register(kept(), create=True)
    given = [{"registryArn": "arn:aws:servicediscovery:ap-northeast-1:123456789012:service/srv-1"}]
    told_of = {"serviceRegistries": [given[0] | {"containerName": "app"}]}
    assert step(network, told_of, serviceRegistries=given).action == "same"
    assert step(network, {"serviceRegistries": []}, serviceRegistries=given).changes


REFUSED_OF_SERVICES: list[tuple[dict[str, Any], str]] = [
    ({"desiredcount": 1}, r"service\.desiredcount: AWS has no such name; did you mean 'desiredCount'"),
    ({"enableECSManagedTags": False}, r"service\.enableECSManagedTags follows from"),
    ({"deploymentConfiguration": {"maximumPercent": 200}}, r"deploymentConfiguration\.maximumPercent follows from"),
    ({"launchType": "EC2"}, r"service\.launchType follows from"),
    ({"cluster": "x"}, r"service\.cluster follows from"),
    ({"tags": []}, r"service\.tags: register could not see or change it|service\.tags follows from"),
    ({"clientToken": "x"}, r"service\.clientToken: register could not"),
    ({"schedulingStrategy": "DAEMON"}, r"service\.schedulingStrategy: register could not"),
    ({"enableExecuteCommand": "yes"}, r"Invalid type for parameter enableExecuteCommand"),
    ({"placementStrategy": [{"type": "random"}]}, r"placementStrategy: Fargate places a task itself"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED_OF_SERVICES)
def test_what_a_service_is_refused(network: World, given: dict[str, Any], said: str) -> None:  # noqa: F811
    [plan] = network.plan(kept(**given), create=True)
    assert plan.status == "refused"
    with pytest.raises(UserError, match=said):
        raise UserError("; ".join(plan.refusals))


def test_exports_of_a_service() -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    texts = cloudformation.files(export("sandbox", env, "web1", [kept(**KEPT)]))
    text = texts["jobs/always.yml"]
    assert all(
        word in text for word in ("Rollback: true", "MaximumPercent: 100", "AvailabilityZoneRebalancing: DISABLED")
    )
    found = [
        one.message for each in texts.values() for one in lint(each, config=ManualArgs(regions=["ap-northeast-1"]))
    ]
    assert found == []
    exported = export("sandbox", env, "web1", [kept(**KEPT), spec()], refuse_unsaid)
    assert [(one.job, "deploymentConfiguration" in one.why) for one in exported.left_out] == [("always", True)]
    scalars = {name: value for name, value in KEPT.items() if name != "deploymentConfiguration"}
    said = "".join(terraform.files(export("sandbox", env, "web1", [kept(**scalars)], refuse_unsaid)).values())
    assert re.search(r'availability_zone_rebalancing += "DISABLED"', said)
    with pytest.raises(UserError, match="has no such name"):
        export("sandbox", env, "web1", [kept(nothing=1)])


@pytest.mark.parametrize("start", STARTS)
def test_cloudformation_says_all_of_it(start: str) -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    texts = cloudformation.files(
        export("sandbox", env, "web1", [spec(**target(**EXEC, **PLACED), **GPU, **STARTS[start])])
    )
    text = "".join(texts.values())
    assert all(word in text for word in ("EnableExecuteCommand", "night", "attribute:disk == ssd", "instanceId"))
    found = [
        problem.message
        for one in texts.values()
        for problem in lint(one, config=ManualArgs(regions=["ap-northeast-1"]))
    ]
    assert found == []


def test_terraform_says_it_or_leaves_the_job_out() -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    jobs = [
        spec("open", **target(**EXEC)),
        spec("zoned", **target(**EXEC, ReferenceId="r"), **STARTS["schedule"]),
        spec("placed", **target(**PLACED), **GPU),
        spec("placed-zoned", **target(**PLACED), **GPU, **STARTS["schedule"]),
        spec("placed-locked", **target(**PLACED), **GPU, **STARTS["workflow"]),
    ]
    exported = export("sandbox", env, "web1", jobs, refuse_unsaid)
    assert [one.job for one in exported.left_out] == ["placed", "placed-zoned"]
    assert all("PlacementConstraints, PlacementStrategy" in one.why for one in exported.left_out)
    text = "".join(terraform.files(exported).values())
    # Beside them it stands in ignore_changes: a release may switch it.
    assert len(re.findall(r"enable_execute_command +=", text)) == 2
    assert "attribute:disk == ssd" in text  # in the workflow's definition
