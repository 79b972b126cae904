"""How much is tried: enough for each push, or with ``TESTS=deep`` (``make test-deep``) the full numbers.

What a test claims is the same in both; only the number of examples differs, and each run draws other ones.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

DEEP = os.environ.get("TESTS") == "deep"
SHARE = 4
"""Of the full number of examples, a push tries one part in so many."""
FEWEST = 60
"""Never less often than this, or as often as the full run: below, hypothesis hardly leaves its first guesses."""


def tries(full: int) -> int:
    """How often to try what the full run tries ``full`` times."""
    return full if DEEP else min(full, max(FEWEST, full // SHARE))


def examples(full: int, **others: Any) -> settings:
    """Settings for a hypothesis test that deserves ``full`` examples. No deadline: how long one takes says nothing on a
    machine that does other work too."""
    return settings(max_examples=tries(full), deadline=None, **others)
