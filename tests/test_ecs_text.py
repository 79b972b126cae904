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
