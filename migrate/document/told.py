"""Values of the engine as the document tells them."""

from __future__ import annotations

from functools import lru_cache

from converters.commands.fleet import Group
from converters.expressions.parity import Difference, Parity
from converters.expressions.target import Target
from converters.findings.codes import Finding
from converters.schedules.zones import iso
from migrate.document.from_json import guard_from
from migrate.document.job import ComparedRuns, Move, Pair, ProposedTarget, ReportedFinding, Way
from migrate.document.model import FleetDrift, FleetGroup, FleetValue
from migrate.document.shown import shown


def target_told(target: Target) -> ProposedTarget:
    """What starts a job, expressions and guard as ecs.yml has them."""
    return ProposedTarget(
        backend=target.backend,
        timezone=target.timezone,
        expressions=tuple(map(str, target.expressions)),
        guard=guard_from(target.guard.as_json()) if target.guard else None,
    )


@lru_cache(maxsize=8192)
def finding_told(finding: Finding) -> ReportedFinding:
    """A finding with its words; secrets in them are masked."""
    return ReportedFinding(
        code=finding.code, severity=finding.severity, message=shown(finding.message), help=finding.help
    )


def way_told(target: Target, parity: Parity) -> Way:
    """One of the ways side by side: what it is and what it costs in runs."""
    return Way(
        backend=target.backend,
        timezone=target.timezone,
        expressions=tuple(map(str, target.expressions[:3])),
        count=len(target.expressions),
        ends=target.ends,
        exact=parity.exact,
        lost=parity.lost,
        extra=parity.extra,
        moved=parity.moved,
    )


# Jobs that differ do so at the same clock changes, and schedules of their own have minutes in common: a sixth of what a scan
# of a fleet holds were equal pairs.
@lru_cache(maxsize=65536)
def pair_told(d: Difference) -> Pair:
    """One run that differs, as instants."""
    return Pair(was=iso(d.was) if d.was is not None else None, is_=iso(d.is_) if d.is_ is not None else None)


def fleet_told(group: Group, asked: bool) -> FleetGroup:
    """The same job on several hosts; its texts were shown without secrets when it was found."""
    return FleetGroup(
        name=group.name,
        kind=group.kind,
        jobs=group.jobs,
        hosts=group.hosts,
        drift=tuple(
            FleetDrift(what=one.what, values=tuple(FleetValue(value=v.text, hosts=v.hosts) for v in one.values))
            for one in group.drift
        ),
        by=group.by or None,
        runs=group.runs,
        active=group.active,
        strays=group.strays,
        asked=asked,
    )


def parity_told(parity: Parity | None, provable: bool = True) -> ComparedRuns:
    """Counts of runs; nothing is called exact where nothing was compared, or not ``provable``."""
    counted = parity or Parity()
    return ComparedRuns(
        exact=parity is not None and provable and parity.exact,
        before=counted.before,
        after=counted.after,
        lost=counted.lost,
        extra=counted.extra,
        moved=counted.moved,
        moves=tuple(Move(minutes=minutes, runs=runs) for minutes, runs in sorted(counted.moves.items())),
        first_differences=tuple(map(pair_told, counted.first_differences)),
    )
