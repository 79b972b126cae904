"""One job of the Markdown report: its line, its findings, and every kind of difference with the first dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.report.figures import verdict
from migrate.report.inert import cell, code, fenced, prose, table
from migrate.terminal.language import N_, _, finding_help, ngettext

Job = Mapping[str, Any]

_SHOWN_STRETCHES = 12
_SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "info": N_("info")}


def detail(job: Job) -> Iterator[str]:
    """The lines of one job's section."""
    source = job["source"]
    yield f"### {code(job['name'])}"
    yield ""
    where = code(f"{source['path']}:{source['line']}")
    yield _("{where}, user {user}").format(where=where, user=code(job["user"])) if job.get("user") else where
    yield ""
    yield from fenced(job["line"])
    guard = (job.get("target") or {}).get("guard")
    if guard:
        yield from ("", _("Checked at run time, before the job starts: {guard}").format(guard=code(_guard(guard))))
    if job.get("findings"):
        yield ""
        for one in job["findings"]:
            help_text = f" {prose(_help(one))}" if one.get("help") else ""
            severity = _(_SEVERITIES.get(one["severity"], one["severity"]))
            yield f"- **{one['code']}** ({severity}): {_sentence(one['message'])}{help_text}"
    if job.get("parity") and verdict(job) == "differ":
        yield from _parity(job)


def _guard(guard: Mapping[str, Any]) -> str:
    """The guard's fields as ecs.yml names them."""
    return ", ".join(
        f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in guard.items()
    )


def _help(one: Mapping[str, str]) -> str:
    """The help in the chosen language; the document's own where the code is not known, or where it says something else."""
    try:
        found = finding_help(one["code"])
    except KeyError:
        return one["help"]
    from converters.findings.codes import CATALOGUE

    return found if CATALOGUE[one["code"]].help == one["help"] else one["help"]


def _sentence(text: str) -> str:
    return prose(text) + ("" if text.endswith((".", "!", "?")) else ".")


def _parity(job: Job) -> Iterator[str]:
    parity = job["parity"]
    yield ""
    words = _("{before} runs before, {after} after: {lost} lost, {extra} extra, {moved} moved.")
    yield words.format(**{key: f"{parity[key]:,}" for key in ("before", "after", "lost", "extra", "moved")})
    moves = parity.get("moves") or ()
    if moves:
        yield ""
        for move in moves:
            yield _shift(move["minutes"], move["runs"])
    differences = parity.get("first_differences") or ()
    if differences:
        rows = [[cell(one[side]) if one.get(side) else "–" for side in ("was", "is")] for one in differences]
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
    found = job.get("differences") or ()
    if not found:
        return
    yield from ("", _("In the next two years:"), "")
    for one in found[:_SHOWN_STRETCHES]:
        dates = one["from"]
        if one["days"] != 1:
            dates = _("{first} to {last} ({n} days)").format(first=one["from"], last=one["until"], n=one["days"])
        times = ", ".join(f"{_time(pair['was'])} → {_time(pair['is'])}" for pair in one["first"])
        rest = one["runs"] - len(one["first"])
        more = _(" and {n} more a day").format(n=rest) if rest > 0 else ""
        yield f"- {dates}: {times}{more}"
    if len(found) > _SHOWN_STRETCHES:
        yield _("- and {n} more stretches: see report.json").format(n=len(found) - _SHOWN_STRETCHES)


def _time(moment: str | None) -> str:
    return f"{moment[11:16]}Z" if moment else _("none")


def _options(job: Job) -> Iterator[str]:
    """The ways side by side, where the zone's clocks change."""
    found = job.get("options") or ()
    if len(found) < 2:
        return
    rows = []
    for one in found:
        if one["backend"] != "rule":
            way = _("Scheduler in {zone}").format(zone=one["timezone"])
        elif one.get("ends"):
            way = _("rules in UTC, by season until {date}").format(date=one["ends"])
        else:
            way = _("rules in UTC")
        first = cell(one["expressions"][0]) if one["expressions"] else ""
        rows.append([prose(way), first, str(one["count"]), *(str(one[key]) for key in ("lost", "extra", "moved"))])
    head = [_("Way"), _("First expression"), _("Expressions"), _("Lost"), _("Extra"), _("Moved")]
    yield from ("", _("The ways side by side:"), "", *table(head, rows))
