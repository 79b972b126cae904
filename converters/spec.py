"""A job -> the plain mapping that becomes its ecs.yml."""

from __future__ import annotations

from typing import Any

from converters.command_notes import is_carried
from converters.crontab import Entry
from converters.judgement import Target
from converters.secret_references import reference_secrets
from converters.secrets import mask

NO_IMAGE = "CHANGE_ME"
_END = "END_OF_STANDARD_INPUT"


def container_command(entry: Entry, text: str) -> list[str]:
    """What the container runs: cron's own ``SHELL -c text``, with the ``%`` data on its standard input.

    ``text`` is the entry's command without its secrets; what still holds one is masked, since no file of ours may.
    """
    shell = entry.environment.get("SHELL", "/bin/sh")
    text = mask(text.strip(" \t"))
    if entry.stdin:
        mark = _END
        while mark in entry.stdin:
            mark += "_"
        text = f"{{ {text}\n}} <<'{mark}'\n{mask(entry.stdin)}{mark}"
    return [shell, "-c", text]


def environment(entry: Entry, timezone: str) -> dict[str, str]:
    """The crontab's own variables, and ``TZ``: cron gave the job the host's clock, a container has UTC."""
    carried = {name: value for name, value in entry.environment.items() if is_carried(name)}
    if timezone not in ("UTC", "Etc/UTC"):
        carried.setdefault("TZ", timezone)
    return carried


def ecs_spec(
    *, name: str, entry: Entry, target: Target, timezone: str, image: str | None, cluster: str, legacy: dict[str, Any]
) -> dict[str, Any]:
    """The spec of one job, in the key order of the file. CPU and memory of the task follow from the containers."""
    expressions = [str(e) for e in target.expressions]
    schedule: dict[str, Any] = {"scheduleExpression": expressions[0] if len(expressions) == 1 else expressions}
    if target.backend == "scheduler":
        schedule["timezone"] = target.timezone
    schedule["taskCount"] = 1
    if target.guard is not None:
        schedule["guard"] = target.guard.as_json()
    moved = reference_secrets(name, entry.command, environment(entry, timezone))
    container: dict[str, Any] = {
        "name": "app",
        "cpu": 256,
        "memory": 512,
        "image": image or NO_IMAGE,
        "command": container_command(entry, moved.command),
    }
    if moved.environment:
        container["environment"] = moved.environment
    if moved.secrets:
        container["secrets"] = moved.secrets
    return {
        "type": "FARGATE",
        "cluster": cluster,
        "name": name,
        "containers": [container],
        "schedule": schedule,
        "legacy": legacy,
    }
