"""Tags by page: a hundred things a call, where each service gives those of one thing a call.

The index of the tagging API follows what is written after seconds or minutes. So what stands in it is believed where nothing
is to be changed; of what would be changed or refused, the service itself is asked (`account.ask_again`).
"""

from __future__ import annotations

from collections.abc import Callable

from migrate.aws.errors import is_denied
from migrate.aws.ownership import OWNER, Tags
from migrate.aws.seen import INDEX, TAGS, Index
from migrate.aws.session import Aws
from migrate.aws.shared import tags_of

# IAM roles never come back from it, and task definitions would with every revision that they ever had.
# `logs` and not `logs:log-group`: the embedded AWS knows no finer name, and nothing else of logs bears our tag.
_TYPES = ["cloudwatch:alarm", "events:rule", "logs", "states:stateMachine"]


def tags(aws: Aws, arn: str, read: Callable[[], Tags]) -> Tags:
    """Of one thing: from the index where it is in there, else by ``read``."""
    if aws.seen is None:
        return read()
    found = index(aws).get(arn)
    if found is not None and not aws.seen.is_doubted(arn):
        return found
    return aws.seen.get(TAGS, arn, read)


def index(aws: Aws) -> Index:
    """ARN -> tags of everything that bears the owner's tag; empty where it may not be read, or was not asked for."""
    return aws.seen.get(INDEX, "", lambda: _pages(aws)) if aws.seen else {}


def is_others(aws: Aws, arn: str) -> bool:
    """Whether the index knows other things of this service and not this one: then it does not bear the owner's tag. An index
    that has none of a service says nothing of it (the embedded AWS has no rules there)."""
    known = index(aws)
    return arn not in known and any(one.split(":")[2:3] == arn.split(":")[2:3] for one in known)


def _pages(aws: Aws) -> Index:
    from botocore.exceptions import ClientError

    client = aws.client("resourcegroupstaggingapi")
    filters = [{"Key": OWNER, "Values": [aws.seen.owner if aws.seen else ""]}]
    pages = client.get_paginator("get_resources").paginate(
        TagFilters=filters, ResourceTypeFilters=_TYPES, ResourcesPerPage=100
    )
    try:
        found = [one for page in pages for one in page["ResourceTagMappingList"]]
    except ClientError as error:
        # Whoever has a policy of before asks each service for the tags of each thing.
        if not is_denied(error):
            raise
        return {}
    # Log groups have two ARNs, and their tags hang on the one without an end.
    return {one["ResourceARN"].removesuffix(":*"): tags_of(one["Tags"]) for one in found}
