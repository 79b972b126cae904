"""The Condition of a statement: operators, several keys and values, IfExists, ForAllValues, Null.

IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from converters.rights.patterns import Lookup, Values, arn_like, like, literal
from converters.rights.truth import YES, Truth, every, some, unknown

_Read = TypeVar("_Read")
Compare = Callable[[str, str, Lookup | None], Truth]
"""The policy's value, the request's value, and what variables stand for."""


def _folded(wanted: str, value: str, lookup: Lookup | None) -> Truth:
    return literal(wanted, value, lookup, fold=True)


def _parsed(read: Callable[[str], _Read], test: Callable[[_Read, _Read], bool]) -> Compare:
    """For operators of values that are read first; what cannot be read is not known."""

    def compare(wanted: str, value: str, lookup: Lookup | None) -> Truth:
        try:
            return Truth(test(read(value), read(wanted)))
        except (ValueError, TypeError):
            return unknown(f"{wanted!r} and {value!r} cannot be compared")

    return compare


def _date(text: str) -> datetime:
    # IAM: W3C's ISO 8601, or seconds since 1970.
    found = datetime.fromtimestamp(int(text), UTC) if text.isdigit() and len(text) > 4 else datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _in_network(wanted: str, value: str, lookup: Lookup | None) -> Truth:
    try:
        return Truth(ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False))
    except ValueError:
        return unknown(f"{wanted!r} and {value!r} are no addresses")


# Operator -> how it compares. Each but Bool, BinaryEquals and the orders has a Not form.
_POSITIVE: dict[str, Compare] = {
    "stringequals": literal,
    "stringequalsignorecase": _folded,
    "stringlike": like,
    "arnequals": arn_like,
    "arnlike": arn_like,
    "bool": _parsed(_boolean, lambda a, b: a == b),
    "binaryequals": literal,
    "ipaddress": _in_network,
    "numericequals": _parsed(float, lambda a, b: a == b),
    "numericlessthan": _parsed(float, lambda a, b: a < b),
    "numericlessthanequals": _parsed(float, lambda a, b: a <= b),
    "numericgreaterthan": _parsed(float, lambda a, b: a > b),
    "numericgreaterthanequals": _parsed(float, lambda a, b: a >= b),
    "dateequals": _parsed(_date, lambda a, b: a == b),
    "datelessthan": _parsed(_date, lambda a, b: a < b),
    "datelessthanequals": _parsed(_date, lambda a, b: a <= b),
    "dategreaterthan": _parsed(_date, lambda a, b: a > b),
    "dategreaterthanequals": _parsed(_date, lambda a, b: a >= b),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}
_OPERATOR = re.compile(r"(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?")


@dataclass(frozen=True, slots=True)
class _Operator:
    compare: Compare
    negated: bool
    sets: str  # "", "forallvalues" or "foranyvalue"
    if_exists: bool


def holds(condition: Mapping[str, object], lookup: Lookup, variables: Lookup | None) -> Truth:
    """Whether all operators hold for all their keys. ``variables`` is None where the policy's version knows none."""
    return every(
        _holds(operator, key, [_text(value) for value in many(wanted)], lookup, variables)
        for operator, keys in condition.items()
        for key, wanted in (keys.items() if isinstance(keys, Mapping) else ())
    )


def many(value: object) -> list[object]:
    """IAM takes a single value without a list."""
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    # JSON's true and false stand for the words.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(operator: str, key: str, wanted: Sequence[str], lookup: Lookup, variables: Lookup | None) -> Truth:
    found = lookup(key)
    if operator.lower() == "null":
        return _null(key, wanted, found)
    read = _read(operator)
    if read is None:
        return unknown(f"the operator {operator} is not known")
    if isinstance(found, Truth):
        return found
    if found is None or (not found and read.sets):
        return Truth(_of_absent(read), f"the request has no {key}")
    if len(found) > 1 and not read.sets:
        return unknown(f"{key} has several values, and {operator} is for one")
    each = [_one(read, wanted, value, variables) for value in found]
    answer = every(each) if read.sets == "forallvalues" else some(each)
    shown = " or ".join(wanted[:3]) + (" …" if len(wanted) > 3 else "")
    return (
        Truth(False, f"{key} is {', '.join(found)}, and {operator} names {shown}") if answer.value is False else answer
    )


def _read(operator: str) -> _Operator | None:
    match = _OPERATOR.fullmatch(operator.lower())
    if match is None:
        return None
    sets, name, if_exists = match.groups()
    compare = _POSITIVE.get(_NEGATED.get(name, name))
    return _Operator(compare, name in _NEGATED, sets or "", bool(if_exists)) if compare else None


def _of_absent(operator: _Operator) -> bool:
    """What a condition is for a request without the key."""
    if operator.if_exists or operator.sets == "forallvalues":
        return True
    # IAM, "Condition operators": a negated match of a key that is not there is true; ForAnyValue of none is false.
    return operator.negated and operator.sets == ""


def _one(operator: _Operator, wanted: Sequence[str], value: str, variables: Lookup | None) -> Truth:
    """Several values of the policy are alternatives; of a negated operator, none may match."""
    each = []
    for text in wanted:
        found = operator.compare(text, value, variables)
        if found.value is False and found.why:
            found = unknown(found.why)  # a variable that stands for nothing: IAM does not say what is compared then
        each.append(found)
    return ~some(each) if operator.negated else some(each)


def _null(key: str, wanted: Sequence[str], found: Values | Truth | None) -> Truth:
    if isinstance(found, Truth):
        return found
    absent = "true" if found is None else "false"
    return YES if absent in [text.lower() for text in wanted] else Truth(False, f"Null asks whether {key} is there")
