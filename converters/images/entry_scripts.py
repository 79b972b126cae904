"""Entry scripts as statements: words, operators, and the compounds around them. Enough of the shell to follow `"$@"`.

No shell of ours runs anything; what is not understood makes no statement, and whoever asks is told *unread*. The grammar is
POSIX's (Shell Command Language 2.10), with bash's `function`, arrays and `<( )`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_OPERATORS = (";;&", ";&", ";;", "&&", "||", "|&", "|", "&", ";", "\n", "(", ")")
_CLOSES = {"(": ")", "{": "}"}
MOST = 20_000
"""Statements of one script; the longest official one (mariadb's) has some 500."""


class Frame(NamedTuple):
    """A compound around a statement: ``if`` and ``while`` with their part (condition, then, else), ``case`` with the pattern of
    its arm and the word that is asked for, ``function`` with its name, ``{`` and ``(``. ``number`` tells two apart."""

    kind: str
    part: str
    number: int
    word: str = ""


class Statement(NamedTuple):
    """One simple command. ``before`` and ``behind`` are the operators around it."""

    words: tuple[str, ...]
    before: str
    behind: str
    frames: tuple[Frame, ...]
    negated: bool = False


def tokens(text: str) -> Iterator[str]:
    """Words with their quotes, and operators; comments, continuations and here documents are gone."""
    text = re.sub(r"\\\r?\n", " ", text)
    at, end, word = 0, len(text), ""
    waiting: list[str] = []
    while at < end:
        char = text[at]
        operator = next((one for one in _OPERATORS if text.startswith(one, at)), None)
        # `2>&1`, `<( )` and `a=( )` are parts of words.
        if operator in ("&", "(") and word[-1:] in ("<", ">") and word:
            operator = None
        if operator == "(" and word.endswith("="):
            operator = None
        if operator is None and not char.isspace() and not (char == "#" and not word):
            piece = _part_of_word(text, at, word)
            word, at = word + piece, at + len(piece)
            continue
        if word:
            yield word
            if (found := re.fullmatch(r"\d*<<-?(['\"]?)([\w.-]+)\1", word)) is not None:
                waiting.append(found[2])
            word = ""
        if char == "#":
            at = text.find("\n", at) if "\n" in text[at:] else end
            continue
        if operator is not None:
            yield operator
        at += len(operator or char)
        if operator == "\n":
            at = _behind_documents(text, at, waiting)
    if word:
        yield word


def _behind_documents(text: str, at: int, waiting: list[str]) -> int:
    while waiting:
        found = re.compile(rf"^\t*{re.escape(waiting.pop(0))}$", re.MULTILINE).search(text, at)
        at = found.end() if found else len(text)
    return at


def _part_of_word(text: str, at: int, word: str) -> str:
    """The next part of a word: a quoted text, an expansion, or one character."""
    char = text[at]
    if char == "\\":
        return text[at : at + 2]
    if char in "'`":
        close = text.find(char, at + 1)
        return text[at : close + 1 if close >= 0 else len(text)]
    if char == '"':
        return _nested(text, at, '"')
    if text[at : at + 2] in ("$(", "${"):
        return "$" + _nested(text, at + 1, _CLOSES[text[at + 1]])
    if char == "(" and word[-1:] in ("<", ">", "="):
        return _nested(text, at, ")")
    return char


def _nested(text: str, at: int, close: str) -> str:
    """From an opening mark to its closing one, with quotes and expansions within."""
    begin, opened, at, depth = at, text[at], at + 1, 1
    for _ in range(len(text)):
        if at >= len(text):
            break
        char = text[at]
        if char == close:
            depth -= 1
            if depth == 0:
                return text[begin : at + 1]
        elif char == opened and close != '"':
            depth += 1
        elif char == "\\":
            at += 1
        elif char == "'" and close != '"':
            at = max(at, text.find("'", at + 1))
        elif char == '"' and close != '"':
            at += len(_nested(text, at, '"')) - 1
        elif text[at : at + 2] in ("$(", "${") and close == '"':
            at += len(_nested(text, at + 1, _CLOSES[text[at + 1]]))
        at += 1
    return text[begin:]


class _Reader:
    """Statements of a script, one piece after the other."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.words: list[str] = []
        self.found: list[Statement] = []
        self.before = "\n"
        self.function = ""
        self.count = 0

    def push(self, kind: str, part: str = "", word: str = "") -> None:
        self.count += 1
        self.frames.append(Frame(kind, part, self.count, word))

    def pop(self) -> None:
        if self.frames:
            self.frames.pop()

    def part(self, part: str) -> None:
        if self.frames:
            self.frames[-1] = self.frames[-1]._replace(part=part)

    @property
    def asks_pattern(self) -> bool:
        return bool(self.frames) and self.frames[-1].kind == "case" and self.frames[-1].part == ""

    def take(self, piece: str) -> None:
        if piece not in _OPERATORS:
            self.word(piece)
        elif piece == ")" and self.asks_pattern:
            self.part("".join(self.words) or "*")
            self.words = []
        elif self.asks_pattern:
            # `a|b)` is one pattern, and an optional parenthesis stands before it.
            self.words += ["|"] if piece == "|" else []
        elif piece == "(" and len(self.words) == 1:
            self.function, self.words = self.words[0], []
        elif piece == "(":
            self.flush("(")
            self.push("function" if self.function else "(", self.function)
        elif piece == ")":
            if self.function and not self.words and (not self.frames or self.frames[-1].part != self.function):
                return
            self.flush(")")
            self.pop()
        elif piece in (";;", ";&", ";;&"):
            self.flush(";")
            self.part("")
        else:
            self.flush(piece)

    def word(self, word: str) -> None:
        if self.asks_pattern:
            if word == "esac":
                self.pop()
            else:
                self.words.append(word)
        elif self.words and self.words[0] == "case" and word == "in":
            asked = self.words[1] if len(self.words) > 1 else ""
            self.words = []
            self.push("case", "", asked)
        elif not self.words and self.reserved(word):
            return
        elif self.words == ["function"]:
            self.function, self.words = word.removesuffix("()"), []
        else:
            self.words.append(word)

    def reserved(self, word: str) -> bool:
        """Whether the word opens, parts or closes a compound."""
        if word in ("if", "while", "until"):
            self.push(word, "condition")
        elif word in ("then", "do", "else"):
            self.part({"then": "then", "do": "then", "else": "else"}[word])
        elif word == "elif":
            # What stands behind is reached by no condition that we know.
            self.part("elif")
        elif word == "{":
            self.push("function" if self.function else "{", self.function)
            self.function = ""
        elif word in ("fi", "done", "esac", "}"):
            self.pop()
        else:
            return False
        self.before = "\n" if word not in ("{",) else self.before
        return True

    def flush(self, operator: str) -> None:
        words, self.words = self.words, []
        if words and words[0] in ("for", "select"):
            self.push("while", "condition")
            return
        negated = bool(words) and words[0] == "!"
        words = words[1:] if negated else words
        if words and len(self.found) < MOST:
            self.found.append(Statement(tuple(words), self.before, operator, tuple(self.frames), negated))
        if words or operator not in ("\n", ";"):
            self.before = operator
        elif operator == ";" or self.before not in ("&&", "||", "|"):
            self.before = "\n"


def statements(text: str) -> list[Statement]:
    """Every simple command of the text, in its order."""
    reader = _Reader()
    for piece in tokens(text):
        reader.take(piece)
    reader.flush("\n")
    return reader.found
