"""The commands of ``fixtures/commands``, with what is expected of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converters.commands.command import Understanding, understand

FOLDER = Path(__file__).parents[2] / "fixtures" / "commands"
HOME = "/home/app"


@dataclass(frozen=True)
class Row:
    """``kinds`` are the wrappers to be taken, in order; ``runs`` is ``argv`` or ``sh``."""

    where: str
    command: str
    kinds: tuple[str, ...]
    runs: str


def rows() -> list[Row]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.startswith("#") or not line.strip():
                continue
            command, _, expected = line.rpartition("  => ")
            *kinds, runs = expected.split()
            found.append(Row(f"{path.stem}:{number}", command, tuple(k for k in kinds if k != "-"), runs))
    return found


def known(command: str) -> Understanding:
    """Understand a command as that of a user whose home is known."""
    return understand(command, environment={"HOME": HOME, "SHELL": "/bin/sh"})


def kinds(understanding: Understanding) -> tuple[str, ...]:
    return tuple(wrapper.kind.replace(" ", "_") for wrapper in understanding.wrappers)
