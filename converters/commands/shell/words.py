"""Words of a simple command: where they stand, and what they mean when no shell is needed to know.

A second reading beside tree-sitter's. Quotes, escapes and substitutions are followed to their end; what is not plainly
known (a glob, an expansion, bash's ``$'..'``) leaves the word without a value, and the caller keeps it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from converters.commands.shell.program_names import known_as

BLANKS = " \t"
METACHARACTERS = frozenset(" \t\n;&|<>()")
# Most words of a crontab: one match instead of a walk over their characters.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,^\-]+")
# `a+=b` and `a[1]=b` are bash's; what they make of the variable is not known, so they have no value.
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(?:\[[^]]*\])?\+|\[[^]]*\])?=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Longest first: `<<<` before `<`, `>>` before `>`.
_OPERATOR = re.compile(r"([0-9]*)(<<<|<>|<&|<|>>|>&|>\||>)|(&>>|&>)")
# dash has no brace expansion: `{1..3}` is itself there (and `rm -f {1..2}.log` removes nothing, status 0).
_PROCESS = ("<(", ">(")
_BRACES = re.compile(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_SAFE_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,=\-]+")

Part = tuple[str, str]
"""One piece of a word: ``("text", value)``, ``("variable", NAME)``, ``("quoted variable", NAME)``, ``("tilde", "")``, or
``("other", source)`` for what only a shell can say."""


class Unreadable(ValueError):  # noqa: N818 - it is an outcome, not a mistake
    """The text is no simple command in the grammar that is read here."""


class Word(NamedTuple):
    """One word and its span in the layer's text. ``value`` is its meaning, or ``None`` when a shell must expand it."""

    start: int
    end: int
    text: str
    value: str | None
    parts: tuple[Part, ...]

    def resolve(self, environment: Mapping[str, str]) -> str | None:
        """The value with known variables and ``~`` filled in. An unquoted variable counts only where it cannot split."""
        if self.value is not None:
            return self.value
        shown = []
        for kind, content in self.parts:
            if kind == "text":
                shown.append(content)
                continue
            name = "HOME" if kind == "tilde" else content
            value = environment.get(name) if kind != "other" else None
            # An unquoted value is split at blanks and matched against files (POSIX 2.6.5, 2.6.6): only plain ones are
            # themselves.
            if value is None or (kind != "quoted variable" and not _SAFE_VALUE.fullmatch(value)):
                return None
            shown.append(value)
        return "".join(shown)

    def reopened(self, environment: Mapping[str, str]) -> str | None:
        """The text an inner shell gets, with a known, plain variable left as ``$NAME``: it has the same value inside."""
        if self.value is not None:
            return self.value
        shown = []
        for kind, content in self.parts:
            if kind == "text":
                shown.append(content)
            elif kind == "quoted variable" and _SAFE_VALUE.fullmatch(environment.get(content, "")):
                shown.append(f"${{{content}}}")
            else:
                return None
        return "".join(shown)


class Assignment(NamedTuple):
    """``NAME=VALUE`` before a command; ``value`` is ``None`` when a shell must expand it."""

    name: str
    value: str | None
    word: Word


class Redirect(NamedTuple):
    """``fd`` is the descriptor written before the operator, or ``None``; ``&>`` stands for both outputs."""

    start: int
    end: int
    fd: int | None
    operator: str
    target: Word


@dataclass(eq=False, repr=False)
class Simple:
    """A simple command. ``words[0]`` is the program; ``program_only`` says that no builtin of that name would be meant,
    because a wrapper in front of it executed it."""

    start: int
    end: int
    assignments: list[Assignment] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    program_only: bool = False

    @property
    def name(self) -> str | None:
        """The name that the program is known by (``/usr/bin/flock`` -> ``flock``), or ``None`` if it is not literal."""
        if not self.words or self.words[0].value is None:
            return None
        return known_as(self.words[0].value)

    @property
    def values(self) -> list[str | None]:
        return [word.value for word in self.words]


def read_simple(text: str, start: int, end: int) -> Simple:
    """Read ``text[start:end]`` as one simple command. Raises `Unreadable`."""
    command = Simple(start, end)
    at = _skip(text, start, end)
    while at < end:
        operator = _OPERATOR.match(text, at, end) if not text.startswith(_PROCESS, at) else None
        if operator is not None:
            redirect = _redirect(text, operator, end)
            command.redirects.append(redirect)
            at = redirect.end
        elif (text[at] in METACHARACTERS and not text.startswith(_PROCESS, at)) or text[at] == "#":
            # A `#` at a word's start begins a comment; tree-sitter has told them apart before.
            raise Unreadable(text[at])
        else:
            word = read_word(text, at, end)
            match = _ASSIGNMENT.match(word.text)
            # POSIX 2.9.1: assignments stand before the first word only; later ones are arguments.
            if match is not None and not command.words:
                plain = match.end() == len(match[1]) + 1
                command.assignments.append(Assignment(match[1], _assigned(word, match.end()) if plain else None, word))
            else:
                command.words.append(word)
            at = word.end
            if at < end and text[at] not in METACHARACTERS:
                raise Unreadable(text[at])
        at = _skip(text, at, end)
    return command


def _assigned(word: Word, offset: int) -> str | None:
    """An assignment's value. Braces and globs are not expanded in it, but tildes after ``=`` and ``:`` are."""
    if word.value is not None:
        return word.value[offset:]
    if all(kind == "text" for kind, _ in word.parts):
        return "".join(content for _, content in word.parts)[offset:]
    return None


def _skip(text: str, at: int, end: int) -> int:
    while at < end and text[at] in BLANKS:
        at += 1
    return at


def _redirect(text: str, operator: re.Match[str], end: int) -> Redirect:
    at = _skip(text, operator.end(), end)
    if at >= end or (text[at] in METACHARACTERS and not text.startswith(_PROCESS, at)):
        raise Unreadable(operator[0])
    target = read_word(text, at, end)
    # A number counts as a descriptor only directly before the operator.
    fd = int(operator[1]) if operator[1] else None
    return Redirect(operator.start(), target.end, fd, operator[2] or operator[3], target)


class _Reader:
    """Collects the parts of one word."""

    def __init__(self, text: str, at: int, end: int) -> None:
        self.text, self.at, self.end = text, at, end
        self.parts: list[Part] = []
        self.pending: list[str] = []
        self.expands = False

    def literal(self, text: str) -> None:
        self.pending.append(text)

    def part(self, kind: str, content: str) -> None:
        if self.pending:
            self.parts.append(("text", "".join(self.pending)))
            self.pending = []
        self.parts.append((kind, content))
        self.expands = True

    def finish(self) -> tuple[Part, ...]:
        if self.pending:
            self.parts.append(("text", "".join(self.pending)))
        return tuple(self.parts)


def read_word(text: str, start: int, end: int) -> Word:
    """Read the word that begins at ``start``. Raises `Unreadable` when a quote or substitution does not end."""
    plain = _PLAIN.match(text, start, end)
    if plain is not None and (plain.end() == end or text[plain.end()] in METACHARACTERS):
        return Word(start, plain.end(), plain[0], plain[0], (("text", plain[0]),))
    reader = _Reader(text, start, end)
    # `unsure` is what only a shell knows: a glob, another's home, or braces that bash expands and dash does not.
    unsure = text[start] == "~" and _tilde(reader)
    bare: list[str] = []  # what stands outside quotes; `x` for what is inside
    while reader.at < end:
        char = text[reader.at]
        if text.startswith(_PROCESS, reader.at):
            # bash(1), Process Substitution: a part of the word, which becomes a path below /dev/fd.
            stop = closing(text, reader.at + 2, end, ")")
            reader.part("other", text[reader.at : stop])
            reader.at = stop
            continue
        if char == "(" and _ASSIGNMENT.fullmatch(text, start, reader.at):
            _array(reader)
            continue
        if char in METACHARACTERS:
            break
        quoting = char in "'\"\\$`"
        bare.append("x" if quoting else char)
        if quoting:
            _quoted(reader, char)
        else:
            # A tilde behind `=` or `:` is expanded in assignments only (POSIX 2.6.1); which it is shows later.
            unsure |= char in "*?[" or (char == "~" and text[reader.at - 1] in "=:")
            reader.literal(char)
            reader.at += 1
    source = text[start : reader.at]
    unsure = (unsure and source not in ("[", "]")) or ("{" in bare and _BRACES.search("".join(bare)) is not None)
    parts = reader.finish()
    value = None if reader.expands or unsure else "".join(content for _, content in parts)
    if unsure and not _assignment_only(source, parts):
        parts = (("other", source),)
    return Word(start, reader.at, source, value, parts)


def _array(reader: _Reader) -> None:
    """bash's ``NAME=(a "$b" $(c))``: the parts of its words, and brackets around them that only a shell can say."""
    stop = closing(reader.text, reader.at + 1, reader.end, ")")
    reader.part("other", "(")
    for word in array_words(reader.text, reader.at + 1, stop - 1):
        for kind, content in word.parts:
            reader.part(kind, content)
    reader.part("other", ")")
    reader.at = stop


def array_words(text: str, at: int, end: int) -> Iterator[Word]:
    """The words between the brackets of an array; lines and comments may stand there. Raises `Unreadable`."""
    while at < end:
        if text[at] == "#":
            at = _find(text, "\n", at, end)
        elif text[at] in " \t\n":
            at += 1
        elif text[at] in METACHARACTERS and not text.startswith(_PROCESS, at):
            raise Unreadable(text[at])
        else:
            word = read_word(text, at, end)
            yield word
            at = word.end


def _quoted(reader: _Reader, char: str) -> None:
    """One quoted stretch, one escaped character, or one expansion."""
    text, at, end = reader.text, reader.at, reader.end
    if char == "'":
        close = _find(text, "'", at + 1, end)
        reader.literal(text[at + 1 : close])
        reader.at = close + 1
    elif char == '"':
        _double_quotes(reader)
    elif char == "\\":
        # A backslash-newline joins lines; in a crontab it cannot come from cron.
        if at + 1 >= end or text[at + 1] == "\n":
            raise Unreadable("\\")
        reader.literal(text[at + 1])
        reader.at += 2
    else:
        _expansion(reader, quoted=False)


def _assignment_only(source: str, parts: tuple[Part, ...]) -> bool:
    """``A=*`` and ``A={1,2}`` are literal as assignments; a tilde is not."""
    return bool(_ASSIGNMENT.match(source)) and "~" not in source and all(kind == "text" for kind, _ in parts)


def _tilde(reader: _Reader) -> bool:
    """``~`` and ``~/x`` mean HOME; ``~user`` and ``~+`` are left to the shell."""
    following = reader.text[reader.at + 1 : reader.at + 2]
    # `~user` asks the password file of the host, `~+` is bash's.
    at_end = reader.at + 1 >= reader.end or following in METACHARACTERS
    if at_end or following == "/":
        reader.part("tilde", "")
        reader.at += 1
        return False
    return True


def _double_quotes(reader: _Reader) -> None:
    text = reader.text
    reader.at += 1
    reader.literal("")
    while reader.at < reader.end and text[reader.at] != '"':
        char = text[reader.at]
        if char == "\\":
            following = text[reader.at + 1 : reader.at + 2]
            # POSIX 2.2.3: in double quotes a backslash is itself before any other character.
            reader.literal(following if following in ("$", "`", '"', "\\") else char + following)
            reader.at += 2
        elif char in "$`":
            _expansion(reader, quoted=True)
        else:
            reader.literal(char)
            reader.at += 1
    if reader.at >= reader.end:
        raise Unreadable('"')
    reader.at += 1


def _expansion(reader: _Reader, *, quoted: bool) -> None:
    """``$x``, ``${x}``, ``$(..)``, ``$((..))``, backquotes; a lone ``$`` is itself."""
    text, at, end = reader.text, reader.at, reader.end
    following = text[at + 1 : at + 2] if at + 1 < end else ""
    name = _NAME.match(text, at + 1, end) if text[at] == "$" else None
    if text[at] == "`":
        stop = closing_backquote(text, at + 1, end)
    elif following == "(":
        # `$((` is passed over as two brackets: it ends where both are closed.
        stop = closing(text, at + 2, end, ")")
    elif following == "{":
        stop = closing(text, at + 2, end, "}")
        name = _NAME.fullmatch(text, at + 2, stop - 1)
    elif following == "[":
        # `$[1+2]` is bash's old arithmetic and plain text in dash.
        stop = closing(text, at + 2, end, "]")
    elif name is not None:
        stop = name.end()
    elif following and following in "?$!#*@-0123456789":
        stop = at + 2
    elif following in ("'", '"') and not quoted:
        reader.part("other", "$")  # bash: another kind of quotes; dash: a dollar sign before them
        reader.at = at + 1
        return
    else:
        reader.literal("$")
        reader.at = at + 1
        return
    if name is not None:
        reader.part("quoted variable" if quoted else "variable", name[0])
    else:
        reader.part("other", text[at:stop])
    reader.at = stop


def closing(text: str, at: int, end: int, closer: str) -> int:
    """Where the bracket opened before ``at`` is closed, one past it; quotes and inner brackets are passed over."""
    opener = {")": "(", "}": "{", "]": "["}[closer]
    depth = 1
    while at < end:
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "'":
            at = _find(text, "'", at + 1, end)
        elif char == '"':
            at = closing_quote(text, at + 1, end)
        elif char == "`":
            at = closing_backquote(text, at + 1, end) - 1
        elif char == "$" and text[at + 1 : at + 2] in ("(", "{"):
            at = closing(text, at + 2, end, ")" if text[at + 1] == "(" else "}") - 1
        elif char == opener:
            depth += 1
        elif char == closer:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise Unreadable(opener)


def closing_backquote(text: str, at: int, end: int) -> int:
    """One past the backquote that closes the one before ``at``."""
    while at < end and text[at] != "`":
        at += 2 if text[at] == "\\" else 1
    if at >= end:
        raise Unreadable("`")
    return at + 1


def closing_quote(text: str, at: int, end: int) -> int:
    while at < end and text[at] != '"':
        if text[at] == "\\":
            at += 1
        elif text[at] == "`":
            at = closing_backquote(text, at + 1, end) - 1
        elif text[at] == "$" and text[at + 1 : at + 2] in ("(", "{"):
            at = closing(text, at + 2, end, ")" if text[at + 1] == "(" else "}") - 1
        at += 1
    if at >= end:
        raise Unreadable('"')
    return at


def _find(text: str, char: str, at: int, end: int) -> int:
    found = text.find(char, at, end)
    if found < 0:
        raise Unreadable(char)
    return found


def unfinished(text: str) -> bool:
    """Whether a quote, a backquote or a substitution is still open at the end of the text."""
    at, end = 0, len(text)
    try:
        while at < end:
            if text[at] in METACHARACTERS:
                at += 1
            elif text[at] == "#" or (text[at] == "\\" and at + 1 >= end):
                return False
            else:
                at = read_word(text, at, end).end
    except Unreadable as error:
        return str(error) != "\\"
    except RecursionError:  # thousands of ``$(``: whether all are closed is not counted
        return False
    return False
