"""disable --all and enable --all: off at once, and back to exactly what was on, whatever happens in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate import checks
from migrate.aws import frames
from migrate.aws.switched_off import FILE
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.surroundings import furnish
from tests.aws.world import Killed, World

JOB = """\
type: "FARGATE"
cluster: "cron"
name: "{name}"
containers:
- name: app
  cpu: 256
  memory: 512
  image: example/app:1
{rest}
"""
RULE = 'schedule:\n  scheduleExpression: "cron(0 3 * * ? *)"'
TWO = 'schedule:\n  scheduleExpression: ["cron(0 3 * * ? *)", "cron(0 4 * * ? *)"]'
ZONED = f'{RULE}\n  timezone: "Asia/Tokyo"'
SERVICE = "service:\n  desiredCount: 2"
JOBS = {"plain": RULE, "two": TWO, "zoned": ZONED, "always": SERVICE, "byhand": RULE, "more": RULE}


def call(*arguments: object) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture
def out(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All are registered and on, but for ``byhand``."""
    monkeypatch.setattr(checks, "CHECKS", ())
    for name, rest in JOBS.items():
        (tmp_path / "jobs" / name).mkdir(parents=True)
        (tmp_path / "jobs" / name / "ecs.yml").write_text(JOB.format(name=name, rest=rest))
    (tmp_path / "cron2fargate.yml").write_text(furnish(world))
    assert call("register", "--create", "--yes", "--out", tmp_path) == 0
    for name in set(JOBS) - {"byhand"}:
        assert call("enable", name, "--yes", "--out", tmp_path) == 0
    return tmp_path


def on(world: World) -> set[str]:
    aws = world.connect(read_only=True)
    found = [one for job in JOBS for one in frames.find(aws, "web1", job)]
    assert len(found) >= len(JOBS)
    return {f"{one.backend} {one.name}" for one in found if one.enabled}


ALL = {"rule plain", "rule two", "rule two-2", "schedule zoned", "service always", "rule more"}


def test_off_at_once_and_back_to_exactly_what_was_on(
    world: World, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on(world) == ALL
    before = world.state()
    assert call("disable", "--all", "--yes", "--out", out) == 0
    assert on(world) == set()
    assert len(json.loads((out / FILE).read_text())["environments"]["sandbox"]["off"]) == len(ALL)
    assert call("disable", "--all", "--yes", "--out", out) == 0, "a second one forgets nothing"
    assert "nothing is on" in capsys.readouterr().out
    assert call("enable", "--all", "--yes", "--out", out) == 0
    assert on(world) == ALL
    assert world.state() == before
    assert json.loads((out / FILE).read_text())["environments"] == {}
    with pytest.raises(UserError, match="nothing is remembered"):
        call("enable", "--all", "--yes", "--out", out)


def test_what_changes_in_between(world: World, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("disable", "--all", "--yes", "--out", out)
    call("enable", "more", "--yes", "--out", out)  # by name, and then all off again: it is remembered once
    call("enable", "byhand", "--yes", "--out", out)
    call("disable", "--all", "--yes", "--out", out)
    assert on(world) == set()
    events = world.client("events")
    events.remove_targets(Rule="two-2", Ids=[one["Id"] for one in events.list_targets_by_rule(Rule="two-2")["Targets"]])
    events.delete_rule(Name="two-2")
    events.enable_rule(Name="plain")
    capsys.readouterr()
    assert call("enable", "--all", "--yes", "--out", out) == 0
    assert "rule two-2 of two was switched off here and is not there any more" in capsys.readouterr().out
    assert on(world) == (ALL | {"rule byhand"}) - {"rule two-2"}
    assert json.loads((out / FILE).read_text())["environments"] == {}


def test_what_ends_half_way_is_ended_by_the_next(world: World, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = frames.switch, [3]

    def dies(*given: Any, **named: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        real(*given, **named)

    for command in ("disable", "enable"):
        monkeypatch.setattr(frames, "switch", dies)
        left[0] = 3
        with pytest.raises(Killed):
            call(command, "--all", "--yes", "--out", out)
        assert 0 < len(on(world)) < len(ALL)
        monkeypatch.setattr(frames, "switch", real)
        assert call(command, "--all", "--yes", "--out", out) == 0
        assert on(world) == (set() if command == "disable" else ALL)


def test_what_is_refused_stays_off_and_remembered(world: World, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("disable", "--all", "--yes", "--out", out)
    monkeypatch.setattr(
        "migrate.cutover.asking.ask_alone", lambda *given: ["its role is gone"] if given[3] == "plain" else []
    )
    assert call("enable", "--all", "--yes", "--out", out) == 1
    assert on(world) == ALL - {"rule plain"}
    monkeypatch.undo()
    monkeypatch.setattr(checks, "CHECKS", ())
    assert call("enable", "--all", "--yes", "--out", out) == 0
    assert on(world) == ALL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "does not tell what was switched off"),
        ('{"version": 2, "environments": {}}', "another version"),
        ('{"version": 1, "environments": {"sandbox": {"off": [{"job": 1}]}}}', "does not tell"),
        ('{"version": 1, "environments": {"sandbox": {"account": "9", "region": "x", "off": []}}}', "in account 9, x"),
    ],
)
def test_a_file_that_cannot_be_used_switches_nothing(world: World, out: Path, text: str, said: str) -> None:
    (out / FILE).parent.mkdir(exist_ok=True)
    (out / FILE).write_text(text)
    for command in ("disable", "enable"):
        with pytest.raises(UserError, match=said):
            call(command, "--all", "--yes", "--out", out)
    assert on(world) == ALL


@pytest.mark.parametrize("command", ["disable", "enable"])
def test_one_job_or_all(world: World, out: Path, command: str) -> None:
    for arguments in ([], ["plain", "--all"]):
        with pytest.raises(UserError, match="one JOB, or say --all"):
            call(command, *arguments, "--yes", "--out", out)
    with pytest.raises(UserError, match=r"--yes|nothing is remembered"):
        call(command, "--all", "--out", out)
    assert on(world) == ALL
