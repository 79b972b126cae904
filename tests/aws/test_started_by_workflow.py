"""``start: workflow``: a job that wishes nothing else is started by a state machine, and is a plain task again without it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from converters.specs.model import load_spec
from converters.specs.strict_yaml import ProblemsError
from converters.workflows.machine import RUN, needs_machine, needs_table
from migrate.aws import state_machines, targets
from migrate.aws.wishes import as_started
from migrate.aws.wishes import wish as wish_of
from migrate.checks.model import Context
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import SETTINGS, World, spec

ZONE = {"timezone": "Asia/Tokyo"}

# what the job says -> whether a workflow starts it
WISHES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"start": None}, False),
    ({"start": "workflow"}, True),
    ({"start": "workflow", "schedule": ZONE}, True),
    ({"start": "workflow", "timeout": 60}, True),
    ({"timeout": 60}, True),
]


@pytest.mark.parametrize(("wish", "workflow"), WISHES)
def test_what_starts_a_job(world: World, wish: dict[str, Any], workflow: bool) -> None:
    job = spec("job", **wish)
    assert needs_machine(job) is workflow
    assert not needs_table(job)
    world.register(job, create=True)
    live = state_machines.find(world.connect(read_only=True), "job")
    assert (live is not None) is workflow
    assert {plan.status for plan in world.plan(job)} == {"unchanged"}


def test_a_start_that_finds_no_room_is_made_again_and_a_failure_ends_it_as_one(world: World) -> None:
    world.register(spec("job", start="workflow"), create=True)
    live = state_machines.find(world.connect(read_only=True), "job")
    assert live is not None
    run = live.definition["States"][RUN]
    [again] = run["Retry"]
    assert "AmazonECS.Unknown" in again["ErrorEquals"]
    assert again["MaxAttempts"] > 0
    assert run["Catch"]
    assert "Starts its task, again where there is no room" in live.definition["Comment"]
    assert targets.is_workflow(world.rule("job").targets[0])


def test_there_and_back(world: World) -> None:
    world.register(spec("job"), create=True)
    world.register(spec("job", start="workflow"), create=True)
    assert targets.is_workflow(world.rule("job").targets[0])
    world.register(spec("job"))
    assert state_machines.find(world.connect(read_only=True), "job") is None
    assert not targets.is_workflow(world.rule("job").targets[0])
    assert {plan.status for plan in world.plan(spec("job"))} == {"unchanged"}


# what the environment says, what the job says -> whether a workflow starts it
DEFAULTS: list[tuple[str, dict[str, Any], bool]] = [
    ("task", {}, False),
    ("task", {"start": "workflow"}, True),
    ("task", {"lock": "x"}, True),
    ("workflow", {}, True),
    ("workflow", {"schedule": ZONE}, True),
    ("workflow", {"start": "task"}, False),
    ("workflow", {"start": "workflow"}, True),
    ("workflow", {"timeout": 60}, True),
]


def test_an_environment_says_it_for_all_jobs_that_do_not(world: World) -> None:
    for default, wish, workflow in DEFAULTS:
        env = world.environment.model_copy(update={"start": default})
        site, name = replace(world, environment=env), f"job-{default}-{'-'.join(wish) or 'plain'}-{workflow}"
        job = spec(name, **wish)
        site.register(job, create=True)
        found = state_machines.find(site.connect(read_only=True), name)
        assert (found is not None) is workflow, (default, wish)
        assert {plan.status for plan in site.plan(job)} == {"unchanged"}
        place = site.connect(read_only=True).place("web1")
        assert bool(wish_of(place, env, [job]).machines) is workflow
        assert bool(export("sandbox", env, "web1", [job]).units[0].machine) is workflow
        assert any(map(needs_machine, Context(site.connect(read_only=True), "web1", [job]).specs)) is workflow


def test_a_service_has_no_start_to_say() -> None:
    env = parse_settings(SETTINGS + "    start: workflow\n", "x").environments["sandbox"]
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
    kept = load_spec(json.dumps({"type": "FARGATE", "name": "job", "containers": [box], "service": {}}), "job.yml")
    assert as_started(env, kept) is kept


MISTAKES = [
    ({"start": "lambda"}, "'lambda' is not possible; allowed: 'task' or 'workflow'"),
    ({"start": "task", "lock": "x"}, "lock needs a workflow, so start: task is not possible; remove one"),
    ({"start": "task", "timeout": 60}, "timeout needs a workflow"),
    ({"start": "task", "after": ["a"], "schedule": None}, "after needs a workflow"),
    ({"start": True}, "start"),
    ({"start": "workflow", "service": {}, "schedule": None}, "a service runs for ever, so start means nothing"),
]


@pytest.mark.parametrize(("wish", "said"), MISTAKES)
def test_mistakes_are_named(wish: dict[str, Any], said: str) -> None:
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
    value = {"type": "FARGATE", "name": "job", "containers": [box], "schedule": {"scheduleExpression": "rate(1 day)"}}
    with pytest.raises(ProblemsError, match=said):
        load_spec(json.dumps({key: inner for key, inner in (value | wish).items() if inner is not None}), "job.yml")


@pytest.mark.parametrize("form", [cloudformation, terraform], ids=["cloudformation", "terraform"])
def test_exports_have_the_state_machine(form: Any) -> None:
    env = parse_settings(SETTINGS, "x").environments["sandbox"]
    texts = [
        "".join(form.files(export("sandbox", env, "web1", [spec("job", **wish)])).values()).lower()
        for wish in ({}, {"start": "workflow"})
    ]
    assert ["again where there is no room" in text for text in texts] == [False, True]
