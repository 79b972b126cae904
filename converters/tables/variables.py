"""The variables of a table as they stand at each of its entries: one journal, and no copy for an entry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping


class Journal:
    """The assignments of a table in order, from the first line on."""

    def __init__(self) -> None:
        self.length = 0
        self.names: list[str] = []
        self.values: dict[str, tuple[list[int], list[str]]] = {}
        self._here: Variables | None = None

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

    def __repr__(self) -> str:
        return repr(dict(self))
