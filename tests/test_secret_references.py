"""Secrets moved to references: the shell itself says that the programs get the same words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from converters.secrets.references import reference_secrets
from converters.secrets.search import find_secrets, mask
from tests.effort import examples

PROGRAMS = ("mysql", "curl", "sshpass", "smbclient", "openssl", "report", "redis-cli", "su")


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that print their words and some of their environment; ``su`` runs what it is told with a bare one."""
    place = tmp_path_factory.mktemp("stubs")
    for name in PROGRAMS:
        body = (
            'exec env -i PATH="$PATH" sh -c "$4"'
            if name == "su"
            else 'printf "[%s]" "${0##*/}" "$@" "=$MYSQL_PWD=$DB_PASS="; cat'
        )
        (place / name).write_text(f"#!/bin/sh\n{body}\n")
        (place / name).chmod(0o755)
    return place


def run(stubs: Path, command: str, environment: dict[str, str]) -> tuple[int, bytes]:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{stubs}:/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=stubs,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout


COMMANDS = [
    "mysql -u root -pTr0ub4dor shop",
    "mysql -u root -p'Tr0ub 4dor$x' shop",
    'mysql -u root -p"Tr0ub 4dor" shop',
    'mysql -u root -p"Tr0\\"ub\\$4dor\\\\" shop',
    "mysql -u root -pTr0\\ ub4\\$dor shop",
    "mysql -u root -pTr0ub4dor; mysql -u app -pTr0ub4dor; mysql -u x -pother9",
    "sh -c 'mysql -u root -pTr0ub4dor shop'",
    "sh -c \"mysql -u root -p'Tr0ub 4dor' shop\"",
    "sh -c 'mysql -u root -p'\\''Tr0ub 4dor'\\'' shop'",
    "su - app -c 'mysql -u root -pTr0ub4dor shop'",
    "MYSQL_PWD=Tr0ub4dor mysql shop",
    "MYSQL_PWD='Tr0ub 4dor' mysql shop",
    "export MYSQL_PWD=Tr0ub4dor; mysql shop; mysql other",
    "DB_PASS=first8; DB_PASS=Tr0ub4dor report",
    "DB_PASS=plain9; mysql -p$DB_PASS; report --db-pass Tr0ub4dor",
    'echo "$MYSQL_PWD"; mysql -pTr0ub4dor',
    "curl -u bob:Tr0ub4dor https://api.example.com/run",
    "curl -u 'bob:Tr0ub4dor' https://api.example.com/run",
    'curl -H "Authorization: Bearer Tr0ub4dor" https://api.example.com/run',
    "curl -H 'Authorization: Bearer Tr0ub4dor' https://api.example.com/run",
    'curl -d "{\\"password\\":\\"Tr0ub4dor\\"}" https://api.example.com/run',
    'curl -d \'{"password":"Tr0ub4dor"}\' https://api.example.com/run',
    "curl 'https://example.com/cron?token=Tr0ub4dor&x=1'",
    'curl "https://example.com/cron?token=Tr0ub4dor&x=1"',
    "curl https://bob:Tr0ub4dor@example.com/cron",
    "curl -d x https://hooks.example.com/services/xxxxxxxxx",
    "smbclient //nas/share -U bob%Tr0ub4dor -c ls",
    "openssl enc -pass pass:Tr0ub4dor -in x",
    "sshpass -p Tr0ub4dor ssh x | redis-cli -a Tr0ub4dor",
    'report "$(mysql -u root -pTr0ub4dor shop)" end',
    'report "$(mysql -u root -p"Tr0ub 4dor" shop) and more"',
    "( mysql -pTr0ub4dor || report ) && report --token Tr0ub4dor",
    "if mysql -pTr0ub4dor; then report --password Tr0ub4dor; fi",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_shell_gives_the_same_words(stubs: Path, command: str) -> None:
    assert find_secrets(command), command
    moved = reference_secrets(command, {})
    assert moved.left == ()
    assert find_secrets(moved.command) == ()
    for value in moved.values.values():
        assert value not in moved.command
    assert run(stubs, moved.command, moved.values) == run(stubs, command, {})


@pytest.mark.parametrize(
    "command",
    [
        "report `mysql -pTr0ub4dor`",
        'report "`mysql -pTr0ub4dor`"',
        "mysql -p\"Tr0ub4dor$USER\"",
        "mysql -pTr0ub4dor{1,2}",
        "mysql <<X\nset password = 'Tr0ub4dor'\nX\n",
        "report # password=Tr0ub4dor",
        "mysql -p$'Tr0ub\\t4dor'",
    ],
)  # fmt: skip
def test_secret_that_no_expansion_can_stand_for_is_left_and_said(stubs: Path, command: str) -> None:
    moved = reference_secrets(command, {})
    assert moved.command == command
    assert moved.values == {}
    assert moved.left == find_secrets(command) != ()


def test_environment_moves_to_secrets() -> None:
    environment = {
        "DB_PASSWORD": "Tr0ub4dor",
        "DATABASE_URL": "postgres://app:Tr0ub4dor@db/shop",
        "LANG": "ja_JP.UTF-8",
        "DB_PASSWORD_FILE": "/run/secrets/db",
    }
    moved = reference_secrets("report", environment)
    assert moved.environment == {"LANG": "ja_JP.UTF-8", "DB_PASSWORD_FILE": "/run/secrets/db"}
    assert list(moved.values) == ["DB_PASSWORD", "DATABASE_URL"]
    assert "Tr0ub4dor" not in repr(moved)


def test_variable_of_the_environment_is_not_taken_for_another_value(stubs: Path) -> None:
    command, environment = "mysql -pTr0ub4dor; mysql -pother9", {"MYSQL_PASSWORD": "other9"}
    moved = reference_secrets(command, environment)
    assert moved.values == {"MYSQL_PASSWORD": "other9", "SECRET_MYSQL_PASSWORD": "Tr0ub4dor"}
    assert run(stubs, moved.command, {**moved.environment, **moved.values}) == run(stubs, command, environment)


def test_nothing_to_move() -> None:
    moved = reference_secrets("report --full", {"LANG": "C"})
    assert (moved.command, moved.environment, moved.values, moved.left) == ("report --full", {"LANG": "C"}, {}, ())


printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=16).filter(str.strip)


def quoted(value: str, style: str) -> str:
    if style == "single":
        return "'" + value.replace("'", "'\\''") + "'"
    if style == "double":
        return '"' + "".join("\\" + sign if sign in '\\"$`' else sign for sign in value) + '"'
    return "".join(sign if sign.isalnum() else "\\" + sign for sign in value)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(printable, st.sampled_from(["single", "double", "bare"]), st.booleans())
def test_any_password_in_any_quotes(stubs: Path, value: str, style: str, nested: bool) -> None:
    command = f"mysql -u root -p{quoted(value, style)} shop"
    command = f"sh -c {quoted(command, 'single')}" if nested else command
    moved = reference_secrets(command, {})
    assert run(stubs, moved.command, moved.values) == run(stubs, command, {})
    if not moved.left and find_secrets(command):
        assert mask(moved.command) == moved.command
