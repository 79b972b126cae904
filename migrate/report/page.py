"""What the page shows of each job, worked out before the templates: rows, details, words, times by the clock on the wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple

from markupsafe import Markup

from converters.frame.cost import JobCost
from converters.schedules.schedule import Schedule
from migrate.document.job import CommandRead, Job, ReportedFinding, Way, WishedDelay, WishedLimit, WishedLock
from migrate.document.model import Document
from migrate.document.told import finding_told
from migrate.report.causes import Cause, open_causes
from migrate.report.clock_charts import lanes, seasons, shift
from migrate.report.costing import Costs, cost_findings
from migrate.report.differences import Bar, Change, bars, changes
from migrate.report.figures import FATES, moves, standing, verdict, waits
from migrate.report.masking import masked_spec
from migrate.report.starts import Fleet, minute_of, schedule_of, zone_of
from migrate.report.tries import tried_line
from migrate.terminal.language import _, finding_help, finding_sentence, finding_title, schedule_words, weekday


class FindingShown(NamedTuple):
    """A finding in the chosen language; ``words`` say its severity."""

    code: str
    severity: str
    words: str
    title: str
    message: str
    help: str
    jobs: int = 1
    """How many jobs it is said of; of several it stands once, before them."""


class CauseShown(NamedTuple):
    """What several jobs share: the finding, and the names of the jobs."""

    finding: FindingShown
    jobs: tuple[str, ...]


class WayShown(NamedTuple):
    """One of the ways side by side; ``counts`` are runs moved, lost, extra."""

    words: str
    expressions: Sequence[str]
    number: int
    counts: tuple[int, int, int]


@dataclass(slots=True)
class Row:
    """One job on the page. ``differing`` are runs lost, extra or moved; ``cost`` is None where nothing starts on AWS."""

    order: int
    name: str
    job: Job
    status: str
    status_words: str
    fate_words: str
    waits: bool
    verdict: str
    verdict_words: str
    words: str
    expressions: Sequence[str]
    target_zone: str
    differing: int
    unchanged: int
    findings: list[FindingShown]
    first_differences: list[tuple[str, str, str]]
    ways: list[WayShown]
    shifts: list[tuple[str, int]]
    facts: list[tuple[str, str]]
    cost: JobCost | None
    lanes: Markup = field(default_factory=Markup)
    spec: str | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """What moves across clock changes: for each job with differences its stretches and its days around the changes."""

    rows: list[tuple[str, list[Bar]]]
    changes: Mapping[str, list[Change]]


def clocks(fleet: Fleet) -> Clocks:
    """Worked out once for jobs that share a schedule and a target."""
    known: dict[tuple[int, int, str], tuple[list[Bar], list[Change]]] = {}
    rows: list[tuple[str, list[Bar]]] = []
    around: dict[str, list[Change]] = {}
    for runs in fleet.runs:
        if verdict(runs.job) != "differ":
            continue
        # By id(): jobs of one schedule share these very lists (starts.py), and comparing them would cost more than
        # drawing.
        key = id(runs.before), id(runs.after), runs.job.timezone
        if key not in known:
            known[key] = bars(runs, fleet.window), changes(runs, fleet.window)
        found, days = known[key]
        name = runs.job.name
        if found:
            rows.append((name, found))
        around[name] = days
    return Clocks(rows, around)


def season_picture(fleet: Fleet, found: Clocks) -> Markup:
    return seasons(fleet, found.rows) if found.rows else Markup("")


def rows(document: Document, specs: Mapping[str, str], costs: Costs, clocks: Clocks) -> list[Row]:
    """Every job, in the order of the crontabs."""
    extra, shared = cost_findings(costs), open_causes(document.jobs)
    known: dict[int, Markup] = {}
    found = []
    for order, job in enumerate(document.jobs):
        name = job.name
        row = _row(order, job, costs.jobs.get(name))
        own = [_counted(one, {} if job.decided else shared) for one in job.findings]
        row.findings = [*own, *(finding(finding_told(one)) for one in extra.get(name, ()))]
        around = clocks.changes.get(name)
        if around:
            # The same picture many times is the same text: it is drawn once.
            if id(around) not in known:
                known[id(around)] = lanes(job.timezone, around)
            row.lanes = known[id(around)]
        row.spec = masked_spec(specs[name]) if name in specs else None
        found.append(row)
    return found


def causes(document: Document) -> list[CauseShown]:
    """What several open jobs share, the most frequent first."""
    return [CauseShown(finding(one.finding), one.jobs) for one in open_causes(document.jobs).values()]


def _counted(one: ReportedFinding, shared: Mapping[tuple[str, str], Cause]) -> FindingShown:
    cause = shared.get((one.code, one.message))
    return finding(one) if cause is None else finding(one)._replace(jobs=len(cause.jobs))


def _row(order: int, job: Job, cost: JobCost | None) -> Row:
    parity, target = job.parity, job.target
    how = verdict(job)
    status = standing(job)
    lost, extra, moved = parity.lost, parity.extra, parity.moved
    return Row(
        order=order,
        name=job.name,
        job=job,
        status=status,
        status_words=status_words(status),
        fate_words=_(FATES[job.fate]),
        waits=waits(job),
        verdict=how,
        verdict_words=_verdict_words(how, lost, extra, moved),
        words=_words(job),
        expressions=target.expressions if moves(job) else (),
        target_zone=target.timezone,
        differing=lost + extra + moved,
        # Runs that start where they did before; extra ones have no place before.
        unchanged=parity.before - lost - moved,
        findings=[],
        first_differences=_differences(job),
        ways=[_way(one) for one in job.options],
        shifts=[(shift(one.minutes), one.runs) for one in parity.moves],
        facts=_facts(job),
        cost=cost,
    )


def status_words(status: str) -> str:
    words = {
        "ready": _("ready"),
        "review": _("needs a decision"),
        "blocked": _("blocked"),
        "keep": _("kept on the host"),
        "skip": _("skipped"),
    }
    return words.get(status, status)


def _verdict_words(how: str, lost: int, extra: int, moved: int) -> str:
    if how == "exact":
        return _("exact")
    if how == "none":
        return _("not compared")
    parts = []
    if moved:
        parts.append(_("{n} moved").format(n=f"{moved:,}"))
    if lost:
        parts.append(_("{n} lost").format(n=f"{lost:,}"))
    if extra:
        parts.append(_("{n} extra").format(n=f"{extra:,}"))
    return ", ".join(parts)


def _words(job: Job) -> str:
    schedule = schedule_of(job)
    if schedule is None:
        return ""
    words = schedule_words(schedule)
    guards = [one for one in job.wishes.guards if one.description]
    if isinstance(schedule, Schedule) and guards:
        words = _("{words}; only where this holds: {tests}").format(
            words=words, tests="; ".join(one.description for one in guards)
        )
    return words


def finding(one: ReportedFinding) -> FindingShown:
    """With title and help in the chosen language; a code of a later version keeps its own words."""
    try:
        title, help_text = finding_title(one.code), finding_help(one.code)
    except KeyError:
        # report.json may be of a later version that knows more codes.
        title, help_text = "", one.help
    words = {"error": _("error"), "warning": _("warning"), "info": _("note")}
    return FindingShown(one.code, one.severity, words[one.severity], title, finding_sentence(one), help_text)


def _differences(job: Job) -> list[tuple[str, str, str]]:
    """The first runs that differ, by the clock of the job's zone: was, is, shift."""
    zone = zone_of(job.timezone)
    found = []
    for one in job.parity.first_differences:
        was, now = one.was, one.is_
        moved = shift(minute_of(now) - minute_of(was)) if was and now else _("lost") if was else _("extra")
        found.append((_local(was, zone), _local(now, zone), moved))
    return found


def _local(moment: str | None, zone: tzinfo) -> str:
    if not moment:
        return "–"
    local = datetime.fromtimestamp(minute_of(moment) * 60, zone)
    return f"{weekday(local.date())} {local:%Y-%m-%d %H:%M}"


def _way(one: Way) -> WayShown:
    if one.backend == "scheduler":
        words = _("Scheduler in {zone}").format(zone=one.timezone)
    elif one.ends:
        words = _("rules by season, until {date}").format(date=one.ends)
    else:
        words = _("rules in UTC")
    return WayShown(words, one.expressions, one.count, (one.moved, one.lost, one.extra))


def _facts(job: Job) -> list[tuple[str, str]]:
    """What the command was understood to be, as label and text; only what there is."""
    command, wishes = job.command, job.wishes
    found: list[tuple[str, str | None]] = [
        (_("Verdict"), _portable(command)),
        (_("What runs"), " ".join(command.argv) if command.argv else command.text),
        (_("Interpreter"), " ".join(command.interpreter)),
        (_("Directory"), command.working_directory),
        (_("User"), command.user),
        (_("Framework"), command.framework),
        (_("Needs"), ", ".join(f"{one.kind}: {one.name}" for one in command.dependencies)),
        (_("Heartbeat"), ", ".join(command.heartbeat)),
        (_("Lock"), _lock(wishes.lock)),
        (_("Time limit"), _limit(wishes.timeout)),
        (_("Delay"), _delay(wishes.delay)),
        (_("Output"), ", ".join(f"{one.kind} {one.target}" for one in wishes.output)),
        (_("Tests first"), "; ".join(one.description or one.text for one in wishes.guards)),
        (_("Mail to"), wishes.mailto),
        (_("Tried"), tried_line(job.tried) if job.tried is not None else None),
    ]
    return [(label, text) for label, text in found if text]


def _portable(command: CommandRead) -> str | None:
    verdicts = {
        "portable": _("portable"),
        "needs work": _("needs work"),
        "keep on a host": _("keep on a host"),
    }
    words = verdicts.get(command.verdict)
    reasons = "; ".join(command.reasons)
    return f"{words}: {reasons}" if words and reasons else words


def _lock(lock: WishedLock | None) -> str | None:
    if lock is None:
        return None
    if not lock.wait:
        policy = _("skips the run when taken")
    elif isinstance(lock.wait, int):
        policy = _("waits {n} s when taken").format(n=lock.wait)
    else:
        policy = _("waits when taken")
    return f"{lock.name} ({policy})"


def _limit(limit: WishedLimit | None) -> str | None:
    return _("{n} s").format(n=f"{limit.seconds:,}") if limit else None


def _delay(delay: WishedDelay | None) -> str | None:
    return _("{kind}, {n} s").format(kind=delay.kind, n=delay.seconds) if delay else None
