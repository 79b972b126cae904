"""Secrets known by their own look or by their address: tokens, keys, hashes, cookies, webhooks, `user:password@host`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.secrets import tokens
from converters.secrets.looks import CRYPT, Span, chosen, compiled, drawn, harmless, holds_key, keyish, mixed
from converters.secrets.named import strength

_SIGN = re.compile(r"[-._~]+")
_KEY_ID = re.compile(r"(?i)--?access-?key-?id(?:[ \t]{1,4}|=)['\"]?\Z")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KEY_HEAD = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


def looks_of_tokens(text: str) -> Iterator[Span]:
    access_key = False
    for run in compiled(tokens.RUN).finditer(text):
        at = run.start()
        # All of one run at once: found one by one, a text of ten thousand was masked in as many rounds.
        while at < run.end():
            found, name = _token_in(text, at, run.end())
            if found is None:
                break
            at = found.end()
            access_key = access_key or name == "AWS_ACCESS_KEY_ID"
            # Who deletes a key names it by its id, as one names a user; without its secret the id opens nothing.
            if name != "AWS_ACCESS_KEY_ID" or not _KEY_ID.search(text, max(0, run.start() - 40), run.start()):
                yield found.start(), found.end(), "token", name
    # An AWS secret key alone looks like any base64 of 40 characters: it counts only beside an access key id.
    if access_key:
        for found in _AWS_SECRET.finditer(text):
            if mixed(found.group()):
                yield found.start(), found.end(), "key", "AWS_SECRET_ACCESS_KEY"


def _token_in(text: str, start: int, end: int) -> tuple[re.Match[str] | None, str]:
    """The first token of a run of characters, also behind a sign: ``backup-ghp_...log``."""
    # A sign in front is part of the run: `backup-ghp_...` is still a token.
    for at in (start, *(sign.end() for sign in _SIGN.finditer(text, start, min(end, start + 200)))):
        found = compiled(tokens.TOKEN).match(text, at)
        if found and found.lastindex and not text[found.end() : found.end() + 1].isalnum():
            return found, tokens.TOKENS[found.lastindex - 1][0]
    return None, ""


def hashes(text: str) -> Iterator[Span]:
    """Hashes of passwords: whoever reads one can try words against it at home."""
    for found in CRYPT.finditer(text):
        yield *found.span(), "password", "PASSWORD_HASH"
    for found in compiled(tokens.HASH).finditer(text):
        yield *found.span(), "password", "PASSWORD_HASH"


def cookies(text: str) -> Iterator[Span]:
    """What a cookie says of a session, of the pairs behind ``Cookie:`` and ``curl -b``."""
    end = 0
    for jar in compiled(tokens.COOKIES).finditer(text):
        at = jar.end() if jar.start() >= end else len(text)
        while pair := compiled(tokens.COOKIE).match(text, at):
            at = end = pair.end()
            name, value = pair["name"], pair["value"]
            session = compiled(tokens.SESSION).search(name) is not None or strength(name) == "strong"
            # Three characters hold no session.
            if (session and len(value) > 3) or (len(value) >= 10 and _odd(value)):
                yield *pair.span("value"), "token", "COOKIE"


def _odd(value: str) -> bool:
    return drawn(value) or keyish(value)


def nearby(text: str, lower: str) -> Iterator[Span]:
    """Tokens with so plain a look that the name of their service must stand in the text."""
    for needle, look, name in tokens.NEAR:
        if needle in lower:
            for found in compiled(look).finditer(text):
                yield *found.span(found.lastindex or 0), "token", name


def logins(text: str) -> Iterator[Span]:
    """``user:password@host`` without a scheme, and a password in a data source name as Percona's tools write it."""
    for found in compiled(tokens.LOGIN).finditer(text):
        if chosen(found["password"]) and found["user"].lower() not in tokens.NO_USERS:
            yield *found.span("password"), "password", "LOGIN_PASSWORD"
    for found in compiled(tokens.DSN).finditer(text):
        yield *found.span("password"), "password", "DSN_PASSWORD"


def key_blocks(text: str) -> Iterator[Span]:
    # RFC 7468: PEM text between BEGIN and END; what is cut off has no END.
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


def addresses(text: str) -> Iterator[Span]:
    for found in compiled(tokens.WEBHOOK).finditer(text):
        if found.lastgroup == "other" and not holds_key(found.group()):
            continue
        # Punctuation of a sentence behind an address is not of it.
        end = found.end() - len(found.group()) + len(found.group().rstrip(".,;:!?}]"))
        name = "WEBHOOK_URL" if found.lastgroup == "other" else f"{(found.lastgroup or '').upper()}_WEBHOOK_URL"
        yield found.start(), end, "webhook", name
    for found in compiled(tokens.CREDENTIALS).finditer(text):
        if not harmless(found["password"]):
            yield *found.span("password"), "password", f"{_scheme(text, found.start())}_PASSWORD"
    for found in compiled(tokens.ASKED_LOGIN).finditer(text):
        if chosen(found["password"]):
            yield *found.span("password"), "password", "HTTP_PASSWORD"
    for found in compiled(tokens.AS_USER).finditer(text):
        if drawn(found["token"]):
            yield *found.span("token"), "token", f"{_scheme(text, found.start())}_TOKEN"
    for found in compiled(tokens.ASKED_ALONE).finditer(text):
        if drawn(found["token"]) and mixed(found["token"]):
            yield *found.span("token"), "key", "API_KEY"
    for found in compiled(tokens.CRON_PATH).finditer(text):
        if drawn(found["token"]):
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
