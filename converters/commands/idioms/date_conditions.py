"""Shell text -> the condition of a `DateGuard`: ``[ ]``, ``test``, ``[[ ]]``, ``(( ))``, ``expr``, ``case``, ``| grep -q``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converters.commands.shell.parse import substitution, words_of
from converters.commands.shell.syntax import Compound, Pipeline
from converters.commands.shell.words import Part, Simple, Unreadable, Word, read_word
from converters.schedules.date_guards import DIRECTIVES, SECONDS_A_DAY, Node, NotADate

_BINARY = {
    "=": "same",
    "==": "same",
    "!=": "same",
    "-eq": "-eq",
    "-ne": "-ne",
    "-lt": "-lt",
    "-le": "-le",
    "-gt": "-gt",
    "-ge": "-ge",
}
_EXPR_OPERATORS = frozenset({"(", ")", "+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">="})
_DIRECTIVE = re.compile(r"%(%|[-_]?[A-Za-z])")
_SHIFT = re.compile(r"(?:(?P<sign>[-+])?\s*(?P<count>\d+|next|last)?\s*(?P<unit>days?|weeks?)\s*(?P<ago>ago)?)", re.I)
_BSD_SHIFT = re.compile(r"([-+])(\d+)([dw])")
_TOKEN = re.compile(r"\s*(?:(\d+#|\d+)|(&&|\|\||==|!=|<=|>=|[-+*/%<>()!])|(\$\(|`|\$\{?[A-Za-z_]))")


class Reader:
    """Reads conditions; remembers whose date they mean and whether they need bash."""

    def __init__(self, *, bash: bool) -> None:
        self.bash = bash
        self.zones: set[str | None] = set()
        self.bashisms: list[str] = []

    @property
    def zone(self) -> str | None:
        if len(self.zones) > 1:
            raise NotADate("it reads the date of several zones")
        return next(iter(self.zones), None)

    # Commands

    def pipeline(self, pipeline: Pipeline) -> Node:
        """The condition that a pipeline succeeds."""
        node = self._commands(pipeline)
        return ("not", node) if pipeline.negated else node

    def _commands(self, pipeline: Pipeline) -> Node:
        first = pipeline.commands[0]
        if len(pipeline.commands) == 2:
            return self._grep(pipeline)
        if len(pipeline.commands) != 1:
            raise NotADate("a pipe")
        if isinstance(first, Compound):
            raise NotADate("a block")
        if first.assignments:
            raise NotADate("an assignment")
        if first.name == "[" and not first.redirects and first.words[-1].value == "]":
            return self.test(first.words[1:-1])
        if first.name == "test" and not first.redirects:
            return self.test(first.words[1:])
        if first.name == "expr":
            return ("true", self.expr(first.words[1:]))
        raise NotADate("another command")

    def _grep(self, pipeline: Pipeline) -> Node:
        """``date +%u | grep -q '[135]'``."""
        source, grep = pipeline.commands
        if not isinstance(source, Simple) or not isinstance(grep, Simple) or grep.name not in ("grep", "egrep"):
            raise NotADate("a pipe")
        options = [value or "" for value in grep.values[1:-1]]
        pattern = grep.values[-1]
        quiet = any("q" in option for option in options) or any(r.target.value == "/dev/null" for r in grep.redirects)
        if (
            pattern is None
            or not quiet
            or set("".join(options)) - set("-qEex")
            or source.redirects
            or source.assignments
        ):
            raise NotADate("a pipe")
        extended = "E" in "".join(options) or grep.name == "egrep"
        if not re.fullmatch(r"[\w\[\]^$.\- ]*" if not extended else r"[\w\[\]^$.|()?+\- ]*", pattern):
            raise NotADate("a pattern")
        if "x" in "".join(options):
            pattern = f"^(?:{pattern})$"
        return ("match", pattern, self.date(source.words))

    def double_brackets(self, text: str) -> Node:
        """``[[ A OP B ]]`` with one comparison, and ``(( EXPRESSION ))``; bash only."""
        if text.startswith("((") and text.endswith("))"):
            return ("true", self.arithmetic(text[2:-2]))
        words = words_of(text[2:-2]) if text.startswith("[[ ") and text.endswith("]]") else None
        if words is None or len(words) != 3:
            raise NotADate("a bash test")
        operator = words[1].value
        if operator in ("=", "==", "!=") and words[2].value is not None:
            same: Node = ("same", self.word(words[0]), ("text", words[2].value))
            return ("not", same) if operator == "!=" else same
        if operator in _BINARY and operator.startswith("-"):  # here numbers are arithmetic: 08 is an error
            return (operator, ("+", self.word(words[0]), ("number", 0)), ("+", self.word(words[2]), ("number", 0)))
        raise NotADate("a bash test")

    # test

    def test(self, words: Sequence[Word]) -> Node:
        """``A OP B`` with ``!``, ``-a`` and ``-o``."""
        values = [word.value for word in words]
        for joiner, kind in (("-o", "or"), ("-a", "and")):
            if joiner in values[1:]:
                at = values.index(joiner, 1)
                return (kind, self.test(words[:at]), self.test(words[at + 1 :]))
        if values[:1] == ["!"]:
            return ("not", self.test(words[1:]))
        if len(words) != 3 or values[1] not in _BINARY:
            raise NotADate("a test of something else")
        if values[1] == "==" and not self.bash:
            self.bashisms.append("==")
        kind = _BINARY[values[1] or ""]
        node: Node = (kind, self.word(words[0]), self.word(words[2]))
        return ("not", node) if values[1] == "!=" else node

    def word(self, word: Word) -> Node:
        """A word of text, dates and arithmetic."""
        if word.value is not None:
            return ("text", word.value)
        return self.parts(word.parts)

    def parts(self, parts: Sequence[Part]) -> Node:
        nodes = [self._part(kind, content) for kind, content in parts if content]
        return nodes[0] if len(nodes) == 1 else ("join", *nodes)

    def _part(self, kind: str, content: str) -> Node:
        if kind == "text":
            return ("text", content)
        if kind != "other":
            raise NotADate("a variable")
        if content.startswith("$((") and content.endswith("))"):
            return self.arithmetic(content[3:-2])
        if content.startswith("$[") and content.endswith("]"):
            return self.arithmetic(content[2:-1])
        inner = substitution(content)
        words = words_of(inner) if inner is not None else None
        if words is None or not words:
            return self._with_zone(inner)
        if words[0].value is not None and words[0].value.rpartition("/")[2] == "expr":
            return self.expr(words[1:])
        return self.date(words)

    def _with_zone(self, inner: str | None) -> Node:
        """``TZ=Zone date ..``."""
        match = re.fullmatch(r"TZ=(?:'([\w/+\-]+)'|\"([\w/+\-]+)\"|([\w/+\-]+))\s+(.*)", inner or "", re.S)
        words = words_of(match[4]) if match else None
        if match is None or not words:
            raise NotADate("another command")
        node = self.date(words)
        if None in self.zones:
            self.zones.discard(None)
            self.zones.add(match[1] or match[2] or match[3])
        return node

    # date

    def date(self, words: Sequence[Word]) -> Node:
        """``date [-u] [-d SHIFT] +FORMAT`` (GNU) or ``date -v+1d +FORMAT`` (BSD)."""
        if not words or words[0].value is None or words[0].value.rpartition("/")[2] != "date":
            raise NotADate("another command")
        shape, shift, zone = None, 0, None
        values = iter([word.value for word in words[1:]])
        for value in values:
            if value is None:
                raise NotADate("a date that only the shell knows")
            if value.startswith("+") and shape is None:
                shape = value[1:]
            elif value in ("-u", "--utc", "--universal"):
                zone = "UTC"
            elif value in ("-d", "--date"):
                shift += _shift(next(values, None))
            elif value.startswith(("--date=", "-d")):
                shift += _shift(value.removeprefix("--date=").removeprefix("-d"))
            elif value.startswith("-v"):
                shift += _bsd_shift(value[2:])
            else:
                raise NotADate(f"an option `{value}`")
        if shape is None or not (_tells_days(shape) or (shape == "%s" and not shift)):
            raise NotADate("a time of day")
        self.zones.add(zone)
        return ("date", shape, shift)

    # expr

    def expr(self, words: Sequence[Word]) -> Node:
        """``expr A OP B ..``: decimal numbers; parentheses and operators are words of their own."""
        tokens: list[Node | str] = []
        for word in words:
            if word.value is not None and word.value in _EXPR_OPERATORS:
                tokens.append("==" if word.value == "=" else word.value)
            else:
                tokens.append(("decimal", self.word(word)))
        return _Precedence(tokens).parse()

    # $(( ))

    def arithmetic(self, text: str) -> Node:
        """An arithmetic expression. ``10#$(..)`` is decimal, and bash's own."""
        tokens: list[Node | str] = []
        at = 0
        text = text.rstrip()
        decimal = False
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise NotADate("arithmetic")
            if match[1]:
                at = match.end()
                if match[1].endswith("#"):
                    if match[1] != "10#":
                        raise NotADate("arithmetic")
                    decimal = True
                    if not self.bash:
                        self.bashisms.append("10#")
                    continue
                tokens.append(_literal_number(match[1]))
            elif match[2]:
                at = match.end()
                tokens.append(match[2])
            else:
                at = match.start(3)
                node, at = self._embedded(text, at)
                tokens.append(("decimal", node) if decimal else node)
            decimal = False
        return _Precedence(tokens).parse()

    def _embedded(self, text: str, at: int) -> tuple[Node, int]:
        try:
            word = read_word(text, at, len(text))
        except Unreadable:
            raise NotADate("arithmetic") from None
        first = word.parts[0] if word.parts else ("", "")
        if first[0] == "other" and text.startswith(first[1], at):
            return self._part(*first), at + len(first[1])
        raise NotADate("a variable")


def _tells_days(shape: str) -> bool:
    """Every directive of a format stands for the day, none for the time."""
    names = {match[1] for match in _DIRECTIVE.finditer(shape)}
    return "%" not in _DIRECTIVE.sub("", shape) and names <= {"%", *DIRECTIVES}


def _literal_number(digits: str) -> Node:
    """A number written in ``$(( ))``: a leading zero makes it octal there too."""
    if len(digits) > 1 and digits.startswith("0"):
        return ("text", digits)
    return ("number", int(digits))


def _shift(text: str | None) -> int:
    """``tomorrow``, ``+7 days``, ``1 week ago`` in days; months overflow at their end and are not read."""
    words = (text or "").strip().lower()
    if words in ("tomorrow", "yesterday", "today", "now"):
        return {"tomorrow": 1, "yesterday": -1}.get(words, 0)
    match = _SHIFT.fullmatch(words)
    if match is None:
        raise NotADate("a date")
    count = (
        {"next": 1, "last": -1, None: 1}.get(match["count"])
        if not (match["count"] or "").isdecimal()
        else int(match["count"])
    )
    days = (count or 0) * (7 if match["unit"].startswith("week") else 1)
    return days * (-1 if match["sign"] == "-" else 1) * (-1 if match["ago"] else 1)


def _bsd_shift(text: str) -> int:
    match = _BSD_SHIFT.fullmatch(text)
    if match is None:
        raise NotADate("a date")
    return int(match[2]) * (7 if match[3] == "w" else 1) * (-1 if match[1] == "-" else 1)


class _Precedence:
    """Precedence climbing over operands and operators, all from the left."""

    LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))

    def __init__(self, tokens: list[Node | str]) -> None:
        self.tokens = tokens
        self.at = 0

    def parse(self) -> Node:
        node = self.level(0)
        if self.at != len(self.tokens):
            raise NotADate("arithmetic")
        return node

    def level(self, depth: int) -> Node:
        if depth == len(self.LEVELS):
            return self.operand()
        node = self.level(depth + 1)
        while self.at < len(self.tokens) and self.tokens[self.at] in self.LEVELS[depth]:
            operator = self.tokens[self.at]
            self.at += 1
            node = (operator, node, self.level(depth + 1))
        return node

    def operand(self) -> Node:
        if self.at >= len(self.tokens):
            raise NotADate("arithmetic")
        first = self.tokens[self.at]
        self.at += 1
        if first == "(":
            node = self.level(0)
            if self.tokens[self.at : self.at + 1] != [")"]:
                raise NotADate("arithmetic")
            self.at += 1
            return node
        if first == "!":
            return ("!", self.operand())
        if isinstance(first, str):
            raise NotADate("arithmetic")
        return first


def check_seconds(node: Node, divided: int = 1) -> None:
    """``date +%s`` is a matter of days only when it is divided into whole days first; else raises `NotADate`."""
    if node[0] == "date":
        if node[1] == "%s" and divided % SECONDS_A_DAY:
            raise NotADate("a time of day")
        return
    for index, part in enumerate(node[1:]):
        if isinstance(part, tuple) and part and isinstance(part[0], str):
            by = 1
            if node[0] == "/" and index == 0:
                divisor = _plain(node[2])
                by = divided * divisor if divisor else 1
            elif node[0] == "decimal":
                by = divided
            check_seconds(part, by)


def _plain(node: Node) -> int:
    if node[0] == "decimal":
        return _plain(node[1])
    if node[0] == "number":
        return int(node[1])
    return int(node[1]) if node[0] == "text" and str(node[1]).isdecimal() else 0


def case_condition(reader: Reader, compound: Compound) -> tuple[Node, int] | None:
    """``case $(date +%d) in 0[2-8]) CMDS;; esac``: the condition and which item runs the job; others must be empty."""
    working = [index for index, body in enumerate(compound.bodies) if body.statements]
    if compound.subject is None or len(working) != 1:
        return None
    chosen = working[0]
    subject = reader.word(compound.subject)
    if compound.subject.value is not None:
        return None
    earlier = [("glob", _patterns(patterns), subject) for patterns in compound.patterns[:chosen]]
    own: Node = ("glob", _patterns(compound.patterns[chosen]), subject)
    return ("and", *[("not", node) for node in earlier], own), chosen


def _patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    plain = []
    for pattern in patterns:
        text = pattern.strip("\"'") if pattern[:1] in "\"'" and pattern[:1] == pattern[-1:] else pattern
        if re.search(r"[\\'\"$`]|\[\^", text):
            raise NotADate("a pattern")
        plain.append(text)
    return tuple(plain)
