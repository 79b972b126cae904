"""Files of variables that a command reads before it works: ``. f``, ``export $(cat f)``, ``env $(cat f | xargs) x``, and
the options of programs that do it. Which file, what ECS would make of its lines, and the command without it.

ECS reads an environment file from S3 as ``VARIABLE=VALUE`` literally (docs "Specifying environment files";
aws/amazon-ecs-agent, agent/taskresource/envFiles): quotes stay, nothing is expanded, ``#`` begins a comment only at the
start of a line, an empty value is skipped, and ``export`` is no word of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from converters.commands.shell.words import Simple

# Programs whose option names a file of variables: dotenv (python-dotenv's CLI, dotenv-cli), env-cmd, foreman, honcho,
# node 20, bun, uv; each by its manual.
_OPTIONS = {
    "dotenv": ("-f", "--file", "-e"),
    "env-cmd": ("-f", "--file"),
    "foreman": ("-e", "--env"),
    "honcho": ("-e", "--env"),
    "node": ("--env-file",),
    "bun": ("--env-file",),
    "uv": ("--env-file",),
}
# Programs that print a file, or its lines changed: the file is their last word.
_PRINTERS = frozenset({"cat", "grep", "egrep", "sed", "awk", "xargs", "tr", "cut"})
_TAKERS = frozenset({"export", "env", "eval", "declare", "typeset"})
_SUBSTITUTED = re.compile(r"""^"?(?:\$\(|`|<\()(.*)(?:\)|`)"?$""", re.DOTALL)


def files_read(simple: Simple) -> Iterator[str]:
    """The files of variables that a simple command reads, as they are written."""
    if not simple.words:
        return
    name = simple.name
    if name in (".", "source") and len(simple.words) > 1:
        yield _printed(simple.words[1].text) or simple.words[1].text
    elif name in _TAKERS:
        for word in simple.words[1:]:
            if path := _printed(word.text):
                yield path
    for assignment in simple.assignments:
        # bash(1), INVOCATION: a script that is not interactive reads the file of BASH_ENV first.
        if assignment.name == "BASH_ENV" and name == "bash" and assignment.value:
            yield assignment.value
    yield from _of_options(simple.values, _OPTIONS.get(name or "", ()))


def _of_options(values: list[str | None], options: tuple[str, ...]) -> Iterator[str]:
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
    needed = 2 if first[0] in ("grep", "egrep", "sed", "awk") else 1
    if first[0] in ("grep", "egrep", "sed") and "-e" in first:
        needed = 1
    return operands[-1] if len(operands) >= needed and re.search(r"[./\w]", operands[-1]) else None


# --- the command without it ------------------------------------------------------------------------------------------

_THEN = r"[ \t]*(?:;|&&|\n)\s*"


def without_file(text: str, path: str) -> str | None:
    """The text of a shell without what reads the file at its beginning; None where that cannot be taken out alone."""
    file = rf"""(?:"{re.escape(path)}"|'{re.escape(path)}'|{re.escape(path)})"""
    printed = rf"""(?:"?\$\([^()`]*{file}[^()`]*\)"?|`[^()`]*{file}[^()`]*`)"""
    test = rf"(?:(?:\[ -[efrs] {file} \]|test -[efrs] {file})\s*&&\s*)?"
    loads = (
        rf"(?:set -(?:a|o allexport){_THEN})?{test}(?:\.|source)[ \t]+{file}{_THEN}(?:set \+(?:a|o allexport){_THEN})?",
        rf"{test}export[ \t]+{printed}{_THEN}",
        rf"(?=(?:exec[ \t]+)?env[ \t])(?:exec[ \t]+)?env[ \t]+{printed}[ \t]+",
    )
    for load in loads:
        found = re.match(load, text)
        rest = text[found.end() :] if found is not None else ""
        if rest.strip() and not re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w./-])", rest):
            return rest
    return None


# --- its lines -------------------------------------------------------------------------------------------------------

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ASSIGNMENT = re.compile(rf"\s*(export\s+|set\s+|declare\s+-x\s+)?({_NAME})=(.*)", re.DOTALL)
_CODE = re.compile(
    r"\$\(|`|^\s*(?:if|for|while|until|case|function|alias|cd|ulimit|umask|eval|source|exec|test)\b"
    r"|^\s*(?:\.|\[{1,2})\s|^\s*[\w-]+\s*\(\)"
)
_OF_ITSELF = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What stands in a file of variables; no value of it. ``code`` is where it is a program and no list, ``changes`` are the
    lines that ECS would read otherwise than the shell: (number, sentence)."""

    variables: tuple[str, ...] = ()
    changes: tuple[tuple[int, str], ...] = ()
    code: tuple[int, str] | None = None


def read_file(text: str) -> EnvironmentFile:
    """A file of variables, line by line. Values are looked at and not kept."""
    names: list[str] = []
    changes: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            if line.startswith((" ", "\t")) and line.strip():
                changes.append((number, "a comment is one only where `#` begins the line"))
            continue
        found = _ASSIGNMENT.fullmatch(line)
        if _is_code(line, found):
            return EnvironmentFile(tuple(names), tuple(changes), (number, "it holds shell code"))
        if found is None:
            changes.append((number, "no NAME=VALUE: it is left out"))
            continue
        names.append(found[2])
        changes += [(number, said) for said in _changes(line, found)]
    return EnvironmentFile(tuple(dict.fromkeys(names)), tuple(changes))


def _is_code(line: str, found: re.Match[str] | None) -> bool:
    if _CODE.search(line) or line.rstrip().endswith(("\\", "&&", "||")):
        return True
    if found is None and line.rstrip().endswith(("{", "}")):
        return True
    # PATH=$PATH:/x builds on what was there: only a shell can do that.
    return found is not None and found[2] in _OF_ITSELF.findall(_unquoted(found[3]))


def _unquoted(value: str) -> str:
    """The value without what single quotes keep from being expanded."""
    return re.sub(r"'[^']*'", "", value)


def _changes(line: str, found: re.Match[str]) -> Iterator[str]:
    """What ECS would make of one assignment otherwise."""
    name, value = found[2], found[3]
    if found[1]:
        yield f"`{found[1].strip()}` would be a part of the name: write `{name}=`"
    elif line[0] in " \t":
        yield f"the blanks before `{name}` would be a part of the name"
    bare = value.rstrip("\r")
    if bare != value:
        yield f"the carriage return would be a part of `{name}`"
    if re.search(r"\s;|;\s*\S|;$", _outside_quotes(bare)):
        yield f"what stands behind `;` would be a part of `{name}`"
    if re.search(r"\s#", _outside_quotes(bare)):
        yield f"the comment behind it would be a part of `{name}`"
    elif bare != bare.rstrip():
        yield f"the blanks at the end would be a part of `{name}`"
    if not bare.strip():
        yield f"`{name}` is empty, and ECS leaves it out"
    elif re.search(r"[\"']", bare):
        yield f"the quotes would be a part of `{name}`"
    if re.search(r"\$[\w{]", _unquoted(bare)):
        yield f"`{name}` holds a variable, which ECS does not expand"
    if "\\" in _unquoted(bare):
        yield f"the backslash would stay in `{name}`"


def _outside_quotes(value: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", value)


def said_of(path: str, text: str) -> str:
    """One sentence about the file as an environment file of ECS."""
    found = read_file(text)
    if found.code is not None:
        number, why = found.code
        return f"`{path}` is no list of variables ({why}, line {number}): it has to be in the image."
    if not found.changes:
        return f"`{path}` can be an environment file as it is: {len(found.variables)} variables, read literally."
    told = "; ".join(f"line {number}: {said}" for number, said in found.changes[:12])
    more = f"; and {len(found.changes) - 12} more" if len(found.changes) > 12 else ""
    return f"`{path}` as an environment file of ECS would be read otherwise: {told}{more}."
