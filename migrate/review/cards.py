"""Cards: all that is known of a job, on a few lines; and what an answer changes, as a diff of its ecs.yml."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from converters.findings.codes import OF_IMAGE
from converters.specs.untyped import fields
from migrate.document.job import ComparedRuns, Job, ReportedFinding, Way
from migrate.report.tries import tried_line
from migrate.review.book import Book
from migrate.review.times import CLOCK, decided_way, local, next_runs, words
from migrate.terminal.language import N_, _, finding_text
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from rich.text import Text

DIFF_LINES = 16
_GROUP = 8
_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}
_PARTS = {
    "flock": "magenta",
    N_("lock"): "magenta",
    N_("timeout"): "yellow",
    N_("delay"): "yellow",
    N_("date guard"): "yellow",
    N_("output"): "blue",
    N_("directory"): "cyan",
    N_("environment"): "green",
    N_("user"): "green",
    N_("comment"): "dim",
}


class Row(NamedTuple):
    """A label and the lines that belong to it."""

    label: str
    lines: tuple[Text, ...]


def card(job: Job, book: Book, now: int) -> list[Row]:
    """The card of one job; ``now`` in minutes since 1970."""
    where = [short(job.where), job.user or "", job.timezone, job.dialect]
    rows = [
        Row(_("from"), (_text(" · ".join(part for part in where if part), "dim"),)),
        Row(_("line"), (coloured(job),)),
        Row(_("in words"), (_text(words(job)),)),
    ]
    taken = _taken_over(job)
    if taken:
        rows.append(Row(_("idioms"), taken))
    if job.tried is not None:
        rows.append(Row(_("tried"), (_text(tried_line(job.tried), "" if job.tried.good else "yellow"),)))
    rows += _runs(job, book, now)
    moves = _moves(job, book)
    if moves:
        rows.append(Row(_("moves"), moves))
    # What the image must hold is asked once for all jobs, with that list; on each card it would be noise.
    said = tuple(_text(finding_text(f), _STYLES[f.severity]) for f in job.findings if _is_open(f, job, book))
    if said:
        rows.append(Row(_("findings"), said))
    return rows


def _is_open(finding: ReportedFinding, job: Job, book: Book) -> bool:
    """Whether a finding is still to be looked at: neither accepted, nor of clocks where it was decided what starts the job."""
    if finding.severity == "info" or finding.code == OF_IMAGE or book.accepted(job, finding.code):
        return False
    return finding.code not in CLOCK or book.backend(job) is None


def short(where: str) -> str:
    """A long path by its end, which tells more."""
    parts = where.split("/")
    # The end of a path names the server and the file; its beginning is that of the copy.
    return "…/" + "/".join(parts[-3:]) if len(where) > 40 and len(parts) > 4 else where


def group(jobs: Sequence[Job], book: Book) -> list[Row]:
    """The jobs of a question that is about several: a line each."""
    from migrate.terminal.console import columns, padded

    width = min(30, max(columns(book.name(job)) for job in jobs))
    lines = [
        # CJK names are two columns wide, so len() would break the table.
        _text(
            f"{padded(book.name(job), width)}  {job.schedule}  {job.command.text or job.line}",
            whole=True,
        )
        for job in jobs[:_GROUP]
    ]
    if len(jobs) > _GROUP:
        lines.append(_text(_("and {n} more").format(n=len(jobs) - _GROUP), "dim"))
    return [Row(_("jobs"), tuple(lines))]


def whole_spec(job: Job, book: Book) -> list[Row]:
    """The ecs.yml as it is proposed now."""
    spec = book.spec(job)
    if spec is None:
        return [Row("ecs.yml", (_text(_("none: nothing starts this job by a schedule"), "dim"),))]
    return [Row("ecs.yml", tuple(_text(line) for line in spec_lines(spec)))]


def changes(before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """(line, style) of a diff between two specs; nothing where they are alike."""
    old, new = (spec_lines(spec) if spec is not None else [] for spec in (before, after))
    # n=0: no lines around a change; a card has room for the change alone.
    rows = [row for row in difflib.unified_diff(old, new, lineterm="", n=0) if not row.startswith(("---", "+++", "@@"))]
    shown = [(visible(row), "green" if row.startswith("+") else "red") for row in rows[:DIFF_LINES]]
    return [
        *shown,
        *([(_("and {n} more lines").format(n=len(rows) - DIFF_LINES), "dim")] if len(rows) > DIFF_LINES else []),
    ]


def spec_lines(spec: Mapping[str, object]) -> list[str]:
    """The spec as lines of its file, without what only says where it came from."""
    # Where it came from is told by the card itself.
    from converters.specs.text import ecs_text

    legacy = fields(spec.get("legacy"))
    shown = {**spec, "legacy": {"owner": legacy["owner"]}} if legacy.get("owner") else dict(spec)
    if not legacy.get("owner"):
        shown.pop("legacy", None)
    return ecs_text(shown, schema=None).splitlines()


def coloured(job: Job) -> Text:
    """The raw line; the schedule and the idioms around the command have their colours."""
    text = _text(job.line.strip())
    plain = text.plain
    # @daily is one word, all other schedules are five.
    schedule = re.match(r"@\S+" if plain.startswith("@") else r"(?:\S+\s+){4}\S+", plain)
    if schedule is not None:
        text.stylize("bold", 0, schedule.end())
    for part in job.command.parts:
        piece = visible(part.text.strip())
        # Searched behind the schedule: `5` as a word of the command must not colour a field.
        at = plain.find(piece, schedule.end() if schedule is not None else 0) if piece else -1
        if at >= 0:
            text.stylize(_PARTS.get(part.kind, "cyan"), at, at + len(piece))
    return text


def _taken_over(job: Job) -> tuple[Text, ...]:
    """What is taken out of the command, named, for colours are not seen by everybody."""
    # NO_COLOR, and eyes that do not tell red from green.
    parts = [(part.kind, part.text.strip()) for part in job.command.parts]
    return tuple(_text(f"{_(kind)}: {text}", _PARTS.get(kind, "cyan")) for kind, text in parts if text)


def _runs(job: Job, book: Book, now: int) -> list[Row]:
    found = next_runs(job, book.spec(job), now)
    if found is None:
        return []
    before, after = found
    zone = job.timezone
    old, new = [local(run, zone) for run in before], [local(run, zone) for run in after]
    # Equal clock times are shown once: most jobs do not move.
    if old == new:
        return [Row(_("next runs"), tuple(_text(run) for run in old[:3]))] if old else []
    if not new:
        return [Row(_("next runs"), tuple(_text(run) for run in old[:3]))]
    width = max(map(len, old), default=10)
    pairs = [(a, b) for a, b in zip([*old, *[""] * 4], [*new, *[""] * 4], strict=False) if a or b][:4]
    head = _text(f"{_('before'):<{width}}  {_('after')}", "dim")
    lines = [_text(f"{a:<{width}}  {b}", "yellow" if a != b else "") for a, b in pairs]
    return [Row(_("next runs"), (head, *lines))]


def _moves(job: Job, book: Book) -> tuple[Text, ...]:
    """What the comparison of all runs found, for the way that was decided, or else for the one proposed."""
    # What starts after another job has no times of its own left.
    if not job.target.expressions or book.decision(job).after:
        return ()
    way = decided_way(job, book.document, book.backend(job))
    if way is None:
        return (_text(_("the next scan compares the runs of what was decided"), "dim"),)
    return _counted(job, way, book.document.window.until[:10])


def _counted(job: Job, way: Way | ComparedRuns, until: str) -> tuple[Text, ...]:
    # Not exact does not mean that runs differ: anacron's times are known to nobody.
    parity = job.parity
    if way.exact:
        sentence = _("nothing: {n} runs are the same until {date}").format(n=f"{parity.before:,}", date=until)
        return (_text(sentence, "green"),)
    named = ((way.moved, _("{n} moved")), (way.lost, _("{n} lost")), (way.extra, _("{n} added")))
    counted = ", ".join(word.format(n=f"{number:,}") for number, word in named if number)
    if not counted:
        return (_text(_("not proven"), "yellow"),)
    lines = [_text(_("{what} of {n} runs").format(what=counted, n=f"{parity.before:,}"), "yellow")]
    for one in parity.first_differences[:2] if way is parity else ():
        was, is_ = (_clock(side, job.timezone) for side in (one.was, one.is_))
        lines.append(_text(_("first: {was} becomes {now}").format(was=was, now=is_), "dim"))
    return tuple(lines)


def _clock(text: str | None, zone: str) -> str:
    from datetime import datetime

    if not text:
        return _("nothing")
    return local(int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) // 60, zone)


def _text(text: str, style: str = "", *, whole: bool = False) -> Text:
    from rich.text import Text

    # visible(): a line of a crontab may hold escapes that would move the cursor of whoever reads it.
    return Text(visible(text), style=style, no_wrap=whole or None, overflow="ellipsis" if whole else None)
