"""What is asked once for all jobs: what starts them where the clocks change; and the line of a scan that says what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.specs.model import load_spec
from migrate.document.job import ComparedRuns, Job, ProposedTarget, SourceLine, Way
from migrate.report.clock_cost import clock_cost, clock_sentence
from migrate.review.agenda import open_questions
from migrate.review.answers import take_answers, take_defaults
from migrate.review.book import open_book
from migrate.terminal.language import choose
from tests.cli import Result, run

TABLE = """\
30 2 * * * cd /app && bin/report
0 12 * * 1-5 cd /app && bin/noon
*/5 * * * * cd /app && bin/poll
"""


def job(rule: tuple[int, int, int], scheduler: tuple[int, int, int] | None, runs: int = 1000) -> Job:
    """A job by a rule in UTC with (moved, lost, extra), and what Scheduler would do."""
    ways = [("rule", rule), *([("scheduler", scheduler)] if scheduler else [])]
    return Job(
        id="a",
        name="a",
        source=SourceLine(path="t", line=1),
        schedule="30 2 * * *",
        target=ProposedTarget(expressions=("cron(0 0 * * ? *)",)),
        parity=ComparedRuns(before=runs, moved=rule[0], lost=rule[1], extra=rule[2]),
        options=tuple(Way(backend=kind, timezone="", moved=m, lost=lo, extra=e) for kind, (m, lo, e) in ways),
    )


LINES = [
    ([job((700, 0, 0), (0, 30, 0))], "700 of 1,000 runs move with the clock; with Scheduler none, 30 are lost"),
    ([job((700, 0, 0), (0, 0, 0))], "700 of 1,000 runs move with the clock; with Scheduler none"),
    ([job((1, 1, 0), (0, 1, 0))], "1 of 1,000 runs moves with the clock, 1 is lost; with Scheduler none, 1 is lost"),
    # where a rule differs less, the better way leaves it
    (
        [job((700, 0, 0), (0, 0, 0)), job((5, 0, 0), (0, 60, 0))],
        "705 of 2,000 runs move with the clock; with Scheduler 5",
    ),
    ([job((700, 0, 2), (3, 0, 1))], "700 of 1,000 runs move with the clock, 2 are added; with Scheduler 3, 1 is added"),
    ([job((0, 0, 0), None)], None),
    ([job((5, 0, 0), (0, 60, 0))], None),
]


@pytest.mark.parametrize(("jobs", "said"), LINES)
def test_one_line_says_what_the_default_costs(jobs: list[Job], said: str | None) -> None:
    cost = clock_cost(jobs)
    assert (clock_sentence(cost) if cost is not None else None) == said


def test_the_line_is_said_in_japanese_too() -> None:
    cost = clock_cost([job((700, 0, 0), (0, 30, 0))])
    assert cost is not None
    choose("ja")
    try:
        said = clock_sentence(cost)
    finally:
        choose("en")
    assert "700" in said
    assert "Scheduler" in said
    assert "clock" not in said


CLOCKS = {"clock", "backend"}


def run_cli(*args: str) -> Result:
    return run(*args, cwd=Path("/"))


def scanned(tmp_path: Path, *more: str, zone: str = "America/New_York", table: str = TABLE) -> Path:
    (tmp_path / "tab").write_text(table)
    out = tmp_path / "out"
    window = ["--from", "2027-01-01", "--until", "2029-01-01"]
    run_cli("scan", str(tmp_path / "tab"), "--timezone", zone, "--image", "a:1", "--out", str(out), *window, *more)
    return out


def spec(out: Path, name: str) -> str:
    return (out / "jobs" / name / "ecs.yml").read_text()


def test_a_scan_says_it_once(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text(TABLE)
    done = run_cli("scan", str(tmp_path / "tab"), "--timezone", "America/New_York", "--out", str(tmp_path / "out"))
    assert done.out.count("runs move with the clock; with Scheduler") == 1
    done = run_cli("scan", str(tmp_path / "tab"), "--timezone", "Asia/Tokyo", "--out", str(tmp_path / "out2"))
    assert "with the clock" not in done.out


def test_it_is_the_first_question_and_settles_all_jobs(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    book = open_book(out)
    first = next(open_questions(book))
    assert (first.topic, first.default, [option.value for option in first.options]) == (
        "backend",
        "rule",
        ["rule", "auto", "exact", "each"],
    )
    before = book.settle(first.settle("auto", ""))
    assert "backend: auto\njobs: {}\n" in (out / "review.yml").read_text()
    assert not CLOCKS & {question.topic for question in open_questions(book)}
    # a rule that is exact stays one
    zones = [(book.proposal(one) or {})["schedule"].get("timezone") for one in book.jobs]
    assert zones == ["America/New_York", "America/New_York", None]
    book.undo(before)
    assert open_book(out).decisions.backend is None
    assert next(open_questions(open_book(out))).topic == "backend"


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        ("rule", 'scheduleExpression: "cron(30 6 * * ? *)"'),
        ("auto", 'scheduleExpression: "cron(30 2 * * ? *)"'),
        ("exact", '- "cron(0 3 ? 3 SUN#2 *)"'),
    ],
)
def test_an_answers_file_decides_for_all_and_a_later_scan_heeds_it(tmp_path: Path, answer: str, report: str) -> None:
    out = scanned(tmp_path)
    (tmp_path / "answers.yml").write_text(f"version: 1\nbackend: {answer}\n")
    run_cli("review", "--out", str(out), "--answers", str(tmp_path / "answers.yml"))
    assert report in spec(out, "report")
    assert not CLOCKS & {question.topic for question in open_questions(open_book(out))}
    scanned(tmp_path)
    assert report in spec(out, "report")
    assert not CLOCKS & {question.topic for question in open_questions(open_book(out))}


def test_a_job_of_its_own_mind_stands_above_it(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    (tmp_path / "answers.yml").write_text("version: 1\nbackend: auto\njobs:\n  noon: {backend: rule}\n")
    assert take_answers(open_book(out), tmp_path / "answers.yml") == 1
    run_cli("review", "--out", str(out), "--accept-defaults")
    assert "timezone: America/New_York" in spec(out, "report").partition("legacy")[0].replace('"', "")
    assert "timezone" not in spec(out, "noon").partition("legacy")[0]


def test_accepting_defaults_keeps_rules_in_utc(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    book = open_book(out)
    take_defaults(book)
    assert book.decisions.backend == "rule"
    assert {book.backend(one) for one in book.jobs} == {"rule"}


def test_each_asks_by_groups(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    book.settle(next(open_questions(book)).settle("each", ""))
    assert next(open_questions(book)).topic == "clock"


def test_nobody_is_asked_where_no_clock_changes(tmp_path: Path) -> None:
    assert "backend" not in {
        question.topic for question in open_questions(open_book(scanned(tmp_path, zone="Asia/Tokyo")))
    }


def test_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    out = scanned(tmp_path)
    (tmp_path / "answers.yml").write_text("version: 1\nbackend: best\n")
    done = run_cli("review", "--out", str(out), "--answers", str(tmp_path / "answers.yml"))
    assert done.code == 2
    assert "answers.yml" in done.err
    assert "line 2" in done.err or ":2" in done.err


# --- plain targets or workflows -----------------------------------------------------------------------------------------

JOBS = """\
30 2 * * * cd /app && bin/report
*/5 * * * * cd /app && flock -n /tmp/poll.lock bin/poll
0 4 * * * cd /app && bin/clean
"""


def starting(tmp_path: Path, *more: str) -> Path:
    return scanned(tmp_path, *more, zone="Asia/Tokyo", table=JOBS)


def started(out: Path) -> dict[str, str | None]:
    """Job -> what its ecs.yml says of its start."""
    found = {}
    for path in sorted((out / "jobs").glob("*/ecs.yml")):
        rows = [row for row in path.read_text().splitlines() if row.startswith("start:")]
        found[path.parent.name] = rows[0].partition(" ")[2].strip('"') if rows else None
    return found


def test_workflows_are_asked_for_once_with_their_price(tmp_path: Path) -> None:
    out = starting(tmp_path)
    book = open_book(out)
    (asked,) = [one for one in open_questions(book) if one.topic == "start"]
    assert [book.name(one) for one in asked.jobs] == ["report", "clean"], "a lock makes a workflow anyhow"
    assert (asked.default, [one.value for one in asked.options]) == ("task", ["task", "workflow"])
    assert "2 jobs start their tasks without a workflow" in asked.facts[0]
    assert "0.01 USD a month at most" in asked.facts[0]
    before = book.settle(asked.settle("workflow", ""))
    assert "start: workflow\njobs: {}\n" in (out / "review.yml").read_text()
    assert [(book.proposal(one) or {}).get("start") for one in book.jobs] == ["workflow", None, "workflow"]
    assert "start" not in {one.topic for one in open_questions(book)}
    book.undo(before)
    assert open_book(out).decisions.start is None
    assert [(book.proposal(one) or {}).get("start") for one in book.jobs] == [None, None, None]


# the answers -> what report, poll and clean say of their start
ANSWERS: list[tuple[str, dict[str, str | None]]] = [
    ("start: workflow\n", {"clean": "workflow", "poll": None, "report": "workflow"}),
    ("start: task\n", {"clean": None, "poll": None, "report": None}),
    ("jobs:\n  clean: {start: workflow}\n", {"clean": "workflow", "poll": None, "report": None}),
    ("start: workflow\njobs:\n  clean: {start: task}\n", {"clean": "task", "poll": None, "report": "workflow"}),
    # what makes a workflow makes it whatever is said; what needs one is never made a plain target
    ("jobs:\n  poll: {start: task}\n", {"clean": None, "poll": None, "report": None}),
    ("start: workflow\njobs:\n  clean: {timeout: 60}\n", {"clean": None, "poll": None, "report": "workflow"}),
    ("start: workflow\njobs:\n  clean: {service: true}\n", {"clean": None, "poll": None, "report": "workflow"}),
    ("start: workflow\njobs:\n  clean: {after: [report]}\n", {"clean": None, "poll": None, "report": "workflow"}),
]


@pytest.mark.parametrize(("answers", "wanted"), ANSWERS)
def test_the_answer_is_carried_out_and_later_scans_heed_it(
    tmp_path: Path, answers: str, wanted: dict[str, str | None]
) -> None:
    out = starting(tmp_path)
    (tmp_path / "answers.yml").write_text(f"version: 1\n{answers}")
    run_cli("review", "--out", str(out), "--answers", str(tmp_path / "answers.yml"))
    assert started(out) == wanted
    for name in wanted:
        load_spec(spec(out, name), name)
    starting(tmp_path)
    assert started(out) == wanted


def test_accepting_defaults_keeps_plain_targets_and_counts_as_asked(tmp_path: Path) -> None:
    out = starting(tmp_path)
    before = {name: spec(out, name) for name in started(out)}
    book = open_book(out)
    take_defaults(book)
    assert book.decisions.start == "task"
    assert not [one for one in open_questions(book) if one.topic == "start"]
    assert {(book.proposal(one) or {}).get("start") for one in book.jobs} == {None}
    assert {name: spec(out, name) for name in started(out)} == before


def test_asked_of_some_jobs_the_answer_is_theirs(tmp_path: Path) -> None:
    book = open_book(starting(tmp_path))
    (one,) = [job for job in book.jobs if book.name(job) == "clean"]
    (asked,) = [question for question in open_questions(book, only=[one.id]) if question.topic == "start"]
    book.settle(asked.settle("workflow", ""))
    assert book.decisions.start is None
    (rest,) = [question for question in open_questions(book) if question.topic == "start"]
    assert [book.name(job) for job in rest.jobs] == ["report"]


def test_the_default_of_some_jobs_writes_nothing(tmp_path: Path) -> None:
    out = starting(tmp_path)
    run_cli("review", "clean", "--out", str(out), "--accept-defaults")
    assert started(out) == {"clean": None, "poll": None, "report": None}
    book = open_book(out)
    (rest,) = [question for question in open_questions(book) if question.topic == "start"]
    assert [book.name(job) for job in rest.jobs] == ["report"]
    # who was answered for stays as answered, whatever is decided for the others
    (tmp_path / "answers.yml").write_text("version: 1\nstart: workflow\n")
    run_cli("review", "--out", str(out), "--answers", str(tmp_path / "answers.yml"))
    assert started(out) == {"clean": None, "poll": None, "report": "workflow"}


def test_both_answers_for_all_stand_beside_each_other(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    for topic, value in (("backend", "auto"), ("start", "workflow")):
        (asked,) = [question for question in open_questions(book) if question.topic == topic]
        book.settle(asked.settle(value, ""))
    again = open_book(tmp_path / "out").decisions
    assert (again.backend, again.start) == ("auto", "workflow")
