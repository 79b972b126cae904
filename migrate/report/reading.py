"""A workspace as the report needs it: the document, the ecs.yml texts, the settings where there are any."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError
from migrate.machine.files import confined, read_if_there

if TYPE_CHECKING:
    from migrate.settings.model import Settings

DOCUMENT = "report.json"


@dataclass(frozen=True, slots=True)
class Workspace:
    """``specs`` is job name -> text of its ecs.yml, for the jobs of the document that have one."""

    out: Path
    document: dict[str, Any]
    specs: dict[str, str]
    settings: Settings | None


def read_workspace(out: Path) -> Workspace:
    """The workspace in ``out``. Raises UserError where there is none, or what is there cannot be read."""
    from migrate.settings.loading import SETTINGS_FILE, load_settings

    document = read_document(out)
    specs = {}
    for job in document["jobs"]:
        data = read_if_there(confined(out, f"jobs/{job['name']}/ecs.yml"))
        if data is not None:
            specs[str(job["name"])] = data.decode("utf-8", "replace")
    path = confined(out, SETTINGS_FILE)
    return Workspace(out, document, specs, load_settings(path) if path.exists() else None)


def read_document(out: Path) -> dict[str, Any]:
    """report.json of a workspace; UserError, one sentence, for anything but a document of ``scan``."""
    path = confined(out, DOCUMENT)
    data = read_if_there(path) if out.is_dir() else None
    if data is None:
        raise UserError(
            f"{path}: there is no such file; run 'cron2fargate scan' first, or name the workspace with --out"
        )
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise UserError(f"{path}: not JSON; run 'cron2fargate scan' again to write it anew") from None
    if not isinstance(found, dict) or found.get("version") != 1 or not _whole(found):
        raise UserError(f"{path}: not a report of 'cron2fargate scan'; run it again to write it anew")
    return found


def _whole(document: dict[str, Any]) -> bool:
    """Whether the keys that everything rests on are there; a name must not lead out of ``jobs/``."""
    jobs, window = document.get("jobs"), document.get("window")
    if not isinstance(jobs, list) or not isinstance(window, dict) or not {"from", "until"} <= window.keys():
        return False
    return all(
        isinstance(job, dict)
        and isinstance(job.get("name"), str)
        and bool(job["name"].strip("."))
        and "/" not in job["name"]
        and isinstance(job.get("source"), dict)
        and {"schedule", "timezone", "dialect", "line"} <= job.keys()
        for job in jobs
    )
