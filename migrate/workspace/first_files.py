"""The first files of a workspace that no scan made: settings, jobs and schemas. What is there stays, whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from migrate.errors import UserError
from migrate.machine.files import confined, held, make_directory, write_atomic, write_beside_nothing
from migrate.settings.loading import SCHEMA_DIRECTORY, SCHEMA_FILES, SETTINGS_FILE, SchemaKind, schema_text
from migrate.workspace.specs import alone


@dataclass(slots=True)
class Begun:
    """Paths below the workspace: those that were written, and those that were there and stay as they were."""

    written: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)


def begin(out: Path, settings_text: str | None, specs: Mapping[str, str]) -> Begun:
    """Writes what is not there, each file as a whole. ``settings_text`` is None where the settings are not to be written.

    UserError where the workspace cannot be written, and where all is there already.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: a file, not a directory; choose another place with --out")
    make_directory(confined(out, SCHEMA_DIRECTORY))
    begun = Begun()
    with alone(out):
        if settings_text is not None:
            place = confined(out, SETTINGS_FILE)
            # is_there, not exists: a link to nowhere is somebody's too.
            if place.is_there():
                begun.there.append(SETTINGS_FILE)
            else:
                write_atomic(place, settings_text)
                begun.written.append(SETTINGS_FILE)
        if specs:
            make_directory(confined(out, "jobs"))
            with held(confined(out, "jobs")) as above:
                for name, text in specs.items():
                    _spec(out, above, name, text, begun)
        for kind in get_args(SchemaKind):
            write_atomic(confined(out, f"{SCHEMA_DIRECTORY}/{SCHEMA_FILES[kind]}"), schema_text(kind))
    return begun


def _spec(out: Path, above: int, name: str, text: str, begun: Begun) -> None:
    relative = f"jobs/{name}/ecs.yml"
    place = confined(out, relative)
    if write_beside_nothing(above, place, text):
        begun.written.append(relative)
    elif place.parent.is_dir() and not place.parent.is_link() and not place.is_there():
        # A directory that holds other files of the job.
        write_atomic(place, text)
        begun.written.append(relative)
    else:
        begun.there.append(relative)
