"""Run each command of the table as cron does, and as the container would: the same programs must start.

Same means: in the same order, with the same words, environment, directory and standard input, and the same exit status and
files at the end; except for what the understanding says was taken over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from converters.commands.command import Understanding, understand
from converters.commands.lock_names import ANYWHERE
from converters.commands.work import work_of
from converters.expressions.target import NO_TARGET
from converters.schedules import days
from converters.schedules.dialects import DIALECTS
from converters.specs.making import ecs_spec, without_secrets
from converters.tables.crontab import read
from tests.command.table import Row, rows
from tests.command.world import Run, Start, World, faketime_library

# Programs that are gone with the idiom that held them.
TAKEN_WITH = {
    "delay": {"sleep", "perl", "python", "python3"},
    "process guard": {"pgrep", "pidof"},
    "output": {"logger", "ts"},
}
OF_CRON = {"HOME", "PATH", "LOGNAME", "SHELL", "USER"}
ROWS = rows()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("root"))


def in_world(world: World, command: str, stdin: str | None = None) -> Understanding:
    known = {"HOME": world.home, "SHELL": "/bin/sh", "LOGNAME": "app"}
    return understand(world.moved(command), environment=known, stdin=stdin)


def as_cron(world: World, command: str, *, stdin: str | None = None, at: str | None = None) -> Run:
    argv = ["/bin/sh", "-c", world.moved(command)]
    return world.run(argv, directory=world.home, environment=world.environment(), stdin=stdin, at=at)


def as_container(world: World, job: Understanding, *, stdin: str | None = None, at: str | None = None) -> Run:
    """In `/` and with nothing of cron's, but for what ecs.yml gives it: here the variables that the text reads."""
    cron = {name: value for name, value in world.environment().items() if name in job.reads}
    environment = world.image_environment() | cron | dict(job.environment)
    if job.user is not None:
        environment["RUN_AS"] = job.user
    return world.run(job.command, directory=job.working_directory or "/", environment=environment, stdin=stdin, at=at)


def gone(job: Understanding) -> set[str]:
    kinds = {wrapper.kind for wrapper in job.wrappers}
    return {name for kind, names in TAKEN_WITH.items() if kind in kinds for name in names}


def assert_same(before: Run, after: Run, job: Understanding) -> None:
    dropped = gone(job)
    starts = [start for start in before.starts if start.argv[0] not in dropped]
    others = list(after.starts)
    if "|" in job.remaining or "&" in job.remaining.replace("&&", "").rstrip("&"):  # they start at once, in any order
        starts.sort(key=lambda start: start.argv)
        others.sort(key=lambda start: start.argv)
    assert [s.argv for s in starts] == [s.argv for s in others]
    for was, now in zip(starts, others, strict=True):
        # Where nothing depends on it, the directory may be any; what is found by it would not have started, or elsewhere.
        assert was.directory == now.directory or (now.directory == "/" and job.working_directory is None)
        assert told(was, job) == told(now, job)
        assert was.stdin == now.stdin
    codes = {finding.code for finding in job.findings}
    waited = any(wrapper.kind == "background" for wrapper in job.wrappers)
    if "C415" not in codes and not waited:  # these say that the exit status is seen from now on
        skipped = not before.starts and not after.status  # a test that says no is no failed run any more
        assert before.status == after.status or skipped
    assert kept_files(before, job) == kept_files(after, job)


def told(start: Start, job: Understanding) -> dict[str, str]:
    """A program's variables, without those of cron's own that the text does not read: an image has others of these names."""
    own = OF_CRON - set(job.reads) - set(job.environment)
    return {name: value for name, value in start.environment.items() if name not in own}


def kept_files(run: Run, job: Understanding) -> dict[str, str]:
    """Files but logs that became the container's output, and lock files."""
    logs = {Path(output.target).name for output in job.outputs if output.taken} - {""}
    return {
        path: text
        for path, text in run.files.items()
        if Path(path).name not in logs
        and not path.endswith(".lock")
        and not any("$(" in log or "`" in log for log in logs if Path(path).suffix == ".log")
    }


def moments(job: Understanding) -> Iterator[tuple[str, bool]]:
    """A moment on which all guards hold, and one on which they do not."""
    bits = days.ALL_DAYS
    for guard in job.guards:
        bits &= guard.days()
    first = days.day_number(date(2024, 2, 26))
    for wanted in (True, False):
        pool = (bits if wanted else days.ALL_DAYS & ~bits) >> first
        if pool:
            day = days.day_date(first + (pool & -pool).bit_length() - 1)
            yield f"@{day.isoformat()} 12:00:00", wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.where)
def test_the_same_runs(world: World, row: Row) -> None:
    job = in_world(world, row.command)
    if not job.guards:
        assert_same(as_cron(world, row.command), as_container(world, job), job)
        return
    if faketime_library() is None:
        assert "CI" not in os.environ, "libfaketime is needed"
        pytest.skip("libfaketime is not installed")
    for at, due in moments(job):
        before = as_cron(world, row.command, at=at)
        if due:
            assert before.starts, f"nothing ran at {at}"
            assert_same(before, as_container(world, job, at=at), job)
        else:
            ran = [start.argv for start in before.starts if start.argv[0] not in gone(job)]
            assert not ran, f"it ran at {at}, though the guard says it does not"


WITH_DATA = [
    "php job.php",
    "cd /srv/app && php job.php >> log/a.log 2>&1",
    "flock -n /tmp/a.lock php job.php",
    "bash -c 'php job.php'",
    "php a.php; php b.php",
    "php job.php | gzip > /data/a.gz",
    "sudo -u app nice php job.php exit=4",
    "php job.php > /dev/null 2>&1 &",
]


@pytest.mark.parametrize("command", WITH_DATA)
def test_standard_input_stays(world: World, command: str) -> None:
    data = "first line\nsecond % line\n"
    job = in_world(world, command, data)
    before = as_cron(world, command, stdin=data)
    assert any(data in start.stdin for start in before.starts) or "&" in command[-1]
    assert_same(before, as_container(world, job, stdin=data), job)


def test_the_machine_notices_a_difference(world: World) -> None:
    """The comparison itself must be able to fail."""
    job = in_world(world, "php job.php")
    for other in (
        "php job.php more",
        "cd /srv/app && php job.php",
        "A=1 php job.php",
        "php job.php exit=1",
        "php job.php > /data/x",
    ):
        with pytest.raises(AssertionError):
            assert_same(as_cron(world, other), as_container(world, job), job)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.where)
def test_the_written_spec_runs_the_same(world: World, row: Row) -> None:
    """The container of ecs.yml, with tests of the date left in the text: nothing is lost between command and file."""
    text = f"HOME={world.home}\n* * * * * {world.moved(row.command)}\n".replace("%", "\\%")
    entry = read(text, DIALECTS["debian"], system=False).lines[1].entry
    assert entry is not None
    work = work_of(entry, user="app", own_clock=True, guards=False)
    if work.guards or "date" in world.moved(row.command):
        return  # judged above, on dates of its own
    container = ecs_spec(
        name="job",
        entry=entry,
        work=work,
        target=NO_TARGET,
        timezone="UTC",
        image="app:1",
        cluster="cron",
        place=ANYWHERE,
        parameters=dict.fromkeys(without_secrets(work, "UTC").values, "/x"),
        legacy={},
    )["containers"][0]
    if "secrets" in container:
        return  # its values come from AWS
    environment = world.image_environment() | container.get("environment", {})
    if "user" in container:
        environment["RUN_AS"] = container["user"]
    directory = container.get("workingDirectory", "/")
    after = world.run(tuple(container["command"]), directory=directory, environment=environment)
    if work.pause:
        after = replace(after, starts=tuple(start for start in after.starts if start.argv[0] != "sleep"))
    assert_same(as_cron(world, row.command), after, work.understanding)
