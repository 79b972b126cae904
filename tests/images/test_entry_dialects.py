"""Entry scripts that are written for bash and read by another shell: what is said, and what the real shells do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from converters.images.entry_arguments import of_script
from converters.images.entry_dialects import ROWS, Row, harm_of
from converters.images.entry_scripts import statements

REAL = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash"]}


def said_of(example: str, shell: str) -> str:
    found = [harm_of(one, shell).effect for one in statements(example, shell)]
    return next((one for one in ("ends", "unread", "fails") if one in found), "")


@pytest.mark.real
@pytest.mark.parametrize("row", ROWS, ids=[one.example for one in ROWS])
def test_each_row_is_what_the_shells_do(row: Row, tmp_path: Path) -> None:
    example = row.example
    script = tmp_path / "entry"
    script.write_text(f"true\n{example}\necho came to $?\n")
    for shell, words in REAL.items():
        done = subprocess.run(
            [*words, str(script)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        came = "came to" in done.stdout or (example.startswith("exec -") and done.returncode == 0)
        effect = said_of(example, shell)
        if effect != "unread":
            assert came is (effect != "ends"), (shell, effect, done)


# Shapes of scripts, each written for bash at one place, and run as they stand.
SHAPES = (
    'set -euo pipefail\nexec "$@"\n',
    'set -o pipefail\nexec "$@"\n',
    'set -eu\nif [ "${1:0:1}" = "-" ]; then\n  set -- env "$@"\nfi\nexec "$@"\n',
    'if [[ $# -eq 0 ]]; then\n  exec env\nfi\nexec "$@"\n',
    'set -e\nif [[ -n "$1" ]]; then\n  exec "$@"\nfi\nexec env true\n',
    '[[ -n "$1" ]] && exec "$@"\nexec env true\n',
    'set -e\n[[ -d / ]]\nexec "$@"\n',
    'set -e\nsource /dev/null\nexec "$@"\n',
    'source /dev/null\nexec "$@"\n',
    'set -e\nsource /dev/null || true\nexec "$@"\n',
    'words=(a b)\nexec "$@"\n',
    'go() {\n  words=(a b)\n}\nexec "$@"\n',
    'exec "$@"\nwords=(a b)\n',
    'set -e\nfunction go {\n  echo x\n}\nexec "$@"\n',
    'shopt -s nullglob\nexec "$@"\n',
    'set -e\nshopt -s nullglob\nexec "$@"\n',
    'set -e\ntrap "echo x" SIGTERM\nexec "$@"\n',
    'trap "echo x" SIGTERM\nexec "$@"\n',
    'if [ "$1" == web ]; then\n  exec env true\nfi\nexec "$@"\n',
    '(set -o pipefail) 2>/dev/null\nexec "$@"\n',
    'if (set -o pipefail 2>/dev/null); then\n  set -o pipefail\nfi\nexec "$@"\n',
    'exec > >(cat)\nexec "$@"\n',
    'exec "$@" &> out\n',
    'cat <<< x\nexec "$@"\n',
    'if (( $# == 0 )); then\n  exec env true\nfi\nexec "$@"\n',
    'declare x=1\nlet y=1\nexec "$@"\n',
    'wait-for() {\n  true\n}\nexec "$@"\n',
    'export -f go\nexec "$@"\n',
    'exec -a job "$@"\n',
    'for ((i = 0; i < 2; i++)); do\n  true\ndone\nexec "$@"\n',
    'set -e\nname=${HOME//x/y}\nexec "$@"\n',
    'set -e\ncat << EOF\nwords=(a b) <<< x\nEOF\nexec "$@"\n',
    'echo \'a <<< b\' "<<< c"\nexec "$@"\n',
    # No word of bash alone: guards, pipes, groups.
    'test -d / || { echo no >&2; exit 1; }\nexec "$@"\n',
    'test -d / && { echo yes; }\nexec "$@"\n',
    'exec "$@" | cat\n',
    '{ "$@"; } | cat\n',
    '( exec "$@" )\n',
    '( exec "$@" ); echo done\n',
    'exec "$@" &\n',
    '( "$@" ) || true\n',
    'exec "$@" > out\n',
)


@pytest.mark.real
@pytest.mark.parametrize("text", SHAPES)
@pytest.mark.parametrize("shell", REAL)
def test_what_is_said_is_what_this_shell_does(text: str, shell: str, tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.write_text('#!/bin/sh\necho "$#" > said\nexit 3\n')
    job.chmod(0o755)
    script = tmp_path / "entry"
    script.write_text(text)
    words = [*REAL[shell], str(script), str(job), "two words"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
    started = (tmp_path / "said").exists()
    said = of_script(text, shell=shell)
    if said == "passes":
        assert started and done.returncode == 3
    elif said in ("swallows", "leaves"):
        assert done.returncode != 3
    elif said != "unread":
        assert not started and said in ("breaks", "ignores", "eats")


def test_what_nobody_knows_is_asked() -> None:
    """A shell that says nothing of itself: what differs between shells is a question, and nothing else is."""
    assert of_script('set -o pipefail\nexec "$@"\n', shell="") == "unread"
    assert of_script('set -e\nexec "$@"\n', shell="") == "passes"
