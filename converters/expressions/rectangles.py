"""Cut a set of cells into as few rectangles (rows x columns) as possible, none overlapping.

A cron expression is a product of field sets, so "how many expressions does this need" is this question. Rows and columns
that look alike are folded first; what remains is tiny, and is searched exactly within a budget.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

from converters.schedules.fields import members

Rectangle = tuple[int, int]
"""Rows and columns, as bits."""

BUDGET = 20000  # nodes of the exact search before the best cut so far is taken


def rectangles(
    wanted: Mapping[int, int], free: Mapping[int, int] | None = None, *, search: bool = True
) -> list[Rectangle]:
    """The fewest disjoint rectangles that hold exactly the wanted cells; without ``search``, few of them, at once.

    ``wanted`` maps a row number to its columns as bits; ``free`` holds cells that do not exist (31 April), which a
    rectangle may cover or not. Rows and columns are small non-negative numbers.
    """
    rows, columns = _folded({r: c for r, c in wanted.items() if c}, free or {})
    if not rows:
        return []
    by_rows = _by_columns(_transposed(rows), _transposed_free(rows))
    flipped = [(b, a) for a, b in by_rows]
    plain = _by_columns({k: v[0] for k, v in rows.items()}, {k: v[1] for k, v in rows.items()})
    best = min(plain, flipped, key=len)
    if search and len(best) > 2 and len(rows) <= 6 and len(columns) <= 6 and _least(rows) < len(best):
        best = _Search(rows, best).run()
    return sorted((_unfold(r, rows), _unfold(c, columns)) for r, c in best)


_Row = tuple[int, int, int]
"""Wanted columns, free columns, and the original rows folded into this one."""


def _folded(wanted: dict[int, int], free: Mapping[int, int]) -> tuple[dict[int, _Row], dict[int, _Row]]:
    """Equal rows become one, then equal columns."""
    alike: dict[tuple[int, int], int] = defaultdict(int)
    for row, columns in wanted.items():
        alike[columns, free.get(row, 0) & ~columns] |= 1 << row
    shapes = list(alike.items())
    used = 0
    for (columns, _), _ in shapes:
        used |= columns
    column_kinds: dict[tuple[int, int], int] = defaultdict(int)
    for column in members(used):
        on = sum(1 << i for i, ((columns, _), _) in enumerate(shapes) if columns >> column & 1)
        off = sum(1 << i for i, ((_, void), _) in enumerate(shapes) if void >> column & 1)
        column_kinds[on, off] |= 1 << column
    kinds = list(column_kinds.items())
    rows = {
        i: (
            sum(1 << j for j, ((on, _), _) in enumerate(kinds) if on >> i & 1),
            sum(1 << j for j, ((_, off), _) in enumerate(kinds) if off >> i & 1),
            original,
        )
        for i, (_, original) in enumerate(shapes)
    }
    return rows, {j: (on, off, original) for j, ((on, off), original) in enumerate(kinds)}


def _unfold(bits: int, folded: dict[int, _Row]) -> int:
    found = 0
    for index in members(bits):
        found |= folded[index][2]
    return found


def _transposed(rows: dict[int, _Row]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for row, (columns, _, _) in rows.items():
        for column in members(columns):
            found[column] |= 1 << row
    return found


def _transposed_free(rows: dict[int, _Row]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for row, (_, void, _) in rows.items():
        for column in members(void):
            found[column] |= 1 << row
    return found


def _by_columns(wanted: Mapping[int, int], free: Mapping[int, int]) -> list[Rectangle]:
    """Rows whose patterns agree up to free cells share a rectangle: a simple cut, good along one axis."""
    groups: list[tuple[int, int, int]] = []  # rows, columns all of them hold, columns one of them must hold
    for row, columns in sorted(wanted.items(), key=lambda item: -item[1].bit_count()):
        possible = columns | free.get(row, 0)
        for index, (members_, may, must) in enumerate(groups):
            if not (must | columns) & ~(may & possible):
                groups[index] = (members_ | 1 << row, may & possible, must | columns)
                break
        else:
            groups.append((1 << row, possible, columns))
    return [(rows, must) for rows, _, must in groups]


def _least(rows: Mapping[int, _Row]) -> int:
    """A number of rectangles that no cut can go below; 0 where cells are free, since then this says nothing.

    Disjoint rectangles add up to the grid without carrying, each is a matrix of rank 1, and ranks (over GF(2)) add up at most.
    """
    basis: list[int] = []
    for wanted, free, _ in rows.values():
        if free:
            return 0
        add_row(basis, wanted)
    return len(basis)


def add_row(basis: list[int], row: int) -> None:
    """Add a row to a basis over GF(2) where it is none of its sums: disjoint rectangles are never fewer than the basis."""
    for known in basis:
        row = min(row, row ^ known)
    if row:
        basis.append(row)


class _Search:
    """Depth-first search over the folded grid for a cut with fewer rectangles than the best known."""

    def __init__(self, rows: dict[int, _Row], best: list[Rectangle]) -> None:
        self.rows = rows
        self.best = best
        self.nodes = 0

    def run(self) -> list[Rectangle]:
        self._extend({row: columns for row, (columns, _, _) in self.rows.items()}, [])
        return self.best

    def _extend(self, left: dict[int, int], chosen: list[Rectangle]) -> None:
        if not any(left.values()):
            if len(chosen) < len(self.best):
                self.best = list(chosen)
            return
        if len(chosen) + 1 >= len(self.best) or self.nodes > BUDGET:
            return
        first = min(row for row, columns in left.items() if columns)
        corner = left[first] & -left[first]
        for rows in _subsets([row for row in left if row != first]):
            taken = [first, *rows]
            may = -1
            for row in taken:
                may &= left[row] | self.rows[row][1]
            if not may & corner:
                continue
            others = list(members(may & ~corner))
            for extra in _subsets(others):
                self.nodes += 1
                columns = corner | sum(1 << c for c in extra)
                rest = {row: (cols & ~columns if row in taken else cols) for row, cols in left.items()}
                chosen.append((sum(1 << row for row in taken), columns))
                self._extend(rest, chosen)
                chosen.pop()


def _subsets(items: list[int]) -> list[tuple[int, ...]]:
    """Largest first: a big rectangle is more often part of a small cut."""
    return [chosen for size in range(len(items), -1, -1) for chosen in combinations(items, size)]
