"""IAM policies: what each role of the frame may do, and who may do what to the resources of the frame.

Documents in IAM's own shape (dicts for JSON). Every statement has a ``Sid``, so that what is on AWS can be compared
and joined statement by statement. Facts: what a target needs, ``.sync`` of Step Functions, queue and topic policies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from converters.specs.untyped import fields, first, rows, texts

Statement = dict[str, object]
Policy = dict[str, object]

VERSION = "2012-10-17"
MAX_INLINE = 10_240
"""Characters that all inline policies of a role have together, blanks not counted (an IAM quota)."""

# Lists that grow with the number of jobs, and what stands for them when they grow too long.
_WIDER = {"RunTasks": ":task-definition/", "StartWorkflows": ":stateMachine:", "PullImages": ":repository/"}


def policy(*statements: Statement) -> Policy:
    return {"Version": VERSION, "Statement": [item for item in statements if item["Resource"]]}


def statement(
    sid: str, actions: Sequence[str], resources: Iterable[str], condition: Mapping[str, object] | None = None
) -> Statement:
    """Allow ``actions`` on ``resources`` (sorted, each once); without resources ``policy`` leaves it out."""
    result: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": sorted(dict.fromkeys(resources)),
    }
    return result | ({"Condition": dict(condition)} if condition else {})


def trust(services: Sequence[str], account: str, group: str | None = None) -> Policy:
    """Who may take on a role: ``services`` on behalf of this ``account`` alone, so that no other account can use them.

    ``group`` is the ARN of a schedule group; Scheduler knows no finer source.
    """
    condition: dict[str, object] = {"StringEquals": {"aws:SourceAccount": account}}
    # docs "Cross-service confused deputy prevention": Scheduler's source is the group's ARN, not the schedule's.
    if group:
        condition["ArnEquals"] = {"aws:SourceArn": group}
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "Trust",
                "Effect": "Allow",
                "Principal": {"Service": sorted(services)},
                "Action": "sts:AssumeRole",
                "Condition": condition,
            }
        ],
    }


def run_tasks(families: Iterable[str], clusters: Iterable[str], roles: Iterable[str]) -> list[Statement]:
    """To start tasks of these families (ARNs ending in ``:*``) on these clusters, with these roles and no others."""
    return [
        # RunTask resolves the revision before it asks IAM (since 2024-03-21): the policy must cover FAMILY:*.
        statement("RunTasks", ["ecs:RunTask"], families, {"ArnEquals": {"ecs:cluster": sorted(set(clusters))}}),
        statement(
            "PassRoles", ["iam:PassRole"], roles, {"StringLike": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        ),
        # Tags at launch need ecs:TagResource; CreateAction keeps it to that moment.
        statement("TagTasks", ["ecs:TagResource"], ["*"], {"StringEquals": {"ecs:CreateAction": ["RunTask"]}}),
    ]


def follow_tasks(rule: str) -> list[Statement]:
    """What ``ecs:runTask.sync`` does after the start; ``rule`` is the ARN of AWS's own managed rule."""
    return [
        # StopTask and DescribeTasks of tasks whose ARNs nobody knows before.
        statement("FollowTasks", ["ecs:StopTask", "ecs:DescribeTasks"], ["*"]),
        # docs "IAM policies for Amazon ECS": Step Functions hears of the end by a rule of its own.
        statement("HearOfTasks", ["events:PutTargets", "events:PutRule", "events:DescribeRule"], [rule]),
    ]


def start_workflows(machines: Iterable[str]) -> Statement:
    return statement("StartWorkflows", ["states:StartExecution"], machines)


def hold_locks(table: str) -> Statement:
    actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    return statement("HoldLocks", actions, [table])


def publish(topic: str) -> Statement:
    return statement("Publish", ["sns:Publish"], [topic])


def send(queue: str) -> Statement:
    return statement("SendGivenUpStarts", ["sqs:SendMessage"], [queue])


def pull_and_log(repositories: Iterable[str], groups: Iterable[str]) -> list[Statement]:
    """To pull images from ECR and to write logs; registries outside ECR need no right of AWS."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    repositories = list(repositories)
    return [
        # GetAuthorizationToken knows no resource.
        statement("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"] if repositories else []),
        statement("PullImages", pull, repositories),
        statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], groups),
    ]


def read_secrets(sources: Iterable[str]) -> list[Statement]:
    """``sources`` are ARNs of SSM parameters and of secrets."""
    sources = list(sources)
    return [
        statement("ReadParameters", ["ssm:GetParameters"], [arn for arn in sources if ":ssm:" in arn]),
        statement(
            "ReadSecrets", ["secretsmanager:GetSecretValue"], [arn for arn in sources if ":secretsmanager:" in arn]
        ),
    ]


def read_environment_files(objects: Iterable[str]) -> list[Statement]:
    """``objects`` are ARNs of objects in S3, which the execution role reads when a task starts."""
    objects = list(objects)
    return [
        statement("ReadEnvironmentFiles", ["s3:GetObject"], objects),
        # docs "IAM permissions for environment files": the agent asks where the bucket is before it reads.
        statement("FindEnvironmentFiles", ["s3:GetBucketLocation"], [arn.partition("/")[0] for arn in objects]),
    ]


def topic_policy(topic: str, account: str) -> Policy:
    """CloudWatch and EventBridge of this account may publish."""
    # EventBridge targets SNS and SQS by resource policy, not by a role.
    return _resource_policy("sns:Publish", topic, ["cloudwatch.amazonaws.com", "events.amazonaws.com"], account)


def queue_policy(queue: str, account: str) -> Policy:
    """EventBridge and Scheduler of this account may send the starts that were given up."""
    return _resource_policy("sqs:SendMessage", queue, ["events.amazonaws.com", "scheduler.amazonaws.com"], account)


def _resource_policy(action: str, resource: str, services: list[str], account: str) -> Policy:
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "cron2fargate",
                "Effect": "Allow",
                "Principal": {"Service": services},
                "Action": action,
                "Resource": resource,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def joined(live: Policy | None, wanted: Policy) -> Policy:
    """``wanted`` with the resources that ``live`` lists under the same Sid: a run that knows a few jobs only must not
    take the others' rights away. What grows too long for an inline policy becomes a pattern over all names."""
    before = {item.get("Sid"): item for item in rows((live or {}).get("Statement"))}
    statements = []
    for item in rows(wanted["Statement"]):
        sid = str(item["Sid"])
        old = before.pop(sid, {})
        merged = _with_values(old, item)
        # A statement whose condition changed is another one: its resources are not taken over.
        resources = [*texts(item["Resource"]), *(texts(old.get("Resource")) if merged is not None else [])]
        statements.append(item | (merged or {}) | {"Resource": _uncovered(sid, resources)})
    # Jobs not known to this run may be the only ones with secrets, workflows or locks.
    statements += [old for old in before.values() if old.get("Sid") in _OF_JOBS]
    return fitted({"Version": VERSION, "Statement": statements})


_OF_OTHERS = {"ecs:cluster", "aws:SourceArn"}
"""Keys of conditions that list what is of a region or a cluster: those of the jobs outside this run stay."""


def _with_values(old: Statement, new: Statement) -> Statement | None:
    """``new``'s condition with the clusters and groups that ``old`` lists; None where they differ in more than these."""
    condition: dict[str, object] = {}
    for operator, keys in fields(new.get("Condition")).items():
        there = fields(fields(old.get("Condition")).get(operator))
        condition[operator] = {
            key: sorted({*texts(values), *texts(there.get(key))}) if key in _OF_OTHERS else values
            for key, values in fields(keys).items()
        }

    def rest(one: Statement) -> object:
        conditions = {
            operator: {key: 0 if key in _OF_OTHERS else values for key, values in fields(keys).items()}
            for operator, keys in fields(one.get("Condition")).items()
        }
        return canonical({**one, "Resource": 0, "Action": 0, "Condition": conditions})

    if rest(old) != rest(new):
        return None
    return {"Condition": condition} if condition else {}


def _uncovered(sid: str, resources: list[str]) -> list[str]:
    """Each once, and none that a pattern of this role's own covers already: it was widened, and would grow back."""
    patterns = tuple(
        arn[:-1] for arn in resources if arn.endswith("*") and arn.partition(_WIDER.get(sid, "\n"))[2] == "*"
    )
    return sorted({arn for arn in resources if arn[:-1] in patterns or not arn.startswith(patterns)})


def trusting(live: Policy | None, wanted: Policy) -> Policy:
    """The trust that is wanted, with the schedule groups of other regions and environments that the live one lists."""
    before = first((live or {}).get("Statement"))
    statement = first(wanted["Statement"])
    merged = _with_values({**before, "Resource": 0}, {**statement, "Resource": 0})
    return wanted | {"Statement": [statement | (merged or {})]}


_OF_JOBS = {
    "ReadParameters",
    "ReadSecrets",
    "ReadEnvironmentFiles",
    "FindEnvironmentFiles",
    "StartWorkflows",
    "PullImages",
    "SignInToRegistry",
    "HoldLocks",
}


def fitted(document: Policy) -> Policy:
    """The same, within the quota: the longest lists are replaced by patterns that cover them."""
    statements = [dict(item) for item in rows(document["Statement"])]
    for item in sorted(statements, key=lambda item: -len(json.dumps(item["Resource"]))):
        # IAM counts characters without white space; some room is left for another writer.
        if length(statements) <= MAX_INLINE - 500:
            break
        part = _WIDER.get(str(item.get("Sid", "")))
        if part:
            item["Resource"] = sorted({arn.partition(part)[0] + part + "*" for arn in texts(item["Resource"])})
    return {"Version": VERSION, "Statement": statements}


def length(statements: list[Statement]) -> int:
    return len("".join(json.dumps(statements).split()))


def canonical(document: object) -> object:
    """A form in which two documents are equal when IAM means the same by them: lists of one and their order."""
    if isinstance(document, dict):
        return {key: canonical(value) for key, value in document.items()}
    if isinstance(document, list):
        inner = [canonical(item) for item in document]
        words = texts(inner)
        if len(words) == len(inner):
            # IAM reads a single string and a list of one alike, and returns either.
            return sorted(words) if len(words) != 1 else words[0]
        return sorted(inner, key=lambda item: json.dumps(item, sort_keys=True))
    return document
