"""Which starters do the same work, and which names are taken: what a migration would double or run into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from converters.inventory.makers import OURS, Maker
from converters.inventory.model import Starter
from converters.inventory.times import bits
from converters.inventory.works import Work, plain_command
from converters.schedules.daemon import Window

Same = Literal["command", "image", "target"]
When = Literal["same", "some", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Double:
    """Two starters of the same work: by their ``command``, by an ``image`` whose own command runs, or by the ``target`` that
    they call. ``when``: whether they start at the same minutes, at some of them, at others; unknown for rates."""

    first: Starter
    second: Starter
    same: Same
    when: When

    @property
    def runs_twice(self) -> bool:
        """Whether both are on and may start in one minute."""
        return self.first.live and self.second.live and self.when != "other"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that a job would take on AWS."""

    job: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Such a name, with the one who has it."""

    wanted: Wanted
    maker: Maker


def doubles(starters: Sequence[Starter], window: Window) -> list[Double]:
    """Each starter with the first one before it that does the same; a job's own rules are one with its line."""
    found: list[Double] = []
    paired: set[tuple[int, int]] = set()
    known: dict[tuple[str, ...], list[int]] = {}
    when = lru_cache(maxsize=None)(lambda first, second: _when(starters[first], starters[second], window))
    for number, starter in enumerate(starters):
        for same, key, images in _keys(starter):
            others = known.setdefault((same, *key), [])
            for other in others:
                before = starters[other]
                if (other, number) in paired or _one_job(before, starter) or not _may_be(before, images):
                    continue
                paired.add((other, number))
                found.append(Double(before, starter, same, when(other, number)))
                break
            others.append(number)
    return found


def taken(wanted: Iterable[Wanted], there: dict[tuple[str, str], Maker], owner: str, environment: str) -> list[Taken]:
    """The names that somebody else has: another maker, owner, environment or job."""
    found = []
    for one in wanted:
        maker = there.get((one.kind, one.name))
        if maker is None:
            continue
        ours = maker.by == OURS and (maker.name, maker.job) == (owner, one.job)
        if not (ours and maker.environment in ("", environment)):
            found.append(Taken(one, maker))
    return found


def _keys(starter: Starter) -> Iterator[tuple[Same, tuple[str, ...], frozenset[str]]]:
    for work in starter.works:
        images = frozenset(map(repository, work.images[:1]))
        if work.command:
            yield "command", (plain_command(work.command),), images
        elif work.kind in ("ecs", "batch") and work.images:
            yield "image", (repository(work.images[0]),), images
        elif work.kind in ("lambda", "workflow", "other") and work.arn:
            yield "target", (work.arn, work.told), frozenset()


def _may_be(other: Starter, images: frozenset[str]) -> bool:
    """Not where both images are known and differ: `php artisan schedule:run` is every application's."""
    theirs = {repository(work.images[0]) for work in other.works if work.images}
    return not (images and theirs) or bool(images & theirs)


def _one_job(first: Starter, second: Starter) -> bool:
    """A job's line and its own rules, or the rules of one job, each for another expression or environment."""
    return bool(first.job) and first.job == second.job


def _when(first: Starter, second: Starter, window: Window) -> When:
    if (first.expression, first.timezone) == (second.expression, second.timezone) and first.expression:
        return "same"
    pieces = first.times(window), second.times(window)
    if pieces[0] is None or pieces[1] is None:
        return "unknown"
    one, other = bits(pieces[0], window), bits(pieces[1], window)
    return "same" if one == other and one else "some" if one & other else "other"


def repository(image: str) -> str:
    """An image without its tag and digest: releases of one image are one image."""
    return re.sub(r":[^:/@]*$", "", image.partition("@")[0])


def work_in_words(work: Work) -> str:
    """Its name, image and command in one line."""
    return " ".join(one for one in (work.name, *work.images[:1], work.command or "") if one)
