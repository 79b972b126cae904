"""What tells jobs of one name apart: the words of their commands, their tables, their hosts, their schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from converters.commands.naming_text import Said, said_in
from converters.commands.naming_words import (
    DRIVERS,
    EXTENSIONS,
    GUARDS,
    NOISE_FLAGS,
    NOISE_VALUED,
    PLACES,
    SKIPPED,
    WEAK,
    WRAPPERS,
)
from converters.commands.pieces import called, expanded, joined, pieces, random
from converters.schedules.fields import DAY_NAMES
from converters.secrets.search import MASK, mask

_READ = 4000  # characters of a command that are looked at
_SUFFIX = 24  # characters of the words that tell two jobs apart
_DEEPEST = 4  # texts of a shell within texts of a shell
_STARTERS = (PLACES | SKIPPED | WEAK | DRIVERS | WRAPPERS.keys()) | {"bash", "dash", "expr", "python3", "perl", "ruby"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job would be called, and what tells it from another of that name: its command, its schedule's text, the name of
    its table (a file of cron.d, a user) and of its host, where there are several."""

    name: str
    command: str = ""
    schedule: str = ""
    table: str = ""
    host: str = ""


_WORK, _ASIDE, _PAUSE = range(3)


class _Telling(NamedTuple):
    """A word of a command: of its work; an aside, which is an option or a part of a test; or of a pause. Each tells less."""

    word: str
    kind: int


def suffixes_of(name: str, members: Sequence[Wanted]) -> list[str]:
    """A suffix for each member of one name: whatever tells them all apart, the most telling first."""
    told = [_telling(one.command) for one in members]
    own = set(pieces(name))
    plain = _own_words(told, own, digits=False, most=_WORK)
    tables = [joined([piece for piece in pieces(one.table) if not piece.isdigit()]) for one in members]
    hosts = [joined(pieces(one.host)) for one in members]
    few = _own_words(told, own, digits=False, most=_ASIDE)
    numbers = _own_words(told, own, digits=True, most=_ASIDE)
    words = _own_words(told, own, digits=True, most=_PAUSE)
    times = ["-".join(part for part in _when(one.schedule).split("-") if part not in own) for one in members]
    both = [_both(hosts, tables), _both(hosts, words), _both(tables, words), _both(words, times), _both(tables, times)]
    tried = (plain, tables, hosts, few, numbers, times, words, *both)
    for found in tried:
        if len(set(found)) == len(found):
            return found
    # Some are the same line: these get numbers, and the others what tells them apart.
    best = max((words, times, *both), key=lambda found: len(set(found)))
    return best if len(set(best)) > 1 else [""] * len(members)


def _both(firsts: Sequence[str], seconds: Sequence[str]) -> list[str]:
    return ["-".join(part for part in pair if part) for pair in zip(firsts, seconds, strict=True)]


def _own_words(told: Sequence[tuple[_Telling, ...]], own: set[str], *, digits: bool, most: int) -> list[str]:
    """The words of each command that not all have, three at most; none that their common name has already."""
    words = [
        list(dict.fromkeys(one.word for one in of if (digits or not one.word.isdigit()) and one.kind <= most))
        for of in told
    ]
    shared = set(words[0]).intersection(*words[1:]) if words else set()
    found = []
    for of in words:
        kept: list[str] = []
        count = 0
        for word in of:
            new = [piece for piece in pieces(word) if piece not in kept]
            if word not in shared and not own.issuperset(new) and len("-".join([*kept, *new])) <= _SUFFIX and count < 3:
                kept += new
                count += 1
        found.append(joined(kept))
    return found


@lru_cache(maxsize=4096)
def _telling(command: str) -> tuple[_Telling, ...]:
    """The words of a command that may tell it from another. What it writes to is none of them: a log says nothing."""
    return tuple(_of_text(expanded(mask(command)[:_READ]), 0))


def _of_text(text: str, depth: int) -> Iterator[_Telling]:
    for said in said_in(text, {}):
        yield from _of_said(said, depth)


def _of_said(said: Said, depth: int) -> Iterator[_Telling]:
    program = called(said.words[0]) if said.words else ""
    kind = _ASIDE if program in GUARDS else _PAUSE if program in ("sleep", "usleep") else _WORK
    for value in said.settings:
        # `MODE=root x`: what is set is meant, whatever word it is.
        yield from (_Telling(word, kind) for word in _parts(value, frozenset()))
    hidden = False
    for word in said.words:
        hidden, skip = False, hidden
        flag = word.startswith("-") and len(word) > 1
        name, equals, value = word.lstrip("-").partition("=")
        if flag and name.lower() in NOISE_FLAGS:
            hidden = not equals and name.lower() in NOISE_VALUED
        elif skip or MASK in word or "%" in word:
            # With a percent sign it is a format of `date`, the same at each start.
            continue
        elif not flag and re.search(r"\s", word.strip()):
            # The text of `sh -c`, or an argument of several words.
            yield from _of_text(word, depth + 1) if depth < _DEEPEST else ()
        elif flag and equals:
            yield from (_Telling(part, kind) for part in _parts(value, frozenset()))
            yield from (_Telling(part, max(kind, _ASIDE)) for part in _parts(name))
        else:
            yield from (_Telling(part, max(kind, _ASIDE) if flag else kind) for part in _parts(word))


def _parts(word: str, idle: AbstractSet[str] = _STARTERS) -> Iterator[str]:
    if MASK in word or "://" in word or re.search(r"\.(?:log|pid|lock|err|out)$", word):
        return
    for part in re.split(r"[/=,:;]+", word):
        stem, _dot, extension = part.strip("-").rpartition(".")
        bare = stem if stem and extension.lower() in EXTENSIONS else part.strip("-")
        # One letter is a flag: `-r` tells nobody anything; nor does what only starts the job.
        if bare not in idle and not random(part) and (bare.isdigit() or 3 <= len(bare) <= _SUFFIX):
            yield joined(pieces(bare))


def _when(schedule: str) -> str:
    """A short word for a schedule: ``daily``, ``0430``, ``0430-sat``, ``5min``, ``d1-0200``, ``3h``, ``9-15h-mon-fri``."""
    fields = schedule.split()
    if len(fields) != 5:
        return joined(pieces(schedule))
    minute, hour, dom, month, dow = fields
    day = [] if dow in ("*", "?") else [DAY_NAMES[int(p) % 7] if p.isdigit() else p for p in pieces(dow)]
    date = [] if dom in ("*", "?") else ["d", *pieces(dom)]
    months = joined(pieces(month)) if month != "*" else ""
    return "-".join(part for part in (_hours(minute, hour), "-".join(day), "".join(date), months) if part)


def _hours(minute: str, hour: str) -> str:
    every = re.fullmatch(r"\*/(\d+)", hour)
    if minute.isdigit() and hour.isdigit():
        return f"{int(hour):02}{int(minute):02}"
    if hour == "*":
        return _minutes(minute)
    # Of many hours the span says enough; which of them, the table says.
    found = re.findall(r"\d+", hour)
    times = f"{every[1]}h" if every else f"{found[0]}-{found[-1]}h" if len(found) > 1 else f"{hour}h"
    return joined([*([_minutes(minute)] if not minute.isdigit() else [minute] if int(minute) else []), times])


def _minutes(minute: str) -> str:
    if minute.isdigit():
        return "hourly"
    if minute == "*":
        return "1min"
    every = re.fullmatch(r"(?:\*|0-59)/(\d+)", minute)
    return f"{every[1]}min" if every else joined(["m", *pieces(minute)])
