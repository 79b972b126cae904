"""No mutated line of a crontab ends a scan, or makes it run away."""

from __future__ import annotations

import pytest

from tests.cli import FIXTURES, ROOT
from tests.effort import DEEP
from tools import fuzz

PLACES = [FIXTURES / name for name in ("legacy-rails", "broken", "commands", "labels")]
SHARED = ROOT.parent.parent / "shared" / "corpus"
LINES = 125_000 if DEEP else 400
"""For each seed: a million lines in the full run."""


@pytest.mark.parametrize("seed", range(8))
def test_no_mutated_line_ends_a_scan(seed: int) -> None:
    lines = fuzz.corpus([*PLACES, *([SHARED] if SHARED.exists() else [])])
    found = fuzz.fuzz(lines, LINES, seed)
    assert found.lines == LINES
    assert found.jobs > LINES // 10  # of four batches in a dialect that takes few of these lines, a sixth is jobs
    assert found.fallen == []


def test_what_falls_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge itself: an error deep in the engine is found, and told with the one line that does it."""
    real = fuzz.ecs_text

    def falls(spec: dict[str, object]) -> str:
        if "unlucky" in str(spec["legacy"]):
            raise KeyError("unlucky")
        return real(spec)

    monkeypatch.setattr(fuzz, "ecs_text", falls)
    lines = [f"{at} 2 * * * /bin/job{at}" for at in range(60)]
    lines[40] = "9 9 * * * /bin/unlucky"
    fault = fuzz.attempt(lines, "cronie", "UTC", "user")
    assert fault is not None
    assert fault.startswith("KeyError")
    assert fuzz.smallest(lines, "cronie", "UTC", "user", fault) == [lines[40]]


# Lines that ended a scan once, or made it run away, as the full run found them: dialect, zone, kind, line.
FELL = r"""
cronie-1.6 | UTC | user | @reboot COMPOSE_FILE=${DEPLOY_ROO }/docker-compose.yml ]] er-compose.deploy.yml $1}'
busybox | Australia/Lord_Howe | system | 0 0 * * *    dock${x:-y}er exec phantomdc_1 bash -l -c 'rake phantom-dc:count'
busybox | America/New_York | system | */7 * * * * expr \( $(date +%s) / 604800 \) % 2 ate willv/null && php job.php
"""


@pytest.mark.parametrize("row", [row for row in FELL.splitlines() if row])
def test_what_fell_once_stands(row: str) -> None:
    dialect, zone, kind, line = row.split(" | ", 3)
    assert fuzz.attempt([line, line.replace("&&", "||")], dialect, zone, kind) is None
