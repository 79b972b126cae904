"""What people believe of a crontab and what cron makes of it: a sixth field, joined lines, blanks that are none.

A table and its lines in; findings of a line's entry, and better sentences for lines that a daemon refuses, come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from converters.findings.codes import Finding
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule
from converters.tables.crontab import Crontab, Entry, Line

BLANKS: Mapping[str, str] = MappingProxyType(
    {
        "\u00a0": "a no-break space",
        "\ufeff": "a byte-order mark",
        "\u2002": "an en space",
        "\u2003": "an em space",
        "\u2007": "a figure space",
        "\u2009": "a thin space",
        "\u202f": "a narrow no-break space",
        "\u3000": "an ideographic space",
    }
)
"""What looks like a blank; ctype's isblank() in the C locale, and so cron and every shell, knows blank and tab only."""

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "\u2018": "a typographic quote",
        "\u2019": "a typographic quote",
        "\u201a": "a typographic quote",
        "\u201c": "a typographic quote",
        "\u201d": "a typographic quote",
        "\u201e": "a typographic quote",
        "\u00ab": "a typographic quote",
        "\u00bb": "a typographic quote",
        "\u2010": "a typographic hyphen",
        "\u2011": "a no-break hyphen",
        "\u2013": "an en dash",
        "\u2014": "an em dash",
        "\u2212": "a minus sign",
        "\u2217": "an asterisk operator",
        "\uff0a": "a full-width asterisk",
        "\uff0f": "a full-width slash",
        "\uff0d": "a full-width hyphen",
        "\uff5c": "a full-width bar",
        "\uff06": "a full-width ampersand",
        "\uff1e": "a full-width greater-than sign",
        "\uff1b": "a full-width semicolon",
        "\u2026": "an ellipsis",
    }
)
"""What word processors and input methods make of ' \" - * / and ..."""

_ODD = re.compile("[" + "".join([*BLANKS, *SIGNS]) + "\uff10-\uff19]")
_SIXTH = re.compile(
    r"(?:\?|[\d*]+(?:[-,/]\d+)*|(?i:sun|mon|tue|wed|thu|fri|sat)(?:[-,](?i:sun|mon|tue|wed|thu|fri|sat))*|\d+[LW]|L|\d#\d)"
    r"[ \t]+(?=\S)"
)
_QUARTZ = re.compile(r"[ \t]*(?:[\d*/,-]+[ \t]+){3}(?:\S+[ \t]+){0,2}(?:\?|L|LW|\d+[LW]|\d+#\d)(?:[ \t]|$)")
_NAMES = "(?i:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_SIX_FIELDS = re.compile(rf"[ \t]*(?:\S+[ \t]+){{5}}(?:[\d*/,?LW#-]+|{_NAMES}(?:[-,]{_NAMES})*)(?:[ \t]|$)")
_SECONDS_FIRST = re.compile(rf"[ \t]*(?:[\d*/,-]+[ \t]+){{5}}(?:\?|[\d*/,-]+|{_NAMES}(?:[-,]{_NAMES})*)[ \t]+\S")

_JOINS = ("/", "-", ",")
# Lines of other daemons: fcrontab(5); dcron's crontab(1); supercronic's README.
_FOREIGN: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"[ \t]*(?:&[\w(),:/.]*[ \t]*\d|@(?:\w+\([^)]*\),?)*[ \t]+\d|!\w+\(|%(?:hourly|mid|daily|nightly|weekly|month))"
        ),
        "it is written for fcron, whose lines begin with `&`, `@`, `%` or `!`; no other daemon starts it. Say in five fields "
        "when it runs",
    ),
    (
        re.compile(r"[ \t]*@noauto[ \t]"),
        "@noauto is dcron's, for a job that only another one starts; write when it runs, or `after:` in ecs.yml",
    ),
    (
        re.compile(r"[ \t]*@every[ \t]+\d[\dhms.]*[ \t]"),
        "@every is of schedulers in Go (supercronic, robfig/cron); give minutes, hours and days",
    ),
)


def findings(line: Line, entry: Entry, dialect: Dialect) -> Iterator[Finding]:
    """What one line's entry holds that its author took for something else."""
    sixth = _SIXTH.match(entry.raw_command)
    if sixth and not _only_word(entry.raw_command, sixth.end()):
        word = sixth[0].strip()
        yield Finding(
            "C132",
            f"the command begins with `{word}`: cron has five time fields, so `{entry.schedule.text}` is the schedule and "
            f"the shell is told to start `{word}`; was this written for a scheduler whose first field is seconds?",
        )
    for what, text, reader in (("schedule", entry.schedule.text, "cron"), ("command", entry.raw_command, "the shell")):
        odd = _odd(text)
        if odd:
            yield Finding("C131", f"the {what} holds {odd}: to {reader} it is a letter like any other")
    if line.text.rstrip("\r").endswith("\\") and not dialect.busybox:
        yield Finding(
            "C134",
            "the line ends with a backslash, but cron does not join lines: the shell gets no more than "
            "this line, and the next one is read as a line of its own",
        )


def _only_word(command: str, end: int) -> bool:
    """`7 | x` and `* ;` are no fields: what follows has to begin a command."""
    return command[end : end + 1] in "|&;<>)="


def _odd(text: str) -> str:
    """The first such sign with its code point and column (from 1), and how many there are."""
    found = _ODD.search(text)
    if found is None:
        return ""
    sign, more = found[0], len(_ODD.findall(text)) - 1
    what = BLANKS.get(sign) or SIGNS.get(sign) or "a full-width digit"
    return f"{what} (U+{ord(sign):04X}) at its character {found.start() + 1}" + (f" and {more} more" if more else "")


def _torn(text: str) -> str:
    """`* /5 * * * * x`, `0, 30 * * * * x`, `0 9 - 17 * * * x`: a field that blanks tear apart, where it is one without them."""
    words = text.split(None, 8)
    for at, (word, after) in enumerate(pairwise(words[:6])):
        if not (word.endswith(_JOINS) or after.startswith(_JOINS)):
            continue
        end = at + (3 if after in _JOINS else 2)
        fields = [*words[:at], "".join(words[at:end]), *words[end:]]
        if len(fields) < 6:
            return ""
        try:
            # cronie: Debian takes what stands behind a field as nothing, and `3#1/srv/x` would be one.
            parse_schedule(" ".join(fields[:5]), DIALECTS["cronie"])
        except ScheduleError:
            continue
        return (
            f"a blank stands inside a time field: `{' '.join(words[at:end])}` is `{fields[at]}` without it, and with it two "
            "fields"
        )
    return ""


def refused(table: Crontab, line: Line) -> str | None:
    """What happened to a line that the daemon refuses, where that says more than the field it fails at; else None."""
    above = table.lines[line.number - 2] if line.number > 1 else None
    text = line.text
    if above is not None and above.text.endswith("\\"):
        return (
            f"line {above.number} ends with a backslash, but cron does not join lines, so this one is read as a line of "
            "its own; put the command on one line, or into a script"
        )
    if not text.strip("\r \t"):
        return None  # parse_schedule says that only a carriage return is there
    # `0 4 * * 3#1 cmd` has five fields and one bad day of the week: that is said of the field itself.
    torn = _torn(text)
    if torn or (_QUARTZ.match(text) and _SIX_FIELDS.match(text)) or _SECONDS_FIRST.match(text):
        return torn or (
            "it has six or seven time fields, as Quartz and Spring write them, seconds first; cron has five, begins with "
            "the minutes and knows no `?`, `L`, `W` or `#`"
        )
    foreign = next((said for pattern, said in _FOREIGN if pattern.match(text)), None)
    odd = _odd(text[:200])
    if foreign is not None or odd:
        return foreign or f"the line holds {odd}, which cron takes for a letter; retype it as a plain one"
    if text.endswith("\r") and line.fault is not None and "\r" in text[: line.fault.column + 1]:
        return "a carriage return ends the line (DOS line endings), which cron takes for a part of it; save it with Unix ones"
    return None


def repeated(table: Crontab) -> dict[int, int]:
    """Number of a line -> the first line that says the same: one schedule, user, command and environment."""
    first: dict[tuple[object, ...], int] = {}
    found: dict[int, int] = {}
    for line in table.lines:
        entry = line.entry
        if entry is None:
            continue
        schedule = entry.schedule
        times: object = schedule.text
        if isinstance(schedule, Schedule) and not schedule.random:
            times = schedule.minutes, schedule.hours, schedule.days_of_month, schedule.months, schedule.days_of_week
            times = (times, schedule.either)
        key = times, entry.user, entry.raw_command.strip(), entry.flags, tuple(sorted(entry.environment.items()))
        if key in first:
            found[line.number] = first[key]
        else:
            first[key] = line.number
    return found
