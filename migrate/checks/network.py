"""Can a task pull its image, get its secrets and write its log from these subnets? And what will NAT cost?

A task needs a public IP and an internet gateway, or NAT, or the endpoints of each service it talks to (facts 8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from converters.frame.cost import DEFAULTS, starts_per_month
from converters.frame.prices import NAT_GB, price_list
from converters.schedules.daemon import Window
from converters.schedules.days import day_number
from converters.specs.fargate import Architecture
from migrate.aws.errors import error_code
from migrate.aws.task_definition import architecture_of
from migrate.checks import images
from migrate.checks.model import Context, Line, ok, problem
from migrate.checks.secrets import sources
from migrate.terminal.language import _

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.settings.model import Environment

Way = Literal["internet", "nat", "other", "none"]
WORTH_SAYING = 1.0  # dollars a month


@dataclass
class Network:
    """The VPC around the subnets, as far as EC2 tells."""

    context: Context
    vpc: str
    endpoints: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def route_tables(self) -> list[dict[str, Any]]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        pages = self.context.aws.client("ec2").get_paginator("describe_route_tables").paginate(Filters=filters)
        return [table for page in pages for table in page["RouteTables"]]

    def table_of(self, subnet: str) -> dict[str, Any]:
        """The subnet's own table, else the main one of the VPC."""
        # docs "Route tables": a subnet without an association of its own uses the main one.
        for table in self.route_tables:
            if any(one.get("SubnetId") == subnet for one in table.get("Associations", [])):
                return table
        main = (t for t in self.route_tables if any(one.get("Main") for one in t.get("Associations", [])))
        return next(main, {})

    def asked(self, service: str) -> str:
        """The endpoint as it is asked for: one that stands there without its private name is seen by people as there."""
        interface = any(
            one.get("VpcEndpointType") != "Gateway"
            for one in self.endpoints
            if one.get("ServiceName", "").endswith(f".{self.context.aws.region}.{service}")
        )
        return _("{service} (with private DNS)").format(service=service) if interface else service

    def has_endpoint(self, service: str, table: dict[str, Any]) -> bool:
        """An interface endpoint serves the whole VPC by private names, a gateway endpoint the tables it stands in."""
        name = f".{self.context.aws.region}.{service}"
        for one in self.endpoints:
            # EC2 writes the states of endpoints in either case (`available`, `Available`).
            if not one.get("ServiceName", "").endswith(name) or one.get("State", "available").lower() != "available":
                continue
            if one.get("VpcEndpointType") == "Gateway":
                if table.get("RouteTableId") in one.get("RouteTableIds", []):
                    return True
            elif _is_named(one):
                return True
        return False


def _is_named(endpoint: dict[str, Any]) -> bool:
    """Whether the service's usual name leads to an interface endpoint: tasks ask for no other (docs "Private DNS")."""
    inbound_only = endpoint.get("DnsOptions", {}).get("PrivateDnsOnlyForInboundResolverEndpoint", False)
    return bool(endpoint.get("PrivateDnsEnabled")) and not inbound_only


def check(context: Context) -> Iterator[Line]:
    """Subnets with their way out, security groups, and the price of NAT; once for each network that jobs are in."""
    networks: dict[str, tuple[Environment, list[Spec]]] = {}
    for spec in context.specs:
        env = context.env.of_job(spec.name)
        networks.setdefault(f"{env.subnets} {env.security_groups}", (env, []))[1].append(spec)
    for env, specs in networks.values() or [(context.env, [])]:
        yield from _network(replace(context, aws=replace(context.aws, environment=env), specs=specs))


def _network(context: Context) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    try:
        subnets = context.subnets
    except ClientError as error:
        if not error_code(error).startswith("InvalidSubnetID"):
            raise
        said = error.response["Error"].get("Message", "")
        yield problem("C613", _("subnets: {said}; mend subnets in cron2fargate.yml"), said=said)
        return
    vpcs = sorted({subnet["VpcId"] for subnet in subnets})
    if len(vpcs) > 1:
        yield problem("C613", _("the subnets are in several VPCs ({vpcs}); a task takes one"), vpcs=", ".join(vpcs))
        return
    yield from _groups(context, vpcs[0])
    network = Network(context, vpcs[0], _endpoints(context, vpcs[0]))
    behind_nat = []
    for subnet in subnets:
        table = network.table_of(subnet["SubnetId"])
        way = way_out(table)
        yield _reach(network, subnet["SubnetId"], table, way)
        if way == "nat":
            behind_nat.append(table)
    if behind_nat:
        yield from _nat(network, behind_nat[0])


def way_out(table: dict[str, Any]) -> Way:
    """Where a route table sends what is for the internet."""
    for route in table.get("Routes", []):
        # A blackhole is a route whose target is gone.
        if route.get("DestinationCidrBlock") != "0.0.0.0/0" or route.get("State") == "blackhole":
            continue
        if str(route.get("GatewayId", "")).startswith("igw-"):
            return "internet"
        return "nat" if route.get("NatGatewayId") else "other"
    return "none"


# docs "Fargate task networking": a public IP, NAT, or endpoints for each service.
def _reach(network: Network, subnet: str, table: dict[str, Any], way: Way) -> Line:
    public = network.context.env.assign_public_ip == "ENABLED"
    if way == "nat":
        return ok(_("subnet {subnet} reaches the registries through NAT"), subnet=subnet)
    if way == "internet" and public:
        return ok(_("subnet {subnet} reaches the registries with a public IP"), subnet=subnet)
    if way == "other":
        return problem(
            "C614",
            _("subnet {subnet} leaves by way of another network; whether images come in is not known"),
            subnet=subnet,
        )
    lacking = [service for service in _services(network.context) if not network.has_endpoint(service, table)]
    if not lacking and _all_in_ecr(network.context):
        return ok(_("subnet {subnet} reaches the registries through endpoints"), subnet=subnet)
    if way == "internet":
        return problem(
            "C615",
            _(
                "subnet {subnet} is public, and tasks get no public IP: no image can be pulled; set assignPublicIp: ENABLED"
            ),
            subnet=subnet,
        )
    missing = ", ".join(map(network.asked, lacking)) or _("a way to registries other than ECR")
    return problem(
        "C615",
        _("subnet {subnet} has no way out: it lacks NAT, or these endpoints: {missing}"),
        subnet=subnet,
        missing=missing,
    )


def _services(context: Context) -> list[str]:
    """The endpoints that tasks of these jobs need where there is no other way."""
    # ECR's layers come from S3; ecr.dkr is Docker's API, ecr.api AWS's own.
    found = ["ecr.api", "ecr.dkr", "s3", "logs"]
    secrets = sources(context)
    if any(":secretsmanager:" in source for source in secrets):
        found.append("secretsmanager")
    if any(":secretsmanager:" not in source for source in secrets):
        found.append("ssm")
    return found


def _all_in_ecr(context: Context) -> bool:
    return all(".dkr.ecr." in image for image in context.images)


def _endpoints(context: Context, vpc: str) -> list[dict[str, Any]]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    pages = context.aws.client("ec2").get_paginator("describe_vpc_endpoints").paginate(Filters=filters)
    return [endpoint for page in pages for endpoint in page["VpcEndpoints"]]


def _groups(context: Context, vpc: str) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    try:
        answer = context.aws.client("ec2").describe_security_groups(GroupIds=context.env.security_groups)
    except ClientError as error:
        if not error_code(error).startswith("InvalidGroup"):
            raise
        said = error.response["Error"].get("Message", "")
        yield problem("C613", _("securityGroups: {said}; mend them in cron2fargate.yml"), said=said.rstrip("."))
        return
    for group in answer["SecurityGroups"]:
        name = group["GroupId"]
        if group.get("VpcId") != vpc:
            yield problem("C613", _("security group {name} is in another VPC than the subnets"), name=name)
    # What one group lets out is let out, whatever the others say.
    if any(_lets_https_out(group) for group in answer["SecurityGroups"]):
        yield ok(_("the security groups let tasks reach port 443"))
    else:
        yield problem("C615", _("no security group lets tasks out to port 443, so no image can be pulled"))


def _lets_https_out(group: dict[str, Any]) -> bool:
    for rule in group.get("IpPermissionsEgress", []):
        protocol = str(rule.get("IpProtocol"))
        # Protocol -1 is all traffic.
        if protocol == "-1" or (
            protocol in {"tcp", "6"} and rule.get("FromPort", 0) <= 443 <= rule.get("ToPort", 65535)
        ):
            return True
    return False


def _nat(network: Network, table: dict[str, Any]) -> Iterator[Line]:
    """What pulling costs through NAT: image size by starts by the price of a gigabyte.

    The layers of ECR come from S3, so with its gateway endpoint they do not pass NAT. Where a size is not known, the
    report's assumption stands in.
    """
    context = network.context
    # A gateway endpoint for S3 costs nothing, and takes the layers past NAT.
    gateway = network.has_endpoint("s3", table)
    first = day_number(context.today) * 1440
    window = Window(first, first + 366 * 1440)
    sizes: dict[tuple[str, Architecture], float] = {}
    total, guessed = 0.0, False
    for spec in context.specs:
        starts = starts_per_month(spec.expressions, window) * spec.schedule.task_count
        architecture = architecture_of(context.env, spec)
        for box in spec.containers:
            pulled = box.image, architecture
            if gateway and images.of_account(context, box.image):
                continue
            if pulled not in sizes:
                known = images.compressed_size(context, box.image, architecture)
                guessed = guessed or known is None
                sizes[pulled] = known / 1024**3 if known else DEFAULTS.image_mib / 1024
            total += starts * sizes[pulled]
    dollars = total * price_list(context.aws.region, context.env.prices)[NAT_GB]
    if dollars >= WORTH_SAYING:
        how = _("sizes partly assumed") if guessed else _("sizes as in ECR")
        yield problem(
            "C616",
            _("pulling images through NAT: about {gb:,.0f} GB and ${dollars:,.2f} a month ({how})"),
            gb=total,
            dollars=dollars,
            how=how,
        )
