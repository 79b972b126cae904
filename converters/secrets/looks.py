"""The look of a value: a placeholder, an expansion, a path; drawn by lot; a word that a person would choose."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache, lru_cache
from typing import Literal

from converters.secrets.names import THINGS

Kind = Literal["password", "token", "key", "webhook"]
Strength = Literal["strong", "weak", ""]
Span = tuple[int, int, Kind, str]  # start, end, kind, proposed name


@cache
def compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def harmless(value: str) -> bool:
    """Is a value no secret wherever it stands: empty, an expansion, a placeholder, a path?"""
    value = value.strip().strip("\\'\"")
    if not value or _PLACEHOLDER.fullmatch(value) or _CONVERSION.fullmatch(value):
        return True
    # crypt(5) hashes begin with `$` as expansions do: `$6$salt$...`.
    if value[0] in "$`" and not CRYPT.match(value):
        return value[0] == "`" or value.startswith("$(") or _EXPANSIONS.fullmatch(value) is not None
    return (
        _PLAIN_PATH.fullmatch(value) is not None
        or _PATTERN.match(value) is not None
        or _PUBLIC_KEY.match(value) is not None
    )


def variables(value: str) -> set[str]:
    """The variables that a value without any text of its own expands: who sets one of them sets the secret."""
    bare = value.strip().strip("\\'\"")
    return set(_VARIABLE.findall(bare)) if bare.startswith("$") and _EXPANSIONS.fullmatch(bare) else set()


def mixed(value: str) -> bool:
    return all(re.search(pattern, value) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))


@lru_cache(maxsize=1024)
def drawn(value: str) -> bool:
    """Does a value look drawn by lot? Sixteen characters and more of an alphabet for keys, and no words."""
    value = value[:200]
    if len(value) < 16 or not re.fullmatch(r"(?:base64:)?[A-Za-z0-9+/=_.~-]+", value):
        return False
    # UUIDs, digests and dates are hex too: only a mixture with enough digits and letters counts, and no date.
    digits = sum(character.isdigit() for character in value)
    if re.fullmatch(r"[0-9A-Fa-f-]+", value):
        return digits > 2 and len(value) - digits > 2 and not re.fullmatch(r"\d{4}-\d\d-\d\d.*", value)
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    words = re.findall(r"[a-z]{4,}", value.lower())
    # Names of hosts and files have words in them; keys have hardly any.
    return digits > 1 and entropy > 3.3 and sum(map(len, words)) * 2 < len(value) * (1 if not mixed(value) else 1.7)


def keyish(value: str) -> bool:
    """Is it a key rather than the name of somebody: letters among digits, too long and too odd for a login?"""
    if not 10 <= len(value) <= 200 or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", value):
        return False
    digits = sum(character.isdigit() for character in value)
    return digits >= 3 and re.search("[A-Za-z]", value) is not None and len(re.findall(r"[0-9][A-Za-z]", value)) >= 2


def holds_key(address: str) -> bool:
    """Is a piece of an address's path drawn by lot, or a placeholder for such a one? ``/hooks/deploy-site`` is plain words."""
    path = address.partition("://")[2].partition("/")[2]
    return any(drawn(piece) or keyish(piece) for piece in re.split(r"[/?&=#]", path)) or any(
        _LOT.search(part) and not _DATED.fullmatch(part) for part in re.split(r"[/?&=#.,:;@%_~-]", path)
    )


def chosen(value: str) -> bool:
    """May a word be a password where only an option's letter says so: not a number, a place, a host, a list, a flag."""
    return (
        len(value) >= 4
        and not harmless(value)
        and not _PLAIN.fullmatch(value)
        and (re.search(r"[0-9]", value) is not None or re.search(r"[^A-Za-z0-9_.,:/-]", value) is not None)
    )


_THING = re.compile(
    r"[A-Za-z][a-z]*(?:[-_.]?v)?\d{1,4}|.*\.[A-Za-z]\w{0,5}|(?:.*[-_.])?(?:19|20)\d\d(?:[-_.]?\w{1,4}){0,4}|[\w.-]+[=:/@].*"
    r"|[A-Za-z]*(?:2[A-Z]|S3|EC2|Mp3|Mp4|B2B|B2C|P2P|I18n|K8s|O365)[A-Za-z]*"
)
"""``Web12``, ``Backup.v2``, ``Report-2026``, ``Sync2Crm``, ``S3Upload``: what people call things."""


def willed(value: str) -> bool:
    """Would nobody call a thing so: eight characters and more of three kinds (small, capital, digit, sign), and no number of
    something (``Profile2``, ``Web12``)?"""
    kinds = sum(re.search(pattern, value) is not None for pattern in ("[a-z]", "[A-Z]", "[0-9]", "[!@#^*%]"))
    words = re.findall(r"[A-Za-z][a-z]+", value)
    return (
        8 <= len(value) <= 64
        and kinds >= 3
        and not harmless(value)
        and not _THING.fullmatch(value)
        and THINGS.isdisjoint(map(str.lower, words))
    )


_LOT = re.compile(
    r"(?:[A-Za-z]\d|\d[A-Za-z])[A-Za-z]*(?:\d+[A-Za-z]+)+\d*$|^(?=.{8})(?=.*\d.*\d)(?=.*[A-Za-z])\w+$"  # digits among letters
    r"|^(?=.{8})(?=.*[a-z])(?=.*\w[A-Z])(?!.*[a-z]{4})\w+$"  # capitals all over, where camelCase has words
    r"|^\d{6,}$|(\w)\1{4}|[bcdfghjklmnpqrstvwxz]{5}"  # an account, a placeholder, what nobody can say
)
_DATED = re.compile(r"(?:19|20)\d{6}")
PORTS = re.compile(r"(?:[\d.]+:)?\d{1,5}(?:-\d{1,5})?:\d{1,5}(?:-\d{1,5})?(?:/\w+)?")
CRYPT = re.compile(
    r"\$(?:[1-8]|2[abxy]|g?y|sm3|apr1|md5|sha1|argon2(?:id?|d)|pbkdf2[\w-]{0,20}|s?crypt|bcrypt[\w-]{0,20}|[PHS])"
    r"\$[\w./+=,$-]{8,512}"
)
"""A hash as crypt(5), htpasswd, phpBB and passlib write it; it begins like an expansion."""
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_PLAIN = re.compile(
    r"[\d.,:/+-]*(?:ms|[smhdwkMGTKB%]|Mi|Gi)?"  # a number, a time, a size, an address, a date
    r"|[~.]{0,2}/.*|[A-Za-z]:[\\/].*|[A-Za-z][\w+.-]*://.*"  # a place
    r"|(?:[a-z][a-z0-9-]*\.)+[a-z]{2,}(?::\d+)?|[a-z]{4,20}[a-z0-9-]*:\d{2,5}|@.*|.*\.[a-z]{2,4}|[\w-]+=.*|\d[\d-]*[:T]\d.*"
    r"|(?:host|db|web|node|srv|vol|disk|eth|job|step|page|level|queue|worker|pool|v)-?\d{1,4}"
)
_PLAIN_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[A-Za-z_.][\w.@-]*){2,}/?|(?:~|\.{1,2})/[\w.@-]+|/[\w.-]+\.[a-z]{2,6}")
_PATTERN = re.compile(r"\^?\(?(?:\.[*+?]|\[\^|\\[SwWdDs(][*+{]|\\\(\.|\\[Sw]\b)")
"""How sed and grep say "whatever stands there"."""
# RFC 4253, 6.6: a public key begins with the length and the name of its kind, here in base64 (ssh-, ecdsa-, sk-).
_PUBLIC_KEY = re.compile(r"AAAA(?:[BC]3NzaC1|E2VjZHNhLX|G?[GI][nm]NrLX)")
# printf 'password=%s\n' "$PW": the value stands in another word.
_CONVERSION = re.compile(r"%[-\d.]*[sbqd](?:\\{1,2}[nrt])*")
_PLACEHOLDER = re.compile(
    r"[*xX•.#?_\-]{3,}|\*+|<[^<>]*>?|\{\{.*|\[[\w -]*\]|%\(?\w+\)?[%s]|@\w+@|__\w+__|\{\w*\}|\.\.\.|…"
    r"|[A-Z_]+_HERE|(?:PLEASE_?)?(?:CHANGE|REPLACE)_?(?:ME|THIS|IT)|your[_-][\w-]*|my[_-](?:password|token|secret|api[_-]?key)|\W{1,2}|[=!~<>,:+-]+"
    r"|[\[(<*]*(?:REDACTED|FILTERED|HIDDEN|MASKED|REMOVED)[\])>*]*|\\[1-9]"
)
_EXPANSIONS = re.compile(r"(?:\$\{[^}]*\}?|\$\w+|\$[@*#?$!-]|[\s:/@.,_\\-])+")
