"""Secrets in programs that stand in a command: in `ruby -e`, `psql -c`, `expect -c`, as literals and nowhere else.

In code a bare word is a name of the code (``token: ENV["X"]``, ``secret = t.secret``), never the secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from converters.secrets import languages, readers
from converters.secrets import names as words
from converters.secrets.looks import Span, chosen, compiled
from converters.secrets.named import kind_of, strength, variable_of
from converters.secrets.regions import Region


def literals(text: str, found: list[Region]) -> Iterator[Span]:
    """The literals of code that a name or a call marks as secret, or that it puts into a variable which one marks."""
    for region in found:
        wanted: dict[str, str] = {}
        # A sed script has no literals: what it holds is text to be found or put.
        if region.tongue != "sed":
            yield from _set(text, region, wanted)
            yield from _called(text, region, wanted)
            yield from _piped(text, region, wanted)
        if region.tongue == "sql":
            yield from _inserted(text, region)
        elif wanted:
            yield from _put(text, region, wanted)
        if region.tongue == "code":
            yield from _answered(text, region)


def _literal(text: str, at: int, end: int) -> re.Match[str] | None:
    return compiled(languages.LITERAL).match(text, at, end)


def _span(found: re.Match[str]) -> tuple[int, int]:
    return found.span("value" if found["value"] is not None else "inner")


_GETS = re.compile(
    r"(?i)(?:get|fetch|load|read|lookup|find|query|retrieve|delete|remove|verify|check)(?:_|(?-i:[A-Z]))"
)
_CREDENTIALS = re.compile(r"(?i)(?:credentials?|creds|auth)$")


def _set(text: str, region: Region, wanted: dict[str, str]) -> Iterator[Span]:
    for name in compiled(languages.SETS).finditer(text, region.start, region.end):
        # Only a quoted name goes before a comma: define("DB_PASSWORD", "x"), but not puts(token, "x").
        if (name["comma"] and (not name["quote"] or region.tongue == "sql")) or strength(name["name"]) != "strong":
            continue
        called = "(" in text[name.end("name") : name.end()]
        if called and (_CREDENTIALS.search(name["name"]) or _GETS.match(name["name"])):
            continue  # a call that takes the user first, or the name of what it gets
        literal = _literal(text, name.end(), region.end)
        # A quote that the name stands in is closed, not opened, behind it: read_until("Password: ").
        if literal and not name["closed"] and literal["q"] and text.endswith(literal["q"], 0, name.start("name")):
            continue
        # `where token = 'expired'`: a state, and no one's token.
        if literal and region.tongue == "sql" and text[slice(*_span(literal))].lower() in words.PROSE:
            continue
        if literal and not re.match(r"\s*\|\|", text[literal.end() : literal.end() + 8]):
            yield *_span(literal), kind_of(name["name"]), variable_of(name["name"])
        elif literal is None and (held := _held(text, name.end(), region.end)):
            wanted[held] = name["name"]
    for joined in compiled(languages.JOINED).finditer(text, region.start, region.end):
        yield *joined.span("value"), "password", "PASSWORD"


def _held(text: str, at: int, end: int) -> str | None:
    """The variable that stands alone at a place of code, without its sign: ``$p``, ``p``, ``@p``."""
    found = compiled(languages.HELD).match(text, at, end)
    return found["name"] if found and found["name"] not in languages.NOTHING else None


def _put(text: str, region: Region, wanted: dict[str, str]) -> Iterator[Span]:
    """The literals that a program puts into variables which it uses as a secret: ``p="X"; login("bob", p)``."""
    for put in compiled(languages.PUT).finditer(text, region.start, region.end):
        name = wanted.get(put["name"])
        literal = _literal(text, put.end(), region.end) if name else None
        if name and literal:
            yield *_span(literal), kind_of(name), variable_of(name)


def _answered(text: str, region: Region) -> Iterator[Span]:
    """What pexpect, telnetlib and their like send to a prompt: ``c.expect('assword:'); c.sendline('X')``."""
    for prompt in compiled(languages.PROMPT).finditer(text, region.start, region.end):
        literal = _literal(text, prompt.end(), region.end)
        if literal:
            start, end = _span(literal)
            newline = compiled(r"(?:\\{1,2}[nr])+\Z").search(text[start:end])
            yield start, start + newline.start() if newline else end, "password", "PASSWORD"


_OPENS = re.compile(
    r"(?i)\b(?:p?open[23]?|proc_open|run|call|check_output|check_call|pipe|spawn\w{0,4}|exec\w{0,8}|capture\w{0,2})\b"
)
_SIGNS = re.compile(r"[\"',\[\]\\()]+")
_WRITES = re.compile(
    r"(?:\b(?:print|printf|say)[ \t]{1,3}\{?\$?[A-Za-z_]\w{0,30}\}?[ \t]{1,3}(?=[$\"'\\])"
    r"|(?:\.|->)(?:puts|write\w{0,4}|print|end|communicate|stdin_data)[ \t]{0,3}\(?[ \t]{0,3}(?:input[ \t]{0,3}=[ \t]{0,3})?"
    r"|\bf(?:write|puts)\([^,\n]{1,40},[ \t]{0,3}|\b(?:input|stdin_data)[ \t]{0,3}(?:=>?|:)[ \t]{0,3})b?(?=[$@\"'\\\w])"
)


def _piped(text: str, region: Region, wanted: dict[str, str]) -> Iterator[Span]:
    """What code writes to a program that it starts and that reads a secret: ``open P, "|sudo -S x"; print P "X"``."""
    inside = text[region.start : min(region.end, region.start + _LONGEST_REGION)]
    # A list of words is a command too: ["sudo", "-S", "x"].
    if not _OPENS.search(inside) or not readers.READS.search(_SIGNS.sub(" ", inside)):
        return
    for written in _WRITES.finditer(text, region.start, region.end):
        literal = _literal(text, written.end(), region.end)
        if literal:
            start, end = _span(literal)
            newline = compiled(r"(?:\\{1,2}[nr])+\Z").search(text[start:end])
            yield start, start + newline.start() if newline else end, "password", "PASSWORD"
        elif held := _held(text, written.end(), region.end):
            wanted[held] = "password"


_LONGEST_REGION = 4000
_WORD = re.compile(r"[a-z]{3,20}")
_SERVICE = re.compile(
    r"(?i)sql|db|pg|postgre|ora|ldap|ftp|imap|pop3|smtp|mail|ssh|mongo|redis|odbc|amqp|telnet|smb|host|root|admin|user"
)


def _plain_words(text: str, given: list[_Argument], region: Region) -> bool:
    """Three plain words given to what names no service: ``connect("orders", "daily", "full")`` logs in nowhere."""
    spans = [one.span for one in given if one.span]
    return (
        len(spans) == len(given) == 3
        and all(_WORD.fullmatch(text[slice(*span)]) for span in spans)
        and not _SERVICE.search(text[region.start : min(region.end, region.start + _LONGEST_REGION)])
    )


class _Argument(NamedTuple):
    """``span`` of a literal, or ``name`` of a variable that stands alone; neither for what is worked out."""

    span: tuple[int, int] | None
    name: str | None


def _called(text: str, region: Region, wanted: dict[str, str]) -> Iterator[Span]:
    for names, place in languages.CALLS:
        opening = rf"(?<![\w-])(?:{names})(?:\(|[ \t]{{0,3}}=>?[ \t]{{0,3}}\(|[ \t](?=\\?[\"']))[ \t]{{0,3}}"
        for call in compiled(opening).finditer(text, region.start, region.end):
            given = _arguments(text, call.end(), region.end, place)
            # A single argument of what takes a user too may be a token as well as a name.
            if place == languages.ALONE and not _token(text, given):
                continue
            # A handle in front of what such a function takes (ftp_login($c, ..)) is a variable or a call, and one argument
            # more. Where a host stands first anyway (mysqli_connect($h, $u, $p, $db)), a variable holds that.
            place_here = place + (
                place == 2 and region.tongue != "sql" and len(given) > place and given[0].span is None
            )
            if len(given) < max(place_here, 1):
                continue
            if place == 3 and _plain_words(text, given[:3], region):
                continue
            secret = given[max(place_here, 1) - 1]
            if secret.span:
                yield *secret.span, "password", "PASSWORD"
            elif secret.name:
                wanted[secret.name] = "password"


def _token(text: str, given: list[_Argument]) -> bool:
    """Is the first argument a token: the only one, or with nothing behind it (``authenticate($t, null, "token")``)?"""
    behind = given[1:2]
    if not given or any(one.span or one.name for one in behind):
        return False
    span = given[0].span
    return chosen(text[slice(*span)]) if span else bool(behind)


def _arguments(text: str, at: int, end: int, place: int) -> list[_Argument]:
    """The arguments of a call that may be a secret, or stand before one: numbers, symbols and named ones are passed over.

    As far as ``place`` and the next.
    """
    given: list[_Argument] = []
    for _ in range(place + 4):
        literal = _literal(text, at, end)
        stop = literal.end() if literal else at
        rest = compiled(languages.ARGUMENT).match(text, stop, end)
        if rest is None:  # cannot be: it matches nothing too
            break
        if literal:
            given.append(_Argument(_span(literal), None))
        elif not rest[0].strip():
            break
        elif not compiled(languages.PASSED_OVER).match(rest[0]):
            given.append(_Argument(None, _held(text, at, end)))
        comma = compiled(r"[ \t]{0,4},[ \t\n]{0,4}").match(text, rest.end(), end)
        if comma is None or len(given) > place + 1:
            break
        at = comma.end()
    return given


_INSERT = re.compile(
    r"(?i)\b(?:insert|replace)\s{1,4}into\s{1,4}[\w.`\"]{1,80}\s{0,4}\((?P<columns>[^()]{1,800})\)\s{0,4}values\s{0,4}\("
)


def _inserted(text: str, region: Region) -> Iterator[Span]:
    """A value of ``INSERT INTO t (a, password) VALUES ('x', 'y')``, by the name of its column."""
    for insert in _INSERT.finditer(text, region.start, region.end):
        at = insert.end()
        for column in insert["columns"].split(","):
            # Quotes around columns: MySQL's backquotes, SQL's double quotes, brackets of SQL Server.
            name = column.strip(" \t\n`\"'\\[]")
            blank = compiled(r"[\s,]{0,8}").match(text, at)
            literal = _literal(text, blank.end() if blank else at, region.end)
            if literal and strength(name) == "strong":
                yield *_span(literal), kind_of(name), variable_of(name)
            rest = literal or compiled(r"[^,)]{0,200}").match(text, at + (text[at : at + 1] == ","))
            at = rest.end() if rest else at


# expect(1): what is sent when a password is asked for, and what is kept in a variable

_SENT = re.compile(
    r"(?i)(?:(?:ass|\"[*?]{0,3})(?:word|phrase|wd|code)|\bpin\b|verification|secret|\b(?:new|retype|again)\b)[^;\n]{0,80}?[;{\n\\][\s\\n\\r{;]{0,20}?(?:exp_)?send\s{1,4}(?:--?\w{0,4}\s{1,4}){0,2}"
    r"(?:(?P<q>\\{0,3}\")(?P<value>(?:(?!(?P=q))[^\n]){1,300}?)(?:\\{1,3}[rn]){0,3}(?P=q)|\{(?P<braced>[^}\n]{1,300})\}"
    r"|(?P<bare>[^\s\"{};\\]{1,200}))"
)
_TCL_SET = re.compile(
    r"(?<![\w-])set\s{1,4}(?P<name>\w{1,40})\s{1,4}(?:(?P<q>\\{0,3}\")(?P<value>(?:(?!(?P=q))[^\n]){1,300})(?P=q)"
    r"|\{(?P<braced>[^}\n]{1,300})\}|(?P<bare>[^\s\"{};\\\[]{1,200}))"
)


def spoken(text: str) -> Iterator[Span]:
    for sent in _SENT.finditer(text):
        group = sent["value"] or sent["braced"] or sent["bare"]
        if group is not None:
            place = "value" if sent["value"] else "braced" if sent["braced"] else "bare"
            yield *sent.span(place), "password", "PASSWORD"
    for kept in _TCL_SET.finditer(text):
        if strength(kept["name"]) == "strong":
            place = "value" if kept["value"] else "braced" if kept["braced"] else "bare"
            yield *kept.span(place), kind_of(kept["name"]), variable_of(kept["name"])
