"""Quotas of the account: what Service Quotas says, else AWS's default (facts 2), and which of the two it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.aws import rules
from migrate.aws.errors import denied, is_denied
from migrate.aws.validate import FEW_RULES, FEWER_RULES, MAX_RULES
from migrate.checks.model import Context, Line, ok, problem
from migrate.terminal.language import _

# docs "Amazon EventBridge quotas": 100 rules a bus in these two regions.


@dataclass(frozen=True, slots=True)
class Kind:
    """A quota: the service's code, what its name matches, and the default."""

    service: str
    name: re.Pattern[str]
    default: float


@dataclass(frozen=True, slots=True)
class Quota:
    """How much there is, and who says so."""

    value: float
    source: str


# A new account has 6 vCPU, and may have less.
VCPU = Kind("fargate", re.compile(r"Fargate On-Demand vCPU", re.IGNORECASE), 6)
SPOT_VCPU = Kind("fargate", re.compile(r"Fargate Spot vCPU", re.IGNORECASE), 6)
RULES = Kind("events", re.compile(r"rules?( per event bus)?", re.IGNORECASE), MAX_RULES)


def quota(context: Context, kind: Kind) -> Quota:
    """The account's own, where it may be asked for and is listed; else the default."""
    from botocore.exceptions import ClientError

    default = float(FEW_RULES) if kind is RULES and context.aws.region in FEWER_RULES else kind.default
    try:
        pages = context.aws.client("service-quotas").get_paginator("list_service_quotas")
        for page in pages.paginate(ServiceCode=kind.service):
            for item in page["Quotas"]:
                # "Rules" and "Rules per event bus", but not the other quotas with that word.
                found = kind.name.fullmatch if kind is RULES else kind.name.search
                if found(item["QuotaName"]):
                    return Quota(float(item["Value"]), _("Service Quotas"))
    except ClientError as error:
        if is_denied(error):
            return Quota(default, _("AWS's default, as {why}").format(why=denied(error)))
        return Quota(default, _("AWS's default, as Service Quotas does not answer"))
    return Quota(default, _("AWS's default"))


def check(context: Context) -> Iterator[Line]:
    """Rules on the default bus against their quota; targets need none of their own, as a job takes one a rule."""
    there = set(_rule_names(context))
    wanted = {
        rules.rule_name(context.aws.named(spec.name), number)
        for spec in context.specs
        if spec.schedule.timezone is None
        for number in range(1, len(spec.expressions) + 1)
    }
    number = len(there | wanted)
    limit = quota(context, RULES)
    values = {"number": number, "new": len(wanted - there), "limit": f"{limit.value:g}", "source": limit.source}
    if number > limit.value:
        yield problem(
            "C620",
            _("{number} rules on the default bus with {new} new ones; the quota is {limit} ({source}): ask for more"),
            **values,
        )
    else:
        yield ok(_("{number} rules on the default bus with {new} new ones; the quota is {limit} ({source})"), **values)


def _rule_names(context: Context) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = context.aws.client("events").list_rules(**token)
        yield from (rule["Name"] for rule in page["Rules"])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
