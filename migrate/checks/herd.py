"""How many tasks start in one minute, against what the account and the subnets can take at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from converters.expressions.eventbridge import At, ExpressionError, parse, starts
from converters.schedules.days import day_number
from converters.schedules.fields import members
from converters.schedules.minutes import ALL_MINUTES, MINUTES_A_DAY
from migrate.aws.task_definition import on_fargate, size
from migrate.checks.model import Context, Line, ok, problem
from migrate.checks.quotas import SPOT_VCPU, VCPU, Quota, quota
from migrate.terminal.language import _, few, ngettext

if TYPE_CHECKING:
    from converters.specs.model import Spec

# docs "AWS Fargate throttling quotas": 100 tasks at once, then 20 a second.
LAUNCH_BURST = 100
LAUNCH_RATE = 20
"""Tasks Fargate launches at once, and a second after that (facts 2)."""
# A year shows every month and weekday, and 29 February now and then.
DAYS_AHEAD = 366


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest minute (UTC) of the days ahead: tasks started in it, who starts them, on which day first."""

    tasks: int
    minute: int
    day: date
    jobs: tuple[str, ...]

    @property
    def when(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.minute // 60:02}:{self.minute % 60:02} UTC"


@dataclass(frozen=True, slots=True)
class _Runs:
    spec: Spec
    days: int
    minutes: int
    zone: ZoneInfo | None
    weight: float


def check(context: Context) -> Iterator[Line]:
    """Launches, vCPU on demand and on Spot, and free addresses, each against the busiest minute."""
    peak = busiest(context.specs, [1.0] * len(context.specs), context.today)
    if peak is None:
        yield ok(_("nothing starts by the clock"))
    else:
        yield _launches(peak)
    yield from _vcpu(context, spot=False)
    yield from _vcpu(context, spot=True)
    yield from _addresses(context, peak)


def busiest(specs: Sequence[Spec], weights: Sequence[float], today: date) -> Peak | None:
    """The minute with the most weight (tasks by ``weights``) in the year from ``today``; None where nothing starts.

    The offset of a zone is that of noon, so around a clock change a minute may be an hour off. ``rate()`` counts in every
    minute, since its phase is not known: the worst case.
    """
    runs = [run for spec, weight in zip(specs, weights, strict=True) for run in _runs(spec, weight)]
    # Days that look alike are one class: a year of days costs a handful of sums.
    classes: dict[tuple[tuple[int, int], ...], date] = {}
    for ahead in range(DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        bit = 1 << day_number(day)
        key = tuple((index, _offset(run.zone, day)) for index, run in enumerate(runs) if run.days & bit)
        classes.setdefault(key, day)
    best: tuple[float, int, date, tuple[tuple[int, int], ...]] | None = None
    for key, day in classes.items():
        totals: dict[int, float] = defaultdict(float)
        for index, offset in key:
            for minute in members(runs[index].minutes):
                totals[(minute - offset) % MINUTES_A_DAY] += runs[index].weight
        for minute, total in totals.items():
            if best is None or total > best[0]:
                best = (total, minute, day, key)
    if best is None or best[0] <= 0:
        return None
    total, minute, day, key = best
    names = [runs[i].spec.name for i, offset in key if runs[i].minutes >> (minute + offset) % MINUTES_A_DAY & 1]
    return Peak(round(total), minute, day, tuple(dict.fromkeys(names)))


def _runs(spec: Spec, weight: float) -> Iterator[_Runs]:
    zone = ZoneInfo(spec.schedule.timezone) if spec.schedule.timezone else None
    for text in spec.expressions:
        expression = parse(text)
        if isinstance(expression, At):
            minute = expression.when.hour * 60 + expression.when.minute
            days, minutes = 1 << day_number(expression.when.date()), 1 << minute
        else:
            try:
                days, minutes = starts(expression)
            except ExpressionError:
                # A rate has no phase before it is made: the worst is assumed, each minute of each day.
                days, minutes = -1, ALL_MINUTES
        yield _Runs(spec, days, minutes, zone, weight * spec.schedule.task_count)


def _offset(zone: ZoneInfo | None, day: date) -> int:
    """Minutes ahead of UTC at noon."""
    if zone is None:
        return 0
    ahead = datetime.combine(day, time(12), zone).utcoffset()
    return int(ahead.total_seconds()) // 60 if ahead else 0


def _launches(peak: Peak) -> Line:
    if peak.tasks <= LAUNCH_BURST:
        text = ngettext(
            "{tasks} task starts in the busiest minute, {when}",
            "{tasks} tasks start in the busiest minute, {when}",
            peak.tasks,
        )
        return ok(text, tasks=peak.tasks, when=peak.when)
    seconds = (peak.tasks - LAUNCH_BURST) / LAUNCH_RATE
    return problem(
        "C617",
        _("{tasks} tasks start in one minute, {when} ({jobs}); Fargate launches the last one {seconds:.0f} s later"),
        tasks=peak.tasks,
        when=peak.when,
        jobs=few(peak.jobs),
        seconds=seconds,
    )


def _providers(spec: Spec) -> set[object]:
    return {one["capacityProvider"] for one in spec.providers} or {"FARGATE"}


def _vcpu(context: Context, *, spot: bool) -> Iterator[Line]:
    """Quarters of a vCPU are what ``busiest`` counts here, as Fargate sells nothing smaller."""
    # A job of both may have all its tasks on either: it counts for each quota.
    name = "FARGATE_SPOT" if spot else "FARGATE"
    chosen = [spec for spec in context.specs if on_fargate(spec) and name in _providers(spec)]
    if not chosen:
        return
    # 256 CPU units are the smallest task.
    quarters = [size(context.env, spec).cpu / 256 for spec in chosen]
    always = sum(q * spec.service.desired_count for q, spec in zip(quarters, chosen, strict=True) if spec.service) / 4
    peak = busiest(chosen, quarters, context.today)
    wanted = always + (peak.tasks / 4 if peak else 0)
    limit: Quota = quota(context, SPOT_VCPU if spot else VCPU)
    values = {
        "kind": _("Fargate Spot") if spot else _("Fargate on demand"),
        "wanted": f"{wanted:g}",
        "limit": f"{limit.value:g}",
        "source": limit.source,
        "when": peak.when if peak else _("always"),
        "jobs": few(peak.jobs) if peak else "",
    }
    if wanted > limit.value:
        yield problem(
            "C618",
            _(
                "{kind}: {wanted} vCPU start at once, {when} ({jobs}); the quota is {limit} ({source}): ask for more, or spread"
            ),
            **values,
        )
    else:
        yield ok(_("{kind}: {wanted} vCPU start at once at most, {when}; the quota is {limit} ({source})"), **values)


def _addresses(context: Context, peak: Peak | None) -> Iterator[Line]:
    """Each task takes an address of a subnet for as long as it runs."""
    from botocore.exceptions import ClientError

    try:
        subnets = context.subnets
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("InvalidSubnetID"):
            return  # said by the check of the network
        raise
    # EC2 counts what is free now; other tasks come and go.
    free = sum(int(subnet.get("AvailableIpAddressCount", 0)) for subnet in subnets)
    always = sum(spec.service.desired_count for spec in context.specs if spec.service)
    wanted = always + (peak.tasks if peak else 0)
    if wanted > free:
        yield problem(
            "C619",
            _("{wanted} tasks start at once and the subnets have {free} free addresses"),
            wanted=wanted,
            free=free,
        )
    else:
        yield ok(
            _("the subnets have {free} free addresses, at most {wanted} are taken at once"), free=free, wanted=wanted
        )
