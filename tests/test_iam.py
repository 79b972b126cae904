"""The three policies against the calls that the code really makes, recorded on the embedded AWS."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from click.testing import CliRunner

from converters.frame.frame import Place
from converters.frame.operators import KINDS, action, operator_policy
from converters.frame.policies import canonical, fitted, joined, policy, statement, trust
from migrate.aws.apply import apply_plans
from migrate.aws.frame import plan_alarms, plan_frame
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import READ_CALLS, Aws, connect
from migrate.aws.steps import Made
from migrate.cli import cli
from migrate.commands.iam import scope_of
from migrate.settings.model import Environment, parse_settings
from tests.aws.world import spec

SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: cron2fargate-web1-execution
    taskRole: arn:aws:iam::123456789012:role/task
    eventsRole: cron2fargate-web1-events
    schedulerRole: cron2fargate-web1-scheduler
    logRetentionDays: 30
    notifications:
      email: [ops@example.com]
      slack: {webhookSecret: slack-token}
"""
Call = tuple[str, str, str]


@contextmanager
def recorded(aws: Aws) -> Iterator[tuple[list[Call], Any]]:
    """(service, operation, resource) of every call, as far as the resource stands in the parameters."""
    calls: list[Call] = []
    make = aws._make

    def client(service: str) -> Any:
        if service not in aws._clients:
            aws._clients[service] = make(service)
            aws._clients[service].meta.events.register("before-parameter-build", seen)
        return aws._clients[service]

    def seen(model: Any, params: dict[str, Any], **_: Any) -> None:
        calls.append((model.service_model.service_name, model.name, _resource(params)))

    class Recording:
        def __getattr__(self, name: str) -> Any:
            return client if name == "client" else getattr(aws, name)

        def __setattr__(self, name: str, value: Any) -> None:
            setattr(aws, name, value)

    yield calls, Recording()


def _resource(params: dict[str, Any]) -> str:
    return next((value for value in params.values() if isinstance(value, str) and value.startswith("arn:")), "")


def first() -> list[Any]:
    return [
        spec("plain", notify={"email": ["dev@example.com"]}),
        spec("locked", lock="x", timeout=60),
        spec("zoned", schedule={"timezone": "Asia/Tokyo"}),
        spec("two", ["cron(0 3 * * ? *)"]),
    ]


def second() -> list[Any]:
    """The same jobs, each changed, so that an update is written for each."""
    newer = {"image": "example/app:2"}
    return [
        spec("plain", "cron(0 4 * * ? *)", container=newer),
        spec("locked", lock="x", timeout=90, container=newer),
        spec("zoned", "cron(0 4 * * ? *)", schedule={"timezone": "Asia/Tokyo"}, container=newer),
        spec("two", ["cron(0 4 * * ? *)"], container=newer),
    ]


@pytest.fixture(scope="module")
def runs() -> dict[str, list[Call]]:
    """Calls of: a plan, a register that updates, a register that creates everything."""
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    with rehearsal(environment, []) as env:
        reader = connect(env, read_only=True, offline=True)
        reader.session.client("secretsmanager").create_secret(Name="slack-token", SecretString="T0/B0/x")
        with recorded(reader) as (plan, reading), recorded(reader.writer()) as (create, creating):
            _write(reading, creating, first(), create=True)
        reader.session.client("events").enable_rule(Name="plain")
        with recorded(reader.writer()) as (update, updating):
            _write(reading, updating, second(), create=False)
        return {"plan": plan, "create": create, "register": update}


def _write(reader: Any, writer: Any, specs: list[Any], *, create: bool) -> None:
    frame = plan_frame(reader, "web1", specs) if create else plan_alarms(reader, "web1", specs)
    for step in frame:
        if step.write:
            step.write(writer, Made())
    plans = plan_jobs(reader, [(item.name, item) for item in specs], Options("web1", create))
    assert {plan.status for plan in plans} == {"changes"}, [(p.name, p.status, p.refusals, p.notes) for p in plans]
    apply_plans(writer, plans, lambda plan, step: None)


def policies(env: Environment | None = None) -> dict[str, dict[str, Any]]:
    env = env or parse_settings(SETTINGS, "x").environments["sandbox"]
    place = Place("web1", "123456789012", env.region)
    secrets = [place.arn("secretsmanager", "secret:slack-token-??????")]
    return {kind: operator_policy(kind, scope_of(place, env), READ_CALLS, secrets) for kind in KINDS}


def allowed(document: dict[str, Any]) -> set[str]:
    return {name for item in document["Statement"] for name in item["Action"]}


def permits(document: dict[str, Any], name: str, resource: str) -> bool:
    return any(
        name in item["Action"] and any(fnmatch.fnmatchcase(resource, pattern) for pattern in item["Resource"])
        for item in document["Statement"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_call_that_is_made_is_allowed(runs: dict[str, list[Call]], kind: str) -> None:
    document = policies()[kind]
    needed = {action(service, operation) for service, operation, _ in runs[kind]} - {None}
    assert needed, "nothing was recorded"
    assert needed - allowed(document) == set()
    refused = [
        (service, operation, resource)
        for service, operation, resource in runs[kind]
        if (name := action(service, operation))
        # Others stand for something else, such as the role of a new workflow.
        and resource.split(":")[2:3] == [name.partition(":")[0]]
        and not permits(document, name, resource)
    ]
    assert refused == []


def test_the_runs_were_worth_recording(runs: dict[str, list[Call]]) -> None:
    made = {kind: {operation for _, operation, _ in calls} for kind, calls in runs.items()}
    assert {"CreateRole", "CreateTable", "CreateTopic", "CreateStateMachine", "CreateSchedule"} <= made["create"]
    assert {"CreateConnection", "CreateApiDestination", "GetSecretValue", "Subscribe"} <= made["create"]
    assert {"RegisterTaskDefinition", "PutRule", "PutTargets", "UpdateSchedule"} <= made["register"]
    assert {"UpdateStateMachine", "PutMetricAlarm"} <= made["register"]
    assert not [name for name in made["register"] if name.startswith("Create")]
    assert not [name for name in made["plan"] if not name.startswith(("Describe", "Get", "List", "Validate"))]


def test_each_policy_holds_the_one_before() -> None:
    found = policies()
    assert allowed(found["plan"]) < allowed(found["register"]) < allowed(found["create"])


def test_planning_is_reading_and_updating_creates_nothing() -> None:
    found = policies()
    verbs = ("BatchGet", "Describe", "Filter", "Get", "List", "Simulate", "Validate")
    assert [name for name in allowed(found["plan"]) if not name.split(":")[1].startswith(verbs)] == []
    assert "secretsmanager:GetSecretValue" not in allowed(found["register"])
    weaker = [name for name in allowed(found["register"]) if name.split(":")[1].startswith(("Create", "Subscribe"))]
    assert weaker == []
    assert [name for name in allowed(found["register"]) if name.startswith("iam:") and name not in _IAM] == []


_IAM = {
    "iam:PassRole",
    *(f"iam:{n}" for n in ("GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy")),
    *(f"iam:{n}" for n in ("ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags")),
    "iam:SimulatePrincipalPolicy",
}

# IAM's name of a service -> boto3's, where they differ.
_BOTO3 = {"states": "stepfunctions", "servicequotas": "service-quotas"}


def test_every_action_is_an_operation_of_botocore() -> None:
    session = Session()
    names: dict[str, set[str]] = {}
    # PassRole is no operation, and ListObjectsV2 asks for s3:ListBucket (Service Authorization Reference).
    for name in sorted(allowed(policies()["create"]) - {"iam:PassRole", "s3:ListBucket"}):
        service, _, operation = name.partition(":")
        service = _BOTO3.get(service, service)
        names.setdefault(service, set(session.get_service_model(service).operation_names))
        assert operation in names[service], name


def test_roles_are_passed_to_the_services_that_take_them_and_to_no_others() -> None:
    [item] = [item for item in policies()["register"]["Statement"] if item["Action"] == ["iam:PassRole"]]
    assert "arn:aws:iam::123456789012:role/cron2fargate-web1-events" in item["Resource"]
    assert "arn:aws:iam::123456789012:role/task" in item["Resource"]
    assert "*" not in item["Resource"]
    assert item["Condition"]["StringEquals"]["iam:PassedToService"] == [
        "ecs-tasks.amazonaws.com",
        "events.amazonaws.com",
        "scheduler.amazonaws.com",
        "states.amazonaws.com",
    ]


def test_no_write_is_allowed_everywhere_that_can_be_narrowed() -> None:
    wide = {
        name
        for item in policies()["create"]["Statement"]
        if item["Resource"] == ["*"] and item["Sid"] != "Read"
        for name in item["Action"]
    }
    assert wide == {"ecs:RegisterTaskDefinition", "ecs:CreateCluster"}


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_command_prints_json(tmp_path: Path, kind: str | None) -> None:
    (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
    options = ["--policy", kind] if kind else []
    done = CliRunner().invoke(cli, ["iam", "--out", str(tmp_path), "--account", "123456789012", *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found == (policies()[kind] if kind else policies())


def test_an_account_has_twelve_digits(tmp_path: Path) -> None:
    (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
    done = CliRunner().invoke(cli, ["iam", "--out", str(tmp_path), "--account", "12"])
    assert done.exit_code == 2


A, B = "arn:aws:ecs:r:a:task-definition/a:*", "arn:aws:ecs:r:a:task-definition/b:*"


def test_policies_are_joined_by_statement() -> None:
    live = policy(statement("RunTasks", ["ecs:RunTask"], [A], {"x": {"y": "z"}}), statement("Old", ["a:b"], ["*"]))
    wanted = policy(statement("RunTasks", ["ecs:RunTask"], [B], {"x": {"y": "z"}}))
    assert joined(live, wanted)["Statement"] == [statement("RunTasks", ["ecs:RunTask"], [A, B], {"x": {"y": "z"}})]
    other = policy(statement("RunTasks", ["ecs:RunTask"], [B], {"x": {"y": "other"}}))
    assert joined(live, other) == other, "rights under another condition are not carried over"
    assert fitted(wanted) == wanted


def test_documents_that_mean_the_same_are_equal() -> None:
    one = {"Action": "a:b", "Resource": ["x", "y"], "Condition": {"StringEquals": {"k": ["v"]}}}
    same = {"Resource": ["y", "x"], "Action": ["a:b"], "Condition": {"StringEquals": {"k": "v"}}}
    assert canonical(one) == canonical(same)
    assert canonical(one) != canonical(same | {"Resource": ["y"]})


def test_a_scheduler_role_is_taken_on_for_its_group_alone() -> None:
    found = trust(["scheduler.amazonaws.com"], "123456789012", "arn:aws:scheduler:r:123456789012:schedule-group/g")
    [item] = found["Statement"]
    assert item["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {"aws:SourceArn": "arn:aws:scheduler:r:123456789012:schedule-group/g"},
    }
