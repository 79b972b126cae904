"""``kill`` of what a text started itself, or of its own shell: processes that a task has as well."""

from __future__ import annotations

import re
from collections.abc import Sequence


def _signals_its_own(text: str, words: Sequence[str]) -> bool:
    """``kill $$``, ``P=$!; kill $P``: whether all that the ``words`` of a command signal belongs to the ``text`` itself."""
    if not words or words[0].rpartition("/")[2] != "kill":
        return False
    # A variable is its own child's where the text sets it from `$!`, or to its own number.
    own = {f"${name}" for name in re.findall(r"\b([A-Za-z_]\w*)=\"?\$[!$]", text)} | {"$$", "$!"}
    whom = [word.strip('"').replace("{", "").replace("}", "") for word in words[1:] if not word.startswith("-")]
    return bool(whom) and all(word in own or word.startswith("%") for word in whom)


def reaches_others(text: str, words: Sequence[str]) -> bool:
    """Whether a command may change processes that are not the text's own: what is no ``kill`` may do all. ``kill -0 PID`` only
    asks whether the process is there (kill(2): signal 0)."""
    asks = bool(words) and words[0].rpartition("/")[2] == "kill"
    asks = asks and (words[1:2] == ["-0"] or words[1:3] in (["-s", "0"], ["-n", "0"]))
    return not asks and not _signals_its_own(text, words)
