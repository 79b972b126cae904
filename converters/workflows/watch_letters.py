"""The letters of a place's dead-letter queue, as the watchman reads and tells them, and where it keeps their handles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from converters.workflows.parts import choice, jsonata, quoted
from converters.workflows.watch_expressions import ISO
from converters.workflows.watch_parts import BEFORE, task

KEPT_LETTER = 43_200
"""Seconds for which a letter that was told is not seen again: the longest that SQS allows."""

HANDLES_SPAN = KEPT_LETTER // 60
"""Minutes whose letters have their handles in one item: this span and the one before have all that is out of sight."""


class Teller(Protocol):
    """What of the watchman the letters need."""

    @property
    def table(self) -> str: ...
    @property
    def keys(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    def start(self, name: str, detail: Mapping[str, object], before: str) -> dict[str, object]:
        """A state that gives the notifier something to tell, once by its name."""


def handles_key(keys: str) -> str:
    """What the key of an item with handles begins with; the number of its span follows."""
    return f"{keys}/letters#" if keys else "letters#"


def states(man: Teller, queue: str, then: str) -> dict[str, object]:
    """Every letter is told by the one name of an execution; it stays in the queue, out of sight, for `cron2fargate redrive`."""
    read = _read(man)
    # A letter lies for 14 days and is seen again each half day: an old one is no cause of what is missing today.
    recent = f"$filter({read}, function($one) {{ $one.slot = '' or $one.slot > $fromMillis($millis() - 86400000) }})"
    asked = {
        "QueueUrl": queue,
        "MaxNumberOfMessages": 10,
        "MessageAttributeNames": ["All"],
        "VisibilityTimeout": KEPT_LETTER,
    }
    return {
        "Are there letters": task(
            "aws-sdk:sqs:receiveMessage",
            asked,
            "Letters",
            {"given": jsonata(f"$append($given, [{recent}])"), "letters": jsonata(read)},
        ),
        "Letters": choice([("{% $count($letters) = 0 %}", then)], "Keep their handles"),
        "Keep their handles": _keep_handles(man, "Tell of letters"),
        "Tell of letters": _tell(man, "Were there more"),
        # SQS hands out ten at once; whoever got fewer may have missed some, which the next pass finds.
        "Were there more": choice([("{% $count($letters) = 10 %}", "Are there letters")], then),
    }


def _read(man: Teller) -> str:
    """What a message of the queue says of its start, as JSONata on the result of ReceiveMessage."""
    value = "MessageAttributes.%s.StringValue"
    arn = f"$join([{value % 'RULE_ARN'}, {value % 'SCHEDULE_ARN'}])"
    told = r"""$join([$match(Body, /"(time|slot|scheduled-time)"\s*:\s*"([^"]*)"/)[0].groups[1]])"""
    # Scheduler tells it apart: what a task is told, which is the body, need not hold it.
    scheduled = value % "SCHEDULED_TIME"
    slot = f"($exists({scheduled}) ? {scheduled} : {told})"
    code = f"$join([{value % 'ERROR_CODE'}, {value % 'ERROR_MESSAGE'}], ': ')"
    # A workflow's name is its job's; a rule may be the job's second one, NAME-2.
    target = value % "TARGET_ARN"
    name = f"($contains($join([{target}]), ':stateMachine:') ? $split({target}, ':')[-1] : $split({arn}, '/')[-1])"
    job = f"$substring({name}, {len(man.before)}, $length({name}) - {len(man.before) + len(man.after)})"
    return (
        f"[$states.result.Messages.{{'id': MessageId, 'job': {job}, 'slot': {slot}, 'code': {code}, 'arn': {arn},"
        " 'handle': ReceiptHandle}]"
    )


def _tell(man: Teller, then: str) -> dict[str, object]:
    # What is missing was told already; its daily reminder names the error.
    of_slot = ISO.replace("SLOT", "$lookup($over, $one.job)")
    known = f"$exists($lookup($over, $one.job)) and $substring($one.slot, 0, 16) & 'Z' = {of_slot}"
    fresh = f"$filter($letters, function($one) {{ $not($exists($lookup($open, $one.job)) or ({known})) }})"
    said = {
        "kind": "gave-up",
        "job": jsonata("$states.input.job"),
        "what": "was given up before it started; the dead-letter queue has it",
        "reason": jsonata("$states.input.code"),
        "slot": jsonata("$states.input.slot"),
        "resource": jsonata("$states.input.arn"),
    }
    told = man.start("'letter-' & $states.input.id", said, "Letter told before")
    return {
        "Type": "Map",
        "Items": jsonata(f"[{fresh}]"),
        "ItemProcessor": {
            "StartAt": "Tell of a letter",
            "States": {"Tell of a letter": told, "Letter told before": BEFORE},
        },
        "Output": {},
        "Next": then,
    }


def _keep_handles(man: Teller, then: str) -> dict[str, object]:
    """By these whoever redrives makes letters visible again. Where they cannot be kept, that one waits for half a day."""
    return task(
        "dynamodb:updateItem",
        {
            "TableName": man.table,
            "Key": {
                "lock": {"S": jsonata(f"{quoted(handles_key(man.keys))} & $string($floor($now / {HANDLES_SPAN}))")}
            },
            "UpdateExpression": "ADD #handles :handles SET #expires = :until",
            "ExpressionAttributeNames": {"#handles": "handles", "#expires": "expires"},
            "ExpressionAttributeValues": {
                ":handles": {"SS": jsonata("$distinct([$letters.handle])")},
                ":until": {"N": jsonata(f"$string($now * 60 + {3 * KEPT_LETTER})")},
            },
        },
        then,
        {},
        catch={"ErrorEquals": ["States.ALL"], "Next": then},
    )
