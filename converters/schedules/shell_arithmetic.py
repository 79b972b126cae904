"""``$(( ))`` as dash, bash and BusyBox ash compute it: text -> number, octal traps included."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from converters.schedules.date_output import Shell, Unknown

_LIMIT = 1 << 63
# `10#08` is bash's and ash's way out of the octal trap; dash says "expecting EOF".
_TOKEN = re.compile(
    r"\s*(?:(\d+#[0-9A-Za-z]+|0[xX][0-9A-Fa-f]+|\d+)|([A-Za-z_]\w*)"
    r"|(\*\*|<<|>>|&&|\|\||==|!=|<=|>=|[-+*/%<>()!~?:&|^]))"
)


class ShellError(Exception):
    """The shell's own error: it ends the (sub)shell with this status."""

    def __init__(self, status: int = 2) -> None:
        super().__init__(status)
        self.status = status


def _divided(a: int, b: int) -> int:
    if not b:
        # POSIX has C's semantics: division by 0 is an error that ends the shell.
        raise ShellError
    # C99 6.5.5: division truncates towards zero and the remainder has the dividend's sign; Python's floors.
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_BINARY: Mapping[str, Callable[[int, int], int]] = {
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    # Shifts beyond the width are undefined in C; x86 and arm64 take the low six bits.
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    # `expr -5 % 2` and `$((-5 % 2))` are -1.
    "%": lambda a, b: a - b * _divided(a, b),
}
_LEVELS = (("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))


def arithmetic(text: str, shell: Shell, variables: Callable[[str], str], *, mended: bool = False) -> int:
    """The value of an expression whose ``$..`` are expanded already. ``mended`` reads leading zeros as nothing.

    Raises `ShellError` where the shell does, `Unknown` for assignments and other things not modelled.
    """
    return _Reading(text, shell, variables, mended).value()


class _Reading:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str, shell: Shell, variables: Callable[[str], str], mended: bool) -> None:
        self.shell, self.variables, self.mended = shell, variables, mended
        self.tokens: list[str] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                if text[at:].lstrip()[:1] in "=,;'\"$`[]{}\\":  # assignments, arrays, quotes: not modelled
                    raise Unknown(text)
                raise ShellError
            self.tokens.append(match[0].strip())
            at = match.end()
        # `**` is bash's and ash's, `++` and `--` are operators there and two signs in dash.
        if "**" in self.tokens or any(a == b and a in "+-" for a, b in zip(self.tokens, self.tokens[1:], strict=False)):
            raise Unknown(text)
        # `$(( ))` is 0 in bash and ash; dash expects an expression: "arithmetic expression: expecting primary".
        if not self.tokens and shell == "dash":
            raise ShellError
        self.at = 0

    def value(self) -> int:
        if not self.tokens:
            return 0
        # All of it is read before anything is known to fail, but a failure anywhere ends the shell in any case.
        found = self.choice(live=True)
        if self.at != len(self.tokens):
            raise ShellError
        return found

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def accept(self, *operators: str) -> str:
        token = self.peek()
        if token and token in operators:
            self.at += 1
            return token
        return ""

    def choice(self, *, live: bool) -> int:
        condition = self.either(live=live)
        if not self.accept("?"):
            return condition
        first = self.choice(live=live and condition != 0)
        if not self.accept(":"):
            raise ShellError
        second = self.choice(live=live and condition == 0)
        return first if condition else second

    def either(self, *, live: bool) -> int:
        value = self.both(live=live)
        while self.accept("||"):
            other = self.both(live=live and not value)
            value = int(bool(value or other))
        return value

    def both(self, *, live: bool) -> int:
        value = self.level(0, live=live)
        while self.accept("&&"):
            other = self.level(0, live=live and bool(value))
            value = int(bool(value and other))
        return value

    def level(self, depth: int, *, live: bool) -> int:
        if depth == len(_LEVELS):
            return self.operand(live=live)
        value = self.level(depth + 1, live=live)
        while operator := self.accept(*_LEVELS[depth]):
            other = self.level(depth + 1, live=live)
            # In a branch that is not taken nothing may fail, division by 0 neither: it is read, not computed.
            value = _bounded(_BINARY[operator](value, other)) if live else 0
        return value

    def operand(self, *, live: bool) -> int:
        sign = self.accept("!", "-", "+", "~", "(")
        if sign == "(":
            value = self.choice(live=live)
            if not self.accept(")"):
                raise ShellError
            return value
        if sign:
            value = self.operand(live=live)
            return {"!": int(not value), "-": -value, "+": value, "~": ~value}[sign]
        sign = self.peek()
        self.at += 1
        if sign[:1].isdigit():
            return _bounded(self.number(sign))
        if not sign or not (sign[0].isalpha() or sign[0] == "_"):
            raise ShellError
        return self.variable(sign)

    def number(self, token: str) -> int:
        base, sign, digits = token.partition("#")
        if sign:
            if self.shell == "dash":
                raise ShellError
            if base != "10" or not digits.isdecimal():
                raise Unknown(token)
            return int(digits)
        if token[:2] in ("0x", "0X"):
            return int(token, 16)
        # `08` and `09` are bad octal numbers in every shell: a test of `%d`, `%m` or `%V` fails two days, two months,
        # two weeks.
        if len(token) > 1 and token[0] == "0" and not self.mended:
            if set(token) & {"8", "9"}:
                raise ShellError
            return int(token, 8)
        return int(token)

    def variable(self, name: str) -> int:
        """A name: bash and ash compute its value once more, dash takes a number only; empty is 0."""
        text = self.variables(name).strip()
        if not text:
            return 0
        if not re.fullmatch(r"[-+]?\d+", text):
            raise Unknown(name)
        sign = -1 if text[0] == "-" else 1
        return sign * _bounded(self.number(text.lstrip("+-")))


def _bounded(value: int) -> int:
    # Overflow of intmax_t is undefined in C, and the shells differ.
    if not -_LIMIT < value < _LIMIT:
        raise Unknown("a number beyond 64 bits")
    return value
