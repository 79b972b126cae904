"""Lines that are one job more often than once a minute: ``* * * * * X`` and ``* * * * * sleep 30; X``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from converters.commands.idioms.wishes import Delay, Wrapper
from converters.findings.codes import Finding


class Twins(NamedTuple):
    """Lines (by index) of one job, and the seconds after the minute at which each starts, in the order of the seconds."""

    lines: tuple[int, ...]
    offsets: tuple[float, ...]
    command: str

    def finding(self) -> Finding:
        """What to say of these lines."""
        seconds = ", ".join(f"{offset:g}" for offset in self.offsets)
        return Finding(
            "C464",
            f"{len(self.lines)} lines start `{self.command}` at the seconds {seconds}: one job, within the minute.",
        )


def group_twins(
    jobs: Sequence[tuple[str, str | None, str]],
    read: Callable[[str], tuple[Delay | None, tuple[Wrapper, ...]]],
) -> tuple[Twins, ...]:
    """Group ``(schedule, user, command)``; ``read`` gives a command's pause and wrappers."""
    groups: dict[tuple[str, str | None, str], dict[float, int]] = {}
    for index, (schedule, user, command) in enumerate(jobs):
        pause, wrappers = read(command)
        seconds, rest = 0.0, command
        piece = next((w.pieces[0] for w in wrappers if w.kind == "delay" and w.depth == 0), None)
        if pause is not None and pause.kind == "fixed" and piece is not None:
            seconds, rest = pause.seconds, command[: piece[0]] + command[piece[0] + len(piece[1]) :]
        key = (" ".join(schedule.split()), user, _bare(rest))
        groups.setdefault(key, {}).setdefault(seconds, index)
    return tuple(
        Twins(tuple(lines[s] for s in sorted(lines)), tuple(sorted(lines)), command)
        for (_, _, command), lines in groups.items()
        if len(lines) > 1
    )


def _bare(text: str) -> str:
    """The command without the parentheses that held its pause."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and "(" not in text[1:]:
        text = text[1:-1].strip()
    return text
