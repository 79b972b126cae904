"""What stands around a job: sidecars, log routing, volumes, architecture, capacity, services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from converters.specs.model import Spec, load_spec
from migrate.aws import frames, services, targets, task_definition, tasks, validate
from migrate.aws.ownership import OWNER, Owner
from migrate.cli import cli
from migrate.errors import UserError
from migrate.settings.model import Environment
from tests.aws.world import World, spec

ROUTER = {
    "name": "router",
    "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
    "firelens": "fluentbit",
    "firelensOptions": {"Name": "cloudwatch", "region": "ap-northeast-1"},
}


def environment(world: World, **more: Any) -> None:
    world.environment = Environment.model_validate(world.environment.model_dump(by_alias=True) | more)


def build(world: World, **more: Any) -> dict[str, Any]:
    definition = task_definition.build(world.connect(read_only=True), spec(**more), "/cron2fargate/job")
    assert validate.task_definition_problems(definition) == []
    return definition


def containers(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in definition["containerDefinitions"]}


def test_a_sidecar_is_not_essential_and_counts_for_the_size(world: World) -> None:
    plain = build(world)
    environment(world, sidecars=[{"name": "proxy", "image": "envoy:1", "cpu": 64, "memory": 128}])
    definition = build(world)
    assert (plain["cpu"], plain["memory"]) == ("256", "512")
    assert (definition["cpu"], definition["memory"]) == ("512", "1024")  # 256 + 64 units, 512 + 128 MiB
    proxy = containers(definition)["proxy"]
    assert proxy["essential"] is False
    assert proxy["logConfiguration"]["options"]["awslogs-group"] == "/cron2fargate/job"
    assert containers(definition)["app"]["essential"] is True


def test_logs_go_through_the_router_unless_the_job_says_otherwise(world: World) -> None:
    environment(world, sidecars=[ROUTER])
    found = containers(build(world))
    assert found["router"]["firelensConfiguration"] == {"type": "fluentbit"}
    assert found["router"]["logConfiguration"]["logDriver"] == "awslogs"
    assert found["app"]["logConfiguration"] == {
        "logDriver": "awsfirelens",
        "options": {"Name": "cloudwatch", "region": "ap-northeast-1"},
    }
    assert found["app"]["dependsOn"] == [{"containerName": "router", "condition": "START"}]
    own = {"logConfiguration": {"logDriver": "awslogs", "options": {"mode": "non-blocking"}}}
    app = containers(build(world, container=own))["app"]
    assert app["logConfiguration"]["logDriver"] == "awslogs"
    assert "dependsOn" not in app


def test_the_agent_of_datadog_gets_its_key_as_a_secret(world: World) -> None:
    environment(
        world, notifications={"datadog": {"apiKeySecret": "datadog/key", "site": "ap1.datadoghq.com", "agent": True}}
    )
    agent = containers(build(world))["datadog-agent"]
    assert agent["secrets"] == [
        {
            "name": "DD_API_KEY",
            "valueFrom": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:datadog/key",
        }
    ]
    assert {"name": "ECS_FARGATE", "value": "true"} in agent["environment"]
    assert {"name": "DD_SITE", "value": "ap1.datadoghq.com"} in agent["environment"]
    assert agent["essential"] is False


@pytest.mark.parametrize(
    ("sidecars", "said"),
    [
        ([{"name": "app", "image": "x:1"}], "two containers are named app"),
        ([ROUTER, ROUTER | {"name": "other"}], "sidecars router and other both route logs"),
        ([{"name": "big", "image": "x:1", "memory": 122880, "cpu": 16384}], "no Fargate size holds"),
    ],
)
def test_sidecars_that_cannot_be(world: World, sidecars: list[dict[str, Any]], said: str) -> None:
    environment(world, sidecars=sidecars)
    with pytest.raises(UserError, match=said):
        build(world, container={"cpu": 32768, "memory": 245760} if "holds" in said else {})


def test_awsfirelens_without_a_router_is_refused(world: World) -> None:
    job = spec(container={"logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"}}})
    (plan,) = world.plan(job, create=True)
    assert plan.status == "refused"
    assert "needs a log router" in plan.refusals[0]


def test_efs_volumes(world: World) -> None:
    definition = build(
        world,
        volumes=[
            {"name": "state", "fileSystemId": "fs-01234567", "rootDirectory": "/jobs"},
            {"name": "shared", "fileSystemId": "fs-01234567", "accessPointId": "fsap-01234567"},
        ],
        container={
            "mountPoints": [
                {"volume": "state", "path": "/var/lib/app"},
                {"volume": "shared", "path": "/shared", "readOnly": True},
            ]
        },
    )
    state, shared = (volume["efsVolumeConfiguration"] for volume in definition["volumes"])
    assert state == {"fileSystemId": "fs-01234567", "rootDirectory": "/jobs", "transitEncryption": "ENABLED"}
    assert shared["authorizationConfig"] == {"accessPointId": "fsap-01234567"}
    assert containers(definition)["app"]["mountPoints"] == [
        {"sourceVolume": "state", "containerPath": "/var/lib/app", "readOnly": False},
        {"sourceVolume": "shared", "containerPath": "/shared", "readOnly": True},
    ]


@pytest.mark.parametrize(
    ("of_environment", "of_job", "made"),
    [("X86_64", None, None), ("X86_64", "ARM64", "ARM64"), ("ARM64", None, "ARM64"), ("ARM64", "X86_64", None)],
)
def test_the_architecture_of_a_job_wins(
    world: World, of_environment: str, of_job: str | None, made: str | None
) -> None:
    environment(world, architecture=of_environment)
    definition = build(world, **({"architecture": of_job} if of_job else {}))
    assert definition.get("runtimePlatform", {}).get("cpuArchitecture") == made


@pytest.mark.parametrize(("provider", "compatible"), [("FARGATE_SPOT", "FARGATE"), ("gpu-instances", "EC2")])
def test_another_capacity_provider(world: World, provider: str, compatible: str) -> None:
    assert build(world, capacityProvider=provider)["requiresCompatibilities"] == [compatible]


def test_the_time_between_the_two_signals(world: World) -> None:
    app = containers(build(world, timeout={"seconds": 600, "killAfter": 45}))["app"]
    assert app["stopTimeout"] == 45


EVERYTHING = {
    "volumes": [{"name": "state", "fileSystemId": "fs-01234567", "rootDirectory": "/"}],
    "container": {"mountPoints": [{"volume": "state", "path": "/state"}]},
    "architecture": "ARM64",
    "capacityProvider": "FARGATE_SPOT",
}


def test_surroundings_make_no_change_the_second_time(world: World) -> None:
    datadog = {"datadog": {"apiKeySecret": "datadog/key", "agent": True}}
    environment(world, sidecars=[ROUTER], notifications=datadog)
    world.register(spec(**EVERYTHING), create=True)
    assert world.register(spec(**EVERYTHING)) == []


# --- services --------------------------------------------------------------------------------------------------------


def always(count: int = 2, image: str = "example/app:1", **more: Any) -> Spec:
    value = {
        "type": "FARGATE",
        "name": "always",
        "cluster": "cron",
        "containers": [{"name": "app", "cpu": 256, "memory": 512, "image": image}],
        "service": {"desiredCount": count},
        **more,
    }
    return load_spec(json.dumps(value), "always.yml")


@pytest.fixture
def network(world: World) -> World:
    """The embedded AWS starts a service only in a network that it has."""
    ec2 = world.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]]
    world.environment = world.environment.model_copy(update={"subnets": subnets, "security_groups": groups})
    return world


def live(world: World) -> services.LiveService:
    found = services.find(world.connect(read_only=True), "cron", "always")
    assert found
    return found


def test_a_service_is_made_with_nothing_running(network: World) -> None:
    (plan,) = network.plan(always())
    assert plan.status == "missing"
    calls = network.register(always(), create=True)
    assert calls[-2:] == ["RegisterTaskDefinition", "CreateService"]
    service = live(network)
    assert (service.desired, service.wanted) == (0, 2)
    assert service.fields["launchType"] == "FARGATE"
    assert service.fields["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert network.register(always(), create=True) == []


def test_a_service_is_switched_and_keeps_its_state(network: World) -> None:
    network.register(always(), create=True)
    (frame,) = frames.find(network.connect(read_only=True), "web1", "always")
    assert str(frame) == "service always  DISABLED  always, 2 at a time UTC  always:1"
    writer = network.connect(read_only=False)
    frames.switch(writer, "web1", frame, on=True)
    assert live(network).desired == 2
    # A release of a service that runs keeps it running, with another number of tasks.
    network.register(always(3, "example/app:2"))
    assert (live(network).desired, live(network).wanted) == (3, 3)
    assert live(network).task_definition.endswith("always:2")
    (frame,) = frames.find(network.connect(read_only=True), "web1", "always")
    frames.switch(writer, "web1", frame, on=False)
    # And one that is off stays off.
    network.register(always(4, "example/app:3"))
    assert (live(network).desired, live(network).wanted) == (0, 4)
    assert network.register(always(4, "example/app:3")) == []


def test_one_task_of_a_service_can_be_run(network: World) -> None:
    network.register(always(), create=True)
    (frame,) = frames.find(network.connect(read_only=True), "web1", "always")
    task = tasks.start(network.connect(read_only=False), frame, Owner("web1", "always"))
    (found,) = network.client("ecs").describe_tasks(cluster="cron", tasks=[task])["tasks"]
    assert found["taskDefinitionArn"].endswith("always:1")


def test_a_service_of_others_is_refused(network: World) -> None:
    network.register(always(), create=True)
    tags = [{"key": OWNER, "value": "web2"}]
    network.client("ecs").tag_resource(resourceArn=live(network).fields["serviceArn"], tags=tags)
    (plan,) = network.plan(always(), create=True)
    assert plan.refusals == [
        "the service always exists and it belongs to web2, environment sandbox, job always; rename the job, or take the "
        "service over with --adopt"
    ]


def test_a_job_is_a_rule_or_a_service(network: World) -> None:
    network.register(spec("always"), create=True)
    (plan,) = network.plan(always(), create=True)
    assert plan.status == "refused"
    assert "both would run it" in plan.refusals[0]


def test_spot_for_a_service(network: World) -> None:
    """The embedded AWS forgets the strategy, so what it made is read back as AWS would tell it."""
    job = always(capacityProvider="FARGATE_SPOT")
    network.register(job, create=True)
    service, aws = live(network), network.connect(read_only=True)
    target = targets.build(aws, job, service.cluster, "arn:aws:iam::123456789012:role/events")
    wanted = services._request(target, service.task_definition)
    assert "launchType" not in wanted
    told = service.fields | {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]}
    told.pop("launchType", None)
    as_aws = services.LiveService("always", told, service.tags)
    step = services._update_step(as_aws, wanted, 2, service.tags, "change")
    assert (step.action, step.write) == ("same", None)
    on_demand = services._request(targets.build(aws, always(), service.cluster, "arn:r"), service.task_definition)
    with pytest.raises(UserError, match="no way back to launch type FARGATE"):
        services._update_step(as_aws, on_demand, 2, service.tags, "change")


def test_rehearsing_a_service(tmp_path: Path) -> None:
    (tmp_path / "ecs.yml").write_text(
        "type: FARGATE\nname: always\ncluster: cron\nservice: {desiredCount: 1}\n"
        "containers: [{name: app, cpu: 256, memory: 512, image: x:1}]\n"
    )
    arguments = ["register", "--rehearse", "-t", str(tmp_path / "ecs.yml"), "--out", str(tmp_path)]
    assert cli.main(arguments, standalone_mode=False) == 0
