"""Mutated lines of real crontabs through the whole way of a scan: ``python -m tools.fuzz --lines 1000000 PATH ..``.

Law: no line ends a scan with an exception that is not the product's own, none takes longer than `SECONDS`, every
document can be written as JSON, and every ecs.yml that is made is read back by the strict reader. What falls is made as
small as it goes and printed as Python text, ready to become a vector; the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from converters.schedules.daemon import Window
from converters.schedules.dialects import CRONS
from converters.specs.model import load_spec
from converters.specs.strict_yaml import ProblemsError
from converters.specs.text import ecs_text
from migrate.document.to_json import as_mapping
from migrate.errors import UserError
from migrate.scan.contention import tell_contention
from migrate.scan.documenting import document
from migrate.scan.scanning import Settings, scan
from migrate.sources import Source, Sources

SECONDS = 5
"""Of the processor, that one line may take; the slowest of the corpus takes a tenth, in a zone of half-hour changes."""
BATCH = 100
TABLE = 3
"""Lines of one table: a variable, a comment with a directive, and a job below it."""
READ_BACK = 8
"""Of the specs, one in so many is read back: YAML takes longer than all the rest."""
ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe")
TOKENS = (
    *Path(__file__).with_name("fuzz.tokens").read_text(encoding="utf-8").split(),
    *"\t \r\v\f\0\x1b\x7f\x85\u00a0\u202e\u200bé請😀\udcff\udce9",
    "    ",
)


SCHEDULES = ("* * * * * ", "7 3 * * * ", "0 9 1-7 * 1 ", "*/7 * * * * ", "@daily ", "@reboot ", "59 1 29 2 * root ")
_ENTRY = re.compile(r"\s*((?:[\d*,/-]+[ \t]+){5}|@\w+[ \t]+)")


class TooSlowError(Exception):
    """A line that takes longer than `SECONDS`."""


@dataclass(slots=True)
class Found:
    """What a run came to: lines tried, jobs among them, the slowest batch, and what fell (text, what it did)."""

    lines: int = 0
    jobs: int = 0
    specs: int = 0
    slowest: float = 0.0
    fallen: list[tuple[list[str], str, str]] = field(default_factory=list)


def corpus(paths: Sequence[Path]) -> list[str]:
    """Every line of every file below the paths, each once; bytes that are not UTF-8 as surrogates."""
    files = sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    texts = (file.read_bytes().decode("utf-8", "surrogateescape") for file in files)
    return list(dict.fromkeys(line for text in texts for line in text.split("\n") if line.strip()))


def mutated(lines: Sequence[str], draw: random.Random) -> str:
    """One line, changed in one to four places; of two such lines, one keeps a schedule that can be read, or gets one."""
    line = draw.choice(lines)[:2000]
    schedule = ""
    if draw.random() < 0.6:
        entry = _ENTRY.match(line)
        schedule, line = (entry[1], line[entry.end() :]) if entry else (draw.choice(SCHEDULES), line.lstrip("# \t"))
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        line = _changed(line, lines, draw)
    return (schedule + line).replace("\n", " ")


def _changed(line: str, lines: Sequence[str], draw: random.Random) -> str:
    at = draw.randint(0, len(line))
    to = min(len(line), at + draw.choice((1, 1, 2, 5, 20)))
    token, other = draw.choice(TOKENS), draw.choice(lines)[:2000]
    anything = chr(draw.choice((draw.randrange(32), draw.randrange(33, 127), draw.randrange(0xD800))))
    put = draw.choice(
        (
            "",
            token,
            f" {token} ",
            token + line[at:to],
            f" {token} {line[at:to]}",
            other[draw.randint(0, len(other)) :],
            line[at:to] * draw.choice((2, 3, 50)),
            anything,
        )
    )
    way = draw.randrange(10)
    if way == 0:
        return line[:at]
    if way == 1:
        words = line.split(" ")
        here, there = draw.randrange(len(words)), draw.randrange(len(words))
        words[here], words[there] = words[there], words[here]
        return " ".join(words)
    return line[:at] + put + line[to:]


def fuzz(lines: Sequence[str], count: int, seed: int, until: float = float("inf")) -> Found:
    """Try ``count`` mutated lines, or as many as there is time for."""
    draw = random.Random(seed)  # noqa: S311 - examples, not keys
    found = Found()
    while found.lines < count and time.monotonic() < until:
        batch = [mutated(lines, draw) for _ in range(min(BATCH, count - found.lines))]
        dialect, zone = draw.choice(CRONS), draw.choice(ZONES)
        kind = draw.choice(("user", "system"))
        began = time.monotonic()
        fault = attempt(batch, dialect, zone, kind, found)
        found.slowest = max(found.slowest, time.monotonic() - began)
        if fault is not None:
            small = smallest(batch, dialect, zone, kind, fault)
            found.fallen.append((small, f"{dialect} {zone} {kind}", fault))
        found.lines += len(batch)
    return found


def attempt(batch: Sequence[str], dialect: str, zone: str, kind: str, found: Found | None = None) -> str | None:
    """What went wrong with some lines as one table: the last line of a traceback with its place, or None."""
    try:
        with _alarm(SECONDS * 8 if len(batch) > 1 else SECONDS):
            _through(batch, dialect, zone, kind, found or Found())
    except UserError:
        return None  # the product's own
    except Exception as error:  # whatever it is, it is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(place.filename).name}:{place.name}: {str(error)[:200]}"
    return None


def _through(batch: Sequence[str], dialect: str, zone: str, kind: str, found: Found) -> None:
    start = 29_500_000  # 2026-02-02; minutes since 1970
    settings = Settings(
        zone_name=zone,
        zone_of=lambda _: (zone, ZoneInfo(zone)),
        dialect=dialect,
        window=Window(start, start + 400 * 1440),
        choice="rule",
        image="app:1",
        tzdata="",
    )
    # Short tables: one mark of a template makes all of a table unread.
    texts = ["\n".join([*batch[at : at + TABLE], ""]) for at in range(0, len(batch), TABLE)]
    sources = [
        Source(
            f"etc/cron.d/t{at}",
            text.encode("utf-8", "surrogateescape"),
            "system" if kind == "system" else "user",
            user="bob",
            guessed=True,
        )
        for at, text in enumerate(texts)
    ]
    result = scan(Sources(sources), settings, {})
    tell_contention(result)
    json.dumps(as_mapping(document(result))).encode("ascii")
    found.jobs += len(result.jobs)
    for name, spec in result.each_spec():
        found.specs += 1
        written = ecs_text(spec)
        written.encode("utf-8")
        if found.specs % READ_BACK == 0:
            _read_back(written, name)


def _read_back(written: str, name: str) -> None:
    try:
        load_spec(written, name)
    except ProblemsError as error:
        # A value that the reader refuses is told to people; a text that is not the YAML we meant would be a lie.
        if "yaml" in str(error).lower():
            raise AssertionError(str(error)) from None


def smallest(batch: list[str], dialect: str, zone: str, kind: str, fault: str) -> list[str]:
    """The fewest lines of a batch that still do it."""
    what = fault.partition(":")[0]
    step = len(batch) // 2 or 1
    while step:
        at = 0
        while at < len(batch) and len(batch) > 1:
            rest = batch[:at] + batch[at + step :]
            if rest and (attempt(rest, dialect, zone, kind) or "").partition(":")[0] == what:
                batch = rest
            else:
                at += step
        step //= 2
    return batch


@contextmanager
def _alarm(seconds: int) -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise TooSlowError(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("paths", nargs="+", type=Path)
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=float("inf"))
    given = asked.parse_args()
    until = time.monotonic() + given.minutes * 60
    lines, found, told = corpus(given.paths), Found(), 0
    part = 0
    while found.lines < given.lines and time.monotonic() < until:
        one = fuzz(lines, min(10_000, given.lines - found.lines), given.seed * 1000 + part, until)
        part += 1
        found.lines, found.jobs, found.specs = found.lines + one.lines, found.jobs + one.jobs, found.specs + one.specs
        found.slowest = max(found.slowest, one.slowest)
        found.fallen += one.fallen
        for small, where, fault in one.fallen:
            print(f"{where}: {fault}\n    {small!r}", flush=True)
        if found.lines // 50_000 > told:
            told = found.lines // 50_000
            print(_summary(found), file=sys.stderr, flush=True)
    print(_summary(found))
    return 1 if found.fallen else 0


def _summary(found: Found) -> str:
    return (
        f"{found.lines:,} mutated lines, {found.jobs:,} jobs, {found.specs:,} specs, "
        f"slowest {BATCH} lines {found.slowest:.1f} s, {len(found.fallen)} fell"
    )


if __name__ == "__main__":
    sys.exit(main())
