"""YAML that people write, read strictly: every value with its line, every mistake at once, no trap sprung.

Only plain data is built (no tags that make objects). Duplicate keys are errors, keys are text, dates stay text,
and aliases may not multiply a small file into a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from converters.findings.few import counted
from converters.findings.suggestions import did_you_mean
from converters.specs.untyped import fields, whole

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

# A file by hand is far below; a bomb of aliases is far above.
MAX_TEXT = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"
_HALF = re.compile("[\ud800-\udfff]")
# YAML 1.1 makes a date of 2026-03-08, and `=` has a type of its own: here both are text.
_STAYS_TEXT = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: line and column count from 1, ``field`` is a dotted path such as ``containers[0].image``."""

    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        text = f"{self.field}: {self.message}" if self.field else self.message
        # CWE-150: an escape sequence in a file must not steer the terminal of who reads the error.
        # What a file says may be shown on a terminal; control characters do not come along.
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class ProblemsError(ValueError):
    """Every mistake of one file, in the order of its lines; one a line as ``path:line:column: field: message``."""

    def __init__(self, path: str, errors: Iterable[Problem]) -> None:
        self.path = path
        self.errors = sorted(set(errors))
        super().__init__("\n".join(f"{path}:{error.line}:{error.column}: {error}" for error in self.errors))


@dataclass(slots=True)
class Document:
    """The value, and for each path in it where its key and its value stand and how a scalar was written."""

    value: object = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of a path, or of the nearest thing around it that stands in the file."""
        while path:
            found = (self.keys.get(path) if key else None) or self.places.get(path)
            if found:
                return found
            path = path[:-1]
        return self.places.get((), (1, 1))

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        return Problem(*self.place(path, key=key), dotted(path), message)


def dotted(path: Path) -> str:
    """``("containers", 0, "image")`` as ``containers[0].image``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(text: str, *, most_text: int = MAX_TEXT, most_nodes: int = MAX_NODES) -> Document:
    """The document of a YAML text. Never raises for bad YAML: what is wrong stands in ``problems``."""
    document = Document()
    if len(text) > most_text:
        document.problems.append(Problem(1, 1, "", f"the file has {len(text):,} characters; {most_text:,} is the most"))
        return document
    loader: yaml.SafeLoader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            document.problems.append(Problem(1, 1, "", "the file is empty"))
        else:
            _Builder(loader, document, most_nodes).build(node)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax(error))
    except yaml.reader.ReaderError as error:
        before = text[: int(error.position)]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        # PyYAML refuses what YAML 1.1 calls no printable character.
        document.problems.append(Problem(*place, "", f"the character U+{_code(error):04X} is not allowed in YAML"))
    except _TooMuchError as error:
        document.problems.append(Problem(*error.place, "", str(error)))
    except RecursionError:
        document.problems.append(Problem(1, 1, "", "the file is nested too deeply"))
    finally:
        if loader is not None:
            loader.dispose()
    return document


class _Loader(yaml.SafeLoader):
    # The scanner looks at every open bracket for each token: quadratic in the depth, and a second long for 1,024 of them.
    def fetch_flow_collection_start(self, TokenClass: object) -> None:  # noqa: N803 - PyYAML's name
        if self.flow_level >= MAX_DEPTH:
            mark = self.get_mark()
            raise _TooMuchError((mark.line + 1, mark.column + 1), "the file is nested too deeply")
        super().fetch_flow_collection_start(TokenClass)


class _TooMuchError(Exception):
    def __init__(self, place: tuple[int, int], message: str) -> None:
        super().__init__(message)
        self.place = place


class _Builder:
    """Walks the nodes once, aliases included, so that every path gets its line."""

    def __init__(self, loader: yaml.SafeLoader, document: Document, most_nodes: int) -> None:
        self.loader = loader
        self.document = document
        self.most_nodes = most_nodes
        self.nodes = 0

    def build(self, node: yaml.Node) -> None:
        self.document.value = self.value(node, ())

    def value(self, node: yaml.Node, path: Path) -> object:
        place = _place(node)
        self.nodes += 1
        # "Billion laughs": an alias is unfolded each time it stands, so values are counted and not nodes.
        if self.nodes > self.most_nodes:
            message = f"the file unfolds to more than {self.most_nodes:,} values; use fewer aliases"
            raise _TooMuchError(place, message)
        if len(path) > MAX_DEPTH:
            raise _TooMuchError(place, f"the file is nested more than {MAX_DEPTH} deep")
        self.document.places[path] = place
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, path)

    def scalar(self, node: yaml.Node, path: Path) -> object:
        self.join_halves(node, path)
        self.document.written[path] = str(node.value)
        if node.tag in _STAYS_TEXT:
            return node.value
        try:
            return self.loader.construct_object(node)
        except (yaml.constructor.ConstructorError, ValueError, OverflowError):
            # int() refuses more than 4300 digits with a ValueError.
            self.complain(node, path, f"'{node.value}' cannot be read as {node.tag}; write it in quotes")
            return None

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            # The merge key of YAML 1.1; keys of the mapping itself win, whatever their order.
            if key_node.tag == _MERGE:
                merged += value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                continue
            key = self.key(key_node, path)
            if key is None:
                continue
            inner = (*path, key)
            # PyYAML takes the last of two equal keys in silence.
            if key in result:
                first = self.document.keys[inner][0]
                self.complain(key_node, inner, f"'{key}' is written twice; it stands on line {first} already")
                continue
            self.document.keys[inner] = _place(key_node)
            result[key] = self.value(value_node, inner)
        for other in merged:
            self.merge(other, path, result)
        return result

    def merge(self, node: yaml.Node, path: Path, result: dict[str, object]) -> None:
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, path, "'<<' takes a mapping")
            return
        if len(path) > MAX_DEPTH:
            raise _TooMuchError(_place(node), f"the file is nested more than {MAX_DEPTH} deep")
        for key, value in fields(self.value(node, (*path, "<<"))).items():
            if key not in result:
                result[key] = value
                self.document.keys[(*path, key)] = self.document.keys[(*path, "<<", key)]
                self.document.places[(*path, key)] = self.document.places[(*path, "<<", key)]

    def key(self, node: yaml.Node, path: Path) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, path, "a key must be text")
        elif node.tag != _TEXT and node.tag not in _STAYS_TEXT:
            # `on:` and `1:` are true and a number for YAML 1.1.
            self.complain(node, path, f'the key {node.value} is not text in YAML; write it in quotes: "{node.value}"')
        else:
            self.join_halves(node, path)
            return str(node.value)
        return None

    def join_halves(self, node: yaml.Node, path: Path) -> None:
        """JSON writes a character beyond U+FFFF as two escapes, its UTF-16 (RFC 8259, 7); PyYAML leaves them two halves."""
        if not _HALF.search(node.value):
            return
        try:
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            half = _HALF.sub("?", node.value)
            self.complain(node, path, f"'{half}' holds half of a character (\\uD800 to \\uDFFF); write the whole of it")
            node.value = half

    def complain(self, node: yaml.Node, path: Path, message: str) -> None:
        self.document.problems.append(Problem(*_place(node), dotted(path), message))


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    return Problem(*place, "", f"this is not YAML: {what}")


def _code(error: yaml.reader.ReaderError) -> int:
    return ord(error.character) if isinstance(error.character, str) else int(error.character)


# --- what pydantic says, in the words of the file -----------------------------------------------------------------


def translate(
    document: Document,
    errors: Iterable[ErrorDetails],
    allowed: Mapping[str, Iterable[str]],
    unknown: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Problems for the errors of a pydantic ValidationError.

    ``allowed`` gives for each kind of mapping the keys it knows, by the last text part of its path ("" for the top);
    ``unknown`` gives a sentence for keys that people write with a reason but that do not belong there.
    """
    return [_translate(document, error, allowed, unknown or {}) for error in errors]


def _translate(
    document: Document, error: ErrorDetails, allowed: Mapping[str, Iterable[str]], unknown: Mapping[str, str]
) -> Problem:
    path: Path = error["loc"]
    kind, written = error["type"], document.written.get(path, "")
    if kind == "extra_forbidden":
        return document.problem(path, _unknown_key(path, allowed, unknown), key=True)
    if kind == "missing":
        return document.problem(path[:-1], f"'{path[-1]}' is missing", key=True)
    # A number or a truth where text belongs: YAML has eaten the quotes nobody wrote.
    if kind == "string_type" and written and not isinstance(error.get("input"), dict | list):
        return document.problem(path, f'must be text; write it in quotes: "{written}"')
    if kind == "literal_error":
        expected = error.get("ctx", {}).get("expected", "")
        return document.problem(path, f"'{written}' is not possible; allowed: {expected}")
    message = _WRONG_TYPE.get(kind)
    if message is None:
        message = _with_value(_bounds(kind, error.get("ctx", {})) or _own_words(error), written)
    return document.problem(path, message)


_MAPPING = "must be a mapping (NAME: value)"
_NUMBER = "must be a whole number, without quotes"
_WRONG_TYPE = {
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "mapping_type": _MAPPING,
    "string_type": "must be text",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list, one item a line: - item",
}


def _unknown_key(path: Path, allowed: Mapping[str, Iterable[str]], unknown: Mapping[str, str]) -> str:
    key = str(path[-1])
    if key in unknown:
        return unknown[key]
    parents = [part for part in path[:-1] if isinstance(part, str)]
    # `jobs.*`: the keys of each mapping below `jobs`, whatever people called it.
    below = allowed.get(f"{parents[-2]}.*") if len(parents) > 1 else None
    names = list(below or allowed.get(parents[-1] if parents else "", allowed.get("*", ())))
    hint = did_you_mean(key, names) or (f"; allowed: {', '.join(names)}" if names else "")
    return f"unknown key '{key}'{hint}"


def _bounds(kind: str, context: Mapping[str, object]) -> str:
    words = {
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "too_short": f"must have at least {counted(whole(context.get('min_length'), 1), 'item')}",
        "too_long": f"must have at most {context.get('max_length')} items",
        "string_too_short": "must not be empty",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
    }
    return words.get(kind, "")


def _own_words(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("error") or error["msg"])


def _with_value(message: str, written: str) -> str:
    said = not written or f"'{written}'" in message or message.startswith(written)
    return message if said or len(written) > 80 else f"{message} (it is {written})"
