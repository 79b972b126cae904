"""What a command destroys or overwrites elsewhere by a name or value that may come out empty.

``rm -rf /srv/$D`` with an empty D deletes /srv; ``ssh h "rm -rf /srv/$D"`` does so on h, for D is put in here; ``DELETE
FROM t WHERE d > '$D'`` empties the table; ``aws s3 cp - s3://b/db-$(date -d yesterday +%F)`` writes over one object each
night. BusyBox's date prints nothing for many of GNU's words, and `cat`, `ls` and `grep` print nothing on an empty disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from converters.commands.shell.program_names import known_as
from converters.programs.operands import Operand, Reading
from converters.worlds.calls import Call
from converters.worlds.words import elsewhere

Destroys = Literal["deletes", "mirrors", "overwrites"]

MAY_BE_EMPTY = re.compile(r"\$|`")
"""A part of a name that another program prints, or a variable that is not set here."""
_PRINTED = re.compile(r"(?:\$\((?!\()|`)\s*(?:/\S*/)?([\w.-]+)([^)`|]*)")
# date(1) without -d prints the day whatever else it is asked; uuidgen and kin always print.
_ALWAYS = frozenset(
    {"hostname", "whoami", "uname", "id", "echo", "printf", "uuidgen", "mktemp", "basename", "pwd", "nproc"}
)
_MOVED_DATE = re.compile(r"\s(?:-d|--date|-v|-r)")
# SQL that takes away: ISO/IEC 9075-2, and TRUNCATE of all the servers.
_TAKES_AWAY = re.compile(r"\b(?:delete\s+from|drop\s+(?:table|database|schema|view|index|partition)|truncate)\b", re.I)
# lftp(1): mirror -R sends, -e and --delete delete there what is not here.
_MIRROR = re.compile(r"\bmirror\b(?=[^;\n]*\s(?:-[a-zA-Z]*R|--reverse))(?=[^;\n]*\s(?:-[a-zA-Z]*e\b|--delete))")
_REMOVES = re.compile(r"(?:^|[\s;&|(])(?:rm|rmdir|unlink|shred|find)\s[^;&|]*")


def printed_empty(value: str) -> bool:
    """Whether a part of a word is printed by a program that may print nothing."""
    return any(
        bool(_MOVED_DATE.search(rest)) if name == "date" else name not in _ALWAYS
        for name, rest in _PRINTED.findall(value)
    )


def done_there(reading: Reading, value: str, role: str) -> str:
    """What is done at a place on another machine, as the role of a need. A mirror of what lies elsewhere too is no mirror of an
    empty disk."""
    flags = reading.flags
    if "harmless" in flags:
        return "asks"
    here = any(one.role in ("place", "reads") and not elsewhere(one) for one in reading.operands)
    if role == "writes" and "mirrors" in flags and here:
        return "mirrors"
    return "deletes" if "deletes" in flags and MAY_BE_EMPTY.search(value) else "asks"


def destroyed_elsewhere(call: Call, reading: Reading, words: Sequence[str]) -> Iterator[tuple[str, Destroys]]:
    """What the call deletes or overwrites on another machine by such a name, and how."""
    name = known_as(words[0])
    hosts = [one.value for one in reading.operands if one.role == "host"]
    where = hosts[0] if hosts else ""
    if name == "lftp" and any(map(_MIRROR.search, words[1:])):
        yield where or "its server", "mirrors"
    if reading.rest is not None and reading.rest[0] == "remote" and _removed_by(call, reading.rest[1]):
        yield where or "that machine", "deletes"
    asked = name == "curl" and _asks_to_delete(words)
    for one in reading.operands:
        if one.role == "sql" and _expands(call, one) and _TAKES_AWAY.search(one.value):
            yield where or "the database", "deletes"
        elif one.role == "url" and asked and MAY_BE_EMPTY.search(one.value.partition("://")[2].partition("?")[0]):
            yield one.value, "deletes"
        elif one.role in ("writes", "place>") and elsewhere(one._replace(role="place")) and printed_empty(one.value):
            yield one.value, "overwrites"


def _removed_by(call: Call, index: int) -> bool:
    """Whether the text for another machine deletes by something that this shell puts in: in single quotes it is the other's."""
    text = " ".join(
        re.sub(r"[$`]", "_", word.value) if word.value is not None else said
        for word, said in zip(call.words[index:], map(call.said, range(index, len(call.words))), strict=True)
    )
    return any(MAY_BE_EMPTY.search(found[0]) is not None for found in _REMOVES.finditer(text) if _is_removal(found[0]))


def _is_removal(text: str) -> bool:
    return "find" not in text or "-delete" in text or re.search(r"-exec\w*\s+rm\b", text) is not None


def _asks_to_delete(words: Sequence[str]) -> bool:
    return any(
        word in ("-XDELETE", "--request=DELETE") or (word == "DELETE" and before in ("-X", "--request"))
        for before, word in pairwise(words)
    )


def _expands(call: Call, operand: Operand) -> bool:
    """Whether this shell puts something in: `$1` in single quotes is the database's own."""
    return call.words[operand.place].value is None and MAY_BE_EMPTY.search(operand.value) is not None
