"""What is known of the two worlds: of the host that the jobs come from (`converters.hosts`), and of the image they go to.

``None`` is *not looked at*, everywhere; it is never the same as an empty set, which is *looked at, and there is nothing*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from converters.hosts.facts import NOBODY_LOOKED, Host, Standing, User


@dataclass(frozen=True, slots=True)
class Image:
    """Facts read in an image. ``programs`` are absolute paths that can be executed; ``files`` all paths, where they were
    kept; ``path`` is its PATH; ``shells`` say what runs as ``sh`` and ``bash``."""

    name: str
    digest: str = ""
    programs: frozenset[str] = frozenset()
    files: frozenset[str] | None = None
    path: tuple[str, ...] = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
    shells: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] | None = None
    working_directory: str = "/"
    zone_data: bool | None = None
    certificates: bool | None = None

    def has_program(self, subject: str) -> bool:
        """Whether a program is there, by its path or along PATH."""
        if subject.startswith("/"):
            return subject in self.programs
        return any(f"{place}/{subject}" in self.programs for place in self.path)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the user said that the image holds or will hold, once for a workspace; ``everything`` that the jobs need."""

    everything: bool = False
    held: frozenset[str] = frozenset()

    def holds(self, subject: str) -> bool:
        return self.everything or subject in self.held


__all__ = ["NOBODY_LOOKED", "Host", "Image", "Promise", "Standing", "User"]
