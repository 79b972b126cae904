"""Programs that a command fetches and runs: ``curl URL | sh``, ``bash -c "$(curl URL)"``, ``bash <(curl URL)``.

Nobody can have read what such a program will do at the next run; of what it is about only the address tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from converters.commands.shell.program_names import known_as
from converters.worlds.calls import Call

_READ_THEIR_INPUT = frozenset(
    {"sh", "bash", "dash", "ash", "ksh", "zsh", "python", "python2", "python3", "perl", "php", "ruby", "node"}
)
_FETCHERS = frozenset({"curl", "wget", "fetch"})
_FETCHED = re.compile(r"[\"']?(?:\$\(|`|<\()\s*(?:sudo\s+)?(?:\S*/)?(?:curl|wget|fetch)\s")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s\"'`)|;]+", re.I)


_BARE = re.compile(r"(?![-/.~])[\w-]+(?:\.[\w-]+)+(?::\d+)?/\S")
_RUN_A_FILE = _READ_THEIR_INPUT | {".", "source", "eval"}


def fetched(call: Call, words: Sequence[str]) -> str:
    """The address of the program that a call fetches and runs, or nothing."""
    run = words[:2] if known_as(words[0]) in _RUN_A_FILE else words[:1]
    address = next((found for word in run if _FETCHED.match(word) and (found := _ADDRESS.search(word))), None)
    return address[0] if address is not None else _fed(call, words)


def _fed(call: Call, words: Sequence[str]) -> str:
    """What an interpreter reads from a pipe. A word that is no option is a file to be run instead, but for what stands behind
    ``-s`` and ``-`` (sh(1), python(1))."""
    if known_as(words[0]) not in _READ_THEIR_INPUT or call.fed is None or call.fed.name not in _FETCHERS:
        return ""
    own = [word for word in words[1:] if not word.startswith("-")]
    if {"-c", "-e"} & set(words) or (own and not {"-s", "-"} & set(words)):
        return ""
    said = [call.fed.said(index) for index in range(1, len(call.fed.words))]
    # curl and wget guess the scheme of what has none (curl(1), URL).
    bare = (word for word in said if _BARE.match(word))
    return next((address[0] for word in said if (address := _ADDRESS.match(word)) is not None), next(bare, ""))
