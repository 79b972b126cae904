"""EventBridge Scheduler: for jobs with ``schedule.timezone``. Made DISABLED, never switched by ``register``.

Schedules carry no tags. They stand in a group of ours (tagged), and their description names owner, job and spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.aws import targets
from migrate.aws.errors import error_code
from migrate.aws.ownership import CODE, OWNER, Marks, Owner, described, described_digest
from migrate.aws.seen import BY_STEM, Kind, by_stem
from migrate.aws.session import Aws
from migrate.aws.steps import Action, Change, Made, Step
from migrate.errors import UserError

# Members that UpdateSchedule would reset if they were not sent again.
# UpdateSchedule sets what is not sent to its default value (API reference).
_KEPT = [
    "Name",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
]


@dataclass(frozen=True, slots=True)
class LiveSchedule:
    """A schedule on AWS, as UpdateSchedule takes it."""

    name: str
    fields: dict[str, Any]

    @property
    def enabled(self) -> bool:
        return self.fields.get("State") == "ENABLED"

    @property
    def expression(self) -> str:
        return str(self.fields.get("ScheduleExpression", ""))

    @property
    def timezone(self) -> str:
        return str(self.fields.get("ScheduleExpressionTimezone", "UTC"))

    @property
    def window(self) -> int | None:
        """Minutes within which it may start; None where it starts on time."""
        minutes = self.fields.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes")
        return int(minutes) if minutes else None

    @property
    def description(self) -> str:
        return str(self.fields.get("Description", ""))


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """One expression of a job in its time zone; ``window`` in minutes, None leaves the one that is there; ``written`` are retry
    policies that are ours to change."""

    name: str
    group: str
    expression: str
    timezone: str
    target: dict[str, Any]
    owner: Owner
    digest: str
    revision: str | None
    window: int | None = None
    written: Sequence[Mapping[str, int]] = ()


def group_name(aws: Aws, owner: str) -> str:
    return aws.environment.schedule_group or aws.place(owner).name("")[:-1]


def find_group(aws: Aws, name: str) -> dict[str, str] | None:
    """The tags of a schedule group; None where there is none."""
    return aws.once(_GROUP, name, lambda: _read_group(aws, name))


_GROUP: Kind[dict[str, str] | None] = Kind("schedule group")
SCHEDULE: Kind[LiveSchedule | None] = Kind("schedule")
_LISTED: Kind[frozenset[str]] = Kind("schedules")


def _read_group(aws: Aws, name: str) -> dict[str, str] | None:
    from botocore.exceptions import ClientError

    scheduler = aws.client("scheduler")
    try:
        # A group is the only thing of Scheduler that has tags.
        group = scheduler.get_schedule_group(Name=name)
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    return {tag["Key"]: tag["Value"] for tag in scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]}


def find(aws: Aws, group: str, name: str) -> LiveSchedule | None:
    """The schedule; None where it or its group is not there."""
    return aws.once(SCHEDULE, f"{group}/{name}", lambda: _read(aws, group, name))


def _read(aws: Aws, group: str, name: str) -> LiveSchedule | None:
    from botocore.exceptions import ClientError

    if aws.seen and name not in listed(aws, group):
        return None

    try:
        answer = aws.client("scheduler").get_schedule(Name=name, GroupName=group)
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    return LiveSchedule(name, {key: answer[key] for key in _KEPT if answer.get(key) is not None})


def find_all(aws: Aws, group: str, owner: Owner) -> list[LiveSchedule]:
    """Every schedule of a job of ours, by name."""
    found = [find(aws, group, name) for name in candidates(aws, group, owner)]
    ours = [schedule for schedule in found if schedule and owner.owns_description(schedule.description)]
    return sorted(ours, key=lambda schedule: (len(schedule.name), schedule.name))


def listed(aws: Aws, group: str, prefix: str = "") -> frozenset[str]:
    """The names in a group; none where it is not there."""
    return aws.once(_LISTED, group, lambda: frozenset(_pages(aws, group, prefix)))


def _pages(aws: Aws, group: str, prefix: str) -> Iterator[str]:
    from botocore.exceptions import ClientError

    begun = {"NamePrefix": prefix} if prefix and not aws.seen else {}
    try:
        # ListSchedules has neither expression nor description: each is read by itself.
        for page in (
            aws.client("scheduler").get_paginator("list_schedules").paginate(GroupName=group, MaxResults=100, **begun)
        ):
            yield from (item["Name"] for item in page["Schedules"])
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            # The group is not there: nothing of ours can be in it.
            raise


def candidates(aws: Aws, group: str, owner: Owner) -> list[str]:
    """The names of those that are there and may be the job's by their names: NAME, NAME-2, and those of a longer one."""
    known = aws.once(BY_STEM, f"schedules {group}", lambda: by_stem(listed(aws, group, owner.name[:61])))
    return list(dict.fromkeys(name for stem in (owner.name, owner.name[:61]) for name in known.get(stem, ())))


def check_owner(live: LiveSchedule, owner: Owner, *, adopt: bool) -> None:
    """Raises UserError for a schedule that is not ours, unless it is to be adopted."""
    marks = described(live.description)
    if marks.owner is None and not adopt:
        raise UserError(
            f"the schedule {live.name} exists and its description does not name job {owner.job} of {owner.owner}; "
            f"rename the job, or take the schedule over with --adopt"
        )
    owner.refuse("schedule", live.name, marks, adopt=adopt)


def plan_group(aws: Aws, name: str, owner: Owner, *, adopt: bool) -> Step:
    """The group: made with our tag, refused where it has another owner."""
    tags = find_group(aws, name)
    wanted = owner.shared_tags()
    if tags is None:
        return Step("schedule group", name, "add", write=lambda aws, made: _create_group(aws, name, wanted))
    if tags.get(OWNER) == owner.owner:
        return Step("schedule group", name, "same")
    if not adopt:
        raise UserError(
            f"the schedule group {name} exists and {Marks.of(tags)}; choose another scheduleGroup, or --adopt it"
        )

    def write(aws: Aws, made: Made) -> None:
        arn = aws.client("scheduler").get_schedule_group(Name=name)["Arn"]
        aws.client("scheduler").tag_resource(ResourceArn=arn, Tags=[{"Key": OWNER, "Value": owner.owner}])

    return Step("schedule group", name, "change", [Change(f"tag {OWNER}", tags.get(OWNER), owner.owner)], write)


def _create_group(aws: Aws, name: str, tags: dict[str, str]) -> None:
    from botocore.exceptions import ClientError

    if find_group(aws, name) is not None:
        return  # an earlier job of this run made it; the embedded AWS would make it anew, empty
    try:
        aws.client("scheduler").create_schedule_group(
            Name=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )
    except ClientError as error:
        # A job that is written at the same time made it.
        if error_code(error) != "ConflictException":
            raise


def plan(live: LiveSchedule | None, wanted: WantedSchedule) -> Step:
    """A schedule with its target, in one call."""
    old = live.fields.get("Target") if live else None
    merged = targets.merge(old, wanted.target, wanted.revision or targets.NEW_REVISION, wanted.written)
    changes = targets.difference(old, merged)
    # A window that was set by hand stays where ecs.yml has none.
    if wanted.window and (live is None or live.window != wanted.window):
        old_window = str(live.window or "off") if live else None
        changes.insert(0, Change("FlexibleTimeWindow", old_window, f"{wanted.window} minutes"))
    before = (live.expression, live.timezone, live.description) if live else (None, None, None)
    after = (wanted.expression, wanted.timezone, wanted.owner.describe(wanted.digest))
    if (
        live
        and not changes
        and before[:2] == after[:2]
        and described_digest(live.description) == CODE
        and wanted.owner.owns_description(live.description)
    ):
        # An export made it, just as it is wanted: its description says whose it is.
        before = after
    names = ("ScheduleExpression", "ScheduleExpressionTimezone", "Description")
    changes = [Change(n, b, a) for n, b, a in zip(names, before, after, strict=True) if b != a] + changes
    if not changes and live:
        return Step("schedule", wanted.name, "same", note=str(live.fields.get("State", "")))
    if live is None:
        changes.insert(2, Change("State", None, "DISABLED"))
    drifted = live is not None and described_digest(live.description) == wanted.digest
    action: Action = "add" if live is None else "drift" if drifted else "change"
    state = live.fields.get("State", "") if live else ""

    def write(aws: Aws, made: Made) -> None:
        if "EcsParameters" in merged:
            merged["EcsParameters"]["TaskDefinitionArn"] = wanted.revision or made.task_definition
        (_create if live is None else _update)(aws, wanted, merged)

    note = f"stays {state}" if state else f"made DISABLED; {targets.gist(merged)}"
    return Step("schedule", wanted.name, action, changes, write, note)


def _ours(wanted: WantedSchedule, target: dict[str, Any]) -> dict[str, Any]:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": wanted.window}
    return ({"FlexibleTimeWindow": window} if wanted.window else {}) | {
        "Name": wanted.name,
        "GroupName": wanted.group,
        "ScheduleExpression": wanted.expression,
        "ScheduleExpressionTimezone": wanted.timezone,
        "Description": wanted.owner.describe(wanted.digest),
        "Target": target,
    }


def _create(aws: Aws, wanted: WantedSchedule, target: dict[str, Any]) -> None:
    on_time = {"FlexibleTimeWindow": {"Mode": "OFF"}}
    aws.client("scheduler").create_schedule(
        # ActionAfterCompletion NONE: a one-time schedule stays to be seen.
        **(on_time | _ours(wanted, target)),
        State="DISABLED",
        ActionAfterCompletion="NONE",
    )


def _update(aws: Aws, wanted: WantedSchedule, target: dict[str, Any]) -> None:
    """UpdateSchedule replaces everything, so the schedule is read again right before: its State may have changed."""
    # Between plan and write somebody may have switched it.
    live = find(aws, wanted.group, wanted.name)
    if live is None:
        raise UserError(f"the schedule {wanted.name} was deleted meanwhile; register again")
    aws.client("scheduler").update_schedule(**(live.fields | _ours(wanted, target)))


def plan_removal(live: LiveSchedule, group: str) -> Step:
    """For a schedule of ours whose expression is gone from ecs.yml."""

    def write(aws: Aws, made: Made) -> None:
        aws.client("scheduler").delete_schedule(Name=live.name, GroupName=group)

    change = Change("ScheduleExpression", live.expression, None)
    return Step("schedule", live.name, "remove", [change], write, "its expression is gone from ecs.yml")


def switch(aws: Aws, group: str, live: LiveSchedule, *, on: bool) -> None:
    """Sends the schedule as it is now, with another State: Scheduler has no call for the State alone."""
    now = find(aws, group, live.name) or live
    # GetSchedule and UpdateSchedule: two calls, so a change in between is read again as late as can be.
    aws.client("scheduler").update_schedule(**{**now.fields, "State": "ENABLED" if on else "DISABLED"})


def is_marked(live: LiveSchedule, digest: str) -> bool:
    """Whether the schedule was last written for this very spec, so that what differs now was changed on AWS."""
    return described_digest(live.description) == digest
