"""Whole-process time of ``scan`` on 50 lines, as a multiple of starting bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Aim, Figure

ROUNDS = 15
TIMES = ["*/5 * * * *", "30 2 * * *", "0 3 1 * *", "15 4 * * 1-5", "0 9-18 * * 1", "@daily", "7 */2 * * *"]


def figures() -> list[Figure]:
    """Best of several rounds each, the two processes in turn, so that both see the same machine."""
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch) / "crontab"
        table.write_text("".join(f"{TIMES[i % 7]} cd /app && bin/job-{i} --all\n" for i in range(50)))
        scan = [str(Path(sys.executable).with_name("cron2fargate")), "scan", str(table), "--timezone", "Asia/Tokyo"]
        found = []
        for name, more in (("JSON, first scan", True), ("table, workspace already there", False)):
            bare, whole = [], []
            for turn in range(ROUNDS):
                out = f"{scratch}/out{turn if more else ''}"
                bare.append(_seconds([sys.executable, "-c", "pass"]))
                whole.append(_seconds([*scan, "--out", out, *(["--format", "json"] if more else [])]))
            what = f"scan of 50 lines, whole process ({name})"
            found.append(Figure(what, min(whole), "`python -c pass`", min(bare), Aim(12), slower=True))
        return found


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
    return time.perf_counter() - start
