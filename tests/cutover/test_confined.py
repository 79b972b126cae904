"""A workspace comes by version control with whatever links: a cutover, which runs as root, writes through none of them."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from migrate.document.model import TableRead
from migrate.errors import UserError
from migrate.sites.tables import BACKUPS, Table, keep_backup, table_of
from migrate.workspace.journal import Journal, alone


def table(path: Path) -> Table:
    return Table(
        "etc/cron.d/app", path, "/etc/cron.d/app", None, system=True, dialect="debian", spool=False, tool=False
    )


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    found = tmp_path / "victim"
    found.mkdir(mode=0o755)
    return found


def untouched(victim: Path) -> bool:
    return not list(victim.iterdir()) and victim.stat().st_mode & 0o777 == 0o755


ABSOLUTE, UP = "absolute", "up"


def link(place: Path, to: Path, how: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to if how == ABSOLUTE else os.path.relpath(to, place.parent))


@pytest.mark.parametrize("how", [ABSOLUTE, UP])
@pytest.mark.parametrize("at", [".cron2fargate", BACKUPS])
def test_backups_do_not_follow_a_link_out(tmp_path: Path, victim: Path, at: str, how: str) -> None:
    out = tmp_path / "out"
    link(out / at, victim, how)
    with pytest.raises(UserError, match="link"):
        keep_backup(out, table(tmp_path / "app"), b"1 2 * * * root x\n")
    assert untouched(victim)


@pytest.mark.parametrize("how", [ABSOLUTE, UP])
@pytest.mark.parametrize("name", ["nologin", "there"])
def test_the_lock_is_made_through_no_link(tmp_path: Path, victim: Path, name: str, how: str) -> None:
    out = tmp_path / "out"
    if name == "there":
        (victim / name).touch()
    link(out / ".cron2fargate/cutover.lock", victim / name, how)
    with pytest.raises(UserError, match=r"cutover\.lock"), alone(out):
        pass
    assert (victim / "nologin").exists() is False


@pytest.mark.parametrize("how", [ABSOLUTE, UP])
@pytest.mark.parametrize("at", [".cron2fargate", ".cron2fargate/cutover.json"])
def test_the_journal_is_read_and_written_through_no_link_out(tmp_path: Path, victim: Path, at: str, how: str) -> None:
    out = tmp_path / "out"
    link(out / at, victim / "cutover.json" if at.endswith("json") else victim, how)
    with pytest.raises(UserError):
        Journal(out).save()
    assert untouched(victim)


def test_a_fifo_for_a_lock_does_not_hold_a_cutover(tmp_path: Path) -> None:
    (tmp_path / ".cron2fargate").mkdir()
    os.mkfifo(tmp_path / ".cron2fargate/cutover.lock")
    with alone(tmp_path):
        pass


def test_backups_are_for_their_owner_only(tmp_path: Path) -> None:
    place = keep_backup(tmp_path, table(tmp_path / "app"), b"1 2 * * * root x\n")
    assert place == keep_backup(tmp_path, table(tmp_path / "app"), b"1 2 * * * root x\n")
    assert (tmp_path / place).read_bytes() == b"1 2 * * * root x\n"
    assert (tmp_path / place).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / BACKUPS).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / BACKUPS / ".gitignore").read_bytes() == b"*\n"


# --- the tree of another host (`--root`) ------------------------------------------------------------------------------

BEFORE, AFTER = b"1 2 * * * root x\n", b"# moved 1 2 * * * root x\n"


def in_tree(tree: Path, path: str = "etc/cron.d/app") -> Table:
    return table_of(str(tree / path), TableRead(path=str(tree / path), kind="system"), "debian", tree)


LINKS = ["etc", "etc/cron.d", "etc/cron.d/app"]


@pytest.mark.parametrize("how", [ABSOLUTE, UP])
@pytest.mark.parametrize("at", LINKS)
def test_a_link_of_a_tree_leads_nowhere_else(tmp_path: Path, at: str, how: str) -> None:
    """`etc/cron.d -> /srv/cron` means the tree's /srv/cron; a file of this machine stays as it is."""
    tree, inner = tmp_path / "tree", tmp_path / "outside/etc/cron.d/app"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(BEFORE)
    link(tree / at, tmp_path / "outside" / at, how)
    with pytest.raises(UserError):
        in_tree(tree).read()
    with pytest.raises(UserError):
        in_tree(tree).install(BEFORE, AFTER)
    assert inner.read_bytes() == BEFORE
    assert [one.name for one in inner.parent.iterdir()] == ["app"]


@pytest.mark.parametrize("target", ["/srv/cron", "../srv/cron", "../../../../srv/cron"])
def test_a_link_inside_a_tree_is_the_trees_own(tmp_path: Path, target: str) -> None:
    tree = tmp_path / "tree"
    for directory in ("etc", "srv/cron"):
        (tree / directory).mkdir(parents=True)
    (tree / "etc/cron.d").symlink_to(target)
    (tree / "srv/cron/app").write_bytes(BEFORE)
    table = in_tree(tree)
    assert table.read() == BEFORE
    table.install(BEFORE, AFTER)
    assert (tree / "srv/cron/app").read_bytes() == AFTER
    assert [one.name for one in (tree / "srv/cron").iterdir()] == ["app"]


def test_a_directory_that_changes_for_a_link_meanwhile(tmp_path: Path) -> None:
    """A user owns the tree, root switches: between any two looks `etc/cron.d` may be a link to the machine's own."""
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / "etc/real").mkdir(parents=True)
    outside.mkdir()
    for directory in (tree / "etc/real", outside):
        (directory / "app").write_bytes(BEFORE)
    (tree / "etc/cron.d").symlink_to("real")
    stop = threading.Event()

    def turn() -> None:
        (tree / "etc/to").symlink_to("real")
        while not stop.is_set():
            for target in (str(outside), "real"):
                (tree / "etc/to").unlink()
                (tree / "etc/to").symlink_to(target)
                (tree / "etc/to").rename(tree / "etc/cron.d")
                (tree / "etc/to").symlink_to("real")

    turning = threading.Thread(target=turn)
    turning.start()
    try:
        texts = (BEFORE, AFTER)
        for _ in range(200):
            with suppress(UserError):
                in_tree(tree).install(*texts)
                texts = texts[1], texts[0]
    finally:
        stop.set()
        turning.join()
    assert (outside / "app").read_bytes() == BEFORE
    assert [one.name for one in outside.iterdir()] == ["app"]
    assert (tree / "etc/real/app").read_bytes() == texts[0]


def test_what_is_laid_beside_a_table_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    directory = tmp_path / "tree/etc/cron.d"
    directory.mkdir(parents=True)
    (directory / "app").write_bytes(BEFORE)
    os.mkfifo(directory / ".app.999999991.c2f-tmp")
    (directory / ".app.999999992.c2f-tmp").symlink_to("/dev/zero")
    table = in_tree(tmp_path / "tree")
    assert [Path(one).name for one in table.sweep(set())] == [".app.999999991.c2f-tmp", ".app.999999992.c2f-tmp"]
    (directory / f".app.{os.getpid()}.c2f-tmp").symlink_to(tmp_path / "made")
    table.install(BEFORE, AFTER)
    assert not (tmp_path / "made").exists()
    assert table.read() == AFTER
