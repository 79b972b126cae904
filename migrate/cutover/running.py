"""Is a run of a job going on this machine right now? By its lock, and by its process; Linux only, and it only looks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from converters.tables.anacrontab import is_due
from migrate.document.job import CommandRead, Job
from migrate.machine.clock import load_zone
from migrate.machine.rooted import Tree

PROC = Path("/proc")
# SPOOLDIR of anacron 2.3 and of cronie's (configure.ac); one file a job with the day of its last start, YYYYMMDD.
_STAMPS = "var/spool/anacron"
# proc(5), /proc/locks: device as hexadecimal major:minor, then the inode.
_LOCK = re.compile(r"(?P<major>[0-9a-f]+):(?P<minor>[0-9a-f]+):(?P<inode>\d+)")


def run_here(job: Job) -> str | None:
    """Why a run of this job of the report seems to be going here, or None (also where nothing can be seen)."""
    lock = job.wishes.lock
    file = lock.file or lock.name if lock is not None else ""
    if file.startswith("/") and any(map(_held, _spellings(file))):
        return f"its lock {file} is held"
    pid = _process(job.command) if job.script is None else _script_process(job.command)
    return f"its process {pid} runs" if pid is not None else None


def catching_up(job: Job, tree: Tree, now: float) -> str | None:
    """Why anacron may start the job's directory at any minute now; None where it does not, or nothing can be seen.

    Its window of today is over, and its stamp says that it is due all the same: the machine was down, or on battery.
    """
    times = job.anacron
    if times is None or "/" in times.identifier:
        return None
    try:
        text = tree.place(f"{_STAMPS}/{times.identifier}").read(64)
        stamp = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except FileNotFoundError:
        # lock.c, open_tsfile: without a stamp a job has never run, and is due at once.
        never = tree.place(_STAMPS).is_dir()
        return f"anacron has never started {times.identifier}, and may do so at any minute" if never else None
    except (OSError, ValueError):
        return None
    here = datetime.fromtimestamp(now, load_zone(job.timezone.lstrip(":")))
    over = here.hour * 60 + here.minute > times.latest
    if not over or not is_due(times.period, stamp, here.date()):
        return None
    return f"anacron has yet to catch up on {times.identifier} (its last run was {stamp.isoformat()})"


def _spellings(name: str) -> list[Path]:
    """The files that a lock's name may mean: `/run/x` is also `/var/run/x`, which on the BSDs is the only one."""
    return [Path(name), *([Path("/var" + name)] if name.startswith("/run/") else [])]


def _held(path: Path) -> bool:
    try:
        status = path.stat()
        locks = (PROC / "locks").read_text("ascii", "replace")
    except OSError:
        return False
    mine = os.major(status.st_dev), os.minor(status.st_dev), status.st_ino
    return any(
        (int(found["major"], 16), int(found["minor"], 16), int(found["inode"])) == mine
        for line in locks.splitlines()
        # A line with `->` is a process that waits for the lock.
        if "->" not in line and (found := _LOCK.search(line))
    )


def _script_process(command: CommandRead) -> int | None:
    """A run of the script, or of the run-parts that has begun its directory and may come to it yet."""
    path = os.fsencode(command.argv[0] if command.argv else command.text)
    directory = path.rpartition(b"/")[0]
    for pid, words in _commands():
        program = [word.rpartition(b"/")[2] for word in words[:2]]
        # Red Hat's run-parts is a script, so its interpreter's name stands before its own.
        if path in words or (b"run-parts" in program and directory in [word.rstrip(b"/") for word in words]):
            return pid
    return None


def _process(command: CommandRead) -> int | None:
    """The shell that cron started with this very text, or what it gave way to."""
    # bash and BusyBox exec the last command: then the shell is gone and its words run.
    text, words = command.text, command.argv
    # What was masked in the report cannot be compared.
    shell = [text.encode("utf-8", "surrogateescape")] if text and "***" not in text else []
    argv = [word.encode("utf-8", "surrogateescape") for word in words] if words else None
    for pid, found in _commands():
        if (
            # cron starts `SHELL -c COMMAND`: three words, the last of which is the line's own text.
            (found[1:2] == [b"-c"] and found[2:] == shell and shell) or (argv and found == argv)
        ):
            return pid
    return None


def _commands() -> Iterator[tuple[int, list[bytes]]]:
    """The processes of this machine but ourselves, with their words."""
    try:
        pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return
    # Others' processes are seen unless /proc is mounted with hidepid.
    for pid in pids:
        try:
            found = (PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if pid != os.getpid():
            yield pid, found
