"""The migration report as Markdown, made to be read in a pull request.

Every text that comes from a crontab is shown inert (``inert.py``). Secrets are masked before a document gets here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from converters.findings.codes import OF_FLEET, OF_IMAGE
from converters.secrets.parameters import store_text
from migrate.document.job import ComparedRuns, Job
from migrate.document.model import CostFinding, Document, LineCounts, MonthlyCost, PassedOver, ReportedProblem
from migrate.document.to_json import as_mapping
from migrate.report.causes import Cause, open_causes
from migrate.report.figures import FATES, for_image, headline, moves, parameters_read, standing, verdict
from migrate.report.fleet import markdown_section
from migrate.report.inert import cell, code, fenced, prose, table
from migrate.report.markdown_details import detail, help_of, sentence
from migrate.terminal.language import N_, _, finding_help, finding_sentence, ngettext
from migrate.terminal.visible import visible

__all__ = ["code", "fenced", "prose", "render_markdown", "visible"]


_STATUS = {
    "ready": N_("ready"),
    "review": N_("needs a decision"),
    "blocked": N_("blocked"),
    "keep": N_("kept on the host"),
    "skip": N_("skipped"),
}
_NAMED = 5
"""Names of jobs behind a cause that several of them share."""
_LINE_KINDS = {
    "job": N_("{n} job"),
    "environment": N_("{n} environment"),
    "comment": N_("{n} comment"),
    "blank": N_("{n} blank"),
    "invalid": N_("{n} invalid"),
}


SHOWN_JOBS = 1000
"""Nobody reads more in a pull request, and no forge shows it."""


def render_markdown(document: Document, *, title: str | None = None) -> str:
    """The document of ``scan --format json`` as GitHub Markdown in the chosen language, ending in a newline."""
    jobs: Sequence[Job] = document.jobs
    # GitHub cuts a README at 500 KiB (docs, "About READMEs"); report.json has no such end.
    more, jobs = len(jobs) - SHOWN_JOBS, jobs[:SHOWN_JOBS]
    sections = [
        [f"# {prose(title or _('Migration report'))}", "", *_summary(document)],
        [_("The first {n} jobs are shown; report.json has all.").format(n=f"{SHOWN_JOBS:,}")] if more > 0 else [],
        _attention(jobs, document),
        _jobs(jobs),
        markdown_section(document),
        _image(document),
        _secrets(document),
        _details(jobs, document),
        _notes(jobs),
        _cost(document.cost),
        _problems(document.problems),
        _skipped(document.skipped),
        _lines(document.lines),
        _second_opinions(document),
    ]
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _summary(document: Document) -> Iterator[str]:
    figures, window = headline(document), document.window
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
    cost = document.cost
    if cost is not None:
        words = _("about **${total}** a month in {region}")
        parts.append(words.format(total=f"{cost.total:,.2f}", region=code(cost.region)))
    yield f"{', '.join(parts)}."
    facts = []
    if document.timezone:
        facts.append(_("Time zone of the crontabs: {zone}").format(zone=code(document.timezone)))
    if window.first and window.until:
        words = _("runs compared from {first} to {last}")
        facts.append(words.format(first=_day(window.first), last=_day(window.until)))
    if document.tzdata:
        facts.append(f"tzdata {code(document.tzdata)}")
    if facts:
        yield from ("", f"{'; '.join(facts)}.")


def _attention(jobs: Sequence[Job], document: Document) -> list[str]:
    lines: list[str] = []
    waiting = on_hosts = 0
    shared = open_causes(document.jobs)
    lines += map(_cause, shared.values())
    for job in jobs:
        if job.decided:
            continue
        on_hosts += bool(job.findings_of(OF_FLEET))
        serious = [one for one in job.findings if one.severity != "info" and one.code not in (OF_IMAGE, OF_FLEET)]
        alone = [one for one in serious if (one.code, one.message) not in shared]
        if (serious or job.findings_of(OF_FLEET)) and not alone:
            continue
        serious = alone
        if for_image(job):
            waiting += 1
        elif serious or standing(job) != "ready":
            why = "; ".join(f"{prose(one.message)} ({one.code})" for one in serious) or _("needs a decision")
            lines.append(f"- {code(job.name)}: {why}")
        elif verdict(job) != "exact":
            lines.append(_("- {name}: its runs differ: {how}").format(name=code(job.name), how=_difference(job)))
    if waiting:
        words = ngettext(
            "- {n} job waits only for a word about its image: see What the image must hold",
            "- {n} jobs wait only for a word about their image: see What the image must hold",
            waiting,
        )
        lines.append(words.format(n=waiting))
    if on_hosts:
        words = ngettext(
            "- {n} job stands on several hosts, and nobody has said whether it runs once",
            "- {n} jobs stand on several hosts, and nobody has said whether they run once",
            on_hosts,
        )
        lines.append(words.format(n=on_hosts))
    problems = len(document.problems)
    if problems:
        words = ngettext(
            "- {n} line could not be read; see Problems", "- {n} lines could not be read; see Problems", problems
        )
        lines.append(words.format(n=problems))
    # A name that cron ignores looks like a job to everybody but cron, so it is worth a look.
    unread = sum(1 for one in document.skipped if one.code in {"C110", "C111", "C112"})
    if unread:
        words = ngettext(
            "- {n} file passed over; see Not made into jobs", "- {n} files passed over; see Not made into jobs", unread
        )
        lines.append(words.format(n=unread))
    return [_("## Needs attention"), "", *lines] if lines else []


def _cause(cause: Cause) -> str:
    """What several jobs share, on one line: the sentence, how many they are, and what is to be done."""
    one, names = cause.finding, ", ".join(map(code, cause.jobs[:_NAMED]))
    if len(cause.jobs) > _NAMED:
        names += " " + _("and {n} more").format(n=f"{len(cause.jobs) - _NAMED:,}")
    jobs = ngettext("{n} job", "{n} jobs", len(cause.jobs)).format(n=f"{len(cause.jobs):,}")
    help_text = f" {prose(help_of(one))}" if one.help else ""
    return f"- {sentence(finding_sentence(one))}{help_text} ({one.code}, {jobs}: {names})"


def _jobs(jobs: Sequence[Job]) -> list[str]:
    if not jobs:
        return []
    head = [
        *(_("Job"), _("Fate"), _("Schedule"), _("Zone"), _("Becomes"), _("Status"), _("Runs")),
        *(_("Lost"), _("Extra"), _("Moved")),
    ]
    return [_("## Jobs"), "", *table(head, map(_job_row, jobs), right=(7, 8, 9))]


def _job_row(job: Job) -> list[str]:
    target, parity = job.target, job.parity
    becomes = "<br>".join(cell(one) for one in target.expressions) if moves(job) else ""
    if becomes and target.timezone:
        becomes = _("{expressions}<br>in {zone}").format(expressions=becomes, zone=cell(target.timezone))
    status = standing(job)
    how = {"exact": _("exact"), "differ": _("differ")}.get(verdict(job), _("not compared"))
    counts = [f"{n:,}" if verdict(job) != "none" else "" for n in (parity.lost, parity.extra, parity.moved)]
    zone = cell(job.timezone) if job.timezone else ""
    return [
        cell(job.name),
        _(FATES[job.fate]),
        cell(job.schedule),
        zone,
        becomes,
        _(_STATUS.get(status, status)),
        how,
        *counts,
    ]


def _image(document: Document) -> list[str]:
    """One list for all jobs: what nobody has looked for in an image."""
    if not document.image or not any(job.findings_of(OF_IMAGE) and not job.decided for job in document.jobs):
        return []
    rows = [[cell(one.subject), f"{one.jobs:,}"] for one in document.image]
    head = [_("Program or file"), _("Jobs")]
    return [
        _("## What the image must hold"),
        "",
        _("Nobody has looked into an image."),
        "",
        *table(head, rows, right=(1,)),
    ]


def _secrets(document: Document) -> list[str]:
    """What is to be stored before the first run: one value a parameter, and the lines that ask for it."""
    parameters = parameters_read(document.jobs)
    if not parameters:
        return []
    head = [_("Parameter"), _("Variables"), _("Jobs")]
    rows = [
        [cell(name), ", ".join(map(cell, variables)), f"{jobs:,}"] for name, (variables, jobs) in parameters.items()
    ]
    return [
        _("## Secrets to store"),
        "",
        _(
            "One parameter for each value. Paste this into bash, with the account and the region of the environment chosen."
        ),
        "",
        *table(head, rows, right=(2,)),
        "",
        *fenced(store_text(parameters)),
    ]


def _details(jobs: Sequence[Job], document: Document) -> list[str]:
    """Only what is not plain: ready, exact and without a warning needs no more words than its row."""
    lines: list[str] = []
    shared = open_causes(document.jobs)
    for job in jobs:
        if not _is_plain(job):
            lines.extend(("", *detail(job, () if job.decided else shared)))
    return [_("## Details"), *lines] if lines else []


def _notes(jobs: Sequence[Job]) -> list[str]:
    """What is only worth knowing, of the jobs that have no section of their own: by code, so that it stays short."""
    by_code: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for job in jobs:
        if _is_plain(job):
            for one in job.findings:
                by_code[one.code].append((job.name, one.message))
    lines = []
    for number in sorted(by_code):
        lines.append(f"- **{number}**")
        by_message: dict[str, list[str]] = defaultdict(list)
        for name, message in by_code[number]:
            by_message[message].append(name)
        lines.extend(f"  - {prose(text)}: {', '.join(map(code, names))}" for text, names in by_message.items())
    return [_("## Notes"), "", *lines] if lines else []


def _cost(cost: MonthlyCost | None) -> list[str]:
    """What the jobs cost in a month, and what that rests on."""
    if cost is None:
        return []
    labels = {
        "compute": _("Fargate"),
        "transitions": _("state transitions"),
        "schedules": _("Scheduler"),
        "logs": _("logs"),
        "address": _("public addresses"),
    }
    rows = [[label, f"${cost.parts[key]:,.2f}"] for key, label in labels.items() if cost.parts.get(key)]
    if cost.free:
        rows.append([_("free share of the account"), f"−${cost.free:,.2f}"])
    rows.append([f"**{_('Total')}**", f"**${cost.total:,.2f}**"])
    assumed, compute = cost.assumptions, cost.compute
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
    nat = cost.parts.get("nat")
    if nat:
        lines.append(_("Images pulled through a NAT gateway would add ${nat}.").format(nat=f"{nat:,.2f}"))
    notes = [f"- {_of_job(one)}{prose(one.message)} ({one.code}). {prose(_help(one))}" for one in cost.findings]
    return [*lines, *([""] if notes else []), *notes]


def _of_job(one: CostFinding) -> str:
    return f"{code(one.job)}: " if one.job else ""


def _help(one: CostFinding) -> str:
    try:
        return finding_help(one.code)
    except KeyError:
        return one.help


def _problems(problems: Sequence[ReportedProblem]) -> list[str]:
    if not problems:
        return []
    rows = [
        [
            cell(f"{one.path}:{one.line}"),
            one.code,
            # The sentence stands in a cell: a pipe of it would begin the next one.
            prose(one.message).replace("|", "&#124;"),
            cell(one.text),
        ]
        for one in problems
    ]
    head = [_("Where"), _("Code"), _("What"), _("Line")]
    return [_("## Problems"), "", _("No job was made of these lines."), "", *table(head, rows)]


def _skipped(skipped: Sequence[PassedOver]) -> list[str]:
    if not skipped:
        return []
    return [_("## Not made into jobs"), "", *(f"- {code(one.path)}: {prose(one.reason)}" for one in skipped)]


def _lines(lines: LineCounts) -> list[str]:
    if lines == LineCounts():
        return []
    counts = as_mapping(lines)
    parts = [_(words).format(n=f"{counts[kind]:,}") for kind, words in _LINE_KINDS.items()]
    read = _("{n} read: {kinds}.").format(n=f"{lines.total:,}", kinds=", ".join(parts))
    return [_("## Lines"), "", read]


def _second_opinions(document: Document) -> list[str]:
    from migrate.report.cross_check import markdown_section

    return markdown_section(document.cross_check)


def _is_plain(job: Job) -> bool:
    serious = any(one.severity != "info" for one in job.findings)
    return job.status == "ready" and verdict(job) == "exact" and not serious


def _difference(job: Job) -> str:
    parity = job.parity
    if parity == ComparedRuns():
        return _("not compared")
    return _("{lost} lost, {extra} extra, {moved} moved").format(
        lost=f"{parity.lost:,}", extra=f"{parity.extra:,}", moved=f"{parity.moved:,}"
    )


def _day(moment: str) -> str:
    return code(moment[:10])
