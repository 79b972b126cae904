"""What a task finds around it on the embedded AWS: roles that trust and may, a network with a way out, a registry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse
from moto.servicequotas.responses import ServiceQuotasResponse

from tests.aws.world import SETTINGS, World

SERVICES = ("ecs-tasks", "events", "scheduler", "states")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _simulate(self: Any) -> ActionResult:
    """SimulatePrincipalPolicy, which moto lacks: the inline policies of a role, without conditions."""
    asked = self._get_params()
    role = self.backend.get_role_by_arn(asked["PolicySourceArn"])
    statements: list[dict[str, Any]] = []
    for text in role.policies.values():
        found = json.loads(text)["Statement"]
        statements += found if isinstance(found, list) else [found]

    def decision(action: str, arn: str) -> str:
        effects = {
            one["Effect"]
            for one in statements
            if any(fnmatchcase(action, pattern) for pattern in _many(one["Action"]))
            and any(fnmatchcase(arn, pattern) for pattern in _many(one["Resource"]))
        }
        return "explicitDeny" if "Deny" in effects else "allowed" if effects else "implicitDeny"

    arns = asked.get("ResourceArns") or ["*"]
    results = []
    for action in asked["ActionNames"]:
        each = [{"EvalResourceName": arn, "EvalResourceDecision": decision(action, arn)} for arn in arns]
        whole = next((e["EvalResourceDecision"] for e in each if e["EvalResourceDecision"] != "allowed"), "allowed")
        results.append({"EvalActionName": action, "EvalDecision": whole, "ResourceSpecificResults": each})
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _no_quotas(self: Any) -> str:
    """ListServiceQuotas, which moto lacks: an account that lists none, so that AWS's defaults count."""
    return json.dumps({"Quotas": []})


def _many(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value]


def furnish(world: Any) -> str:
    """Makes all that SETTINGS name, and more; returns the settings with the network that was made."""
    IamResponse.simulate_principal_policy = _simulate  # type: ignore[attr-defined]
    ServiceQuotasResponse.list_service_quotas = _no_quotas  # type: ignore[attr-defined]
    iam, ec2 = world.client("iam"), world.client("ec2")
    principals = {"Service": [f"{name}.amazonaws.com" for name in SERVICES]}
    trust = {"Statement": [{"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}]}
    for name, path in (
        ("exec", "/"),
        ("task", "/jobs/"),
        ("events", "/"),
        ("scheduler", "/"),
        ("cron2fargate-web1-states", "/"),
    ):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust))
        allow(world, name, EVERYTHING)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    text = SETTINGS.replace("[subnet-01234567, subnet-89abcdef]", json.dumps(subnets))
    text = text.replace("[sg-01234567]", json.dumps([groups[0]["GroupId"]]))
    return text + "    assignPublicIp: ENABLED\n"


def allow(world: World, role: str, *statements: dict[str, Any]) -> None:
    """The one policy of a role from now on."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    world.client("iam").put_role_policy(RoleName=role, PolicyName="may", PolicyDocument=document)
