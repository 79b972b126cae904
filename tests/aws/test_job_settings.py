"""What one job has of its own in the settings: roles, network, tags; of the others and of all else nothing changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migrate.aws.changes import unknown_jobs
from migrate.aws.printed import scope_of
from migrate.aws.wishes import wish
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import Environment, parse_settings
from tests.aws.world import SETTINGS, World, spec

OWN = """\
    tags: {team: platform, cost: "1"}
    jobs:
      billing:
        taskRole: billing-task
        executionRole: arn:aws:iam::123456789012:role/billing/exec
        subnets: [subnet-0badc0de]
        securityGroups: [sg-0badc0de, sg-0badc0df]
        tags: {team: billing, "data": "personal"}
      plain: {}
"""


def environment(own: str = OWN) -> Environment:
    return parse_settings(SETTINGS + own, "cron2fargate.yml").environments["sandbox"]


# job -> task role, execution role, subnets, security groups, tags
OF_JOBS = [
    (
        "billing",
        "billing-task",
        "arn:aws:iam::123456789012:role/billing/exec",
        ["subnet-0badc0de"],
        ["sg-0badc0de", "sg-0badc0df"],
        {"team": "billing", "cost": "1", "data": "personal"},
    ),
    *(
        (
            name,
            "arn:aws:iam::123456789012:role/jobs/task",
            "exec",
            ["subnet-01234567", "subnet-89abcdef"],
            ["sg-01234567"],
            {"team": "platform", "cost": "1"},
        )
        for name in ("plain", "other", "billing-2", "")
    ),
]


@pytest.mark.parametrize(("job", "task", "execution", "subnets", "groups", "tags"), OF_JOBS)
def test_what_a_job_has_of_its_own(
    job: str, task: str, execution: str, subnets: list[str], groups: list[str], tags: dict[str, str]
) -> None:
    found = environment().of_job(job)
    assert (found.task_role, found.execution_role, found.subnets) == (task, execution, subnets)
    assert (found.security_groups, found.tags, found.name) == (groups, tags, "sandbox")
    assert found.log_group == environment().log_group


MISTAKES = [
    ("{billing: {taskRol: x}}", r"jobs\.billing\.taskRol: unknown key 'taskRol'; did you mean 'taskRole'\?"),
    (
        "{billing: {cluster: x}}",
        r"unknown key 'cluster'; allowed: taskRole, executionRole, subnets, securityGroups, tags",
    ),
    ("{billing: {subnets: []}}", "must have at least 1 item"),
    ("{billing: {subnets: [vpc-1]}}", "must be a subnet id"),
    ("{billing: {securityGroups: [subnet-01234567]}}", "must be a security group id"),
    ("{billing: {taskRole: 'a b'}}", "must be the name or the ARN of a role"),
    ("{'bil ling': {}}", "must be the name of a job"),
    ("{billing: {tags: {'aws:x': y}}}", "is not a tag key"),
    ("[billing]", "must be a mapping"),
]


@pytest.mark.parametrize(("value", "said"), MISTAKES)
def test_mistakes_are_named_with_their_place(value: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        environment(f"    jobs: {value}\n")


def test_more_tags_than_there_is_room_for() -> None:
    many = ", ".join(f"t{number}: x" for number in range(30))
    own = ", ".join(f"o{number}: x" for number in range(11))
    found = environment(f"    tags: {{{many}}}\n    jobs: {{billing: {{tags: {{{own}}}}}}}\n")
    with pytest.raises(UserError, match="billing has 41 tags with those of the environment, and 40 are the most"):
        found.of_job("billing")


@pytest.fixture
def own(world: World) -> World:
    given = environment()
    fields: dict[str, Any] = {"jobs": given.jobs, "tags": given.tags}
    return replace(world, environment=world.environment.model_copy(update=fields))


def test_it_is_registered_so_and_the_second_plan_has_nothing_to_do(own: World) -> None:
    jobs = [spec("billing"), spec("other"), spec("flow", timeout=60)]
    own.register(*jobs, create=True)
    definitions = {
        name: own.client("ecs").describe_task_definition(taskDefinition=name, include=["TAGS"])
        for name in ("billing", "other")
    }
    found = {name: answer["taskDefinition"] for name, answer in definitions.items()}
    assert found["billing"]["taskRoleArn"] == "arn:aws:iam::123456789012:role/billing-task"
    assert found["billing"]["executionRoleArn"] == "arn:aws:iam::123456789012:role/billing/exec"
    assert found["other"]["taskRoleArn"] == "arn:aws:iam::123456789012:role/jobs/task"
    assert {"key": "team", "value": "billing"} in definitions["billing"]["tags"]
    network = {
        name: own.rule(name).targets[0]["EcsParameters"]["NetworkConfiguration"]["awsvpcConfiguration"]
        for name in ("billing", "other")
    }
    assert network["billing"]["Subnets"] == ["subnet-0badc0de"]
    assert network["billing"]["SecurityGroups"] == ["sg-0badc0de", "sg-0badc0df"]
    assert network["other"]["Subnets"] == ["subnet-01234567", "subnet-89abcdef"]
    assert own.rule("billing").tags["team"] == "billing"
    assert own.rule("other").tags["team"] == "platform"
    assert {plan.status for plan in own.plan(*jobs)} == {"unchanged"}


CHANGES = [
    ({"task_role": "another"}, {"taskRoleArn", "TaskDefinitionArn"}),
    ({"subnets": ["subnet-0badc0df"]}, {"Subnets"}),
    ({"tags": {"team": "other"}}, {"tag team"}),
]


@pytest.mark.parametrize(("change", "fields"), CHANGES)
def test_a_change_of_it_is_a_change_of_that_job_alone(own: World, change: dict[str, Any], fields: set[str]) -> None:
    jobs = [spec("billing"), spec("other")]
    own.register(*jobs, create=True)
    before = own.environment.jobs["billing"]
    with_change = {"billing": before.model_copy(update=change)}
    later = replace(own, environment=own.environment.model_copy(update={"jobs": with_change}))
    plans = {plan.name: plan for plan in later.plan(*jobs)}
    assert plans["other"].status == "unchanged"
    assert plans["billing"].status == "changes"
    assert fields <= {one.field for step in plans["billing"].steps for one in step.changes}
    later.register(*jobs)
    assert {plan.status for plan in later.plan(*jobs)} == {"unchanged"}


def test_its_roles_are_passed_on_and_never_made(own: World) -> None:
    place = own.connect(read_only=True).place("web1")
    asked = wish(place, own.environment, [spec("billing"), spec("other")])
    roles = {"billing-task", "arn:aws:iam::123456789012:role/billing/exec"}
    assert roles <= set(asked.task_roles)
    assert not roles & set(wish(place, own.environment, [spec("other")]).task_roles)
    passed = scope_of(place, own.environment).roles
    assert {place.role(role) for role in roles} <= set(passed)


@pytest.mark.parametrize("form", [cloudformation, terraform], ids=["cloudformation", "terraform"])
def test_exports_have_it(form: Any) -> None:
    texts = "".join(form.files(export("sandbox", environment(), "web1", [spec("billing"), spec("other")])).values())
    assert [word for word in ("billing-task", "subnet-0badc0de", "sg-0badc0df", "personal") if word not in texts] == []


# names in the settings, jobs -> what is said
NAMED = [
    ({"billing"}, ["billing", "other"], []),
    (
        {"biling"},
        ["billing"],
        ["jobs of cron2fargate.yml names biling, and no job is called so; did you mean 'billing'?"],
    ),
    ({"x"}, ["billing"], ["jobs of cron2fargate.yml names x, and no job is called so"]),
]


@pytest.mark.parametrize(("named", "jobs", "said"), NAMED)
def test_a_name_of_no_job_is_said(named: set[str], jobs: list[str], said: list[str]) -> None:
    assert unknown_jobs(named, set(jobs)) == said
