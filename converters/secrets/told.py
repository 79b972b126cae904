"""Secrets told to a program by its input: `echo X | passwd --stdin`, `<<< X`, `<(echo X)`, `(echo X; echo X) | ..`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from converters.secrets import readers
from converters.secrets.looks import Span, compiled

_MARK = re.compile(
    r"\\.|'(?:\\'|\"'\")'|(?P<quote>\\{0,7}[\"'])|(?P<end>\|\||&&|;|\n|(?<![<>])&(?![\d>]))|(?P<pipe>\|&?)"
    r"|(?P<open>[<>$]?\(|\{(?=\s))|(?P<close>\)|(?<=[\s;])\})|(?P<here><<<[ \t]*)",
    re.DOTALL,
)
_SAYS = re.compile(
    r"(?<![\w.$-])(?P<program>echo|printf)"
    r"[ \t]{1,8}(?:-[neE]{1,3}[ \t]{1,8}|--[ \t]{1,8}){0,3}"
)
_WORD = re.compile(
    r"[ \t]*(?:(?P<open>\\{0,7}['\"]|\$')(?P<quoted>(?:(?!(?P=open))[^\n]){1,1000})(?P=open)"
    r"|\$'(?P<escaped>[^'\n]{1,1000})'|(?P<bare>(?:\\.|\$\([^)]{0,200}\)|[^\s;|&()<>'\"\\])++))"
)
_COMPOUND = re.compile(r"\s*(?:if|while|until|for|case|then|do|else|elif|!|time)\s")
"""A compound command behind a pipe: each command in it reads the pipe (POSIX, "Compound Commands")."""
_LINE = re.compile(r"(?:\\{1,2}[nr]|\n)+")
_DEEPEST = 20
_MOST = 50  # values of one pipeline: nobody says more, and a long text must not be quadratic
_CONVERSION = re.compile(r"%[-\d.]*[sbqd]")


@dataclass(slots=True)
class _Level:
    """Commands of one bracket or quote: what they say, and who reads the pipe behind them."""

    said: list[tuple[int, int]] = field(default_factory=list)  # values of this pipeline's echo and printf so far
    start: int = 0  # of the command that is being read
    sign: str = ""
    before: int = 0  # where the command around a process substitution starts
    all_said: list[tuple[int, int]] = field(default_factory=list)
    given: list[tuple[int, int]] = field(default_factory=list)  # what a pipe hands to all commands of a group or a loop


def told(text: str, quotes: int = 2) -> Iterator[Span]:
    """One walk over the text; a quote opens a level, for what stands in it may be commands (`ssh h 'echo X | passwd'`).

    ``quotes``: how often a quote that did not close may be taken for none."""
    if "\n" in text and "<<" in text:
        yield from _documents(text)
    levels = [_Level()]
    for mark in _MARK.finditer(text):
        level, kind = levels[-1], mark.lastgroup
        if kind == "open":
            handed = (level.given + level.said)[:_MOST]
            levels.append(_Level(start=mark.end(), sign=mark["open"], before=level.start, given=handed))
        elif kind == "quote":
            yield from _quoted(text, levels, mark)
        elif kind == "close":
            yield from _closed(text, levels, mark.start())
        elif kind == "here":
            if _reads(text, level.start, mark.start()) or _reads_behind(text, mark.end()):
                yield from _values(text, _words(text, mark.end(), limit=1))
            else:
                level.said = _words(text, mark.end(), limit=1)  # cat <<< X | sudo -S
        elif kind in ("pipe", "end"):
            yield from _ended(text, level, mark.start())
            _next(text, level, mark)
    for level in levels:
        yield from _ended(text, level, len(text))
    # One quote too many turns the rest inside out: `" printf "X" | docker login --password-stdin` is read without it, too.
    left = next((level.sign[-1] for level in levels if level.sign[-1:] in {"'", '"'}), None)
    if left is not None and quotes:
        at = text.index(left)
        yield from told(f"{text[:at]} {text[at + 1 :]}", quotes - 1)


_DOCUMENT = re.compile(r"(?<!<)<<-?[ \t]{0,4}\\?['\"]?(?P<word>[A-Za-z_]\w{0,30})['\"]?[^\n]{0,400}\n")


def _documents(text: str) -> Iterator[Span]:
    """What stands in a here document is read by the command in front of ``<<WORD``."""
    end = 0
    while found := _DOCUMENT.search(text, end):
        close = re.compile(rf"^\t*{found['word']}[ \t]*$", re.MULTILINE).search(text, found.end())
        end = close.end() if close else len(text)
        line = max(text.rfind("\n", 0, found.start()) + 1, found.start() - 400)
        body = found.end(), close.start() if close else len(text)
        # `cat <<E | ftp h`: behind a pipe stands who reads it.
        command = f"{text[line : found.start()]} |{found[0].partition('|')[2]}"
        for start, stop, kind, name in told_data(command, text[slice(*body)]):
            yield start + body[0], stop + body[0], kind, name


def told_data(command: str, data: str) -> list[Span]:
    """The places in ``data`` that ``command`` reads as a secret from its input."""
    if not _reads(command, 0, len(command)):
        return []
    dialogue = readers.DIALOGUE_READER.search(command, 0, 400)
    return list(_values(data, [(0, len(data))], ftp=dialogue))


def _next(text: str, level: _Level, mark: re.Match[str]) -> None:
    """The next command of a level begins: of the same pipeline, or of another."""
    if mark.lastgroup == "end":
        if level.said and _COMPOUND.match(text, level.start):
            level.given = (level.given + level.said)[:_MOST]
        level.all_said += level.said or _said(text, level.start, mark.start())
        level.said = []
    elif not level.said:
        level.said = _said(text, level.start, mark.start())
    level.start = mark.end()


def _quoted(text: str, levels: list[_Level], mark: re.Match[str]) -> Iterator[Span]:
    if len(levels) > 1 and mark["quote"] == levels[-1].sign:
        yield from _ended(text, levels.pop(), mark.start())
    elif len(levels) < _DEEPEST:
        levels.append(_Level(start=mark.end(), sign=mark["quote"]))


def _ended(text: str, level: _Level, end: int) -> Iterator[Span]:
    # Behind a pipe within a group, that pipe is the input; what it says may be the group's own (`read x; echo $x | ..`).
    if (read := level.said + level.given) and _reads(text, level.start, end):
        yield from _values(
            text, read, ftp=readers.DIALOGUE_READER.search(text, level.start, min(end, level.start + 200))
        )


def _closed(text: str, levels: list[_Level], end: int) -> Iterator[Span]:
    while len(levels) > 1 and levels[-1].sign[-1:] not in "({":
        levels.pop()  # a quote that did not close: an apostrophe in prose
    if len(levels) == 1:
        return
    inner = levels.pop()
    yield from _ended(text, inner, end)
    said = inner.all_said + _said(text, inner.start, end)
    outer = levels[-1]
    if inner.sign in ("(", "{"):
        # Brackets amid a command's words are no group (a shell refuses them): who read the pipe so far has read it.
        yield from _ended(text, outer, inner.start - len(inner.sign))
        outer.said = said[:_MOST] or outer.said  # `(cat)` hands on what it read
        outer.start = end  # the pipe behind it starts the reader
    elif inner.sign == "<(" and said:
        before = text[max(inner.before, inner.start - 200) : inner.start - len(inner.sign)]
        if readers.SECRET_FILE.search(before) or _reads(text, inner.before, inner.start):
            yield from _values(text, said[:_MOST])


def _reads(text: str, start: int, end: int) -> bool:
    """Does this command read a secret from its input? The end of a long one is not looked at."""
    return _read_in(text[start : min(end, start + 400)])


@lru_cache(maxsize=256)
def _read_in(command: str) -> bool:
    return readers.READS.search(command) is not None and readers.LETTERS.match(command) is None


def _reads_behind(text: str, at: int) -> bool:
    word = _WORD.match(text, at)
    return word is not None and readers.READS_BEHIND.match(text, word.end(), word.end() + 200) is not None


def _said(text: str, start: int, end: int) -> list[tuple[int, int]]:
    says = _SAYS.search(text, start, min(end, start + 600))  # behind the fields of a line, `if ..; then`, `time`
    if says is None:
        return []
    words = _words(text, says.end(), end=end, limit=20)
    if says["program"] == "printf" and len(words) > 1 and _CONVERSION.search(text, *words[0]):
        return words[1:]
    return words[:1] if says["program"] == "printf" else words


def _words(text: str, at: int, *, limit: int, end: int | None = None) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while len(found) < limit and (word := _WORD.match(text, at, len(text) if end is None else end)):
        found.append(word.span(word.lastgroup or 0))
        at = word.end()
    return found


_LOGIN_FIRST = re.compile(
    r"(?:sudo\s{1,8})?(?:\S{0,40}/)?telnet(?:[ \t]{1,8}-\w{1,3})*[ \t]{1,8}(?!-)[^\s|;&]{1,99}(?:[ \t]{1,8}(?:23|telnet))?"
    r"[ \t]*(?:\d?>|[;|&)}'\"\n]|$)"
)
"""telnet(1) at its own port: who answers asks for a name and a password, so the second line said is one."""


def _sentences(text: str, words: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Words that one ``echo`` says, as the one line that they make."""
    lines: list[tuple[int, int]] = []
    for start, end in words:
        if lines and text[lines[-1][1] : start].strip(" \t") == "" and lines[-1][1] < start:
            lines[-1] = lines[-1][0], end
        else:
            lines.append((start, end))
    return lines


def _values(text: str, words: list[tuple[int, int]], *, ftp: object = None) -> Iterator[Span]:
    """Each line of what was said; of a dialogue only what follows its own words."""
    words = _sentences(text, words) if ftp else words
    if len(words) > 1 and text[words[0][1] : words[-1][0]].isspace():
        words = [(words[0][0], words[-1][1])]
    if len(words) > 1 and isinstance(ftp, re.Match) and _LOGIN_FIRST.match(text, ftp.start()):
        yield *words[1], "password", "PASSWORD"
    for start, end in words:
        if ftp:
            for dialogue in compiled(readers.DIALOGUE).finditer(text, start, end):
                yield *dialogue.span(dialogue.lastindex or 0), "password", "PASSWORD"
            continue
        at = start
        for line in _LINE.finditer(text, start, end):
            yield at, line.start(), "password", "PASSWORD"
            at = line.end()
        yield at, end, "password", "PASSWORD"
