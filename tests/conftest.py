"""What holds for every test: signals and umask as on a fresh terminal, how much hypothesis tries, and who goes first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings

from migrate.terminal import console
from migrate.terminal.language import choose
from tests.effort import DEEP, tries

FIRST = (
    # Real daemons at a multiple of their speed: minutes of waiting, beside all the rest.
    "tests/real/test_debian_cron.py",
    "tests/real/test_engine_by_daemon.py",
    "tests/real/test_migration.py::test_thirty",
    # Then the long ones, so that no worker is left with one at the end; those that wait between those that compute.
    "tests/test_engine.py",
    "tests/cutover/test_killed.py",
    "tests/aws/test_faults.py",
    "tests/real",
    "tests/aws/test_state_machine_locks.py",
    "tests/terminal",
    "tests/browser",
    "tests/aws",
    "tests/command",
    "tests/test_scan.py",
    "tests/test_export.py",
)
"""Beginnings of test names, in the order in which they start; all others follow."""
SPLIT = (
    "tests/real/test_migration.py",
    "tests/cutover/test_killed.py",
    "tests/terminal/test_review.py",
    "tests/test_engine.py",
    "tests/aws/test_faults.py",
    "tests/aws/test_state_machine_locks.py",
    "tests/aws/test_state_machine_runs.py",
    "tests/test_fuzz.py",
)
"""Long files without a shared set-up: each test may go to any worker. Of all others the whole file goes to one."""
TOGETHER = {"tests/real/test_engine_by_daemon.py": "tests/real/test_debian_cron.py"}
"""Files that read what another one recorded go where it was recorded."""


IGNORED = "TESTS_IGNORED_SIGNALS"


def _pass(_signal: int, _frame: FrameType | None) -> None:
    """A signal that was ignored has no effect on the test runner now either."""


@pytest.fixture(autouse=True)
def _usual_manners() -> Iterator[None]:
    """What a test asks for on the command line (--quiet, --lang) ends with it, where the command ran in this process."""
    yield
    console.manner.quiet = console.manner.verbose = False
    choose("en")


def pytest_configure(config: pytest.Config) -> None:
    _start_with_usual_signals()
    # What a test writes has the modes that it means, also under the umask 077 of a careful administrator.
    os.umask(0o022)
    # In CI the same examples each time, so that a change is judged by what it changes; elsewhere, other ones each time.
    settings.register_profile(
        "cron2fargate", max_examples=tries(100), deadline=None, derandomize="CI" in os.environ and not DEEP
    )
    settings.load_profile("cron2fargate")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # the order is ours, below


def _start_with_usual_signals() -> None:
    """What `nohup`, `&` in a script or a service manager left ignored or blocked would be so in each process that a test
    starts: exec hands ignored signals on, but not handlers (POSIX, exec). So a handler takes the place of each."""
    # Python itself ignores these two, and gives them back to what subprocess starts (restore_signals).
    ignored = {one for one in signal.valid_signals() if signal.getsignal(one) is signal.SIG_IGN}
    ignored -= {signal.SIGPIPE, signal.SIGXFSZ}
    # The workers of a runner that ignored a hangup must outlive it as well, though they start as usual.
    ignored |= {signal.Signals(int(one)) for one in os.environ.get(IGNORED, "").split()}
    for number in ignored:
        signal.signal(number, _pass)
    os.environ[IGNORED] = " ".join(str(int(number)) for number in sorted(ignored))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: so many tests wait for a daemon at most times."""
    return len(os.sched_getaffinity(0)) + 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=rank)


def scope(nodeid: str) -> str:
    """What goes to one worker as a whole."""
    file = nodeid.partition("::")[0]
    return nodeid if file in SPLIT else TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    return Scheduler(config, log)
