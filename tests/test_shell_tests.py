"""`[` and `test` as each shell reads its words: every row of up to four words, run by the shells themselves."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from itertools import product

import pytest

from converters.schedules.date_output import Shell, Unknown
from converters.schedules.shell_tests import test_status as status_of

SHELLS: dict[Shell, list[str]] = {"dash": ["dash"], "bash": ["bash"], "ash": ["busybox", "sh"]}
# One word of each kind; `-e` would ask for files.
WORDS = ("(", ")", "-n", "a", "", "!", "-a", "-o", "=", "1", "-eq")


class _OfFilesError(Exception):
    """The row asks for a file or an option: not from the text alone."""


def _ask(*_words: str) -> bool:
    raise _OfFilesError


def really(rows: list[tuple[str, ...]], shell: Shell) -> list[int]:
    script = "\n".join(f"(test {shlex.join(row)}) 2>/dev/null; echo $?" for row in rows)
    done = subprocess.run([*SHELLS[shell], "-s"], input=script, capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize("shell", [shell for shell, words in SHELLS.items() if shutil.which(words[0])])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_row_of_words(shell: Shell, count: int) -> None:
    """`test \\( -n a \\)` is an error to BusyBox, and `test ! ! -n a` false to dash."""
    rows = list(product(WORDS, repeat=count))
    known = 0
    for row, real in zip(rows, really(rows, shell), strict=True):
        try:
            said = status_of(row, shell, _ask)
        except (_OfFilesError, Unknown):
            continue
        known += 1
        assert said == real, (shell, row)
    assert known > 0.8 * len(rows)


@pytest.mark.parametrize(
    ("words", "dash", "bash", "ash"),
    [
        ("( -n a )", 0, 0, 2),
        ("! ( -z a )", 0, 0, 2),
        ("( -n a ) -a a", 0, 0, 0),
        ("( ! a )", 1, 1, 1),
        ("( a ) )", 2, 2, 0),
        ("! ! -n a", 1, 0, 0),
        ("! ! ! a", 0, 1, 1),
        ("( ( a ) )", 0, 0, 0),
        ("a = a -a a = b", 1, 1, 1),
        ("1 -eq 1 -o 1 -eq", 2, 2, 2),
        ("a -a -n", 0, 0, 0),
    ],
)
def test_rows_that_shells_read_otherwise(words: str, dash: int, bash: int, ash: int) -> None:
    row = tuple(words.split())
    wanted: dict[Shell, int] = {"dash": dash, "bash": bash, "ash": ash}
    for shell, status in wanted.items():
        if shutil.which(SHELLS[shell][0]):
            assert really([row], shell) == [status], shell
        assert status_of(row, shell, _ask) == status, shell


def test_what_dash_reads_beyond_its_words_is_not_known() -> None:
    for row in (("a", "-o"), ("a", "-a"), ("!", "-a", "-a")):
        with pytest.raises(Unknown):
            status_of(row, "dash", _ask)
