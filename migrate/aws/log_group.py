"""The log group of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migrate.aws.errors import error_code
from migrate.aws.ownership import OWNER, Tags
from migrate.aws.session import Aws
from migrate.aws.steps import Change, Step, compare


@dataclass(frozen=True, slots=True)
class LogGroup:
    """What is wanted: a name, and days until lines are deleted (None: whatever it has)."""

    name: str
    retention: int | None
    tags: Tags


def plan(aws: Aws, wanted: LogGroup) -> Step:
    """A missing group is made; one of ours gets its retention; one of somebody else is used as it is."""
    live = _find(aws, wanted.name)
    if live is None:
        changes = compare(None, {"retentionInDays": wanted.retention} if wanted.retention else {})
        note = f"kept {wanted.retention} days" if wanted.retention else "kept for ever"
        return Step("log group", wanted.name, "add", changes, lambda aws, made: _write(aws, wanted, create=True), note)
    if live["tags"].get(OWNER) != wanted.tags[OWNER]:
        return Step("log group", wanted.name, "same", note="not ours: used as it is")
    if wanted.retention in (None, live.get("retentionInDays")):
        return Step("log group", wanted.name, "same")
    change = Change("retentionInDays", str(live.get("retentionInDays", "never deleted")), str(wanted.retention))
    return Step("log group", wanted.name, "change", [change], lambda aws, made: _write(aws, wanted, create=False))


def _find(aws: Aws, name: str) -> dict[str, Any] | None:
    logs = aws.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                arn = group.get("logGroupArn") or group["arn"].removesuffix(":*")
                return {**group, "tags": logs.list_tags_for_resource(resourceArn=arn)["tags"]}
    return None


def _write(aws: Aws, wanted: LogGroup, *, create: bool) -> None:
    from botocore.exceptions import ClientError

    logs = aws.client("logs")
    if create:
        try:
            logs.create_log_group(logGroupName=wanted.name, tags=wanted.tags)
        except ClientError as error:
            # Another job of this run shares the group.
            if error_code(error) != "ResourceAlreadyExistsException":
                raise
    if wanted.retention:
        logs.put_retention_policy(logGroupName=wanted.name, retentionInDays=wanted.retention)
