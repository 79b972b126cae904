"""`exit 3` in the job's place: the same entry script, shell and pipe around it, to see whether a status comes through them.

cron throws a status away, so nobody ever noticed that `job | tee log` ends with tee's; on ECS it is the only thing that tells.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from converters.commands.host_tests import inner_text, works
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.program_names import SHELLS
from converters.commands.shell.words import Simple

STATUS = 3
"""No shell and no engine ends with it by itself (dash: 2, bash: 2, 126, 127; podman and docker: 125 to 127)."""
_DEPTH = 4


class StandIn(NamedTuple):
    """What is run in place of a container's command; None for what ecs.yml leaves to the image. ``replaced`` is the text that
    gave way, ``lacks`` why nothing can stand in."""

    entry_point: list[str] | None
    command: list[str] | None
    replaced: str = ""
    lacks: str = ""


def stand_in(
    entry_point: Sequence[str], command: Sequence[str], image_entry: Sequence[str], image_command: Sequence[str]
) -> StandIn:
    """The words of a container with `exit 3` for the job. The ENTRYPOINT and the shell around it stay as they are."""
    own = list(entry_point) or None
    # Docker drops the image's CMD where an entry point is given from outside.
    said = list(command) or ([] if own else list(image_command))
    front = list(entry_point) or list(image_entry)
    if (at := _text_at([*front, *said])) is not None:
        words = [*front, *said]
        text, replaced = with_exit(words[at])
        if text is None:
            return StandIn(None, None, lacks=replaced)
        words[at] = text
        if at < len(front):
            return StandIn(words[: len(front)], words[len(front) :] or None, replaced)
        return StandIn(own, words[len(front) :], replaced)
    if own is not None and not said:
        return StandIn(["sh", "-c", f"exit {STATUS}"], None, shlex.join(own))
    if not said:
        return StandIn(None, None, lacks="no command is known whose place could be taken")
    return StandIn(own, ["sh", "-c", f"exit {STATUS}"], shlex.join(said))


def _text_at(words: Sequence[str]) -> int | None:
    """Which word is the text of a shell, where a shell reads one."""
    if not words or words[0].rpartition("/")[2] not in SHELLS:
        return None
    for index in range(1, len(words)):
        if not words[index].startswith("-"):
            return None
        if not words[index].startswith("--") and "c" in words[index]:
            return index + 1 if index + 1 < len(words) else None
    return None


def with_exit(text: str, depth: int = 0) -> tuple[str | None, str]:
    """(text with a subshell that ends with 3 for its first command that works, what gave way); or (None, why not)."""
    try:
        script = parse(text)
    except Unparsable as error:
        return None, f"its text cannot be read with certainty ({error})"
    # A loop is no list of commands to this reader: it gives way as a whole.
    there = [one for one in script.commands() if (one.words if isinstance(one, Simple) else one.kind == "other")]
    if not there:
        return None, "its text holds no command whose place could be taken"
    # A trap only tells what comes later, that of a shell that hands SIGTERM on too.
    there = [one for one in there if not (isinstance(one, Simple) and one.name == "trap")] or there
    found = next((one for one in there if works(one)), there[0])
    if not isinstance(found, Simple):
        return f"{text[: found.start]}(exit {STATUS}){text[found.end :]}", text[found.start : found.end]
    inner = inner_text(found)
    if inner is not None and depth < _DEPTH and (value := found.words[inner].value):
        new, replaced = with_exit(value, depth + 1)
        if new is not None:
            word = found.words[inner]
            return f"{text[: word.start]}{shlex.quote(new)}{text[word.end :]}", replaced
    start, end = _span(found)
    return f"{text[:start]}(exit {STATUS}){text[end:]}", text[start:end]


def _span(simple: Simple) -> tuple[int, int]:
    """From the first word to the last before a redirection: where the output goes stays as it is. A redirection may not
    stand in front of a subshell, so one that does is taken along."""
    starts = [one.start for one in simple.redirects if one.start > simple.words[0].start]
    end = max(word.end for word in simple.words if word.end <= min(starts, default=simple.words[-1].end))
    return simple.start, end
