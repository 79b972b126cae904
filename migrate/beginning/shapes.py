"""JSON as people type it for the AWS CLI, held against AWS's own model: names, types and what must be there. Values are never
told: one of them may be a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from converters.findings.suggestions import did_you_mean
from migrate.aws.models import service_model
from migrate.errors import UserError

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a text"),
    "integer": ((int,), "a whole number"),
    "long": ((int,), "a whole number"),
    "boolean": ((bool,), "true or false"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "structure": ((dict,), "a mapping"),
    "map": ((dict,), "a mapping"),
    "list": ((list,), "a list"),
}


@cache
def shape(service: str, operation: str, output: str = "") -> Any:
    """Of an operation's input; or of what a path such as ``services[]`` leads to in its answer."""
    model = service_model(service).operation_model(operation)
    found: Any = model.output_shape if output else model.input_shape
    if found is None:  # pragma: no cover - every version of botocore has them
        raise UserError(f"this version of botocore knows no {operation}; install a newer one")
    for key in filter(None, output.split(".")):
        found = found.members[key.removesuffix("[]")]
        found = found.member if key.endswith("[]") else found
    return found


def shown(name: object) -> str:
    """A name out of a file, on one line and no longer than a name is."""
    text = str(name)[:80]
    return text if text.isprintable() else ascii(text)


def without_answers(given: Mapping[str, Any], wanted: Any, answered: Any) -> dict[str, Any]:
    """Without what AWS only answers, and takes from nobody; botocore adds its own beside it."""
    only = set(answered.members) - set(wanted.members) | {"ResponseMetadata"}
    return {key: value for key, value in given.items() if key not in only}


def wrong(value: Any, wanted: Any, where: str = "") -> Iterator[str]:
    """A clause for each mistake: ``containerDefinitions[0].memory is not a whole number``."""
    if value is None:
        return  # a skeleton of the CLI has nulls for what is left open
    types, called = _TYPES.get(wanted.type_name, ((object,), ""))
    if not _is_one(value, types):
        yield f"{where or 'it'} is not {called}"
    elif wanted.type_name == "structure":
        yield from _members(value, wanted, where)
    elif wanted.type_name == "list":
        for number, inner in enumerate(value):
            yield from wrong(inner, wanted.member, f"{where}[{number}]")
    elif wanted.type_name == "map":
        for key, inner in value.items():
            yield from wrong(inner, wanted.value, f"{where}.{shown(key)}")


def _is_one(value: Any, types: tuple[type, ...]) -> bool:
    # bool is an int to Python, and no number to AWS.
    return isinstance(value, types) and not (isinstance(value, bool) and bool not in types and object not in types)


def _members(value: dict[str, Any], wanted: Any, where: str) -> Iterator[str]:
    before = f"{where}." if where else ""
    for key, inner in value.items():
        if key not in wanted.members:
            yield f"{before}{shown(key)}: AWS has no such name{did_you_mean(key, wanted.members)}"
        else:
            yield from wrong(inner, wanted.members[key], f"{before}{key}")
    for key in wanted.required_members:
        if value.get(key) in (None, "", []):
            yield f"{before}{key} is missing"
