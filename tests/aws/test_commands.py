"""The commands as people call them: in this process against an embedded AWS, and in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from migrate import checks
from migrate.cli import cli
from migrate.errors import UserError
from migrate.settings.loading import default_settings_text
from tests.aws.world import KOYAMA, SETTINGS, World


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checks, "CHECKS", ())  # tests/cutover and test_check.py have places to look at
    job = tmp_path / "migration" / "jobs" / "koyama"
    job.mkdir(parents=True)
    (job / "ecs.yml").write_text(KOYAMA)
    (tmp_path / "migration" / "cron2fargate.yml").write_text(SETTINGS)
    return tmp_path / "migration"


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_way_of_a_job(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--out", workspace)
    assert call("plan", *at) == 1
    assert "cron-koyama_test: not there; needs --create" in lines(capsys)
    assert call("plan", "--create", *at) == 0
    # Four of the job, and what all jobs share.
    assert lines(capsys)[-1] == "10 to add, 0 to change, 0 refused, 1 unchanged"
    assert world.state() == {}
    assert call("register", "--create", "--yes", *at) == 0
    assert any(line.startswith("4 changes written") for line in lines(capsys))  # and the seconds, where it took some
    assert call("register", *at) == 0  # nothing to write, so nothing to ask
    assert "no changes, 4 unchanged" in lines(capsys)
    assert call("status", *at) == 0
    assert "  rule cron-koyama_test  DISABLED  rate(1 minute) UTC  cron-koyama_test:1" in lines(capsys)
    assert call("enable", "cron-koyama_test", "--yes", *at) == 0
    assert world.rule("cron-koyama_test").enabled
    assert call("enable", "cron-koyama_test", *at) == 0
    assert lines(capsys)[-1].startswith("cron-koyama_test: no changes; it is enabled already")
    assert call("disable", "cron-koyama_test", "--yes", *at) == 0
    assert not world.rule("cron-koyama_test").enabled


def test_a_change_is_shown_old_and_new(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("register", "--create", "--yes", "--out", workspace)
    changed = KOYAMA.replace("rate(1 minute)", "rate(5 minutes)").replace("memory: 512", "memory: 600")
    (workspace / "jobs/koyama/ecs.yml").write_text(changed)
    capsys.readouterr()
    assert call("plan", "--out", workspace) == 0
    said = lines(capsys)
    assert "        ScheduleExpression: rate(1 minute) -> rate(5 minutes)" in said
    assert "        containerDefinitions.app.memory: 512 -> 600" in said
    assert "        memory: 512 -> 1024" in said
    assert said[-1] == "0 to add, 3 to change, 0 refused, 1 unchanged"


def test_plan_as_json(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("plan", "--format", "json", "--out", workspace) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["version"], value["environment"], value["region"]) == (1, "sandbox", "ap-northeast-1")
    (job,) = value["jobs"]
    assert (job["name"], job["status"]) == ("cron-koyama_test", "missing")
    assert [item["kind"] for item in job["resources"]] == ["log group", "task definition", "rule", "target"]


# what the ecs.yml and the settings say more -> what the plan says of the job's start
PLAIN = [
    ("", "", "1 job starts its task without a workflow"),
    ("start: task\n", "", None),
    ("start: workflow\n", "", None),
    ("timeout: 60\n", "", None),
    ("", "    start: workflow\n", None),
]


@pytest.mark.parametrize(("more", "settings", "said"), PLAIN)
def test_the_plan_says_once_what_plain_targets_lack(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str], more: str, settings: str, said: str | None
) -> None:
    (workspace / "jobs/koyama/ecs.yml").write_text(KOYAMA + more)
    (workspace / "cron2fargate.yml").write_text(SETTINGS.rstrip("\n") + "\n" + settings)
    call("plan", "--create", "--out", workspace)
    told = [row for row in lines(capsys) if "C643" in row]
    assert len(told) == (said is not None)
    # 43,800 starts a month, four transitions each, at 0.025 USD for a thousand
    assert said is None or (told[0].startswith(said) and "costs 4.38 USD a month at most" in told[0])
    call("plan", "--create", "--format", "json", "--out", workspace)
    assert (json.loads(capsys.readouterr().out)["plain"] is not None) == (said is not None)


@pytest.mark.parametrize(
    "command", [("register", "--create"), ("enable", "cron-koyama_test"), ("run", "cron-koyama_test")]
)
def test_no_terminal_no_write(world: World, workspace: Path, command: tuple[str, ...]) -> None:
    if command[0] != "register":
        call("register", "--create", "--yes", "--out", workspace)
    before = world.state()
    with pytest.raises(UserError, match="add --yes"):
        call(*command, "--out", workspace)
    assert world.state() == before


@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_terminal_is_asked(
    world: World, workspace: Path, monkeypatch: pytest.MonkeyPatch, answer: str, written: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text="": answer.strip())
    try:
        call("register", "--create", "--out", workspace)
    except UserError as error:
        assert "nothing was written" in str(error)
    assert bool(world.state()) is written


def test_enabling_what_starts_nothing_is_refused(world: World, workspace: Path) -> None:
    call("register", "--create", "--yes", "--out", workspace)
    world.client("events").remove_targets(Rule="cron-koyama_test", Ids=["cron-koyama_test"])
    with pytest.raises(UserError, match="starts nothing yet"):
        call("enable", "cron-koyama_test", "--yes", "--out", workspace)


def test_an_unknown_job(world: World, workspace: Path) -> None:
    with pytest.raises(UserError, match="job nope of web1 is not registered in account 123456789012"):
        call("disable", "nope", "--yes", "--out", workspace)


def test_run_starts_one_task_and_reads_its_end(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2 = world.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    settings = SETTINGS.replace("[subnet-01234567, subnet-89abcdef]", f"[{subnet}]").replace("sg-01234567", group)
    (workspace / "cron2fargate.yml").write_text(settings)
    call("register", "--create", "--yes", "--out", workspace)
    from migrate.aws import tasks

    monkeypatch.setattr(tasks, "POLL_SECONDS", 0.001)
    real_start = tasks.start

    def start_and_log(*arguments: Any) -> str:
        task = real_start(*arguments)
        name = {
            "logGroupName": "/cron2fargate/cron-koyama_test",
            "logStreamName": f"cron-koyama_test/app/{task.rpartition('/')[2]}",
        }
        logs = world.client("logs")
        logs.create_log_stream(**name)
        now = int(time.time() * 1000)  # older lines would be past retention
        logs.put_log_events(**name, logEvents=[{"timestamp": now, "message": "hello\x1b[2J"}])
        return task

    monkeypatch.setattr(tasks, "start", start_and_log)
    code = call("run", "cron-koyama_test", "--yes", "--out", workspace)
    said = lines(capsys)
    assert any(line.startswith("started arn:aws:ecs:ap-northeast-1:123456789012:task/cron/") for line in said)
    assert "  STOPPED" in said
    assert "app | hello\\x1b[2J" in said
    (ended,) = [line for line in said if line.startswith("app: ")]
    assert (code == 0) == (ended == "app: exit code 0")
    (task,) = world.client("ecs").describe_tasks(
        cluster="cron", tasks=[next(line for line in said if line.startswith("started ")).split()[1]]
    )["tasks"]
    assert task["startedBy"] == "cron2fargate"
    assert task["taskDefinitionArn"].endswith("cron-koyama_test:1")


def test_failures_of_run_task_are_read(world: World, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from migrate.aws import frames, tasks
    from migrate.aws.ownership import Owner

    call("register", "--create", "--yes", "--out", workspace)
    aws = world.connect(read_only=False)
    (frame,) = frames.find(aws, "web1", "cron-koyama_test")
    answer = {"tasks": [], "failures": [{"reason": "RESOURCE:ENI", "detail": "none left"}]}
    monkeypatch.setattr(aws.client("ecs"), "run_task", lambda **_: answer)
    with pytest.raises(UserError, match="ECS did not start the task: RESOURCE:ENI none left"):
        tasks.start(aws, frame, Owner("web1", "cron-koyama_test"))


# --- in a process of its own ---------------------------------------------------------------------------------------


def command_line(*arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "migrate.cli", *map(str, arguments)],
        cwd=cwd,
        env={**clean, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_rehearse_needs_no_settings_and_touches_no_aws(tmp_path: Path) -> None:
    """A profile that does not exist and an endpoint that nobody answers: a rehearsal must not look at either."""
    (tmp_path / "ecs.yml").write_text(KOYAMA)
    done = command_line(
        "register",
        "--rehearse",
        "-t",
        "ecs.yml",
        cwd=tmp_path,
        AWS_PROFILE="nobody",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="REAL",
        TEST_SERVER_MODE="true",
        NO_COLOR="1",
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert any(line.startswith("4 changes written") for line in said)
    assert "second run: no changes, 11 unchanged" in said  # four of the job, and what all jobs share
    assert "  rule cron-koyama_test  DISABLED  rate(1 minute) UTC  cron-koyama_test:1" in said
    assert "It is no proof that AWS accepts" in done.stdout
    assert "\x1b" not in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ecs.yml"]


def test_a_quiet_rehearsal_is_counts(tmp_path: Path) -> None:
    """What is made as it was proven is a number; the second run's count is the proof that the first wrote it."""
    (tmp_path / "ecs.yml").write_text(KOYAMA)
    done = command_line("register", "--quiet", "--rehearse", "-t", "ecs.yml", cwd=tmp_path)
    said = [line for line in done.stdout.splitlines() if line]
    assert said[0].endswith(": rehearsal, first run")
    assert [line for line in said if line.startswith("second run: no changes, ")]
    assert not [line for line in said if line.startswith(("  wrote", "  + "))]
    assert len(said) <= 9, said


def test_rehearse_with_a_fresh_settings_file_and_a_placeholder_image(tmp_path: Path) -> None:
    (tmp_path / "migration").mkdir()
    (tmp_path / "migration" / "cron2fargate.yml").write_text(default_settings_text("my server"))
    zone = KOYAMA.replace("taskCount: 1", "timezone: Asia/Tokyo").replace("example/docker-slack:latest", "CHANGE_ME")
    (tmp_path / "ecs.yml").write_text(zone)
    done = command_line("register", "--rehearse", "-t", "ecs.yml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "  ! container app has no image yet (CHANGE_ME); choose one in its ecs.yml, or scan again with --image"
        in done.stdout
    )
    assert "  schedule cron-koyama_test  DISABLED  rate(1 minute) Asia/Tokyo  cron-koyama_test:1" in done.stdout


ONE_SENTENCE = [
    ({}, "there are no AWS credentials"),
    ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    (
        {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        "AWS cannot be reached (ap-northeast-1)",
    ),
]


@pytest.mark.parametrize(("variables", "said"), ONE_SENTENCE)
def test_no_aws_is_one_sentence(workspace: Path, variables: dict[str, str], said: str) -> None:
    done = command_line("plan", cwd=workspace.parent, AWS_SHARED_CREDENTIALS_FILE=os.devnull, **variables)
    assert done.returncode == 2
    assert done.stdout == ""
    # Where something is tried again, that is said first: nobody waits before an empty screen.
    *tried, last = done.stderr.splitlines()
    assert last.startswith(f"cron2fargate: {said}")
    assert len(tried) <= 1


BAD = [
    ("plan -t nope.yml", "nope.yml: there is no such file"),
    ("plan -t .", "this is a directory"),
    ("plan --out empty", "empty: there is no jobs/*/ecs.yml"),
    ("plan -e prod", "has no environment 'prod'; it has: sandbox"),
    ("status --settings nope.yml", "nope.yml: there is no such settings file"),
    ("plan -t latin1.yml", "latin1.yml: not UTF-8 text (byte 0)"),
    ("plan -t bad.yml", "bad.yml:1:1: the file is empty"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_bad_input_is_a_sentence(workspace: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, said: str) -> None:
    monkeypatch.chdir(workspace.parent)
    Path("latin1.yml").write_bytes(b"\xff\xfe")
    Path("bad.yml").write_text("")
    with pytest.raises(UserError) as caught:
        call(*arguments.split())
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_fresh_settings_file_names_what_is_open(workspace: Path) -> None:
    (workspace / "cron2fargate.yml").write_text(default_settings_text())
    with pytest.raises(UserError, match=r"CHANGE_ME in subnets\[0\], securityGroups\[0\], executionRole, eventsRole"):
        call("plan", "--out", workspace)


def test_rehearse_in_a_region_that_does_not_exist(workspace: Path) -> None:
    (workspace / "cron2fargate.yml").write_text(SETTINGS.replace("ap-northeast-1", "eu-moon-1"))
    with pytest.raises(UserError, match="the rehearsal knows no region 'eu-moon-1'"):
        call("plan", "--rehearse", "--out", workspace)


def test_a_rehearsal_sends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What moto does not answer fails before it would leave the machine."""
    from moto.core.models import botocore_stubber

    from migrate.aws.session import connect

    monkeypatch.setattr(botocore_stubber, "enabled", False)
    with pytest.raises(UserError, match=r"knows no answer to POST https://sts\.ap-northeast-1\S+ and sends nothing"):
        connect(world.environment, read_only=True, offline=True)


def test_rehearse_without_moto(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    with pytest.raises(UserError, match=r"pip install 'cron2fargate\[rehearse\]'"):
        call("plan", "--rehearse", "--out", workspace)


def test_a_rehearsal_gives_the_environment_back(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    call("plan", "--rehearse", "--out", workspace)
    assert dict(os.environ) == before


def test_what_many_jobs_lack_is_said_once(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (first,) = workspace.glob("jobs/*/ecs.yml")
    for name in ("b", "c", "d"):
        path = workspace / "jobs" / name / "ecs.yml"
        path.parent.mkdir()
        path.write_text(first.read_text().replace("cron-koyama_test", name))
    world.client("ecs").delete_cluster(cluster="cron")
    assert call("plan", "--out", workspace) == 1
    said = [text for text in lines(capsys) if "no active ECS cluster" in text]
    assert len(said) == 1
    assert said[0].startswith("x 4 jobs: ")
    assert "make it with --create" in said[0]


def test_a_job_in_a_zone_says_which_role_to_name(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (spec,) = workspace.glob("jobs/*/ecs.yml")
    spec.write_text(spec.read_text().replace("schedule:\n", "schedule:\n  timezone: Asia/Tokyo\n"))
    settings = workspace / "cron2fargate.yml"
    rows = [row for row in settings.read_text().splitlines(keepends=True) if "schedulerRole" not in row]
    settings.write_text("".join(rows))
    assert call("plan", "--create", "--out", workspace) == 1
    text = capsys.readouterr().out
    assert 'schedulerRole: "cron2fargate-web1-scheduler"' in text
    assert "register --create makes that role" in text


def test_status_of_no_job(world: World, workspace: Path) -> None:
    with pytest.raises(UserError, match="nope: there is no such job"):
        call("status", "nope", "--out", workspace)


def test_an_endpoint_that_is_no_address(world: World, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "garbage")
    with pytest.raises(UserError, match="mend AWS_ENDPOINT_URL"):
        call("plan", "--out", workspace)
