"""What an entry script ends without, before it comes to its arguments: variables (`${NAME:?}`), files and directories."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from converters.images.entry_scripts import Statement, statements

_VARIABLE = re.compile(r"\$\{(\w+):?\?")
# Under `set -u` these too end a shell: `$A`, `${A#x}`, `${#A}`; not those that say what stands for an unset one (XCU 2.6.2).
_READ = re.compile(r"(?<!\\)\$(?:([A-Za-z_]\w*)|\{#?([A-Za-z_]\w*)(?![\w\[]|:?[-=+?]))")
_INNER = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
# What a runtime gives each container, what Fargate adds ("Task metadata endpoint"; "ECS_", "AWS_" of the agent), and what a
# shell makes by itself (dash(1), bash(1) "Shell Variables").
_GIVEN = frozenset(
    {"PATH", "HOME", "HOSTNAME", "PWD", "PPID", "IFS", "OPTIND", "PS4", "LINENO", "AWS_REGION", "AWS_DEFAULT_REGION"}
    | {"AWS_EXECUTION_ENV", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "ECS_AGENT_URI", "ECS_CONTAINER_METADATA_URI"}
    | {"ECS_CONTAINER_METADATA_URI_V4"}
)
_OF_BASH = re.compile(
    r"BASH\w*|E?UID|GROUPS|(?:HOST|MACH|OS)TYPE|RANDOM|SRANDOM|SECONDS|EPOCH\w+|SHELL|SHELLOPTS|SHLVL|TERM|FUNCNAME|OPTERR|"
    r"PIPESTATUS|DIRSTACK|COMP_WORDBREAKS|HISTCMD"
)
_QUOTED = re.compile(r"'[^']*'")
_PATH = re.compile(r"/[\w./@+-]+")
_ARGUMENTS = re.compile(r"\$[@*1]|\$\{[@*1]")


class Wants(NamedTuple):
    """``variables`` without which it ends with an error; ``paths`` that it enters or reads first and that its image lacks."""

    variables: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def wants_of(text: str, there: Callable[[str], bool], *, bash: bool, given: Collection[str] = ()) -> Wants:
    """Only what each run comes to: no part of a compound, and nothing behind `&&` or `||`. ``there``: whether a path is in the
    image; ``bash``: whether bash reads it; ``given``: the variables that the image sets, if only to nothing."""
    variables: dict[str, None] = {}
    paths: dict[str, None] = {}
    first = text.partition("\n")[0]
    errexit, nounset = (re.match(rf"#![^\n]*\s-[a-z]*{one}", first) is not None for one in "eu")
    known = _Known(_COMMENT.sub("", text), frozenset(given), bash)
    for one in statements(text):
        if one.words[0] in (".", "source", "eval"):
            known = known._replace(text=None)
        if one.frames or one.before in ("&&", "||"):
            continue
        variables |= dict.fromkeys(name for word in one.words for name in _VARIABLE.findall(_QUOTED.sub("", word)))
        # What a part of a pipe or of the background lacks ends a shell of its own.
        if nounset and "|" not in (one.before, one.behind) and one.behind != "&":
            variables |= dict.fromkeys(name for word in one.words for name in known.unset(word))
        if any(map(_ARGUMENTS.search, one.words)):
            break
        if one.words[0] == "set":
            told = " ".join(one.words)
            errexit = errexit or re.search(r"\s-[a-z]*e", told) is not None
            nounset = re.search(r"\s-[a-z]*u|\s-[a-z]*o nounset", told) is not None or (
                nounset and re.search(r"\s\+[a-z]*u|\s\+o nounset", told) is None
            )
        path = _entered(one, errexit=errexit, bash=bash)
        if path is not None and not there(path):
            paths[path] = None
    return Wants(tuple(variables), tuple(paths))


class _Known(NamedTuple):
    """What a script may have set by itself: ``text`` is the script, None where a file that was read in may set anything."""

    text: str | None
    given: frozenset[str]
    bash: bool

    def unset(self, word: str) -> list[str]:
        """The variables that this word reads and nobody sets."""
        read = [a or b for a, b in _READ.findall(_INNER.sub("", _QUOTED.sub("", word)))]
        return [name for name in read if not self._is_set(name)]

    def _is_set(self, name: str) -> bool:
        if self.text is None or name in _GIVEN or name in self.given or (self.bash and _OF_BASH.fullmatch(name)):
            return True
        # `A=`, `read A`, `for A in`, `getopts x A`: any place but behind a `$`.
        return re.search(rf"(?<![\w${{#]){name}\b|\$\{{{name}:?=", self.text) is not None


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
