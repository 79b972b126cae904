"""A workspace comes by version control with whatever links: a cutover, which runs as root, writes through none of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.cutover.journal import Journal, alone
from migrate.cutover.tables import BACKUPS, Table, keep_backup
from migrate.errors import UserError


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
