"""Python's cyclic collector, asked less often where much is made and nearly all of it is kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Measured on 4,000 distinct lines: the usual (700, 10, 10) walks what a scan keeps again and again, a fifth of its time; none
# at all leaves what caught errors hold in cycles, nearly all of which die young. What is old is kept to the end.
PATIENT = 50_000, 20, 10_000


@contextmanager
def patient_collector() -> Iterator[None]:
    """Collects what dies young, and walks all that is kept seldom, until the block ends."""
    usual = gc.get_threshold()
    gc.set_threshold(*PATIENT)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
