"""Constructs by a command's words: builtins that only some shells have, and options and formats that only some take.

Sources: dash(1) of 0.5.12, bash(1) of 5.2 "SHELL BUILTIN COMMANDS", BusyBox 1.35 ``shell/ash.c``; run by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Words = Sequence[str]
"""A command's words without quotes; what is known only when it runs has a ``$`` in it."""

_ONLY_BASH: Mapping[str, str] = {
    "source": "source",
    "let": "let",
    "coproc": "coproc",
    "builtin": "builtin",
    **dict.fromkeys(("declare", "typeset"), "declare"),
    **dict.fromkeys(("pushd", "popd", "dirs"), "pushd"),
    **dict.fromkeys(
        [
            "shopt",
            "mapfile",
            "readarray",
            "disown",
            "enable",
            "caller",
            "compgen",
            "complete",
            "compopt",
            "bind",
            "logout",
            "suspend",
        ],
        "shopt",
    ),
}
_SET_NAMES = frozenset(
    [
        "allexport",
        "debug",
        "emacs",
        "errexit",
        "ignoreeof",
        "interactive",
        "monitor",
        "noclobber",
        "noexec",
        "noglob",
        "nolog",
        "notify",
        "nounset",
        "stdin",
        "verbose",
        "vi",
        "xtrace",
    ]
)
_SIGNAL = re.compile(r"SIG[A-Z]")
_RESERVED = frozenset({"{", "for", "while", "until", "if", "case", "[[", "(("})


def of_words(words: Words, *, in_function: bool) -> Iterator[str]:
    """The constructs that a command's words are; ``in_function`` says whether ``local`` and ``return`` have a place."""
    name = words[0]
    if name == "coproc" and "{" in words[1:3]:
        yield "coproc { }"
    elif name in _ONLY_BASH:
        yield _ONLY_BASH[name]
    elif name in ("local", "return") and not in_function:
        yield name
    rule = _RULES.get(name)
    if rule is not None:
        yield from rule(words[1:])


def _letters(words: Words) -> tuple[str, int]:
    """The letters of the options in front, and how many words they take."""
    found, at = "", 0
    while at < len(words) and re.fullmatch(r"-[A-Za-z]\w*", words[at]):
        found += words[at][1:]
        at += 1
    return found, at


def _set(words: Words) -> Iterator[str]:
    at = 0
    while at < len(words) and re.match(r"[-+][A-Za-z]", words[at]):
        letters = words[at][1:]
        if set(letters) & set("BHTPkth"):
            yield "set -LETTER"
        if letters.endswith("o") and at + 1 < len(words):
            at += 1
            if words[at] == "pipefail":
                yield "set -o pipefail"
            elif words[at] not in _SET_NAMES:
                yield "set -o NAME"
        at += 1


def _read(words: Words) -> Iterator[str]:
    letters, at, last = "", 0, ""
    while at < len(words) and re.match(r"-[A-Za-z]", words[at]):
        letters += words[at][1:]
        last = words[at]
        at += 1
        if last[-1] in "tndupaNi" and at < len(words):
            at += last[-1] != "a"  # the name of `-a` is the variable
    if set(letters) & set("aNie"):
        yield "read -a"
    elif set(letters) & set("tnds") or "u" in letters:
        yield "read -t"
    if at >= len(words) and "a" not in letters:
        yield "read"


def _printf(words: Words) -> Iterator[str]:
    if words[:1] == ["-v"]:
        yield "printf -v"
        words = words[2:]
    form = words[0] if words else ""
    if re.search(r"%\([^)]*\)T", form):
        yield "printf %(..)T"
    elif re.search(r"%q|%'", form):
        yield "printf %q"
    elif re.search(r"\\x[0-9A-Fa-f]", form):
        yield "printf \\x"


def _echo(words: Words) -> Iterator[str]:
    if words and re.fullmatch(r"-n*[eE][neE]*", words[0]):
        yield "echo -e"
    elif any(re.search(r"\\[abcfnrtv0\\]", word) for word in words):
        yield "echo \\"


def _trap(words: Words) -> Iterator[str]:
    names = words[1:]
    if "ERR" in names:
        yield "trap ERR"
    if "DEBUG" in names or "RETURN" in names:
        yield "trap DEBUG"
    if any(_SIGNAL.match(name) for name in names):
        yield "trap SIGTERM"


def _kill(words: Words) -> Iterator[str]:
    first = words[0] if words else ""
    if first.startswith("-SIG") or (first == "-s" and len(words) > 1 and _SIGNAL.match(words[1])):
        yield "kill -SIGTERM"


def _option(letters: str, name: str) -> Callable[[Words], Iterator[str]]:
    """Any of these letters among the options in front."""

    def rule(words: Words) -> Iterator[str]:
        if set(_letters(words)[0]) & set(letters):
            yield name

    return rule


def _export(words: Words) -> Iterator[str]:
    letters = _letters(words)[0]
    if "f" in letters:
        yield "export -f"
    elif "n" in letters:
        yield "export -n"


def _type(words: Words) -> Iterator[str]:
    letters = _letters(words)[0]
    if set(letters) & set("tpPf"):
        yield "type -t"
    elif "a" in letters:
        yield "type -a"


def _dot(words: Words) -> Iterator[str]:
    if words and "/" not in words[0] and "$" not in words[0]:
        yield ". FILE"
    elif len(words) > 1:
        yield ". FILE ARGUMENT"


def _exit(words: Words) -> Iterator[str]:
    if words and re.fullmatch(r"-\d+", words[0]):
        yield "exit -N"


def _ulimit(words: Words) -> Iterator[str]:
    letters = set(_letters(words)[0])
    if letters & set("eiqux"):
        yield "ulimit -u"
    elif "p" in letters:
        yield "ulimit -p"


def _time(words: Words) -> Iterator[str]:
    if words and words[0] in _RESERVED:
        yield "time { }"
    elif words and words[0].startswith("("):
        yield "time ( )"


def _test(words: Words) -> Iterator[str]:
    if "==" in words:
        yield "=="
    if "-v" in words[:-1]:
        yield "[ -v ]"


_RULES: Mapping[str, Callable[[Words], Iterator[str]]] = {
    "set": _set,
    "read": _read,
    "printf": _printf,
    "echo": _echo,
    "trap": _trap,
    "kill": _kill,
    "wait": _option("nfp", "wait -n"),
    "exec": _option("acl", "exec -a"),
    "export": _export,
    "readonly": _option("aAf", "export -f"),
    "type": _type,
    ".": _dot,
    "exit": _exit,
    "ulimit": _ulimit,
    "time": _time,
    "test": _test,
    "[": _test,
}
