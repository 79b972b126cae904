"""Words of shell text as pieces of a program that asks for the date: quotes, variables, ``$( )``, ``$(( ))``, backquotes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from converters.commands.shell.words import Unreadable, closing, closing_backquote, closing_quote
from converters.schedules.date_output import Shell, Unknown
from converters.schedules.shell_words import Arithmetic, Command, OnHost, Output, Piece, State, Text, Variable, Word

_NAME = re.compile(r"[A-Za-z_]\w*")
_STRIPPED = re.compile(r"([A-Za-z_]\w*)(##?|%%?)([\w .:-]+)")
_SHORTENED = re.compile(r"([A-Za-z_]\w*)%%([.:@/-])\*")
_DEFAULT = re.compile(r"([A-Za-z_]\w*):?-")
Inner = Callable[[str], Command]
"""The program of what stands in a substitution."""


@dataclass(frozen=True, slots=True)
class Stripped:
    """``${NAME#0}``, ``${NAME%x}``: without a literal text at its front or end, if it has it."""

    name: str
    front: bool
    cut: str
    quoted: bool

    def text(self, state: State) -> str:
        value = state.variable(self.name)
        return value.removeprefix(self.cut) if self.front else value.removesuffix(self.cut)


@dataclass(frozen=True, slots=True)
class Shortened:
    """``${HOSTNAME%%.*}``: up to the first of a character."""

    name: str
    end: str
    quoted: bool

    def text(self, state: State) -> str:
        return state.variable(self.name).partition(self.end)[0]


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expansion that is not modelled; ``clock`` says that it may tell the time."""

    clock: bool
    quoted: bool

    def text(self, state: State) -> str:
        raise Unknown("an expansion") if self.clock else OnHost("an expansion")


def word_of(text: str, inner: Inner, shells: tuple[Shell, ...], *, quoted: bool = False) -> Word:
    """A word, or the text inside quotes or arithmetic (``quoted``). Raises `Unreadable`."""
    return Word(tuple(_Pieces(text, inner, shells, quoted).read()))


def _unescaped(text: str, *, quoted: bool) -> str:
    """The text inside backquotes as the inner shell gets it."""
    return re.sub(r'\\([$`\\"])' if quoted else r"\\([$`\\])", r"\1", text)


class _Pieces:
    def __init__(self, text: str, inner: Inner, shells: tuple[Shell, ...], quoted: bool) -> None:
        self.source, self.inner, self.shells, self.quoted = text, inner, shells, quoted
        self.found: list[Piece] = []
        self.at = 0

    def read(self) -> list[Piece]:
        if not self.quoted and self.source.startswith("~"):
            return [Opaque(clock=False, quoted=False)]
        while self.at < len(self.source):
            char = self.source[self.at]
            if char in "'\"" and not self.quoted:
                self._quotes(char)
            elif char == "\\":
                self._escape()
            elif char == "$":
                self._dollar()
            elif char == "`":
                self._backquotes()
            else:
                self._literal(char, quoted=self.quoted)
                self.at += 1
        return self.found

    def _literal(self, text: str, *, quoted: bool) -> None:
        last = self.found[-1] if self.found else None
        if isinstance(last, Text) and last.quoted == quoted:
            self.found[-1] = Text(last.content + text, quoted)
        else:
            self.found.append(Text(text, quoted))

    def _quotes(self, char: str) -> None:
        if char == "'":
            end = self.source.find("'", self.at + 1)
            if end < 0:
                raise Unreadable("'")
            self._literal(self.source[self.at + 1 : end], quoted=True)
            self.at = end + 1
            return
        end = closing_quote(self.source, self.at + 1, len(self.source))
        inside = _Pieces(self.source[self.at + 1 : end], self.inner, self.shells, quoted=True).read()
        self.found += inside or [Text("", quoted=True)]
        self.at = end + 1

    def _escape(self) -> None:
        following = self.source[self.at + 1 : self.at + 2]
        plain = not self.quoted or following in ("$", "`", '"', "\\")
        self._literal(following if plain else "\\" + following, quoted=True)
        self.at += 2

    def _backquotes(self) -> None:
        end = closing_backquote(self.source, self.at + 1, len(self.source))
        body = _unescaped(self.source[self.at + 1 : end - 1], quoted=self.quoted)
        self.found.append(Output(self.inner(body), self.quoted))
        self.at = end

    def _dollar(self) -> None:
        text, at = self.source, self.at
        following = text[at + 1 : at + 2]
        name = _NAME.match(text, at + 1)
        if following == "(":
            end = closing(text, at + 2, len(text), ")")
            inside = text[at + 2 : end - 1]
            if inside.startswith("(") and inside.endswith(")"):
                self._arithmetic(inside[1:-1])
            else:
                self.found.append(Output(self.inner(inside), self.quoted))
        elif following == "{":
            end = closing(text, at + 2, len(text), "}")
            self.found.append(self._braces(text[at + 2 : end - 1]))
        elif following == "[" and self.shells == ("bash",):
            end = closing(text, at + 2, len(text), "]")
            self._arithmetic(text[at + 2 : end - 1])
        elif name is not None:
            self.found.append(Variable(name[0], self.quoted))
            end = name.end()
        elif following and following in "?$!#*@-0123456789[":
            self.found.append(Opaque(clock=following == "[", quoted=self.quoted))
            end = at + 2
        elif following and following in "'\"" and not self.quoted:
            raise Unreadable("$'")
        else:
            self._literal("$", quoted=True)
            end = at + 1
        self.at = end

    def _arithmetic(self, body: str) -> None:
        inside = _Pieces(body, self.inner, self.shells, quoted=True).read()
        self.found.append(Arithmetic(Word(tuple(inside)), self.quoted))

    def _braces(self, body: str) -> Piece:
        if _NAME.fullmatch(body):
            return Variable(body, self.quoted)
        stripped = _STRIPPED.fullmatch(body)
        if stripped:
            return Stripped(stripped[1], "#" in stripped[2], stripped[3], self.quoted)
        shortened = _SHORTENED.fullmatch(body)
        if shortened:
            return Shortened(shortened[1], shortened[2], self.quoted)
        # A default of a variable that cron does not set is what it gives; other forms may cut up a date.
        return Opaque(clock=_DEFAULT.match(body) is None, quoted=self.quoted)
