"""The keys of report.json, one object a line, as whoever reads it has them: a key may be added, never renamed or lost.

Where one comes, ``python -m tests.test_contract`` writes the table anew; where one goes, VERSION has to change as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import get_args, get_origin

from migrate.document.model import VERSION, Document
from migrate.document.shape import members
from tests import test_house as house
from tests.cli import ROOT

TABLE = ROOT / "tests" / "vectors" / "contract.txt"


def _objects(hint: object, place: str) -> Iterator[tuple[str, type]]:
    """The classes in a type, each with the place where its object stands: ``jobs[].parity``."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield place, hint
    for argument in get_args(hint):
        yield from _objects(argument, f"{place}[]" if get_origin(hint) is tuple else place)


def _lines(cls: type, place: str, seen: set[type]) -> Iterator[str]:
    """The keys of an object and of those in it, a class once; ``?`` is behind what may be left out."""
    if cls in seen:
        return
    seen.add(cls)
    found = members(cls)
    yield f"{place or '.'}: {' '.join(one.key + '?' * one.omit for one in found)}"
    for one in found:
        for inner, kind in _objects(one.hint, f"{place}.{one.key}".lstrip(".")):
            yield from _lines(kind, inner, seen)


def contract() -> str:
    return "\n".join([f"version {VERSION}", *_lines(Document, "", set())]) + "\n"


def test_the_keys_of_the_document_are_those_that_readers_know() -> None:
    assert contract() == TABLE.read_text(encoding="utf-8")


def test_only_two_modules_know_how_the_document_becomes_json() -> None:
    """And only they ask its classes for their keys, but for what is about the classes themselves."""
    known = house.modules("migrate")
    asking = {name for name, path in known.items() if "migrate.document.shape" in house.imports(path, known)}
    assert asking == {f"migrate.document.{name}" for name in ("to_json", "from_json", "job", "model")}


if __name__ == "__main__":
    TABLE.write_text(contract(), encoding="utf-8")
