"""Whose ecs.yml is there: none of a job that stays or ends, and none is registered whose line is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.cli import cli
from migrate.errors import UserError
from migrate.review.book import open_book
from migrate.review.carrying import carry_out
from migrate.workspace.spec_files import load_specs

STAYS = "0 5 * * * systemctl restart nginx\n"
DROPS = "0 4 * * * /usr/sbin/logrotate /etc/logrotate.conf\n"
MOVES = "0 6 * * * /srv/app/bin/report\n"


def scan(tmp_path: Path, table: str) -> Path:
    (tmp_path / "t").write_text(table)
    out = tmp_path / "w"
    cli.main(["scan", str(tmp_path / "t"), "--out", str(out), "--image", "a/b:1", "--quiet"], standalone_mode=False)
    return out


def specs(out: Path) -> set[str]:
    return {path.parent.name for path in out.glob("jobs/*/ecs.yml")}


def test_what_stays_or_ends_has_no_spec(tmp_path: Path) -> None:
    out = scan(tmp_path, STAYS + DROPS + MOVES)
    book = open_book(out)
    fates = {job.name: job.fate for job in book.jobs}
    assert sum(fate in ("stay", "drop") for fate in fates.values()) == 2
    assert specs(out) == {name for name, fate in fates.items() if fate not in ("stay", "drop")}


def test_one_that_is_taken_all_the_same_gets_its_spec(tmp_path: Path) -> None:
    out = scan(tmp_path, STAYS + MOVES)
    book = open_book(out)
    job = next(job for job in book.jobs if job.fate in ("stay", "drop"))
    assert book.spec(job) is not None
    book.settle({job.id: {"decision": "take"}})
    carry_out(book, out)
    assert job.name in specs(out)
    assert job.name in specs(scan(tmp_path, STAYS + MOVES))  # and keeps it
    book = open_book(out)
    book.settle({job.id: {"decision": None}})
    assert job.name not in specs(scan(tmp_path, STAYS + MOVES))  # taken back: our own text goes again


def test_an_edited_spec_stays_theirs(tmp_path: Path) -> None:
    out = scan(tmp_path, STAYS)
    book = open_book(out)
    book.settle({book.jobs[0].id: {"decision": "take"}})
    carry_out(book, out)
    path = out / "jobs" / book.jobs[0].name / "ecs.yml"
    path.write_text(path.read_text() + "# ours\n")
    book.settle({book.jobs[0].id: {"decision": None}})
    scan(tmp_path, STAYS)
    assert path.exists()


def test_the_spec_of_a_line_that_is_gone_is_not_registered(tmp_path: Path) -> None:
    out = scan(tmp_path, MOVES + "0 7 * * * /srv/app/bin/gone\n")
    assert {spec.name for _path, spec in load_specs(out)} == {"report", "gone"}
    scan(tmp_path, MOVES)
    found = load_specs(out)
    assert [spec.name for _path, spec in found] == ["report"]
    (left,) = found.left_out
    assert (left.job, "its line is gone from" in left.why) == ("gone", True)
    # By its name it is still what somebody asks for; without `legacy` it is theirs; and its line may come back.
    path = out / "jobs/gone/ecs.yml"
    assert [spec.name for _path, spec in load_specs(out, (path,))] == ["gone"]
    whole = path.read_text()
    path.write_text(whole[: whole.index("legacy:")])
    assert len(load_specs(out)) == 2
    path.write_text(whole)
    scan(tmp_path, MOVES + "0 7 * * * /srv/app/bin/gone\n")
    assert len(load_specs(out)) == 2


def test_only_what_was_scanned_can_be_gone(tmp_path: Path) -> None:
    out = scan(tmp_path, MOVES)
    (tmp_path / "other").write_text("0 8 * * * /srv/app/bin/other\n")
    cli.main(["scan", str(tmp_path / "other"), "--out", str(out), "--quiet"], standalone_mode=False)
    assert {spec.name for _path, spec in load_specs(out)} == {"report", "other"}


def test_a_line_that_cutover_took_out_is_not_gone(tmp_path: Path) -> None:
    from migrate.workspace.journal import Journal

    out = scan(tmp_path, MOVES)
    journal = Journal(out)
    journal.describe("report", path=str(tmp_path / "t"), line=1, digest="0" * 16)
    for step in ("comment", "enable"):
        journal.note(["report"], step, "begin", 0)  # type: ignore[arg-type]
        journal.note(["report"], step, "done", 0)  # type: ignore[arg-type]
    scan(tmp_path, "# " + MOVES)
    assert [spec.name for _path, spec in load_specs(out)] == ["report"]


def test_where_all_lines_are_gone_that_is_said(tmp_path: Path) -> None:
    out = scan(tmp_path, MOVES)
    scan(tmp_path, "# nothing\n")
    with pytest.raises(UserError, match="its line is gone"):
        load_specs(out)
