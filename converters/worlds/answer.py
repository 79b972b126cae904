"""An answer as a value, and the two worlds that it is given from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from converters.worlds.facts import Host, Image, Promise
from converters.worlds.need import Need

Verdict = Literal["met", "changed", "unmet", "unknown"]
Evidence = Literal["text", "script", "host", "seen", "image", "tried", "user", "not looked", "program"]
Fate = Literal["move", "decide", "stay", "drop"]


class Answer(NamedTuple):
    """``evidence`` is what it rests on; ``fate`` what this need alone makes of the job; ``code`` the finding that tells of
    it, or empty; ``message`` its sentence; ``image`` says that reading the image, or a word of the user, settles it; ``number``
    is the ``uid:gid`` of a user on its host."""

    need: Need
    answer: Verdict
    evidence: Evidence
    fate: Fate = "move"
    code: str = ""
    message: str = ""
    image: bool = False
    number: str = ""


@dataclass(frozen=True, slots=True)
class Worlds:
    """Both worlds of a job. ``application`` are directories that the image is built from: where it works, where the
    scripts lie that it starts. ``shipped`` are files of its own that it sends away before it ends. ``started`` are programs
    that ran when this job was tried in its image, ``read`` scripts of the job whose text was read."""

    host: Host = field(default_factory=Host)
    image: Image | None = None
    promise: Promise = field(default_factory=Promise)
    application: tuple[str, ...] = ()
    shipped: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    sole_reader: bool = True
    started: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()

    def ran(self, subject: str) -> bool:
        """Whether a program of this name or path was started when the job was tried."""
        return subject in self.started or any(one.endswith("/" + subject) for one in self.started if "/" not in subject)


def stays(need: Need, message: str, code: str = "C479") -> Answer:
    return Answer(need, "unmet", "text", "stay", code, message + " Its effect is this host.")
