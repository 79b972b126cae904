"""What others wrote as JSON or YAML, in the shape it should have: what is of another shape is empty, and raises nothing.

For answers of AWS, definitions and policies that the tool did not make itself, whose values may be anything.
"""

from __future__ import annotations

from collections.abc import Mapping

Fields = Mapping[str, object]


def fields(value: object) -> dict[str, object]:
    """A mapping, itself where it is a dict; its keys are text, as JSON's are."""
    return value if isinstance(value, dict) else dict(value) if isinstance(value, Mapping) else {}


def listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def rows(value: object) -> list[dict[str, object]]:
    """The mappings of a list."""
    return [fields(one) for one in listed(value) if isinstance(one, Mapping)]


def first(value: object) -> dict[str, object]:
    """The first mapping of a list; empty where there is none."""
    return next(iter(rows(value)), {})


def texts(value: object) -> list[str]:
    """The texts of a list, and one that stands alone: IAM and CloudFormation write it without the list."""
    return [value] if isinstance(value, str) else [one for one in listed(value) if isinstance(one, str)]


def whole(value: object, usual: int = 0) -> int:
    """A whole number; ``usual`` where it is none. JSON's true is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else usual
