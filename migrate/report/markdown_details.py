"""One job of the Markdown report: its line, its findings, and every kind of difference with the first dates."""

from __future__ import annotations

from collections.abc import Container, Iterator

from migrate.document.job import DateGuard, Job, ReportedFinding
from migrate.document.to_json import as_mapping
from migrate.report.figures import verdict
from migrate.report.inert import cell, code, fenced, prose, table
from migrate.report.tries import tried_line
from migrate.terminal.language import N_, _, finding_help, finding_sentence, ngettext

_SHOWN_STRETCHES = 12
_SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "info": N_("info")}


def detail(job: Job, shared: Container[tuple[str, str]] = ()) -> Iterator[str]:
    """The lines of one job's section; ``shared`` are the codes and sentences that stand once for several jobs."""
    yield f"### {code(job.name)}"
    yield ""
    where = code(job.where)
    yield _("{where}, user {user}").format(where=where, user=code(job.user)) if job.user else where
    yield ""
    yield from fenced(job.line)
    if job.tried is not None:
        yield from ("", prose(tried_line(job.tried)))
    guard = job.target.guard
    if guard:
        yield from ("", _("Checked at run time, before the job starts: {guard}").format(guard=code(_guard(guard))))
    if job.findings:
        yield ""
        yield from _findings(job, shared)
    if verdict(job) == "differ":
        yield from _parity(job)


def _findings(job: Job, shared: Container[tuple[str, str]]) -> Iterator[str]:
    """What the job has alone in full, and the codes of what it shares."""
    for one in job.findings:
        if (one.code, one.message) not in shared:
            help_text = f" {prose(help_of(one))}" if one.help else ""
            severity = _(_SEVERITIES[one.severity])
            yield f"- **{one.code}** ({severity}): {sentence(finding_sentence(one))}{help_text}"
    codes = dict.fromkeys(one.code for one in job.findings if (one.code, one.message) in shared)
    if codes:
        yield "- " + _("Said above, of several jobs: {codes}").format(codes=", ".join(codes))


def _guard(guard: DateGuard) -> str:
    """The guard's fields as ecs.yml names them."""
    return ", ".join(
        f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in as_mapping(guard).items()
    )


def help_of(one: ReportedFinding) -> str:
    """The help in the chosen language; the document's own where the code is not known, or where it says something else."""
    try:
        found = finding_help(one.code)
    except KeyError:
        return one.help
    from converters.findings.codes import CATALOGUE

    # A scan of another version may have said something else under this code: its words are of the job.
    return found if CATALOGUE[one.code].help == one.help else one.help


def sentence(text: str) -> str:
    return prose(text) + ("" if text.endswith((".", "!", "?", "。")) else ".")


def _parity(job: Job) -> Iterator[str]:
    parity = job.parity
    yield ""
    words = _("{before} runs before, {after} after: {lost} lost, {extra} extra, {moved} moved.")
    yield words.format(
        before=f"{parity.before:,}",
        after=f"{parity.after:,}",
        lost=f"{parity.lost:,}",
        extra=f"{parity.extra:,}",
        moved=f"{parity.moved:,}",
    )
    if parity.moves:
        yield ""
        for move in parity.moves:
            yield _shift(move.minutes, move.runs)
    if parity.first_differences:
        rows = [[cell(side) if side else "–" for side in (one.was, one.is_)] for one in parity.first_differences]
        yield from ("", _("The first differences:"), "", *table([_("Was"), _("Is")], rows))
    yield from _stretches(job)
    yield from _options(job)


def _shift(minutes: int, runs: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    length = " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
    if not minutes:
        words = ngettext("- {n} run starts in the same minute", "- {n} runs start in the same minute", runs)
    elif minutes > 0:
        words = ngettext("- {n} run starts {length} later", "- {n} runs start {length} later", runs)
    else:
        words = ngettext("- {n} run starts {length} earlier", "- {n} runs start {length} earlier", runs)
    return words.format(n=f"{runs:,}", length=length)


def _stretches(job: Job) -> Iterator[str]:
    """On which dates of the next two years anything differs, and when on the first of them."""
    found = job.differences
    if not found:
        return
    yield from ("", _("In the next two years:"), "")
    for one in found[:_SHOWN_STRETCHES]:
        dates = one.first_day
        if one.days != 1:
            dates = _("{first} to {last} ({n} days)").format(first=one.first_day, last=one.until, n=one.days)
        # In UTC: a clock time that is repeated in autumn would name two moments.
        times = ", ".join(f"{_time(pair.was)} → {_time(pair.is_)}" for pair in one.first)
        rest = one.runs - len(one.first)
        more = _(" and {n} more a day").format(n=rest) if rest > 0 else ""
        yield f"- {dates}: {times}{more}"
    if len(found) > _SHOWN_STRETCHES:
        yield _("- and {n} more stretches: see report.json").format(n=len(found) - _SHOWN_STRETCHES)


def _time(moment: str | None) -> str:
    return f"{moment[11:16]}Z" if moment else _("none")


def _options(job: Job) -> Iterator[str]:
    """The ways side by side, where the zone's clocks change."""
    found = job.options
    if len(found) < 2:
        return
    rows = []
    for one in found:
        if one.backend != "rule":
            way = _("Scheduler in {zone}").format(zone=one.timezone)
        elif one.ends:
            way = _("rules in UTC, by season until {date}").format(date=one.ends)
        else:
            way = _("rules in UTC")
        first = cell(one.expressions[0]) if one.expressions else ""
        rows.append([prose(way), first, *map(str, (one.count, one.lost, one.extra, one.moved))])
    head = [_("Way"), _("First expression"), _("Expressions"), _("Lost"), _("Extra"), _("Moved")]
    yield from ("", _("The ways side by side:"), "", *table(head, rows))
