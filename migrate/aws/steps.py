"""What is to be done to one resource: seen first, written later."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from converters.secrets.search import find_secrets, hide_words, mask
from migrate.aws.session import Aws

Action = Literal["add", "change", "drift", "same", "remove"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a resource, as it is and as it should be; None where it is absent."""

    field: str
    old: str | None
    new: str | None
    exact: str = dataclasses.field(default="", compare=False, repr=False)
    """Both values as they are where those above are hidden or cut: for fingerprints, and never shown."""


@dataclass(slots=True)
class Made:
    """What earlier steps of the same job have made, for later ones."""

    task_definition: str = ""


@dataclass(slots=True)
class Step:
    """One resource. ``write`` does all its calls, and is None where nothing is to do; ``note`` is the gist of it."""

    kind: str
    name: str
    action: Action
    changes: list[Change] = field(default_factory=list)
    write: Callable[[Aws, Made], None] | None = None
    note: str = ""


def compare(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[Change]:
    """Field by field, with dotted names; lists of named things are compared by name, the rest as a whole."""
    before, after = flatten(old or {}), flatten(new)
    names = [*after, *(name for name in before if name not in after)]
    return [
        Change(
            name,
            shown(name, before.get(name)),
            shown(name, after.get(name)),
            repr((before.get(name), after.get(name))),
        )
        for name in names
        if before.get(name) != after.get(name)
    ]


def flatten(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, list) and value and all(isinstance(item, dict) and ("name" in item) for item in value):
        # Containers and variables are told by name: a reordered list is no change.
        value = {str(item["name"]): {key: inner for key, inner in item.items() if key != "name"} for item in value}
    if isinstance(value, dict):
        if set(value) <= {"value", "valueFrom"} and len(value) == 1:
            return {name: next(iter(value.values()))}
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= flatten(inner, f"{name}.{key}" if name else str(key))
        return found
    return {name: value}


# Names of variables whose values are not shown, whatever they are.
# A diff goes to terminals and logs: better to hide a harmless value.
_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASS|PWD|CREDENTIAL|(^|[_.])KEY|KEY$|WEBHOOK|AUTH|PRIVATE|DSN|SALT|COOKIE|SESSION|SIGNATURE|CERT"
    r"|(DATABASE|DB|REDIS|MONGO|AMQP|BROKER)\w*_UR[IL]",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")
HIDDEN = "(hidden)"
_LONGEST = 48
_SEARCHED = 1 << 14
"""Characters of a value that is searched for secrets: a definition of a workflow is longer, and its command stands apart."""


def _masked(value: Any) -> Any:
    """A list of words without the secrets of the command that they are; `sh -c` has a whole command in one of them."""
    if not (isinstance(value, list) and value and all(isinstance(one, str) for one in value)):
        return value
    command = shlex.join(value)
    found = [command[one.start : one.end] for one in find_secrets(command[:_SEARCHED])]
    return [hide_words(one, found) for one in value]


def shown(name: str, value: Any) -> str | None:
    """A value for a diff: values of variables are shortened, those whose names look secret are hidden."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(_masked(value), ensure_ascii=False)
    # A diff is kept in files and posted to pull requests: what the scan hides in a command is hidden here, too.
    text = mask(text) if len(text) <= _SEARCHED else text
    parts = name.split(".environment.", 1)
    if len(parts) == 2:
        if _SECRET_NAME.search(parts[1]):
            return HIDDEN
        text = _URL_PASSWORD.sub(r"\1:***@", text)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return _URL_PASSWORD.sub(r"\1:***@", text)
