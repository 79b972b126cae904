"""The log group of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migrate.aws import tag_index
from migrate.aws.errors import error_code
from migrate.aws.ownership import OWNER, Tags
from migrate.aws.seen import Kind
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
    live = find(aws, wanted.name)
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


@dataclass(frozen=True, slots=True)
class Listed:
    """The groups whose names begin with ``prefix``; ``all``: of them none is missing."""

    prefix: str
    groups: dict[str, dict[str, Any]]
    all: bool


GROUP: Kind[dict[str, Any] | None] = Kind("log group")
LISTED: Kind[Listed] = Kind("log groups")
_NONE = Listed("", {}, all=False)


def read_pages(aws: Aws, prefix: str, most: int) -> Listed:
    """At most so many pages of fifty: who has other groups by the thousand asks for each of its own."""
    pages = aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    groups: dict[str, dict[str, Any]] = {}
    for number, page in enumerate(pages):
        if number == most:
            return Listed(prefix, groups, all=False)
        groups |= {group["logGroupName"]: group for group in page["logGroups"]}
    return Listed(prefix, groups, all=True)


def arn_of(group: dict[str, Any]) -> str:
    return str(group.get("logGroupArn") or group["arn"].removesuffix(":*"))


def find(aws: Aws, name: str) -> dict[str, Any] | None:
    """The group with its tags; None where there is none."""
    return aws.once(GROUP, name, lambda: _read(aws, name))


def _read(aws: Aws, name: str) -> dict[str, Any] | None:
    listed = aws.seen.known(LISTED, "", _NONE) if aws.seen else _NONE
    group = listed.groups.get(name)
    if group is None and not (listed.all and name.startswith(listed.prefix)):
        # A name is a prefix of others: `/jobs/a` of `/jobs/ab`.
        group = read_pages(aws, name, 1_000).groups.get(name)
    if group is None:
        return None
    arn = arn_of(group)
    read = aws.client("logs").list_tags_for_resource
    return {**group, "tags": tag_index.tags(aws, arn, lambda: dict(read(resourceArn=arn)["tags"]))}


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
