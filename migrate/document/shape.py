"""How the classes of the document say what their JSON looks like: the key of a field, and whether it may be left out.

Both directions read this, so a fact that is added to a class of ``model.py`` is written and read from then on.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, NamedTuple, get_args, get_origin, get_type_hints


class Key(NamedTuple):
    """The key in JSON, where it is not the field's own name."""

    name: str


class Omit(NamedTuple):
    """Left out of JSON while it is None, since documents before it did not have it."""


OMIT = Omit()


class Time(NamedTuple):
    """A text that is a time in UTC, or empty where it is not known."""

    like: str = "2026-03-08T07:00:00Z"


TIME = Time()


class Member(NamedTuple):
    """One field of a class: its name here, its key there, its type, whether it must be there, and whether it is a time."""

    name: str
    key: str
    omit: bool
    hint: object
    required: bool
    time: Time | None = None


_KNOWN: dict[object, tuple[Member, ...]] = {}


def members(cls: type) -> tuple[Member, ...]:
    """The fields of a class in the order of its JSON; worked out once."""
    if cls not in _KNOWN:
        _KNOWN[cls] = _members(cls)
    return _KNOWN[cls]


def _members(cls: type) -> tuple[Member, ...]:
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is no part of the document")
    hints = get_type_hints(cls, include_extras=True)
    found = []
    for field in fields(cls):
        hint: object = hints[field.name]
        marks: tuple[object, ...] = ()
        if get_origin(hint) is Annotated:
            hint, *rest = get_args(hint)
            marks = tuple(rest)
        key = next((mark.name for mark in marks if isinstance(mark, Key)), field.name)
        required = field.default is MISSING and field.default_factory is MISSING
        time = next((mark for mark in marks if isinstance(mark, Time)), None)
        found.append(Member(field.name, key, OMIT in marks, hint, required, time))
    return tuple(found)
