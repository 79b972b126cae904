"""What names a job that a container engine runs: the command in the container, else its name, else its image or service."""

from __future__ import annotations

import re

from converters.commands.containers.options import TOOLS
from converters.commands.containers.reading import Invocation, read_call
from converters.commands.idioms.peeling import Kept
from converters.commands.naming_words import GENERIC, VAGUE_VERBS
from converters.commands.pieces import base
from converters.commands.shell.words import Simple, Word

# What stands around the name of what an image or a container is for.
_TAG = re.compile(r"[:@].*", re.S)


def container_words(words: list[str]) -> list[str] | None:
    """The words of ``docker run``, ``docker exec`` and their kin that say what is done; ``None`` for other commands."""
    if base(words[0]) not in TOOLS:
        return None
    made = [Word(0, 0, word, word, (("text", word),)) for word in words]
    try:
        call = read_call(Simple(0, 0, words=made))
    except Kept:
        return None
    inner = [word.value or "" for word in call.command]
    entry = _value(call, "entrypoint")
    if entry:
        inner = [*entry.split(), *inner]
    # An image's own program gets words that say little without it: `generate`, `-u https://..`.
    if inner and not inner[0].startswith("-") and inner[0] not in VAGUE_VERBS and inner[0] not in GENERIC:
        return inner
    place = call.place.value or ""
    name = _value(call, "name") if call.verb == "run" else ""
    own = [name or _TAG.sub("", place.rpartition("/")[2])]
    return [*own, *inner] if inner and not inner[0].startswith("-") else own


def _value(call: Invocation, means: str) -> str:
    return next((one.value.value or "" for one in call.given(means) if one.value is not None), "")
