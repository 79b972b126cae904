"""The shell gives its place to its last command: which text gets ``exec``, and that real shells do the same with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from converters.commands.handing_over import hand_over

SH = ("/bin/sh", "-c")
SHELLS = [[path] for name in ("dash", "bash") if (path := shutil.which(name))]
SHELLS += [[path, "sh"]] if (path := shutil.which("busybox")) else []

# Text, and the same with exec where it belongs; None: it stays as it is, and the shell stays process 1.
TEXTS: list[tuple[str, str | None]] = [
    (
        "cd /srv/app; ./bin/warm-up; python3 worker.py --drain",
        "cd /srv/app; ./bin/warm-up; exec python3 worker.py --drain",
    ),
    ("a && b", "a && exec b"),
    ("a || b", "a || exec b"),
    ("a; b && c || d", "a; b && c || exec d"),
    ("A=1 B=$X job $Y", "A=1 B=$X exec job $Y"),
    ("job $X > f 2>&1 < g", "exec job $X > f 2>&1 < g"),
    ("> f job $X", "> f exec job $X"),
    ("job $(date) `id`", "exec job $(date) `id`"),
    ("job $X # why", "exec job $X # why"),
    ("/usr/bin/env job $X", "exec /usr/bin/env job $X"),
    ('"$HOME"/bin/job', 'exec "$HOME"/bin/job'),
    ("~/bin/job -a", "exec ~/bin/job -a"),
    ("'my job' $X", "exec 'my job' $X"),
    ("日本; ジョブ $X", "日本; exec ジョブ $X"),
    ("{ a; b; } > f", "{ a; exec b; } > f"),
    ("if a; then b; c; fi", "if a; then b; exec c; fi"),
    ("case $X in a) b;; c|d) e;; esac", "case $X in a) exec b;; c|d) exec e;; esac"),
    ("set -e; a; b", "set -e; a; exec b"),
    ("x; exec y", "x; exec y"),  # it did so by itself, and gets its init
    # not a program, or not the last thing that happens
    ("a; b || true", None),
    ("a; echo done", None),
    ("a; wait", None),
    ("command job $X", None),
    ("$JOB a", None),
    ('"$(which job)" a', None),
    ("time job; time job", None),
    ("! job $X", None),
    ("a | b", None),
    ("a; b | c", None),
    ("(a; b)", None),
    ("while a; do b; done", None),
    ("for x in 1 2; do job $x; done", None),
    ("a; b &", None),
    ("a & b", None),
    ("if a & then b; fi", None),
    ("job <(other)", None),
    # the shell has something to do at its end, or the name may be its own
    ("trap 'rm f' EXIT; job", None),
    ("if true; then trap x TERM; fi; job", None),
    ("f() { x; }; f", None),
    ("function f { x; }; f", None),
    (". /etc/env; job", None),
    ("source ~/.nvm/nvm.sh; nvm use", None),
    ("eval $X; job", None),
    ("alias job=x; job", None),
    ("job 'unfinished", None),
]


@pytest.mark.parametrize(("text", "wanted"), TEXTS, ids=[text for text, _ in TEXTS])
def test_what_takes_the_place_of_the_shell(text: str, wanted: str | None) -> None:
    handed = hand_over(text, SH)
    assert handed == (text if wanted is None else wanted, wanted is not None)
    assert hand_over(handed.text, SH).text == handed.text, "twice is once"


def test_only_shells_are_spoken_to_and_only_where_no_file_is_read_before() -> None:
    assert hand_over("a; b", ("/usr/bin/perl", "-e")).text == "a; b"
    assert hand_over("a; b", ("/bin/tcsh", "-c")).text == "a; b"
    assert hand_over("a; b", ("bash", "-e", "-c")).text == "a; exec b"
    assert hand_over("a; b", ("bash", "-c"), reads_file=True).text == "a; b"


# In a folder with `job`, which prints its process, its words and its input, and ends with 3.
RUN = [
    "true; ./job a $X",
    "false || ./job b $X",
    "true && A=x job c $X",
    "PATH=.:$PATH job d $X",
    "job e $X > out; ",
    "job f $X > /nowhere/out",
    "job g $X < /nowhere/in",
    "{ false; job h $X; } 2> err",
    "if true; then job i; fi",
    "case x in x) job j;; esac",
    "nothing-of-this-name $X",
    "./folder $X",
    "set -e; job k $X",
    "set -u; job l $NOT_SET",
    "true; job m $(exit 7)",
    "false && job n $X",
    "job o <<E\nline $X\nE",
]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
@pytest.mark.parametrize("text", RUN)
def test_real_shells_do_the_same(tmp_path: Path, shell: list[str], text: str) -> None:
    job = tmp_path / "job"
    job.write_text('#!/bin/sh\necho "$$" > pid; echo "$@ A=$A"; read line; echo "$line"; exit 3\n')
    job.chmod(0o755)
    (tmp_path / "folder").mkdir()
    handed = hand_over(text, SH)
    seen = []
    for one in (text, handed.text):
        for name in ("pid", "out", "err"):
            (tmp_path / name).unlink(missing_ok=True)
        process = subprocess.Popen(
            [*shell, "-c", one],
            cwd=tmp_path,
            env={"X": "x", "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output, error = process.communicate(b"input\n", timeout=20)
        files = [path.read_text() for name in ("out", "err") if (path := tmp_path / name).exists()]
        seen.append((process.returncode, output, bool(error), files))
        if one == handed.text and handed.whole and (tmp_path / "pid").exists():
            assert (tmp_path / "pid").read_text() == f"{process.pid}\n", "the job is not the first process"
    assert seen[0] == seen[1]
