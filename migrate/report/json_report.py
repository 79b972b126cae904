"""The JSON of ``scan``: one job a line, so that two reports can be compared line by line in a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def render_json(document: Mapping[str, Any]) -> str:
    """The document as JSON text with a final newline: each top-level key on its own line, lists one element a line.

    Text that is no Unicode (a lone surrogate) becomes its ``\\uXXXX`` escape, so the result always encodes as UTF-8.
    """
    return b"".join(pieces(document)).decode("utf-8")


def gathered(document: Mapping[str, Any], size: int = 1 << 18) -> Iterator[bytes]:
    """The pieces in blocks of about ``size`` bytes, so that writing them takes few calls."""
    block = bytearray()
    for piece in pieces(document):
        block += piece
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def pieces(document: Mapping[str, Any]) -> Iterator[bytes]:
    """The same piece by piece: a fleet's report is hundreds of megabytes, and each copy of the whole counts."""
    yield b"{\n"
    for position, (key, value) in enumerate(document.items()):
        yield b",\n" * bool(position) + b"  " + _compact(key) + b": "
        if isinstance(value, list) and value:
            yield b"[\n"
            for index, one in enumerate(value):
                yield b",\n" * bool(index) + b"    " + _compact(one)
            yield b"\n  ]"
        else:
            yield _compact(value)
    yield b"\n}\n"


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
