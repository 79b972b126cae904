"""Command lines of systemd against systemd's own code: words and variables by libsystemd, and the shell text that is made of
them by what a real shell hands to a program."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from converters.tables.exec_shell import joined
from converters.tables.exec_words import Command, ExecError, commands, first_word, words_of
from converters.tables.units import expanded, settings, specifiers, unescaped

# extract-word.h
CUNESCAPE, RELAX, UNQUOTE = 1 << 1, 1 << 2, 1 << 5
LIBRARIES = [
    *Path("/usr/lib").glob("*/systemd/libsystemd-shared-25[0-9].so"),
    *Path("/usr/lib/systemd").glob("libsystemd-shared-25[0-9]*.so"),
]
needs_systemd = pytest.mark.skipif(not LIBRARIES, reason="libsystemd-shared is not installed")


@cache
def systemd() -> ctypes.CDLL:
    library = ctypes.CDLL(str(LIBRARIES[0]))
    library.replace_env_argv.restype = ctypes.c_void_p
    return library


def by_systemd(text: str) -> list[str] | None:
    """The words of a line, as config_parse_exec takes them one after the other; None where it refuses them."""
    data = text.encode("utf-8", "surrogateescape")
    buffer = ctypes.create_string_buffer(data)
    rest = ctypes.c_char_p(ctypes.addressof(buffer))
    words = []
    while True:
        before, out = rest.value, ctypes.c_void_p()
        found = systemd().extract_first_word(ctypes.byref(rest), ctypes.byref(out), None, UNQUOTE | CUNESCAPE)
        if found == -22:
            again = ctypes.create_string_buffer(before or b"")
            rest = ctypes.c_char_p(ctypes.addressof(again))
            flags = UNQUOTE | CUNESCAPE | RELAX
            found = systemd().extract_first_word(ctypes.byref(rest), ctypes.byref(out), None, flags)
            buffer = again
        if found < 0:
            return None
        if not out.value:
            return words
        words.append(ctypes.string_at(out.value).decode("utf-8", "surrogateescape"))


def replaced_by_systemd(words: list[str], variables: dict[str, str]) -> list[str]:
    """replace_env_argv."""
    encoded = [one.encode("utf-8", "surrogateescape") for one in words]
    argv = (ctypes.c_char_p * (len(encoded) + 1))(*encoded, None)
    pairs = [f"{name}={value}".encode() for name, value in variables.items()]
    env = (ctypes.c_char_p * (len(pairs) + 1))(*pairs, None)
    found = systemd().replace_env_argv(argv, env)
    assert found
    made = ctypes.cast(found, ctypes.POINTER(ctypes.c_char_p))
    result, at = [], 0
    while (one := made[at]) is not None:
        result.append(one.decode("utf-8", "surrogateescape"))
        at += 1
    return result


SIGNS = ["a", "b", " ", "  ", "\t", "'", '"', "\\", "\\n", "\\s", "\\x41", "\\101", "\\u00e9", "\\q", "\\'", "\\x00", "\\400",
         "é", "%", "$", ";", "=", "#", "~", "*", "&", "|", ">", "(", "`", "!", "\\ud800", "\\U0001f600"]  # fmt: skip


def drawn(draw: random.Random, signs: list[str], most: int = 12) -> str:
    return "".join(draw.choice(signs) for _ in range(draw.randint(1, most)))


@needs_systemd
@pytest.mark.parametrize("seed", range(4))
def test_words_are_those_of_systemd(seed: int) -> None:
    draw = random.Random(seed)
    refused = 0
    for _ in range(2500):
        text = drawn(draw, SIGNS)
        theirs = by_systemd(text)
        try:
            ours: list[str] | None = words_of(text)
        except ExecError:
            ours = None
        assert ours == theirs, repr(text)
        refused += theirs is None
    assert 100 < refused < 2400


VARIABLES = {
    "A": "one",
    "B": "two words",
    "C": "",
    "D": 'q "x y" z',
    "E": "a*b [c]",
    "F": "$A ${A}",
    "G_1": "tab\there",
}
WORDS = ["x", "$A", "$B", "$C", "$D", "$E", "$F", "$G_1", "${A}", "${B}", "${NONE}", "$NONE", "a$A", "${A}b", "$$A", "$$", "$",
         "${A", "a${B}c", "$A-x", "--o=${D}", "${E}", "${A:-x}", "~", "*", "a;b", "$(id)", "`id`", "''", "é"]  # fmt: skip
SHELLS = [one for one in ("dash", "bash", "busybox") if shutil.which(one)]


def as_exec(words: list[str]) -> str:
    """The words as a line of a unit, so quoted that systemd takes them for these words."""
    return " ".join("'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'" for one in words)


@needs_systemd
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_hands_on_what_systemd_does(shell: str, tmp_path: Path) -> None:
    (tmp_path / "axb a").touch()
    (tmp_path / "q").touch()
    say = "import sys; print(repr(sys.argv[1:]))"
    draw = random.Random(7)
    for _ in range(60):
        words = [draw.choice(WORDS) for _ in range(draw.randint(1, 6))]
        wanted = replaced_by_systemd(words, VARIABLES)
        [command] = commands(as_exec([sys.executable, "-c", say.replace("$", "$$"), *words]), specifiers("x.service"))
        text = joined([command], VARIABLES)
        start = ["busybox", "sh"] if shell == "busybox" else [shell]
        done = subprocess.run(
            [*start, "-c", text], capture_output=True, text=True, env=VARIABLES, cwd=tmp_path, timeout=30, check=False
        )
        assert done.stdout == f"{wanted!r}\n", (words, text, done.stderr)


# What stands behind ExecStart= -> the text for a shell, by systemd.service(5) "COMMAND LINES".
LINES = [
    ("/bin/echo one ; /bin/echo 'two two'", "/bin/echo one && /bin/echo 'two two'"),
    ("/bin/echo / >/dev/null & \\; /bin/ls", "/bin/echo / '>/dev/null' '&' ';' /bin/ls"),
    ("/bin/echo $ONE $TWO ${TWO}", '/bin/echo $ONE $TWO "${TWO}"'),
    ("-/bin/false", "/bin/false || true"),
    ("@/usr/bin/perl job -e 1", "/usr/bin/perl -e 1"),
    (":/bin/echo $HOME ${HOME} $$", "/bin/echo '$HOME' '${HOME}' '$$'"),
    ("+!/bin/x", "/bin/x"),
    ("/bin/sh -c 'echo $$HOME; date +%%d'", "/bin/sh -c 'echo $HOME; date +%d'"),
    ("/srv/x %i %n %p %%", "/srv/x one a@one.service a %"),
    ("/srv/x %q %", "/srv/x %q %"),
    ("/srv/x \"a b\"c 'd'", "/srv/x 'a bc' d"),
    ("A=1/x y", "'A=1/x' y"),
]


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_a_line_as_shell_text(line: str, wanted: str) -> None:
    assert joined(commands(line, specifiers("a@one.service")), {}) == wanted


def test_several_lines_stop_at_the_first_that_fails() -> None:
    known = specifiers("x.service")
    several = [*commands("-/a", known), *commands("/b ; /c", known)]
    assert joined(several, {}, "/srv") == "cd /srv && { /a || true; } && /b && /c"


@pytest.mark.parametrize("line", ["/x 'open", '"', "-", "@/x"])
def test_what_systemd_refuses(line: str) -> None:
    with pytest.raises(ExecError):
        commands(line, {})


def test_a_specifier_that_only_the_host_knows_is_named() -> None:
    [one] = commands("/x %m %H %i", specifiers("a.service"))
    assert one.unknown == ("%m", "%H")
    assert isinstance(one, Command)
    assert expanded("%H-%l", specifiers("a.service", host="db1.example.com"))[0] == "db1.example.com-db1"


def test_names_are_unescaped() -> None:
    assert unescaped("srv-a\\x2db") == "srv/a-b"
    assert specifiers("backup@srv-www.timer")["I"] == "srv/www"
    assert specifiers("backup@srv-www.timer")["f"] == "/srv/www"


def test_lines_are_joined_and_counted() -> None:
    text = (
        "# c\n[Service]\nExecStart=/a \\\n# between\n; and\n  b \\\\\nUser=x\r\n  Nice = 5 \nno setting\n[Open\nX=1\n"
    )
    found = [(one.section, one.key, one.value, one.line) for one in settings(text)]
    assert found == [
        ("Service", "ExecStart", "/a  b \\\\", 3),
        ("Service", "User", "x", 7),
        ("Service", "Nice", "5", 8),
        ("", "X", "1", 11),
    ]


def test_the_first_word_leaves_the_rest() -> None:
    assert first_word("a 'b") == ("a", "'b")
