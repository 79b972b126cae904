"""Debian's own cron daemon judges the model of it, second by second.

A thousand schedules, each in a window around a clock change or a month's end, run under the real daemon at a
hundredfold speed (see ``debian_cron``). Needs root and the Debian packages ``cron`` and ``faketime``; takes about five
minutes on two cores. Skipped where these are missing, but in CI that is a failure.

``observations()`` is the record of what the real daemon did. It runs the daemon once, however many tests ask.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from tests.models import cron_walk

from . import debian_cron
from .schedules import WILD_AGAIN, WINDOWS, Window

TOGETHER = 4  # windows at a time
EARLIEST, LATEST = -2, 28  # simulated seconds a start may be seen before and after its prediction

Starts = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Observation:
    """When the real daemon started one entry in one window, in simulated seconds since 1970 (UTC)."""

    id: str
    fields: str
    zone: str
    window: Window
    starts: tuple[float, ...]

    @property
    def minutes(self) -> list[int]:
        """The UTC minutes of the starts. In a crowded window a catch-up may lag behind by minutes."""
        return [int(second) // 60 for second in self.starts]


def predict(window: Window) -> dict[str, list[int]]:
    return cron_walk.debian_table_starts(
        window.table,
        window.zone,
        window.begin_seconds,
        window.end_seconds,
        job_seconds=None if window.hold else 0,
    )


def differences(window: Window, observed: Starts) -> list[str]:
    """What the daemon did and the model did not foresee, or the reverse."""
    found = []
    predicted = predict(window)
    for name, fields in window.table.items():
        expected, seen = predicted[name], list(observed[name])
        lags = [second - start for second, start in zip(seen, expected, strict=False)]
        if len(seen) != len(expected) or not all(EARLIEST <= lag <= LATEST for lag in lags):
            seen_text = [_clock(second, window) for second in seen]
            expected_text = [_clock(second, window) for second in expected]
            found.append(f"{window.name}: {fields!r}\n  daemon {seen_text}\n  model  {expected_text}")
    return found


def _clock(second: float, window: Window) -> str:
    (minute,) = cron_walk.local_text([int(second) // 60], window.zone)
    return f"{minute[:5]}:{int(second) % 60:02}{minute[5:]}"


def _observe(window: Window) -> dict[str, list[float]]:
    hours = (window.end_seconds - window.begin_seconds) / 3600
    return debian_cron.run_window(window.table, window.zone, window.begin, hours, speed=window.speed, hold=window.hold)


def _run_all() -> list[dict[str, list[float]]]:
    """Longest first. A window in which daemon and model differ is run once more, then it counts."""
    order = sorted(WINDOWS, key=lambda window: window.minutes / window.speed, reverse=True)
    records: dict[str, dict[str, list[float]]] = {}
    with ThreadPoolExecutor(TOGETHER, initializer=_go_first) as pool:
        records.update(zip((window.name for window in order), pool.map(_observe, order), strict=True))
    again = [window for window in order if differences(window, records[window.name])]
    with ThreadPoolExecutor(TOGETHER // 2, initializer=_go_first) as pool:
        records.update(zip((window.name for window in again), pool.map(_observe, again), strict=True))
    return [records[window.name] for window in WINDOWS]


def _go_first() -> None:
    """Put this thread, and with it the daemons it starts, before whatever else the machine does."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -19)


@lru_cache(maxsize=1)
def observations() -> tuple[Observation, ...]:
    """All that the real daemon did: one for each schedule of each window. The workers of a test run share it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        records = _run_all()
    else:
        shared = Path(tempfile.gettempdir()) / f"debian-cron-{run}.json"
        with shared.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not shared.exists():
                shared.write_text(json.dumps(_run_all()))
            records = json.loads(shared.read_text())
    return tuple(
        Observation(name, fields, window.zone, window, tuple(record[name]))
        for window, record in zip(WINDOWS, records, strict=True)
        for name, fields in window.table.items()
    )


@pytest.fixture
def observed() -> tuple[Observation, ...]:
    if reason := debian_cron.missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return observations()


def test_windows_are_many_and_light() -> None:
    assert len({window.name for window in WINDOWS}) == len(WINDOWS)
    assert sum(len(window.schedules) for window in WINDOWS) >= 300
    for window in WINDOWS:
        if not window.hold:  # without pauses all that was lost starts together, hence the low speed
            continue
        at_once = Counter(second for seconds in predict(window).values() for second in seconds)
        assert max(at_once.values()) <= 22, window.name


def test_steady_windows_are_caught_up_within_a_minute() -> None:
    """So there the minute of a start does not depend on what else stands in the table."""
    for window in WINDOWS:
        if window.crowded:
            continue
        for name, seconds in predict(window).items():
            alone = cron_walk.debian_starts(
                window.table[name],
                window.zone,
                window.first_minute,
                window.until_minute,
                up_since=window.first_minute - 1,
            )
            assert [second // 60 for second in seconds] == alone, (window.name, window.table[name])


def test_a_catch_up_that_runs_wild_entries_again_is_among_the_windows() -> None:
    (window,) = (window for window in WINDOWS if window.name == WILD_AGAIN)
    name = next(name for name, fields in window.table.items() if fields == "0 * * * *")
    jump, again, *_ = predict(window)[name]
    assert again - jump == 90


@pytest.mark.real
def test_model_foresees_what_the_daemon_does(observed: tuple[Observation, ...]) -> None:
    found = []
    for window in WINDOWS:
        record = {one.id: one.starts for one in observed if one.window is window}
        found += differences(window, record)
    assert not found, "\n".join([f"{len(found)} schedules differ:", *found[:20]])


@pytest.mark.real
def test_something_ran_in_every_window(observed: tuple[Observation, ...]) -> None:
    for window in WINDOWS:
        assert sum(len(one.starts) for one in observed if one.window is window) > 50, window.name
