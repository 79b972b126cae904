"""What ``scan`` prints: one line a job, below it what needs a decision; with ``--quiet`` only that."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from converters.findings.codes import OF_FLEET, OF_IMAGE
from migrate.document.job import Job
from migrate.document.model import Document
from migrate.document.to_json import as_mapping
from migrate.report.causes import Cause, causes_of
from migrate.report.clock_cost import clock_cost, clock_sentence
from migrate.report.figures import FATES, headline, held, moves, parameters_read, standing, waits
from migrate.report.fleet import show_fleet
from migrate.terminal.console import ASIDE, HEAD, NG, OK, WARN, Sign, manner, note, padded, say
from migrate.terminal.language import N_, _, finding_text, ngettext
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from migrate.workspace.specs import Changes

SIGNS = {
    "ready": Sign(N_("ok"), OK.style),
    "review": Sign(N_("review"), WARN.style),
    "blocked": Sign(N_("blocked"), NG.style),
    "keep": Sign(N_("kept"), ASIDE),
    "skip": Sign(N_("skipped"), ASIDE),
}
SHOWN_PROBLEMS = 20
SHOWN_SUBJECTS = 14
DEFAULT_OUT = "migration"
_GAP = "  "
_LEAST = 26
"""Columns that the expressions need at least; a narrower terminal goes without them, ``--details`` has them all."""


def show_scan(console: Console, document: Document, *, details: bool) -> None:
    """The jobs, then what is wrong with the input, then totals."""
    shown = [job for job in document.jobs if not manner.quiet or waits(job)]
    # With every detail each job has all of its own again.
    shared = {} if details else causes_of(job for job in shown if not job.decided)
    _jobs(console, shown, details, shared)
    _causes(console, shared.values())
    show_fleet(console, document)
    _image(console, document)
    _problems(console, document)
    if document.cross_check is not None:
        from migrate.report.cross_check import show_cross_check

        show_cross_check(console, document.cross_check)
    if not manner.quiet:
        _totals(console, document)


def show_summary(console: Console, document: Document) -> None:
    """The jobs by fate, the one question of all, then totals: what ``--format summary`` asks for."""
    from migrate.report.by_fate import show_by_fate

    show_by_fate(console, document)
    _image(console, document)
    if document.problems:
        text = ngettext("{n} problem in the input", "{n} problems in the input", len(document.problems))
        say(console, text.format(n=f"{len(document.problems):,}"))
    _totals(console, document)


def _jobs(console: Console, jobs: Sequence[Job], details: bool, shared: Container[tuple[str, str]]) -> None:
    if not jobs:
        return
    rows = [_row(job) for job in jobs]
    head = (_("status"), _("job"), _("fate"), _("schedule"), _("runs"), _("becomes"))
    widths = _widths(console, [head, *rows])
    console.print(_line(head, widths, HEAD))
    for job, row in zip(jobs, rows, strict=True):
        console.print(_line(row, widths, sign=SIGNS[standing(job)].style))
        for text, style in _below(job, details, shared):
            say(console, text, style, indent=widths[0] + len(_GAP), hang=5)


def _row(job: Job) -> tuple[str, ...]:
    target = job.target
    expressions = target.expressions
    becomes = expressions[0] if expressions else ""
    if len(expressions) > 1:
        becomes += " " + _("and {n} more").format(n=len(expressions) - 1)
    if target.backend == "scheduler" and expressions:
        becomes += f" {target.timezone}"
    leads = job.directives.get("after")
    if isinstance(leads, (list, tuple)) and leads:
        becomes = _("after {jobs}").format(jobs=", ".join(map(str, leads)))
    runs = _runs(job)
    if not moves(job):
        runs, becomes = "-", ""  # nothing becomes of it before somebody decides against what is proposed
    return (
        SIGNS[standing(job)].shown,
        visible(job.name),
        _(FATES[job.fate]),
        visible(job.schedule),
        runs,
        visible(becomes),
    )


def _runs(job: Job) -> str:
    """What the comparison of all runs says, in a word or two."""
    parity = job.parity
    if not job.target.expressions:
        return "-"
    if parity.exact:
        return _("exact")
    named = (
        (parity.moved, _("{n} moved")),
        (parity.lost, _("{n} lost")),
        (parity.extra, _("{n} extra")),
    )
    return ", ".join(text.format(n=f"{count:,}") for count, text in named if count) or _("not proven")


def _widths(console: Console, rows: Iterable[Sequence[str]]) -> list[int]:
    """Columns wide enough for their cells, as far as the terminal allows; 0 for the last where there is no room for it."""
    from rich.cells import cell_len

    wanted = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    most = [wanted[0], 34, wanted[2], 24, 24]
    widths = [min(pair) for pair in zip(wanted, most, strict=False)]
    room = console.width - len(_GAP) * 4
    # The name and the schedule give way first, each down to what still tells jobs apart.
    for column, least in ((1, 24), (3, 15), (1, 18), (4, 9), (3, 9), (1, 10)):
        widths[column] -= max(0, min(widths[column] - least, sum(widths) - room))
    needed = min(_LEAST, wanted[5])
    lacking = needed - (console.width - sum(widths) - len(_GAP) * 5)
    spare = (widths[3] - 15, widths[1] - 24)
    if 0 < lacking <= sum(one for one in spare if one > 0):  # the expressions are worth some of the others' room
        widths[3] -= min(lacking, max(0, spare[0]))
        widths[1] -= max(0, lacking - max(0, spare[0]))
    rest = console.width - sum(widths) - len(_GAP) * 5
    return [*widths, rest if rest >= needed else 0]


def _line(cells: Sequence[str], widths: Sequence[int], style: str = "", *, sign: str = "") -> Text:
    from rich.text import Text

    line = Text(no_wrap=True, style=style)
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        if width:
            line.append(_GAP * bool(number))
            line.append(padded(cell, width), style=sign if number == 0 else "")
    line.rstrip()
    return line


def _below(job: Job, details: bool, shared: Container[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What asks for a decision; with ``details`` every expression and every finding, each with its style. ``shared`` is what
    is said once for several jobs."""
    if details:
        yield from ((expression, ASIDE) for expression in job.target.expressions if not job.directives.get("after"))
    for finding in job.findings:
        if details or (finding.severity != "info" and not job.decided):
            if finding.code in (OF_IMAGE, OF_FLEET) and not details:
                continue
            if (finding.code, finding.message) in shared:
                continue
            yield visible(finding_text(finding)), ASIDE if finding.severity == "info" else ""


def _causes(console: Console, causes: Collection[Cause]) -> None:
    """What several jobs share, each cause once."""
    if not causes:
        return
    console.print()
    say(console, _("Said of several jobs"), HEAD)
    for one in causes:
        jobs = ngettext("{n} job", "{n} jobs", len(one.jobs)).format(n=f"{len(one.jobs):,}")
        say(console, f"{visible(finding_text(one.finding))} ({jobs})", indent=2, hang=5)


def _image(console: Console, document: Document) -> None:
    """What the image must hold for all jobs together, and nobody has looked for: one cause, one sentence."""
    waiting = [job for job in document.jobs if job.findings_of(OF_IMAGE) and not job.decided]
    jobs = len(waiting)
    if not jobs or manner.quiet:
        return
    subjects = held(waiting)
    names = ", ".join(map(visible, subjects[:SHOWN_SUBJECTS]))
    if len(subjects) > SHOWN_SUBJECTS:
        names += " " + _("and {n} more").format(n=len(subjects) - SHOWN_SUBJECTS)
    text = ngettext(
        "{code} {n} job waits for one answer: does the image hold {names}?",
        "{code} {n} jobs wait for one answer: does the image hold {names}?",
        jobs,
    )
    console.print()
    say(console, text.format(code=OF_IMAGE, n=f"{jobs:,}", names=names or _("what they start")), hang=5)


def _problems(console: Console, document: Document) -> None:
    shown = document.problems
    if shown:
        console.print()
        say(console, _("Problems in the input"), HEAD)
    for problem in shown[:SHOWN_PROBLEMS]:
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        code, _space, what = finding_text(problem).partition(" ")
        # A problem of the whole file has line 0.
        say(console, f"{code} {visible(where)}: {visible(what)}", indent=2, hang=5)
        if problem.text.strip():
            say(console, visible(problem.text.strip())[:120], ASIDE, indent=7)
    if len(shown) > SHOWN_PROBLEMS:
        say(console, _("and {n} more: see report.md").format(n=len(shown) - SHOWN_PROBLEMS), indent=2)
    for skipped in document.skipped:
        note(console, f"{skipped.code} {visible(skipped.path)}: {visible(skipped.reason)}", indent=2)


def _totals(console: Console, document: Document) -> None:
    figures, lines, window = headline(document), document.lines, document.window
    console.print()
    jobs = ngettext("{n} job", "{n} jobs", figures.jobs).format(n=f"{figures.jobs:,}")
    for_image = _(" ({n} for the image alone)").format(n=f"{figures.for_image:,}") if figures.for_image else ""
    left_out = _(", {n} not moved").format(n=f"{figures.left_out:,}") if figures.left_out else ""
    say(
        console,
        _(
            "{jobs}: {ready} ready, {review} to review{for_image}, {blocked} blocked{left_out}; {exact} proven exact from "
            "{first} to {until} ({zone}, tzdata {tzdata})"
        ).format(
            jobs=jobs,
            ready=f"{figures.ready:,}",
            review=f"{figures.review:,}",
            blocked=f"{figures.blocked:,}",
            for_image=for_image,
            left_out=left_out,
            exact=f"{figures.exact:,}",
            first=window.first[:10],
            until=window.until[:10],
            zone=document.timezone,
            tzdata=document.tzdata,
        ),
    )
    cost = clock_cost(job for job in document.jobs if not job.decided)
    if cost is not None:
        say(console, clock_sentence(cost) + " (--backend auto)")
    counts = as_mapping(lines)
    kinds = {
        "job": ngettext("{n} job", "{n} jobs", lines.job),
        "environment": ngettext("{n} setting", "{n} settings", lines.environment),
        "comment": ngettext("{n} comment", "{n} comments", lines.comment),
        "blank": _("{n} blank"),
        "invalid": _("{n} invalid"),
    }
    rest = ", ".join(text.format(n=f"{counts[kind]:,}") for kind, text in kinds.items() if counts[kind]) or _("none")
    read = ngettext("{n} line read: {kinds}", "{n} lines read: {kinds}", lines.total)
    say(console, read.format(n=f"{lines.total:,}", kinds=rest))


def show_changes(console: Console, changes: Changes, document: Document, *, without_image: int) -> None:
    """What was written, what was left alone, and what to do next; ``without_image`` are the jobs that have none yet."""
    written = len(changes.created) + len(changes.updated)
    text = ngettext("{n} file written", "{n} files written", written).format(n=f"{written:,}")
    if changes.unchanged:
        text += ", " + _("{n} unchanged").format(n=f"{len(changes.unchanged):,}")
    note(console, f"{changes.out}/: {text}")
    for kept in changes.kept_edited:
        waiting = _("; the new proposal is in {path}").format(path=kept.proposal) if kept.proposal else ""
        say(console, _("kept {path}, which was edited").format(path=kept.path) + waiting, indent=2)
        for row in kept.diff.splitlines()[:30]:
            note(console, visible(row), ASIDE, indent=4)
    for gone in changes.gone:
        told = _("{job}: its line is gone from {source}; {path} is kept")
        say(console, told.format(job=gone.name, source=gone.source, path=gone.path), indent=2)
    if without_image:
        text = ngettext("{n} job has no image yet", "{n} jobs have no image yet", without_image)
        note(console, text.format(n=f"{without_image:,}") + _(": give --image, or name it in the review"))
    parameters = parameters_read(document.jobs)
    if parameters:
        text = ngettext(
            "{n} value of a secret is to be stored", "{n} values of secrets are to be stored", len(parameters)
        )
        note(console, text.format(n=f"{len(parameters):,}") + _(": report.md has the lines to paste"))
    if document.jobs:
        # Only where it is not the default: a command that can be copied should be short.
        place = "" if str(changes.out) == DEFAULT_OUT else f" --out {shlex.quote(str(changes.out))}"
        asked = without_image or headline(document).attention
        steps = [f"cron2fargate {step}{place}" for step in (*(["review"] if asked else []), "report")]
        note(console, _("Next: {commands}").format(commands=", ".join(steps)))
