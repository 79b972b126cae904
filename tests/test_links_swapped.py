"""Links, hard links, FIFOs and races against what `scan`, `image`, `review`, `export` and `report` write and read.

Law: whatever stands or is laid meanwhile where one of them writes, no byte outside the workspace is made, changed or given
other rights; and what a link outside holds is in nothing that is written.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from converters.images.facts import Image
from migrate.cli import cli
from migrate.errors import UserError
from migrate.images import store
from migrate.images.layout import read_layout
from migrate.images.streams import ImageError
from migrate.machine.renaming import renamed
from tests.aws.world import SETTINGS
from tests.effort import tries
from tests.test_bad_specs import no_command_hangs

__all__ = ["no_command_hangs"]

SCAN = ("scan", "table", "--system", "--timezone", "UTC", "--image", "example/app:1")
REVIEW = ("review", "--accept-defaults")
EXPORT = ("export", "terraform")
REPORT = ("report",)
WRITTEN = {
    "report.json": SCAN,
    "jobs": SCAN,
    ".cron2fargate": SCAN,
    ".cron2fargate/state.json": SCAN,
    "jobs/a/ecs.yml": REVIEW,
    "review.yml": REVIEW,
    "export": EXPORT,
    "export/terraform/sandbox": EXPORT,
    "report.html": REPORT,
    "report.md": REPORT,
}
"""What stands in a workspace, and the command that writes it."""
MARK = "held outside, not to be seen"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("links")
    (place / "table").write_text("1 2 * * * root /opt/a\n2 3 * * * root /opt/b\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for command in (SCAN, REVIEW):
            CliRunner().invoke(cli, command)
        (place / "migration/cron2fargate.yml").write_text(SETTINGS)
        for command in (EXPORT, REPORT):
            CliRunner().invoke(cli, command)
    for name in WRITTEN:
        assert (place / "migration" / name).exists(), name
    return place


@pytest.fixture
def place(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    (victim / "file").write_text(MARK)
    (victim / "file").chmod(0o644)
    # What a link in a directory's place would lead to is there, so that nothing fails only for want of it.
    for name in ("state.json", "ecs.yml", "main.tf", "proposed.json"):
        (victim / name).write_text(MARK)
    (victim / "a").mkdir()
    (victim / "a/ecs.yml").write_text(MARK)
    return tmp_path


def outside(place: Path) -> dict[str, tuple[int, bytes]]:
    files = [path for path in sorted((place / "victim").rglob("*")) if path.is_file()]
    return {str(path.relative_to(place)): (path.stat().st_mode, path.read_bytes()) for path in files}


def run(*words: str) -> str:
    """What was said; an error of ours or click's is said too, any other fails the test."""
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, UserError | click.ClickException | SystemExit):
        raise done.exception
    return f"{done.output}{done.exception or ''}"


def make_way(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def changed(place: Path) -> None:
    """The table, so that each command has something to write."""
    (place / "table").write_text("1 2 * * * root /opt/a\n2 4 * * * root /opt/b --more\n3 5 * * * root /opt/c\n")


@pytest.mark.parametrize("way", ["absolute", "relative", "chain"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_link_in_the_place_of_what_is_written(place: Path, name: str, way: str) -> None:
    path = place / "migration" / name
    to = place / "victim" if path.is_dir() else place / "victim/file"
    make_way(path)
    if way == "chain":
        (place / "migration/between").symlink_to("../victim", target_is_directory=True)
        to = place / "migration/between" / ("file" if to.name == "file" else ".")
    path.symlink_to(to if way == "absolute" else os.path.relpath(to, path.parent))
    before = outside(place)
    changed(place)
    said = run(*WRITTEN[name])
    assert outside(place) == before
    assert MARK not in said
    holding = [one for one in (place / "migration").rglob("*") if one.is_file() and not one.is_symlink()]
    assert not [
        one for one in holding if "victim" not in str(one.resolve()) and MARK in one.read_text("utf-8", "replace")
    ]


@pytest.mark.parametrize("name", [name for name in WRITTEN if "." in name.rpartition("/")[2][1:]])
def test_a_hard_link_in_the_place_of_what_is_written(place: Path, name: str) -> None:
    """Somebody who may write in the workspace binds a file of somebody else into it: the name is laid anew, the file is not."""
    path = place / "migration" / name
    other = place / "victim/bound"
    os.link(path, other)
    before = outside(place)
    changed(place)
    run(*SCAN)
    run(*WRITTEN[name])
    assert outside(place) == before


@contextmanager
def swapped(path: Path, victim: Path) -> Iterator[list[int]]:
    """``path`` is by turns the directory itself and a link out, as fast as that goes; it is always one of the two."""
    stop = threading.Event()
    turns = [0]
    link = path.with_name("link")
    link.symlink_to(victim, target_is_directory=True)

    def turn() -> None:
        while not stop.is_set():
            with suppress(OSError):  # before a first scan has made it, there is nothing to change places with
                renamed(path, link, "exchange")
                turns[0] += 1
            stop.wait(0.0005)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield turns
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", ["jobs", ".cron2fargate", "export", "images"])
def test_a_directory_that_changes_for_a_link_while_a_command_runs(place: Path, name: str) -> None:
    store.save(place / "migration", Image("example/app:1", programs=frozenset({"/opt/a"})))
    before = outside(place)
    command = {"export": EXPORT, "images": SCAN}.get(name, SCAN)
    with swapped(place / "migration" / name, place / "victim") as turns:
        least, end = tries(40) // 20 + 1, time.monotonic() + 120
        for number in count():
            if number >= least and (turns[0] > 5 or time.monotonic() > end):
                break
            (place / "table").write_text(f"{number} 2 * * * root /opt/a\n2 4 * * * root /opt/b{number}\n")
            said = run(*command)
            if name == "images":
                with suppress(UserError, OSError):
                    store.save(place / "migration", Image(f"example/app:{number}", programs=frozenset()))
            assert MARK not in said
    assert turns[0] > 5
    assert outside(place) == before


def _layout(at: Path) -> None:
    at.mkdir()
    (at / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


DIGEST = "0" * 64
INDEX = (
    '{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2,'
    f' "digest": "sha256:{DIGEST}"}}]}}'
)


@pytest.mark.parametrize("at", ["index.json", "blobs", "blobs/sha256", f"blobs/sha256/{DIGEST}"])
@pytest.mark.parametrize("kind", ["link", "fifo", "device"])
def test_a_layout_is_read_through_no_link_and_waits_for_nothing(tmp_path: Path, at: str, kind: str) -> None:
    """A layout is unpacked from anywhere: what it links to on this machine is not taken for a part of it."""
    layout = tmp_path / "layout"
    _layout(layout)
    outside_ = tmp_path / "outside"
    (outside_ / "sha256").mkdir(parents=True)
    for name in (f"sha256/{DIGEST}", DIGEST):
        (outside_ / name).write_text("{}")
    (outside_ / "index.json").write_text(INDEX)
    if at != "index.json":
        (layout / "index.json").write_text(INDEX)
    path = layout / at
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to({"blobs": "../outside", "blobs/sha256": "../../outside/sha256"}.get(at, outside_ / path.name))
    with pytest.raises(ImageError) as refused:
        read_layout(str(layout), "app:1", None)
    assert "layout" in str(refused.value)
