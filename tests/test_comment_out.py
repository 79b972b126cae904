"""Lines behind a marker and back: byte for byte, for every text and dialect, and only as the daemon allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.schedules.dialects import DIALECTS
from converters.tables.comment_out import (
    COMMENT_BYTES,
    CommentOutError,
    comment_out,
    digest_of,
    moved_lines,
    restore,
    why_refused,
)
from converters.tables.crontab import read

# Any bytes, as they come from a file.
ROW = st.one_of(st.binary(max_size=30), st.text(max_size=30).map(str.encode)).map(
    lambda data: data.replace(b"\n", b"").decode("utf-8", "surrogateescape")
)
NAMES = st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True), min_size=1, max_size=4, unique=True)


@given(st.lists(ROW, min_size=1, max_size=12), st.data(), st.booleans())
def test_what_is_commented_out_comes_back_byte_for_byte(rows: list[str], data: st.DataObject, unfinished: bool) -> None:
    text = "\n".join(rows) + ("x" if unfinished else "\n")
    rows = text.split("\n") if unfinished else rows
    real = list(range(1, len(rows) + 1))
    chosen = data.draw(st.lists(st.sampled_from(real), min_size=1, unique=True))
    moves = {number: data.draw(NAMES) for number in chosen}
    out = comment_out(text, moves)
    assert out != text
    assert len(out.split("\n")) == len(text.split("\n"))
    assert {one.line: list(one.jobs) for one in moved_lines(out)} == moves
    assert all(one.intact and one.raw == rows[one.line - 1] for one in moved_lines(out))
    back = restore(out, data.draw(st.permutations(chosen)))
    assert back.encode("utf-8", "surrogateescape") == text.encode("utf-8", "surrogateescape")
    # A part comes back alone, too.
    some = chosen[:1]
    rest = {number: jobs for number, jobs in moves.items() if number not in some}
    assert restore(out, some) == (comment_out(text, rest) if rest else text)


@given(ROW, NAMES)
def test_every_daemon_takes_a_marked_line_for_a_comment(raw: str, names: list[str]) -> None:
    out = comment_out(raw + "\n", {1: names})
    for dialect in DIALECTS.values():
        if dialect.busybox and raw.endswith("\\"):
            continue
        assert [line.kind for line in read(out, dialect, system=True).lines] == ["comment"]


def test_a_line_edited_behind_its_marker_is_not_restored() -> None:
    out = comment_out("0 5 * * * a\n", {1: ["a"]})
    with pytest.raises(CommentOutError, match="line 1 was edited behind its marker"):
        restore(out.replace("0 5", "0 6"), [1])
    with pytest.raises(CommentOutError, match="line 1 bears no marker"):
        restore("0 5 * * * a\n", [1])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({3: ["a"]}, "there is no line 3"),
        ({2: ["a"]}, "there is no line 2"),
        ({0: ["a"]}, "there is no line 0"),
        ({1: ["a b"]}, "'a b' cannot be the name of a job"),
        ({1: []}, "'nothing' cannot be the name of a job"),
    ],
)
def test_what_cannot_be_commented_out(lines: dict[int, list[str]], said: str) -> None:
    with pytest.raises(CommentOutError, match=said):
        comment_out("0 5 * * * a\n", lines)


def test_nothing_is_marked_twice() -> None:
    out = comment_out("0 5 * * * a\n", {1: ["a"]})
    with pytest.raises(CommentOutError, match="line 1 is commented out already"):
        comment_out(out, {1: ["a"]})


REFUSED = [
    # dialect, system, the text, the line to take out, what is said (None: taken)
    ("debian", True, "A=1\n0 5 * * * root a\n5 5 * * * root b\n", 2, None),
    ("debian", True, "0 5 * * * root a\n5 5 * * * root b", 1, "as it is now, the last line has no newline"),
    ("debian", True, "0 5 * * * root a\nnonsense\n", 1, "as it is now, line 2 is an error"),
    ("debian", True, "A=1\n0 5 * * * root a\n", 1, "another entry would be read differently"),
    ("debian", True, "# a\n0 5 * * * root a\n", 1, "line 1 starts nothing"),
    ("cronie", False, "0 5 * * * a\n0 6 * * * b", 1, None),
    ("busybox", False, "0 5 * * * a\n0 6 * * * b", 2, None),
    ("busybox", False, "0 5 * * * a \\\n b\n0 6 * * * b\n", 1, None),
    ("cronie", False, "#" + "x" * COMMENT_BYTES + "\n0 5 * * * a\n", 2, "cronie refuses a table with more than"),
    ("debian", False, "#" + "x" * COMMENT_BYTES + "\n0 5 * * * a\n", 2, None),
]


@pytest.mark.parametrize(("dialect", "system", "text", "line", "said"), REFUSED)
def test_the_daemon_must_take_the_result(dialect: str, system: bool, text: str, line: int, said: str | None) -> None:
    out = comment_out(text, {line: ["job"]})
    refused = why_refused(text, out, [line], DIALECTS[dialect], system=system)
    if said is None:
        assert refused is None
        assert why_refused(out, text, [line], DIALECTS[dialect], system=system) is None
    else:
        assert refused is not None
        assert refused.startswith(said)


def test_other_lines_must_stay_as_they_are() -> None:
    text = "A=1\n0 5 * * * a\n0 6 * * * b\n"
    for changed in ("A=2\n0 5 * * * a\n#\n", "A=1\n0 4 * * * a\n#\n", "A=1\n#\n#\n"):
        assert (
            why_refused(text, changed, [3], DIALECTS["debian"], system=False)
            == "another entry would be read differently"
        )
    assert why_refused(text, text + "\n", [3], DIALECTS["debian"], system=False) == "the number of lines would change"


def test_the_digest_is_of_the_bytes() -> None:
    # printf '0 5 * * * a' | sha256sum; the second ends in the byte 0xff
    assert digest_of("0 5 * * * a") == "d3748a344ff667da"
    assert digest_of("0 5 * * * \udcff") == "51e256e23b549ba9"
