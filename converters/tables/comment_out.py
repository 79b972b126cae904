"""Lines of a crontab out of use and back, byte for byte: a marker is put before the line and taken away again.

``# cron2fargate moved NAMES DIGEST: THE LINE AS IT WAS``. The number of lines never changes, so line numbers stay true,
and the marker is a prefix: putting it there and taking it away need no copy of the line. The digest tells a line that was
edited behind its marker. Texts hold undecodable bytes as surrogates (``surrogateescape``), as ``crontab.read`` takes them.

An owner's marker that would be taken for the next job's (``owners.markers_to_hide``) goes out of use with its line, spelled so
that no owner knows it again: ``# cron2fargate marker NAMES DIGEST: =043=040Puppet=040Name..``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from converters.schedules.dialects import Dialect
from converters.tables.crontab import Crontab, Entry, read
from converters.tables.owners import markers_to_hide

_MARKER = re.compile(r"# cron2fargate moved (?P<jobs>[A-Za-z0-9_,-]+) (?P<digest>[0-9a-f]{16}): (?P<raw>.*)", re.DOTALL)
_HIDDEN = re.compile(
    r"# cron2fargate marker (?P<jobs>[A-Za-z0-9_,-]+) (?P<digest>[0-9a-f]{16}): (?P<raw>[A-Za-z0-9=]*)"
)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
COMMENT_BYTES = 32768
"""cronie drops a user table with more bytes of comment in a row (``crontab.c``, ``MAX_GARBAGE``)."""


class CommentOutError(ValueError):
    """One sentence: which line cannot be commented out or restored, and why."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One marked line: its number (from 1), the jobs it stood for, the line as it was, and whether it still is that."""

    line: int
    jobs: tuple[str, ...]
    digest: str
    raw: str

    @property
    def intact(self) -> bool:
        return digest_of(self.raw) == self.digest


def digest_of(raw: str) -> str:
    """Sixteen hex digits of the SHA-256 of a line's bytes, without its newline."""
    # The bytes, not the text: what is no UTF-8 in a table must come back as it was.
    return hashlib.sha256(raw.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def marker(raw: str, jobs: Sequence[str]) -> str:
    """What is put before a line: ``# cron2fargate moved a,b 0123456789abcdef: ``."""
    wrong = [name for name in jobs if not _NAME.fullmatch(name)]
    if wrong or not jobs:
        raise CommentOutError(f"{wrong[0] if wrong else 'nothing'!r} cannot be the name of a job in a marker")
    return f"# cron2fargate moved {','.join(jobs)} {digest_of(raw)}: "


def hidden(raw: str, jobs: Sequence[str]) -> str:
    """What stands in the place of an owner's marker: each byte but letters and digits as ``=`` and three octal digits, which
    printf(1) of any shell can undo, and no owner's pattern matches."""
    spelled = "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"={byte:03o}"
        for byte in raw.encode("utf-8", "surrogateescape")
    )
    return marker(raw, jobs).replace(" moved ", " marker ") + spelled


def _shown_again(spelled: str) -> str:
    data = re.sub(rb"=([0-7]{3})", lambda found: bytes([int(found[1], 8) & 255]), spelled.encode())
    return data.decode("utf-8", "surrogateescape")


def hidden_markers(rows: Sequence[str], lines: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Number of each owner's marker that goes out of use with these lines -> what stands there then."""
    return {at: hidden(rows[at - 1], lines[number]) for at, number in markers_to_hide(rows, list(lines)).items()}


def comment_out(text: str, lines: Mapping[int, Sequence[str]]) -> str:
    """The text with each line of ``lines`` (number -> the jobs it stands for) behind its marker.

    Raises `CommentOutError` for a number that is no line, and for a line that is marked already.
    """
    rows = text.split("\n")
    for number in lines:
        _row(rows, number)
    for number, spelled in hidden_markers(rows, lines).items():
        if number not in lines:
            rows[number - 1] = spelled
    for number, jobs in lines.items():
        raw = _row(rows, number)
        if _MARKER.fullmatch(raw):
            raise CommentOutError(f"line {number} is commented out already")
        rows[number - 1] = marker(raw, jobs) + raw
    return "\n".join(rows)


def restore(text: str, lines: Iterable[int]) -> str:
    """The text with the markers of these lines taken away.

    Raises `CommentOutError` where a line has no marker, or was edited behind it.
    """
    rows = text.split("\n")
    for number in lines:
        found = _MARKER.fullmatch(_row(rows, number))
        if found is None:
            raise CommentOutError(f"line {number} bears no marker")
        # A line edited behind the marker is somebody's wish; taking the old one back would undo it in silence.
        if digest_of(found["raw"]) != found["digest"]:
            raise CommentOutError(f"line {number} was edited behind its marker")
        rows[number - 1] = found["raw"]
        _show_markers(rows, found["jobs"])
    return "\n".join(rows)


def _show_markers(rows: list[str], jobs: str) -> None:
    """The owner's marker of these jobs' line as it was; one that was edited stays, and the line is its owner's to find."""
    for at, row in enumerate(rows):
        found = _HIDDEN.fullmatch(row) if row.startswith("# cron2fargate marker ") else None
        if found is not None and found["jobs"] == jobs:
            raw = _shown_again(found["raw"])
            if digest_of(raw) == found["digest"]:
                rows[at] = raw


def moved_lines(text: str) -> list[Moved]:
    """Every marked line, in the order of the text."""
    found = []
    for number, row in enumerate(text.split("\n"), start=1):
        match = _MARKER.fullmatch(row)
        if match:
            found.append(Moved(number, tuple(match["jobs"].split(",")), match["digest"], match["raw"]))
    return found


def why_refused(before: str, after: str, lines: Collection[int], dialect: Dialect, *, system: bool) -> str | None:
    """Why ``after`` must not be put in the place of ``before``, or None: read as the daemon reads it, every entry but
    those of ``lines`` has to be there as it was, with its environment, and those of ``lines`` only on one side.

    ``lines`` are commented out in one text and live in the other, whichever way the change goes.
    """
    # The judge is the reader of the daemon's grammar, not a comparison of texts: a moved `\` or `%` shows here.
    old, new = (read(text, dialect, system=system) for text in (before, after))
    for table, word in ((old, "as it is now"), (new, "after the change")):
        if table.dead is not None:
            return f"{word}, {table.dead}"
    if len(old.lines) != len(new.lines):
        return "the number of lines would change"
    if _entries(old, lines) != _entries(new, lines):
        return "another entry would be read differently"
    one_side = {line.number for table in (old, new) for line in table.lines if line.entry is not None}
    missing = [number for number in sorted(lines) if number not in one_side]
    if missing:
        return f"line {missing[0]} starts nothing on either side of the change"
    # The check is crontab(1)'s, so only user tables meet it.
    if dialect.name.startswith("cronie") and not system and _longest_comment(after) > COMMENT_BYTES:
        return f"cronie refuses a table with more than {COMMENT_BYTES} bytes of comment in a row"
    return None


def _entries(table: Crontab, but: Collection[int]) -> list[tuple[int, Entry]]:
    return [(line.number, line.entry) for line in table.lines if line.entry is not None and line.number not in but]


def _longest_comment(text: str) -> int:
    longest = run = 0
    for row in text.split("\n"):
        # crontab.c counts bytes of comment in a row, newlines with them.
        run = run + len(row) + 1 if row.lstrip(" \t").startswith("#") else 0
        longest = max(longest, run)
    return longest


def _row(rows: Sequence[str], number: int) -> str:
    if not 1 <= number <= len(rows) or (number == len(rows) and not rows[-1]):
        raise CommentOutError(f"there is no line {number}")
    return rows[number - 1]
