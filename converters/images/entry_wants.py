"""What an entry script ends without, before it comes to its arguments: variables (`${NAME:?}`), files and directories."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from converters.images.entry_scripts import Statement, statements

_VARIABLE = re.compile(r"\$\{(\w+):?\?")
_QUOTED = re.compile(r"'[^']*'")
_PATH = re.compile(r"/[\w./@+-]+")
_ARGUMENTS = re.compile(r"\$[@*1]|\$\{[@*1]")


class Wants(NamedTuple):
    """``variables`` without which it ends with an error; ``paths`` that it enters or reads first and that its image lacks."""

    variables: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def wants_of(text: str, there: Callable[[str], bool], *, bash: bool) -> Wants:
    """Only what each run comes to: no part of a compound, and nothing behind `&&` or `||`. ``there``: whether a path is in the
    image; ``bash``: whether bash reads it."""
    variables: dict[str, None] = {}
    paths: dict[str, None] = {}
    errexit = re.match(r"#![^\n]*\s-[a-z]*e", text) is not None
    for one in statements(text):
        if one.frames or one.before in ("&&", "||"):
            continue
        variables |= dict.fromkeys(name for word in one.words for name in _VARIABLE.findall(_QUOTED.sub("", word)))
        if any(map(_ARGUMENTS.search, one.words)):
            break
        if one.words[0] == "set" and re.search(r"\s-[a-z]*e", " ".join(one.words)):
            errexit = True
        path = _entered(one, errexit=errexit, bash=bash)
        if path is not None and not there(path):
            paths[path] = None
    return Wants(tuple(variables), tuple(paths))


def _entered(one: Statement, *, errexit: bool, bash: bool) -> str | None:
    """The path of a `cd` or `.` whose failure keeps the script from what follows."""
    if len(one.words) != 2 or one.negated or one.behind in ("||", "&", "|"):
        return None
    path = one.words[1].strip("\"'")
    if _PATH.fullmatch(path) is None:
        return None
    if one.words[0] == "cd":
        return path if errexit or one.behind == "&&" else None
    # A special built-in that fails ends a shell that no terminal steers (XCU 2.8.1); bash heeds that as `sh` alone.
    fatal = errexit or not bash or one.behind == "&&"
    return path if one.words[0] in (".", "source") and fatal else None
