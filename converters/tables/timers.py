"""systemd's timers: what of a unit file tells when something starts, and what. Text in, words out; ``calendars.py`` reads the
times themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WHEN = (
    "OnCalendar",
    "OnBootSec",
    "OnStartupSec",
    "OnActiveSec",
    "OnUnitActiveSec",
    "OnUnitInactiveSec",
)


@dataclass(frozen=True, slots=True)
class Timer:
    """``when`` as in the file (``OnCalendar=daily``); ``unit`` is what it starts, empty for the service of its own name."""

    when: tuple[str, ...]
    unit: str = ""


def timer_of(texts: Sequence[str]) -> Timer:
    """The ``[Timer]`` of a unit file and of its drop-ins, in their order; an empty assignment clears all times before it, those
    of the other keys too (systemd.timer(5), config_parse_timer)."""
    when: list[str] = []
    unit = ""
    for text in texts:
        for section, key, value in settings(text):
            if section != "Timer":
                continue
            if key == "Unit":
                unit = value
            elif key in _WHEN and value:
                when.append(f"{key}={value}")
            elif key in _WHEN:
                when = []
    return Timer(tuple(when), unit)


def commands_of(texts: Sequence[str]) -> list[str]:
    """The ``ExecStart=`` lines of a service and its drop-ins, without the prefixes ``-@:+!|`` (systemd.service(5))."""
    found: list[str] = []
    for text in texts:
        for section, key, value in settings(text):
            if section == "Service" and key == "ExecStart":
                found = [*found, value.lstrip("-@:+!|")] if value else []
    return found


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of a unit file; a backslash at a line's end joins the next (systemd.syntax(7))."""
    section = ""
    for row in text.replace("\\\n", " ").splitlines():
        line = row.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line and line[0] not in "#;" and "=" in line:
            key, _equals, value = line.partition("=")
            yield section, key.strip(), value.strip()
