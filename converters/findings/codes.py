"""Every code the tool can report, with its severity and its help.

A code is stable: it is never renumbered and never reused. C1xx reading, C2xx schedules, C3xx clocks and parity,
C4xx commands, C5xx ecs.yml, C6xx AWS, C7xx what the logs tell, C8xx containers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from converters.findings import aws, commands, containers, endings, migration, needs, schedules, tables, worlds
from converters.findings.code import Code, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said of one job or line: a code of the catalogue and a sentence about this very case."""

    code: str
    message: str

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code].severity

    @property
    def help(self) -> str:
        return CATALOGUE[self.code].help

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "severity": self.severity, "message": self.message, "help": self.help}


OF_IMAGE = "C494"
"""What the image must hold: one question for all jobs, so whoever tells or asks it knows it by this name."""
OF_FLEET = "C654"
"""Whether a job that stands on several hosts runs once: told and asked once for all its hosts."""
OF_CEILINGS = ("C554", "C555", "C556")
"""Starts in a minute, in an hour and a month's price above the ceilings of an environment."""
_ALL = (tables, schedules, commands, needs, endings, containers, worlds, aws, migration)
CATALOGUE: dict[str, Code] = {code.code: code for code in chain.from_iterable(family.CODES for family in _ALL)}
