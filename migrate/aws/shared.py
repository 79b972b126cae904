"""What the modules of shared resources have in common: whose a thing is, and how to ask for what may not be there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from converters.frame.policies import canonical
from migrate.aws.errors import error_code
from migrate.aws.ownership import ENVIRONMENT, OWNER, Tags
from migrate.aws.steps import Change, Step, compare

NOT_OURS = "not ours: used as it is"
THEIRS = "not ours: it belongs to "
_MISSING = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "ResourceNotFound",
    "StateMachineDoesNotExist",
}


def ask(call: Callable[..., Any], **arguments: Any) -> Any:
    """The answer, or None where AWS says that there is no such thing; other errors go on."""
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return None
        raise


def tags_of(tags: Iterable[Mapping[str, str]]) -> Tags:
    """From either of the two ways in which services list tags."""
    return {tag.get("Key", tag.get("key", "")): tag.get("Value", tag.get("value", "")) for tag in tags}


def listed(tags: Tags, *, lower: bool = False) -> list[dict[str, str]]:
    key, value = ("key", "value") if lower else ("Key", "Value")
    return [{key: name, value: text} for name, text in tags.items()]


def ours(tags: Mapping[str, str], wanted: Tags) -> bool:
    """What names no environment was made before there were any, or is shared by all of them."""
    environment = wanted.get(ENVIRONMENT)
    return tags.get(OWNER) == wanted[OWNER] and tags.get(ENVIRONMENT, environment) in (environment, None)


def foreign(kind: str, name: str, tags: Mapping[str, str]) -> Step:
    if OWNER not in tags:
        return Step(kind, name, "same", note=NOT_OURS)
    where = f", environment {tags[ENVIRONMENT]}" if ENVIRONMENT in tags else ""
    return Step(kind, name, "same", note=f"{THEIRS}{tags[OWNER]}{where}")


def differences(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Change]:
    """Member by member; documents are equal when they mean the same."""
    return compare(_plain(live), _plain(wanted))


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: json.dumps(canonical(value), sort_keys=True) if isinstance(value, dict | list) else value
        for key, value in members.items()
    }


def document(text: str | None) -> Any:
    """A JSON document in an attribute; None for none, and for what is not JSON."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
