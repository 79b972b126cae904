"""The cost section: its tables in the words of the page, every price and assumption among them."""

from __future__ import annotations

from dataclasses import dataclass

from converters.frame.cost import FleetCost, JobCost
from converters.frame.prices import SPOT
from migrate.document.told import finding_told
from migrate.report.costing import Costs, cost_findings
from migrate.report.page import FindingShown, finding
from migrate.terminal.language import _


@dataclass(frozen=True, slots=True)
class CostView:
    """Tables as (label, amount), (label, text), and (key, words, price, read, source, borrowed);
    ``nat_code`` is the finding's code where a NAT gateway would cost more than all the rest."""

    parts: list[tuple[str, float]]
    assumptions: list[tuple[str, str]]
    prices: list[tuple[str, str, str, str, str, bool]]
    ways: list[tuple[str, float]]
    remarks: list[FindingShown]
    nat_code: str | None
    services: list[JobCost]


def cost_view(found: Costs) -> CostView:
    """The tables of the cost section, in the words of the page."""
    fleet = found.fleet
    ways = [
        (_("x86, on demand"), fleet.x86),
        (_("ARM, on demand"), fleet.arm),
        (_("x86, Spot at best"), fleet.x86_spot),
        (_("ARM, Spot at best"), fleet.arm_spot),
    ]
    said = cost_findings(found).get("", ())
    # It has a sentence of its own at the head of the section.
    remarks = [finding(finding_told(one)) for one in said if one.code != "C641"]
    nat_code = next((one.code for one in said if one.code == "C641"), None)
    services = [job for job in fleet.jobs if job.cheaper_as_service]
    return CostView(_parts(fleet), _assumptions(fleet), _prices(fleet), ways, remarks, nat_code, services)


def _parts(fleet: FleetCost) -> list[tuple[str, float]]:
    cost = fleet.cost
    parts = [
        (_("Fargate"), cost.compute),
        (_("State transitions of Step Functions"), cost.transitions),
        (_("EventBridge Scheduler"), cost.schedules),
        # Rules with a schedule cost nothing (Amazon EventBridge pricing).
        (_("EventBridge rules"), 0.0),
        (_("CloudWatch Logs, taken in"), cost.logs),
        (_("Public IPv4 addresses"), cost.address),
    ]
    # 4,000 transitions and 14 million invocations of Scheduler are free each month for good; Fargate has no such
    # share.
    return [*parts, (_("Free share of the account"), -fleet.free)] if fleet.free else parts


def _assumptions(fleet: FleetCost) -> list[tuple[str, str]]:
    assumed = fleet.assumptions
    measured = sum(1 for job in fleet.jobs if job.known == "measured")
    pull = _("{n} s, at {speed} MiB/s").format(
        n=f"{assumed.pull_seconds:.1f}", speed=f"{assumed.pull_mib_per_second:g}"
    )
    return [
        (_("Length of a month"), _("730 hours")),
        (_("Length of a run, where nothing better is known"), _("{n} s").format(n=f"{assumed.seconds:g}")),
        (_("Jobs with a measured length"), f"{measured:,}"),
        (_("Size of an image as it is pulled"), f"{assumed.image_mib:g} MiB"),
        (_("Time to pull it, billed at each start"), pull),
        # Fargate bills seconds, and at least one minute (AWS Fargate pricing).
        (_("Least time that is billed"), _("60 s")),
        (_("Log of one run"), f"{assumed.log_kib:g} KiB"),
        (_("Runs that fail and are tried again"), _("none")),
    ]


def _prices(fleet: FleetCost) -> list[tuple[str, str, str, str, str, bool]]:
    borrowed = set(fleet.prices.borrowed)
    return [
        (
            price.key,
            _price_words(price.key),
            f"{price.value:.0%}" if price.key == SPOT else f"${price.value:g}",
            _("your settings") if price.read is None else str(price.read),
            price.source or "cron2fargate.yml",
            price.key in borrowed,
        )
        for price in fleet.prices.prices.values()
    ]


def _price_words(key: str) -> str:
    return {
        "fargate.vcpu-hour": _("Fargate x86, one vCPU for an hour"),
        "fargate.gb-hour": _("Fargate x86, one GB for an hour"),
        "fargate.vcpu-hour.arm": _("Fargate ARM, one vCPU for an hour"),
        "fargate.gb-hour.arm": _("Fargate ARM, one GB for an hour"),
        "fargate.spot-discount": _("Fargate Spot, largest discount"),
        "states.1000-transitions": _("Step Functions, 1,000 transitions"),
        "scheduler.million": _("Scheduler, a million invocations"),
        "logs.gb": _("CloudWatch Logs, one GB taken in"),
        "nat.hour": _("NAT gateway, one hour"),
        "nat.gb": _("NAT gateway, one GB"),
        "public-ip.hour": _("public IPv4 address, one hour"),
    }[key]
