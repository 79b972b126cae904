"""Files of variables that a command reads before it works: ``. f``, ``export $(cat f)``, ``env $(cat f | xargs) x``,
``while read l; do export "$l"; done < f``, and the options of programs that do it. Which file, who reads its lines, and the
command without it; what ECS makes of the lines themselves is in `environment_lines`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from converters.commands.forwarding import without_telling
from converters.commands.idioms.environment_lines import Reader
from converters.commands.shell.syntax import Compound, Script
from converters.commands.shell.words import Redirect, Simple

# Programs whose option names a file of variables: dotenv (python-dotenv's CLI, dotenv-cli), dotenvx, env-cmd, foreman,
# honcho, node 20, bun, deno, uv, uvicorn, flask, 1Password's op; each by its manual.
_OPTIONS = {
    "dotenv": ("-f", "--file", "-e"),
    "dotenvx": ("-f", "--env-file"),
    "env-cmd": ("-f", "--file"),
    "foreman": ("-e", "--env"),
    "honcho": ("-e", "--env"),
    "node": ("--env-file",),
    "bun": ("--env-file",),
    "deno": ("--env-file", "--env"),
    "uv": ("--env-file",),
    "uvicorn": ("--env-file",),
    "flask": ("-e", "--env-file"),
    "op": ("--env-file",),
}
# Programs that print a file, or its lines changed: the file is their last word.
_PRINTERS = frozenset({"cat", "grep", "egrep", "fgrep", "sed", "awk", "xargs", "tr", "cut", "sort"})
# Of these the first operand is a pattern or a program, no file.
_WITH_PATTERN = frozenset({"grep", "egrep", "fgrep", "sed", "awk"})
_TAKERS = frozenset({"export", "env", "eval", "declare", "typeset", "readonly", "local"})
_SUBSTITUTED = re.compile(r"""^"?(?:\$\(|`|<\()(.*)(?:\)|`)"?$""", re.DOTALL)
# What a shell reads as its own input: `. /dev/stdin < f`.
_INPUTS = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
# The syntax tree has no word for a process substitution, so a text with one is not taken apart.
_PROCESS = re.compile(r"""(?:^|[;&|({\s'"])(?:\.|source)[ \t]+(<\([^()]*\))""")
_TAKES = re.compile(r"\b(?:export|eval|declare|typeset|readonly)\b")
_EACH_WORD = re.compile(r"\s*for\s+\w+\s+in\s+(\$\([^()]*\)|`[^`]*`)")


class FileRead(NamedTuple):
    """A file of variables as it is written in the command, and who makes variables of its lines."""

    path: str
    reader: Reader


def files_read(script: Script) -> Iterator[FileRead]:
    """The files of variables that a command reads."""
    for command in script.commands():
        yield from _of_loop(script.text, command) if isinstance(command, Compound) else _of_simple(command)


def files_substituted(text: str) -> Iterator[FileRead]:
    """Those that stand in a process substitution, ``source <(sed .. f)``."""
    for found in _PROCESS.finditer(text):
        if path := _printed(found[1]):
            yield FileRead(path, "shell")


def _of_simple(simple: Simple) -> Iterator[FileRead]:
    if not simple.words:
        return
    name = simple.name
    if name in (".", "source") and len(simple.words) > 1:
        asked = simple.words[1]
        # Without a file to name, `. "$(dirname "$0")/env"` is named as it is written.
        fed = next(_inputs(simple.redirects), None) if asked.value in _INPUTS else None
        yield FileRead(fed or _printed(asked.text) or asked.text, "shell")
    elif name in _TAKERS:
        printed = ((_printed(word.text), _reader(word.text)) for word in simple.words[1:])
        yield from (FileRead(path, "shell" if name == "eval" else reader) for path, reader in printed if path)
    elif name == "xargs" and {"env", "export"} & set(simple.values):
        files = (*_after(simple.values, ("-a", "--arg-file")), *_inputs(simple.redirects))
        yield from (FileRead(path, "xargs") for path in files)
    elif name == "systemd-run":
        # systemd.exec(5): a `-` before the path says that the file may be missing.
        given = (one.partition("=") for one in _after(simple.values, ("-p", "--property")))
        yield from (FileRead(path.lstrip("-"), "systemd") for key, _eq, path in given if key == "EnvironmentFile")
    for assignment in simple.assignments:
        # bash(1), INVOCATION: a script that is not interactive reads the file of BASH_ENV first.
        if assignment.name == "BASH_ENV" and name == "bash" and assignment.value:
            yield FileRead(assignment.value, "shell")
    yield from (FileRead(path, "dotenv") for path in _after(simple.values, _OPTIONS.get(name or "", ())))


def _of_loop(text: str, loop: Compound) -> Iterator[FileRead]:
    """``while read l; do export "$l"; done < f``, and ``for l in $(cat f); do export "$l"; done``."""
    body = text[loop.start : loop.end]
    if loop.kind != "other" or not _TAKES.search(body):
        return
    yield from (FileRead(path, "read") for path in _inputs(loop.redirects))
    if (words := _EACH_WORD.match(body)) and (path := _printed(words[1])):
        yield FileRead(path, _reader(words[1]))


def _reader(text: str) -> Reader:
    # The words of `$(..)` are cut at blanks and keep their quotes (POSIX 2.6.5); xargs takes the quotes away.
    return "xargs" if re.search(r"\bxargs\b", text) else "words"


def _inputs(redirects: list[Redirect]) -> Iterator[str]:
    """The files that come in at standard input."""
    for one in redirects:
        if one.operator == "<" and one.fd in (None, 0):
            yield _printed(one.target.text) or one.target.text
        elif one.operator == "<<<" and (path := _printed(one.target.text)):
            yield path


def _after(values: list[str | None], options: tuple[str, ...]) -> Iterator[str]:
    """The values of these options, whether behind `=` or as the next word."""
    for at, value in enumerate(values[1:], 1):
        option, equals, path = (value or "").partition("=")
        if option in options:
            path = path if equals else (values[at + 1] if at + 1 < len(values) else None) or ""
            if path:
                yield path


def _printed(text: str) -> str | None:
    """The file that ``$(cat f)`` and its like print; None where no file is meant."""
    found = _SUBSTITUTED.match(text)
    if found is None:
        return None
    try:
        lexer = shlex.shlex(found[1].replace("`", ""), posix=True, punctuation_chars="|<>;&()")
        lexer.whitespace_split = True
        lexer.commenters = ""  # of `grep -v ^#` too
        words = list(lexer)
    except ValueError:
        return None
    if "<" in words[:-1]:
        return words[words.index("<") + 1]
    first = words[: words.index("|")] if "|" in words else words
    if len(first) < 2 or first[0].rpartition("/")[2] not in _PRINTERS or any(word in ";&&()" for word in first):
        return None
    # A pattern is no file: grep and sed need one more word.
    operands = [word for word in first[1:] if not word.startswith("-")]
    needed = 2 if first[0] in _WITH_PATTERN and "-e" not in first else 1
    return operands[-1] if len(operands) >= needed and re.search(r"[./\w]", operands[-1]) else None


# --- the command without it ------------------------------------------------------------------------------------------

_THEN = r"[ \t]*(?:;|&&|\n)\s*"


def command_without(command: Sequence[str], path: str) -> list[str] | None:
    """A container's command without what reads the file; None where that cannot be taken out alone. A command in which the
    file does not stand is without it: an engine of containers read it before."""
    if not any(re.search(_there(path), word) for word in command):
        return list(command)
    # Only a shell's text can lose a part; the words of a program are all its own.
    if len(command) < 3 or not re.fullmatch(r"-\w*c", command[-2]):
        return None
    rest = without_file(without_telling(command[-1]), path)
    return [*command[:-1], rest] if rest is not None else None


def _there(path: str) -> str:
    return rf"(?<![\w./-]){re.escape(path)}(?![\w./-])"


def without_file(text: str, path: str) -> str | None:
    """The text of a shell without what reads the file at its beginning; None where that cannot be taken out alone."""
    there = _there(path)
    file = rf"""(?:"{re.escape(path)}"|'{re.escape(path)}'|{there})"""
    printed = rf"""(?:"?\$\([^()`]*{file}[^()`]*\)"?|`[^()`]*{file}[^()`]*`)"""
    fed = rf"(?:<[ \t]*(?:{file}|<\([^()]*{file}[^()]*\))|<<<[ \t]*{printed})"
    test = rf"(?:(?:\[ -[efrs] {file} \]|test -[efrs] {file})\s*&&\s*)?"
    source = (
        rf"(?:\.|source)[ \t]+(?:{file}|<\([^()]*{file}[^()]*\)|{'|'.join(map(re.escape, _INPUTS))})(?:[ \t]*{fed})?"
    )
    # One simple command in the loop, that makes variables: more than that may do more.
    each = r"""do[ \t]+(?:export|declare -x|eval|eval export)[ \t]+[\w"'${}=]+[ \t]*;[ \t]*done"""
    loops = (
        rf"while[ \t]+(?:IFS='?=?'?[ \t]+)?read(?:[ \t]+-r)?(?:[ \t]+\w+)+[ \t]*;[ \t]*{each}[ \t]*{fed}",
        rf"for[ \t]+\w+[ \t]+in[ \t]+{printed}[ \t]*;[ \t]*{each}",
    )
    loads = (
        rf"(?:set -(?:a|o allexport){_THEN})?{test}(?:{source}|eval[ \t]+{printed}){_THEN}(?:set \+(?:a|o allexport){_THEN})?",
        rf"{test}export[ \t]+{printed}{_THEN}",
        rf"{test}(?:{'|'.join(loops)}){_THEN}",
        rf"(?=(?:exec[ \t]+)?env[ \t])(?:exec[ \t]+)?env[ \t]+(?:-S[ \t]+)?{printed}[ \t]+",
    )
    for load in loads:
        found = re.match(load, text)
        rest = text[found.end() :] if found is not None else ""
        if found is not None and path in found[0] and rest.strip() and not re.search(there, rest):
            return rest
    return None
