"""``a & b &``: a text that leaves something in the background gets a ``wait`` at its end.

Under cron what was put into the background ran on after its shell had ended. In a task everything ends with process 1
(measured with dash and bash: 5 ms later, status 0), so the shell must wait for it. Under cron that would change nothing.
"""

from __future__ import annotations

from functools import lru_cache

from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.syntax import Script

# `exec` and `exit` end the shell before it could wait; a trap may; what `.` reads may do any of it.
_ENDS = frozenset({"exec", "exit", "return", "trap", ".", "source", "eval", "disown", "wait"})


@lru_cache(maxsize=4096)
def waits_for_all(text: str) -> str:
    """The text with ``wait`` at its end, and the status it had; other texts as they are."""
    if "&" not in text:
        return text
    try:
        script = parse(text)
    except Unparsable:
        return text
    if not leaves_some(script) or script.comments or any(one.name in _ENDS for one in script.simple_commands()):
        return text
    last = script.statements[-1]
    if last.terminator == "&":
        return f"{text[: last.terminator_at + 1]} wait"
    return f"{text[: last.end]}; s=$?; wait; exit $s"


def leaves_some(script: Script) -> bool:
    """Whether something is put into the background, and no ``wait`` follows it."""
    left = False
    for statement in script.statements:
        simple = statement.pipelines[-1].simple
        if statement.terminator == "&":
            left = True
        elif simple is not None and simple.name == "wait" and statement.terminator != "&":
            left = False
    return left
