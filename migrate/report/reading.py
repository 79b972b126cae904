"""A workspace as the report needs it: the document, the ecs.yml texts, the settings where there are any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.document.from_json import read_document
from migrate.document.model import Document
from migrate.machine.files import confined, read_if_there
from migrate.trying.told import with_tries

if TYPE_CHECKING:
    from migrate.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """``specs`` is job name -> text of its ecs.yml, for the jobs of the document that have one."""

    out: Path
    document: Document
    specs: dict[str, str]
    settings: Settings | None


def read_workspace(out: Path) -> Workspace:
    """The workspace in ``out``. Raises UserError where there is none, or what is there cannot be read."""
    from migrate.settings.loading import SETTINGS_FILE, load_settings

    document = with_tries(read_document(out), out)
    specs = {}
    for job in document.jobs:
        # A job that was left out, or that nothing starts, has no ecs.yml.
        data = read_if_there(confined(out, f"jobs/{job.name}/ecs.yml"))
        if data is not None:
            # Edited by hand, so any bytes may be there; the report shows them and `register` refuses them.
            specs[job.name] = data.decode("utf-8", "replace")
    path = confined(out, SETTINGS_FILE)
    return Workspace(out, document, specs, load_settings(path) if path.exists() else None)
