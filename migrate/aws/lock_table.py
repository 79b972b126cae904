"""The DynamoDB table of the locks: one item a lock. A table of that name that is not ours is used as it is."""

from __future__ import annotations

from typing import Any

from converters.frame.frame import LOCK_EXPIRY, LOCK_KEY
from migrate.aws.errors import error_code
from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.shared import ask, foreign, listed, ours, tags_of
from migrate.aws.steps import Change, Step
from migrate.errors import UserError

KIND = "lock table"


def plan(aws: Aws, name: str, tags: Tags) -> Step:
    """UserError for a table with another key: no lock could be taken in it."""
    table = aws.client("dynamodb")
    found = ask(table.describe_table, TableName=name)
    if found is None:
        return Step(KIND, name, "add", [], lambda aws, made: _create(aws, name, tags), "on demand; one item a lock")
    key = [(part["AttributeName"], part["KeyType"]) for part in found["Table"]["KeySchema"]]
    if key != [(LOCK_KEY, "HASH")]:
        raise UserError(f"the table {name} has another key than '{LOCK_KEY}' (string); choose another lockTable")
    theirs = tags_of(_tags(table, found["Table"]["TableArn"]))
    if not ours(theirs, tags):
        return foreign(KIND, name, theirs)
    expiry = table.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return Step(KIND, name, "same")
    change = Change("TimeToLive", None, LOCK_EXPIRY)
    return Step(KIND, name, "change", [change], lambda aws, made: _expire(aws, name))


def _tags(table: Any, arn: str) -> list[dict[str, str]]:
    return list(table.list_tags_of_resource(ResourceArn=arn).get("Tags", []))


def _create(aws: Aws, name: str, tags: Tags) -> None:
    from botocore.exceptions import ClientError

    table = aws.client("dynamodb")
    try:
        table.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": LOCK_KEY, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": LOCK_KEY, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=listed(tags),
        )
    except ClientError as error:
        # Another job of this run made it.
        if error_code(error) != "ResourceInUseException":
            raise
    table.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 90})
    _expire(aws, name)


def _expire(aws: Aws, name: str) -> None:
    """Housekeeping only: whether a lock has expired is decided in the condition of the write that takes it."""
    from botocore.exceptions import ClientError

    try:
        aws.client("dynamodb").update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": LOCK_EXPIRY}
        )
    except ClientError as error:
        # "TimeToLive is already enabled": another job of this run was quicker.
        if error_code(error) != "ValidationException" or "already enabled" not in str(error):
            raise
