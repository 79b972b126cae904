"""A script's first line as the kernel reads it, and what the program that it names makes of the one word behind it.

The kernel hands over all that stands behind the interpreter as one word (execve(2), "Interpreter scripts"), and looks at 256
bytes of the file (Linux, fs/binfmt_script.c and BINPRM_BUF_SIZE, from 5.1 on).
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

_BUFFER = 256
KEPT_LINE = 510
"""So many bytes of a first line are kept: more than the kernel reads, so that the name of a long interpreter is known."""


class FirstLine(NamedTuple):
    """``interpreter`` as the line names it, and its ``argument``, one word with all its blanks; ``cut``: the kernel saw no end
    of the interpreter's path, and refuses the file as no program (ENOEXEC)."""

    interpreter: str
    argument: str = ""
    cut: bool = False


def first_line(starts: str) -> FirstLine | None:
    """What stands behind `#!`; None where nothing does: that is no program to the kernel (ENOEXEC)."""
    data = starts.encode("utf-8", "replace")
    seen = data[: _BUFFER - 2]
    # The line's end is in the buffer where that has room for it behind what was kept.
    whole = len(data) < _BUFFER - 2
    text = seen.decode("utf-8", "replace").lstrip(" \t")
    if not text.strip(" \t"):
        return None
    cut = not whole and re.search(r"[ \t\0]", text) is None
    if cut:
        return FirstLine(re.split(r"[ \t\0]", starts.lstrip(" \t"))[0], cut=True)
    found = re.match(r"([^ \t\0]*)(?:[ \t]+([^\0]*))?", text.rstrip(" \t"))
    name, argument = (found[1], found[2] or "") if found else ("", "")
    return FirstLine(name, argument) if name else None


# Their options are letters behind one sign, and a blank is no letter: dash, bash, BusyBox ash and Python end with 1 or 2 and
# "Illegal option - ", "- : invalid option", "Unknown option: - ". Perl and Ruby read the line themselves and take it.
_LETTERS = re.compile(r"sh|bash|dash|ash|python[0-9.]*")


def refused_argument(line: FirstLine, *, busybox: bool) -> str:
    """Why an interpreter does not take its one word, as the end of a sentence; ``busybox``: it is BusyBox's."""
    name, word = line.interpreter.rpartition("/")[2], line.argument
    shown = word.replace("\r", "\\r")
    if name == "busybox" and re.search(r"[ \t\r]", word):
        return f"`{name}` looks for one applet called `{shown}`: the kernel hands over all behind the interpreter as one word"
    if not word.startswith(("-", "+")) or _LETTERS.fullmatch(name) is None or (busybox and word.startswith("-- ")):
        return ""
    if word.endswith("\r"):
        return (
            f"its first line ends with CR (CRLF line endings), so `{name}` is given the option `{shown}`, which is none"
        )
    if not re.search(r"[ \t]", word):
        return ""
    return (
        f"`{name}` is given `{shown}` as one option, which is none: the kernel hands over all behind the interpreter as "
        "one word; write it with `set` in the script"
    )


class EnvCall(NamedTuple):
    """What `env` starts by its one word: ``program``, or nothing, and ``why`` it then starts nothing. ``splits``: by `-S`."""

    program: str = ""
    why: str = ""
    splits: bool = False


_SPLITS = re.compile(r"-[iv0]*S(.*)|--split-string=(.*)", re.DOTALL)
_FOREVER = (
    "`env` is given no program behind it and starts the script itself, which starts `env` again, and so on for ever"
)
# env(1) of coreutils 9: the options that take a word of their own.
_TAKES_A_WORD = frozenset({"-u", "--unset", "-C", "--chdir"})


def env_call(argument: str) -> EnvCall:
    """What `env` does with the word that the kernel hands it: it splits it where `-S` tells it to, and never by itself."""
    split = _SPLITS.match(argument)
    if split is not None:
        return _split(split[1] or split[2] or "")
    # An assignment may hold blanks: `env A=1 sh` sets A to `1 sh`.
    if not argument or (not argument.startswith("-") and "=" in argument):
        return EnvCall(why=_FOREVER)
    if argument.startswith("-"):
        if re.search(r"[ \t\r]", argument) is None:
            return EnvCall(why=_FOREVER)
        shown = argument.replace("\r", "\\r")
        return EnvCall(
            why=f"`env` is given `{shown}` as one option, which is none: the kernel hands over all behind the interpreter as "
            "one word, which `env -S` splits"
        )
    return EnvCall(argument)


def _split(text: str) -> EnvCall:
    try:
        words = shlex.split(text)
    except ValueError:
        return EnvCall(splits=True)  # its own errors are told by env, and are not known here
    while words and (words[0].startswith("-") or "=" in words[0]):
        takes = words[0] in _TAKES_A_WORD
        words = words[2 if takes else 1 :]
    return EnvCall(words[0], splits=True) if words else EnvCall(why=_FOREVER, splits=True)
