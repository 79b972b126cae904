"""Fargate task sizes and prices: which size holds a task, and what an hour of it costs.

Sizes are those AWS documents for Linux tasks (facts 4.1); prices are per hour, on demand, Linux, without ephemeral
storage beyond the free 20 GiB (facts 4.2). A run is billed by the second, at least for a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["X86_64", "ARM64"]

GIB = 1024
PRICE_REGION = "us-east-1"


class SizeError(ValueError):
    """No Fargate size is large enough; the text is one sentence that names the largest."""


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """One task size: ``cpu`` in CPU units (1,024 = one vCPU), ``memory`` in MiB."""

    cpu: int
    memory: int

    def __str__(self) -> str:
        return f"{self.cpu / 1024:g} vCPU, {self.memory / GIB:g} GB"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars an hour: for one vCPU and for one GB of memory."""

    vcpu: float
    gigabyte: float

    def hour(self, size: Size) -> float:
        return self.vcpu * size.cpu / 1024 + self.gigabyte * size.memory / GIB


# us-east-1 read 2026-10-09, ap-northeast-1 read 2026-09-06.
PRICES: dict[tuple[str, Architecture], Price] = {
    ("us-east-1", "X86_64"): Price(0.04048, 0.004445),
    ("us-east-1", "ARM64"): Price(0.03238, 0.00356),
    ("ap-northeast-1", "X86_64"): Price(0.05056, 0.00553),
    ("ap-northeast-1", "ARM64"): Price(0.04045, 0.00442),
}

# CPU units -> memory in GiB: (first, last, step).
_STEPS = {
    512: (1, 4, 1),
    1024: (2, 8, 1),
    2048: (4, 16, 1),
    4096: (8, 30, 1),
    8192: (16, 60, 4),
    16384: (32, 120, 8),
}


def _sizes() -> Iterator[Size]:
    yield from (Size(256, memory) for memory in (512, 1 * GIB, 2 * GIB))
    for cpu, (first, last, step) in _STEPS.items():
        yield from (Size(cpu, gib * GIB) for gib in range(first, last + 1, step))
    # 32 vCPU came in 2026 with three sizes of memory only.
    yield from (Size(32768, gib * GIB) for gib in (60, 120, 244))


SIZES: tuple[Size, ...] = tuple(_sizes())
LARGEST = max(SIZES)

# Keys of a container or task definition that ECS knows and Fargate refuses (facts 4.1).
NOT_ON_FARGATE = frozenset(
    [
        "privileged",
        "links",
        "gpu",
        "extraHosts",
        "dnsServers",
        "dnsSearchDomains",
        "disableNetworking",
        "dockerSecurityOptions",
        "ipcMode",
        "maxSwap",
        "swappiness",
        "placementConstraints",
        "devices",
        "sharedMemorySize",
        "tmpfs",
        "dockerVolumeConfiguration",
    ]
)


def smallest_size(cpu: int, memory: int, architecture: Architecture = "X86_64", region: str = PRICE_REGION) -> Size:
    """The cheapest size with at least ``cpu`` CPU units and ``memory`` MiB; raises SizeError when there is none."""
    fitting = [size for size in SIZES if size.cpu >= cpu and size.memory >= memory]
    if not fitting:
        raise SizeError(
            f"no Fargate size holds {cpu} CPU units and {memory} MiB; "
            f"the largest is {LARGEST.cpu} CPU units ({LARGEST.cpu // 1024} vCPU) and {LARGEST.memory} MiB"
        )
    price = price_of(architecture, region)
    return min(fitting, key=lambda size: (price.hour(size), size))


def price_of(architecture: Architecture = "X86_64", region: str = PRICE_REGION) -> Price:
    """The price list of a region; of us-east-1 where the region's is not known (see ``knows_price``)."""
    return PRICES.get((region, architecture), PRICES[(PRICE_REGION, architecture)])


def knows_price(region: str) -> bool:
    """Whether ``price_of`` answers with this region's own prices."""
    return (region, "X86_64") in PRICES


def run_price(size: Size, seconds: float, architecture: Architecture = "X86_64", region: str = PRICE_REGION) -> float:
    """Dollars for one run of so many seconds, counted from the image pull; a run is billed for a minute at least."""
    return price_of(architecture, region).hour(size) * max(seconds, 60.0) / 3600
