"""What verify reads of AWS: executions, tasks, log streams, counts, the dead-letter queue; and its verdicts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from converters.artefact.registered import Expected, Registered
from converters.history.observed import Comparison, Seen
from converters.history.verdict import Reason, reasons
from converters.schedules.daemon import Window
from migrate import checks
from migrate.aws.observed import Span, given_up, runs_of
from migrate.cli import cli
from migrate.errors import UserError
from migrate.logs.verifying import compare_runs
from tests.aws.world import SETTINGS, World, spec

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
MONTH = Span((NOW - timedelta(days=30)).timestamp(), NOW.timestamp())


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test's own now: at the end of a long run of all tests, the minute in which they were read is long over."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    monkeypatch.setattr(sys.modules[__name__], "NOW", now)
    monkeypatch.setattr(sys.modules[__name__], "MONTH", Span((now - timedelta(days=30)).timestamp(), now.timestamp()))


def minutes_ago(minutes: float, seconds: float = 0) -> datetime:
    return NOW - timedelta(minutes=minutes) + timedelta(seconds=seconds)


def stream(world: World, job: str, task: str, at: datetime, container: str = "app") -> None:
    """A log stream as the awslogs driver makes it; its age is the only thing that is not as on AWS."""
    from moto.logs.models import logs_backends

    name = f"{job}/{container}/{task}"
    world.client("logs").create_log_stream(logGroupName=f"/cron2fargate/{job}", logStreamName=name)
    for backends in logs_backends.values():
        group = backends["ap-northeast-1"].groups.get(f"/cron2fargate/{job}")
        if group is not None and name in group.streams:
            group.streams[name].creation_time = at.replace(tzinfo=None)


@contextmanager
def answering(world: World, service: str, **answers: Any) -> Iterator[None]:
    """Answers of AWS that moto does not give, in place of calls of the read-only client; shapes as botocore knows them."""
    from botocore.stub import Stubber

    client = world.connect(read_only=True).client(service)
    with Stubber(client) as stub:
        for operation, pages in answers.items():
            for page in pages:
                stub.add_response(operation, page)
        yield


def test_log_streams_are_runs(world: World) -> None:
    world.register(spec("job", "cron(0 3 * * ? *)"), create=True)
    for number, at in enumerate((minutes_ago(50), minutes_ago(40), minutes_ago(90 * 1440))):
        stream(world, "job", f"task{number}", at)
    stream(world, "job", "task1", minutes_ago(39), container="sidecar")
    found = runs_of(world.connect(read_only=True), "web1", "job", "cron", MONTH)
    assert found.source == "tasks"
    assert [seen.at for seen in found.starts] == [minutes_ago(50).timestamp(), minutes_ago(40).timestamp()]
    assert (len(found.frames), found.enabled, found.undelivered) == (1, False, 0)


def task(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:ecs:ap-northeast-1:123456789012:task/cron/{number:032x}"
    return {"taskArn": arn, "createdAt": at, "lastStatus": "STOPPED", "containers": [], **more}


def test_stopped_tasks_tell_how_they_ended(world: World) -> None:
    world.register(spec("job", "cron(0 3 * * ? *)"), create=True)
    ended: dict[str, Any] = {"stopCode": "EssentialContainerExited"}
    tasks = [
        task(1, minutes_ago(50), containers=[{"name": "app", "exitCode": 0}], **ended),
        task(2, minutes_ago(40), containers=[{"name": "app", "exitCode": 3}], **ended),
        task(3, minutes_ago(30), stopCode="TaskFailedToStart", stoppedReason="CannotPullContainerError: no image"),
        task(4, minutes_ago(20), startedBy="cron2fargate"),
        task(5, minutes_ago(10), lastStatus="RUNNING"),
    ]
    stream(world, "job", f"{2:032x}", minutes_ago(39))
    stream(world, "job", f"{4:032x}", minutes_ago(19))
    arns = [one["taskArn"] for one in tasks]
    with answering(
        world,
        "ecs",
        list_tasks=[{"taskArns": arns[4:]}, {"taskArns": arns[:4]}],
        describe_tasks=[{"tasks": tasks}],
    ):
        found = runs_of(world.connect(read_only=True), "web1", "job", "cron", MONTH)
    assert [(seen.at, seen.failed) for seen in found.starts] == [
        (minutes_ago(50).timestamp(), None),
        (minutes_ago(40).timestamp(), "app ended with 3"),
        (minutes_ago(30).timestamp(), "CannotPullContainerError: no image"),
        (minutes_ago(10).timestamp(), None),
    ]


def execution(number: int, at: datetime, status: str, seconds: float | None) -> dict[str, Any]:
    arn = f"arn:aws:states:ap-northeast-1:123456789012:execution:job:{number}"
    stop = {"stopDate": at + timedelta(seconds=seconds)} if seconds is not None else {}
    machine = arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    return {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": str(number),
        "status": status,
        "startDate": at,
        **stop,
    }


def history(*names: str) -> dict[str, Any]:
    return {
        "events": [
            {"timestamp": NOW, "type": "SucceedStateEntered", "id": number, "stateEnteredEventDetails": {"name": name}}
            for number, name in enumerate(names, start=1)
        ]
    }


def test_executions_are_runs_and_what_the_lock_skipped_is_not(world: World) -> None:
    world.register(spec("job", "cron(0 3 * * ? *)"), create=True)
    listed = [
        execution(6, minutes_ago(5), "RUNNING", None),
        execution(5, minutes_ago(10), "SUCCEEDED", 1),
        execution(4, minutes_ago(20), "SUCCEEDED", 2),
        execution(3, minutes_ago(30), "FAILED", 40),
        execution(2, minutes_ago(40), "TIMED_OUT", 400),
        execution(1, minutes_ago(50), "SUCCEEDED", 90),
        execution(0, minutes_ago(31 * 1440), "SUCCEEDED", 90),
    ]
    histories = [history("Skipped, another run has the lock"), history("Done")]
    with answering(world, "stepfunctions", list_executions=[{"executions": listed}], get_execution_history=histories):
        found = runs_of(world.connect(read_only=True), "web1", "job", "cron", MONTH)
    assert found.source == "executions"
    assert found.skipped == [minutes_ago(10).timestamp()]
    assert [(seen.at, seen.failed) for seen in sorted(found.starts, key=lambda seen: seen.at)] == [
        (minutes_ago(50).timestamp(), None),
        (minutes_ago(40).timestamp(), "timed out"),
        (minutes_ago(30).timestamp(), "failed"),
        (minutes_ago(20).timestamp(), None),
        (minutes_ago(5).timestamp(), None),
    ]


def test_without_logs_the_counts_of_the_rule_are_runs(world: World) -> None:
    world.register(spec("job", "cron(0 3 * * ? *)"), create=True)
    counted = {"Id": "m0", "Timestamps": [minutes_ago(10), minutes_ago(20)], "Values": [2.0, 1.0]}
    failed = {"Id": "m0", "Timestamps": [minutes_ago(10)], "Values": [1.0]}
    pages = [{"MetricDataResults": [counted]}, {"MetricDataResults": [failed]}]
    with answering(world, "cloudwatch", get_metric_data=pages):
        found = runs_of(world.connect(read_only=True), "web1", "job", "cron", MONTH)
    assert found.source == "counts"
    assert [seen.at for seen in found.starts] == [minutes_ago(m).timestamp() for m in (20, 10, 10)]
    assert found.undelivered == 1


def test_what_is_not_there_is_no_run(world: World) -> None:
    found = runs_of(world.connect(read_only=True), "web1", "nothing", "no-such-cluster", MONTH)
    assert (found.source, found.starts, found.frames, found.enabled) == (None, [], [], False)


def test_the_dead_letter_queue_is_counted(world: World) -> None:
    aws = world.connect(read_only=True)
    assert given_up(aws, "web1") == 0
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName="cron2fargate-web1-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert given_up(aws, "web1") == 1


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two jobs of a crontab that was scanned; one of them, every ten minutes, is registered and enabled."""
    monkeypatch.setattr(checks, "CHECKS", ())
    (tmp_path / "crontab").write_text("*/10 * * * * app /opt/poll\n0 3 * * * app /opt/night\n")
    out = tmp_path / "migration"
    call("scan", tmp_path / "crontab", "--system", "--timezone", "UTC", "--image", "a:1", "--out", out)
    (out / "cron2fargate.yml").write_text(SETTINGS)
    call("register", "-t", out / "jobs/poll/ecs.yml", "--create", "--yes", "--out", out)
    call("enable", "poll", "--yes", "--out", out, "--accept", "C494")
    return out


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


def ten() -> datetime:
    """The last full ten minutes that are over."""
    last = NOW - timedelta(minutes=10)
    return last - timedelta(minutes=last.minute % 10)


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    call("verify", *arguments, "--format", "json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_safe_to_delete_after_enough_runs(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        stream(world, "poll", f"task{number}", ten() - timedelta(minutes=10 * number) + timedelta(seconds=40))
    found = told(capsys, "poll", "--out", workspace)
    (job,) = found["jobs"]
    assert (job["safe"], job["reasons"], job["cron"], found["log"]) == (True, [], None, None)
    assert job["aws"]["late"] == {"p50": 40.0, "p95": 40.0, "max": 40.0}
    assert (job["aws"]["matched"], job["aws"]["missed"], job["aws"]["found"]) == (4, [], "tasks")
    assert job["aws"]["due"] == 4 + len(job["aws"]["unknown"])  # what was due just now may still be on its way
    capsys.readouterr()
    assert call("verify", "poll", "--out", workspace, "--strict") == 0
    assert "  OK    poll: safe to delete the old line" in capsys.readouterr().out.splitlines()


def test_a_run_missed_and_a_run_twice_keep_the_line(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (0, 1, 2, 4, 5):
        stream(world, "poll", f"task{number}", ten() - timedelta(minutes=10 * number) + timedelta(seconds=40))
    stream(world, "poll", "again", ten() + timedelta(seconds=50))
    (job,) = told(capsys, "poll", "--out", workspace)["jobs"]
    missed = (ten() - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:00Z")
    assert (job["aws"]["missed"], len(job["aws"]["doubled"])) == ([missed], 1)
    assert [reason["code"] for reason in job["reasons"]] == ["missed", "doubled"]


def test_a_late_delivery_is_late_and_not_twice(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """EventBridge tries again for a quarter of an hour (the settings' event age)."""
    for number in (0, 2, 3):
        stream(world, "poll", f"task{number}", ten() - timedelta(minutes=10 * number) + timedelta(seconds=40))
    stream(world, "poll", "late", ten() + timedelta(seconds=50))
    (job,) = told(capsys, "poll", "--out", workspace)["jobs"]
    assert (job["aws"]["missed"], job["aws"]["doubled"], job["aws"]["late"]["max"]) == ([], [], 650.0)
    assert job["safe"]


def test_few_runs_and_missed_runs_are_named(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (3, 5):
        stream(world, "poll", f"task{number}", ten() - timedelta(minutes=10 * number) + timedelta(seconds=40))
    found = told(capsys, "--out", workspace, "--until", (ten() - timedelta(minutes=1)).isoformat())
    jobs = {job["name"]: job for job in found["jobs"]}
    at = (ten() - timedelta(minutes=40)).strftime("%Y-%m-%dT%H:%M:00Z")
    assert jobs["poll"]["reasons"] == [
        {"code": "too few", "message": "keep the old line: 2 of 3 runs seen on AWS; run this again later"},
        {"code": "missed", "message": f"keep the old line: 1 of 5 runs on AWS did not start, first at {at}"},
    ]
    assert len(jobs["poll"]["aws"]["unknown"]) == 2  # they may still be on their way
    assert [reason["code"] for reason in jobs["night"]["reasons"]] == ["not there"]
    assert call("verify", "--out", workspace, "--strict") == 1


def test_both_sides_at_once_are_told(
    world: World, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starts = [ten() - timedelta(minutes=10 * number) for number in range(4)]
    for number, at in enumerate(starts):
        stream(world, "poll", f"task{number}", at + timedelta(seconds=40))
    log = tmp_path / "syslog"
    log.write_text(
        "".join(f"{at.isoformat()} web1 CRON[{at.minute}]: (app) CMD ( /opt/poll)\n" for at in reversed(starts))
    )
    found = told(capsys, "poll", "--log", log, "-e", "sandbox", "--out", workspace)
    (job,) = found["jobs"]
    assert [reason["code"] for reason in job["reasons"]] == ["still old"]
    assert (job["cron"]["due"], job["cron"]["matched"], job["cron"]["history"]["starts"]) == (4, 4, 4)
    assert found["aws"]["environment"] == "sandbox"
    found = told(capsys, "poll", "--log", log, "--out", workspace)
    assert (found["aws"], found["jobs"][0]["aws"]) == (None, None)
    assert [reason["code"] for reason in found["jobs"][0]["reasons"]] == ["not asked"]


def test_runs_are_compared_from_the_cutover_on(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ran on AWS before, as a trial, is of no account, and what was due right after it was."""
    stamp = (ten() - timedelta(minutes=55)).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = {
        "id": "x",
        "path": "crontab",
        "line": 1,
        "digest": "x",
        "steps": [{"at": stamp, "step": "enable", "event": "done"}],
    }
    journal = {"version": 1, "jobs": {"poll": record}, "files": {}}
    (workspace / ".cron2fargate").mkdir(exist_ok=True)
    (workspace / ".cron2fargate/cutover.json").write_text(json.dumps(journal))
    for number in (0, 1, 2, 3, 4, 7):
        stream(world, "poll", f"task{number}", ten() - timedelta(minutes=10 * number) + timedelta(seconds=40))
    (job,) = told(capsys, "poll", "--out", workspace)["jobs"]
    assert job["aws"]["since"] == stamp
    missed = (ten() - timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M:00Z")
    assert (job["aws"]["missed"], job["aws"]["matched"], job["aws"]["extra"]) == ([missed], 5, [])


def test_nothing_is_written(world: World, workspace: Path) -> None:
    before = world.state()
    call("verify", "--out", workspace)
    assert world.state() == before


def test_mistakes_are_sentences(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such job; did you mean poll"):
        call("verify", "pol", "--out", workspace)
    with pytest.raises(UserError, match="--since yesterday: not a time"):
        call("verify", "--since", "yesterday", "--out", workspace)
    with pytest.raises(UserError, match="there is no report"):
        call("verify", "--log", tmp_path, "--out", tmp_path / "none")


@pytest.mark.parametrize(
    ("comparison", "more", "codes"),
    [
        (None, {"asked": False}, ["not asked"]),
        (None, {"registered": False}, ["not there"]),
        (None, {}, ["not due"]),
        (Comparison(), {"enabled": False}, ["off", "too few"]),
        (Comparison(matched=[(1, 0.0)] * 3), {}, []),
        (Comparison(matched=[(1, 0.0)] * 3), {"undelivered": 2}, ["undelivered"]),
        (Comparison(matched=[(1, 0.0)] * 3, doubled=[60.0], failed=[(60.0, "x")]), {}, ["doubled", "failed"]),
        (Comparison(matched=[(1, 0.0)] * 3), {"old_last": 100.0, "new_first": 100.0}, ["still old"]),
        (Comparison(matched=[(1, 0.0)] * 3), {"old_last": 99.0, "new_first": 100.0}, []),
    ],
)
def test_verdicts(comparison: Comparison | None, more: dict[str, Any], codes: list[str]) -> None:
    found: list[Reason] = reasons(comparison, **{"asked": True, "registered": True, "enabled": True, **more})
    assert [one.code for one in found] == codes


# --- the predicate of the proof ---------------------------------------------------------------------------------------

DAY = 1440
NIGHTS = [29_000_000 // DAY * DAY + 180 + day * DAY for day in range(10)]  # 03:00 of ten days


def seen(*minutes: float) -> list[Seen]:
    return [Seen(minute * 60 + 40, key=number) for number, minute in enumerate(minutes)]


@pytest.mark.parametrize(
    ("expected", "starts", "skipped", "told"),
    [
        # (due, idle, none) | tasks seen | what a lock skipped | matched, missed, extra, idle, astray
        ((NIGHTS[:3], [], []), NIGHTS[:3], [], (3, 0, 0, 0, 0)),
        ((NIGHTS[:1], NIGHTS[1:4], []), NIGHTS[:4], [], (1, 0, 0, 3, 0)),  # three tasks that found nothing to do
        ((NIGHTS[:1], NIGHTS[1:4], []), NIGHTS[1:4], [], (0, 1, 0, 3, 0)),  # the one that mattered did not come
        ((NIGHTS[:2], [], NIGHTS[2:5]), NIGHTS[:2], [], (2, 0, 0, 0, 0)),  # a workflow starts no task on other dates
        ((NIGHTS[:2], [], NIGHTS[2:5]), NIGHTS[:3], [], (2, 0, 1, 0, 1)),  # and if it does, it is told
        ((NIGHTS[:2], [], NIGHTS[2:5]), NIGHTS[:1], [], (1, 1, 0, 0, 0)),  # a guard that skips a date of the job's
        ((NIGHTS[:3], [], []), NIGHTS[:2], NIGHTS[2:3], (2, 0, 0, 0, 0)),  # a lock that skips was on time
        (([], NIGHTS[:3], []), [], [], (0, 0, 0, 0, 0)),  # nothing is missed where nothing was to run
        (
            ([NIGHTS[0] + 1255], [], [NIGHTS[0] + 1260]),
            [NIGHTS[0] + 1260],
            [],
            (1, 0, 0, 0, 0),
        ),  # 23:55, five minutes late
    ],
)
def test_what_was_proven_is_what_is_watched(expected: Any, starts: Any, skipped: Any, told: Any) -> None:
    found = compare_runs(
        Expected(*expected), seen(*starts), [minute * 60.0 + 2 for minute in skipped], reach=1200, unknown=[]
    )
    counts = len(found.matched), len(found.missed), len(found.extra), found.idle, len(found.astray)
    assert counts == told


@pytest.mark.parametrize("more", [{}, {"timeout": 600}], ids=["task", "workflow"])
@pytest.mark.parametrize(
    ("command", "hour"),
    [(["x"], 3), (["/bin/sh", "-c", "if [ $(date +%u) -lt 6 ]; then x; fi"], 3)],
    ids=["plain", "test"],
)
def test_starts_are_sorted_by_what_becomes_of_them(more: dict[str, Any], command: list[str], hour: int) -> None:
    """Every start once, by a calendar: the job runs on a Friday 13th, or on such ones that are no weekend, or not at all."""
    guard = {"offset": 540, "daysOfMonth": "13", "months": "*", "daysOfWeek": "*", "rule": "and"}
    environment = {"TZ": "Asia/Tokyo"}
    one = spec(
        "job",
        f"cron(0 {hour} * * ? *)",
        schedule={"guard": guard, "timezone": "Asia/Tokyo"},
        container={"command": command, "environment": environment},
        **more,
    )
    first = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) // 60
    window = Window(first, first + 365 * DAY)
    found = Registered.of(one).expected(window, workflow=bool(more))
    by_kind: dict[str, list[int]] = {"due": [], "idle": [], "none": []}
    for day in range(-1, 366):
        minute = first + day * DAY + 60 * (hour - 9)
        local = datetime.fromtimestamp(minute * 60, UTC) + timedelta(hours=9)
        if window.first <= minute < window.until:
            allowed, passes = local.day == 13, len(command) == 1 or local.isoweekday() < 6
            kind = "due" if allowed and passes else "idle" if allowed or not more else "none"
            by_kind[kind].append(minute)
    assert (found.due, found.idle, found.none) == tuple(by_kind.values())


def test_tasks_with_nothing_to_do_are_no_runs(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A job of three dates a year whose tasks come every day and end at once was safe to delete after three days."""
    path = workspace / "jobs/night/ecs.yml"
    day = (ten() + timedelta(days=20)).day
    guard = f"  guard: {{offset: 0, daysOfMonth: '{day}', months: '*', daysOfWeek: '*', rule: and}}\n"
    path.write_text(path.read_text().replace("schedule:\n", "schedule:\n" + guard))
    call("register", "-t", path, "--create", "--yes", "--out", workspace)
    call("enable", "night", "--yes", "--accept", "C494", "--out", workspace)
    last = ten().replace(hour=3, minute=0)
    for number in range(1, 6):
        stream(world, "night", f"task{number}", last - timedelta(days=number) + timedelta(seconds=40))
    (job,) = told(capsys, "night", "--out", workspace)["jobs"]
    assert (job["aws"]["idle"], job["aws"]["due"], job["aws"]["matched"]) == (5, 0, 0)
    assert [reason["code"] for reason in job["reasons"]] == ["too few"]


def test_each_kind_of_skipped_run_is_told_apart(world: World) -> None:
    world.register(spec("job", "cron(0 3 * * ? *)"), create=True)
    listed = [execution(number, minutes_ago(10 * number), "SUCCEEDED", 1) for number in (1, 2, 3, 4)]
    ends = ["Skipped, no date of the schedule", "Skipped, this start came twice", "Skipped, the lock is taken"]
    histories = [history(end) for end in (*ends, "Skipped, the lock stayed taken")]
    with answering(world, "stepfunctions", list_executions=[{"executions": listed}], get_execution_history=histories):
        found = runs_of(world.connect(read_only=True), "web1", "job", "cron", MONTH)
    wanted = [[minutes_ago(10)], [minutes_ago(20)], [minutes_ago(30), minutes_ago(40)]]
    assert [found.off_dates, found.repeated, found.skipped] == [[at.timestamp() for at in each] for each in wanted]
