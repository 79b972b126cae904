"""One source's table: with or without a user column, rendered or a template, and what its lines are mistaken for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from converters.commands.naming_words import DRIVERS, INTERPRETER, SHELL, SKIPPED, WEAK, WRAPPERS
from converters.findings.codes import Finding
from converters.programs import catalogue
from converters.schedules.dialects import Dialect
from converters.tables.crontab import Crontab, Fault, Line, dead_because, read
from converters.tables.formats import Template, template_of
from converters.tables.mistakes import findings, repeated
from converters.tables.owners import Owned, owned_lines
from converters.tables.user_column import ACCOUNTS, Likely, column_of, likely_user
from migrate.sources import Source

_WORDS = re.compile(r"[ \t]*([^ \t]+)(?:[ \t]+([^ \t]+))?")


def read_table(source: Source, dialect: Dialect) -> Crontab:
    """The lines of one source; where its place says nothing of a user column, the lines themselves may.

    No line of a template is an entry: a daemon never sees it.
    """
    text = source.data.decode("utf-8", "surrogateescape")
    # BusyBox crond knows no user column anywhere: /etc/crontabs/NAME is the user's table.
    system = source.kind == "system" and dialect.system_tables
    table = read(text, dialect, system=system)
    # A file by name (`crontab.txt`) tells nothing of its kind; by its place (/etc/cron.d) no guess is needed.
    if source.guessed and not system and column_of(_first_words(table), is_program, _passwd(source)) == "there":
        # A table whose place says nothing about a user column: five fields, then a name in every line, tells.
        table, system = read(text, dialect, system=True), True
    if system:
        table = _without_programs_for_users(table, source, dialect)
    # A template's lines may look like jobs with `{{ x }}` in them; as such they would be moved with the braces.
    if _template(source, table) is not None:
        table = Crontab(tuple(map(_unread, table.lines)), None, table.unfinished, table.notes)
    return table


def _first_words(table: Crontab) -> list[tuple[str, str]]:
    """The two words behind the schedule of each line that starts something."""
    return [_two(line.entry.raw_command) for line in table.lines if line.entry is not None]


def _two(command: str) -> tuple[str, str]:
    found = _WORDS.match(command)
    return (found[1], found[2] or "") if found else ("", "")


@lru_cache(maxsize=4096)
def is_program(word: str) -> bool:
    """Whether a word is the name of a program that is known, rather than that of a user."""
    base = word.rpartition("/")[2]
    names = WRAPPERS.keys() | WEAK | SKIPPED | DRIVERS
    # `python3.11` and the like are in no list by their full name, so the patterns come first.
    return bool(base in names or SHELL.fullmatch(base) or INTERPRETER.fullmatch(base) or catalogue.program(base))


def _passwd(source: Source) -> Callable[[str], bool] | None:
    """Asks the passwd file of the source's own tree, where there is one."""
    server = source.server
    return None if server is None else lambda name: server.home(name) is not None


def _without_programs_for_users(table: Crontab, source: Source, dialect: Dialect) -> Crontab:
    """`env X=1 /srv/x` where a user belongs: no system has an account of that name, so no daemon runs the line."""
    known = _passwd(source)
    lines = []
    for line in table.lines:
        user = line.entry.user if line.entry is not None else None
        if (
            user
            and "/" not in user
            and is_program(user)
            # `backup`, `git`, `mail`, `news` are accounts of a usual system and programs as well.
            and user not in ACCOUNTS
            and not (known is not None and known(user))
        ):
            column = line.text.index(user) + 1
            message = (
                f"`{user}` stands where the user belongs and is a program: the user column is missing (give the file with "
                "--user-crontab if it is a user's own table)"
            )
            lines.append(replace(line, kind="invalid", entry=None, fault=Fault(column, message)))
        else:
            lines.append(line)
    # Debian (user.c, load_user) drops all of a table with a bad entry, so one such line may make it dead.
    return replace(table, lines=tuple(lines), dead=dead_because(lines, dialect, table.unfinished))


def _unread(line: Line) -> Line:
    return Line(line.number, "invalid", line.text) if line.kind in ("job", "invalid") else line


def _template(source: Source, table: Crontab) -> Template | None:
    # A user column that was found in the lines counts as much as the place.
    system = any(line.entry is not None and line.entry.user for line in table.lines) or source.kind == "system"
    return template_of(source.data.decode("utf-8", "surrogateescape"), system=system)


def about_table(source: Source, table: Crontab) -> Iterator[tuple[str, int, str]]:
    """(code, line, sentence) of what is said once for the whole table."""
    if source.kind in ("anacron", "timer"):
        return
    template = _template(source, table)
    if template is not None:
        lines = sum(line.kind == "invalid" for line in table.lines)
        yield (
            "C130",
            template.line,
            f"a template for {template.engine} that was not rendered: `{template.mark[:60]}` stands there for a value; "
            + (
                "its one line is no job as it stands"
                if lines == 1
                else f"none of its {lines} lines is a job as they stand"
            ),
        )
        return
    yield from _owners(source, table)
    # What its place says needs no sentence; only a guess does.
    if not source.guessed or source.kind != "user":
        return
    if any(line.entry and line.entry.user for line in table.lines):
        yield "C116", 0, "every line names a user after its schedule, so it is read as a system table"
    elif column_of(_first_words(table), is_program, _passwd(source)) == "unclear":
        words = list(dict.fromkeys(first for first, _second in _first_words(table)))
        shown = ", ".join(f"`{word}`" for word in words[:3])
        # The safer reading: a program that is not there fails at once, a missing word would run something else.
        yield "C116", 0, f"every line begins with a word ({shown}) that may be a user's name; it is read as the program"


def owned_by(source: Source, table: Crontab) -> dict[int, Owned]:
    """Number of a job's line -> who writes it; the package of the file, where the tree's database knows one."""
    if source.kind in ("anacron", "timer"):
        return {}
    return owned_lines(table.lines, _package(source), Path(source.path).name)


def _package(source: Source) -> str:
    """The package that brought the file, by the tree's own database."""
    root = source.server.root if source.server is not None else None
    packages = source.server.files.host().packages if source.server is not None else None
    if root is None or packages is None or not Path(source.path).absolute().is_relative_to(root.absolute()):
        return ""
    found = packages.owner("/" + str(Path(source.path).absolute().relative_to(root.absolute())), source.data)
    return found.package if found is not None else ""


def _owners(source: Source, table: Crontab) -> Iterator[tuple[str, int, str]]:
    """One sentence for each owner of lines: how many are theirs, what they do, what to change there."""
    lines: dict[str, list[tuple[int, Owned]]] = {}
    for number, owned in owned_by(source, table).items():
        lines.setdefault(owned.owner.title, []).append((number, owned))
    for title, all_of_it in lines.items():
        number, first = all_of_it[0]
        many = len(all_of_it)
        yield (
            "C135",
            number,
            f"{many} {'line is' if many == 1 else 'lines are'} written by {title}: it {first.does(many)}; as a part of "
            f"the switch, {first.change(source.path, *(owned.name for _number, owned in all_of_it), lines=many)}",
        )


def about_lines(source: Source, table: Crontab, dialect: Dialect) -> dict[int, tuple[Finding, ...]]:
    """Number of a line -> what is said of it because of the lines around it or of what it was mistaken for."""
    again = repeated(table)
    known = _passwd(source)
    unclear = source.guessed and column_of(_first_words(table), is_program, known) == "unclear"
    found: dict[int, tuple[Finding, ...]] = {}
    for line in table.lines:
        entry = line.entry
        if entry is None:
            continue
        said = list(findings(line, entry, dialect))
        if line.number in again:
            said.append(
                Finding(
                    "C133",
                    # Nobody's mistake need be mended for cron: both run, and so they do on AWS.
                    f"the same line as {source.path}:{again[line.number]}: cron starts both at the same time",
                )
            )
        # In a system table the user column was read, so the first word of the command is a program.
        if entry.user is None:
            said += _user_in_command(*_two(entry.raw_command), known, unclear=unclear)
        if said:
            found[line.number] = tuple(said)
    return found


def _user_in_command(
    first: str, second: str, known: Callable[[str], bool] | None, *, unclear: bool
) -> Iterator[Finding]:
    likely: Likely = likely_user(first, second, is_program, known)
    if likely == "surely":
        yield Finding(
            "C117",
            f"`{first}` looks like the user column of a system table: in a user's own table the shell looks for a program "
            f"of that name (`{first}: not found`)",
        )
    elif likely == "perhaps" and unclear:
        yield Finding("C116", f"`{first}` may be a program or the user column of a system table")
