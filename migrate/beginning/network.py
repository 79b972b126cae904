"""What an account offers for the network of its jobs: clusters, subnets and security groups, as far as they may be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.aws.session import Aws

MOST_SUBNETS = 16


@dataclass(frozen=True, slots=True)
class Subnets:
    """Subnets of one VPC that give their machines a public address, or that do not."""

    vpc: str
    public: bool
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A security group."""

    id: str
    name: str
    vpc: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Empty where nothing may be read."""

    clusters: tuple[str, ...] = ()
    subnets: tuple[Subnets, ...] = ()
    groups: tuple[Group, ...] = ()

    def vpc_of(self, ids: Iterable[str]) -> str:
        """Where subnets are; empty where nobody knows."""
        wanted = set(ids)
        return next((one.vpc for one in self.subnets if wanted & set(one.ids)), "")


def reader(region: str, profile: str | None = None) -> Aws:
    """Reads an account of which no settings tell yet."""
    from migrate.aws.session import connect
    from migrate.settings.model import Environment

    # Nothing but its region and profile is looked at.
    fields = {"region": region, "subnets": ["subnet-00000000"], "securityGroups": ["sg-00000000"]}
    environment = Environment.model_validate({**fields, "executionRole": "none", "eventsRole": "none"})
    return connect(environment.model_copy(update={"profile": profile or None}), read_only=True)


@cache
def offer(region: str, profile: str = "") -> Offer:
    """Of a region; what may not be read, or cannot for want of credentials, is simply not offered."""
    try:
        aws = reader(region, profile)
    except UserError:
        return Offer()
    return Offer(
        tuple(sorted(str(arn).rpartition("/")[2] for arn in _all(aws, "ecs", "list_clusters", "clusterArns"))),
        _subnets(_all(aws, "ec2", "describe_subnets", "Subnets")),
        tuple(
            Group(str(one["GroupId"]), str(one.get("GroupName", "")), str(one.get("VpcId", "")))
            for one in _all(aws, "ec2", "describe_security_groups", "SecurityGroups")
        ),
    )


Offering = Callable[[str], Offer]


def _all(aws: Aws, service: str, operation: str, key: str) -> list[Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    found: list[Any] = []
    with suppress(ClientError, BotoCoreError, UserError):
        for page in aws.client(service).get_paginator(operation).paginate():
            found += page[key]
    return found


def _subnets(given: Iterable[Any]) -> tuple[Subnets, ...]:
    joined: dict[tuple[str, bool], list[str]] = {}
    for one in given:
        key = str(one.get("VpcId", "")), bool(one.get("MapPublicIpOnLaunch"))
        joined.setdefault(key, []).append(str(one["SubnetId"]))
    return tuple(
        Subnets(vpc, public, tuple(sorted(ids)[:MOST_SUBNETS])) for (vpc, public), ids in sorted(joined.items())
    )
