"""check: what is looked at on an embedded AWS, what each answer means, and what happens where nobody may look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.specs.model import Spec, load_spec
from migrate import checks
from migrate.checks import cluster as cluster_check
from migrate.checks import expressions, herd, images, network, passing, quotas, rights, roles, secrets, sizes
from migrate.checks.model import Context, Line
from migrate.cli import cli
from migrate.settings.model import Environment
from tests.aws.surroundings import EVERYTHING, allow, furnish
from tests.aws.world import KOYAMA, SETTINGS, World, spec

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
DAY = date(2026, 11, 2)


def context(world: World, *specs: Any, environment: dict[str, Any] | None = None, **more: Any) -> Context:
    if environment:
        value = world.environment.model_dump(by_alias=True) | environment
        world.environment = Environment.model_validate(value)
    return Context(world.connect(read_only=True), world.owner, specs or (spec(),), DAY, **more)


def always(count: int = 1, **container: Any) -> Spec:
    """A job that is a service."""
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"} | container
    value = {"type": "FARGATE", "name": "always", "containers": [box], "service": {"desiredCount": count}}
    return load_spec(json.dumps(value), "always.yml")


def said(lines: Iterator[Line]) -> list[tuple[str, str]]:
    """(verdict, code) of each line."""
    return [(line.verdict, line.code) for line in lines]


def trust(*services: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"},
            ],
        }
    )


# --- cluster ---------------------------------------------------------------------------------------------------------


def test_cluster_and_capacity_providers(world: World) -> None:
    world.client("ecs").put_cluster_capacity_providers(
        cluster="cron", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    jobs = [spec(capacityProvider="FARGATE_SPOT"), spec("gpu", capacityProvider="gpu-instances")]
    assert said(cluster_check.check(context(world, *jobs))) == [("OK", ""), ("OK", ""), ("NG", "C602")]
    gone = context(world, environment={"cluster": "nowhere"})
    assert said(cluster_check.check(gone)) == [("NG", "C601")]
    coming = context(world, environment={"cluster": "new"}, coming=frozenset({("cluster", "new")}))
    assert said(cluster_check.check(coming)) == [("OK", "")]


# --- roles -----------------------------------------------------------------------------------------------------------


def test_roles_and_whom_they_trust(world: World) -> None:
    iam = world.client("iam")
    iam.create_role(RoleName="exec", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
    iam.create_role(RoleName="task", Path="/jobs/", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
    iam.create_role(RoleName="events", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))
    found = list(roles.check(context(world, spec(), spec("zone", schedule={"timezone": "Asia/Tokyo"}))))
    assert said(iter(found)) == [("OK", ""), ("OK", ""), ("NG", "C607"), ("NG", "C606")]
    assert "events does not trust events.amazonaws.com" in found[2].text
    assert "there is no role scheduler" in found[3].text


def test_a_role_with_another_path_or_account(world: World) -> None:
    world.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
    lines = list(roles.check(context(world, environment={"executionRole": "arn:aws:iam::999999999999:role/x"})))
    assert "belongs to another account" in lines[0].text
    assert f"the ARN of role arn:aws:iam::{ACCOUNT}:role/jobs/task is arn:aws:iam::{ACCOUNT}:role/task" in lines[1].text


TRUSTED = {
    "a list": ({"Statement": [{"Effect": "Allow", "Principal": {"Service": ["a", "s"]}, "Action": ["sts:AssumeRole"]}]}, True),
    "one statement": ({"Statement": {"Effect": "Allow", "Principal": {"Service": "s"}, "Action": "sts:*"}}, True),
    "another": ({"Statement": [{"Effect": "Allow", "Principal": {"Service": "t"}, "Action": "sts:AssumeRole"}]}, False),
    "denied": ({"Statement": [{"Effect": "Deny", "Principal": {"Service": "s"}, "Action": "sts:AssumeRole"}]}, False),
    "an account": ({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}, False),
    "tags": ({"Statement": [{"Effect": "Allow", "Principal": {"Service": "s"}, "Action": "sts:TagSession"}]}, False),
    "empty": ({}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUSTED)
def test_trust(name: str) -> None:
    document, expected = TRUSTED[name]
    assert roles.trusts(document, "s") is expected


# --- who may pass ----------------------------------------------------------------------------------------------------

PRINCIPALS = {
    "arn:aws:sts::1:assumed-role/x/me": None,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me@example.com": f"arn:aws:iam::{ACCOUNT}:role/deploy",
    f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/deploy/x": f"arn:aws-cn:iam::{ACCOUNT}:role/deploy",
    f"arn:aws:iam::{ACCOUNT}:user/me": f"arn:aws:iam::{ACCOUNT}:user/me",
    f"arn:aws:iam::{ACCOUNT}:root": None,
}


@pytest.mark.parametrize("identity", [name for name in PRINCIPALS if "::1:" not in name])
def test_whom_to_simulate(identity: str) -> None:
    assert passing.principal(identity) == PRINCIPALS[identity]


def simulated(world: World, monkeypatch: pytest.MonkeyPatch, denied: set[str]) -> list[dict[str, Any]]:
    """IAM's simulation, which the embedded AWS does not have; returns the requests."""
    requests: list[dict[str, Any]] = []

    def simulate(**request: Any) -> dict[str, Any]:
        requests.append(request)
        results = [
            {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in denied else "allowed"}
            for name in request["ActionNames"]
        ]
        return {"EvaluationResults": results}

    iam = world.connect(read_only=True).client("iam")
    monkeypatch.setattr(iam, "simulate_principal_policy", simulate)
    return requests


def test_who_may_pass_roles(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = simulated(world, monkeypatch, {"iam:PassRole", "events:PutTargets"})
    aws = world.connect(read_only=True)
    aws.identity = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me"
    found = list(passing.check(Context(aws, "web1", [spec()])))
    assert said(iter(found)) == [("NG", "C608")] * 3 + [("NG", "C609")]
    assert (
        f"role/deploy lacks iam:PassRole on arn:aws:iam::{ACCOUNT}:role/events to events.amazonaws.com" in found[2].text
    )
    assert found[3].text.endswith("lacks events:PutTargets")
    assert {request["PolicySourceArn"] for request in requests} == {f"arn:aws:iam::{ACCOUNT}:role/deploy"}
    simulated(world, monkeypatch, set())
    assert {verdict for verdict, _ in said(passing.check(Context(aws, "web1", [spec()])))} == {"OK"}


# --- what the roles may do -------------------------------------------------------------------------------------------


def lacking(world: World, deny: str, *specs: Spec, **policy: Any) -> list[str]:
    """What is said where one action is denied to the named role."""
    allow(world, policy["role"], EVERYTHING, {"Effect": "Deny", "Action": deny, "Resource": policy.get("on", "*")})
    return [line.text for line in rights.check(context(world, *specs)) if line.code == "C624"]


RIGHTS = {
    "events may not run": ("events", "ecs:RunTask", spec(), "eventsRole events lacks ecs:RunTask on"),
    "events may not pass": ("events", "iam:PassRole", spec(), "eventsRole events lacks iam:PassRole on"),
    "scheduler": (
        "scheduler",
        "ecs:RunTask",
        spec(schedule={"timezone": "Asia/Tokyo"}),
        "schedulerRole scheduler lacks",
    ),
    "a workflow is not started": (
        "events",
        "states:StartExecution",
        spec(timeout=60),
        "lacks states:StartExecution on",
    ),
    "a workflow may not run": ("cron2fargate-web1-states", "ecs:RunTask", spec(timeout=60), "states lacks ecs:RunTask"),
    "a parameter": ("exec", "ssm:GetParameters", spec(container={"secrets": {"A": "/x/y"}}), "parameter/x/y"),
    "a parameter by ARN": (
        "exec",
        "ssm:*",
        spec(container={"secrets": {"A": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/x"}}),
        "parameter/x",
    ),
    "a key of a secret": (
        "exec",
        "secretsmanager:GetSecretValue",
        spec(container={"secrets": {"A": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-abc:KEY::"}}),
        "secret:db-abc",
    ),
    "an image of our ECR": ("exec", "ecr:BatchGetImage", spec(container={"image": f"{ECR}/app:1"}), "repository/app"),
}


@pytest.mark.parametrize("name", RIGHTS)
def test_what_a_role_may_not_do(world: World, name: str) -> None:
    furnish(world)
    role, action, job, expected = RIGHTS[name]
    assert [line for line in rights.check(context(world, job)) if line.verdict != "OK"] == []
    found = lacking(world, action, job, role=role)
    assert found
    assert expected in found[0]


# --- images ----------------------------------------------------------------------------------------------------------

CONFIG = "sha256:" + "c" * 64
LAYER = "sha256:" + "1" * 64


def push(world: World, repository: str, tag: str, manifest: dict[str, Any]) -> None:
    ecr = world.client("ecr")
    try:
        ecr.create_repository(repositoryName=repository)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "RepositoryAlreadyExistsException"
    media = manifest["mediaType"]
    ecr.put_image(
        repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag, imageManifestMediaType=media
    )


SINGLE = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 100, "digest": CONFIG},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 3 * 1024**3, "digest": LAYER}],
}


def index(*architectures: str) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "size": 1,
                "digest": f"sha256:{number:064x}",
                "platform": {"architecture": name, "os": "linux"},
            }
            for number, name in enumerate(architectures)
        ],
    }


def answer(world: World, monkeypatch: pytest.MonkeyPatch, manifest: dict[str, Any] | None) -> None:
    """BatchGetImage as AWS answers: an image that is not there is a failure in an answer of 200."""
    found = {"images": [{"imageManifest": json.dumps(manifest)}] if manifest else [], "failures": []}
    ecr = world.connect(read_only=True).client("ecr")
    monkeypatch.setattr(ecr, "batch_get_image", lambda **_: found)
    monkeypatch.setattr(ecr, "get_download_url_for_layer", lambda **_: {"downloadUrl": "https://store.example.com/c"})


IMAGES: dict[str, tuple[dict[str, Any] | None, bytes | None, str, tuple[str, str]]] = {
    "one image, fits": (SINGLE, b'{"architecture": "amd64"}', "X86_64", ("OK", "")),
    "one image, another processor": (SINGLE, b'{"architecture": "arm64"}', "X86_64", ("NG", "C605")),
    "one image, store does not answer": (SINGLE, None, "X86_64", ("WARN", "C604")),
    "one image, configuration is no JSON": (SINGLE, b"<html>", "X86_64", ("WARN", "C604")),
    "an index with both": (index("amd64", "arm64", "unknown"), None, "ARM64", ("OK", "")),
    "an index without": (index("amd64", "unknown"), None, "ARM64", ("NG", "C605")),
    "not there": (None, None, "X86_64", ("NG", "C603")),
}


@pytest.mark.parametrize("name", IMAGES)
def test_image_and_architecture(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    manifest, config, architecture, expected = IMAGES[name]

    def fetch(url: str) -> bytes:
        assert url == "https://store.example.com/c"
        if config is None:
            raise OSError("no answer")
        return config

    answer(world, monkeypatch, manifest)
    job = spec(container={"image": f"{ECR}/app:1"}, architecture=architecture)
    assert said(images.check(context(world, job, fetch=fetch))) == [expected]


def test_an_image_of_the_embedded_ecr_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ecr = world.connect(read_only=True).client("ecr")
    monkeypatch.setattr(ecr, "get_download_url_for_layer", lambda **_: {"downloadUrl": "https://store.example.com/c"})
    push(world, "team/app", "1", SINGLE)
    there, missing = (
        list(images.check(context(world, spec(container={"image": f"{ECR}/team/app:{tag}"}), fetch=lambda _: b"{}")))
        for tag in ("1", "2")
    )
    assert there[0].code != "C603"
    assert (missing[0].verdict, missing[0].code) == ("NG", "C603")
    elsewhere = context(world, spec(container={"image": f"{ECR}/nobody/app:1"}))
    assert said(images.check(elsewhere)) == [("NG", "C603")]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("CHANGE_ME", ("NG", "C603")),
        ("nginx:1", ("WARN", "C604")),
        ("public.ecr.aws/nginx/nginx:1", ("WARN", "C604")),
        (f"999999999999.dkr.ecr.{REGION}.amazonaws.com/app:1", ("WARN", "C604")),
        (f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:1", ("WARN", "C604")),
    ],
)
def test_images_that_cannot_be_asked_for(world: World, image: str, expected: tuple[str, str]) -> None:
    assert said(images.check(context(world, spec(container={"image": image})))) == [expected]


# --- network ---------------------------------------------------------------------------------------------------------


class Vpc:
    """One VPC of the embedded AWS with one subnet; the rest is added by the tests."""

    def __init__(self, world: World) -> None:
        self.ec2 = world.client("ec2")
        self.id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.id, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
        self.group = self.ec2.create_security_group(VpcId=self.id, GroupName="jobs", Description="jobs")["GroupId"]
        self.table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet)

    def internet(self) -> None:
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id)
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    def nat(self) -> None:
        nat = self.ec2.create_nat_gateway(SubnetId=self.subnet, ConnectivityType="private")["NatGateway"][
            "NatGatewayId"
        ]
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)

    def endpoint(self, *services: str) -> None:
        for service in services:
            kind = {"VpcEndpointType": "Gateway", "RouteTableIds": [self.table]} if service == "s3" else {
                "VpcEndpointType": "Interface", "SubnetIds": [self.subnet]
            }  # fmt: skip
            self.ec2.create_vpc_endpoint(VpcId=self.id, ServiceName=f"com.amazonaws.{REGION}.{service}", **kind)

    def environment(self, public: str = "DISABLED") -> dict[str, Any]:
        return {"subnets": [self.subnet], "securityGroups": [self.group], "assignPublicIp": public}


ALL_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "logs")
NETWORKS: dict[str, tuple[tuple[str, ...], str, str, tuple[str, str]]] = {
    "public with an address": (("internet",), "ENABLED", "nginx:1", ("OK", "")),
    "public without an address": (("internet",), "DISABLED", "nginx:1", ("NG", "C615")),
    "NAT": (("nat",), "DISABLED", "nginx:1", ("OK", "")),
    "no way out": ((), "ENABLED", "nginx:1", ("NG", "C615")),
    "endpoints and ECR": (ALL_ENDPOINTS, "DISABLED", f"{ECR}/app:1", ("OK", "")),
    "endpoints and Docker Hub": (ALL_ENDPOINTS, "DISABLED", "nginx:1", ("NG", "C615")),
    "an endpoint missing": (("ecr.api", "ecr.dkr", "s3"), "DISABLED", f"{ECR}/app:1", ("NG", "C615")),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_ways_to_pull_an_image(world: World, name: str) -> None:
    ways, public, image, expected = NETWORKS[name]
    vpc = Vpc(world)
    for way in ways:
        (getattr(vpc, way) if way in {"internet", "nat"} else lambda way=way: vpc.endpoint(way))()
    job = spec(expression="cron(0 3 1 1 ? *)", container={"image": image})
    found = list(network.check(context(world, job, environment=vpc.environment(public))))
    assert said(iter(found)) == [("OK", ""), expected]
    if name == "an endpoint missing":
        assert found[1].text.endswith("or these endpoints: logs")


PUBLIC_NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "private DNS": ({"PrivateDnsEnabled": True}, ""),
    "no private DNS": ({"PrivateDnsEnabled": False}, "these endpoints: logs (with private DNS)"),
    "not told": ({}, "these endpoints: logs (with private DNS)"),
    "for on-premises only": (
        {"PrivateDnsEnabled": True, "DnsOptions": {"PrivateDnsOnlyForInboundResolverEndpoint": True}},
        "these endpoints: logs (with private DNS)",
    ),
    "being made": ({"PrivateDnsEnabled": True, "State": "pending"}, "these endpoints: logs (with private DNS)"),
}


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_an_endpoint_serves_by_its_private_name_only(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A task asks for logs.REGION.amazonaws.com, which leads to the internet where the endpoint has not taken the name."""
    change, missing = PUBLIC_NAMES[name]
    vpc = Vpc(world)
    vpc.endpoint("ecr.api", "ecr.dkr", "s3")
    own = {"ServiceName": f"com.amazonaws.{REGION}.logs", "VpcEndpointType": "Interface", "State": "available"}
    told = network._endpoints
    monkeypatch.setattr(network, "_endpoints", lambda *args: [*told(*args), own | change])
    job = spec(expression="cron(0 3 1 1 ? *)", container={"image": f"{ECR}/app:1"})
    line = list(network.check(context(world, job, environment=vpc.environment())))[1]
    assert line.text.endswith(missing or "through endpoints")


def test_secrets_need_endpoints_too(world: World) -> None:
    vpc = Vpc(world)
    vpc.endpoint(*ALL_ENDPOINTS)
    job = spec(container={"image": f"{ECR}/app:1", "secrets": {"A": "/app/a"}})
    found = list(network.check(context(world, job, environment=vpc.environment())))
    assert found[1].text.endswith("or these endpoints: ssm")


def test_subnets_and_groups_that_are_not_there(world: World) -> None:
    found = list(network.check(context(world)))
    assert said(iter(found)) == [("NG", "C613")]
    assert "subnet-" in found[0].text
    vpc = Vpc(world)
    found = list(network.check(context(world, environment=vpc.environment() | {"securityGroups": ["sg-01234567"]})))
    assert said(iter(found))[0] == ("NG", "C613")


def test_a_group_that_lets_nothing_out(world: World) -> None:
    vpc = Vpc(world)
    vpc.nat()
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    vpc.ec2.revoke_security_group_egress(GroupId=vpc.group, IpPermissions=everything)
    assert said(network.check(context(world, environment=vpc.environment())))[0] == ("NG", "C615")
    https = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    vpc.ec2.authorize_security_group_egress(GroupId=vpc.group, IpPermissions=https)
    assert said(network.check(context(world)))[0] == ("OK", "")


def test_what_nat_costs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """3 GiB each minute are 131,400 GB a month at $0.062 (Tokyo); with the gateway endpoint of S3 nothing."""
    vpc = Vpc(world)
    vpc.nat()
    answer(world, monkeypatch, SINGLE)
    job = spec(expression="rate(1 minute)", container={"image": f"{ECR}/app:1"})
    found = list(network.check(context(world, job, environment=vpc.environment())))
    assert said(iter(found))[-1] == ("WARN", "C616")
    assert "about 131,400 GB and $8,146.80 a month (sizes as in ECR)" in found[-1].text
    vpc.endpoint("s3")
    assert {verdict for verdict, _ in said(network.check(context(world, job)))} == {"OK"}


def test_what_nat_costs_is_of_the_image_that_each_job_pulls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index has an image for each processor: 1 GiB for one job a minute, 3 GiB for the other."""
    vpc = Vpc(world)
    vpc.nat()
    answer(world, monkeypatch, index("amd64", "arm64"))
    digests = [one["digest"] for one in index("amd64", "arm64")["manifests"]]

    def sizes(imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803 - botocore's name
        return {"imageDetails": [{"imageSizeInBytes": (1, 3)[digests.index(imageIds[0]["imageDigest"])] * 1024**3}]}

    monkeypatch.setattr(world.connect(read_only=True).client("ecr"), "describe_images", sizes)
    jobs = [
        spec(name, expression="rate(1 minute)", container={"image": f"{ECR}/app:1"}, architecture=architecture)
        for name, architecture in (("a", "X86_64"), ("b", "ARM64"), ("c", "ARM64"))
    ]
    found = list(network.check(context(world, *jobs, environment=vpc.environment())))
    assert "about 306,600 GB" in found[-1].text
    assert "sizes as in ECR" in found[-1].text


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_environment_files_are_there_or_not_and_never_read(world: World) -> None:
    there = world.client("s3")
    there.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})
    there.put_object(Bucket="shop", Key="jobs/app.env", Body=b"PW=hunter2")
    there.put_object(Bucket="shop", Key="jobs/other.env.old", Body=b"PW=hunter2")
    files = ["shop/jobs/app.env", "shop/jobs/other.env", "none/app.env"]
    job = spec(container={"environmentFiles": [f"arn:aws:s3:::{one}" for one in files]})
    found = list(secrets.check(context(world, job, job)))
    assert [(line.verdict, line.code) for line in found] == [("OK", ""), ("NG", "C610"), ("NG", "C610")]
    assert "hunter2" not in str(found)


def test_secrets_are_there_or_not_and_never_read(world: World) -> None:
    arn = world.client("secretsmanager").create_secret(Name="app/key", SecretString="hunter2")["ARN"]
    world.client("ssm").put_parameter(Name="/app/token", Value="hunter2", Type="SecureString")
    job = spec(
        container={
            "secrets": {
                "A": arn,
                "B": f"{arn}:password::",
                "C": "/app/token",
                "D": "/app/none",
                "E": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:none-AbCdEf",
                "F": "arn:aws:secretsmanager:us-east-1:999999999999:secret:far-AbCdEf",
                "G": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/token",
            }
        }
    )
    found = list(secrets.check(context(world, job)))
    by_text = {line.text: (line.verdict, line.code) for line in found}
    assert by_text.pop("parameter /app/token") == ("OK", "")
    assert sorted(by_text.values()) == [("NG", "C610"), ("NG", "C610"), ("OK", ""), ("WARN", "C611")]
    assert "hunter2" not in str(found)


def test_secrets_of_sidecars_and_notifications(world: World) -> None:
    told = {"slack": {"webhookSecret": "slack/hook"}, "datadog": {"apiKeySecret": "datadog/key", "agent": True}}
    found = secrets.sources(context(world, environment={"notifications": told}))
    prefix = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
    assert found == [f"{prefix}datadog/key", f"{prefix}slack/hook"]


# --- sizes -----------------------------------------------------------------------------------------------------------


def test_sizes(world: World) -> None:
    large = spec("large", container={"environment": {f"V{n}": "x" * 1000 for n in range(70)}})
    found = list(sizes.check(context(world, large, spec())))
    assert said(iter(found)) == [("NG", "C612"), ("OK", "")]
    assert "large: the task definition has" in found[0].text
    assert "1 job; the task definition of job has" in found[1].text


# --- the busiest minute ----------------------------------------------------------------------------------------------


def test_the_busiest_minute_over_zones() -> None:
    """03:00 in Tokyo is 18:00 UTC the day before; the job of the first of the month meets both."""
    jobs = [
        spec("a", "cron(0 3 * * ? *)", schedule={"timezone": "Asia/Tokyo"}),
        spec("b", "cron(0 18 * * ? *)", schedule={"taskCount": 3}),
        spec("c", "cron(0 18 1 * ? *)"),
        spec("d", "cron(0 4 * * ? *)", schedule={"taskCount": 4}),
    ]
    peak = herd.busiest(jobs, [1.0] * 4, DAY)
    assert peak is not None
    assert (peak.tasks, peak.when, peak.jobs) == (5, "2026-12-01 18:00 UTC", ("a", "b", "c"))


def test_a_rate_may_meet_anything() -> None:
    peak = herd.busiest([spec("a", "rate(3 hours)"), spec("b", "cron(7 5 * * ? *)")], [1.0, 1.0], DAY)
    assert peak is not None
    assert (peak.tasks, peak.when) == (2, "2026-11-02 05:07 UTC")


def test_at_counts_on_its_day() -> None:
    once = spec("a", "at(2026-11-09T05:07:00)", schedule={"timezone": "Asia/Tokyo"})
    peak = herd.busiest([once], [1.0], DAY)
    assert peak is not None
    assert peak.when == "2026-11-09 20:07 UTC"
    assert herd.busiest([always()], [1.0], DAY) is None


def limits(world: World, monkeypatch: pytest.MonkeyPatch, **values: float) -> None:
    """Service Quotas, of which the embedded AWS has only the defaults of one service."""
    client = world.connect(read_only=True).client("service-quotas")
    items = [{"QuotaName": name.replace("_", " "), "Value": value} for name, value in values.items()]
    pages = SimpleNamespace(paginate=lambda **_: [{"Quotas": items}])
    monkeypatch.setattr(client, "get_paginator", lambda _: pages)


def test_quotas_of_vcpu_launches_and_addresses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """130 tasks of half a vCPU at once: 65 vCPU, 30 beyond the burst at 20 a second, 11 free addresses."""
    limits(world, monkeypatch, **{"Fargate On-Demand vCPU resource count".replace(" ", "_"): 64.0})
    vpc = Vpc(world)
    jobs = [spec(f"j{n}", container={"cpu": 512, "memory": 1024}, schedule={"taskCount": 10}) for n in range(13)]
    found = list(herd.check(context(world, *jobs, environment=vpc.environment())))
    assert said(iter(found)) == [("WARN", "C617"), ("NG", "C618"), ("NG", "C619")]
    assert "130 tasks start in one minute" in found[0].text
    assert "(j0, j1, j2 and 10 more); Fargate launches the last one 2 s later" in found[0].text
    assert "65 vCPU start at once" in found[1].text
    assert "the quota is 64 (Service Quotas)" in found[1].text
    assert "130 tasks start at once and the subnets have 11 free addresses" in found[2].text
    assert {v for v, _ in said(herd.check(context(world, *jobs[:1])))} == {"OK"}


def test_services_and_spot_count_for_their_own_quota(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    limits(world, monkeypatch)
    vpc = Vpc(world)
    jobs = [
        always(10, cpu=512, memory=1024),
        spec(
            "spot", schedule={"taskCount": 8}, container={"cpu": 1024, "memory": 2048}, capacityProvider="FARGATE_SPOT"
        ),
    ]
    found = list(herd.check(context(world, *jobs, environment=vpc.environment())))
    assert "Fargate on demand: 5 vCPU" in found[1].text
    assert "Fargate Spot: 8 vCPU" in found[2].text
    assert [line.verdict for line in found] == ["OK", "OK", "NG", "NG"]


def test_rules_of_the_bus(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    limits(world, monkeypatch, Rules=3)
    world.client("events").put_rule(Name="theirs", ScheduleExpression="rate(1 day)")
    world.register(spec(), create=True)
    two = spec(expression=["cron(0 3 * * ? *)", "cron(0 4 * * ? *)"])
    assert said(quotas.check(context(world, two))) == [("OK", "")]
    found = list(quotas.check(context(world, two, spec("more"))))
    assert said(iter(found)) == [("NG", "C620")]
    assert "4 rules on the default bus with 2 new ones; the quota is 3 (Service Quotas)" in found[0].text


# --- expressions -----------------------------------------------------------------------------------------------------


def test_expressions_are_tried_and_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = world.state()
    writer = world.connect(read_only=False)
    events = writer.client("events")
    real = events.put_rule

    def put_rule(**request: Any) -> Any:
        assert request["State"] == "DISABLED"
        if "L" in request["ScheduleExpression"]:
            body = {"Code": "ValidationException", "Message": "Parameter ScheduleExpression is not valid."}
            raise ClientError({"Error": body}, "PutRule")
        return real(**request)

    monkeypatch.setattr(events, "put_rule", put_rule)
    scheduler = writer.client("scheduler")
    make = scheduler.create_schedule

    def create_schedule(**request: Any) -> Any:
        """AWS takes no universal target that only reads (docs "Using universal targets in EventBridge Scheduler")."""
        call = request["Target"]["Arn"].rpartition(":")[2]
        assert not call.startswith(("get", "describe", "list", "poll", "receive", "search", "query", "select", "read"))
        assert request["State"] == "DISABLED"
        return make(**request)

    monkeypatch.setattr(scheduler, "create_schedule", create_schedule)
    jobs = [
        spec(expression=["cron(0 3 * * ? *)", "cron(0 3 L * ? *)"]),
        spec("again"),
        spec("zone", schedule={"timezone": "Asia/Tokyo"}),
    ]
    section = expressions.try_out(context(world, *jobs), writer)
    assert said(iter(section.lines)) == [("OK", ""), ("NG", "C621"), ("OK", "")]
    assert "AWS refuses cron(0 3 L * ? *): Parameter ScheduleExpression is not valid." in section.lines[1].text
    assert world.state() == before


# --- nobody may look -------------------------------------------------------------------------------------------------


def deny(world: World, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """Every call of the service is refused as AWS refuses it."""
    client = world.connect(read_only=True).client(service)

    def refuse(model: Any, **_: Any) -> None:
        body = {"Code": "AccessDeniedException", "Message": "no", "Permission": f"{service}:{model.name}"}
        raise ClientError({"Error": body}, model.name)

    client.meta.events.register("before-call", refuse, unique_id="deny")
    monkeypatch.setattr(
        world, "_undo", lambda: client.meta.events.unregister("before-call", unique_id="deny"), raising=False
    )


DENIED = {
    "ecs": (cluster_check, "ecs:DescribeClusters"),
    "iam": (roles, "iam:GetRole"),
    "ec2": (network, "ec2:DescribeSubnets"),
    "ecr": (images, "ecr:BatchGetImage"),
    "ssm": (secrets, "ssm:DescribeParameters"),
    "events": (quotas, "events:ListRules"),
}


@pytest.mark.parametrize("service", DENIED)
def test_what_may_not_be_looked_at_names_the_permission(
    world: World, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    module, permission = DENIED[service]
    deny(world, monkeypatch, service)
    job = spec(container={"image": f"{ECR}/app:1", "secrets": {"A": "/app/a"}})
    try:
        (check,) = [check for check in checks.CHECKS if check.look is module.check]  # type: ignore[attr-defined]
        section = checks._made(check, context(world, job))
    finally:
        world._undo()  # type: ignore[attr-defined]
    found = [line for line in section.lines if line.code == "C600"]
    assert found
    assert section.verdict == "WARN"
    assert f"these credentials lack {permission}" in found[0].text


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose environment has everything."""
    vpc = Vpc(world)
    vpc.nat()
    for name, service in (("exec", "ecs-tasks"), ("events", "events"), ("task", "ecs-tasks")):
        path = "/jobs/" if name == "task" else "/"
        document = trust(f"{service}.amazonaws.com")
        world.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document)
    settings = SETTINGS.replace("[subnet-01234567, subnet-89abcdef]", f"[{vpc.subnet}]").replace(
        "sg-01234567", vpc.group
    )
    (tmp_path / "cron2fargate.yml").write_text(settings)
    job = tmp_path / "jobs" / "koyama"
    job.mkdir(parents=True)
    (job / "ecs.yml").write_text(KOYAMA)
    monkeypatch.setattr(
        checks,
        "CHECKS",
        [c for c in checks.CHECKS if c.look not in (passing.check, rights.check, herd.check, quotas.check)],
    )
    return tmp_path


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


def test_the_tree_and_the_exit_code(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "--out", workspace) == 0
    out = capsys.readouterr().out
    assert "OK    eventsRole events trusts events.amazonaws.com" in out
    assert "WARN  image example/docker-slack:latest is in another registry and cannot be checked (C604)" in out
    settings = workspace / "cron2fargate.yml"
    settings.write_text(settings.read_text().replace("eventsRole: events", "eventsRole: nobody"))
    assert call("check", "--out", workspace, "--format", "json") == 1
    value = json.loads(capsys.readouterr().out)
    assert value["ok"] is False
    (wrong,) = [line for check in value["checks"] for line in check["lines"] if line["verdict"] == "NG"]
    assert wrong["code"] == "C606"


def test_expressions_are_only_tried_when_asked(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.state()
    assert call("check", "--out", workspace, "--expressions", "--yes") == 0
    assert "OK    AWS accepts rate(1 minute)" in capsys.readouterr().out
    assert world.state() == before


def test_register_makes_the_quick_checks_first(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = workspace / "cron2fargate.yml"
    settings.write_text(settings.read_text().replace("eventsRole: events", "eventsRole: nobody"))
    call("register", "--create", "--yes", "--out", workspace)
    out = capsys.readouterr().out
    assert out.index("NG    eventsRole: there is no role nobody") < out.index("wrote rule")
    call("register", "--create", "--yes", "--no-check", "--out", workspace)
    assert "there is no role nobody" not in capsys.readouterr().out
