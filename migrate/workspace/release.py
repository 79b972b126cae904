"""A release: another image for one container of every job that has it, written into each ecs.yml in place.

Only the image changes; comments, quotes, order and line ends stay byte for byte, because the text is cut, not rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError
from migrate.machine.files import Where, read_if_there, write_atomic

if TYPE_CHECKING:
    from converters.specs.model import Spec

# Plain scalars that no YAML version reads as anything else: no `: `, no ` #`, no leading sign.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*")


NO_PLACES: Mapping[str, Where] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Edit:
    """One ecs.yml with another image: the spec as it will be, and its text before and after."""

    path: Where
    spec: Spec
    before: bytes
    after: bytes
    changes: tuple[tuple[str, str, str], ...]
    """(container, old image, new image); empty where the file has these images already."""


def parse_images(values: Sequence[str]) -> dict[str, str]:
    """``app=REPO:TAG`` to {"app": "REPO:TAG"}; UserError where it is not that, or a container is named twice."""
    images: dict[str, str] = {}
    for value in values:
        name, sign, image = value.partition("=")
        # An image name has 255 characters at most (ECS, container definition `image`).
        if not (sign and name and re.fullmatch(r"\S{1,255}", image)):
            raise UserError(f"--image {value}: write CONTAINER=IMAGE, such as app=repository/name:tag")
        if images.setdefault(name, image) != image:
            raise UserError(f"--image names the container {name} twice; one image is enough")
    return images


def plan_release(
    specs: Sequence[tuple[str, Spec]], images: Mapping[str, str], places: Mapping[str, Where] = NO_PLACES
) -> list[Edit]:
    """An edit for every spec that has one of the containers, also where nothing is left to change in the file. ``places``
    says where a path is read and written, where that is not just what it names.

    Raises UserError where no spec has a container, or where a file cannot be changed without touching the rest.
    """
    have = {box.name for _, spec in specs for box in spec.containers}
    for name in images:
        if name not in have:
            raise UserError(f"no job has a container named {name}; they have: {', '.join(sorted(have))}")
    return [
        _edit(places.get(path, Path(path)), spec, images)
        for path, spec in specs
        if any(box.name in images for box in spec.containers)
    ]


def _edit(path: Where, spec: Spec, images: Mapping[str, str]) -> Edit:
    from converters.specs.model import SpecErrors, load_spec

    before = read_if_there(path) or b""
    changes = tuple(
        (box.name, box.image, images[box.name])
        # What is not named stays: sidecars have images too.
        for box in spec.containers
        if box.name in images and images[box.name] != box.image
    )
    wanted = spec.model_copy(
        update={
            "containers": [box.model_copy(update={"image": images.get(box.name, box.image)}) for box in spec.containers]
        }
    )
    try:
        after = _with_images(before.decode("utf-8"), images).encode("utf-8") if changes else before
        # Read again as the model: only then it is certain that nothing but the image became another.
        made = load_spec(after.decode("utf-8"), str(path))
    except (SpecErrors, StopIteration):  # the image stands behind an anchor, or comes by way of a merge
        made = spec
    if made != wanted:
        raise UserError(f"{path}: the image cannot be changed without touching the rest; edit the file by hand")
    return Edit(path, made, before, after, changes)


def _with_images(text: str, images: Mapping[str, str]) -> str:
    """The text with other image scalars; from the last to the first, so that places stay right."""
    import yaml

    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    places = set()
    for box in _value(root, "containers").value:
        name = _value(box, "name").value
        # A set: by way of an alias two boxes may be the same node, and it must be cut once.
        if name in images:
            node = _value(box, "image")
            places.add((node.start_mark.index, node.end_mark.index, _scalar(images[name], node.style)))
    for start, end, scalar in sorted(places, reverse=True):
        text = text[:start] + scalar + text[end:]
    return text


def _value(mapping: Any, key: str) -> Any:
    return next(value for name, value in mapping.value if name.value == key)


def _scalar(image: str, style: str | None) -> str:
    """In the quotes that were there; unquoted only where YAML reads it as the same text."""
    if style == "'":
        return "'" + image.replace("'", "''") + "'"
    if style == '"' or not _PLAIN.fullmatch(image):
        return '"' + image.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return image


def write(edits: Sequence[Edit]) -> int:
    """Writes the files that change, each whole; returns how many. UserError where one was changed meanwhile."""
    # Escapes of YAML's double quotes; single quotes know only the doubled quote (YAML 1.2, 7.3).
    changed = [edit for edit in edits if edit.changes]
    # All are looked at before any is written: half a release would be worse than none.
    for edit in changed:
        if read_if_there(edit.path) != edit.before:
            raise UserError(f"{edit.path}: was changed while this ran, so nothing was written; run it again")
    for edit in changed:
        write_atomic(edit.path, edit.after)
    return len(changed)
