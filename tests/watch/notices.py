"""The notifier carried out with services of the test's own: events in, messages out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from converters.workflows.notifier import Notifier
from tests.watch.steps import RefusedError, Steps

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/web1/abc123"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:report"
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
    output_jobs=["report"],
)
AWSLOGS = {"awslogs-group": "/cron2fargate/report", "awslogs-stream-prefix": "report", "awslogs-region": REGION}


@dataclass
class Notices:
    """``lines`` are the logs by stream, ``tasks`` what DescribeTasks knows, ``logs`` the configuration of each container,
    ``history`` the events of an execution."""

    notifier: Notifier = NOTIFIER
    lines: dict[str, list[str]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"app": {"LogDriver": "awslogs", "Options": AWSLOGS}}
    )
    history: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=lambda: {"cron2fargate:owner": "web1"})
    mails: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def send(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """The messages that the topic gets for an event."""
        before = len(self.mails)
        steps = Steps(self.notifier.definition(), self.services())
        steps.run(29_900_160, event)
        self.path = steps.path
        return self.mails[before:]

    def services(self) -> dict[str, Any]:
        listed = {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}
        boxes = [{"Name": name, "LogConfiguration": log} for name, log in self.logs.items()]
        return {
            **{f"{name}:listTagsForResource": lambda asked: listed for name in ("ecs", "sfn", "cloudwatch")},
            "ecs:describeTasks": lambda asked: {
                "Tasks": [self.tasks[arn] for arn in asked["Tasks"] if arn in self.tasks]
            },
            "ecs:describeTaskDefinition": lambda asked: {"TaskDefinition": {"ContainerDefinitions": boxes}},
            "sfn:getExecutionHistory": lambda asked: {"Events": self.history},
            "cloudwatchlogs:getLogEvents": self._read,
            "sns:publish": lambda asked: self.mails.append(asked) or {},
            "events:putEvents": lambda asked: self.others.extend(asked["Entries"]) or {},
        }

    def _read(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self.lines.get(asked["LogGroupName"] + ":" + asked["LogStreamName"])
        if found is None:
            raise RefusedError("CloudWatchLogs.ResourceNotFoundException")
        if sum(map(len, found[-asked["Limit"] :])) > 262_144:
            raise RefusedError("States.DataLimitExceeded")
        assert asked["StartFromHead"] is False
        return {"Events": [{"Message": line} for line in found[-asked["Limit"] :]]}

    def log(self, stream: str, *lines: str) -> None:
        self.lines[f"/cron2fargate/report:{stream}"] = list(lines)

    def ran(self, number: str, *boxes: tuple[str, int | None]) -> str:
        """A task that DescribeTasks knows and the history names; its ARN."""
        arn = f"{TASK[:-6]}{number}"
        containers = [{"Name": name, **({} if code is None else {"ExitCode": code})} for name, code in boxes]
        self.tasks[arn] = {
            "TaskArn": arn,
            "TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/report:7",
            "StopCode": "EssentialContainerExited",
            "StoppedReason": "Essential container in task exited",
            "Containers": containers,
            "StartedAt": "2026-11-22T03:01:00.000Z",
            "ExecutionStoppedAt": "2026-11-22T03:02:34.000Z",
        }
        output = '{"Tasks":[{"TaskArn":"' + arn + '"}]}'
        submitted = {"ResourceType": "ecs", "Resource": "runTask.sync", "Output": output}
        self.history = [{"Type": "TaskTimedOut"}, {"TaskSubmittedEventDetails": submitted}]
        return arn


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


def workflow(status: str, **more: Any) -> dict[str, Any]:
    detail = {
        "executionArn": MACHINE.replace("stateMachine", "execution") + ":1",
        "stateMachineArn": MACHINE,
        "status": status,
        "startDate": 1_795_316_460_000,
        "stopDate": 1_795_316_560_000,
        **more,
    }
    return {"source": "aws.states", "time": "2026-11-22T03:04:05Z", "resources": [], "detail": detail}
