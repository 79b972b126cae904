"""The three policies for people and pipelines: to plan (read only), to register (update what exists), to create.

Each holds the one before. What IAM cannot tell apart is in the weaker one: PutRule both makes and changes a rule, and so
does PutMetricAlarm, so the second policy allows them; the tool makes nothing new without ``--create``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from converters.frame.frame import Place
from converters.frame.policies import Policy, Statement, policy, statement

KINDS = ("plan", "register", "create")

# Names of services in IAM, where boto3 has others.
_PREFIX = {"stepfunctions": "states", "service-quotas": "servicequotas"}
# Operations whose action has another name.
_ACTION = {
    ("iam", "SimulatePrincipalPolicy"): "iam:SimulatePrincipalPolicy",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
}
# What needs no permission at all.
_FREE = {("sts", "GetCallerIdentity")}


def action(service: str, operation: str) -> str | None:
    """IAM's action for an operation of boto3's ``service``; None for what everybody may do."""
    if (service, operation) in _FREE:
        return None
    return _ACTION.get((service, operation), f"{_PREFIX.get(service, service)}:{operation}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the policies are about. ``roles`` are ARNs of roles that are passed on; ``log_group`` has ``*`` for jobs."""

    place: Place
    roles: Sequence[str]
    log_group: str
    topic: str
    lock_table: str
    queue: str
    schedule_group: str


# service: operations, and parts of resource ARNs below the service. `None` stands for "*".
_Calls = tuple[str, str, str, Sequence[str] | None]


def _updates(scope: Scope) -> list[_Calls]:
    own = scope.place.name("*")
    group = scope.schedule_group
    return [
        ("WriteTaskDefinitions", "ecs", "RegisterTaskDefinition", None),
        ("WriteServices", "ecs", "DeleteService UpdateService", ["service/*"]),
        ("TagTasks", "ecs", "TagResource", ["task-definition/*", "service/*", "task/*"]),
        (
            "WriteRules",
            "events",
            "DeleteRule DisableRule EnableRule PutRule PutTargets RemoveTargets TagResource",
            ["rule/*"],
        ),
        ("WriteLogs", "logs", "PutRetentionPolicy", [f"log-group:{scope.log_group}:*"]),
        ("WriteSchedules", "scheduler", "DeleteSchedule UpdateSchedule", [f"schedule/{group}/*"]),
        ("TagSchedules", "scheduler", "TagResource", [f"schedule-group/{group}"]),
        (
            "WriteWorkflows",
            "states",
            "DeleteStateMachine StartExecution TagResource UpdateStateMachine",
            ["stateMachine:*"],
        ),
        ("WriteTopic", "sns", "SetSubscriptionAttributes SetTopicAttributes", [scope.topic]),
        ("WriteQueue", "sqs", "SetQueueAttributes", [scope.queue]),
        ("WriteTable", "dynamodb", "UpdateTimeToLive", [f"table/{scope.lock_table}"]),
        ("WriteAlarms", "cloudwatch", "DeleteAlarms PutMetricAlarm TagResource", [f"alarm:{own}"]),
        ("RunTasks", "ecs", "RunTask", ["task-definition/*"]),
    ]


def _creations(scope: Scope) -> list[_Calls]:
    own = scope.place.name("*")
    api = [f"connection/{own}", f"api-destination/{own}"]
    return [
        ("MakeClusters", "ecs", "CreateCluster", None),
        ("MakeServices", "ecs", "CreateService", ["service/*"]),
        ("TagClusters", "ecs", "TagResource", ["cluster/*"]),
        (
            "MakeDestinations",
            "events",
            "CreateApiDestination CreateConnection UpdateApiDestination UpdateConnection",
            api,
        ),
        ("MakeLogs", "logs", "CreateLogGroup TagResource", [f"log-group:{scope.log_group}:*"]),
        ("MakeSchedules", "scheduler", "CreateSchedule", [f"schedule/{scope.schedule_group}/*"]),
        ("MakeGroup", "scheduler", "CreateScheduleGroup", [f"schedule-group/{scope.schedule_group}"]),
        ("MakeWorkflows", "states", "CreateStateMachine", ["stateMachine:*"]),
        ("MakeTopic", "sns", "CreateTopic Subscribe TagResource", [scope.topic]),
        ("MakeQueue", "sqs", "CreateQueue TagQueue", [scope.queue]),
        ("MakeTable", "dynamodb", "CreateTable TagResource", [f"table/{scope.lock_table}"]),
        ("MakeRoles", "iam", "CreateRole PutRolePolicy TagRole UpdateAssumeRolePolicy", [f"role/{own}"]),
    ]


# EventBridge keeps the key of a connection in a secret of its own, in the name of whoever makes the connection.
_CONNECTION_SECRETS = "CreateSecret DeleteSecret DescribeSecret GetSecretValue PutSecretValue UpdateSecret"


def operator_policy(kind: str, scope: Scope, reads: Iterable[tuple[str, str]], secrets: Sequence[str] = ()) -> Policy:
    """``kind`` is one of KINDS; ``reads`` are (service, operation) of every call that a dry run may make; ``secrets``
    are ARNs of the secrets that connections are made with."""
    statements = [_reading(reads)]
    if kind != "plan":
        statements += [_statement(scope.place, *calls) for calls in _updates(scope)]
        statements.append(_passing(scope))
    if kind == "create":
        statements += [_statement(scope.place, *calls) for calls in _creations(scope)]
        if secrets:
            statements += _of_connections(scope.place, secrets)
    return policy(*statements)


def _reading(reads: Iterable[tuple[str, str]]) -> Statement:
    actions = {found for service, operation in reads if (found := action(service, operation))}
    return statement("Read", sorted(actions), ["*"])


def _statement(place: Place, sid: str, service: str, operations: str, resources: Sequence[str] | None) -> Statement:
    actions = [f"{service}:{operation}" for operation in operations.split()]
    if resources is None:
        return statement(sid, actions, ["*"])
    return statement(sid, actions, [place.arn(service, item, region=service != "iam") for item in resources])


def _passing(scope: Scope) -> Statement:
    services = ["ecs-tasks", "events", "scheduler", "states"]
    condition = {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in services]}}
    return statement("PassRoles", ["iam:PassRole"], scope.roles, condition)


def _of_connections(place: Place, secrets: Sequence[str]) -> list[Statement]:
    actions = [f"secretsmanager:{operation}" for operation in _CONNECTION_SECRETS.split()]
    linked = "role/aws-service-role/apidestinations.events.amazonaws.com/*"
    return [
        statement("ReadTheirSecrets", ["secretsmanager:GetSecretValue"], secrets),
        statement("KeepSecrets", actions, [place.arn("secretsmanager", "secret:events!connection/*")]),
        statement("MakeLinkedRole", ["iam:CreateServiceLinkedRole"], [place.arn("iam", linked, region=False)]),
    ]
