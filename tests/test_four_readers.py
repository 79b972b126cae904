"""What we write, every reader accepts, and all read the same: our strict reader, PyYAML in Python and in C, ruamel.yaml.

``TESTS=deep`` tries more than 100,000 written specs; a push tries one part in so many.
"""

from __future__ import annotations

import io
import os
import random
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from converters.specs.strict_yaml import read
from converters.specs.text import ecs_text
from tests.effort import DEEP, examples

WRITTEN = 100_000 if DEEP else 600

# Words that one reader or another takes for something else: of YAML 1.1 and 1.2, JSON, numbers, dates, marks.
WORDS = [
    *("true", "False", "YES", "no", "On", "off", "y", "N", "null", "Null", "NULL", "~", "", " ", "=", "<<", "."),
    *(
        "0",
        "-0",
        "+1",
        "1_000",
        "0x1F",
        "0o17",
        "017",
        "0b1",
        "1e3",
        "1.",
        ".5",
        ".inf",
        "-.INF",
        ".nan",
        "1:30",
        "190:20:30",
    ),
    *(
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2026-1-1 1:1:1",
        "---",
        "...",
        "--- a",
        "%YAML 1.2",
        "# c",
        "a # b",
        "a: b",
    ),
    *(
        "- a",
        "? a",
        ": a",
        "[a",
        "]",
        "{a",
        "}",
        ",",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        ">",
        "|-",
        "'",
        '"',
        "''",
        "@a",
        "`a",
    ),
    *(
        "a\nb",
        "a\n",
        "\na",
        "\n",
        "a\n\nb",
        "a\n b",
        " a\nb",
        "a \nb",
        "a\tb\nc",
        "a\r\nb",
        "a\rb",
        "\t",
        "\ta\nb",
        "a:\nb",
    ),
    *(
        "#a\nb",
        "a\n---\nb",
        "a\n...\nb",
        "\ufeffa",
        "a\u2028b",
        "a\u2029b\nc",
        "a\x85b",
        "\x85\n",
        "a\x00b",
        "\x07",
        "\x1b[31m",
    ),
    *(
        "\x7f",
        "\x9f",
        "\xa0",
        "\xad",
        "\u200b",
        "\u202e\nx",
        "\ufffe",
        "\uffff",
        "\U0001fffe",
        "😀",
        "請求\n掃除",
        "é",
        "e\u0301",
    ),
    *("\\", "\\n", "\\x41", "\\u0041\n", '"\n"', "${A}", "{{resolve:ssm:x}}", "%{x}", "a" * 200, "a " * 100),
]
ANY = st.characters(exclude_categories=["Cs"])
TEXT = (
    st.sampled_from(WORDS)
    | st.text(ANY, max_size=12)
    | st.lists(st.sampled_from(WORDS) | st.text(ANY, max_size=3), min_size=2, max_size=4).map("".join)
    | st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map("\n".join)
)
# A key of more than 1,024 characters would need the long form (YAML 1.2, 7.4.2); no name that we write is as long.
KEYS = st.sampled_from(["name", "image", "command", "environment", "containers", "legacy", "A", "on", "y"]) | TEXT
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXT | st.integers(-(10**12), 10**12) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)
SPECS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


def ruamel(text: str) -> Any:
    """By YAML 1.2, plain values."""
    loader = YAML(typ="safe", pure=True)
    loader.version = (1, 2)
    return loader.load(io.StringIO(text))


def readings(text: str) -> dict[str, Any]:
    """What each reader makes of a file."""
    strict = read(text)
    return {
        "ours": strict.value if not strict.problems else [str(problem) for problem in strict.problems],
        "PyYAML": yaml.load(text, Loader=yaml.SafeLoader),
        "libyaml": yaml.load(text.encode("utf-8"), Loader=yaml.CSafeLoader),
        "ruamel.yaml": ruamel(text),
    }


def drawn(lot: random.Random, depth: int = 0) -> Any:
    """A value by lot: of the same words as above, much faster than hypothesis draws them."""
    kind = lot.random()
    if kind < 0.7 or depth > 2:
        return text_by_lot(lot)
    if kind < 0.8:
        return lot.choice([True, False, None, 0, -1, lot.randrange(-(10**9), 10**9)])
    if kind < 0.9:
        return [one for one in (drawn(lot, depth + 1) for _ in range(lot.randrange(4))) if not isinstance(one, list)]
    return spec_by_lot(lot, depth + 1)


def text_by_lot(lot: random.Random) -> str:
    parts = [
        lot.choice(WORDS)
        if lot.random() < 0.6
        else chr(lot.choice([lot.randrange(0xD800), lot.randrange(0xE000, 0x110000)]))
        for _ in range(lot.randrange(1, 4))
    ]
    return lot.choice(["", "", "\n", " "]).join(parts)


def spec_by_lot(lot: random.Random, depth: int = 0) -> dict[str, Any]:
    return {text_by_lot(lot)[:200]: drawn(lot, depth) for _ in range(lot.randrange(1, 4))}


def test_four_readers_read_what_was_written_by_lot() -> None:
    lot = random.Random(os.environ.get("LOT"))
    for _ in range(WRITTEN):
        spec = spec_by_lot(lot)
        for reader, found in readings(ecs_text(spec, comments=[str(next(iter(spec)))])).items():
            assert found == spec, (reader, spec)


@examples(400)
@given(SPECS)
def test_four_readers_read_what_was_written(spec: dict[str, Any]) -> None:
    text = ecs_text(spec, comments=[str(next(iter(spec)))])
    text.encode("utf-8")
    for reader, found in readings(text).items():
        assert found == spec, reader
