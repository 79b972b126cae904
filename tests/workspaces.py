"""Commands in this process, in a directory of their own, and what they leave in the workspace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from migrate.cli import cli


def called(directory: Path, *words: str, code: int = 0) -> str:
    """What a command says; it ends as it should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        result = CliRunner().invoke(cli, [*words], standalone_mode=False)
    assert (result.exit_code, result.return_value or 0) == (0, code), (result.output, result.exception)
    return str(result.output)


def scanned(directory: Path, *words: str, out: str = "migration") -> dict[str, Any]:
    """The document of a scan in UTC with an image."""
    called(directory, "scan", *words, "--timezone", "UTC", "--image", "a:1", "--out", out)
    document: dict[str, Any] = json.loads((directory / out / "report.json").read_text(encoding="utf-8"))
    return document


def locks_of(directory: Path, document: dict[str, Any], out: str = "migration") -> list[str]:
    """The locks in the specs of the jobs, in their order."""
    specs = [directory / out / "jobs" / job["name"] / "ecs.yml" for job in document["jobs"]]
    found = [re.search(r"^lock:\n  name: \"?([^\s\"]+)", spec.read_text(encoding="utf-8"), re.M) for spec in specs]
    return [match[1] if match is not None else "" for match in found]
