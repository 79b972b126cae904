"""register --image: another image in every ecs.yml that has the container, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converters.specs.model import load_spec
from migrate.cli import cli
from migrate.errors import UserError
from migrate.workspace.release import parse_images, plan_release, write
from tests.aws.world import KOYAMA, SETTINGS, World

HEAD = 'type: FARGATE\nname: job\ncluster: cron\nschedule:\n  scheduleExpression: "rate(1 day)"\ncontainers:\n'
# The text of containers before, and after app=example/new:2.
TEXTS = {
    "plain, with a comment": (
        "- name: app\n  cpu: 256\n  memory: 512\n  image: example/old:1   # from the build\n",
        "- name: app\n  cpu: 256\n  memory: 512\n  image: example/new:2   # from the build\n",
    ),
    "double quotes": (
        '- name: app\n  image: "example/old:1"\n  cpu: 256\n  memory: 512\n',
        '- name: app\n  image: "example/new:2"\n  cpu: 256\n  memory: 512\n',
    ),
    "single quotes, flow style": (
        "- {image: 'example/old:1', name: app, cpu: 256, memory: 512}\n",
        "- {image: 'example/new:2', name: app, cpu: 256, memory: 512}\n",
    ),
    "another container stays": (
        "- name: web\n  image: example/old:1\n  cpu: 1\n  memory: 6\n"
        "- name: app\n  cpu: 256\n  image: example/old:1\n  memory: 512",
        "- name: web\n  image: example/old:1\n  cpu: 1\n  memory: 6\n"
        "- name: app\n  cpu: 256\n  image: example/new:2\n  memory: 512",
    ),
    "wide characters before": (
        "# 画像 🐟 の説明\n- name: app\n  image: example/old:1\n  cpu: 256\n  memory: 512\n",
        "# 画像 🐟 の説明\n- name: app\n  image: example/new:2\n  cpu: 256\n  memory: 512\n",
    ),
}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_rest_of_the_file_stays_byte_for_byte(tmp_path: Path, name: str, end: str, mark: str) -> None:
    before, after = ((mark + HEAD + text).replace("\n", end) for text in TEXTS[name])
    path = tmp_path / "ecs.yml"
    path.write_bytes(before.encode())
    edits = plan_release([(str(path), load_spec(before, "x"))], {"app": "example/new:2"})
    assert edits[0].changes == (("app", "example/old:1", "example/new:2"),)
    assert path.read_bytes() == before.encode()
    assert write(edits) == 1
    assert path.read_bytes() == after.encode()
    assert [box.image for box in edits[0].spec.containers if box.name == "app"] == ["example/new:2"]


@pytest.mark.parametrize(
    "image", ["r/a:1", "1.dkr.ecr.us-east-1.amazonaws.com/a@sha256:" + "0" * 64, "a'b", 'a"b\\', "*a", "a:#b"]
)
@pytest.mark.parametrize("style", ["example/old:1", "'example/old:1'", '"example/old:1"'])
def test_any_image_is_quoted_as_it_must_be(tmp_path: Path, image: str, style: str) -> None:
    path = tmp_path / "ecs.yml"
    path.write_text(HEAD + f"- name: app\n  image: {style}\n  cpu: 256\n  memory: 512\n")
    write(plan_release([(str(path), load_spec(path.read_text(), "x"))], {"app": image}))
    assert load_spec(path.read_text(), "x").containers[0].image == image


def test_a_file_that_changes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ecs.yml"
    path.write_text(KOYAMA)
    edits = plan_release([(str(path), load_spec(KOYAMA, "x"))], {"app": "example/new:2"})
    path.write_text(KOYAMA + "# mine\n")
    with pytest.raises(UserError, match="was changed while this ran"):
        write(edits)
    assert path.read_text() == KOYAMA + "# mine\n"


@pytest.mark.parametrize(
    ("values", "said"),
    [(["app"], "write CONTAINER=IMAGE"), (["=x"], "write CONTAINER=IMAGE"), (["app="], "write CONTAINER=IMAGE"),
     (["app=a b"], "write CONTAINER=IMAGE"), (["app=a", "app=b"], "names the container app twice")],
)  # fmt: skip
def test_what_is_not_an_image(values: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_images(values)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, container in (("one", "app"), ("two", "app"), ("three", "web")):
        job = tmp_path / "jobs" / name
        job.mkdir(parents=True)
        text = KOYAMA.replace("cron-koyama_test", name).replace("name: app", f"name: {container}")
        (job / "ecs.yml").write_text(text)
    (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
    return tmp_path


def call(*arguments: str | Path) -> Any:
    return cli.main([str(argument) for argument in arguments], standalone_mode=False)


def test_a_release_is_one_command(world: World, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("register", "--create", "--yes", "--out", workspace)
    capsys.readouterr()
    assert call("register", "--image", "app=example/new:2", "--yes", "--out", workspace) == 0
    said = capsys.readouterr().out.splitlines()
    assert f"  ~ {workspace}/jobs/one/ecs.yml  app: example/docker-slack:latest -> example/new:2" in said
    assert not any(line.startswith("three") for line in said)
    for name, revision, image in (
        ("one", 2, "example/new:2"),
        ("two", 2, "example/new:2"),
        ("three", 1, "example/docker-slack:latest"),
    ):
        (target,) = world.rule(name).targets
        assert target["EcsParameters"]["TaskDefinitionArn"].endswith(f"/{name}:{revision}")
        definition = world.client("ecs").describe_task_definition(taskDefinition=f"{name}:{revision}")["taskDefinition"]
        assert definition["containerDefinitions"][0]["image"] == image
    assert "example/new:2" in (workspace / "jobs/one/ecs.yml").read_text()
    assert (workspace / "jobs/three/ecs.yml").read_text().count("example/new:2") == 0
    before = world.state()
    assert call("register", "--image", "app=example/new:2", "--yes", "--out", workspace) == 0
    assert world.state() == before


def test_a_release_that_is_not_agreed_to_changes_no_file(world: World, workspace: Path) -> None:
    call("register", "--create", "--yes", "--out", workspace)
    before, files = world.state(), [path.read_bytes() for path in sorted(workspace.glob("jobs/*/ecs.yml"))]
    with pytest.raises(UserError, match="add --yes"):
        call("register", "--image", "app=example/new:2", "--out", workspace)
    assert world.state() == before
    assert [path.read_bytes() for path in sorted(workspace.glob("jobs/*/ecs.yml"))] == files


def test_a_rehearsed_release_changes_no_file(workspace: Path) -> None:
    files = [path.read_bytes() for path in sorted(workspace.glob("jobs/*/ecs.yml"))]
    assert call("register", "--rehearse", "--image", "app=example/new:2", "--out", workspace) == 0
    assert [path.read_bytes() for path in sorted(workspace.glob("jobs/*/ecs.yml"))] == files


def test_no_job_has_the_container(world: World, workspace: Path) -> None:
    with pytest.raises(UserError, match="no job has a container named worker; they have: app, web"):
        call("register", "--image", "worker=example/new:2", "--yes", "--out", workspace)


ANCHORED = {
    "the image has an anchor": "- name: web\n  image: &i example/old:1\n  cpu: 1\n  memory: 6\n"
    "- name: app\n  image: *i\n  cpu: 256\n  memory: 512\n",
    "the image comes by a merge": "- &base\n  name: web\n  image: example/old:1\n  cpu: 1\n  memory: 6\n"
    "- <<: *base\n  name: app\n",
}


@pytest.mark.parametrize("name", ANCHORED)
def test_what_is_shared_is_left_to_people(tmp_path: Path, name: str) -> None:
    text = HEAD + ANCHORED[name]
    path = tmp_path / "ecs.yml"
    path.write_text(text)
    job = load_spec(text, "x")
    with pytest.raises(UserError, match="edit the file by hand"):
        plan_release([(str(path), job)], {"app": "example/new:2"})
    assert path.read_text() == text
