"""The share of lines that are comments, by wing: ``python -m tools.comments`` prints it, the whole of both packages last."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("converters", "migrate")
MARKS = ("# noqa", "# type:", "# fmt:", "# pragma:")  # spoken to a tool, not to a reader: they count for nothing


def count(text: str) -> tuple[int, int]:
    """(comments, lines) of a module: lines that are comments and comments behind code; a `#` in a string is none."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    said = [t for t in tokens if t.type == tokenize.COMMENT and not t.string.startswith(MARKS)]
    return len(said), len(text.splitlines())


def shares() -> dict[str, tuple[int, int]]:
    """Wing or package -> (comments, lines), the packages after their wings, ``both`` last."""
    comments: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            said, of = count(path.read_text(encoding="utf-8"))
            parts = path.relative_to(ROOT).parts
            wing = ["/".join(parts[:2])] if len(parts) > 2 else []
            for name in (*wing, package, "both"):
                comments[name] += said
                lines[name] += of
    order = sorted(lines, key=lambda name: (name == "both", name.split("/")[0], "/" not in name, name))
    return {name: (comments[name], lines[name]) for name in order}


def main() -> None:
    for name, (said, of) in shares().items():
        print(f"{name:24} {said:5} of {of:6} lines  {said / of:6.2%}")


if __name__ == "__main__":
    main()
