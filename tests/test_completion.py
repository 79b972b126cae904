"""Completion in a shell: the script that is printed, run by a real bash, and what the other shells are told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from converters.findings.codes import CATALOGUE
from migrate.cli import COMMANDS
from tests.cli import FIXTURES, ROOT, run

SETTINGS = """
owner: tests
environments:
  production: {region: ap-northeast-1, subnets: [CHANGE_ME]}
  sandbox: {region: us-east-1}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a workspace and with the tool on its own path."""
    assert (
        run("scan", str(FIXTURES / "legacy-rails"), "--from", "2026-01-01", "--until", "2027-01-01", cwd=tmp_path).code
        == 0
    )
    (tmp_path / "migration/cron2fargate.yml").write_text(SETTINGS)
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin/cron2fargate"
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m migrate.cli "$@"\n')
    tool.chmod(0o755)
    return tmp_path


def _environment(place: Path, **more: str) -> dict[str, str]:
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **more}


def bash(place: Path, line: str) -> list[str]:
    """What bash would offer at the end of a line: the printed script is sourced, and its function called as bash does."""
    words = line.split(" ")
    script = (
        'source <(cron2fargate completion bash) || exit 1; COMP_CWORD=$(($# - 1)); COMP_WORDS=("$@"); '
        '_cron2fargate_completion cron2fargate; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        cwd=place,
        env=_environment(place),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands(place: Path) -> None:
    assert bash(place, "cron2fargate ") == list(COMMANDS)
    assert bash(place, "cron2fargate comp") == ["completion"]


def test_jobs_of_the_workspace(place: Path) -> None:
    names = sorted(path.name for path in (place / "migration/jobs").iterdir())
    assert set(names) <= set(bash(place, "cron2fargate status "))
    assert bash(place, "cron2fargate run -e sandbox report") == [name for name in names if name.startswith("report")]
    (place / "migration").rename(place / "elsewhere")
    assert bash(place, "cron2fargate run report") == []
    assert bash(place, "cron2fargate run --out elsewhere report") == [n for n in names if n.startswith("report")]


def test_environments_of_settings_that_are_not_filled_in(place: Path) -> None:
    assert bash(place, "cron2fargate plan -e ") == ["production", "sandbox"]
    (place / "other.yml").write_text("environments: {third: {}}")
    assert bash(place, "cron2fargate plan --settings other.yml --environment ") == ["third"]


def test_codes_zones_and_options(place: Path) -> None:
    assert bash(place, "cron2fargate explain c30") == [code for code in sorted(CATALOGUE) if code.startswith("C30")]
    assert "Asia/Tokyo" in bash(place, "cron2fargate scan --timezone asia/to")
    assert bash(place, "cron2fargate scan --lan") == ["--lang"]
    assert bash(place, "cron2fargate --lang ") == ["en", "ja"]
    assert bash(place, "cron2fargate completion ") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("broken", ["{", "environments: []", "environments: {a: 1}", "\x00", None])
def test_a_broken_workspace_offers_nothing_and_says_nothing(place: Path, broken: str | None) -> None:
    settings = place / "migration/cron2fargate.yml"
    if broken is None:
        settings.unlink()
    else:
        settings.write_text(broken)
    (place / "migration/.cron2fargate/state.json").write_text("{")
    assert bash(place, "cron2fargate plan -e ") == []
    assert "reports-daily" in bash(place, "cron2fargate run reports")


def test_tab_in_an_interactive_bash(place: Path) -> None:
    child = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], cwd=str(place), env=_environment(place, PS1="$ ", TERM="dumb"), timeout=60
    )
    child.expect_exact("$ ")
    child.sendline('eval "$(cron2fargate completion bash)"; echo re"ady"')
    child.expect_exact("ready\r\n")
    child.send("cron2fargate run reports-d\t")
    child.expect_exact("reports-daily ")
    child.close(force=True)


@pytest.mark.parametrize(
    ("shell", "environment", "told"),
    [
        (
            "zsh",
            {"COMP_WORDS": "cron2fargate explain C301", "COMP_CWORD": "2"},
            ["plain", "C301", CATALOGUE["C301"].title],
        ),
        (
            "fish",
            {"COMP_WORDS": "cron2fargate explain C301", "COMP_CWORD": "C301"},
            ["plain", "C301", CATALOGUE["C301"].title],
        ),
    ],
)
def test_other_shells_are_told_what_a_code_means(
    tmp_path: Path, shell: str, environment: dict[str, str], told: list[str]
) -> None:
    result = run(cwd=tmp_path, env={"_CRON2FARGATE_COMPLETE": f"{shell}_complete", **environment})
    assert (result.code, result.err) == (0, "")
    for part in told:
        assert part in result.out


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --no-files")]
)
def test_the_script_of_each_shell(tmp_path: Path, shell: str, words: str) -> None:
    result = run("completion", shell, cwd=tmp_path)
    assert words in result.out
    assert "_CRON2FARGATE_COMPLETE" in result.out
    assert run("completion", "tcsh", cwd=tmp_path).code == 2
