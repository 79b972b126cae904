"""What is live on AWS for a job: its rules or schedules, whether they start anything, and the tasks that ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from migrate.aws import alarms, frames, shadow
from migrate.aws.errors import error_code
from migrate.aws.frames import Frame
from migrate.aws.session import Aws

Live = Literal["all", "some", "none", "missing"]
GOING = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING")


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest task of a job: when it was made, its exit code (None while it runs, or when it never started)."""

    at: datetime
    exit_code: int | None
    reason: str
    going: bool
    seconds: float | None = None
    """From the container's start to its end."""


@dataclass(frozen=True, slots=True)
class AwsSide:
    """One job as AWS has it."""

    frames: list[Frame]
    last: LastRun | None = None
    rings: bool = False
    """Nothing starts it, and its alarm for missed runs is there: somebody has switched it off by hand."""

    @property
    def live(self) -> Live:
        """How many of its rules and schedules are enabled."""
        if not self.frames:
            return "missing"
        on = sum(frame.enabled for frame in self.frames)
        return "all" if on == len(self.frames) else "some" if on else "none"

    @property
    def follows(self) -> bool:
        """Whether only other jobs start it, so that its own state says nothing."""
        return bool(self.frames) and all(frame.backend == "workflow" for frame in self.frames)

    @property
    def shadow(self) -> bool:
        """Whether what is started is the harmless command and not the job."""
        return any(shadow.is_shadow(frame) for frame in self.frames)

    @property
    def runs_the_job(self) -> bool:
        return any(frame.enabled and not shadow.is_shadow(frame) for frame in self.frames)


def side_of(aws: Aws, owner: str, job: str) -> AwsSide:
    """Its frames and its last task, as far as ECS still tells of it (an hour after the end)."""
    found = frames.find(aws, owner, job)
    cluster = next((frame.cluster for frame in found if frame.cluster), None) or aws.environment.cluster
    last = last_run(aws, cluster, job) if cluster and found else None
    off = bool(found) and not any(frame.enabled for frame in found)
    return AwsSide(found, last, off and alarms.Missed(aws, owner, job).there(job))


def last_run(aws: Aws, cluster: str, job: str) -> LastRun | None:
    """The latest task of the job's family; None where ECS tells of none, or there is no such cluster."""
    tasks = _tasks(aws, cluster, job, "RUNNING") + _tasks(aws, cluster, job, "STOPPED")
    # Tasks that neither started nor ended have no times yet: they are the latest there can be.
    tasks = [task for task in tasks if isinstance(task.get("createdAt"), datetime)]
    if not tasks:
        return None
    latest = max(tasks, key=lambda task: task["createdAt"])
    codes = [box.get("exitCode") for box in latest.get("containers", [])]
    failed = [code for code in codes if code]
    going = latest.get("lastStatus") in GOING
    code = None if going or None in codes or not codes else failed[0] if failed else 0
    return LastRun(latest["createdAt"], code, str(latest.get("stoppedReason", "")), going, _seconds(latest))


def _seconds(task: dict[str, Any]) -> float | None:
    begun, ended = task.get("startedAt"), task.get("executionStoppedAt") or task.get("stoppedAt")
    if not isinstance(begun, datetime) or not isinstance(ended, datetime):
        return None
    return (ended - begun).total_seconds()


def going(aws: Aws, cluster: str, job: str) -> int:
    """How many tasks of the job's family have not ended yet."""
    return len(_tasks(aws, cluster, job, "RUNNING"))


def _tasks(aws: Aws, cluster: str, job: str, status: str) -> list[dict[str, Any]]:
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    try:
        arns = ecs.list_tasks(cluster=cluster, family=aws.named(job), desiredStatus=status)["taskArns"]
    except ClientError as error:
        if error_code(error) == "ClusterNotFoundException":
            return []
        raise
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"]) if arns else []
