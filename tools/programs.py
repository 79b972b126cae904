"""``converters/programs/data/*.toml`` -> ``known.json``: ``python -m tools.programs`` checks and writes it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from converters.programs.catalogue import read_families

ROOM = Path(__file__).parent.parent / "converters" / "programs"
KNOWN = ROOM / "known.json"


def known() -> str:
    """The JSON that belongs to the TOML of today, one program a line."""
    tables = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOM / "data").glob("*.toml"))
    }
    parts = []
    for family, table in read_families(tables).items():
        rows = [
            f"{json.dumps(name)}: {json.dumps(raw, ensure_ascii=False, separators=(',', ':'))}"
            for name, raw in table.items()  # type: ignore[attr-defined]  # tables all
        ]
        parts.append(f"{json.dumps(family)}: {{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    KNOWN.write_text(known(), encoding="utf-8")
