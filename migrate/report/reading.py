"""A workspace as the report needs it: the document, the ecs.yml texts, the settings where there are any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.document.from_json import read_document
from migrate.document.model import Document
from migrate.errors import LeftOut, UserError
from migrate.machine.files import confined
from migrate.trying.told import with_tries
from migrate.workspace.spec_files import unusable_specs
from migrate.workspace.specs import spec_bytes

if TYPE_CHECKING:
    from migrate.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """``specs`` is job name -> text of its ecs.yml, for the jobs of the document that have one; ``left_out`` those whose
    file cannot be used, which the report tells of as they were proposed."""

    out: Path
    document: Document
    specs: dict[str, str]
    settings: Settings | None
    left_out: tuple[LeftOut, ...] = ()


def read_workspace(out: Path) -> Workspace:
    """The workspace in ``out``. Raises UserError where there is none, or what is there cannot be read."""
    from migrate.settings.loading import SETTINGS_FILE, load_settings

    document = with_tries(read_document(out), out)
    specs = {}
    for job in document.jobs:
        # A job that was left out, or that nothing starts, has no ecs.yml.
        try:
            data = spec_bytes(confined(out, f"jobs/{job.name}/ecs.yml"))
        except UserError:
            data = b""  # it has one, which is not absent and tells nothing; `left_out` says why
        if data is not None:
            # Edited by hand, so any bytes may be there; the report shows them and `register` refuses them.
            specs[job.name] = data.decode("utf-8", "replace")
    path = confined(out, SETTINGS_FILE)
    left_out = tuple(unusable_specs(out, [job.name for job in document.jobs]))
    return Workspace(out, document, specs, load_settings(path) if path.is_there() else None, left_out)
