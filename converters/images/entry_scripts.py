"""Entry scripts as statements: words, operators, and the compounds around them. Enough of the shell to follow `"$@"`.

No shell of ours runs anything; what is not understood makes no statement, and whoever asks is told *unread*. The grammar is
POSIX's (Shell Command Language 2.10), with bash's `function`, arrays and `<( )`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_OPERATORS = (";;&", ";&", ";;", "&&", "||", "|&", "|", "&", ";", "\n", "(", ")")
_CLOSES = {"(": ")", "{": "}"}
MOST = 20_000
"""Statements of one script; the longest official one (mariadb's) has some 500."""


class Frame(NamedTuple):
    """A compound around a statement: ``if`` and ``while`` with their part (condition, then, else), ``case`` with the pattern of
    its arm and the word that is asked for, ``function`` with its name, ``{`` and ``(``. ``number`` tells two apart; ``joined``
    is the `&&` or `||` in front of it, ``behind`` the operator after its end where that is more than the end of a line."""

    kind: str
    part: str
    number: int
    word: str = ""
    joined: str = ""
    behind: str = ""


class Statement(NamedTuple):
    """One simple command. ``before`` and ``behind`` are the operators around it."""

    words: tuple[str, ...]
    before: str
    behind: str
    frames: tuple[Frame, ...]
    negated: bool = False


_REDIRECTION = re.compile(r"\d*(?:[<>]|&>)")
_TARGET_APART = re.compile(r"\d*(?:<<?<?-?|>>?|<>|>\||&>>?|[<>]&)")


def is_redirection(word: str) -> bool:
    return _REDIRECTION.match(word) is not None


def without_redirections(words: Sequence[str]) -> list[str]:
    """The words that a program gets."""
    found, skipped = [], False
    for word in words:
        if not skipped and _REDIRECTION.match(word) is None:
            found.append(word)
        skipped = not skipped and _TARGET_APART.fullmatch(word) is not None
    return found


def tokens(text: str, shell: str = "bash") -> Iterator[str]:
    """Words with their quotes, and operators; comments, continuations and here documents are gone."""
    text = re.sub(r"\\\r?\n", " ", text)
    at, end, word = 0, len(text), ""
    waiting: list[str] = []
    document = ""
    while at < end:
        char = text[at]
        operator = next((one for one in _OPERATORS if text.startswith(one, at)), None)
        # `2>&1`, `<( )` and `a=( )` are parts of words.
        if word and ((operator in ("&", "(") and word[-1:] in ("<", ">")) or (operator == "(" and word[-1:] == "=")):
            operator = None
        if operator == "(" and not word and (piece := _arithmetic(text, at)):
            word, at = piece, at + len(piece)
            continue
        if operator == "&" and text.startswith("&>", at) and shell != "dash":
            # `a&>f` is two words to those that know it.
            if word:
                yield word
            word, at = "&>", at + 2
            continue
        if operator is None and not char.isspace() and not (char == "#" and not word):
            piece = part_of_word(text, at, word)
            word, at = word + piece, at + len(piece)
            continue
        if word:
            yield word
            if (found := _DOCUMENT.fullmatch(document + word)) is not None:
                waiting.append(found[2])
            document = word if re.fullmatch(r"\d*<<-?", word) else ""
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


_DOCUMENT = re.compile(r"\d*<<-?(['\"]?)\\?([\w.-]+)\1")


def _arithmetic(text: str, at: int) -> str:
    """`(( .. ))`; nothing where that is two subshells."""
    found = _nested(text, at, ")") if text.startswith("((", at) else ""
    return found if found.endswith("))") else ""


def _behind_documents(text: str, at: int, waiting: list[str]) -> int:
    while waiting:
        found = re.compile(rf"^\t*{re.escape(waiting.pop(0))}$", re.MULTILINE).search(text, at)
        at = found.end() if found else len(text)
    return at


def part_of_word(text: str, at: int, word: str) -> str:
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
        self.chained: set[int] = set()
        self.closed = 0
        self.behinds: dict[int, str] = {}

    def push(self, kind: str, part: str = "", word: str = "") -> None:
        self.count += 1
        self.frames.append(Frame(kind, part, self.count, word, self.before if self.before in ("&&", "||") else ""))
        self.closed = 0

    def pop(self) -> None:
        if self.frames:
            self.closed = self.frames.pop().number

    def part(self, part: str) -> None:
        if self.frames:
            self.frames[-1] = self.frames[-1]._replace(part=part)

    def say(self, *words: str, behind: str = "\n") -> None:
        if len(self.found) < MOST:
            self.found.append(Statement(words, self.before, behind, tuple(self.frames)))

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
            if re.fullmatch(r"[A-Za-z_]\w*", self.function) is None:
                self.say("()", self.function)
        elif piece == "(":
            self.open_subshell()
        elif piece == ")":
            if self.function and not self.words and (not self.frames or self.frames[-1].part != self.function):
                return
            self.flush(")")
            self.pop()
        elif piece in (";;", ";&", ";;&"):
            self.flush(";")
            if piece != ";;":
                self.say(piece)
            self.part("")
        else:
            self.flush(piece)

    def open_subshell(self) -> None:
        joined = self.before
        self.flush("(")
        self.before = joined
        self.push("function" if self.function else "(", self.function)
        self.before = "\n"

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
            self.before = "\n"
        elif not self.words and self.reserved(word):
            return
        elif self.words == ["function"]:
            self.function, self.words = word.removesuffix("()"), []
            self.say("function", self.function)
        else:
            self.words.append(word)

    def reserved(self, word: str) -> bool:
        """Whether the word opens, parts or closes a compound."""
        if word in ("if", "while", "until"):
            self.push(word, "condition")
        elif word in ("then", "do", "else"):
            self.part({"then": "then", "do": "then", "else": "else"}[word])
        elif word == "elif":
            # Another `if` in the `else` of the first, and one `fi` for both.
            self.part("else")
            self.before = "\n"
            self.push("if", "condition")
            self.chained.add(self.count)
        elif word == "{":
            self.push("function" if self.function else "{", self.function)
            self.function = ""
        elif word in ("fi", "done", "esac", "}"):
            while word == "fi" and self.frames and self.frames[-1].number in self.chained:
                self.pop()
            self.pop()
        else:
            return False
        self.before = "\n"
        return True

    def flush(self, operator: str) -> None:
        words, self.words = self.words, []
        if words and words[0] in ("for", "select"):
            if len(words) > 1 and words[1].startswith("(("):
                self.say(*words[:2])
            self.push("while", "condition")
            return
        if self.closed and not without_redirections(words):
            words = []
            if operator not in ("\n", ";"):
                self.behinds[self.closed] = operator
        self.closed = 0
        negated = bool(words) and words[0] == "!"
        words = words[1:] if negated else words
        if words and len(self.found) < MOST:
            self.found.append(Statement(tuple(words), self.before, operator, tuple(self.frames), negated))
        if words or operator not in ("\n", ";"):
            self.before = operator
        elif operator == ";" or self.before not in ("&&", "||", "|"):
            self.before = "\n"

    def whole(self) -> list[Statement]:
        """The statements, now that it is known what stands behind their compounds."""
        if not self.behinds:
            return self.found
        return [
            one._replace(frames=tuple(f._replace(behind=self.behinds.get(f.number, "")) for f in one.frames))
            for one in self.found
        ]


def statements(text: str, shell: str = "bash") -> list[Statement]:
    """Every simple command of the text, in its order. ``shell`` reads it: dash takes `&>` for `&` and a redirection."""
    reader = _Reader()
    for piece in tokens(text, shell):
        reader.take(piece)
    reader.flush("\n")
    return reader.whole()
