"""Secrets in programs that stand in a command: in `ruby -e`, `psql -c`, `expect -c`, as literals and nowhere else.

In code a bare word is a name of the code (``token: ENV["X"]``, ``secret = t.secret``), never the secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.secrets import languages
from converters.secrets.looks import Span, compiled
from converters.secrets.named import kind_of, strength, variable_of
from converters.secrets.regions import Region


def literals(text: str, found: list[Region]) -> Iterator[Span]:
    """The literals of code that a name or a call marks as secret."""
    for region in found:
        # A sed script has no literals: what it holds is text to be found or put.
        if region.tongue != "sed":
            yield from _set(text, region)
            yield from _called(text, region)
        if region.tongue == "sql":
            yield from _inserted(text, region)


def _literal(text: str, at: int, end: int) -> re.Match[str] | None:
    return compiled(languages.LITERAL).match(text, at, end)


def _span(found: re.Match[str]) -> tuple[int, int]:
    return found.span("value" if found["value"] is not None else "inner")


def _set(text: str, region: Region) -> Iterator[Span]:
    for name in compiled(languages.SETS).finditer(text, region.start, region.end):
        # Only a quoted name goes before a comma: define("DB_PASSWORD", "x"), but not puts(token, "x").
        if (name["comma"] and (not name["quote"] or region.tongue == "sql")) or strength(name["name"]) != "strong":
            continue
        literal = _literal(text, name.end(), region.end)
        if literal and not re.match(r"\s*\|\|", text[literal.end() : literal.end() + 8]):
            yield *_span(literal), kind_of(name["name"]), variable_of(name["name"])


def _called(text: str, region: Region) -> Iterator[Span]:
    for names, place in languages.CALLS:
        opening = rf"(?<![\w-])(?:{names})(?:\(|[ \t]{{0,3}}=>?[ \t]{{0,3}}\(|[ \t](?=\\?[\"']))[ \t]{{0,3}}"
        for call in compiled(opening).finditer(text, region.start, region.end):
            at = call.end()
            strings: list[tuple[int, int]] = []
            # Arguments that are no literals are passed over, so a few more than needed are looked at.
            for _ in range(place + 2):
                argument = compiled(r"[^,)\"'`;\n]{0,80}").match(text, at, region.end)
                literal = _literal(text, argument.end(), region.end) if argument else None
                if literal is None and argument and text[argument.end() : argument.end() + 1] == ",":
                    at = argument.end() + 1
                    continue
                if literal is None:
                    break
                strings.append(_span(literal))
                at = literal.end()
                comma = compiled(r"[ \t]{0,4},[ \t]{0,4}").match(text, at, region.end)
                if comma is None:
                    break
                at = comma.end()
            if len(strings) >= place:
                yield *strings[place - 1], "password", "PASSWORD"


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
    r"(?i)(?:ass(?:word|phrase|wd|code)|\bpin\b|verification|secret|\b(?:new|retype|again)\b)[^;\n]{0,80}?[;{\n\\][\s\\n\\r{;]{0,20}?send\s{1,4}(?:--?\w{0,4}\s{1,4}){0,2}"
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
