"""Tests in an entry script that a job's command decides: there are arguments, and the first is a program's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from converters.images.entry_dialects import harm_of
from converters.images.entry_scripts import Frame, Statement


def reached(frames: tuple[Frame, ...], truths: Mapping[int, bool | None]) -> bool | None:
    """Whether this place is reached: True, False, or None where a test decides that nobody can foretell."""
    known: bool | None = True
    for frame in frames:
        here: bool | None = truths.get(-frame.number) if frame.joined else True
        if here is False:
            return False
        known = None if here is None else known
        here = True
        if frame.kind in ("if", "while") and frame.part != "condition":
            truth = truths.get(frame.number)
            here = None if frame.part == "elif" or truth is None else truth if frame.part == "then" else not truth
            if frame.kind == "while" and here:
                here = None
        elif frame.kind == "case":
            here = _arm(frame)
        if here is False:
            return False
        known = None if here is None else known
    return known


def _arm(frame: Frame) -> bool | None:
    """Whether a job's command comes into this arm of a `case`."""
    pattern = frame.part.strip("()")
    if not re.search(r"\$\{?[1@*]", frame.word):
        return None
    if pattern == "*":
        return True
    return None if re.search(r"[*?\[/]", re.sub(r"(?:^|(?<=\|))-+\*|-\*", "", pattern)) else False


def truth_of(one: Statement, last: bool | None, shell: str = "bash") -> bool | None:
    """How a test comes out for arguments that are a job's command; None where that cannot be known. ``shell`` runs it."""
    harm = harm_of(one, shell).effect
    # `[[` is no program where dash reads it: 127.
    own = _of_test(list(one.words)) if not harm else None if harm == "unread" else False
    if own is not None and one.negated:
        own = not own
    if one.before == "&&" and last is not None:
        return own if last else False
    if one.before == "||" and last is not None:
        return True if last else own
    if one.before in ("&&", "||"):
        # One side unknown: `A && false` is false, `A || true` is true, whatever A is.
        return own if own is (one.before == "||") else None
    return own


def note(one: Statement, truth: bool | None, truths: dict[int, bool | None]) -> None:
    if one.frames and one.frames[-1].part == "condition":
        # `[ "$1" ]` in another compound within the condition (`{ .. }`) is not followed.
        truths[one.frames[-1].number] = truth
    for frame in one.frames[:-1]:
        if frame.part == "condition":
            truths[frame.number] = None


_COUNT = re.compile(r"\"?\$\{?#\}?\"?")
FIRST = re.compile(r"\"?\$(?:1|\{1(?::-[^}]*)?\})\"?")
_ANY = re.compile(r"\"?\$(?:[1@*]|\{[1@*](?::?-[^}]*)?\})\"?")
_LITERAL = re.compile(r"[\"']?[\w.:@%+-]+[\"']?")
_OPTION = re.compile(r"\"?\$\{1(?:#-|:0:1|%\.conf)\}\"?")


def _of_test(words: list[str]) -> bool | None:
    if words[:1] not in (["["], ["[["], ["test"]):
        # The job's program is there, or nothing is to be said of it anyway.
        asks = words[:2] == ["command", "-v"] or words[:1] in (["type"], ["which"], ["hash"])
        return True if asks and any(FIRST.fullmatch(word) for word in words[1:]) else None
    words = [word for word in words[1:] if word not in ("]", "]]")]
    if "-a" in words or "&&" in words:
        at = words.index("-a") if "-a" in words else words.index("&&")
        sides = [_compared(words[:at]), _of_test(["[", *words[at + 1 :]])]
        return False if False in sides else True if all(sides) else None
    if "-o" in words:
        at = words.index("-o")
        sides = [_compared(words[:at]), _of_test(["[", *words[at + 1 :]])]
        return True if True in sides else None if None in sides else False
    return _compared(words)


def _compared(words: list[str]) -> bool | None:
    """One comparison."""
    if words[:1] == ["!"]:
        inner = _compared(words[1:])
        return None if inner is None else not inner
    if len(words) == 3:
        return _equal(*words)
    if len(words) == 2 and words[0] == "-x" and re.fullmatch(r"\"?\$\(command -v [^)]*\)\"?", words[1]):
        return True
    if len(words) == 2 and words[0] in ("-z", "-n"):
        there = _ANY.fullmatch(words[1]) or re.fullmatch(r"\"?\$\(command -v [^)]*\)\"?", words[1])
        return (words[0] == "-n") if there else None
    return True if len(words) == 1 and _ANY.fullmatch(words[0]) else None


def _equal(left: str, how: str, right: str) -> bool | None:
    if _COUNT.fullmatch(left) and right.strip("\"'") in ("0", "1"):
        return _counted(how, int(right.strip("\"'")))
    if how not in ("=", "==", "!="):
        return None
    if FIRST.fullmatch(left) and _OPTION.fullmatch(right):
        left, right = right, left
    if FIRST.fullmatch(left) and _LITERAL.fullmatch(right):
        return how == "!="
    if _OPTION.fullmatch(left):
        # `${1#-}` is `$1` where no dash stands there, and never the dash itself.
        same = not _LITERAL.fullmatch(right)
        return same if how != "!=" else not same
    return None


def _counted(how: str, number: int) -> bool | None:
    """`$#` against 0 or 1, of which only what holds for one argument as for many is known."""
    if number == 0:
        return {
            "-eq": False,
            "=": False,
            "==": False,
            "-ne": True,
            "!=": True,
            "-gt": True,
            "-le": False,
            "-ge": True,
        }.get(how)
    return {"-lt": False, "-ge": True}.get(how)
