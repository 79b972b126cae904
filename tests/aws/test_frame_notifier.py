"""The workflow that tells, run by moto's interpreter: events in, messages out."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore import xform_name
from jsonata import Jsonata
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk as sdk,
)
from moto.stepfunctions.parser.asl.eval import states as states_module
from moto.stepfunctions.parser.asl.eval import variable_store as variable_store_module
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from statelint.linter import Linter

from converters.workflows.notifier import Notifier

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/web1/abc123"
NOTIFIER = Notifier(
    owner="web1",
    region=REGION,
    topic=f"arn:aws:sns:{REGION}:{ACCOUNT}:t",
    log_group="/cron2fargate/{job}",
    alarm_prefix="cron2fargate-web1-",
    alarm_suffix="-missed",
    queue_alarm="cron2fargate-web1-dlq",
    sidecars=["datadog-agent"],
    events=True,
    environment="production",
    scope="web1/production",
    account=ACCOUNT,
    output_jobs=["report", "production-report"],
)


def _call(self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any) -> None:
    """aws-sdk integrations take and give members in Pascal case; moto hands them to boto3 as they are."""
    if self.resource.api_action == "describeTasks":
        found = TASKS_OF_ECS.get(normalised_parameters["Tasks"][0])
        env.stack.append({"Tasks": [found] if found else [], "Failures": []})
        return
    if self.resource.api_action == "describeTaskDefinition":
        logs = LOGS_OF_BOXES or {"app": {"LogDriver": "awslogs", "Options": AWSLOGS}}
        boxes = [{"Name": name, "LogConfiguration": log} for name, log in logs.items()]
        env.stack.append({"TaskDefinition": {"ContainerDefinitions": boxes}})
        return
    if self.resource.api_action == "getExecutionHistory":
        env.stack.append({"Events": HISTORY_OF_STATES})
        return
    if self.resource.api_name == "ecs":
        # moto does not know tags of tasks; the cluster of the task says whose it is.
        owner = normalised_parameters["ResourceArn"].split("/")[1]
        if owner == "unreadable":
            raise ConnectionError
        env.stack.append({"Tags": [{"Key": "cron2fargate:owner", "Value": owner}]})
        return
    service = {"cloudwatchlogs": "logs", "sfn": "stepfunctions"}.get(self.resource.api_name, self.resource.api_name)
    client = _client(service)
    lower = {key[0].lower() + key[1:]: value for key, value in normalised_parameters.items()}
    if service == "cloudwatch":
        lower = normalised_parameters
    answer = getattr(client, xform_name(self.resource.api_action))(**lower)
    answer.pop("ResponseMetadata")
    env.stack.append(_pascal(answer))


TASKS_OF_ECS: dict[str, dict[str, Any]] = {}  # what DescribeTasks knows, by ARN
LOGS_OF_BOXES: dict[str, dict[str, Any]] = {}  # of the task definition, where it is not as we register it
HISTORY_OF_STATES: list[dict[str, Any]] = []
AWSLOGS = {"awslogs-group": "/cron2fargate/report", "awslogs-stream-prefix": "report", "awslogs-region": REGION}


@cache
def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def _declared(bindings: dict[str, Any]) -> str:
    return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())


def _pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _pascal(inner) for key, inner in value.items()}
    return [_pascal(item) for item in value] if isinstance(value, list) else value


@dataclass
class Stage:
    """The workflow with a topic that ends in a queue, and a bus that ends in a log group."""

    machine: str
    queue: str
    path: list[str]
    client: dict[str, Any]

    def send(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """The messages that the topic gets for an event."""
        states = self.client["stepfunctions"]
        execution = states.start_execution(
            stateMachineArn=self.machine, name=uuid.uuid4().hex, input=json.dumps(event)
        )["executionArn"]
        deadline = time.monotonic() + 120
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert found["status"] == "SUCCEEDED", found
        history = states.get_execution_history(executionArn=execution)["events"]
        self.path = [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]
        answer = self.client["sqs"].receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            self.client["sqs"].delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def others(self) -> list[dict[str, Any]]:
        """What rules on the notifier's own events would see."""
        logs = self.client["logs"]
        return [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName="/bus")["events"]]


SERVICES = ("sns", "sqs", "logs", "events", "stepfunctions")


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    """Made once, as making clients and workflows is slow."""
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "test")
    patch.setattr(sdk.StateTaskServiceAwsSdk, "_eval_service_task", _call)
    patch.setattr(moto_jsonata, "_eval_jsonata", lambda text: Jsonata.jsonata(text).evaluate(None))
    for module in (moto_jsonata, states_module, variable_store_module):
        # moto writes strings without escaping them.
        patch.setattr(module, "encode_jsonata_variable_declarations", _declared)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = {name: boto3.client(name, region_name=REGION) for name in SERVICES}
        queue = client["sqs"].create_queue(QueueName="q")["QueueUrl"]
        topic = client["sns"].create_topic(Name="t")["TopicArn"]
        client["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")
        client["events"].put_rule(Name="bus", EventPattern=json.dumps({"source": ["cron2fargate"]}))
        bus = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/bus"
        client["events"].put_targets(Rule="bus", Targets=[{"Id": "log", "Arn": bus}])
        made = client["stepfunctions"].create_state_machine(
            name="cron2fargate-web1-notify", definition=NOTIFIER.text(), roleArn=f"arn:aws:iam::{ACCOUNT}:role/notify"
        )
        machine(client["stepfunctions"], "report", {"cron2fargate:owner": "web1"})
        yield Stage(made["stateMachineArn"], queue, [], client)
    patch.undo()


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """With no logs and no messages."""
    logs = shared_stage.client["logs"]
    logs.create_log_group(logGroupName="/bus")
    yield shared_stage
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    for kept in (TASKS_OF_ECS, LOGS_OF_BOXES, HISTORY_OF_STATES):
        kept.clear()


def machine(states: Any, name: str, tags: dict[str, str]) -> str:
    """A workflow of a job, or of somebody else."""
    made = states.create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )
    return str(made["stateMachineArn"])


def log(stage: Stage, stream: str, *lines: str) -> None:
    logs = stage.client["logs"]
    logs.create_log_group(logGroupName="/cron2fargate/report")
    logs.create_log_stream(logGroupName="/cron2fargate/report", logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(logGroupName="/cron2fargate/report", logStreamName=stream, logEvents=events)


def task(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    detail = {
        "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/cron",
        "taskArn": TASK,
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/report:7",
        "group": "family:report",
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "startedBy": "events-rule/report",
        "containers": list(containers),
        **more,
    }
    return {"source": "aws.ecs", "time": "2026-11-22T03:04:05Z", "resources": [TASK], "detail": detail}


def box(name: str = "app", code: int | None = None, reason: str | None = None) -> dict[str, Any]:
    values = {"name": name, "exitCode": code, "reason": reason, "lastStatus": "STOPPED"}
    return {key: value for key, value in values.items() if value is not None}


def test_a_task_that_failed_is_told_with_job_code_reason_link_and_the_end_of_its_log(stage: Stage) -> None:
    log(stage, "report/app/abc123", *[f"line {n}" for n in range(40)], "boom ${HOME} 'quoted'")
    [message] = stage.send(task(box(code=3)))
    assert message["Subject"] == "cron job report failed: exit code 3"
    assert message["MessageAttributes"]["job"]["Value"] == "report"
    lines = message["Message"].splitlines()
    assert lines[:9] == [
        "Job: report",
        "Environment: production of web1, account 123456789012, region ap-northeast-1",
        "What: failed: exit code 3",
        "Reason: Essential container in task exited",
        "Container app: exit status 3",
        "When: 2026-11-22T03:04:05Z",
        "Log: https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#logsV2:log-groups/"
        "log-group/$252Fcron2fargate$252Freport/log-events/report$252Fapp$252Fabc123",
        TASK,
        "",
    ]
    assert lines[-2:] == ["line 39", "boom ${HOME} 'quoted'"]
    assert "line 10" not in lines
    [other] = stage.others()
    assert other["detail"]["owner"] == "web1/production"
    assert other["detail"]["text"].startswith(
        "*report* (production) failed: exit code 3 (Essential container in task exited)\nhttps:"
    )
    assert "boom" not in json.dumps(other)  # log lines go to the job's people only


NEVER = {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: not found"}
TASKS: list[tuple[str, dict[str, Any], str | None]] = [
    ("exit code 0", task(box(code=0)), None),
    ("one container of two", task(box(code=0), box("second", 2)), "failed: exit code 2"),
    ("a neighbour that ECS ended with the task", task(box(code=0), box("second", 143)), None),
    ("a neighbour that was killed with the task", task(box(code=0), box("second", 137)), None),
    ("out of memory", task(box(code=137, reason="OutOfMemoryError: killed")), "failed: exit code 137"),
    ("a neighbour out of memory", task(box(code=0), box("b", 137, "OutOfMemoryError: x")), "failed: exit code 137"),
    ("terminated, and nothing ended well", task(box(code=143)), "failed: exit code 143"),
    ("a sidecar's own failure", task(box(code=0), box("datadog-agent", 1)), None),
    ("a failure beside a sidecar", task(box("datadog-agent", 0), box(code=1)), "failed: exit code 1"),
    ("never started", task(box(), **NEVER), "did not start"),
    ("interrupted", task(box(code=0), stopCode="SpotInterruption", stoppedReason="Spot"), "was interrupted"),
    ("a try of a workflow, which tells itself", task(box(code=1), startedBy="AWS Step Functions"), None),
]


@pytest.mark.parametrize(("event", "what"), [row[1:] for row in TASKS], ids=[row[0] for row in TASKS])
def test_what_is_a_failure_of_a_task(stage: Stage, event: dict[str, Any], what: str | None) -> None:
    messages = stage.send(event)
    assert [message["Subject"] for message in messages] == ([f"cron job report {what}"] if what else [])


def test_a_run_that_printed_is_told_and_one_that_did_not_is_not(stage: Stage) -> None:
    log(stage, "report/app/abc123", "42 rows written")
    [message] = stage.send(task(box(code=0)))
    assert message["Subject"] == "cron job report printed something"
    assert message["Message"].endswith("Last lines of the log:\n42 rows written")
    assert message["MessageAttributes"]["kind"]["Value"] == "output"
    assert stage.others() == []
    silent = task(box(code=0), taskArn=f"{TASK[:-6]}other")
    assert stage.send(silent) == []
    assert stage.path[-1] == "Nothing was printed"


def workflow(status: str, arn: str, **more: Any) -> dict[str, Any]:
    detail = {
        "executionArn": arn.replace("stateMachine", "execution") + ":1",
        "stateMachineArn": arn,
        "status": status,
        "startDate": int(time.time() * 1000) - 60_000,
        **more,
    }
    return {"source": "aws.states", "time": "2026-11-22T03:04:05Z", "resources": [], "detail": detail}


MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:report"


def ran(number: str, *boxes: tuple[str, int | None], family: str = "report", **more: Any) -> str:
    """A task that DescribeTasks knows, with its containers; its ARN. The history of an execution names it last."""
    arn = f"{TASK[:-6]}{number}"
    containers = [{"Name": name, **({} if code is None else {"ExitCode": code})} for name, code in boxes]
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:7"
    TASKS_OF_ECS[arn] = {
        "TaskArn": arn,
        "TaskDefinitionArn": definition,
        "StopCode": "EssentialContainerExited",
        "Containers": containers,
        "StartedAt": "2026-11-22T03:01:00.000Z",
        "ExecutionStoppedAt": "2026-11-22T03:02:34.000Z",
        **more,
    }
    output = json.dumps({"Tasks": [{"TaskArn": arn}]})
    submitted = {"ResourceType": "ecs", "Resource": "runTask.sync", "Output": output}
    HISTORY_OF_STATES[:] = [{"Type": "TaskTimedOut"}, {"TaskSubmittedEventDetails": submitted}]
    return arn


WORKFLOWS: list[tuple[str, dict[str, Any], str]] = [
    ("FAILED", {"error": "JobFailed", "cause": "exit code 3; Essential container"}, "failed"),
    ("FAILED", {"error": "JobTimedOut", "cause": "still running 60 s after its start"}, "took too long"),
    ("FAILED", {"error": "JobNotStarted", "cause": "CannotPullContainerError"}, "did not start"),
    ("FAILED", {"error": "States.Runtime", "cause": "broken"}, "failed"),
    ("TIMED_OUT", {}, "took too long"),
    ("ABORTED", {}, "was aborted"),
]


@pytest.mark.parametrize(("status", "more", "what"), WORKFLOWS)
def test_what_is_said_of_a_workflow(stage: Stage, status: str, more: dict[str, Any], what: str) -> None:
    log(stage, "report/app/abc123", "the last words")
    ran("abc123", ("app", 3))
    cause = more.get("cause", "")
    said = {"cause": cause + '\n{"TaskArn":"' + TASK + '"}'} if cause else {}
    [message] = stage.send(workflow(status, MACHINE, **more | said))
    assert message["Subject"] == f"cron job report {what}"
    assert (f"Reason: {cause}\n" in message["Message"]) is bool(cause)
    assert message["Message"].endswith("the last words")


def test_a_workflow_that_succeeded_is_told_when_it_printed(stage: Stage) -> None:
    assert stage.send(workflow("SUCCEEDED", MACHINE)) == []
    log(stage, "report/app/abc123", "done")
    output = json.dumps({"TaskArn": ran("abc123", ("app", 0))})
    [message] = stage.send(workflow("SUCCEEDED", MACHINE, output=output))
    assert message["Subject"] == "cron job report printed something"


def test_its_own_failure_is_not_told_again_and_again(stage: Stage) -> None:
    assert stage.send(workflow("FAILED", stage.machine, error="States.Runtime")) == []
    assert stage.path == ["What happened", "It was me"]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"cron2fargate:owner": "web1"}, True),
        ({"cron2fargate:owner": "web1", "cron2fargate:environment": "production"}, True),
        ({"cron2fargate:owner": "web1", "cron2fargate:environment": "staging"}, False),
        ({"cron2fargate:owner": "web2"}, False),
        ({}, False),
    ],
)
def test_workflows_and_alarms_of_others_are_left_alone(stage: Stage, tags: dict[str, str], told: bool) -> None:
    name = f"other-{len(tags)}-{told}"
    arn = machine(stage.client["stepfunctions"], name, tags)
    assert bool(stage.send(workflow("FAILED", arn, error="JobFailed", cause="x"))) is told
    assert bool(stage.send(alarm(f"cron2fargate-web1-{name}-missed", tags))) is told


def test_a_job_is_told_of_by_its_own_name_and_its_log_is_found_by_that_on_aws(stage: Stage) -> None:
    tags = {"cron2fargate:owner": "web1", "cron2fargate:environment": "production", "cron2fargate:job": "report"}
    arn = machine(stage.client["stepfunctions"], "production-report", tags)
    logs = stage.client["logs"]
    logs.create_log_group(logGroupName="/cron2fargate/production-report")
    logs.create_log_stream(logGroupName="/cron2fargate/production-report", logStreamName="production-report/app/a1")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": "the last words"}]
    logs.put_log_events(
        logGroupName="/cron2fargate/production-report", logStreamName="production-report/app/a1", logEvents=events
    )
    ran("a1", ("app", 1), family="production-report")
    LOGS_OF_BOXES["app"] = {"LogDriver": "awslogs", "Options": {}}  # nothing there: the environment's own pattern
    [message] = stage.send(workflow("FAILED", arn, error="JobFailed", cause="x"))
    assert message["Subject"] == "cron job report failed"
    assert message["MessageAttributes"]["job"]["Value"] == "report"
    assert message["Message"].startswith("Job: report\nEnvironment: production of web1, ")
    assert message["Message"].endswith("the last words")


@pytest.mark.parametrize(("owner", "told"), [("web1", True), ("web2", False), ("unreadable", True)])
def test_tasks_of_others_are_left_alone_and_where_nobody_can_tell_it_is_told(
    stage: Stage, owner: str, told: bool
) -> None:
    assert bool(stage.send(task(box(code=1), taskArn=TASK.replace("web1", owner)))) is told


def alarm(name: str, tags: dict[str, str]) -> dict[str, Any]:
    """The event of an alarm that is there, with these tags."""
    _client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold",
        Namespace="N",
        MetricName="M",
        Period=60,
        Statistic="Sum",
        Threshold=1,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    detail = {"alarmName": name, "state": {"value": "ALARM", "reason": "no datapoints were received"}}
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    return {"source": "aws.cloudwatch", "time": "2026-11-22T03:04:05Z", "resources": [arn], "detail": detail}


def test_a_missed_run_and_a_start_that_was_given_up(stage: Stage) -> None:
    tags = {"cron2fargate:owner": "web1"}
    [missed] = stage.send(alarm("cron2fargate-web1-report-missed", tags))
    assert missed["Subject"] == "cron job report did not start when it should have"
    assert missed["MessageAttributes"]["job"]["Value"] == "report"
    assert "cron2fargate disable report ends this alarm" in missed["Message"]
    [given_up] = stage.send(alarm("cron2fargate-web1-dlq", tags))
    assert "disable" not in given_up["Message"]
    assert given_up["Subject"] == "cron job unknown was given up before it started; the dead-letter queue has it"


def test_the_definition_passes_statelint() -> None:
    assert Linter.validate(NOTIFIER.definition()) == []


def test_names_with_quotation_marks_stay_text() -> None:
    odd = Notifier("o'b\\", REGION, "arn:t", "/l'g/{job}", "p'", "-m", "q'", ["s'"], events=False)
    for state in odd.definition()["States"].values():
        for text in state.get("Assign", {}).values():
            if isinstance(text, str) and text.startswith("{%"):
                Jsonata.jsonata(text.removeprefix("{%").removesuffix("%}"))
