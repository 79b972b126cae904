"""The review as a conversation: back, skip and quit lose nothing, and what was answered is on disk at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import UserError
from migrate.review.agenda import open_questions
from migrate.review.asking import Reply
from migrate.review.book import open_book
from migrate.review.questions import Question
from migrate.workspace.decisions import Decisions
from tests.effort import examples
from tests.review_world import (
    APART,
    BACK,
    CARDS,
    EDIT,
    END,
    EXPLAIN,
    SKIP,
    answer,
    asked,
    default,
    job_named,
    review,
    scanned,
)

IMAGE = answer("image", "registry.example.com/app:1")


def decided(out: Path) -> dict[str, dict[str, Any]]:
    """Job name -> what is decided, without the line's hash."""
    decisions = Decisions.load(out)
    found = {}
    for job in open_book(out).jobs:
        decision = decisions.get(job.id)
        if decision is not None:
            found[job.name] = {k: v for k, v in decision.plain().items() if k != "line"}
    return found


def test_from_the_first_question_to_the_last(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, outcome = review(out, [default] * 20)
    assert asker.topics == ["decision", "timeout", "image", "image", "size", "start", "owner"]
    assert (outcome.answered, outcome.open, outcome.ended) == (7, 0, False)
    assert decided(out)["warm-cache"] == {"decision": "skip"}
    assert decided(out)["notify"]["timeout"] == 900
    again, outcome = review(out, [default])
    assert (again.topics, outcome.answered) == ([], 0)


def test_each_answer_is_on_disk_before_the_next_question(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    seen: list[list[str]] = []

    def look(question: Question) -> Reply:
        seen.append(sorted(decided(out)) if (out / "review.yml").exists() else [])
        return default(question)

    review(out, [look] * 3)
    assert seen == [[], ["warm-cache"], ["notify", "warm-cache"]]


def test_quit_and_go_on(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    _, outcome = review(out, [default, default, END])
    assert outcome.ended and outcome.open == 5
    second, outcome = review(out, [default] * 9)
    assert second.topics == ["image", "image", "size", "start", "owner"]
    assert outcome.open == 0


def test_skip_leaves_a_question_open_for_the_next_time(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, outcome = review(out, [SKIP] * 7)
    assert asker.topics == ["decision", "timeout", "image", "image", "size", "start", "owner"]
    assert not outcome.ended
    assert not (out / "review.yml").exists()
    assert outcome.open == len(list(open_questions(open_book(out))))


def test_back_undoes_the_last_answer_on_disk_too(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [answer("skip"), BACK, answer("keep"), END])
    assert asker.topics == ["decision", "timeout", "decision", "timeout"]
    assert decided(out)["warm-cache"] == {"decision": "keep"}


def test_back_over_everything_is_as_if_nothing_was_answered(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, outcome = review(out, [default, SKIP, IMAGE, APART, default, BACK, BACK, BACK, BACK, BACK, END])
    assert asker.questions[0].topic == asker.questions[-1].topic == "decision"
    assert outcome.answered == 0
    assert decided(out) == {}
    assert "back" not in asker.actions[0] and "back" not in asker.actions[-1]
    assert "back" in asker.actions[1]


def test_one_by_one(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [SKIP, SKIP, APART, answer("image", "a:1"), answer("image", "b:2"), SKIP, END])
    assert [len(question.jobs) for question in asker.questions[2:6]] == [3, 1, 1, 1]
    assert {name: keys["image"] for name, keys in decided(out).items()} == {"notify": "a:1", "reports-daily": "b:2"}
    assert "apart" in asker.actions[2] and "apart" not in asker.actions[3]
    # The image given before is offered for the next.
    assert asker.questions[4].options[0].text == "a:1"


def test_an_answer_that_is_none_is_asked_again_with_what_was_typed(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, outcome = review(out, [SKIP, answer("other", "soon"), answer("other", "20m"), END])
    assert asker.topics[1:3] == ["timeout", "timeout"]
    assert asker.last[1] is None and asker.last[2] == answer("other", "soon")
    assert any("soon is not a time" in text for text in asker.said)
    assert (outcome.answered, decided(out)["notify"]) == (1, {"timeout": 1200})


def test_a_refused_value_changes_nothing(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [SKIP, SKIP, answer("image", "two words"), END])
    assert any("without blanks" in text for text in asker.said)
    assert not (out / "review.yml").exists()
    review(out, [answer("no such option"), END])
    assert not (out / "review.yml").exists()


def test_explanations_and_cards(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [EXPLAIN, CARDS, SKIP, SKIP, CARDS, END])
    assert asker.topics == ["decision"] * 3 + ["timeout"] + ["image"] * 2
    assert any("The job has never run" in text for text in asker.said)
    # The first card; its whole spec; the next card; the group; and the three cards of the group.
    assert len(asker.cards) == 7
    labels = [[row.label for row in card] for card in asker.cards]
    assert labels[0][:3] == ["from", "line", "in words"] and labels[1] == ["ecs.yml"] and labels[3] == ["jobs"]


def test_the_diff_of_the_last_answer_is_shown(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    asker, _ = review(out, [answer("keep"), default, IMAGE, END])
    said = "\n".join(asker.said)
    assert "no ecs.yml is proposed for warm-cache" in said
    assert "  +timeout: 900" in said
    assert "  -  image: CHANGE_ME\n  +  image: registry.example.com/app:1\n  and in 2 more jobs" in said


def test_decide_by_text(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    seen: list[str] = []

    def write(text: str) -> str:
        seen.append(text)
        return text + "decision: skip\nnote: it is gone in the new image\n"

    _, outcome = review(out, [EDIT, END], [write])
    assert decided(out)["warm-cache"] == {"decision": "skip", "note": "it is gone in the new image"}
    assert "warm-cache" in seen[0] and "decision, service, name, image" in seen[0]
    assert outcome.answered == 1


def test_text_for_a_group_is_for_all_of_it(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    review(out, [SKIP, SKIP, EDIT, END], [lambda text: text + "image: app:7\nowner: web team\n"])
    assert [keys for name, keys in decided(out).items()] == [{"image": "app:7", "owner": "web team"}] * 3


def test_text_of_one_job_has_all_its_decisions_and_a_key_that_is_gone_is_taken_away(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    book = open_book(out)
    book.settle({job_named(book, "notify").id: {"owner": "ops", "cpu": 512}})
    review(out, [SKIP, EDIT, END], [lambda text: text.replace("cpu: 512\n", "").replace('"ops"', '"dev"')])
    assert decided(out)["notify"] == {"owner": "dev"}


def test_a_mistake_in_the_text_is_named_and_the_text_offered_again(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    edits = [lambda text: text + "decison: skip\n", lambda text: text.replace("decison", "decision")]
    asker, _ = review(out, [EDIT, answer("again"), END], edits)
    assert any("unknown key 'decison'; did you mean 'decision'?" in text for text in asker.said)
    assert decided(out)["warm-cache"] == {"decision": "skip"}
    other = scanned(tmp_path / "other") if (tmp_path / "other").mkdir() is None else out
    asker, _ = review(other, [EDIT, answer("drop"), END], [lambda text: text + "x: ["])
    assert asker.topics == ["decision", "again", "decision"]
    assert not (other / "review.yml").exists()


def test_no_editor_or_no_change_leads_back_to_the_question(tmp_path: Path) -> None:
    out = scanned(tmp_path)

    def none(_text: str) -> str:
        raise UserError("there is no editor; set EDITOR")

    asker, _ = review(out, [EDIT, EDIT, END], [none, lambda text: None])
    assert asker.topics == ["decision"] * 3
    assert any("set EDITOR" in text for text in asker.said)


REPLIES = st.lists(
    st.sampled_from(["default", "last", "back", "skip", "apart", "explain", "cards", "wrong", "end"]), max_size=14
)


@examples(40)
@given(REPLIES)
def test_whatever_is_pressed_the_file_tells_what_was_answered(
    tmp_path_factory: pytest.TempPathFactory, presses: list[str]
) -> None:
    """A model of the conversation: a stack of answers. The disk always holds exactly those that were not taken back."""
    out = scanned(tmp_path_factory.mktemp("loop"))
    stack: list[dict[str, Any]] = []

    def press(name: str) -> Any:
        def do(question: Question) -> Reply:
            current = decided(out) if (out / "review.yml").exists() else {}
            if name == "default" or name == "last":
                stack.append(current)
                return (
                    default(question)
                    if name == "default" or question.options[0].text is not None
                    else answer(next(option.value for option in reversed(question.options) if option.text is None))
                )
            if name == "back":
                if not stack:
                    return EXPLAIN
                before = stack.pop()
                expected.append(before)
                return BACK
            if name in ("skip", "apart"):
                if name == "apart" and len(question.jobs) == 1:
                    return EXPLAIN
                stack.append(current)
                return Reply(name)  # type: ignore[arg-type]
            return {"explain": EXPLAIN, "cards": CARDS, "wrong": answer("nonsense"), "end": END}[name]

        return do

    expected: list[dict[str, Any]] = []
    checks: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def check(_question: Question) -> Reply:
        if expected:
            checks.append((expected.pop(), decided(out) if (out / "review.yml").exists() else {}))
        return EXPLAIN

    review(out, [one for name in presses for one in (press(name), check)])
    for was, now in checks:
        assert was == now
    # Going on asks exactly what is open now.
    book = open_book(out)
    open_now = asked(book)
    asker, _ = review(out, [SKIP] * 30)
    assert [(q.topic, [book.name(job) for job in q.jobs]) for q in asker.questions[:1]] == open_now[:1]
