"""What AWS asks, with the day each price was read and where: one list a region, every entry overridable.

Prices are US dollars without tax (facts 4.2, 2, 5.5 and 8). Where a region's own price is not known, that of us-east-1
stands in, and the entry says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from converters.specs.fargate import PRICE_REGION, PRICES, Architecture, Size

_FARGATE = "aws.amazon.com/fargate/pricing"
_EVENTBRIDGE = "aws.amazon.com/eventbridge/pricing"
_STATES = "aws.amazon.com/step-functions/pricing"
_VPC = "aws.amazon.com/vpc/pricing"
_LOGS = "aws.amazon.com/cloudwatch/pricing"

SPOT = "fargate.spot-discount"
TRANSITIONS = "states.1000-transitions"
SCHEDULER = "scheduler.million"
LOGS = "logs.gb"
NAT_HOUR = "nat.hour"
NAT_GB = "nat.gb"
ADDRESS = "public-ip.hour"

_READ = {"us-east-1": "2026-10-09", "ap-northeast-1": "2026-09-06"}
"""When the Fargate prices of ``fargate.PRICES`` were read."""

# Key -> (region -> price, month or day it was read, source); a price that is the same everywhere stands at us-east-1.
_OTHERS: dict[str, tuple[dict[str, float], str, str]] = {
    SPOT: ({"us-east-1": 0.70, "ap-northeast-1": 0.70}, "2026-10-09", _FARGATE),
    TRANSITIONS: ({"us-east-1": 0.025, "ap-northeast-1": 0.025}, "2026-11", _STATES),
    SCHEDULER: ({"us-east-1": 1.00, "ap-northeast-1": 1.25}, "2024-10", _EVENTBRIDGE),
    LOGS: ({"us-east-1": 0.50, "ap-northeast-1": 0.76}, "2026-06", _LOGS),
    NAT_HOUR: ({"us-east-1": 0.045, "ap-northeast-1": 0.062}, "2026-11", _VPC),
    NAT_GB: ({"us-east-1": 0.045, "ap-northeast-1": 0.062}, "2026-11", _VPC),
    ADDRESS: ({"us-east-1": 0.005, "ap-northeast-1": 0.005}, "2026-11", _VPC),
}


class PriceError(ValueError):
    """An override that cannot be meant: one sentence with the key."""


@dataclass(frozen=True, slots=True)
class Price:
    """One price: ``read`` is the day (or month) it was read, None where the settings gave it; ``region`` is whose it is."""

    key: str
    value: float
    read: str | None
    source: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one region. ``borrowed`` are the keys for which us-east-1 stands in."""

    region: str
    prices: Mapping[str, Price]

    def __getitem__(self, key: str) -> float:
        return self.prices[key].value

    @property
    def borrowed(self) -> tuple[str, ...]:
        return tuple(key for key, price in self.prices.items() if price.region not in (None, self.region))

    def hour(self, size: Size, architecture: Architecture = "X86_64", *, spot: bool = False) -> float:
        """Dollars for one hour of a task of this size; with ``spot`` at the largest discount AWS names."""
        vcpu, gigabyte = (self[key] for key in fargate_keys(architecture))
        price = vcpu * size.cpu / 1024 + gigabyte * size.memory / 1024
        return price * (1 - self[SPOT]) if spot else price


def fargate_keys(architecture: Architecture) -> tuple[str, str]:
    """The keys of the vCPU hour and of the GB hour."""
    suffix = ".arm" if architecture == "ARM64" else ""
    return f"fargate.vcpu-hour{suffix}", f"fargate.gb-hour{suffix}"


def price_list(region: str, overrides: Mapping[str, float] | None = None) -> PriceList:
    """The prices of a region, with those of the settings over them. Raises `PriceError` for a key or value without sense."""
    found = {**_fargate(region), **_others(region)}
    for key, value in (overrides or {}).items():
        if key not in found:
            raise PriceError(f"prices: '{key}' is no price that is used here; known are {', '.join(found)}")
        top = 1.0 if key == SPOT else math.inf
        if not (math.isfinite(value) and 0 <= value <= top):
            raise PriceError(f"prices: {key} is {value}; it must be a number from 0{' to 1' if key == SPOT else ''}")
        found[key] = Price(key, float(value), None, None, None)
    return PriceList(region, found)


def _fargate(region: str) -> dict[str, Price]:
    found = {}
    architectures: tuple[Architecture, ...] = ("X86_64", "ARM64")
    for architecture in architectures:
        whose = region if (region, architecture) in PRICES else PRICE_REGION
        price = PRICES[whose, architecture]
        for key, value in zip(fargate_keys(architecture), (price.vcpu, price.gigabyte), strict=True):
            found[key] = Price(key, value, _READ[whose], _FARGATE, whose)
    return found


def _others(region: str) -> dict[str, Price]:
    found = {}
    for key, (values, read, source) in _OTHERS.items():
        whose = region if region in values else PRICE_REGION
        found[key] = Price(key, values[whose], read, source, whose)
    return found
