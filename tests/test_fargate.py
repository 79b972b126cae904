"""Fargate sizes and prices against AWS's table (facts 4.1 and 4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.specs.fargate import LARGEST, SIZES, Size, SizeError, knows_price, price_of, run_price, smallest_size

# Memory in GB, as AWS's page lists it.
TABLE = {
    256: [0.5, 1, 2],
    512: [1, 2, 3, 4],
    1024: [2, 3, 4, 5, 6, 7, 8],
    2048: list(range(4, 17)),
    4096: list(range(8, 31)),
    8192: [16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60],
    16384: [32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120],
    32768: [60, 120, 244],
}


def test_sizes_are_those_of_the_table() -> None:
    assert {(size.cpu, size.memory) for size in SIZES} == {
        (cpu, int(gb * 1024)) for cpu, all_ in TABLE.items() for gb in all_
    }


CHEAPEST = [
    # cpu, memory -> cpu, memory
    (256, 512, 256, 512),
    (1, 6, 256, 512),
    (256, 513, 256, 1024),
    (257, 512, 512, 1024),
    (256, 2048, 256, 2048),
    (256, 2049, 512, 3072),
    (256, 4097, 1024, 5120),
    (1024, 1024, 1024, 2048),
    (1025, 1024, 2048, 4096),
    (4097, 512, 8192, 16384),
    (4096, 30721, 8192, 32768),
    (16385, 1, 32768, 61440),
    (16384, 122881, 32768, 249856),
    (32768, 249856, 32768, 249856),
]


@pytest.mark.parametrize(("cpu", "memory", "size_cpu", "size_memory"), CHEAPEST)
def test_smallest_size(cpu: int, memory: int, size_cpu: int, size_memory: int) -> None:
    assert smallest_size(cpu, memory) == Size(size_cpu, size_memory)


@given(st.integers(0, 32768), st.integers(0, 249856), st.sampled_from(["X86_64", "ARM64"]))
def test_nothing_cheaper_holds_it(cpu: int, memory: int, architecture: str) -> None:
    price = price_of(architecture)  # type: ignore[arg-type]
    found = smallest_size(cpu, memory, architecture)  # type: ignore[arg-type]
    assert found.cpu >= cpu
    assert found.memory >= memory
    assert not [
        size for size in SIZES if size.cpu >= cpu and size.memory >= memory and price.hour(size) < price.hour(found)
    ]


@pytest.mark.parametrize(("cpu", "memory"), [(32769, 512), (256, 249857)])
def test_too_large_names_the_largest(cpu: int, memory: int) -> None:
    with pytest.raises(SizeError, match=r"the largest is 32768 CPU units \(32 vCPU\) and 249856 MiB"):
        smallest_size(cpu, memory)
    assert Size(32768, 249856) == LARGEST


def test_prices() -> None:
    """AWS's example: a one-minute run of the smallest size is about $0.00021 in us-east-1."""
    assert run_price(Size(256, 512), 60) == pytest.approx(0.0002057, abs=1e-7)
    assert run_price(Size(256, 512), 1) == run_price(Size(256, 512), 60)
    assert run_price(Size(256, 512), 120) == pytest.approx(2 * run_price(Size(256, 512), 60))
    assert price_of("X86_64", "ap-northeast-1").hour(Size(1024, 1024)) == pytest.approx(0.05056 + 0.00553)
    assert knows_price("ap-northeast-1")
    assert not knows_price("eu-west-1")


def test_a_size_in_words() -> None:
    assert str(Size(256, 512)) == "0.25 vCPU, 0.5 GB"
    assert str(Size(4096, 30720)) == "4 vCPU, 30 GB"
