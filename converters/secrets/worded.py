"""Secrets behind words and no sign: ``set db password X``, ``change_password bob host X``, ``auth KEY``, name beside value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.secrets import names, options
from converters.secrets.looks import Span, chosen, compiled, drawn, willed
from converters.secrets.named import is_secret, kind_of, strength, variable_of
from converters.secrets.programs import program_at

NEEDLES = ("pass", "secret", "psk", "user", "account", "login", "auth", "activ", "licen", "claim", "value")

# Programs take settings as two words (`crudini --set FILE db password X`, `redis-cli config set requirepass X`); the name is
# one of several parts, or `set` or its like stands in front: `user password bob` and `get password x` name somebody.
_SETTING = re.compile(
    r"(?<![\w.$:=@-])(?<!\w/)(?P<name>/?(?=[A-Za-z0-9])[\w./:@-]{0,60}?(?i:pass|passw(?:or)?d|passwort|passphrase|secret|psk))"
    r"(?P<apart>[ \t]{1,8}(?:(?:password|string|secret|--?value|-v|--)[ \t]{1,8})?)(?=[^-\s])"
)
_SETS = re.compile(
    r"(?:--?(?:arg|set|put)|set|put|add)[ \t]+(?:\S{1,99}[ \t]+){0,3}\Z|[./\w-]*(?:password|secret)[ \t]+\Z"
)
_ACCOUNT = re.compile(
    # Behind an option of a user it is the name of one: `-u app_user -pX`.
    r"(?<![\w./$=-])(?<!-[uUl] )(?<!user )(?:(?P<verb>[a-z]{2,9})[-_:](?:[a-z]{1,12}[-_])?"
    r"(?:user|password|passwd|pass|pw|account)"
    r"|(?:users?|accounts?)[ \t]{1,8}(?:add|create|set|modify|mod|update|new|passwd|password|register))(?=[ \t])"
)
_OPERANDS = re.compile(
    r"[ \t]+(?P<word>'[^'\n]{1,200}'|\"[^\"\n$`]{1,200}\"|[^\s'\"|;&<>()`]{1,200}+)(?=[\s;|&)'\"]|$)"
)
_MOST = 8  # words of a command behind its verb
_ENTERED = re.compile(
    r"(?<![\w./$=:-])(?:login|log-in|auth|authtoken|authenticate|activate|license|unlock|claim)[ \t]{1,8}"
    r"(?:--?[a-z][\w-]{1,20}(?<!id)[ \t]{1,8}){0,2}(?P<key>[A-Za-z0-9_+-]{20,256}={0,2})(?=[\s'\";|&)]|$)"
)
# ECS's and CloudFormation's way to write a variable: `{"name": "PW", "value": "X"}`, `ParameterKey=Pw,ParameterValue=X`.
_APART = re.compile(
    r"(?i)(?<!\w)\\?[\"']?(?:parameter)?(?:name|key)\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}"
    r"(?P<quote>\\?[\"']?)(?P<name>[A-Za-z_][\w.-]{1,80}+)"
    r"(?P=quote)[ \t]{0,4},[ \t\n]{0,8}\\?[\"']?(?:parameter)?value\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}(?P=quote)"
    r"(?P<value>[^\s\"'\\,}\]]{1,500})"
)
_APART_TURNED = re.compile(
    r"(?i)(?<!\w)\\?[\"']value\\?[\"'][ \t]{0,4}:[ \t]{0,4}(?P<quote>\\?[\"'])(?P<value>[^\n\"'\\]{1,500})(?P=quote)[ \t]{0,4},"
    r"[ \t\n]{0,8}\\?[\"'](?:name|key)\\?[\"'][ \t]{0,4}:[ \t]{0,4}(?P=quote)(?P<name>[A-Za-z_][\w.-]{1,80}+)"
)


# A comment, a subject: `パスワード: X`, `mot de passe X`, `login: bob / X`.
_FOREIGN = re.compile(
    r"(?i)(?:パスワード|パスフレーズ|ぱすわーど|暗証番号|トークン|秘密鍵|(?:api|アクセス|認証)キー|密码|密碼|口令|비밀번호|암호|пароль"
    r"|contraseña|mot de passe|wachtwoord|kennwort|salasana|lösenord|hasło|heslo|parola)"
    r"[ \t\u3000]{0,4}(?:[:：=＝]|は|が|を|です|is|est|ist|es)?[ \t\u3000]{0,4}[「『\"'`(（]?"
    r"(?P<value>[!#$%&*+.-;<=>?@A-Z\[\]^_a-z{|}~]{4,100})"
)
_BOTH = re.compile(
    r"(?i)(?<![\w-])(?:login|user|username|account|id|ユーザー?名?|アカウント)[ \t]{0,4}[:：=][ \t]{0,4}[\w.@-]{1,60}"
    r"[ \t]{0,4}[/／,、][ \t]{0,4}(?P<value>[^\s/,、'\"]{8,64})"
)


_SAID_ELSEWHERE = ("mot de passe", "wachtwoord", "kennwort", "salasana", "heslo", "parola")


def told_beside(text: str, lower: str) -> Iterator[Span]:
    """What a sentence in whatever language calls a password."""
    for found in _FOREIGN.finditer(text) if not text.isascii() or any(map(lower.__contains__, _SAID_ELSEWHERE)) else ():
        value = found["value"]
        if value[0] not in "/~" and chosen(value):
            yield *found.span("value"), "password", "PASSWORD"
    for found in _BOTH.finditer(text) if ":" in text or "=" in text or "：" in text else ():
        if willed(found["value"]):
            yield *found.span("value"), "password", "PASSWORD"


def worded(text: str, lower: str) -> Iterator[Span]:
    if "pass" in lower or "secret" in lower or "psk" in lower:
        yield from _settings(text)
    if "user" in lower or "account" in lower or "pass" in lower or "pw" in lower:
        yield from _accounts(text)
    for found in _ENTERED.finditer(text):
        key = found["key"]
        if drawn(key) and not key.isdigit() and names.SENTENCES.isdisjoint(program_at(text, found.start())):
            yield *found.span("key"), "token", "API_TOKEN"
    if "value" in lower:
        for pattern in (_APART, _APART_TURNED):
            for found in pattern.finditer(text):
                if is_secret(found["name"], found["value"]):
                    yield *found.span("value"), kind_of(found["name"]), variable_of(found["name"])


def _settings(text: str) -> Iterator[Span]:
    for found in _SETTING.finditer(text):
        name = found["name"]
        value = compiled(options.VALUE).match(text, found.end())
        if value is None or not value.lastindex or strength(name.rpartition("/")[2]) != "strong":
            continue
        said = value[value.lastindex]
        parts = [part.lower() for part in re.split(r"[./:@_-]|(?<=[a-z])(?=[A-Z])", name) if part]
        asks = not names.ASKING.isdisjoint(parts)
        # augtool(1) sets by path; elsewhere a path is a file.
        sets = (len(parts) > 1 and name[0] != "/") or _SETS.search(
            text, max(0, found.start() - 120), found.start()
        ) is not None
        if (willed(said) if asks or not sets else chosen(said) and "/" not in said) and names.SENTENCES.isdisjoint(
            program_at(text, found.start())
        ):
            yield *value.span(value.lastindex), "password", variable_of(name.rpartition("/")[2])


def _accounts(text: str) -> Iterator[Span]:
    """Whatever of the words behind ``change_password`` nobody would call a thing: it is said there, at one place or another."""
    for verb in _ACCOUNT.finditer(text):
        if not names.SENTENCES.isdisjoint(program_at(text, verb.start())):
            continue
        at = verb.end()
        for _ in range(_MOST):
            word = _OPERANDS.match(text, at)
            if word is None:
                break
            at = word.end()
            start, end = word.span("word")
            start, end = (start + 1, end - 1) if text[start] in "'\"" else (start, end)
            if text[start] == "-" != text[start + 1 : start + 2]:
                start = min(start + 2, end)  # an option's letter belongs to its program: `-pX`
            if willed(text[start:end]):
                yield start, end, "password", "PASSWORD"
