"""What a job needs: measured where the history tells, else a default with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from migrate.document.job import Durations, Job
from migrate.document.model import Document
from migrate.terminal.language import _

DEFAULT_SIZE = (256, 512)
# Families of frameworks, by what `converters.commands.idioms.frameworks` names.
_FAMILIES = {
    "Rails": ("rails runner", "rake", "rails"),
    "Laravel": ("artisan schedule:run", "artisan"),
    "Django": ("django",),
    "WordPress": ("wp-cron", "wp-cli"),
    "Magento": ("magento cron:run", "magento"),
    "Ruby": ("bundle exec", "ruby"),
    "Java": ("java",),
    "Node": ("node",),
    "PHP": ("php", "symfony", "drush", "yii", "cake"),
    "Python": ("python",),
    "Perl": ("perl",),
}
_LARGE = {"Rails": (512, 1024), "Laravel": (256, 1024), "Magento": (512, 2048), "Java": (512, 2048)}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names}
_STEP = 128


def family(job: Job) -> str | None:
    """The family whose jobs share an image: ``Rails``, ``Laravel``, ...; None for other commands."""
    found = job.framework
    return _FAMILY.get(found) if found is not None else None


def suggested_size(job: Job) -> tuple[int, int, str]:
    """(CPU units, MiB, why)."""
    memory, cpu = _most(job, "memory"), _most(job, "cpu")
    if memory:
        # A quarter above what was seen, in steps, and no less than the smallest task.
        room = max(DEFAULT_SIZE[1], -(-int(memory * 1.25) // _STEP) * _STEP)
        units = max(DEFAULT_SIZE[0], -(-int((cpu or 0) * 1.25) // _STEP) * _STEP)
        return units, room, _("measured: it used {n} MiB at most").format(n=round(memory))
    found = family(job)
    if found in _LARGE:
        return *_LARGE[found], _("{family} loads the whole application before it begins").format(family=found)
    return *DEFAULT_SIZE, _("the smallest task; nothing was measured")


def longest_run(job: Job) -> int | None:
    """Seconds of its longest run, where the history tells."""
    found = _most(job, "duration")
    return round(found) if found else None


def suggested_limit(job: Job, document: Document) -> tuple[int, str]:
    """(seconds, why) for a time limit."""
    seen = longest_run(job)
    if seen:
        return max(300, -(-3 * seen // 60) * 60), _("three times its longest run")
    gap = _gap(job, document)
    # Generous: three times the pause between two starts, from a quarter of an hour to six hours.
    seconds = next((limit for limit in (900, 1800, 3600, 7200, 10800) if 3 * gap <= limit), 21600)
    return seconds, _("by how often it starts; nothing was measured")


def _gap(job: Job, document: Document) -> float:
    """Seconds between two starts, on average over the window."""
    window = document.window
    first, until = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (window.first, window.until))
    runs = job.parity.before
    return (until - first).total_seconds() / runs if runs else 86400.0


def _most(job: Job, figure: Literal["memory", "cpu", "duration"]) -> float | None:
    """A figure of the history: a number, or the most of several."""
    if job.history is None:
        return None
    found = {"memory": job.history.memory, "cpu": job.history.cpu, "duration": job.history.duration}[figure]
    most = found.max if isinstance(found, Durations) else found
    return float(most) if most is not None and most > 0 else None
