"""Names of locks on AWS: two lock files never get one name, and one file, however written, never gets two.

A name is the file's own path where that says everything; a path that loses characters, or its end, gets a digest behind it.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

from converters.commands.idioms.wishes import Lock
from converters.secrets.search import MASK, mask

LONGEST = 200
"""Characters of a lock's name in ecs.yml."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:/-]+")
_HOST = re.compile(r"(?!/)[A-Za-z0-9_./-]*")
_LOOKS_DIGESTED = re.compile(r"-[0-9a-f]{12}\Z")

# Links of every FHS 3.0 system (3.15 and 5.13: /run took the place of /var/run); Debian's base-files makes both.
_ALIASES: dict[tuple[str, ...], str] = {("var", "run"): "/run", ("var", "lock"): "/run/lock"}
_LINKS = 40  # as many as Linux follows (MAXSYMLINKS)

# A guard that looks for a process locks no file of the name it gives (and run-one one of its own: ~/.cache/run-one).
_PROCESSES = frozenset({"pgrep", "pidof", "ps"})
# What locks by a name and no file: run-one's own, and the name of a container or a unit, of which a host has one.
_NAMED = frozenset({"run-one", "container", "systemd"})

Links = Callable[[str], str | None]
"""An absolute path of a host without any link in front of its last part -> where the link that stands there leads, ``""``
where something else stands there, ``None`` where nothing does or nobody knows."""


def _unknown(path: str) -> None:
    return None


class LockPlace(NamedTuple):
    """Where a lock is taken. What one of these keeps apart on the host is apart on AWS.

    ``host``: the name of the host among all whose tables were read, empty for this machine and where it is not known.
    ``owner``: whose job it is, for locks that each user has alone. ``directory``: where the job starts, for relative paths,
    ``None`` where nobody knows. ``links``: the links of the host's own file system.
    """

    host: str = ""
    owner: str = ""
    directory: str | None = None
    links: Links = _unknown


ANYWHERE = LockPlace()


def lock_path(path: str, links: Links = _unknown) -> str:
    """The one spelling of an absolute path; any other text as it is.

    The host's own links decide, and those of the FHS where nothing is known of a place. They are followed where the kernel
    follows them, before a later ``..``: ``/var/run/../l`` is ``/l``, not ``/var/l``.
    """
    if not path.startswith("/"):
        return path
    parts: list[str] = []
    todo = path.split("/")[::-1]
    followed = 0
    while todo:
        part = todo.pop()
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
            target = links("/" + "/".join(parts))
            if target is None:
                target = _ALIASES.get(tuple(parts))
            if target and followed < _LINKS:
                followed += 1
                del parts[0 if target.startswith("/") else -1 :]
                todo += target.split("/")[::-1]
    return "/" + "/".join(parts)


def _plain(path: str) -> str:
    """A relative path without what means nothing in it; `..` stays, as nobody knows the links in front of it."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def lock_file(lock: Lock, place: LockPlace = ANYWHERE) -> str | None:
    """The absolute path of the file that is locked on the host; None where it is no file, or nobody knows where."""
    if lock.tool in _PROCESSES or lock.tool in _NAMED:
        return None
    path = lock.name if lock.name.startswith("/") else f"{place.directory or ''}/{lock.name}"
    return lock_path(path, place.links) if lock.name.startswith("/") or place.directory else None


def lock_name(lock: Lock, place: LockPlace = ANYWHERE) -> str:
    """The lock's name on AWS: the file's own path, with the host's name in front where that is known; no secret in it."""
    file = lock_file(lock, place)
    kind = "process" if lock.tool in _PROCESSES else lock.tool if lock.tool in _NAMED else "file"
    written = file or (_plain(lock.name) if kind == "file" else lock.name)
    text = harmless_lock(written)
    # Processes, containers and units are seen by all users; what run-one keeps and a path that counts from a home nobody
    # knows are one user's.
    owner = lock.owner or (place.owner if file is None and kind not in ("process", "container", "systemd") else "")
    name = _NOT_IN_A_NAME.sub("-", f"{owner}/{text}" if owner else text).strip("-") or "lock"
    whole = f"{_NOT_IN_A_NAME.sub('-', place.host).strip('-') or 'host'}:{name}" if place.host else name
    if _says_all(kind, owner, place.host, text, whole) and text == written:
        return whole
    # The digest is of the text without its secrets: of the secret itself it would be a test for guesses.
    key = "\0".join((kind, place.host, *([owner] if owner else []), text))
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{whole[: LONGEST - 13]}-{digest}"


def _says_all(kind: str, owner: str, host: str, text: str, whole: str) -> bool:
    """Whether the name says all that it is made of, so that no other lock can have it.

    A file's text begins with a slash, a pattern of processes has neither that nor a colon; so the first colon of a name,
    and what stands behind it, tell which of the parts are there.
    """
    plain = whole == (f"{host}:{text}" if host else text) and not owner and _HOST.fullmatch(host) is not None
    of_kind = text.startswith("/") if kind == "file" else kind == "process" and text[:1] != "/" and ":" not in text
    return plain and of_kind and len(whole) <= LONGEST and not _LOOKS_DIGESTED.search(whole)


def harmless_lock(name: str) -> str:
    """The name of a lock without the secrets in its path; two digits keep apart what was apart, and tell nobody a secret."""
    hidden = mask(name)
    digits = f"{zlib.crc32(name.encode('utf-8', 'surrogatepass')) % 256:02x}"
    return name if hidden == name else hidden.replace(MASK, f"hidden-{digits}")
