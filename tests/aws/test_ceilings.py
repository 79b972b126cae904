"""plan, register and check under ceilings of the environment: what is told, what is not written, and what makes it go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate import checks
from tests.aws.test_commands import call, lines
from tests.aws.world import KOYAMA, SETTINGS, World


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    out = tmp_path / "migration"
    for name, expression in (("a", "cron(0 3 * * ? *)"), ("b", "cron(0,30 3 * * ? *)"), ("c", "cron(0 9 * * ? *)")):
        (out / "jobs" / name).mkdir(parents=True)
        text = KOYAMA.replace("cron-koyama_test", name).replace("rate(1 minute)", expression)
        assert text != KOYAMA
        (out / "jobs" / name / "ecs.yml").write_text(text + "start: workflow\n")
    return out


def settings(out: Path, ceilings: str) -> None:
    (out / "cron2fargate.yml").write_text(f"{SETTINGS}    ceilings: {ceilings}\n")


# ceilings -> codes that are told
TABLE = [
    ("{startsPerMinute: 2, startsPerHour: 3, pricePerMonth: 100}", []),
    ("{startsPerMinute: 1}", ["C554"]),
    ("{startsPerHour: 2}", ["C555"]),
    ("{pricePerMonth: 0.01}", ["C556"]),
    ("{startsPerMinute: 1, startsPerHour: 2, pricePerMonth: 0.01}", ["C554", "C555", "C556"]),
]


@pytest.mark.parametrize(("given", "codes"), TABLE)
def test_what_passes_a_ceiling_is_not_written(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str], given: str, codes: list[str]
) -> None:
    settings(workspace, given)
    at = ("--out", workspace, "--create")
    assert call("plan", *at, "--format", "json") == bool(codes)
    told = json.loads(capsys.readouterr().out)["ceilings"]
    assert [(one["code"], one["accepted"]) for one in told] == [(code, False) for code in codes]
    assert call("register", *at, "--yes") == bool(codes)
    assert (world.state() == {}) == bool(codes)
    said = lines(capsys)
    assert sum(line.startswith("x ") and f"({code})" in line for code in codes for line in said) == len(codes)
    if codes:
        # Some of them are not all of them.
        assert call("register", *at, "--yes", "--accept", codes[0]) == (len(codes) > 1)
        accepted = [word for code in codes for word in ("--accept", code)]
        assert call("plan", *at, *accepted) == 0
        assert call("register", *at, "--yes", *accepted) == 0
    assert world.state() != {}


def test_one_job_is_counted_with_those_of_the_workspace(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(workspace, "{startsPerMinute: 1}")
    at = ("--out", workspace, "--create")
    assert call("plan", *at, "-t", workspace / "jobs/c/ecs.yml") == 1
    said = next(line for line in lines(capsys) if "(C554)" in line)
    assert said.startswith("x 2 starts in one minute, ") and "(a, b); 1 are the most here" in said


def test_check_says_the_numbers(workspace: Path, world: World, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(checks, "CHECKS", ())
    settings(workspace, "{startsPerMinute: 2, startsPerHour: 2, pricePerMonth: 100}")
    assert call("check", "--out", workspace, "--format", "json") == 1
    (section,) = json.loads(capsys.readouterr().out)["checks"]
    assert [line["verdict"] for line in section["lines"]] == ["OK", "NG", "OK"]
    assert section["lines"][1]["code"] == "C555"
    assert section["lines"][0]["text"].startswith("2 starts in the busiest minute, ")
    settings(workspace, "{}")
    assert call("check", "--out", workspace, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["checks"] == []


def test_the_workflows_count_and_the_table_is_there(world: World, workspace: Path) -> None:
    settings(workspace, "{startsPerMinute: 2, startsPerHour: 9}")
    assert call("register", "--out", workspace, "--create", "--yes") == 0
    machine = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:a"
    found = world.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    states = json.loads(found["definition"])["States"]
    assert states["Count the starts of this minute"]["Next"] == "Count the starts of this hour"
    assert states["Count the starts of this hour"]["Next"] == "Run the task"
    assert world.client("dynamodb").list_tables()["TableNames"] == ["cron2fargate-web1-locks"]
    # Without a change there is nothing to write, and without the setting the counting goes.
    assert call("register", "--out", workspace, "--create") == 0
    settings(workspace, "{}")
    assert call("register", "--out", workspace, "--yes") == 0
    found = world.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    assert "Count the starts" not in found["definition"]
