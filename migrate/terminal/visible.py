"""Characters that cannot be seen, spelled out: what a crontab holds can neither move a cursor nor hide what follows."""

from __future__ import annotations

import re

# Controls, what turns the direction of text, what has no width, and halves of characters: never shown as they are.
# (Not U+E0100 to U+E01EF: they choose between variants of a kanji, as names need it.)
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)


def visible(text: str, *, tabs: bool = False) -> str:
    """``text`` with every character that cannot be seen spelled out (``\\x1b``, ``\\u202e``); ``tabs`` keeps tabs."""
    if text.isprintable():  # the usual case; no character of _UNSEEN counts as printable
        return text
    return _UNSEEN.sub(lambda match: match[0] if tabs and match[0] == "\t" else _spelled(match[0]), text)


def _spelled(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
