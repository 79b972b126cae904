"""Shell text as what runs in which order: the tree that `endings` runs. Every construct is in it, loops and functions too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converters.commands.host_tests import inner_text
from converters.commands.shell.grouping import REDIRECTS, SUBSTITUTIONS, flat, redirect_end, statements
from converters.commands.shell.parse import Unparsable, read_tree
from converters.commands.shell.program_names import SHELLS, known_as
from converters.commands.shell.words import Simple, Unreadable, read_simple

if TYPE_CHECKING:
    from tree_sitter import Node

_STRICT = re.compile(r"-[a-z]*e[a-z]*")
_FOR_EVER = re.compile(r"for\s*\(\([^;()]*;\s*;")
# In double quotes a backslash escapes these alone (POSIX 2.2.3).
_ESCAPED = re.compile(r'\\(["$`\\])')
_DEEPEST = 40


@dataclass(eq=False, repr=False, slots=True)
class Run:
    """A simple command. ``words`` are its words as written, ``values`` what they mean where no shell is needed to know;
    ``inner`` is the text that it hands to another shell (``sh -c TEXT``); ``sets`` is the variable that it only sets,
    ``substituted`` what it is set to, as the commands of a substitution."""

    source: str
    words: tuple[str, ...]
    values: tuple[str | None, ...]
    inner: Block | None = None
    strict: bool = False
    sets: tuple[str, str] = ("", "")
    substituted: Block | None = None

    @property
    def name(self) -> str:
        return known_as(self.values[0] or self.words[0]) if self.words else ""

    def blocks(self) -> list[Block]:
        return [block for block in (self.inner, self.substituted) if block is not None]


@dataclass(eq=False, repr=False, slots=True)
class Ask:
    """``[[ ]]`` or ``(( ))``: nothing runs, a question is answered."""

    source: str

    def blocks(self) -> list[Block]:
        return []


@dataclass(eq=False, repr=False, slots=True)
class Branches:
    """``if`` (a condition before each body), or ``case`` (no conditions; ``otherwise`` is what runs where nothing fits)."""

    conditions: list[Block]
    bodies: list[Block]
    otherwise: Block | None = None

    def blocks(self) -> list[Block]:
        return [*self.conditions, *self.bodies, *([self.otherwise] if self.otherwise is not None else [])]


@dataclass(eq=False, repr=False, slots=True)
class Loop:
    """``while`` and ``until`` with a condition, ``for`` without; ``for ((;;))`` with an empty one, which is true."""

    condition: Block | None
    body: Block
    until: bool = False
    source: str = ""

    def blocks(self) -> list[Block]:
        return [self.condition, self.body] if self.condition is not None else [self.body]


@dataclass(eq=False, repr=False, slots=True)
class Group:
    body: Block
    subshell: bool

    def blocks(self) -> list[Block]:
        return [self.body]


@dataclass(eq=False, repr=False, slots=True)
class Function:
    name: str
    body: Block

    def blocks(self) -> list[Block]:
        return [self.body]


Step = Run | Ask | Branches | Loop | Group | Function


@dataclass(eq=False, repr=False, slots=True)
class Pipe:
    """Commands joined by ``|``."""

    parts: list[Step]
    negated: bool = False


@dataclass(eq=False, repr=False, slots=True)
class Chain:
    """Pipes joined by ``&&`` and ``||``."""

    pipes: list[Pipe]
    operators: list[str]
    background: bool = False


@dataclass(eq=False, repr=False, slots=True)
class Block:
    """A list of chains; an empty one ends with 0."""

    chains: list[Chain] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Every step, outer before inner."""
        for chain in self.chains:
            for pipe in chain.pipes:
                for step in pipe.parts:
                    yield step
                    for block in step.blocks():
                        yield from block.steps()

    def runs(self) -> list[Run]:
        return [step for step in self.steps() if isinstance(step, Run)]


def read_flow(text: str) -> Block:
    """The text's flow. Raises `Unparsable`."""
    try:
        return _read(text, 0)
    except RecursionError:
        raise Unparsable("it is nested too deep") from None


def _read(text: str, depth: int) -> Block:
    root = read_tree(text)
    if root.has_error:
        raise Unparsable("it is not valid shell text", broken=True)
    return _Reader(text, depth).block(root.children)


class _Reader:
    def __init__(self, text: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise Unparsable("it is nested too deep")
        self.text, self.depth = text, depth

    def source(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte]

    def block(self, nodes: list[Node]) -> Block:
        block = Block()
        for pipelines, operators, terminator in statements(list(flat(nodes))):
            pipes = [self.pipe(parts) for parts in pipelines]
            if all(pipe.parts for pipe in pipes):
                block.chains.append(Chain(pipes, list(operators), terminator == "&"))
        return block

    def pipe(self, parts: list[list[Node]]) -> Pipe:
        negated = bool(parts) and bool(parts[0]) and parts[0][0].type == "!"
        if negated:
            parts = [parts[0][1:], *parts[1:]]
        return Pipe([self.step(leaf[0], leaf[1:]) for leaf in parts if leaf], negated)

    def step(self, node: Node, redirects: list[Node]) -> Step:
        kind, children = node.type, node.children
        if kind in ("subshell", "compound_statement") and not self.source(node).startswith("(("):
            return Group(self.block(children[1:-1]), kind == "subshell")
        construct = _CONSTRUCTS.get(kind)
        if construct is not None:
            return construct(self, node)
        if kind == "function_definition":
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            if name is not None and body is not None:
                return Function(self.source(name), Block([Chain([Pipe([self.step(body, [])])], [])]))
        if kind in ("test_command", "compound_statement") and not self.source(node).startswith("[ "):
            return Ask(self.source(node))
        return self.run(node, max([node.end_byte, *(redirect_end(one) for one in redirects)]))

    def branches(self, node: Node) -> Branches:
        made = Branches([], [])
        self._branch(node, made)
        for clause in node.children:
            if clause.type == "elif_clause":
                self._branch(clause, made)
            elif clause.type == "else_clause":
                made.otherwise = self.block(clause.children[1:])
        return made

    def _branch(self, node: Node, made: Branches) -> None:
        kinds = [child.type for child in node.children]
        then = kinds.index("then") if "then" in kinds else len(kinds)
        inside = [one for one in node.children[then + 1 :] if one.type not in ("elif_clause", "else_clause", "fi")]
        made.conditions.append(self.block(node.children[1:then]))
        made.bodies.append(self.block(inside))

    def case(self, node: Node) -> Branches:
        made = Branches([], [], Block())
        for item in node.children:
            if item.type != "case_item":
                continue
            kinds = [one.type for one in item.children]
            close = kinds.index(")") if ")" in kinds else -1
            body = self.block([one for one in item.children[close + 1 :] if one.type not in (";;", ";&", ";;&")])
            pattern = "".join(map(self.source, item.children[:close])).lstrip("(").strip()
            if pattern == "*":
                made.otherwise = body
            else:
                made.bodies.append(body)
        return made

    def loop(self, node: Node) -> Loop:
        kinds = [child.type for child in node.children]
        do = kinds.index("do_group") if "do_group" in kinds else len(kinds)
        body = self.block(node.children[do].children[1:-1]) if do < len(kinds) else Block()
        source = self.source(node)
        if node.type != "while_statement":
            return Loop(Block() if _FOR_EVER.match(source) else None, body, source=source)
        return Loop(self.block(node.children[1:do]), body, until=kinds[0] == "until", source=source)

    def run(self, node: Node, end: int) -> Run:
        source = self.text[node.start_byte : end]
        try:
            simple = read_simple(self.text, node.start_byte, end)
        except Unreadable:
            # `diff <(a) <(b)`: words that only bash reads.
            words = tuple(self.source(child) for child in node.children if child.type not in REDIRECTS)
            return Run(source, words, tuple(word if word.isidentifier() else None for word in words))
        words = tuple(word.text for word in simple.words)
        run = Run(source, words, tuple(simple.values))
        if not words and simple.assignments:
            run.sets = (simple.assignments[-1].name, simple.assignments[-1].word.text.partition("=")[2])
            run.substituted = self.substituted(node)
        else:
            self.hand(run, simple)
        return run

    def substituted(self, node: Node) -> Block | None:
        """The commands of the last substitution below a node: an assignment ends as they do (POSIX 2.9.1)."""
        found: Block | None = None
        for child in node.children:
            if child.type in SUBSTITUTIONS:
                found = self.block(child.children[1:-1])
            elif child.child_count:
                found = self.substituted(child) or found
        return found

    def hand(self, run: Run, simple: Simple) -> None:
        """``sh -c TEXT``, behind whatever runs it, and ``ssh HOST TEXT``: the status is that of the text."""
        at = inner_text(simple, partly=True)
        if at is None and simple.name == "ssh" and " " in _as_handed(simple, -1):
            at = len(simple.values) - 1
        if at is None or not (text := _as_handed(simple, at)):
            return
        try:
            run.inner = _read(text, self.depth + 1)
        except Unparsable:
            # What is expanded later may be what makes it readable.
            if simple.values[at] is not None:
                raise
        else:
            shells = [n for n, one in enumerate(simple.values[:at]) if one and known_as(one) in SHELLS]
            options = simple.values[shells[0] + 1 : at] if shells else []
            run.strict = any(_STRICT.fullmatch(one or "") for one in options)


def _as_handed(simple: Simple, at: int) -> str:
    """The text that a word hands on. What the outer shell expands in it stays as it stands: that changes words, and seldom
    which command follows which."""
    word = simple.words[at]
    if word.value is not None:
        return word.value
    quoted = len(word.text) > 1 and word.text[0] == word.text[-1] == '"'
    return _ESCAPED.sub(r"\1", word.text[1:-1]) if quoted else ""


_CONSTRUCTS: Mapping[str, Callable[[_Reader, Node], Step]] = {
    "if_statement": _Reader.branches,
    "case_statement": _Reader.case,
    "while_statement": _Reader.loop,
    "for_statement": _Reader.loop,
    "c_style_for_statement": _Reader.loop,
}
