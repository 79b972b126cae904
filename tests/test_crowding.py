"""What a lock of several places skips, by ecs.yml: counted by the simulation, by a walk second by second, and as it is told."""

from __future__ import annotations

import json
import random
from math import ceil
from pathlib import Path

import pytest

from converters.artefact.crowding import Known, crowded
from converters.schedules.daemon import Window
from converters.specs.model import load_spec
from converters.workflows.contention import Contender, skips
from converters.workflows.machine import state_machine
from tests.cli import run
from tests.test_state_machine import around, spec

DAY = Window(29_000_160, 29_000_160 + 1440)
Job = tuple[list[int], float | None, float]


def walked(jobs: list[Job], places: int, start: float) -> list[int]:
    """Runs skipped of each job, second by second: (minutes, wait, seconds of a run). Nothing of the simulation is used."""
    skipped = [0] * len(jobs)
    ends: list[float] = []
    looks: list[tuple[int, int, int]] = []  # when it looks next, which job, when it came
    for now in range(5 * 3600):
        ends = [end for end in ends if end > now]
        new = [
            (now, index, now) for index, (minutes, _, _) in enumerate(jobs) if now % 60 == 0 and now // 60 in minutes
        ]
        later = []
        # Nothing says who looks first in one second; those that come now, as the simulation has it.
        for at, index, came in new + looks:
            wait, seconds = jobs[index][1:]
            waited = now - came
            if at > now:
                later.append((at, index, came))
            elif len(ends) < places:
                ends.append(now + start + seconds)
            elif wait is not None and waited >= wait:
                skipped[index] += 1
            else:
                pause = max(5, ceil(waited / 50))
                later.append(
                    (min(now + pause, max(now + 1, int(came + wait)) if wait is not None else now + 1), index, came)
                )
        looks = later
    return skipped


@pytest.mark.parametrize("seed", range(24))
def test_places_are_counted_as_a_walk_counts_them(seed: int) -> None:
    draw = random.Random(seed)
    places, start = draw.randint(2, 4), float(draw.choice([20, 30, 60]))
    wait, seconds = draw.choice([0, 0, 10, 45, 120]), float(draw.choice([10, 50, 130, 200, 290]))
    jobs: list[Job] = []
    for _ in range(draw.randint(1, 4)):
        step = draw.choice([1, 1, 2, 3, 5])
        jobs.append(([minute for minute in range(180) if minute % step == 0], wait, seconds))
    takers = [
        Contender(f"j{n}", (), minutes, wait, False, seconds, True, start, places)
        for n, (minutes, _, _) in enumerate(jobs)
    ]
    found = skips(takers)
    assert sum(one.after for one in found.values()) == sum(walked(jobs, places, start))


# schedule | runs | wait | measured seconds | what is said
TABLE = """
cron(* * * * ? *)    | 1 | 0       | 50  | C217 up to 720 a day
cron(* * * * ? *)    | 2 | 0       | 50  |
cron(* * * * ? *)    | 2 | 0       | 100 | C223 up to 480 a day
cron(* * * * ? *)    | 3 | 0       | 130 | C223 up to 360 a day
cron(* * * * ? *)    | 4 | 0       | 130 |
cron(* * * * ? *)    | 2 | forever | 100 | C223 pile up
cron(*/5 * * * ? *)  | 2 | 0       | 700 | C223 up to 96 a day
cron(0 3 * * ? *)    | 2 | 0       | 900 |
rate(5 minutes)      | 2 | 0       | 700 | C223 up to 96 a day
rate(1 hour)         | 2 | 0       | 90  |
"""


@pytest.mark.parametrize("row", [row for row in TABLE.splitlines() if row])
def test_what_is_said_of_one_job(row: str) -> None:
    schedule, runs, wait, seconds, said = (cell.strip() for cell in row.split("|"))
    lock = {"name": "db", "runs": int(runs), "wait": wait if wait == "forever" else int(wait)}
    one = spec(name="a", schedule={"scheduleExpression": schedule}, lock=lock, timeout=3600)
    found = crowded([one], DAY, {"a": Known(float(seconds), 60.0)})
    told = {name: f"{finding.code} {finding.message}" for name, finding in found.items()}
    assert bool(told) == bool(said)
    code, _, words = said.partition(" ")
    assert not said or (told["a"].startswith(code) and words in told["a"])


def test_a_definition_says_what_becomes_of_one_too_many() -> None:
    one = spec(lock={"name": "DB", "runs": 2}, timeout=60)
    said = str(state_machine(one, around())["Comment"])
    assert "Is one of 2 that hold lock DB for" in said
    assert "else is refused" in said


def test_jobs_that_share_a_lock_are_counted_together() -> None:
    jobs = [
        spec(
            name=name, schedule={"scheduleExpression": "cron(0 3 * * ? *)"}, lock={"name": "db", "runs": 2}, timeout=600
        )
        for name in "abc"
    ]
    found = crowded(jobs, DAY, {})
    assert sum("up to 1 a day" in one.message and "3 jobs name it" in one.message for one in found.values()) == 1
    assert crowded(jobs[:2], DAY, {}) == {}
    # Nobody knows when the phase of a rate begins, nor when a job ends that another waits for.
    rate = spec(
        name="d", schedule={"scheduleExpression": "rate(5 minutes)"}, lock={"name": "db", "runs": 2}, timeout=600
    )
    after = spec(name="e", schedule={}, after=["a"], lock={"name": "db", "runs": 2}, timeout=600)
    assert crowded([*jobs, rate], DAY, {}) == {} == crowded([*jobs, after], DAY, {})


def test_what_cron_skipped_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text("* * * * * flock -n /tmp/a.lock timeout 600 /opt/x\n")
    text = _scanned(tmp_path)
    (path,) = (tmp_path / "migration/jobs").glob("*/ecs.yml")
    name = path.parent.name
    long = {name: Known(300.0, 60.0)}
    (one,) = crowded([load_spec(text, "e")], DAY, long).values()
    assert ", under cron up to 1,152" in one.message
    three = load_spec(text.replace("lock:\n", "lock:\n  runs: 5\n"), "e")
    assert three.lock is not None and three.lock.runs == 5
    assert crowded([three], DAY, long) == {}


def _scanned(folder: Path) -> str:
    done = run("scan", "tab", "--user-crontab", "--timezone", "UTC", "--image", "a:1", cwd=folder)
    assert done.code == 0, done.err
    (path,) = (folder / "migration/jobs").glob("*/ecs.yml")
    return path.read_text()


def test_plan_and_report_say_it(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text("* * * * * flock -n /tmp/a.lock timeout 100 /opt/x\n")
    text = _scanned(tmp_path)
    (path,) = (tmp_path / "migration/jobs").glob("*/ecs.yml")
    document = json.loads((tmp_path / "migration/report.json").read_text())
    assert [one["code"] for one in document["jobs"][0]["findings"] if one["code"] in {"C217", "C223"}] == ["C217"]
    for runs, said in ((2, ""), (1, "C217")):
        path.write_text(text.replace("lock:\n", f"lock:\n  runs: {runs}\n"))
        done = run("register", "-e", "sandbox", "--rehearse", cwd=tmp_path)
        assert done.code == 0, done.err
        assert ("are skipped by the lock" in done.out) == bool(said)


def test_plan_and_report_count_several_places(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text("* * * * * /opt/x\n")
    text = _scanned(tmp_path)
    (path,) = (tmp_path / "migration/jobs").glob("*/ecs.yml")
    report = tmp_path / "migration/report.json"
    document = json.loads(report.read_text())
    document["jobs"][0]["history"] = {"starts": 9, "durations": {"p50": 130, "p95": 130, "max": 130}}
    report.write_text(json.dumps(document))
    for runs, most in ((2, 720), (3, 360), (4, 0)):
        path.write_text(f"{text}\nlock:\n  name: db\n  runs: {runs}\n")
        said = f"up to {most} a day are skipped by the lock `db`: {runs} may hold it at once, and each that is one too many "
        said += "is told (measured: 130 s a run, 60 s for a task to start)"
        done = run("register", "-e", "sandbox", "--rehearse", cwd=tmp_path)
        assert done.code == 0, done.err
        assert (f"! runs: {said} (C223)" in done.out) == bool(most)
        for _ in range(2):
            assert run("report", cwd=tmp_path).code == 0
            (job,) = json.loads(report.read_text())["jobs"]
            assert [one["message"] for one in job["findings"] if one["code"] == "C223"] == [f"runs: {said}"] * bool(
                most
            )
            assert ("one too many is told" in (tmp_path / "migration/report.html").read_text()) == bool(most)
            assert ("one too many is told" in (tmp_path / "migration/report.md").read_text()) == bool(most)
