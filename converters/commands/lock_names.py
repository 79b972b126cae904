"""Names of locks on AWS: two lock files never get one name, and one file, however written, never gets two.

A name is the file's own path where that says everything; a path that loses characters, or its end, gets a digest behind it.
"""

from __future__ import annotations

import hashlib
import re
import zlib

from converters.commands.idioms.wishes import Lock
from converters.secrets.search import MASK, mask

LONGEST = 200
"""Characters of a lock's name in ecs.yml."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:/-]+")
_LOOKS_DIGESTED = re.compile(r"-[0-9a-f]{12}\Z")

# Links of every FHS 3.0 system (3.15 and 5.13: /run took the place of /var/run); Debian's base-files makes both.
_ALIASES: dict[tuple[str, ...], list[str]] = {("var", "run"): ["run"], ("var", "lock"): ["run", "lock"]}

# A guard that looks for a process locks no file of the name it gives (and run-one one of its own: ~/.cache/run-one).
_PROCESSES = frozenset({"pgrep", "pidof", "ps"})


def lock_path(path: str) -> str:
    """The one spelling of an absolute path; any other text as it is.

    Links are followed where the kernel follows them, before a later ``..``: ``/var/run/../l`` is ``/l``, not ``/var/l``.
    """
    if not path.startswith("/"):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
            parts = _ALIASES.get(tuple(parts), parts).copy()
    return "/" + "/".join(parts)


def lock_name(lock: Lock, place: str = "") -> str:
    """The lock's name on AWS: the file's own, with the server's in front where several were read."""
    kind = "process" if lock.tool in _PROCESSES else lock.tool if lock.tool == "run-one" else "file"
    text = lock_path(lock.name) if kind == "file" else lock.name
    said = f"{place}:{text}" if place else text
    name = _NOT_IN_A_NAME.sub("-", text).strip("-") or "lock"
    whole = f"{_NOT_IN_A_NAME.sub('-', place)}:{name}" if place else name
    # Files and searches for processes are told apart by the first character; a command line of run-one is neither.
    told_apart = (kind, text.startswith("/")) in (("file", True), ("process", False))
    if whole == said and told_apart and len(whole) <= LONGEST and not _LOOKS_DIGESTED.search(whole):
        return whole
    # The digest is of the text without its secrets: of the secret itself it would be a test for guesses.
    key = "\0".join((kind, place, mask(text)))
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{whole[: LONGEST - 13]}-{digest}"


def harmless_lock(name: str) -> str:
    """The name of a lock without the secrets in its path; two digits keep apart what was apart, and tell nobody a secret."""
    hidden = mask(name)
    digits = f"{zlib.crc32(name.encode('utf-8', 'surrogatepass')) % 256:02x}"
    return name if hidden == name else hidden.replace(MASK, f"hidden-{digits}")
