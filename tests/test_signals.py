"""The tests say the same under `nohup`, in the background of a script and under a service manager."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import ROOT

ASKED = """
import signal, subprocess, sys

def test_what_is_started_here_has_the_usual_signals():
    told = "import signal; print([s.name for s in signal.valid_signals() if signal.getsignal(s) is signal.SIG_IGN])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['SIGPIPE', 'SIGXFSZ']"  # what every Python ignores
    told = "import signal; print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout.strip() == "[]"
    signal.raise_signal(signal.SIGHUP)  # what was ignored still ends nothing

def test_what_is_written_here_has_the_usual_mode(tmp_path):
    subprocess.run(["sh", "-c", "echo > by-a-process"], cwd=tmp_path, check=True)
    (tmp_path / "by-python").write_text("")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["here", "in a worker"])
def test_signals_and_umask_of_who_started_the_tests_are_not_handed_on(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_asked.py").write_text(ASKED)
    ignored = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD)

    def as_nohup() -> None:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
        os.umask(0o077)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            *workers,
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=as_nohup,
    )
    assert "2 passed" in done.stdout, done.stdout
