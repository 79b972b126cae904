"""tries/NAME.json in a workspace: what was seen when a job was tried, and of which ecs.yml and image it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from converters.images.tried import Tried, as_mapping, from_mapping
from migrate.errors import UserError
from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic

if TYPE_CHECKING:
    from converters.images.facts import Image
    from converters.specs.model import Spec

FOLDER = "tries"


def fingerprint(spec: Spec) -> str:
    """Of what was run: the containers, their disk and their limit. Another schedule or lock makes no other run."""
    parts = spec.model_dump(
        mode="json",
        by_alias=True,
        include={"containers", "volumes", "ephemeral_storage", "architecture", "timeout", "success"},
    )
    return "sha256:" + sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()


def save(out: Path, tried: Tried) -> str:
    """Write a job's file whole; returns its path in the workspace."""
    relative = f"{FOLDER}/{tried.job}.json"
    make_directory(confined(out, FOLDER))
    write_atomic(confined(out, relative), json.dumps(as_mapping(tried), indent=1) + "\n")
    return relative


def load(out: Path) -> dict[str, Tried]:
    """Every try of a workspace by its job. UserError names a file that cannot be used."""
    folder = out / FOLDER
    found: dict[str, Tried] = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            tried = from_mapping(json_of(read_if_there(confined(out, f"{FOLDER}/{path.name}")) or b""))
        except ValueError as error:
            raise UserError(f"{path}: {error}; try the job again with 'cron2fargate try'") from None
        found[tried.job] = tried
    return found


def why_stale(tried: Tried, spec: Spec, images: Mapping[str, Image]) -> str:
    """Why a try no longer tells of the job, as a clause; empty where it does."""
    if tried.spec != fingerprint(spec):
        return "ecs.yml has changed since"
    image = images.get(spec.containers[0].image)
    if image is not None and image.digest and image.digest not in tried.digests:
        return "the image that was read has another digest"
    return ""
