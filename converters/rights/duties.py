"""What a role will be made to do for a job: the calls of a target, of a workflow, and of a task's start, from their payloads.

Payloads as AWS has them: a target of EventBridge or Scheduler, a definition of Step Functions, a task definition. What is
known only while it runs (an ARN that an expression makes) is a call that is not ``sure``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from converters.rights.patterns import Values
from converters.specs.untyped import Fields, fields, rows

EVENTS, SCHEDULER, STATES, TASKS = (f"{name}.amazonaws.com" for name in ("events", "scheduler", "states", "ecs-tasks"))

Payload = Fields
Arn = Callable[[str, str], str]
"""Service and resource -> an ARN of the place in question."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one resource. ``cover`` is what a policy names for it, where that is more than this one resource, and
    ``sure`` is False where neither may be needed or the resource shows only later."""

    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)
    cover: str = ""
    sure: bool = True

    def statement(self) -> dict[str, object]:
        """The statement to add, so that the call is allowed."""
        result: dict[str, object] = {"Effect": "Allow", "Action": self.action, "Resource": self.cover or self.resource}
        if not self.context:
            return result
        condition: dict[str, dict[str, str]] = {}
        for key, values in self.context.items():
            operator = "ArnEquals" if values[0].startswith("arn:") else "StringEquals"
            condition.setdefault(operator, {})[key] = values[0]
        return result | {"Condition": condition}


@dataclass(frozen=True, slots=True)
class Duty:
    """One role: which service takes it on, on behalf of which resource (``source``; empty where that is not known), and
    what is called in its name. ``letters`` is a queue that the service itself sends to, without the role."""

    role: str
    service: str
    source: str
    calls: tuple[Call, ...]
    letters: str = ""


def of_target(target: Payload, task: Payload | None, service: str, source: str) -> Duty | None:
    """The role of a target; None where it has none. ``task`` is the task definition that an ECS target starts, and
    ``source`` the ARN of the rule or of the schedule's group."""
    role = str(target.get("RoleArn", ""))
    if not role:
        return None
    arn, queue = str(target.get("Arn", "")), str(fields(target.get("DeadLetterConfig")).get("Arn", ""))
    calls = list(_started(arn, target, task))
    if service == SCHEDULER and queue:
        # Scheduler writes to the queue in the name of the schedule's role, a rule in its own (aws.md 3.2).
        calls.append(Call("sqs:SendMessage", queue))
    return Duty(role, service, source, tuple(calls), queue if service == EVENTS else "")


def _started(arn: str, target: Payload, task: Payload | None) -> Iterator[Call]:
    if ":stateMachine:" in arn:
        yield Call("states:StartExecution", arn)
        return
    parameters = fields(target.get("EcsParameters"))
    if parameters:
        tagged = bool(parameters.get("PropagateTags") or parameters.get("Tags"))
        yield from run_task(arn, str(parameters.get("TaskDefinitionArn", "")), task, tagged=tagged)


def run_task(cluster: str, definition: str, task: Payload | None, *, tagged: bool) -> Iterator[Call]:
    """ecs:RunTask and what goes with it. ``definition`` is an ARN with or without its revision, or any other mark of a
    revision that is still to be registered: then the family of ``task`` counts."""
    start, family = cluster.partition(":cluster/")[0], str((task or {}).get("family", ""))
    if definition.startswith("arn:"):
        family = definition.rpartition("/")[2].partition(":")[0]
    revision = definition if re.search(r":\d+$", definition) else f"{start}:task-definition/{family}:1"
    # RunTask resolves the revision before it asks IAM (since 2024-03-21): a policy must cover FAMILY:*.
    yield Call(
        "ecs:RunTask",
        revision,
        {"ecs:cluster": (cluster,)},
        f"{revision.rpartition(':')[0]}:*",
    )
    for role in passed(task):
        yield Call("iam:PassRole", role, {"iam:PassedToService": (TASKS,)})
    if tagged:
        # Tags at launch are asked for apart; whether those that are passed on from the definition are, AWS does not say.
        name = cluster.rpartition("/")[2]
        yield Call("ecs:TagResource", f"{start}:task/{name}/1", {"ecs:CreateAction": ("RunTask",)}, "*", sure=False)


def passed(task: Payload | None) -> list[str]:
    """Roles that whoever starts a task passes to ECS."""
    found = [str((task or {}).get(key) or "") for key in ("executionRoleArn", "taskRoleArn")]
    return list(dict.fromkeys(role for role in found if role))


# Step Functions' own integrations: call -> action, and the argument that names the resource.
_INTEGRATIONS = {
    "sns:publish": ("sns:Publish", "TopicArn"),
    "states:startExecution": ("states:StartExecution", "StateMachineArn"),
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
    "dynamodb:getItem": ("dynamodb:GetItem", "TableName"),
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "dynamodb:deleteItem": ("dynamodb:DeleteItem", "TableName"),
}
# Names of the AWS SDK for Java, which states of `aws-sdk:` bear, where IAM's prefix is another.
_SDK = {"sfn": "states", "cloudwatchlogs": "logs", "cloudwatch": "cloudwatch", "eventbridge": "events"}
_OWN_RULE = "rule/StepFunctionsGetEventsForECSTaskRule"


def of_workflow(arn: str, role: str, definition: Payload, task: Payload | None) -> Duty:
    """The role of a state machine: the calls of all its states, each once."""
    place = _place_of(arn)
    found: dict[str, Call] = {}
    for state in states(definition):
        for call in _of_state(state, place, task):
            found.setdefault(json.dumps([call.action, call.resource, dict(call.context)]), call)
    return Duty(role, STATES, arn, tuple(found.values()))


def states(definition: Payload) -> Iterator[Payload]:
    """Every state, within branches and maps too."""
    inner = definition.get("States")
    for state in inner.values() if isinstance(inner, Mapping) else ():
        if not isinstance(state, Mapping):
            continue
        yield state
        for part in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if isinstance(part, Mapping):
                yield from states(part)


def _place_of(arn: str) -> Arn:
    parts = [*arn.split(":"), "", "", "", "", "", ""]
    return lambda service, resource: f"arn:{parts[1]}:{service}:{parts[3]}:{parts[4]}:{resource}"


def _of_state(state: Payload, place: Arn, task: Payload | None) -> Iterator[Call]:
    if state.get("Type") != "Task":
        return
    called = str(state.get("Resource", "")).partition(":states:::")[2]
    arguments = state.get("Arguments") or state.get("Parameters") or {}
    arguments = arguments if isinstance(arguments, Mapping) else {}
    kind, _, pattern = called.partition(".")
    if kind == "ecs:runTask":
        yield from _run_task(arguments, place, task, waits=pattern.startswith("sync"))
    elif kind == "events:putEvents":
        yield Call("events:PutEvents", place("events", "event-bus/default"))
    elif kind.startswith("aws-sdk:"):
        _, service, action = [*kind.split(":"), "", ""][:3]
        name = action[:1].upper() + action[1:]
        arn = next((str(value) for value in arguments.values() if str(value).startswith("arn:")), "*")
        yield Call(f"{_SDK.get(service, service)}:{name}", arn, sure=arn != "*")
    else:
        yield from _integration(kind, arguments, place)


def _integration(kind: str, arguments: Payload, place: Arn) -> Iterator[Call]:
    action, key = _INTEGRATIONS.get(kind, (kind, ""))
    named = str(arguments.get(key, ""))
    if not key or not named or named.startswith("{%"):
        yield Call(action, "*", sure=False)
    elif key == "QueueUrl":
        yield Call(action, place("sqs", named.rpartition("/")[2]))
    elif named.startswith("arn:"):
        yield Call(action, named)
    else:
        kinds = {"TableName": "table/", "FunctionName": "function:"}
        yield Call(action, place(action.partition(":")[0], kinds.get(key, "") + named))


def _run_task(arguments: Payload, place: Arn, task: Payload | None, *, waits: bool) -> Iterator[Call]:
    cluster, definition = str(arguments.get("Cluster", "default")), str(arguments.get("TaskDefinition", ""))
    if not cluster.startswith("arn:"):
        cluster = place("ecs", f"cluster/{cluster}")
    tagged = bool(arguments.get("PropagateTags") or arguments.get("Tags"))
    yield from run_task(cluster, definition, task, tagged=tagged)
    if not waits:
        return
    one = place("ecs", f"task/{cluster.rpartition('/')[2]}/1")
    for action in ("ecs:DescribeTasks", "ecs:StopTask"):
        yield Call(action, one, cover="*")
    for action in ("events:DescribeRule", "events:PutRule", "events:PutTargets"):
        # docs "IAM policies for Amazon ECS" (Step Functions): it hears of the task's end by a rule of its own.
        yield Call(action, place("events", _OWN_RULE))


def of_task(task: Payload, place: Arn) -> list[Duty]:
    """The roles that ECS takes on for a task: the execution role with what it does before the containers start, and the
    task role, whose calls are the job's own business. ``place`` makes ARNs of the account and region."""
    execution, own = (str(task.get(key) or "") for key in ("executionRoleArn", "taskRoleArn"))
    # docs "Task IAM role": the source of a task is known by account and region only; a cluster cannot be named there.
    source = place("ecs", "*")
    duties = []
    if execution:
        calls = [call for box in rows(task.get("containerDefinitions")) for call in _of_container(box, place)]
        once = {json.dumps([call.action, call.resource]): call for call in calls}
        duties.append(Duty(execution, TASKS, source, tuple(once.values())))
    if own and own != execution:
        duties.append(Duty(own, TASKS, source, ()))
    return duties


def _of_container(box: Payload, place: Arn) -> Iterator[Call]:
    yield from _pulls(str(box.get("image", "")))
    log = fields(box.get("logConfiguration"))
    options = fields(log.get("options"))
    if log.get("logDriver") == "awslogs" and options.get("awslogs-group"):
        group = place("logs", f"log-group:{options['awslogs-group']}")
        if options.get("awslogs-region"):
            group = ":".join([*group.split(":")[:3], str(options["awslogs-region"]), *group.split(":")[4:]])
        stream = f"{group}:log-stream:{options.get('awslogs-stream-prefix', 'x')}/{box.get('name', '')}/1"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            yield Call(action, stream, cover=f"{group}:*")
        if str(options.get("awslogs-create-group", "")).lower() == "true":
            yield Call("logs:CreateLogGroup", group)
    for one in [*rows(box.get("secrets")), *rows(log.get("secretOptions"))]:
        yield _secret(str(one.get("valueFrom", "")), place)
    credentials = fields(box.get("repositoryCredentials")).get("credentialsParameter")
    if credentials:
        yield _secret(str(credentials), place)
    for one in rows(box.get("environmentFiles")):
        value = str(one.get("value", ""))
        yield Call("s3:GetObject", value)
        yield Call("s3:GetBucketLocation", value.partition("/")[0])


def _pulls(image: str) -> Iterator[Call]:
    """Of an image in ECR; other registries need no right of AWS."""
    host, _, rest = image.partition("/")
    match = re.fullmatch(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([\w-]+)\.amazonaws\.com(\.cn)?", host)
    if match is None:
        return
    account, region, china = match.groups()
    partition = "aws-cn" if china else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    name = rest.partition("@")[0].rpartition("/")
    repository = f"{name[0]}{name[1]}{name[2].partition(':')[0]}"
    yield Call("ecr:GetAuthorizationToken", "*")
    for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Call(f"ecr:{action}", f"arn:{partition}:ecr:{region}:{account}:repository/{repository}")


def _secret(source: str, place: Arn) -> Call:
    """A parameter of SSM by name or ARN, or a secret, whose ARN may be followed by a key, a stage and a version."""
    if ":secretsmanager:" not in source:
        arn = source if source.startswith("arn:") else place("ssm", f"parameter/{source.removeprefix('/')}")
        return Call("ssm:GetParameters", arn)
    arn = ":".join(source.split(":")[:7])
    if re.search(r"-[A-Za-z0-9]{6}$", arn):
        return Call("secretsmanager:GetSecretValue", arn)
    # The ARN of a secret ends in six random characters, which one made from its name has not.
    return Call("secretsmanager:GetSecretValue", f"{arn}-AbCdEf", cover=f"{arn}-??????")


def of_start(
    targets: Sequence[tuple[Payload, str, str]],
    machine: tuple[str, str, Payload] | None,
    task: Payload | None,
    place: Arn,
) -> list[Duty]:
    """All roles of one job. ``targets`` are (target, service, source); ``machine`` is (ARN, role, definition)."""
    duties = [of_target(target, task, service, source) for target, service, source in targets]
    if machine:
        duties.append(of_workflow(*machine, task))
    return [duty for duty in duties if duty] + (of_task(task, place) if task else [])
