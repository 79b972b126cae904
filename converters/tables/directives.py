"""Decisions that stand in the crontab itself: ``# cron2fargate: name=nightly-billing timeout=600`` above a job's line.

All comment lines right above the job count, the last one wins. A value with blanks stands in quotes. What cannot be read is
a finding, never silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from converters.findings.codes import Finding
from converters.findings.suggestions import did_you_mean
from converters.tables.crontab import Line
from converters.tables.file_names import checked_out

_MARK = re.compile(r"[ \t]*#+[ \t]*cron2fargate:(.*)")
_WORD = re.compile(r"""([A-Za-z][\w-]*)(?:=("[^"]*"|'[^']*'|[^\s"']\S*))?(?=\s|,|$)""")


@dataclass(frozen=True, slots=True)
class Directives:
    """What the comments above one job say: ``decision`` has the keys of review.yml, ``findings`` what is wrong."""

    decision: dict[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


NOTHING = Directives()


def is_directive(line: Line) -> bool:
    """Whether a comment line speaks to us."""
    return line.kind == "comment" and _MARK.match(line.text) is not None


def directives(lines: Sequence[Line]) -> tuple[dict[int, Directives], list[tuple[int, Finding]]]:
    """The directives of each job's line, by its number; and (line number, finding) for those above no job."""
    found: dict[int, Directives] = {}
    astray: list[tuple[int, Finding]] = []
    above: list[Line] = []
    for line in lines:
        if line.kind == "comment":
            above += [line] if is_directive(line) else []
            continue
        if line.kind == "job" and line.entry is not None and above:
            found[line.number] = read_directives(one.text for one in above)
        else:
            astray += [(one.number, _astray(one)) for one in above]
        above = []
    astray += [(one.number, _astray(one)) for one in above]
    return found, astray


def read_directives(comments: Iterable[str]) -> Directives:
    """What comment lines say together; those without ``cron2fargate:`` say nothing."""
    decision: dict[str, object] = {}
    findings: list[Finding] = []
    for comment in comments:
        match = _MARK.match(comment)
        if match is not None:
            _read(match[1], decision, findings)
    return Directives(decision, tuple(findings))


def _read(text: str, decision: dict[str, object], findings: list[Finding]) -> None:
    at = 0
    while at < len(text):
        if text[at] in " \t,":
            at += 1
            continue
        match = _WORD.match(text, at)
        if match is None:
            findings.append(
                Finding("C651", f"`{text[at:].strip()[:80]}` cannot be read; write KEY=VALUE, or skip, keep")
            )
            return
        at = match.end()
        _take(match[1], match[2] and match[2].rstrip(","), decision, findings)


def _take(key: str, value: str | None, decision: dict[str, object], findings: list[Finding]) -> None:
    if key in _BARE and value is None:
        decision.update(_BARE[key])
    elif value is not None and re.search("[\ud800-\udfff]", value):
        findings.append(Finding("C651", f"`{key}`: its value holds bytes that are not UTF-8"))
    elif key in _VALUES and value is not None:
        text = value[1:-1] if value[0] in "\"'" else value
        try:
            decision[_NAMES.get(key, key)] = _VALUES[key](text)
        except ValueError as error:
            findings.append(Finding("C651", f"`{key}={text}`: {error}"))
    elif key in _VALUES:
        findings.append(Finding("C651", f"`{key}` needs a value: {key}=..."))
    elif key in _BARE:
        findings.append(Finding("C651", f"`{key}` takes no value"))
    else:
        known = [*_BARE, *_VALUES]
        hint = did_you_mean(key, known) or f"; the known ones are {', '.join(known)}"
        findings.append(Finding("C650", f"`{key}` is no key of such a comment{hint}"))


def _astray(line: Line) -> Finding:
    return Finding("C652", f"`{line.text.strip()[:80]}` stands above no job, so it says nothing")


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(what)
        return text

    return read


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not low <= int(text[:12]) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


# ScheduleExpressionTimezone of Scheduler takes 50 characters.
def _zone(name: str) -> str:
    try:
        # ZoneInfo raises ValueError for absolute paths and IsADirectoryError (an OSError) for `America`.
        if len(name) <= 50:
            ZoneInfo(name)
            return name
    except (ValueError, OSError, KeyError):
        pass
    raise ValueError("must be a time zone such as Asia/Tokyo")


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(most: int, *words: str) -> Callable[[str], int | str]:
    """Seconds, with a unit if need be (``20m``), or one of the words."""

    def read(text: str) -> int | str:
        if text in words:
            return text
        match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
        seconds = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 1 <= seconds <= most:
            raise ValueError(f"must be {', '.join(words)} or a time such as 600 or 10m")
        return seconds

    return read


def _addresses(text: str) -> dict[str, object]:
    if text == "none":
        return {"email": []}
    addresses = text.split(",")
    # RFC 5321: 64 before the @, 255 behind it.
    if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", address) and len(address) <= 320 for address in addresses):
        raise ValueError("must be none, or e-mail addresses with commas between them")
    return {"email": addresses}


def _jobs(text: str) -> list[str]:
    return [_JOB(name) for name in dict.fromkeys(text.split(","))]


# Job names become rule names: 64 characters (API model of events).
_JOB = _matching(r"[A-Za-z0-9_-]{1,64}", "a job's name has letters, digits, '-' and '_' only, 64 at most")


def _new_name(text: str) -> str:
    return checked_out(_JOB(text))


_BARE: dict[str, dict[str, object]] = {
    "skip": {"decision": "skip"},
    "keep": {"decision": "keep"},
    "take": {"decision": "take"},
    "service": {"decision": "take", "service": True},
}
_NAMES = {"lock-name": "lockName"}
_VALUES: dict[str, Callable[[str], object]] = {
    "name": _new_name,
    "image": _matching(r"[^\s]{1,255}", "must be an image such as repository/name:tag"),
    # Fargate's largest task is 32 vCPU and 244 GB (docs "Task CPU and memory").
    "cpu": _number(1, 32768),
    "memory": _number(6, 249856),
    "architecture": _matching(r"X86_64|ARM64", "must be X86_64 or ARM64"),
    "user": _matching(r"[\w.-]{1,32}(?::[\w.-]{1,32})?", "must be image, a user, or uid:gid"),
    "backend": _matching(r"rule|seasonal|scheduler|auto|exact", "must be rule, seasonal, scheduler, auto or exact"),
    "start": _matching(r"task|workflow", "must be task or workflow"),
    "timezone": _zone,
    # A lock is a lease in DynamoDB, so it needs an end.
    "lock": _seconds(604_800, "skip", "forever", "none"),
    "lock-name": _matching(r"[A-Za-z0-9_.:/-]{1,200}", "has letters, digits and _ . : / - only, 200 at most"),
    # TimeoutSeconds of a Task state ends at 99,999,999 (Amazon States Language).
    "timeout": _seconds(99_999_999, "none"),
    "notify": _addresses,
    "owner": _matching(r".{1,100}", "must have 1 to 100 characters"),
    "after": _jobs,
}
