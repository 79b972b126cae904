"""The shared part on AWS: made whole, made once, left alone where it is not ours, and never made smaller by a part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.frame.policies import MAX_INLINE, joined, length, policy, run_tasks
from converters.specs.model import Spec
from migrate.aws import settling, shared
from migrate.aws.frame import plan_alarms, plan_frame
from migrate.aws.ownership import ENVIRONMENT, OWNER
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import READ_CALLS, Aws, connect
from migrate.aws.steps import Made, Step
from migrate.errors import UserError
from migrate.settings.model import parse_settings
from tests.aws.world import Killed, spec

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
    logGroup: /shared
    logRetentionDays: 30
    tags: {team: platform}
    notifications:
      email: [ops@example.com]
      slack: {webhookSecret: slack-token}
      datadog: {apiKeySecret: dd-key}
"""


def everything() -> list[Spec]:
    return [
        spec("locked", lock="x", timeout=60, notify={"email": ["dev@example.com"], "output": True, "slack": False}),
        spec("zoned", schedule={"timezone": "Asia/Tokyo"}, container={"secrets": {"KEY": "/app/key"}}),
    ]


class Account:
    """An empty account."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.writes: list[str] = []

    def plan(self, specs: Sequence[Spec], owner: str = "web1") -> list[Step]:
        return plan_frame(self.aws, owner, specs)

    def write(self, steps: Sequence[Step], kill_after: int | None = None) -> list[str]:
        """The writing calls; the process ends after so many of them."""
        writer, before = self.aws.writer(), len(self.writes)

        def seen(model: Any, **_: Any) -> None:
            if (model.service_model.service_name, model.name) not in READ_CALLS and model.name != "GetSecretValue":
                self.writes.append(model.name)
                if kill_after is not None and len(self.writes) - before == kill_after:
                    raise Killed

        for service in SERVICES:
            client = _client("writer", service)
            # The same id takes the place of the watch before.
            client.meta.events.unregister("after-call", unique_id="watch")
            client.meta.events.register("after-call", seen, unique_id="watch")
            writer._clients[service] = client
        for step in steps:
            if step.write:
                step.write(writer, Made())
        return self.writes[before:]

    def client(self, service: str) -> Any:
        return _client("user", service)


SERVICES = (
    *("ecs", "iam", "logs", "dynamodb", "scheduler", "sqs", "sns"),
    *("stepfunctions", "events", "secretsmanager", "cloudwatch"),
)


@cache
def _client(who: str, service: str) -> Any:
    """Making clients is slow, and the embedded AWS behind them is another one for each test."""
    aws = connect(parse_settings(SETTINGS, "x").environments["sandbox"], read_only=who == "reader", offline=True)
    return aws.client(service)


@contextmanager
def account(text: str = SETTINGS) -> Iterator[Account]:
    with rehearsal(parse_settings(text, "x").environments["sandbox"], []) as environment:
        aws = connect(environment, read_only=True, offline=True)
        aws._clients |= {service: _client("reader", service) for service in SERVICES}
        # The rehearsal makes the cluster that settings name; here it is to be missing.
        _client("user", "ecs").delete_cluster(cluster="new-cluster")
        yield Account(aws)


@pytest.fixture
def fresh() -> Iterator[Account]:
    with account() as found:
        yield found


MADE = [
    ("cluster", "new-cluster"),
    ("role", "cron2fargate-web1-events"),
    ("role", "cron2fargate-web1-states"),
    ("role", "cron2fargate-web1-execution"),
    ("role", "cron2fargate-web1-notify"),
    ("log group", "/shared"),
    ("lock table", "cron2fargate-web1-locks"),
    ("schedule group", "cron2fargate-web1"),
    ("queue", "cron2fargate-web1-dlq"),
    ("topic", "cron2fargate-web1-failures"),
    ("subscription", "dev@example.com"),
    ("subscription", "ops@example.com"),
    ("notifier", "cron2fargate-web1-notify"),
    ("connection", "cron2fargate-web1-slack"),
    ("api destination", "cron2fargate-web1-slack"),
    ("failure rule", "cron2fargate-web1-slack"),
    ("connection", "cron2fargate-web1-datadog"),
    ("api destination", "cron2fargate-web1-datadog"),
    ("failure rule", "cron2fargate-web1-datadog"),
    ("failure rule", "cron2fargate-web1-failed"),
    ("alarm", "cron2fargate-web1-dlq"),
]


def test_all_is_made_once_and_a_second_run_writes_nothing(fresh: Account) -> None:
    steps = fresh.plan(everything())
    assert [(step.kind, step.name) for step in steps] == MADE
    assert {step.action for step in steps} == {"add"}
    fresh.write(steps)
    again = fresh.plan(everything())
    assert {step.action for step in again} == {"same"}
    assert fresh.write(again) == []


def test_what_is_made_carries_our_tags_and_says_what_is_wanted(fresh: Account) -> None:
    fresh.write(fresh.plan(everything()))
    wanted = {OWNER: "web1", "team": "platform"}
    role = fresh.client("iam").get_role(RoleName="cron2fargate-web1-events")["Role"]
    assert shared.tags_of(role["Tags"]) == wanted, "its name holds no environment: IAM knows no regions"
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["events.amazonaws.com"]}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    queue = fresh.client("sqs").get_queue_url(QueueName="cron2fargate-web1-dlq")["QueueUrl"]
    assert fresh.client("sqs").list_queue_tags(QueueUrl=queue)["Tags"] == wanted | {ENVIRONMENT: "sandbox"}
    sent = fresh.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(sent)["Statement"][0]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    table = fresh.client("dynamodb").describe_table(TableName="cron2fargate-web1-locks")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "lock", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    events = fresh.client("events")
    [target] = events.list_targets_by_rule(Rule="cron2fargate-web1-failed")["Targets"]
    assert target["Arn"].endswith(":stateMachine:cron2fargate-web1-notify")
    assert target["DeadLetterConfig"]["Arn"].endswith(":cron2fargate-web1-dlq")
    [slack] = events.list_targets_by_rule(Rule="cron2fargate-web1-slack")["Targets"]
    assert slack["InputTransformer"] == {
        "InputPathsMap": {"text": "$.detail.text"},
        "InputTemplate": '{"text": <text>}',
    }
    assert "/cron2fargate-web1-slack/" in slack["Arn"]
    pattern = json.loads(events.describe_rule(Name="cron2fargate-web1-slack")["EventPattern"])
    assert pattern["detail"] == {"owner": ["web1"], "job": [{"anything-but": ["locked"]}]}


def test_a_run_of_a_few_jobs_takes_nothing_from_the_others(fresh: Account) -> None:
    fresh.write(fresh.plan(everything()))
    few = [spec("third", notify={"email": ["dev@example.com"]})]
    changes = {(s.kind, s.name) for s in fresh.plan(few) if s.action != "same"}
    assert changes == {("role", "cron2fargate-web1-events"), ("subscription", "dev@example.com")}
    fresh.write(fresh.plan(few))
    found = fresh.client("iam").get_role_policy(RoleName="cron2fargate-web1-events", PolicyName="cron2fargate")
    by_sid = {item["Sid"]: item for item in found["PolicyDocument"]["Statement"]}
    families = [arn.rpartition("/")[2] for arn in by_sid["RunTasks"]["Resource"]]
    assert families == ["locked:*", "third:*", "zoned:*"]
    assert by_sid["StartWorkflows"]["Resource"] == ["arn:aws:states:ap-northeast-1:123456789012:stateMachine:locked"]
    pattern = json.loads(fresh.client("events").describe_rule(Name="cron2fargate-web1-failed")["EventPattern"])
    assert {"group": ["family:locked"]}.items() <= pattern["detail"]["$or"][5].items()
    assert {step.action for step in fresh.plan(everything())} == {"same"}


def test_what_a_job_no_longer_wishes_is_taken_back(fresh: Account) -> None:
    fresh.write(fresh.plan(everything()))
    quiet = [spec("locked", lock="x", timeout=60), everything()[1]]
    fresh.write(fresh.plan(quiet))
    pattern = json.loads(fresh.client("events").describe_rule(Name="cron2fargate-web1-failed")["EventPattern"])
    assert len(pattern["detail"]["$or"]) == 5


def test_what_is_not_ours_is_never_touched(fresh: Account) -> None:
    fresh.client("iam").create_role(RoleName="cron2fargate-web1-events", AssumeRolePolicyDocument="{}")
    fresh.client("sns").create_topic(Name="cron2fargate-web1-failures")
    fresh.client("sqs").create_queue(QueueName="cron2fargate-web1-dlq", tags={OWNER: "web2"})
    fresh.client("events").put_rule(Name="cron2fargate-web1-failed", EventPattern='{"source": ["x"]}')
    fresh.client("cloudwatch").put_metric_alarm(
        AlarmName="cron2fargate-web1-dlq",
        EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold",
        Namespace="N",
        MetricName="M",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    steps = fresh.plan(everything())
    foreign = {(s.kind, s.name) for s in steps if s.note.startswith("not ours: ")}
    assert foreign == {
        ("role", "cron2fargate-web1-events"),
        ("topic", "cron2fargate-web1-failures"),
        ("queue", "cron2fargate-web1-dlq"),
        ("failure rule", "cron2fargate-web1-failed"),
        ("alarm", "cron2fargate-web1-dlq"),
    }
    assert not [step for step in steps if step.kind == "subscription"]
    fresh.write(steps)
    assert fresh.client("iam").list_role_policies(RoleName="cron2fargate-web1-events")["PolicyNames"] == []
    assert fresh.client("events").list_targets_by_rule(Rule="cron2fargate-web1-failed")["Targets"] == []


def test_connections_of_others_and_tables_of_another_shape_are_refused(fresh: Account) -> None:
    table = {"TableName": "cron2fargate-web1-locks", "BillingMode": "PAY_PER_REQUEST"}
    fresh.client("dynamodb").create_table(
        **table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    with pytest.raises(UserError, match="has another key than 'lock'"):
        fresh.plan(everything())
    fresh.client("dynamodb").delete_table(TableName="cron2fargate-web1-locks")
    fresh.client("events").create_connection(
        Name="cron2fargate-web1-slack",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}},
    )
    with pytest.raises(UserError, match="does not name web1"):
        fresh.plan(everything())


def test_drift_is_mended_and_the_state_of_a_rule_is_kept(fresh: Account) -> None:
    fresh.write(fresh.plan(everything()))
    events = fresh.client("events")
    events.disable_rule(Name="cron2fargate-web1-failed")
    events.remove_targets(Rule="cron2fargate-web1-failed", Ids=["notifier"])
    fresh.client("iam").delete_role_policy(RoleName="cron2fargate-web1-notify", PolicyName="cron2fargate")
    machine = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:cron2fargate-web1-notify"
    other = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    fresh.client("stepfunctions").update_state_machine(stateMachineArn=machine, definition=other)
    changed = {(s.kind, s.name) for s in fresh.plan(everything()) if s.action == "change"}
    assert changed == {
        ("failure rule", "cron2fargate-web1-failed"),
        ("role", "cron2fargate-web1-notify"),
        ("notifier", "cron2fargate-web1-notify"),
    }
    fresh.write(fresh.plan(everything()))
    assert {step.action for step in fresh.plan(everything())} == {"same"}
    assert events.describe_rule(Name="cron2fargate-web1-failed")["State"] == "DISABLED"


def test_killed_after_any_write_the_next_run_comes_to_the_same_end() -> None:
    with account() as whole:
        calls = whole.write(whole.plan(everything()))
    assert len(calls) > 25
    for number in range(1, len(calls)):
        with account() as killed:
            with pytest.raises(Killed):
                killed.write(killed.plan(everything()), kill_after=number)
            killed.write(killed.plan(everything()))
            left = [step for step in killed.plan(everything()) if step.action != "same"]
            assert left == [], (number, calls[number - 1])


def secret(fresh: Account, name: str, value: str) -> None:
    fresh.client("secretsmanager").create_secret(Name=name, SecretString=value)


def test_a_secret_is_read_when_it_is_written_and_shows_nowhere_else(fresh: Account) -> None:
    secret(fresh, "slack-token", "https://hooks.slack.com/services/T0/B0/abc123")
    secret(fresh, "dd-key", "0123456789abcdef")
    steps = fresh.plan(everything())
    fresh.write(steps)
    assert "abc123" not in repr(steps)
    api = fresh.client("events").describe_api_destination(Name="cron2fargate-web1-slack")
    assert api["InvocationEndpoint"] == "https://hooks.slack.com/services/T0/B0/abc123"
    fresh.client("secretsmanager").put_secret_value(SecretId="dd-key", SecretString="fedcba9876543210")
    changed = [(s.kind, s.name) for s in fresh.plan(everything()) if s.action == "change"]
    assert changed == [("connection", "cron2fargate-web1-datadog"), ("api destination", "cron2fargate-web1-datadog")]
    fresh.client("secretsmanager").put_secret_value(SecretId="slack-token", SecretString="two words")
    with pytest.raises(UserError, match="slack-token is not one plain word"):
        fresh.write(fresh.plan(everything()))


def test_a_missing_secret_is_said_before_anything_is_written(fresh: Account) -> None:
    fresh.aws.offline = False
    with pytest.raises(UserError, match="there is no secret slack-token"):
        fresh.plan(everything())


def enabled(fresh: Account, name: str, *, on: bool = True) -> None:
    tags = [{"Key": OWNER, "Value": "web1"}, {"Key": "cron2fargate:job", "Value": name}]
    state = "ENABLED" if on else "DISABLED"
    fresh.client("events").put_rule(Name=name, ScheduleExpression="cron(0 3 * * ? *)", State=state, Tags=tags)


def test_the_alarm_of_a_job_is_there_while_the_job_is_enabled(fresh: Account) -> None:
    job = spec("daily", notify={"email": ["dev@example.com"]})
    assert plan_alarms(fresh.aws, "web1", [job]) == []
    enabled(fresh, "daily", on=False)
    assert plan_alarms(fresh.aws, "web1", [job]) == []
    enabled(fresh, "daily")
    [step] = plan_alarms(fresh.aws, "web1", [job])
    assert (step.action, step.name) == ("add", "cron2fargate-web1-daily-missed")
    fresh.write([step])
    [alarm] = fresh.client("cloudwatch").describe_alarms(AlarmNames=[step.name])["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": "daily"}]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (3600, 26, "breaching")
    assert [s.action for s in plan_alarms(fresh.aws, "web1", [job])] == ["same"]
    [changed] = plan_alarms(fresh.aws, "web1", [spec("daily", "cron(0 0/6 * * ? *)")])
    assert changed.action == "change"
    fresh.write([changed])
    [alarm] = fresh.client("cloudwatch").describe_alarms(AlarmNames=[step.name])["MetricAlarms"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == (6 * 60 + 15 + 5) * 60
    enabled(fresh, "daily", on=False)
    [gone] = plan_alarms(fresh.aws, "web1", [job])
    assert gone.action == "remove"
    fresh.write([gone])
    assert plan_alarms(fresh.aws, "web1", [job]) == []


def test_an_alarm_over_several_rules_adds_them_up(fresh: Account) -> None:
    for name in ("pair", "pair-2"):
        enabled(fresh, name)
    fresh.client("events").tag_resource(
        ResourceARN="arn:aws:events:ap-northeast-1:123456789012:rule/pair-2",
        Tags=[{"Key": "cron2fargate:job", "Value": "pair"}],
    )
    job = spec("pair", ["cron(0 3 * * ? *)", "cron(0 15 * * ? *)"])
    steps = plan_alarms(fresh.aws, "web1", [job])
    fresh.write(steps)
    assert [s.action for s in plan_alarms(fresh.aws, "web1", [job])] == ["same"]
    [alarm] = fresh.client("cloudwatch").describe_alarms(AlarmNames=["cron2fargate-web1-pair-missed"])["MetricAlarms"]
    assert [query["Id"] for query in alarm["Metrics"]] == ["runs", "m1", "m2"]


def test_a_weekly_job_that_is_enabled_says_that_it_has_no_alarm(fresh: Account) -> None:
    enabled(fresh, "weekly")
    [step] = plan_alarms(fresh.aws, "web1", [spec("weekly", "cron(0 3 ? * MON *)")])
    assert (step.action, step.write) == ("same", None)
    assert step.note.startswith("none, C550: weekly runs up to 7 days apart")


def test_too_many_jobs_whose_output_is_wanted_are_refused(fresh: Account) -> None:
    many = [spec(f"a-job-with-a-long-name-{number}", notify={"output": True}) for number in range(30)]
    with pytest.raises(UserError, match=r"event pattern of cron2fargate-web1-failed would have [\d,]+ characters"):
        fresh.plan(many)


def test_a_policy_for_a_thousand_jobs_fits() -> None:
    families = [f"arn:aws:ecs:ap-northeast-1:123456789012:task-definition/job-{number}:*" for number in range(1000)]
    wanted = policy(*run_tasks(families, ["arn:aws:ecs:ap-northeast-1:123456789012:cluster/c"], ["role"]))
    assert length(wanted["Statement"]) > MAX_INLINE
    fitted = joined(None, wanted)
    assert length(fitted["Statement"]) < MAX_INLINE
    run = fitted["Statement"][0]
    assert run["Resource"] == ["arn:aws:ecs:ap-northeast-1:123456789012:task-definition/*"]
    assert run["Condition"] == wanted["Statement"][0]["Condition"]
    assert joined(fitted, wanted) == fitted


def test_a_role_made_a_moment_ago_is_waited_for() -> None:
    error = {"Error": {"Code": "AccessDeniedException", "Message": "is not authorized to assume the provided role"}}
    answers: list[Any] = [ClientError(error, "CreateStateMachine"), ClientError(error, "CreateStateMachine"), "made"]
    waited: list[float] = []

    def call(**_: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert settling.settled(call, sleep=waited.append) == "made"
    assert len(waited) == 2
    answers.append(ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateStateMachine"))
    with pytest.raises(ClientError):
        settling.settled(call, sleep=waited.append)
