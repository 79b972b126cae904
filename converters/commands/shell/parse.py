"""Text -> tree.

tree-sitter-bash says where commands, bodies and operators are. Its grouping is not used: a redirection in a list makes it
bind ``a && b > f | c`` as ``(a && b > f) | c``. So the operators are taken in the order of the text and grouped here by the
shell's own precedence, and every simple command is read again by ``words``. Where the two readings disagree, or a
construct is not known, `parse` says so and the caller keeps the text as it is.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from converters.commands.shell.grouping import SIMPLE
from converters.commands.shell.syntax import Command, Compound, Pipeline, Script, Statement
from converters.commands.shell.words import BLANKS, Redirect, Simple, Unreadable, Word, closing, read_simple, read_word

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# tree-sitter-bash's scanner hands wide characters to C's isalpha(), which may crash (its issue 337). To a shell they are
# letters of a word like any other, so it gets a letter for each; that also keeps offsets equal. No reserved word has it.
# The same goes for control characters: a carriage return is part of its word.
_ODD = re.compile(r"[^\t\n -~]")
# It also stumbles over an escaped operator (``[ a \\< b ]``); a second try gets something as long that it knows.
# A lone slash it takes for a division (``[ -d / ] && [ -f f ]``).
_ROOT = re.compile(rb"(?<= -[a-z]) /(?= )")
# A lone dash before a redirection with a digit it takes for a subtraction (``aws s3 cp s3://b/x - 2>/dev/null``).
_DASH = re.compile(rb"(?<=[ \t])-(?=[ \t]+[0-9]+[<>])")
_ESCAPED = re.compile(rb"\\(.)", re.S)
# Variables that are set beside a redirection and no command (``a=1 > f``) are a simple command (POSIX 2.9.1) that the grammar
# does not know: it is what an address that is not quoted ends with (``wget http://h/x?a=1&b=2 >/dev/null``).
_SET_ONLY = re.compile(rb"(?<![\w$])([A-Za-z_]\w*)=(?=[^\s\"'`$&;|<>]*[ \t]*[0-9]?[<>])")
_FLAT = frozenset({"list", "pipeline", "redirected_statement", "negated_command"})
_TERMINATORS = frozenset({";", "&", "\n"})
_RESERVED = frozenset(
    {"{", "}", "if", "then", "else", "elif", "fi", "do", "done", "esac", "case", "while", "until", "!"}
)
_JOINS = frozenset({"|", "|&"})
# Here documents are not read: a crontab line has no second line to hold one.
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect"})


class Unparsable(ValueError):  # noqa: N818 - it is an outcome, not a mistake
    """The text cannot be read for certain. ``broken`` says that tree-sitter itself found it to be no shell text."""

    def __init__(self, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.broken = broken


@cache
def _parser() -> Parser:
    # Only here: loading the grammar takes as long as the rest of the package, and not every command line needs it.
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_bash  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


_CHUNK, _SHORT, _READS = 256, 2048, 20


def _parsed(source: bytes) -> Node:
    """The tree of a source. Of long ones with many mistakes (``)))..``) tree-sitter takes time as the square of their length;
    how often it asks for the same part again tells so, on any machine alike: well-written text is read about twice."""
    if len(source) <= _SHORT:
        return _parser().parse(source).root_node
    left = _READS * (len(source) // _CHUNK + 1)

    def read(offset: int, _point: object) -> bytes:
        nonlocal left
        left -= 1
        return source[offset : offset + _CHUNK] if left > 0 else b""

    root = _parser().parse(read).root_node
    if left <= 0:
        raise Unparsable("it is not valid shell text", broken=True)
    return root


def read_tree(text: str) -> Node:
    """tree-sitter's tree of the text, byte offsets equal to characters. Raises `Unparsable` on a NUL byte, and
    where its mistakes are too many."""
    if "\0" in text:
        raise Unparsable("it holds a NUL byte", broken=True)
    source = _DASH.sub(b"Z", _ROOT.sub(b" Z", _ODD.sub("Z", text).encode("ascii")))
    root = _parsed(source)
    if root.has_error and b"\\" in source:
        source = _ESCAPED.sub(_plain_pair, source)
        root = _parsed(source)
    if root.has_error and b"<>" in source:
        # The grammar does not know `<>` (POSIX, XCU 2.7.7); what a redirection says is read from the text itself.
        source = source.replace(b"<>", b">>")
        root = _parsed(source)
    if root.has_error and _SET_ONLY.search(source):
        source = _SET_ONLY.sub(rb"\1Z", source)
        root = _parsed(source)
    if root.has_error and b"$((" in source:
        # Nor does it know every arithmetic (``$((1$(date +%d) % 2))``); to the words around it that is so many letters.
        root = _parsed(_without_arithmetic(source.decode("ascii")).encode("ascii"))
    return root


def _without_arithmetic(text: str) -> str:
    at = text.find("$((")
    while at >= 0:
        try:
            end = closing(text, at + 2, len(text), ")")
        except (Unreadable, RecursionError):
            return text
        text = text[:at] + "Z" * (end - at) + text[end:]
        at = text.find("$((", end)
    return text


def parse(text: str, *, lines: bool = False) -> Script:
    """Parse one command line, or a script of ``lines``. Raises `Unparsable`; never anything else."""
    root = read_tree(text)
    if root.has_error:
        raise Unparsable("it is not valid shell text", broken=True)
    try:
        return _Converter(text, lines=lines).script(root.children, 0, len(text))
    except RecursionError:
        raise Unparsable("it is nested too deep") from None
    except Unreadable as error:
        raise Unparsable(f"it is not read for certain at `{error}`") from None


def _plain_pair(match: re.Match[bytes]) -> bytes:
    if match[1] in b"<>":
        return b"=="
    return b"ZZ" if match[1] in b"()!&|;" else match[0]


class _Converter:
    """Turns tree-sitter's nodes into the tree of ``syntax``, checking that nothing is lost between them."""

    def __init__(self, text: str, *, lines: bool = False) -> None:
        self.text, self.lines = text, lines

    @staticmethod
    def span(node: Node) -> tuple[int, int]:
        return node.start_byte, node.end_byte

    def script(self, nodes: list[Node], start: int, end: int) -> Script:
        """The statements of a body; ``nodes`` are its commands, terminators and comments."""
        script = Script(self.text, start, end, [])
        stream: list[Node] = []
        for node in nodes:
            self._flatten(node, stream)
        builder = _Builder(self, script)
        at = start
        for node in stream:
            # What lies between two nodes must be blank: else the tree lost a part of the text.
            node_start, node_end = self.span(node)
            between = self.text[at:node_start]
            if self.lines and "\n" in between:
                builder.end_line(at)
                between = between.replace("\n", "")
            if between.strip(BLANKS):
                raise Unreadable(between)
            builder.add(node, node.type, node_start, node_end)
            at = node_end
        if self.text[at:end].strip(" \t\n"):
            raise Unreadable(self.text[at:end])
        return builder.finish()

    def _flatten(self, node: Node, stream: list[Node]) -> None:
        if node.type in _FLAT:
            for child in node.children:
                self._flatten(child, stream)
        else:
            stream.append(node)

    def command(self, node: Node, end: int) -> Command:
        """A leaf of the stream, with the redirections that follow it up to ``end``."""
        kind, (start, own_end) = node.type, self.span(node)
        if kind in SIMPLE or (kind == "test_command" and self.text.startswith("[ ", start)):
            simple = read_simple(self.text, start, end)
            if not (simple.words or simple.assignments or simple.redirects):
                raise Unreadable(self.text[start:end])
            if simple.words and simple.words[0].text in _RESERVED:  # tree-sitter lost its way (``! { a; }``)
                raise Unreadable(simple.words[0].text)
            return simple
        redirects = read_simple(self.text, own_end, end)
        if redirects.words or redirects.assignments:
            raise Unreadable(self.text[own_end:end])
        compound = Compound(start, end, "other", redirects=redirects.redirects)
        compound.test = kind == "test_command" or self.text.startswith("((", start)
        # `((` may be arithmetic or two subshells, which POSIX leaves open: neither is opened.
        if kind in ("subshell", "compound_statement") and self.text[start : start + 2] not in ("((",):
            compound.kind = "subshell" if kind == "subshell" else "group"
            compound.bodies = [self.script(node.children[1:-1], start + 1, own_end - 1)]
        elif kind == "if_statement":
            self._if(node, compound)
        elif kind == "case_statement":
            self._case(node, compound)
        return compound

    def _if(self, node: Node, compound: Compound) -> None:
        """``if CONDITION; then BODY; fi``; with ``else`` or ``elif`` it is kept as ``branches``, which no idiom opens."""
        # `else` makes the status and what runs depend on both branches.
        children = node.children
        more = [index for index, child in enumerate(children) if child.type in ("elif_clause", "else_clause")]
        compound.kind = "branches" if more else "if"
        stop = more[0] if more else len(children) - 1
        compound.bodies = self._branch(children[:stop], self.span(children[stop])[0])
        for index in more:
            clause = children[index]
            end = self.span(children[index + 1])[0]
            if clause.type == "elif_clause":
                compound.bodies += self._branch(clause.children, end)
            else:
                inside = clause.children[1:]
                compound.bodies.append(self.script(inside, self.span(clause.children[0])[1], end))

    def _branch(self, children: list[Node], end: int) -> list[Script]:
        """``if CONDITION; then BODY``, or the same with ``elif``, up to ``end``."""
        then = [child.type for child in children].index("then")
        first, middle = self.span(children[0]), self.span(children[then])
        return [
            self.script(children[1:then], first[1], middle[0]),
            self.script(children[then + 1 :], middle[1], end),
        ]

    def _case(self, node: Node, compound: Compound) -> None:
        subject_start = self.span(node.children[1])[0]
        subject = read_word(self.text, subject_start, compound.end)
        items = [child for child in node.children if child.type == "case_item"]
        for item in items:
            kinds = [child.type for child in item.children]
            close = kinds.index(")")
            opened = self.span(item)[0] + (1 if kinds[0] == "(" else 0)
            closed_at, closed_end = self.span(item.children[close])
            inside = [child for child in item.children[close + 1 :] if child.type not in (";;", ";&", ";;&")]
            # `;&` and `;;&` fall through (bash): the items are no alternatives any more.
            if any(kind in (";&", ";;&") for kind in kinds):
                return
            stop = self.span(item.children[-1])[0] if kinds[-1] == ";;" else self.span(item)[1]
            compound.patterns.append(tuple(part.strip() for part in self.text[opened:closed_at].split("|")))
            compound.bodies.append(self.script(inside, closed_end, stop))
        compound.kind, compound.subject = "case", subject


class _Builder:
    """Groups the flat stream: ``|`` binds first, then ``&&`` and ``||``, then ``;`` and ``&``."""

    def __init__(self, converter: _Converter, script: Script) -> None:
        self.converter, self.script = converter, script
        self.pipelines: list[Pipeline] = []
        self.operators: list[str] = []
        self.commands: list[Command] = []
        self.joins: list[str] = []
        self.negated_at: int | None = None
        self.leaf: Node | None = None
        self.leaf_end = 0

    def add(self, node: Node, kind: str, start: int, end: int) -> None:
        if kind == "comment":
            self.script.comments.append((start, end))
        elif kind in _REDIRECTS:
            if self.leaf is None:
                raise Unreadable(self.converter.text[start:end])
            self.leaf_end = end
        elif kind in _TERMINATORS:
            self._end_statement(kind, start)
        elif kind in _JOINS:
            self._end_command()
            self.joins.append(kind)
        elif kind in ("&&", "||"):
            # POSIX 2.9.3: && and || have equal precedence and bind from the left, unlike in C.
            self._end_pipeline()
            self.operators.append(kind)
        elif kind == "!" and self.leaf is None and not self.commands and self.negated_at is None:
            self.negated_at = start
        elif not node.is_named or self.leaf is not None:
            raise Unreadable(kind)
        else:
            self.leaf, self.leaf_end = node, end

    def _end_command(self) -> None:
        if self.leaf is None:
            raise Unreadable("a command is missing")
        self.commands.append(self.converter.command(self.leaf, self.leaf_end))
        self.leaf = None

    def _end_pipeline(self) -> None:
        self._end_command()
        start = self.commands[0].start if self.negated_at is None else self.negated_at
        self.pipelines.append(Pipeline(self.commands, self.joins, self.negated_at is not None, start))
        self.commands, self.joins, self.negated_at = [], [], None

    def _end_statement(self, terminator: str, at: int) -> None:
        # Newlines between commands are blanks, those behind one end it.
        if terminator == "\n" and self.leaf is None and not self.commands and not self.pipelines:
            return
        self._end_pipeline()
        self.script.statements.append(Statement(self.pipelines, self.operators, terminator, at))
        self.pipelines, self.operators = [], []

    def end_line(self, at: int) -> None:
        """A line's end ends what stands there whole; behind an operator it is a blank."""
        if self.leaf is not None:
            self._end_statement("\n", at)

    def finish(self) -> Script:
        if self.leaf is not None or self.commands or self.pipelines or self.negated_at is not None:
            self._end_statement("", self.script.end)
        return self.script


def words_of(text: str) -> list[Word] | None:
    """The words of a text that is one simple command without redirections, or ``None``."""
    try:
        simple = read_simple(text, 0, len(text))
    except Unreadable:
        return None
    return simple.words if not simple.assignments and not simple.redirects else None


@lru_cache(maxsize=4096)
def substitution(source: str) -> str | None:
    """The text inside ``$(..)`` or backquotes when ``source`` is one such substitution and nothing else."""
    if source.startswith("$(") and source.endswith(")") and not source.startswith("$(("):
        return source[2:-1].strip()
    if (
        len(source) > 1
        and source.startswith("`")
        and source.endswith("`")
        and "\\" not in source
        # Backslashes in backquotes are read twice (POSIX 2.6.3), so only plain ones are opened.
        and source.count("`") == 2
    ):
        return source[1:-1].strip()
    return None


__all__ = ["Redirect", "Simple", "Unparsable", "Word", "parse", "read_tree", "substitution", "words_of"]
