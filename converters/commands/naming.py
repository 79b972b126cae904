"""A job's name from what its command means, and its id from where it stands.

A name has to serve as EventBridge rule (``[.\\-_A-Za-z0-9]+``, 64), as ECS family (``[A-Za-z0-9_-]``, 255) and as
Scheduler schedule (``[0-9a-zA-Z-_.]+``, 64), so it holds ``[a-z0-9-]`` only. The schedule has a part in it only where two
jobs would have one name. A secret has none: what `converters.secrets.search` finds is hidden before a word is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from converters.commands.naming_apart import Wanted, suffixes_of
from converters.commands.naming_commands import words_for
from converters.commands.naming_words import GENERIC, LEFT_OPEN
from converters.commands.pieces import LONGEST, joined, pieces, random
from converters.secrets.search import MASK, mask
from converters.tables.file_names import alike, is_device

__all__ = ["LONGEST", "Wanted", "job_id", "job_name", "unique_names"]

FALLBACK = "job"
NO_VARIABLES: Mapping[str, str] = {}

_READ = 4000  # characters of a command that are looked at: a name is short, a hostile line is not
_WORDS = 4  # of a name that an owner gave


def job_name(
    command: str,
    *,
    variables: Mapping[str, str] = NO_VARIABLES,
    given: str = "",
    table: str = "",
    framework: str | None = None,
) -> str:
    """Name a job after its ``command``: 1 to 48 characters of ``[a-z0-9-]``, cut between words; never raises.

    ``variables`` are the table's; ``given`` is what the line's owner calls it (``#Ansible: NAME``); ``table`` the name of
    its file in cron.d, which stands before a word that says nothing. ``framework`` serves where no word is found.
    """
    called = [piece for piece in pieces(mask(given).replace(MASK, " ")) if not random(piece)]
    if called and len(called) <= 8 and not GENERIC.issuperset(called):
        return joined(called[: _WORDS + 2])
    words = words_for(mask(command)[:_READ], variables)
    name = joined(_few(words))
    if not name or name.isdigit() or (len(pieces(name)) == 1 and name in GENERIC):
        stem = [piece for piece in pieces(table) if not piece.isdigit() and piece != name]
        name = joined([*stem, *pieces(name)])
    return name or joined(pieces(framework or "")) or FALLBACK


def _few(words: Sequence[str]) -> list[str]:
    """A word that only repeats another (``backup`` beside ``backups``) tells nothing; five are enough."""
    kept: list[str] = []
    for word in (piece for part in words for piece in pieces(part)):
        if not any(word == other or word == other + "s" or word + "s" == other for other in kept[-1:]):
            kept.append(word)
    kept = kept[:6]
    # Cut behind `with` or `for`, a name waits for a word that never comes.
    while len(kept) > 1 and kept[-1] in LEFT_OPEN:
        kept.pop()
    return kept


def unique_names(
    wanted: Sequence[tuple[str, str | Wanted]], known: Mapping[str, str], asked: Mapping[str, str] = NO_VARIABLES
) -> dict[str, str]:
    """Names by job id, for all ids of ``wanted`` (id, name), each name used once.

    A job of ``known`` keeps its name, and nobody else gets a known name, though its job be gone: its rule may still be on
    AWS. Jobs that would have one name are told apart by the words in which their commands differ, then by their tables and
    hosts, by their schedules, and only then, being the same line twice, by ``-2``, ``-3``: never by the order of lines where
    anything else differs. Those of ``asked`` get the name they ask for, if it is free. No two new names differ in case alone,
    and none is a device's: each is a directory in the workspace.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    kept: set[str] = set()
    for job, name in known.items():
        if _valid(name) and name not in kept:
            kept.add(name)
            names[job] = name
            taken.setdefault(alike(name), job)
    for job, name in asked.items():
        if job not in names and _valid(name) and not is_device(name) and taken.setdefault(alike(name), job) == job:
            names[job] = name
    groups: dict[str, list[tuple[str, Wanted]]] = {}
    written: dict[str, str] = {}
    met: dict[str, set[str]] = {}
    for job, want in wanted:
        one = want if isinstance(want, Wanted) else Wanted(want)
        base = one.name if _valid(one.name) else joined(pieces(one.name)) or FALLBACK
        base = f"{base[:60]}-job" if is_device(base) else base
        if job in names:
            # Its namesake on a host that comes later says which host it is of, whatever this one is called by now.
            met.setdefault(alike(base), set()).update({one.host} - {""})
        else:
            groups.setdefault(alike(base), []).append((job, one))
            written.setdefault(alike(base), base)
    # Names that stand for one job are given first, so that no suffix takes a name that somebody has by meaning.
    waiting = []
    for base, members in groups.items():
        elsewhere = met.get(base, set()) - {members[0][1].host}
        if len({job for job, _one in members}) == 1 and base not in taken and not (elsewhere and members[0][1].host):
            names[members[0][0]] = written[base]
            taken[base] = members[0][0]
        else:
            waiting.append((written[base], members))
    following: dict[str, int] = {}
    for base, members in waiting:
        _tell_apart(base, members, names, taken, following, several=bool(met.get(alike(base))))
    return {job: names[job] for job, _ in wanted}


def _tell_apart(
    base: str,
    members: list[tuple[str, Wanted]],
    names: dict[str, str],
    taken: dict[str, str],
    following: dict[str, int],
    *,
    several: bool = False,
) -> None:
    """``several``: jobs of this name are known from hosts already."""
    suffixes = list(map(_bounded, suffixes_of(base, [one for _job, one in members])))
    for (job, one), suffix in zip(members, suffixes, strict=True):
        if job in names:
            continue
        suffix = suffix or (_bounded(joined(pieces(one.host))) if several else "")  # noqa: PLW2901
        name = f"{base[: 63 - len(suffix)].rstrip('-')}-{suffix}" if suffix else base
        if alike(name) in taken:
            name = _numbered(name, taken, following)
        taken[alike(name)] = job
        names[job] = name


_LONGEST_SUFFIX = 40


def _bounded(suffix: str) -> str:
    """A schedule of many items makes a suffix that leaves no room for the name: its end becomes a digest."""
    if len(suffix) <= _LONGEST_SUFFIX:
        return suffix
    return f"{suffix[: _LONGEST_SUFFIX - 7].rstrip('-')}-{hashlib.sha256(suffix.encode()).hexdigest()[:6]}"


def _numbered(base: str, taken: Mapping[str, str], following: dict[str, int]) -> str:
    """The next free number; ``following`` remembers it, so that a fleet of one name takes linear time."""
    number = following.get(alike(base), 2)
    while alike(name := f"{base[:56].rstrip('-')}-{number}") in taken:
        number += 1
    following[alike(base)] = number + 1
    return name


def job_id(path: str, user: str | None, command: str, ordinal: int) -> str:
    """Twelve hexadecimal digits that stay while a job's schedule changes or lines are added above it.

    ``ordinal`` counts the jobs of the same ``path``, ``user`` and ``command``, in the order of the file.
    """
    # By what it does and whose it is, not by its line: a job keeps its id when lines are added above.
    text = "\0".join((path, user or "", command, str(ordinal)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _valid(name: str) -> bool:
    return re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name) is not None
