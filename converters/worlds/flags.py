"""Files that a text asks for before it works: a sign from another program, which a task's empty disk never shows.

``[ -e /tmp/go ] && rm /tmp/go && JOB`` starts JOB where somebody has put ``/tmp/go`` there. Its ``rm`` clears nothing away: it
takes the sign down. Where the question is only about what is deleted (``[ -d /tmp/c ] && rm -rf /tmp/c``) it is a courtesy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from converters.programs.catalogue import program
from converters.programs.model import Program
from converters.programs.operands import read_words
from converters.worlds.calls import Call, joined, say
from converters.worlds.places import place_of
from converters.worlds.words import BUILTINS

FLAG = "a sign that decides what runs"
"""The note of a file that is deleted, and that decided before whether something else runs."""
USED = "used up"
"""The note of a file that is deleted after the text has read it: another program's product, not what is left of a run."""

_TESTS = frozenset({"[", "[[", "test"})
# Programs that end with another status, or print nothing, where the file is not there.
_LOOKS = frozenset(
    word
    for line in (
        "ls stat find file readlink realpath du lsof fuser cat head tail wc grep egrep fgrep cmp diff md5sum",
        "sha1sum sha256sum cksum sum pgrep dir",
    )
    for word in line.split()
)
# Without -f, which is silent and ends with 0, they say whether there was something to take away (rm(1), mv(1)).
_TAKES = frozenset({"rm", "rmdir", "unlink", "mv"})
# What stands behind them passes on whether anything came: `find F | grep -q .`, `ls F | wc -l`.
_PASSES = frozenset({"grep", "egrep", "fgrep", "wc", "head", "tail", "read", "awk", "sed", "sort", "tr", "xargs"})
_PATH = re.compile(r"(?<![\w.$}/~-])(/[\w./*?{},@%+-]*[\w*?}-])")
_OPERATOR = re.compile(r"-[a-hkprstuwxLNOGS]")
_SHARED = frozenset({"/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run", "/dev/null", "/", "/var/lock", "/var/cache"})  # noqa: S108 - named, not used


def asked_by(calls: Iterable[Call]) -> frozenset[str]:
    """The files that commands ask for, where their status decides what runs."""
    found: set[str] = set()
    for call in calls:
        if call.decides not in ("guard", "tested"):
            continue
        found |= _asked(call)
        fed = call.fed
        reads = call
        while fed is not None and reads.name in _PASSES:
            found |= _asked(fed)
            reads, fed = fed, fed.fed
    return frozenset(found)


def _asked(call: Call) -> frozenset[str]:
    words = [call.said(index) for index in range(1, len(call.words))]
    name = call.name
    if name in _TESTS:
        own = [value for flag, value in pairwise(words) if _OPERATOR.fullmatch(flag)]
        return asked_in(" ".join(words)) | _seen(call, own)
    if name in _TAKES:
        if any(re.fullmatch(r"-[a-zA-Z]*f[a-zA-Z]*|--force", word) for word in words):
            return frozenset()
        operands = _operands(words)
        return _seen(call, operands[:-1] if name == "mv" else operands)
    if name in _LOOKS:
        return _seen(call, [word for word in _operands(words) if "/" in word or call.directory is not None])
    return frozenset()


def asked_in(text: str) -> frozenset[str]:
    """The paths that stand in a text that is compared: ``$(ls /tmp/go)``."""
    return frozenset(path.rstrip("/") for path in _PATH.findall(text)) - _SHARED


def _operands(words: Sequence[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


def _seen(call: Call, paths: Iterable[str]) -> frozenset[str]:
    found = {joined(call.directory, path) for path in paths if path not in ("]", "]]", "!", "(", ")")}
    return frozenset(found) - _SHARED


def decides_of_file(path: str, asked: Iterable[str]) -> bool:
    """Whether a question was about ``path``: itself, something in it, or the directory where it lies."""
    own = path.rstrip("/")
    return any(one == own or one.startswith(own + "/") or own.startswith(one + "/") for one in asked)


# They say something, wait, or prepare a place: whether they run is nobody's work.
_BESIDE = frozenset({"logger", "sleep", "date", "true", "mkdir", "touch", "chmod", "chown", "kill", "mktemp", "tee"})
_REMOVES = frozenset({"deletes", "moves"})


def acts(call: Call) -> bool:
    """Whether a call does something beside asking, speaking and clearing away what is only temporary."""
    name = call.name
    if any(
        one.operator.startswith((">", "&>")) and not _passing(call, say(one.target, call.known))
        for one in call.redirects
    ):
        return True
    if name is None or name in BUILTINS | _TESTS | _LOOKS | _BESIDE:
        return name is None and bool(call.words)
    known = program(name)
    return known is None or _works(call, known)


def _works(call: Call, known: Program) -> bool:
    reading = read_words(known, [call.said(index) for index in range(len(call.words))])
    # A wrapper does what its command does, which is a call of its own.
    wraps = reading.rest is not None and reading.rest[0] in ("command", "shell")
    if wraps or any(one.role == "shell" for one in reading.operands):
        return False
    removed = [one.value for one in reading.operands if one.role in _REMOVES or (reading.flags & _REMOVES)]
    return not removed or not all(_passing(call, path) for path in removed)


def _passing(call: Call, path: str) -> bool:
    # A descriptor (`2>&1`) and /dev/null keep nothing.
    return path.isdigit() or path in ("-", "/dev/null") or place_of(joined(call.directory, path)).kind == "scratch"
