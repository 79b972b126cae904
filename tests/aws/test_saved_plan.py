"""A plan that is kept in a file: carried out where it still holds, refused in one sentence where it does not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate import checks
from migrate.aws import saved_plan
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.world import KOYAMA, SETTINGS, World

SECRET = "kiwi-Mango-77"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checks, "CHECKS", ())
    for name, secret in (("koyama", ""), ("other", f'    command: ["mysqldump", "-p{SECRET}", "shop"]\n')):
        job = tmp_path / "migration" / "jobs" / name
        job.mkdir(parents=True)
        text = KOYAMA.replace("cron-koyama_test", name).replace("  environment:\n", f"{secret[2:]}  environment:\n")
        (job / "ecs.yml").write_text(text)
    (tmp_path / "migration" / "cron2fargate.yml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "migration"


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


CLEAR = ("--secrets-in-clear", "--secrets-in-clear")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_kept_plan_is_carried_out(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("plan", "--create", *CLEAR, "--save", "plan.json") == 0
    planned = capsys.readouterr().out.splitlines()[-1]
    assert world.state() == {}
    assert call("register", "--plan", "plan.json", *CLEAR, "--yes") == 0
    said = capsys.readouterr().out.splitlines()
    assert planned in said and planned.startswith("14 to add, 0 to change, 0 refused")
    assert {"koyama", "other"} <= {name.removeprefix("rule ") for name in world.state()}
    # What it planned is done: it is another plan now, and so it is refused rather than carried out twice.
    with pytest.raises(UserError, match="what is on AWS of koyama, other has changed"):
        call("register", "--plan", "plan.json", *CLEAR, "--yes")


def test_the_file_shows_no_secret_and_is_what_plan_prints(
    world: World, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("plan", "--create", *CLEAR, "--save", "plan.json", "--format", "json") == 0
    text = Path("plan.json").read_text()
    assert SECRET not in text and "hooks.example.com" not in text
    assert json.loads(text)["plan"] == json.loads(capsys.readouterr().out)


def _image(workspace: Path, world: World) -> None:
    edit(workspace / "jobs/other/ecs.yml", "docker-slack:latest", "docker-slack:2")


def _variable(workspace: Path, world: World) -> None:
    edit(workspace / "jobs/other/ecs.yml", "xxxxxxxxx", "yyyyyyyyy")  # hidden in the plan


def _command(workspace: Path, world: World) -> None:
    edit(workspace / "jobs/other/ecs.yml", SECRET, "melon-Mango-77")


def _gone(workspace: Path, world: World) -> None:
    (workspace / "jobs/other/ecs.yml").unlink()


def _settings(workspace: Path, world: World) -> None:
    edit(workspace / "cron2fargate.yml", "logRetentionDays: 30", "logRetentionDays: 60")


def _retention(workspace: Path, world: World) -> None:
    world.client("logs").create_log_group(logGroupName="/cron2fargate/other")


def _rule(workspace: Path, world: World) -> None:
    world.client("events").put_rule(Name="other", ScheduleExpression="rate(5 minutes)")


def _comment(workspace: Path, world: World) -> None:
    with (workspace / "cron2fargate.yml").open("a") as file:
        file.write("# a comment changes nothing\n")


# what happened between plan and register -> what register says, None where it goes on
MEANWHILE: list[tuple[Callable[[Path, World], None], str | None]] = [
    (_image, "plan.json: the ecs.yml of other has changed since this plan was made"),
    (_variable, "plan.json: an ecs.yml has changed since"),
    (_command, "plan.json: an ecs.yml has changed since"),
    (_gone, "plan.json: an ecs.yml has changed since"),
    (_settings, "plan.json: the settings have changed since"),
    (_retention, "plan.json: what is on AWS of other has changed since"),
    (_rule, "plan.json: what is on AWS of other has changed since"),
    (_comment, None),
]


@pytest.mark.parametrize(("happen", "said"), MEANWHILE, ids=lambda one: getattr(one, "__name__", ""))
def test_a_stale_plan_is_refused_in_a_sentence(
    world: World, workspace: Path, happen: Callable[[Path, World], None], said: str | None
) -> None:
    call("plan", "--create", *CLEAR, "--save", "plan.json")
    happen(workspace, world)
    before = world.state()
    if said is None:
        assert call("register", "--plan", "plan.json", *CLEAR, "--yes") == 0
        return
    with pytest.raises(UserError) as caught:
        call("register", "--plan", "plan.json", *CLEAR, "--yes")
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert "make it anew with 'cron2fargate plan --save'" in str(caught.value)
    assert world.state() == before


def test_a_hidden_value_that_changed_on_aws_is_seen(world: World, workspace: Path) -> None:
    call("register", "--create", *CLEAR, "--yes")
    edit(workspace / "jobs/koyama/ecs.yml", "xxxxxxxxx", "yyyyyyyyy")
    call("plan", *CLEAR, "--save", "plan.json")
    live = world.client("ecs").describe_task_definition(taskDefinition="koyama", include=["TAGS"])
    definition = live["taskDefinition"]
    keys = ("family", "executionRoleArn", "taskRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    (box,) = definition["containerDefinitions"]
    box["environment"][0]["value"] += "z"
    again = {key: definition[key] for key in keys if key in definition} | {"containerDefinitions": [box]}
    arn = world.client("ecs").register_task_definition(**again, tags=live["tags"])["taskDefinition"][
        "taskDefinitionArn"
    ]
    (target,) = world.client("events").list_targets_by_rule(Rule="koyama")["Targets"]
    target["EcsParameters"]["TaskDefinitionArn"] = arn
    world.client("events").put_targets(Rule="koyama", Targets=[target])
    with pytest.raises(UserError, match="what is on AWS"):
        call("register", "--plan", "plan.json", *CLEAR, "--yes")


def test_a_plan_of_one_job_stays_one_of_that_job(world: World, workspace: Path) -> None:
    call("plan", "--create", "-t", workspace / "jobs/koyama/ecs.yml", "--save", "plan.json")
    assert call("register", "--plan", "plan.json", "--yes") == 0
    assert "rule koyama" in world.state() and "rule other" not in world.state()


def test_what_the_command_line_says_beside_the_plan(world: World, workspace: Path) -> None:
    call("plan", "--create", *CLEAR, "--save", "plan.json")
    for more, said in (
        (("--create",), "plan.json says what is written; leave --create away"),
        (("--prune", "--image", "app=x/y:1"), "leave --image and --prune away"),
        ((), "was made with --secrets-in-clear --secrets-in-clear; say it here too"),
        ((*CLEAR, "--adopt"), "was made without --adopt; leave it away"),
        ((*CLEAR, "-e", "production"), "this plan is one of another environment than production"),
    ):
        with pytest.raises(UserError, match=said):
            call("register", "--plan", "plan.json", "--yes", *more)
    assert world.state() == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rehearse", "--save", "plan.json"), "a rehearsal has no account"),
        (("--out", "plan.json"), "--out names the workspace; a plan is kept with --save plan.json"),
        (("-t", "elsewhere/ecs.yml", "--save", "plan.json"), "a plan that is kept is one of jobs in"),
    ],
)
def test_what_cannot_be_kept(world: World, workspace: Path, arguments: tuple[str, ...], said: str) -> None:
    (workspace.parent / "elsewhere").mkdir()
    (workspace.parent / "elsewhere/ecs.yml").write_text(KOYAMA)
    with pytest.raises(UserError, match=said):
        call("plan", *arguments)
    assert not Path("plan.json").exists()


GOOD: dict[str, Any] = {
    "kind": "cron2fargate plan",
    "version": 1,
    "environment": "sandbox",
    "account": "123456789012",
    "region": "ap-northeast-1",
    "asked": {
        "create": True,
        "adopt": False,
        "secretsInClear": False,
        "prune": False,
        "images": [],
        "jobs": None,
    },
    "salt": "0" * 32,
    "marks": {"settings": "0" * 64, "specs": "0" * 64, "aws": "0" * 64},
    "plan": {"jobs": []},
}


def changed(*path: str, value: object) -> dict[str, Any]:
    found = json.loads(json.dumps(GOOD))
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


BAD = [
    ("", "it is empty"),
    ("{", "not JSON"),
    ("[]", "it is no saved plan"),
    ('{"kind": "cron2fargate plan", "kind": "x"}', "stands twice"),
    ("[" * 100_000, "nested too deep"),
    (b'{"\xff"}', "not UTF-8"),
    (json.dumps(changed("version", value=2)), "version: Input should be 1"),
    (json.dumps(changed("more", value=1)), "more: Extra inputs"),
    (json.dumps(changed("salt", value="x")), "salt"),
    (json.dumps(changed("marks", "aws", value="0" * 63)), "marks.aws"),
    (json.dumps(changed("asked", "create", value="yes")), "asked.create"),
    (json.dumps(changed("asked", "jobs", value=["../../etc/passwd"])), "asked.jobs"),
    (json.dumps(changed("asked", "jobs", value=[1])), "asked.jobs"),
    (json.dumps(changed("environment", value="x" * 5000)), "environment"),
    (json.dumps(changed("plan", value=[])), "plan"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said for _, said in BAD])
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        saved_plan.read(path)
    assert str(caught.value).startswith(f"{path}: ") and said in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_device_a_hole_and_nothing(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        os.ftruncate(file.fileno(), 1 << 33)
    for path, said in ((Path("/dev/zero"), "cannot be read"), (huge, "more than"), (tmp_path / "none", "no such file")):
        with pytest.raises(UserError, match=said):
            saved_plan.read(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON, key=st.sampled_from(sorted(GOOD)))
def test_any_value_anywhere_is_a_plan_or_a_sentence(tmp_path: Path, value: object, key: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(changed(key, value=value)))
    try:
        read = saved_plan.read(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert read.model_dump(by_alias=True)[key] == value


def test_a_plan_that_lists_jobs_oddly_is_compared_and_never_believed() -> None:
    for jobs in (None, 3, [1, "x"], [{"name": 7}], [{}]):
        saved = saved_plan.SavedPlan.model_validate(changed("plan", value={"jobs": jobs}))
        assert saved_plan._different(saved, [{"name": "koyama", "status": "changes"}]) == ["koyama"]
