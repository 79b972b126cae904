"""What the jobs cost: against sums done by hand from the published prices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.frame.cost import (
    DEFAULTS,
    MONTH_HOURS,
    Assumptions,
    Cost,
    Use,
    fleet_cost,
    job_cost,
    run_seconds,
    starts_per_month,
)
from converters.frame.prices import PriceError, price_list
from converters.schedules.daemon import Window
from converters.specs.fargate import Size
from tests.effort import examples

SMALL = Size(256, 512)
ONE = Size(1024, 2048)
VIRGINIA, TOKYO = price_list("us-east-1"), price_list("ap-northeast-1")
NO_PULL = Assumptions(image_mib=0, log_kib=0)

# Dollars for one hour, from the price list by hand: vCPU x 0.04048 + GB x 0.004445 in us-east-1 (0.03238, 0.00356 on ARM),
# 0.05056 and 0.00553 in Tokyo (0.04045, 0.00442 on ARM).
HOURS = """
us-east-1       256    512   X86_64  0.0123425
us-east-1       256    512   ARM64   0.009875
us-east-1       1024   2048  X86_64  0.04937
us-east-1       4096   8192  ARM64   0.158
ap-northeast-1  256    512   X86_64  0.015405
ap-northeast-1  256    512   ARM64   0.0123225
ap-northeast-1  2048   4096  X86_64  0.12324
eu-west-1       256    512   X86_64  0.0123425
"""


@pytest.mark.parametrize("row", HOURS.strip().split("\n"))
def test_an_hour(row: str) -> None:
    region, cpu, memory, architecture, dollars = row.split()
    size = Size(int(cpu), int(memory))
    assert price_list(region).hour(size, architecture) == pytest.approx(float(dollars))  # type: ignore[arg-type]
    assert price_list(region).hour(size, architecture, spot=True) == pytest.approx(0.3 * float(dollars))  # type: ignore[arg-type]


def test_a_run_of_a_minute_and_every_minute_of_a_month() -> None:
    # AWS's own example: a minute of the smallest task is about $0.00021, every minute of a month about $9.
    once = job_cost(Use("a", 1, SMALL, seconds=60), VIRGINIA, NO_PULL)
    assert once.cost.compute == pytest.approx(0.0123425 / 60)
    always = job_cost(Use("a", 43_800, SMALL, seconds=10), VIRGINIA, NO_PULL)
    assert always.billed == 60
    assert always.cost.compute == pytest.approx(9.010025)
    assert always.service == pytest.approx(9.010025)
    assert always.minutely
    assert always.cheaper_as_service


# runs  size  seconds  limit  transitions  scheduler  public   compute     transitions  schedules    logs          address
# With the pull of 300 MiB at 31 MiB/s (9.677 s) a run of 60 s is billed 69.677 s.
MONTHS = [
    (Use("plain", 730, SMALL), (730 * 69.677419 / 3600 * 0.0123425, 0, 0, 730 * 10 / 1048576 * 0.50, 0)),
    (Use("short", 730, SMALL, seconds=5), (730 * 60 / 3600 * 0.0123425, 0, 0, 730 * 10 / 1048576 * 0.50, 0)),
    (Use("capped", 30, ONE, limit=20), (30 * 60 / 3600 * 0.04937, 0, 0, 30 * 10 / 1048576 * 0.50, 0)),
    (Use("roomy", 30, ONE, limit=9000), (30 * 69.677419 / 3600 * 0.04937, 0, 0, 30 * 10 / 1048576 * 0.50, 0)),
    (
        # The lease example: a job of every five minutes, five transitions a run, is 43,200 transitions, about $1.08.
        Use("leased", 8640, SMALL, seconds=600, transitions=5),
        (8640 * 609.677419 / 3600 * 0.0123425, 1.08, 0, 8640 * 10 / 1048576 * 0.50, 0),
    ),
    (
        Use("scheduled", 1_000_000, SMALL, scheduler=True),
        (1_000_000 * 69.677419 / 3600 * 0.0123425, 0, 1.00, 1_000_000 * 10 / 1048576 * 0.50, 0),
    ),
    (
        Use("public", 360, SMALL, seconds=3590.322581, public_ip=True),
        (360 * 0.0123425, 0, 0, 360 * 10 / 1048576 * 0.50, 360 * 0.005),
    ),
    (Use("spot", 360, SMALL, seconds=3590.322581, spot=True), (360 * 0.00370275, 0, 0, 360 * 10 / 1048576 * 0.50, 0)),
    (Use("service", 0, SMALL, always=2), (2 * 730 * 0.0123425, 0, 0, 0, 0)),
    (Use("arm", 360, SMALL, "ARM64", seconds=3590.322581), (360 * 0.009875, 0, 0, 360 * 10 / 1048576 * 0.50, 0)),
]


@pytest.mark.parametrize(("use", "wanted"), MONTHS, ids=[use.name for use, _ in MONTHS])
def test_a_month(use: Use, wanted: tuple[float, ...]) -> None:
    cost = job_cost(use, VIRGINIA).cost
    found = (cost.compute, cost.transitions, cost.schedules, cost.logs, cost.address)
    assert found == pytest.approx(wanted, rel=1e-6)
    assert cost.total == pytest.approx(sum(wanted), rel=1e-6)


def test_images_through_a_nat_gateway_stand_beside_the_total() -> None:
    behind = job_cost(Use("a", 8760, SMALL), TOKYO)
    assert behind.cost.nat == pytest.approx(8760 * 300 / 1024 * 0.062)
    assert behind.cost.total < behind.cost.nat
    assert job_cost(Use("a", 8760, SMALL, public_ip=True), TOKYO).cost.nat == 0


@pytest.mark.parametrize(
    ("use", "seconds", "known"),
    [
        (Use("a", 1, SMALL), 60, "assumed"),
        (Use("a", 1, SMALL, limit=30), 30, "limited"),
        (Use("a", 1, SMALL, limit=300), 60, "assumed"),
        (Use("a", 1, SMALL, seconds=7, limit=5), 7, "measured"),
    ],
)
def test_how_long_a_run_takes(use: Use, seconds: float, known: str) -> None:
    assert run_seconds(use) == (seconds, known)


def test_the_free_shares_count_once_for_the_whole_fleet() -> None:
    uses = [Use("a", 300, SMALL, transitions=5), Use("b", 900, SMALL, transitions=5, scheduler=True)]
    fleet = fleet_cost(uses, VIRGINIA)
    # 6,000 transitions of which 4,000 are free; 900 invocations, all free.
    assert fleet.cost.transitions == pytest.approx(0.15)
    assert fleet.free == pytest.approx(0.10 + 900 / 1e6)
    assert fleet.total == pytest.approx(fleet.cost.total - fleet.free)
    few = fleet_cost([Use("a", 10, SMALL, transitions=3)], VIRGINIA)
    assert few.cost.transitions == pytest.approx(few.free)


def test_the_other_ways_pay_for_the_same_seconds() -> None:
    fleet = fleet_cost([Use("a", 360, SMALL, seconds=3600), Use("b", 0, ONE, always=1)], VIRGINIA, NO_PULL)
    assert fleet.x86 == pytest.approx(360 * 0.0123425 + 730 * 0.04937)
    assert fleet.arm == pytest.approx(360 * 0.009875 + 730 * (0.03238 + 2 * 0.00356))
    assert fleet.x86_spot == pytest.approx(0.3 * fleet.x86)
    assert fleet.arm_spot == pytest.approx(0.3 * fleet.arm)
    assert fleet.x86 == pytest.approx(fleet.cost.compute)
    assert fleet.nat_gateway == pytest.approx(32.85)
    assert fleet_cost([], VIRGINIA).total == 0


@pytest.mark.parametrize(
    ("runs", "seconds", "cheaper"),
    [(43_800, 5, True), (43_740, 5, True), (21_900, 60, False), (21_900, 300, True), (730, 600, False)],
)
def test_what_is_cheaper_as_a_service(runs: float, seconds: float, cheaper: bool) -> None:
    assert job_cost(Use("a", runs, SMALL, seconds=seconds), VIRGINIA).cheaper_as_service is cheaper


def test_a_service_is_no_candidate_for_a_service() -> None:
    assert not job_cost(Use("a", 0, SMALL, always=1), VIRGINIA).cheaper_as_service


def window(first: str, until: str) -> Window:
    return Window(*(int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) // 60 for day in (first, until)))


TEN_YEARS = window("2027-01-01", "2037-01-01")
# expressions                                   starts a month, by hand: 3,653 days of ten years in 120 months of 730 h
STARTS = """
cron(0 3 * * ? *)                               30.4166667
cron(0/5 * * * ? *)                             8760
rate(1 minute)                                  43800
rate(5 minutes)                                 8760
rate(1 day)                                     30.4166667
cron(0 0 1 * ? *)                               0.9991787
cron(0 0 1 * ? *) + cron(0 12 1 * ? *)          1.9983575
cron(0 3 * * ? 2027)                            3.0391687
at(2027-01-01T00:00:00)                         0
cron(nonsense)                                  0
"""


@pytest.mark.parametrize("row", STARTS.strip().split("\n"))
def test_starts_a_month(row: str) -> None:
    expressions, wanted = row[:48].strip().split(" + "), float(row[48:])
    assert starts_per_month(expressions, TEN_YEARS) == pytest.approx(wanted, rel=1e-6)


def test_own_prices_go_over_the_list() -> None:
    own = price_list("us-east-1", {"fargate.vcpu-hour": 0.04, "states.1000-transitions": 0})
    assert own.hour(SMALL) == pytest.approx(0.01 + 0.0022225)
    assert own.prices["fargate.vcpu-hour"].read is None
    assert own.prices["fargate.gb-hour"].read == "2026-10-09"
    assert job_cost(Use("a", 100, SMALL, transitions=5), own).cost.transitions == 0


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"fargate.vcpu": 1.0}, "'fargate.vcpu' is no price"),
        ({"logs.gb": -1.0}, "logs.gb is -1.0"),
        ({"logs.gb": float("nan")}, "logs.gb is nan"),
        ({"logs.gb": float("inf")}, "logs.gb is inf"),
        ({"fargate.spot-discount": 70.0}, "from 0 to 1"),
    ],
)
def test_overrides_without_sense_are_refused(overrides: dict[str, float], named: str) -> None:
    with pytest.raises(PriceError, match=named.replace(".", r"\.")):
        price_list("us-east-1", overrides)


def test_a_region_without_prices_borrows_and_says_so() -> None:
    assert price_list("eu-west-1").borrowed == tuple(VIRGINIA.prices)
    assert TOKYO.borrowed == ()
    every_key = dict.fromkeys(VIRGINIA.prices, 0.5)
    assert price_list("eu-west-1", every_key).borrowed == ()


USES = st.builds(
    Use,
    name=st.just("a"),
    runs=st.floats(0, 50_000),
    size=st.sampled_from([SMALL, ONE]),
    architecture=st.sampled_from(["X86_64", "ARM64"]),
    spot=st.booleans(),
    seconds=st.none() | st.floats(0, 90_000),
    limit=st.none() | st.floats(1, 90_000),
    transitions=st.integers(0, 8),
    scheduler=st.booleans(),
    public_ip=st.booleans(),
    always=st.integers(0, 3),
)


@examples(100)
@given(st.lists(USES, max_size=5))
def test_a_fleet_is_the_sum_of_its_jobs_less_what_is_free(uses: list[Use]) -> None:
    fleet = fleet_cost(uses, TOKYO)
    alone = [job_cost(use, TOKYO) for use in uses]
    assert fleet.cost.total == pytest.approx(sum(job.cost.total for job in alone))
    assert 0 <= fleet.total <= fleet.cost.total + 1e-9
    assert fleet.arm <= fleet.x86
    for job in alone:
        assert job.billed >= 60
        assert job.cost.compute == pytest.approx(
            job.task_hours * TOKYO.hour(job.use.size, job.use.architecture, spot=job.use.spot)
        )


@examples(100)
@given(USES, st.floats(0, 86_400), st.floats(0, 86_400))
def test_longer_runs_never_cost_less(use: Use, one: float, other: float) -> None:
    short, long = sorted((one, other))
    cost = [job_cost(use, VIRGINIA, Assumptions(seconds=seconds)).cost.total for seconds in (short, long)]
    assert cost[0] <= cost[1] + 1e-12


def test_costs_add_part_by_part() -> None:
    assert Cost(1, 2, 3, 4, 5, 6) + Cost(1, 1, 1, 1, 1, 1) == Cost(2, 3, 4, 5, 6, 7)
    assert Cost(1, 2, 3, 4, 5, 6).total == 15
    assert MONTH_HOURS * 12 == 365 * 24
    assert DEFAULTS.pull_seconds == pytest.approx(9.677419)
