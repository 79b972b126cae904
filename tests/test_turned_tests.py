"""``! CHECK && JOB`` as it stands in ecs.yml: where the check does well nothing was to do, which is no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import scanned

IS_IF = """
! /srv/app/check && /srv/app/alert | if ! /srv/app/check; then exec /srv/app/alert; fi
! grep -q x /srv/f && /srv/app/alert | if ! grep -q x /srv/f; then exec /srv/app/alert; fi
! /srv/app/check || exit; /srv/app/run | ! /srv/app/check || exit 0; exec /srv/app/run
"""


@pytest.mark.parametrize(("command", "written"), [row.split(" | ") for row in IS_IF.splitlines() if row])
def test_a_test_that_is_turned_is_written_as_an_if(tmp_path: Path, command: str, written: str) -> None:
    (tmp_path / "table").write_text(f"0 2 * * * {command}\n")
    scanned(tmp_path, "table", "--user-crontab")
    (spec,) = (tmp_path / "migration/jobs").glob("*/ecs.yml")
    assert written in spec.read_text()
