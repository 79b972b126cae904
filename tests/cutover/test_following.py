"""cutover --follow: the first run on AWS is waited for, judged, and the way back is offered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate.aws import side
from migrate.aws.side import AwsSide, LastRun
from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"*/20 * * * * root /usr/bin/other\n30 3 * * * root /usr/bin/backup\n"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        yield made


def ran(
    place: Place, monkeypatch: pytest.MonkeyPatch, code: int | None, *, seconds: float = 7, late: float = 5
) -> None:
    """The embedded AWS starts nothing by itself: here a task comes at the next minute :00, :20 or :40."""
    begun = place.clock.second

    def last(_aws: Any, _owner: str, _job: str) -> AwsSide:
        minute = int(place.clock.second // 1200) * 1200
        if minute <= begun or place.clock.second < minute + late:
            return AwsSide([], None)
        going = place.clock.second < minute + late + seconds
        at = datetime.fromtimestamp(minute + late, UTC)
        return AwsSide([], LastRun(at, None if going else code, "Essential container exited", going, seconds))

    monkeypatch.setattr(side, "side_of", last)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


RUNS = {
    "good": (0, 5, 0, "exit status 0, 7 s"),
    "failed": (3, 5, 1, "exit status 3, 7 s (how long it took under cron is not known); Essential container exited"),
    "never began": (None, 5, 1, "exit status none"),
    "late": (0, 100, 0, "first run 100 s after its minute"),
    "did not start": (0, 1100, 1, "other: it did not start"),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_first_run(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, late, expected, text = RUNS[name]
    ran(place, monkeypatch, code, late=late)
    assert place.forward("other", follow=True) == expected
    out = said(capsys)
    assert text in out
    assert ("'cron2fargate rollback other' takes it back" in out) == bool(expected)
    assert place.phase("other") == "new"  # nobody was there to say yes


def test_a_run_that_is_too_far_off_is_not_waited_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = place.clock.second
    assert place.forward("backup", follow=True) == 0
    assert "its first run is due later than --wait; look with 'cron2fargate verify backup'" in said(capsys)
    assert place.clock.second - before < 3600


def test_a_run_that_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran(place, monkeypatch, 0, seconds=1000)
    assert place.forward("other", follow=True, wait=25) == 0
    assert "it started and still runs" in said(capsys)
