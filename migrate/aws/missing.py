"""What the watchman knows: the starts that are missing now, from its item in the table; and that somebody knows of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from converters.schedules.zones import iso
from migrate.aws import state_machines
from migrate.aws.errors import error_code
from migrate.aws.session import Aws
from migrate.aws.watch import described
from migrate.errors import UserError
from migrate.terminal.language import _


@dataclass(frozen=True, slots=True)
class MissingStart:
    """``slot`` and ``told`` are UTC minutes since 1970; ``off``: its rule was disabled by hand."""

    job: str
    slot: int
    told: int
    cause: str
    off: bool
    known: bool

    def __str__(self) -> str:
        why = _("its rule or schedule is disabled") if self.off else self.cause or _("no trace of a start")
        said = _("{job}: the start of {slot} is missing, told {told}: {why}")
        text = said.format(job=self.job, slot=iso(self.slot), told=iso(self.told), why=why)
        return f"{text}; {_('known')}" if self.known else text


@dataclass(frozen=True, slots=True)
class Watched:
    """``until``: the instant up to which the watchman has judged."""

    until: str
    missing: list[MissingStart]


def read(aws: Aws, owner: str) -> Watched:
    """What is missing, oldest first. UserError where there is no watchman, or where it has made no pass yet."""
    if not aws.environment.watch:
        raise UserError(
            _("environment {name} has no watchman; set watch: true in cron2fargate.yml and register").format(
                name=aws.environment.name
            )
        )
    item = _item(aws, owner)
    if "state" not in item:
        raise UserError(
            _("the watchman of {where} has made no pass yet; it makes one every five minutes").format(where=aws.where)
        )
    state, known = json.loads(item["state"]["S"]), set(item.get("known", {}).get("SS", []))
    found = [
        MissingStart(job, one["slot"], one["told"], one["cause"], one["off"], job in known)
        for job, one in state["missing"].items()
    ]
    return Watched(iso(state["upto"]), sorted(found, key=lambda one: (one.slot, one.job)))


def acknowledge(aws: Aws, owner: str, job: str) -> None:
    """The watchman takes the name away again when the job has run."""
    table, key = _where(aws, owner)
    # ADD of a set: two people who know of two jobs do not overwrite each other.
    aws.client("dynamodb").update_item(
        TableName=table,
        Key=key,
        UpdateExpression="ADD #known :job",
        ExpressionAttributeNames={"#known": "known"},
        ExpressionAttributeValues={":job": {"SS": [job]}},
    )


def _where(aws: Aws, owner: str) -> tuple[str, dict[str, dict[str, str]]]:
    return state_machines.table_name(aws, owner), {"lock": {"S": described(aws, aws.place(owner)).man.state_key}}


def _item(aws: Aws, owner: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    table, key = _where(aws, owner)
    try:
        answer = aws.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return {}
    return dict(answer.get("Item", {}))
