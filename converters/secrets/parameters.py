"""The SSM parameters that secrets are read from: one for each value, however many jobs read it.

A password that 57 jobs share is stored once and rotated once. What tells that two jobs share one is its value, which is
compared here, while a scan runs, and is kept nowhere: a hash of a password that people choose gives the password away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PREFIX = "/cron2fargate"
"""First part of the SSM parameters proposed: ``/cron2fargate/OWNER/NAME``."""

# PutParameter, `Name`: letters, digits and _ . - between the slashes, 1011 characters with what AWS adds.
_NOT_IN_A_PARAMETER = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 200

Known = Mapping[str, Mapping[str, str]]
"""Job -> variable -> the parameter that it was given before."""


@dataclass(frozen=True, slots=True)
class Held:
    """The secrets of one job: the table it stands in (``table`` tells tables apart, ``label`` names it), the value of each
    variable."""

    job: str
    table: str
    label: str
    values: Mapping[str, str] = field(repr=False)


def store_text(names: Iterable[str]) -> str:
    """Shell text that asks for each value and stores it; bash and zsh take it. No value stands in it, none in a process list.

    One loop and no line for each: of pasted lines, ``read`` would take the next one for the value of the first.
    """
    # --value file://: a value such as https://.. would be fetched by the first AWS CLI, and words are seen in `ps`.
    return "\n".join(
        [
            "for name in \\",
            *(f"  {name} \\" for name in names),
            "; do",
            "  printf '%s: ' \"$name\"; IFS= read -rs value && echo &&",
            '  printf %s "$value" | aws ssm put-parameter --type SecureString --name "$name" --value file:///dev/stdin',
            "done; unset value",
        ]
    )


@dataclass(slots=True)
class _Group:
    """The variables of jobs that hold one value."""

    members: list[tuple[Held, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What most of its members call it."""
        counted = Counter(part(variable) for _held, variable in self.members)
        return min(counted, key=lambda name: (-counted[name], name))

    @property
    def plain(self) -> bool:
        """Whether its name is as the table has it."""
        return any(variable == self.name for _held, variable in self.members)


def part(text: str) -> str:
    """A text as one part of a parameter's name."""
    # A variable may be called anything, as cron takes "API KEY"="x".
    return _NOT_IN_A_PARAMETER.sub("_", text)[:_LONGEST] or "_"


def parameters(
    owner: str, jobs: Sequence[Held], known: Known, reserved: Iterable[str] = ()
) -> dict[str, dict[str, str]]:
    """Job -> variable -> its parameter. No two values get one, and in one table no value gets two.

    It is ``/cron2fargate/OWNER/NAME`` where one value has that name; else the table stands before the name, or the job.
    What ``known`` has stays, as its value may be stored there already; only where two values would share it, the fewer
    jobs get another. What jobs that are not among ``jobs`` read is nobody else's, as their values are not known, nor is what
    is ``reserved``.
    """
    groups = _groups(jobs)
    here = {held.job for held in jobs}
    taken = {parameter for job, found in known.items() if job not in here for parameter in found.values()}
    taken.update(reserved)
    kept = _kept(groups, known)
    taken |= {parameter for of_group in kept for parameter in of_group.values()}
    found: dict[str, dict[str, str]] = {held.job: {} for held in jobs}
    fresh = _Names(owner, groups)
    # Names that are good as they are come first, so that they keep their parameter.
    for at in sorted(range(len(groups)), key=lambda at: not groups[at].plain):
        group, before = groups[at], kept[at]
        own = next(iter(before.values()), None) if len(set(before.values())) == 1 else None
        for held, variable in group.members:
            parameter = before.get((held.job, variable)) or own
            if parameter is None:
                parameter = own = next(name for name in fresh.of(group) if name not in taken)
                taken.add(parameter)
            found[held.job][variable] = parameter
    # In the order of the variables, which is the order of the file.
    return {held.job: {name: found[held.job][name] for name in held.values} for held in jobs}


def _groups(jobs: Sequence[Held]) -> list[_Group]:
    """Equal values of one name, and equal values of one table, in the order in which they are met."""
    # Each variable joins two keys: (its name, its value), and (a table that holds it, its value).
    leads: dict[tuple[bool, str, str], tuple[bool, str, str]] = {}

    def first(key: tuple[bool, str, str]) -> tuple[bool, str, str]:
        while leads.setdefault(key, key) != key:
            leads[key] = key = leads[leads[key]]
        return key

    for held in jobs:
        for variable, value in held.values.items():
            leads[first((False, held.table, value))] = first((True, part(variable), value))
    groups: dict[tuple[bool, str, str], _Group] = {}
    for held in jobs:
        for variable, value in held.values.items():
            group = groups.setdefault(first((True, part(variable), value)), _Group())
            group.members.append((held, variable))
    return list(groups.values())


def _kept(groups: Sequence[_Group], known: Known) -> list[dict[tuple[str, str], str]]:
    """For each group, what its members keep: (job, variable) -> parameter."""
    kept: list[dict[tuple[str, str], str]] = []
    claims: dict[str, Counter[int]] = {}
    for at, group in enumerate(groups):
        kept.append({})
        for held, variable in group.members:
            parameter = known.get(held.job, {}).get(variable)
            if parameter is not None:
                kept[at][held.job, variable] = parameter
                claims.setdefault(parameter, Counter())[at] += 1
    for parameter, counted in claims.items():
        # One value was changed since: who is left with the old one is not known, and most are.
        holder = min(counted, key=lambda at: (-counted[at], at))
        for at in counted:
            if at != holder:
                kept[at] = {member: one for member, one in kept[at].items() if one != parameter}
    return kept


class _Names:
    """The names that a group may get, the shortest first."""

    def __init__(self, owner: str, groups: Sequence[_Group]) -> None:
        self.prefix = f"{PREFIX}/{part(owner)}"
        self.of_names: Counter[str] = Counter()
        self.of_tables: Counter[tuple[str, str]] = Counter()
        for group in groups:
            self.of_names.update({part(variable) for _held, variable in group.members})
            self.of_tables.update({(held.table, part(variable)) for held, variable in group.members})

    def of(self, group: _Group) -> Iterator[str]:
        name = group.name
        if self.of_names[name] == 1:
            yield f"{self.prefix}/{name}"
        for held, _variable in group.members:
            if self.of_tables[held.table, name] == 1:
                yield f"{self.prefix}/{part(held.label)}/{name}"
        base = f"{self.prefix}/{part(group.members[0][0].job)}/{name}"
        yield base
        number = 2
        while True:
            yield f"{base}_{number}"
            number += 1
