"""Secrets known by the program that reads them: the words of a text are walked once, beside the tables of `options.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from converters.secrets import names, options, seldom
from converters.secrets.looks import PORTS, Span, chosen, compiled, drawn, mixed, willed

BREAKS = str.maketrans(dict.fromkeys("/='\"()|;&<>`:,\\{}[]@%!?*+#^$", " "))  # between the words of a cheap test
_SCAN = re.compile(
    r"""(?P<end>[;|]+|&+(?![\d>]))
      | (?P<bracket>\(|\)|`|\\{0,8}["'])
      | (?P<word>(?<![\w.$-])[A-Za-z0-9][\w.-]*+(?![:=](?!//)))
      | (?P<dash>(?<![\w.-])-{1,2}(?=[A-Za-z0-9])|(?<=\s)/(?=[st]?p[: ]))""",
    re.VERBOSE,
)


def optioned(text: str) -> Iterator[Span]:
    """Secrets in the options of programs, line by line: an apostrophe in a document must not quote the rest of it."""
    for line in re.finditer(r"[^\n]+", text):
        if not programs().keys().isdisjoint(line[0].translate(BREAKS).split()):
            spans, closed = _walk(line[0], forgetting=True)
            if not closed:  # a quote too many turns inside out: better to hide too much
                spans += _walk(line[0], forgetting=False)[0]
            for start, end, kind, name in spans:
                yield start + line.start(), end + line.start(), kind, name


def _walk(text: str, *, forgetting: bool) -> tuple[list[Span], bool]:
    """Walk the words once and try, at each option, what the programs of this simple command know as a secret.

    Says also whether all quotes were closed. A program is forgotten where its command ends, unless not ``forgetting``.
    """
    known = programs()
    spans: list[Span] = []
    armed: tuple[str, ...] = ()
    outer: list[tuple[str, tuple[str, ...]]] = []
    position = 0
    while found := _SCAN.search(text, position):
        position = found.end()
        kind = found.lastgroup
        if kind == "end":
            armed = () if forgetting else armed
        elif kind == "bracket":
            # What a command in brackets or quotes starts is forgotten behind them: mysql -h $(cat host) -pX
            sign = found[0][-1]
            if outer and sign == outer[-1][0]:
                before = outer.pop()[1]
                armed = before if forgetting else armed
            elif sign != ")":
                outer.append((")" if sign == "(" else sign, armed))
        else:
            if kind == "word" and (ended := options.ENDS.get(found[0])) in armed:
                armed = tuple(one for one in armed if one != ended)
            if kind == "word" and found[0] in known:
                # The last four programs: wrappers (`sudo -u x env mysql -pX`) stand in front of the one that is
                # meant.
                armed = (*armed[-3:], found[0])
            span = _option_at(text, found.start(), armed, kind == "dash")
            if span:
                position = max(position, span[1]) if kind == "dash" else position
                # `docker -p 8080:80`: a port is no password.
                if not PORTS.fullmatch(text, span[0], span[1]):
                    spans.append(span)
    return spans, all(sign == ")" for sign, _ in outer)


def _option_at(text: str, start: int, armed: tuple[str, ...], dash: bool) -> Span | None:
    for program in armed:
        for source, name, on_dash in programs()[program]:
            if on_dash == dash:
                found = compiled(source).match(text, start)
                if found and found.lastindex:
                    return *found.span(found.lastindex), "password", name
    return None


@cache
def programs() -> dict[str, tuple[tuple[str, str, bool], ...]]:
    """Program -> its patterns, the variable proposed, and whether the pattern starts at a dash."""
    table: dict[str, tuple[tuple[str, str, bool], ...]] = {}
    for option in (*options.OPTIONS, *seldom.SELDOM):
        for program in option.programs.split():
            table[program] = (*table.get(program, ()), (option.pattern, option.variable, option.dash))
    return table


# Programs that no table knows

_USER = (
    r"(?:-D[ \t]{1,4}(?=\S{0,3}\w{1,12}=)|-(?:u|U|l|id|user|username|login)(?:[ \t]{1,4}|=)"
    r"|--(?:user|username|login|uid)(?:[ \t]{1,4}|=)|-[uU](?=\w))"
)
_WITH = r"-(?:(?:pw|pass|pwd|passwd|pas|pa)(?:[ \t]{1,4}|=)|(?:p|P|pw|w|W|pass|pwd|passwd)(?:[ \t]{1,4}|=|(?=\S)))"
_ARGUMENT = r"(?:'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[^\s'\"|;&<>()-][^\s'\"|;&<>()]{0,200}+)"
_BETWEEN = rf"(?:[ \t]{{1,4}}-{{1,2}}[\w-]{{1,30}}+(?:(?:[ \t]{{1,4}}|=){_ARGUMENT})?){{0,6}}?[ \t]{{1,4}}"
# Possessive repetitions: no way back, so no line is searched twice.
_PAIRED = re.compile(rf"(?<![\w-]){_USER}{_ARGUMENT}{_BETWEEN}{_WITH}{options.VALUE}")
_TURNED = re.compile(rf"(?<![\w-]){_WITH}(?P<argument>{_ARGUMENT}){_BETWEEN}{_USER}{_ARGUMENT}")
_JOINED = re.compile(
    r"(?<![\w-])(?:-[uU]|--user)(?:[ \t]{1,4}|=)['\"]?[\w.@\\-]{1,60}[:%](?P<password>[^\s'\"]{1,200})"
)
_BESIDE = re.compile(
    rf"(?<![\w./=:@-])(?:{_USER}{_ARGUMENT}|(?i:admin\w{{0,10}}|sa|operator|\w{{1,20}}(?:user|bot|admin))|[\w.+-]{{1,60}}@[\w.-]{{1,80}})"
    r"[ \t]{1,4}(?P<open>['\"]?)(?P<password>[^\s'\"|;&<>()$`]{8,64}+)(?P=open)(?=[\s;|&)'\"]|$)"
)
_SLASHED = re.compile(
    r"(?i)(?<=\s)/(?:r?u|user(?:name)?)(?::|[ \t]{1,4})[^\s;|&]{1,80}"
    r"(?:[ \t]{1,4}/\w{1,20}+(?:(?::|[ \t]{1,4})[^\s/;|&][^\s;|&]{0,200}+)?){0,4}?[ \t]{1,4}"
    rf"/(?:r?p|pw|pwd|pass(?:word)?)(?::|[ \t]{{1,4}}){options.VALUE}"
)
_LETTERED = re.compile(
    r"(?<![\w-])-[tTkKsSaAwW](?:[ \t]{1,4}|=)['\"]?(?P<argument>[\w.~+/-]{16,256}={0,2})(?=['\"\s]|$)"
)
_BARE_P = re.compile(
    r"(?<![\w-])-(?P<letter>p|P|w|W|k|K|pw|pa|pass|passwd)(?:[ \t]{1,4}|=)(?P<open>['\"]?)"
    r"(?P<argument>[^\s'\"|;&<>()$`]{8,64}+)(?P=open)(?=[\s;|&)'\"]|$)"
)
_ALONE = re.compile(r"(?<![\w./:@#%+~-])[A-Za-z0-9_-]{24,200}+(?![\w./:@+~=-])")
_COMMAND = re.compile(r"(?:.*[;|&\n(`'\"])?\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:\S*/)?([\w.-]+)", re.DOTALL)
_NAMED = re.compile(r"([\w.-]{1,60})[= \t:'\"]{1,4}\Z")


def paired(text: str) -> Iterator[Span]:
    """``-u bob -p X`` of any program: who asks for a user's name asks for the password with the next letter."""
    for pattern in (_PAIRED, _TURNED):
        for found in pattern.finditer(text):
            group = found.lastindex or 0
            start, end = found.span("argument") if pattern is _TURNED else found.span(group)
            start, end = (start + 1, end - 1) if text[start] in "'\"" else (start, end)
            if chosen(text[start:end]) and names.OTHER_P.isdisjoint(program_at(text, found.start())):
                yield start, end, "password", "PASSWORD"
    for found in _SLASHED.finditer(text) if "/" in text else ():
        yield *found.span(found.lastindex or 0), "password", "PASSWORD"  # Windows' way: `/u:bob /p:X`
    for found in _JOINED.finditer(text):
        if chosen(found["password"]) and names.OTHER_P.isdisjoint(program_at(text, found.start())):
            yield *found.span("password"), "password", "PASSWORD"


def beside(text: str) -> Iterator[Span]:
    """``-user bob X``, ``bob@example.com X``, ``admin X``: beside a user's name, where nobody would call a thing X."""
    for found in _BESIDE.finditer(text):
        value = found["password"]
        if (
            value[0] not in "-+"
            and willed(value)
            and _FIELDS.fullmatch(text, 0, found.start()) is None  # the user of a line of a crontab
            and (names.OTHER_P | names.SENTENCES).isdisjoint(program_at(text, found.start()))
        ):
            yield *found.span("password"), "password", "PASSWORD"


def lettered(text: str) -> Iterator[Span]:
    """``-t X`` of any program, where X looks drawn by lot."""
    for found in _LETTERED.finditer(text):
        value = found["argument"]
        if (
            value[0] not in "/.~"
            and drawn(value)
            and (mixed(value) or len(value) >= 32)
            and names.OTHER_T.isdisjoint(program_at(text, found.start()))
        ):
            yield *found.span("argument"), "token", "API_TOKEN"


def bare(text: str) -> Iterator[Span]:
    """``-p X``, ``-w X`` of a program that no table knows and that names no user, where nobody would call a thing X."""
    for found in _BARE_P.finditer(text):
        value = found["argument"]
        other = names.OTHER_P if found["letter"] == "p" else names.OTHER_P | names.OTHER_LETTERS
        if willed(value) and other.isdisjoint(program_at(text, found.start())):
            yield *found.span("argument"), "password", "PASSWORD"


def alone(text: str) -> Iterator[Span]:
    """A word that looks drawn by lot, of three kinds of characters: but not what its name calls an id."""
    for found in _ALONE.finditer(text):
        # Three kinds of characters: hex digests and identifiers in one case are left alone.
        if mixed(found[0]) and drawn(found[0]):
            name = _NAMED.search(text, max(0, found.start() - 64), found.start())
            last = re.split(r"[_.-]", name[1].lower())[-1] if name else ""
            if last not in names.HARMLESS_ENDS and not last.endswith(
                ("id", "sha", "hash", "digest", "folder", "sheet")
            ):
                yield *found.span(), "token", "API_TOKEN"


_FIELDS = re.compile(r"\s*(?:@[a-z]+|[\d*]\S*(?:\s+[\w*,/?~-]+){4})\s+(?=[A-Za-z_/.])")


def program_at(text: str, position: int) -> set[str]:
    """The program that a position belongs to; in a whole line of a crontab the word in front of it may be a user."""
    start = max(0, position - 200)
    fields = _FIELDS.match(text, start, position) if start == 0 else None
    found = _COMMAND.match(text, fields.end() if fields else start, position)
    if found is None:
        return set()
    behind = _COMMAND.match(text, found.end(), position) if fields and found.start(1) == fields.end() else None
    return {found[1]} | ({behind[1]} if behind else set())
