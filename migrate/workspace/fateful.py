"""What of a job asks whether it is moved at all: codes of fate, and what was shown of it when somebody said yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.document.job import Job

# Jobs that have never done what they say: to make them begin is a decision.
NEVER_RAN = frozenset({"C127", "C203", "C431", "C442", "C461", "C497"})
# Files that the daemon does not run.
DEAD = frozenset({"C102", "C110", "C111", "C124"})
# Work of the machine itself, and lines that stand for other jobs.
HOSTS = frozenset({"C475", "C476", "C478", "C479"})
SERVICES = frozenset({"C201", "C202", "C463"})
FATEFUL = NEVER_RAN | DEAD | HOSTS | SERVICES
HOST = "keep on a host"
"""The verdict on a command whose work belongs to its host."""


def fateful(job: Job) -> list[str]:
    """The codes that ask, errors first; ``host`` where only the verdict on its command does."""
    found = [*job.codes("error"), *(code for code in job.codes("warning") if code in FATEFUL)]
    return found or (["host"] if job.command.verdict == HOST else [])
