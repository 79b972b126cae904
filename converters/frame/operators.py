"""The policies for people and pipelines: to plan (read only), to check (more reading), to register (what exists), to create.

Each holds the one before. "Update only" is a fact of IAM: what makes new things is in the last one alone, and what makes or
changes (PutRule, PutMetricAlarm) is bound to things that bear the owner's tag, which a new one does not. Which key binds
what: Service Authorization Reference, as aws-2.md 1.1 has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from converters.frame.place import Place
from converters.frame.policies import Policy, Statement, policy, statement
from converters.rights.requests import action

DISCOVER = "discover"
"""Apart from the others: reads of the whole account, and of nothing that a workspace needs beside them."""
KINDS = ("plan", "check", "register", "create")
OWNER_TAG = "cron2fargate:owner"


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
    boundary: str | None = None


# How a statement is bound beside its resources: to things of the owner's, to new things that are made the owner's, or
# by name alone (schedules and connections carry no tags that IAM compares).
_OURS, _NEW, _NAMED = "ours", "new", "named"

# Sid, service, operations, how it is bound, and parts of resource ARNs below the service. `None` stands for "*".
_Calls = tuple[str, str, str, str, Sequence[str] | None]


def _updates(scope: Scope) -> list[_Calls]:
    own, group = scope.place.name("*"), scope.schedule_group
    return [
        # Each revision is a new thing.
        ("WriteTaskDefinitions", "ecs", "RegisterTaskDefinition TagResource", _NEW, ["task-definition/*"]),
        ("WriteServices", "ecs", "DeleteService UpdateService", _OURS, ["service/*"]),
        ("WriteTags", "ecs", "TagResource", _OURS, ["service/*", "task-definition/*"]),
        (
            "WriteRules",
            "events",
            "DeleteRule DisableRule EnableRule PutRule PutTargets RemoveTargets TagResource",
            _OURS,
            ["rule/*"],
        ),
        ("WriteLogs", "logs", "PutRetentionPolicy", _OURS, [f"log-group:{scope.log_group}:*"]),
        ("WriteSchedules", "scheduler", "DeleteSchedule UpdateSchedule", _NAMED, [f"schedule/{group}/*"]),
        (
            "WriteWorkflows",
            "states",
            "DeleteStateMachine StartExecution TagResource UpdateStateMachine",
            _OURS,
            ["stateMachine:*"],
        ),
        # `enable` makes the alarm of a job, and `disable` takes it away.
        ("MakeAlarms", "cloudwatch", "PutMetricAlarm TagResource", _NEW, [f"alarm:{own}"]),
        ("WriteAlarms", "cloudwatch", "DeleteAlarms PutMetricAlarm", _OURS, [f"alarm:{own}"]),
        ("RunTasks", "ecs", "RunTask", _OURS, ["task-definition/*"]),
        # `missing --known` writes a job's name into the watchman's item.
        # `redrive` frees the slot of a run that failed.
        ("KnowMissing", "dynamodb", "DeleteItem UpdateItem", _OURS, [f"table/{scope.lock_table}"]),
        # It starts what was given up; a queue of the settings may bear no tag of ours.
        ("ReadLetters", "sqs", "ChangeMessageVisibility DeleteMessage ReceiveMessage", _NAMED, [scope.queue]),
    ]


def _creations(scope: Scope) -> list[_Calls]:
    own, group, place = scope.place.name("*"), scope.schedule_group, scope.place
    # One that all environments share has no environment in its name.
    passed = scope.roles if place.keys else ()
    shared = [arn.rpartition(":")[2] for arn in passed if place.is_shared(arn.rpartition("/")[2])]
    roles = [f"role/{own}", *shared]
    api = [f"connection/{own}", f"api-destination/{own}"]
    return [
        ("MakeClusters", "ecs", "CreateCluster", _NEW, None),
        ("MakeServices", "ecs", "CreateService TagResource", _NEW, ["service/*", "cluster/*"]),
        ("MakeRules", "events", "PutRule TagResource", _NEW, ["rule/*"]),
        (
            "MakeDestinations",
            "events",
            "CreateApiDestination CreateConnection UpdateApiDestination UpdateConnection",
            _NAMED,
            api,
        ),
        ("MakeLogs", "logs", "CreateLogGroup", _NEW, [f"log-group:{scope.log_group}:*"]),
        # The ARN of a group whose tags are written has no `:*` (CloudWatch Logs, TagResource).
        ("TagLogs", "logs", "TagResource", _NEW, [f"log-group:{scope.log_group}"]),
        ("MakeSchedules", "scheduler", "CreateSchedule", _NAMED, [f"schedule/{group}/*"]),
        ("MakeGroup", "scheduler", "CreateScheduleGroup TagResource", _NEW, [f"schedule-group/{group}"]),
        ("MakeWorkflows", "states", "CreateStateMachine TagResource", _NEW, ["stateMachine:*"]),
        ("MakeTopic", "sns", "CreateTopic TagResource", _NEW, [scope.topic]),
        ("WriteTopic", "sns", "SetTopicAttributes Subscribe", _OURS, [scope.topic]),
        # The Service Authorization Reference knows no resource for it.
        ("ChangeSubscriptions", "sns", "SetSubscriptionAttributes", _NAMED, None),
        ("MakeQueue", "sqs", "CreateQueue TagQueue", _NEW, [scope.queue]),
        ("WriteQueue", "sqs", "SetQueueAttributes", _OURS, [scope.queue]),
        ("MakeTable", "dynamodb", "CreateTable TagResource", _NEW, [f"table/{scope.lock_table}"]),
        ("WriteTable", "dynamodb", "UpdateTimeToLive", _OURS, [f"table/{scope.lock_table}"]),
        ("MakeRoles", "iam", "CreateRole", _NEW, roles),
        ("TagRoles", "iam", "TagRole", _NEW, roles),
        *([("BoundRoles", "iam", "PutRolePermissionsBoundary", _OURS, roles)] if scope.boundary else []),
        ("WriteRoles", "iam", "PutRolePolicy UpdateAssumeRolePolicy", _OURS, roles),
    ]


# EventBridge keeps the key of a connection in a secret of its own, in the name of whoever makes the connection.
_CONNECTION_SECRETS = "CreateSecret DescribeSecret GetSecretValue PutSecretValue UpdateSecret"


def operator_policy(
    kind: str,
    scope: Scope,
    reads: Iterable[tuple[str, str]],
    secrets: Sequence[str] = (),
    plan_reads: Iterable[tuple[str, str]] | None = None,
) -> Policy:
    """``kind`` is one of KINDS; ``reads`` are (service, operation) of every call that a dry run may make, ``plan_reads``
    those of them that a plan makes; ``secrets`` are ARNs of the secrets that connections are made with."""
    calls = _updates(scope) if kind in ("register", "create") else []
    calls += _creations(scope) if kind == "create" else []
    statements = [_reading(reads if plan_reads is None or kind != "plan" else plan_reads), *_joined(scope, calls)]
    if calls:
        statements += [_starting(), _passing(scope)]
    if kind == "create":
        statements += _linked(scope.place, [*(["apidestinations.events"] if secrets else []), "ecs"])
        statements += _of_connections(scope.place, secrets) if secrets else []
    return policy(*statements)


_BOUNDED = {"MakeRoles", "BoundRoles"}  # each names the boundary that a role has to have
_SIDS = {_OURS: "ChangeWhatIsOurs", _NEW: "MakeOurs", _NAMED: "ChangeByName"}


def _joined(scope: Scope, calls: Sequence[_Calls]) -> list[Statement]:
    """One statement for all that is bound alike: an action finds its own kind of resource by itself, and a condition for each
    service would not fit into a policy (6,144 characters of a managed one)."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for sid, service, operations, how, resources in calls:
        alone = resources is None or (sid in _BOUNDED and scope.boundary)
        actions, arns = found.setdefault(sid if alone else _SIDS[how], ([], []))
        actions += [f"{service}:{operation}" for operation in operations.split()]
        place = scope.place
        arns += ["*"] if resources is None else [place.arn(service, one, region=service != "iam") for one in resources]
    how_of = {sid: how for sid, _service, _operations, how, _resources in calls} | {v: k for k, v in _SIDS.items()}
    return [
        statement(sid, sorted(set(actions)), arns, _bound(how_of[sid], scope, role=sid in _BOUNDED))
        for sid, (actions, arns) in found.items()
    ]


def _reading(reads: Iterable[tuple[str, str]]) -> Statement:
    actions = {found for service, operation in reads if (found := action(service, operation))}
    return statement("Read", sorted(actions), ["*"])


def _bound(how: str, scope: Scope, *, role: bool) -> dict[str, object] | None:
    if how == _NAMED:
        return None
    ours = {f"aws:ResourceTag/{OWNER_TAG}": scope.place.owner}
    # The tag of a request holds for what is there, too: without the second line it would be a right to overwrite what bears
    # another owner's tag (PutRule, PutMetricAlarm, CreateTopic).
    new = {"StringEquals": {f"aws:RequestTag/{OWNER_TAG}": scope.place.owner}, "StringEqualsIfExists": ours}
    found: dict[str, object] = {"StringEquals": ours} if how == _OURS else dict(new)
    return found | ({"ArnEquals": {"iam:PermissionsBoundary": scope.boundary}} if role and scope.boundary else {})


# What a read of `discover` can be bound to, below its service; all others know no resource (Service Authorization Reference,
# as aws-2.md 1.1 has it: ListRules, ListSchedules, DescribeTaskDefinition and the lists of ECS, Batch and States are `*`).
_DISCOVERED: dict[tuple[str, str], tuple[str, ...]] = {
    ("events", "ListTargetsByRule"): ("rule/*",),
    ("events", "ListTagsForResource"): ("rule/*",),
    ("scheduler", "GetSchedule"): ("schedule/*",),
    ("scheduler", "ListTagsForResource"): ("schedule-group/*",),
    ("ecs", "DescribeServices"): ("service/*",),
    ("stepfunctions", "DescribeStateMachine"): ("stateMachine:*",),
    ("stepfunctions", "ListTagsForResource"): ("stateMachine:*",),
}


def discovering_policy(place: Place, reads: Iterable[tuple[str, str]]) -> Policy:
    """For `discover`: ``reads`` in one account and region, and nowhere else."""
    wide: list[str] = []
    bound: list[str] = []
    arns: list[str] = []
    for call in sorted(reads):
        name, parts = action(*call), _DISCOVERED.get(call)
        if name is None:
            continue
        (bound if parts else wide).append(name)
        arns += [place.arn(name.partition(":")[0], part) for part in parts or ()]
    # aws:RequestedRegion stands in every request (IAM user guide, "AWS global condition context keys").
    region = {"StringEquals": {"aws:RequestedRegion": place.region}}
    return policy(
        statement("ListInRegion", wide, ["*"], region), statement("ReadWhatStarts", bound, list(dict.fromkeys(arns)))
    )


def _starting() -> Statement:
    """Tags of a task are asked for at its start; CreateAction keeps the right to that moment."""
    return statement("TagTasks", ["ecs:TagResource"], ["*"], {"StringEquals": {"ecs:CreateAction": "RunTask"}})


def _passing(scope: Scope) -> Statement:
    # IAM user guide: no ResourceTag with PassRole; names and the service bind it.
    services = ["ecs-tasks", "events", "scheduler", "states"]
    condition = {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in services]}}
    return statement("PassRoles", ["iam:PassRole"], scope.roles, condition)


def _linked(place: Place, services: Sequence[str]) -> list[Statement]:
    """ECS and EventBridge each want a role of AWS's own in the account, made at the first cluster or connection."""
    arns = [place.arn("iam", f"role/aws-service-role/{name}.amazonaws.com/*", region=False) for name in services]
    condition = {"StringEquals": {"iam:AWSServiceName": [f"{name}.amazonaws.com" for name in services]}}
    return [statement("MakeLinkedRoles", ["iam:CreateServiceLinkedRole"], arns, condition)]


def _of_connections(place: Place, secrets: Sequence[str]) -> list[Statement]:
    actions = [f"secretsmanager:{operation}" for operation in _CONNECTION_SECRETS.split()]
    kept = place.arn("secretsmanager", f"secret:events!connection/{place.name('*')}")
    return [
        statement("ReadTheirSecrets", ["secretsmanager:GetSecretValue"], secrets),
        statement("KeepSecrets", actions, [kept]),
    ]
