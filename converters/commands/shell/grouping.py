"""Nodes of a command line in the shell's own groups: statements, pipelines, commands, each with the redirections behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_FLAT = frozenset({"list", "pipeline", "redirected_statement", "negated_command"})
SIMPLE = frozenset({"command", "declaration_command", "unset_command", "variable_assignment", "variable_assignments"})
SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})


def flat(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.type in _FLAT:
            yield from flat(node.children)
        else:
            yield node


_Statement = tuple[list[list[list["Node"]]], list[str], str]


def statements(stream: list[Node]) -> Iterator[_Statement]:
    """``;`` and ``&`` end a statement, ``&&`` and ``||`` a pipeline, ``|`` a command; a redirection belongs to the command
    before it."""
    pipelines: list[list[list[Node]]] = [[[]]]
    operators: list[str] = []
    for node in stream:
        kind = node.type
        if kind in (";", "&", "\n", ";;"):
            if pipelines[0][0]:
                yield pipelines, operators, kind
            pipelines, operators = [[[]]], []
        elif kind in ("&&", "||"):
            operators.append(kind)
            pipelines.append([[]])
        elif kind in ("|", "|&"):
            pipelines[-1].append([])
        elif kind == "comment":
            continue
        elif kind in REDIRECTS or not pipelines[-1][-1] or pipelines[-1][-1][-1].type == "!":
            # A redirection belongs to the last command, whatever node tree-sitter hangs it on.
            pipelines[-1][-1].append(node)
        else:  # a newline inside a body ends a statement without a node of its own
            yield pipelines, operators, "\n"
            pipelines, operators = [[[node]]], []
    if pipelines[0][0]:
        yield pipelines, operators, ""


def redirect_end(node: Node) -> int:
    """Where a redirection ends on its own line: the text of a here-document is none of the words."""
    if node.type != "heredoc_redirect":
        return node.end_byte
    ends = [child.end_byte for child in node.children if child.type in ("heredoc_start", "file_redirect")]
    return max(ends, default=node.start_byte)
