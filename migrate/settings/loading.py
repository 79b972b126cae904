"""cron2fargate.yml, the settings that SRE own: its default text, its schema, and the way to load it.

Light: the model (pydantic) is only imported when a settings file is loaded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from migrate.errors import UserError
from migrate.machine.files import LARGEST_TEXT, Where, confined, read_if_there

if TYPE_CHECKING:
    from migrate.settings.model import Environment, Settings

SETTINGS_FILE = "cron2fargate.yml"
SCHEMA_DIRECTORY = ".cron2fargate"
SCHEMA_FILES = {"ecs": "ecs.schema.json", "settings": "cron2fargate.schema.json"}
DEFAULT_REGION = "ap-northeast-1"

SchemaKind = Literal["ecs", "settings"]


def default_settings_text(owner: str = "cron2fargate", region: str = DEFAULT_REGION) -> str:
    """A fresh, commented cron2fargate.yml; ``owner`` is made fit for a tag."""
    text = _template("cron2fargate.yml")
    # Not str.format: the template holds braces (`{job}`).
    return text.replace("@owner@", owner_name(owner)).replace("@region@", region)


def owner_name(text: str) -> str:
    """A name fit for a tag and for names on AWS: letters, digits, ``-_.``, at most 40."""
    # CreateScheduleGroup, `Name`: 0-9, a-z, A-Z and -_.
    name = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in text)[:40]
    return name.strip("-.") or "cron2fargate"


def schema_text(kind: SchemaKind) -> str:
    """The JSON Schema of ecs.yml or cron2fargate.yml, as it goes to ``.cron2fargate/`` of a workspace."""
    return _template(SCHEMA_FILES[kind])


def load_settings(path: Where) -> Settings:
    """The settings in a file; every mistake at once as one UserError with a line for each."""
    from migrate.settings.model import parse_settings

    data = read_if_there(path, LARGEST_TEXT)
    if data is None:
        raise UserError(
            f"{path}: there is no such settings file; run 'cron2fargate scan' to write one, or name it with --settings"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    return parse_settings(text, str(path))


def owner_of(out: Path) -> str | None:
    """Whose workspace ``out`` is; None where it has no settings yet, or none that can be read."""
    data = read_if_there(confined(out, SETTINGS_FILE), LARGEST_TEXT) if out.is_dir() else None
    # One line of the file, so that a scan need not load the model; what else is wrong with the file is told where it is used.
    found = re.search(rb"""(?m)^owner:[ \t]*["']?([A-Za-z0-9._-]{1,40})["']?[ \t]*(?:#.*)?\r?$""", data or b"")
    return found[1].decode() if found is not None else None


def pick_environment(settings: Settings, name: str | None, path: str) -> tuple[str, Environment]:
    """The environment called ``name``; the only one, where ``name`` is None."""
    names = list(settings.environments)
    if name is None and len(names) == 1:
        name = names[0]
    if name is None:
        raise UserError(f"{path} has several environments ({', '.join(names)}); choose one with -e")
    if name not in settings.environments:
        raise UserError(f"{path} has no environment '{name}'; it has: {', '.join(names)}")
    return name, settings.environments[name]


def _template(name: str) -> str:
    return (Path(__file__).parent.parent / "templates" / name).read_text(encoding="utf-8")
