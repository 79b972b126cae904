"""A shell that stays while a job works hands SIGTERM on and waits: ``trap .. TERM; (TEXT) & wait $!`` around its text.

For ``x; y`` no ``exec`` helps `x`: as process 1 the shell sits the signal out, behind an init it dies at once, and with the
shell everything ends after 4 ms, `x` in the middle of its work. Measured as process 1 and behind an init, with dash, bash
and BusyBox: with this, `x` is told, has its time, and nothing behind it starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from converters.commands.hidden import ASKING, PREPARING
from converters.commands.own_shells import own_shells, substituted
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.program_names import SHELLS
from converters.commands.shell.syntax import Compound
from converters.commands.shell.words import Simple

# A signal to process 0 reaches the whole group (kill(2)); a runtime makes its first process the leader of a session, and an
# init (tini, catatonit) the shell that of a group, so the group is the job. Ignored first, lest it comes back to the shell.
_FORWARDS = """trap 'trap "" TERM; kill -TERM 0; wait $!; exit $?' TERM; ("""
# A trap waits for the command in front (POSIX 2.11), so the inner shell ends after it, and starts nothing more. A subshell
# has the traps of no parent (2.12): each needs its own.
_STAYS = "trap 'wait; exit 143' TERM; "
_WAITS = ") & wait $!"
_AROUND = re.compile(re.escape(_FORWARDS + _STAYS) + r"(.*?)\n?" + re.escape(_WAITS), re.DOTALL)
# They have an end of their own for SIGTERM, or change how the text is read (an alias, extglob).
_OWN = frozenset({"trap", "alias", "shopt", "coproc", "disown"})
# None of them has a handler: to be told and to be ended are one for them. `eval` may be anything.
_BRIEF = (PREPARING | ASKING | {"curl", "wget", "install", "mktemp", "nohup", "cp", "mv"}) - {"eval", "trap"}


@lru_cache(maxsize=4096)
def stays_and_tells(text: str, interpreter: tuple[str, ...]) -> str | None:
    """The text with a trap in each of its subshells, to be put into ``around``; None where nothing needs to be told: what
    works takes the shell's place (``exec``), is the shell's own, or would end without a word to anybody."""
    if interpreter[0].rpartition("/")[2] not in SHELLS:
        return None
    try:
        return _told(text)
    except Unparsable:
        return None


def _told(text: str) -> str | None:
    script, inner = parse(text), substituted(text)
    if any(name in _OWN for name in (*(simple.name for simple in script.simple_commands()), *inner)):
        return None
    if not any(map(_works, script.commands())) and not any(map(_is_work, inner)):
        return None
    for at, piece in sorted(_traps(text), key=lambda one: one[0], reverse=True):
        text = text[:at] + piece + text[at:]
    return text + "\n" if script.comments or "\n" in text else text


def around(text: str) -> str:
    """What ``stays_and_tells`` gave, below a shell that hands SIGTERM on; its status is that of the text."""
    return f"{_FORWARDS}{_STAYS}{text}{_WAITS}"


def without_telling(text: str) -> str:
    """The text inside; another text as it is."""
    found = _AROUND.fullmatch(text)
    return found[1].replace(_STAYS, "") if found is not None else text


def _works(command: Compound | Simple) -> bool:
    if isinstance(command, Compound):
        return command.kind == "other" and not command.test  # a loop
    return bool(command.words) and _is_work(command.name or "$")


def _is_work(name: str) -> bool:
    return name not in _BRIEF and name != "exec"


def _traps(text: str) -> Iterator[tuple[int, str]]:
    """What is put where: a trap at the beginning of each shell that the text starts for more than one program."""
    for shell in own_shells(text, _is_work):
        yield shell.start, f"{{ {_STAYS}" if shell.grouped else _STAYS
        if shell.grouped:
            yield shell.end, "; }"
