"""Random and mutated shell text: never a crash, and nothing is lost."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from converters.commands.command import Understanding, percent_findings, twins, understand
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.words import Unreadable, read_simple
from tests.command.table import rows
from tests.effort import examples

COMMANDS = [row.command for row in rows()]
PIECES = [
    *sorted({word for command in COMMANDS for word in command.split(" ")}),
    *[
        "&&",
        "||",
        ";",
        "|",
        "&",
        "(",
        ")",
        "{",
        "}",
        "<",
        ">",
        ">>",
        "2>&1",
        "'",
        '"',
        "`",
        "$(",
        ")",
        "$((",
        "))",
        "\\",
        "#",
        "!",
        "\t",
        "\n",
        "\r",
        "%",
        "~",
        "*",
    ],
    "\x00",
    "\udc80",
    "日本",
    "'it'\\''s'",
    '"$(date +%d)"',
]
SHELLS = st.sampled_from(["/bin/sh", "/bin/bash", "zsh", ""])


def check(text: str, shell: str = "/bin/sh") -> Understanding:
    job = understand(text, environment={"HOME": "/home/app", "SHELL": "/bin/sh", "A": "b c"}, shell=shell)
    assert job.original == text
    assert job.verdict in ("portable", "needs work", "keep on a host")
    if job.argv is not None:
        assert job.argv and job.argv[0]
    percent_findings(text)
    return job


@examples(400)
@given(st.text(max_size=80), SHELLS)
def test_any_text(text: str, shell: str) -> None:
    check(text, shell)


@examples(800)
@given(st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from([" ", "", "  "]), SHELLS)
def test_pieces_of_shell(pieces: list[str], between: str, shell: str) -> None:
    check(between.join(pieces), shell)


@examples(600)
@given(
    st.sampled_from(COMMANDS),
    st.sampled_from(COMMANDS),
    st.integers(0, 200),
    st.integers(0, 200),
    st.sampled_from(PIECES),
)
def test_mutated_commands(first: str, second: str, left: int, right: int, piece: str) -> None:
    check(first[: left % (len(first) + 1)] + piece + second[right % (len(second) + 1) :])


@examples(300)
@given(
    st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=3),
    st.lists(st.sampled_from(["; ", " && ", " || ", " | ", " & "])),
)
def test_joined_commands(commands: list[str], joints: list[str]) -> None:
    check("".join(command + joint for command, joint in zip(commands, [*joints, "", "", ""], strict=False)))


@examples(300)
@given(st.sampled_from(COMMANDS))
def test_what_is_left_is_understood_as_itself(command: str) -> None:
    """The text that is left is read again: nothing in it means another thing than it did under the wrappers."""
    job = check(command)
    if job.argv is None or not job.wrappers:
        return
    again = understand(job.remaining, environment={"HOME": "/home/app"}, shell=job.interpreter[0], keep=ALL_KINDS)
    if again.argv is not None:  # a builtin's name runs as the program it was under the wrapper
        assert again.argv == job.argv


ALL_KINDS = ["lock", "timeout", "environment", "user", "shell", "output", "runtime", "delay", "date guard", "directory"]


@examples(200)
@given(
    st.lists(st.tuples(st.sampled_from(["* * * * *", "*/5 * * * *"]), st.none(), st.sampled_from(COMMANDS)), max_size=6)
)
def test_twins_never_fail(jobs: list[tuple[str, str | None, str]]) -> None:
    for group in twins(jobs):
        assert len(set(group.lines)) == len(group.lines) == len(group.offsets) > 1


@examples(500)
@given(st.text(max_size=60))
def test_parsing_fails_in_one_way_only(text: str) -> None:
    try:
        script = parse(text)
    except Unparsable:
        return
    for command in script.commands():
        assert 0 <= command.start <= command.end <= len(text)


WORDS = st.text(alphabet="ab '\"\\$`*?[]{},~=#!()<>|&;%\t日", max_size=14)


@examples(150)
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_words_mean_what_the_shells_make_of_them(pieces: list[str]) -> None:
    """A word with a value means just that in dash and in bash."""
    source = "printf '%s\\0' " + " ".join(pieces)
    try:
        command = read_simple(source, 0, len(source))
    except Unreadable:
        return
    if command.redirects or command.assignments or any(word.value is None for word in command.words):
        return
    expected = "\0".join(value or "" for value in command.values[2:])
    for shell in ("dash", "bash"):
        out = subprocess.run(
            [shell, "-c", source], capture_output=True, check=False, env=SILENT, cwd="/"
        ).stdout.decode()
        assert out == expected + "\0", (shell, source)


SILENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
ROOT = Path(__file__).parent.parent.parent


def test_lines_of_real_crontabs() -> None:
    """Any line of any text, whole and without its first five fields: our fixtures, and a collection where one is there."""
    corpus = ROOT.parent / "shared" / "corpus"
    for path in [*sorted((ROOT / "fixtures").rglob("*")), *(sorted(corpus.rglob("*")) if corpus.is_dir() else [])]:
        if path.is_file():
            for line in path.read_text("utf-8", "surrogateescape").splitlines():
                check(line)
                check(line.split(None, 5)[-1] if line.strip() else line)


def test_a_very_long_command_is_read_in_one_go() -> None:
    text = " && ".join(f"php job.php {n}" for n in range(300))
    assert check(text).remaining == text
    nested = "php x"
    for _ in range(6):
        nested = "sh -c " + "'" + nested.replace("'", "'\\''") + "'"
    assert check(nested).argv == ("php", "x")
    check("(" * 300 + "x" + ")" * 300)
    check("$(" * 200 + "x" + ")" * 200)


def test_the_order_of_examples_does_not_matter() -> None:
    """No state is carried from one command to the next."""
    shuffled = COMMANDS.copy()
    random.Random(7).shuffle(shuffled)
    before = {command: check(command) for command in COMMANDS}
    for command in shuffled:
        assert check(command) == before[command]
