"""Values that AWS would refuse, or take and never act on: told where they are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from converters.specs.model import SpecErrors, load_spec
from converters.tables.images import image
from migrate.aws.plan import JobPlan, Options, _say_what_to_know
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.world import spec

NEVER = [
    "cron(40 4 31 2 ? *)",
    "cron(0 0 30,31 2 ? *)",
    "cron(0 0 31 4,6,9,11 ? *)",
    "cron(0 0 29 2 ? 2027)",
    "cron(0 0 31W 2 ? *)",
]
SOMETIMES = [
    "cron(40 4 29 2 ? *)",
    "cron(0 0 31 2,3 ? *)",
    "cron(0 0 L 2 ? *)",
    "cron(0 0 29 2 ? 2028)",
    "cron(0 0 ? * 2#5 *)",
]


def written(expression: str) -> str:
    box = "{name: app, cpu: 256, memory: 512, image: a:1}"
    return f'type: FARGATE\nname: a\ncontainers: [{box}]\nschedule: {{scheduleExpression: "{expression}"}}\n'


@pytest.mark.parametrize("expression", NEVER)
def test_an_expression_that_never_fires_is_refused(expression: str) -> None:
    with pytest.raises(SpecErrors, match=r"e.yml:4.*never fires"):
        load_spec(written(expression), "e.yml")


@pytest.mark.parametrize("expression", SOMETIMES)
def test_one_that_fires_in_some_year_is_not(expression: str) -> None:
    assert load_spec(written(expression), "e.yml").expressions == [expression]


IMAGES = [
    "a",
    "a:1",
    "example/docker-slack:latest",
    "1.dkr.ecr.r.amazonaws.com/a/b@sha256:" + "0" * 64,
    "h:5000/a_b/c-d:1.2",
]
NO_IMAGES = ["a b", "a\tb", "", " a", "a\n", "請求", "a\u200b", "a;b", "$IMAGE", "a" * 256, "a\udce9"]


def test_images() -> None:
    assert [taken for name in IMAGES if (taken := image(name)) != name] == []
    for name in NO_IMAGES:
        with pytest.raises(ValueError, match="must be an image"):
            image(name)


def test_the_image_of_a_scan(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("1 4 * * * /opt/x\n", encoding="utf-8")
    for name in ("a b", "請求", "a\udce9"):
        result = CliRunner().invoke(
            cli, ["scan", str(tmp_path / "table"), "--image", name, "--out", str(tmp_path / "m")]
        )
        assert isinstance(result.exception, UserError)
        assert "must be an image" in str(result.exception)
    assert not (tmp_path / "m").exists()


# path of the file, name in it, whether the plan says that they differ
PLACES = [
    ("migration/jobs/a/ecs.yml", "a", False),
    ("migration/jobs/a/ecs.yml", "other", True),
    ("jobs/b/ecs.yml", "a", True),
    ("koyama_test/ecs.yml", "cron-koyama_test", False),  # a team's own layout, named with -t
    ("ecs.yml", "a", False),
]


def test_a_name_that_is_not_its_directorys_is_told() -> None:
    for path, name, told in PLACES:
        plan = JobPlan(spec(name), path, "rule")
        _say_what_to_know(plan, Options("web1", False, False, False, False))
        assert any("let them agree" in note for note in plan.notes) == told, path
