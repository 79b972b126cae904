"""Both sides of each job side by side: what cron's log tells of the old one, what AWS tells of the new one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, BinaryIO

from converters.history.observed import EARLY, Comparison, Seen, compare, pair
from converters.history.runs import History, read_past
from converters.history.verdict import Reason, reasons
from converters.schedules.daemon import Window

if TYPE_CHECKING:
    from converters.artefact.registered import Expected
    from converters.specs.model import Spec
    from migrate.aws.observed import AwsRuns, Span
    from migrate.aws.session import Aws
    from migrate.logs.reading import Reading
    from migrate.sites.site import Site

# Provisioning and the pull of an image come first.
GRACE = 300.0  # seconds that a task may need from its start to its first log line
LOOK_BACK = 30 * 86400.0  # where nothing says since when a job runs on AWS


@dataclass(slots=True)
class Verified:
    """One job. ``comparison`` is its side on AWS (``None``: nothing there to compare); ``since`` the instant from which on
    that side is compared; ``reasons`` say why the old line must stay."""

    name: str
    id: str | None
    aws: AwsRuns | None = None
    comparison: Comparison | None = None
    since: float | None = None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def safe(self) -> bool:
        return not self.reasons


@dataclass(slots=True)
class OldSide:
    """What cron's logs tell of all jobs of the report."""

    history: History
    reading: Reading


def read_old(
    site: Site,
    paths: Sequence[str],
    host: tuple[str, tzinfo],
    *,
    since: float | None,
    until: float | None,
    stdin: BinaryIO | None,
) -> OldSide:
    """The old side from logs; ``host`` is the name and the rules of the zone that their clocks were set to."""
    from migrate.logs.reading import read_logs
    from migrate.logs.watched import watched_of_document

    reading = read_logs(paths, host[1], stdin=stdin)
    jobs = watched_of_document(site.document, host[0])
    history = read_past(reading.events, jobs, reading.span, since=since, until=until, doubtful=reading.doubtful)
    return OldSide(history, reading)


def look_at_aws(
    aws: Aws, owner: str, site: Site, name: str, *, since: float | None, until: float
) -> tuple[AwsRuns, Comparison | None, float | None]:
    """The new side of one job: its runs, how they compare, and since when.

    Without ``since`` it is compared from the cutover on, else from the first run that AWS still knows.
    """
    from migrate.aws.observed import Span, runs_of

    spec = site.spec(name)
    begun = since if since is not None else _enabled_at(site, name)
    span = Span(begun if begun is not None else until - LOOK_BACK, until)
    runs = runs_of(aws, owner, name, aws.environment.cluster or spec.cluster, span)
    # Slots come by what the expressions say, so a rate has none.
    runs.starts.sort(key=lambda seen: seen.at)
    expected = _expected(spec, span, workflow=any(frame.is_workflow for frame in runs.frames))
    if expected is None or not runs.frames:
        return runs, None, begun
    # EventBridge tries again for so long; what is not there by then is not on its way any more
    reach = aws.environment.retry.maximum_event_age_in_seconds + GRACE
    if begun is None:
        if not runs.starts:
            return runs, Comparison(), None
        begun = _from_first(sorted(expected.due + expected.idle), runs.starts[0].at, reach)
        expected = expected.since(begun)
    starts = [seen for seen in runs.starts if seen.at >= begun - EARLY]
    found = compare_runs(expected, starts, runs.skipped, reach=reach, unknown=[(until - reach, until + 60)])
    return runs, found, begun


def compare_runs(
    expected: Expected,
    starts: Sequence[Seen],
    skipped: Sequence[float],
    *,
    reach: float,
    unknown: Sequence[tuple[float, float]],
) -> Comparison:
    """Tasks that were seen against what the same predicate foretells that the parity was counted by.

    A task that was to find nothing to do is no run, and none is missed where it did not come. A task on a date that starts
    none is a run that should not be. What a guard skipped on a date of the schedule was missed; what a lock skipped was on
    time.
    """
    slots = sorted([(at, True) for at in expected.due] + [(at, False) for at in expected.idle])
    pairing = pair([at for at, _ in slots], [seen.at for seen in starts], reach)
    idle = {start for slot, start in pairing.pairs if not slots[slot][1]}
    ran = [seen for number, seen in enumerate(starts) if number not in idle]
    # Only what no due minute can explain: a run of 23:55 that is late comes on the next date, too.
    rest = sorted(starts[number].at for number in pairing.free_starts)
    found = compare(_without_skipped(expected.due, skipped, reach), ran, reach=reach, unknown=unknown)
    found.idle = len(idle)
    found.astray = [rest[number] for _, number in pair(expected.none, rest, reach).pairs]
    return found


def _enabled_at(site: Site, name: str) -> float | None:
    from datetime import datetime

    noted = site.journal.at(name, "enable", "done")
    return datetime.fromisoformat(noted.replace("Z", "+00:00")).timestamp() if noted else None


def _expected(spec: Spec, span: Span, *, workflow: bool) -> Expected | None:
    """What AWS is to show of the job's starts; ``None`` where that depends on when a rule was made."""
    from converters.artefact.registered import Expected, Registered
    from converters.expressions.eventbridge import ExpressionError

    window = Window(int(-(-span.since // 60)), int(span.until // 60) + 1)
    if not spec.expressions:
        return None
    if window.until <= window.first:
        return Expected([], [], [])
    try:
        return Registered.of(spec).expected(window, workflow=workflow)
    except ExpressionError:  # a rate counts from the making of its rule
        return None


def _from_first(slots: list[int], first: float, reach: float) -> float:
    """The instant of the slot that the first run was due for; its own, where it was due for none."""
    place = bisect_right(slots, (first + EARLY) / 60) - 1
    if place < 0 or first - slots[place] * 60 > reach:
        return first
    return slots[place] * 60.0


def _without_skipped(slots: list[int], skipped: Sequence[float], reach: float) -> list[int]:
    """A start that the job's own lock skipped was on time."""
    taken = {slot for slot, _ in pair(slots, sorted(skipped), reach).pairs}
    return [minute for place, minute in enumerate(slots) if place not in taken]


def verified(site: Site, name: str) -> Verified:
    """A job of which AWS was not asked."""
    return Verified(name, _id(site, name), reasons=reasons(None, asked=False, registered=False, enabled=False))


def _id(site: Site, name: str) -> str | None:
    """The job's id; the record of a cutover has none."""
    job = site.jobs.get(name)
    return job.id or None if job is not None else None


def verify_on_aws(
    aws: Aws, owner: str, site: Site, name: str, old: OldSide | None, *, since: float | None, until: float, enough: int
) -> Verified:
    """A job of which AWS was asked, with the verdict."""
    found = Verified(name, _id(site, name))
    if not site.spec_path(name).is_there():
        found.reasons = [Reason("not there")]
        return found
    found.aws, found.comparison, found.since = look_at_aws(aws, owner, site, name, since=since, until=until)
    past = old.history.jobs.get(found.id) if old is not None and found.id is not None else None
    found.reasons = reasons(
        found.comparison,
        asked=True,
        registered=bool(found.aws.frames),
        enabled=found.aws.enabled,
        undelivered=found.aws.undelivered,
        old_last=past.runs[-1].at if past is not None and past.runs else None,
        new_first=_first(found.aws.starts, found.since),
        enough=enough,
    )
    return found


def _first(starts: Sequence[Seen], since: float | None) -> float | None:
    """When the job began to run on AWS: the cutover, or the first run seen."""
    if since is not None:
        return since
    return starts[0].at if starts else None
