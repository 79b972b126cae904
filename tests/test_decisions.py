"""review.yml: strict, whole at every moment, and what people write into it stays."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.document.job import Job
from migrate.errors import UserError
from migrate.workspace.decisions import Decisions, line_hash
from migrate.workspace.decisions_model import KEYS, Decision, decision_of, parse_block
from tests.cli import ROOT
from tests.documents import job_of
from tests.effort import examples


def job(number: int = 1, line: str = "0 5 * * * true", **more: Any) -> Job:
    return job_of(
        {
            "id": f"id{number}",
            "name": f"job-{number}",
            "line": line,
            "source": {"path": "etc/crontab", "line": number, "sha256": hashlib.sha256(line.encode()).hexdigest()},
            **more,
        }
    )


def saved(out: Path, *changes: tuple[Job, dict[str, Any]]) -> Decisions:
    decisions = Decisions.load(out)
    for one, keys in changes:
        decisions.change(one, keys)
    decisions.save()
    return decisions


def plain(out: Path) -> dict[str, Any]:
    decisions = Decisions.load(out)
    return {job_id: decisions.get(job_id).plain() for job_id in decisions}  # type: ignore[union-attr]


EVERYTHING = {
    "decision": "skip",
    "service": True,
    "name": "nightly-billing",
    "image": "registry.example.com/app:1",
    "cpu": 512,
    "memory": 1024,
    "ephemeralStorage": 50,
    "architecture": "ARM64",
    "user": "33:33",
    "backend": "scheduler",
    "start": "workflow",
    "timezone": "Asia/Tokyo",
    "lock": 600,
    "lockName": "/tmp/x.lock",
    "timeout": "none",
    "secrets": {"TOKEN": "/prod/job/TOKEN"},
    "environment": {"LANG": "ja_JP.UTF-8", "EMPTY": ""},
    "awsKeys": "role",
    "environmentFiles": {"/etc/a.env": "arn:aws:s3:::shop/a.env", "b.env": "image", "~/c": "none"},
    "notify": {"email": ["a@example.com"], "output": True},
    "owner": "billing team",
    "after": [],
    "accepted": ["C301", "owner"],
    "acceptedAs": {"C301": "0123456789ab"},
    "takenAs": "0123456789ab",
    "fleet": "once",
    "copyOf": "0123456789ab",
    "note": "二行\nの覚え書き: yes",
}


def test_every_key_comes_back(tmp_path: Path) -> None:
    assert set(EVERYTHING) | {"line"} == set(KEYS)
    saved(tmp_path, (job(), EVERYTHING))
    assert plain(tmp_path) == {"id1": {**EVERYTHING, "line": line_hash(job())}}


def test_nobody_to_tell_is_a_decision(tmp_path: Path) -> None:
    saved(tmp_path, (job(), {"notify": {"email": []}}))
    found = Decisions.load(tmp_path).get("id1")
    assert found is not None and found.notify is not None and found.notify.email == []


def test_a_key_set_to_none_is_taken_away(tmp_path: Path) -> None:
    decisions = saved(tmp_path, (job(), {"image": "a", "cpu": 512}), (job(), {"image": None}))
    assert plain(tmp_path)["id1"] == {"line": line_hash(job()), "cpu": 512}
    decisions.restore("id1", None)
    decisions.save()
    assert plain(tmp_path) == {}


def test_where_there_is_no_file_none_is_made(tmp_path: Path) -> None:
    decisions = Decisions.load(tmp_path / "nowhere")
    assert (len(decisions), decisions.save()) == (0, False)
    assert not (tmp_path / "nowhere").exists()


MISTAKES = [
    ("version: 1\njobs:\n  a:\n    imgae: x\n", ":4:5: jobs.a.imgae: unknown key 'imgae'; did you mean 'image'?"),
    ("version: 1\njobs:\n  a:\n    decision: drop\n", ":4:15: jobs.a.decision: 'drop' is not possible"),
    ("version: 1\njob: {}\n", ":2:1: job: unknown key 'job'; did you mean 'jobs'?"),
    ("version: 2\n", ":1:10: version: '2' is not possible; allowed: 1"),
    ("jobs: {}\n", "'version' is missing"),
    ("version: 1\njobs:\n  a: {}\n  a: {}\n", "'a' is written twice"),
    ("version: 1\njobs:\n  123456789012: {}\n", "write it in quotes"),
    ("version: 1\njobs:\n  a: {cpu: '1'}\n", "whole number"),
    ("version: 1\njobs:\n  a: {lock: maybe}\n", "skip, forever, none"),
    ("version: 1\njobs:\n  a: {timeout: 0}\n", "seconds (1 to"),
    ("version: 1\njobs:\n  a: {accepted: [C101, C418, C418]}\n", "jobs.a.accepted: the code C418 stands twice"),
    ("version: 1\njobs:\n  a: {after: [b, b]}\n", "jobs.a.after: the job b stands twice"),
    ("version: 1\njobs:\n  a: {line: abc}\n", "SHA-256"),
    ("version: 1\njobs:\n  a: {timezone: Mars/Base}\n", "not a time zone"),
    ("version: 1\njobs:\n  a: {environment: {DB_PASSWORD: hunter2hunter2}}\n", "looks like a secret"),
    ("version: 1\njobs:\n  a: {notify: {mail: [x@y]}}\n", "unknown key 'mail'; did you mean 'email'?"),
    ("version: 1\njobs:\n  a: !!python/object/apply:os.system [id]\n", "must be a mapping"),
    ("[", "not YAML"),
    ("", "empty"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_mistakes_are_sentences_with_their_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "review.yml").write_text(text)
    with pytest.raises(UserError) as caught:
        Decisions.load(tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path / "review.yml") in str(caught.value)


def test_not_utf8_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "review.yml").write_bytes(b"version: 1 # \xff\n")
    with pytest.raises(UserError, match="UTF-8"):
        Decisions.load(tmp_path)


def test_comments_of_people_are_kept(tmp_path: Path) -> None:
    (tmp_path / "review.yml").write_text(
        "# Ours: ask the billing team first.\n# Second line.\nversion: 1\njobs:\n"
        "  # never move this one\n  #: an old label\n  id1:\n    decision: keep\n\n  # another\n  id9: {decision: skip}\n"
    )
    saved(tmp_path, (job(), {"owner": "billing"}), (job(2), {"image": "x"}))
    text = (tmp_path / "review.yml").read_text()
    assert text.startswith("# Ours: ask the billing team first.\n# Second line.\nversion: 1\n")
    assert '  # never move this one\n  "id1":\n' in text
    assert "  #: job-1 · etc/crontab:1\n  #: 0 5 * * * true\n" in text and "old label" not in text
    assert '  # another\n  "id9":\n    decision: "skip"\n' in text
    assert saved(tmp_path).text() == text  # and once more it is the same


def test_the_label_of_a_hostile_line_is_one_harmless_line(tmp_path: Path) -> None:
    saved(tmp_path, (job(line="* * * * * a\x1b[2J\u202e\n  id1: {}\tb"), {"decision": "skip"}))
    assert plain(tmp_path)["id1"]["decision"] == "skip"
    text = (tmp_path / "review.yml").read_text()
    assert "\x1b" not in text and "\u202e" not in text


def test_a_line_that_changed_is_stale(tmp_path: Path) -> None:
    decisions = saved(tmp_path, (job(), {"decision": "take"}))
    assert not decisions.is_stale(job())
    assert decisions.is_stale(job(line="5 5 * * * true"))
    assert not decisions.is_stale(job(2))


def test_what_others_wrote_meanwhile_stays(tmp_path: Path) -> None:
    mine, theirs = Decisions.load(tmp_path), Decisions.load(tmp_path)
    theirs.change(job(1), {"decision": "skip"})
    theirs.change(job(2), {"decision": "skip"})
    theirs.save()
    mine.change(job(2), {"decision": "keep"})
    mine.save()
    mine.change(job(3), {"decision": "take"})
    mine.save()
    assert {job_id: keys["decision"] for job_id, keys in plain(tmp_path).items()} == {
        "id1": "skip",
        "id2": "keep",
        "id3": "take",
    }


def test_who_is_left_out(tmp_path: Path) -> None:
    decisions = saved(
        tmp_path, (job(1), {"decision": "skip"}), (job(2), {"decision": "keep"}), (job(3), {"decision": "take"})
    )
    listed = [job(3, directives={"decision": "skip"}), job(4, directives={"decision": "skip"})]
    assert decisions.left_out() == {"id1": "skip", "id2": "keep"}
    # What was answered wins over the crontab's comment.
    assert decisions.left_out(listed) == {"id1": "skip", "id2": "keep", "id4": "skip"}


def test_comments_of_the_crontab_stand_below_answers(tmp_path: Path) -> None:
    decisions = saved(tmp_path, (job(), {"image": "answered"}))
    found = decisions.of(job(directives={"image": "written", "owner": "ops"}))
    assert found is not None and (found.image, found.owner) == ("answered", "ops")
    alone = decisions.of(job(7, directives={"cpu": 512}))
    assert alone is not None and alone.cpu == 512
    assert decisions.of(job(8)) is None


def test_names_and_images(tmp_path: Path) -> None:
    decisions = saved(tmp_path, (job(1), {"name": "billing"}), (job(2), {"image": "app:1"}))
    assert (decisions.names(), decisions.images()) == ({"id1": "billing"}, {"id2": "app:1"})


def test_a_fleet_fits(tmp_path: Path) -> None:
    decisions = Decisions.load(tmp_path)
    for number in range(1500):
        decisions.change(job(number), {"image": "app:1", "accepted": [f"C{code}" for code in range(400, 416)]})
    decisions.save()
    assert len(Decisions.load(tmp_path)) == 1500


def test_the_order_is_that_of_the_crontabs(tmp_path: Path) -> None:
    decisions = saved(tmp_path, (job(3), {"cpu": 1}), (job(1), {"cpu": 1}), (job(9), {"cpu": 1}))
    decisions.arrange(["id1", "id2", "id3"])
    decisions.save()
    assert list(plain(tmp_path)) == ["id1", "id3", "id9"]


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "migration"
    inside.mkdir()
    (inside / "review.yml").symlink_to(tmp_path / "elsewhere.yml")
    (tmp_path / "elsewhere.yml").write_text("version: 1\njobs: {}\n")
    with pytest.raises(UserError, match="leads out"):
        Decisions.load(inside)
    decisions = Decisions(inside / "review.yml")
    decisions.change(job(), {"decision": "skip"})
    with pytest.raises(UserError, match="leads out"):
        decisions.save()


TEXT = st.text(max_size=30)
NAMES = st.from_regex(r"[A-Z_]{1,8}", fullmatch=True)
DECISIONS = st.fixed_dictionaries(
    {},
    optional={
        "decision": st.sampled_from(["take", "skip", "keep"]),
        "image": st.from_regex(r"[!-~]{1,20}", fullmatch=True),
        "cpu": st.integers(1, 32768),
        "lock": st.sampled_from(["skip", "forever", "none"]) | st.integers(1, 604800),
        "timeout": st.just("none") | st.integers(1, 99_999_999),
        "owner": st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
        "note": st.text(st.characters(codec="utf-8"), max_size=40),
        "accepted": st.lists(st.text(st.characters(codec="utf-8"), max_size=8), unique=True, max_size=4),
        "secrets": st.dictionaries(NAMES, st.from_regex(r"/[a-z]{1,6}/[a-z]{1,6}", fullmatch=True), max_size=3),
        "after": st.lists(st.from_regex(r"[a-z-]{1,9}", fullmatch=True), unique=True, max_size=3),
    },
)


@examples(100)
@given(st.lists(DECISIONS, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, given_: list[dict[str, Any]]) -> None:
    out = tmp_path_factory.mktemp("review")
    saved(out, *((job(number), keys) for number, keys in enumerate(given_)))
    found = plain(out)
    for one, keys in zip(found.values(), given_, strict=True):
        # What an accepted code said is written beside it, of the codes that there are.
        assert one.pop("acceptedAs", {}).keys() <= set(keys.get("accepted", []))
        # And of a job that is taken, what spoke against it.
        assert ("takenAs" in one) == (keys.get("decision") == "take")
        one.pop("takenAs", None)
    assert found == {f"id{n}": {"line": line_hash(job(n)), **keys} for n, keys in enumerate(given_)}


def test_text_from_an_editor() -> None:
    assert parse_block("# a comment\n\n  # another\n") == {}
    assert parse_block("decision: skip\nnotify:\n  email: []\n") == {"decision": "skip", "notify": {}}
    with pytest.raises(ValueError, match="line 2: imge: unknown key 'imge'; did you mean 'image'"):
        parse_block("cpu: 256\nimge: x")
    with pytest.raises(ValueError, match=r"line 1.*not YAML"):
        parse_block("cpu: [")


def test_changes_are_checked() -> None:
    with pytest.raises(ValueError, match="cpu: must be at least 1"):
        Decision().changed({"cpu": 0})
    with pytest.raises(ValueError, match="unknown key 'cpus'; did you mean 'cpu'"):
        decision_of({"cpus": 1})


WRITER = """
import sys
from pathlib import Path
from migrate.workspace.decisions import Decisions
from tests.documents import job_of
decisions = Decisions.load(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10**9):
    job = {"id": f"id{number % 40}", "name": "n", "line": "x" * (number % 300), "source": {"path": "p", "line": 1}}
    decisions.change(job_of(job), {"note": str(number), "decision": "skip"})
    decisions.save()
"""


@pytest.mark.parametrize("delay", [0.02, 0.11, 0.3])
def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path, delay: float) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    end = time.monotonic() + 60
    while not (tmp_path / "review.yml").exists() and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    found = plain(tmp_path)
    numbers = sorted(int(keys["note"]) for keys in found.values())
    assert numbers and numbers == list(range(numbers[0], numbers[-1] + 1))  # no answer is missing among the last ones
