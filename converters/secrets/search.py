"""Secrets in commands and environment lines: where they stand, what they are, and the text without them.

Several readings lie over the text: values known by their own look, by their address, by their name, and by the option
of a program (``mysql -pX``), for which the words are walked once. Each reading has a cheap test first, so a line without
a secret costs a few microseconds. The shapes stand in ``secret_tokens.py``, ``secret_names.py`` and ``secret_options.py``.

Not secrets: expansions (``$DB_PASS``), paths and files that hold one, references (``arn:``, ``vault:``), placeholders
(``xxxx``, ``<password>``), prompts (``-p`` alone), the addresses of heartbeats (``hc-ping.com/UUID``: who knows one can
only report in). A webhook's address is one even with a placeholder in it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from converters.secrets import names, options, tokens

MASK = "****"
"""Stands for a secret, of whatever length."""

Kind = Literal["password", "token", "key", "webhook"]
Strength = Literal["strong", "weak", ""]
Span = tuple[int, int, Kind, str]  # start, end, kind, proposed name


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
    lower = text.lower()
    words = text.translate(_BREAKS).split()
    spans: list[Span] = []
    # Of two readings of one value the first gives the name: a variable keeps its own, a program knows better than a word.
    if environment_line:
        spans += _assigned(text)
    if not _programs().keys().isdisjoint(words):
        spans += _options(text)
    long_run = max(map(len, words), default=0) >= 20
    if any(map(lower.__contains__, names.NEEDLES)) or (long_run and any(map(lower.__contains__, names.WEAK))):
        spans += _named(text)
    if long_run:
        spans += _tokens(text)
    if "://" in text:
        spans += _addresses(text)
    if "identified" in lower or "password" in lower or "config" in lower:
        spans += _clauses(text)
    if "private key" in lower:
        spans += _key_blocks(text)
    if "|" in text and ("echo" in lower or "printf" in lower):
        spans += _piped(text)
    return _merged(text, spans) if spans else ()


def mask(text: str, *, environment_line: bool = False) -> str:
    """The text with ``****`` for each secret, and the rest as it was; ``mask(mask(x)) == mask(x)``."""
    while secrets := find_secrets(text, environment_line=environment_line):
        parts: list[str] = []
        end = 0
        for secret in secrets:
            parts += (text[end : secret.start], MASK)
            end = secret.end
        text = "".join(parts) + text[end:]
    return text


def mask_variable(name: str, value: str) -> str:
    """The value of an environment variable as it may be shown."""
    return MASK if is_secret_variable(name, value) else mask(value)


def is_secret_variable(name: str, value: str) -> bool:
    """Is the whole value of this environment variable a secret, by its name and look?"""
    return _is_secret(name, value.strip())


# Values by their look


def _tokens(text: str) -> Iterator[Span]:
    access_key = False
    for run in _compiled(tokens.RUN).finditer(text):
        found = _compiled(tokens.TOKEN).match(text, run.start())
        if found and found.lastindex and not text[found.end() : found.end() + 1].isalnum():
            name = tokens.TOKENS[found.lastindex - 1][0]
            access_key = access_key or name == "AWS_ACCESS_KEY_ID"
            yield found.start(), found.end(), "token", name
    if access_key:
        for found in _AWS_SECRET.finditer(text):
            if _mixed(found.group()):
                yield found.start(), found.end(), "key", "AWS_SECRET_ACCESS_KEY"


def _key_blocks(text: str) -> Iterator[Span]:
    end = 0
    while (begin := text.find("-----BEGIN ", end)) >= 0:
        head = _KEY_HEAD.match(text, begin)
        if head is None:
            end = begin + 1
            continue
        stop = text.find("-----END ", head.end())
        end = len(text) if stop < 0 else stop
        if text[head.end() : end].strip(" \r\n\\n'\"*"):
            yield head.end(), end, "key", "PRIVATE_KEY"


def _addresses(text: str) -> Iterator[Span]:
    for found in _compiled(tokens.WEBHOOK).finditer(text):
        end = found.end() - len(found.group()) + len(found.group().rstrip(".,;:!?}]"))
        name = "WEBHOOK_URL" if found.lastgroup == "other" else f"{(found.lastgroup or '').upper()}_WEBHOOK_URL"
        yield found.start(), end, "webhook", name
    for found in _compiled(tokens.CREDENTIALS).finditer(text):
        if not _harmless(found["password"]):
            yield *found.span("password"), "password", f"{_scheme(text, found.start())}_PASSWORD"
    for found in _compiled(tokens.AS_USER).finditer(text):
        if _random(found["token"]):
            yield *found.span("token"), "token", f"{_scheme(text, found.start())}_TOKEN"
    for found in _compiled(tokens.CRON_PATH).finditer(text):
        if _random(found["token"]):
            yield *found.span("token"), "key", "CRON_KEY"


def _scheme(text: str, end: int) -> str:
    found = re.search(r"([A-Za-z][A-Za-z0-9]{0,20})(?:\+[\w.-]{1,20})?\Z", text[max(0, end - 42) : end])
    scheme = found[1].upper() if found else "URL"
    return {
        "POSTGRES": "POSTGRES",
        "POSTGRESQL": "POSTGRES",
        "HTTPS": "HTTP",
        "SMTPS": "SMTP",
        "REDISS": "REDIS",
        "AMQPS": "AMQP",
    }.get(scheme, scheme)


# Values by their name


def _named(text: str) -> Iterator[Span]:
    end = 0
    for found in _compiled(names.NAME).finditer(text):
        name = found["name"]
        if found.start() < end or not _strength(name):
            continue
        if found["space"] is not None and not _takes_next_word(text, found):
            continue
        if found["colon"] is not None and not _is_header(text, found):
            continue
        start = found.end()
        scheme = _compiled(names.SCHEME).match(text, start)
        if scheme and found["space"] is None:
            start = scheme.end()
        value = _compiled(options.VALUE).match(text, start)
        if value is None or not value.lastindex:
            continue
        first, last = value.span(value.lastindex)
        joined = re.search(r",[\w.-]{1,60}=", text[first : min(last, first + 2000)])
        if joined:
            last = first + joined.start()
        asked = text[found.start() - 1 : found.start()] in ("?", "&") if found.start() else False
        if _is_secret(name, text[first:last], asked=asked, schemed=scheme is not None):
            end = last
            yield first, last, _kind(name), _variable(name)


def _assigned(text: str) -> Iterator[Span]:
    """A crontab's own assignment: blanks may stand around the sign, and the value runs to the end of the line."""
    found = _ASSIGNMENT.match(text)
    if found is None:
        return
    start, end = found.end(), len(text.rstrip())
    if end - start > 1 and text[start] == text[end - 1] and text[start] in "'\"":
        start, end = start + 1, end - 1
    if _is_secret(found["name"], text[start:end]):
        yield start, end, _kind(found["name"]), _variable(found["name"])


def _takes_next_word(text: str, found: re.Match[str]) -> bool:
    """Is this an option (``--token X``) whose value is the next word?"""
    if (
        not found["dash"]
        or found["dash"] == "/"
        or text[found.end() : found.end() + 1] in ("-", "", "|", ">", "<", "&", ";")
    ):
        return False
    if found["dash"] == "-" and (len(found["name"]) < 4 or found["name"].lower() not in names.PARTS):
        return False  # -psecret is MySQL's
    # For MySQL's programs the word after --password is the database; the password is asked for.
    before = text[max(0, found.start() - 300) : found.start()]
    return not (found["name"] == "password" and re.search(r"(?:mysql\w*|mariadb[\w-]*)[ \t][^;|&\n]*\Z", before))


def _is_header(text: str, found: re.Match[str]) -> bool:
    """Is ``name:`` a header or a key of a document, not a task such as ``password:reset``?"""
    colon = found["colon"]
    if colon != ":":
        return True
    return (
        text[found.end() : found.end() + 1] in ('"', "'")
        or _compiled(names.HEADER).fullmatch(found["name"]) is not None
    )


def _is_secret(name: str, value: str, *, asked: bool = False, schemed: bool = False) -> bool:
    """``asked``: a parameter of a web address; ``schemed``: the value stands after ``Bearer`` or its like."""
    strength = _strength(name)
    if _compiled(tokens.WEBHOOK).fullmatch(value):
        return True
    if not strength or _harmless(value):
        return False
    if re.search(r"webhook(?:[_-]?(?:url|uri|endpoint))?$", name, re.IGNORECASE):
        return _ADDRESS.match(value) is not None
    if _says_how(name, value):
        return False
    login = "auth" in name.lower() and _LOGIN.fullmatch(value) is not None
    return strength == "strong" or schemed or login or (asked and len(value) > 3) or _random(value)


def _says_how(name: str, value: str) -> bool:
    """Is a value a setting, a place, a reference or a number, though its name sounds secret?"""
    if value.lower() in names.SETTINGS or _ADDRESS.match(value) or _REFERENCE.match(value):
        return True
    number = re.fullmatch(r"\d{1,4}", value) is not None and _kind(name) != "password"
    return number or (_PATH.fullmatch(value) is not None and not _mixed(value.replace("/", "")))


@lru_cache(maxsize=4096)
def _strength(name: str) -> Strength:
    """Does a name promise a secret: always, or for a value that looks drawn by lot?"""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    parts = [part.rstrip("0123456789") or part for part in re.split(r"[_.\-]+", spaced) if part]
    if not parts or name.upper() in ("PWD", "OLDPWD", "HISTFILE"):
        return ""
    joined = "_".join(parts)
    webhook = "webhook" in joined
    if (parts[-1] in names.HARMLESS_ENDS and not (webhook and parts[-1] in ("url", "uri", "endpoint"))) or (
        len(parts) > 1 and parts[0] in names.HARMLESS_STARTS
    ):
        return ""
    if not names.PARTS.isdisjoint(parts) or _compiled(names.INSIDE).search(joined) or webhook:
        return "strong"
    return "weak" if parts[-1] in names.WEAK else ""


def _kind(name: str) -> Kind:
    lower = name.lower()
    if "webhook" in lower:
        return "webhook"
    if "pass" in lower or "pwd" in lower or "pw" in lower:
        return "password"
    return "key" if "key" in lower or "secret" in lower or "salt" in lower else "token"


def _variable(name: str) -> str:
    """An environment variable's name for an option, a header or a parameter."""
    name = re.sub(r"^D(?=[a-z]\w*\.)", "", name)  # java -Dspring.datasource.password
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name) if not name.isupper() else name
    text = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
    return names.VARIABLES.get(text, text) if text and not text[0].isdigit() else f"SECRET_{text}".rstrip("_")


# Values after a word, and options of programs


def _clauses(text: str) -> Iterator[Span]:
    for found in _compiled(options.CLAUSE).finditer(text):
        value = _compiled(options.VALUE).match(text, found.end())
        if value and value.lastindex and not _harmless(value[value.lastindex]):
            name = _variable(found[0].split()[-1]) if "config" in found[0].lower() else "SQL_PASSWORD"
            yield *value.span(value.lastindex), "password", name


def _piped(text: str) -> Iterator[Span]:
    for found in _compiled(options.PIPED).finditer(text):
        start, end = found.span("value")
        if text[start] in "'\"":
            start, end = start + 1, end - 1
        if not _harmless(text[start:end]):
            yield start, end, "password", "PASSWORD"


def _options(text: str) -> Iterator[Span]:
    """Secrets in the options of programs, line by line: an apostrophe in a document must not quote the rest of it."""
    for line in re.finditer(r"[^\n]+", text):
        if not _programs().keys().isdisjoint(line[0].translate(_BREAKS).split()):
            spans, closed = _walk(line[0], forgetting=True)
            if not closed:  # a quote too many turns inside out: better to hide too much
                spans += _walk(line[0], forgetting=False)[0]
            for start, end, kind, name in spans:
                yield start + line.start(), end + line.start(), kind, name


def _walk(text: str, *, forgetting: bool) -> tuple[list[Span], bool]:
    """Walk the words once and try, at each option, what the programs of this simple command know as a secret.

    Says also whether all quotes were closed. A program is forgotten where its command ends, unless not ``forgetting``.
    """
    programs = _programs()
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
            if kind == "word" and found[0] in programs:
                armed = (*armed[-3:], found[0])
            span = _option_at(text, found.start(), armed, kind == "dash")
            if span:
                position = max(position, span[1]) if kind == "dash" else position
                if not _harmless(text[span[0] : span[1]]) and not _PORTS.fullmatch(text, span[0], span[1]):
                    spans.append(span)
    return spans, all(sign == ")" for sign, _ in outer)


def _option_at(text: str, start: int, armed: tuple[str, ...], dash: bool) -> Span | None:
    for program in armed:
        for source, name, on_dash in _programs()[program]:
            if on_dash == dash:
                found = _compiled(source).match(text, start)
                if found and found.lastindex:
                    return *found.span(found.lastindex), "password", name
    return None


@cache
def _programs() -> dict[str, tuple[tuple[str, str, bool], ...]]:
    """Program -> its patterns, the variable proposed, and whether the pattern starts at a dash."""
    table: dict[str, tuple[tuple[str, str, bool], ...]] = {}
    for option in options.OPTIONS:
        for program in option.programs.split():
            table[program] = (*table.get(program, ()), (option.pattern, option.variable, option.dash))
    return table


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


# Looks of values


def _harmless(value: str) -> bool:
    """Is a value no secret wherever it stands: empty, an expansion, a placeholder, a path?"""
    value = value.strip().strip("\\'\"")
    if not value or _PLACEHOLDER.fullmatch(value):
        return True
    if value[0] in "$`" and not _CRYPT.match(value):
        return value[0] == "`" or value.startswith("$(") or _EXPANSIONS.fullmatch(value) is not None
    return _PLAIN_PATH.fullmatch(value) is not None


def _mixed(value: str) -> bool:
    return all(re.search(pattern, value) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))


@lru_cache(maxsize=1024)
def _random(value: str) -> bool:
    """Does a value look drawn by lot? Sixteen characters and more of an alphabet for keys, and no words."""
    value = value[:200]
    if len(value) < 16 or not re.fullmatch(r"(?:base64:)?[A-Za-z0-9+/=_.~-]+", value):
        return False
    digits = sum(character.isdigit() for character in value)
    if re.fullmatch(r"[0-9A-Fa-f-]+", value):
        return digits > 2 and len(value) - digits > 2 and not re.fullmatch(r"\d{4}-\d\d-\d\d.*", value)
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    words = re.findall(r"[a-z]{4,}", value.lower())
    return digits > 1 and entropy > 3.3 and sum(map(len, words)) * 2 < len(value) * (1 if not _mixed(value) else 1.7)


_BREAKS = str.maketrans(dict.fromkeys("/='\"()|;&<>`:,\\{}[]@%!?*+#^$", " "))  # between the words of a cheap test
_SCAN = re.compile(
    r"""(?P<end>[;|]+|&+(?![\d>]))
      | (?P<bracket>\(|\)|`|\\{0,8}["'])
      | (?P<word>(?<![\w.$-])[A-Za-z0-9][\w.-]*+(?![:=]))
      | (?P<dash>(?<![\w.-])-{1,2}(?=[A-Za-z0-9])|(?<=\s)/(?=p:))""",
    re.VERBOSE,
)
_ASSIGNMENT = re.compile(r"\s*[\"']?(?P<name>[A-Za-z_][\w.-]*)[\"']?\s*=\s*")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KEY_HEAD = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://")
_REFERENCE = re.compile(
    r"(?:arn:aws|vault:|op://|ssm:|secretsmanager:|keyring:|env:|file:|awssm:|projects/|pass:|@/|@\.|@~|@\$)"
)
_LOGIN = re.compile(r"[^\s:/]{1,100}:[^\s:]{3,200}")
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)[^\s]*")
_PLAIN_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[A-Za-z_.][\w.@-]*){2,}/?|(?:~|\.{1,2})/[\w.@-]+|/[\w.-]+\.[a-z]{2,6}")
_PORTS = re.compile(r"(?:[\d.]+:)?\d{1,5}(?:-\d{1,5})?:\d{1,5}(?:-\d{1,5})?(?:/\w+)?")
_PLACEHOLDER = re.compile(
    r"[*xX•.#?_\-]{3,}|\*+|<[^<>]*>?|\{\{.*|\[[\w -]*\]|%\(?\w+\)?[%s]|@\w+@|__\w+__|\{\w*\}|\.\.\.|…"
    r"|your[_-][\w-]*|my[_-](?:password|token|secret|api[_-]?key)|\W{1,2}|[=!~<>,:+-]+"
)
_EXPANSIONS = re.compile(r"(?:\$\{[^}]*\}?|\$\w+|\$[@*#?$!-]|[\s:/@.,_\\-])+")
_CRYPT = re.compile(r"\$\d?[a-z0-9]{0,3}\$.{8}")


def _merged(text: str, spans: list[Span]) -> tuple[Secret, ...]:
    """Spans in order, those that touch each other's ground as one, each value under one name and each name for one."""
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
        while values.setdefault(proposed, text[start:end]) != text[start:end]:
            number += 1
            proposed = f"{name}_{number}"
        secrets.append(Secret(start, end, kind, proposed))
    return tuple(secrets)
