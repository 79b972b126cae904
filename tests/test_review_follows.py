"""What the review shows follows the answers: cards, the place of a question, what stands in the editor, and the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.document.job import Job
from migrate.review.agenda import open_questions, topics
from migrate.review.answers import take_defaults
from migrate.review.asking import Reply
from migrate.review.book import Book, open_book
from migrate.review.cards import card
from migrate.review.offered import EXAMPLES
from migrate.review.settled import fates_of
from migrate.workspace.decisions_model import parse_block
from tests.review_world import EDIT, END, NOW, SKIP, answer, default, job_named, review, scanned

NIGHTS = "30 4 * * * /opt/app/first || true\n30 2 * * * /opt/app/second || true\n"


def rows(job: Job, book: Book) -> dict[str, str]:
    return {row.label: "\n".join(line.plain for line in row.lines) for row in card(job, book, NOW)}


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return open_book(scanned(tmp_path, NIGHTS, "--image", "app:1", "--backend", "rule", zone="Europe/Berlin"))


@pytest.mark.parametrize(
    ("value", "first", "second"),
    [
        ("rule", "moved of", "moved"),
        ("scheduler", "nothing: 730 runs are the same", "2 lost of 730 runs"),
        ("auto", "nothing: 730 runs are the same", "2 lost of 730 runs"),
        ("exact", "nothing: 730 runs are the same", "nothing: 730 runs are the same"),
    ],
)
def test_the_runs_on_a_card_are_those_of_the_way_just_chosen(book: Book, value: str, first: str, second: str) -> None:
    jobs = [job_named(book, "first"), job_named(book, "second")]
    assert all("moved" in rows(job, book)["moves"] and "C301" in rows(job, book)["findings"] for job in jobs)
    book.settle({job.id: {"backend": value} for job in jobs})
    shown = [rows(job, book) for job in jobs]
    assert first in shown[0]["moves"] and second in shown[1]["moves"]
    assert not any("C301" in one.get("findings", "") or "C302" in one.get("findings", "") for one in shown)
    assert all("C413" in one["findings"] for one in shown), "what is open stays"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([answer("each"), answer("scheduler")], ["backend", "clock"]),
        ([answer("auto")], ["backend"]),  # decided for all jobs at once
    ],
)
def test_the_next_card_of_a_sitting_follows(tmp_path: Path, answers: list[Reply], asked: list[str]) -> None:
    out = scanned(tmp_path, NIGHTS.splitlines()[0] + "\n", "--image", "app:1", zone="Europe/Berlin")
    asker, _ = review(out, [*answers, END])
    assert asker.topics == [*asked, "finding"]
    before, after = ({row.label: row.lines for row in shown} for shown in asker.cards[-2:])
    assert "moved" in before["moves"][0].plain
    assert "are the same" in after["moves"][0].plain
    assert not any("C301" in line.plain for line in after["findings"])


def test_an_accepted_finding_leaves_the_card_and_its_kin_does_not(book: Book) -> None:
    first, second = job_named(book, "first"), job_named(book, "second")
    book.settle({first.id: book.accepting(first, "C413")})
    assert "C413" not in rows(first, book).get("findings", "") and "C413" in rows(second, book)["findings"]


def test_a_question_has_its_place_among_all(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [SKIP, default, SKIP, END])
    places = [text.partition(" · ")[2] for text in asker.said if " · question " in text]
    assert places == ["question 1 of 7", "question 2 of 7", "question 3 of 7", "question 4 of 7"]


def test_the_editor_shows_what_holds_now_and_an_example(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    seen: list[str] = []

    def look(text: str) -> None:
        seen.append(text)

    review(out, [SKIP, EDIT, SKIP, EDIT, END], [look, look])
    assert "# Now:\n#   timeout: not decided\n# For example:\n#   timeout: 900\n" in seen[0]
    assert "# Now:\n#   image: CHANGE_ME\n# For example:\n#   image: registry.example.com/app:1.4\n" in seen[1]


def test_every_topic_has_an_example_that_is_taken(tmp_path: Path) -> None:
    assert set(EXAMPLES) == {topic.name for topic in topics()}
    for name, text in EXAMPLES.items():
        assert parse_block(text), name


WRONG = """\
0 5 * * * curl -fsS http://localhost:9200/_snapshot/nightly
0 6 * * * /opt/app/report | mail -s Report ops@example.com
0 7 * * * gzip /srv/app/day.csv
0 8 * * * ssh deploy@db.example.com /opt/app/report
0 9 * * * docker run --rm -v /srv/app:/data registry.example.com/app:1 bin/report
0 10 * * * docker run --rm localhost:5000/app:1 bin/report
0 11 * * * nq /opt/app/report
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
0 12 * * * aws s3 sync s3://a s3://b
"""
NEVER_UNASKED = {"C417", "C471", "C472", "C473", "C486", "C802", "C807", ""}


def test_what_cannot_be_right_is_taken_neither_by_enter_nor_by_all_defaults(tmp_path: Path) -> None:
    out = scanned(tmp_path, WRONG, "--image", "app:1", zone="UTC")
    book = open_book(out)
    bare = {one.key for one in open_questions(book) if one.default is None}
    assert bare >= NEVER_UNASKED, bare
    take_defaults(book)
    left = {one.key for one in open_questions(open_book(out))}
    assert left >= NEVER_UNASKED, left


def test_the_end_is_told_by_fate(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    book = open_book(out)
    assert dict(fates_of(book))["post-ledger"] == "decide"
    fates = {"warm-cache": "keep", "post-ledger": "skip", "notify": "take"}
    book.settle({job_named(book, name).id: {"decision": value} for name, value in fates.items()})
    found = dict(fates_of(book))
    assert (found["warm-cache"], found["post-ledger"]) == ("stay", "drop")
    assert found["notify"] == "decide", "its time limit is open"
    take_defaults(book)
    book.settle({job.id: {"image": "app:1"} for job in book.jobs})
    take_defaults(book)
    assert {fate for _name, fate in fates_of(book)} == {"stay", "drop", "move"}, fates_of(book)
