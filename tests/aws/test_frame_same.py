"""Register and the CloudFormation export say the same: what one has made is what the other describes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from converters.frame.policies import canonical
from migrate.aws.apply import apply_plans
from migrate.aws.frame import plan_alarms
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.rules import find
from migrate.aws.task_definition import normal
from migrate.export import cloudformation
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.test_frame import SETTINGS, Account, account
from tests.aws.world import spec

ACCOUNT = "123456789012"
OWN_ROLE = SETTINGS.replace("    logGroup", "    schedulerRole: cron2fargate-web1-scheduler\n    logGroup")
# With a second environment, so that every name holds its own.
APART = OWN_ROLE.replace("web1-", "web1-sandbox-").replace("/shared", "/{environment}/{job}") + OWN_ROLE.partition(
    "environments:\n"
)[2].replace("sandbox:", "other:")


@dataclass(frozen=True)
class Where:
    """The settings, and how names of jobs and of what they share begin."""

    settings: str
    jobs: str
    stem: str


WHERES = {
    "alone": Where(OWN_ROLE, "", "cron2fargate-web1"),
    "apart": Where(APART, "sandbox-", "cron2fargate-web1-sandbox"),
}


@pytest.fixture(scope="module", params=WHERES)
def where(request: pytest.FixtureRequest) -> Where:
    return WHERES[request.param]


def jobs() -> list[Any]:
    return [
        spec("locked", lock="x", timeout=60, retry={"attempts": 1}, notify={"output": True}),
        spec("zoned", schedule={"timezone": "Asia/Tokyo", "flexibleWindow": 5}),
        spec("two", ["cron(0 3 * * ? *)", "cron(0 15 * * ? *)"], container={"environment": {"A": "${B}"}}),
    ]


@pytest.fixture(scope="module")
def made(where: Where) -> Iterator[Account]:
    with account(where.settings) as found:
        found.write(found.plan(jobs()))
        plans = plan_jobs(found.aws, [(job.name, job) for job in jobs()], Options("web1", create=True))
        apply_plans(found.aws.writer(), plans, lambda plan, step: None)
        for name in ("two", "two-2", "locked"):
            found.client("events").enable_rule(Name=f"{where.jobs}{name}")
        found.write(plan_alarms(found.aws, "web1", jobs()))
        yield found


@pytest.fixture(scope="module")
def described(where: Where) -> dict[str, dict[str, dict[str, Any]]]:
    """Resources by type and physical name, with everything resolved."""
    settings = parse_settings(where.settings, "x")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    exported = export("sandbox", settings.environments["sandbox"], "web1", jobs())
    for text in cloudformation.files(exported).values():
        template = yaml.safe_load(text)
        for resource in template["Resources"].values():
            body = _resolved(resource["Properties"], template["Resources"])
            keys = (
                "RoleName",
                "StateMachineName",
                "Family",
                "AlarmName",
                "Name",
                "QueueName",
                "TableName",
                "TopicName",
            )
            name = next((body[key] for key in keys if key in body), "")
            found.setdefault(resource["Type"].removeprefix("AWS::"), {})[name] = body
    return found


def _resolved(value: Any, resources: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, resources) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::GetAtt" in value:
        return _reference(value["Fn::GetAtt"][0], resources)
    if "Ref" in value:
        return _reference(value["Ref"], resources)
    if "Fn::Join" in value:
        return "".join(_resolved(value["Fn::Join"][1], resources))
    if "Fn::Sub" in value:
        return re.sub(
            r"\$\{([^}]+)\}",
            lambda m: f"${{{m[1][1:]}}}" if m[1][0] == "!" else _reference(m[1], resources),
            value["Fn::Sub"],
        )
    return {key: _resolved(inner, resources) for key, inner in value.items()}


def _reference(name: str, resources: dict[str, Any]) -> str:
    arn = "arn:aws:{}:ap-northeast-1:" + ACCOUNT + ":{}"
    if name in ("AWS::AccountId", "State"):
        return {"AWS::AccountId": ACCOUNT}.get(name, name)
    body = resources[name]["Properties"]
    kinds = {
        "AWS::ECS::TaskDefinition": ("ecs", "task-definition/{}:1", "Family"),
        "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}", "StateMachineName"),
        "AWS::IAM::Role": ("iam", "role/{}", "RoleName"),
    }
    service, resource, key = kinds.get(resources[name]["Type"], ("x", "{}", "Name"))
    if key not in body:
        return name
    found = arn.format(service, resource.format(body[key]))
    return found.replace(":iam:ap-northeast-1:", ":iam::")


def test_roles(made: Account, described: dict[str, Any]) -> None:
    iam = made.client("iam")
    live = {role["RoleName"]: role for role in iam.list_roles()["Roles"]}
    assert set(live) == set(described["IAM::Role"])
    for name, body in described["IAM::Role"].items():
        assert canonical(live[name]["AssumeRolePolicyDocument"]) == canonical(body["AssumeRolePolicyDocument"])
        [inline] = body["Policies"]
        found = iam.get_role_policy(RoleName=name, PolicyName=inline["PolicyName"])
        assert canonical(found["PolicyDocument"]) == canonical(inline["PolicyDocument"])


def test_workflows(where: Where, made: Account, described: dict[str, Any]) -> None:
    states = made.client("stepfunctions")
    live = {item["name"]: item["stateMachineArn"] for item in states.list_state_machines()["stateMachines"]}
    assert set(live) == set(described["StepFunctions::StateMachine"])
    assert set(live) == {f"{where.jobs}locked", f"{where.stem}-notify"}
    for name, body in described["StepFunctions::StateMachine"].items():
        found = states.describe_state_machine(stateMachineArn=live[name])
        assert json.loads(found["definition"]) == json.loads(body["DefinitionString"])
        assert found["roleArn"] == body["RoleArn"]


def test_rules_and_targets(made: Account, described: dict[str, Any]) -> None:
    rules = described["Events::Rule"]
    names = {rule["Name"] for rule in made.client("events").list_rules()["Rules"]}
    assert names == set(rules)
    for name, body in rules.items():
        live = find(made.aws, name)
        assert live is not None
        assert live.fields.get("ScheduleExpression") == body.get("ScheduleExpression")
        assert json.loads(live.fields.get("EventPattern", "null")) == body.get("EventPattern")
        assert live.fields["Description"] == body["Description"]
        assert _lower(live.targets) == _lower(_without_api(body["Targets"], live.targets))


def _without_api(described: list[dict[str, Any]], live: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ARN of an API destination ends in a random part."""
    return [
        one | ({"Arn": other["Arn"]} if ":api-destination/" in other["Arn"] else {})
        for one, other in zip(described, live, strict=True)
    ]


def _lower(value: Any) -> Any:
    """The API and CloudFormation write the names of some members in different cases."""
    if isinstance(value, dict):
        return {key.lower(): _lower(inner) for key, inner in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def test_schedules(made: Account, described: dict[str, Any]) -> None:
    [(name, body)] = described["Scheduler::Schedule"].items()
    live = made.client("scheduler").get_schedule(Name=name, GroupName=body["GroupName"])
    for key in ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow"):
        assert live[key] == body[key]
    assert _lower(live["Target"]) == _lower(body["Target"])


def test_task_definitions(where: Where, made: Account, described: dict[str, Any]) -> None:
    assert set(described["ECS::TaskDefinition"]) == {f"{where.jobs}{name}" for name in ("locked", "zoned", "two")}
    for name, body in described["ECS::TaskDefinition"].items():
        live = normal(made.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"])
        wanted = {key: value for key, value in _lower(body).items() if key != "tags"}
        assert {key: value for key, value in _lower(live).items() if key in wanted} == _lower(
            normal({"family": name, **_camel(body)})
        )


def _camel(body: dict[str, Any]) -> dict[str, Any]:
    def inner(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key[:1].lower() + key[1:]: (item if key == "Options" else inner(item)) for key, item in value.items()
            }
        return [inner(item) for item in value] if isinstance(value, list) else value

    found: dict[str, Any] = inner({key: value for key, value in body.items() if key != "Tags"})
    return found


def test_alarms(where: Where, made: Account, described: dict[str, Any]) -> None:
    live = {item["AlarmName"]: item for item in made.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert set(live) == set(described["CloudWatch::Alarm"])
    assert set(live) == {f"{where.stem}-{part}" for part in ("dlq", "two-missed", "locked-missed")}
    for name, body in described["CloudWatch::Alarm"].items():
        for key in ("Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData", "Dimensions"):
            assert live[name].get(key) in (body.get(key), [] if key == "Dimensions" else None)
