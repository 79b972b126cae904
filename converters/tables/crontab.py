"""Text -> lines: entries, environment, comments, blanks, and what the daemon cannot read.

One grammar, dialects as data. Each line is tried as an environment assignment first (``load_env``), then as an entry
(``load_entry``), as the daemons do; every line of the text ends up in exactly one class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from converters.schedules.dialects import Dialect
from converters.schedules.schedule import Schedule, ScheduleError, Special, parse_schedule
from converters.tables.user_column import never_a_user
from converters.tables.variables import Journal

Kind = Literal["job", "environment", "comment", "blank", "invalid"]
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that starts something.

    ``raw_command`` is the text as written; ``command`` is what the shell gets (``%`` handled, see `split_percent`);
    ``stdin`` is the data after the first ``%``, or ``None``. ``environment`` holds the assignments above the line.
    ``flags`` are one-letter marks the dialect knows (``-n``, ``-q``, ``-s``, cronie's leading ``-``).
    """

    schedule: Schedule | Special
    user: str | None
    raw_command: str
    command: str
    stdin: str | None
    environment: Mapping[str, str]
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the daemon refuses a line: ``column`` counts from 1."""

    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its number (from 1), its class, its text without the newline, and what it holds.

    ``continues``: BusyBox joined it to the line above; it has that line's class and holds nothing of its own.
    """

    number: int
    kind: Kind
    text: str
    entry: Entry | None = None
    variable: tuple[str, str] | None = None
    fault: Fault | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Crontab:
    """A whole table. ``dead`` is the sentence that says why the daemon ignores the file as a whole, or ``None``."""

    lines: tuple[Line, ...]
    dead: str | None = None
    unfinished: bool = False
    notes: tuple[str, ...] = ()


def read(text: str, dialect: Dialect, *, system: bool) -> Crontab:
    """Read one table. ``system`` says that entries carry a user column. Never raises: bad lines are ``invalid``."""
    rows = text.split("\n")
    unfinished = rows[-1] != ""
    if not unfinished:
        rows.pop()
    reader = _Reader(dialect, system)
    if dialect.busybox:
        lines = list(_joined(reader, rows))
    else:
        lines = [reader.line(number, row) for number, row in enumerate(rows, start=1)]
    # cronie logs it and drops the line; FreeBSD and OpenBSD drop it without a word; BusyBox takes it.
    if unfinished and dialect.unfinished == "line" and lines[-1].kind in ("job", "environment"):
        lines[-1] = Line(len(rows), "invalid", rows[-1], fault=Fault(len(rows[-1]) + 1, "the last line has no newline"))
    return Crontab(tuple(lines), dead_because(lines, dialect, unfinished), unfinished)


def _joined(reader: _Reader, rows: list[str]) -> Iterator[Line]:
    """BusyBox: a trailing backslash joins the next line, comments not excepted (``get_line_with_continuation``)."""
    number = 0
    while number < len(rows):
        last = number
        while rows[last].endswith("\\") and last + 1 < len(rows):
            last += 1
        # libbb get_line_with_continuation joins before it looks for `#`.
        whole = "".join(row.removesuffix("\\") for row in rows[number:last]) + rows[last]
        line = reader.line(number + 1, whole)
        yield replace(line, text=rows[number])
        for more in range(number + 1, last + 1):
            yield Line(more + 1, line.kind, rows[more], continues=True)
        number = last + 1


def dead_because(lines: Sequence[Line], dialect: Dialect, unfinished: bool) -> str | None:
    """The whole-file rules (Debian's ``load_user``): one bad line, no final newline, or too many lines."""
    if dialect.bad_line == "file":
        # user.c load_user: one bad entry frees the whole table.
        for line in lines:
            if line.kind == "invalid":
                return f"line {line.number} is an error, so the daemon ignores the whole file"
    if unfinished and dialect.unfinished == "file" and lines[-1].kind not in ("comment", "blank"):
        return "the last line has no newline, so the daemon ignores the whole file"
    if dialect.max_lines and len(lines) > dialect.max_lines:
        return f"it has more than {dialect.max_lines} lines, so the daemon ignores the whole file"
    return None


class _Reader:
    """Carries the environment from line to line: an assignment applies to the entries below it only."""

    def __init__(self, dialect: Dialect, system: bool) -> None:
        self.dialect = dialect
        self.system = system
        self.variables = Journal()

    def line(self, number: int, text: str) -> Line:
        # load_entry skips blanks and tabs in front of everything.
        body = text.lstrip(" \t")
        if not body:
            return Line(number, "blank", text)
        if body[0] == "#":
            return Line(number, "comment", text)
        # parse_config.c with PARSE_EOL_COMMENTS cuts at any `#`; what follows a nickname is taken as it is.
        if self.dialect.busybox and body[0] != "@":
            body = body.split("#", 1)[0]  # a comment may start anywhere, even within the command
        # load_env first: `A=1 0 5 * * * x` sets A to `1 0 5 * * * x`.
        # It reads a C string: what stands behind a NUL byte is never seen (misc.c, get_string).
        variable = parse_variable(body.partition("\0")[0], self.dialect)
        if variable is not None:
            self.variables.assign(*variable)
            return Line(number, "environment", text, variable=variable)
        try:
            entry = self._entry(body)
        except _BadLineError as error:
            return Line(number, "invalid", text, fault=Fault(len(text) - len(body) + error.column + 1, str(error)))
        return Line(number, "job", text, entry=entry)

    def _entry(self, body: str) -> Entry:
        flags = ""
        start = 0
        if self.dialect.hides_log_dash and body[0] == "-":
            flags, start = "-", 1
        schedule_text, rest = _split_schedule(body, start)
        try:
            # The reader of fields sees one blank between fields, so equal schedules are one key of its cache.
            schedule = parse_schedule(" ".join(_WORD.findall(schedule_text)), self.dialect)
        except ScheduleError:
            raise self._bad_schedule(schedule_text, start) from None
        user = None
        if self.system:
            user, rest = self._user(body, rest)
        more, rest = _command_flags(body, rest, self.dialect)
        command = self._command(body, rest)
        shown, stdin = split_percent(command, self.dialect)
        return Entry(schedule, user, command, shown, stdin, self.variables.here(), flags + more)

    def _bad_schedule(self, text: str, start: int) -> _BadLineError:
        """The error as it is found in the text as written, whose blanks decide the column."""
        try:
            parse_schedule(text, self.dialect)
        except ScheduleError as error:
            return _BadLineError(str(error), start + error.column)
        return _BadLineError("bad schedule", start)

    def _user(self, body: str, at: int) -> tuple[str, int]:
        match = _WORD.match(body, at)
        if match is None:
            raise _BadLineError("the user column and the command are missing", len(body))
        if never_a_user(match[0], login_class=self.dialect.name.startswith("freebsd")):
            raise _BadLineError(
                f"`{match[0][:60]}` stands where the user belongs and cannot be one: the user column is missing (give the "
                "file with --user-crontab if it is a user's own table)",
                match.start(),
            )
        end = _skip_blanks(body, match.end())
        if end >= len(body):
            raise _BadLineError("there is no command after the user column (or the user column is missing)", len(body))
        return match[0], match.end() if self.dialect.keeps_blanks_before_command else end

    def _command(self, body: str, at: int) -> str:
        command = body[at:]
        # C strings end there: the daemon would run half of the command.
        if "\0" in command:
            raise _BadLineError("the command holds a NUL byte", at + command.index("\0"))
        # `0 5 * * *` alone is accepted in user tables by Debian and FreeBSD; in system tables the user column is
        # missing.
        if not command.strip(" \t") and not (self.dialect.empty_command and not self.system):
            raise _BadLineError("there is no command", len(body))
        if command.startswith("*") and not self.system and self.dialect.star_command_is_error:
            raise _BadLineError("the command starts with `*` (is there a field too many?)", at)
        # The daemon counts bytes, not characters.
        size = len(command.encode("utf-8", "surrogateescape"))
        if size > self.dialect.max_command:
            if self.dialect.overlong == "error":
                raise _BadLineError(
                    f"the command is too long ({size} bytes; the daemon takes {self.dialect.max_command})", at
                )
            command = command.encode("utf-8", "surrogateescape")[: self.dialect.max_command].decode(
                "utf-8", "surrogateescape"
            )
        return command


class _BadLineError(ValueError):
    """Why a line is no entry; ``column`` counts characters from the first non-blank, from 0."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


_WORD = re.compile(r"[^ \t]+")
_FIVE = re.compile(r"(?:[^ \t]+[ \t]+){4}[^ \t]+")


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _split_schedule(body: str, start: int) -> tuple[str, int]:
    """The schedule's text and where the rest begins; a bad count of fields is left for `parse_schedule` to name."""
    match = _WORD.match(body, start) if body.startswith("@", start) else _FIVE.match(body, start)
    if match is None:
        return body[start:].rstrip(" \t")[:200], len(body)
    return match[0], _skip_blanks(body, match.end())


def _command_flags(body: str, at: int, dialect: Dialect) -> tuple[str, int]:
    """Marks before the command: ``-n`` on cronie >= 1.7, ``-n -q`` on FreeBSD, ``-n -q -s`` (or bundled) on OpenBSD."""
    flags = ""
    while dialect.command_flags:
        match = re.compile(rf"-([{dialect.command_flags}]+)[ \t]+").match(body, at)
        if match is None:
            break
        flags += match[1]
        at = match.end()
    return flags, at


@lru_cache(maxsize=65536)
def parse_variable(line: str, dialect: Dialect) -> tuple[str, str] | None:
    """``NAME = VALUE`` as ``load_env`` reads it, or ``None``. No expansion of ``$X`` or ``~`` takes place.

    NAME or VALUE may be wholly in quotes; an unquoted VALUE keeps inner blanks, ``#`` and quotes and loses trailing
    blanks. ``line`` has no leading blanks.
    """
    if "=" not in line:
        return None
    if dialect.busybox:
        # crond.c knows these three; any other assignment is ignored.
        match = re.match(r"(MAILTO|SHELL|PATH)=([^ \t#]*)", line)
        return (match[1], match[2]) if match else None
    # load_env reads at most MAX_ENVSTR characters: what lies beyond is not seen.
    match = _NAME.match(line[: dialect.max_variable])
    if match is None:
        return None
    name = match[2] if match[1] else match[3]
    rest = line[match.end() : dialect.max_variable].lstrip(_SPACES)
    if not rest:
        # Debian before 3.0pl1-187 and ISC want a character behind `=`: else the line is a bad minute.
        return (name, "") if dialect.empty_value else None
    if rest[0] in "'\"":
        # A quoted value ends at the same quote, and only blanks may follow: `FOO="a" b` is no assignment.
        end = rest.find(rest[0], 1)
        if end < 0 or rest[end + 1 :].strip(_SPACES):
            return None
        value = rest[1:end]
    else:
        value = rest.rstrip(_SPACES)
    if dialect.trims_quoted_values:
        value = value.rstrip(_SPACES)
        # Debian's env.c takes quotes off once more: `FOO="'a'"` is `a`.
        if len(value) >= 2 and value[0] in "'\"" and value[-1] == value[0]:
            value = value[1:-1]
    return name, value


_SPACES = " \t\n\v\f\r"
# A name is quoted (no `=` inside) or runs up to a blank or `=`; blanks may stand before the `=`.
_NAME = re.compile(r"""(?:(['"])((?:(?!\1)[^=])*)\1|([^=\s'"][^=\s]*))[ \t\v\f\r]*=""")


def split_percent(command: str, dialect: Dialect) -> tuple[str, str | None]:
    """The command the shell gets, and the data for its standard input (``do_command.c``).

    The first unescaped ``%`` ends the command; later ones are newlines; ``\\%`` is ``%``; ``\\\\`` is ``\\`` on Debian and
    FreeBSD only; a missing last newline is added. Quotes do not protect a ``%``.
    """
    if not dialect.percent or ("%" not in command and not (dialect.backslash_pairs and "\\\\" in command)):
        return command, None
    shown: list[str] = []
    at = 0
    while at < len(command):
        char = command[at]
        following = command[at + 1 : at + 2]
        if char == "\\" and (following == "%" or (following == "\\" and dialect.backslash_pairs)):
            shown.append(following)
            at += 2
        elif char == "\\":
            # Any other backslash stays, with the character behind it.
            shown.append(char + following)
            at += 2
        elif char == "%":
            return "".join(shown), _standard_input(command[at + 1 :])
        else:
            shown.append(char)
            at += 1
    return "".join(shown), None


def _standard_input(data: str) -> str:
    # Debian and cronie do_command.c: unescaped `%` in the data are newlines.
    lines = re.sub(r"(\\?)%", lambda m: "%" if m[1] else "\n", data)
    # The data end with a newline even where the table has none.
    return lines if lines.endswith("\n") or not lines else lines + "\n"
