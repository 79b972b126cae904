"""images/NAME.json in a workspace: what was read of an image, so that scan, review and report need no image."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

from converters.images.facts import Image, as_mapping, from_mapping
from converters.tables.file_names import is_device
from migrate.errors import UserError
from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic

FOLDER = "images"


def file_name(reference: str) -> str:
    """The name of an image's file: its reference where that can be a file's name everywhere, else with a digest."""
    plain = re.sub(r"[^a-z0-9._-]", "-", reference.lower()).strip("-.")[:120] or "image"
    if is_device(plain):
        plain = f"image-{plain}"  # what stands before the first dot makes the device: a digest behind would not help
    return plain + ("" if plain == reference else "-" + sha256(reference.encode()).hexdigest()[:8]) + ".json"


def save(out: Path, image: Image) -> tuple[str, bool]:
    """Write an image's file; returns its path in the workspace, and whether it changed."""
    relative = f"{FOLDER}/{file_name(image.name)}"
    make_directory(confined(out, FOLDER))
    # Escaped to ASCII: a name in an image may be any bytes, and half a character has no UTF-8.
    text = json.dumps(as_mapping(image), indent=1) + "\n"
    return relative, write_atomic(confined(out, relative), text)


def load(out: Path) -> dict[str, Image]:
    """Every image of a workspace by its reference. UserError names a file that cannot be used."""
    folder = out / FOLDER
    found: dict[str, Image] = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        relative = f"{FOLDER}/{path.name}"
        try:
            image = from_mapping(json_of(read_if_there(confined(out, relative)) or b""))
        except ValueError as error:
            raise UserError(f"{path}: {error}; read the image again with 'cron2fargate image'") from None
        found[image.name] = image
    return found
