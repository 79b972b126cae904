"""What ``verify`` prints: each job's two sides, why its old line must stay, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from converters.history.observed import Comparison
from converters.history.runs import Past, findings
from converters.history.verdict import Reason
from converters.schedules.zones import iso
from converters.secrets.search import mask
from migrate.terminal.console import HEAD, NG, OK, WARN, console, item, note, padded, say
from migrate.terminal.language import N_, _, finding_text, ngettext

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.logs.verifying import OldSide, Verified

_WAITING = frozenset({"not asked", "not there", "off", "too few", "not due"})
_SHOWN = 5


def show(jobs: Sequence[Verified], old: OldSide | None, where: str | None, deleted: int) -> None:
    """The table, what the log says of single jobs, and one sentence of verdict for each job."""
    out = console()
    if old is not None:
        _log_line(out, old)
    if where is not None:
        note(out, where)
    if deleted:
        say(out, _("starts in the dead-letter queue, which AWS gave up: {n}").format(n=deleted), "yellow")
    rows = [row for job in jobs for row in _rows(job, old)]
    if rows:
        _table(out, rows)
    _words_of_log(out, jobs, old)
    say(out, "")
    if where is None:
        note(out, _("AWS was not asked, so nothing is said of deleting old lines; give -e ENVIRONMENT for that"))
        return
    for job in jobs:
        # What only waits is no fault: `too few` goes away by itself.
        sign = OK if job.safe else WARN if all(one.code in _WAITING for one in job.reasons) else NG
        verdict = _("safe to delete the old line") if job.safe else "; ".join(sentence(one) for one in job.reasons)
        item(out, sign, f"{job.name}: {verdict}")


def _log_line(out: Console, old: OldSide) -> None:
    history = old.history
    if history.first is None or history.last is None:
        # Some logs name no time at all, so no start can be matched with a due minute.
        note(out, _("cron's log keeps no times: starts are counted, and nothing more can be said of them"))
        return
    note(
        out,
        ngettext(
            "cron's log: {files} file, from {first} to {last}",
            "cron's log: {files} files, from {first} to {last}",
            len(old.reading.files),
        ).format(files=len(old.reading.files), first=_minute(history.first), last=_minute(history.last)),
    )
    for first, until in history.gaps[:_SHOWN]:
        # A gap may reach over the ends of the log; what lies beyond nobody claims to know.
        start, end = max(first, history.first), min(until, history.last)
        note(
            out,
            _("nothing is known from {first} to {last}: cron was down, or the log has a hole").format(
                first=_minute(start), last=_minute(end)
            ),
            "yellow",
            indent=2,
        )
    if len(history.gaps) > _SHOWN:
        note(out, _("and {n} more such holes").format(n=len(history.gaps) - _SHOWN), "yellow", indent=2)
    if history.strangers:
        starts = history.strangers.total()
        text = _("commands that are of no job of the report: {commands}, starts: {n}")
        note(out, text.format(n=starts, commands=len(history.strangers)), indent=2)


def _minute(at: float) -> str:
    return iso(int(at) // 60)[:16] + "Z"


_HEAD = (
    N_("job"),
    N_("side"),
    N_("due"),
    N_("ran"),
    N_("late p50"),
    N_("p95"),
    N_("max"),
    N_("missed"),
    N_("doubled"),
    N_("failed"),
    N_("unknown"),
)


def _rows(job: Verified, old: OldSide | None) -> list[tuple[str, ...]]:
    found = []
    past = past_of(job, old)
    if past is not None:
        found.append((job.name, _("cron"), *_cells(past.comparison, past.starts)))
    if job.aws is not None:
        found.append((job.name if not found else "", _("AWS"), *_cells(job.comparison, len(job.aws.starts))))
    return found


def past_of(job: Verified, old: OldSide | None) -> Past | None:
    """What the log knows of the job; ``None`` without a log, or where it cannot know."""
    if old is None or job.id is None or old.history.as_json(job.id) is None:
        return None
    # A job whose command also belongs to another job cannot be told from it in the log.
    return old.history.jobs[job.id]


def _cells(side: Comparison | None, ran: int) -> tuple[str, ...]:
    if side is None:
        return ("-", str(ran), *["-"] * 7)
    late = side.late
    times = [_seconds(late[key]) for key in ("p50", "p95", "max")] if late else ["-"] * 3
    counts = (side.missed, side.doubled, side.failed, side.unknown)
    return (str(side.due), str(side.seen), *times, *(str(len(one)) for one in counts))


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def _table(out: Console, rows: Sequence[tuple[str, ...]]) -> None:
    from rich.cells import cell_len

    head = tuple(_(name) for name in _HEAD)
    widths = [min(40, max(cell_len(row[column]) for row in [head, *rows])) for column in range(len(head))]
    say(out, "")
    for row in [head, *rows]:
        cells = [padded(cell, width) for cell, width in zip(row, widths, strict=True)]
        say(out, "  ".join(cells).rstrip(), HEAD if row is head else "")


def _words_of_log(out: Console, jobs: Sequence[Verified], old: OldSide | None) -> None:
    if old is None:
        return
    for job in jobs:
        if job.id is not None and job.id in old.history.jobs:
            for one in findings(old.history, job.id):
                style = "yellow" if one.severity == "warning" else ""
                say(out, f"{job.name}: {finding_text(one)}", style)


def sentence(reason: Reason) -> str:
    """Why the old line must stay, in the reader's language."""
    texts = {
        "not asked": _("AWS was not asked; give -e ENVIRONMENT"),
        "not there": _("keep the old line: the job is not registered on AWS"),
        "off": _("keep the old line: the job is switched off on AWS"),
        "not due": _("keep the old line: no schedule on AWS says when it is due"),
        "too few": _("keep the old line: {count} of {of} runs seen on AWS; run this again later"),
        "missed": _("keep the old line: {count} of {of} runs on AWS did not start, first at {at}"),
        "astray": _(
            "keep the old line: {count} of {of} runs on AWS were on dates that the guard excludes, first at {at}"
        ),
        "doubled": _("keep the old line: {count} runs on AWS started twice, first at {at}"),
        "failed": _("keep the old line: {count} of {of} runs on AWS failed, last at {at} ({detail})"),
        "undelivered": _("keep the old line: EventBridge could not deliver {count} starts"),
        "still old": _("the old line still runs, last at {at}: cut over, or comment it out"),
    }
    return texts[reason.code].format(count=reason.count, of=reason.of, at=reason.at, detail=reason.detail)


def as_json(jobs: Sequence[Verified], old: OldSide | None, aws: dict[str, object] | None) -> dict[str, object]:
    """The same as a mapping: version 1."""
    return {
        "version": 1,
        "log": _log_json(old),
        "aws": aws,
        "jobs": [_job_json(job, old) for job in jobs],
    }


def _log_json(old: OldSide | None) -> dict[str, object] | None:
    if old is None:
        return None
    history = old.history
    first, last = history.first, history.last
    known = first is not None and last is not None
    return {
        "from": _instant(first),
        "until": _instant(last),
        "files": [{"path": path, "events": events} for path, events in old.reading.files],
        "gaps": [
            {"from": _instant(max(start, first or start)), "until": _instant(min(end, last or end))}
            for start, end in history.gaps
            if known
        ],
        "strangers": [
            {"user": user, "command": mask(command), "starts": starts}
            for (user, command), starts in history.strangers.most_common()
            # The log may hold commands that no table of the scan had, so nobody has masked them yet.
        ],
    }


def _job_json(job: Verified, old: OldSide | None) -> dict[str, object]:
    past = past_of(job, old)
    cron = None
    if past is not None and old is not None and job.id is not None:
        cron = _side(past.comparison, past.starts) | {"history": old.history.as_json(job.id)}
    aws = None
    if job.aws is not None:
        aws = _side(job.comparison, len(job.aws.starts)) | {
            "found": job.aws.source,
            "enabled": job.aws.enabled,
            "since": _instant(job.since),
            "skipped": len(job.aws.skipped),
            "offDates": len(job.aws.off_dates),
            "idle": job.comparison.idle if job.comparison is not None else 0,
            "astray": [_instant(at) for at in job.comparison.astray] if job.comparison is not None else [],
            "undelivered": job.aws.undelivered,
        }
    told = findings(old.history, job.id) if old is not None and job.id in old.history.jobs else []
    return {
        "id": job.id,
        "name": job.name,
        "cron": cron,
        "aws": aws,
        "safe": job.safe,
        "reasons": [{"code": one.code, "message": sentence(one)} for one in job.reasons],
        "findings": [one.as_json() for one in told],
    }


def _side(found: Comparison | None, ran: int) -> dict[str, object]:
    if found is None:
        return {"due": None, "ran": ran, "late": None}
    return {
        "due": found.due,
        "ran": found.seen,
        "matched": len(found.matched),
        "late": found.late,
        "missed": [iso(minute) for minute in found.missed],
        "unknown": [iso(minute) for minute in found.unknown],
        "doubled": [_instant(at) for at in found.doubled],
        "extra": [_instant(at) for at in found.extra],
        "failed": [{"at": _instant(at), "why": why} for at, why in found.failed],
    }


def _instant(at: float | None) -> str | None:
    return f"{iso(int(at) // 60)[:17]}{int(at) % 60:02}Z" if at is not None else None
