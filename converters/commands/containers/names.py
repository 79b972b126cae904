"""Containers that a text removes by their names around the call that makes one: ``docker rm -f x; docker run --name x ..``."""

from __future__ import annotations

import re

# docs.docker.com, "docker container rm" and "docker container prune"; `rm -f`, `kill` and `stop` end what still runs.
_ENGINE = r"\b(docker|podman|nerdctl)\s+(?:container\s+)?"
_REMOVES = re.compile(rf"{_ENGINE}(?:rm\s([^;&|]*)|(?:system\s+)?(prune)\b)")
_ENDS = re.compile(rf"{_ENGINE}(rm\s(?=[^;&|]*(?:(?<=\s)-\w*f|--force))|kill\s|stop\s)([^;&|]*)")
_FORCE = re.compile(r"-\w*f\w*|--force")


def removed(name: str | None, around: tuple[str, str]) -> bool:
    """Whether the text in front of a call or behind it removes the container of that name."""
    found = (match for text in around for match in _REMOVES.finditer(text))
    return any(match[3] or name in match[2].split() for match in found)


def ended_before(name: str, before: str) -> str:
    """The command that ends a run of that name before the next begins; empty where there is none."""
    match = next((one for one in _ENDS.finditer(before) if name in one[3].split()), None)
    if match is None:
        return ""
    force = [word for word in match[3].split() if match[2].startswith("rm") and _FORCE.fullmatch(word)]
    return " ".join([match[1], match[2].strip(), *force[:1], name])
