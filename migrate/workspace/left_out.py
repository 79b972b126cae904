"""A job that a command leaves out, as a value: one bad ecs.yml never stands in another's way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job that a command leaves out. ``job``: its name, by its directory where the file does not tell; ``why``: whole
    sentences, one a line, each with its place."""

    job: str
    why: str

    def as_json(self) -> dict[str, str]:
        return {"job": self.job, "reason": self.why}
