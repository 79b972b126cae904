"""Source text of other languages, as far as its literals go: which commands it hands to a shell, and how it locks itself.

Nothing is executed, and nothing is worked out: a name that the program puts together when it runs stays unknown (``$x``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

Language = Literal["shell", "python", "ruby", "perl", "php", "node", ""]
"""What reads a script; ``""``: none of those known here."""

_NAMES: tuple[tuple[re.Pattern[str], Language], ...] = (
    (re.compile(r"(?:ba|da|k|mk|z|a)?sh|busybox"), "shell"),
    (re.compile(r"(?:python|pypy)[\d.]*|uv|poetry|pipenv"), "python"),
    (re.compile(r"(?:j?ruby)[\d.]*|rails|rake|bundle|bundler"), "ruby"),
    (re.compile(r"perl[\d.]*"), "perl"),
    (re.compile(r"php[\d.]*(?:-cli|-cgi)?"), "php"),
    (re.compile(r"node(?:js)?|bun|deno|tsx|ts-node"), "node"),
)
_ENDINGS: Mapping[str, Language] = {
    "sh": "shell",
    "bash": "shell",
    "py": "python",
    "rb": "ruby",
    "pl": "perl",
    "php": "php",
    "js": "node",
    "mjs": "node",
    "cjs": "node",
    "ts": "node",
}
_SHEBANG = re.compile(r"#!\s*(?:\S*/env\s+(?:-S\s*)?(?:\w+=\S*\s+)*)?(\S+)")


def language_of(path: str, text: str, interpreter: str = "") -> Language:
    """Who reads a script: the interpreter that the command names, else its first line, else its name's ending, else the shell
    that tries to start it (execvp(3))."""
    first = _SHEBANG.match(text)
    called = interpreter.rpartition("/")[2] or (first[1].rpartition("/")[2] if first is not None else "")
    if called:
        return next((language for pattern, language in _NAMES if pattern.fullmatch(called)), "")
    if text.lstrip().startswith("<?php"):
        return "php"
    return _ENDINGS.get(path.rpartition(".")[2].lower(), "shell")


class _Forms(NamedTuple):
    """``shell``: calls whose first string is shell text; ``listed``: calls whose strings are the words of a command;
    ``comment``: how a line begins that is none of the program."""

    shell: str
    listed: str
    comment: str
    backticks: bool = False


# Python: library "subprocess", "os"; Ruby: Kernel#system, #`, Open3; Perl: perlfunc system, exec, qx; PHP: "Program execution
# Functions"; Node: child_process. `$pdo->exec(..)` and `/x/.exec(..)` are methods of other things.
_FORMS: Mapping[str, _Forms] = {
    "python": _Forms(
        r"\bos\.(?:system|popen)|\b(?:subprocess|sp)\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)",
        r"\b(?:subprocess|sp)\.(?:run|call|check_call|check_output|Popen)\s*\(\s*\[|\bos\.exec[lv]p?e?\s*\(",
        r"\s*#",
    ),
    "ruby": _Forms(
        r"(?<![\w.$@:])(?:system|exec|spawn)|\b(?:IO\.popen|Open3\.\w+|Process\.spawn|Kernel\.\w+)",
        r"(?<![\w.$@:])(?:system|exec|spawn)\s*\(?\s*(?=[\"'][^\"']*[\"']\s*,\s*[\"'])",
        r"\s*#",
        backticks=True,
    ),
    "perl": _Forms(
        r"(?<![\w>:$@%])(?:system|exec|readpipe)",
        r"(?<![\w>:$@%])(?:system|exec)\s*\(?\s*(?=[\"'][^\"']*[\"']\s*,\s*[\"'])",
        r"\s*#",
        backticks=True,
    ),
    "php": _Forms(
        r"(?<![\w>:$])(?:exec|shell_exec|system|passthru|popen|proc_open)",
        r"(?!)",
        r"\s*(?:#|//|\*|/\*)",
        backticks=True,
    ),
    "node": _Forms(
        r"(?<![\w$])(?:execSync|(?:child_process|cp|childProcess)\.exec(?:Sync)?)|(?<![\w.$])exec(?=\s*\(\s*['\"`])",
        r"(?<![\w$])(?:execFile(?:Sync)?|spawn(?:Sync)?)\s*\(\s*",
        r"\s*(?://|\*|/\*)",
    ),
}
_STRING = r"""(?:[rfbu]{0,2}"((?:\\.|[^"\\\n])*)"|[rfbu]{0,2}'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\\n])*)`)"""
_STRINGS = re.compile(_STRING)
_BACKTICKS = re.compile(r"`((?:\\.|[^`\\\n])+)`")
_QUOTED_LISTS = re.compile(
    r"%x\{([^}\n]{0,999})\}|%x\(([^)\n]{0,999})\)|\bqx\{([^}\n]{0,999})\}|\bqx\(([^)\n]{0,999})\)|\bqx/([^/\n]{0,999})/"
)
# "#{x}" of Ruby, "{$x}" of PHP, "${x}" of Node, "{x}" of an f-string, "%s" of a format: known only when it runs.
_FILLED = re.compile(r"#\{[^}]*\}|\$?\{[^}]*\}|%\(?\w*\)?[sd]")
_LONGEST, _MOST = 1000, 200
"""Characters of one command that is a list of words, and commands of one program."""


def program_text(text: str, language: Language) -> str:
    """The text without lines that are comments."""
    forms = _FORMS.get(language)
    comment = re.compile(forms.comment if forms is not None else r"\s*#")
    return "\n".join(line for line in text.splitlines() if not comment.match(line))


def commands_in(text: str, language: Language) -> Iterator[str]:
    """The shell texts of a program, in order; what is put in when it runs is ``$x``."""
    forms = _FORMS.get(language)
    if forms is None:
        return
    code = program_text(text, language)
    found: list[tuple[int, str]] = []
    for match in islice(re.finditer(rf"(?:{forms.listed})", code), _MOST):
        ends = "]" if language == "python" else ");\n"
        found += [(match.start(), words)] if (words := _words(code[match.end() : match.end() + _LONGEST], ends)) else []
    listed = {at for at, _text in found}
    for match in islice(re.finditer(rf"(?:{forms.shell})\s*\(?\s*{_STRING}", code), _MOST):
        if match.start() not in listed:
            found.append((match.start(), _plain(next(group for group in match.groups() if group is not None))))
    if forms.backticks:
        found += [(match.start(), _plain(match[1])) for match in islice(_BACKTICKS.finditer(code), _MOST)]
        found += [
            (match.start(), _plain(next(group for group in match.groups() if group is not None)))
            for match in islice(_QUOTED_LISTS.finditer(code), _MOST)
        ]
    yield from (one for _at, one in sorted(found) if one.strip())


def _plain(literal: str) -> str:
    """A literal's text: quotes without their backslash, and ``$x`` for what is filled in."""
    return _FILLED.sub("$x", re.sub(r"\\([\"'`\\$@])", r"\1", literal))


def _words(code: str, ends: str) -> str:
    """``["tar", "czf", name]`` as shell text, up to one of ``ends``: strings as words, everything else as ``$x``."""
    words: list[str] = []
    for one in re.finditer(rf"{_STRING}|([\w.$@>-]+)|(.)", code, re.S):
        literal = next((group for group in one.groups()[:3] if group is not None), None)
        if literal is not None:
            words.append(_quoted(_plain(literal)))
        elif one[4] is not None:
            words.append('"$x"')
        elif one[5] in ends and words:
            break
    return " ".join(words) if words and words[0] != '"$x"' else ""


def _quoted(word: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word
    return '"' + re.sub(r'(["\\`])', r"\\\1", word) + '"'


# How programs keep a second run out: fcntl, msvcrt, filelock, portalocker, pid (Python); File#flock (Ruby); flock (Perl, PHP);
# proper-lockfile (Node); Symfony's LockFactory with flock or a semaphore (PHP).
_LOCKS: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(
        r"\bfcntl\.(?:flock|lockf)|\b(?:FileLock|SoftFileLock|InterProcessLock|PidFile|LockFile|PIDLockFile)(?=\()"
        r"|\bportalocker\.\w+|\bzc\.lockfile|\bsingleton\.SingleInstance|\bO_EXCL\b"
    ),
    "ruby": re.compile(r"\.flock(?=\s*\(?\s*File::)|\bFile::EXCL\b|\bLockfile\.new|\bPidfile\.new"),
    "perl": re.compile(r"(?<![\w$>])flock(?=\s*\(?\s*[$\w*])|\bProc::PID::File|\bO_EXCL\b"),
    "php": re.compile(r"(?<![\w>:$])flock(?=\s*\()|\bFlockStore\b|\bSemaphoreStore\b|\bsem_acquire(?=\()"),
    "node": re.compile(r"\blockfile\.(?:lock|lockSync)|\bproper-lockfile\b|\bfs-ext\b"),
}


def locks_in(text: str, language: Language) -> Iterator[str]:
    """What a program locks itself by, each once, as it stands there."""
    pattern = _LOCKS.get(language)
    if pattern is not None:
        yield from dict.fromkeys(match[0].lstrip(".") for match in pattern.finditer(program_text(text, language)))
