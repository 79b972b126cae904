"""Pieces of a name: Latin words and digits of a path or a word, in lower case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from converters.commands.naming_words import EXTENSIONS, PLACES

LONGEST = 48
"""Characters a name may have before its suffix; 64 are allowed, so ``-2`` and the names of helpers still fit."""

EXPANSION = re.compile(
    r"\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\$\([^)]*\Z|`[^`]*`?|\$\{[^}]*\}?|\$\w+|\$[^\w\s]?|%\(\w+\)s"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def expanded(word: str) -> str:
    """The word without what a shell puts into it."""
    return EXPANSION.sub("", word)


def base(word: str) -> str:
    """The last part of a path, without the extension of a script."""
    bare = expanded(word)
    last = bare.rstrip("/").rpartition("/")[2] or bare.strip("/")
    stem, dot, extension = last.rpartition(".")
    return stem if dot and stem and extension.lower() in EXTENSIONS else last


def called(word: str) -> str:
    """The last part of a path as it is: ``df.sh`` is not ``df``."""
    return expanded(word).rstrip("/").rpartition("/")[2]


def path(word: str) -> list[str]:
    """The pieces of a path's last part."""
    return pieces(base(word)) or (pieces(word) if "$" in word and "/" not in word else [])


def place(word: str) -> list[str]:
    """The nearest directory of a path that tells something: ``site`` for ``/var/www/site/current/cron.php``."""
    own = pieces(base(word))
    for part in reversed(expanded(word).split("/")[:-1]):
        found = pieces(part)
        if found and part.lower() not in PLACES and found != own and not random(part):
            return found
    return []


def pieces(text: str) -> list[str]:
    """Lower-case words of a text: Latin letters without their accents, digits; CamelCase is taken apart."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [piece.lower() for part in re.split(r"[^A-Za-z0-9]+", text) for piece in _CAMEL.split(part) if piece]


def random(word: str) -> bool:
    """Does a word look drawn by lot: digits strewn among letters, or hexadecimal of some length?"""
    return any(
        (len(part) >= 10 and len(re.findall(r"[0-9]+", part)) > 1)
        or re.fullmatch(r"(?=[A-Fa-f]*\d)[0-9A-Fa-f]{7,}", part)
        or len(part) > 44
        for part in re.split(r"[^A-Za-z0-9]", word)
    )


def joined(words: Sequence[str]) -> str:
    """Pieces with hyphens between, repeated neighbours once, as many as fit."""
    name = ""
    last = ""
    for piece in (part for word in words for part in pieces(word)):
        if piece == last:
            continue
        longer = f"{name}-{piece}" if name else piece[:LONGEST]
        if len(longer) > LONGEST:
            break
        name, last = longer, piece
    return name
