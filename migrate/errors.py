"""What goes wrong, as a person is told of it: the one exception that they may see, and a job that is left out."""

from __future__ import annotations

from dataclasses import dataclass


class UserError(Exception):
    """One sentence: what is wrong, where, and what to do. Printed without a traceback; the process ends with ``exit_code``."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job that a command leaves out: one bad ecs.yml never stands in another's way.

    ``job``: its name, by its directory where the file does not tell; ``why``: whole sentences, one a line, each with its place.
    """

    job: str
    why: str

    def as_json(self) -> dict[str, str]:
        return {"job": self.job, "reason": self.why}
