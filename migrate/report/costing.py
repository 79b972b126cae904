"""From document and specs to a month's cost: which job uses what, and what is worth saying of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from converters.findings.codes import Finding
from converters.frame.cost import (
    DEFAULTS,
    MONTH_MINUTES,
    Assumptions,
    Cost,
    FleetCost,
    JobCost,
    Use,
    fleet_cost,
    starts_per_month,
)
from converters.frame.plain_targets import PLAIN, plain_targets
from converters.frame.prices import PriceError, PriceList, price_list
from converters.images.weight import MIB
from migrate.document.job import Job
from migrate.document.model import CostFinding, Document, MonthlyCost, MonthOfJob, UsedPrice
from migrate.errors import UserError
from migrate.report.figures import standing
from migrate.report.herd import Load
from migrate.report.spec_facts import NONE, SpecFacts, spec_facts
from migrate.report.starts import window_of

if TYPE_CHECKING:
    from migrate.settings.model import Environment


@dataclass(frozen=True, slots=True)
class Where:
    """What of an environment bears on cost; ``name`` is None where no settings were read."""

    region: str
    name: str | None = None
    architecture: str = "X86_64"
    public_ip: bool = False
    sidecars: tuple[int, int] = (0, 0)
    workflows: bool = False
    prices: Mapping[str, float] | None = None


def where(name: str | None, environment: Environment | None) -> Where:
    """The environment's part in the cost; the default region where there is none."""
    from migrate.settings.loading import DEFAULT_REGION

    if environment is None:
        return Where(DEFAULT_REGION)
    # A sidecar of the settings is in each task, so each run pays for it.
    sidecars = sum(one.cpu for one in environment.sidecars), sum(one.memory for one in environment.sidecars)
    public = environment.assign_public_ip == "ENABLED"
    started = environment.start == "workflow"
    return Where(environment.region, name, environment.architecture, public, sidecars, started, environment.prices)


def prices_of(place: Where) -> PriceList:
    """The price list of an environment; raises UserError for an override that cannot be meant."""
    try:
        return price_list(place.region, place.prices)
    except PriceError as error:
        environment = f"environments.{place.name}." if place.name else ""
        raise UserError(f"cron2fargate.yml: {environment}{error}") from None


@dataclass(frozen=True, slots=True)
class Costs:
    """The fleet's month, each job's by name, and the facts it was made from."""

    fleet: FleetCost
    jobs: Mapping[str, JobCost]
    facts: Mapping[str, SpecFacts]
    where: Where

    def loads(self) -> dict[str, Load]:
        """What each job puts on the account while it runs."""
        found = {}
        for name, job in self.jobs.items():
            facts = self.facts[name]
            found[name] = Load(facts.tasks, facts.cpu, max(1, -(-int(job.billed) // 60)))
        # A task that runs 61 s is there in two minutes.
        return found


def costs(document: Document, specs: Mapping[str, str], place: Where, assumptions: Assumptions = DEFAULTS) -> Costs:
    """A month of every job that starts on AWS: by its ecs.yml where there is one, else by what the document says. A job that
    review leaves out starts nothing."""
    jobs = [job for job in document.jobs if standing(job) not in ("keep", "skip")]
    facts = {
        job.name: spec_facts(specs[job.name], place.sidecars, workflows=place.workflows) if job.name in specs else NONE
        for job in jobs
    }
    # Whose workflow starts others has one, whatever its own ecs.yml says.
    for lead in {one for fact in facts.values() for one in fact.after} & facts.keys():
        facts[lead] = replace(facts[lead], plain=False, transitions=facts[lead].transitions or PLAIN)
    uses = {job.name: _use(job, facts[job.name], document, place) for job in jobs}
    full = [replace(use, runs=_runs_after(name, uses, facts, frozenset())) for name, use in uses.items()]
    # A job that never starts would only make the table longer.
    fleet = fleet_cost([use for use in full if use.runs or use.always], prices_of(place), assumptions)
    return Costs(fleet, {job.use.name: job for job in fleet.jobs}, facts, place)


def _runs_after(name: str, uses: Mapping[str, Use], facts: Mapping[str, SpecFacts], seen: frozenset[str]) -> float:
    """A job that runs after others runs as often as the rarest of them."""
    # `seen`: two jobs that wait for each other would be asked without end.
    before = [one for one in facts[name].after if one in uses and one not in seen]
    if uses[name].runs or not before:
        return uses[name].runs
    return min(_runs_after(one, uses, facts, seen | {name}) for one in before)


def _use(job: Job, facts: SpecFacts, document: Document, place: Where) -> Use:
    timezone = facts.timezone if facts.readable else _timezone(job)
    return Use(
        name=job.name,
        runs=_runs(job, facts, document),
        size=facts.size,
        architecture=facts.architecture or ("ARM64" if place.architecture == "ARM64" else "X86_64"),
        spot=facts.spot,
        seconds=_measured(job),
        limit=facts.limit,
        transitions=facts.transitions,
        scheduler=timezone is not None,
        public_ip=place.public_ip,
        always=facts.service,
        image_mib=job.image.packed / MIB if job.image is not None and job.image.packed else None,
    )


def _timezone(job: Job) -> str | None:
    return job.target.timezone if job.target.backend == "scheduler" else None


def _runs(job: Job, facts: SpecFacts, document: Document) -> float:
    """Tasks started a month. With a guard, tasks start on other dates too and end at once: they are billed all the same."""
    if facts.service:
        return 0.0
    window, proposed = window_of(document), list(job.target.expressions)
    expressions = list(facts.expressions) if facts.readable else proposed
    # The proof has counted these starts; with a guard it counts runs that do work, and AWS bills the others too.
    if expressions == proposed and job.parity.after and job.target.guard is None:
        return float(job.parity.after) / (window.until - window.first) * MONTH_MINUTES * facts.tasks
    return starts_per_month(expressions, window) * facts.tasks


def _measured(job: Job) -> float | None:
    """Seconds of a usual run, where cron's log told."""
    durations = job.history.durations if job.history is not None else None
    # The median: one run that hung for a day says nothing of a month.
    usual = durations.p50 if durations is not None else None
    return float(usual) if usual is not None and usual > 0 else None


def cost_findings(found: Costs) -> dict[str, list[Finding]]:
    """What is worth knowing of a job's cost, by its name; ``""`` holds what is true of all."""
    said: dict[str, list[Finding]] = {}
    for name, job in found.jobs.items():
        if job.cheaper_as_service:
            often = "it starts every minute" if job.minutely else "its tasks cost more"
            message = (
                f"{often}: {job.cost.total:,.2f} USD a month as tasks, {job.service:,.2f} USD as one service that stays"
            )
            said.setdefault(name, []).append(Finding("C640", message))
    nat = found.fleet.cost.nat
    # A gateway for one fleet is dear; for many it is there anyway, so it is said and not added.
    if nat > found.fleet.cost.total:
        message = f"pulling images through a NAT gateway would add {nat:,.2f} USD a month"
        said.setdefault("", []).append(Finding("C641", message))
    plain = [job.use.runs for name, job in found.jobs.items() if found.facts[name].plain]
    if (one := plain_targets(plain, found.fleet.prices)) is not None:
        said.setdefault("", []).append(one)
    if found.fleet.prices.borrowed:
        said.setdefault("", []).append(
            Finding("C642", f"prices of {found.where.region} are not known here; those of us-east-1 stand in")
        )
    return said


def cost_told(found: Costs) -> MonthlyCost:
    """The ``cost`` of the document."""
    fleet = found.fleet
    ways = {"x86": fleet.x86, "arm": fleet.arm, "x86Spot": fleet.x86_spot, "armSpot": fleet.arm_spot}
    return MonthlyCost(
        currency="USD",
        per="month of 730 hours",
        region=found.where.region,
        environment=found.where.name,
        total=_cents(fleet.total),
        free=_cents(fleet.free),
        parts=_parts(fleet.cost),
        compute={key: _cents(value) for key, value in ways.items()},
        assumptions=asdict(fleet.assumptions),
        prices=tuple(UsedPrice(**asdict(price)) for price in fleet.prices.prices.values()),
        jobs=tuple(map(_month_of, fleet.jobs)),
        findings=tuple(
            CostFinding(code=one.code, severity=one.severity, message=one.message, help=one.help, job=name or None)
            for name, some in cost_findings(found).items()
            for one in some
        ),
    )


def _month_of(job: JobCost) -> MonthOfJob:
    return MonthOfJob(
        name=job.use.name,
        runs=round(job.use.runs, 2),
        seconds=round(job.billed, 1),
        known=job.known,
        size=str(job.use.size),
        total=_cents(job.cost.total),
        parts=_parts(job.cost),
        service=_cents(job.service),
    )


def _parts(cost: Cost) -> dict[str, float]:
    return {key: _cents(value) for key, value in asdict(cost).items()}


def _cents(value: float) -> float:
    # A hundredth of a cent: a job of once a month costs less than a cent, and a thousand of them do not.
    return round(value, 4)
