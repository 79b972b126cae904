"""A shell that stays hands SIGTERM on and waits: which text gets it, and what real shells do as process 1 and with an init."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converters.commands.forwarding import around, stays_and_tells, without_telling
from converters.commands.handing_over import hand_over

SH = ("/bin/sh", "-c")
SHELLS = [[path] for name in ("dash", "bash") if (path := shutil.which(name))]
SHELLS += [[path, "sh"]] if (path := shutil.which("busybox")) else []
OWN = "trap 'wait; exit 143' TERM; "


def written(text: str) -> str:
    """As `converters.specs.making` writes it."""
    text = hand_over(text, SH).text
    told = stays_and_tells(text, SH)
    return text if told is None else around(told)


STAYS = [
    ("a; b", "a; exec b"),
    ("a && b", "a && exec b"),
    ("a || b", "a || exec b"),
    ("a | b", "a | b"),
    ("a && rm -f x", "a && exec rm -f x"),
    (". ./env; a", ". ./env; a"),
    ("A=1 a; exit 0", "A=1 a; exit 0"),
    ("if a; then b; fi", "if a; then exec b; fi"),
    ("for i in 1 2; do a $i; done", "for i in 1 2; do a $i; done"),
    ("a & b; wait", "a & b; wait"),
    ("$A x; true", "$A x; true"),
    ("(a; b); c", f"({OWN}a; b); exec c"),
    ("seq 2 | while read i; do a; done", f"seq 2 | {{ {OWN}while read i; do a; done; }}"),
    ("{ a; b; } > f & wait", f"{{ {OWN}{{ a; b; }} > f; }} & wait"),
    ("a && b & wait", f"{{ {OWN}a && b; }} & wait"),
    ("a; b # why", "a; exec b # why\n"),
    # shells inside loops, functions and words
    ("for i in 1; do (a; b); done", f"for i in 1; do ({OWN}a; b); done"),
    ("while a; do b | (c; d); done", f"while a; do b | ({OWN}c; d); done"),
    ("until a; do { b; c; } & done; wait", f"until a; do {{ {OWN}{{ b; c; }}; }} & done; wait"),
    ("case x in x) (a; b);; esac; c", f"case x in x) ({OWN}a; b);; esac; exec c"),
    (
        "if a; then b; elif c; then (d; e); else (f; g); fi; h",
        f"if a; then b; elif c; then ({OWN}d; e); else ({OWN}f; g); fi; exec h",
    ),
    ("f() { (a; b); }; f; c", f"f() {{ ({OWN}a; b); }}; f; c"),
    ("f() (a; b); f; c", f"f() ({OWN}a; b); f; c"),
    ("f() { a; b; }; f | cat; c", f"f() {{ a; b; }}; {{ {OWN}f; }} | cat; c"),
    ("f() { a; b; }; f & wait", f"f() {{ a; b; }}; {{ {OWN}f; }} & wait"),
    (". ./s | cat; c", f"{{ {OWN}. ./s; }} | cat; c"),
    ("x=$(a; b); c", f"x=$({OWN}a; b); exec c"),
    ('x="$(a && b)"; c', f'x="$({OWN}a && b)"; exec c'),
    ("x=`a; b`; c", f"x=`{OWN}a; b`; exec c"),
    ("x=$(a | b); c", f"x=$({OWN}a | b); exec c"),
    ("x=$(a); c; true", "x=$(a); c; true"),
    ("x=$(a > f); c; true", f"x=$({OWN}a > f); c; true"),
    ("x=${y:-$(a; b)}; c; true", f"x=${{y:-$({OWN}a; b)}}; c; true"),
    ("echo $(a) | cat; true", f"{{ {OWN}echo $(a); }} | cat; true"),
    ("c $(a) & wait", f"{{ {OWN}c $(a); }} & wait"),
    ("c $(date; hostname) & wait", "c $(date; hostname) & wait"),
    ("x=$(b $(a)); c; true", f"x=$({OWN}b $(a)); c; true"),
    ("x=$(echo $(a; b)); c; true", f"x=$({OWN}echo $({OWN}a; b)); c; true"),
    ('[ "$(a; b)" = x ] && c; true', f'[ "$({OWN}a; b)" = x ] && c; true'),
    ("for i in $(a | head); do b; done", f"for i in $({OWN}a | head); do b; done"),
    ("a > $(b; c); true", f"a > $({OWN}b; c); true"),
    ("exec a $(b)", "exec a $(b)"),
    ("echo $(a)", "echo $(a)"),
]
# The job is process 1 or has its init; or nothing here would hear a word.
GOES = [
    "exec a",
    "cd d && a",
    "mkdir -p d; cd d; a",
    "[ -f f ] && a",
    "sleep 9; a",
    "trap x TERM; a; b",
    "echo a; date",
    "x=$(date +%F; hostname); echo $x",
    "exec a $(date)",
    "a 'b",
]


@pytest.mark.parametrize(("text", "inside"), STAYS, ids=[text for text, _ in STAYS])
def test_what_stays_tells(text: str, inside: str) -> None:
    whole = written(text)
    assert whole == around(inside)
    assert stays_and_tells(whole, SH) is None, "twice is once"
    assert stays_and_tells(text, ("/bin/tcsh", "-c")) is None
    assert OWN not in without_telling(whole)


@pytest.mark.parametrize("text", GOES)
def test_what_needs_no_telling(text: str) -> None:
    assert stays_and_tells(hand_over(text, SH).text, SH) is None
    assert without_telling(text) == text


# In a folder with `job`, which needs 0.3 s after SIGTERM. All that started must have cleaned up, and nothing starts after it.
TOLD = [
    ("./job 1; ./job 2", "1"),
    ("./job 1 && ./job 2 || ./job 3", "1"),
    ("./job 1 | cat; ./job 2", "1"),
    ("for i in 1 2; do ./job $i; done", "1"),
    (". ./env; ./job 1", "1"),
    ("true; ./job 1", "1"),
    ("x=$(./job 1); ./job 2; true", "1"),
    ("(./job 1; ./job 2); ./job 3", "1"),
    ("seq 2 | while read i; do ./job $i; done; ./job 3", "1"),
    ("./job 1 & { ./job 2; ./job 3; } & wait", "12"),
    ("if ./job 1; then ./job 2; fi", "1"),
    ("for i in 1 2; do (./job $i; ./job 9); done", "1"),
    ("while true; do (./job 1; ./job 9); done", "1"),
    ("for i in 1; do ./job 1 | (cat; ./job 9); done; ./job 9", "1"),
    ("for i in 1 2; do { ./job $i; ./job 9; } & done; wait", "12"),
    ("case x in x) (./job 1; ./job 9);; esac; ./job 9", "1"),
    ("if false; then :; else (./job 1; ./job 9); fi; ./job 9", "1"),
    ("f() { (./job 1; ./job 9); }; f; ./job 9", "1"),
    ("f() (./job 1; ./job 9); f; ./job 9", "1"),
    ("f() { ./job 1; ./job 9; }; f | cat; ./job 9", "1"),
    ("f() { ./job 1; ./job 9; }; f & wait; ./job 9", "1"),
    ("f() { ./job 1; ./job 9; }; x=$(f); ./job 9", "1"),
    ("x=$(./job 1 > o; ./job 9); ./job 9; true", "1"),
    ('x="$(./job 1 > o && ./job 9)"; ./job 9; true', "1"),
    ("x=`./job 1 > o; ./job 9`; ./job 9; true", "1"),
    ("x=$(./job 1 > o | cat); ./job 9; true", "1"),
    ("x=${y:-$(./job 1 > o; ./job 9)}; true", "1"),
    ("echo $(./job 1; ./job 9) | cat; true", "1"),
    ("echo $(./job 1 > o) | cat; true", "1"),
    ("echo $(./job 1 > o) & wait", "1"),
    ("x=$(echo $(./job 1 > o)); ./job 9; true", "1"),
    ("x=$(./job 1 > o); ./job 9; true", "1"),
    ("./job 1 > o | cat; ./job 9", "1"),
    ('[ "$(./job 1 > o; ./job 9)" = x ] && ./job 9; true', "1"),
    ("for i in $(./job 1 > o | cat); do ./job 9; done; true", "1"),
    ("echo $(./job 1 > o)", "1"),
]
JOB = (
    "#!/bin/bash\ntrap 'sleep 0.3; echo clean $1 >> log; exit 0' TERM\necho start $1 >> log\nsleep 5\necho end >> log\n"
)
# As tini and catatonit do it: the child leads a group of its own, is handed the signal, and its end is the end.
INIT = """
import os, signal, sys
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
while True:
    pid, status = os.wait()
    if pid == child:
        os._exit(status >> 8 if status >> 8 else 128 + status if status else 0)
"""
SPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*SPACE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="no namespaces of processes here")
@pytest.mark.parametrize("init", [False, True], ids=["process 1", "init"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
def test_sigterm_reaches_the_job_and_is_waited_for(tmp_path: Path, shell: list[str], init: bool) -> None:
    started = []
    for number, (text, ran) in enumerate(TOLD):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "job").write_text(JOB)
        (place / "job").chmod(0o755)
        (place / "env").write_text("A=1\n")
        before = [sys.executable, "-c", INIT] if init else []
        words = [*SPACE, *before, *shell, "-c", written(text)]
        # A runtime makes the first process the leader of a session (runc does), so its group is the container.
        process = subprocess.Popen(
            words, cwd=place, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started.append((text, ran, place / "log", process))
    for text, ran, log, _ in started:
        _until(log, len(ran), text)
    time.sleep(0.2)
    for *_, process in started:
        first = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        os.kill(int(first), signal.SIGTERM)
    for text, ran, log, process in started:
        assert process.wait(10) in (143, 0), text
        assert sorted(log.read_text().split()) == sorted(["start", "clean"] * len(ran) + [*ran, *ran]), text


def _until(log: Path, started: int, text: str) -> None:
    for _ in range(200):
        if log.exists() and log.read_text().count("start") == started:
            return
        time.sleep(0.05)
    raise AssertionError(text)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
def test_statuses_and_output_are_those_of_the_text(tmp_path: Path, shell: list[str]) -> None:
    for text in (
        "j 3; j 4",
        "j 3 || j 4",
        "j 3 && j 4",
        "j 0; exit 7",
        "j 3 | cat",
        "set -e; j 3; j 4",
        "(j 3); j 0 # x",
        "x=$(j 3; j 4); echo $x",
        'x="$(j 3; j 4)"; s=$?; echo "$x"; exit $s',
        'echo "`j 3; j 4`" | cat; j 5',
        "f() { j 3; j 4; }; f | cat; f",
        "for i in 1 2; do (j $i; j 4); done; j 6",
        "echo ${y:-$(j 3; j 4)} | cat; j 5",
        "set -e; x=$(j 0; j 3); j 4",
        'case $(j 3 | cat) in 3) (j 5; j 6);; esac; echo "$?"',
    ):
        script = "#!/bin/sh\necho $1; exit $1\n"
        (tmp_path / "j").write_text(script)
        (tmp_path / "j").chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = [
            subprocess.run(
                [*shell, "-c", one], env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
            for one in (text, written(text))
        ]
        assert written(text) != text
        assert (done[0].returncode, done[0].stdout) == (done[1].returncode, done[1].stdout), text
