"""What the page shows of each job, worked out before the templates: rows, details, words, times by the clock on the wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from converters.frame.cost import JobCost
from converters.schedules.schedule import Schedule
from migrate.report.clock_charts import lanes, seasons, shift
from migrate.report.costing import Costs, cost_findings
from migrate.report.differences import Bar, Change, bars, changes
from migrate.report.figures import standing, verdict, waits
from migrate.report.masking import masked_spec
from migrate.report.starts import Fleet, Job, minute_of, schedule_of, zone_of
from migrate.terminal.language import _, finding_help, finding_title, schedule_words, weekday

STATUS_ORDER = {"blocked": 0, "review": 1, "ready": 2, "keep": 3, "skip": 4}


@dataclass(slots=True)
class Row:
    """One job on the page. ``differing`` are runs lost, extra or moved; ``cost`` is None where nothing starts on AWS."""

    order: int
    name: str
    job: Job
    status: str
    status_words: str
    waits: bool
    verdict: str
    verdict_words: str
    words: str
    expressions: Sequence[str]
    target_zone: str
    differing: int
    unchanged: int
    findings: list[Mapping[str, str]]
    first_differences: list[tuple[str, str, str]]
    ways: list[Mapping[str, Any]]
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
        key = id(runs.before), id(runs.after), str(runs.job["timezone"])
        if key not in known:
            known[key] = bars(runs, fleet.window), changes(runs, fleet.window)
        found, days = known[key]
        name = str(runs.job["name"])
        if found:
            rows.append((name, found))
        around[name] = days
    return Clocks(rows, around)


def season_picture(fleet: Fleet, found: Clocks) -> Markup:
    return seasons(fleet, found.rows) if found.rows else Markup("")


def rows(document: Mapping[str, Any], specs: Mapping[str, str], costs: Costs, clocks: Clocks) -> list[Row]:
    """Every job, in the order of the crontabs."""
    extra = cost_findings(costs)
    known: dict[int, Markup] = {}
    found = []
    for order, job in enumerate(document.get("jobs", ())):
        name = str(job["name"])
        row = _row(order, job, costs.jobs.get(name))
        row.findings = [
            finding(one) for one in (*job.get("findings", ()), *(one.as_json() for one in extra.get(name, ())))
        ]
        around = clocks.changes.get(name)
        if around:
            if id(around) not in known:
                known[id(around)] = lanes(str(job["timezone"]), around)
            row.lanes = known[id(around)]
        row.spec = masked_spec(specs[name]) if name in specs else None
        found.append(row)
    return found


def _row(order: int, job: Job, cost: JobCost | None) -> Row:
    parity, target = job.get("parity") or {}, job.get("target") or {}
    how = verdict(job)
    status = standing(job)
    lost, extra, moved = (int(parity.get(key, 0)) for key in ("lost", "extra", "moved"))
    return Row(
        order=order,
        name=str(job["name"]),
        job=job,
        status=status,
        status_words=status_words(status),
        waits=waits(job),
        verdict=how,
        verdict_words=_verdict_words(how, lost, extra, moved),
        words=_words(job),
        expressions=[str(one) for one in target.get("expressions", ())],
        target_zone=str(target.get("timezone", "")),
        differing=lost + extra + moved,
        unchanged=int(parity.get("before", 0)) - lost - moved,
        findings=[],
        first_differences=_differences(job),
        ways=[_way(one) for one in job.get("options") or ()],
        shifts=[(shift(int(one["minutes"])), int(one["runs"])) for one in parity.get("moves") or ()],
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
    guards = [one for one in (job.get("wishes") or {}).get("guards") or () if one.get("description")]
    if isinstance(schedule, Schedule) and guards:
        words = _("{words}; only where this holds: {tests}").format(
            words=words, tests="; ".join(str(one["description"]) for one in guards)
        )
    return words


def finding(one: Mapping[str, str]) -> Mapping[str, str]:
    """With title and help in the chosen language; a code of a later version keeps its own words."""
    try:
        title, help_text = finding_title(one["code"]), finding_help(one["code"])
    except KeyError:
        title, help_text = "", one.get("help", "")
    words = {"error": _("error"), "warning": _("warning"), "info": _("note")}
    return {**one, "title": title, "help": help_text, "words": words.get(one.get("severity", ""), "")}


def _differences(job: Job) -> list[tuple[str, str, str]]:
    """The first runs that differ, by the clock of the job's zone: was, is, shift."""
    zone = zone_of(str(job.get("timezone", "UTC")))
    found = []
    for one in (job.get("parity") or {}).get("first_differences") or ():
        was, now = one.get("was"), one.get("is")
        moved = shift(minute_of(now) - minute_of(was)) if was and now else _("lost") if was else _("extra")
        found.append((_local(was, zone), _local(now, zone), moved))
    return found


def _local(moment: str | None, zone: Any) -> str:
    if not moment:
        return "–"
    local = datetime.fromtimestamp(minute_of(moment) * 60, zone)
    return f"{weekday(local.date())} {local:%Y-%m-%d %H:%M}"


def _way(one: Mapping[str, Any]) -> Mapping[str, Any]:
    if one.get("backend") == "scheduler":
        words = _("Scheduler in {zone}").format(zone=one.get("timezone"))
    elif one.get("ends"):
        words = _("rules by season, until {date}").format(date=one["ends"])
    else:
        words = _("rules in UTC")
    return {**one, "words": words}


def _facts(job: Job) -> list[tuple[str, str]]:
    """What the command was understood to be, as label and text; only what there is."""
    command, wishes = job.get("command") or {}, job.get("wishes") or {}
    found: list[tuple[str, str | None]] = [
        (_("Verdict"), _portable(command)),
        (_("What runs"), " ".join(map(str, command["argv"])) if command.get("argv") else command.get("text")),
        (_("Interpreter"), " ".join(command.get("interpreter") or ())),
        (_("Directory"), command.get("workingDirectory")),
        (_("User"), command.get("user")),
        (_("Framework"), command.get("framework")),
        (_("Needs"), ", ".join(f"{one['kind']}: {one['name']}" for one in command.get("dependencies") or ())),
        (_("Heartbeat"), ", ".join(command.get("heartbeat") or ())),
        (_("Lock"), _lock(wishes.get("lock"))),
        (_("Time limit"), _limit(wishes.get("timeout"))),
        (_("Delay"), _delay(wishes.get("delay"))),
        (
            _("Output"),
            ", ".join(" ".join(map(str, (one["kind"], one["target"]))) for one in wishes.get("output") or ()),
        ),
        (_("Tests first"), "; ".join(str(one.get("description") or one["text"]) for one in wishes.get("guards") or ())),
        (_("Mail to"), wishes.get("mailto")),
    ]
    return [(label, str(text)) for label, text in found if text]


def _portable(command: Mapping[str, Any]) -> str | None:
    verdicts = {
        "portable": _("portable"),
        "needs work": _("needs work"),
        "keep on a host": _("keep on a host"),
    }
    words = verdicts.get(str(command.get("verdict")))
    reasons = "; ".join(map(str, command.get("reasons") or ()))
    return f"{words}: {reasons}" if words and reasons else words


def _lock(lock: Mapping[str, Any] | None) -> str | None:
    if not lock:
        return None
    wait = lock.get("wait")
    if not wait:
        policy = _("skips the run when taken")
    elif isinstance(wait, int):
        policy = _("waits {n} s when taken").format(n=wait)
    else:
        policy = _("waits when taken")
    return f"{lock.get('name')} ({policy})"


def _limit(limit: Mapping[str, Any] | None) -> str | None:
    return _("{n} s").format(n=f"{limit.get('seconds', 0):,}") if limit else None


def _delay(delay: Mapping[str, Any] | None) -> str | None:
    return _("{kind}, {n} s").format(kind=delay.get("kind"), n=delay.get("seconds")) if delay else None
