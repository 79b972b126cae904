"""Secrets in commands and environment lines: where they stand, what they are, and the text without them.

Several readings lie over the text: values known by their own look or address (`looked.py`), by their name (`named.py`), by
the option of a program (`programs.py`), as a literal of code (`code.py`), or told by a pipe (`told.py`). Each has a cheap
test first, so a line without a secret costs a few microseconds. What they look for stands in tables: `tokens.py`,
`names.py`, `options.py`, `languages.py`. A reading gives candidates; where one is only an expansion (``-p$A``), the
variable is what is secret, and its assignment is looked for.

Not secrets: expansions (``$DB_PASS``), paths and files that hold one, references (``arn:``, ``vault:``), placeholders
(``xxxx``, ``<password>``), prompts (``-p`` alone), the addresses of heartbeats (``hc-ping.com/UUID``: who knows one can
only report in). A webhook's address is one even with a placeholder in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from converters.hosts.collected import HIDDEN
from converters.secrets import code, names, options, regions, told
from converters.secrets.given import given, kept, stored, tagged
from converters.secrets.handed import PARAMETER, handed
from converters.secrets.looked import addresses, cookies, hashes, key_blocks, logins, looks_of_tokens, nearby
from converters.secrets.looks import Kind, Span, compiled, harmless, variables
from converters.secrets.named import assigned, is_secret, named, strength, variable_of
from converters.secrets.programs import BREAKS, alone, bare, beside, lettered, optioned, paired, programs
from converters.secrets.worded import NEEDLES, told_beside, worded

MASK = "****"
"""Stands for a secret, of whatever length."""

_LONGEST_KEPT = 4096
_LONGEST_VALUE = 128


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's place: ``start`` and ``end`` enclose its value alone. The value itself is not kept, so none can leak.

    ``name`` is the environment variable proposed for it; one name stands for one value within a text.
    """

    start: int
    end: int
    kind: Kind
    name: str


def find_secrets(text: str, *, environment_line: bool = False) -> tuple[Secret, ...]:
    """The secrets of a command or a line, in order, none overlapping another. Linear in the length of ``text``.

    ``environment_line`` says that ``text`` is ``NAME=value`` as in a crontab, where the value runs to the end.
    """
    return _read(text, environment_line)[0]


def secret_variables(text: str) -> frozenset[str]:
    """The variables that a command uses as a secret (``mysql -p$A``): wherever one is set, its value is one."""
    return _read(text, False)[1]


def secret_words(text: str) -> set[str]:
    """The secrets of a script, to be hidden where one stands alone too; short words are left, for they stand in others."""
    values = [text[one.start : one.end] for one in find_secrets(text)]
    # One place may hold two of them: `qpdf --encrypt USER OWNER`.
    return {word for value in values for word in (value, *value.split()) if len(word) > 4}


_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]{2,11}")


def hide_word(text: str, secret: str) -> str:
    """``text`` without a secret. One that is a plain word goes only where it stands alone: `backup` is part of many names
    of files, and hides nothing in them."""
    if _PLAIN_WORD.fullmatch(secret) is None:
        return _without_beginning(text.replace(secret, MASK), secret)
    return re.sub(rf"(?<![\w./-]){secret}(?![\w/-]|\.\w)", MASK, text)


def hide_words(text: str, secrets: Iterable[str]) -> str:
    """``text`` without any of the secrets, nor what shows as one by itself."""
    # Longest first: a secret may hold another one.
    for secret in sorted(secrets, key=len, reverse=True):
        text = hide_word(text, secret)
    return mask(text)


_SPACED = re.compile(r"[^\s`'\"]+")


def hide_glued(text: str, secrets: Iterable[str], shown: str) -> str:
    """``text`` without a secret that is a plain word and stands in another word: `-pgeheim`, `/root/geheim`. ``shown`` is the
    command without its secrets: a word that stands in it too hides nothing."""
    for secret in secrets:
        if secret in text and _PLAIN_WORD.fullmatch(secret) is not None:
            for word in {word for word in _SPACED.findall(text) if secret in word and word not in shown}:
                text = text.replace(word, word.replace(secret, MASK))
    return text


_CUT = re.compile(r"\.\.(?=`)|…")
_TELLING = 4  # characters of a secret that are too many to show


def _without_beginning(text: str, secret: str) -> str:
    """Without what a quotation that was cut to fit its line still shows of a secret: ```<<< jEheVytl..```."""
    for cut in reversed([*_CUT.finditer(text)]):
        for length in range(len(secret) - 1, _TELLING - 1, -1):
            if text.endswith(secret[:length], 0, cut.start()):
                text = text[: cut.start() - length] + MASK + text[cut.start() :]
                break
    return text


def told_secrets(command: str, data: str) -> list[str]:
    """What of the data for its standard input a command reads as a secret: ``chpasswd%bob:X`` of a crontab."""
    spans = told.told_data(command, data)
    return [value for start, end, _, _ in spans if not harmless(value := data[start:end])]


def mask(text: str, *, environment_line: bool = False) -> str:
    """The text with ``****`` for each secret, and the rest as it was; ``mask(mask(x)) == mask(x)``."""
    # A mask may join texts so that another reading finds more: until nothing changes.
    while secrets := find_secrets(text, environment_line=environment_line):
        parts: list[str] = []
        end = 0
        for secret in secrets:
            parts += (text[end : secret.start], MASK)
            end = secret.end
        text = "".join(parts) + text[end:]
    return text


def excerpt(text: str, length: int) -> str:
    """The beginning of a text as it may be shown: half a secret no longer looks like one, so it is masked first."""
    return mask(text)[:length]


def mask_variable(name: str, value: str) -> str:
    """The value of an environment variable as it may be shown."""
    return MASK if is_secret_variable(name, value) else mask(value)


def is_secret_variable(name: str, value: str) -> bool:
    """Is the whole value of this environment variable a secret, by its name and look?"""
    return _is_secret(name, value.strip())


@lru_cache(maxsize=65536)
def _is_secret(name: str, value: str) -> bool:
    if value.startswith(HIDDEN) or is_secret(name, value):
        return True
    # What only name and value together show: PGPASSFILE_CONTENT=host:5432:db:user:word. Half a value shown is no value.
    return not find_secrets(value) and bool(find_secrets(f"{name}={value}", environment_line=True))


_HIDDEN_VALUE = re.compile(re.escape(HIDDEN) + r"(?:-\d{1,9})?")


def _found(text: str, environment_line: bool) -> tuple[tuple[Secret, ...], frozenset[str]]:
    kept: list[Span] = []
    wanted: set[str] = set()
    parameters: list[int] = []
    for span in _candidates(text, environment_line):
        value = text[span[0] : span[1]]
        if not harmless(value):
            kept.append(span)
        elif "$" in value:
            wanted |= variables(value)
            parameters += [span[0]] if PARAMETER.fullmatch(value) else []
    if "${" in text:
        kept += _defaults(text, wanted)
    if wanted:
        kept += _set(text, wanted)
    if parameters or (wanted and "for " in text):
        kept += handed(text, parameters, wanted)
    if "<<<" in text or "printf" in text:
        kept += [
            (start, end, kind, variable_of(name))
            for start, end, kind, name in given(text, wanted, lambda name: strength(name) == "strong")
            if not harmless(text[start:end])
        ]
    if not kept and not wanted:
        return _NOTHING
    return (_merged(text, [*kept, *_again(text, kept)]) if kept else ()), frozenset(wanted)


_SAME = 8  # characters: a shorter value may stand in a text as another word
_SAME_AT_MOST = 32  # values of one text, so that a text of nothing but secrets stays linear


def _again(text: str, kept: list[Span]) -> Iterator[Span]:
    """The same value at another place of the text, where nothing shows that it is a secret: `[ "$T" = X ] || T=X run`."""
    values = {text[start:end].strip("\"'"): (kind, name) for start, end, kind, name in kept if end - start >= _SAME}
    taken = bytearray(len(text))  # a list that is searched at each place would be quadratic
    for start, end, _, _ in kept:
        taken[start:end] = b"x" * (end - start)
    for value, (kind, name) in [*values.items()][:_SAME_AT_MOST]:
        if len(value) < _SAME or _PLAIN_WORD.fullmatch(value) or text.count(value) < 2:
            continue
        for found in re.finditer(rf"(?<![\w./-]){re.escape(value)}(?![\w-])", text):
            if not taken[found.start()]:
                yield found.start(), found.end(), kind, name


# One for nearly all texts: tens of thousands of them are remembered.
_NOTHING: tuple[tuple[Secret, ...], frozenset[str]] = ((), frozenset())


_line = lru_cache(maxsize=1024)(_found)
# Values of variables are asked for once a job: a table with twenty thousand above thirty jobs took minutes.
_value = lru_cache(maxsize=65536)(_found)


def _read(text: str, environment_line: bool) -> tuple[tuple[Secret, ...], frozenset[str]]:
    """As `_found`; what is short is kept for longer, and what is very long is not kept at all."""
    if len(text) > _LONGEST_KEPT:
        return _found(text, environment_line)
    return (_value if len(text) <= _LONGEST_VALUE else _line)(text, environment_line)


def _candidates(text: str, environment_line: bool) -> Iterator[Span]:
    """What each reading takes for a secret, expansions among them.

    Of two readings of one value the first gives the name: a variable keeps its own, a program knows better than a word.
    """
    lower = text.lower()
    words = text.translate(BREAKS).split()
    parts = [] if regions.programs().keys().isdisjoint(words) else regions.regions(text)
    if environment_line:
        yield from assigned(text)
    if not programs().keys().isdisjoint(words):
        yield from optioned(text)
    # Keys drawn by lot have 16 characters and more.
    long_run = max(map(len, words), default=0) >= 16
    if long_run:
        yield from looks_of_tokens(text)
    if "://" in text:
        yield from addresses(text)
    if any(map(lower.__contains__, names.NEEDLES)) or (long_run and any(map(lower.__contains__, names.WEAK))):
        yield from named(text, parts)
    if (
        "identified" in lower
        or "pass" in lower
        or "config" in lower
        or "using" in lower
        or "secret" in lower
        or "conn" in lower
        or ".logon" in lower
    ):
        yield from _clauses(text)
    if "</" in text:
        yield from tagged(text)
    if "private key" in lower:
        yield from key_blocks(text)
    if "<<" in text or "<(" in text or ("|" in text and ("echo" in lower or "printf" in lower)):
        yield from told.told(text)
    if parts:
        yield from code.literals(text, parts)
    if "spawn" in lower or "expect" in lower:
        yield from code.spoken(text)
    yield from _signed(text, lower)
    if long_run:
        yield from lettered(text)
        yield from alone(text)


def _signed(text: str, lower: str) -> Iterator[Span]:
    """Readings that wait for a sign of theirs."""
    if "$" in text or "{" in text or long_hash(text):
        yield from hashes(text)
    if "secret" in lower and "=" in text:
        yield from stored(text)
    if ">" in text and ("echo" in lower or "printf" in lower):
        yield from kept(text)
    if "cookie" in lower or "-b" in text:
        yield from cookies(text)
    if "@" in text or "p=" in text:
        yield from logins(text)
    who = "-u" in lower or "/u" in lower or "/ru" in lower or "-D " in text or "-l" in lower
    if who and ("-p" in lower or "/p" in lower or "/rp" in lower or "-w" in lower or ":" in text or "%" in text):
        yield from paired(text)
    if " -" in text:
        yield from bare(text)
    if who or "@" in text or "user" in lower or "admin" in lower or "bot" in lower:
        yield from beside(text)
    if any(map(lower.__contains__, NEEDLES)):
        yield from worded(text, lower)
    yield from told_beside(text, lower)
    yield from nearby(text, lower)
    if HIDDEN in text:
        # The collector of a host saw a secret there; who reads it only by that has no better name for it.
        yield from ((one.start(), one.end(), "password", "PASSWORD") for one in _HIDDEN_VALUE.finditer(text))


_MARKED_HASH = re.compile(r"\*[0-9A-F]{40}|[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}")


def long_hash(text: str) -> bool:
    return (":" in text or "*" in text) and _MARKED_HASH.search(text) is not None


def _clauses(text: str) -> Iterator[Span]:
    for found in compiled(options.CLAUSE).finditer(text):
        value = compiled(options.VALUE).match(text, found.end())
        if value and value.lastindex:
            name = variable_of(found[0].split()[-1]) if "config" in found[0].lower() else "SQL_PASSWORD"
            yield *value.span(value.lastindex), "password", name


def _defaults(text: str, wanted: set[str]) -> Iterator[Span]:
    """``${PW:-X}``: X is what the variable holds otherwise."""
    for found in compiled(r"\$\{(?P<name>[A-Za-z_]\w{0,80}):?[-=+](?P<value>[^}$\n]{1,500})\}").finditer(text):
        if (found["name"] in wanted or strength(found["name"]) == "strong") and not harmless(
            found["value"].strip("'\"")
        ):
            yield *found.span("value"), "password", variable_of(found["name"])


def _set(text: str, wanted: set[str]) -> Iterator[Span]:
    """``A=X && cmd -p$A``: the assignments of the variables that are used as a secret."""
    for found in compiled(r"(?<![\w$.-])(?P<name>[A-Za-z_]\w{0,80})=").finditer(text):
        value = compiled(options.VALUE).match(text, found.end()) if found["name"] in wanted else None
        if value and value.lastindex and not harmless(value[value.lastindex]):
            yield *value.span(value.lastindex), "password", found["name"]


def _merged(text: str, spans: list[Span]) -> tuple[Secret, ...]:
    """Spans in order, those that touch each other's ground as one, each value under one name and each name for one."""
    # Of two that begin alike the longer one comes first and swallows the other.
    spans.sort(key=lambda span: (span[0], -span[1]))
    merged: list[Span] = []
    for span in spans:
        if span[0] >= span[1]:
            continue
        if merged and span[0] < merged[-1][1]:
            start, end, kind, name = merged[-1]
            merged[-1] = (start, max(end, span[1]), kind, name)
        else:
            merged.append(span)
    values: dict[str, str] = {}  # by name, only while this function runs
    secrets = []
    for start, end, kind, name in merged:
        proposed, number = name, 1
        # A name stands for one value: another value under it gets a number.
        while values.setdefault(proposed, text[start:end]) != text[start:end]:
            number += 1
            proposed = f"{name}_{number}"
        secrets.append(Secret(start, end, kind, proposed))
    return tuple(secrets)
