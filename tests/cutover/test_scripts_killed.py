"""SIGKILL at each step, while one script of run-parts goes and comes back: it is live or not, never lost, never on
both sides, and its line and its siblings are as they were at every instant."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.aws.session import Aws
from tests.cutover.test_killed import OWNER, Host, aws_behind_a_socket, child, led_to_an_end, on_one_side

pytestmark = pytest.mark.real

TABLE = b"17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"
MODE = 0o750


class ScriptHost(Host):
    """Two scripts of one line; ``backup`` is the one that goes. ``link``: it is a link."""

    def __init__(self, base: Path, *, link: bool) -> None:
        super().__init__(base)
        self.link = link
        self.table = self.tree / "etc/crontab"
        self.directory = self.tree / "etc/cron.hourly"

    def make(self) -> None:
        self.directory.mkdir(parents=True)
        for name in ("backup", "other"):
            path = self.directory / name
            if name == "backup" and self.link:
                (self.tree / "opt").mkdir()
                path.symlink_to("/opt/job")
                path = self.tree / "opt/job"
            path.write_bytes(f"#!/bin/sh\necho {name}\n".encode())
            path.chmod(MODE)
            os.chown(path, *OWNER)
        self.made(TABLE, self.tree)

    def set_back(self, *, enabled: bool, writer: Aws) -> None:
        super().set_back(enabled=enabled, writer=writer)
        for path in self.directory.iterdir():
            if not path.is_symlink():
                os.chown(path, *OWNER)

    def shape(self) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for path in self.directory.iterdir():
            status = path.lstat()
            what = str(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[path.name] = (
                what,
                status.st_mode,
                *((status.st_uid, status.st_gid) if not path.is_symlink() else ()),
            )
        return found


@pytest.fixture(scope="module", params=["file", "link"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptHost]:
    with aws_behind_a_socket():
        made = ScriptHost(tmp_path_factory.mktemp("killed") / "here", link=request.param == "link")
        made.make()
        yield made


@pytest.mark.parametrize("way", ["cutover", "rollback"])
def test_killed_at_every_point(host: ScriptHost, way: str) -> None:
    aws = host.connect()
    writer = aws.writer()
    if host.stands(aws)[0] != "old":
        host.back()
    shutil.rmtree(host.base.with_name("kept"), ignore_errors=True)
    host.keep()
    live = host.shape()
    host.there()
    moved = host.shape()
    assert moved != live
    assert set(moved) == ({".backup.cron2fargate", "other"} if host.link else {"backup", "other"})
    if way == "rollback":
        shutil.rmtree(host.base.with_name("kept"))
        host.keep()
    act = host.there if way == "cutover" else host.back
    there = way == "rollback"
    end = ("new", "new") if way == "cutover" else ("old", "old")
    host.set_back(enabled=there, writer=writer)
    status, points = child(act, -1)
    assert status == 0
    assert host.stands(aws) == end
    deed = "before _rename_new" if host.link else "before fchmod"
    assert {deed, "before switch", "at the end"} <= set(points)
    phases, ended = set(), set()
    # Kills within the journal's own writing are in test_killed.py; here it is the deed, and each step of the way.
    at = points.index(deed)
    steps = {n for n, point in enumerate(points) if point in ("before replace", "before switch", "at the end")}
    near = sorted(set(range(max(0, at - 4), at + 5)) | (set() if host.link else steps))
    for number in near:
        host.set_back(enabled=there, writer=writer)
        status, _ = child(act, number)
        assert status == -signal.SIGKILL, points[number]
        runs, phase = on_one_side(host, aws, points[number])
        phases.add(phase)
        assert host.shape() in (live, moved)
        # What was left is led to its end once each way; the same state again would tell nothing new.
        left = phase, runs, host.shape() == live, number % 2
        if left in ended:
            continue
        ended.add(left)
        led_to_an_end(host, aws, way, act, (runs, phase), back=bool(number % 2), point=points[number])
        assert host.shape() == (live if host.stands(aws)[0] == "old" else moved), points[number]
        assert host.table.read_bytes() == TABLE
    wanted = {"old", "commenting", "commented", "enabling", "new"}
    if not host.link:
        assert phases >= (wanted if way == "cutover" else {"new", "disabling", "disabled", "restoring", "old"})
