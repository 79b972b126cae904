"""What the jobs cost on AWS in a month, from how often they start and how long they run. Every assumption is a value here.

A month is 730 hours, a twelfth of a year. Fargate bills a run by the second from the start of the image pull to the end of
the task, one minute at least (facts 4.2). The free shares of an account (4,000 transitions, 14 million invocations of
Scheduler) count for the whole fleet only. Not counted: storage of logs, requests to the lock table, messages of SNS and
SQS, secrets, disk beyond 20 GB, tries after a failure, tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from converters.expressions.eventbridge import At, Cron, ExpressionError, Rate, parse, starts
from converters.frame.prices import ADDRESS, LOGS, NAT_GB, NAT_HOUR, SCHEDULER, TRANSITIONS, PriceList
from converters.images.weight import PULL, USUAL_MIB
from converters.schedules import days
from converters.schedules.daemon import Window
from converters.specs.fargate import Architecture, Size

# 365 days of 24 hours by twelve.
MONTH_HOURS = 730.0
MONTH_MINUTES = MONTH_HOURS * 60
BILLED_AT_LEAST = 60.0
FREE_TRANSITIONS = 4_000
FREE_INVOCATIONS = 14_000_000
EVERY_MINUTE = 0.99 * MONTH_MINUTES
"""Starts in a month from which on a job counts as minute-by-minute; a lost hour a year must not hide one."""

Known = Literal["measured", "limited", "assumed"]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken where nothing better is known. ``seconds`` is the run itself, without the pull of its image.

    ``image_mib`` is for images that nobody has read (`images/weight.py`, with the rate of a pull and its source).
    """

    seconds: float = 60.0
    image_mib: float = USUAL_MIB
    pull_mib_per_second: float = PULL
    log_kib: float = 10.0

    def mib(self, use: Use) -> float:
        """What a start of the job pulls."""
        return self.image_mib if use.image_mib is None else use.image_mib

    def pull_of(self, use: Use) -> float:
        """Seconds of it."""
        return self.mib(use) / self.pull_mib_per_second

    @property
    def pull_seconds(self) -> float:
        return self.image_mib / self.pull_mib_per_second


DEFAULTS = Assumptions()


@dataclass(frozen=True, slots=True)
class Use:
    """How one job uses AWS. ``runs`` are tasks started a month; ``seconds`` what is known of a run, None if nothing is.

    ``limit`` is its time limit in seconds; ``transitions`` those of its state machine for each run, 0 without one;
    ``always`` the tasks of a service that never ends (``runs`` is then 0); ``image_mib`` is the packed size of its image,
    None where nobody has read it.
    """

    name: str
    runs: float
    size: Size
    architecture: Architecture = "X86_64"
    spot: bool = False
    seconds: float | None = None
    limit: float | None = None
    transitions: int = 0
    scheduler: bool = False
    public_ip: bool = False
    always: int = 0
    image_mib: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars a month by what they are for; ``nat`` is beside the total, since it depends on how images are pulled."""

    compute: float = 0.0
    transitions: float = 0.0
    schedules: float = 0.0
    logs: float = 0.0
    address: float = 0.0
    nat: float = 0.0

    @property
    def total(self) -> float:
        return self.compute + self.transitions + self.schedules + self.logs + self.address

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Cost)))


@dataclass(frozen=True, slots=True)
class JobCost:
    """One job's month. ``billed`` are seconds billed for each run; ``service`` is what one task of the same size costs that
    never ends; ``cheaper_as_service`` says that a schedule is the wrong shape for this job."""

    use: Use
    known: Known
    billed: float
    cost: Cost
    service: float

    @property
    def minutely(self) -> bool:
        return self.use.runs >= EVERY_MINUTE

    @property
    def cheaper_as_service(self) -> bool:
        return not self.use.always and (self.minutely or self.cost.total > self.service)

    @property
    def task_hours(self) -> float:
        return self.use.always * MONTH_HOURS + self.use.runs * self.billed / 3600


@dataclass(frozen=True, slots=True)
class FleetCost:
    """All jobs' month. ``free`` is what the free shares take off ``cost``; the four ways are compute only."""

    jobs: tuple[JobCost, ...]
    cost: Cost
    free: float
    x86: float
    arm: float
    x86_spot: float
    arm_spot: float
    nat_gateway: float
    prices: PriceList
    assumptions: Assumptions

    @property
    def total(self) -> float:
        return max(self.cost.total - self.free, 0.0)


def run_seconds(use: Use, assumptions: Assumptions = DEFAULTS) -> tuple[float, Known]:
    """How long a run takes without the pull, and how that is known; a time limit caps what is only assumed."""
    if use.seconds is not None:
        return use.seconds, "measured"
    if use.limit is not None and use.limit < assumptions.seconds:
        return use.limit, "limited"
    return assumptions.seconds, "assumed"


def job_cost(use: Use, prices: PriceList, assumptions: Assumptions = DEFAULTS) -> JobCost:
    """What one job costs in a month."""
    seconds, known = run_seconds(use, assumptions)
    billed = max(BILLED_AT_LEAST, seconds + assumptions.pull_of(use))
    hours = use.always * MONTH_HOURS + use.runs * billed / 3600
    # CloudWatch Logs bills ingested GB.
    gigabytes = assumptions.log_kib / 1024**2
    cost = Cost(
        compute=hours * prices.hour(use.size, use.architecture, spot=use.spot),
        transitions=use.runs * use.transitions * prices[TRANSITIONS] / 1000,
        schedules=use.runs * prices[SCHEDULER] / 1e6 if use.scheduler else 0.0,
        logs=use.runs * gigabytes * prices[LOGS],
        # Public IPv4 addresses are billed by the hour while the task has one.
        address=hours * prices[ADDRESS] if use.public_ip else 0.0,
        # The image comes through the NAT gateway at each start: Fargate keeps none.
        nat=0.0 if use.public_ip else use.runs * assumptions.mib(use) / 1024 * prices[NAT_GB],
    )
    service = MONTH_HOURS * prices.hour(use.size, use.architecture, spot=use.spot)
    service += MONTH_HOURS * prices[ADDRESS] if use.public_ip else 0.0
    return JobCost(use, known, billed, cost, service)


def fleet_cost(uses: Iterable[Use], prices: PriceList, assumptions: Assumptions = DEFAULTS) -> FleetCost:
    """What all jobs cost in a month, with the other ways to pay for the same seconds beside it."""
    jobs = tuple(job_cost(use, prices, assumptions) for use in uses)
    cost = sum((job.cost for job in jobs), Cost())
    transitions = sum(job.use.runs * job.use.transitions for job in jobs)
    invocations = sum(job.use.runs for job in jobs if job.use.scheduler)
    free = min(transitions, FREE_TRANSITIONS) * prices[TRANSITIONS] / 1000
    free += min(invocations, FREE_INVOCATIONS) * prices[SCHEDULER] / 1e6

    def compute(architecture: Architecture, *, spot: bool) -> float:
        return sum(job.task_hours * prices.hour(job.use.size, architecture, spot=spot) for job in jobs)

    return FleetCost(
        jobs,
        cost,
        free,
        x86=compute("X86_64", spot=False),
        arm=compute("ARM64", spot=False),
        x86_spot=compute("X86_64", spot=True),
        arm_spot=compute("ARM64", spot=True),
        nat_gateway=MONTH_HOURS * prices[NAT_HOUR],
        prices=prices,
        assumptions=assumptions,
    )


def starts_per_month(expressions: Sequence[str], window: Window) -> float:
    """Tasks that these expressions start in a month, as the mean over a window; one that cannot be read starts none.

    A zone moves starts by hours and so hardly touches a mean over years. ``at()`` starts once and counts for nothing.
    """
    total = 0.0
    for text in expressions:
        try:
            total += _starts(parse(text), window)
        except ExpressionError:
            continue
    return total


def _starts(expression: Cron | Rate | At, window: Window) -> float:
    if isinstance(expression, Rate):
        # A rate counts elapsed minutes, whatever the clocks do.
        return MONTH_MINUTES / expression.minutes
    if isinstance(expression, At):
        return 0.0
    on, minutes = starts(expression)
    first, last = window.first // 1440, -(-window.until // 1440)
    # Whole days: a window that begins or ends within a day is rounded to the day.
    inside = on >> first & ((1 << (last - first)) - 1) & days.ALL_DAYS
    return inside.bit_count() * minutes.bit_count() / ((last - first) * 1440) * MONTH_MINUTES
