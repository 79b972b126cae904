"""Comments in the crontab that decide: what is heeded, and that nothing wrong goes unsaid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read
from converters.tables.directives import directives, read_directives
from migrate.workspace.decisions_model import decision_of
from tests.effort import examples

READ = [
    ("# cron2fargate: skip", {"decision": "skip"}),
    ("#cron2fargate:keep", {"decision": "keep"}),
    ("   ## cron2fargate: take", {"decision": "take"}),
    ("# cron2fargate: name=nightly-billing skip", {"name": "nightly-billing", "decision": "skip"}),
    (
        "# cron2fargate: image=registry.example.com/app:1.4, cpu=512, memory=1024",
        {
            "image": "registry.example.com/app:1.4",
            "cpu": 512,
            "memory": 1024,
        },
    ),
    ("# cron2fargate: timeout=20m", {"timeout": 1200}),
    ("# cron2fargate: timeout=90", {"timeout": 90}),
    ("# cron2fargate: timeout=none lock=forever", {"timeout": "none", "lock": "forever"}),
    ("# cron2fargate: lock=10m lock-name=/tmp/a.lock", {"lock": 600, "lockName": "/tmp/a.lock"}),
    (
        "# cron2fargate: owner='team a' notify=a@example.com,b@example.com",
        {
            "owner": "team a",
            "notify": {"email": ["a@example.com", "b@example.com"]},
        },
    ),
    ("# cron2fargate: notify=none after=a,b", {"notify": {"email": []}, "after": ["a", "b"]}),
    ("# cron2fargate: backend=scheduler timezone=Europe/Berlin", {"backend": "scheduler", "timezone": "Europe/Berlin"}),
    ("# cron2fargate: service architecture=ARM64", {"decision": "take", "service": True, "architecture": "ARM64"}),
    ("# cron2fargate: skip keep", {"decision": "keep"}),
    ("# cron2fargate:", {}),
    ("# cron2fargate without a colon is a comment like any other: skip", {}),
    ("# see cron2fargate: skip", {}),
]


@pytest.mark.parametrize(("comment", "decision"), READ)
def test_what_a_comment_says(comment: str, decision: dict[str, object]) -> None:
    found = read_directives([comment])
    assert (found.decision, found.findings) == (decision, ())
    decision_of(found.decision)  # review.yml takes the same


WRONG = [
    ("# cron2fargate: nmae=x", "C650", "did you mean 'name'?"),
    ("# cron2fargate: colour=red", "C650", "the known ones are skip, keep"),
    ("# cron2fargate: skip=yes", "C651", "takes no value"),
    ("# cron2fargate: name", "C651", "needs a value"),
    ("# cron2fargate: name=", "C651", "cannot be read"),
    ("# cron2fargate: name=a.b", "C651", "letters, digits"),
    ("# cron2fargate: cpu=0", "C651", "from 1 to"),
    ("# cron2fargate: memory=1GB", "C651", "whole number"),
    ("# cron2fargate: timeout=soon", "C651", "such as 600"),
    ("# cron2fargate: lock=0", "C651", "skip, forever, none"),
    ("# cron2fargate: lock=8d", "C651", "such as 600"),
    ("# cron2fargate: timezone=Tokyo", "C651", "Asia/Tokyo"),
    ("# cron2fargate: notify=me", "C651", "e-mail"),
    ('# cron2fargate: owner="team', "C651", "cannot be read"),
    ("# cron2fargate: 'skip'", "C651", "cannot be read"),
]


@pytest.mark.parametrize(("comment", "code", "words"), WRONG)
def test_what_is_wrong_is_a_finding(comment: str, code: str, words: str) -> None:
    found = read_directives([comment])
    assert [finding.code for finding in found.findings] == [code]
    assert words in found.findings[0].message
    assert found.decision == {}


def test_one_wrong_word_does_not_cost_the_others() -> None:
    found = read_directives(["# cron2fargate: owner=ops nmae=x timeout=5m"])
    assert found.decision == {"owner": "ops", "timeout": 300}
    assert len(found.findings) == 1


TABLE = """\
# cron2fargate: owner=nobody

# cron2fargate: skip
0 1 * * * one
0 2 * * * two
# cron2fargate: owner=ops
# a comment between
# cron2fargate: timeout=60 owner=dev
0 3 * * * three
# cron2fargate: image=x
MAILTO=root
not a line
# cron2fargate: keep
"""


def test_which_line_a_comment_belongs_to() -> None:
    table = read(TABLE, DIALECTS["cronie"], system=False)
    found, astray = directives(table.lines)
    assert {number: one.decision for number, one in found.items()} == {
        4: {"decision": "skip"},
        9: {"owner": "dev", "timeout": 60},
    }
    assert [(number, finding.code) for number, finding in astray] == [(1, "C652"), (10, "C652"), (13, "C652")]


@examples(100)
@given(st.text(max_size=200))
def test_no_text_is_read_in_silence(text: str) -> None:
    """Whatever stands there decides something, or is a finding, or is blank."""
    found = read_directives([f"# cron2fargate:{text}"])
    assert found.decision or found.findings or not text.partition("\n")[0].strip(" \t,")
    assert set(found.decision) <= {
        *("decision", "service", "name", "image", "cpu", "memory", "architecture", "user", "backend", "timezone"),
        *("lock", "lockName", "timeout", "notify", "owner", "after"),
    }
