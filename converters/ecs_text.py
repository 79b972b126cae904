"""An ecs.yml as text, in the shape teams write: keys in ECS's order, strings quoted where YAML could misread them.

``ecs_text(spec)`` takes the plain mapping (not the model, so that ``scan`` stays light) and keeps the mapping's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

# From jobs/NAME/ecs.yml to the schema that the workspace carries.
ECS_SCHEMA_PATH = "../../.cron2fargate/ecs.schema.json"

# Values that teams write bare, when YAML reads them as the same text.
_BARE = {"image"}
_BARE_IN_LISTS = {"name"}


class _Quoted(str):
    """Text that is written in double quotes."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_quoted(dumper: yaml.SafeDumper, text: _Quoted) -> yaml.Node:
    lines = text.split("\n")
    block = len(lines) > 1 and all(line.isprintable() and line == line.strip() for line in lines)
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|" if block else '"')


_Dumper.add_representer(_Quoted, _write_quoted)


def ecs_text(spec: Mapping[str, Any], *, schema: str | None = ECS_SCHEMA_PATH, comments: Sequence[str] = ()) -> str:
    """The YAML text of a spec; ``comments`` become lines above it, ``schema`` the line editors look for."""
    head = [f"# yaml-language-server: $schema={schema}"] if schema else []
    head += [f"# {_printable(line)}".rstrip() for comment in comments for line in comment.splitlines()]
    body = yaml.dump(
        _dressed(dict(spec), in_list=False),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100_000,
        default_flow_style=False,
    )
    return "\n".join([*head, body])


def _dressed(value: Any, *, in_list: bool, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {str(name): _dressed(inner, in_list=in_list, key=str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_dressed(item, in_list=True) for item in value]
    if isinstance(value, str):
        bare = key in _BARE or (in_list and key in _BARE_IN_LISTS)
        return str(value) if bare else _Quoted(value)
    return value


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in line)
