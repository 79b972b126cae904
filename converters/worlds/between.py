"""Files that one job leaves on the host's disk for another one: each task has a disk of its own.

Neither of the two lines shows it: `/app/import /tmp/x.csv` looks as if it made what it is given. So all jobs of one host are
looked at together: who writes, and who reads, looks into, asks for, changes or clears the same place.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from converters.findings.codes import Finding
from converters.findings.few import few
from converters.worlds.answer import Answer
from converters.worlds.fates import Effect
from converters.worlds.flags import FLAG, USED
from converters.worlds.need import GIVEN
from converters.worlds.places import ROOTS, is_lock, place_of

_WRITES = frozenset({"writes", "appends", "makes", "edits"})
_READS: Mapping[str, str] = {
    "reads": "reads",
    "searches": "looks into",
    "asks": "asks for",
    "edits": "changes",
    "moves": "moves away",
    "deletes": "deletes",
    "mirrors": "mirrors",
}
_OF_USE = frozenset({"", GIVEN, FLAG, USED})
"""Notes of a file that another job may have made: how it is used, and none that takes it out of the count."""
_GIVEN = "names"
"""The role of what a program that nobody knows is handed: it may read or write."""
_LOG = "log"
_MOST = 3
# What stands in a name for another word at each run: a date, a variable, a pattern.
_WILD = re.compile(r"\$\([^)]*\)|`[^`]*`|\$\{[^}]*\}|\$\w+|\{[^}]*\}|[*?]+|\[[^\]]*\]")
# What was found or listed is there already: who is handed it reads it.
_LISTED = re.compile(r"[*?\[{]")
_NO_DATA = frozenset({"kernel", "device", "config", "program", "system"})
_EVERYBODYS = frozenset({"/var/tmp", "/var/log", "/dev/shm"})  # noqa: S108 - places that are named, not used
_DEEPEST = 8


class Party(NamedTuple):
    """A job with what is known of it. ``host`` and ``user`` say whose paths its are; ``logs`` are files that its output went to
    and that CloudWatch Logs takes the place of."""

    name: str
    host: str
    user: str
    effect: Effect
    logs: tuple[str, ...] = ()


class Use(NamedTuple):
    """``party`` uses ``path`` in ``role``; ``pattern`` is the path with ``*`` for what is another word at each run."""

    party: Party
    path: str
    role: str
    pattern: str


_Place = tuple[str, str, str]


def between(parties: Iterable[Party]) -> dict[str, tuple[Finding, ...]]:
    """What is said of each job, by its name, that writes for another one or reads what another one writes."""
    uses = [use for party in parties for use in _uses(party)]
    beside: defaultdict[_Place, list[Use]] = defaultdict(list)
    below: defaultdict[_Place, list[Use]] = defaultdict(list)
    for use in uses:
        if use.role in _WRITES or use.role == _LOG or (use.role == _GIVEN and not _LISTED.search(use.path)):
            directory = posixpath.dirname(use.pattern)
            beside[_place(use.party, directory)].append(use)
            for _ in range(_DEEPEST):
                below[_place(use.party, directory)].append(use)
                directory = posixpath.dirname(directory)
    told: defaultdict[str, dict[tuple[str, str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for reader in uses:
        if reader.role in _READS or reader.role == _GIVEN:
            for writer in _writers(reader, beside, below):
                for name, key, other in _pair(writer, reader):
                    if other not in told[name][key]:
                        told[name][key].append(other)
    return {name: tuple(_said(of_job)) for name, of_job in told.items()}


def with_neighbours(effect: Effect, findings: tuple[Finding, ...]) -> Effect:
    """The effect of a job of which that was said: what would have moved is a question."""
    reasons, fate = tuple(one.message for one in findings), effect.fate
    if fate == "move":
        effect = replace(effect, fate="decide", proof="open")
    if fate in ("move", "decide"):
        effect = replace(effect, reasons=(*effect.reasons, *reasons))
    return replace(effect, findings=(*effect.findings, *findings))


def _uses(party: Party) -> Iterator[Use]:
    for one in party.effect.answers:
        if _counts(one):
            yield Use(party, one.need.subject, one.need.role, _WILD.sub("*", one.need.subject))
    for path in party.logs:
        yield Use(party, path, _LOG, _WILD.sub("*", path))


def _counts(one: Answer) -> bool:
    need, path = one.need, one.need.subject
    if need.kind not in ("file", "product") or need.role not in {*_WRITES, *_READS, _GIVEN}:
        return False
    # Settings are read where they are there, a lock is told of elsewhere, a mount both may have, /etc is nobody's product.
    if need.note not in _OF_USE or is_lock(path) or one.code == "C428" or place_of(path).kind in _NO_DATA:
        return False
    return path.startswith(("/", "~/")) and path.rstrip("/").count("/") > 0 and path not in ROOTS


def _place(party: Party, directory: str) -> _Place:
    return party.host, party.user if directory.startswith("~") else "", directory


def _writers(reader: Use, beside: Mapping[_Place, list[Use]], below: Mapping[_Place, list[Use]]) -> Iterator[Use]:
    """Who writes what a reader reads: the file itself, or something below the directory."""
    directory, name = posixpath.split(reader.pattern.rstrip("/"))
    for one in beside.get(_place(reader.party, directory), ()):
        if _meets(posixpath.basename(one.pattern.rstrip("/")), name):
            yield one
    path = reader.pattern.rstrip("/").removesuffix("/*")
    # Who saves all of /srv or looks through /tmp reads everybody's.
    if path.count("/") > 1 and path not in _EVERYBODYS and path not in ROOTS:
        yield from below.get(_place(reader.party, path), ())


def _meets(one: str, other: str) -> bool:
    """Whether two names may be the same: what stands before and behind their variable parts fits."""
    if "*" not in one + other:
        return one == other
    heads = one.partition("*")[0], other.partition("*")[0]
    tails = one.rpartition("*")[2], other.rpartition("*")[2]
    if "*" not in one or "*" not in other:
        whole, (head, tail) = (one, (heads[1], tails[1])) if "*" not in one else (other, (heads[0], tails[0]))
        return whole.startswith(head) and whole.endswith(tail) and len(whole) >= len(head) + len(tail)
    return (heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])) and (
        tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
    )


def _pair(writer: Use, reader: Use) -> Iterator[tuple[str, tuple[str, str, str], str]]:
    """What is told to whom: a job, (its own path, what is said of both, what follows), and the other's name."""
    fates = writer.party.effect.fate, reader.party.effect.fate
    if writer.party.name == reader.party.name or fates == ("stay", "stay"):
        return
    if writer.role == _GIVEN and reader.role == _GIVEN:
        # Both may only read it: data of the application are asked about by themselves.
        if place_of(reader.path).kind == "scratch":
            yield reader.party.name, (reader.path, "is given", "too"), writer.party.name
        return
    if {writer.role, reader.role} <= {"edits", "deletes", "moves"} or (reader.role == "asks" and writer.role == _GIVEN):
        return
    verb = _READS.get(reader.role, "is given")
    if writer.role == _LOG:
        yield reader.party.name, (reader.path, verb, _LOG), writer.party.name
        if fates[1] != "drop":
            yield writer.party.name, (writer.path, verb, "logged"), reader.party.name
        return
    # What is only cleared away is missed by nobody.
    if fates[1] == "drop":
        return
    writes = "is given" if writer.role == _GIVEN else "writes"
    yield reader.party.name, (reader.path, f"{writes}|{verb}", fates[0]), writer.party.name
    yield writer.party.name, (writer.path, f"{verb}|{writes}", fates[1]), reader.party.name


def _said(told: Mapping[tuple[str, str, str], list[str]]) -> Iterator[Finding]:
    for (path, how, what), others in list(told.items())[:_MOST]:
        names, many = few([f"`{one}`" for one in others], _MOST, " and "), len(others) > 1
        way = "two tasks share no disk. Hand it on by S3 or EFS, or make one job of them."
        if what == "stay":
            stays = _of("stays on its host", many)
            way = f"{names} {stays}, and a task has another disk. Hand it on by S3, or keep both there."
        if what == "too":
            message = f"{names} {_of('is given', many)} `{path}`, as this job is: {way}"
        elif what == _LOG:
            message = f"This job {how} `{path}`, the log of {names}: that output goes to CloudWatch Logs now."
        elif what == "logged":
            message = (
                f"{names} {_of(how, many)} `{path}`, where this job's output went: it goes to CloudWatch Logs now."
            )
        else:
            does, this = how.split("|")
            message = f"{names} {_of(does, many)} `{path}`, which this job {this}: {way}"
        yield Finding("C435", message)


def _of(said: str, many: bool) -> str:
    """The verb that begins it, for one job or for several: `looks into`, `look into`."""
    verb, _, rest = said.partition(" ")
    return said if not many else " ".join(["are" if verb == "is" else verb.removesuffix("s"), rest]).rstrip()
