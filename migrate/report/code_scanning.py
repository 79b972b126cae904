"""Findings where reviewers look: SARIF 2.1.0 for code scanning, and the commands of GitHub's workflows.

SARIF: OASIS, "Static Analysis Results Interchange Format 2.1.0"; what GitHub reads of it: "SARIF support for code scanning".
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from converters.findings.code import Code, Severity
from converters.findings.codes import CATALOGUE
from converters.findings.pages import page_of
from migrate.document.model import Document
from migrate.terminal.options import tool_version
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from migrate.checks.model import Section

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ORDER: tuple[Severity, ...] = ("error", "warning", "info")
# GitHub takes 5,000 results of a run that it shows, and refuses files of more than 25,000.
_MOST = 25_000
_LINE = re.compile(r"(?<=\S):\d+\b|(?<=\bline )\d+\b")  # places in a sentence move with their line
Json = dict[str, object]


class Notice(NamedTuple):
    """One thing to be shown at a line: ``line`` 0 is the whole file; ``subject`` the job or check that it is said of."""

    code: str
    severity: Severity
    message: str
    path: str
    line: int
    subject: str = ""


def of_document(document: Document) -> list[Notice]:
    """The findings of all jobs at their lines, the problems of the tables, and what was passed over."""
    found = [
        Notice(one.code, one.severity, one.message, job.source.path, job.source.line, job.name)
        for job in document.jobs
        for one in job.findings
    ]
    found += [Notice(one.code, _severity(one.code), one.message, one.path, one.line) for one in document.problems]
    found += [Notice(one.code, _severity(one.code), one.reason, one.path, 0) for one in document.skipped]
    return found


def of_checks(sections: Iterable[Section], path: str) -> list[Notice]:
    """What is not in order on AWS, at the settings, as no line of them is meant."""
    severities: dict[str, Severity] = {"NG": "error", "WARN": "warning"}
    return [
        Notice(line.code or "C600", severities[line.verdict], line.text, path, 0, section.title)
        for section in sections
        for line in section.lines
        if line.verdict in severities
    ]


def write(notices: Sequence[Notice], form: str) -> None:
    """To standard output: ``sarif`` as one document, ``github`` as commands of a workflow, one a line."""
    if form == "sarif":
        json.dump(sarif(notices, tool_version()), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{row}\n" for row in workflow_commands(notices))


def _severity(code: str) -> Severity:
    return CATALOGUE[code].severity if code in CATALOGUE else "warning"


def sarif(notices: Sequence[Notice], version: str) -> Json:
    """A log with one run. Where there are more results than GitHub takes, the most severe are in it and the rest is counted."""
    kept = _most_severe_first(notices)[:_MOST]
    codes = sorted({one.code for one in kept})
    run: Json = {
        "tool": {
            "driver": {"name": "cron2fargate", "version": version, "rules": [_rule(code) for code in codes]},
        },
        "columnKind": "unicodeCodePoints",
        "results": list(_results(kept, codes)),
    }
    if len(kept) < len(notices):
        run["properties"] = {"leftOut": len(notices) - len(kept)}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _most_severe_first(notices: Iterable[Notice]) -> list[Notice]:
    return sorted(notices, key=lambda one: _ORDER.index(one.severity))


def _rule(code: str) -> Json:
    known = CATALOGUE.get(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.help},
        "help": {"text": known.help, "markdown": _markdown(known)},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _markdown(code: Code) -> str:
    """The help with a line that raises the code and one that does not, where lines alone tell them apart."""
    page = page_of(code.code)
    if page is None or page.bad == page.good:
        return code.help
    shown = [code.help]
    for head, lines in (("Bad", page.bad), ("Good", page.good)):
        shown.append("\n".join([f"{head}:", "", "```text", *map(visible, lines.split("\n")), "```"]))
    return "\n\n".join(shown)


def _results(notices: Iterable[Notice], codes: Sequence[str]) -> Iterator[Json]:
    places = {code: index for index, code in enumerate(codes)}
    counted: dict[str, int] = {}
    for one in notices:
        # The same thing said of the same job is the same alert, though its line has moved.
        words = _LINE.sub("", one.message)
        same = hashlib.sha256(f"{one.code}\0{one.path}\0{one.subject}\0{words}".encode()).hexdigest()[:32]
        counted[same] = counted.get(same, 0) + 1
        said = f"{one.subject}: {one.message}" if one.subject else one.message
        yield {
            "ruleId": one.code,
            "ruleIndex": places[one.code],
            "level": _LEVELS[one.severity],
            "message": {"text": said},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(one.path)},
                        "region": {"startLine": max(one.line, 1)},
                    }
                }
            ],
            "partialFingerprints": {"cron2fargate/v1": f"{same}:{counted[same]}"},
        }


def _uri(path: str) -> str:
    """Relative to the repository; an absolute path is one of this machine (RFC 8089)."""
    if path == "-":
        return "standard-input"
    text = quote(path.removeprefix("./"), safe="/")
    return f"file://{text}" if path.startswith("/") else text


def workflow_commands(notices: Iterable[Notice]) -> Iterator[str]:
    """``::error file=..,line=..,title=..::..`` (GitHub, "Workflow commands"), one a line; texts of a crontab end no command.

    GitHub shows ten errors, ten warnings and ten notices of a step, so the most severe come first.
    """
    for one in _most_severe_first(notices):
        title = f"{one.code} {one.subject}".strip()
        place = "" if one.path == "-" else f"file={_property(one.path)},line={max(one.line, 1)},"
        yield f"::{_COMMANDS[one.severity]} {place}title={_property(title)}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
