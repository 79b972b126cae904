"""The policies against the calls that the code really makes: each call on the embedded AWS is judged before it is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from click.testing import CliRunner

from converters.frame.operators import KINDS
from converters.frame.place import Place
from converters.frame.policies import MAX_INLINE, canonical, fitted, joined, length, policy, statement, trust
from converters.rights.judging import Request
from converters.rights.requests import Account, asked, refused
from converters.specs.model import Spec, load_spec
from migrate.aws import executions, frames, letters, missing, prune, redrive, tasks
from migrate.aws.apply import apply_plans, apply_steps
from migrate.aws.frame import plan_alarms, plan_frame
from migrate.aws.ownership import Owner
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.printed import Guard, guard, printed
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import Aws, connect
from migrate.aws.steps import Step
from migrate.cli import cli
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import Environment, Notifications, parse_settings
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


def service(image: str) -> Spec:
    box = f"{{name: app, cpu: 256, memory: 512, image: {image}}}"
    text = f"type: FARGATE\ncluster: cron\nname: always\ncontainers:\n- {box}\nservice: {{desiredCount: 1}}\n"
    return load_spec(text, "always.yml")


def first() -> list[Spec]:
    return [
        spec("plain", notify={"email": ["dev@example.com"]}),
        spec("locked", lock="x", timeout=60),
        spec("zoned", schedule={"timezone": "Asia/Tokyo"}),
        spec("two", ["cron(0 3 * * ? *)"]),
        service("example/app:1"),
    ]


def second() -> list[Spec]:
    """The same jobs, each changed, so that an update is written for each."""
    newer = {"image": "example/app:2"}
    return [
        spec("plain", "cron(0 4 * * ? *)", container=newer, notify={"email": ["dev@example.com"]}),
        spec("locked", lock="x", timeout=90, once=True, container=newer),
        spec("zoned", "cron(0 4 * * ? *)", schedule={"timezone": "Asia/Tokyo"}, container=newer),
        spec("two", ["cron(0 4 * * ? *)"], container=newer, notify={"email": ["dev@example.com"]}),
        service("example/app:2"),
    ]


@dataclass
class Recorder(Guard):
    """A guard that lets everything through and keeps what was asked, and what would have been refused."""

    kind: str
    policy: dict[str, Any]
    account: Account
    calls: list[Request] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        found = self.account.requests(service, operation, params)
        self.calls += found
        self.operations.add(operation)
        self.refused += [why for one in found if (why := refused(one, self.policy))]
        self.account.done(service, operation, params)


class Stage:
    """One account, and clients that are held against one of the policies each."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.user = connect(env, read_only=False, offline=True)
        place = replace(self.user, environment=env).place("web1")
        account = Account(self.user.arn)
        self.recorders = {kind: Recorder(kind, found, account) for kind, found in printed(place, env).items()}

    def aws(self, kind: str, *, env: Environment | None = None) -> Aws:
        """Of the one who plans, or of one who writes."""
        clients = replace(self.user, environment=env or self.env, read_only=kind == "plan", _clients={})
        clients.guard = self.recorders[kind]
        return clients

    def write(self, kind: str, specs: list[Spec], *, env: Environment | None = None) -> None:
        reader, writer = self.aws("plan", env=env), self.aws(kind, env=env)
        create = kind == "create"
        steps = plan_frame(reader, "web1", specs) if create else plan_alarms(reader, "web1", specs)
        apply_steps(writer, "shared", steps, _nothing)
        plans = plan_jobs(reader, [(item.name, item) for item in specs], Options("web1", create))
        assert {plan.status for plan in plans} <= {"changes", "unchanged"}, [(p.name, p.refusals) for p in plans]
        apply_plans(writer, plans, lambda plan, step: None)

    def switch(self, job: str, *, on: bool, specs: list[Spec]) -> None:
        reader, writer = self.aws("plan"), self.aws("register")
        for frame in frames.find(reader, "web1", job):
            frames.switch(writer, "web1", frame, on=on)
        apply_steps(writer, "alarms", plan_alarms(reader, "web1", specs), _nothing)

    def run(self, job: str) -> None:
        [frame] = frames.find(self.aws("plan"), "web1", job)
        if frame.is_workflow:
            executions.start(self.aws("register"), str((frame.target or {})["Arn"]))
        else:
            tasks.start(self.aws("register"), frame, Owner("web1", job))

    def know(self, job: str) -> None:
        missing.acknowledge(self.aws("register"), "web1", job)

    def redrive(self, job: str) -> None:
        """A letter of it is taken in hand, put back, and started; and a run of it that failed is started anew."""
        aws = self.aws("register")
        box = letters.open_box(aws, "web1")
        assert box
        arn = f"arn:aws:events:ap-northeast-1:123456789012:rule/{job}"
        values = {"RULE_ARN": {"DataType": "String", "StringValue": arn}}
        body = json.dumps({"time": "2027-01-31T03:00:00Z"})
        self.user.client("sqs").send_message(QueueUrl=box.url, MessageBody=body, MessageAttributes=values)
        box.put_back(box.take())
        asked = redrive.Asked("web1")
        [again] = redrive.of_letters(aws, asked, box.take()).again
        redrive.make(aws, asked, again, box)
        machine = aws.arn("states", f"stateMachine:{job}")
        failed = redrive.Again(job, again.slot, "", {"Arn": machine}, "redrive-x", failed="arn:of-it")
        redrive.make(aws, asked, failed, None)

    def prune(self, known: set[str]) -> None:
        gone = prune.find_gone(self.aws("plan"), "web1", known, deep=True)
        prune.apply(self.aws("register"), gone.jobs, _nothing)


def _nothing(step: Step) -> None: ...


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Recorder]]:
    """What plan, register --create, register, enable, disable, run and prune ask for, on one account."""
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    with rehearsal(environment, first()) as env:
        stage = Stage(env)
        user = stage.user.session.client
        user("secretsmanager").create_secret(Name="slack-token", SecretString="T0/B0/x")
        user("ecs").delete_cluster(cluster="cron")  # so that it has to be made
        stage.write("create", first())
        stage.switch("plain", on=True, specs=first())
        stage.switch("zoned", on=True, specs=first())
        longer = env.model_copy(update={"log_retention_days": 60})
        stage.write("register", second(), env=longer)
        # What somebody else has changed by hand is put right.
        iam, name = user("iam"), "cron2fargate-web1-events"
        found = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=found.replace("123456789012", "999988887777"))
        url = user("sqs").get_queue_url(QueueName="cron2fargate-web1-dlq")["QueueUrl"]
        user("sqs").set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
        stage.write("create", second(), env=longer)
        stage.run("plain")
        stage.run("locked")
        stage.know("locked")
        stage.switch("locked", on=True, specs=second())
        stage.redrive("locked")
        stage.switch("plain", on=False, specs=second())
        for _ in range(2):  # the first run switches off, the second deletes
            stage.prune(set())
        yield stage.recorders


@pytest.mark.parametrize("kind", ["plan", "register", "create"])
def test_every_call_that_is_made_is_allowed(runs: dict[str, Recorder], kind: str) -> None:
    assert runs[kind].calls, "nothing was recorded"
    assert runs[kind].refused == []


def test_the_runs_were_worth_recording(runs: dict[str, Recorder]) -> None:
    made = {kind: one.operations for kind, one in runs.items()}
    assert {"CreateRole", "CreateTable", "CreateTopic", "CreateStateMachine", "CreateSchedule"} <= made["create"]
    assert {"CreateConnection", "CreateApiDestination", "GetSecretValue", "Subscribe"} <= made["create"]
    assert {"CreateCluster", "CreateService", "SetSubscriptionAttributes"} <= made["create"]
    assert {"RegisterTaskDefinition", "PutRule", "PutTargets", "UpdateSchedule"} <= made["register"]
    assert {"UpdateStateMachine", "PutMetricAlarm", "DeleteAlarms", "RunTask", "StartExecution"} <= made["register"]
    assert {"DeleteRule", "DeleteStateMachine", "DeleteSchedule", "DeleteService"} <= made["register"]
    assert not [name for name in made["register"] if name.startswith("Create")]
    assert not [name for name in made["plan"] if not name.startswith(("Describe", "Get", "List", "Validate"))]


@pytest.mark.parametrize("kind", ["plan", "register", "create"])
def test_no_statement_is_superfluous(runs: dict[str, Recorder], kind: str) -> None:
    """Whichever is taken away, a call is refused. (Whoever creates has the updates of whoever registers, too.)"""
    calls = runs[kind].calls + (runs["register"].calls if kind == "create" else [])
    document = runs[kind].policy
    reading = {"Read"} if kind != "plan" else set()
    for one in document["Statement"]:
        if one["Sid"] in reading:
            continue  # what is read is the planner's, who is recorded apart
        less = {**document, "Statement": [other for other in document["Statement"] if other is not one]}
        assert any(refused(call, less) for call in calls), one["Sid"]


# Rights of rare moments, which these runs do not have.
_RARE = {
    "events:UpdateApiDestination": "Datadog's site was changed",
    "events:UpdateConnection": "the secret of a channel was changed",
    "secretsmanager:UpdateSecret": "the same",
}


def test_no_right_to_write_is_superfluous(runs: dict[str, Recorder]) -> None:
    writes = {name for one in runs["create"].policy["Statement"] if one["Sid"] != "Read" for name in one["Action"]}
    used = {call.action for kind in ("register", "create") for call in runs[kind].calls}
    assert writes - used == set(_RARE)


def test_a_plan_reads_no_logs_and_pulls_no_images() -> None:
    found = allowed(policies()["plan"])
    assert not found & {"logs:GetLogEvents", "logs:FilterLogEvents", "ecr:BatchGetImage", "s3:ListBucket"}
    assert {"logs:GetLogEvents", "ecr:BatchGetImage"} <= allowed(policies()["check"])


def policies(env: Environment | None = None) -> dict[str, dict[str, Any]]:
    env = env or parse_settings(SETTINGS, "x").environments["sandbox"]
    return printed(Place("web1", "123456789012", env.region, env.name, env.pattern, env.alone), env)


def allowed(document: dict[str, Any]) -> set[str]:
    return {name for item in document["Statement"] for name in item["Action"]}


OURS, THEIRS, NONE = {"cron2fargate:owner": "web1"}, {"cron2fargate:owner": "web2"}, dict[str, str]()
ARN = "arn:aws:{}:ap-northeast-1:123456789012:{}"
RULE, MACHINE = ARN.format("events", "rule/r"), ARN.format("states", "stateMachine:m")
ALARM = ARN.format("cloudwatch", "alarm:cron2fargate-web1-x-missed")
Tagged = list[dict[str, str]]


NOBODY = Notifications(email=[])


def tagged(owner: dict[str, str]) -> Tagged:
    return [{"Key": key, "Value": value} for key, value in owner.items()]


PUT = {"Name": "r", "ScheduleExpression": "rate(1 day)"}
ALARMED = {"AlarmName": "cron2fargate-web1-x-missed"}
GROUP, FOREIGN_GROUP = {"GroupName": "cron2fargate-web1", "Name": "s"}, {"GroupName": "default", "Name": "s"}
TARGET = {"Target": {"RoleArn": "arn:aws:iam::123456789012:role/cron2fargate-web1-scheduler"}}
ADMIN = {"Target": {"RoleArn": "arn:aws:iam::123456789012:role/admin"}}
NEW_ROLE = {"RoleName": "cron2fargate-web1-events", "Tags": tagged(OURS)}
# (call, its parameters, the thing and the tags that it bears, the weakest policy that allows it)
BOUND: list[tuple[tuple[str, str], dict[str, Any], tuple[str, dict[str, str]], str | None]] = [
    # "Update only" is a fact of IAM: PutRule on a new name is refused, though it is the call that updates
    (("events", "PutRule"), PUT, (RULE, NONE), None),
    (("events", "PutRule"), {**PUT, "Tags": tagged(OURS)}, (RULE, NONE), "create"),
    (("events", "PutRule"), PUT, (RULE, OURS), "register"),
    (("events", "PutRule"), PUT, (RULE, THEIRS), None),
    # a right to make is no right to overwrite: the tag of the request alone would be
    (("events", "PutRule"), {**PUT, "Tags": tagged(OURS)}, (RULE, THEIRS), None),
    (("events", "PutRule"), {**PUT, "Tags": tagged(THEIRS)}, (RULE, NONE), None),
    (("events", "DeleteRule"), {"Name": "r"}, (RULE, OURS), "register"),
    (("events", "DeleteRule"), {"Name": "r"}, (RULE, THEIRS), None),
    (("events", "DeleteRule"), {"Name": "r"}, (RULE, NONE), None),
    (("events", "EnableRule"), {"Name": "r"}, (RULE, THEIRS), None),
    (("events", "TagResource"), {"ResourceARN": RULE, "Tags": tagged(OURS)}, (RULE, THEIRS), None),
    (("events", "TagResource"), {"ResourceARN": RULE, "Tags": tagged(OURS)}, (RULE, NONE), "create"),  # --adopt
    (("stepfunctions", "DeleteStateMachine"), {"stateMachineArn": MACHINE}, (MACHINE, THEIRS), None),
    (("stepfunctions", "DeleteStateMachine"), {"stateMachineArn": MACHINE}, (MACHINE, OURS), "register"),
    (("stepfunctions", "StartExecution"), {"stateMachineArn": MACHINE}, (MACHINE, NONE), None),
    (("ecs", "DeleteService"), {"cluster": "c", "service": "s"}, (ARN.format("ecs", "service/c/s"), THEIRS), None),
    (("ecs", "DeleteService"), {"cluster": "c", "service": "s"}, (ARN.format("ecs", "service/c/s"), OURS), "register"),
    (("ecs", "RunTask"), {"taskDefinition": "x:1"}, (ARN.format("ecs", "task-definition/x"), NONE), None),
    (("ecs", "RunTask"), {"taskDefinition": "x:1"}, (ARN.format("ecs", "task-definition/x"), OURS), "register"),
    (("ecs", "CreateCluster"), {"clusterName": "c", "tags": tagged(OURS)}, ("", NONE), "create"),
    (("cloudwatch", "PutMetricAlarm"), ALARMED, (ALARM, OURS), "register"),
    (("cloudwatch", "PutMetricAlarm"), {**ALARMED, "Tags": tagged(OURS)}, (ALARM, NONE), "register"),
    (("cloudwatch", "PutMetricAlarm"), ALARMED, (ALARM, NONE), None),
    (("cloudwatch", "PutMetricAlarm"), {"AlarmName": "pager", "Tags": tagged(OURS)}, ("", NONE), None),
    (("cloudwatch", "DeleteAlarms"), {"AlarmNames": ["pager"]}, ("", NONE), None),
    # what carries no tags is bound by its group or name
    (("scheduler", "DeleteSchedule"), GROUP, ("", NONE), "register"),
    (("scheduler", "DeleteSchedule"), FOREIGN_GROUP, ("", NONE), None),
    (("scheduler", "CreateSchedule"), {**GROUP, **TARGET}, ("", NONE), "create"),
    (("scheduler", "UpdateSchedule"), {**GROUP, **TARGET}, ("", NONE), "register"),
    (("scheduler", "UpdateSchedule"), {**GROUP, **ADMIN}, ("", NONE), None),
    (("events", "CreateConnection"), {"Name": "cron2fargate-web2-slack"}, ("", NONE), None),
    (("events", "CreateConnection"), {"Name": "cron2fargate-web1-slack"}, ("", NONE), "create"),
    (("logs", "CreateLogGroup"), {"logGroupName": "/cron2fargate/x", "tags": OURS}, ("", NONE), "create"),
    (("logs", "CreateLogGroup"), {"logGroupName": "/other", "tags": OURS}, ("", NONE), None),
    (
        ("logs", "TagResource"),
        {"resourceArn": ARN.format("logs", "log-group:/cron2fargate/x"), "tags": OURS},
        ("", NONE),
        "create",
    ),
    (("sns", "SetSubscriptionAttributes"), {"SubscriptionArn": ARN.format("sns", "t:1")}, ("", NONE), "create"),
    (("sqs", "SetQueueAttributes"), {"QueueUrl": "https://x/1/cron2fargate-web1-dlq"}, ("", NONE), None),
    (("iam", "CreateRole"), NEW_ROLE, ("", NONE), "create"),
    (("iam", "CreateRole"), {**NEW_ROLE, "RoleName": "admin"}, ("", NONE), None),
    (("iam", "PutRolePolicy"), {"RoleName": "cron2fargate-web1-events"}, ("", NONE), None),
    (("iam", "DeleteRole"), {"RoleName": "cron2fargate-web1-events"}, ("", NONE), None),
]


@pytest.mark.parametrize(("call", "params", "thing", "weakest"), BOUND)
def test_what_each_policy_lets_be_changed(
    call: tuple[str, str], params: dict[str, Any], thing: tuple[str, dict[str, str]], weakest: str | None
) -> None:
    account = Account(ARN.format, {thing[0]: dict(thing[1])})
    requests = account.requests(*call, params)
    found = policies()
    lets = [kind for kind in KINDS if not any(refused(one, found[kind]) for one in requests)]
    assert lets == (list(KINDS[KINDS.index(weakest) :]) if weakest else [])


def test_a_guard_stops_a_call_before_it_is_made() -> None:
    environment = parse_settings(SETTINGS, "x").environments["sandbox"]
    with rehearsal(environment, []) as env:
        aws = connect(env, read_only=False, offline=True)
        account = Account(aws.arn)
        aws.guard = Guard("register", policies()["register"], account)
        with pytest.raises(UserError, match=r"iam --policy register' does not allow events:PutRule on arn:.*rule/new"):
            aws.client("events").put_rule(Name="new", ScheduleExpression="rate(1 day)", Tags=tagged(OURS))
        assert "new" not in {rule["Name"] for rule in aws.session.client("events").list_rules()["Rules"]}
        aws.client("events").list_rules()
        account.tags[ARN.format("events", "rule/new")] = dict(OURS)
        aws.client("events").put_rule(Name="new", ScheduleExpression="rate(1 day)")


def test_with_a_boundary_no_role_is_made_without_it() -> None:
    limit = "arn:aws:iam::123456789012:policy/limit"
    text = SETTINGS.replace("    logRetentionDays", f"    permissionsBoundary: {limit}\n    logRetentionDays")
    environment = parse_settings(text, "x").environments["sandbox"]
    create = policies(environment)["create"]
    account = Account(ARN.format, {"arn:aws:iam::123456789012:role/cron2fargate-web1-events": dict(OURS)})
    name = "cron2fargate-web1-events"
    for operation in ("CreateRole", "PutRolePermissionsBoundary"):
        for given, fine in ((limit, True), ("arn:aws:iam::123456789012:policy/none", False), (None, False)):
            params = {"RoleName": name, "PermissionsBoundary": given, "Tags": tagged(OURS)}
            found = [refused(one, create) for one in account.requests("iam", operation, params) if "Role" in one.action]
            assert (not any(found)) is fine, (operation, given, found)


def test_roles_are_made_within_the_boundary_and_put_back_into_it() -> None:
    environment = parse_settings(SETTINGS, "x").environments["sandbox"].model_copy(update={"notifications": NOBODY})
    with rehearsal(environment, []) as env:
        aws = connect(env, read_only=False, offline=True)
        iam = aws.session.client("iam")
        document = json.dumps(policy(statement("All", ["*"], ["*"])))
        limit, other = (
            iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"] for name in ("limit", "other")
        )
        bounded = replace(aws, environment=env.model_copy(update={"permissions_boundary": limit}), _clients={})
        account = guard(bounded, "web1", "create")
        for part in ("events", "scheduler", "states", "execution", "notify"):  # where the other tests have made them
            account.tags[f"arn:aws:iam::123456789012:role/cron2fargate-web1-{part}"] = dict(OURS)

        def roles() -> list[Step]:
            return [step for step in plan_frame(bounded, "web1", first()) if step.kind == "role"]

        apply_steps(bounded, "shared", roles(), _nothing)
        assert {step.action for step in roles()} == {"same"}
        name = "cron2fargate-web1-events"
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=other)
        assert [step.name for step in roles() if step.action == "change"] == [name]
        apply_steps(bounded, "shared", roles(), _nothing)
        assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=other)
        free = [step for step in plan_frame(aws, "web1", first()) if step.kind == "role"]
        assert {step.action for step in free} == {"same"}, "without the setting a boundary is somebody else's"


def test_both_exports_make_no_role_without_its_boundary() -> None:
    limit = "arn:aws:iam::123456789012:policy/limit"
    env = parse_settings(SETTINGS, "x").environments["sandbox"].model_copy(update={"permissions_boundary": limit})
    for form, role, bound in (
        (cloudformation, "AWS::IAM::Role\n", "PermissionsBoundary"),
        (terraform, '"aws_iam_role" ', "permissions_boundary"),
    ):
        texts = "".join(form.files(export("sandbox", env, "web1", first())).values())
        assert texts.count(role) == texts.count(limit) == texts.count(bound) == 5


def test_of_what_was_there_before_tags_are_not_known_and_names_still_count() -> None:
    create = policies()["create"]
    account = Account(ARN.format, whole=False)
    for name, fine in (("DeleteRule", True), ("PutRule", True)):
        [request] = account.requests("events", name, {"Name": "r"})
        assert (refused(request, create) is None) is fine
    [request] = account.requests("cloudwatch", "DeleteAlarms", {"AlarmNames": ["pager"]})
    assert refused(request, create)


def test_the_policies_fit() -> None:
    """6,144 characters of a managed policy; whoever creates needs an inline one, or a second."""
    sizes = {kind: length(found["Statement"]) for kind, found in policies().items()}
    assert sizes["register"] < 6_144
    assert sizes["create"] < MAX_INLINE


def test_a_call_that_is_not_in_the_table_asks_for_its_own_action() -> None:
    assert [(one.action, one.resource) for one in asked("sqs", "PurgeQueue", {}, ARN.format)] == [
        ("sqs:PurgeQueue", "*")
    ]
    assert asked("sts", "GetCallerIdentity", {}, ARN.format) == []


def test_each_policy_holds_the_one_before() -> None:
    found = policies()
    assert allowed(found["plan"]) < allowed(found["check"]) < allowed(found["register"]) < allowed(found["create"])


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
_BOTO3 = {"states": "stepfunctions", "servicequotas": "service-quotas", "tag": "resourcegroupstaggingapi"}


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
    # Neither has a resource; and tags of a task only at its start (ecs:CreateAction).
    assert wide == {"ecs:CreateCluster", "ecs:TagResource", "sns:SetSubscriptionAttributes"}


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
