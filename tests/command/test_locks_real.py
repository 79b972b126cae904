"""Locks and limits against the real `flock` and `timeout`: what the wish says is what the tool does."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from converters.commands.command import Lock, understand

# {0} is the lock file, {1} a file that the job makes.
FORMS = [
    "flock -n {0} touch {1}",
    "flock -xn {0} touch {1}",
    "flock -en {0} touch {1}",
    "flock --nonblock {0} touch {1}",
    "flock -w 0 {0} touch {1}",
    "flock -w 0.2 {0} touch {1}",
    "flock --timeout=0.2 {0} touch {1}",
    "flock -w0.2 {0} touch {1}",
    "flock -nE 75 {0} touch {1}",
    "flock -n -E0 {0} touch {1}",
    "flock -w 0.2 --conflict-exit-code=42 {0} touch {1}",
    "flock -sn {0} touch {1}",
    "flock -s -w 0.2 {0} touch {1}",
    "flock -n {0} -c 'touch {1}'",
    "flock -w 0.2 -E 9 {0} -c 'touch {1}'",
    "( flock -n 9 || exit 1; touch {1} ) 9>{0}",
    "( flock -n 9 || exit 3; touch {1} ) 9>{0}",
    "( flock -w 0.2 9 || exit; touch {1} ) 9>{0}",
    "( flock -n -E 7 9 || exit; touch {1} ) 9>{0}",
    "exec 9>{0}; flock -n 9 || exit 0; touch {1}",
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "lock"), str(tmp_path / "made")


@pytest.fixture(params=["exclusive", "shared"])
def holder(request: pytest.FixtureRequest, files: tuple[str, str]) -> Iterator[str]:
    """Another process that holds the lock, until the test is over."""
    option = "-x" if request.param == "exclusive" else "-s"
    process = subprocess.Popen(
        ["flock", option, "-o", files[0], "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield request.param
    process.communicate("go\n")


def lock_of(form: str, files: tuple[str, str]) -> tuple[str, Lock]:
    command = form.format(*files)
    lock = understand(command, environment={"SHELL": "/bin/sh"}).lock
    assert lock is not None
    assert lock.name == files[0]
    return command, lock


@pytest.mark.parametrize("form", FORMS)
def test_a_free_lock_lets_the_job_run(form: str, files: tuple[str, str]) -> None:
    command, _ = lock_of(form, files)
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0
    assert Path(files[1]).exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_taken_lock_does_what_the_wish_says(form: str, files: tuple[str, str], holder: str) -> None:
    command, lock = lock_of(form, files)
    status = subprocess.run(["sh", "-c", command], check=False, timeout=20).returncode
    excluded = not (lock.shared and holder == "shared")
    assert Path(files[1]).exists() == (not excluded)
    assert status == (lock.conflict_exit if excluded else 0)
    assert lock.policy == "skip" or lock.wait_seconds == 0.2


def until_it_waits_for(lock: str) -> None:
    """The kernel lists who waits for a lock with an arrow (proc_locks(5)), by the inode of its file."""
    waits = re.compile(rf"-> FLOCK .*:{Path(lock).stat().st_ino} ")
    deadline = time.monotonic() + 60
    while not waits.search(Path("/proc/locks").read_text()):
        assert time.monotonic() < deadline, "it does not wait"
        time.sleep(0.01)


@pytest.mark.parametrize("form", ["flock {0} touch {1}", "flock -x {0} -c 'touch {1}'", "( flock 9; touch {1} ) 9>{0}"])
def test_a_lock_that_waits_without_bound(form: str, files: tuple[str, str]) -> None:
    command, lock = lock_of(form, files)
    assert (lock.policy, lock.wait_seconds) == ("wait", None)
    held = subprocess.Popen(
        ["flock", "-o", files[0], "sh", "-c", "echo held; read line"], stdin=-1, stdout=-1, text=True
    )
    assert held.stdout is not None and held.stdout.readline() == "held\n"
    waiting = subprocess.Popen(["sh", "-c", command])
    until_it_waits_for(files[0])
    assert not Path(files[1]).exists()
    held.communicate("go\n")
    assert waiting.wait(20) == 0
    assert Path(files[1]).exists()


@pytest.mark.parametrize(
    "form",
    [
        "flock -u {0} touch {1}",
        "flock -n",
        "flock -n {0}",
        "flock -n {0} -c 'touch {1}' more",
        "flock -n -c 'touch {1}' {0}",
        "flock --nonsense {0} touch {1}",
        "flock -w {0} touch {1}",
        "flock -E x {0} touch {1}",
    ],
)
def test_what_flock_refuses_or_does_otherwise_is_not_taken(form: str, files: tuple[str, str]) -> None:
    job = understand(form.format(*files), environment={"SHELL": "/bin/sh"})
    assert job.lock is None
    assert job.remaining == form.format(*files)


LIMITS = [
    ("timeout 0.2 {}", "sleep 20", 124),
    ("timeout 0.2s {}", "sleep 20", 124),
    ("timeout -s INT 0.2 {}", "sleep 20", 124),
    ("timeout -s SIGINT 0.2 {}", "sleep 20", 124),
    ("timeout -s KILL 0.2 {}", "sleep 20", 137),
    ("timeout -k 0.2 0.2 {}", "sh -c 'trap : TERM; echo trapped; while :; do sleep 1; done'", 137),
    ("timeout --preserve-status 0.2 {}", "sleep 20", 128 + signal.SIGTERM),
    ("timeout --preserve-status -s INT 0.2 {}", "sleep 20", 128 + signal.SIGINT),
    ("timeout 0 {}", "sh -c 'exit 5'", 5),
    ("timeout 20 {}", "sh -c 'exit 5'", 5),
    ("timeout -k 1 20 {}", "true", 0),
]


@pytest.mark.parametrize(("form", "job", "status"), LIMITS)
def test_a_limit_ends_the_job_with_this_status(form: str, job: str, status: int) -> None:
    command = form.format(job)
    limit = understand(command).timeout
    stubborn = "trap" in job
    for patience in ("0.2", "2", "20"):  # on a busy machine the shell may not have come to its trap by then
        done = subprocess.run(["bash", "-c", command.replace("0.2", patience)], check=False, stdout=subprocess.PIPE)
        if not stubborn or done.stdout:
            break
    ended = done.returncode
    assert (ended if ended >= 0 else 128 - ended) == status
    if limit is None:
        assert status == 5  # `timeout 0` sets no limit
    elif status >= 124:
        assert limit.status(stubborn=stubborn) == status
