"""Secrets: planted ones are found and hidden with nothing else, and harmless lines are left alone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from converters.secrets.search import MASK, find_secrets, is_secret_variable, mask, mask_variable

VECTORS = Path(__file__).parent / "vectors"
ALNUM = "aZ3kQ8mW1xR5tY7uP2oL9jH4gF6dS0bNcVvBzXqE"
HEX = "9f3c1a7e5b2d8064e1f7a3c95d0b8264"
PASSWORD = "Tr0ub4dor.3"


def alnum(length: int) -> str:
    return (ALNUM * (length // len(ALNUM) + 1))[:length]


def hexadecimal(length: int) -> str:
    return (HEX * (length // len(HEX) + 1))[:length]


# Joined here, so that no scanner takes this file for a leak. All are invented.
VALUES = {
    "pw": PASSWORD,
    "login": f"bob:{PASSWORD}",
    "laravel": "base64:" + alnum(43) + "=",
    "notifyhook": "https://notify.example.com/x/" + PASSWORD,
    "hex32": hexadecimal(32),
    "hex40": hexadecimal(40),
    "hex64": hexadecimal(64),
    "b64": alnum(42) + "==",
    "b64x40": alnum(18) + "/" + alnum(21),
    "b64url60": alnum(30) + "_" + alnum(29),
    "slackhook": "https://hooks." + "slack.com/services/T" + "0AB1C2D3E/B" + "0FG4H5I6J/" + alnum(24),
    "discordhook": "https://" + "discord.com/api/webhooks/" + "8" * 18 + "/" + alnum(60),
    "teamshook": "https://example." + f"webhook.office.com/webhookb2/{HEX[:8]}-x@y/IncomingWebhook/{HEX}/{HEX[:8]}",
    "chathook": "https://chat." + f"googleapis.com/v1/spaces/AAAA/messages?key={alnum(20)}&token={alnum(30)}",
    "zapierhook": "https://hooks." + "zapier.com/hooks/catch/12345/abcdef/",
    "ifttthook": "https://maker." + "ifttt.com/trigger/done/with/key/" + alnum(22),
    "telegramhook": "https://api." + "telegram.org/bot" + "123456789:" + alnum(35),
    "examplehook": "https://hooks.example.com/services/xxxxxxxxx",
    "mattermosthook": "https://chat.example.com/hooks/" + alnum(26),
    "aws": "AK" + "IA" + "Q3EGXYZ7ABCD2345",
    "github": "gh" + "p_" + alnum(36),
    "githubpat": "github" + "_pat_" + alnum(22) + "_" + alnum(59),
    "gitlab": "gl" + "pat-" + alnum(20),
    "npm": "np" + "m_" + alnum(36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + alnum(80),
    "stripe": "sk" + "_live_" + alnum(24),
    "sendgrid": "S" + "G." + alnum(22) + "." + alnum(43),
    "twilio": "S" + "K" + hexadecimal(32),
    "slack": "xo" + "xb-1234567890-1234567890123-" + alnum(24),
    "slackapp": "xa" + "pp-1-A0123456789-1234567890123-" + hexadecimal(64),
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0." + alnum(43),
    "google": "AI" + "za" + alnum(35),
    "anthropic": "sk" + "-ant-api03-" + alnum(93) + "AA",
    "openai": "sk" + "-proj-" + alnum(74),
    "telegram": "123456789" + ":" + alnum(35),
    "discord": "M" + alnum(23) + "." + alnum(6) + "." + alnum(27),
    "digitalocean": "do" + "p_v1_" + hexadecimal(64),
    "vault": "hv" + "s." + alnum(95),
    "grafana": "gl" + "sa_" + alnum(32) + "_" + HEX[:8],
    "docker": "dckr" + "_pat_" + alnum(27),
    "shopify": "shp" + "at_" + hexadecimal(32),
    "huggingface": "h" + "f_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
    "mailchimp": hexadecimal(32) + "-us12",
    "mailgun": "ke" + "y-" + hexadecimal(32),
    "databricks": "da" + "pi" + hexadecimal(32),
    "age": "AGE-SECRET-" + "KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE",
    "keybody": alnum(200),
}


@cache
def shapes() -> list[tuple[str, str]]:
    """(variable proposed, line with its secret in marks)"""
    rows = (line for line in (VECTORS / "secrets.txt").read_text("utf-8").splitlines() if line and line[0] != "#")
    return [(name.strip(), text.strip()) for name, _, text in (row.partition("|") for row in rows)]


def planted(text: str, password: str = PASSWORD) -> tuple[str, str, int]:
    """The line with its secret, the secret, and where it starts."""
    mark = re.search("«(.+?)»", text)
    assert mark, text
    value = password if mark[1] == "pw" else VALUES[mark[1]]
    return text[: mark.start()] + value + text[mark.end() :], value, mark.start()


def harmless() -> list[str]:
    return [line for line in (VECTORS / "harmless.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]


def test_there_are_enough_shapes() -> None:
    assert len({text for _, text in shapes()}) >= 200
    assert len(set(harmless())) >= 80


@pytest.mark.parametrize(("name", "text"), shapes(), ids=lambda value: value[:60])
def test_planted_secret_is_found(name: str, text: str) -> None:
    line, value, start = planted(text)
    found = [secret for secret in find_secrets(line) if secret.start <= start < secret.end]
    assert len(found) == 1, mask(line)
    assert found[0].name == name
    shown = mask(line)
    assert value not in shown
    # A hook's address may go on behind the token, as Telegram's does: that is the secret's too.
    rest = "" if "WEBHOOK" in name else line[start + len(value) :]
    assert shown.startswith(line[:start] + MASK)
    assert shown.endswith(rest)
    if rest:
        assert shown == line[:start] + MASK + rest
    assert mask(shown) == shown


@pytest.mark.parametrize(
    "password", ["hunter2", "correct-horse", "p@ss!w0rd^%", "ÄÖÜ秘密", "0000000000", "a.b/c+d=", "secret", "password"]
)
def test_passwords_of_all_kinds(password: str) -> None:
    leaks = []
    for name, text in shapes():
        # An address and Oracle's user/password@db cannot hold these signs.
        if "«pw»" in text and not (set("@/") & set(password) and ("«pw»@" in text or "ORACLE" in name)):
            line, value, start = planted(text, password)
            if not any(secret.start <= start and start + len(value) <= secret.end for secret in find_secrets(line)):
                leaks.append(line)
    assert leaks == []


@pytest.mark.parametrize("line", harmless())
def test_harmless_line_is_left_alone(line: str) -> None:
    assert mask(line) == line


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "correct horse battery", True),
        ("DB_PASSWORD", "$OTHER", False),
        ("DB_PASSWORD_FILE", "/run/secrets/db", False),
        ("SLACK_WEBHOOK_URL", VALUES["slackhook"], True),
        ("WEBHOOK_URL", "https://hooks.example.com/services/xxxxxxxxx", True),
        ("NOTIFY", VALUES["slackhook"], True),
        ("API_KEY", "none", False),
        ("MAILTO", "ops@example.com", False),
        ("PATH", "/usr/local/bin:/usr/bin:/bin", False),
        ("LANG", "ja_JP.UTF-8", False),
        ("SHELL", "/bin/bash", False),
        ("PWD", "/srv/app", False),
    ],
)
def test_variable(name: str, value: str, secret: bool) -> None:
    assert is_secret_variable(name, value) is secret
    assert mask_variable(name, value) == (MASK if secret else value)


def test_variable_that_holds_a_secret_among_other_things() -> None:
    assert mask_variable("DATABASE_URL", f"postgres://app:{PASSWORD}@db/shop") == "postgres://app:****@db/shop"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("DB_PASSWORD = correct horse battery", "DB_PASSWORD = ****"),
        ('DB_PASSWORD="correct horse battery"', 'DB_PASSWORD="****"'),
        ("  API_TOKEN=abc def  ", "  API_TOKEN=****  "),
        ("MAILTO=ops@example.com", "MAILTO=ops@example.com"),
        ("PATH = /usr/bin:/bin", "PATH = /usr/bin:/bin"),
        (f"DATABASE_URL=mysql://app:{PASSWORD}@db/shop", "DATABASE_URL=mysql://app:****@db/shop"),
    ],
)
def test_environment_line_runs_to_its_end(line: str, shown: str) -> None:
    assert mask(line, environment_line=True) == shown


def test_document_of_many_lines() -> None:
    """Reports are masked as a whole: an apostrophe in prose changes nothing for the lines around it."""
    prose = "The job doesn't say.\nrun mysql\ncp -pr a b\n"
    lines = "mysql -e 'x' -pTr0ub4dor\n" + prose + "mysql -e 'x' -pTr0ub4dor\nit's ready\nmysql -pTr0ub4dor x\n"
    assert mask(prose + lines) == prose + lines.replace("Tr0ub4dor", MASK)


def test_value_is_not_kept() -> None:
    assert PASSWORD not in repr(find_secrets(f"DB_PASSWORD={PASSWORD} x"))


def test_one_name_stands_for_one_value() -> None:
    names = [secret.name for secret in find_secrets("mysql -pfirst1 a; mysql -pother2 b; mysql -pfirst1 c")]
    assert names == ["MYSQL_PASSWORD", "MYSQL_PASSWORD_2", "MYSQL_PASSWORD"]


def test_access_key_with_its_secret() -> None:
    line = f"/opt/upload.sh {VALUES['aws']} {VALUES['b64x40']} /data"
    assert [secret.name for secret in find_secrets(line)] == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]


def test_key_over_several_lines_and_without_an_end() -> None:
    head = "-----BEGIN " + "OPENSSH PRIVATE KEY-----"
    assert mask(f"{head}\n{alnum(64)}\n{alnum(64)}\n-----END X-----") == f"{head}{MASK}-----END X-----"
    assert alnum(30) not in mask(f"{head} {alnum(64)}")


surroundings = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="«»"), max_size=40)
shell_noise = st.text(st.sampled_from("abz019 /.-_=:;|&<>()[]{}$@%!?*~^+,'\"`\\#\n\t"), max_size=40)

PIECES = """mysql curl smbclient sqlplus openssl password token key Authorization: Bearer --token -p -u -a user bob : = % @ /
:// https://hooks.slack.com/services/ ' " \\ $ ( ) ; | & ? **** * x 秘 Tr0ub4dor.3 echo sudo -S -----BEGIN PRIVATE KEY-----"""
fragments = st.lists(
    st.sampled_from([*re.split(r"\s", PIECES), " ", "\n", VALUES["github"], VALUES["jwt"]]), max_size=14
).map("".join)


@given(st.one_of(surroundings, shell_noise, fragments))
def test_mask_is_idempotent_on_any_text(text: str) -> None:
    shown = mask(text)
    assert mask(shown) == shown


@given(st.sampled_from(shapes()), st.one_of(surroundings, shell_noise), st.one_of(surroundings, shell_noise))
def test_nothing_leaks_in_random_surroundings(shape: tuple[str, str], before: str, behind: str) -> None:
    # A quote opened before the line and closed behind it would turn it inside out: other words, other programs.
    assume(all(before.count(sign) % 2 == 0 or sign not in behind for sign in "'\""))
    line, value, _ = planted(shape[1])
    text = f"{before} {line} {behind}"
    shown = mask(text)
    assert mask(shown) == shown
    if value not in before + behind:
        assert value not in shown


@given(st.lists(st.one_of(st.sampled_from([planted(text)[0] for _, text in shapes()]), shell_noise), max_size=6))
def test_spans_are_in_order_and_within_the_text(parts: list[str]) -> None:
    text = " ".join(parts)
    end = 0
    for secret in find_secrets(text):
        assert end <= secret.start < secret.end <= len(text)
        end = secret.end


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "mysql -p'",
            'mysql -p"\\"',
            "a://b:c",
            "password=",
            "--password x ",
            "curl -u a",
            "'",
            '"',
            "$(",
            "(",
            "`",
            "\\",
        ),
        *(
            "eyJabcdefghijklmnopq.",
            "x" * 30 + ".",
            "echo a | ",
            "A",
            "://",
            "hooks.a/b/",
            "https://a/hooks/",
            "-----BEGIN ",
        ),
        *(
            "identified by ",
            "a@b:c/",
            "config set ",
            "name: ",
            "user a/",
            "openssl -passin ",
            "htpasswd -b a ",
            "AKIA",
            "-",
        ),
        *(
            "alter user a ",
            "set password a",
            "printf 'a",
            "sudo -a ",
            "smbclient -U a%",
            "sqlplus a/b",
            "k_" * 30,
            "=",
            "x=1,",
        ),
    ],
)
def test_long_lines_take_linear_time(piece: str) -> None:
    """Ten thousand repetitions would take hours, were one pattern quadratic with a large factor or worse."""
    text = "curl mysql sqlplus password " + piece * 10_000
    assert len(mask(text)) <= len(text) + 4 * len(find_secrets(text))
