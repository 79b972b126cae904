"""``taskDefinition:`` of an ecs.yml: what AWS has and this tool has no word for comes to AWS as it is written."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.aws.passed_on import with_passed_on
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.terraform_job import refuse_unsaid
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import SETTINGS, World, spec


def box(**more: Any) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "app", **more}]}


LABELS = {"com.example.team": "billing", "lower": "x"}
PORT = {"containerPort": 80, "protocol": "tcp"}

# what is passed on -> where it is found in the task definition, and with which value
PASSED: list[tuple[dict[str, Any], tuple[str, ...], Any]] = [
    (box(dockerLabels=LABELS), ("dockerLabels",), LABELS),
    (box(interactive=True), ("interactive",), True),
    (box(startTimeout=60), ("startTimeout",), 60),
    (box(linuxParameters={"initProcessEnabled": True}), ("linuxParameters", "initProcessEnabled"), True),
    (
        box(portMappings=[{"containerPort": 80, "protocol": "tcp"}]),
        ("portMappings",),
        [{"containerPort": 80, "protocol": "tcp"}],
    ),
    (box(logConfiguration={"secretOptions": []}), ("logConfiguration", "logDriver"), "awslogs"),
]


@pytest.mark.parametrize(("given", "path", "value"), PASSED)
def test_it_comes_to_aws_and_the_second_plan_has_nothing_to_do(
    world: World, given: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    job = spec("job", taskDefinition=given)
    world.register(job, create=True)
    answer = world.client("ecs").describe_task_definition(taskDefinition="job")["taskDefinition"]
    found = answer["containerDefinitions"][0]
    for key in path:
        found = found[key]
    if isinstance(value, list):
        found = [{key: one[key] for key in value[0]} for one in found]
    assert found == value
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}


def test_of_the_task_as_a_whole(world: World) -> None:
    job = spec("job", taskDefinition={"pidMode": "task"})
    world.register(job, create=True)
    assert world.client("ecs").describe_task_definition(taskDefinition="job")["taskDefinition"]["pidMode"] == "task"
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"pidmode": "task"}, r"taskDefinition\.pidmode: AWS has no such name; did you mean 'pidMode'\?"),
    ({"nothing": 1}, r"taskDefinition\.nothing: AWS has no such name"),
    ({"tags": []}, r"taskDefinition\.tags: AWS has no such name"),
    ({"family": "x"}, r"taskDefinition\.family follows from the rest of ecs\.yml and cron2fargate\.yml; remove it"),
    ({"cpu": "256"}, r"taskDefinition\.cpu follows from"),
    (box(image="x"), r"containerDefinitions\[app\]\.image follows from"),
    (box(logConfiguration={"logDriver": "splunk"}), r"\[app\]\.logConfiguration\.logDriver follows from"),
    (
        box(dockerLabel={}),
        r"containerDefinitions\[0\]\.dockerLabel: AWS has no such name; did you mean 'dockerLabels'\?",
    ),
    (box(linuxParameters={"swapiness": 1}), r"linuxParameters\.swapiness: .*did you mean 'swappiness'\?"),
    (
        {"containerDefinitions": [{"name": "ap", "interactive": True}]},
        r"\[0\]: its name must be .*did you mean 'app'\?",
    ),
    ({"containerDefinitions": [{"interactive": True}]}, r"\[0\]: its name must be that of a container"),
    ({"containerDefinitions": {"app": {}}}, r"containerDefinitions follows from"),
    (box(interactive="yes"), r"taskDefinition: .*Invalid type for parameter containerDefinitions\[0\]\.interactive"),
    ({"pidMode": 3}, r"Invalid type for parameter pidMode"),
    ({"pidMode": "host"}, "pidMode can only be 'task' on Fargate"),
    (box(startTimeout=500), "startTimeout is 2 to 120 seconds, not 500"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_is_refused_and_why(world: World, given: dict[str, Any], said: str) -> None:
    [plan] = world.plan(spec("job", taskDefinition=given), create=True)
    assert plan.status == "refused"
    with pytest.raises(UserError, match=said):
        raise UserError("; ".join(plan.refusals))


def test_a_change_of_it_is_shown_by_its_name(world: World) -> None:
    world.register(spec("job"), create=True)
    plan = world.plan(spec("job", taskDefinition=box(dockerLabels=LABELS)))[0]
    fields = {one.field for step in plan.steps if step.kind == "task definition" for one in step.changes}
    assert fields == {f"containerDefinitions.app.dockerLabels.{name}" for name in LABELS}


def test_exports_say_it_or_leave_the_job_out() -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    labelled = spec("job", taskDefinition={**box(dockerLabels=LABELS), "pidMode": "task"})
    for form in (cloudformation, terraform):
        texts = "".join(form.files(export("sandbox", env, "web1", [labelled])).values())
        # Names of labels are the user's: no exporter spells them anew.
        assert "com.example.team" in texts
        assert "Com.example.team" not in texts
        assert "pid_mode" in texts or "PidMode" in texts
    proxied = spec("proxied", taskDefinition={"proxyConfiguration": {"containerName": "app", "type": "APPMESH"}})
    exported = export("sandbox", env, "web1", [labelled, proxied], refuse_unsaid)
    assert [(one.job, "proxyConfiguration" in one.why) for one in exported.left_out] == [("proxied", True)]


def test_what_is_wrong_is_said_without_its_value() -> None:
    given = {
        "containerDefinitions": [{"name": "app", "workingDirectory": ["geheim1"]}],
        "ipcMode": {"a": "x, valid geheim2"},
    }
    with pytest.raises(UserError) as caught:
        with_passed_on({"family": "x", "containerDefinitions": [{"name": "app", "image": "x"}]}, given)
    assert "geheim" not in str(caught.value)
    assert "containerDefinitions[0].workingDirectory" in str(caught.value)
