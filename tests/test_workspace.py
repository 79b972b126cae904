"""The workspace: what people edited stays, what is ours follows the crontabs, and nothing is written without need."""

from __future__ import annotations

import fcntl
import json
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.document.model import Document
from migrate.errors import UserError
from migrate.machine.files import TEMPORARY_SUFFIX
from migrate.report.markdown import render_markdown
from migrate.workspace import specs as workspace
from migrate.workspace.spec_files import unusable_specs
from migrate.workspace.specs import Changes, known_names, write_workspace
from tests.documents import document_of, json_of
from tests.effort import examples

SETTINGS = "environments: {}\n"


def spec(name: str, minute: int = 0) -> str:
    return f'name: "{name}"\nschedule:\n  scheduleExpression: "cron({minute} 5 * * ? *)"\n'


def document(*names: str, path: str = "etc/cron.d/app", **more: Any) -> Document:
    jobs = [
        {
            "id": f"id-{name}",
            "name": name,
            "source": {"path": path, "line": number},
            "schedule": "0 5 * * *",
            "line": f"0 5 * * * {name}",
            "status": "ready",
        }
        for number, name in enumerate(names, 1)
    ]
    return document_of({"version": 1, "jobs": jobs, "problems": [], **more})


def write(out: Path, specs: Mapping[str, str], doc: Document | None = None, **options: Any) -> Changes:
    doc = doc or document(*specs)
    return write_workspace(out, doc, specs, SETTINGS, markdown=render_markdown(doc), **options)


def files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_first_scan(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "migration"
    assert known_names(out) == {}
    changes = write(out, {"backup": spec("backup"), "report": spec("report")})
    assert changes.created == [
        *("cron2fargate.yml", "jobs/backup/ecs.yml", "jobs/report/ecs.yml", "report.json", "report.md")
    ]
    assert (changes.updated, changes.unchanged, changes.kept_edited, changes.gone) == ([], [], [], [])
    assert sorted(files(out)) == [
        ".cron2fargate/cron2fargate.schema.json",
        ".cron2fargate/ecs.schema.json",
        ".cron2fargate/proposed.json",
        ".cron2fargate/state.json",
        "cron2fargate.yml",
        "jobs/backup/ecs.yml",
        "jobs/report/ecs.yml",
        "report.json",
        "report.md",
    ]
    assert (out / "jobs/backup/ecs.yml").read_text() == spec("backup")
    assert json.loads((out / "report.json").read_text()) == json_of(document("backup", "report"))
    assert known_names(out) == {"id-backup": "backup", "id-report": "report"}


def test_the_same_scan_again_touches_nothing(tmp_path: Path) -> None:
    specs = {name: spec(name) for name in ("a", "b")}
    write(tmp_path, specs)
    for path in tmp_path.rglob("*"):
        os.utime(path, ns=(1, 1))
    changes = write(tmp_path, specs)
    assert (changes.created, changes.updated) == ([], [])
    assert len(changes.unchanged) == 5
    assert {path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == {1}


def test_our_own_text_follows_the_crontab(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    changes = write(tmp_path, {"a": spec("a", 7)})
    assert changes.updated == ["jobs/a/ecs.yml"]
    assert (tmp_path / "jobs/a/ecs.yml").read_text() == spec("a", 7)


def test_line_ends_changed_by_version_control_are_no_edit(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    (tmp_path / "jobs/a/ecs.yml").write_bytes(spec("a").replace("\n", "\r\n").encode())
    assert "jobs/a/ecs.yml" in write(tmp_path, {"a": spec("a")}).unchanged
    assert write(tmp_path, {"a": spec("a", 7)}).updated == ["jobs/a/ecs.yml"]


def test_an_edit_stays_and_a_new_proposal_is_laid_beside_it(tmp_path: Path) -> None:
    mine = spec("a") + "timeout: 60\n"
    write(tmp_path, {"a": spec("a")})
    (tmp_path / "jobs/a/ecs.yml").write_text(mine)

    (same,) = write(tmp_path, {"a": spec("a")}).kept_edited
    assert (same.path, same.proposal, same.diff) == ("jobs/a/ecs.yml", None, "")
    assert not (tmp_path / "jobs/a/ecs.yml.new").exists()

    (kept,) = write(tmp_path, {"a": spec("a", 7)}).kept_edited
    assert kept.proposal == "jobs/a/ecs.yml.new"
    assert kept.diff.splitlines()[0] == "--- jobs/a/ecs.yml (proposed before)"
    assert '-  scheduleExpression: "cron(0 5 * * ? *)"' in kept.diff
    assert '+  scheduleExpression: "cron(7 5 * * ? *)"' in kept.diff
    assert (tmp_path / "jobs/a/ecs.yml").read_text() == mine
    assert (tmp_path / "jobs/a/ecs.yml.new").read_text() == spec("a", 7)

    (waiting,) = write(tmp_path, {"a": spec("a", 7)}).kept_edited
    assert (waiting.proposal, waiting.diff) == ("jobs/a/ecs.yml.new", "")
    (tmp_path / "jobs/a/ecs.yml.new").unlink()  # declined: it is not proposed a second time
    (declined,) = write(tmp_path, {"a": spec("a", 7)}).kept_edited
    assert declined.proposal is None


def test_a_proposal_that_was_taken_over_is_cleared_away(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    (tmp_path / "jobs/a/ecs.yml").write_text("mine\n")
    write(tmp_path, {"a": spec("a", 7)})
    (tmp_path / "jobs/a/ecs.yml").write_text(spec("a", 7))
    assert "jobs/a/ecs.yml" in write(tmp_path, {"a": spec("a", 7)}).unchanged
    assert not (tmp_path / "jobs/a/ecs.yml.new").exists()


def test_a_proposal_in_which_somebody_works_is_kept_too(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    (tmp_path / "jobs/a/ecs.yml").write_text("mine\n")
    write(tmp_path, {"a": spec("a", 7)})
    (tmp_path / "jobs/a/ecs.yml.new").write_text("half merged\n")
    (kept,) = write(tmp_path, {"a": spec("a", 8)}).kept_edited
    assert kept.proposal == "jobs/a/ecs.yml.latest"
    assert (tmp_path / "jobs/a/ecs.yml.latest").read_text() == spec("a", 8)
    assert (tmp_path / "jobs/a/ecs.yml.new").read_text() == "half merged\n"


def test_a_spec_that_was_there_before_the_first_scan_is_an_edit(tmp_path: Path) -> None:
    (tmp_path / "jobs/a").mkdir(parents=True)
    (tmp_path / "jobs/a/ecs.yml").write_text("mine\n")
    (kept,) = write(tmp_path, {"a": spec("a")}).kept_edited
    assert kept.diff.startswith("--- jobs/a/ecs.yml\n+++ jobs/a/ecs.yml.new")
    assert (tmp_path / "jobs/a/ecs.yml").read_text() == "mine\n"


def test_a_removed_or_empty_spec_is_made_again(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a"), "b": spec("b")})
    (tmp_path / "jobs/a/ecs.yml").unlink()
    (tmp_path / "jobs/b/ecs.yml").write_bytes(b"")
    changes = write(tmp_path, {"a": spec("a"), "b": spec("b")})
    assert (changes.created, changes.updated) == (["jobs/a/ecs.yml"], ["jobs/b/ecs.yml"])


def test_settings_are_written_once(tmp_path: Path) -> None:
    write(tmp_path, {})
    (tmp_path / "cron2fargate.yml").write_text("ours: true\n")
    assert "cron2fargate.yml" in write(tmp_path, {}).unchanged
    assert (tmp_path / "cron2fargate.yml").read_text() == "ours: true\n"


def test_gone_jobs_are_named_and_kept(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a"), "b": spec("b")}, scanned=["etc/cron.d"])
    changes = write(tmp_path, {"a": spec("a")}, scanned=["etc/cron.d"])
    assert [(one.name, one.path, one.source) for one in changes.gone] == [("b", "jobs/b/ecs.yml", "etc/cron.d/app:2")]
    assert (tmp_path / "jobs/b/ecs.yml").exists()
    # Its name stays taken, so that it has it again when it comes back.
    assert known_names(tmp_path) == {"id-a": "a", "id-b": "b"}
    (tmp_path / "jobs/b/ecs.yml").unlink()
    assert write(tmp_path, {"a": spec("a")}, scanned=["etc/cron.d"]).gone == []


@pytest.mark.parametrize(
    ("scanned", "skipped", "gone"),
    [
        (["etc/cron.d/app"], [], True),
        (["etc"], [], True),
        (["etc/cron.d/other"], [], False),
        (["etc/cron"], [], False),
        ([], [], False),
        (["-"], [], False),
        (["etc"], [{"path": "etc/cron.d/app", "reason": "x", "code": "C112"}], False),
        (["etc"], [{"path": "etc/cron.d", "reason": "x"}], False),
        (["etc"], [{"path": "etc/cron.d/app", "reason": "x", "code": "C114"}], True),
    ],
)
def test_only_what_was_looked_at_can_be_gone(
    tmp_path: Path, scanned: list[str], skipped: list[dict[str, str]], gone: bool
) -> None:
    write(tmp_path, {"a": spec("a")})
    changes = write(tmp_path, {}, document(skipped=skipped), scanned=scanned)
    assert bool(changes.gone) is gone


def test_a_scan_of_another_server_adds_its_jobs(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    changes = write(tmp_path, {"b": spec("b")}, document("b", path="server2/etc/crontab"), scanned=["server2"])
    assert changes.gone == []
    assert known_names(tmp_path) == {"id-a": "a", "id-b": "b"}


def test_out_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"x")
    with pytest.raises(UserError, match="a file, not a directory; choose another place with --out"):
        write(tmp_path / "out", {})


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", ".hidden", "-x", "a\n", "a" * 201])
def test_names_that_are_no_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a directory"):
        write(tmp_path / "out", {name: "x"}, document())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("link", ["jobs", "jobs/a", "jobs/a/ecs.yml", "report.md", ".cron2fargate"])
def test_no_link_leads_the_writing_out(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place = tmp_path / "out" / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside)
    if link.startswith("jobs/"):  # one job's: the others are written, and the command tells of it
        write(tmp_path / "out", {"a": spec("a"), "b": spec("b")})
        assert (tmp_path / "out/jobs/b/ecs.yml").exists()
        assert [one.job for one in unusable_specs(tmp_path / "out", ["a", "b"])] == ["a"]
    else:
        with pytest.raises(UserError, match="a link leads out of"):
            write(tmp_path / "out", {"a": spec("a")})
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"jobs": []}', '{"jobs": {"x": {}}}', "<<<<<<< ours", "\x00", "[" * 100_000),
        '{"jobs": {"x": {"name": "../../etc", "path": "p", "line": 1}}}',
    ],
)
def test_a_damaged_state_is_said(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a": spec("a")})
    (tmp_path / ".cron2fargate/state.json").write_text(text)
    before = files(tmp_path)
    for act in (lambda: known_names(tmp_path), lambda: write(tmp_path, {"a": spec("a", 7)})):
        with pytest.raises(UserError, match="damaged, so the names of the jobs are not known"):
            act()
    assert files(tmp_path) == before


def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"a": spec("a")})
    descriptor = os.open(tmp_path / ".cron2fargate", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another cron2fargate is writing here"):
            write(tmp_path, {"a": spec("a")})
    finally:
        os.close(descriptor)
    write(tmp_path, {"a": spec("a")})


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a": spec("a")})

    def die(*_args: object, **_options: object) -> str:
        (tmp_path / f"jobs/a/.ecs.yml.1{TEMPORARY_SUFFIX}").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace, "gathered", die)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, {"a": spec("a", 7)})
    monkeypatch.undo()
    write(tmp_path, {"a": spec("a", 7)})
    assert [name for name in files(tmp_path) if name.endswith((TEMPORARY_SUFFIX, "unfinished"))] == []
    assert (tmp_path / "jobs/a/ecs.yml").read_text() == spec("a", 7)


@examples(40)
@given(st.lists(st.sampled_from(["scan 0", "scan 1", "scan 2", "edit", "remove", "accept", "decline"]), max_size=12))
def test_no_order_of_scans_and_edits_loses_an_edit(tmp_path_factory: pytest.TempPathFactory, acts: list[str]) -> None:
    out = tmp_path_factory.mktemp("out")
    place, beside = out / "jobs/a/ecs.yml", out / "jobs/a/ecs.yml.new"
    for act in ["scan 0", *acts]:
        before = place.read_text() if place.exists() else None
        if act.startswith("scan"):
            write(out, {"a": spec("a", int(act[-1]))})
            edited = before is not None and before.startswith("mine")
            assert place.read_text() == (before if edited else spec("a", int(act[-1])))
        elif act == "edit":
            place.write_text(f"mine {random.random()}\n")
        elif act == "remove":
            place.unlink(missing_ok=True)
        elif beside.exists():
            if act == "accept":
                beside.replace(place)
            else:
                beside.unlink()
