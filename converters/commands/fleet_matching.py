"""Which lines of different hosts may be one job: first the same text, then the same program with much the same arguments.

A group holds one line of each host at most. Names of hosts and shards (``1/4``) count as the same text, so that a job that
was dealt among hosts is found as one; what differs is told, and people say what it means.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest

from converters.commands.host_decisions import Test

HOST = "{host}"
SHARD = "{shard}"
SHARD_OF = re.compile(r"(?<![\w./:-])(\d{1,4})/(\d{1,4})(?![\w./:-])")
"""``1/4`` as a word or behind ``=``: which part of how many. A date or a path has other characters around it."""
_NUMBER = re.compile(r"\d+")
_SHORTEST = 3
_ALIKE = 0.5  # of the words of two lines, so many must be the same
_MOST = 400  # lines of one program that are held against each other; what else it has is many jobs, not one
# What is given the program as a word: the next word that is no option says what is done.
_STARTERS = frozenset(
    word
    for line in (
        "sh bash dash ash ksh zsh php python python2 python3 perl ruby node java env sudo nice ionice bundle exec rails rake",
        "artisan manage.py console poetry run pipenv npm yarn uv docker podman kubectl compose",
    )
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Line:
    """A job as its fleet sees it. ``base`` is what it would be called on one host alone, ``aliases`` are the names of its
    host, ``words`` those of the command once its idioms are taken off, ``script`` the digest of the script that it starts.

    ``tests`` are those of the host, ``never``: they say that nothing of it runs there. ``lock`` is a file that it locks on a
    file system that hosts share. ``said``, ``shown`` and ``variables`` are as anybody may see them, without secrets.
    """

    name: str
    host: str
    base: str
    user: str = ""
    schedule: str = ""
    zone: str = ""
    command: str = ""
    words: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    script: str | None = None
    aliases: frozenset[str] = frozenset()
    tests: tuple[Test, ...] = ()
    never: bool = False
    lock: str | None = None
    said: str = ""
    variables: tuple[tuple[str, str], ...] = field(default=())


def matched(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups of two lines and more, each of another host, in the order of their first lines."""
    if len({line.host for line in lines}) < 2:
        return []
    rank = {id(line): number for number, line in enumerate(lines)}
    # A line that was copied, and a test of the host, name another host: all names are one word here.
    every = frozenset().union(*(line.aliases for line in lines))
    groups = [group for same in _by(lines, lambda line: skeleton(line, every)).values() for group in _one_of_each(same)]
    found = [group for group in groups if len(group) > 1]
    # In the order of their tables, so that two scans of one fleet say the same.
    left = sorted((group[0] for group in groups if len(group) == 1), key=lambda line: rank[id(line)])
    known: defaultdict[str, list[list[Line]]] = defaultdict(list)
    for group in found:
        known[program(group[0])].append(group)
    for name, alone in _by(left, program).items():
        found += _near(_joined(alone, known[name])) if len(alone) <= _MOST else []
    return sorted(
        (sorted(group, key=lambda line: rank[id(line)]) for group in found), key=lambda group: rank[id(group[0])]
    )


def skeleton(line: Line, names: frozenset[str]) -> str:
    """The command with its secrets, the names of hosts and its shard taken out, blanks counted once."""
    return " ".join(SHARD_OF.sub(SHARD, without_names(line.said, names)).split())


def without_names(text: str, aliases: frozenset[str]) -> str:
    """A text with ``{host}`` for each of these names, where it stands as a word of its own."""
    found = _names(aliases)
    return found.sub(HOST, text) if found is not None else text


@lru_cache(maxsize=1024)
def _names(aliases: frozenset[str]) -> re.Pattern[str] | None:
    # `db` and `a` are words of many commands, whatever the host is called.
    names = sorted((name for name in aliases if len(name) >= _SHORTEST), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, names))})(?![\w-])") if names else None


def program(line: Line) -> str:
    """What the command starts: its program, and behind an interpreter the script."""
    words = [word for word in line.words if not word.startswith("-")]
    for word in words:
        name = word.rpartition("/")[2]
        if name not in _STARTERS and "=" not in name:
            return word
    return words[0] if words else ""


def _by(lines: Sequence[Line], key: Callable[[Line], str]) -> dict[str, list[Line]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    found.pop("", None)
    return found


def _one_of_each(same: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines of one skeleton, dealt into groups of one line a host: those that are most alike go together first."""
    number = len({line.host for line in same})
    left = list(same)
    for key in _NEAREST:
        rest: list[Line] = []
        for exact in _by(left, key).values():
            for group in _columns(exact):
                # Found on some hosts only, it may be the drifted line of the others: those are told together.
                if len(group) == number:
                    yield group
                else:
                    rest += group
        left = rest
    yield from _columns(left)


_NEAREST: tuple[Callable[[Line], str], ...] = (
    lambda line: f"{line.schedule}\0{line.user}\0{line.command}",
    lambda line: f"\0{line.command}",
    lambda line: f"{line.schedule}\0{line.user}",
)


def _columns(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The first line of each host, then the second of each, and so on."""
    hosts = _by(lines, lambda line: f"\0{line.host}")
    for row in zip_longest(*hosts.values()):
        yield [line for line in row if line is not None]


def _joined(lines: Sequence[Line], groups: Sequence[list[Line]]) -> list[Line]:
    """Puts each line to the likeliest group that lacks its host; those that fit none."""
    left = []
    for line in lines:
        fitting = [group for group in groups if all(line.host != other.host for other in group)]
        best = max(fitting, key=lambda group: likeness(group[0], line), default=None)
        if best is not None and likeness(best[0], line) >= _ALIKE:
            best.append(line)
        else:
            left.append(line)
    return left


def _near(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines of one program: with each the likeliest of every other host, where enough of their words are the same."""
    left = list(lines)
    while left:
        seed, left = left[0], left[1:]
        group: dict[str, tuple[float, Line]] = {seed.host: (1.0, seed)}
        for line in left:
            alike = likeness(seed, line)
            if line.host != seed.host and alike >= _ALIKE and alike > group.get(line.host, (0.0, line))[0]:
                group[line.host] = alike, line
        taken = {id(line) for _alike, line in group.values()}
        left = [line for line in left if id(line) not in taken]
        if len(group) > 1:
            yield [line for _alike, line in group.values()]


def likeness(one: Line, other: Line) -> float:
    """How much of what two lines say beside their program is the same: 1 is all. Numbers count as one another."""
    first, second = _said(one), _said(other)
    shared = len(first & second) / len(first | second) if first | second else 1.0
    # One of them only says more: the same program with an option.
    return max(_ALIKE, shared) if first <= second or second <= first else shared


def _said(line: Line) -> frozenset[str]:
    own = program(line)
    words = (SHARD_OF.sub(SHARD, without_names(word, line.aliases)) for word in line.words if word != own)
    return frozenset(_NUMBER.sub("#", word) for word in words if word.rpartition("/")[2] not in _STARTERS)
