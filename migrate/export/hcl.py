"""Terraform's language, written as ``terraform fmt`` writes it: two blanks, and the signs of neighbours in one column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from converters.specs.text import UNSEEN
from migrate.export.marks import parts

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Raw:
    """An expression, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Json:
    """A value that is to be text in JSON: ``jsonencode(…)``, so that a difference shows member by member."""

    value: Any


@dataclass(slots=True)
class Block:
    """``kind "label" { … }``; ``items`` are (name, value) or blocks, in their order."""

    kind: str
    labels: Sequence[str] = ()
    items: list[tuple[str, Any] | Block] = field(default_factory=list)
    comment: str = ""


def written(blocks: Sequence[Block], variable: Callable[[str], str]) -> str:
    """A file; ``variable`` gives the expression for a mark."""
    return "\n".join("\n".join(_block(block, 0, variable)) + "\n" for block in blocks)


def quoted(text: str, variable: Callable[[str], str]) -> str:
    """A string: what Terraform would take for a variable of its own is escaped, marks become variables."""
    pieces = parts(text)
    if len(pieces) == 1 and pieces[0][0]:
        return variable(pieces[0][1])
    return '"' + "".join(f"${{{variable(t)}}}" if m else _escaped(t) for m, t in pieces) + '"'


def _escaped(text: str) -> str:
    # `${` and `%{` begin templates in HCL; doubled they are text.
    result = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    result = result.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    result = UNSEEN.sub(lambda match: f"\\U{ord(match[0]):08x}", result)
    # HCL knows \n \r \t \" \\ \uNNNN \UNNNNNNNN and no \x.
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in result)


def _block(block: Block, depth: int, variable: Callable[[str], str]) -> list[str]:
    pad = "  " * depth
    labels = "".join(f' "{label}"' for label in block.labels)
    lines = [f"{pad}# {line}" for line in block.comment.splitlines()]
    if not block.items:
        return [*lines, f"{pad}{block.kind}{labels} {{}}"]
    lines.append(f"{pad}{block.kind}{labels} {{")
    attributes: list[tuple[str, Any]] = []
    first = True
    for item in block.items:
        if isinstance(item, Block):
            lines += _attributes(attributes, depth + 1, variable)
            first = first and not attributes
            attributes = []
            lines += [*([] if first else [""]), *_block(item, depth + 1, variable)]
            first = False
        else:
            attributes.append(item)
    lines += ([""] if attributes and not first else []) + _attributes(attributes, depth + 1, variable)
    return [*lines, f"{pad}}}"]


def _attributes(items: Sequence[tuple[str, Any]], depth: int, variable: Callable[[str], str]) -> list[str]:
    """Neighbours on one line each share a column; one that needs several lines ends the group."""
    pad = "  " * depth
    result: list[str] = []
    group: list[tuple[str, str]] = []

    def flush() -> None:
        # terraform fmt aligns the signs of neighbouring single lines only.
        width = max((len(name) for name, _ in group), default=0)
        result.extend(f"{pad}{name.ljust(width)} = {text}" for name, text in group)
        group.clear()

    for name, value in items:
        first, *rest = _value(value, depth, variable)
        if rest:
            flush()
            result.extend([f"{pad}{name} = {first}", *rest])
        else:
            group.append((name, first))
    flush()
    return result


def _value(value: Any, depth: int, variable: Callable[[str], str]) -> list[str]:
    """The lines of a value; the first goes behind the sign."""
    if isinstance(value, Json):
        first, *rest = _value(value.value, depth, variable)
        lines = [f"jsonencode({first}", *rest]
        return [*lines[:-1], f"{lines[-1]})"]
    if isinstance(value, dict):
        items = [(_key(name, variable), inner) for name, inner in value.items()]
        return ["{", *_attributes(items, depth + 1, variable), f"{'  ' * depth}}}"] if items else ["{}"]
    if isinstance(value, list | tuple):
        return _list(value, depth, variable)
    return [_scalar(value, variable)]


def _scalar(value: Any, variable: Callable[[str], str]) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, str):
        return quoted(value, variable)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _list(value: Sequence[Any], depth: int, variable: Callable[[str], str]) -> list[str]:
    """On one line where that is short."""
    pad = "  " * depth
    items = [_value(item, depth + 1, variable) for item in value]
    # terraform fmt leaves short lists alone; 100 is ours.
    if all(len(lines) == 1 for lines in items) and sum(len(lines[0]) + 2 for lines in items) < 100:
        return [f"[{', '.join(lines[0] for lines in items)}]"]
    inside = [line for first, *rest in items for line in _with_comma([f"{pad}  {first}", *rest])]
    return ["[", *inside, f"{pad}]"]


def _with_comma(lines: list[str]) -> list[str]:
    return [*lines[:-1], f"{lines[-1]},"]


def _key(name: str, variable: Callable[[str], str]) -> str:
    return name if _NAME.fullmatch(name) else quoted(name, variable)
