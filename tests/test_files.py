"""Whole files: replaced in one step, never touched without need, never through a link out of their directory."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrate.errors import UserError
from migrate.machine.files import TEMPORARY_SUFFIX, confined, make_directory, new_file, read_if_there, write_atomic


def leftovers(directory: Path) -> list[str]:
    return [path.name for path in directory.rglob("*") if path.name.endswith(TEMPORARY_SUFFIX)]


def test_a_file_is_made_and_then_left_alone_while_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert write_atomic(path, "日本\n") is True
    assert path.read_text(encoding="utf-8") == "日本\n"
    os.utime(path, ns=(1, 1))
    assert write_atomic(path, "日本\n") is False
    assert path.stat().st_mtime_ns == 1
    assert write_atomic(path, "日本!\n") is True
    assert path.stat().st_mtime_ns != 1
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    assert write_atomic(path, b"new")
    assert path.stat().st_mode & 0o7777 == mode


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_what_is_not_a_regular_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name in ("dir", "fifo"):
        with pytest.raises(UserError, match="not a regular file"):
            write_atomic(tmp_path / name, "x")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk is full; the old content is still there"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "no permission to write here"),
        (errno.EIO, "it cannot be written"),
    ],
)
def test_a_write_that_fails_leaves_the_old_file_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match=sentence):
        write_atomic(path, "new")
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, "new")
    assert (path.read_bytes(), leftovers(tmp_path)) == (b"old", [])


def test_a_killed_writer_leaves_one_of_the_two_contents(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = {b"a" * 300_000, b"b" * 300_000}
    path.write_bytes(b"a" * 300_000)
    program = (
        "import sys, pathlib\n"
        "from migrate.machine.files import write_atomic\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for letter in (b'b', b'a'):\n"
        "        write_atomic(path, letter * 300_000, durable=False)\n"
    )
    for pause in (0.003, 0.011, 0.019):
        with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
        assert path.read_bytes() in contents


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        write_atomic(tmp_path / "no" / "a", "x")


def test_read_if_there(tmp_path: Path) -> None:
    assert read_if_there(tmp_path / "a") is None
    (tmp_path / "a").write_bytes(b"\xff")
    assert read_if_there(tmp_path / "a") == b"\xff"
    with pytest.raises(UserError, match="cannot be read"):
        read_if_there(tmp_path)


def test_links_are_followed_only_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (root / "inner").symlink_to("real")
    (root / "outer").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to("/etc/passwd")
    assert confined(root, "plain/a").path == root / "plain/a"
    assert write_atomic(confined(root, "inner/a"), "x")
    assert (root / "real/a").read_text() == "x"
    (tmp_path / "outside/a").write_text("theirs")
    for relative in ("outer/a", "outer", "file", "outer/new"):
        for act in (read_if_there, make_directory, lambda place: write_atomic(place, "mine")):
            with pytest.raises(UserError, match="leads out of"):
                act(confined(root, relative))
    assert [(one.name, one.read_text()) for one in (tmp_path / "outside").iterdir()] == [("a", "theirs")]


def test_a_name_that_is_made_is_made_anew(tmp_path: Path) -> None:
    """A link laid under the name of our temporary file is not written through."""
    (tmp_path / "victim").write_text("theirs")
    (tmp_path / f".a.{os.getpid()}{TEMPORARY_SUFFIX}").symlink_to("victim")
    assert write_atomic(tmp_path / "a", "x")
    assert ((tmp_path / "victim").read_text(), (tmp_path / "a").read_text()) == ("theirs", "x")


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to("real")
    make_directory(confined(tmp_path / "root", "a/b"))
    assert (tmp_path / "real/a/b").is_dir()


def test_a_directory_in_whose_place_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(UserError, match="a file stands where a directory is needed"):
            make_directory(path)


KILLED_AT_ITS_RENAME = """
import os, signal, sys
from pathlib import Path
from migrate.machine import files
os.replace = lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL)
files.{writer}
"""
WRITERS = ["write_atomic(Path('a.html'), 'new')", "write_streamed(Path('a.html'), [b'ne', b'w'])"]


def in_another_process(code: str, directory: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run([sys.executable, "-c", code], cwd=directory, env=environment, check=False).returncode


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("same", [True, False])
def test_what_a_writer_killed_at_its_rename_left_is_swept_by_the_next(tmp_path: Path, writer: str, same: bool) -> None:
    (tmp_path / "a.html").write_text("new" if same else "old")
    before = f".a.html.{10**9}{TEMPORARY_SUFFIX}"
    (tmp_path / before).write_text("half")
    other = f".b.html.{10**9}{TEMPORARY_SUFFIX}"
    (tmp_path / other).write_text("of another file")
    if not same:
        code = KILLED_AT_ITS_RENAME.format(writer=writer)
        assert in_another_process(code, tmp_path) == -signal.SIGKILL
        left = leftovers(tmp_path)
        assert len(left) == 2, "swept the old one, left its own and the other's"
        assert before not in left
    code = f"from pathlib import Path\nfrom migrate.machine import files\nfiles.{writer}"
    assert in_another_process(code, tmp_path) == 0
    assert leftovers(tmp_path) == [other]
    assert (tmp_path / "a.html").read_text() == "new"


def test_what_another_process_is_writing_is_not_swept(tmp_path: Path) -> None:
    """A lock tells, so that it holds between containers too, where numbers of processes mean nothing."""
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    held = new_file(descriptor, f".a.{10**9}{TEMPORARY_SUFFIX}", 0o600)
    write_atomic(tmp_path / "a", "x")
    assert len(leftovers(tmp_path)) == 1
    os.close(held)
    write_atomic(tmp_path / "a", "y")
    assert leftovers(tmp_path) == []
    os.close(descriptor)


def test_a_link_that_looks_like_a_leftover_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / f".a.7{TEMPORARY_SUFFIX}").symlink_to("victim")
    os.mkfifo(tmp_path / f".a.8{TEMPORARY_SUFFIX}")
    write_atomic(tmp_path / "a", "x")
    assert (tmp_path / "victim").read_text() == "precious"
