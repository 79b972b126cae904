"""The migration report as Markdown, made to be read in a pull request.

Every text that comes from a crontab is shown inert (``inert.py``). Secrets are masked before a document gets here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.report.figures import headline, standing, verdict
from migrate.report.inert import cell, code, fenced, prose, table, visible
from migrate.report.markdown_details import detail
from migrate.terminal.language import N_, _, finding_help, ngettext

__all__ = ["code", "fenced", "prose", "render_markdown", "visible"]

Job = Mapping[str, Any]

_STATUS = {
    "ready": N_("ready"),
    "review": N_("needs a decision"),
    "blocked": N_("blocked"),
    "keep": N_("kept on the host"),
    "skip": N_("skipped"),
}
_LINE_KINDS = {
    "job": N_("{n} job"),
    "environment": N_("{n} environment"),
    "comment": N_("{n} comment"),
    "blank": N_("{n} blank"),
    "invalid": N_("{n} invalid"),
}


SHOWN_JOBS = 1000
"""Nobody reads more in a pull request, and no forge shows it."""


def render_markdown(document: Mapping[str, Any], *, title: str | None = None) -> str:
    """The document of ``scan --format json`` as GitHub Markdown in the chosen language, ending in a newline."""
    jobs: Sequence[Job] = document.get("jobs", ())
    more, jobs = len(jobs) - SHOWN_JOBS, jobs[:SHOWN_JOBS]
    sections = [
        [f"# {prose(title or _('Migration report'))}", "", *_summary(document)],
        [_("The first {n} jobs are shown; report.json has all.").format(n=f"{SHOWN_JOBS:,}")] if more > 0 else [],
        _attention(jobs, document),
        _jobs(jobs),
        _details(jobs),
        _notes(jobs),
        _cost(document.get("cost")),
        _problems(document.get("problems", ())),
        _skipped(document.get("skipped", ())),
        _lines(document.get("lines", {})),
        _second_opinions(document),
    ]
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _summary(document: Mapping[str, Any]) -> Iterator[str]:
    figures, window = headline(document), document.get("window") or {}
    parts = [ngettext("**{n}** job", "**{n}** jobs", figures.jobs).format(n=figures.jobs)]
    if figures.jobs:
        exact = _("**{n}** proven exact through {year}") if figures.through else _("**{n}** proven exact")
        parts.append(exact.format(n=figures.exact, year=figures.through))
        if figures.review:
            parts.append(
                ngettext("**{n}** needs a decision", "**{n}** need a decision", figures.review).format(n=figures.review)
            )
        if figures.blocked:
            parts.append(_("**{n}** blocked").format(n=figures.blocked))
        if figures.left_out:
            parts.append(_("**{n}** not moved").format(n=figures.left_out))
    cost = document.get("cost") or {}
    if "total" in cost:
        words = _("about **${total}** a month in {region}")
        parts.append(words.format(total=f"{cost['total']:,.2f}", region=code(str(cost.get("region")))))
    yield f"{', '.join(parts)}."
    facts = []
    if document.get("timezone"):
        facts.append(_("Time zone of the crontabs: {zone}").format(zone=code(str(document["timezone"]))))
    if window.get("from") and window.get("until"):
        words = _("runs compared from {first} to {last}")
        facts.append(words.format(first=_day(window["from"]), last=_day(window["until"])))
    if document.get("tzdata"):
        facts.append(f"tzdata {code(str(document['tzdata']))}")
    if facts:
        yield from ("", f"{'; '.join(facts)}.")


def _attention(jobs: Sequence[Job], document: Mapping[str, Any]) -> list[str]:
    lines = []
    for job in jobs:
        if job.get("decided"):
            continue
        serious = [one for one in job.get("findings", ()) if one.get("severity") != "info"]
        if serious or standing(job) != "ready":
            why = "; ".join(f"{prose(one['message'])} ({one['code']})" for one in serious) or _("needs a decision")
            lines.append(f"- {code(job['name'])}: {why}")
        elif verdict(job) != "exact":
            lines.append(_("- {name}: its runs differ: {how}").format(name=code(job["name"]), how=_difference(job)))
    problems = len(document.get("problems", ()))
    if problems:
        words = ngettext(
            "- {n} line could not be read; see Problems", "- {n} lines could not be read; see Problems", problems
        )
        lines.append(words.format(n=problems))
    unread = sum(1 for one in document.get("skipped", ()) if one.get("code") in {"C110", "C111", "C112"})
    if unread:
        words = ngettext(
            "- {n} file passed over; see Not made into jobs", "- {n} files passed over; see Not made into jobs", unread
        )
        lines.append(words.format(n=unread))
    return [_("## Needs attention"), "", *lines] if lines else []


def _jobs(jobs: Sequence[Job]) -> list[str]:
    if not jobs:
        return []
    head = [
        *(_("Job"), _("Schedule"), _("Zone"), _("Becomes"), _("Status"), _("Runs")),
        *(_("Lost"), _("Extra"), _("Moved")),
    ]
    return [_("## Jobs"), "", *table(head, map(_job_row, jobs), right=(6, 7, 8))]


def _job_row(job: Job) -> list[str]:
    target, parity = job.get("target") or {}, job.get("parity") or {}
    becomes = "<br>".join(cell(one) for one in target.get("expressions", ()))
    if becomes and target.get("timezone"):
        becomes = _("{expressions}<br>in {zone}").format(expressions=becomes, zone=cell(target["timezone"]))
    status = standing(job)
    how = {"exact": _("exact"), "differ": _("differ")}.get(verdict(job), _("not compared"))
    counts = [f"{parity[key]:,}" if verdict(job) != "none" else "" for key in ("lost", "extra", "moved")]
    zone = cell(job["timezone"]) if job.get("timezone") else ""
    return [cell(job["name"]), cell(job["schedule"]), zone, becomes, _(_STATUS.get(status, status)), how, *counts]


def _details(jobs: Sequence[Job]) -> list[str]:
    """Only what is not plain: ready, exact and without a warning needs no more words than its row."""
    lines: list[str] = []
    for job in jobs:
        if not _is_plain(job):
            lines.extend(("", *detail(job)))
    return [_("## Details"), *lines] if lines else []


def _notes(jobs: Sequence[Job]) -> list[str]:
    """What is only worth knowing, of the jobs that have no section of their own: by code, so that it stays short."""
    by_code: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for job in jobs:
        if _is_plain(job):
            for one in job.get("findings", ()):
                by_code[one["code"]].append((job["name"], one["message"]))
    lines = []
    for number in sorted(by_code):
        lines.append(f"- **{number}**")
        by_message: dict[str, list[str]] = defaultdict(list)
        for name, message in by_code[number]:
            by_message[message].append(name)
        lines.extend(f"  - {prose(text)}: {', '.join(map(code, names))}" for text, names in by_message.items())
    return [_("## Notes"), "", *lines] if lines else []


def _cost(cost: Mapping[str, Any] | None) -> list[str]:
    """What the jobs cost in a month, and what that rests on."""
    if not cost:
        return []
    parts = cost.get("parts") or {}
    labels = {
        "compute": _("Fargate"),
        "transitions": _("state transitions"),
        "schedules": _("Scheduler"),
        "logs": _("logs"),
        "address": _("public addresses"),
    }
    rows = [[label, f"${parts[key]:,.2f}"] for key, label in labels.items() if parts.get(key)]
    if cost.get("free"):
        rows.append([_("free share of the account"), f"−${cost['free']:,.2f}"])
    rows.append([f"**{_('Total')}**", f"**${cost['total']:,.2f}**"])
    assumed, compute = cost.get("assumptions") or {}, cost.get("compute") or {}
    lines = [_("## Cost"), "", *table([_("A month"), "USD"], rows, right=(1,)), ""]
    words = _(
        "Assumed: a run of {seconds} s where nothing better is known, an image of {image} MiB, a log of {log} KiB."
    )
    lines.append(
        words.format(
            seconds=f"{assumed.get('seconds', 0):g}",
            image=f"{assumed.get('image_mib', 0):g}",
            log=f"{assumed.get('log_kib', 0):g}",
        )
    )
    if compute:
        words = _("Fargate alone: ${x86} on x86, ${arm} on ARM; on Spot at best ${spot} and ${arm_spot}.")
        amounts = {"x86": "x86", "arm": "arm", "spot": "x86Spot", "arm_spot": "armSpot"}
        lines.append(words.format(**{name: f"{compute.get(key, 0):,.2f}" for name, key in amounts.items()}))
    if parts.get("nat"):
        lines.append(_("Images pulled through a NAT gateway would add ${nat}.").format(nat=f"{parts['nat']:,.2f}"))
    said = cost.get("findings") or ()
    notes = [f"- {_of_job(one)}{prose(one['message'])} ({one['code']}). {prose(_help(one))}" for one in said]
    return [*lines, *([""] if notes else []), *notes]


def _of_job(one: Mapping[str, Any]) -> str:
    return f"{code(str(one['job']))}: " if one.get("job") else ""


def _help(one: Mapping[str, Any]) -> str:
    try:
        return finding_help(one["code"])
    except KeyError:
        return str(one.get("help", ""))


def _problems(problems: Sequence[Mapping[str, Any]]) -> list[str]:
    if not problems:
        return []
    rows = [
        [
            cell(f"{one['path']}:{one['line']}"),
            one["code"],
            prose(one["message"]).replace("|", "&#124;"),
            cell(one["text"]),
        ]
        for one in problems
    ]
    head = [_("Where"), _("Code"), _("What"), _("Line")]
    return [_("## Problems"), "", _("No job was made of these lines."), "", *table(head, rows)]


def _skipped(skipped: Sequence[Mapping[str, Any]]) -> list[str]:
    if not skipped:
        return []
    return [_("## Not made into jobs"), "", *(f"- {code(one['path'])}: {prose(one['reason'])}" for one in skipped)]


def _lines(lines: Mapping[str, int]) -> list[str]:
    if not lines:
        return []
    parts = [_(words).format(n=f"{lines[kind]:,}") for kind, words in _LINE_KINDS.items() if kind in lines]
    read = _("{n} read: {kinds}.").format(n=f"{lines.get('total', 0):,}", kinds=", ".join(parts))
    return [_("## Lines"), "", read]


def _second_opinions(document: Mapping[str, Any]) -> list[str]:
    from migrate.report.cross_check import markdown_section

    return markdown_section(document.get("cross_check"))


def _is_plain(job: Job) -> bool:
    serious = any(one.get("severity") != "info" for one in job.get("findings", ()))
    return job.get("status") == "ready" and verdict(job) == "exact" and not serious


def _difference(job: Job) -> str:
    parity = job.get("parity")
    if not parity:
        return _("not compared")
    return _("{lost} lost, {extra} extra, {moved} moved").format(
        **{key: f"{parity[key]:,}" for key in ("lost", "extra", "moved")}
    )


def _day(moment: str) -> str:
    return code(str(moment)[:10])
