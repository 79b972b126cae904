"""What takes long while AWS is written, told by a clock that the test moves; and a plan that says a thing once."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from migrate.aws import show_jobs
from migrate.aws.plan import JobPlan
from migrate.aws.steps import Step
from migrate.aws.under_way import UnderWay, took
from tests.aws.world import spec


def test_a_step_is_told_of_every_ten_seconds_until_it_ends() -> None:
    now, told = [0.0], list[str]()
    way = UnderWay(told.append, lambda: now[0])
    slow, quick = Step("state machine", "billing", "add"), Step("rule", "billing", "remove")
    way.begin(slow)
    for now[0] in (5.0, 9.9):
        way.look()
    assert told == []
    now[0] = 10.0
    way.begin(quick)
    way.look()
    way.look()
    assert told == ["still creating state machine billing (10 s)"]
    now[0] = 20.5
    way.look()
    assert told[1:] == ["still creating state machine billing (20 s)", "still removing rule billing (10 s)"]
    assert (way.end(slow), way.end(quick), way.end(quick)) == (20.5, 10.5, 0.0)
    now[0] = 100.0
    way.look()
    assert len(told) == 3


@pytest.mark.parametrize(("seconds", "said"), [(0.0, ""), (0.99, ""), (1.0, " (1 s)"), (75.2, " (75 s)")])
def test_the_time_of_a_step(seconds: float, said: str) -> None:
    assert took(seconds) == said


def _plan(name: str, *refusals: str, notes: tuple[str, ...] = (), status: str = "refused") -> JobPlan:
    steps = [Step("rule", name, "add")]
    return JobPlan(spec(name), f"{name}.yml", "rule", status, steps, list(notes), list(refusals))  # type: ignore[arg-type]


def _shown(*plans: JobPlan, details: bool = False) -> list[str]:
    text = io.StringIO()
    show_jobs.show_plans(Console(file=text, width=200), list(plans), details=details)
    return [line for line in text.getvalue().splitlines() if line]


def test_a_reason_of_one_job_stands_beside_its_name() -> None:
    assert _shown(_plan("a", "no image yet", "no role")) == ["a: refused: no image yet", "  x no role"]


def test_what_27_jobs_lack_is_one_line_with_their_names() -> None:
    jobs = [_plan(f"job-{number}", "no image yet") for number in range(27)]
    odd = _plan("odd", "no image yet", "no role")
    first, names, *rest = sorted(_shown(*jobs, odd), key=lambda line: not line.startswith(("x", "    ")))
    assert first == "x 28 jobs: no image yet"
    assert names.split() == [f"job-{number}," for number in range(27)] + ["odd"]
    assert rest == ["odd: refused: no role"]
    # With --details each job has its steps all the same, and the reason is still said once.
    said = _shown(*jobs, odd, details=True)
    assert sum("no image yet" in line for line in said) == 1 and sum(line.startswith("  + rule") for line in said) == 28


def test_jobs_that_are_not_there_and_notes_are_said_once() -> None:
    jobs = [_plan(name, notes=("a guard needs /bin/sh",), status="missing") for name in "abcd"]
    assert _shown(*jobs) == [
        "! 4 jobs: a guard needs /bin/sh",
        "    a, b, c, d",
        "+ 4 jobs: not there; needs --create",
        "    a, b, c, d",
    ]
    assert _shown(*jobs[:2])[0] == "a: not there; needs --create"
