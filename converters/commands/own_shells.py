"""The shells that a text starts beside its own, wherever they stand: ``( )``, a list in a pipe or in the background, ``$( )``.

Each of them is a process of its own, with the traps of no parent (POSIX 2.12). The tree of ``shell.parse`` keeps loops and
functions as they are, and no word of it is opened; so this walks over the grammar's nodes, as ``worlds.walk`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from converters.commands.shell.grouping import SIMPLE, SUBSTITUTIONS, flat, redirect_end, statements
from converters.commands.shell.parse import Unparsable, read_tree
from converters.commands.shell.program_names import known_as

if TYPE_CHECKING:
    from tree_sitter import Node

_SIMPLE = SIMPLE | {"test_command"}
# What a keyword begins or ends is a list of its own.
_KEYWORDS = frozenset({"if", "then", "elif", "else", "fi", "do", "done", "for", "in", "while", "until", "case", "esac"})
_MARKS = frozenset({"(", ")", "{", "}", "$(", "`", ";;", ";&", ";;&", "<(", ">("})
# They run a list in the shell where they stand: in a pipe, that is one of its own.
_READS = frozenset({"eval", ".", "source"})


class Shell(NamedTuple):
    """Where the text of a shell begins, and where it ends; ``grouped`` says that it has no marks of its own there."""

    start: int
    end: int
    grouped: bool


def own_shells(text: str, works: Callable[[str], bool]) -> list[Shell]:
    """Every shell that the text starts for more than one command. A substitution counts where one of its commands ``works``
    by its name. The text is one that `parse` reads; raises `Unparsable` where its words are nested deeper than that looked."""
    root = read_tree(text)
    try:
        return list(_Finder(text, works, frozenset(_functions(root, text))).lists(root))
    except RecursionError:
        raise Unparsable("it is nested too deep") from None


def substituted(text: str) -> list[str]:
    """The names of the commands inside substitutions; raises as ``own_shells`` does."""
    finder = _Finder(text, bool, frozenset())
    try:
        return [name for node in _below(read_tree(text)) for name in finder.names(node)]
    except RecursionError:
        raise Unparsable("it is nested too deep") from None


def _functions(node: Node, text: str) -> Iterator[str]:
    if node.type == "function_definition" and (name := node.child_by_field_name("name")) is not None:
        yield text[name.start_byte : name.end_byte]
    for child in node.children:
        yield from _functions(child, text)


def _below(node: Node) -> Iterator[Node]:
    """The outermost substitutions below a node."""
    for child in node.children:
        if child.type in SUBSTITUTIONS:
            yield child
        else:
            yield from _below(child)


class _Finder:
    def __init__(self, text: str, works: Callable[[str], bool], functions: frozenset[str]) -> None:
        self.text, self.works, self.lists_by_name = text, works, functions | _READS

    def name(self, node: Node) -> str:
        """The name of a simple command, or nothing."""
        first = node.child_by_field_name("name")
        return "" if first is None else known_as(self.text[first.start_byte : first.end_byte])

    def names(self, node: Node) -> Iterator[str]:
        if node.type == "command":
            yield self.name(node)
        for child in node.children:
            yield from self.names(child)

    def lists(self, node: Node) -> Iterator[Shell]:
        """The shells in the lists below a node: what stands between its keywords."""
        run: list[Node] = []
        for child in node.children:
            if child.type in _KEYWORDS | _MARKS:
                yield from self.of_list(run)
                run = []
            else:
                run.append(child)
        yield from self.of_list(run)

    def of_list(self, nodes: list[Node]) -> Iterator[Shell]:
        for pipelines, _operators, terminator in statements(list(flat(nodes))):
            parts = [_without_not(part) for pipeline in pipelines for part in pipeline]
            parts = [part for part in parts if part]
            if terminator == "&" and parts and not (len(parts) == 1 and self.is_alone(parts[0][0])):
                yield Shell(parts[0][0].start_byte, _end(parts[-1]), True)
            for pipeline in pipelines:
                for part in filter(None, map(_without_not, pipeline)):
                    yield from self.part(part, piped=len(pipeline) > 1)

    def is_alone(self, node: Node) -> bool:
        return node.type == "subshell" or self.is_one(node)

    def is_one(self, node: Node) -> bool:
        """Whether a node is one program, which takes the place of a shell started for it, with nothing to run first."""
        if node.type not in _SIMPLE or self.name(node) in self.lists_by_name:
            return False
        return not any(self.works(name) for inner in _below(node) for name in self.names(inner))

    def part(self, part: list[Node], *, piped: bool) -> Iterator[Shell]:
        """A command with its redirections."""
        node = part[0]
        if node.type == "subshell":
            yield Shell(node.start_byte + 1, node.end_byte - 1, False)
        elif piped and not self.is_one(node):
            yield Shell(node.start_byte, _end(part), True)
        if node.type in _SIMPLE:
            for one in part:
                for inner in _below(one):
                    yield from self.substitution(inner)
            return
        yield from self.inside(node)
        for redirect in part[1:]:
            for inner in _below(redirect):
                yield from self.substitution(inner)

    def inside(self, node: Node) -> Iterator[Shell]:
        """The lists of a compound, and of what it is made of: clauses, items, bodies; and the substitutions in its words."""
        if node.type in SUBSTITUTIONS:
            yield from self.substitution(node)
        elif node.type == "function_definition" and (body := node.child_by_field_name("body")) is not None:
            yield from self.part([body], piped=False)
        else:
            yield from self.lists(node)

    def substitution(self, node: Node) -> Iterator[Shell]:
        inner = [child for child in node.children if child.type not in _MARKS]
        grouped = list(statements(list(flat(inner))))
        one = len(grouped) == 1 and len(grouped[0][0]) == len(grouped[0][0][0]) == 1 and not grouped[0][2]
        part = grouped[0][0][0][0] if one else []
        # bash gives the place of that shell to a program only where nothing is redirected (execute_cmd.c).
        alone = len(part) == 1 and self.is_one(part[0])
        # A shell waits for no process substitution, whatever that does at its end.
        waited = node.type == "command_substitution" and not self.text.startswith("$((", node.start_byte)
        if waited and not alone and any(map(self.works, self.names(node))):
            yield Shell(node.children[0].end_byte, node.end_byte - 1, False)
        yield from self.of_list(inner)


def _without_not(part: list[Node]) -> list[Node]:
    return part[1:] if part and part[0].type == "!" else part


def _end(part: list[Node]) -> int:
    return max([part[0].end_byte, *(redirect_end(one) for one in part[1:])])
