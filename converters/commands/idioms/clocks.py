"""Which programs read the clock, and how a command line of ``date`` is read by each system's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from converters.commands.shell.words import Simple, Word
from converters.schedules.date_commands import Date
from converters.schedules.date_output import Userland
from converters.schedules.shell_words import Word as Made

MakeWord = Callable[[str], Made]
"""A word of the text -> a word of the program."""

# Programs whose text decides, so that a clock in it may decide how they end.
_INTERPRETERS = re.compile(
    r"(?:python|perl|ruby|php|node|nodejs|lua|tclsh|deno|bun)[\d.]*|[gmn]?awk|(?:ba|da|z|k|mk|a)?sh|xargs|find|env|bc|sed"
    r"|systemd-analyze|dateutils|datetest|faketime"
)
_CLOCK = re.compile(
    r"(?<![\w./-])(?:/bin/|/usr/bin/|busybox\s+)?date(?=[\s`)|;&]|$)|\bdatetime\b|\blocaltime\b|\bgmtime\b|\bstrftime\b"
    r"|\btime\.(?:time|now|localtime|strftime)|\bTime\.(?:now|new)|\bDate\.(?:today|now)|new Date\b|\bdate\s*\(\s*['\"]"
    r"|\$\{?EPOCHSECONDS|%\([^)]*\)T|\bos\.date\b|\bsystime\s*\("
)


def reads_clock(text: str) -> bool:
    """Whether a command's text looks at the clock."""
    return _CLOCK.search(text) is not None


def is_interpreter(simple: Simple) -> bool:
    """Whether what the program makes of its words may decide how it ends."""
    return simple.name is not None and _INTERPRETERS.fullmatch(simple.name) is not None


_REFUSALS: dict[Userland, str] = {
    "gnu": "GNU date",
    "busybox": "BusyBox's date",
    "freebsd": "FreeBSD's date",
    "openbsd": "OpenBSD's date",
}
_UTC = ("-u", "--utc", "--universal", "--uct")


class _Refused(Exception):  # noqa: N818 - it is what that date does
    pass


class _Unread(Exception):  # noqa: N818 - it is an outcome, not a mistake
    pass


def date_command(
    words: Sequence[Word], make: MakeWord, userland: Userland, zone: str | None, *, named: bool
) -> Date | None:
    """``date`` with its words, or ``None`` where they are not modelled. ``refused`` of the answer says what is not taken."""
    found = _Options(zone)
    rest = iter(words)
    try:
        for word in rest:
            _option(word, rest, make, userland, found)
    except _Refused as option:
        return Date(Made(()), userland, zone, refused=f"{_REFUSALS[userland]} does not take `{option}`")
    except _Unread:
        return None
    shape, plain = found.shape, found.shape is None
    if shape is None:  # the C locale's format; other locales differ in all but the names and the day
        shape = make("'%a %b %e %H:%M:%S %Z %Y'")
    return Date(shape, userland, found.zone, found.spec, tuple(found.adjustments), named=named, plain=plain)


@dataclass(slots=True)
class _Options:
    """What was read of a command line of ``date``."""

    zone: str | None
    shape: Made | None = None
    spec: Made | None = None
    adjustments: list[str] = field(default_factory=list)


def _option(word: Word, rest: Iterator[Word], make: MakeWord, userland: Userland, found: _Options) -> None:
    value = word.value
    # One `+FORMAT` only: GNU date says "extra operand".
    if word.text.lstrip("\"'").startswith("+"):
        if found.shape is not None:
            raise _Refused(word.text)
        # The sign goes, the quotes stay: `+"%u"` and `"+%u"` are one format.
        found.shape = make(word.text.replace("+", "", 1))
    elif value in _UTC:
        # BSD's date knows -u alone.
        if userland in ("freebsd", "openbsd") and value != "-u":
            raise _Refused(word.text)
        found.zone = "UTC"
    elif word.text.startswith(("-d", "--date")):
        # BSD's -d, where there is one, sets the kernel's daylight saving time: it takes no dates.
        found.spec = _spec(word, rest, make, userland)
    elif value is not None and value.startswith("-v"):
        if userland != "freebsd":
            raise _Refused(value)
        following = value[2:] or getattr(next(rest, None), "value", None)
        found.adjustments.append(str(following))
    elif value != "-j" or userland not in ("freebsd", "openbsd"):
        # -j of BSD: do not set the clock.
        raise _Unread


def _spec(word: Word, rest: Iterator[Word], make: MakeWord, userland: Userland) -> Made:
    text = word.text
    if text in ("-d", "--date"):
        following = next(rest, None)
        if following is None:
            raise _Unread
        shown = following.text
    elif text.startswith("--date="):
        shown = text.removeprefix("--date=")
    elif text.startswith("-d"):
        shown = text.removeprefix("-d")
    else:
        raise _Unread
    if userland in ("freebsd", "openbsd"):
        raise _Refused(text)
    if userland == "busybox":
        # Its formats are fixed (@N, hh:mm, YYYY-MM-DD hh:mm ..); it knows no words and no sums.
        if re.search(r"[A-Za-z]", re.sub(r"\$\(.*|`.*", "", shown)):
            raise _Refused(f"-d {shown}")
        raise _Unread
    return make(shown)
