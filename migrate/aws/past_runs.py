"""Which task was a run of a job: the last one, that of a slot, or one by its id. Read only.

A workflow's executions are kept 90 days, with the slot they were told. A task that a rule or schedule starts by itself is
known to ECS for an hour after its end, and bears a slot only where its schedule has a guard; after that hour the names of
its log streams are all that is left of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from converters.expressions.guards import SLOT
from converters.schedules.zones import iso
from migrate.aws import executions, frames, log_lines, sidecars, state_machines, tasks
from migrate.aws.errors import is_denied
from migrate.aws.log_lines import LogPlace
from migrate.aws.session import Aws
from migrate.errors import UserError
from migrate.terminal.language import _

_KNOWN = 3_600  # seconds that ECS tells of a stopped task, at least
_LOOKED_AT = 50  # executions whose history is read before it is said that none had a task
_TRIED = 86_400  # seconds that EventBridge tries to deliver a start, at most
_SHOWN = 5


@dataclass(slots=True)
class Run:
    """One task of a job. ``task`` is its ARN, or its id where only its log tells of it; ``at``: when it was made, in seconds
    since 1970; ``told``: the task as DescribeTasks has it, {} where nobody knows it any more."""

    task: str
    at: float
    definition: str = ""
    slot: str = ""
    execution: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.task.rpartition("/")[2]

    @property
    def going(self) -> bool:
        return bool(self.told) and self.told.get("lastStatus") != "STOPPED"

    @property
    def began(self) -> float | None:
        return _seconds(self.told.get("startedAt") or self.told.get("createdAt"))

    @property
    def ended(self) -> float | None:
        # executionStoppedAt is the end of the containers, stoppedAt that of the network interface, half a minute later.
        return _seconds(self.told.get("executionStoppedAt") or self.told.get("stoppedAt"))


def _seconds(moment: Any) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else None


@dataclass(slots=True)
class Past:
    """What is known of a job's runs. ``timezone``: that of its rule or schedule; ``without_task``: executions newer than the
    run that was found, which ran no task."""

    aws: Aws
    owner: str
    job: str
    definition: str
    clusters: list[str]
    machine: str | None
    timezone: str = "UTC"
    own: list[LogPlace] = field(default_factory=list)
    beside: list[LogPlace] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    without_task: int = 0

    def last(self) -> Run:
        """UserError where nothing is known of any run."""
        found = [*self._newest_execution(), *self._tasks()]
        # A run that is going on for hours may be older than one that ECS has forgotten.
        newest = max((run.at for run in found), default=0.0)
        if not any(run.execution for run in found) and newest < time.time() - _KNOWN:
            found += self._streams()
        if not found:
            raise UserError(
                _(
                    "nothing is known of a run of {job} in {where}: no execution, no task (ECS forgets a stopped one after "
                    "an hour), and no log stream; start one with 'cron2fargate run {job}'"
                ).format(job=self.job, where=self.aws.where)
            )
        # That of an execution knows its slot: it comes first where both are the same.
        return max(found, key=lambda run: (run.at, bool(run.execution)))

    def of_slot(self, minute: int) -> Run:
        """``minute`` in UTC since 1970. UserError where no run of the slot is known, or where runs bear no slot."""
        slot, bears = iso(minute)[:16], False
        for one in self._around(minute):
            told = executions.slot_of(self.aws, one["executionArn"])
            bears = bears or bool(told)
            if told[:16] == slot and (run := self._of_execution(one, told)):
                return run
        known = self._tasks()
        bears = bears or any(run.slot for run in known)
        for run in known:
            if run.slot[:16] == slot:
                return run
        self._refuse_slot(slot, minute, known, bears=bears or self.machine is not None)
        raise AssertionError

    def of_task(self, name: str) -> Run:
        """By the id of the task, or its ARN."""
        if not re.fullmatch(r"(arn:[\w:/.-]+/)?[0-9a-zA-Z-]{1,64}", name):
            raise UserError(_("--task {task}: not the id or the ARN of a task").format(task=name))
        for run in self._tasks():
            if run.id == name.rpartition("/")[2]:
                return run
        return Run(name, 0.0)

    def _refuse_slot(self, slot: str, minute: int, known: list[Run], *, bears: bool) -> None:
        if bears:
            raise UserError(
                _(
                    "no run of {job} for the slot {slot} is known in {where}; 'cron2fargate missing' tells whether its start "
                    "is missing, and executions are kept for 90 days"
                ).format(job=self.job, slot=f"{slot}Z", where=self.aws.where)
            )
        every = {run.id: run.at for run in [*self._streams(), *known]}
        after = sorted(every.items(), key=lambda one: (one[1] < minute * 60, abs(one[1] - minute * 60)))
        near = ", ".join(f"{one} ({iso(int(at) // 60)[:16]}Z)" for one, at in after[:_SHOWN])
        raise UserError(
            _(
                "the tasks of {job} bear no slot, as nothing but its rule starts them (start: workflow in ecs.yml keeps the "
                "slot of each run); give one with --task, by when it began: {near}"
            ).format(job=self.job, near=near or _("none is known"))
        )

    def _newest_execution(self) -> list[Run]:
        for number, one in enumerate(self._executions()):
            if number == _LOOKED_AT:
                break
            if run := self._of_execution(one):
                self.without_task = number
                run.slot = executions.slot_of(self.aws, run.execution)
                return [run]
        return []

    def _executions(self) -> Iterator[dict[str, Any]]:
        return executions.newest_first(self.aws, self.machine) if self.machine else iter(())

    def _around(self, minute: int) -> list[dict[str, Any]]:
        """The executions that may be the run of a slot, the earliest first: a start may be tried for a day."""
        found = []
        for one in self._executions():
            at = one["startDate"].timestamp()
            if at < minute * 60 - 60:
                break
            if at <= minute * 60 + _TRIED:
                found.append(one)
        return found[::-1][:_LOOKED_AT]

    def _of_execution(self, one: dict[str, Any], slot: str = "") -> Run | None:
        found = executions.submitted(self.aws, one["executionArn"])
        if found is None:
            return None
        known = tasks.described(self.aws, found.task.split("/")[-2], [found.task])
        told = known[0] if known else found.ended
        at = _seconds(told.get("createdAt")) or one["startDate"].timestamp()
        return Run(found.task, at, found.definition, slot, one["executionArn"], told)

    def _tasks(self) -> list[Run]:
        every = [task for cluster in self.clusters for task in tasks.known(self.aws, self.job, cluster)]
        # A task that neither started nor ended has no times yet: it is the latest there can be.
        return [
            Run(
                task["taskArn"],
                _seconds(task.get("createdAt")) or datetime.now(UTC).timestamp(),
                task.get("taskDefinitionArn", ""),
                _told_slot(task),
                told=task,
            )
            for task in every
        ]

    def _streams(self) -> list[Run]:
        streams = [one for place in self.own for one in log_lines.newest_streams(self.aws, place)]
        return [Run(task, at) for task, at in streams]


def _told_slot(task: dict[str, Any]) -> str:
    """The slot that a guarded task was told in its environment."""
    boxes = task.get("overrides", {}).get("containerOverrides", [])
    told: Iterable[dict[str, str]] = (pair for box in boxes for pair in box.get("environment", []))
    return next((pair["value"] for pair in told if pair.get("name") == SLOT and pair.get("value")), "")


def open_past(aws: Aws, owner: str, job: str) -> Past:
    """UserError where the job is not registered."""
    found = frames.find_or_fail(aws, owner, job)
    machine = state_machines.find(aws, job) if any(frame.is_workflow for frame in found) else None
    clusters = [
        *(frame.cluster for frame in found),
        (machine.cluster if machine else None) or "",
        aws.environment.cluster or "",
    ]
    # One cluster by its ARN and by its name is one.
    clusters = [cluster.rpartition("/")[2] for cluster in clusters]
    revision = machine.task_definition if machine else next((one.revision for one in found if one.target), None)
    past = Past(
        aws,
        owner,
        job,
        revision or aws.named(job),
        list(dict.fromkeys(clusters)),
        machine.arn if machine else None,
        next((frame.timezone for frame in found if frame.timezone), "UTC"),
    )
    look_at(past, past.definition)
    return past


def look_at(past: Past, definition: str) -> None:
    """Where the containers of a definition write. One that was deleted since is answered by the job's own of now."""
    from botocore.exceptions import ClientError

    ecs = past.aws.client("ecs")
    try:
        answer = ecs.describe_task_definition(taskDefinition=definition or past.definition)
    except ClientError as error:
        if is_denied(error) or definition in ("", past.definition):
            raise
        answer = ecs.describe_task_definition(taskDefinition=past.definition)
    boxes = answer["taskDefinition"]["containerDefinitions"]
    beside = sidecars.names(past.aws.environment)
    own = {box["name"] for box in boxes if box["name"] not in beside} or {box["name"] for box in boxes}
    past.own, past.beside, past.elsewhere = [], [], {}
    for box in boxes:
        place = log_lines.place_of(box, past.aws.region)
        if isinstance(place, LogPlace):
            (past.own if box["name"] in own else past.beside).append(place)
        else:
            past.elsewhere[str(box["name"])] = place
