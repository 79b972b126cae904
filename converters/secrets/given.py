"""Secrets that reach their name by no ``=``: ``read PW <<< X``, ``printf -v PW X``, ``printf 'pw=%s' X``, ``<pw>X</pw>``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from converters.secrets import options
from converters.secrets.looks import Span, chosen, compiled
from converters.secrets.named import kind_of, strength, variable_of

_READ = (
    r"(?<![\w.-])(?:read(?:[ \t]{1,4}-\w{1,8}(?:[ \t]{1,4}\d{1,6})?){0,4}[ \t]{1,4}(?P<read>[A-Za-z_]\w{0,80})"
    r"[ \t]{0,4}<<<[ \t]{0,4}"
    r"|printf[ \t]{1,4}-v[ \t]{1,4}(?P<put>[A-Za-z_]\w{0,80})[ \t]{1,4}(?:['\"]?\\?%[sb](?:\\n)?['\"]?[ \t]{1,4})?)"
)
_READ_SEVERAL = (
    r"(?:IFS=\\?['\"]?(?P<sign>[^\s'\"\\])['\"]?[ \t]{1,4})?(?<![\w.-])read(?:[ \t]{1,4}-\w{1,8}){0,4}"
    r"(?P<names>(?:[ \t]{1,4}[A-Za-z_]\w{0,80}){2,9})[ \t]{0,4}<<<[ \t]{0,4}(?P<quote>['\"])(?P<data>[^'\"\n]{1,500})(?P=quote)"
)
_FORMAT = (
    r"(?<![\w.-])printf[ \t]{1,4}(?:--[ \t]{1,4})?(?P<quote>['\"])(?P<format>(?:(?!(?P=quote))[^\n]){1,500})(?P=quote)"
)
_CONVERSION = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]{1,60})[\"']?(?:[ \t]{0,4}[=:]|(?P<apart>[ \t]{1,4}))[ \t]{0,4}\\?[\"']?\\?%[sbq]"
    r"|\\?%[-\d.]*[a-zA-Z]"
)


def given(text: str, wanted: set[str], secret: Callable[[str], bool]) -> Iterator[Span]:
    """``secret`` says whether a name promises one, ``wanted`` are variables that a program uses as one."""
    for found in compiled(_READ).finditer(text):
        name = found["read"] or found["put"]
        value = compiled(options.VALUE).match(text, found.end()) if name in wanted or secret(name) else None
        if value and value.lastindex:
            yield *value.span(value.lastindex), "password", name
    for found in compiled(_READ_SEVERAL).finditer(text):
        # `IFS=: read -r U P <<< 'bob:X'`: each name takes a part, the last one the rest.
        several = found["names"].split()
        pieces = [*re.finditer(rf"[^{re.escape(found['sign'] or ' ')}]{{1,300}}", found["data"])]
        for name, piece in zip(several, pieces, strict=False):
            if name in wanted or secret(name):
                end = piece.end() if name != several[-1] else len(found["data"])
                yield found.start("data") + piece.start(), found.start("data") + end, "password", name
    for found in compiled(_FORMAT).finditer(text):
        position = found.end()
        for conversion in _CONVERSION.finditer(found["format"]):
            blank = compiled(r"[ \t]{1,20}").match(text, position)
            word = compiled(options.VALUE).match(text, blank.end()) if blank else None
            if word is None or not word.lastindex:
                break
            position = word.end()
            said = word[word.lastindex]
            if conversion["name"] and secret(conversion["name"]) and (not conversion["apart"] or chosen(said)):
                yield *word.span(word.lastindex), "password", conversion["name"]


_SAID = (
    r"(?<![\w.$-])(?:echo(?:[ \t]{1,4}-[neE]{1,3}){0,2}"
    r"|printf(?:[ \t]{1,4}['\"]?%s(?:\\{1,2}n)?['\"]?(?=[ \t]))?)[ \t]{1,4}"
)
_KEPT = re.compile(
    r"[ \t]{0,4}>{1,2}\|?[ \t]{0,4}['\"]?[^\s;|&'\"]{0,200}?(?<![A-Za-z])"
    r"(?:pw|pwd|pass(?:w(?:or)?d|phrase)?|secret|token|credentials?|api[_-]?key|rsync\w{0,8}pass)(?:\.(?:txt|conf|pw|key))?"
    r"(?=['\"\s;|&)]|$)"
)


def kept(text: str) -> Iterator[Span]:
    """``echo X > /run/db.pw``: the name of the file tells what is kept in it."""
    for said in compiled(_SAID).finditer(text):
        word = compiled(options.VALUE).match(text, said.end(), said.end() + 300)
        if word and word.lastindex and _KEPT.match(text, word.end(), word.end() + 300) and chosen(word[word.lastindex]):
            yield *word.span(word.lastindex), "password", "PASSWORD"


_TAG = re.compile(r"<(?:\w{1,20}:)?(?P<name>[A-Za-z_][\w.-]{1,40})(?:\s[^<>]{0,100})?>(?P<value>[^<>]{1,300})</")


def tagged(text: str) -> Iterator[Span]:
    """``<wsse:Password Type="x">X</wsse:Password>``: the body of a request."""
    for found in _TAG.finditer(text):
        if strength(found["name"]) == "strong":
            yield *found.span("value"), kind_of(found["name"]), variable_of(found["name"])


_STORES = re.compile(
    r"(?<![\w./-])(?:(?:set|put|import|update|add)[ \t]{1,4}secrets?"
    r"|secrets?(?:[ \t]{1,4}|:)(?:set|put|import|update|add|init))(?=[ \t])"
)
_PAIR = re.compile(
    r"[ \t]{1,8}(?:(?P<option>-[\w-]{1,40}(?:=\S{1,200})?)|(?P<quote>['\"]?)(?P<name>[A-Za-z_][\w.-]{0,80})="
    r"|[\w./@:-]{1,200}(?=\s))"
)


_VALUES = re.compile(r"-values?\Z")


def stored(text: str) -> Iterator[Span]:
    """``fly secrets set A=X B=Y``: all that is set there is one, whatever its name."""
    for found in _STORES.finditer(text):
        at = found.end()
        optioned = False
        while pair := _PAIR.match(text, at):
            at = pair.end()
            if pair["name"] is None:
                optioned = pair["option"] is not None and "=" not in pair["option"]
                continue
            value = compiled(options.VALUE).match(text, pair.end("name") + 1)
            if pair["quote"]:
                value = compiled(rf"([^{pair['quote']}\n]{{1,1000}}){pair['quote']}").match(text, at)
            if value is None or not value.lastindex:
                break
            at = value.end()
            # `--labels a=b` is an option's; variables are written in capitals.
            if (
                not optioned
                or pair["name"].isupper()
                or _VALUES.search(text, at - 200 if at > 200 else 0, pair.start())
            ):
                yield *value.span(value.lastindex), "token", variable_of(pair["name"])
            optioned = False
