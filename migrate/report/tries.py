"""What `cron2fargate try` prints, and the one line that report and review have of a job that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.terminal.console import NG, OK, item, padded, say
from migrate.terminal.language import _
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from converters.images.tried import Tried
    from migrate.document.job import TriedRun
    from migrate.trying.judging import Outcome

_SHOWN = 10
_TAIL_LINES = 10


def how_it_ended(tried: Tried | TriedRun) -> str:
    """`exit 3`, or what came before one."""
    if tried.status is None:
        return _("it never began")
    if tried.timed_out:
        return _("stopped at its limit, exit {status}").format(status=tried.status)
    if tried.memory_killed:
        return _("killed for memory, exit {status}").format(status=tried.status)
    return _("exit {status}").format(status=tried.status)


def tried_line(tried: TriedRun) -> str:
    """`tried 2026-11-29, image sha256:0123456789ab: exit 0`."""
    said = _("tried {day}, image {digest}: {ended}").format(
        day=tried.at[:10], digest=tried.digest[:19] or tried.image, ended=how_it_ended(tried)
    )
    return said + " " + _("(stale: {why})").format(why=tried.stale) if tried.stale else said


def show_try(console: Console, outcome: Outcome) -> None:
    """One job: how it ended, what that means, and what was seen."""
    tried = outcome.tried
    item(console, OK if tried.good else NG, f"{tried.job}: {how_it_ended(tried)}", indent=0)
    if tried.error:
        say(console, visible(tried.error), indent=2, hang=2)
    for sentence in outcome.sentences:
        say(console, visible(sentence), indent=2, hang=2)
    for label, text in _facts(tried):
        say(console, f"{label}: {visible(text)}", indent=2, hang=2)
    for line in [one for one in outcome.tail.splitlines() if one.strip()][-_TAIL_LINES:]:
        say(console, "| " + visible(line[:400]), indent=2, hang=2)
    for note in outcome.notes:
        say(console, visible(note), "dim", indent=2, hang=2)


def _facts(tried: Tried) -> Iterator[tuple[str, str]]:
    if tried.status is None:
        return
    seconds = f"{tried.seconds:,.1f} s" + (_(" (traced, so slower than by itself)") if tried.traced else "")
    yield _("took"), seconds
    yield _("peak memory"), _memory(tried)
    yield _("printed"), _("{n} bytes").format(n=f"{tried.output:,}")
    yield _("written to the disk that ends with the task"), _listed(tried.written, tried.written_count)
    yield _("looked for in vain"), _listed(tried.missing)
    yield _("asked for names and addresses"), _listed(tried.asked)
    yield _("left running when its first process ended"), _listed(tried.left)
    yield _("stop signal"), _stop(tried)
    yield _("exit 3 in its place"), _passed(tried)


def _memory(tried: Tried) -> str:
    if tried.memory is None:
        return _("memory not measured")
    return _("{peak} of {size} MiB, file cache included").format(
        peak=f"{tried.memory / 2**20:,.1f}", size=f"{tried.size:,}"
    )


def _listed(found: tuple[str, ...] | None, count: int = 0) -> str:
    if found is None:
        return _("not looked at")
    if not found:
        return _("nothing")
    more = max(count, len(found)) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (" " + _("and {n} more").format(n=more) if more > 0 else "")


def _stop(tried: Tried) -> str:
    if tried.stopped == "ended":
        return _("it ended after {n} s").format(n=tried.stop_seconds)
    if tried.stopped == "unheard":
        return _("it was not heard: the job went on to its own end")
    if tried.stopped == "killed":
        return _("it was not heard: SIGKILL after {n} s").format(n=tried.stop_seconds)
    return _("not tried: the job was over too soon, or was not to run twice")


def _passed(tried: Tried) -> str:
    if tried.passed is None:
        return _("not tried: {why}").format(why=tried.not_passed or _("the job was not to run twice"))
    if tried.passed == 3:
        return _("comes back as 3")
    if tried.passed:
        return _("comes back as {status}").format(status=tried.passed)
    return _("comes back as 0: a failure of the job would not be seen")


def show_table(console: Console, tries: list[Tried]) -> None:
    """One line a job."""
    width = max((len(one.job) for one in tries), default=0)
    for one in tries:
        peak = f"{one.memory / 2**20:,.0f} MiB" if one.memory is not None else "-"
        through = "-" if one.passed is None else f"3 -> {one.passed}"
        text = f"{padded(one.job, width)}  {how_it_ended(one)}  {one.seconds:,.1f} s  {peak}  {through}"
        vain = _("in vain: {what}").format(what=_listed(one.missing)) if one.missing else ""
        item(console, OK if one.good else NG, visible(f"{text}  {vain}".rstrip()), indent=0)
