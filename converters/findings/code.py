"""A code of the catalogue."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Code(NamedTuple):
    """What ``explain CODE`` prints: ``error`` blocks a job, ``warning`` asks for a decision, ``info`` only informs."""

    code: str
    severity: Severity
    title: str
    help: str
