"""What a container of a job may ask of ECS beside its command: by ECS's own names, from ecs.yml to AWS and back."""

from __future__ import annotations

from typing import Any

import pytest

from converters.specs.model import Spec
from converters.specs.strict_yaml import ProblemsError
from migrate.aws.plan import JobPlan
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import SETTINGS, World, spec

SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:hub-AbCdEf"
CHECK = {"command": ["CMD-SHELL", "test -f /ready"]}
FILLED = {**CHECK, "interval": 30, "timeout": 5, "retries": 3}
NOFILE = {"name": "nofile", "softLimit": 1024, "hardLimit": 4096}
ENDLESS = {"name": "core", "softLimit": -1, "hardLimit": -1}

# in ecs.yml -> in the task definition
FIELDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"stopTimeout": 90}, {"stopTimeout": 90}),
    ({"readonlyRootFilesystem": True}, {"readonlyRootFilesystem": True}),
    ({"readonlyRootFilesystem": False}, {}),
    ({"ulimits": [NOFILE]}, {"ulimits": [NOFILE]}),
    (
        {"ulimits": [{"name": "core", "softLimit": -1, "hardLimit": -1}]},
        {"ulimits": [{"name": "core", "softLimit": -1, "hardLimit": -1}]},
    ),
    ({"ulimits": []}, {}),
    ({"healthCheck": CHECK}, {"healthCheck": FILLED}),
    (
        {"healthCheck": {"command": ["CMD", "curl", "-f", "http://localhost/"], "interval": 60, "startPeriod": 10}},
        {
            "healthCheck": {
                "command": ["CMD", "curl", "-f", "http://localhost/"],
                "interval": 60,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 10,
            }
        },
    ),
    (
        {"repositoryCredentials": {"credentialsParameter": SECRET}},
        {"repositoryCredentials": {"credentialsParameter": SECRET}},
    ),
    ({"linuxParameters": {"initProcessEnabled": True}}, {"linuxParameters": {"initProcessEnabled": True}}),
]
ALL = {key: value for given, _wanted in reversed(FIELDS) for key, value in given.items() if value not in ([], False)}


def environment() -> Any:
    return parse_settings(SETTINGS, "x").environments["sandbox"]


def planned(world: World, *specs: Spec) -> JobPlan:
    return world.plan(*specs, create=True)[0]


def registered(world: World, name: str) -> list[dict[str, Any]]:
    answer = world.client("ecs").describe_task_definition(taskDefinition=name)
    found: list[dict[str, Any]] = answer["taskDefinition"]["containerDefinitions"]
    return found


def test_each_comes_to_aws_as_it_is_written_and_the_second_plan_has_nothing_to_do(world: World) -> None:
    jobs = [spec(f"job{at}", container=given) for at, (given, _wanted) in enumerate(FIELDS)]
    world.register(*jobs, create=True)
    keys = {key for given, _wanted in FIELDS for key in given}
    for at, (given, wanted) in enumerate(FIELDS):
        [box] = registered(world, f"job{at}")
        # The embedded AWS answers empty lists where nothing was said.
        assert {key: box[key] for key in keys if box.get(key)} == wanted, given
    assert {plan.status for plan in world.plan(*jobs)} == {"unchanged"}


@pytest.mark.parametrize(("given", "key"), [(given, next(iter(given))) for given, wanted in FIELDS if wanted])
def test_a_change_is_shown_by_its_name(world: World, given: dict[str, Any], key: str) -> None:
    world.register(spec("job"), create=True)
    plan = world.plan(spec("job", container=given))[0]
    assert plan.status == "changes"
    fields = [one.field for step in plan.steps if step.kind == "task definition" for one in step.changes]
    assert fields
    assert all(key in field for field in fields)


def test_the_containers_own_time_to_stop_wins(world: World) -> None:
    timeout = {"seconds": 60, "killAfter": 20}
    world.register(spec("a", timeout=timeout), spec("b", timeout=timeout, container={"stopTimeout": 90}), create=True)
    assert [registered(world, name)[0]["stopTimeout"] for name in "ab"] == [20, 90]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"stopTimeout": 121}, "must be at most 120"),
    ({"stopTimeout": 1}, "must be at least 2"),
    ({"stopTimout": 5}, r"unknown key 'stopTimout'; did you mean 'stopTimeout'\?"),
    ({"ulimits": [{"name": "nofiles", "softLimit": 1, "hardLimit": 1}]}, "'nofiles' is not possible"),
    ({"ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]}, "softLimit 2 is more than hardLimit 1"),
    ({"ulimits": [{"name": "nofile", "softLimit": -1, "hardLimit": 1}]}, "softLimit -1 is more than hardLimit 1"),
    ({"ulimits": [{"name": "nofile", "soft": 1, "hardLimit": 1}]}, "unknown key 'soft'"),
    ({"healthCheck": {"command": ["curl", "x"]}}, "begins with CMD or CMD-SHELL, not with 'curl'"),
    ({"healthCheck": {"command": ["CMD-SHELL", "a", "b"]}}, "CMD-SHELL takes one text"),
    ({"healthCheck": {"command": ["CMD"]}}, "at least 2 item"),
    ({"healthCheck": {**CHECK, "interval": 4}}, "must be at least 5"),
    ({"healthCheck": {**CHECK, "retrys": 4}}, r"unknown key 'retrys'; did you mean 'retries'\?"),
    ({"repositoryCredentials": {"credentialsParameter": "hub"}}, "credentialsParameter"),
    ({"dependsOn": [{"containerName": "x", "condition": "READY"}]}, "'READY' is not possible"),
    ({"readonlyRootFilesystem": "yes"}, "must be true or false"),
]


@pytest.mark.parametrize(("given", "said"), MISTAKES)
def test_mistakes_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ProblemsError, match=said):
        spec("job", container=given)


def box(name: str, *after: tuple[str, str], **more: Any) -> dict[str, Any]:
    depends = {"dependsOn": [{"containerName": one, "condition": condition} for one, condition in after]}
    return {"name": name, "cpu": 128, "memory": 256, "image": "example/app:1", **(depends if after else {}), **more}


# containers -> what is refused; nothing where it is well
ORDERS: list[tuple[list[dict[str, Any]], str]] = [
    ([box("app", ("init", "SUCCESS")), box("init", essential=False)], ""),
    ([box("app", ("init", "COMPLETE")), box("init", essential=False)], ""),
    ([box("app", ("proxy", "START")), box("proxy")], ""),
    ([box("app", ("proxy", "HEALTHY")), box("proxy", healthCheck=CHECK)], ""),
    ([box("app", ("a", "START")), box("a", ("b", "START")), box("b")], ""),
    (
        [box("app", ("init", "SUCCESS")), box("init")],
        "that is essential: its end ends the task; set essential: false there",
    ),
    ([box("app", ("proxy", "HEALTHY")), box("proxy")], "until it is HEALTHY, and that has no healthCheck"),
    ([box("app", ("prxy", "START")), box("proxy")], r"no container of the job and no sidecar; did you mean 'proxy'\?"),
    ([box("app", ("app", "START"))], "which waits for app itself"),
    ([box("app", ("b", "START")), box("b", ("app", "START"))], "which waits for app itself"),
    (
        [box("app", ("b", "START")), box("b", ("c", "START")), box("c", ("b", "START"))],
        "dependsOn c, which waits for b itself",
    ),
]


@pytest.mark.parametrize(("containers", "said"), ORDERS)
def test_the_order_of_containers(world: World, containers: list[dict[str, Any]], said: str) -> None:
    plan = planned(world, spec("job", containers=containers))
    refused = "; ".join(plan.refusals)
    assert (said == "") == (refused == ""), refused
    if said:
        import re

        assert re.search(said, refused), refused


def test_exports_have_them() -> None:
    jobs = [spec("job", container=ALL)]
    for form in (cloudformation, terraform):
        texts = "".join(form.files(export("sandbox", environment(), "web1", jobs)).values()).lower()
        missing = [key for key in ALL if key.lower() not in texts]
        assert missing == [], form.__name__


def test_the_login_of_a_registry_is_read_by_the_execution_role(world: World) -> None:
    from migrate.aws.wishes import wish

    place = world.connect(read_only=True).place("web1")
    assert SECRET in wish(place, world.environment, [spec("job", container=ALL)]).secrets
