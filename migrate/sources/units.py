"""The units of a host: where systemd finds them, their drop-ins, what masks them and what wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from converters.tables.units import Unit, UnitText
from migrate.machine.rooted import Place, Tree

_SMALL = 64 * 1024
_MOST = 2000
PLACES = (
    "etc/systemd/system.control",
    "run/systemd/system.control",
    "run/systemd/transient",
    "run/systemd/generator.early",
    "etc/systemd/system",
    "etc/systemd/system.attached",
    "run/systemd/system",
    "run/systemd/system.attached",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
    "run/systemd/generator.late",
)
"""Where the service manager of the system looks, what comes first beats what follows (systemd.unit(5), UNIT FILE LOAD PATH)."""


class Units:
    """The units below the root of a host. Each directory is listed once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._entries: dict[str, dict[str, Place]] = {}

    def wanted(self, kind: str = ".timer") -> list[str]:
        """The units of a kind that something wants or requires, by the links that systemctl(1) and packages lay."""
        found: dict[str, None] = {}
        for place in PLACES:
            for name, directory in self._in(place).items():
                if name.endswith((".wants", ".requires", ".upholds")):
                    found |= {one: None for one in self._in(directory.inside) if one.endswith(kind)}
        return sorted(found)

    def named(self, kind: str = ".timer") -> list[str]:
        """All units of a kind that are there, templates too."""
        return sorted({name for place in PLACES for name in self._in(place) if name.endswith(kind)})

    def place(self, name: str) -> Place | None:
        """The file of a unit: of its own name, else of its template's."""
        for one in (name, template_of(name)):
            for place in PLACES if one else ():
                if one in self._in(place):
                    return self._in(place)[one]
        return None

    def is_masked(self, name: str) -> bool:
        """A link to /dev/null, or a file of no length (systemd.unit(5))."""
        place = self.place(name)
        if place is None:
            return False
        with suppress(OSError):
            return (place.is_link() and place.readlink() == "/dev/null") or not place.stat().st_size
        return False

    def is_alias(self, name: str) -> bool:
        """Whether the name only leads to another unit, which has a name of its own."""
        place = self.place(name)
        target = place.readlink().rpartition("/")[2] if place is not None and place.is_link() else name
        return target not in (name, template_of(name))

    def read(self, name: str) -> Unit | None:
        """A unit with its drop-ins; None where its file is not there."""
        place = self.place(name)
        text = _text(place) if place is not None else None
        if place is None or text is None:
            return None
        return Unit(name, (UnitText(str(place), text), *self._dropped(name)))

    def _dropped(self, name: str) -> Iterator[UnitText]:
        """Drop-ins by the name of their files: of two of one name that of the place that comes first counts."""
        found: dict[str, Place] = {}
        for directory in _drop_in_names(name):
            for place in PLACES:
                if directory in self._in(place):
                    for file, entry in self._in(f"{place}/{directory}").items():
                        if file.endswith(".conf"):
                            found.setdefault(file, entry)
        for _file, entry in sorted(found.items()):
            text = _text(entry)
            if text is not None:
                yield UnitText(str(entry), text)

    def _in(self, inside: str) -> dict[str, Place]:
        if inside not in self._entries:
            self._entries[inside] = {}
            with suppress(OSError):
                entries = self.tree.place(inside).entries()[:_MOST]
                self._entries[inside] = {entry.name: entry for entry in entries}
        return self._entries[inside]


def template_of(name: str) -> str:
    """``a@.timer`` for ``a@b.timer``; nothing for what is no instance."""
    head, at, tail = name.partition("@")
    return f"{head}@.{tail.rpartition('.')[2]}" if at and not tail.startswith(".") else ""


def _drop_in_names(name: str) -> Iterator[str]:
    """The directories of a unit's drop-ins, the most special first: its own, its template's, its prefixes', its kind's."""
    stem, _dot, kind = name.rpartition(".")
    yield f"{name}.d"
    if template := template_of(name):
        yield f"{template}.d"
    parts = stem.split("-")
    for end in range(len(parts) - 1, 0, -1):
        yield f"{'-'.join(parts[:end])}-.{kind}.d"
    yield f"{kind}.d"


def _text(place: Place) -> str | None:
    """The text of a small regular file; None where it is not there. A link to /dev/null is none."""
    with suppress(OSError):
        return place.read(_SMALL).decode("utf-8", "surrogateescape")
    return None
