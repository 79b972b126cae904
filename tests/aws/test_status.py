"""status: where each job runs, by what its table and AWS show, and by what was recorded where they cannot be seen."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.aws import side
from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"30 3 * * * root /usr/bin/backup\n*/20 * * * * root /usr/bin/other\n0 12 * * * root /usr/bin/noon\n"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        yield made


def status(place: Place, capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    arguments = ["status", "--out", place.out, "--root", place.tree, "--format", "json", *options]
    assert place.call(*arguments) == code
    document = json.loads(capsys.readouterr().out)
    return {job["name"]: job for job in document["jobs"]}


def test_one_table_over_both_sides(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup")
    found = status(place, capsys)
    assert {name: job["runs"] for name, job in found.items()} == {"backup": "new", "other": "old", "noon": "old"}
    assert found["backup"]["old"] == {"live": False, "seen": True, "last": "2026-09-21T03:30:00Z", "next": None}
    assert found["backup"]["new"]["live"] is True
    assert found["backup"]["new"]["next"].endswith("T03:30:00Z")
    assert found["noon"]["new"] == {
        "live": False, "seen": True, "last": None, "next": None, "shadow": False, "exitCode": None, "running": None,
    }  # fmt: skip
    assert found["noon"]["old"]["next"].endswith("T12:00:00Z")
    assert found["noon"]["old"]["last"].endswith("T12:00:00Z")
    assert [frame["state"] for frame in found["backup"]["frames"]] == ["ENABLED"]


def test_both_sides_live_is_an_alarm(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.world.client("events").enable_rule(Name="other")
    found = status(place, capsys, code=1)
    assert (found["other"]["runs"], found["other"]["alarm"]) == ("both", True)
    assert [finding["code"] for finding in found["other"]["findings"]] == ["C755"]
    assert place.call("status", "--out", place.out, "--root", place.tree) == 1
    assert "every run is doubled" in capsys.readouterr().out
    # After a cutover, too: somebody puts the line back by hand.
    place.world.client("events").disable_rule(Name="other")
    place.forward("backup")
    place.table().write_bytes(APP)
    found = status(place, capsys, code=1)
    assert {finding["code"] for finding in found["backup"]["findings"]} == {"C755", "C757"}


def test_a_moved_job_whose_rule_was_switched_off(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup")
    place.world.client("events").disable_rule(Name="backup")
    found = status(place, capsys)
    assert found["backup"]["runs"] == "none"
    assert [finding["code"] for finding in found["backup"]["findings"]] == ["C757"]


def test_without_aws_and_without_the_tables(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup")
    (place.out / "cron2fargate.yml").unlink()  # nothing of AWS is needed
    found = status(place, capsys, "--offline")
    assert {name: job["runs"] for name, job in found.items()} == {"backup": "new", "other": "old", "noon": "old"}
    assert found["backup"]["new"]["seen"] is False
    shutil.rmtree(place.tree / "etc")
    found = status(place, capsys, "--offline")
    assert {name: job["runs"] for name, job in found.items()} == {"backup": "new", "other": "old", "noon": "old"}
    assert found["other"]["old"]["seen"] is False
    assert place.call("status", "--offline", "--out", place.out, "--root", place.tree) == 0
    assert "AWS was not asked" in capsys.readouterr().out


def test_a_scan_after_the_cutover_forgets_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup")
    place.scan()
    found = status(place, capsys)
    assert found["backup"]["runs"] == "new"
    assert place.backward("backup") == 0
    assert place.table().read_bytes() == APP


class Ecs:
    """ListTasks and DescribeTasks as the API answers them; the embedded AWS gives tasks no times."""

    def __init__(self, running: list[dict[str, Any]], stopped: list[dict[str, Any]]) -> None:
        self.tasks = {"RUNNING": running, "STOPPED": stopped}
        self.environment = SimpleNamespace(cluster="cron")

    def client(self, service: str) -> Any:
        assert service == "ecs"
        return self

    def named(self, job: str) -> str:
        return job

    def list_tasks(self, *, cluster: str, family: str, desiredStatus: str) -> dict[str, Any]:  # noqa: N803
        assert (cluster, family) == ("cron", "job")
        headers = {"date": "Mon, 21 Sep 2026 03:30:00 GMT"}
        arns = [task["taskArn"] for task in self.tasks[desiredStatus]]
        return {"taskArns": arns, "ResponseMetadata": {"HTTPHeaders": headers}}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        every = self.tasks["RUNNING"] + self.tasks["STOPPED"]
        return {"tasks": [task for task in every if task["taskArn"] in tasks]}


def task(minute: int, status: str, *codes: int | None) -> dict[str, Any]:
    at = datetime(2026, 9, 21, 3, minute, tzinfo=UTC)
    boxes = [{"name": f"c{n}"} | ({} if code is None else {"exitCode": code}) for n, code in enumerate(codes)]
    return {"taskArn": f"task/{minute}", "createdAt": at, "lastStatus": status, "containers": boxes}


@pytest.mark.parametrize(
    ("running", "stopped", "minute", "code", "going"),
    [
        ([], [task(1, "STOPPED", 0), task(3, "STOPPED", 0, 4), task(2, "STOPPED", 0)], 3, 4, False),
        ([], [task(1, "STOPPED", 0, 0)], 1, 0, False),
        ([], [task(1, "STOPPED", None)], 1, None, False),  # it never started
        ([task(5, "RUNNING", None)], [task(3, "STOPPED", 0)], 5, None, True),
        ([task(5, "PROVISIONING")], [], 5, None, True),
    ],
)
def test_the_last_task_and_its_exit_code(
    running: list[dict[str, Any]], stopped: list[dict[str, Any]], minute: int, code: int | None, going: bool
) -> None:
    aws: Any = Ecs(running, stopped)
    last = side.last_run(aws, "cron", "job")
    assert last is not None
    assert (last.at.minute, last.exit_code, last.going) == (minute, code, going)
    assert side.going(aws, "cron", "job") == len(running)


def test_a_job_that_never_ran_has_no_last_task() -> None:
    aws: Any = Ecs([], [])
    assert side.last_run(aws, "cron", "job") is None


def test_the_tasks_of_its_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oldest first, each once, those by hand left out, with the reason that tells most and AWS's own time."""
    first = task(1, "STOPPED", 137) | {"stoppedReason": "Essential container in task exited"}
    first["containers"][0]["reason"] = "OutOfMemoryError: Container killed due to memory usage"
    by_hand, twice = task(2, "STOPPED", 0) | {"startedBy": "cron2fargate"}, task(4, "STOPPING", None)
    aws: Any = Ecs([twice, task(6, "PENDING", None)], [by_hand, twice, first])
    monkeypatch.setattr(side.frames, "find", lambda *_: [])
    found = side.runs_of(aws, "web1", "job")
    assert [(run.at.minute, run.exit_code, run.going, run.begun) for run in found.runs] == [
        (1, 137, False, True),
        (4, None, True, True),
        (6, None, True, False),
    ]
    assert "OutOfMemoryError" in found.runs[0].reason
    assert found.clock == datetime(2026, 9, 21, 3, 30, tzinfo=UTC).timestamp()
