"""cutover --follow: the first run on AWS is waited for, judged, and the way back is offered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate.aws import side
from migrate.aws.side import LastRun, Runs
from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"*/20 * * * * root /usr/bin/other\n30 3 * * * root /usr/bin/backup\n"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        yield made


def ran(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    code: int | None,
    *,
    seconds: float = 7,
    late: float = 5,
    copies: int = 1,
    ahead: float = 0,
    starts: bool = True,
    reason: str = "Essential container exited",
) -> None:
    """The embedded AWS starts nothing by itself: here a task comes at the next minute :00, :20 or :40."""
    # `ahead`: seconds that AWS's clock is before this machine's.
    begun = place.clock.second

    def runs(_aws: Any, _owner: str, _job: str) -> Runs:
        now = place.clock.second + ahead
        first = (int(begun + ahead) // 1200 + 1) * 1200
        found = []
        for at in [first + late + n for n in range(copies)] + [first + 1200 + late]:
            if now >= at:
                going = now < at + seconds
                ended = None if going else code if at < first + 1200 else 0
                stamp = datetime.fromtimestamp(at, UTC)
                found.append(LastRun(stamp, ended, reason, going, seconds, begun=not going or starts))
        return Runs(tuple(found), now if ahead else None)

    monkeypatch.setattr(side, "runs_of", runs)


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


def test_the_first_run_is_judged_and_not_the_latest(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails, ECS tells of it late, and the next one is well already."""
    ran(place, monkeypatch, 3, seconds=1300)
    assert place.forward("other", follow=True, wait=60) == 1
    assert "exit status 3" in said(capsys)


# what happens -> exit code of the cutover, what is said
ODD: list[tuple[dict[str, Any], int | None, int, str]] = [
    ({"copies": 2}, 0, 0, "2 tasks started for one minute, where 1 was asked for"),
    (
        {"reason": "Essential container in task exited; OutOfMemoryError: killed"},
        137,
        1,
        "exit status 137, 7 s (how long",
    ),
    ({"reason": "CannotPullContainerError: no such tag"}, None, 1, "CannotPullContainerError"),
    ({"seconds": 5000, "starts": False}, None, 0, "its task was made and has not begun yet"),
    # This machine's clock is five minutes slow, or fast.
    ({"ahead": 300}, 0, 0, "first run 5 s after its minute, exit status 0"),
    ({"ahead": -300}, 0, 0, "first run 5 s after its minute, exit status 0"),
    ({"ahead": -300}, 4, 1, "exit status 4"),
]


@pytest.mark.parametrize(("how", "code", "expected", "text"), ODD)
def test_odd_first_runs(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: dict[str, Any],
    code: int | None,
    expected: int,
    text: str,
) -> None:
    ran(place, monkeypatch, code, **how)
    assert place.forward("other", follow=True, wait=40) == expected
    out = said(capsys)
    assert text in out
    assert "did not start" not in out
