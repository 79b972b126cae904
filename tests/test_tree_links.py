"""Links of a tree that is scanned: read as its own host reads them; nothing of the scanning machine stands in a report."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from migrate.cli import cli
from migrate.errors import UserError
from tests.test_bad_specs import no_command_hangs
from tests.test_collect_links import NEVER, OUT_OF_THE_TREE, this_machine, tree_of_another

__all__ = ["no_command_hangs"]

LAYOUTS = OUT_OF_THE_TREE | {
    "etc/anacrontab": "cron.d/app",
    "etc/crontabs": "cron.d",
    "etc/cron.daily": "opt/app",
    "etc/cron.daily/run": "opt/app/run",
    "etc/default/cron": "passwd",
    "etc/timezone": "os-release",
    "usr/local": "usr",
    "usr/local/etc/cron.d": "cron.d",
    "var/spool/anacron": "opt/app",
    "collected": "cron.d",
}
TABLES = ("etc", "etc/cron.d", "etc/cron.d/app", "etc/crontab", "etc/crontabs", "var", "var/spool/cron")
"""Of these the table itself lies behind the link."""
OURS = "what-the-tree-holds"


def scan(place: Path, *words: str) -> tuple[str, list[str]]:
    """What is said, and the files written that hold what only stands on this machine."""
    out = place / "migration"
    shutil.rmtree(out, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        done = CliRunner().invoke(
            cli, ["scan", *words, "--timezone", "UTC", "--image", "a:1", "--details"], standalone_mode=False
        )
    if done.exception is not None and not isinstance(done.exception, UserError | click.ClickException):
        raise done.exception
    files = [one for one in out.rglob("*") if one.is_file() and NEVER in one.read_text("utf-8", "replace")]
    return f"{done.output}{done.exception or ''}", [str(one) for one in files]


def laid(place: Path, name: str, to: Path, how: str) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to if how == "absolute" else os.path.relpath(to, place.parent))
    assert place.is_symlink(), name


@pytest.mark.parametrize("how", ["absolute", "relative"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_link_of_a_tree_reads_nothing_of_this_machine(tmp_path: Path, name: str, how: str) -> None:
    machine, root = this_machine(tmp_path / "machine"), tree_of_another(tmp_path / "tree")
    laid(root / name, name, machine / LAYOUTS[name], how)
    for named in ("tree", "tree/etc", "tree/etc/cron.d", "tree/etc/cron.d/app", "tree/var/spool/cron"):
        said, files = scan(tmp_path, named)
        assert NEVER not in said, (named, said)
        assert files == [], named


@pytest.mark.parametrize("how", ["absolute", "relative"])
@pytest.mark.parametrize("name", TABLES)
def test_a_link_of_a_tree_leads_to_what_the_tree_has_there(tmp_path: Path, name: str, how: str) -> None:
    """The same path is there on both: what is read is the tree's."""
    machine, root = this_machine(tmp_path / "machine"), tree_of_another(tmp_path / "tree")
    inner = root / str(machine).lstrip("/")
    shutil.copytree(machine, inner)
    for one in inner.rglob("*"):
        if one.is_file():
            one.write_text(one.read_text().replace(NEVER, OURS))
    laid(root / name, name, machine / LAYOUTS[name] if how == "absolute" else inner / LAYOUTS[name], how)
    said, files = scan(tmp_path, "tree")
    assert (NEVER in said, files) == (False, [])
    jobs = json.loads((tmp_path / "migration/report.json").read_text())["jobs"]
    assert any(OURS in json.dumps(job["command"]) for job in jobs), said
    # And the table keeps the name that it has on its host.
    assert all(str(machine) not in job["source"]["path"] for job in jobs)


@pytest.mark.parametrize("how", ["absolute", "relative"])
@pytest.mark.parametrize("at", ["tables/bob", "tables/cron.d", "tables/web1"])
def test_a_directory_of_tables_holds_no_link_out_of_it(tmp_path: Path, at: str, how: str) -> None:
    """`bob -> /etc/shadow`: told, and not read."""
    machine = this_machine(tmp_path / "machine")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/amy").write_text("1 2 * * * /opt/amy\n")
    (tmp_path / "tables/near").symlink_to("amy")
    to = machine / "cron.d/app" if at.endswith("bob") else machine / "cron.d" if at.endswith("cron.d") else machine
    laid(tmp_path / at, at, to, how)
    said, files = scan(tmp_path, "tables")
    assert (NEVER in said, files) == (False, [])
    jobs = json.loads((tmp_path / "migration/report.json").read_text())["jobs"]
    assert [job["source"]["path"] for job in jobs] == ["tables/amy"]
    assert "a link that leads out of what was named" in said


def test_a_table_that_a_person_names_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("1 2 * * * /opt/amy\n")
    (tmp_path / "named").symlink_to(tmp_path / "real")
    (tmp_path / "host").mkdir()
    tree_of_another(tmp_path / "host/tree")
    (tmp_path / "linked").symlink_to("host/tree")
    assert "1 job" in scan(tmp_path, "named")[0]
    assert "/opt/app/run" in scan(tmp_path, "linked")[0]


@pytest.mark.parametrize(
    "name", ["etc/timezone", "etc/os-release", "etc/crontab", "etc/passwd", "opt/app/run", "script"]
)
@pytest.mark.parametrize("kind", ["FIFO", "device"])
def test_nothing_of_a_tree_is_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    root = tree_of_another(tmp_path / "tree")
    place = tmp_path / name if name == "script" else root / name
    place.unlink(missing_ok=True)
    if kind == "FIFO":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/zero")
    (tmp_path / "table").write_text(f"1 2 * * * {place}\n")
    scan(tmp_path, "table" if name == "script" else "tree")
