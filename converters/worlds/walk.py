"""Shell text -> every simple command in it, in whatever construct it stands, with what it meets there.

The idioms of ``commands`` take a line apart only where they understand all of it. Needs are looked for everywhere: in lists,
pipes, ``if``, ``case``, loops, functions and substitutions alike. So this is a second walk over the same grammar, which
loses no command: a directory that ``cd`` entered and a variable that was set are carried along as a shell would do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from converters.commands.shell.grouping import REDIRECTS, SUBSTITUTIONS, flat, redirect_end, statements
from converters.commands.shell.parse import Unparsable, read_tree
from converters.commands.shell.words import Redirect, Unreadable, Word, read_simple, read_word
from converters.worlds import spreading
from converters.worlds.calls import Call, Decides, decides_of, is_relative, joined, listing, say
from converters.worlds.flags import asked_by, asked_in

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARES = frozenset({"declaration_command", "variable_assignment", "variable_assignments"})
_LOOPS = frozenset({"for_statement", "while_statement", "c_style_for_statement"})
# A function that calls another twice, and so on, would double with each level.
_MOST_CALLS = 5000
_DEEPEST = 60
_LEAVES = frozenset({"return", "break", "continue"})


@dataclass(slots=True)
class _Scope:
    """What a shell carries from one command to the next; a subshell gets a copy."""

    directory: str | None
    known: dict[str, str]
    functions: dict[str, Node] = field(default_factory=dict)
    depth: int = 0
    background: bool = False
    repeated: bool = False
    moved: bool = False
    under: frozenset[str] = frozenset()

    def copy(self) -> _Scope:
        return replace(self, known=dict(self.known), functions=dict(self.functions), depth=self.depth + 1)


def walk(
    text: str, *, directory: str | None = None, known: Mapping[str, str] | None = None, moved: bool = False
) -> list[Call]:
    """Every simple command of ``text``, in its order. Raises `Unparsable` where it is no shell text."""
    walker = _Walker(text)
    root = read_tree(text)
    if root.has_error:
        raise Unparsable("it is not valid shell text", broken=True)
    try:
        walker.body(root.children, _Scope(directory, dict(known or {}), moved=moved), "last", None)
    except RecursionError:
        raise Unparsable("it is nested too deep") from None
    return walker.calls


class _Walker:
    def __init__(self, text: str) -> None:
        self.text = text
        self.calls: list[Call] = []
        self.running: set[str] = set()
        # What the text asked for before it ended, or left a loop or a function: it decides of all that follows.
        self.ended: frozenset[str] = frozenset()
        self.left: frozenset[str] = frozenset()

    def source(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte]

    # --- lists and pipes: grouped here by the shell's own precedence (see ``commands.shell.parse``)

    def body(self, nodes: list[Node], scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        """The statements of a body; the answer is its first command, for who reads the body's output."""
        if scope.depth > _DEEPEST or len(self.calls) > _MOST_CALLS:
            raise Unparsable("it is nested too deep")
        grouped = list(statements(list(flat(nodes))))
        first: Call | None = None
        # Grouped by terminators first; the last of the list gives the whole its status.
        for number, (pipelines, operators, terminator) in enumerate(grouped):
            is_last = number == len(grouped) - 1 and terminator != "&"
            # A background list is a subshell: its cd and variables do not come back.
            inner = scope.copy() if terminator == "&" else scope
            inner.background |= terminator == "&"
            before = inner.under
            for at, pipeline in enumerate(pipelines):
                mark = len(self.calls)
                call = self.pipeline(pipeline, inner, decides_of(operators, at, decides if is_last else "ignored"), fed)
                first = first or call
                if operators:
                    inner.under |= self.asked(mark)
            inner.under = before
        return first

    def asked(self, mark: int) -> frozenset[str]:
        """The files that the commands since ``mark`` asked for, where their status decides what follows."""
        return asked_by(self.calls[mark:])

    def pipeline(self, parts: list[list[Node]], scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        negated = bool(parts) and bool(parts[0]) and parts[0][0].type == "!"
        if negated:
            parts = [parts[0][1:], *parts[1:]]
        first: Call | None = None
        for at, leaf in enumerate(parts):
            if not leaf:
                continue
            # Each part of a pipe is a subshell (bash and dash alike), so `| while read x` sets nothing outside.
            inner = scope.copy() if len(parts) > 1 else scope
            own: Decides = decides if at == len(parts) - 1 else "ignored"
            call = self.leaf(leaf[0], leaf[1:], inner, own, fed, piped=at < len(parts) - 1, negated=negated)
            first = first or call
            fed = call
        return first

    def leaf(
        self,
        node: Node,
        redirects: list[Node],
        scope: _Scope,
        decides: Decides,
        fed: Call | None,
        *,
        piped: bool,
        negated: bool,
    ) -> Call | None:
        """One command with the redirections behind it."""
        kind = node.type
        for redirect in redirects:
            self.substitutions(redirect, scope)
        if kind in ("command", "test_command", "unset_command") or kind in _DECLARES:
            end = max([node.end_byte, *(redirect_end(one) for one in redirects)])
            return self.simple(node, end, scope, decides, fed, piped=piped, negated=negated)
        # `! cmd` at the end turns the status, so cmd only answers a question.
        call = self.construct(node, scope, "tested" if negated else decides, fed)
        if redirects:
            self.calls.append(self.redirected(node, redirects, scope, piped=piped))
        return call

    def redirected(self, node: Node, redirects: list[Node], scope: _Scope, *, piped: bool) -> Call:
        """The redirections of a whole construct, as a command without words."""
        start, end = redirects[0].start_byte, max(redirect_end(one) for one in redirects)
        found: tuple[Redirect, ...] = ()
        with suppress(Unreadable):
            found = tuple(read_simple(self.text, start, end).redirects)
        return Call(self.text, start, end, (), found, scope.directory, scope.known, "ignored", piped=piped)

    # --- constructs

    def construct(self, node: Node, scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        kind = node.type
        if kind in ("subshell", "compound_statement"):
            return self.group(node, scope, decides, fed)
        if kind == "if_statement":
            return self.branches(node, scope, decides, fed)
        if kind == "case_statement":
            return self.case(node, scope, decides, fed)
        if kind in _LOOPS:
            return self.loop(node, scope, decides, fed)
        if kind == "function_definition":
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            # A definition runs nothing; its body is walked where it is called, with what is known there.
            if name is not None and body is not None:
                scope.functions[self.source(name)] = body
        else:
            self.substitutions(node, scope)
        return None

    def group(self, node: Node, scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        """``( )`` keeps its directory and variables to itself, ``{ }`` does not."""
        inner = scope.copy() if node.type == "subshell" else scope
        inner.depth += 1
        kept = self.ended, self.left
        call = self.body(node.children[1:-1], inner, decides, fed)
        inner.depth -= 1
        if node.type == "subshell":
            self.ended, self.left = kept
        return call

    def branches(self, node: Node, scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        """``if`` and its kin: what is asked, then every branch, each from the state before it."""
        children = node.children
        kinds = [child.type for child in children]
        then = kinds.index("then") if "then" in kinds else 0
        # `if A; then`: A's status is asked for and never the whole's.
        mark = len(self.calls)
        first = self.body(children[1:then], scope, "tested", fed) if then else None
        before = scope.under
        scope.under |= self.asked(mark)
        plain = [child for child in children[then + 1 :] if child.type not in ("elif_clause", "else_clause", "fi")]
        self.body(plain, scope.copy(), decides, fed)
        for clause in children:
            if clause.type == "elif_clause":
                self.branches(clause, scope.copy(), decides, fed)
            elif clause.type == "else_clause":
                self.body(clause.children[1:], scope.copy(), decides, fed)
        scope.under = before
        return first

    def case(self, node: Node, scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        before = scope.under
        for child in node.children:
            if child.type == "case_item":
                kinds = [one.type for one in child.children]
                inside = child.children[kinds.index(")") + 1 :] if ")" in kinds else []
                inside = [one for one in inside if one.type not in (";;", ";&", ";;&")]
                self.body(inside, scope.copy(), decides, fed)
            else:
                self.substitutions(child, scope)
                scope.under |= asked_in(say(self.word(child), scope.known))
        scope.under = before
        return None

    def loop(self, node: Node, scope: _Scope, decides: Decides, fed: Call | None) -> Call | None:
        """A loop's variable stands for what it runs over: the words of ``for``, the lines that ``read`` is fed."""
        inner = scope.copy()
        inner.repeated = True
        first: Call | None = None
        kinds = [child.type for child in node.children]
        do = kinds.index("do_group") if "do_group" in kinds else len(kinds)
        left, mark = self.left, len(self.calls)
        if node.type == "while_statement":
            first = self.body(node.children[1:do], inner, "tested", fed)
            inner.under |= self.asked(mark)
        elif node.type == "for_statement":
            values = [child for child in node.children[2:do] if child.type not in ("in", ";", "\n")]
            variable = node.child_by_field_name("variable")
            for value in values:
                self.substitutions(value, scope)
            if variable is not None and values:
                said = [say(self.word(value), inner.known) for value in values]
                # A loop over several words stands for all of them: `{a,b}` as a person would write it.
                inner.known[self.source(variable)] = said[0] if len(said) == 1 else "{" + ",".join(said[:4]) + "}"
        if do < len(kinds):
            self.body(node.children[do].children[1:-1], inner, decides, None)
        self.left = left
        return first

    # --- simple commands

    def word(self, node: Node) -> Word:
        try:
            word = read_word(self.text, node.start_byte, node.end_byte)
            if word.end == node.end_byte:
                return word
        except Unreadable:
            pass
        source = self.source(node)
        return Word(node.start_byte, node.end_byte, source, None, (("other", source),))

    def simple(
        self, node: Node, end: int, scope: _Scope, decides: Decides, fed: Call | None, *, piped: bool, negated: bool
    ) -> Call | None:
        self.substitutions(node, scope)
        words, redirects, assigned = self.parts(node, end)
        # Without a command the assignment stays in the shell; with one it is the command's own (POSIX 2.9.1).
        known = dict(scope.known) if words else scope.known
        for _name, word in assigned:
            known.update(spreading.assigned(word, known))
        if not words and not redirects:
            return None
        # The command's own words were filled in before: what is assigned in front of it is not in them.
        words = spreading.spread(words, scope.known)
        call = Call(
            self.text,
            node.start_byte,
            end,
            tuple(words),
            tuple(redirects),
            scope.directory,
            known if known is not scope.known else dict(known),
            decides,
            negated,
            piped,
            scope.background,
            scope.repeated,
            fed,
            tuple(name for name, _ in assigned),
            scope.moved,
            under=scope.under | self.ended | self.left,
        )
        called = call.name or ""
        # A function that calls itself is walked once.
        if called in scope.functions and called not in self.running:
            return self.function(called, call, scope)
        _carry(call, scope, fed)
        if called == "exit":
            self.ended |= scope.under
        elif called in _LEAVES:
            self.left |= scope.under
        self.calls.append(call)
        return call

    def function(self, name: str, call: Call, scope: _Scope) -> Call | None:
        """A function that the text itself defines: its commands, with the arguments in place of ``$1`` and on."""
        self.running.add(name)
        left = self.left
        first = self.construct(scope.functions[name], scope, call.decides, call.fed)
        self.left = left
        self.running.discard(name)
        return first

    def parts(self, node: Node, end: int) -> tuple[list[Word], list[Redirect], list[tuple[str, Word]]]:
        """Words, redirections and assignments; read again by `read_simple`, or word by word where that does not know."""
        try:
            simple = read_simple(self.text, node.start_byte, end)
        except Unreadable:
            words, assigned = [], []
            redirects = list(self.redirections(node.parent or node, node.start_byte, end))
            for child in node.children:
                if child.type == "variable_assignment":
                    assigned.append((self.source(child).partition("=")[0].rstrip("+"), self.word(child)))
                elif child.type not in REDIRECTS and (child.is_named or child.type in ("[", "]", "export", "declare")):
                    words.append(self.word(child.children[0] if child.type == "command_name" else child))
            return words, redirects, assigned
        assigned = [(one.name, one.word) for one in simple.assignments]
        if node.type == "declaration_command":
            assigned += [(w.text.partition("=")[0], w) for w in simple.words[1:] if "=" in w.text]
            return [], simple.redirects, assigned
        return simple.words, simple.redirects, assigned

    def redirections(self, node: Node, start: int, end: int) -> Iterator[Redirect]:
        """Redirections below a node that stand between two places, those behind the mark of a here-document too."""
        for child in node.children:
            if child.type == "file_redirect" and start <= child.start_byte <= end:
                target = child.child_by_field_name("destination")
                if target is not None:
                    operator = self.text[child.start_byte : target.start_byte].strip().lstrip("0123456789")
                    yield Redirect(child.start_byte, child.end_byte, None, operator, self.word(target))
            elif child.type == "heredoc_redirect":
                yield from self.redirections(child, start, end)

    def substitutions(self, node: Node, scope: _Scope) -> None:
        """The commands inside ``$( )``, backquotes and ``<( )`` below a node."""
        for child in node.children:
            if child.type in SUBSTITUTIONS:
                self.body(child.children[1:-1], scope.copy(), "ignored", None)
            elif child.child_count:
                self.substitutions(child, scope)


def _carry(call: Call, scope: _Scope, fed: Call | None) -> None:
    """What a builtin changes for the commands after it."""
    name = call.name
    if name in ("cd", "pushd"):
        targets = [say(word, call.known) for word in call.words[1:] if not word.text.startswith("-")]
        scope.directory = joined(scope.directory, targets[0]) if targets else call.known.get("HOME", "~")
        scope.moved |= not targets or not is_relative(targets[0])
    elif name == "read":
        # `find P | while read f`: f is some name below P.
        listed = listing(fed) if fed is not None else None
        for word in call.words[1:]:
            if not word.text.startswith("-"):
                scope.known[word.text] = listed or "$" + word.text
    elif name == "set" and len(call.words) > 1 and call.words[1].text == "--":
        # `set -- a b` makes positional parameters, which later words read as $1 and $2.
        for number, word in enumerate(call.words[2:11], start=1):
            scope.known[str(number)] = say(word, call.known)


def within(call: Call, text: str, directory: str | None, known: Mapping[str, str]) -> Iterator[Call]:
    """The commands of an inner shell's text (``sh -c '..'``), which meet what the outer command meets."""
    for inner in walk(text, directory=directory, known=known, moved=call.moved):
        decides = call.decides if inner.decides == "last" else inner.decides
        # The inner text's last status is the outer command's.
        yield replace(
            inner,
            start=call.start,
            end=call.end,
            decides=decides,
            repeated=inner.repeated or call.repeated,
            background=inner.background or call.background,
            fed=inner.fed or call.fed,
            under=inner.under | call.under,
        )
