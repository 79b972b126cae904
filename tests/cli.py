"""Runs the tool as a process, as its users do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"


@dataclass(frozen=True)
class Result:
    """What a run left behind; a traceback is never among it."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(
    *args: str, cwd: Path, data: bytes | None = None, env: dict[str, str] | None = None, timeout: float = 120
) -> Result:
    """``cron2fargate ARGS`` in a directory, with a fixed zone and no AWS identity unless ``env`` says otherwise."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "migrate.cli", *args],
        cwd=cwd,
        input=data if data is not None else b"",
        capture_output=True,
        env={
            **clean,
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
            **(env or {}),
        },
        timeout=timeout,
        check=False,
    )
    result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in result.err, result.err
    assert "internal error" not in result.err, result.err
    return result
