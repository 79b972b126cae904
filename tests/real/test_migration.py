"""A whole migration under Debian's own cron: thirty jobs move to AWS and back while the clocks change in autumn.

The daemon runs at sixty times its speed and reads the very file that the cutover writes. AWS is an embedded one; a test
clock fires what is enabled there, by an evaluator of its own (``tests/models/aws_cron.py``), somewhere within each minute and
with rules that heed a switch up to two minutes late. What both started together must be what the daemon alone would have
started: every run once, on one side.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migrate import checks
from migrate.aws import frames
from migrate.aws.inputs import load_specs
from migrate.cli import cli
from migrate.cutover import steps
from migrate.cutover.backward import backward
from migrate.cutover.forward import forward
from migrate.cutover.session import Wishes
from migrate.machine.now import Clock
from migrate.workspace.journal import Journal
from tests.aws.world import SETTINGS, World, new_world
from tests.cutover.place import answer_all, take_all
from tests.models import aws_cron, cron_walk

from . import debian_cron

pytestmark = pytest.mark.real

SPEED = 60
ZONE = "Europe/Berlin"
BEGIN = datetime(2026, 10, 25, 1, 55, 10)  # local summer time; at 03:00 it is 02:00 again

LATEST = 150  # seconds that a start may be seen late; no job starts more often than every four minutes

# Thirty schedules that AWS can say exactly around this change.
SCHEDULES = [
    "*/4 * * * *",
    "*/5 * * * *",
    "1-59/5 * * * *",
    "*/6 * * * *",
    "*/10 * * * *",
    "2,12,22,32,42,52 * * * *",
    "*/12 * * * *",
    "4-59/8 * * * *",
    "*/15 * * * *",
    "*/20 * * * *",
    "*/30 * * * *",
    "3,33 * * * *",
    "13,43 * * * *",
    "1,31 * * * *",
    "@hourly",
    "7 * * * *",
    "17 * * * *",
    "23 * * * *",
    "27 * * * *",
    "47 * * * *",
    "53 * * * *",
    "57 * * * *",
    "26 2 * * *",
    "31 2 * * *",
    "35 2 * * 7",
    "38 2 * * *",
    "41 2 25 10 *",
    "44 2 * * *",
    "52 2 * 10 *",
    "55 2 25 * *",
]


@dataclass
class SimulatedClock(Clock):
    """The daemon's own time; whenever somebody looks at it, AWS fires what became due meanwhile."""

    record: debian_cron._Record
    tick: Any = None
    ticking: bool = False

    def now(self) -> float:
        now = self.record.simulated_now()
        if self.tick is not None and not self.ticking:
            self.ticking = True
            try:
                self.tick(now)
            finally:
                self.ticking = False
        return now

    def sleep(self, seconds: float) -> None:
        until = self.record.simulated_now() + seconds
        while self.now() < until:
            time.sleep(min(2.0, max(0.0, until - self.record.simulated_now())) / SPEED)


@dataclass
class FiringAws:
    """What AWS does by itself: fires each enabled rule and schedule once in every minute that its expression names."""

    world: World
    dice: random.Random
    next_fire: float
    fired: dict[str, list[int]] = field(default_factory=dict)
    switched: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tick(self, now: float) -> None:
        while now >= self.next_fire:
            minute = int(self.next_fire // 60)
            for name, state, expression, zone in self._frames():
                when = datetime.fromtimestamp(minute * 60, UTC)
                if zone == "UTC":
                    due = aws_cron.matches(expression, when.replace(tzinfo=None))
                else:
                    due = bool(aws_cron.scheduler_starts(expression, zone, when, when + aws_cron.MINUTE))
                if due and self._heeds(name, state, self.next_fire):
                    self.fired.setdefault(name, []).append(minute)
            self.next_fire = (minute + 1) * 60 + self.dice.uniform(0, 59)

    def switch(self, name: str, now: float, on: bool) -> None:
        self.switched.setdefault(name, []).append((now + self.dice.uniform(0, 120), on))

    def _heeds(self, name: str, state: str, second: float) -> bool:
        switches = self.switched.get(name, [])
        if not switches:
            return state == "ENABLED"
        heeded = [on for at, on in switches if at <= second]
        return heeded[-1] if heeded else not switches[0][1]

    def _frames(self) -> Iterator[tuple[str, str, str, str]]:
        for rule in self.world.client("events").list_rules()["Rules"]:
            yield rule["Name"], rule["State"], rule["ScheduleExpression"], "UTC"
        scheduler = self.world.client("scheduler")
        for item in scheduler.list_schedules()["Schedules"]:
            name = item["Name"]
            if name not in self.known:
                self.known[name] = scheduler.get_schedule(Name=name, GroupName=item["GroupName"])
            known = self.known[name]
            yield name, item["State"], known["ScheduleExpression"], known["ScheduleExpressionTimezone"]


@dataclass
class Daemon:
    """Debian's cron on one table that can be edited while it runs."""

    scratch: Path
    clock: SimulatedClock
    record: debian_cron._Record

    @property
    def table(self) -> Path:
        return self.scratch / "cron.d" / "referee"

    def stamp(self) -> None:
        """The edit as old as it is by the daemon's clock: it compares whole seconds, of which sixty pass in one of ours."""
        now = self.record.simulated_now()
        os.utime(self.table, (now, now))
        os.utime(self.table.parent, (now, now))


@contextlib.contextmanager
def _furnished(table: dict[str, str]) -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix="migration-"))
    try:
        debian_cron._furnish(scratch, table, hold=False)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _daemon(scratch: Path, table: dict[str, str]) -> Iterator[Daemon]:
    begin = BEGIN.replace(tzinfo=ZoneInfo(ZONE)).timestamp()
    stop = threading.Event()
    with (
        debian_cron._reader(scratch / "started") as started,
        debian_cron._daemon(scratch, ZONE, BEGIN, SPEED) as process,
    ):
        record = debian_cron._Record(table, begin, debian_cron._launch(started, process, scratch), SPEED)

        def read() -> None:
            while not stop.is_set():
                record.read(started, wait_until=record.simulated_now() + 6)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield Daemon(scratch, SimulatedClock(record), record)
            assert process.poll() is None, debian_cron._tail(scratch)
        finally:
            stop.set()
            reader.join()


@pytest.fixture(autouse=True)
def _possible() -> None:
    why = debian_cron.missing()
    if why is not None:
        assert not os.environ.get("CI"), why
        pytest.skip(why)


def test_an_edit_is_heeded_within_the_margin() -> None:
    """The daemon may run the next minute from the old text, and never the one after that."""
    from converters.history.safe_minute import FIRST_SECOND, LAST_SECOND, USUAL

    late: Counter[int] = Counter()
    table = {"j000": "* * * * *"}
    with _furnished(table) as scratch, _daemon(scratch, table) as daemon:
        live = daemon.table.read_bytes()
        dead = live.replace(b"* * * * * root", b"# * * * * * root")
        for turn in range(4):
            second = (FIRST_SECOND, LAST_SECOND)[turn // 2]
            daemon.clock.sleep_until((daemon.clock.now() // 60 + 1) * 60 + second)
            daemon.table.write_bytes(dead if turn % 2 == 0 else live)
            daemon.stamp()
            edited = daemon.clock.now() // 60
            daemon.clock.sleep_until((edited + 4) * 60)
            after = [int(start // 60 - edited) for start in daemon.record.starts["j000"] if start // 60 > edited]
            late[after[0] if turn % 2 and after else len(after)] += 1
            if turn % 2 == 0:
                assert all(minutes < USUAL.reread for minutes in after), after
            else:
                assert set(range(USUAL.reread, 4)) <= set(after), after
    print(f"minutes run from the old text after an edit: {dict(late)}")


def test_thirty_jobs_there_and_back_while_the_clocks_change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = {f"j{number:03}": fields for number, fields in enumerate(SCHEDULES)}
    assert len(table) == 30
    with new_world() as world, _furnished(table) as scratch:
        out, names = _registered(monkeypatch, world, scratch / "cron.d" / "referee", tmp_path)
        with _daemon(scratch, table) as daemon:
            aws = FiringAws(world, random.Random(25), (daemon.clock.now() // 60 + 1) * 60 + 7)
            _listen(monkeypatch, daemon, aws)
            ended = _migrate(daemon, out)
            starts = {name: list(seconds) for name, seconds in daemon.record.starts.items()}

    first = int(BEGIN.replace(tzinfo=ZoneInfo(ZONE)).timestamp())
    expected = cron_walk.debian_table_starts(table, ZONE, first, ended)
    wrong = []
    old_runs = new_runs = 0
    for name, job in names.items():
        due = sorted(second // 60 for second in expected[job])
        new = [minute for frame in _frames_of(aws, name) for minute in aws.fired.get(frame, []) if minute < ended // 60]
        old = [second for second in starts[job] if second < ended + 60 + LATEST]
        left = Counter(due) - Counter(new)
        rest = sorted(left.elements())
        old_runs += len(rest)
        new_runs += len(new)
        seen = [second for second in old if second < ended or (rest and second - rest[-1] * 60 < LATEST)]
        on_time = all(-2 <= second - minute * 60 <= LATEST for second, minute in zip(seen, rest, strict=False))
        if len(left) + len(new) != len(due) or len(seen) != len(rest) or not on_time:
            wrong.append((table[job], [second / 60 for second in seen], new, due))
    print(f"{(ended - first) // 60} minutes: {old_runs} runs by cron, {new_runs} by AWS, {SWITCHES} switches")
    assert wrong == []
    assert min(old_runs, new_runs) > 20


SWITCHES = 30 + 15 + 5 + 5


def _migrate(daemon: Daemon, out: Path) -> int:
    """All there, half of them back after the clocks changed, some there again, some more back; returns when that ended."""
    text = daemon.table.read_bytes()
    status = daemon.table.stat()
    daemon.clock.sleep_until(datetime(2026, 10, 25, 0, 6, 30, tzinfo=UTC).timestamp())
    forward(Wishes(everything=True, yes=True, wait=38), out, None, None, daemon.clock)
    changed = datetime(2026, 10, 25, 1, 15, 30, tzinfo=UTC).timestamp()
    if len(_new(out)) < 30:  # a slow machine: the rest when the clocks have changed
        daemon.clock.sleep_until(changed)
        forward(Wishes(everything=True, yes=True, wait=30), out, None, None, daemon.clock)
    there = sorted(_new(out))
    assert len(there) == 30
    assert daemon.table.read_bytes().count(b"# cron2fargate moved ") == 30

    daemon.clock.sleep_until(changed)
    back = there[::2]
    backward(Wishes(tuple(back), yes=True, wait=30), out, None, None, daemon.clock)
    assert len(_new(out)) == 15
    forward(Wishes(tuple(back[::3]), yes=True, wait=30), out, None, None, daemon.clock)
    backward(Wishes(tuple(there[1:10:2]), yes=True, wait=30), out, None, None, daemon.clock)
    assert len(_new(out)) == 30 - 15 + 5 - 5

    ended = int(daemon.clock.now() // 60 + 5) * 60
    daemon.clock.sleep_until(ended + 65)
    assert re.sub(rb"(?m)^# cron2fargate moved \S+ [0-9a-f]{16}: ", b"", daemon.table.read_bytes()) == text
    now = daemon.table.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (status.st_mode, status.st_uid, status.st_gid)
    return ended


def _new(out: Path) -> set[str]:
    journal = Journal(out)
    return {name for name in journal.jobs if journal.phase(name) == "new"}


def _registered(
    monkeypatch: pytest.MonkeyPatch, world: World, file: Path, tmp_path: Path
) -> tuple[Path, dict[str, str]]:
    """The workspace, and name of the job -> its id in the table."""
    out = tmp_path / "migration"
    scan = f"scan {file} --system --timezone {ZONE} --backend auto --image example/app:1 --out {out} --quiet"
    cli.main(scan.split(), standalone_mode=False)
    take_all(out)  # an `echo` is work enough for this test
    monkeypatch.setattr(checks, "CHECKS", ())
    answer_all(out)
    (out / "cron2fargate.yml").write_text(SETTINGS)
    world.register(*(spec for _path, spec in load_specs(out, ())), create=True)
    document = json.loads((out / "report.json").read_text())
    names = {}
    for job in document["jobs"]:
        # As a scan of cron's log would have it.
        job["history"] = {"durations": {"p50": 1, "p95": 2, "max": 3}}
        found = re.search(r"echo (j\d{3}) ", job["line"])
        assert found is not None
        names[job["name"]] = found[1]
    (out / "report.json").write_text(json.dumps(document))
    assert len(names) == 30
    return out, names


def _listen(monkeypatch: pytest.MonkeyPatch, daemon: Daemon, aws: FiringAws) -> None:
    """Hears every switch, and stamps every edit, with the daemon's time."""
    daemon.clock.tick = aws.tick
    switch, install = frames.switch, steps.Mover._install

    def heard(client: Any, owner: str, frame: Any, *, on: bool) -> None:
        switch(client, owner, frame, on=on)
        aws.switch(frame.name, daemon.record.simulated_now(), on)

    def stamped(self: Any, change: Any, names: list[str], step: Any) -> None:
        install(self, change, names, step)
        daemon.stamp()

    monkeypatch.setattr(frames, "switch", heard)
    monkeypatch.setattr(steps.Mover, "_install", stamped)


def _frames_of(aws: FiringAws, name: str) -> list[str]:
    return [frame for frame in aws.fired if frame == name or re.fullmatch(re.escape(name) + r"-\d", frame)]
