"""Files of variables that a command reads: found in any form, told line by line, and taken out of the command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.commands.idioms.environment_files import command_without, without_file
from converters.commands.idioms.environment_lines import Reader, read_file, said_of

# Command, the files it reads. Each form with its siblings.
READ = [
    (". /etc/app.env; run", ["/etc/app.env"]),
    (". /etc/app.env && run", ["/etc/app.env"]),
    ("source /etc/app.env && run", ["/etc/app.env"]),
    ("bash -c 'source /etc/app.env && run'", ["/etc/app.env"]),
    ("set -a; . /etc/app.env; set +a; run", ["/etc/app.env"]),
    ("[ -f /etc/app.env ] && . /etc/app.env; run", ["/etc/app.env"]),
    ('. "/etc/app.env" && run', ['"/etc/app.env"']),
    (". ~/.profile; run", ["~/.profile"]),
    ("cd /srv/app && . ./.env && bin/run", ["./.env"]),
    (". /etc/a.env; . /etc/b.env; run", ["/etc/a.env", "/etc/b.env"]),
    ("export $(cat /etc/app.env) && run", ["/etc/app.env"]),
    ("export `cat /etc/app.env` && run", ["/etc/app.env"]),
    ('export "$(cat /etc/app.env)"; run', ["/etc/app.env"]),
    ("export $(cat /etc/app.env | xargs); run", ["/etc/app.env"]),
    ("export $(xargs < /etc/app.env); run", ["/etc/app.env"]),
    ("export $(xargs -a /etc/app.env); run", ["/etc/app.env"]),
    ("export $(grep -v '^#' /etc/app.env | xargs) && run", ["/etc/app.env"]),
    ("export $(grep -v ^# /etc/app.env | xargs -d '\\n') && run", ["/etc/app.env"]),
    ("export $(egrep -v '^(#|$)' /etc/app.env) && run", ["/etc/app.env"]),
    ("export $(sed 's/#.*//' /etc/app.env) && run", ["/etc/app.env"]),
    ("export $(sed -e 's/#.*//' -e '/^$/d' /etc/app.env) && run", ["/etc/app.env"]),
    ("export $(grep '=' .env | xargs) && run", [".env"]),
    ("env $(cat /etc/app.env) run", ["/etc/app.env"]),
    ("env $(cat /etc/app.env | xargs) run --all", ["/etc/app.env"]),
    ("env $(grep -v '#' .env | xargs) run", [".env"]),
    ("eval $(cat /etc/app.env) run", ["/etc/app.env"]),
    ("dotenv -f .env run -- bin/x", [".env"]),
    ("dotenv --file=/etc/app.env run bin/x", ["/etc/app.env"]),
    ("env-cmd -f ./app.env bin/x", ["./app.env"]),
    ("node --env-file=.env x.js", [".env"]),
    ("foreman run -e prod.env rake x", ["prod.env"]),
    ("honcho run --env prod.env rake x", ["prod.env"]),
    ("op run --env-file=/etc/app.env -- run", ["/etc/app.env"]),
    ("uvicorn --env-file .env app:x", [".env"]),
    # a loop over its lines
    ('while read l; do export "$l"; done < /etc/app.env; run', ["/etc/app.env"]),
    ('while IFS= read -r line; do export "$line"; done </etc/app.env && run', ["/etc/app.env"]),
    ("while IFS== read -r k v; do export \"$k=$v\"; done < '/etc/app.env'; run", ["'/etc/app.env'"]),
    ('while read -r l; do eval "export $l"; done <<< "$(cat /etc/app.env)"; run', ["/etc/app.env"]),
    ('for l in $(cat /etc/app.env); do export "$l"; done; run', ["/etc/app.env"]),
    ('for l in `grep -v "^#" .env`; do export $l; done; run', [".env"]),
    # fed to the shell, to eval, to env
    ("source <(grep -v '^#' /etc/app.env) && run", ["/etc/app.env"]),
    (". <(sed 's/^/export /' /etc/app.env); run", ["/etc/app.env"]),
    ("bash -c 'source <(sed s/a/b/ /etc/app.env) && run'", ["/etc/app.env"]),
    (". /dev/stdin < /etc/app.env; run", ["/etc/app.env"]),
    ('source /dev/stdin <<< "$(cat /etc/app.env)"; run', ["/etc/app.env"]),
    ('set -a; eval "$(cat /etc/app.env)"; run', ["/etc/app.env"]),
    ("eval \"$(sed 's/^/export /' .env)\" && run", [".env"]),
    ('env -S "$(cat .env)" run', [".env"]),
    ("env $(xargs < /etc/app.env) run", ["/etc/app.env"]),
    ("env $(xargs -a /etc/app.env) run", ["/etc/app.env"]),
    ("env $(tr '\\n' ' ' < .env) run", [".env"]),
    ("export $(< /etc/app.env); run", ["/etc/app.env"]),
    ("readonly $(cat .env); run", [".env"]),
    ("xargs -a /etc/app.env env", ["/etc/app.env"]),
    ("xargs --arg-file=/etc/app.env sh -c 'env \"$@\" run' x", []),
    ("xargs env < /etc/app.env", ["/etc/app.env"]),
    ("systemd-run -p EnvironmentFile=/etc/default/app run", ["/etc/default/app"]),
    ("systemd-run --property=EnvironmentFile=-/etc/default/app run", ["/etc/default/app"]),
    ("systemd-run -p User=app run", []),
    # by an engine of containers
    ("docker run --env-file /etc/app.env shop/app run", ["/etc/app.env"]),
    ("docker run --env-file=/etc/a.env --env-file=/etc/b.env shop/app run", ["/etc/a.env", "/etc/b.env"]),
    ("podman run --rm --env-file /etc/app.env shop/app", ["/etc/app.env"]),
    ("cd /srv/app && docker run --env-file .env shop/app run", ["/srv/app/.env"]),
    ("cd /srv/app && docker run --env-file ./conf/a.env shop/app run", ["/srv/app/conf/a.env"]),
    ('docker run --env-file "$HOME/app.env" shop/app run', ["$HOME/app.env"]),
    # none of these reads one
    ("export $(date +D=%s); run", []),
    ("export A=$(cat /etc/token); run", []),
    ("export $(hostname); run", []),
    ("env A=1 run", []),
    ("cat /etc/app.env | run", []),
    ("grep -v x /etc/app.env", []),
    ("node -e 'x' .env", []),
    ("run . /etc/app.env", []),
    ("while read l; do echo $l; done < /etc/hosts", []),
    ("for f in $(cat list); do rm $f; done", []),
    ("xargs -a list rm", []),
    ('mysql <<< "$(cat x.sql)"', []),
    ("foreman start", []),
]


@pytest.mark.parametrize(("command", "files"), READ)
def test_which_files_are_read(command: str, files: list[str]) -> None:
    found = understand(command.replace("\\n", "\\\\n"), environment={}, shell="/bin/sh")
    assert [need.name for need in found.dependencies if need.kind == "file sourced"] == files


# Line, what ECS would make of it otherwise.
LINES = [
    ("A=1", []),
    ("# comment", []),
    ("", []),
    ("A=a=b&c:d/e?f@g", []),
    ("A=x#y", []),
    ("A=", ["leaves it out"]),
    ("A=''", ["quotes"]),
    ('A="x y"', ["quotes"]),
    ("A='x # y'", ["quotes"]),
    ("export A=1", ["`export`"]),
    ("declare -x A=1", ["`declare -x`"]),
    ('export A="x"', ["`export`", "quotes"]),
    ("A=$B/x", ["expand"]),
    ("A=${B}", ["expand"]),
    ("A='$B'", ["quotes"]),
    ('A="$B"', ["quotes", "expand"]),
    ("A=1 # why", ["comment"]),
    ("A=1 ", ["blanks at the end"]),
    ("  A=1", ["blanks before"]),
    ("  # comment", ["comment is one only"]),
    ("A=1\r", ["carriage return"]),
    ("\ufeffA=1", ["byte order mark"]),
    ("A=\udce4", ["UTF-8"]),
    ("A='x\ny'\nB=1", ["several lines"]),
    ('A="x\n# y\n"', ["several lines"]),
    ("A=" + "x" * 65536, ["64 KiB"]),
    ("A='$(date)'", ["quotes"]),
    ("A=1; B=2", ["`;`"]),
    ("A=x\\ y", ["backslash"]),
    ("A", ["no NAME=VALUE"]),
    ("my-name=1", ["is no name"]),
]


@pytest.mark.parametrize(("line", "said"), LINES)
def test_what_a_line_becomes(line: str, said: list[str]) -> None:
    found = read_file(line)
    assert found.code is None
    assert len(found.changes) == len(said), found.changes
    for (number, sentence), part in zip(found.changes, said, strict=True):
        assert number == 1 and part in sentence


# Line, who reads it on the host, what ECS would make of it otherwise than they do.
READERS: list[tuple[str, Reader, list[str]]] = [
    # `docker run --env-file` takes lines as ECS does, but for what stands in front and for a name alone
    ('A="x y"', "engine", []),
    ("A=$B", "engine", []),
    ("A=1 # why", "engine", []),
    ("A=1\r", "engine", []),
    ("A=$(date)", "engine", []),
    ("  A=1", "engine", ["blanks before"]),
    ("A", "engine", ["from where the call runs"]),
    ("A=", "engine", ["leaves it out"]),
    ("export A=1", "engine", ["`export`"]),
    # compose, dotenv
    ('A="x y"', "dotenv", ["quotes"]),
    ("A=1 # why", "dotenv", ["comment"]),
    ("A=${B}", "dotenv", ["expand"]),
    ("A=1\r", "dotenv", []),
    ("A=1; B=2", "dotenv", []),
    ("A=`x`", "dotenv", []),
    # `export $(cat f)`: words
    ('A="x"', "words", []),
    ("A=$B", "words", []),
    ("A=x y", "words", ["first blank"]),
    ("A=1\r", "words", ["carriage return"]),
    ("A=$(date)", "words", []),
    ("A='x y'", "xargs", ["first blank", "quotes"]),
    ("A=x\\y", "xargs", ["backslash"]),
    # `while read l; do export "$l"; done < f`
    ('A="x y"', "read", []),
    ("A=x y", "read", []),
    ("A=1  ", "read", ["blanks at the end"]),
    # systemd
    ("A='x y'", "systemd", ["quotes"]),
    ("A=$B", "systemd", []),
    ("A=1\r", "systemd", []),
    ("; a comment", "systemd", ["`;` begins no comment"]),
    ("A=$(date)", "systemd", []),
]


@pytest.mark.parametrize(("line", "reader", "said"), READERS)
def test_who_reads_a_line_decides_what_changes(line: str, reader: Reader, said: list[str]) -> None:
    found = read_file(line, reader)
    assert found.code is None
    assert len(found.changes) == len(said), found.changes
    for (_number, sentence), part in zip(found.changes, said, strict=True):
        assert part in sentence


SECRETS = [
    ("DB_PASSWORD=hunter2hunter2", ("DB_PASSWORD",)),
    ('export API_TOKEN="abcdef0123456789abcd"', ("API_TOKEN",)),
    ("DATABASE_URL=postgres://app:s3cr3tpw@db/app", ("DATABASE_URL",)),
    ("DB_PASSWORD=", ()),
    ("DB_PASSWORD=$OTHER", ()),
    ("LANG=C.UTF-8\nDB_HOST=db", ()),
    ("#DB_PASSWORD=hunter2hunter2", ()),
]


@pytest.mark.parametrize(("text", "names"), SECRETS)
def test_the_secrets_of_a_file_are_named_and_not_shown(text: str, names: tuple[str, ...]) -> None:
    found = read_file(text)
    assert found.secrets == names
    said = said_of("/etc/app.env", found)
    assert ("Secrets in it" in said) == bool(names)
    assert "hunter2" not in said and "s3cr3t" not in said and "abcdef" not in said


CODE = [
    "A=$(date)",
    "A=`hostname`",
    "PATH=$PATH:/opt/bin",
    'export PATH="/opt/bin:$PATH"',
    "LD_LIBRARY_PATH=/x:${LD_LIBRARY_PATH}",
    "if [ -f /etc/x ]; then",
    "[ -f /etc/x ] && . /etc/x",
    ". /etc/other",
    "source /etc/other",
    "f() {",
    "function f {",
    "ulimit -n 4096",
    "umask 022",
    "cd /srv/app",
    "alias ll='ls -l'",
    "for x in 1 2; do",
    "A=x \\",
    "eval x",
]


@pytest.mark.parametrize("line", CODE)
def test_shell_code_is_no_list_of_variables(line: str) -> None:
    found = read_file(f"A=1\n{line}\n")
    assert found.code is not None and found.code[0] == 2
    assert "in the image" in said_of("/etc/app.env", found)


def test_no_value_is_told() -> None:
    text = "API_TOKEN=hunter2hunter2\nDB='hunter2hunter2'\nexport X=\"hunter2hunter2 $Y\" # hunter2hunter2\nhunter2hunter2\n"
    assert "hunter2" not in said_of("/etc/app.env", read_file(text))
    assert "hunter2" not in repr(read_file(text))


# Text, the same without its file; None where it cannot be taken out alone.
WITHOUT = [
    (". F; run", "run"),
    (". F && run --all", "run --all"),
    ("source F && run", "run"),
    ('. "F" && run', "run"),
    ("set -a; . F; set +a; run", "run"),
    ("set -a && . F && set +a && run", "run"),
    ("[ -f F ] && . F; run", "run"),
    ("test -r F && . F; run", "run"),
    ("export $(cat F) && run", "run"),
    ("export `cat F`; run", "run"),
    ("export $(grep -v '^#' F | xargs) && run | tee x", "run | tee x"),
    ("env $(cat F | xargs) run", "run"),
    ("exec env $(cat F) run", "run"),
    (". F; A=1 run; other", "A=1 run; other"),
    # it is read again, later, or between
    (". F; run; . F; other", None),
    ("run; . F", None),
    (". F", None),
    ("if . F; then run; fi", None),
    ("( . F; run )", None),
    (". F.local; run", None),
    (". F || exit 1; run", None),
    # fed in other ways
    ("while read l; do export \"$l\"; done < F; run", "run"),
    ("while read -r l; do export \"$l\"; done <F && run", "run"),
    ("for l in $(cat F); do export $l; done; run", "run"),
    ("set -a; eval \"$(cat F)\"; set +a; run", "run"),
    (". /dev/stdin < F; run", "run"),
    ("source <(grep -v '^#' F) && run", "run"),
    ("while read l; do echo $l; export \"$l\"; done < F; run", None),
    ("while read l; do run \"$l\"; done < F", None),
    ("eval \"$(cat F.x)\"; run", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rest"), WITHOUT)
def test_the_command_without_its_file(text: str, rest: str | None) -> None:
    assert without_file(text.replace("F", "/etc/a.env"), "/etc/a.env") == rest


COMMANDS = [
    (["/bin/sh", "-c", ". F; run"], ["/bin/sh", "-c", "run"]),
    (["/bin/bash", "-lc", ". F; run"], ["/bin/bash", "-lc", "run"]),
    (["run", "--all"], ["run", "--all"]),  # an engine read it
    ([], []),
    (["node", "--env-file=F", "x.js"], None),
    (["run", "-c", "x", "F"], None),
]


@pytest.mark.parametrize(("command", "rest"), COMMANDS)
def test_a_container_without_its_file(command: list[str], rest: list[str] | None) -> None:
    assert command_without([word.replace("F", "/etc/a.env") for word in command], "/etc/a.env") == rest


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("text", [text for text, rest in WITHOUT if rest == "run" and "source" not in text])
def test_the_rest_starts_the_same(tmp_path: Path, shell: str, text: str) -> None:
    """With the variables in the environment, what is left does what the whole did."""
    (tmp_path / "f.env").write_text("A=1\nB=x/y\n")
    (tmp_path / "run").write_text('#!/bin/sh\necho "${A:+got} $*"\n')
    (tmp_path / "run").chmod(0o755)
    whole = text.replace("F", "./f.env").replace(" run", " ./run $A$B")
    rest = without_file(whole, "./f.env")
    assert rest is not None
    path = {"PATH": os.environ["PATH"]}
    expected = _output(shell, "set -a; " + whole, path, tmp_path)
    if "env $(" not in whole:  # the shell itself sees what env sets for its command only
        assert _output(shell, rest, path | {"A": "1", "B": "x/y"}, tmp_path) == expected


def _output(shell: str, text: str, environment: dict[str, str], place: Path) -> str:
    done = subprocess.run(
        [shell, "-c", text], env=environment, cwd=place, capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout + done.stderr
