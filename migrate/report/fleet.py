"""The same job on several hosts, as it is told: what says how it runs, what differs between the hosts, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from converters.findings.codes import OF_FLEET
from migrate.document.job import Job
from migrate.document.model import Document, FleetDrift, FleetGroup
from migrate.report.inert import cell, prose, table
from migrate.terminal.console import ASIDE, HEAD, manner, say
from migrate.terminal.language import N_, _, ngettext
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 200
"""Groups on a page; report.json has all."""
_HOSTS = 6
_VALUES = 4
_KINDS = {
    "guard": N_("a test of the host decides where it runs: `{by}`"),
    "shard": N_("each host has its share: `{by}`"),
    "host": N_("each line names its own host: `{by}`"),
    "lock": N_("all take the lock `{by}`, on a file system that hosts share"),
    "same": N_("nothing differs"),
}
_ASPECTS = {
    "schedule": N_("schedule"),
    "zone": N_("zone"),
    "user": N_("user"),
    "arguments": N_("command"),
    "script": N_("script's content"),
}


class Row(NamedTuple):
    """A group as a page shows it: sentences in which what stands between backticks is text of a crontab."""

    group: FleetGroup
    hosts: str
    tells: tuple[str, ...]
    differs: tuple[str, ...]
    open: bool


def rows(document: Document) -> list[Row]:
    """The groups that are a question, those that wait for an answer first."""
    jobs = {job.name: job for job in document.jobs}
    found = [
        Row(
            group,
            _few(group.hosts, _HOSTS),
            (*_once(group, jobs), *_tells(group)),
            tuple(map(_differs, group.drift)),
            group.runs is None
            and any(
                name in jobs and jobs[name].decided is None and jobs[name].findings_of(OF_FLEET) for name in group.jobs
            ),
        )
        for group in document.groups.fleet
        if group.asked
    ]
    return sorted(found, key=lambda row: not row.open)


def facts_of(group: FleetGroup) -> tuple[str, ...]:
    """What is told of one group: what says how it runs, then what differs."""
    return tuple(_tells(group)) + tuple(map(_differs, group.drift))


def others(document: Document) -> str:
    """How many jobs stand on several hosts and are no question, as a sentence; empty where there are none."""
    number = sum(not group.asked for group in document.groups.fleet)
    if not number:
        return ""
    text = ngettext(
        "{n} more job stands on several hosts, and stays there or ends with them.",
        "{n} more jobs stand on several hosts, and stay there or end with them.",
        number,
    )
    return text.format(n=f"{number:,}")


def _once(group: FleetGroup, jobs: Mapping[str, Job]) -> Iterator[str]:
    """What was decided: that it runs once, and which of its lines that is."""
    leaders = {job.runs_as for name in group.jobs if (job := jobs.get(name)) is not None and job.runs_as}
    for name in sorted(leaders):
        host = jobs[name].host if name in jobs else None
        yield _("decided: it runs once, as `{job}` of {host}").format(job=name, host=host or "-")


def _tells(group: FleetGroup) -> Iterator[str]:
    if group.kind in _KINDS:
        yield _(_KINDS[group.kind]).format(by=group.by or "")
    if group.active:
        yield _("it runs on {hosts} today").format(hosts=_few(group.active, _HOSTS))
    if group.strays:
        yield _("on {hosts} it names another host, so it may be a copy").format(hosts=_few(group.strays, _HOSTS))


def _differs(drift: FleetDrift) -> str:
    """``schedule: `*/10 * * * *` on web1, web3; `*/15 * * * *` on web2``."""
    name, _blank, variable = drift.what.partition(" ")
    what = f"`{variable}`" if variable else _(_ASPECTS.get(name, name))
    values = [
        (_("`{value}` on {hosts}") if one.value.strip() else _("none on {hosts}")).format(
            value=one.value.strip().replace("`", "'"), hosts=_few(one.hosts, _HOSTS)
        )
        for one in drift.values[:_VALUES]
    ]
    more = len(drift.values) - _VALUES
    return f"{what}: {'; '.join([*values, *([_('and {n} more').format(n=more)] if more > 0 else [])])}"


def _few(names: tuple[str, ...], most: int) -> str:
    more = len(names) - most
    return ", ".join([*names[:most], *([_("and {n} more").format(n=more)] if more > 0 else [])])


def show_fleet(console: Console, document: Document) -> None:
    """Below the jobs of ``scan``: each job that stands on several hosts; with ``--quiet`` those that wait for an answer."""
    shown = [row for row in rows(document) if row.open or not manner.quiet]
    if not shown:
        return
    console.print()
    say(console, _("The same job on several hosts"), HEAD)
    for row in shown[:SHOWN]:
        head = _("{job} on {n} hosts: {hosts}").format(job=row.group.name, n=len(row.group.hosts), hosts=row.hosts)
        question = _("does it run once, or on each of them?") if row.open else ""
        say(console, visible(f"{head}; {question}" if question else head), indent=2, hang=5)
        for text in (*row.tells, *row.differs):
            say(console, visible(text), ASIDE, indent=5, hang=2)
    if len(shown) > SHOWN:
        say(console, _("and {n} more: see report.md").format(n=len(shown) - SHOWN), indent=2)
    if (more := others(document)) and not manner.quiet:
        say(console, more, ASIDE, indent=2, hang=5)


def markdown_section(document: Document) -> list[str]:
    """The same as a table of Markdown."""
    found, more = rows(document), others(document)
    if not found:
        return []
    head = [_("Job"), _("Hosts"), _("What tells"), _("What differs")]
    lines = [
        [
            cell(row.group.name),
            cell(row.hosts),
            *("<br>".join(map(_in_cell, texts)) for texts in (row.tells, row.differs)),
        ]
        for row in found[:SHOWN]
    ]
    open_ = sum(row.open for row in found)
    asked = ngettext(
        "Of {n} job nobody has said whether it runs once or on each of its hosts: the review asks.",
        "Of {n} jobs nobody has said whether they run once or on each of their hosts: the review asks.",
        open_,
    )
    return [
        _("## The same job on several hosts"),
        "",
        *([asked.format(n=f"{open_:,}"), ""] if open_ else []),
        *table(head, lines),
        *(["", _("The first {n} are shown; report.json has all.").format(n=SHOWN)] if len(found) > SHOWN else []),
        *(["", more] if more else []),
    ]


def _in_cell(text: str) -> str:
    parts = text.split("`")
    return "".join(
        cell(part) if number % 2 else prose(part).replace("|", "&#124;") for number, part in enumerate(parts)
    )
