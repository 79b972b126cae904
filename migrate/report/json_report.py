"""The JSON of ``scan``: one job a line, so that two reports can be compared line by line in a pull request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def render_json(document: Mapping[str, Any]) -> str:
    """The document as JSON text with a final newline: each top-level key on its own line, lists one element a line.

    Text that is no Unicode (a lone surrogate) becomes its ``\\uXXXX`` escape, so the result always encodes as UTF-8.
    """
    fields = ",\n".join(f"  {_compact(key)}: {_listed(value)}" for key, value in document.items())
    return f"{{\n{fields}\n}}\n"


def _listed(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _compact(value)
    return "[\n" + ",\n".join(f"    {_compact(one)}" for one in value) + "\n  ]"


def _compact(value: Any) -> str:
    # Piece by piece: a fleet's report is hundreds of megabytes, and each copy of the whole counts.
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace").decode("utf-8")
