"""Calls that wait for nothing of each other, eight at once: a fleet of jobs is read in the time of its slowest service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from migrate.aws.session import Aws

Found = TypeVar("Found")

WORKERS = 8
"""What AWS's rates of the calls that a plan makes (50 a second) can still feed: a call takes about a tenth of a second."""


def at_once(aws: Aws, reads: Sequence[Callable[[], Found]]) -> list[Found]:
    """What each of them answers, in their order. The first that raises ends it: what has not begun is not begun any more."""
    # moto's backends are not made for several threads.
    if aws.offline or len(reads) < 2:
        return [read() for read in reads]
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="read")
    try:
        futures = [pool.submit(read) for read in reads]
        return [future.result() for future in futures]
    finally:
        # Ctrl-C, too: of four thousand reads the eight that are under way end, and nothing waits for the rest.
        pool.shutdown(wait=True, cancel_futures=True)
