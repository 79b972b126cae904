"""`exit 3` in the job's place: as real shells run the text, 3 comes back exactly where the construct lets it through."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from converters.commands.forwarding import around
from converters.commands.standing_in import STATUS, stand_in, with_exit

# text -> status that dash gives when the job in it ends with 3.
TEXTS = {
    around("cd /; job | cat"): 0,
    around("cd /; job; exit $?"): 3,
    "trap 'rm -f x' EXIT; job": 3,
    "job": 3,
    "exec job --all": 3,
    "cd /tmp && job": 3,
    "cd /tmp; exec job": 3,
    "A=1 B=2 job x": 3,
    "job > /dev/null 2>&1": 3,
    "> /dev/null job": 3,
    "job | cat": 0,
    "job 2>&1 | cat > /dev/null": 0,
    "job; true": 0,
    "job || true": 0,
    "job && echo done": 3,
    "job; echo done": 0,
    "! job": 0,
    "if job; then echo y; fi": 0,
    "if true; then job; fi": 3,
    "(cd / && job)": 3,
    "{ job; }": 3,
    "for i in 1 2; do job; done": 3,
    "[ -d / ] && job": 3,
    "[ -d /none ] || job": 3,
    "job &": 0,
    "job & wait": 0,
    "job & wait $!": 3,
    "sh -c 'job | cat'": 0,
    "sh -c 'cd / && job'": 3,
    "sh -c \"job 'two words'\"": 3,
    "echo only": 3,
    "while read x; do job; done < /dev/null": 3,
    "job | tee /dev/null; exit ${PIPESTATUS:-7}": 7,
    "job `date`": 3,
    "job \"$(date '+%F')\" 'it'\\''s'": 3,
    "echo start && job": 3,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_status_comes_through_a_shells_text_or_not(text: str) -> None:
    new, replaced = with_exit(text)
    assert new is not None, replaced
    assert replaced and "exit 3" in new
    if shutil.which("dash") is None:
        pytest.skip("no dash here")
    done = subprocess.run(["dash", "-c", new], capture_output=True, timeout=10, check=False, cwd="/")
    assert done.returncode == TEXTS[text], new


@pytest.mark.parametrize(
    ("entry", "command", "image_entry", "image_command", "wanted"),
    [
        ([], ["job", "x"], [], [], (None, ["sh", "-c", "exit 3"])),
        ([], ["job"], ["/entry"], [], (None, ["sh", "-c", "exit 3"])),
        ([], ["sh", "-c", "cd /; job"], [], [], (None, ["sh", "-c", "cd /; (exit 3)"])),
        ([], ["sh", "-c", "cd /; job"], ["/entry"], [], (None, ["sh", "-c", "exit 3"])),
        (["sh", "-c"], ["job | cat"], [], [], (["sh", "-c"], ["(exit 3) | cat"])),
        (["sh", "-c", "job"], [], [], ["never"], (["sh", "-c", "(exit 3)"], None)),
        ([], ["job | cat"], ["/bin/sh", "-ec"], [], (None, ["(exit 3) | cat"])),
        ([], [], [], ["bash", "-c", "job"], (None, ["bash", "-c", "(exit 3)"])),
        (["/app/run"], [], ["/entry"], ["x"], (["sh", "-c", "exit 3"], None)),
        ([], ["sh", "/app/job.sh"], [], [], (None, ["sh", "-c", "exit 3"])),
        (["/usr/bin/env"], ["job"], [], [], (["/usr/bin/env"], ["sh", "-c", "exit 3"])),
        ([], [], [], [], (None, None)),
        ([], ["sh", "-c", "job 'open"], [], [], (None, None)),
        ([], ["sh", "-c", "a\nb"], [], [], (None, None)),
    ],
)
def test_the_words_around_the_job_stay(
    entry: list[str], command: list[str], image_entry: list[str], image_command: list[str], wanted: object
) -> None:
    found = stand_in(entry, command, image_entry, image_command)
    assert (found.entry_point, found.command) == wanted
    assert bool(found.lacks) == (wanted == (None, None))
    assert STATUS == 3
