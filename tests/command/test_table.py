"""What is taken over from each command of the table, and how the rest runs."""

from __future__ import annotations

import pytest

from tests.command.table import Row, kinds, known, rows

ROWS = rows()


def test_there_are_enough_commands() -> None:
    assert len(ROWS) >= 300
    assert len({row.command for row in ROWS}) == len(ROWS), "a command stands twice in the table"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.where)
def test_what_is_taken_over(row: Row) -> None:
    understanding = known(row.command)
    assert kinds(understanding) == row.kinds
    assert ("sh" if understanding.argv is None else "argv") == row.runs
    assert understanding.original == row.command
