"""What really ran on AWS: executions, tasks, log streams, the counts of the rules, and what was given up. Read only.

A job with a state machine has its executions (kept 90 days). One without has its tasks (an hour after they stopped) and the
log stream of each task (as long as the log group keeps it); a stream begins when the container starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from converters.history.observed import Seen
from converters.workflows.machine import SKIPPED_SLOT
from converters.workflows.starts import SKIPPED as NO_DATE
from migrate.aws import frames, state_machines, tasks
from migrate.aws.errors import error_code
from migrate.aws.executions import NO_MACHINE, STARTED_BY_HAND
from migrate.aws.frames import Frame
from migrate.aws.session import Aws
from migrate.aws.tasks import BY_HAND

Source = Literal["executions", "tasks", "counts"]
_FAILED = {"FAILED": "failed", "TIMED_OUT": "timed out", "ABORTED": "aborted"}
_AT_ONCE = 10.0  # seconds: an execution this short may have started no task at all
_DAY = 86_400
_MINUTE_DAYS = 15  # CloudWatch keeps counts of one minute so long, and of five minutes for 63 days
_NOT_THERE = {
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "ClusterNotFoundException",
}


@dataclass(slots=True)
class AwsRuns:
    """The runs of one job: where they were found (``None``: nowhere), the starts; when an execution skipped its run since
    another one had the lock, since its date was none of the schedule's, or since its start had come twice; how many starts
    EventBridge could not deliver, and the rules and schedules of the job."""

    source: Source | None = None
    starts: list[Seen] = field(default_factory=list)
    skipped: list[float] = field(default_factory=list)
    off_dates: list[float] = field(default_factory=list)
    repeated: list[float] = field(default_factory=list)
    undelivered: int = 0
    frames: list[Frame] = field(default_factory=list)

    @property
    def enabled(self) -> bool:
        return any(frame.enabled for frame in self.frames)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when to look, in seconds since 1970."""

    since: float
    until: float

    def holds(self, at: float) -> bool:
        return self.since <= at <= self.until


def runs_of(aws: Aws, owner: str, job: str, cluster: str | None, span: Span) -> AwsRuns:
    """All that AWS still knows of the runs of one job within the span."""
    found = AwsRuns(frames=frames.find(aws, owner, job))
    _executions(aws, job, span, found)
    # Without a workflow: ECS forgets a stopped task after an hour, its log stream stays.
    if found.source is None:
        known = _tasks(aws, job, cluster, span) if cluster else {}
        for task, at in _streams(aws, job, span):
            if task not in known:
                known[task] = Seen(at)
        found.starts = sorted((seen for seen in known.values() if seen is not None), key=lambda seen: seen.at)
        found.source = "tasks" if found.starts else None
    rules = [frame.name for frame in found.frames if frame.backend == "rule"]
    if found.source is None and rules:
        # Counts of the rule are the last resort: they tell minutes, not runs.
        found.starts = [Seen(at) for at in _counts(aws, rules, "Invocations", span)]
        found.source = "counts" if found.starts else None
    if rules:
        found.undelivered = len(_counts(aws, rules, "FailedInvocations", span))
    return found


_LYING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
"""The watchman keeps a letter that it told out of sight; it lies in the queue all the same."""


def given_up(aws: Aws, owner: str) -> int:
    """How many starts lie in the dead-letter queue, about; 0 where there is no queue."""
    from botocore.exceptions import ClientError

    arn = aws.environment.dead_letter_queue
    name = arn.rpartition(":")[2] if arn else aws.place(owner).plain("dlq")
    sqs = aws.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_LYING))
    except ClientError as error:
        if error_code(error) not in _NOT_THERE:
            raise
        return 0
    # SQS calls it approximate because its hosts are asked one by one.
    return sum(int(answer["Attributes"].get(name, 0)) for name in _LYING)


def _executions(aws: Aws, job: str, span: Span, found: AwsRuns) -> None:
    from botocore.exceptions import ClientError

    states = aws.client("stepfunctions")
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=state_machines.arn_of(aws, job))
    try:
        for page in pages:  # the newest first
            found.source = "executions"
            for one in page["executions"]:
                at = one["startDate"].timestamp()
                if at < span.since:
                    # Newest first, so the rest is older too.
                    return
                if span.holds(at) and not one["name"].startswith(STARTED_BY_HAND):
                    _execution(states, one, at, found)
    except ClientError as error:
        if error_code(error) not in NO_MACHINE:
            raise


def _execution(states: Any, one: dict[str, Any], at: float, found: AwsRuns) -> None:
    stop = one.get("stopDate")
    # Only short successes can be skips: their history is one call each.
    if one["status"] == "SUCCEEDED" and stop is not None and stop.timestamp() - at <= _AT_ONCE:
        last = states.get_execution_history(executionArn=one["executionArn"], reverseOrder=True, maxResults=5)
        names = [event.get("stateEnteredEventDetails", {}).get("name", "") for event in last["events"]]
        why = next((name for name in names if name.startswith("Skipped")), None)
        if why is not None:
            other = {NO_DATE: found.off_dates, SKIPPED_SLOT: found.repeated}
            other.get(why, found.skipped).append(at)
            return
    found.starts.append(Seen(at, None, _FAILED.get(one["status"])))


def _tasks(aws: Aws, job: str, cluster: str, span: Span) -> dict[str, Seen | None]:
    """The tasks that ECS still knows, by id; ``None`` for those that somebody started by hand."""
    found: dict[str, Seen | None] = {}
    for task in tasks.known(aws, job, cluster):
        # createdAt is when RunTask was taken; startedAt comes after the pull.
        began = task.get("createdAt") or task.get("startedAt")
        at = began.timestamp() if began else None
        if at is not None and span.holds(at):
            by_hand = task.get("startedBy") == BY_HAND
            found[_id(task["taskArn"])] = None if by_hand else Seen(at, None, _why_failed(task))
    return found


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _why_failed(task: dict[str, Any]) -> str | None:
    if task.get("lastStatus") != "STOPPED":
        return None
    if task.get("stopCode") not in (None, "", "EssentialContainerExited"):
        return str(task.get("stoppedReason") or task["stopCode"])
    codes = {box["name"]: box.get("exitCode") for box in task.get("containers", [])}
    bad = [f"{name} ended with {code}" for name, code in codes.items() if code]
    return ", ".join(bad) or None


def _streams(aws: Aws, job: str, span: Span) -> Iterator[tuple[str, float]]:
    """(task id, when its log began) for every log stream ``prefix/container/task`` of the job's group."""
    from botocore.exceptions import ClientError

    group = aws.place("").log_group(aws.environment.log_group, job)
    pages = aws.client("logs").get_paginator("describe_log_streams").paginate(logGroupName=group)
    begun: dict[str, float] = {}
    try:
        for page in pages:
            for stream in page["logStreams"]:
                prefix, _, task = stream["logStreamName"].rpartition("/")
                at = stream["creationTime"] / 1000
                mine = "{job}" in aws.environment.log_group or prefix.split("/")[0] == aws.named(job)
                if mine and prefix and span.holds(at):
                    begun[task] = min(at, begun.get(task, at))
    except ClientError as error:
        if error_code(error) not in _NOT_THERE:
            raise
    yield from begun.items()


def _counts(aws: Aws, rules: Iterable[str], metric: str, span: Span) -> list[float]:
    """The minutes at which CloudWatch counted something for these rules, each as often as it was counted."""
    old = datetime.now(UTC).timestamp() - span.since > _MINUTE_DAYS * _DAY
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Events",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "RuleName", "Value": rule}],
                },
                "Period": 300 if old else 60,
                "Stat": "Sum",
            },
        }
        for number, rule in enumerate(rules)
    ]
    pages = (
        aws.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(span.since, UTC),
            EndTime=datetime.fromtimestamp(span.until, UTC),
        )
    )
    found: list[float] = []
    for page in pages:
        for result in page["MetricDataResults"]:
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                found += [at.timestamp()] * int(value)
    return sorted(found)
