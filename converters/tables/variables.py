"""The variables of a table as they stand at each of its entries: one journal, and no copy for an entry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import ItemsView, Iterator, KeysView, Mapping


class Journal:
    """The assignments of a table in order, from the first line on."""

    def __init__(self) -> None:
        self.length = 0
        self.names: list[str] = []
        self.values: dict[str, tuple[list[int], list[str]]] = {}
        self._here: Variables | None = None
        self._copy: tuple[int, dict[str, str]] = 0, {}

    def assign(self, name: str, value: str) -> None:
        """Note an assignment; it is seen by what `here` gives from now on, and by nothing it gave before."""
        if name not in self.values:
            self.names.append(name)
        moments, values = self.values.setdefault(name, ([], []))
        moments.append(self.length)
        values.append(value)
        self.length += 1

    def here(self) -> Mapping[str, str]:
        """The variables at this line; the same object where none was assigned since it was asked for last."""
        if self._here is None or self._here.until != self.length:
            self._here = Variables(self)
        return self._here

    def copy_at(self, until: int) -> dict[str, str]:
        """All variables as they stood; not to be changed. The last one made is kept: jobs below each other share it."""
        if self._copy[0] != until:
            here: dict[str, str] = {}
            for name in self.names:
                moments, values = self.values[name]
                if at := bisect_right(moments, until - 1):
                    here[name] = values[at - 1]
                else:
                    break  # names stand in the order of their first assignment
            self._copy = until, here
        return self._copy[1]


class Variables(Mapping[str, str]):
    """What a journal held at one moment. 4,000 jobs with a variable above each were eight million copied values."""

    __slots__ = ("_journal", "_length", "until")

    def __init__(self, journal: Journal) -> None:
        self._journal, self._length, self.until = journal, len(journal.names), journal.length

    def __getitem__(self, name: str) -> str:
        moments, values = self._journal.values[name]
        at = bisect_right(moments, self.until - 1)
        if not at:
            raise KeyError(name)
        return values[at - 1]

    def __iter__(self) -> Iterator[str]:
        # Names stand in the order of their first assignment, as in a dict, so those known here come first.
        return iter(self._journal.names[: self._length])

    def __len__(self) -> int:
        return self._length

    # Mapping's own views look each name up anew: 2,000 variables above 2,000 jobs were looked up thirty million times.
    def keys(self) -> KeysView[str]:
        return self._journal.copy_at(self.until).keys()

    def items(self) -> ItemsView[str, str]:
        return self._journal.copy_at(self.until).items()

    def __repr__(self) -> str:
        return repr(dict(self))
