"""``%`` in a crontab's command: it ends the command, also inside quotes, unless a backslash stands before it."""

from __future__ import annotations

import re

from converters.commands.shell.words import unfinished
from converters.findings.codes import Finding
from converters.secrets.search import MASK, excerpt, mask, told_secrets

_IN_DATE = re.compile(r"\bdate\b[^;&|]*\+[^\s;&|]*$")


def percent_findings(raw_command: str) -> tuple[Finding, ...]:
    """What the first unescaped ``%`` does to a command as written (daemons with ``%`` handling only)."""
    at = _first_percent(raw_command)
    if at is None:
        return ()
    command, data = raw_command[:at], raw_command[at + 1 :]
    shown = mask(command.strip())[-60:]
    # The shell sees an open quote: "Unterminated quoted string", status 2.
    if unfinished(command):
        return (
            Finding(
                "C444",
                f"An unescaped `%` ends the command at `{shown}`, inside quotes or a substitution: the shell refuses it, "
                "so the job has never run.",
            ),
        )
    if _IN_DATE.search(command):
        return (
            Finding(
                "C444",
                f"An unescaped `%` ends the command inside `date`, at `{shown}`: it has never done what it says.",
            ),
        )
    if not data.strip("%"):
        return (Finding("C445", "`%` gives the job a standard input without text."),)
    return (Finding("C445", f"`%` passes `{excerpt(_hidden(command, data), 60)}` to the job's standard input."),)


def _first_percent(text: str) -> int | None:
    at = 0
    while at < len(text):
        if text[at] == "%":
            return at
        # A backslash takes the character behind it along, `\\%` on all daemons but Debian's and FreeBSD's included.
        at += 2 if text[at] == "\\" else 1
    return None


def _hidden(command: str, data: str) -> str:
    """The data without what only the command shows to be a secret: `chpasswd%bob:X`."""
    for secret in told_secrets(command, data):
        data = data.replace(secret, MASK)
    return data
