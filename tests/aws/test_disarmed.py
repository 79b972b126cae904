"""A job whose roles may not start it is found before its first start: by plan, and right after register."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from converters.findings.codes import Finding
from converters.specs.model import Spec, load_spec
from migrate.aws import changes, disarmed
from migrate.aws.apply import apply_plans, apply_steps
from migrate.aws.changes import may_they
from migrate.aws.frame import plan_frame
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.rehearsal import rehearsal
from migrate.aws.roles_read import Standing
from migrate.aws.session import Aws, connect
from migrate.settings.model import parse_settings
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
    eventsRole: cron2fargate-web1-events
    schedulerRole: cron2fargate-web1-scheduler
"""


def unscheduled(name: str, line: str) -> Spec:
    box = "{name: app, cpu: 256, memory: 512, image: example/app:1}"
    return load_spec(f"type: FARGATE\ncluster: cron\nname: {name}\ncontainers:\n- {box}\n{line}\n", "x")


JOBS = [
    spec("plain"),
    spec("locked", lock="x", timeout=60),
    spec("zoned", schedule={"timezone": "Asia/Tokyo"}),
    unscheduled("after", "after: [locked]"),
    spec("secret", container={"secrets": {"TOKEN": "/team/token"}}),
    unscheduled("always", "service: {desiredCount: 1}"),
]
OPTIONS = Options("web1", create=True)


@pytest.fixture(scope="module")
def account() -> Iterator[Aws]:
    """One account with everything registered; what a test changes it changes back."""
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    with rehearsal(environment, JOBS) as env:
        aws = connect(env, read_only=True, offline=True)
        writer = aws.writer()
        apply_steps(writer, "shared", plan_frame(aws, "web1", JOBS), lambda step: None)
        apply_plans(writer, _plans(aws), lambda plan, step: None)
        yield aws


def _plans(aws: Aws, *jobs: Any) -> list[Any]:
    plans = plan_jobs(aws, [(item.name, item) for item in jobs or JOBS], OPTIONS)
    assert not [plan.refusals for plan in plans if plan.refusals]
    return plans


def said(aws: Aws, *, written: bool = False) -> list[Finding]:
    return may_they(aws, _plans(aws), written=written)


def test_what_register_makes_may_start(account: Aws) -> None:
    assert {plan.status for plan in _plans(account)} == {"unchanged"}
    assert said(account) == said(account, written=True) == []
    asked = [duty for plan in _plans(account) if plan.runs for duty in plan.runs.duties(account, written=False)]
    assert {duty.role.rpartition("-")[2] for duty in asked} == {"events", "scheduler", "states", "execution"}
    shared = disarmed.of_shared(account, "web1")
    found = disarmed.look(Standing(account), shared)
    assert len(shared) == 2
    assert {one.code for one in found} <= {"C630"}, "what it reads of logs and tags shows only when it runs"


def replaced(text: str, change: tuple[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text.replace(*change))
    return document


# (role, what another run made of its policy, what is said of it): issue 18, 1.2
REPLACED = [
    ("events", ("cluster/cron", "cluster/other"), "plain, secret: cron2fargate-web1-events may not ecs:RunTask"),
    ("events", ("ap-northeast-1", "us-east-1"), "plain, secret: cron2fargate-web1-events may not ecs:RunTask"),
    (
        "events",
        ("task-definition/plain", "task-definition/other"),
        "plain: cron2fargate-web1-events may not ecs:RunTask",
    ),
    ("events", ("iam:PassRole", "iam:GetRole"), "plain, secret: cron2fargate-web1-events may not iam:PassRole"),
    ("events", ("states:StartExecution", "states:Nothing"), "locked: cron2fargate-web1-events may not states:Start"),
    ("scheduler", ("sqs:SendMessage", "sqs:Nothing"), "zoned: cron2fargate-web1-scheduler may not sqs:SendMessage"),
    ("states", ("dynamodb:PutItem", "dynamodb:Nothing"), "locked: cron2fargate-web1-states may not dynamodb:PutItem"),
    ("states", ("ecs:StopTask", "ecs:Nothing"), "after, locked: cron2fargate-web1-states may not ecs:StopTask"),
    ("states", ("events:PutRule", "events:Nothing"), "after, locked: cron2fargate-web1-states may not events:PutRule"),
    ("states", ("stateMachine:after", "stateMachine:none"), "locked: cron2fargate-web1-states may not states:Start"),
    (
        "execution",
        ("logs:PutLogEvents", "logs:Nothing"),
        "plain: cron2fargate-web1-execution may not logs:PutLogEvents",
    ),
    ("execution", ("parameter/team/token", "parameter/team/other"), "secret: cron2fargate-web1-execution may not ssm:"),
]


@pytest.mark.parametrize(("part", "change", "sentence"), REPLACED)
def test_a_policy_that_another_run_replaced(account: Aws, part: str, change: tuple[str, str], sentence: str) -> None:
    iam, name = account.writer().client("iam"), f"cron2fargate-web1-{part}"
    before = json.dumps(iam.get_role_policy(RoleName=name, PolicyName="cron2fargate")["PolicyDocument"])
    assert change[0] in before
    iam.put_role_policy(RoleName=name, PolicyName="cron2fargate", PolicyDocument=before.replace(*change))
    try:
        found = said(account)
    finally:
        iam.put_role_policy(RoleName=name, PolicyName="cron2fargate", PolicyDocument=before)
    assert {one.code for one in found} == {"C628"}, found
    jobs = {name.strip() for name in sentence.partition(":")[0].split(",")}
    texts = [one.message for one in found]
    assert any(jobs <= {n.strip() for n in text.partition(":")[0].split(",")} for text in texts), texts
    assert any(sentence.partition(":")[2].strip() in text for text in texts), texts
    assert all("add to its policy" in text for text in texts)


GROUP = "schedule-group/cron2fargate-web1"
TRUST = [
    ("events", ("123456789012", "999988887777"), "C629"),
    ("scheduler", (GROUP, "schedule-group/other"), "C629"),
    ("scheduler", ("ap-northeast-1", "us-east-1"), "C629"),
    ("states", ("states.amazonaws.com", "states.eu-west-1.amazonaws.com"), "C629"),
    ("execution", ("aws:SourceAccount", "aws:SourceOrgID"), "C630"),
]


@pytest.mark.parametrize(("part", "change", "code"), TRUST)
def test_a_trust_that_another_run_replaced(account: Aws, part: str, change: tuple[str, str], code: str) -> None:
    iam, name = account.writer().client("iam"), f"cron2fargate-web1-{part}"
    before = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    assert change[0] in before
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=before.replace(*change))
    try:
        found = said(account)
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=before)
    assert [one.code for one in found] == [code], found


def test_a_queue_that_lets_nobody_in(account: Aws) -> None:
    sqs = account.writer().client("sqs")
    url = sqs.get_queue_url(QueueName="cron2fargate-web1-dlq")["QueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": before.replace("events.amazonaws.com", "ec2.amazonaws.com")}
    )
    try:
        [found] = said(account)
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": before})
    assert found.code == "C628"
    assert ": events.amazonaws.com may not sqs:SendMessage" in found.message
    assert {name.strip() for name in found.message.partition(":")[0].split(",")} == {"locked", "plain", "secret"}


def test_a_boundary_is_looked_at(account: Aws) -> None:
    iam, name = account.writer().client("iam"), "cron2fargate-web1-events"
    limit = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["iam:*", "states:*"], "Resource": "*"},
    }
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=json.dumps(limit))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    try:
        found = said(account)
    finally:
        iam.delete_role_permissions_boundary(RoleName=name)
    assert [one.code for one in found if "ecs:RunTask" in one.message] == ["C628"]
    assert "the permissions boundary of the role does not allow it" in found[0].message


def test_a_managed_policy_is_read_in_its_version(account: Aws) -> None:
    iam, name = account.writer().client("iam"), "cron2fargate-web1-events"
    before = iam.get_role_policy(RoleName=name, PolicyName="cron2fargate")["PolicyDocument"]
    arn = iam.create_policy(PolicyName="all", PolicyDocument=json.dumps(before))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_role_policy(RoleName=name, PolicyName="cron2fargate")
    try:
        assert said(account) == []
        nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(nothing), SetAsDefault=True)
        assert {one.code for one in said(account)} == {"C628", "C630"}, "tags at launch may need no right of their own"
    finally:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        iam.put_role_policy(RoleName=name, PolicyName="cron2fargate", PolicyDocument=json.dumps(before))


def test_a_role_is_read_once_and_one_that_is_not_there_is_left_to_its_check(account: Aws) -> None:
    calls: list[str] = []
    events = account.client("iam").meta.events
    events.register("before-call", lambda model, **_: calls.append(model.name), unique_id="count")
    try:
        plans = _plans(account)
        calls.clear()
        assert may_they(account, plans, written=False) == []
        assert calls.count("GetRole") == 4
        assert len(calls) <= 4 * 4
    finally:
        events.unregister("before-call", unique_id="count")
    assert disarmed.look(Standing(account), [("x", _duty("arn:aws:iam::123456789012:role/none"))]) == []
    [found] = disarmed.look(Standing(account), [("x", _duty("arn:aws:iam::999988887777:role/none"))])
    assert (found.code, found.message) == ("C630", "what none may do is not known: it belongs to another account")
    assert changes.may_they(account, [], written=True) == []


def _duty(role: str) -> Any:
    from converters.rights.duties import EVENTS, Duty

    return Duty(role, EVENTS, "", ())


def test_check_says_it_of_what_is_live(account: Aws) -> None:
    from migrate.checks.model import Context
    from migrate.checks.standing import check

    context = Context(account, "web1", JOBS)
    lines = list(check(context))
    assert [line.verdict for line in lines if line.verdict == "NG"] == [], lines
    assert any("may start" in line.text for line in lines)
    iam, name = account.writer().client("iam"), "cron2fargate-web1-states"
    before = json.dumps(iam.get_role_policy(RoleName=name, PolicyName="cron2fargate")["PolicyDocument"])
    iam.put_role_policy(RoleName=name, PolicyName="cron2fargate", PolicyDocument=before.replace("r/cron", "r/other"))
    try:
        wrong = [line for line in check(context) if line.verdict == "NG"]
    finally:
        iam.put_role_policy(RoleName=name, PolicyName="cron2fargate", PolicyDocument=before)
    assert [line.code for line in wrong] == ["C628"]
    assert "cron2fargate-web1-states may not ecs:RunTask" in wrong[0].text
    assert list(check(Context(account, "somebody-else", JOBS))) == []


def test_a_network_without_iam_is_asked_once(account: Aws) -> None:
    from botocore.exceptions import EndpointConnectionError

    asked: list[str] = []

    def refuse(model: Any, **_: Any) -> None:
        asked.append(model.name)
        raise EndpointConnectionError(endpoint_url="https://iam.amazonaws.com")

    plans = _plans(account)
    events = account.client("iam").meta.events
    events.register("before-call", refuse, unique_id="refuse")
    try:
        found = may_they(account, plans, written=False)
    finally:
        events.unregister("before-call", unique_id="refuse")
    assert asked == ["GetRole"]
    assert {one.code for one in found} == {"C630"}
    assert all("IAM does not answer" in one.message for one in found)
