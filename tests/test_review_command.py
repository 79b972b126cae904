"""``cron2fargate review`` as a process: without a terminal, with answers from a file, and what it leaves in the workspace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converters.specs.model import load_spec
from migrate.review.book import open_book
from migrate.review.carrying import carry_out
from migrate.review.sitting import count_undecided
from tests.cli import ROOT, run
from tests.review_world import RAILS, asked, held, job_named, scanned


def spec_of(out: Path, name: str) -> str:
    return (out / "jobs" / name / "ecs.yml").read_text(encoding="utf-8")


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    scanned(tmp_path)
    result = run("review", cwd=tmp_path)
    assert result.code == 2
    assert "--answers FILE" in result.err and "--accept-defaults" in result.err


def test_what_is_decided_is_not_asked_again_by_any_report(tmp_path: Path) -> None:
    server = str(ROOT / "fixtures" / "legacy-rails")
    assert "23 to review (11 for the image alone), 1 blocked" in run("scan", server, cwd=tmp_path).out
    run("scan", server, "--image", "app:1", cwd=tmp_path)
    assert run("review", "--accept-defaults", cwd=tmp_path).code == 0
    out = tmp_path / "migration"
    decided = [job.get("decided") for job in json.loads((out / "report.json").read_text(encoding="utf-8"))["jobs"]]
    assert decided.count("keep") == 7 and decided.count("take") == 16
    # That a container has no mail server is nobody's default.
    assert "**1** needs a decision" in (out / "report.md").read_text(encoding="utf-8")
    again = run("scan", server, "--image", "app:1", cwd=tmp_path).out
    assert "16 ready, 1 to review, 0 blocked, 7 not moved" in again
    found = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [job.get("decided") for job in found["jobs"]] == decided


def test_without_a_workspace_it_says_what_to_do(tmp_path: Path) -> None:
    result = run("review", "--list", cwd=tmp_path)
    assert result.code == 2 and "run 'cron2fargate scan' first" in result.err
    (tmp_path / "migration").mkdir()
    (tmp_path / "migration" / "report.json").write_text("{")
    assert "not JSON (line 1); run 'cron2fargate scan' again" in run("review", "--list", cwd=tmp_path).err


def test_the_list_and_strict(tmp_path: Path) -> None:
    scanned(tmp_path)
    result = run("review", "--list", "--strict", cwd=tmp_path)
    assert result.code == 1
    assert "Image for all 3 Rails jobs?\n    notify, reports-daily, sales-mail\n" in result.out
    assert result.out.endswith("7 questions are open\n")
    assert not (tmp_path / "migration" / "review.yml").exists()


def test_defaults_leave_what_has_none(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    result = run("review", "--accept-defaults", "--strict", cwd=tmp_path)
    assert result.code == 1
    assert "2 questions are open" in result.out and "Image for all 3 Rails jobs?" in result.out
    assert "timeout: 900" in spec_of(out, "notify")
    assert count_undecided(out) == 4


ANSWERS = """\
version: 1
jobs:
  "*": {image: "registry.example.com/base:1", owner: ops}
  "*-mail":
    image: "registry.example.com/app:2"
  notify:
    timeout: 120
    lock: skip
  "*crontab:6": {decision: skip}
"""


def test_answers_by_name_pattern_and_place(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    (tmp_path / "answers.yml").write_text(ANSWERS)
    result = run("review", "--answers", "answers.yml", "--accept-defaults", "--strict", cwd=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert "5 jobs decided by answers.yml" in result.out and "Nothing is open." in result.out
    assert "image: registry.example.com/app:2" in spec_of(out, "sales-mail")
    spec = load_spec(spec_of(out, "notify"), "ecs.yml")
    assert spec.containers[0].image == "registry.example.com/base:1"
    assert spec.timeout is not None and spec.timeout.seconds == 120
    assert not (out / "jobs" / "warm-cache").exists()
    # Once more changes nothing.
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.yml")}
    assert run("review", "--answers", "answers.yml", "--accept-defaults", cwd=tmp_path).code == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.yml")} == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\njobs:\n  nobody: {decision: skip}\n", "answers.yml:3: no job is called 'nobody'"),
        ("version: 1\njobs:\n  notify: {decison: skip}\n", "answers.yml:3:12: jobs.notify.decison: unknown key"),
        ("version: 1\njobs:\n  '*': {name: same}\n", "two jobs would be named 'same'"),
    ],
)
def test_a_mistake_in_the_answers_decides_nothing(tmp_path: Path, text: str, words: str) -> None:
    out = scanned(tmp_path)
    (tmp_path / "answers.yml").write_text(text)
    result = run("review", "--answers", "answers.yml", cwd=tmp_path)
    assert result.code == 2 and words in result.err
    assert not (out / "review.yml").exists()


def test_only_the_named_jobs_and_again(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    assert run("review", "notfy", "--list", cwd=tmp_path).err.strip().endswith("did you mean 'notify'?")
    assert run("review", "notify", "--accept-defaults", cwd=tmp_path).code == 0
    assert "timeout: 900" in spec_of(out, "notify")
    assert "name the jobs" in run("review", "--again", "--list", cwd=tmp_path).err
    listed = run("review", "notify", "--again", "--list", cwd=tmp_path).out
    assert "a run holds a lock" in listed and "3 questions are open" not in listed
    # What was answered before is gone, so its spec is what it was.
    run("review", "reports-daily", "--accept-defaults", cwd=tmp_path)
    assert "timeout" not in spec_of(out, "notify")


def test_an_edited_spec_is_never_overwritten(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    path = out / "jobs" / "sales-mail" / "ecs.yml"
    edited = path.read_text().replace("CHANGE_ME", "mine:1").replace("cpu: 256", "cpu: 1024")
    path.write_text(edited)
    book = open_book(out)
    # The image that somebody wrote there is an answer; his size is no question either.
    assert [topic for topic, names in asked(book) if "sales-mail" in names] == ["finding", "start", "owner"]
    (tmp_path / "answers.yml").write_text("version: 1\njobs:\n  '*': {image: 'theirs:2', owner: ops}\n")
    result = run("review", "--answers", "answers.yml", cwd=tmp_path)
    assert "kept jobs/sales-mail/ecs.yml, which was edited; the new proposal is in" in result.out
    assert path.read_text() == edited
    assert "theirs:2" in (path.parent / "ecs.yml.new").read_text()


def test_a_new_name_moves_the_job(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    book = open_book(out)
    book.settle({job_named(book, "sales-mail").id: {"name": "morning-mail"}})
    carry_out(book, out)
    assert not (out / "jobs" / "sales-mail").exists()
    assert load_spec(spec_of(out, "morning-mail"), "x").name == "morning-mail"
    assert "morning-mail" in [job["name"] for job in json.loads((out / "report.json").read_text())["jobs"]]
    # The next scan keeps the name, and so does the next review.
    scanned(tmp_path)
    assert (out / "jobs" / "morning-mail").exists() and not (out / "jobs" / "sales-mail").exists()
    assert job_named(open_book(out), "morning-mail")


def test_an_edited_job_keeps_its_name(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    path = out / "jobs" / "sales-mail" / "ecs.yml"
    path.write_text(path.read_text() + "# mine\n")
    (tmp_path / "answers.yml").write_text("version: 1\njobs:\n  sales-mail: {name: morning-mail}\n")
    result = run("review", "--answers", "answers.yml", cwd=tmp_path)
    assert "was edited, so sales-mail keeps its name" in result.out
    assert path.exists() and not (out / "jobs" / "morning-mail").exists()


def test_two_names_can_be_swapped(tmp_path: Path) -> None:
    out = scanned(tmp_path, "0 1 * * * /opt/a\n0 9 * * * /opt/b\n")
    book = open_book(out)
    book.settle({job_named(book, "a").id: {"name": "b"}, job_named(book, "b").id: {"name": "a"}})
    carry_out(book, out)
    assert '"/opt/a"' in spec_of(out, "b") and '"/opt/b"' in spec_of(out, "a")
    assert load_spec(spec_of(out, "a"), "x").name == "a"


def test_an_answer_can_be_taken_back_after_it_was_carried_out(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    before = spec_of(out, "notify")
    everything = (
        "image: 'a:1', cpu: 1024, memory: 2048, lock: none, environment: {A: '1'}, owner: ops, notify: {email: [a@b.c]}"
    )
    (tmp_path / "answers.yml").write_text(f"version: 1\njobs:\n  notify: {{{everything}}}\n")
    run("review", "--answers", "answers.yml", cwd=tmp_path)
    assert "a:1" in spec_of(out, "notify") and "\nlock:" not in spec_of(out, "notify")
    (out / "review.yml").unlink()
    carry_out(open_book(out), out)
    assert spec_of(out, "notify") == before


def test_the_crontab_itself_may_decide(tmp_path: Path) -> None:
    """The keys of a comment above the line, as a scan puts them into the document."""
    out = scanned(tmp_path)
    report = json.loads((out / "report.json").read_text())
    for job in report["jobs"]:
        if job["name"] == "warm-cache":
            job["directives"] = {"decision": "keep"}
        if job["name"] == "post-ledger":
            job["directives"] = {"image": "backup:3", "owner": "dba", "start": "workflow"}
    (out / "report.json").write_text(json.dumps(report))
    book = open_book(out)
    held(book)
    assert not [names for _topic, names in asked(book) if "warm-cache" in names or "post-ledger" in names]
    carry_out(book, out)
    assert "image: backup:3" in spec_of(out, "post-ledger")
    assert "start: workflow" in spec_of(out, "post-ledger").replace('"', "")


def test_a_hostile_crontab_does_nothing_to_the_terminal(tmp_path: Path) -> None:
    scanned(tmp_path, "0 1 * * * /opt/a '\x1b]0;owned\x07\x1b[2J' \u202e || true\n")
    result = run("review", "--list", cwd=tmp_path)
    assert result.code == 0 and "\x1b" not in result.out and "\u202e" not in result.out


def test_plain_answers_from_a_pipe(tmp_path: Path) -> None:
    """Numbered choices and lines: what a screen reader reads, and an end of input ends it."""
    out = scanned(tmp_path)
    typed = "?\n9\n2\n\nregistry.example.com/app:1\n:b\nregistry.example.com/app:2\n"
    result = run("review", "--plain", cwd=tmp_path, data=typed.encode())
    assert result.code == 0
    assert "\x1b" not in result.out
    for text in (
        "line: 0 0 30 2 * /usr/local/bin/warm-cache",
        "Question: warm-cache: schedule that never comes. What becomes of it?",
        "1. skip: it is not moved, and ends with the server",
        "Give a number from 1 to 2.",
        "? explain, e edit as text, c cards, l later, q quit",
        "+timeout: 900",
        "4 questions are left open; cron2fargate review goes on from here",
    ):
        assert text in result.out, text
    assert "image: registry.example.com/app:2" in spec_of(out, "notify")


def test_killed_while_specs_are_written_the_next_review_finishes(tmp_path: Path) -> None:
    out = scanned(tmp_path, "".join(f"{n} 1 * * * /opt/job{n}\n" for n in range(50)))
    (tmp_path / "answers.yml").write_text("version: 1\njobs:\n  '*': {image: 'a:1'}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate.cli", "review", "--answers", "answers.yml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if sum("a:1" in path.read_text() for path in out.glob("jobs/*/ecs.yml")) > 3:
            process.send_signal(signal.SIGKILL)
    process.wait()
    for path in out.glob("jobs/*/ecs.yml"):
        load_spec(path.read_text(), str(path))
    assert run("review", "--accept-defaults", cwd=tmp_path).code == 0
    assert all("image: a:1" in path.read_text() for path in out.glob("jobs/*/ecs.yml"))
    assert not list(out.glob("jobs/*/*.new"))
    (out / "review.yml").unlink()
    carry_out(open_book(out), out)
    assert all("image: CHANGE_ME" in path.read_text() for path in out.glob("jobs/*/ecs.yml"))


def test_rails_is_asked_in_so_few_questions(tmp_path: Path) -> None:
    table = RAILS + "".join(f"{n} 3 * * * cd /srv/app && bundle exec rake job:number{n}\n" for n in range(40))
    book = open_book(scanned(tmp_path, table))
    assert len(asked(book)) < 10
    assert len(next(names for topic, names in asked(book) if topic == "image")) == 43
