"""Secrets known by the name of their variable, option, header, parameter or key: where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from converters.secrets import names, options, tokens
from converters.secrets.looks import (
    Kind,
    Span,
    Strength,
    compiled,
    drawn,
    harmless,
    holds_key,
    mixed,
    variables,
    willed,
)
from converters.secrets.regions import Region, in_literal, region_at

_ASSIGNMENT = re.compile(r"\s*[\"']?(?P<name>[A-Za-z_][\w.-]*)[\"']?\s*=\s*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://")
_REFERENCE = re.compile(
    r"(?:arn:aws|cmd:|dev:|tty:|vault:|op://|ssm:|secretsmanager:|keyring:|env:|file:|awssm:|projects/|pass:|@/|@\.|@~|@\$)"
    # Schemes of secret stores and of CI: what they name is not the secret. tarsnap(1), "--passphrase method:arg".
)
_BARE_GROUPS = (5, 6)  # of `options.VALUE`: a word without quotes, or behind a quote that does not close
_LISTED = r"(?:[^\s'\"`\\,$]|,(?![\w.-]{1,60}=)){1,2000}+(?=,[\w.-]{1,60}=)"
_LOGIN = re.compile(r"[^\s:/]{1,100}:[^\s:]{3,200}")
_PARAMETER = re.compile(r"\$\{?[1-9]\}?")
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)[^\s]*")


def named(text: str, regions: list[Region]) -> Iterator[Span]:
    end = 0
    for found in compiled(names.NAME).finditer(text):
        name = found["name"]
        if found.start() < end or not strength(name) or not _takes_value(text, found):
            continue
        start = found.end()
        scheme = compiled(names.SCHEME).match(text, start)
        if scheme and found["space"] is None:
            start = scheme.end()
        asked = text[found.start() - 1 : found.start()] in ("?", "&") if found.start() else False
        region = region_at(regions, found.start())
        place = _place(text, found, start, region, asked=asked)
        if place is None:
            continue
        if _says_where(text, found, text[place[0] : place[1]]):
            end = place[1]
            continue
        # Of SQL `token = 'expired'` compares with a state.
        sentence = found["colon"] is not None or (region is not None and region.tongue == "sql")
        said = sentence and text[place[0] : place[1]].lower() in names.PROSE
        if (not said and is_secret(name, text[place[0] : place[1]], asked=asked, schemed=scheme is not None)) or (
            strength(name) == "strong" and (variables(text[slice(*place)]) or _PARAMETER.fullmatch(text, *place))
        ):
            end = place[1]
            yield *place, kind_of(name), variable_of(name)


def _takes_value(text: str, found: re.Match[str]) -> bool:
    """Does a value follow in this form: the next word of an option, a header, an assignment?"""
    if found["space"] is not None:
        return _takes_next_word(text, found)
    if found["colon"] is not None:
        return _is_header(text, found)
    sign = found["equals"]
    # `TOKEN= cmd` and `--password= --user x` set nothing: a shell's assignment has no blank behind its sign alone.
    return not (sign[-1] in " \t" and sign[0] not in " \t'\"\\]" and (found["dash"] or found["name"].isupper()))


def _place(
    text: str, found: re.Match[str], start: int, region: Region | None, *, asked: bool
) -> tuple[int, int] | None:
    """Where the value stands. In code only a literal is one; in sed it ends with the part of the command."""
    # Of `password=a,password=b,..` each value would be read to the end of the word: a hundred kilobytes took 20 s.
    listed = compiled(_LISTED).match(text, start)
    value = compiled(options.VALUE).match(text, start, listed.end() if listed else len(text))
    if value is None or not value.lastindex:
        return None
    first, last = value.span(value.lastindex)
    if text[start] in "'\"" and _closes(text, start, found.start()):
        return None
    bare = value.lastindex in _BARE_GROUPS
    if (
        region is not None
        and region.tongue != "sed"
        and bare
        and not asked
        and not _typed(found)
        and not in_literal(text, region, first)
    ):
        # In code a bare word is an identifier.
        return None
    if region is not None and region.sign and bare:
        # In sed the divider ends the value: s/^PASSWORD=.*/PASSWORD=x/.
        cut = text.find(region.sign, first, last)
        last = last if cut < 0 else cut
    if bare and (whole := _whole(text, found, last)):
        return first, whole
    # `password=x,user=y` of mount's and JDBC's options: the value ends at the comma.
    joined = re.search(r",[\w.-]{1,60}=", text[first : min(last, first + 2000)])
    return first, first + joined.start() if joined else last


def _typed(found: re.Match[str]) -> bool:
    """``-Password X`` of a PowerShell command is an option within code."""
    return bool(found["dash"]) and found["space"] is not None


def _closes(text: str, quote: int, name: int) -> bool:
    """Does this quote end the word that the name stands in (``grep 'password=' file``), so that no value follows?"""
    if text[quote + 1 : quote + 2] not in ("", " ", "\t", "\n", ";", "|", "&", ")", "}"):
        return False  # sh -c 'PASSWORD='x' cmd'
    sign = text[quote]
    return (
        re.search(rf"(?:^|[\s=(\{{])[bfru]{{0,2}}{sign}[^{sign}\n]{{0,60}}\Z", text[max(0, name - 64) : name])
        is not None
    )


def _whole(text: str, found: re.Match[str], last: int) -> int | None:
    """Where a quoted word ends that is one name and its value: ``-var 'password=a b'``, ``-H 'Authorization: Digest a, b'``."""
    before = text[max(0, found.start() - 40) : found.start()]
    passed = compiled(names.PASSED).search(before)
    sign = passed["sign"] if passed else before[-1:]
    if not passed and (sign not in ("'", '"') or "authorization" not in found["name"].lower()):
        return None
    rest = compiled(rf"[^{sign}\n\\{'=&' if passed else ''}]{{0,400}}(?={sign})").match(text, last)
    return rest.end() if rest else None


def _says_where(text: str, found: re.Match[str], value: str) -> bool:
    """Is this the name of a secret that is kept elsewhere (``gcloud --secret=db-password``), or a count of passes?"""
    name = found["name"].lower()
    if name in ("pass", "passes") and re.fullmatch(r"\d{1,2}", value):
        return True
    if not found["dash"] or compiled(names.NAMING).fullmatch(name) is None:
        return False
    before = re.split(r"[;|&\n]", text[max(0, found.start() - 300) : found.start()])[-1]
    # `aws secretsmanager --secret-id NAME` and its like take a name.
    known = not names.BY_NAME.isdisjoint(re.split(r"[\s/'\"(]+", before))
    return known or (re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+", value) is not None and not mixed(value))


def assigned(text: str) -> Iterator[Span]:
    """A crontab's own assignment: blanks may stand around the sign, and the value runs to the end of the line."""
    found = _ASSIGNMENT.match(text)
    if found is None:
        return
    start, end = found.end(), len(text.rstrip())
    if end - start > 1 and text[start] == text[end - 1] and text[start] in "'\"":
        start, end = start + 1, end - 1
    if is_secret(found["name"], text[start:end]):
        yield start, end, kind_of(found["name"]), variable_of(found["name"])


def _takes_next_word(text: str, found: re.Match[str]) -> bool:
    """Is this an option (``--token X``) whose value is the next word?"""
    if (
        not found["dash"]
        or found["dash"] == "/"
        or text[found.end() : found.end() + 1] in ("-", "", "|", ">", "<", "&", ";")
    ):
        return False
    # Short words behind one dash are bundled letters more often than names.
    if found["dash"] == "-" and (len(found["name"]) < 4 or found["name"].lower() not in names.PARTS):
        # Go's flag package takes one dash: `-db-pass X`. But -psecret is MySQL's, and -pmy-pass too.
        last = re.split(r"[-_.]", found["name"].lower())[-1]
        return last in names.PARTS and last != found["name"].lower() and not _glued(text, found)
    # For MySQL's programs the word after --password is the database; the password is asked for.
    before = text[max(0, found.start() - 300) : found.start()]
    return not (
        found["dash"] == "--"
        and found["name"] == "password"
        and not willed(text[found.end() :].split(None, 1)[0].strip("'\""))  # nobody's database is called so
        and re.search(rf"(?<![\w-])(?:(?:mysql\w*|mariadb[\w-]*)[ \t][^;|&\n]*\Z|{names.SHOWING})", before)
    )


def _glued(text: str, found: re.Match[str]) -> bool:
    """May a value stand glued to the first letter, as in `mysql -pmy-pass`?"""
    letter = found["name"][0]
    return (
        letter in "pPwW"
        and re.match(r"(?:pass|pg|postgres|proxy|private|prod|primary|web|wp)", found["name"], re.IGNORECASE) is None
    )


_HEADER_KEY = re.compile(r"(?i)(?:\w{1,20}-){1,4}key")


def _is_header(text: str, found: re.Match[str]) -> bool:
    """Is ``name:`` a header or a key of a document, not a task such as ``password:reset``?"""
    colon = found["colon"]
    if (
        colon == ":"
        and text[found.start() - 1 : found.start()] == ":"
        and text[found.end() : found.end() + 1] not in "'\" "
    ):
        return False  # a task in parts: `app:api-key:report`
    if colon != ":" or (found["dash"] == "/" and text[found.start() - 1 : found.start()] in ("", " ", "\t")):
        return True  # `/password:X` of Windows
    return (
        text[found.end() : found.end() + 1] in ('"', "'")
        # `curl -HAuthorization:...` joins the option and the header.
        or compiled(names.HEADER).fullmatch(found["name"].removeprefix("H" if found["dash"] == "-" else "")) is not None
    )


def is_secret(name: str, value: str, *, asked: bool = False, schemed: bool = False) -> bool:
    """``asked``: a parameter of a web address; ``schemed``: the value stands after ``Bearer`` or its like."""
    promise = strength(name)
    hook = compiled(tokens.WEBHOOK).fullmatch(value)
    if hook and (hook.lastgroup != "other" or holds_key(value)):
        return True
    if not promise or harmless(value):
        return False
    if re.search(r"webhook(?:[_-]?(?:url|uri|endpoint))?$", name, re.IGNORECASE):
        return _ADDRESS.match(value) is not None
    if _says_how(name, value) or _names_something(name, value, asked):
        return False
    header = _headed(name, value)
    if header is not None:
        return header
    login = "auth" in name.lower() and _LOGIN.fullmatch(value) is not None
    return promise == "strong" or schemed or login or (asked and len(value) > 3) or drawn(value)


def _headed(name: str, value: str) -> bool | None:
    """What a header's name or a PIN's says by itself: ``Fastly-Key`` of a mixed value is one, ``Idempotency-Key`` is none."""
    if compiled(names.PINS).fullmatch(name) and re.fullmatch(r"\d{4,12}", value):
        return True
    if _HEADER_KEY.fullmatch(name) is None:
        return None
    if not names.PUBLIC_KEYS.isdisjoint(name.lower().split("-")):
        return False
    return True if len(value) >= 8 and mixed(value) else None


def _names_something(name: str, value: str, asked: bool) -> bool:
    """Does a weak name say what a thing is called by, or what it hashes to?"""
    if compiled(names.HELM_KEY).fullmatch(name) and re.fullmatch(r"[a-z]+(?:[-_.][a-z]+)*", value):
        return True
    if compiled(names.KEYED_BY).fullmatch(name.lower()) and re.fullmatch(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*", value):
        return True
    if strength(name) != "weak":
        return False
    if asked:
        return value.lower() in names.COLUMNS
    return name.lower().endswith("hash") and re.fullmatch(r"[0-9a-fA-F]+", value) is not None


# gpg(1), "How to specify a user ID": `--encrypt-key 9F8E7D6C` names a key of a ring by its last digits, or its fingerprint.
_KEY_OF_A_RING = re.compile(r"(?:0x)?[0-9A-F]{8}|0x[0-9A-F]{16}")


def _says_how(name: str, value: str) -> bool:
    """Is a value a setting, a place, a reference or a number, though its name sounds secret?"""
    if value.lower() in names.SETTINGS or _ADDRESS.match(value) or _REFERENCE.match(value):
        return True
    if name.lower().endswith("key") and _KEY_OF_A_RING.fullmatch(value):
        return True
    if compiled(names.RING).fullmatch(name) and re.fullmatch(r"(?:0x)?(?:[0-9A-F]{16}|[0-9A-F]{40})", value):
        return True
    pin = compiled(names.PINS).fullmatch(name) is not None and len(value) == 4
    number = re.fullmatch(r"\d{1,4}", value) is not None and kind_of(name) != "password" and not pin
    return number or (_PATH.fullmatch(value) is not None and not mixed(value.replace("/", "")))


@lru_cache(maxsize=4096)
def strength(name: str) -> Strength:
    """Does a name promise a secret: always, or for a value that looks drawn by lot?"""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    parts = [part.rstrip("0123456789") or part for part in re.split(r"[_.\-]+", spaced) if part]
    # PWD is the shell's directory, not a password; a certificate's hash (kubeadm(1)) is public as the certificate is.
    if re.search(r"cert[_.-]?hash$|fingerprint$", name):
        return ""
    if not parts or name in ("PWD", "OLDPWD", "HISTFILE"):
        return ""
    joined = "_".join(parts)
    if compiled(names.PROGRAM_FOR).fullmatch(parts[-1]) or compiled(names.CREDENTIALS_OF_UNITS).fullmatch(name):
        return ""
    webhook = "webhook" in joined
    if (parts[-1] in names.HARMLESS_ENDS and not (webhook and parts[-1] in ("url", "uri", "endpoint"))) or (
        len(parts) > 1 and (parts[0] in names.HARMLESS_STARTS or "existing" in parts or "ref" in parts)
    ):
        return ""
    if not names.PARTS.isdisjoint(parts) or compiled(names.INSIDE).search(joined) or webhook:
        return "strong"
    return "weak" if parts[-1] in names.WEAK and (len(parts) == 1 or parts[0] not in names.KEYRINGS) else ""


def kind_of(name: str) -> Kind:
    lower = name.lower()
    if "webhook" in lower:
        return "webhook"
    if "pass" in lower or "pwd" in lower or "pw" in lower:
        return "password"
    return "key" if "key" in lower or "secret" in lower or "salt" in lower else "token"


def variable_of(name: str) -> str:
    """An environment variable's name for an option, a header or a parameter."""
    name = re.sub(r"^D(?=[a-z]\w*\.)", "", name)  # java -Dspring.datasource.password
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name) if not name.isupper() else name
    text = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
    return names.VARIABLES.get(text, text) if text and not text[0].isdigit() else f"SECRET_{text}".rstrip("_")
