"""Bytes of a log -> records: when, who, what. Text of any syslog, journald's export format, journald's JSON.

Formats: RFC 3164 and 5424, rsyslog's and FreeBSD's files, BusyBox's syslogd and logread, ``journalctl -o short*``,
``docker logs -t``; journald's export format as systemd.io/JOURNAL_EXPORT_FORMATS describes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from converters.history.logs.stamps import Stamp, read_stamp

Format = Literal["text", "export", "json"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line that a daemon wrote. ``stamp`` is ``None`` where the log keeps no time (``crond -L FILE``)."""

    stamp: Stamp | None
    tag: str
    pid: int | None
    text: str


_TAGS = frozenset({"cron", "crond", "crontab", "anacron"})
# One MiB for a field; journald's own limit for a whole entry is larger and no cron line is.
_MAX_FIELD = 1 << 20
# RFC 3164's priority in front, RFC 5424 adds its version 1.
_PRIORITY = re.compile(r"<\d{1,3}>(?:1 )?")
_TAG = re.compile(r"(?P<tag>[^\s:\[\]]+)(?:\[(?P<pid>\d+)\])?: ?")
_FACILITY = re.compile(r"<?[a-z]+\d?\.[a-z]+>? ")
_RFC5424 = re.compile(r"(?P<tag>\S+) (?P<pid>\d+|-) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?(?:\ufeff)?")


def format_of(first: bytes) -> Format:
    """What a log is, from its first bytes."""
    head = first.lstrip()
    if head.startswith(b"{"):
        return "json"
    # Export format: NAME=VALUE, or NAME alone with a binary value behind.
    return "export" if re.match(rb"_{0,2}[A-Z][A-Z0-9_]*(=|\n)", head) else "text"


def records(lines: Iterable[bytes]) -> Iterator[Record | Stamp]:
    """The records of cron's family among the lines of one log, in order.

    The first and the last stamp of other lines come too, bare: they say how far the log reaches. Never raises: what is no
    line of a log is passed over.
    """
    lines = iter(lines)
    for first in lines:
        if first.strip():
            break
    else:
        return
    kind = format_of(first)
    lines = chain([first], lines)
    found = _of_text(lines) if kind == "text" else _of_json(lines) if kind == "json" else _of_export(lines)
    last: Stamp | None = None
    begun = False
    for one in found:
        if isinstance(one, Record):
            begun, last = True, None
            yield one
        elif not begun:
            begun = True
            yield one
        else:
            last = one
    if last is not None:
        yield last


def _of_text(lines: Iterable[bytes]) -> Iterator[Record | Stamp]:
    """Of other lines only the first and the last are looked at: a syslog may have millions."""
    begun = False
    other: bytes | None = None
    for raw in lines:
        # Nearly all lines of a syslog are others': one search before anything is parsed.
        if b"cron" in raw.lower():
            record = parse_line(_text(raw))
            if record is not None:
                begun, other = True, None
                yield record
                continue
        if begun:
            other = raw
        elif (stamped := read_stamp(_unprefixed(_text(raw)))) is not None:
            begun = True
            yield stamped[0]
    stamped = read_stamp(_unprefixed(_text(other))) if other is not None else None
    if stamped is not None:
        yield stamped[0]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").rstrip("\r\n")


def _unprefixed(line: str) -> str:
    priority = _PRIORITY.match(line)
    return line[priority.end() :] if priority else line


def parse_line(line: str) -> Record | None:
    """One line of text, where it is of cron's family."""
    rest = _unprefixed(line)
    stamped = read_stamp(rest)
    stamp = None
    if stamped is not None:
        stamp, rest = stamped[0], rest[stamped[1] :].lstrip(" :")
    return _after_stamp(stamp, rest)


def _after_stamp(stamp: Stamp | None, rest: str) -> Record | None:
    """``[facility] [host] [facility] tag[pid]: text``, or RFC 5424's ``host tag pid id data text``."""
    for _ in range(4):
        facility = _FACILITY.match(rest)
        if facility is not None:
            rest = rest[facility.end() :]
            continue
        tag = _TAG.match(rest)
        if tag is not None:
            return _record(stamp, tag["tag"], tag["pid"], rest[tag.end() :])
        modern = _RFC5424.match(rest)
        if modern is not None and _is_cron(modern["tag"]):
            return _record(stamp, modern["tag"], modern["pid"], rest[modern.end() :])
        if stamp is None:
            return None
        # Hosts may be missing (docker logs) or stand behind a facility (FreeBSD): a word is skipped at a time.
        _, blank, rest = rest.partition(" ")  # the host
        if not blank:
            return None
    return None


def _is_cron(tag: str) -> bool:
    return tag.rpartition("/")[2].lower() in _TAGS


def _record(stamp: Stamp | None, tag: str, pid: object, text: str) -> Record | None:
    if not _is_cron(tag):
        return None
    number = int(str(pid)) if pid is not None and str(pid).isdigit() else None
    # FreeBSD's tag is the path /usr/sbin/cron.
    return Record(stamp, tag.rpartition("/")[2], number, text)


def _of_fields(fields: dict[str, str]) -> Record | Stamp | None:
    """One entry of a journal: the time of the source where there is one, else the journal's own."""
    # _SOURCE_REALTIME_TIMESTAMP is when it was said, __REALTIME_TIMESTAMP when journald got it.
    time = fields.get("_SOURCE_REALTIME_TIMESTAMP") or fields.get("__REALTIME_TIMESTAMP") or ""
    if not time.isdigit():
        return None
    stamp = Stamp(int(time) / 1_000_000)
    tag = fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM") or ""
    pid = fields.get("SYSLOG_PID") or fields.get("_PID")
    return _record(stamp, tag, pid, fields.get("MESSAGE", "")) or stamp


def _of_json(lines: Iterable[bytes]) -> Iterator[Record | Stamp]:
    for raw in lines:
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found = (
                parse_line(f"{value['time']} {value['log']}".rstrip("\n"))  # a container's log as Docker keeps it
                if "log" in value and "time" in value
                else _of_fields({key: _json_text(field) for key, field in value.items()})
            )
            if found is not None:
                yield found


def _json_text(value: object) -> str:
    """journald writes what is not UTF-8 as a list of bytes."""
    if isinstance(value, list):
        numbers = [n for n in value if isinstance(n, int) and 0 <= n < 256]
        return bytes(numbers).decode("utf-8", "surrogateescape")
    return str(value)


def _of_export(lines: Iterable[bytes]) -> Iterator[Record | Stamp]:
    fields: dict[str, str] = {}
    lines = iter(lines)
    for raw in lines:
        line = raw.rstrip(b"\n")
        if not line:
            found = _of_fields(fields)
            if found is not None:
                yield found
            fields = {}
            continue
        name, equals, value = line.partition(b"=")
        if not equals:
            value = _binary(lines)
        fields[name.decode("ascii", "replace")] = value.decode("utf-8", "surrogateescape")
    found = _of_fields(fields)
    if found is not None:
        yield found


def _binary(lines: Iterator[bytes]) -> bytes:
    """A field with its length before it: eight bytes, little end first; then the value and a newline."""
    # JOURNAL_EXPORT_FORMATS: 64-bit little-endian size, the data, a newline.
    data = bytearray()  # `+=` of bytes copies all of them, and a field may come in lines of four
    while len(data) < 8 or len(data) < 9 + (size := int.from_bytes(data[:8], "little")):
        more = next(lines, b"")
        if not more or len(data) > _MAX_FIELD:
            return b""
        data += more
    return bytes(data[8 : 8 + size])
