"""The document as JSON: one job a line, so that two reports can be compared line by line in a pull request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter

from migrate.document.model import Document
from migrate.document.shape import members

_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_json(value: object) -> object:
    """Any part of the document as what ``json`` writes: mappings, lists, and plain values."""
    cls = value.__class__
    if cls in _PLAIN:
        return value
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    if isinstance(value, Mapping):
        return {key: to_json(one) for key, one in value.items()}
    return as_mapping(value)


def as_mapping(value: object) -> dict[str, object]:
    """An object of the document by its keys."""
    cls = value.__class__
    known = _READ.get(cls)
    if known is None:
        known = _READ[cls] = _reading(cls)
    get, keys = known
    found: dict[str, object] = {}
    for (key, omit), one in zip(keys, get(value), strict=True):
        if one is None:
            if not omit:
                found[key] = None
        elif one.__class__ in _PLAIN:
            found[key] = one
        else:
            found[key] = to_json(one)
    return found


_Reading = tuple[Callable[[object], tuple[object, ...]], tuple[tuple[str, bool], ...]]
_READ: dict[type, _Reading] = {}


def _reading(cls: type) -> _Reading:
    """What gives all fields of an object at once, and of each its key and whether it is left out while it is None."""
    found = members(cls)
    # One name gives a value, several give a tuple: the first is asked for twice, so that it is always a tuple.
    get = attrgetter(*(one.name for one in found), found[0].name)
    return lambda value: get(value)[:-1], tuple((one.key, one.omit) for one in found)


def render_json(document: Document) -> str:
    """The document as JSON text with a final newline: each top-level key on its own line, lists one element a line.

    A byte that is no UTF-8 (a lone surrogate) becomes the text ``\\xNN``, as it is shown: half a character in JSON is what
    readers refuse or replace (RFC 8259, 8.2).
    """
    return b"".join(pieces(document)).decode("utf-8")


def gathered(document: Document, size: int = 1 << 18) -> Iterator[bytes]:
    """The pieces in blocks of about ``size`` bytes, so that writing them takes few calls."""
    block = bytearray()
    for piece in pieces(document):
        block += piece
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def pieces(document: Document) -> Iterator[bytes]:
    """The same piece by piece: a fleet's report is hundreds of megabytes, and only one job of it is a mapping at a time."""
    yield b"{\n"
    first = True
    for one in members(Document):
        value = getattr(document, one.name)
        if one.omit and value is None:
            continue
        yield b",\n" * (not first) + b"  " + _compact(one.key) + b": "
        first = False
        if isinstance(value, tuple) and value:
            yield b"[\n"
            for index, part in enumerate(value):
                yield b",\n" * bool(index) + b"    " + _compact(part)
            yield b"\n  ]"
        else:
            yield _compact(value)
    yield b"\n}\n"


def _compact(value: object) -> bytes:
    text = _ENCODER.encode(to_json(value))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return _STRAY.sub(_as_text, text).encode("utf-8")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_STRAY = re.compile("[\ud800-\udfff]")


def _as_text(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\\\u{code:04x}"
