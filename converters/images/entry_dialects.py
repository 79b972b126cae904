"""Words of bash in an entry script that another shell reads: what dash and BusyBox's ash make of each, as data.

Many images say `#!/bin/sh` and mean bash: it is dash on Debian and Ubuntu, BusyBox on Alpine. Each row was tried with dash
0.5.12, BusyBox 1.35 and bash 5.2, and the tests try it again; dash(1) and "Shell Command Language" (POSIX, XCU 2) say why.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from converters.images.entry_scripts import Statement

Effect = Literal["", "fails", "ends", "unread"]
"""Nothing; a status other than 0; the end of the shell; what nobody can foretell."""


class Row(NamedTuple):
    """``pattern`` finds the words of a statement, joined by blanks; ``dash`` and ``ash`` say what these shells make of them.
    ``parsed``: as soon as the shell reads the compound that it stands in, whether it comes to it or not."""

    example: str
    pattern: str
    dash: Effect
    ash: Effect
    parsed: bool = False


_BASH_ONLY = (
    "declare|typeset|shopt|pushd|popd|mapfile|readarray|builtin|enable|disown|coproc|caller|compgen|complete|bind|dirs"
)
ROWS: tuple[Row, ...] = (
    # An error in a special built-in ends a shell (XCU 2.8.1).
    Row("set -euo pipefail", r"set .*\bpipefail\b", "ends", ""),
    Row("set -o errtrace", r"set .*-\w*o errtrace", "ends", ""),
    Row("set -o posix", r"set .*-\w*o (?:posix|functrace|history)", "ends", "fails"),
    Row("set -T", r"set (?:-\S+ )*[-+][a-zA-Z]*[TBHPhk]", "ends", "ends"),
    Row("trap -p", r"trap -p", "ends", "ends"),
    Row("trap : ERR", r"trap \S.* (?:ERR|SIG[A-Z]+\d?)\b", "fails", ""),
    Row("trap : DEBUG", r"trap \S.* (?:DEBUG|RETURN)\b", "fails", "fails"),
    Row("export -f f", r"export -f", "ends", "ends"),
    Row("export -n x", r"export -n", "ends", ""),
    Row("f() { local -r x=1; }; f", r"local -", "ends", "ends"),
    Row("readonly -a x", r"readonly -[^p]", "ends", "ends"),
    Row("unset -n x", r"unset -[^fv]", "ends", "ends"),
    Row("exec {fd}>/dev/null", r"exec \{", "ends", "ends"),
    Row("exec -a x true", r"exec -a", "ends", ""),
    Row("exec -- true", r"exec -- ", "ends", ""),
    Row("exec -c true", r"exec -[cl]", "ends", "ends"),
    # Expansions that are none.
    Row('x=abc; y="${x:0:1}"', r".*\$\{[\w@*]+:(?![-=?+])", "ends", ""),
    Row('x=abc; y="${x//a/b}"', r".*\$\{\w+/", "ends", ""),
    Row('x=abc; y="${x^^}"', r".*\$\{\w+[\^,]", "ends", "ends"),
    Row('x=y; y="${!x}"', r".*\$\{!", "ends", "ends"),
    Row('y="${x[0]}"', r".*\$\{#?\w+\[", "ends", "ends"),
    Row('x=a; y="${x@Q}"', r".*\$\{\w+@", "ends", "ends"),
    Row("x=1; y=$((x++))", r".*\$\(\([^)]*(?:\+\+|\*\*)", "ends", ""),
    # What no shell but bash parses.
    Row("a=(x)", r"(?:.* )?\w+\+?=\(", "ends", "ends", parsed=True),
    Row(": <(true)", r".*[<>]\(", "ends", "", parsed=True),
    Row(": <<< x", r".*<<<", "ends", "ends", parsed=True),
    Row("case a in a) : ;& b) : ;; esac", r";;?&", "ends", "ends", parsed=True),
    Row("for ((i=0;i<1;i++)); do :; done", r"for \(\(", "ends", "ends", parsed=True),
    Row(": &>> /dev/null", r".*&>>", "", "ends", parsed=True),
    # dash reads `&` and a redirection there, and so do the statements that it gets.
    Row(": &> /dev/null", r".*&>", "", ""),
    Row(": >& /dev/null", r".*>&(?![\d-]|\"?\$)", "ends", "", parsed=True),
    Row("my-func() { :; }", r"\(\) \S*[^\w\s]", "ends", "ends", parsed=True),
    # dash takes the name for a program, its body for commands, and the brace at the end for an error.
    Row("function f { :; }", r"function ", "unread", ""),
    # Names of no program there: 127.
    Row("[[ a = a ]]", r"\[\[ ", "fails", ""),
    Row("((1 + 1))", r"\(\(", "fails", "fails"),
    Row("source /dev/null", r"source ", "fails", ""),
    Row("let x=1", r"let ", "fails", ""),
    Row("shopt -s nullglob", rf"(?:{_BASH_ONLY})(?: |$)", "fails", "fails"),
    Row("x=1; x+=2", r"\w+\+=(?!\()", "fails", "fails"),
    Row("a[0]=x", r"\w+\[.*\]\+?=", "fails", "fails"),
    Row("type -P sh", r"type -", "fails", ""),
    # Options and signs that are errors, and only that.
    Row("[ a == a ]", r"(?:\[|test) .*==", "fails", ""),
    Row("[ -v HOME ]", r"(?:\[|test) (?:! )?-v ", "fails", "fails"),
    Row("printf -v x y", r"printf -v", "fails", ""),
    Row("printf %q x", r"printf \S*%[q(]", "fails", "fails"),
    Row("wait -n", r"wait -n", "unread", "unread"),
    Row("read -t 1 x </dev/null", r"read (?:-r )?-r?[tsdun]", "fails", ""),
    Row("read -a x </dev/null", r"read (?:-r )?-r?[aeN]", "fails", "fails"),
)
_READ = tuple((re.compile(row.pattern), row) for row in ROWS)
_QUOTED = re.compile(r"'[^']*'")
_TAKES_ALL = frozenset({"bash", "ksh", "mksh", "zsh"})
"""ksh, mksh and zsh have most of it, and each its own edges: what a script says there is left to whoever named that shell."""


class Harm(NamedTuple):
    """What a shell makes of a statement; ``parsed``: already where it reads the compound around it."""

    effect: Effect = ""
    parsed: bool = False


_NONE = Harm()


def harm_of(one: Statement, shell: str) -> Harm:
    """``shell`` is `dash`, `busybox`, `bash` ..; empty where nobody knows, and then whatever differs is not known either."""
    if shell in _TAKES_ALL:
        return _NONE
    if one.behind == "|&":
        return Harm("ends" if shell in ("dash", "busybox") else "unread", parsed=True)
    found = _rows(one.words)
    if shell not in ("dash", "busybox"):
        return Harm("unread", any(row.parsed for row in found)) if found else _NONE
    told = [(row.dash if shell == "dash" else row.ash, row.parsed) for row in found]
    for effect in _WORST:
        if any(each == effect for each, _ in told):
            return Harm(effect, any(parsed for each, parsed in told if each == effect))
    return _NONE


_WORST: tuple[Effect, ...] = ("ends", "unread", "fails")
_INNER = re.compile(r"\$\((?!\()(?:[^()]|\([^()]*\))*\)|`[^`]*`")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_EXPANSION = re.compile(r"\$\{[^}]*\}|\$\(\([^)]*\)\)")


def _rows(words: tuple[str, ...]) -> list[Row]:
    """The rows that these words are of. What stands in `$( )` ends a shell of its own: there only what is parsed counts."""
    text = " ".join(words)
    if words[0] != "printf":
        text = _DOUBLE.sub(lambda found: f'"{"".join(_EXPANSION.findall(found[1]))}"', _QUOTED.sub("''", text))
    outer = _INNER.sub("$()", text)
    return [row for pattern, row in _READ if pattern.match(outer) or (row.parsed and pattern.match(text))]
