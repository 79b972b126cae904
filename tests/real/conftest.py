"""Real daemons run at a multiple of their speed: what they are late by is multiplied too, so they come first."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import pytest

from tests.effort import DEEP

# MiniStack pins one release of botocore and cannot live beside ours, so it is asked only where somebody has given it a place.
# A whole Debian with packages takes minutes to be made: in the deep run.
_IGNORED = {"test_second_emulator.py": not os.environ.get("MINISTACK_PYTHON"), "test_draft_packages.py": not DEEP}
collect_ignore = [name for name, is_ignored in _IGNORED.items() if is_ignored]


@pytest.fixture(autouse=True, scope="module")
def before_the_other_tests() -> Iterator[None]:
    """Threads and processes that are started meanwhile have the same priority."""
    this = threading.get_native_id()
    usual = os.getpriority(os.PRIO_PROCESS, this)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, this, -15)
    yield
    os.setpriority(os.PRIO_PROCESS, this, usual)
