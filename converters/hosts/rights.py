"""What a user of the host reads only as a member of a group: a task runs as one `uid:gid`, without the groups of the host.

By path_resolution(7): the first class that fits counts alone, the owner's, then the group's, then the others'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from converters.hosts.facts import Host, Standing, User

_READS, _ENTERS = 4, 1


class ByGroup(NamedTuple):
    """A path that the user reaches by a group alone, and the group's number."""

    path: str
    group: str
    number: int


def with_parents(paths: Iterable[str]) -> frozenset[str]:
    """The paths, and the directories above each: who may not enter one of them reaches nothing below it."""
    found = set()
    for path in paths:
        parts = path.rstrip("/").split("/")
        found |= {"/".join(parts[:count]) for count in range(2, len(parts) + 1)}
    return frozenset(found)


def only_by_group(host: Host, user: User, paths: Iterable[str]) -> Iterator[ByGroup]:
    """Of these paths, those that the user would not reach without one of the groups that the group file gives to it."""
    if user.uid == 0 or host.groups is None or host.members is None:
        return  # modes do not stop root (capabilities(7), CAP_DAC_OVERRIDE)
    given = {number: name for name, number in host.groups.items() if user.name in host.members.get(name, ())}
    given.pop(user.gid, None)
    for path in paths:
        for place in sorted(with_parents([path])):
            standing = host.paths.get(place)
            if standing is not None and (group := _group(standing, user, given)):
                yield ByGroup(path, given[group], group)
                break


def _group(standing: Standing, user: User, given: dict[int, str]) -> int:
    """The number of the group by which the user reaches what stands there, where nothing else would do; else 0."""
    if standing.uid in (-1, user.uid) or standing.gid not in given:
        return 0
    wanted = _ENTERS if standing.kind == "directory" else _READS
    others, group = standing.mode & 7, standing.mode >> 3 & 7
    return standing.gid if group & wanted and not others & wanted else 0
