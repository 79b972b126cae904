"""The lock file has what pyproject.toml asks for, by hash, and nothing of the machine that wrote it."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cli import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *(one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra),
]


def locked() -> dict[str, list[str]]:
    """Name -> releases; more than one where Pythons or platforms differ."""
    found: dict[str, list[str]] = {}
    for name, release in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", LOCK, re.M):
        found.setdefault(canonicalize_name(name), []).append(release)
    return found


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_for_is_locked_within_its_range(asked: str) -> None:
    wanted = Requirement(asked)
    releases = locked().get(canonicalize_name(wanted.name), [])
    assert releases, f"run `make lock`: {wanted.name} is not in requirements.lock"
    assert all(wanted.specifier.contains(release) for release in releases), f"run `make lock`: {asked}, not {releases}"


def test_each_release_has_a_hash() -> None:
    entries = re.split(r"\n(?=\w)", "\n".join(line for line in LOCK.splitlines() if not line.startswith("#")))
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_index_is_named() -> None:
    """Whose mirror wrote it is nobody's business, and would not be there for others."""
    assert not re.search(r"://|--(extra-)?index|--find-links|file:", LOCK)


@pytest.mark.parametrize("script", ["lock.sh", "newest.sh"])
def test_scripts_are_good_sh(script: str) -> None:
    subprocess.run(["sh", "-n", ROOT / "tools" / script], check=True)
