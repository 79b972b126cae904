"""What a command line leans on that a container does not have; the text itself stays as it is.

These are tests on words, good enough to warn; they take nothing out of the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.crontab import Entry
from converters.findings import Finding
from converters.secret_references import reference_secrets
from converters.secrets import find_secrets

_LOCK = re.compile(r"(?:^|[\s;&|(/])(flock|lockrun|setlock|lockf|run-one|solo)\b")
_TIMEOUT = re.compile(r"(?:^|[\s;&|(/])timeout\s+(?:-\S+\s+(?:[0-9.]+[smhd]?\s+)?)*([0-9.]+[smhd]?)\b")
_OUTPUT = re.compile(r"(?:^|[^0-9&<>])(?:[12&]?>>?\s*)(?!/dev/null|&)([^\s;&|)]+)")
_PATH = re.compile(r"(?<![\w.:/~}])(/(?!bin/|usr/|dev/|sbin/|proc/|lib)[A-Za-z0-9_][^\s;&|'\"()<>`]*)")
_DATE_CUT = re.compile(r"date\s+(?:-\S+\s+)*['\"]?\+[^|;&]*$")


def notes(entry: Entry) -> Iterator[Finding]:
    """Findings on the command, standard input and mail of one entry."""
    command = entry.command
    lock = _LOCK.search(command)
    if lock:
        yield Finding(
            "C401", f"`{lock[1]}` locks a file of one container; the next run has its own and does not wait or skip"
        )
    limit = _TIMEOUT.search(command)
    if limit:
        yield Finding("C402", f"`timeout {limit[1]}` stays in the command: the image must have it")
    log = _OUTPUT.search(command)
    if log:
        yield Finding("C403", f"output goes to `{log[1]}` inside the container and is gone when it ends")
    mailto = entry.environment.get("MAILTO")
    if mailto:
        yield Finding("C404", f"output was mailed to {mailto}; on AWS it goes to CloudWatch Logs and nobody is mailed")
    paths = list(dict.fromkeys(_PATH.findall(command)))
    if paths:
        more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""
        yield Finding("C405", f"the image must have {', '.join(f'`{p}`' for p in paths[:2])}{more}")
    yield from _secrets(entry)
    if entry.stdin is not None:
        if _DATE_CUT.search(command):
            yield Finding(
                "C406", "an unescaped `%` cuts the command inside `date +...`, so the job has never done what it says"
            )
        else:
            yield Finding(
                "C407", "what follows the first `%` is the command's standard input; it is passed on in the same way"
            )


_NOT_CARRIED = frozenset(
    {
        "MAILTO",
        "MAILFROM",
        "CONTENT_TYPE",
        "CONTENT_TRANSFER_ENCODING",
        "SHELL",
        "HOME",
        "PATH",
        "LOGNAME",
        "USER",
        "CRON_TZ",
        "RANDOM_DELAY",
        "MLS_LEVEL",
    }
)


def _secrets(entry: Entry) -> Iterator[Finding]:
    """Passwords and the like: where they go, and which of them need a hand."""
    carried = {name: value for name, value in entry.environment.items() if is_carried(name)}
    moved = reference_secrets("job", entry.command, carried)
    if moved.secrets:
        names = ", ".join(sorted(moved.secrets))
        yield Finding("C480", f"secrets stand in the crontab in clear: {names} become references in ecs.yml")
    if moved.left or (entry.stdin and find_secrets(entry.stdin)):
        yield Finding("C481", "a secret stands where no reference can replace it; ecs.yml has **** in its place")


def is_carried(name: str) -> bool:
    """Whether a variable of the crontab goes into the container: what speaks to cron itself or names the host does not."""
    return name not in _NOT_CARRIED
