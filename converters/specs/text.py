"""An ecs.yml as text, in the shape teams write: keys in ECS's order, strings quoted where YAML could misread them.

``ecs_text(spec)`` takes the plain mapping (not the model, so that ``scan`` stays light) and keeps the mapping's order. It is
our own small writer because a YAML library takes five milliseconds a spec, which is minutes for a fleet; a test reads
everything it writes back with PyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

# From jobs/NAME/ecs.yml to the schema that the workspace carries.
ECS_SCHEMA_PATH = "../../.cron2fargate/ecs.schema.json"

# Values that teams write bare, where YAML reads them as the same text.
_BARE_KEYS = frozenset({"image"})
_BARE_IN_LISTS = frozenset({"name"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]*[A-Za-z0-9_./-])?")
# YAML 1.1 takes these words for truth values and null, also as keys (`on:`).
_WORDS_OF_YAML = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x1b": "\\e"}
# What turns the direction of text or is not seen at all, beside the controls: a reviewer would read another command than
# the one that runs ("Trojan Source", CVE-2021-42574). Hangul fillers, tags and the blank braille cell count as letters or
# signs to Python, so `isprintable` does not tell. A variation selector stays behind a kanji or an emoji, as names need it;
# behind ASCII or another selector it chooses nothing, and only carries data that nobody sees.
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
UNSEEN = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff9-\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    f'|(?<![^\x00-"$-)+-/:-\x7f{_SELECTORS}])[{_SELECTORS}]'
)
_SPECIAL = re.compile(f'["\\\\\x00-\x1f\x7f-\xa0]|{UNSEEN.pattern}')


def ecs_text(spec: Mapping[str, object], *, schema: str | None = ECS_SCHEMA_PATH, comments: Sequence[str] = ()) -> str:
    """The YAML text of a spec; ``comments`` become lines above it, ``schema`` the line editors look for."""
    head = [f"# yaml-language-server: $schema={schema}"] if schema else []
    head += [f"# {_printable(line)}".rstrip() for comment in comments for line in comment.splitlines()]
    return "\n".join([*head, *_mapping(spec, "", False)]) + "\n"


def _mapping(value: Mapping[str, object], indent: str, in_list: bool) -> list[str]:
    # Lists, no generators in generators: a table with thousands of variables has millions of these lines.
    lines: list[str] = []
    for key, inner in value.items():
        bare = key in _BARE_KEYS or (in_list and key in _BARE_IN_LISTS)
        if isinstance(inner, str) and not bare and "\n" not in inner:
            lines.append(f"{indent}{_name(key)}: {_quoted(inner)}")
        else:
            lines += _entry(f"{indent}{_name(key)}:", inner, indent, bare)
    return lines


@lru_cache(maxsize=65536)
def _name(key: str) -> str:
    return key if _KEY.fullmatch(key) and key.lower() not in _WORDS_OF_YAML else _quoted(key)


def _entry(head: str, value: object, indent: str, bare: bool) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [head, *_mapping(value, indent + "  ", False)]
    if isinstance(value, list | tuple) and value:
        return [head, *(line for item in value for line in _item(item, indent))]
    if isinstance(value, str) and _is_block(value):
        return _block(head, value, indent + "  ")
    return [f"{head} {_scalar(value, bare)}"]


def _item(value: object, indent: str) -> list[str]:
    """One element of a list; the dash stands under the key, as in the files teams keep."""
    if isinstance(value, Mapping) and value:
        lines = _mapping(value, indent + "  ", True)
        lines[0] = f"{indent}- {lines[0][len(indent) + 2 :]}"
        return lines
    if isinstance(value, str) and _is_block(value):
        return _block(f"{indent}-", value, indent + "  ")
    return [f"{indent}- {_scalar(value, False)}"]


def _is_block(text: str) -> bool:
    """Text of several plain lines, which a literal block shows as it is."""
    if "\n" not in text:
        return False
    lines = text.removesuffix("\n").split("\n")
    # A line that begins or ends with blanks would change in a literal block.
    return all(
        line and not _SPECIAL.search(line.replace('"', "").replace("\\", "")) and line == line.strip() for line in lines
    )


def _block(head: str, text: str, indent: str) -> list[str]:
    # `|-` has no newline at the end, `|` has one.
    sign = "|" if text.endswith("\n") else "|-"
    return [f"{head} {sign}", *(indent + line for line in text.removesuffix("\n").split("\n"))]


def _scalar(value: object, bare: bool) -> str:
    # bool is an int in Python: asked first.
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    text = str(value)
    if bare and _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    # A look first: the pattern takes ten times as long. Of ASCII, `isprintable` refuses just the controls.
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + _SPECIAL.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or yaml_escape(match)


def yaml_escape(match: re.Match[str]) -> str:
    """The character of a match as a double-quoted scalar of YAML has it."""
    code = ord(match[0])
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in UNSEEN.sub("?", line))
