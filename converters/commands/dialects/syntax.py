"""Constructs by the parse tree: what a node of tree-sitter's bash grammar is to other shells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from converters.commands.dialects.variables import OWN

if TYPE_CHECKING:
    from tree_sitter import Node

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_BRACES = re.compile(r"\{(?:[^{}\s]*,[^{}\s]*|-?\d+\.\.-?\d+(?:\.\.-?\d+)?|[A-Za-z]\.\.[A-Za-z])\}")
_ASSIGNS = re.compile(r"\(\(\s*[A-Za-z_]\w*=[^=\s][^\s<>]*\s*\)\)")
_INVERTED = re.compile(r"\[\^[^\]\s]+\]")
_LISTS = frozenset({"list", "pipeline", "redirected_statement", "negated_command"})
_BLOCKS = frozenset(
    ["compound_statement", "subshell", "if_statement", "while_statement", "for_statement", "case_statement"]
)
_EXPANDS = frozenset({"expansion", "simple_expansion"})
_UNQUOTED = _EXPANDS | {"command_substitution"}
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")
# What it stands in is no file name for these: they read a pattern themselves, and the shell finds no file of that name.
_PATTERNS = frozenset(["sed", "grep", "egrep", "fgrep", "tr", "awk", "expr", "find", "perl", "cut"])
_OPERATORS: Mapping[str, str] = {
    "//": "${NAME/A/B}",
    "/": "${NAME/A/B}",
    "/#": "${NAME/%A/B}",
    "/%": "${NAME/%A/B}",
    ":": "${NAME:N}",
    "@": "${NAME@Q}",
    **dict.fromkeys(("^", "^^", ",", ",,"), "${NAME^^}"),
}


class Reader:
    """Finds constructs in one text. ``known`` are variables that the environment or the text sets itself."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self.text, self.known = text, known

    def source(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte]

    def at(self, node: Node) -> Iterator[str]:
        """The names of the constructs that this node is by itself."""
        rule = _RULES.get(node.type)
        if rule is not None:
            yield from rule(self, node)

    # --- redirections, pipes, lists

    def redirect(self, node: Node) -> Iterator[str]:
        operator = next((child.type for child in node.children if child.type not in ("file_descriptor",)), "")
        target = node.child_by_field_name("destination")
        said = self.source(target) if target is not None else ""
        number = next((self.source(child) for child in node.children if child.type == "file_descriptor"), "")
        before = node.prev_sibling
        while (
            before is not None and before.type in _LISTS and before.children
        ):  # the grammar hangs it on the whole list
            before = before.children[-1]
        block = before is not None and before.type in _BLOCKS
        if operator in ("&>", "&>>"):
            yield operator
        elif operator == ">&" and target is not None and not re.fullmatch(r"\d+-?|-|\$.*|\"\$.*", said):
            yield ">& FILE"
        if len(number) > 1:
            executes = re.search(r"(?:^|[;&|({\s])exec\s+$", self.text[: node.start_byte])
            yield "exec 10>" if executes else "a block's descriptor above 9" if block else "a descriptor above 9"
        if said.startswith(("/dev/tcp/", "/dev/udp/")):
            yield "/dev/tcp"
        if named := re.search(r"(\w*)\s*\{[A-Za-z_]\w*\}$", self.text[: node.start_byte]):
            yield "exec {NAME}> FILE" if named[1] == "exec" else "{NAME}> FILE"

    def pipe(self, node: Node) -> Iterator[str]:
        yield "|&"

    def herestring(self, node: Node) -> Iterator[str]:
        yield "<<<"

    def process(self, node: Node) -> Iterator[str]:
        yield "<( )"

    def substitution(self, node: Node) -> Iterator[str]:
        """``$(< f)`` and its spelling with backquotes."""
        inside = [child for child in node.children[1:-1] if child.type != "comment"]
        if len(inside) == 1 and inside[0].type == "redirected_statement":
            inside = list(inside[0].children)
        if len(inside) == 1 and inside[0].type == "file_redirect" and self.source(inside[0]).startswith("<"):
            yield "$(< FILE)"

    # --- compound commands

    def test(self, node: Node) -> Iterator[str]:
        if node.children[0].type == "[[":
            yield "[[ ]] then" if _then_follows(node) else self.double(node)
            return
        for one in _below(node):
            if one.type == "==" and self.source(one) == "==":
                yield "=="
            elif one.type == "test_operator" and self.source(one) == "-v":
                yield "[ -v ]"

    def double(self, node: Node) -> str:
        """The gravest of what stands in a ``[[``, which to the others is a command with words, or no command at all."""
        below = list(_below(node))
        kinds = {one.type for one in below}
        unary = {self.source(one.children[0]): one.children[-1] for one in below if one.type == "unary_expression"}
        regexes = [one for one in below if one.type == "regex"]
        compared = [one for one in below if _compared(one)]
        quoted = [one for one in compared if one.type in ("string", "raw_string")]
        asked = (
            ("[[ ( ) ]]", "parenthesized_expression" in kinds or any(map(self.splits, regexes))),
            ("[[ < ]]", "<" in kinds),
            ("[[ > ]]", ">" in kinds),
            ("[[ -v ]]", bool(unary.keys() & {"-v", "-o"})),
            ("[[ | ]]", any("|" in self.bare(one) for one in regexes)),
            ("[[ == PATTERN ]]", any(_GLOB.search(self.bare(one)) for one in compared)),
            ("[[ == 'PATTERN' ]]", any(_GLOB.search(self.source(one)) for one in quoted)),
            ("[[ =~ \\ ]]", any("\\" in self.source(one) for one in regexes)),
            ("[[ -n $NAME ]]", "-n" in unary and unary["-n"].type in _UNQUOTED),
        )
        return next((name for name, there in asked if there), "[[ ]]")

    def splits(self, node: Node) -> bool:
        """``=~ ^(a|b)``: brackets that are the shell's own to all but bash."""
        return re.search(r"[()]", self.bare(node)) is not None

    def block(self, node: Node) -> Iterator[str]:
        if node.children[0].type == "((" and _ASSIGNS.fullmatch(self.source(node)):
            yield "(( = ))"
        elif node.children[0].type == "((":
            yield "(( > ))" if any(one.type in ("<", ">") for one in _below(node)) else "(( ))"

    def arithmetic_loop(self, node: Node) -> Iterator[str]:
        yield "for (( ))"

    def loop(self, node: Node) -> Iterator[str]:
        if node.children[0].type == "select":
            yield "select"

    def body(self, node: Node) -> Iterator[str]:
        if len(node.children) == 2:
            yield "an empty branch"

    def branch(self, node: Node) -> Iterator[str]:
        kinds = [child.type for child in node.children if child.type not in ("\n", "comment")]
        for first, second in pairwise(kinds):
            if first == "then" and second in ("fi", "else_clause", "elif_clause"):
                yield "an empty branch"

    def falls(self, node: Node) -> Iterator[str]:
        yield ";&"

    def semicolons(self, node: Node) -> Iterator[str]:
        if node.parent is not None and node.parent.type not in ("case_item", "ERROR"):
            yield ";; outside of case"

    def function(self, node: Node) -> Iterator[str]:
        name = node.child_by_field_name("name")
        if node.children[0].type == "function":
            yield "function"
        elif name is not None and not _IDENTIFIER.fullmatch(self.source(name)):
            yield "a function's name"

    # --- variables

    def assignment(self, node: Node) -> Iterator[str]:
        kinds = [child.type for child in node.children]
        declared = node.parent is not None and node.parent.type == "declaration_command"
        if "array" in kinds:
            yield "NAME=( )"
        elif "+=" in kinds:
            if not declared:
                yield "NAME+="
            elif node.parent is not None and node.parent.children[0].type in ("export", "readonly"):
                yield "export NAME+="
        elif "subscript" in kinds and not declared:
            yield "NAME[N]="

    def expansion(self, node: Node) -> Iterator[str]:
        kinds = [child.type for child in node.children]
        if kinds[1:2] == ["!"] and len(kinds) > 3:
            yield "${!NAME}"
        elif "subscript" in kinds:
            yield "${NAME[N]}"
        else:
            operators = [kind for kind in kinds[2:] if kind in _OPERATORS]
            if operators:
                yield _OPERATORS[operators[0]]
            yield from self.named(node)

    def named(self, node: Node) -> Iterator[str]:
        """A variable that only some shells set."""
        name = next((self.source(child) for child in node.children if child.type == "variable_name"), "")
        if name in OWN and name not in self.known:
            computes = _inside(node, "arithmetic_expansion") and name == "RANDOM"
            yield "$RANDOM in arithmetic" if computes else OWN[name]

    def ansi(self, node: Node) -> Iterator[str]:
        yield "$'\\''" if "\\'" in self.source(node) else "$'..'"

    def dollar(self, node: Node) -> Iterator[str]:
        """``$".."``: a lone dollar with quotes right behind it."""
        following = node.next_sibling
        if following is not None and following.type == "string" and following.start_byte == node.end_byte:
            yield '$".."'

    def translated(self, node: Node) -> Iterator[str]:
        yield '$".."'

    # --- arithmetic

    def arithmetic(self, node: Node) -> Iterator[str]:
        if node.children[0].type == "$[":
            yield "$[ ]"
            return
        if any(child.type == "," for child in node.children):
            yield ", in arithmetic"
        for one in _below(node):
            if one.type == "**":
                yield "** in arithmetic"
            elif one.type == "postfix_expression":
                yield "++ in arithmetic"
            elif one.type in ("++", "--") and one.parent is not None and one.parent.type == "unary_expression":
                yield f"{one.type}NAME"
            elif one.type == "number" and "#" in self.source(one):
                yield "10#"
            elif self.counts_random(one):
                yield "RANDOM in arithmetic"

    def counts_random(self, node: Node) -> bool:
        """The bare name, as arithmetic reads it."""
        bare = node.type == "variable_name" and node.parent is not None and node.parent.type not in _EXPANDS
        return bare and self.source(node) == "RANDOM" and "RANDOM" not in self.known

    # --- words

    def quotes(self, node: Node) -> Iterator[str]:
        """Arithmetic that the grammar does not know (``$((10#$d))``) is left a plain word, or a part of quotes."""
        said = self.source(node)
        based = "$((" in said and re.search(r"\$\(\([^)]*(?<![\w$])\d+#", said)
        if based and not any(one.type == "arithmetic_expansion" and "#" in self.source(one) for one in _below(node)):
            yield "10#"

    def braces(self, node: Node) -> Iterator[str]:
        """``{1..3}`` alone or in a word; in a value of an assignment no shell expands it."""
        if node.parent is None or node.parent.type in (
            "concatenation",
            "variable_assignment",
            "array",
            "file_redirect",
        ):
            return
        if node.type == "brace_expression" or _BRACES.search(self.bare(node)):
            yield "{A,B}"
        yield from self.inverted(node)

    def inverted(self, node: Node) -> Iterator[str]:
        """``[^a]`` outside quotes, where it means files, or in a pattern of ``case``."""
        if node.type == "word":
            yield from self.quotes(node)
        parent = node.parent
        if parent is None or parent.type in ("command_name", "test_command", "binary_expression", "regex"):
            return
        if parent.type == "command":
            program = parent.child_by_field_name("name")
            if program is not None and self.source(program).rpartition("/")[2] in _PATTERNS:
                return
        if _INVERTED.search(self.bare(node)):
            yield "[^ ]"

    def pattern(self, node: Node) -> Iterator[str]:
        if node.parent is None or node.parent.type != "case_item":
            return
        if _INVERTED.search(self.source(node)):
            yield "[^ ]"
        if _EXTENDED.search(re.sub(r"\\.|'[^']*'|\"[^\"]*\"", "x", self.source(node))):
            yield "extglob"

    def subshell(self, node: Node) -> Iterator[str]:
        """``ls @(a|b)``: the grammar takes the bracket of an extended pattern for a subshell's."""
        before = self.text[: node.start_byte]
        # `!(true)` where a command begins is a negated subshell, in every shell.
        negated = node.parent is not None and node.parent.type == "negated_command"
        sign = before[-1:]
        if sign and sign in "@?*+!" and before[-2:-1] != "$" and not (sign == "!" and negated):
            yield "extglob"

    def bare(self, node: Node) -> str:
        """A word's text with an ``x`` for whatever is quoted or expanded."""
        if node.type in ("word", "extglob_pattern", "regex", "number"):
            return re.sub(r"\\.", "x", self.source(node))
        if node.type == "brace_expression":
            return self.source(node)
        return "".join(self.bare(child) for child in node.children) if node.type == "concatenation" else "x"


_EXTENDED = re.compile(r"[@?*+!]\(")


def _then_follows(node: Node) -> bool:
    """``if [[ a ]] then``: bash takes ``]]`` for the end of the command, the others want ``;`` before ``then``."""
    following = node.next_sibling
    return following is not None and following.type in ("then", "do")


def _compared(node: Node) -> bool:
    """Whether it stands on the right of ``==`` or ``!=``, or is a part of what does."""
    before = node.prev_sibling
    while before is not None and before.type not in ("==", "=", "!="):
        before = before.prev_sibling
    return before is not None


def _below(node: Node) -> Iterator[Node]:
    """All nodes below one, but for the commands inside substitutions."""
    for child in node.children:
        yield child
        if child.type not in ("command_substitution", "process_substitution"):
            yield from _below(child)


def _inside(node: Node, kind: str) -> bool:
    """Whether a node stands in another of a kind, with no command of its own between them."""
    parent = node.parent
    while parent is not None and parent.type not in ("command", "command_substitution"):
        if parent.type == kind:
            return True
        parent = parent.parent
    return False


_RULES: Mapping[str, Callable[[Reader, Node], Iterator[str]]] = {
    "file_redirect": Reader.redirect,
    "|&": Reader.pipe,
    "herestring_redirect": Reader.herestring,
    "process_substitution": Reader.process,
    "command_substitution": Reader.substitution,
    "test_command": Reader.test,
    "compound_statement": Reader.block,
    "c_style_for_statement": Reader.arithmetic_loop,
    "for_statement": Reader.loop,
    "do_group": Reader.body,
    "if_statement": Reader.branch,
    "elif_clause": Reader.branch,
    ";&": Reader.falls,
    ";;&": Reader.falls,
    ";;": Reader.semicolons,
    "function_definition": Reader.function,
    "variable_assignment": Reader.assignment,
    "expansion": Reader.expansion,
    "simple_expansion": Reader.named,
    "ansi_c_string": Reader.ansi,
    "$": Reader.dollar,
    "translated_string": Reader.translated,
    "arithmetic_expansion": Reader.arithmetic,
    "brace_expression": Reader.braces,
    "concatenation": Reader.braces,
    "word": Reader.inverted,
    "string": Reader.quotes,
    "extglob_pattern": Reader.pattern,
    "subshell": Reader.subshell,
}
