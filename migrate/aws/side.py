"""What is live on AWS for a job: its rules or schedules, whether they start anything, and the tasks that ran."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from migrate.aws import alarms, frames, shadow
from migrate.aws.errors import error_code
from migrate.aws.frames import Frame
from migrate.aws.session import Aws
from migrate.aws.tasks import BY_HAND

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
    begun: bool = True
    """Whether a container of it has begun, or it ended before one could."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The tasks of a job that a schedule started, oldest first; ``clock``: seconds since 1970 by AWS's own clock, None where
    its answer does not say."""

    runs: tuple[LastRun, ...]
    clock: float | None = None


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
    return _run_of(max(tasks, key=lambda task: task["createdAt"]))


def runs_of(aws: Aws, owner: str, job: str) -> Runs:
    """The tasks that its schedule started, as far as ECS still tells of them; those of `cron2fargate run` are left out."""
    cluster = next((frame.cluster for frame in frames.find(aws, owner, job) if frame.cluster), None)
    cluster = cluster or aws.environment.cluster
    if not cluster:
        return Runs(())
    heard: list[float] = []
    tasks = [task for status in ("RUNNING", "STOPPED") for task in _tasks(aws, cluster, job, status, heard)]
    # A task is listed under both while it changes from one to the other.
    known = {task["taskArn"]: task for task in tasks if isinstance(task.get("createdAt"), datetime)}
    mine = [_run_of(task) for task in known.values() if task.get("startedBy") != BY_HAND]
    return Runs(tuple(sorted(mine, key=lambda run: run.at)), heard[-1] if heard else None)


def _run_of(task: dict[str, Any]) -> LastRun:
    boxes = task.get("containers", [])
    codes = [box.get("exitCode") for box in boxes]
    failed = [code for code in codes if code]
    going = task.get("lastStatus") in GOING
    code = None if going or None in codes or not codes else failed[0] if failed else 0
    # "Essential container in task exited" says nothing; a container's own reason says OutOfMemoryError (ECS, "Stopped tasks").
    reasons = [str(task.get("stoppedReason") or ""), *(str(box.get("reason") or "") for box in boxes)]
    reason = "; ".join(dict.fromkeys(filter(None, reasons)))
    begun = task.get("lastStatus") not in ("PROVISIONING", "PENDING", "ACTIVATING")
    return LastRun(task["createdAt"], code, reason, going, _seconds(task), begun)


def _seconds(task: dict[str, Any]) -> float | None:
    begun, ended = task.get("startedAt"), task.get("executionStoppedAt") or task.get("stoppedAt")
    if not isinstance(begun, datetime) or not isinstance(ended, datetime):
        return None
    return (ended - begun).total_seconds()


def going(aws: Aws, cluster: str, job: str) -> int:
    """How many tasks of the job's family have not ended yet."""
    return len(_tasks(aws, cluster, job, "RUNNING"))


def _tasks(aws: Aws, cluster: str, job: str, status: str, heard: list[float] | None = None) -> list[dict[str, Any]]:
    """At most a hundred tasks; ``heard`` gets AWS's time, which each of its answers bears (RFC 9110, Date)."""
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    try:
        answer = ecs.list_tasks(cluster=cluster, family=aws.named(job), desiredStatus=status)
    except ClientError as error:
        if error_code(error) == "ClusterNotFoundException":
            return []
        raise
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if said and heard is not None:
        with suppress(ValueError):
            heard.append(parsedate_to_datetime(said).timestamp())
    arns = answer["taskArns"]
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"]) if arns else []
