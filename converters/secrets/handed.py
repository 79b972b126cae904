"""Secrets that reach their option as a parameter: ``set -- bob X; mysql -p"$2"``, ``f() { mysql -p"$1"; }; f X``,
``sh -c 'mysql -p"$1"' _ X``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from converters.secrets import options
from converters.secrets.looks import Span, compiled, harmless
from converters.secrets.named import strength

PARAMETER = re.compile(r"[\"']?\$\{?(?P<number>[1-9])\}?[\"']?")
_SET = re.compile(r"(?<![\w.-])set[ \t]{1,4}--[ \t]{1,4}")
_FUNCTION = re.compile(
    r"(?<![\w.-])(?:function[ \t]{1,4})?(?P<name>[A-Za-z_]\w{0,40})[ \t]{0,4}(?:\(\)[ \t\n]{0,4})?\{[ \t\n]"
)
_SHELL = re.compile(
    r"(?<![\w.-])(?:ba|da|z|k|a)?sh[ \t]{1,4}(?:-[a-bd-z]{1,4}[ \t]{1,4})?-\w{0,4}c[ \t]{1,4}"
    r"'(?P<script>[^'\n]{1,2000})'[ \t]{1,20}"
)
_MOST = 50  # calls of one function, so that a long text stays linear


def handed(text: str, places: Iterable[int], looped: set[str]) -> Iterator[Span]:
    """``places`` are where an option takes a parameter (``$2``) as a secret, ``looped`` the variables that one takes."""
    for place in places:
        found = PARAMETER.match(text, place)
        if found is None:
            continue
        number, starts = int(found["number"]), [one.end() for one in _SET.finditer(text, 0, place)]
        inside = [
            one for one in _FUNCTION.finditer(text, 0, place) if "}" not in text[one.end() : place].replace("${", "")
        ]
        shell = [
            one
            for one in _SHELL.finditer(text, max(0, place - 2000))
            if one.start("script") <= place < one.end("script")
        ]
        if shell and not inside:
            # sh(1), "-c": the word behind the script is $0.
            starts, number = [shell[0].end()], number + 1
        if inside:
            # POSIX 2.9.5: in a function the parameters are those of its call.
            call = rf"(?:^|[;|&\n]|\bdo|\bthen)[ \t]*{inside[-1]['name']}[ \t]{{1,4}}"
            starts = [one.end() for one in compiled(call).finditer(text, place)]
        for start in starts[:_MOST]:
            yield from _word(text, start, number)
    for loop in compiled(r"(?<![\w.-])for[ \t]{1,4}(?P<name>[A-Za-z_]\w{0,80})[ \t]{1,4}in[ \t]{1,4}").finditer(text):
        if loop["name"] in looped:
            for number in range(1, 10):
                # `for k in api-key db-password`: these are the names of what is kept elsewhere.
                yield from (one for one in _word(text, loop.end(), number) if not _called(text[one[0] : one[1]]))


def _called(word: str) -> bool:
    return re.fullmatch(r"[a-z]+(?:[-_/.][a-z]+)+", word) is not None and strength(word.replace("/", "-")) == "strong"


def _word(text: str, at: int, number: int) -> Iterator[Span]:
    """The word of that number, if it is a text of its own."""
    word: re.Match[str] | None = None
    for _ in range(number):
        word = compiled(options.VALUE).match(text, at)
        if word is None or not word.lastindex:
            return
        blank = compiled(r"[ \t]{1,20}").match(text, word.end())
        at = blank.end() if blank else len(text)
    if word and word.lastindex and not harmless(word[word.lastindex]):
        yield *word.span(word.lastindex), "password", "PASSWORD"
