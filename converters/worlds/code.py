"""What a script of another language needs, as far as its literals say: commands that it hands to a shell, and files of data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from converters.commands.idioms.code import Language, commands_in, program_text
from converters.worlds.need import Need, Needs
from converters.worlds.needs import needs_of
from converters.worlds.places import place_of

# A literal that begins where hosts keep their data: others may be the path of an address.
_DATA = re.compile(r"""["'](/(?:srv|data|mnt|media|home|root|var|backups?|exports?)/[^"'\s$`{}%*]+)["']""")
_MOST = 200


def needs_of_code(
    text: str, language: Language, path: str, directory: str | None, known: Mapping[str, str], *, moved: bool
) -> Needs:
    """The needs of the script at ``path``. Its commands' statuses are its own business, and none of the job's endings."""
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
    for literal in dict.fromkeys(_DATA.findall(program_text(text, language))):
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
