"""cutover and rollback as people call them: what is moved, what goes along, what is refused, and what comes back."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate.aws import frames
from migrate.errors import UserError
from migrate.sites import exchange
from migrate.sites.exchange import EditedError
from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"""\
SHELL=/bin/sh
# jobs of the shop
30 3 * * * root /usr/bin/backup --all\x20\x20
*/20 * * * * root /usr/bin/other
0 * * * * root flock -n /tmp/l timeout 60 /usr/bin/one
20 * * * * root flock -n /tmp/l timeout 60 /usr/bin/two
40 3 * * * root /usr/bin/odd caf\xc3\xa9
"""


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        yield made


def rows(place: Place) -> list[bytes]:
    return place.table().read_bytes().split(b"\n")


def test_a_job_goes_there_and_back_byte_for_byte(place: Place) -> None:
    place.table().chmod(0o640)
    assert place.forward("backup-all") == 0
    assert (
        rows(place)[2] == b"# cron2fargate moved backup-all " + rows(place)[2].split()[4] + b" " + APP.split(b"\n")[2]
    )
    assert [row for number, row in enumerate(rows(place)) if number != 2] == [
        row for number, row in enumerate(APP.split(b"\n")) if number != 2
    ]
    assert (place.enabled(), place.phase("backup-all")) == ({"backup-all"}, "new")
    assert place.runs() == {**dict.fromkeys(place.runs(), "old"), "backup-all": "new"}
    assert place.forward("backup-all") == 0  # nothing is left to do
    assert place.backward("backup-all") == 0
    assert place.table().read_bytes() == APP
    assert place.table().stat().st_mode & 0o777 == 0o640
    assert (place.enabled(), place.phase("backup-all")) == (set(), "old")
    assert set(place.runs().values()) == {"old"}


def test_all_jobs_there_and_back(place: Place) -> None:
    assert place.forward() == 0
    assert place.enabled() == set(place.runs())
    assert set(place.runs().values()) == {"new"}
    assert all(row.startswith((b"#", b"SHELL")) or not row for row in rows(place))
    assert place.backward() == 0
    assert place.table().read_bytes() == APP


def test_jobs_of_one_lock_go_together(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.forward("one") == 0
    assert "C754 two must go along" in capsys.readouterr().out
    assert place.enabled() == {"one", "two"}
    assert place.backward("two") == 0
    assert (place.enabled(), place.table().read_bytes()) == (set(), APP)
    assert place.forward("one", apart=True) == 0
    assert place.enabled() == {"one"}


def test_a_dry_run_changes_nothing(place: Place) -> None:
    before = place.world.state()
    assert place.forward(dry_run=True) == 0
    assert (place.table().read_bytes(), place.world.state()) == (APP, before)
    assert not (place.out / ".cron2fargate/cutover.json").exists()
    place.forward("backup-all")
    moved, before = place.table().read_bytes(), place.world.state()
    assert place.backward("backup-all", dry_run=True) == 0
    assert (place.table().read_bytes(), place.world.state()) == (moved, before)


def test_the_switch_waits_for_the_safe_minute(place: Place) -> None:
    place.clock.second = place.clock.second // 3600 * 3600 + 20 * 60  # at :20 two of the jobs start
    place.forward("other")
    at = json.loads((place.out / ".cron2fargate/cutover.json").read_text())["jobs"]["other"]["steps"][0]["at"]
    minute, second = int(at[14:16]), int(at[17:19])
    assert 21 <= minute % 20 + 20 <= 37
    assert 5 <= second <= 50


def test_what_is_too_far_off_is_left(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.clock.second = place.clock.second // 86400 * 86400 + (3 * 60 + 29) * 60  # a minute before it starts
    assert place.forward("backup-all", wait=3) == 1
    assert "backup-all: not now; its next safe minute is" in capsys.readouterr().out
    assert place.table().read_bytes() == APP


def test_a_job_without_a_safe_minute_needs_a_word(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = b"* * * * * root /usr/bin/tick\n"
    with new_place(world, tmp_path, {"etc/cron.d/app": table}) as place:
        assert place.forward("tick") == 1
        assert "C751" in capsys.readouterr().out
        assert place.table().read_bytes() == table
        assert place.forward("tick", accept_loss=True) == 0
        steps = json.loads((place.out / ".cron2fargate/cutover.json").read_text())["jobs"]["tick"]["steps"]
        times = {(step["step"], step["event"]): step["at"] for step in steps}
        # The minute after the edit may still be run from the old text; only then AWS may begin.
        commented, enabled = (times[step, "begin"] for step in ("comment", "enable"))
        assert int(enabled[14:16]) - int(commented[14:16]) == 2
        assert place.backward("tick", accept_loss=True) == 0
        assert place.table().read_bytes() == table


# --- what is refused, with nothing changed ------------------------------------------------------------------------------


def refused(place: Place, capsys: pytest.CaptureFixture[str], *jobs: str) -> str:
    before = place.table().read_bytes()
    assert place.forward(*jobs) == 1
    assert (place.table().read_bytes(), place.enabled()) == (before, set())
    return " ".join(capsys.readouterr().out.split())


def test_a_table_edited_since_the_scan_is_refused(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.table().write_bytes(APP + b"# a word\n")
    assert "was edited since the scan" in refused(place, capsys, "backup-all")
    place.scan()
    assert place.forward("backup-all") == 0
    # Our own edit is known, somebody else's is not; the way back needs only the line itself.
    assert place.forward("other") == 0
    place.table().write_bytes(place.table().read_bytes() + b"# another\n")
    assert place.forward("odd-cafe") == 1
    assert "was edited since the scan" in " ".join(capsys.readouterr().out.split())
    assert place.backward() == 0
    assert place.table().read_bytes() == APP + b"# a word\n# another\n"


def test_what_is_not_registered_as_reviewed_is_refused(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    spec = place.out / "jobs/backup-all/ecs.yml"
    spec.write_text(spec.read_text().replace("memory: 512", "memory: 1024"))
    assert "AWS has not what its ecs.yml says" in refused(place, capsys, "backup-all")
    place.world.client("events").remove_targets(Rule="other", Ids=["other"])
    place.world.client("events").delete_rule(Name="other")
    assert "it is not registered" in refused(place, capsys, "other")


def test_what_is_enabled_already_is_refused(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.world.client("events").enable_rule(Name="backup-all")
    assert place.forward("backup-all") == 1
    assert "both sides are live" in capsys.readouterr().out
    assert place.table().read_bytes() == APP
    assert place.runs()["backup-all"] == "both"


def test_a_table_that_the_daemon_ignores_is_refused(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = b"30 3 * * * root /usr/bin/backup\nnonsense\n"
    with new_place(world, tmp_path, {"etc/cron.d/app": table}) as place:
        assert "ignores the whole file" in refused(place, capsys)


def test_a_line_edited_behind_its_marker_is_not_restored(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup-all")
    place.table().write_bytes(place.table().read_bytes().replace(b"30 3", b"31 3"))
    moved = place.table().read_bytes()
    assert place.backward("backup-all") == 1
    assert "edited behind its marker" in capsys.readouterr().out
    assert (place.table().read_bytes(), place.enabled()) == (moved, {"backup-all"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("cutover nope --yes", "nope: there is no such job"),
        ("cutover bakup-all --yes", "did you mean backup-all?"),
        ("cutover --yes", "name the jobs, or give --all"),
        ("rollback --yes", "name the jobs, or give --all"),
        ("cutover backup-all --root /nowhere", "there is no such directory"),
        ("cutover --receipt abc", "no script of ours ends with that"),
    ],
)
def test_wrong_calls(place: Place, arguments: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        place.call(*arguments.split(), "--out", place.out, *(() if "--root" in arguments else ("--root", place.tree)))


def test_the_way_back_is_in_the_environment_it_went_to(place: Place) -> None:
    place.forward("backup-all")
    settings = place.out / "cron2fargate.yml"
    settings.write_text(settings.read_text().replace("sandbox:", "production:"))
    with pytest.raises(UserError, match="it was moved to sandbox, not to production"):
        place.backward("backup-all")
    assert place.runs()["backup-all"] == "new"


def test_two_tables_of_one_lock(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of the second table after the first was changed: what was done is said, and can be taken back."""
    line = b"%d * * * * root flock -n /tmp/l timeout 60 /usr/bin/%s\n"
    tables = {"etc/cron.d/app": line % (0, b"one"), "etc/cron.d/more": line % (20, b"two")}
    with new_place(world, tmp_path, tables, scan_tree=True) as place:
        assert set(place.runs()) == {"one", "two"}
        real = exchange.replace_exactly

        def edited(path: Path, expected: bytes, new: bytes, *, called: str) -> None:
            if path.name == "more":
                path.write_bytes(expected + b"# new\n")
            real(path, expected, new, called=called)

        with monkeypatch.context() as patch:
            patch.setattr("migrate.sites.tables.replace_exactly", edited)
            with pytest.raises(UserError, match=r"edited it just now.*out of use already and runs? nowhere"):
                place.forward("one")
        assert place.runs() == {"one": "none", "two": "old"}
        assert place.backward() == 0
        assert place.runs() == {"one": "old", "two": "old"}
        assert place.table("etc/cron.d/app").read_bytes() == tables["etc/cron.d/app"]
        assert place.table("etc/cron.d/more").read_bytes() == tables["etc/cron.d/more"] + b"# new\n"


def test_a_copy_is_not_taken_for_the_table(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.forward("backup-all", root=None) == 1
    assert "this is a copy of another host's table" in capsys.readouterr().out


def test_one_at_a_time(place: Place) -> None:
    from migrate.workspace.journal import alone

    with alone(place.out), pytest.raises(UserError, match="another cutover or rollback is running"):
        place.forward("backup-all")


@pytest.mark.parametrize(
    "damage",
    [
        {"jobs": {"a": {"steps": [{"step": "x"}]}}},
        {"version": 1, "jobs": {"a": {"steps": [{"step": "x"}]}}},
        {"version": 1, "jobs": {"a": {"script": []}}},
        {"version": 1, "jobs": {"a": {"script": {"path": "/etc/cron.daily/a", "way": "name"}}}},
        {"version": 1, "jobs": {"a": {"script": {"path": "/a", "way": "mode", "mode": "755", "digest": "0"}}}},
        {"version": 1, "jobs": {"a": {"shadow": {"since": 1}}}},
        {"version": 1, "jobs": {}, "files": {"/etc/crontab": {"backups": "all"}}},
    ],
)
def test_a_damaged_journal_stops_everything(place: Place, damage: object) -> None:
    place.forward("backup-all")
    (place.out / ".cron2fargate/cutover.json").write_text(json.dumps(damage))
    with pytest.raises(UserError, match="damaged"):
        place.backward("backup-all")


# --- a full disk, a read-only file system, an edit in between, a lost network ------------------------------------------


def test_a_full_disk_leaves_the_table(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    real, told = os.write, []

    def full(descriptor: int, data: Any) -> int:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if "cron.d" in str(path):
            told.append(real(descriptor, bytes(data)[:10]))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(UserError, match="the disk is full"):
            place.forward("backup-all")
    assert told == [10]
    assert place.table().read_bytes() == APP
    assert [path.name for path in place.table().parent.iterdir()] == ["app"]
    assert (place.runs()["backup-all"], place.phase("backup-all")) == ("old", "commenting")
    assert place.forward(resume=True) == 0
    assert (place.runs()["backup-all"], place.phase("backup-all")) == ("new", "new")


@pytest.mark.parametrize("full", ["host", "migration"])
def test_a_file_system_without_room(world: World, tmp_path: Path, full: str) -> None:
    """A real one: 64 kB of tmpfs under the table or under the workspace."""
    if os.geteuid() != 0 or subprocess.run(["mount", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs root, for a mount")
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as place:
        mounted = place.table().parent if full == "host" else place.out / ".cron2fargate"
        kept = tmp_path / "kept"
        shutil.copytree(mounted, kept)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", mounted], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("no mounts here")
        try:
            shutil.copytree(kept, mounted, dirs_exist_ok=True)
            with (mounted / ".filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
                while True:
                    filler.write(b"x" * 4096)
            before = place.table().read_bytes()
            with pytest.raises(UserError, match=r"disk is full|cannot be written"):
                place.forward("backup-all")
            assert place.table().read_bytes() == before
            assert place.runs()["backup-all"] == "old"
            (mounted / ".filler").unlink()
            if place.phase("backup-all") == "old":
                assert place.forward("backup-all") == 0
            else:
                assert place.forward(resume=True) == 0
            assert place.runs()["backup-all"] == "new"
        finally:
            subprocess.run(["umount", mounted], check=True)


def test_a_read_only_file_system_leaves_the_table(place: Place, tmp_path: Path) -> None:
    directory = place.table().parent
    done = subprocess.run(["mount", "--bind", "-o", "ro", directory, directory], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no mounts here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", directory], check=True)
        with pytest.raises(UserError, match="read-only"):
            place.forward("backup-all")
        assert place.table().read_bytes() == APP
        assert place.runs()["backup-all"] == "old"
        assert place.enabled() == set()
    finally:
        subprocess.run(["umount", directory], check=True)
    assert place.forward(resume=True) == 0
    assert place.runs()["backup-all"] == "new"


@pytest.mark.parametrize("when", ["before the exchange", "in the exchange"])
def test_an_edit_in_between_is_never_lost(place: Place, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    edited = APP + b"# in between\n"
    name = "_check" if when == "before the exchange" else "_exchange"
    real, times = getattr(exchange, name), []

    def edit_first(*arguments: Any) -> Any:
        if not times:
            times.append(1)
            place.table().write_bytes(edited)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(exchange, name, edit_first)
        with pytest.raises(EditedError, match="somebody edited it"):
            place.forward("backup-all")
    assert place.table().read_bytes() == edited
    assert [path.name for path in place.table().parent.iterdir()] == ["app"]
    assert (place.runs()["backup-all"], place.phase("backup-all"), place.enabled()) == ("old", "commenting", set())
    assert place.backward("backup-all") == 0
    assert (place.table().read_bytes(), place.phase("backup-all")) == (edited, "old")


def test_a_lost_network_leaves_a_half_step_that_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import EndpointConnectionError

    def lost(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://events.example.com")

    with monkeypatch.context() as patch:
        patch.setattr(frames, "switch", lost)
        with pytest.raises(UserError, match=r"the rules are not all enabled.*cutover --resume"):
            place.forward("backup-all")
    assert place.phase("backup-all") == "enabling"
    assert place.runs()["backup-all"] == "none"
    assert place.call("status", "backup-all", "--out", place.out, "--root", place.tree) == 0
    assert "C756" in capsys.readouterr().out
    assert place.forward(resume=True) == 0
    assert place.runs()["backup-all"] == "new"
    with monkeypatch.context() as patch:
        patch.setattr(frames, "switch", lost)
        with pytest.raises(UserError, match="the crontab was not touched"):
            place.backward("backup-all")
    assert (place.runs()["backup-all"], place.phase("backup-all")) == ("new", "disabling")
    assert place.forward(resume=True) == 0  # goes on the way it was going: back
    assert (place.runs()["backup-all"], place.table().read_bytes()) == ("old", APP)


def test_backups_are_whole_and_private(place: Place) -> None:
    import hashlib

    place.forward()
    directory = place.out / ".cron2fargate/backups"
    backups = [path for path in directory.iterdir() if path.name != ".gitignore"]
    assert (directory.stat().st_mode & 0o777, (directory / ".gitignore").read_text()) == (0o700, "*\n")
    assert len(backups) == 4  # one a switch: two of the five jobs hold one lock
    for path in backups:
        digest, _, name = path.name.partition("-")
        assert (hashlib.sha256(path.read_bytes()).hexdigest(), name) == (digest, "app")
        assert path.stat().st_mode & 0o777 == 0o600
    assert APP in [path.read_bytes() for path in backups]


def test_the_journal_holds_no_line_of_a_crontab(place: Place) -> None:
    place.forward()
    assert "/usr/bin" not in (place.out / ".cron2fargate/cutover.json").read_text()


def test_the_tree_that_is_named_is_changed_and_not_the_copy_that_was_scanned(world: World, tmp_path: Path) -> None:
    with new_place(world, tmp_path, {"etc/cron.d/app": b"30 3 * * * root /usr/bin/backup\n"}) as place:
        text = place.table().read_bytes()
        other = Place(world, tmp_path / "mounted", place.out)
        other.table().parent.mkdir(parents=True)
        other.table().write_bytes(text)
        assert other.forward("backup") == 0
        assert place.table().read_bytes() == text
        assert b"cron2fargate moved backup" in other.table().read_bytes()
        assert other.backward("backup") == 0
        assert (place.table().read_bytes(), other.table().read_bytes()) == (text, text)
