"""What a role is made to do, from the payloads; and what it lacks for it, each in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from converters.rights.duties import EVENTS, SCHEDULER, STATES, Duty, of_target, of_task, of_workflow, states
from converters.rights.lacking import Role, lacks, taken_away

A = "arn:aws:{}:ap-northeast-1:111122223333:{}"
CRON = A.format("ecs", "cluster/cron")
EXEC, TASK = "arn:aws:iam::111122223333:role/exec", "arn:aws:iam::111122223333:role/jobs/task"
ROLE = "arn:aws:iam::111122223333:role/events"
QUEUE = A.format("sqs", "dlq")
DEFINITION = {"family": "job", "executionRoleArn": EXEC, "taskRoleArn": TASK, "containerDefinitions": []}


def place(service: str, resource: str) -> str:
    return A.format(service, resource)


def ecs_target(**more: Any) -> dict[str, Any]:
    parameters = {"TaskDefinitionArn": A.format("ecs", "task-definition/job:7"), "PropagateTags": "TASK_DEFINITION"}
    return {"Arn": CRON, "RoleArn": ROLE, "EcsParameters": parameters, **more}


def said(duty: Duty | None) -> list[tuple[str, str]]:
    assert duty is not None
    return [(call.action, call.resource) for call in duty.calls]


STARTED = [
    ("ecs:RunTask", A.format("ecs", "task-definition/job:7")),
    ("iam:PassRole", EXEC),
    ("iam:PassRole", TASK),
    ("ecs:TagResource", A.format("ecs", "task/cron/1")),
]


def test_a_rule_runs_a_task_and_eventbridge_itself_writes_to_the_queue() -> None:
    duty = of_target(ecs_target(DeadLetterConfig={"Arn": QUEUE}), DEFINITION, EVENTS, "rule")
    assert said(duty) == STARTED
    assert duty and (duty.letters, duty.service, duty.source) == (QUEUE, EVENTS, "rule")


def test_a_schedule_writes_to_the_queue_with_its_own_role() -> None:
    duty = of_target(ecs_target(DeadLetterConfig={"Arn": QUEUE}), DEFINITION, SCHEDULER, "group")
    assert said(duty) == [*STARTED, ("sqs:SendMessage", QUEUE)]
    assert duty and duty.letters == ""


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        (A.format("ecs", "task-definition/job:7"), A.format("ecs", "task-definition/job:7")),
        (A.format("ecs", "task-definition/other"), A.format("ecs", "task-definition/other:1")),
        ("(new revision)", A.format("ecs", "task-definition/job:1")),
        ("", A.format("ecs", "task-definition/job:1")),
    ],
)
def test_iam_is_asked_for_a_revision(named: str, asked: str) -> None:
    duty = of_target(ecs_target(EcsParameters={"TaskDefinitionArn": named}), DEFINITION, EVENTS, "rule")
    assert duty
    assert (duty.calls[0].resource, duty.calls[0].cover) == (asked, asked.rpartition(":")[0] + ":*")


def test_a_workflow_is_started_and_nothing_else() -> None:
    machine = A.format("states", "stateMachine:job")
    assert said(of_target({"Arn": machine, "RoleArn": ROLE}, DEFINITION, EVENTS, "rule")) == [
        ("states:StartExecution", machine)
    ]
    assert of_target({"Arn": QUEUE}, None, EVENTS, "rule") is None, "a queue as a target has no role"


def task_state(resource: str, **arguments: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}


INTEGRATIONS = [
    (task_state("dynamodb:putItem", TableName="locks"), [("dynamodb:PutItem", A.format("dynamodb", "table/locks"))]),
    (
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "locks"}},
        [("dynamodb:GetItem", A.format("dynamodb", "table/locks"))],
    ),
    (task_state("sns:publish", TopicArn=A.format("sns", "t")), [("sns:Publish", A.format("sns", "t"))]),
    (task_state("states:startExecution", StateMachineArn="arn:x"), [("states:StartExecution", "arn:x")]),
    (task_state("events:putEvents"), [("events:PutEvents", A.format("events", "event-bus/default"))]),
    (task_state("aws-sdk:sfn:listTagsForResource", ResourceArn="{% $x %}"), [("states:ListTagsForResource", "*")]),
    (task_state("aws-sdk:cloudwatchlogs:getLogEvents"), [("logs:GetLogEvents", "*")]),
    (task_state("sqs:sendMessage", QueueUrl="https://sqs.x/1/q"), [("sqs:SendMessage", A.format("sqs", "q"))]),
    (task_state("lambda:invoke", FunctionName="f"), [("lambda:InvokeFunction", A.format("lambda", "function:f"))]),
    (task_state("sns:publish", TopicArn="{% $topic %}"), [("sns:Publish", "*")]),
    (task_state("glue:startJobRun.sync"), [("glue:startJobRun", "*")]),
    ({"Type": "Wait", "Seconds": 1}, []),
    (
        task_state("ecs:runTask", Cluster="cron", TaskDefinition="job"),
        [("ecs:RunTask", A.format("ecs", "task-definition/job:1")), ("iam:PassRole", EXEC), ("iam:PassRole", TASK)],
    ),
    (
        task_state("ecs:runTask.sync", Cluster=CRON, TaskDefinition=A.format("ecs", "task-definition/job:7")),
        [
            ("ecs:RunTask", A.format("ecs", "task-definition/job:7")),
            ("iam:PassRole", EXEC),
            ("iam:PassRole", TASK),
            ("ecs:DescribeTasks", A.format("ecs", "task/cron/1")),
            ("ecs:StopTask", A.format("ecs", "task/cron/1")),
            ("events:DescribeRule", A.format("events", "rule/StepFunctionsGetEventsForECSTaskRule")),
            ("events:PutRule", A.format("events", "rule/StepFunctionsGetEventsForECSTaskRule")),
            ("events:PutTargets", A.format("events", "rule/StepFunctionsGetEventsForECSTaskRule")),
        ],
    ),
]


@pytest.mark.parametrize(("state", "calls"), INTEGRATIONS)
def test_each_state_of_a_workflow_calls(state: dict[str, Any], calls: list[tuple[str, str]]) -> None:
    machine = A.format("states", "stateMachine:job")
    definition = {"States": {"One": state, "Two": {"Type": "Parallel", "Branches": [{"States": {"Again": state}}]}}}
    duty = of_workflow(machine, ROLE, definition, DEFINITION)
    assert said(duty) == calls, "each once, wherever it stands"
    assert (duty.service, duty.source) == (STATES, machine)
    assert all(call.sure is not (call.resource == "*") for call in duty.calls if call.action != "ecs:TagResource")


@pytest.mark.parametrize("odd", [{}, {"States": None}, {"States": []}, {"States": {"A": "text"}}])
def test_a_definition_of_somebody_else_may_be_anything(odd: dict[str, Any]) -> None:
    assert list(states(odd)) == []


ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app"
REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/team/app"
CONTAINERS = [
    ({"image": "busybox:1"}, []),
    ({"image": "localhost:5000/app:1"}, []),
    *(
        (
            {"image": image},
            [
                ("ecr:GetAuthorizationToken", "*"),
                ("ecr:BatchCheckLayerAvailability", REPOSITORY),
                ("ecr:BatchGetImage", REPOSITORY),
                ("ecr:GetDownloadUrlForLayer", REPOSITORY),
            ],
        )
        for image in (ECR, f"{ECR}:1", f"{ECR}@sha256:00", f"{ECR}:1@sha256:00")
    ),
    (
        {
            "name": "app",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job"},
            },
        },
        [
            ("logs:CreateLogStream", "arn:aws:logs:us-east-1:111122223333:log-group:/g:log-stream:job/app/1"),
            ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/g:log-stream:job/app/1"),
        ],
    ),
    (
        {
            "secrets": [
                {"name": "A", "valueFrom": "/team/a"},
                {"name": "B", "valueFrom": A.format("ssm", "parameter/b")},
            ]
        },
        [
            ("ssm:GetParameters", A.format("ssm", "parameter/team/a")),
            ("ssm:GetParameters", A.format("ssm", "parameter/b")),
        ],
    ),
    (
        {"secrets": [{"name": "A", "valueFrom": A.format("secretsmanager", "secret:a-AbC123:key::")}]},
        [("secretsmanager:GetSecretValue", A.format("secretsmanager", "secret:a-AbC123"))],
    ),
    (
        {"secrets": [{"name": "A", "valueFrom": A.format("secretsmanager", "secret:a")}]},
        [("secretsmanager:GetSecretValue", A.format("secretsmanager", "secret:a-AbCdEf"))],
    ),
    (
        {"logConfiguration": {"logDriver": "awsfirelens", "secretOptions": [{"name": "k", "valueFrom": "/k"}]}},
        [("ssm:GetParameters", A.format("ssm", "parameter/k"))],
    ),
    (
        {"repositoryCredentials": {"credentialsParameter": A.format("secretsmanager", "secret:hub-AbC123")}},
        [("secretsmanager:GetSecretValue", A.format("secretsmanager", "secret:hub-AbC123"))],
    ),
    (
        {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/a/b.env"}]},
        [("s3:GetObject", "arn:aws:s3:::bucket/a/b.env"), ("s3:GetBucketLocation", "arn:aws:s3:::bucket")],
    ),
]


@pytest.mark.parametrize(("box", "calls"), CONTAINERS)
def test_the_execution_role_prepares_a_container(box: dict[str, Any], calls: list[tuple[str, str]]) -> None:
    execution, task = of_task({**DEFINITION, "containerDefinitions": [box]}, place)
    assert said(execution) == calls
    assert (execution.role, task.role, task.calls) == (EXEC, TASK, ())


def role(*statements: dict[str, Any], trust: dict[str, Any] | None = None, **more: Any) -> Role:
    trusting = {"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sts:AssumeRole", **(trust or {})}
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return Role(ROLE, {"Version": "2012-10-17", "Statement": [trusting]}, (policy,), **more)


def allow(action: str, resource: str, **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | ({"Condition": condition} if condition else {})


RUN = allow("ecs:RunTask", A.format("ecs", "task-definition/job:*"), ArnEquals={"ecs:cluster": CRON})
PASS = allow("iam:PassRole", "*", StringLike={"iam:PassedToService": "ecs-tasks.amazonaws.com"})
TAG = allow("ecs:TagResource", "*", StringEquals={"ecs:CreateAction": ["RunTask"]})
ELSEWHERE = allow("ecs:RunTask", A.format("ecs", "task-definition/job:*"), ArnEquals={"ecs:cluster": CRON + "2"})
LETTERS = {
    "Version": "2012-10-17",
    "Statement": [{**allow("sqs:SendMessage", QUEUE), "Principal": {"Service": EVENTS}}],
}

# (what the role is, the queue's policy, what is said)
LACKING: list[tuple[Role, Any, list[str]]] = [
    (role(RUN, PASS, TAG), LETTERS, []),
    (
        role(ELSEWHERE, PASS, TAG),
        LETTERS,
        [
            "events may not ecs:RunTask on arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:7 (ecs:cluster is "
            f"{CRON}, and ArnEquals names {CRON}2); add to its policy: "
            '{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": '
            '"arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:*", "Condition": {"ArnEquals": {"ecs:cluster": '
            f'"{CRON}"}}}}}}'
        ],
    ),
    (
        role(RUN, {**PASS, "Resource": EXEC}, TAG),
        LETTERS,
        [
            f"events may not iam:PassRole on {TASK}; add to its policy: "
            f'{{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "{TASK}", "Condition": {{"StringEquals": '
            '{"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}'
        ],
    ),
    (
        role(RUN, PASS, TAG, {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}),
        LETTERS,
        [
            "events is denied ecs:RunTask on arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:7 (a statement "
            "denies it); take that Deny away",
            "events is denied ecs:TagResource on arn:aws:ecs:ap-northeast-1:111122223333:task/cron/1 (a statement denies it); "
            "take that Deny away",
        ],
    ),
    (
        role(RUN, PASS, TAG, boundary={"Version": "2012-10-17", "Statement": [allow("iam:*", "*"), TAG]}),
        LETTERS,
        [
            "events may not ecs:RunTask on arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:7 (the permissions "
            "boundary of the role does not allow it)"
        ],
    ),
    (
        role(RUN, PASS),
        LETTERS,
        ["whether events may ecs:TagResource on arn:aws:ecs:ap-northeast-1:111122223333:task/cron/1 is not known"],
    ),
    (
        role(RUN, PASS, TAG, trust={"Condition": {"StringEquals": {"aws:SourceAccount": "999988887777"}}}),
        LETTERS,
        [
            "events.amazonaws.com may not take on the role events for arn:aws:events:ap-northeast-1:111122223333:rule/job"
        ],
    ),
    (
        role(RUN, PASS, TAG, trust={"Condition": {"ArnLike": {"aws:SourceArn": A.format("events", "rule/*")}}}),
        LETTERS,
        ["whether events.amazonaws.com may take on the role events is not known (aws:SourceArn is not known before"],
    ),
    (role(RUN, PASS, TAG), None, ["events.amazonaws.com may not sqs:SendMessage on " + QUEUE]),
    (
        role(RUN, {**PASS, "Resource": EXEC}, TAG, unread=("arn:aws:iam::111122223333:policy/p",)),
        LETTERS,
        [
            f"whether events may iam:PassRole on {TASK} is not known (arn:aws:iam::111122223333:policy/p could not be read)"
        ],
    ),
]


@pytest.mark.parametrize(("as_it_stands", "letters", "sentences"), LACKING)
def test_what_a_role_lacks(as_it_stands: Role, letters: Any, sentences: list[str]) -> None:
    source = A.format("events", "rule/job")
    duty = of_target(ecs_target(DeadLetterConfig={"Arn": QUEUE}), DEFINITION, EVENTS, source)
    assert duty
    found = [lack.sentence() for lack in lacks(duty, as_it_stands, {QUEUE: letters})]
    assert len(found) == len(sentences), found
    assert all(text.startswith(begin) for text, begin in zip(found, sentences, strict=True)), found


def test_the_statement_that_is_named_is_the_one_that_helps() -> None:
    duty = of_target(ecs_target(), DEFINITION, EVENTS, A.format("events", "rule/job"))
    assert duty
    statements: list[dict[str, Any]] = []
    for _ in range(5):
        found = [lack for lack in lacks(duty, role(*statements), {}) if lack.to_add]
        if not found:
            break
        statements.append(found[0].to_add or {})
    assert len(statements) == len(duty.calls)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


B = A.replace("ap-northeast-1", "us-east-1")
TAKEN: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (policy(RUN, PASS), policy(RUN, PASS), []),
    (policy(RUN), policy(allow("ecs:*", "*")), []),
    (policy(RUN), policy(ELSEWHERE), [A.format("ecs", "task-definition/job:*")]),
    (policy(RUN), policy(RUN, ELSEWHERE), []),
    (policy(RUN), policy(allow("ecs:RunTask", B.format("ecs", "task-definition/job:*"))), [RUN["Resource"]]),
    (
        policy(allow("a:b", "x", ArnEquals={"k": ["c1", "c2"]})),
        policy(allow("a:b", "x", ArnEquals={"k": ["arn:c1"]})),
        [],  # neither was allowed: they are no ARNs
    ),
    (
        policy(allow("a:b", "x", StringEquals={"k": ["1", "2"]})),
        policy(allow("a:b", "x", StringEquals={"k": "1"})),
        ["x"],
    ),
    (policy(allow("a:b", "x")), policy(allow("a:b", "x"), {"Effect": "Deny", "Action": "a:*", "Resource": "*"}), ["x"]),
    (policy(allow("a:*", "x")), policy(allow("a:b", "x")), ["x"]),
]


@pytest.mark.parametrize(("before", "after", "resources"), TAKEN)
def test_what_a_change_of_a_role_takes_away(before: Any, after: Any, resources: list[str]) -> None:
    assert [lack.resource for lack in taken_away(before, after, ROLE)] == resources


def test_a_trust_policy_may_be_taken_away_too() -> None:
    def trust(group: str) -> dict[str, Any]:
        condition = {"ArnEquals": {"aws:SourceArn": A.format("scheduler", f"schedule-group/{group}")}}
        one = {"Effect": "Allow", "Principal": {"Service": SCHEDULER}, "Action": "sts:AssumeRole"}
        return policy({**one, "Condition": condition})

    assert taken_away(trust("a"), trust("a"), ROLE) == []
    [lack] = taken_away(trust("a"), trust("b"), ROLE)
    assert (lack.trust, lack.action) == (True, SCHEDULER)
