"""SIGKILL before, within and after every call that writes: a real process, a real kill, and an AWS in another process.

Wherever the process ends, the table is the old or the new text with its mode and owner, the job never runs on both sides,
status tells where it stands, and --resume and rollback both lead to a clean end.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from migrate import checks
from migrate.aws import frames
from migrate.aws.apply import apply_plans
from migrate.aws.inputs import load_specs, open_place
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.session import Aws, connect
from migrate.aws.side import side_of
from migrate.cutover.backward import backward
from migrate.cutover.forward import forward
from migrate.cutover.session import Wishes
from migrate.cutover.standing import standing
from migrate.sites import exchange, scripts
from migrate.sites.site import open_site
from tests.aws.world import SETTINGS
from tests.cutover.place import TestClock, answer_all, take_all

pytestmark = pytest.mark.real

TABLE = b"SHELL=/bin/sh\n30 3 * * * root /usr/bin/backup  \n*/20 * * * * root /usr/bin/other\n40 3 * * * root /usr/bin/\xff\n"
OWNER = (1234, 1234) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


class Host:
    """A tree, a workspace and an AWS behind a socket, which can be set back to where they were."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.tree, self.out = base / "host", base / "migration"
        self.table = self.tree / "etc/cron.d/app"
        self.clock = TestClock()
        self.wishes: dict[str, Any] = {"yes": True, "root": self.tree}

    def make(self) -> None:
        self.table.parent.mkdir(parents=True)
        self.made(TABLE, self.table)

    def made(self, text: bytes, given: Path) -> None:
        """Writes the table, scans what is ``given``, answers all and registers it."""
        from migrate.cli import cli

        self.table.write_bytes(text)
        self.table.chmod(0o640)
        os.chown(self.table, *OWNER)
        cli.main(
            [*f"scan {given} --out {self.out} --image example/app:1 --timezone UTC --quiet".split()],
            standalone_mode=False,
        )
        take_all(self.out)
        answer_all(self.out)
        (self.out / "cron2fargate.yml").write_text(SETTINGS)
        reader = self.connect()
        plans = plan_jobs(reader, [(p, s) for p, s in load_specs(self.out, ())], Options("web1", create=True))
        apply_plans(reader.writer(), plans, lambda plan, step: None)

    def connect(self) -> Aws:
        return connect(open_place(self.out, None, None).environment, read_only=True)

    def keep(self) -> None:
        shutil.copytree(self.base, self.base.with_name("kept"), dirs_exist_ok=True, symlinks=True)

    def set_back(self, *, enabled: bool, writer: Aws) -> None:
        shutil.rmtree(self.base)
        shutil.copytree(self.base.with_name("kept"), self.base, symlinks=True)
        os.chown(self.table, *OWNER)
        self.clock.second = TestClock.second
        self.switch("backup", enabled, writer)

    def switch(self, job: str, on: bool, writer: Aws) -> None:
        for frame in frames.find(writer, "web1", job):
            frames.switch(writer, "web1", frame, on=on)

    def there(self, job: str = "backup") -> None:
        forward(Wishes((job,), **self.wishes), self.out, None, None, self.clock)

    def resume(self) -> None:
        forward(Wishes((), resume=True, **self.wishes), self.out, None, None, self.clock)

    def back(self) -> None:
        backward(Wishes(("backup",), **self.wishes), self.out, None, None, self.clock)

    def stands(self, aws: Aws, job: str = "backup") -> tuple[str, str]:
        """Where the job runs, and the phase."""
        site = open_site(self.out, root=self.tree, clock=self.clock)
        found = standing(site, job, lambda name: side_of(aws, "web1", name))
        if found.phase not in ("old", "new"):
            assert [finding.code for finding in found.findings] == ["C756"]
        return found.runs, found.phase


@contextmanager
def aws_behind_a_socket() -> Iterator[None]:
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{address}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        # What is asked of the place only reads; here it is the writing calls that count.
        patch.setattr(checks, "CHECKS", ())
        boto3.client("ecs", region_name="ap-northeast-1").create_cluster(clusterName="cron")
        yield
    server.stop()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with aws_behind_a_socket():
        made = Host(tmp_path_factory.mktemp("killed") / "here")
        made.make()
        yield made


class Points:
    """Right before every call that writes (so after the one before it), and once more in the midst of writing a table."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.seen: list[str] = []

    def reach(self, what: str) -> bool:
        self.seen.append(what)
        return len(self.seen) - 1 == self.die_at

    def point(self, what: str) -> None:
        if self.reach(what):
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def wrapped(*args: Any, **options: Any) -> Any:
            self.point(f"before {name}")
            if name == "write" and self.reach("within write"):
                real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        setattr(module, name, wrapped)

    def watch(self) -> None:
        for name in ("open", "write", "fsync", "replace", "unlink", "fchmod", "fchown"):
            self.wrap(os, name)
        self.wrap(exchange, "_exchange")
        self.wrap(scripts, "_rename_new")
        self.wrap(frames, "switch")


def child(act: Callable[[], None], die_at: int) -> tuple[int, list[str]]:
    """The exit status (negative: the signal) of a process that acts, and the points it saw where it came to its end."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(reading)
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            write = os.write
            points = Points(die_at)
            points.watch()
            act()
            points.point("at the end")
            write(writing, "\n".join(points.seen).encode())
            status = 0
        except BaseException as error:
            print(error, file=sys.stderr)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        seen = stream.read().split("\n")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def _beside(host: Host) -> list[str]:
    return [path.name for path in host.table.parent.iterdir()]


def _is_whole(host: Host, texts: tuple[bytes, bytes]) -> None:
    assert host.table.read_bytes() in texts
    status = host.table.stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_nlink) == (0o640, *OWNER, 1)
    # What is left beside it is nothing that a daemon would read.
    assert all(name == "app" or (name.startswith(".app.") and name.endswith(".c2f-tmp")) for name in _beside(host))


def on_one_side(host: Host, aws: Aws, point: str) -> tuple[str, str]:
    """Where the job runs after a kill and what the journal makes of it: never on both sides, nowhere only when half moved."""
    runs, phase = host.stands(aws)
    assert runs in ("old", "new", "none"), (point, runs)
    if runs == "none":
        assert phase not in ("old", "new"), point
    return runs, phase


def led_to_an_end(
    host: Host, aws: Aws, way: str, act: Callable[[], object], left: tuple[str, str], *, back: bool, point: str
) -> None:
    """What a kill ``left`` (as `on_one_side` told it) is gone on with, or taken back, and then stands whole on that side."""
    if back:
        host.back()
        assert host.stands(aws) == ("old", "old"), point
        return
    host.resume()
    runs, phase = left
    if phase in ("old", "new") and runs == ("old" if way == "cutover" else "new"):
        act()
    assert host.stands(aws) == (("new", "new") if way == "cutover" else ("old", "old")), point


@pytest.mark.parametrize("way", ["cutover", "rollback"])
def test_killed_at_every_point(host: Host, way: str, capfd: pytest.CaptureFixture[str]) -> None:
    aws = host.connect()
    writer = aws.writer()
    host.keep()
    host.there()
    moved = host.table.read_bytes()
    assert moved != TABLE
    texts = (TABLE, moved)
    if way == "rollback":
        shutil.rmtree(host.base.with_name("kept"))
        host.keep()
        host.switch("backup", True, writer)
    act = host.there if way == "cutover" else host.back
    start_enabled = way == "rollback"
    host.set_back(enabled=start_enabled, writer=writer)
    status, points = child(act, -1)
    assert status == 0
    assert host.stands(aws) == (("new", "new") if way == "cutover" else ("old", "old"))
    assert len(points) > 30
    assert {"within write", "before _exchange", "before switch", "at the end"} <= set(points)
    phases = set()
    for number in range(len(points)):
        host.set_back(enabled=start_enabled, writer=writer)
        status, _ = child(act, number)
        assert status == -signal.SIGKILL, points[number]
        _is_whole(host, texts)
        left_there = on_one_side(host, aws, points[number])
        phases.add(left_there[1])
        # Even points go on, odd ones go back; whatever was begun.
        led_to_an_end(host, aws, way, act, left_there, back=bool(number % 2), point=points[number])
        _is_whole(host, texts)
        assert host.table.read_bytes() == (TABLE if host.stands(aws)[0] == "old" else moved)
        left = [name for name in _beside(host) if name != "app"]
        assert left == [], (points[number], left)
    if way == "cutover":
        assert {"old", "commenting", "commented", "enabling", "new"} <= phases
    else:
        assert {"new", "disabling", "disabled", "restoring", "old"} <= phases
    print(f"{way}: {len(points)} points", file=sys.stderr)


def test_killed_while_a_word_is_noted(host: Host) -> None:
    """`--accept` is on the disk before anything moves: a kill within its note leaves all of it or nothing, and nothing moved
    that was not accepted."""
    from migrate.review.book import open_book
    from migrate.review.unsettled import unsettled
    from migrate.workspace.journal import Journal

    aws = host.connect()
    if host.stands(aws)[0] != "old":
        host.back()
    # As though no review was held: what is open then needs a word.
    (host.out / "review.yml").unlink()
    (host.out / ".cron2fargate/cutover.json").unlink(missing_ok=True)
    shutil.rmtree(host.base.with_name("kept"), ignore_errors=True)
    host.keep()
    book = open_book(host.out)
    codes = tuple(dict.fromkeys(one.code for job in book.jobs if job.name == "other" for one in unsettled(job, book)))
    assert codes

    def act() -> None:
        forward(Wishes(("other",), accept=codes, **host.wishes), host.out, None, None, host.clock)

    status, points = child(act, -1)
    assert (status, host.stands(aws, "other")) == (0, ("new", "new"))
    noted = set()
    for number in range(points.index("before _exchange") + 2):
        host.set_back(enabled=False, writer=aws.writer())
        host.switch("other", False, aws.writer())
        assert child(act, number)[0] == -signal.SIGKILL
        found = Journal(host.out).accepted.get("other", {})
        assert set(found) in (set(), set(codes)), points[number]
        noted.add(bool(found))
        if host.table.read_bytes() != TABLE or host.stands(aws, "other")[1] != "old":
            assert found, points[number]
            continue
        # Nothing moved: without the word it goes only where the word was noted.
        host.there("other")
        assert (host.table.read_bytes() != TABLE) == bool(found), points[number]
    assert noted == {True, False}
