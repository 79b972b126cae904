"""Every code the tool can report, with its severity and its help.

A code is stable: it is never renumbered and never reused. C1xx reading, C2xx schedules, C3xx clocks and parity,
C4xx commands, C5xx ecs.yml, C6xx AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Code:
    """What ``explain CODE`` prints: ``error`` blocks a job, ``warning`` asks for a decision, ``info`` only informs."""

    code: str
    severity: Severity
    title: str
    help: str


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


_CODES = [
    Code("C101", "error", "not a line of a crontab", "The daemon cannot read this line, so it starts nothing. Mend or remove it."),
]

CATALOGUE: dict[str, Code] = {code.code: code for code in _CODES}
