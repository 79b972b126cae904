"""What is known of the two worlds: of the host that the jobs come from (`converters.hosts`), and of the image they go to.

``None`` is *not looked at*, everywhere; it is never the same as an empty set, which is *looked at, and there is nothing*.
"""

from __future__ import annotations

from dataclasses import dataclass

from converters.hosts.facts import NOBODY_LOOKED, Host, Standing, User
from converters.images.facts import Image


@dataclass(frozen=True, slots=True)
class Promise:
    """What the user said that the image holds or will hold, once for a workspace; ``everything`` that the jobs need."""

    everything: bool = False
    held: frozenset[str] = frozenset()

    def holds(self, subject: str) -> bool:
        return self.everything or subject in self.held


__all__ = ["NOBODY_LOOKED", "Host", "Image", "Promise", "Standing", "User"]
