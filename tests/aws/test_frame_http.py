"""The shared part over HTTP: made by register's code and by CloudFormation, read back by another client."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from migrate.aws.frame import plan_frame
from migrate.aws.session import connect
from migrate.aws.steps import Made
from migrate.export import cloudformation
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import spec

REGION = "ap-northeast-1"
SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: new-cluster
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: cron2fargate-web1-execution
    eventsRole: cron2fargate-web1-events
    logRetentionDays: 30
    notifications:
      email: [ops@example.com]
      datadog: {apiKeySecret: dd-key}
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def other(address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that knows nothing of ours, on an empty account; ours finds the same account by the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": address,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
    session = boto3.Session(region_name=REGION)
    return lambda service: session.client(service, endpoint_url=address)


def test_what_register_makes_is_read_back_over_http(other: Any) -> None:
    other("secretsmanager").create_secret(Name="dd-key", SecretString="0123456789abcdef")
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    aws = connect(environment, read_only=True)
    specs = [spec("locked", lock="x", timeout=60, notify={"email": ["dev@example.com"]})]
    writer = aws.writer()
    for step in plan_frame(aws, "web1", specs):
        assert step.write is not None, (step.kind, step.name)
        step.write(writer, Made())
    assert {step.action for step in plan_frame(aws, "web1", specs)} == {"same"}

    [cluster] = other("ecs").describe_clusters(clusters=["new-cluster"])["clusters"]
    assert cluster["status"] == "ACTIVE"
    names = {role["RoleName"] for role in other("iam").list_roles()["Roles"]}
    assert names == {f"cron2fargate-web1-{part}" for part in ("events", "states", "execution", "notify")}
    found = other("iam").get_role_policy(RoleName="cron2fargate-web1-states", PolicyName="cron2fargate")
    locks = [item for item in found["PolicyDocument"]["Statement"] if item["Sid"] == "HoldLocks"]
    table = f"arn:aws:dynamodb:{REGION}:123456789012:table/cron2fargate-web1-locks"
    assert [item["Resource"] for item in locks] == [[table]]
    expiry = other("dynamodb").describe_time_to_live(TableName="cron2fargate-web1-locks")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    topic = f"arn:aws:sns:{REGION}:123456789012:cron2fargate-web1-failures"
    subscriptions = other("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert {item["Endpoint"] for item in subscriptions} == {"ops@example.com", "dev@example.com"}
    rules = {rule["Name"]: rule["State"] for rule in other("events").list_rules()["Rules"]}
    assert rules == {"cron2fargate-web1-failed": "ENABLED", "cron2fargate-web1-datadog": "ENABLED"}
    [machine] = other("stepfunctions").list_state_machines()["stateMachines"]
    assert machine["name"] == "cron2fargate-web1-notify"
    [alarm] = other("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["AlarmName"] == "cron2fargate-web1-dlq"


# moto's CloudFormation knows these; the others it passes over.
DEPLOYED = {
    "AWS::ECS::Cluster",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
    "AWS::Events::Rule",
    "AWS::ECS::TaskDefinition",
}


def test_the_templates_deploy_and_make_what_register_would(other: Any) -> None:
    settings = parse_settings(SETTINGS.replace("      datadog: {apiKeySecret: dd-key}\n", ""), "x")
    specs = [
        spec("locked", lock="x", timeout=60, container={"command": ["/bin/sh", "-c", "echo ${HOME} $HOME"]}),
        spec("plain", ["cron(0 3 * * ? *)", "cron(0 9 ? * MON *)"]),
    ]
    exported = export("sandbox", settings.environments["sandbox"], "web1", specs)
    seen = set()
    for name, text in cloudformation.files(exported).items():
        stack = name.removesuffix(".yml").replace("/", "-")
        other("cloudformation").create_stack(StackName=stack, TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"])
        [found] = other("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        assert found["StackStatus"] == "CREATE_COMPLETE"
        made = {
            item["ResourceType"]
            for item in other("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
        }
        seen |= made
        wanted = {item["Type"] for item in yaml.safe_load(text)["Resources"].values()}
        assert made >= wanted & DEPLOYED
    assert seen >= DEPLOYED

    iam = other("iam")
    role = iam.get_role_policy(RoleName="cron2fargate-web1-events", PolicyName="cron2fargate")["PolicyDocument"]
    document = role if isinstance(role, dict) else ast.literal_eval(role)  # moto gives Python's text back
    run = next(item for item in document["Statement"] if item["Sid"] == "RunTasks")
    assert f"arn:aws:ecs:{REGION}:123456789012:task-definition/plain:*" in run["Resource"]
    events = other("events")
    rule = events.describe_rule(Name="plain-2")
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 9 ? * MON *)", "DISABLED")
    [target] = events.list_targets_by_rule(Rule="plain-2")["Targets"]
    assert target["EcsParameters"]["TaskDefinitionArn"].endswith(":task-definition/plain:1")
    definition = other("ecs").describe_task_definition(taskDefinition="locked")["taskDefinition"]
    assert definition["containerDefinitions"][0]["command"] == ["/bin/sh", "-c", "echo ${HOME} $HOME"]
    machines = {
        item["name"]: item["stateMachineArn"] for item in other("stepfunctions").list_state_machines()["stateMachines"]
    }
    assert set(machines) == {"locked", "cron2fargate-web1-notify"}
    workflow = json.loads(
        other("stepfunctions").describe_state_machine(stateMachineArn=machines["locked"])["definition"]
    )
    arguments = workflow["States"]["Run the task"]["Arguments"]
    assert arguments["TaskDefinition"].endswith(":task-definition/locked:1")
    assert arguments["Cluster"] == f"arn:aws:ecs:{REGION}:123456789012:cluster/new-cluster"
