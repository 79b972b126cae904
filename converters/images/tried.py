"""What a job did when it was run in its image here: the evidence, as values and as the mapping that tries/NAME.json holds.

``None`` is *not looked at*, everywhere; an empty tuple is *looked at, and there is nothing*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

MAX_LISTED = 50
"""Paths and names of one kind that are kept; what else there was is a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One run of a job's first container, and the two short runs beside it.

    ``image`` as ecs.yml names it; ``digests`` what that was in the engine's store: the digest of its configuration, then those
    of manifests that are known. ``spec`` is the fingerprint of what was run. ``status`` None: it never began, ``error`` says
    why. ``good``: the job's own `success:` takes it. ``memory`` is the peak in bytes, file cache included, ``size`` the limit
    in MiB. ``written`` of ``written_count`` paths on the container's disk. ``missing`` files and programs that it looked for
    in vain; ``executed`` programs that were started; ``asked`` names and addresses; ``left`` what PID 1 left running.
    ``stopped`` says what the stop signal did (ended, killed), ``stop_seconds`` after how long. ``passed`` is what came back
    for `exit 3` in the job's place, ``not_passed`` why that was not tried.
    """

    job: str
    image: str
    digests: tuple[str, ...] = ()
    spec: str = ""
    at: str = ""
    engine: str = ""
    network: str = ""
    status: int | None = None
    error: str = ""
    good: bool = False
    timed_out: bool = False
    memory_killed: bool = False
    seconds: float = 0.0
    traced: bool = False
    memory: int | None = None
    limited: bool = True
    size: int = 0
    output: int = 0
    written: tuple[str, ...] | None = None
    written_count: int = 0
    missing: tuple[str, ...] | None = None
    executed: tuple[str, ...] | None = None
    asked: tuple[str, ...] | None = None
    left: tuple[str, ...] | None = None
    stopped: str = ""
    stop_seconds: float | None = None
    passed: int | None = None
    not_passed: str = ""

    @property
    def digest(self) -> str:
        return self.digests[0] if self.digests else ""

    def holds(self, spec: str, digest: str) -> bool:
        """Whether it tells of this very spec and image; ``digest`` is empty where nobody has read the image."""
        return self.spec == spec and (not digest or digest in self.digests)


_NAMES = {
    "written_count": "writtenCount",
    "timed_out": "timedOut",
    "memory_killed": "memoryKilled",
    "stop_seconds": "stopSeconds",
    "not_passed": "notPassed",
}


def as_mapping(tried: Tried) -> dict[str, object]:
    """The try as JSON has it."""
    found: dict[str, object] = {"version": 1}
    for one in fields(Tried):
        value = getattr(tried, one.name)
        found[_NAMES.get(one.name, one.name)] = list(value) if isinstance(value, tuple) else value
    return found


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "float": (int, float),
    "int": int,
    "int | None": int,
    "float | None": (int, float),
    "tuple[str, ...]": list,
    "tuple[str, ...] | None": list,
}


def from_mapping(value: object) -> Tried:
    """The try of such a mapping; ValueError says what is wrong with it. It may come from anybody, by git."""
    if not isinstance(value, dict) or value.get("version") != 1:
        raise ValueError("it is not of version 1")
    found: dict[str, object] = {}
    for one in fields(Tried):
        key = _NAMES.get(one.name, one.name)
        if key not in value:
            continue
        kind = str(one.type)
        given = value[key]
        if given is None and kind.endswith("None"):
            found[one.name] = None
        elif not isinstance(given, _KINDS[kind]) or (isinstance(given, bool) and kind != "bool"):
            raise ValueError(f"{key} is not of its kind")
        elif isinstance(given, list):
            if not all(isinstance(item, str) for item in given):
                raise ValueError(f"{key} is not a list of texts")
            found[one.name] = tuple(given[:MAX_LISTED])
        else:
            found[one.name] = given
    if not found.get("job") or "image" not in found:
        raise ValueError("it names no job" if not found.get("job") else "it names no image")
    return Tried(**found)  # type: ignore[arg-type]  # each value was checked against its field's kind
