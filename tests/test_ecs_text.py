"""What our writer of ecs.yml writes, PyYAML reads as the same thing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converters.specs.text import ecs_text
from tests.effort import examples

text = st.text(alphabet=st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        *[
            "true",
            "No",
            "1",
            "0x1f",
            "1e3",
            "~",
            "null",
            "a: b",
            "- x",
            "#c",
            "a\nb",
            "a\nb\n",
            " a\n b",
            "'",
            '"',
            "\\",
        ],
        *["\x85", "\u2028", "=", "2026-01-01", "12:30", "|", ">", "%", "@x", "`", "é", "日本"],
    ]
)
values: st.SearchStrategy[Any] = st.recursive(
    text | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner.filter(lambda v: not isinstance(v, list)), max_size=3) | st.dictionaries(text, inner, max_size=3)
    ),
    max_leaves=12,
)


@examples(400)
@given(
    st.dictionaries(
        st.sampled_from(["name", "image", "containers", "schedule", "legacy", "on"]) | text,
        values,
        min_size=1,
        max_size=5,
    )
)
def test_reads_back_as_itself(spec: dict[str, Any]) -> None:
    assert yaml.safe_load(ecs_text(spec)) == spec


def test_shape() -> None:
    spec = {
        "type": "FARGATE",
        "name": "a",
        "containers": [
            {
                "name": "app",
                "cpu": 256,
                "image": "example/app:latest",
                "command": ["sh", "-c", "a\nb"],
                "environment": {"A": "1"},
            }
        ],
        "schedule": {"scheduleExpression": ["cron(0 1 * * ? *)"], "taskCount": 1},
    }
    assert ecs_text(spec, schema=None, comments=["one\ntwo\x1b"]) == (
        "# one\n# two?\n"
        'type: "FARGATE"\nname: "a"\ncontainers:\n- name: app\n  cpu: 256\n  image: example/app:latest\n  command:\n'
        '  - "sh"\n  - "-c"\n  - |-\n    a\n    b\n  environment:\n    A: "1"\n'
        'schedule:\n  scheduleExpression:\n  - "cron(0 1 * * ? *)"\n  taskCount: 1\n'
    )


@pytest.mark.parametrize("char", ["\ud800", "\udce9", "\ufffe"])
def test_text_that_yaml_cannot_hold_is_escaped(char: str) -> None:
    written = ecs_text({"name": f"a{char}"})
    assert char not in written
    written.encode("utf-8")


# --- what nobody sees stands escaped ----------------------------------------------------------------------------------

UNSEEN = [
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",  # direction
    *"\u200b\u200c\u200d\u2060\u2061\u2064\u206a\ufeff\u180e\u034f\xad",  # no width
    *"\u115f\u1160\u3164\uffa0\u2800\u17b4",  # letters and signs without ink
    *"\u2028\u2029\x85\xa0\x7f\x9b\x00\x1b",  # lines, blanks, controls
    *"\U000e0001\U000e0041\U000e007f\U0001d173\U0001bca0\ufff9\ufffe",  # tags, musical and shorthand formats
    *["rm\ufe0f", "/x\U000e0100", "\U000e0101\U000e0102"],  # selectors that choose nothing
]
SEEN = [
    "\u845b\U000e0100",
    "\u2764\ufe0f",
    "1\ufe0f\u20e3",
    "\u65e5\u672c\u8a9e",
    "\xe9",
    "e\u0301",
    "\U0001f600",
    "\u0627",
]
# (a kanji's variant, emoji, a keycap, and usual letters)


def _readers(written: str) -> list[Any]:
    return [yaml.load(written, Loader=loader) for loader in (yaml.SafeLoader, yaml.CSafeLoader)]


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_what_nobody_sees_is_escaped(text: str) -> None:
    char = text[-1]
    for value in (f"a{text}b", f"a\nb{text}\nc", text, f"\\{text}", f'"{text}'):
        spec = {"name": value, "list": [value], f"key{text}": {"image": value}}
        written = ecs_text(spec, comments=[f"a{text}b"])
        assert char not in written
        if char != "\ufffe":  # no text of YAML may hold it, escaped or not, to libyaml
            assert _readers(written) == [spec, spec]


@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_what_people_write_stands_as_it_is(text: str) -> None:
    assert f'"{text}"' in ecs_text({"name": text})
    assert _readers(ecs_text({"name": text})) == [{"name": text}] * 2


odd = st.lists(st.sampled_from([*UNSEEN[:-4], *SEEN, "a", "\n", '"', "\\", " ", "#", ": "]), max_size=8).map("".join)


@examples(300)
@given(st.dictionaries(odd, odd | st.lists(odd, max_size=3), min_size=1, max_size=3))
def test_both_loaders_read_back_what_was_written(spec: dict[str, Any]) -> None:
    assert _readers(ecs_text(spec)) == [spec, spec]
