"""A fleet: 2,000 hosts x 50 lines, 5 % distinct schedules, through ``scan`` to JSON, against what most people would write.

The peer is python-crontab parsing the same lines plus croniter listing one year of the distinct schedules. It would take
hours, so it is measured on a sample of both and scaled up; the table says so.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.figures import Aim, Figure

HOSTS, LINES, DISTINCT = 2000, 50, 5000
SHARE = 200
"""The peer is measured on one part in so many."""
ZONE = "America/New_York"


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        whole, peak = _scan(Path(scratch), HOSTS)
        tenth, _ = _scan(Path(scratch), HOSTS // 10)
        large, most = _scan(Path(scratch), HOSTS, distinct=True)
        small, _ = _scan(Path(scratch), HOSTS // 10, distinct=True)
        alone, _ = _scan(Path(scratch), HOSTS // 10, distinct=True, processors=1)
        table, _ = _scan(Path(scratch), HOSTS // 10, distinct=True, one_table=True)
    peer = _peer() * SHARE
    many, few = f"{HOSTS * LINES:,}", f"{HOSTS * LINES // 10:,}"
    here = f"on {_processors()} processors"
    return [
        Figure(
            f"scan of {many} lines to JSON, workspace included ",
            whole,
            f"python-crontab + croniter ({100 / SHARE:g} % sample x {SHARE})",
            peer,
            Aim(50, mebibytes=1024),
            peak=peak,
        ),
        Figure("ten times the lines", whole, f"{few} lines", tenth, Aim(10.5), slower=True),
        Figure(
            f"scan of {many} lines, no two alike, 98,640 schedules",
            large,
            f"{few} such lines",
            small,
            Aim(10.5, 90, 1024),
            slower=True,
            peak=most,
        ),
        Figure(f"scan of {few} lines, no two alike, {here}", small, "on one of them", alone, Aim(1.5)),
        Figure(f"the same lines in one table, {here}", table, "on one of them, in many tables", alone, Aim(1.4)),
    ]


def schedules() -> list[str]:
    """What people write, in about the shares they write it in."""
    dice = random.Random(7)
    found = []
    for _ in range(DISTINCT):
        m, h, kind = dice.randrange(60), dice.randrange(24), dice.random()
        if kind < 0.25:
            text = f"{m} {h} * * *"
        elif kind < 0.4:
            text = f"{m} {h} * * {dice.randrange(7)}"
        elif kind < 0.5:
            text = f"{m} {h} {dice.randrange(1, 29)} * *"
        elif kind < 0.65:
            text = f"{dice.randrange(5)}-59/{dice.choice([2, 3, 5, 7, 10, 15])} * * * *"
        elif kind < 0.75:
            text = f"{m} */{dice.choice([2, 3, 4, 6, 8])} * * *"
        elif kind < 0.85:
            text = f"{m},{(m + 30) % 60} {h}-{min(23, h + dice.randrange(6))} * * 1-5"
        elif kind < 0.9:
            text = f"{m} {h} 1,15 * *"
        elif kind < 0.95:
            text = f"{m} {h} * {dice.randrange(1, 13)} *"
        else:
            text = f"{m} {h} 1-7 * 1"
        found.append(text)
    return found


def _lines(count: int, *, distinct: bool = False) -> list[str]:
    dice = random.Random(11)
    if distinct:
        return distinct_lines(count)
    texts = schedules()
    return [f"{dice.choice(texts)} cd /app && bin/task-{i % 2000} --all >> /var/log/t.log 2>&1\n" for i in range(count)]


def distinct_lines(count: int) -> list[str]:
    """Lines of which no two have one command, and hardly any one schedule."""
    return [f"{_fresh(i)} cd /app && bin/task-{i} --all >> /var/log/t.log 2>&1\n" for i in range(count)]


def _fresh(number: int) -> str:
    """A schedule that hardly another number has: minutes, an hour, and days of the kinds that people write."""
    minute, rest = number % 60, number // 60
    hour, rest = rest % 24, rest // 24
    days = [
        f"{rest % 28 + 1} * *",
        f"{rest % 28 + 1},{rest % 27 + 2} */2 *",
        f"* {rest % 12 + 1} {rest % 7}",
        "1-7 * 1",
    ]
    return f"{minute},{(minute + 1 + rest) % 60} {hour} {days[number % 20 // 6]}"


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _scan(
    scratch: Path, hosts: int, *, distinct: bool = False, processors: int | None = None, one_table: bool = False
) -> tuple[float, int]:
    """Seconds of one whole scan, and the most memory in MiB that all of its processes had at one time."""
    scratch = scratch / f"{hosts}{distinct}{processors}{one_table}"
    root = scratch / "fleet"
    root.mkdir(parents=True)
    lines = _lines(hosts * LINES, distinct=distinct)
    if one_table:
        (root / "app").write_text("".join(lines))
    for host in range(0 if one_table else hosts):
        spool = root / f"host{host:04}" / "var" / "spool" / "cron"
        spool.mkdir(parents=True)
        (spool / "app").write_text("".join(lines[host * LINES : (host + 1) * LINES]))
    command = [
        str(Path(sys.executable).with_name("cron2fargate")),
        "scan",
        *sorted(path.name for path in root.iterdir()),
    ]
    command += [
        "--dialect",
        "cronie",
        "--timezone",
        ZONE,
        "--format",
        "json",
        "--out",
        str(scratch / "out"),
    ]
    if processors is not None:
        command = ["taskset", "--cpu-list", f"0-{processors - 1}", *command]
    most = 0
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL) as scan:
        while scan.poll() is None:
            most = max(most, sum(map(_held, [scan.pid, *_children(scan.pid)])))
            time.sleep(0.25)
    seconds = time.perf_counter() - start
    if scan.returncode:
        raise subprocess.CalledProcessError(scan.returncode, command)
    return seconds, most // 1024


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _held(pid: int) -> int:
    """KiB of a process, of pages that others have too its share: a fork and its parent share most of what they hold."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _peer() -> float:
    """Seconds for one part in ``SHARE`` of the work: lines parsed, one year of the same part of the schedules listed."""
    from croniter import croniter
    from crontab import CronTab

    text = "".join(_lines(HOSTS * LINES // SHARE))
    first = datetime(2027, 1, 1, tzinfo=ZoneInfo(ZONE))
    until = first.replace(year=2028)
    start = time.perf_counter()
    for job in CronTab(tab=text):
        str(job.slices)
    for schedule in schedules()[::SHARE]:
        walker = croniter(schedule, first)
        while walker.get_next(datetime) < until:
            pass
    return time.perf_counter() - start
