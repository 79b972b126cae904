"""``expr`` on numbers and comparisons: words -> what it prints and its status."""

from __future__ import annotations

from dataclasses import dataclass

from converters.schedules.date_output import Unknown
from converters.schedules.shell_arithmetic import arithmetic
from converters.schedules.shell_words import State, Word, fields_of


@dataclass(frozen=True, slots=True)
class Expr:
    """``expr WORDS``: decimal numbers; prints the value, and ends with 1 where it is 0 or empty, with 2 or 3 for an error."""

    words: tuple[Word, ...]

    def run(self, state: State) -> int:
        reading = _ExprReading(fields_of(self.words, state))
        value = reading.value()
        if value is None:
            # expr(1): 2 for a syntax error, and it prints nothing on standard output.
            return 2
        state.out.append(value + "\n")
        # expr(1) ends with 1 where the result is null or 0: `expr $(date +%V) % 2 || job` runs in even weeks.
        return int(value == "" or value.strip("0-") == "")


_EXPR_LEVELS = (("|",), ("&",), ("=", "==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


class _ExprReading:
    def __init__(self, words: list[str]) -> None:
        self.words, self.at = words, 0
        # GNU expr takes a leading `--`; POSIX asks it of all utilities.
        if words[:1] == ["--"]:
            self.at = 1

    def value(self) -> str | None:
        try:
            found = self.level(0)
        except ValueError:
            return None
        return found if self.at == len(self.words) else None

    def level(self, depth: int) -> str:
        if depth == len(_EXPR_LEVELS):
            return self.operand()
        found = self.level(depth + 1)
        while self.at < len(self.words) and self.words[self.at] in _EXPR_LEVELS[depth]:
            operator = self.words[self.at]
            self.at += 1
            found = self.computed(found, operator, self.level(depth + 1))
        return found

    def computed(self, a: str, operator: str, b: str) -> str:
        if operator in ("|", "&"):
            a_false, b_false = a.strip("0-") == "", b.strip("0-") == ""
            if operator == "|":
                # POSIX: `|` gives the second only if it is neither null nor 0, else 0.
                return a if not a_false else b if not b_false else "0"
            return a if not a_false and not b_false else "0"
        if operator in _EXPR_LEVELS[2]:
            try:
                # Both integers: compared as numbers, so `08 = 8` is true; else as text by the locale's order.
                order = _whole(a) - _whole(b)
            except ValueError:
                if operator not in ("=", "==", "!="):
                    raise Unknown("expr sorts by the locale") from None
                order = int(a != b)
            holds = {"=": order == 0, "==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0}
            return str(int({**holds, ">": order > 0, ">=": order >= 0}[operator]))
        # expr is decimal throughout: a number goes through int first, so 08 is no octal here.
        x, y = _whole(a), _whole(b)
        if abs(x) < _SAFE and abs(y) < _SAFE and (y or operator not in "/%"):
            return str(_plainly(x, operator, y))
        return str(arithmetic(f"({x}) {operator} ({y})", "dash", lambda _: ""))

    def operand(self) -> str:
        if self.at >= len(self.words):
            raise ValueError("operand")
        word = self.words[self.at]
        self.at += 1
        if word == "(":
            found = self.level(0)
            if self.at >= len(self.words) or self.words[self.at] != ")":
                raise ValueError("parenthesis")
            self.at += 1
            return found
        # `+ WORD`, `match`, `length` and `:` are GNU's and POSIX's operators on text.
        if word in ("match", "substr", "index", "length", "+", ":") or ":" in self.words[self.at : self.at + 1]:
            raise Unknown("expr on text")
        if word == ")":
            raise ValueError("parenthesis")
        return word


# Products of two smaller ones fit into 64 bits.
_SAFE = 1 << 31


def _plainly(x: int, operator: str, y: int) -> int:
    """As C does it: a quotient goes towards zero, and a remainder has the sign of what is divided."""
    if operator == "+":
        return x + y
    if operator == "-":
        return x - y
    if operator == "*":
        return x * y
    quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    return quotient if operator == "/" else x - quotient * y


def _whole(text: str) -> int:
    """A number of expr: no blanks, no plus sign."""
    if not (text.removeprefix("-").isdecimal() and text.isascii()):
        raise ValueError(text)
    return int(text)
