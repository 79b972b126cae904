"""``test`` and ``[`` as dash, bash and BusyBox run them: the words as the shell passes them -> 0, 1, or 2 for an error.

Each reads its words in its own way: how many there are decides first, then a grammar that may stumble over words that the
shell split. Sources: dash 0.5.12 src/bltin/test.c, bash 5.2 test.c, BusyBox 1.35 coreutils/test.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from converters.schedules.date_output import Shell, Unknown

_STRINGS = frozenset({"=", "!=", "<", ">"})
# `[ 08 -eq 8 ]` is true in all three: numbers are decimal here, unlike in `$(( ))`.
_NUMBERS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_FILES = frozenset({"-nt", "-ot", "-ef"})
# `test -k`, `-O` and the like ask the host's files; `-n` and `-z` are the only two that depend on text alone.
_UNARY = {
    "dash": frozenset(f"-{letter}" for letter in "nzrwxefdcbpugksSLhOGt"),
    "bash": frozenset(f"-{letter}" for letter in "abcdefghknoprstuvwxzGLNORS"),
    "ash": frozenset(f"-{letter}" for letter in "nzrwxefdcbpugksSLhOGt"),
}
_INTEGER = re.compile(r"\s*[-+]?\d+\s*")
Ask = Callable[..., bool]
"""Asked with the operator and its words: ``("-f", path)``, ``("-nt", one, other)``."""


class _Wrong(Exception):  # noqa: N818 - the program's own complaint
    """It complains and ends with 2."""


def test_status(words: Sequence[str], shell: Shell, ask: Ask) -> int:
    """The status of ``[ WORDS ]``. ``ask`` answers for what only the host knows. Raises `Unknown`."""
    try:
        return int(not _PARSERS[shell](words, ask).value())
    except _Wrong:
        return 2


# `[ a == a ]`: dash 0.5.12 says "unexpected operator" and ends with 2.
def binary(shell: Shell, operator: str) -> bool:
    return operator in _STRINGS or operator in _NUMBERS or operator in _FILES or (operator == "==" and shell != "dash")


def compared(first: str, operator: str, second: str, ask: Ask) -> bool:
    """One comparison. Numbers are decimal whatever their zeros; blanks around them are ignored."""
    if operator in _NUMBERS:
        a, b = _integer(first), _integer(second)
        return {"-eq": a == b, "-ne": a != b, "-lt": a < b, "-le": a <= b, "-gt": a > b, "-ge": a >= b}[operator]
    if operator in _FILES:
        return ask(operator, first, second)
    if operator in ("<", ">"):
        if not re.fullmatch(r"[\d:\-]*", first + second):  # letters sort by the locale in some shells
            raise Unknown(operator)
        return first < second if operator == "<" else first > second
    return (first == second) != (operator == "!=")


def _integer(text: str) -> int:
    # `[ "" -eq 0 ]` is an error (status 2) and not false, but `if` and `||` see no difference.
    if not _INTEGER.fullmatch(text):
        raise _Wrong
    value = int(text)
    if abs(value) >= 1 << 63:
        raise Unknown(text)
    return value


def _unary(operator: str, word: str, ask: Ask) -> bool:
    if operator in ("-n", "-z"):
        return bool(word) == (operator == "-n")
    return ask(operator, word)


class _Dash:
    """dash's parser."""

    def __init__(self, words: Sequence[str], ask: Ask) -> None:
        self.words, self.ask = list(words), ask
        self.at = 0
        self.operator = ""  # of the word last looked at: "" for an operand

    def word(self, at: int) -> str | None:
        return self.words[at] if at < len(self.words) else None

    def value(self) -> bool:
        negated = False
        if not self.words:
            return False
        while len(self.words) in (3, 4):
            # POSIX: of three arguments a binary operator in the middle decides before `!` and parentheses.
            if len(self.words) == 3 and binary("dash", self.words[1]):
                return self.comparison() != negated
            if self.words[0] == "(" and self.words[-1] == ")":
                self.words = self.words[1:-1]
                break
            if self.words[0] != "!":
                break
            # `[ ! ! -n a ]`: it is noted that there was one, not how many (testcmd sets `res = 0` at each).
            self.words, negated = self.words[1:], True
        return self.whole() != negated

    def comparison(self) -> bool:
        first, operator, second = self.words
        return compared(first, operator, second, self.ask)

    def whole(self) -> bool:
        found = self.either(self.look(0))
        # An operand too many: dash says "unexpected operator".
        if self.word(self.at) is not None and self.word(self.at + 1) is not None:
            raise _Wrong
        return found

    def look(self, at: int) -> str:
        """The operator that a word is, or an empty string for an operand; ``end`` beyond the last word."""
        word = self.word(at)
        self.operator = ""
        if word is None:
            return "end"
        known = binary("dash", word) or word in ("-a", "-o", "!", "(", ")") or word in _UNARY["dash"]
        plain = (word in _UNARY["dash"] and self.is_operand(at)) or (word == "(" and self.word(at + 1) is None)
        if known and not plain:
            self.operator = word
        return self.operator

    def is_operand(self, at: int) -> bool:
        following = self.word(at + 1)
        if following is None:
            return True
        if self.word(at + 2) is None:
            return False
        return binary("dash", following)

    def either(self, kind: str) -> bool:
        found = False
        while True:
            found |= self.both(kind)
            if self.look(self.at + 1) != "-o":
                return found
            self.at += 2
            kind = self.look(self.at)

    def both(self, kind: str) -> bool:
        found = True
        while True:
            found &= self.negation(kind)
            if self.look(self.at + 1) != "-a":
                return found
            self.at += 2
            kind = self.look(self.at)

    def negation(self, kind: str) -> bool:
        if kind != "!":
            return self.primary(kind)
        kind = self.look(self.at + 1)
        if kind != "end":
            self.at += 1
        return not self.negation(kind)

    def primary(self, kind: str) -> bool:
        if kind == "end":
            # `[ a -o ]`: dash goes on beyond its last word, into whatever lies there; it may even crash.
            if self.at >= len(self.words):
                raise Unknown(self.words[-1])
            return False
        if kind == "(":
            self.at += 1
            inner = self.look(self.at)
            if inner == ")":
                return False
            found = self.either(inner)
            self.at += 1
            if self.look(self.at) != ")":
                raise _Wrong
            return found
        if self.operator in _UNARY["dash"]:
            operator = self.operator
            self.at += 1
            word = self.word(self.at)
            if word is None:
                raise _Wrong
            return _unary(operator, word, self.ask)
        operator = self.look(self.at + 1)
        if binary("dash", operator):
            first, second = self.word(self.at), self.word(self.at + 2)
            self.at += 2
            if second is None or first is None:
                raise _Wrong
            return compared(first, operator, second, self.ask)
        return bool(self.word(self.at))


class _Ash:
    """BusyBox's: a sibling of dash's, with special cases of its own at the front, and a complaint where a word lacks."""

    def __init__(self, words: Sequence[str], ask: Ask) -> None:
        self.words, self.ask = list(words), ask
        self.at = 0

    def word(self, at: int) -> str | None:
        return self.words[at] if at < len(self.words) else None

    def value(self) -> bool:
        left, negated = self.words, False
        while len(left) > 1:
            if len(left) == 3 and binary("ash", left[1]):
                return compared(left[0], left[1], left[2], self.ask) != negated
            if len(left) == 4 and left[0] == "(" and left[3] == ")":
                # It ends the words there; where they are read from the front then, the closing one lacks: `[ ( -n a ) ]`.
                self.words, left = self.words[:-1], left[1:-1]
            elif left[0] == "!":
                left, negated = left[1:], not negated
            else:
                return self.whole()
        return bool(left and left[0]) != negated

    def whole(self) -> bool:
        found = self.either()
        if self.word(self.at) is not None and self.word(self.at + 1) is not None:
            raise _Wrong
        return found

    def either(self) -> bool:
        found = self.both()
        if self.word(self.at + 1) != "-o":
            return found
        self.at += 2
        return self.either() or found

    def both(self) -> bool:
        found = self.negation()
        if self.word(self.at + 1) != "-a":
            return found
        self.at += 2
        return self.both() and found

    def negation(self) -> bool:
        if self.word(self.at) != "!":
            return self.primary()
        # `[ a -a ! ]` is taken: `!` with nothing behind it is true.
        if self.word(self.at + 1) is None:
            return True
        self.at += 1
        return not self.negation()

    def primary(self) -> bool:
        word, following = self.word(self.at), self.word(self.at + 1)
        if word is None:
            raise _Wrong
        if word == "(":
            self.at += 1
            found = self.either()
            self.at += 1
            if self.word(self.at) != ")":
                raise _Wrong
            return found
        second = self.word(self.at + 2)
        if following is not None and second is not None and binary("ash", following):
            self.at += 2
            return compared(word, following, second, self.ask)
        if word in _UNARY["ash"] and following is not None:
            self.at += 1
            return _unary(word, following, self.ask)
        if following is not None and binary("ash", following):
            raise _Wrong
        return bool(word)


class _Bash:
    """bash: the number of words decides, then a grammar of its own."""

    def __init__(self, words: Sequence[str], ask: Ask) -> None:
        self.words, self.ask = list(words), ask
        self.at = 0

    def value(self) -> bool:
        count = len(self.words)
        # bash's posixtest counts the words first, as POSIX asks; only more than four go to the grammar.
        found = {0: self.none, 1: self.one, 2: self.two, 3: self.three, 4: self.four}.get(count, self.expression)()
        if self.at != count:
            raise _Wrong
        return found

    def none(self) -> bool:
        return False

    def one(self) -> bool:
        self.at += 1
        return bool(self.words[self.at - 1])

    def two(self) -> bool:
        if self.words[self.at] == "!":
            self.at += 1
            return not self.one()
        if self.words[self.at] in _UNARY["bash"]:
            return self.unary()
        raise _Wrong

    def three(self) -> bool:
        at = self.at
        middle = self.words[at + 1]
        if binary("bash", middle):
            return self.binary()
        # bash takes `-a` and `-o` between two words as connectives, before `!` at the front.
        if middle in ("-a", "-o"):
            first, second = bool(self.words[at]), bool(self.words[at + 2])
            self.at += 3
            return (first and second) if middle == "-a" else (first or second)
        if self.words[at] == "!":
            self.at += 1
            return not self.two()
        if self.words[at] == "(" and self.words[at + 2] == ")":
            self.at += 3
            return bool(middle)
        raise _Wrong

    def four(self) -> bool:
        if self.words[0] == "!":
            self.at += 1
            return not self.three()
        if self.words[0] == "(" and self.words[3] == ")":
            self.at += 1
            found = self.two()
            self.at = 4
            return found
        return self.expression()

    def expression(self) -> bool:
        found = self.both()
        if self.at < len(self.words) and self.words[self.at] == "-o":
            self.at += 1
            other = self.expression()
            return found or other
        return found

    def both(self) -> bool:
        found = self.term()
        if self.at < len(self.words) and self.words[self.at] == "-a":
            self.at += 1
            other = self.both()
            return found and other
        return found

    def term(self) -> bool:
        if self.at >= len(self.words):
            raise _Wrong
        if self.words[self.at] == "!":
            self.at += 1
            return not self.term()
        if self.words[self.at] == "(":
            self.at += 1
            found = self.expression()
            if self.at >= len(self.words) or self.words[self.at] != ")":
                raise _Wrong
            self.at += 1
            return found
        left = len(self.words) - self.at
        if left >= 3 and binary("bash", self.words[self.at + 1]):
            return self.binary()
        if left >= 2 and self.words[self.at] in _UNARY["bash"]:
            return self.unary()
        return self.one()

    def unary(self) -> bool:
        operator, word = self.words[self.at : self.at + 2]
        self.at += 2
        return _unary(operator, word, self.ask)

    def binary(self) -> bool:
        first, operator, second = self.words[self.at : self.at + 3]
        self.at += 3
        return compared(first, operator, second, self.ask)


_PARSERS: dict[Shell, type[_Dash | _Ash | _Bash]] = {"dash": _Dash, "ash": _Ash, "bash": _Bash}
