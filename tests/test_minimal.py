"""No more expressions than needed: our cuts against exhaustive search on small cases."""

from __future__ import annotations

from functools import cache
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.conversion import convert
from converters.expressions.day_terms import _LENGTH, _last, _with_last_days, _year_dates, exact_terms
from converters.expressions.eventbridge import ALL_YEARS
from converters.expressions.rectangles import rectangles
from converters.schedules.dialects import DIALECTS
from converters.schedules.fields import members, span
from converters.schedules.schedule import Schedule, parse_schedule
from tests.effort import examples


def fewest(wanted: list[int], free: list[int], columns: int) -> int:
    """The least number of disjoint rectangles that hold exactly the wanted cells, by trying everything."""
    rows = len(wanted)
    goal = sum(bits << (row * columns) for row, bits in enumerate(wanted))
    void = sum(bits << (row * columns) for row, bits in enumerate(free))
    shapes = [
        sum(cols << (row * columns) for row in range(rows) if chosen >> row & 1)
        for chosen in range(1, 1 << rows)
        for cols in range(1, 1 << columns)
    ]

    @cache
    def least(left: int) -> int:
        if not left:
            return 0
        corner = left & -left
        fitting = (s for s in shapes if s & corner and not s & ~(left | void))
        return 1 + min(least(left & ~shape) for shape in fitting)

    return least(goal)


grids = st.integers(2, 4).flatmap(
    lambda columns: st.lists(
        st.tuples(st.integers(0, (1 << columns) - 1), st.integers(0, (1 << columns) - 1)), min_size=1, max_size=3
    ).map(lambda rows: (rows, columns))
)


@examples(300)
@given(grids)
def test_rectangles_are_the_fewest(grid: tuple[list[tuple[int, int]], int]) -> None:
    rows, columns = grid
    wanted = [bits for bits, _ in rows]
    free = [void & ~bits for bits, void in rows]
    found = rectangles(dict(enumerate(wanted)), dict(enumerate(free)))
    assert len(found) == fewest(wanted, free, columns)
    covered: list[tuple[int, int]] = [(r, c) for rs, cs in found for r in members(rs) for c in members(cs)]
    real = [(r, c) for r, c in covered if not free[r] >> c & 1]
    assert sorted(real) == sorted((r, c) for r, bits in enumerate(wanted) for c in members(bits))


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize(
    ("dom", "months"),
    [
        ([1], range(1, 13)),
        ([1], [1, 3]),
        ([1, 15], [1, 2, 3, 4, 12]),
        ([31], range(1, 13)),
        ([1, 2, 3], [3, 4]),
        ([29], [2]),
        ([28], [2]),
        ([30, 31], [1, 2, 3, 4]),
        (range(1, 32), [4, 5]),
        (range(1, 32, 2), [1, 2, 6]),
    ],
)
def test_dates_take_no_more_terms_than_any_choice_of_last_days(dom: list[int], months: list[int], shift: int) -> None:
    """Every subset of months may hand its last day to `L`: none of these choices beats ours."""
    dom_bits, month_bits = sum(1 << d for d in dom), sum(1 << m for m in months)
    leap, common = (_year_dates(dom_bits, month_bits, shift, kind) for kind in (True, False))
    able = [m for m in _LENGTH if (m, _last(m, True)) in leap and (m, _last(m, False)) in common]
    choices = chain.from_iterable(combinations(able, size) for size in range(len(able) + 1))
    best = min(len(_with_last_days(leap, common, set(choice), 2026)) for choice in choices)
    found = exact_terms(dom_bits, month_bits, span(0, 6), False, shift, 2026)
    assert found is not None
    assert len(found) == best


@pytest.mark.parametrize(
    ("text", "offset", "count"),
    [
        ("30 3 * * *", 540, 1),
        ("0 3 1 * *", 540, 1),
        ("*/10 * * * 1-5", 540, 2),
        ("0,30 9-17 * * *", 330, 2),
        ("15,45 0-23 * * *", 345, 1),
        ("0 0 1,15 * *", 540, 2),
        ("*/7 */5 * * *", 540, 1),
        ("0 0 */3 * *", 540, 2),
        ("0 12 1-7 * 1", 540, 5),
        ("0 0 29 2 *", 540, 1),
        ("0 0 31 12 *", 540, 1),
        ("0 0 1 1 *", 540, 1),
        ("0 0 1 3 *", 540, 1),
        ("0 4 8-14 * *", 345, 1),
        ("0 4 * * 7", -570, 1),
    ],
)
def test_counts_of_common_schedules(text: str, offset: int, count: int) -> None:
    schedule = parse_schedule(text, DIALECTS["debian"])
    assert isinstance(schedule, Schedule)
    conversion = convert(schedule, offset, 2026)
    assert conversion.guard is None
    assert len(conversion.expressions) == count, [str(e) for e in conversion.expressions]
    assert all(e.years == ALL_YEARS or "29 2" in text for e in conversion.expressions)  # type: ignore[union-attr]
