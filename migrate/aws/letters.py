"""The letters that lie in the dead-letter queue of an environment: taken in hand, put back, or thrown away.

Reading a message takes it out of sight, so it asks for the right to change the queue, in a dry run too; what is not thrown
away is put back at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from converters.workflows.watch_letters import HANDLES_SPAN, handles_key
from migrate.aws import state_machines
from migrate.aws.errors import error_code
from migrate.aws.session import Aws
from migrate.errors import UserError
from migrate.terminal.language import _

IN_HAND = 900
"""Seconds for which nobody else sees a letter: as long as somebody may think about the plan."""
WAIT = 1
MOST = 1_000
"""Letters that one run takes in hand."""
_NO_QUEUE = {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}
_NO_TABLE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Held:
    """One letter in hand."""

    id: str
    handle: str
    attributes: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Box:
    """The queue of an environment, by a client that may change it."""

    aws: Aws
    url: str

    def take(self) -> list[Held]:
        """Every letter that is there, each once."""
        found: dict[str, Held] = {}
        while len(found) < MOST:
            # Long polling asks every host of a queue; a short one may miss a letter (SQS, "Short and long polling").
            answer = self.aws.client("sqs").receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=WAIT,
                VisibilityTimeout=IN_HAND,
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                break
            for one in messages:
                texts = {
                    name: str(value.get("StringValue", "")) for name, value in one.get("MessageAttributes", {}).items()
                }
                found[one["MessageId"]] = Held(one["MessageId"], one["ReceiptHandle"], texts, str(one["Body"]))
        return list(found.values())

    def show_told(self, owner: str) -> None:
        """Makes visible again what the watchman has told and keeps out of sight."""
        for handle in _handles(self.aws, owner):
            self._see(handle)

    def put_back(self, letters: Iterable[Held]) -> None:
        for one in letters:
            self._see(one.handle)

    def throw_away(self, letter: Held) -> None:
        self.aws.client("sqs").delete_message(QueueUrl=self.url, ReceiptHandle=letter.handle)

    def _see(self, handle: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self.aws.client("sqs").change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0
            )
        except ClientError as error:
            # It is visible, or gone, or somebody else has it by now.
            if error_code(error) not in _OVER:
                raise


_OVER = {
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
}


def open_box(aws: Aws, owner: str) -> Box | None:
    """None where the environment has no queue."""
    from botocore.exceptions import ClientError

    arn = aws.environment.dead_letter_queue
    name = arn.rpartition(":")[2] if arn else aws.place(owner).plain("dlq")
    if arn and arn.split(":")[4] != aws.account:
        raise UserError(
            _("the dead-letter queue {arn} is of another account; redrive reads queues of {where} only").format(
                arn=arn, where=aws.where
            )
        )
    try:
        return Box(aws, str(aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]))
    except ClientError as error:
        if error_code(error) not in _NO_QUEUE:
            raise
        return None


def _handles(aws: Aws, owner: str) -> list[str]:
    """The handles that the watchman keeps: letters stay out of sight for half a day, so those of two spans."""
    if not aws.environment.watch:
        return []
    table, begin = state_machines.table_name(aws, owner), handles_key(aws.place(owner).keys)
    span = int(time.time() // 60 // HANDLES_SPAN)
    found: dict[str, None] = {}
    for number in (span - 1, span):
        item = item_of(aws, table, f"{begin}{number}")
        found |= dict.fromkeys(item.get("handles", {}).get("SS", []))
    return list(found)


def item_of(aws: Aws, table: str, key: str) -> dict[str, Any]:
    """An item of the table; {} where there is none, or no table."""
    from botocore.exceptions import ClientError

    try:
        answer = aws.client("dynamodb").get_item(TableName=table, Key={"lock": {"S": key}}, ConsistentRead=True)
    except ClientError as error:
        if error_code(error) != _NO_TABLE:
            raise
        return {}
    return dict(answer.get("Item", {}))
