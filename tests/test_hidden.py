"""Failures that do not reach the end of a text: as a table, and as a law that real shells judge."""

from __future__ import annotations

import random
import re
import shutil
import subprocess

import pytest

from converters.commands.command import understand
from converters.commands.ending import EITHER, GOOD, Shell, path_to
from converters.commands.flow import Run, read_flow
from converters.commands.hidden import hidden_in
from converters.commands.work import work_of
from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read

ALWAYS = """
x || echo failed
x || logger -t cron failed
x || mail -s failed ops@example.com < /dev/null
x || :
x || exit 0
x || { echo failed; exit 0; }
x || (echo failed)
(x) || (echo failed)
{ x; } || true
(x || true)
{ x || echo failed; }
x; true
x; exit 0
x; echo done
x ; rm -f /tmp/lock
x > /tmp/log 2>&1; cat /tmp/log
(x; echo done)
(x); exit 0
{ x; date; }
if x; then echo ok; else echo failed; fi
if ! x; then echo failed; fi
if ! x; then mail -s failed ops@example.com < /dev/null; fi
if [ -f /a ]; then x || echo failed; fi
if [ -f /a ]; then x; echo done; else exit 1; fi
[ -f /a ] && x || true
cd /srv && x || echo failed
! x
trap 'exit 0' EXIT; x
trap "echo bye; exit 0" 0; x
sh -c 'x || echo failed'
bash -c "x; exit 0"
timeout 60 sh -c 'x; true'
sudo -u app sh -c 'cd /srv; x || echo failed'
su - app -c "x > /srv/$(date +%u) || echo failed"
sh -c "x \"$(date)\" && echo ok; echo done"
ssh "$HOST" "x $A; true"
ssh h.example.com 'x; true'
eval "x; true"
out=$(x); echo "$out"
out=$(x) || echo failed
x; rc=$?; echo "ended with $rc"
x; if [ $? -ne 0 ]; then echo failed; fi
x; if [ $? -eq 0 ]; then echo ok; else echo failed; fi
x; [ $? -eq 0 ] || echo failed
x; test $? -ne 0 && echo failed; true
x & wait
f() { x; echo done; }; f
f() { x || return 0; }; f
case a in a) x; echo done;; esac
for d in a b; do x $d || echo failed; done
while read -r l; do x "$l"; echo "$l"; done < /f
set -e; x || echo failed
set +e; x; echo done
x || curl -fsS https://hc-ping.com/1/fail
x || curl -d failed https://hooks.slack.com/services/a/b/c
x || echo failed | mail -s failed ops@example.com
"""
SEEN = """
x
x && echo ok
cd /srv && x
x || exit 1
x || false
x || { echo failed; exit 1; }
(x) || (echo failed; exit 2)
if x; then echo ok; else echo failed; exit 1; fi
if ! x; then echo failed; exit 1; fi
set -e; x; echo done
set -o errexit; x; echo done
bash -e -c 'x; echo done'
set -e; (x; echo done); echo done
trap 'rm -f /tmp/l' EXIT; x
trap 'exit 0' INT; x
x; rc=$?; echo done; exit $rc
x; rc=$?; rm -f /tmp/l; (exit $rc)
x; exit $?
x; exit
echo start; x
x; [ $? -eq 0 ] || exit 1
x; if [ $? -ne 0 ]; then echo failed; exit 1; fi
out=$(x) || exit 1
out=$(x)
x & wait $!
f() { x || return 1; }; f
f() { x; }; f
for d in a; do x $d || exit 1; done
while ! x; do sleep 5; done
until x; do sleep 5; done; echo ok
if x; then y; fi
x || y
rc=0; x || rc=1; echo done; exit $rc
sh -c 'x || exit 1'
x && curl -fsS https://hc-ping.com/1
curl -sf https://example.com/on || exit 0; true
echo start; date; uptime
x 2>/dev/null || exit 3
"""
LOST = """
x; y
x && y; z
x || echo failed; y
(x); y
x & y
cd /srv; x; y
if [ -f /a ]; then x; y; fi
sh -c 'x; y'
f() { x; y; }; f
x; y || exit 1
"""
ROUNDS = """
for d in a b; do x $d; done
while read -r l; do x "$l"; done < /f
for d in a b; do cd $d && x; done
find /srv | while read -r l; do x "$l"; done
"""


def table(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("text", table(ALWAYS))
def test_a_failure_that_ends_with_0(text: str) -> None:
    assert [one.rstrip("`")[:2] for one in hidden_in(text).always] == ["`x"], text


@pytest.mark.parametrize("text", table(SEEN))
def test_a_failure_that_is_seen(text: str) -> None:
    assert not any(hidden_in(text)), hidden_in(text)


@pytest.mark.parametrize("text", table(LOST))
def test_a_failure_that_another_command_covers(text: str) -> None:
    found = hidden_in(text)
    assert found.lost and not found.always


@pytest.mark.parametrize("text", table(ROUNDS))
def test_a_failure_in_a_round(text: str) -> None:
    assert [one[:2] for one in hidden_in(text).rounds] == ["`x"]


@pytest.mark.parametrize(
    "text",
    [
        "(x | y)",
        "{ x | y; } > /o",
        "if [ -f /a ]; then x | y; fi",
        "sh -c 'x | y'",
        "f() { x | y; }; f",
        'su - app -c "x | y > /srv/$(date +%u)"',
    ],
)
def test_a_failure_in_a_pipe(text: str) -> None:
    assert hidden_in(text).piped == ("`x`",)
    assert not hidden_in(text, whole=True).piped or " -c" in text


def test_it_is_told_of_the_command() -> None:
    told = {(one.code, one.message) for one in understand("pg_dump -h db.example.com a > /a || echo failed").findings}
    assert any(code == "C413" and "pg_dump" in said and "`echo failed`" in said for code, said in told)


@pytest.mark.parametrize(
    "text",
    [
        "bash -c 'set -euo pipefail; x | y; z'",
        "bash -c 'set -o pipefail; x | y'",
        "x; [ $? -eq 0 ] || exit 1",
        'x; rc=$?; [ "$rc" -ne 0 ] && exit 1; exit 0',
    ],
)
def test_what_the_text_minds_by_itself_is_not_told(text: str) -> None:
    assert not {"C414", "C462"} & {one.code for one in understand(text).findings}


@pytest.mark.parametrize(("text", "code"), [("x; [ $n -eq 0 ] || exit 1", "C462"), ("x | y; z | y", "C414")])
def test_what_it_does_not_mind_is_told(text: str, code: str) -> None:
    assert code in {one.code for one in understand(text).findings}


SCRIPTS = {
    "#!/bin/sh\n# saves all\npg_dump -h db a > /tmp/a\naws s3 cp /tmp/a s3://b/\necho done\n": "C413",
    "#!/bin/sh\npg_dump -h db a > /tmp/a\nexit 0\n": "C413",
    "#!/bin/bash\nfunction main {\n  /app/run\n  logger done\n}\nmain\n": "C413",
    "#!/bin/sh\n/app/one\n/app/two\n": "C433",
    "#!/bin/sh\n/app/one | /app/two\n": "C414",
    "#!/bin/sh -e\n/app/one\n/app/two\necho done\n": "",
    "#!/bin/bash\nset -euo pipefail\n/app/one | /app/two\necho done\n": "",
    "#!/bin/sh\n/app/one || exit 1\necho done\n": "",
    "#!/usr/bin/env python3\nprint('a'); exit(0)\n": "",
}


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_that_was_read(text: str) -> None:
    lines = read("0 1 * * * /opt/x.sh\n", DIALECTS["debian"], system=False).lines
    (entry,) = [line.entry for line in lines if line.entry]
    work = work_of(entry, user="app", own_clock=True).with_script("/opt/x.sh", text)
    told = {one.code for one in work.findings if one.code in ("C413", "C414", "C433") and "`/opt/x.sh`" in one.message}
    assert (SCRIPTS[text] in told) if SCRIPTS[text] else not told


# --- the law, judged by real shells ----------------------------------------------------------------------------------

TEXTS = 100
STATUSES = ((0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0))
LEAVES = ["x", "y", "z", "true", "false", "echo a", "exit 0", "exit 1", "exit $?", "rc=$?", "set -e", "[ $? -eq 0 ]"]
LEAVES += ["trap 'exit 0' EXIT", "trap 'true' EXIT", "[ $? -ne 0 ]", "exit $rc", "v=$(x)", "set +e", "x", "y", "x"]


def sentence(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(11) if depth else 0
    inner = [sentence(chance, depth - 1) for _ in range(3)] if depth else []
    if kind in (0, 1):
        return chance.choice(LEAVES)
    if kind in (2, 3):
        return f"{inner[0]} {chance.choice(['&&', '||'])} {inner[1]}"
    if kind == 4:
        return f"{inner[0]}; {inner[1]}"
    if kind == 5:
        return f"if {inner[0]}; then {inner[1]}; else {inner[2]}; fi"
    if kind == 6:
        return f"if {inner[0]}; then {inner[1]}; fi"
    if kind == 7:
        return f"( {inner[0]} )"
    if kind == 8:
        return f"{{ {inner[0]}; }}"
    if kind == 9:
        return f"for i in 1; do {inner[0]}; done"
    return f"! ( {inner[0]} )" if chance.random() < 0.5 else f"( {inner[0]} ) | ( {inner[1]} )"


def really(shell: list[str], texts: list[str], statuses: tuple[int, ...]) -> list[tuple[str, int]]:
    """What ran of x, y and z, and how each text ends, in a real shell where these end so."""
    stubs = " ".join(
        f"{name}() {{ echo {name} >&3; return {status}; }};" for name, status in zip("xyz", statuses, strict=True)
    )
    script = f"exec 3>&1; rc=0; {stubs}\n" + "\n".join(f"( {text}\n) >/dev/null 2>&1; echo =$?" for text in texts)
    ran = subprocess.run([*shell, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    found = re.findall(r"([xyz\n]*)=(\d+)\n", ran.stdout)
    return [(names, min(1, int(status))) for names, status in found]


@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]], ids="-".join)
def test_each_text_ends_as_it_is_said(shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not here")
    chance = random.Random(15)
    texts = [f"{sentence(chance, 3)}; {sentence(chance, 2)}" for _ in range(TEXTS)]
    ended = {one: really(shell, texts, one) for one in STATUSES}
    for at, text in enumerate(texts):
        block = read_flow(text)
        names = [run.name for run in block.runs()]
        # One command fails in thought; in the shell all of its name do: texts that have it once compare.
        for run in [run for run in block.runs() if run.name in set("xyz") and names.count(run.name) == 1]:
            for status in (0, 1):
                said = Shell(run, bool(status), usual, path_to(block, run)).text(block)
                seen = {
                    ends[at][1]
                    for one, ends in ended.items()
                    if one["xyz".index(run.name)] == status and run.name in ends[at][0]
                }
                assert seen <= said, (text, run.name, status, seen, said)


def usual(run: Run) -> frozenset[int]:
    return GOOD if run.name in ("true", "echo") else EITHER
