"""A simple command as a shell meets it, and what its words say: known variables filled in, listings as what they list."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from converters.commands.shell.program_names import known_as
from converters.commands.shell.words import Redirect, Word

Decides = Literal["last", "guard", "tested", "ignored"]
"""What a command's status does: it is the status of the whole (``last``), or where it is not 0 (``guard``, before ``&&``);
another command asks for it (``tested``: ``if``, ``||``, ``!``); or nobody does (``ignored``)."""

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_QUOTES = re.compile(r"[\"']|\\(?=[ \"'$])")


def decides_of(operators: list[str], at: int, whole: Decides) -> Decides:
    """Of the pipelines of a list, whose status is the list's."""
    rest = operators[at:]
    if not rest:
        return whole
    # `A && B`: where A fails, its status is the list's.
    if whole in ("last", "guard") and all(operator == "&&" for operator in rest):
        return "guard"
    return "tested"


@dataclass(frozen=True, slots=True)
class Call:
    """One simple command. ``directory`` is where it works (``None``: where cron starts jobs); ``moved`` says that the text
    itself went there, so that it does not matter where the job starts; ``known`` are the variables
    as they stand there; ``fed`` is the command whose output it reads by a pipe; ``finder`` looks the
    program up elsewhere than on PATH; ``under`` are the files that commands before it asked for, so that it runs or not."""

    text: str
    start: int
    end: int
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    directory: str | None
    known: Mapping[str, str]
    decides: Decides
    negated: bool = False
    piped: bool = False
    background: bool = False
    repeated: bool = False
    fed: Call | None = None
    assigned: tuple[str, ...] = ()
    moved: bool = False
    finder: str = ""
    under: frozenset[str] = frozenset()

    @property
    def name(self) -> str | None:
        """The program's last path component, with known variables filled in, or ``None``."""
        if not self.words:
            return None
        said = say(self.words[0], self.known)
        return None if "$" in said or "`" in said else known_as(said)

    def said(self, index: int) -> str:
        return say(self.words[index], self.known)


def say(word: Word, known: Mapping[str, str]) -> str:
    """A word as a person reads it: known variables filled in, unknown ones as ``$NAME``, listings as what they list."""
    if word.value is not None:
        return word.value
    shown = []
    for kind, content in word.parts:
        if kind == "text":
            shown.append(content)
        elif kind == "tilde":
            shown.append(known.get("HOME", "~"))
        elif kind in ("variable", "quoted variable"):
            # cron always sets HOME (crontab(5)), so it is the same unknown home as `~`.
            shown.append(known.get(content, "~" if content == "HOME" else f"${content}"))
        else:
            shown.append(_other(content, known))
    return "".join(shown)


def _other(source: str, known: Mapping[str, str]) -> str:
    # `$(ls P)` is some name below P; other output is not guessed.
    if source.startswith(("$(", "`")) and not source.startswith("$(("):
        return _found(source) or _listed(source) or source
    source = _VARIABLE.sub(lambda match: known.get(match[1] or match[2], _unset(match)), source)
    if source.startswith("~/") and "HOME" in known:
        source = known["HOME"] + source[1:]
    return _QUOTES.sub("", source)


# POSIX `command -v`, bash's `type -p`, which(1): where a program stands that PATH finds; the name means the same.
_FINDS = re.compile(
    r"(?:\$\(|`)\s*(?:(?:/usr)?/bin/)?(?:which|command\s+-v|type\s+-[pP])\s+([\w.+-]+)\s*(?:2>\s*/dev/null\s*)?[)`]"
)


def _found(source: str) -> str | None:
    """The program whose path ``$(which X)`` prints."""
    match = _FINDS.fullmatch(source)
    return match[1] if match else None


def _unset(match: re.Match[str]) -> str:
    return "~" if "HOME" in (match[1], match[2]) else match[0]


_LISTS = re.compile(r"^(?:\$\(|`)\s*(?:/usr)?(?:/bin/)?(?:find|ls|readlink|realpath)\s+(?:-[A-Za-z1]+\s+)*([^\s|;)`]+)")


def _listed(source: str) -> str | None:
    """The place whose names ``$(find P ..)`` or ``$(ls P)`` prints."""
    match = _LISTS.match(source)
    return match[1].strip("\"'") if match else None


def listing(call: Call) -> str | None:
    """The place whose names a command prints, through filters that only choose among them."""
    while call.fed is not None and call.name in _CHOOSES:
        call = call.fed
    if call.name not in ("find", "ls"):
        return None
    words = [say(word, call.known) for word in call.words]
    operands = [word for word in words[1:] if not word.startswith("-")]
    return matching(words, joined(call.directory, operands[0] if operands else "."))


def matching(words: Sequence[str], place: str) -> str:
    """What ``find PLACE -name PATTERN`` finds: ``PLACE/PATTERN`` where the one pattern holds for all, else what lies below."""
    tests = [index for index, word in enumerate(words[:-1]) if word in ("-name", "-iname")]
    if known_as(words[0]) != "find" or len(tests) != 1 or {"-o", "-or", "!", "-not", ","} & set(words):
        return place
    return f"{place.rstrip('/')}/{words[tests[0] + 1]}"


_CHOOSES = frozenset(
    {"grep", "egrep", "fgrep", "sort", "uniq", "head", "tail", "awk", "sed", "cut", "tac", "tee", "tr"}
)


def joined(directory: str | None, path: str) -> str:
    """The path as seen from a directory; ``None`` is where cron starts a job, its user's home: ``~``."""
    # An address or a variable is not joined to a directory.
    # `{/a,/b}` stands for several paths, each from the root.
    if path.startswith(("/", "~", "$", "`", "{/")) or "://" in path:
        return posixpath.normpath(path) if path.startswith("/") else path
    base = directory if directory is not None else "~"
    return posixpath.normpath(posixpath.join(base, path))


def is_relative(path: str) -> bool:
    """Whether a path counts from where the command works."""
    return not path.startswith(("/", "~", "$", "{/")) and "://" not in path
