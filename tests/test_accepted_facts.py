"""An acceptance is one of what was shown: where the finding says something else, or comes anew, it is asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from converters.findings.codes import CATALOGUE
from migrate.document.job import Job, ReportedFinding
from migrate.review.agenda import open_questions
from migrate.review.book import Book
from migrate.review.unsettled import unsettled
from migrate.workspace.decisions import Decisions
from tests.documents import document_of, job_of

SPEC = {"name": "one", "containers": [{"name": "app", "image": "app:1", "cpu": 256, "memory": 512}]}


def job(*said: tuple[str, str]) -> Job:
    """A job of one line whose findings (code, message) are these warnings."""
    findings = tuple(ReportedFinding(code=code, severity="warning", message=text) for code, text in said)
    return replace(job_of({"id": "0123456789ab", "name": "one"}), findings=findings)


def book_of(found: Job, decisions: Decisions) -> Book:
    return Book(replace(document_of({}), jobs=(found,)), {found.id: SPEC}, decisions)


def asks(found: Job, decisions: Decisions) -> bool:
    book = book_of(found, decisions)
    asked = any(question.topic == "finding" for question in open_questions(book))
    # What cutover is told is what the review asks.
    assert asked == any(one.code in ("C412", "C413", "C303") for one in unsettled(found, book))
    return asked


# what was accepted | what is said later | asked again
CASES = [
    ("C412 it mails root", "C412 it mails root", False),
    ("C412 it mails root", "C412 it mails ops@example.com", True),
    ("C412 it mails root", "C412 it mails root; C412 it writes /srv/a", True),
    ("C412 it mails root; C412 it writes /srv/a", "C412 it writes /srv/a; C412 it mails root", False),
    ("C412 it mails root", "C413 it mails root", True),
    ("C412 it listens on 3306", "C412 it listens on 3307", True),
]


def said(text: str) -> list[tuple[str, str]]:
    return [(one[:4], one[5:]) for one in text.split("; ")]


@pytest.mark.parametrize(("before", "after", "again"), CASES)
def test_what_is_said_later(before: str, after: str, again: bool) -> None:
    decisions, found = Decisions(), job(*said(before))
    book = book_of(found, decisions)
    for code in dict.fromkeys(code for code, _text in said(before)):
        book.settle({found.id: book.accepting(found, code)})
    assert not asks(found, decisions)
    later = job(*said(after))
    assert asks(later, decisions) is again
    if again:
        # Asked anew, answered anew: the old digest gives way.
        for code in dict.fromkeys(code for code, _text in said(after)):
            book_of(later, decisions).settle({later.id: book_of(later, decisions).accepting(later, code)})
        assert not asks(later, decisions)


def test_a_list_of_codes_is_bound_when_it_is_written() -> None:
    """An answers file names codes and no digests."""
    decisions, found = Decisions(), job(("C412", "it mails root"))
    book_of(found, decisions).settle({found.id: {"accepted": ["C412", "owner"]}})
    decision = decisions.get(found.id)
    assert decision is not None
    assert list(decision.accepted_as or ()) == ["C412"]
    assert asks(job(("C412", "it mails ops")), decisions)
    # Another answer about the job does not take up what was never asked again.
    book_of(job(("C412", "it mails ops")), decisions).settle({found.id: {"accepted": ["C412", "owner", "size"]}})
    assert asks(job(("C412", "it mails ops")), decisions)


def test_a_changed_line_that_is_taken_over_is_asked_where_it_says_otherwise() -> None:
    decisions, found = Decisions(), job(("C412", "it mails root"))
    book_of(found, decisions).settle({found.id: {"accepted": ["C412"]}})
    later = replace(job(("C412", "it mails ops")), source=replace(found.source, sha256="0" * 64))
    topics = [question.topic for question in open_questions(book_of(later, decisions))]
    assert "changed" in topics
    question = next(one for one in open_questions(book_of(later, decisions)) if one.topic == "changed")
    book_of(later, decisions).settle(question.settle("same", ""))
    assert asks(later, decisions)


def test_a_kind_that_comes_later_is_asked() -> None:
    """A code accepted while no finding bore it (the topics of clocks and variables name several) covers none to come."""
    decisions, found = Decisions(), job()
    book_of(found, decisions).settle({found.id: {"accepted": ["C412"]}})
    assert asks(job(("C412", "it mails root")), decisions)


def test_by_hand_without_a_digest_it_holds(tmp_path: Path) -> None:
    found = job(("C412", "it mails root"))
    (tmp_path / "review.yml").write_text(f'version: 1\njobs:\n  "{found.id}":\n    accepted: ["C412"]\n')
    assert not asks(found, Decisions.load(tmp_path))


def test_counts_of_a_window_are_no_facts() -> None:
    from migrate.workspace.decisions import said_of

    assert said_of(job(("C303", "3 runs on 2026-03-29 are lost")), "C303") == said_of(
        job(("C303", "1 runs on 2027-03-28 are lost")), "C303"
    )
    assert said_of(job(("C303", "3 runs are lost")), "C303") != said_of(job(("C303", "3 runs move")), "C303")


# what was shown when it was taken, what is said later -> whether it is asked again
TAKEN = [
    ("", "", False),
    ("", "C412 it mails root", False),  # a warning that is no matter of fate asks by its own code
    ("", "C485 it deletes below /srv/a", True),
    ("C485 it deletes below /srv/a", "C485 it deletes below /srv/a", False),
    ("C485 it deletes below /srv/a", "C485 it deletes below /srv/b", True),
    ("C485 it deletes below /srv/a", "C485 it deletes below /srv/a; C127 it never starts", True),
    ("C127 it never starts; C485 it deletes /a", "C485 it deletes /a; C127 it never starts", False),
    ("C485 it deletes below /srv/a", "", False),
    ("C478 it is for the host", "C478 it is for the host", False),
    ("C478 it is for the host", "C479 it stands for others", True),
]


def shown(text: str) -> Job:
    """A job whose findings have the severities of the catalogue."""
    found = job(*(said(text) if text else ()))
    return replace(found, findings=tuple(replace(one, severity=CATALOGUE[one.code].severity) for one in found.findings))


def asks_fate(found: Job, decisions: Decisions) -> bool:
    return any(question.topic == "decision" for question in open_questions(book_of(found, decisions)))


@pytest.mark.parametrize(("before", "after", "again"), TAKEN)
def test_what_was_taken_is_what_was_shown(before: str, after: str, again: bool) -> None:
    decisions, found = Decisions(), shown(before)
    book_of(found, decisions).settle({found.id: {"decision": "take"}})
    assert not asks_fate(found, decisions)
    later = shown(after)
    assert asks_fate(later, decisions) is again
    # Another answer about the job takes nothing up; the same answer does.
    book_of(later, decisions).settle({later.id: {"memory": 1024}})
    assert asks_fate(later, decisions) is again
    book_of(later, decisions).settle({later.id: {"decision": "take"}})
    assert not asks_fate(later, decisions)


@pytest.mark.parametrize("decision", ["skip", "keep"])
def test_what_does_not_move_is_not_asked_again(decision: str) -> None:
    decisions, found = Decisions(), job()
    book_of(found, decisions).settle({found.id: {"decision": decision}})
    later = shown("C485 it deletes below /srv/a")
    assert not asks_fate(later, decisions)
    known = decisions.get(found.id)
    assert known is not None and known.taken_as is None


def test_taken_by_hand_without_a_digest_it_holds(tmp_path: Path) -> None:
    found = shown("C485 it deletes below /srv/a")
    (tmp_path / "review.yml").write_text(f'version: 1\njobs:\n  "{found.id}":\n    decision: take\n')
    assert not asks_fate(found, Decisions.load(tmp_path))
