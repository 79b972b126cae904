"""What a request over the network is for: it works there, it tells a monitor, or only its answer is asked for."""

from __future__ import annotations

import re

from converters.commands.idioms.heartbeats import tells_monitor
from converters.worlds.calls import Call

TOLD = "a monitor or a chat is told"
"""The note of a machine that is only told how a job went."""
ANSWERED = "only its answer is asked for"
"""The note of a machine whose answer decides what runs here."""

_REQUESTS = frozenset({"curl", "wget"})
# curl(1) and wget(1): options that send something, or ask by another method than GET and HEAD.
SENDS = re.compile(
    r"-[A-Za-z]*[TdF]|--(?:upload-file|data|form|json|post-(?:data|file)|body-(?:data|file))|-X?(?:POST|PUT|PATCH|DELETE)$"
    r"|--(?:request|method)=(?!GET|HEAD)"
)
_HEAD = frozenset({"-I", "--head", "--spider"})
# What stands before a substitution whose output is compared, or kept to be compared.
_COMPARED = re.compile(r"""(?:[A-Za-z_]\w*=|\[\[?\s[^;&|\]]*|\btest\s[^;&|]*|\bcase\s+)["']?(?:\$\(|`)\s*$""")
_NEAR = 200


def purpose(call: Call, answering: frozenset[tuple[int, int]]) -> str:
    """``TOLD``, ``ANSWERED`` or nothing. ``answering`` are the places of calls whose output only a test reads."""
    name = call.name or ""
    if name not in _REQUESTS:
        return ""
    words = [call.said(index) for index in range(1, len(call.words))]
    if tells_monitor(name, " ".join(words)):
        return TOLD
    if any(map(SENDS.match, words)):
        return ""
    asked = call.decides == "tested" or (call.start, call.end) in answering or not _HEAD.isdisjoint(words)
    compared = _COMPARED.search(call.text[max(0, call.start - _NEAR) : call.start]) is not None
    return ANSWERED if asked or compared else ""
