"""One bad job never stands in another's way: it is left out, named first and last, the rest is done, and 1 is returned."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate import checks
from migrate.checks import sizes
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.world import KOYAMA, SETTINGS, World


def spec(name: str) -> str:
    return KOYAMA.replace("cron-koyama_test", name)


GOOD, TWIN = spec("good"), spec("zoned")
BAD: dict[str, Callable[[Path], object]] = {
    "mistakes": lambda file: file.write_text("name: bad\nschedule: [\n"),
    "a key too many": lambda file: file.write_text(spec("bad") + "nonsense: 1\n"),
    "nothing in it": lambda file: file.write_text(""),
    "not UTF-8": lambda file: file.write_bytes(b"name: caf\xe9\n"),
    "a directory": lambda file: file.mkdir(),
    "a link out": lambda file: file.symlink_to("/etc/passwd"),
    "a link nowhere": lambda file: file.symlink_to("none"),
    "a link in a circle": lambda file: file.symlink_to("ecs.yml"),
    "a FIFO": os.mkfifo,
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    out = tmp_path / "migration"
    for name in ("bad", "good"):
        (out / "jobs" / name).mkdir(parents=True)
    (out / "jobs/good/ecs.yml").write_text(GOOD)
    (out / "cron2fargate.yml").write_text(SETTINGS)
    return out


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


COMMANDS = (
    ("export", "terraform"),
    ("plan", "--create"),
    ("register", "--rehearse"),
    ("register", "--create", "--yes"),
    ("check",),
    ("status", "--offline"),
    ("status",),
    ("verify",),
)


@pytest.fixture(autouse=True)
def only_what_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS cannot simulate policies, nor tell all quotas."""
    monkeypatch.setattr(checks, "CHECKS", [one for one in checks.CHECKS if one.look is sizes.check])


@pytest.mark.parametrize("how", BAD)
def test_each_command_does_the_rest(
    world: World, workspace: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    BAD[how](workspace / "jobs/bad/ecs.yml")
    for command in COMMANDS if how == "mistakes" else COMMANDS[:2]:
        assert call(*command, "--out", workspace) == 1, command
        said = capsys.readouterr().out.splitlines()
        if command[0] != "verify":
            assert any(line.startswith("x bad is left out: ") for line in said[:3]), (command, said)
            summary = "x left out: bad; mend ecs.yml and run this again"
            assert summary in said[-2:], "a plan's last line counts"
            assert any("good" in line for line in said[2:] if line != summary), (command, said)
        assert not any("root:" in line for line in said), "a file of this machine"
    if how == "mistakes":
        assert world.rule("good").name == "good"
        assert call("enable", "good", "--yes", "--out", workspace) == 0
        assert call("disable", "good", "--yes", "--out", workspace) == 0


def test_json_names_it_too(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    BAD["mistakes"](workspace / "jobs/bad/ecs.yml")
    for command in (("plan", "--create"), ("check",), ("status",), ("status", "--offline")):
        assert call(*command, "--format", "json", "--out", workspace) == 1
        value = json.loads(capsys.readouterr().out)
        assert [one["job"] for one in value["leftOut"]] == ["bad"]


def test_nothing_left_is_unusable(world: World, workspace: Path) -> None:
    (workspace / "jobs/good/ecs.yml").write_text("[")
    for command in (("plan",), ("export", "terraform"), ("register", "--yes"), ("status", "--offline")):
        with pytest.raises(UserError) as caught:
            call(*command, "--out", workspace)
        assert caught.value.exit_code == 2


def test_two_of_a_name_that_neither_directory_has_are_both_left_out(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bad", "twin"):
        (workspace / "jobs" / name).mkdir(exist_ok=True)
        (workspace / "jobs" / name / "ecs.yml").write_text(TWIN)
    assert call("export", "cloudformation", "--out", workspace) == 1
    assert "x left out: zoned; mend ecs.yml and run this again" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TWIN.replace("example/docker-slack:latest", "CHANGE_ME/CHANGE_ME:CHANGE_ME"), "no image yet"),
        (TWIN.replace("https://", "\ue000"), "private-use characters"),
    ],
)
def test_what_only_the_export_refuses(
    world: World, workspace: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is left out, and so is what runs after it."""
    after = spec("last").partition("schedule:")[0]
    for name, content in {"zoned": text, "last": after + "after: [zoned]\n"}.items():
        (workspace / "jobs" / name).mkdir()
        (workspace / "jobs" / name / "ecs.yml").write_text(content)
    assert call("export", "cloudformation", "--out", workspace) == 1
    said = capsys.readouterr().out.splitlines()
    assert any(why in line for line in said), said
    assert "x last is left out: last: it runs after zoned, which is left out" in said
    assert said[-1] == "x left out: zoned, last; mend ecs.yml and run this again"
    assert (workspace / "export/cloudformation/sandbox/jobs/good.yml").exists()


def test_a_job_that_cannot_be_read_is_never_gone(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "jobs/bad/ecs.yml").write_text(spec("bad"))
    assert call("register", "--create", "--yes", "--out", workspace) == 0
    assert call("enable", "bad", "--yes", "--out", workspace) == 0
    BAD["mistakes"](workspace / "jobs/bad/ecs.yml")
    for _run in range(2):
        assert call("register", "--prune", "--yes", "--out", workspace) == 1
    assert world.rule("bad").enabled
    capsys.readouterr()
    assert call("disable", "bad", "--yes", "--out", workspace) == 1  # switched; of its alarm nothing is known
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("x bad is left out: ")
    assert not world.rule("bad").enabled


def test_a_spec_of_ones_own_may_lie_in_any_directory(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No scan knows of it, so no second job can come of its name."""
    (workspace / "jobs" / "koyama").mkdir()
    (workspace / "jobs" / "koyama" / "ecs.yml").write_text(TWIN)
    assert call("plan", "--out", workspace) == 1  # needs --create
    assert "left out" not in capsys.readouterr().out
