"""The demo's image and its try: read by the tool, run by an engine, and one sentence where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli import ROOT, run
from tests.images.builder import scratch
from tools.demo_image import NAME, archive

pytestmark = pytest.mark.real


def _workspace(place: Path) -> None:
    (place / "shop.tar").write_bytes(archive())
    container = {"name": "app", "cpu": 256, "memory": 512, "image": NAME, "command": ["/usr/local/bin/audit-logins"]}
    value = {"type": "FARGATE", "name": "audit-logins", "containers": [container]}
    folder = place / "migration" / "jobs" / "audit-logins"
    folder.mkdir(parents=True)
    (folder / "ecs.yml").write_text(yaml.safe_dump(value | {"schedule": {"scheduleExpression": "rate(1 hour)"}}))
    (place / "cli").write_text(f'#!/bin/sh\nexec {sys.executable} -m migrate.cli "$@"\n')
    (place / "cli").chmod(0o755)


def _tried(place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "tools" / "demo_try.sh"), str(place / "cli"), str(place / "shop.tar"), str(place / "migration")],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_image_of_the_demo_is_read(tmp_path: Path) -> None:
    assert archive() == archive()
    (tmp_path / "shop.tar").write_bytes(archive())
    found = run("image", "docker-archive:shop.tar", "--as", NAME, "--format", "json", cwd=tmp_path).document
    assert "/usr/local/bin/audit-logins" in found["programs"] and found["shells"]["sh"] == "dash"
    assert not found["broken"] and "/usr/bin/mail" not in found["programs"]


def test_its_job_is_tried_and_the_store_is_as_before() -> None:
    place = scratch()
    (place / "run").mkdir(mode=0o700)
    (place / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{place}/root"\nrunroot = "{place}/runroot"\n'
    )
    _workspace(place)
    environment = {
        "HOME": str(place),
        "XDG_RUNTIME_DIR": str(place / "run"),
        "CONTAINERS_CONF": str(ROOT / ".ci" / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(place / "storage.conf"),
    }
    try:
        done = _tried(place, **environment)
        left = subprocess.run(
            ["podman", "images", "-a", "-q"], env=os.environ | environment, capture_output=True, text=True, check=True
        )
    finally:
        shutil.rmtree(place, ignore_errors=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "OK    audit-logins: exit 0" in done.stdout and "| audit-logins: done" in done.stdout
    assert len(done.stdout.splitlines()) <= 10 and left.stdout == ""


def test_without_an_engine_it_is_one_sentence(tmp_path: Path) -> None:
    _workspace(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "grep").symlink_to(shutil.which("grep") or "grep")
    done = _tried(tmp_path, PATH=str(tmp_path / "bin"))
    assert (done.returncode, done.stdout) == (0, "") and done.stderr.count("\n") == 1
    assert "neither podman nor docker is here" in done.stderr
