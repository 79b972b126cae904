"""Which jobs share a lock: locks on the left, their jobs on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from migrate.document.model import Document
from migrate.report.spec_facts import SpecFacts
from migrate.report.svg import el, path, picture, rect, text
from migrate.terminal.language import _

_ROW, _GAP, _WIDTH, _LOCK, _JOBS = 24, 14, 620, 220, 330
SHOWN = 30

Group = tuple[str, list[str]]


def lock_groups(document: Document, facts: Mapping[str, SpecFacts]) -> list[Group]:
    """Locks with their jobs, the largest group first: as the ecs.yml files name them, else as the crontabs do."""
    by_spec: dict[str, list[str]] = {}
    for name, fact in facts.items():
        if fact.lock:
            by_spec.setdefault(fact.lock, []).append(name)
    # Before the first specs are written only the crontabs name locks.
    found = list(by_spec.items()) if by_spec else [(one.name, list(one.jobs)) for one in document.groups.locks]
    return sorted(found, key=lambda group: (-len(group[1]), group[0]))


def lock_graph(groups: Sequence[Group]) -> Markup:
    """The groups of two jobs and more as a graph; empty where there is none."""
    # A lock that one job has guards it against itself; there is nothing to draw.
    shared = [group for group in groups if len(group[1]) > 1][:SHOWN]
    if not shared:
        return Markup("")
    parts: list[Markup] = []
    y = 4.0
    for name, jobs in shared:
        middle = y + len(jobs) * _ROW / 2
        curves = "".join(
            f"M{_LOCK} {middle:g}C{_LOCK + 60} {middle:g} {_JOBS - 60} {y + (index + 0.5) * _ROW:g} "
            f"{_JOBS - 8} {y + (index + 0.5) * _ROW:g}"
            for index in range(len(jobs))
        )
        parts.append(path(curves, "edge"))
        parts.append(rect(0, middle - 12, _LOCK, 24, "node", name, rx=12))
        parts.append(text(name if len(name) <= 32 else f"{name[:31]}…", 14, middle + 4, "strong"))
        for index, job in enumerate(jobs):
            at = y + (index + 0.5) * _ROW
            parts.append(el("circle", cx=_JOBS - 4, cy=at, r=3.5, cls="dot"))
            label = text(job if len(job) <= 42 else f"{job[:41]}…", _JOBS + 6, at + 4)
            parts.append(el("a", label, href=f"#job-{job}"))
        y += len(jobs) * _ROW + _GAP
    words = "; ".join(f"{name}: {', '.join(jobs)}" for name, jobs in shared)
    return picture(_("Locks and the jobs that share them"), words, _WIDTH, y, parts, role="group")
