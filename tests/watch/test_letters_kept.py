"""What the watchman makes of a letter that lies in the queue for days, and where a handle cannot be kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converters.schedules.zones import iso
from converters.workflows.watching import DAY, LATE
from tests.watch.steps import RefusedError, Steps
from tests.watch.test_watching import NIGHTLY, SLOT, watchman


@pytest.mark.parametrize(
    ("by_attribute", "days", "told"),
    [
        # It was told when it came; what is missing today without a letter of its own is told as such.
        (False, 3, ["missed"]),
        (True, 3, ["missed"]),
        (False, 0, ["gave-up"]),
        (True, 0, ["gave-up"]),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_an_old_letter_is_no_cause_of_what_is_missing_today(
    by_attribute: bool, days: int, told: list[str], refused: bool
) -> None:
    slot = iso(SLOT - days * DAY)
    arn = {"RULE_ARN": "arn:aws:events:r:1:rule/nightly"}
    if by_attribute:
        arn = {"SCHEDULE_ARN": "arn:aws:scheduler:r:1:schedule/g/nightly", "SCHEDULED_TIME": slot}
    letter = {
        "MessageId": "m",
        "ReceiptHandle": "h",
        "Body": "{}" if by_attribute else json.dumps({"time": slot}),
        "MessageAttributes": {
            name: {"StringValue": value} for name, value in {**arn, "ERROR_CODE": "NO_RESOURCE"}.items()
        },
    }
    answers, said, kept = [{"Messages": [letter]}], list[tuple[str, str]](), list[Any]()
    state = {"upto": SLOT - 1, "missing": {}, "letters": {}, "over": {}}

    def start(asked: dict[str, Any]) -> dict[str, Any]:
        # The name of a letter that was told days ago is taken.
        if days and asked["Name"] == "letter-m":
            raise RefusedError("StepFunctions.ExecutionAlreadyExistsException")
        said.append((asked["Input"]["detail"]["kind"], asked["Input"]["detail"]["slot"][:16]))
        return {}

    def keep(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Key"]["lock"]["S"].startswith("letters#") and refused:
            raise RefusedError("DynamoDB.ItemCollectionSizeLimitExceededException")
        kept.append(asked["ExpressionAttributeValues"].get(":handles", {}).get("SS"))
        return {}

    services = {
        "dynamodb:getItem": lambda _: {"Item": {"state": {"S": json.dumps(state)}}},
        "dynamodb:updateItem": keep,
        "dynamodb:batchGetItem": lambda asked: {"Responses": {next(iter(asked["RequestItems"])): []}, "UnprocessedKeys": {}},
        "sqs:receiveMessage": lambda _: answers.pop() if answers else {},
        "eventbridge:describeRule": lambda _: {"State": "ENABLED"},
        "states:startExecution": start,
    }  # fmt: skip
    Steps(watchman(NIGHTLY).definition(), services).run(SLOT + LATE)
    assert said == [(kind, iso(SLOT)[:16]) for kind in told]
    assert kept == ([] if refused else [["h"]]) + [None]
