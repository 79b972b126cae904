"""The lines of a file of variables: what who reads them on the host makes of them, and what ECS would make of them.

ECS reads an environment file from S3 as ``VARIABLE=VALUE`` literally (docs "Specifying environment files";
aws/amazon-ecs-agent, agent/taskresource/envFiles/envfile.go): quotes stay, nothing is expanded, ``#`` begins a comment only
at the start of a line, a line without ``=`` or with an empty value is skipped, and ``export`` is no word of it. Its lines are
Go's `bufio.ScanLines`: one carriage return at their end is gone, and 64 KiB are the longest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from converters.findings.few import few
from converters.secrets.search import find_secrets, is_secret_variable

Reader = Literal["shell", "words", "xargs", "read", "engine", "dotenv", "systemd"]
"""Who makes variables of the lines: a shell that runs them, `$(cat f)` as words, xargs, a loop of `read`, `docker run
--env-file`, a dotenv library (compose's ``env_file`` too), systemd."""

# What a reader does to a line before it is a variable, and ECS does not. By POSIX 2.2, 2.6.5 and 2.10 (shell, words, read),
# xargs(1), docker/cli opts/file.go, compose-go dotenv/parser.go, systemd.exec(5) EnvironmentFile=.
_DOES: dict[Reader, frozenset[str]] = {
    "shell": frozenset(
        ["code", "export", "indent", "return", "semicolon", "comment", "end", "quotes", "expand", "backslash"]
    ),
    "words": frozenset(["export", "indent", "return", "end", "cut"]),
    "xargs": frozenset(["export", "indent", "return", "end", "cut", "quotes", "backslash"]),
    "read": frozenset(["indent", "return", "end"]),
    "engine": frozenset(["indent", "handed"]),
    "dotenv": frozenset(["export", "indent", "comment", "end", "quotes", "expand", "backslash", "handed"]),
    "systemd": frozenset(["indent", "end", "quotes", "backslash", "remark"]),
}
_LONGEST = 64 * 1024
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ASSIGNMENT = re.compile(rf"\s*(export\s+|set\s+|declare\s+-x\s+)?({_NAME})=(.*)", re.DOTALL)
_CODE = re.compile(
    r"\$\(|`|^\s*(?:if|for|while|until|case|function|alias|cd|ulimit|umask|eval|source|exec|test)\b"
    r"|^\s*(?:\.|\[{1,2})\s|^\s*[\w-]+\s*\(\)"
)
_OF_ITSELF = re.compile(r"\$\{?(\w+)")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What stands in a file of variables; no value of it. ``secrets`` are those of ``variables`` whose name or value is one's,
    ``code`` is where it is a program and no list, ``changes`` the lines that ECS would read otherwise: (number, sentence)."""

    variables: tuple[str, ...] = ()
    changes: tuple[tuple[int, str], ...] = ()
    code: tuple[int, str] | None = None
    secrets: tuple[str, ...] = ()


def read_file(text: str, reader: Reader = "shell") -> EnvironmentFile:
    """A file of variables, line by line, against what ``reader`` makes of it. Values are looked at and not kept."""
    does = _DOES[reader]
    names: dict[str, bool] = {}
    changes: list[tuple[int, str]] = []
    if text.startswith(_MARK):
        changes.append((1, "the byte order mark would be a part of what it begins with"))
    open_quote = ""
    for number, line in enumerate(text.removeprefix(_MARK).split("\n"), 1):
        if open_quote:
            # The line is within a value that began above.
            open_quote = "" if line.count(open_quote) % 2 else open_quote
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            if line.startswith((" ", "\t")) and line.strip():
                changes.append((number, "a comment is one only where `#` begins the line"))
            continue
        found = _ASSIGNMENT.fullmatch(line)
        open_quote = _left_open(found[3]) if found is not None and "quotes" in does else ""
        if "code" in does and _is_code(line, found, open_quote):
            return EnvironmentFile(tuple(names), tuple(changes), (number, "it holds shell code"), _secrets(names))
        if found is None:
            changes.append((number, _no_assignment(line, does)))
            continue
        names[found[2]] = names.get(found[2], False) or _is_secret(found[2], found[3])
        if open_quote:
            changes.append((number, f"`{found[2]}` goes over several lines, and ECS takes one"))
        else:
            changes += [(number, said) for said in _changes(line, found, does)]
    return EnvironmentFile(tuple(names), tuple(changes), None, _secrets(names))


def _secrets(names: dict[str, bool]) -> tuple[str, ...]:
    return tuple(name for name, secret in names.items() if secret)


def _is_secret(name: str, value: str) -> bool:
    bare = value.strip()
    if len(bare) > 1 and bare[0] in "\"'" and bare[-1] == bare[0]:
        bare = bare[1:-1]
    return bool(bare) and (is_secret_variable(name, bare) or bool(find_secrets(f"{name}={bare}")))


def _left_open(value: str) -> str:
    """The quote that a value opens and its line does not close; empty without one."""
    open_quote, at = "", 0
    while at < len(value):
        one = value[at]
        if one == "\\" and open_quote != "'":
            at += 1
        elif not open_quote and one == "#" and at and value[at - 1] in " \t":
            break
        elif one == open_quote or (not open_quote and one in "\"'"):
            open_quote = "" if open_quote else one
        at += 1
    return open_quote


def _no_assignment(line: str, does: frozenset[str]) -> str:
    if "remark" in does and line.lstrip().startswith(";"):
        return "`;` begins no comment" + (": the line would be a variable" if "=" in line else "; the line is left out")
    # What stands there may be anything, a secret too: it is not shown.
    if "=" in line:
        return "what stands before `=` is no name, and ECS takes it as one"
    if "handed" in does and re.fullmatch(rf"\s*{_NAME}\s*", line):
        return f"`{line.strip()}` has its value from where the call runs: ECS leaves it out"
    return "no NAME=VALUE: it is left out"


def _is_code(line: str, found: re.Match[str] | None, open_quote: str) -> bool:
    if _CODE.search(_unquoted(line)) or line.rstrip().endswith(("\\", "&&", "||")):
        return True
    if found is None and line.rstrip().endswith(("{", "}")):
        return True
    # PATH=$PATH:/x builds on what was there: only a shell can do that.
    return found is not None and not open_quote and found[2] in _OF_ITSELF.findall(_unquoted(found[3]))


def _unquoted(value: str) -> str:
    """The value without what single quotes keep from being expanded."""
    return re.sub(r"'[^']*'", "", value)


def _changes(line: str, found: re.Match[str], does: frozenset[str]) -> Iterator[str]:
    """What ECS would make of one assignment otherwise."""
    name, value = found[2], found[3]
    if found[1]:
        # Of what knows no `export` the line never worked, and ECS makes no better of it.
        yield f"`{found[1].strip()}` would be a part of the name: write `{name}=`"
    elif line[0] in " \t" and "indent" in does:
        yield f"the blanks before `{name}` would be a part of the name"
    bare = value.rstrip("\r")
    if bare != value and "return" in does:
        yield f"`{name}` ends in a carriage return, which ECS leaves out"
    if "semicolon" in does and re.search(r"\s;|;\s*\S|;$", _outside_quotes(bare)):
        yield f"what stands behind `;` would be a part of `{name}`"
    if "comment" in does and re.search(r"\s#", _outside_quotes(bare)):
        yield f"the comment behind it would be a part of `{name}`"
    elif "end" in does and bare != bare.rstrip():
        yield f"the blanks at the end would be a part of `{name}`"
    elif "cut" in does and re.search(r"\S\s+\S", bare):
        yield f"`{name}` ended at its first blank; ECS takes the whole line"
    yield from _of_value(name, bare, does)
    if len(line.encode("utf-8", "surrogateescape")) >= _LONGEST:
        yield f"`{name}` is too long: ECS reads lines of less than 64 KiB"


def _of_value(name: str, bare: str, does: frozenset[str]) -> Iterator[str]:
    if not bare.strip():
        yield f"`{name}` is empty, and ECS leaves it out"
    elif "quotes" in does and re.search(r"[\"']", bare):
        yield f"the quotes would be a part of `{name}`"
    if "expand" in does and re.search(r"\$[\w{]", _unquoted(bare)):
        yield f"`{name}` holds a variable, which ECS does not expand"
    if "backslash" in does and "\\" in _unquoted(bare):
        yield f"the backslash would stay in `{name}`"
    if re.search(r"[\ufffd\udc80-\udcff]", bare):
        yield f"`{name}` holds bytes that are no UTF-8, which an environment file must be"


def _outside_quotes(value: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", value)


def said_of(path: str, found: EnvironmentFile) -> str:
    """One sentence about the file as an environment file of ECS, and one about its secrets."""
    if found.code is not None:
        number, why = found.code
        return f"`{path}` is no list of variables ({why}, line {number}): it has to be in the image.{_secret(found)}"
    if not found.changes:
        count = f"{len(found.variables)} variable{'s' if len(found.variables) != 1 else ''}"
        return f"`{path}` can be an environment file as it is: {count}, read literally.{_secret(found)}"
    told = "; ".join(f"line {number}: {said}" for number, said in found.changes[:12])
    more = f"; and {len(found.changes) - 12} more" if len(found.changes) > 12 else ""
    return f"`{path}` as an environment file of ECS would be read otherwise: {told}{more}.{_secret(found)}"


def _secret(found: EnvironmentFile) -> str:
    names = few([f"`{name}`" for name in found.secrets], 8)
    return f" Secrets in it: {names}; whoever may read the object in S3 reads them." if names else ""
