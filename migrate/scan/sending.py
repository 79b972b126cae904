"""Jobs of a scan from one process to another: as bytes that only a process forked from the same scan can read.

What both processes have from before they parted (tables, places, images) goes by its name. What many jobs share (a command's
work, a schedule's judgement) is sent once and stays shared.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Protocol, cast

from converters.commands.command import Understanding
from converters.commands.work import Work
from converters.expressions.judgement import Judgement, Place
from converters.images.facts import Image
from converters.schedules.schedule import Schedule
from converters.worlds.fates import Effect
from migrate.sources import Source

if TYPE_CHECKING:
    from datetime import tzinfo

    from migrate.scan.places import PlaceName, Places
    from migrate.scan.scanned import Beside, Images, ScannedJob

_SHARED = frozenset({Judgement, Work, Understanding, Effect, Schedule})

_Way = tuple[Callable[..., object], tuple[object, ...]]
"""How an object is made again: a function and its arguments, as ``object.__reduce__`` has it."""


class Scanner(Protocol):
    """What scans one table after the other."""

    places: Places
    images: Images

    def jobs_of(self, source: Source, first: int, until: int) -> Iterator[ScannedJob]:
        """The jobs of one table's lines ``first`` to ``until``, not included."""

    def beside(self) -> Beside:
        """All that was noted beside the jobs."""

    def join(self, beside: Beside) -> None:
        """Note what another process noted, as if it had been met here just now."""


class Writer(pickle.Pickler):
    """Sends batches of jobs, and what was noted beside them."""

    def __init__(self, file: IO[bytes], tables: Sequence[Source], scanner: Scanner) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._tables = {id(source): number for number, source in enumerate(tables)}
        self._images = {id(image): name for name, image in scanner.images.read.items()}
        self._places = scanner.places
        self._sent: dict[int, int] = {}
        self._kept: list[object] = []

    def send(self, value: Sequence[ScannedJob] | Beside) -> None:
        """One batch, which can be read alone but for what was sent before."""
        self.dump(value)
        # What the memo holds would be kept to the end, here and where it is read.
        self.clear_memo()

    def reducer_override(self, value: object) -> _Way:
        """The way of an object that is no plain value: by its name, by its number, or field by field."""
        cls = type(value)
        if cls in _SHARED:
            return self._shared(value)
        if cls is Source:
            return _table, (self._tables[id(value)],)
        if cls is Place:
            return _place, self._places.name(cast(Place, value))
        if cls is Image and id(value) in self._images:
            return _image, (self._images[id(value)],)
        if cls is MappingProxyType:
            return _frozen, (dict(cast("MappingProxyType[object, object]", value)),)
        values = _reading(cls)
        # The way that frozen classes with slots have of themselves asks for their fields each time, ten times as slow.
        return NotImplemented if values is None else (_made, (cls, *values(value)))

    def _shared(self, value: object) -> _Way:
        number = self._sent.get(id(value))
        if number is not None:
            return _again, (number,)
        # Kept, so that no other object gets its id.
        self._kept.append(value)
        number = self._sent[id(value)] = len(self._sent)
        values = _reading(type(value))
        return _first, (number, type(value), *(values(value) if values is not None else ()))


class Reader:
    """Reads what a `Writer` sent."""

    def __init__(self, file: IO[bytes], tables: Sequence[Source], scanner: Scanner) -> None:
        self._file, self._tables, self._scanner = file, tables, scanner
        self._known: dict[int, object] = {}

    def jobs(self) -> list[ScannedJob]:
        """The next batch; an empty one is the last."""
        return cast("list[ScannedJob]", _Batch(self._file, self).load())

    def beside(self) -> Beside:
        """What follows the last batch."""
        return cast("Beside", _Batch(self._file, self).load())

    def _table(self, number: int) -> Source:
        return self._tables[number]

    def _place(self, name: PlaceName, host: tzinfo) -> Place:
        return self._scanner.places.named(name, host)

    def _image(self, name: str) -> Image:
        return self._scanner.images.read[name]

    def _frozen(self, values: dict[object, object]) -> object:
        return MappingProxyType(values)

    def _made(self, cls: type, *values: object) -> object:
        return _made(cls, *values)

    def _first(self, number: int, cls: type, *values: object) -> object:
        found = self._known[number] = _made(cls, *values)
        return found

    def _again(self, number: int) -> object:
        return self._known[number]


class _Batch(pickle.Unpickler):
    """One batch: what it says of itself by numbers is counted anew in the next."""

    def __init__(self, file: IO[bytes], reader: Reader) -> None:
        super().__init__(file)
        self._reader = reader

    def find_class(self, module: str, name: str) -> object:
        """Classes and functions as they are; the names of this module as what they mean where it is read."""
        return getattr(self._reader, name) if module == __name__ else super().find_class(module, name)


# Names for what a reader makes of them; a pickle holds functions by their names.
def _table(number: int) -> None: ...
def _place(name: PlaceName, host: tzinfo) -> None: ...
def _image(name: str) -> None: ...
def _again(number: int) -> None: ...
def _frozen(values: dict[object, object]) -> None: ...
def _first(number: int, cls: type, *values: object) -> None: ...


def _made(cls: type, *values: object) -> object:
    """An object of a class of fields, made without being asked for defaults or checks: it was made with them once."""
    found: object = object.__new__(cls)
    for put, value in zip(_writing(cls), values, strict=True):
        put(found, value)
    return found


_Reading = Callable[[object], tuple[object, ...]]
_READING: dict[type, _Reading | None] = {}
_WRITING: dict[type, tuple[Callable[[object, object], None], ...]] = {}


def _reading(cls: type) -> _Reading | None:
    """All fields of an object of this class as a tuple; None where it is no class of fields with slots."""
    if cls not in _READING:
        names = [one.name for one in fields(cls)] if is_dataclass(cls) and "__slots__" in cls.__dict__ else []
        get = attrgetter(*names) if names else None
        _READING[cls] = get if len(names) != 1 or get is None else lambda value: (get(value),)
    return _READING[cls]


def _writing(cls: type) -> tuple[Callable[[object, object], None], ...]:
    """What sets each field of an object of this class, be it frozen."""
    if cls not in _WRITING:
        _WRITING[cls] = tuple(getattr(cls, one.name).__set__ for one in fields(cls))
    return _WRITING[cls]
