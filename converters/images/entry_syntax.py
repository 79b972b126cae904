"""Entry scripts as a tree: lists, pipes, `if`, loops, `case`, functions, by the grammar of POSIX (XCU 2.10) and of bash.

A text that is no such tree raises `NotReadError`, and whoever asks is told *unread*; no part of it is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from converters.images.entry_scripts import Statement, is_redirection, tokens

_OPERATORS = frozenset({";;&", ";&", ";;", "&&", "||", "|&", "|", "&", ";", "\n", "(", ")"})
DEEPEST = 60
MOST = 60_000
"""Words and operators of one script; the longest official one has some 5,000."""


class NotReadError(Exception):
    """The text is no shell script that is understood here."""


@dataclass(frozen=True, eq=False)
class Command:
    """A simple command: words as they stand, quotes, assignments and redirections among them."""

    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Pipe:
    """Commands joined by `|`, or one that `!` negates."""

    stages: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, eq=False)
class Chain:
    """`a && b || c`: the first, and each other with its operator."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, eq=False)
class Back:
    """What `&` puts into the background."""

    node: Node


@dataclass(frozen=True, eq=False)
class Series:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class If:
    """Conditions with their bodies, and the `else`."""

    arms: tuple[tuple[Series, Series], ...]
    other: Series | None


@dataclass(frozen=True, eq=False)
class Loop:
    """`while` or ``until``."""

    condition: Series
    body: Series
    until: bool


@dataclass(frozen=True, eq=False)
class Each:
    """`for name in words`; ``words`` is None where it goes over the arguments."""

    name: str
    words: tuple[str, ...] | None
    body: Series


class Arm(NamedTuple):
    """One arm of a `case`; ``ends`` is `;;`, `;&` or `;;&`."""

    patterns: tuple[str, ...]
    body: Series
    ends: str


@dataclass(frozen=True, eq=False)
class Case:
    """`case word in` with its arms."""

    word: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True, eq=False)
class Sub:
    """`( )`."""

    body: Series


@dataclass(frozen=True, eq=False)
class Function:
    """A function; ``keyword``: by bash's `function`."""

    name: str
    body: Node
    keyword: bool


Node = Command | Pipe | Chain | Back | Series | If | Loop | Each | Case | Sub | Function


class Line(NamedTuple):
    """What a shell reads whole before it runs anything of it; ``said``: each simple command and each oddity in it, for
    `entry_dialects.harm_of`."""

    body: Series
    said: tuple[Statement, ...]


def lines_of(text: str, shell: str = "bash") -> list[Line]:
    """The script, line by line as ``shell`` reads it."""
    found = list(tokens(text, shell))
    if len(found) > MOST:
        raise NotReadError
    return _Parser(found).lines()


class _Parser:
    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.at = 0
        self.depth = 0
        self.said: list[Statement] = []

    # --- pieces

    @property
    def piece(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def take(self) -> str:
        piece = self.piece
        if not piece:
            raise NotReadError
        self.at += 1
        return piece

    def expect(self, piece: str) -> None:
        if self.take() != piece:
            raise NotReadError

    def skip(self, *pieces: str) -> None:
        while self.piece in pieces:
            self.at += 1

    def remark(self, *words: str, behind: str = "") -> None:
        self.said.append(Statement(words, "", behind, ()))

    # --- lists

    def lines(self) -> list[Line]:
        found: list[Line] = []
        self.skip("\n", ";")
        while self.piece:
            self.said = []
            items: list[Node] = []
            while self.piece and self.piece != "\n":
                items.append(self.item(()))
                self.skip(";")
            found.append(Line(Series(tuple(items)), tuple(self.said)))
            self.skip("\n", ";")
        return found

    def series(self, *ends: str) -> Series:
        """Items up to one of the words that end them, which is left."""
        items: list[Node] = []
        self.skip("\n", ";")
        while self.piece not in ends:
            items.append(self.item(ends))
            self.skip("\n", ";")
        return Series(tuple(items))

    def item(self, ends: Collection[str]) -> Node:
        first = self.pipe()
        rest: list[tuple[str, Node]] = []
        while self.piece in ("&&", "||"):
            operator = self.take()
            self.skip("\n")
            rest.append((operator, self.pipe()))
        node: Node = Chain(first, tuple(rest)) if rest else first
        if self.piece == "&":
            self.at += 1
            return Back(node)
        if self.piece not in ("", "\n", ";", *ends):
            raise NotReadError
        return node

    def pipe(self) -> Node:
        negated = False
        while self.piece == "!":
            self.at += 1
            negated = not negated
        stages = [self.command()]
        while self.piece in ("|", "|&"):
            if self.take() == "|&":
                self.remark("|&", behind="|&")
            self.skip("\n")
            stages.append(self.command())
        return stages[0] if len(stages) == 1 and not negated else Pipe(tuple(stages), negated)

    # --- commands

    def command(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotReadError
        piece = self.piece
        reader = _COMPOUND.get(piece)
        if reader is None:
            node = self.simple()
        else:
            self.at += 1
            node = reader(self)
            self.redirections()
        self.depth -= 1
        return node

    def redirections(self) -> None:
        """Those behind a compound."""
        while self.piece and self.piece not in _OPERATORS and is_redirection(self.piece):
            words = [self.take()]
            if self.piece and self.piece not in _OPERATORS and _APART.fullmatch(words[0]):
                words.append(self.take())
            self.remark(":", *words)

    def simple(self) -> Node:
        words: list[str] = []
        if self.piece == "[[":
            return self.brackets()
        while self.piece and self.piece not in _OPERATORS:
            words.append(self.take())
            if len(words) == 1 and self.piece == "(" and self.pieces[self.at + 1 : self.at + 2] == [")"]:
                self.at += 2
                if re.fullmatch(r"[A-Za-z_]\w*", words[0]) is None:
                    self.remark("()", words[0])
                self.skip("\n")
                return Function(words[0], self.command(), keyword=False)
        if not words or words[0] in _CLOSING:
            raise NotReadError
        self.remark(*words)
        return Command(tuple(words))

    def brackets(self) -> Node:
        words = [self.take()]
        while words[-1] != "]]":
            piece = self.take()
            if piece != "\n":
                words.append(piece)
        while self.piece and self.piece not in _OPERATORS:
            words.append(self.take())
        self.remark(*words)
        return Command(tuple(words))

    def group(self) -> Node:
        body = self.series("}")
        self.expect("}")
        return body

    def subshell(self) -> Node:
        body = self.series(")")
        self.expect(")")
        return Sub(body)

    def branches(self) -> Node:
        arms: list[tuple[Series, Series]] = []
        other = None
        while True:
            condition = self.series("then")
            self.expect("then")
            arms.append((condition, self.series("elif", "else", "fi")))
            piece = self.take()
            if piece == "else":
                other = self.series("fi")
                self.expect("fi")
            if piece != "elif":
                return If(tuple(arms), other)

    def loop(self) -> Node:
        until = self.pieces[self.at - 1] == "until"
        condition = self.series("do")
        return Loop(condition, self.body(), until)

    def body(self) -> Series:
        self.expect("do")
        body = self.series("done")
        self.expect("done")
        return body

    def each(self) -> Node:
        name = self.take()
        if name.startswith("(("):
            self.remark("for", name)
            self.skip(";", "\n")
            return Loop(Series((Command((name,)),)), self.body(), until=False)
        self.skip("\n")
        words: list[str] | None = None
        if self.piece == "in":
            self.at += 1
            words = []
            while self.piece not in ("\n", ";"):
                words.append(self.take())
            self.remark(":", *words)
        self.skip("\n", ";")
        return Each(name, None if words is None else tuple(words), self.body())

    def case(self) -> Node:
        word = self.take()
        self.remark(":", word)
        self.skip("\n")
        self.expect("in")
        arms: list[Arm] = []
        self.skip("\n")
        while self.piece != "esac":
            self.skip("(")
            patterns = [self.take()]
            while self.piece == "|":
                self.at += 1
                patterns.append(self.take())
            self.expect(")")
            body = self.series(";;", ";&", ";;&", "esac")
            ends = ";;" if self.piece == "esac" else self.take()
            if ends != ";;":
                self.remark(ends)
            arms.append(Arm(tuple(patterns), body, ends))
            self.skip("\n")
        self.at += 1
        return Case(word, tuple(arms))

    def keyword(self) -> Node:
        name = self.take().removesuffix("()")
        if self.piece == "(":
            self.at += 1
            self.expect(")")
        self.remark("function", name)
        self.skip("\n")
        return Function(name, self.command(), keyword=True)


_COMPOUND = {
    "{": _Parser.group,
    "(": _Parser.subshell,
    "if": _Parser.branches,
    "while": _Parser.loop,
    "until": _Parser.loop,
    "for": _Parser.each,
    "select": _Parser.each,
    "case": _Parser.case,
    "function": _Parser.keyword,
}
_CLOSING = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_APART = re.compile(r"\d*(?:<<?<?-?|>>?|<>|>\||&>>?|[<>]&)")
