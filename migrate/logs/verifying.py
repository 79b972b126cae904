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
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.observed import AwsRuns, Span
    from migrate.aws.session import Aws
    from migrate.cutover.site import Site
    from migrate.logs.reading import Reading

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
    slots = _due(spec, span)
    if slots is None or not runs.frames:
        # Rules deliver within a minute, with retries up to MaximumEventAgeInSeconds.
        return runs, None, begun
    # EventBridge tries again for so long; what is not there by then is not on its way any more
    reach = aws.environment.retry.maximum_event_age_in_seconds + GRACE
    if begun is None:
        if not runs.starts:
            return runs, Comparison(), None
        slots, begun = _from_first(slots, runs.starts[0].at, reach)
    slots = _without_skipped(slots, runs.skipped, reach)
    starts = [seen for seen in runs.starts if seen.at >= begun - EARLY]
    # The last stretch is open: a start may still be on its way.
    return runs, compare(slots, starts, reach=reach, unknown=[(until - reach, until + 60)]), begun


def _enabled_at(site: Site, name: str) -> float | None:
    from datetime import datetime

    noted = site.journal.at(name, "enable", "done")
    return datetime.fromisoformat(noted.replace("Z", "+00:00")).timestamp() if noted else None


def _due(spec: Spec, span: Span) -> list[int] | None:
    """The minutes at which the job's expressions fire; ``None`` where that depends on when a rule was made."""
    from migrate.cutover.times import new_starts

    window = Window(int(-(-span.since // 60)), int(span.until // 60) + 1)
    if not spec.expressions or window.until <= window.first:
        return [] if spec.expressions else None
    try:
        minutes = new_starts(spec.expressions, spec.schedule.timezone, window)
    except UserError:  # a rate counts from the making of its rule
        return None
    # TaskCount starts several tasks for one slot.
    return sorted(minute for minute in minutes for _ in range(spec.schedule.task_count))


def _from_first(slots: list[int], first: float, reach: float) -> tuple[list[int], float]:
    """From the slot on that the first run was due for."""
    place = bisect_right(slots, (first + EARLY) / 60) - 1
    if place < 0 or first - slots[place] * 60 > reach:
        return [slot for slot in slots if slot * 60 > first], first
    begun = slots[place]
    return [slot for slot in slots if slot >= begun], begun * 60.0


def _without_skipped(slots: list[int], skipped: Sequence[float], reach: float) -> list[int]:
    """A start that the job's own lock or guard skipped was on time."""
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
