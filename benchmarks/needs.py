"""What needs and fates add to a scan: the whole of it beside the same without what they took, in the processor's own time.

One process, one table: time is counted where the scan calls them, so that both sides are of one and the same run.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from pathlib import Path

from benchmarks.figures import Aim, Figure
from benchmarks.fleet import ZONE, distinct_lines

LINES = 10_000


def figures(lines: int = LINES) -> list[Figure]:
    """One row; ``lines`` of a table."""
    from migrate.cli import cli
    from migrate.scan import documenting, scanning, sharing

    spent: list[float] = []
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch), Path(os.devnull).open("w") as nowhere:
        Path("app").write_text("".join(distinct_lines(lines)))
        words = ["scan", "app", "--user-crontab", "--dialect", "cronie", "--timezone", ZONE, "--format", "summary"]
        parts = (
            (scanning.Effects, "of"),
            (scanning, "of_host"),
            (scanning, "kept_findings"),
            (scanning.HostFacts, "decision"),
            (documenting, "_needs"),
            (documenting, "all_open"),
        )
        start = time.process_time()
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(nowhere))
            # Another process's time would not be seen.
            stack.enter_context(swapped(sharing, "processors", lambda: 1))
            for place, name in parts:
                stack.enter_context(swapped(place, name, _timed(getattr(place, name), spent)))
            cli.main(words, standalone_mode=False)
        whole = time.process_time() - start
    without = whole - sum(spent)
    what = f"scan of {lines:,} lines, no two alike, in one process, with needs and fates"
    return [Figure(what, whole, "the same without their part", without, Aim(1.25), slower=True)]


@contextmanager
def swapped(place: object, name: str, other: Callable[..., object]) -> Iterator[None]:
    """Another function in the place of one, as long as the block lasts."""
    was = getattr(place, name)
    setattr(place, name, other)
    try:
        yield
    finally:
        setattr(place, name, was)


def _timed(work: Callable[..., object], spent: list[float]) -> Callable[..., object]:
    def timed(*args: object, **more: object) -> object:
        start = time.process_time()
        found = work(*args, **more)
        spent.append(time.process_time() - start)
        return found

    return timed
