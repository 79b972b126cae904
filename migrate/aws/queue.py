"""The dead-letter queue: starts that were given up."""

from __future__ import annotations

import json
from typing import Any

from converters.frame.frame import QUEUE_DAYS
from converters.frame.policies import queue_policy
from migrate.aws.errors import is_denied
from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.shared import ask, differences, document, foreign, ours
from migrate.aws.steps import Step

KIND = "queue"


def attributes(aws: Aws, name: str) -> dict[str, Any]:
    """What is wanted; EventBridge and Scheduler of this account may send."""
    # EventBridge gives up after a day at most; two weeks are left to look.
    return {
        "MessageRetentionPeriod": str(QUEUE_DAYS * 86_400),
        "Policy": queue_policy(aws.arn("sqs", name), aws.account),
    }


def plan(aws: Aws, name: str, tags: Tags) -> Step:
    sqs = aws.client("sqs")
    wanted = attributes(aws, name)
    found = ask(sqs.get_queue_url, QueueName=name)
    if found is None:
        note = f"kept {QUEUE_DAYS} days"
        return Step(KIND, name, "add", [], lambda aws, made: _create(aws, name, wanted, tags), note)
    url = found["QueueUrl"]
    theirs = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    if not ours(theirs, tags):
        return foreign(KIND, name, theirs)
    live = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    changes = differences(
        {
            "MessageRetentionPeriod": live.get("MessageRetentionPeriod"),
            "Policy": document(live.get("Policy")),
        },
        wanted,
    )
    if not changes:
        return Step(KIND, name, "same")

    def write(aws: Aws, made: object) -> None:
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=_sent(wanted))

    return Step(KIND, name, "change", changes, write)


def find_for_jobs(aws: Aws, owner: str) -> str | None:
    """The ARN of the queue that takes the starts of jobs that are given up: the settings', else ours, as far as it is there
    or about to be made."""
    from botocore.exceptions import ClientError

    if aws.environment.dead_letter_queue:
        return aws.environment.dead_letter_queue
    name = aws.place(owner).plain("dlq")
    try:
        there = name in aws.coming or ask(aws.client("sqs").get_queue_url, QueueName=name) is not None
    except ClientError as error:
        # Who registers jobs need not see the queue: the shared part has set it.
        if not is_denied(error):
            raise
        there = False  # who may not see it updates jobs without it
    return aws.arn("sqs", name) if there else None


def _create(aws: Aws, name: str, wanted: dict[str, Any], tags: Tags) -> None:
    aws.client("sqs").create_queue(QueueName=name, Attributes=_sent(wanted), tags=tags)


def _sent(wanted: dict[str, Any]) -> dict[str, str]:
    return {**wanted, "Policy": json.dumps(wanted["Policy"])}
