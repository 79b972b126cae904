"""What a script needs as who reads it takes it: of other languages than the shell, what its literals say, the commands that it
hands to a shell and files of data."""

from __future__ import annotations

from collections.abc import Mapping

from converters.commands.idioms.code import Language, commands_in, program_text
from converters.worlds.collecting import DATA
from converters.worlds.need import Need, Needs
from converters.worlds.needs import needs_of
from converters.worlds.places import place_of

_MOST = 200
_FILLED_IN = frozenset("{}%*")
"""In a literal: it is put together when the program runs."""


def needs_of_script(
    text: str, language: Language, path: str, directory: str | None, known: Mapping[str, str], *, moved: bool
) -> Needs:
    """The needs of the script at ``path``, as who reads it takes it; the rest as for `needs_of`."""
    if language == "shell":
        return needs_of(text, directory=directory, known=known, origin=path, moved=moved)
    return _of_code(text, language, path, directory, known, moved=moved)


def _of_code(
    text: str, language: Language, path: str, directory: str | None, known: Mapping[str, str], *, moved: bool
) -> Needs:
    """The needs of a script of another language. Its commands' statuses are its own business, and none of the job's endings."""
    needs: list[Need] = []
    programs: list[str] = []
    for command in list(commands_in(text, language))[:_MOST]:
        found = needs_of(command, directory=directory, known=known, origin=path, moved=moved)
        # A text that is put together when the program runs may not be one for this reader.
        if not found.unreadable:
            needs += found.needs
            programs += found.programs
    name = path.rpartition("/")[2]
    named = {one.subject for one in needs}
    for literal in dict.fromkeys(DATA.findall(program_text(text, language))):
        if not _FILLED_IN.isdisjoint(literal):
            continue
        if literal.rstrip("/") not in named and place_of(literal).kind not in ("scratch", "logs") and literal != path:
            needs.append(Need("file", literal.rstrip("/"), "names", 0, 0, name, path))
    return Needs(tuple(dict.fromkeys(needs))[:_MOST], (), tuple(programs))


def started_by(needs: Needs) -> dict[str, str]:
    """The files that are run: absolute path -> the interpreter that the text names, or ``""`` where the file's first line
    says."""
    found: dict[str, str] = {}
    for one in needs.needs:
        if one.role == "runs" and one.subject.startswith("/") and not one.test and one.kind in ("program", "file"):
            found.setdefault(one.subject, one.by if one.kind == "file" else "")
    return found
