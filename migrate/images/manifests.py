"""Manifests of images: an index -> the manifest of one architecture -> configuration and layers, each by digest and size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from migrate.images.streams import ImageError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_INDEXES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
# docs "Image Manifest V 2, Schema 2": rootfs.foreign; OCI layer.md: nondistributable, whose blobs nobody may copy.
_FOREIGN = re.compile(r"\.foreign\.|\.nondistributable\.")
MAX_LAYERS = 512
"""Docker takes 127 (its storage drivers' bound); podman more."""


class Blob(NamedTuple):
    """What a descriptor says of a blob."""

    digest: str
    size: int


def blob(value: object, what: str) -> Blob:
    """A descriptor; ImageError where it is none, or its digest could be a path."""
    found = value if isinstance(value, Mapping) else {}
    digest, size = found.get("digest"), found.get("size")
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        raise ImageError(f"{what}: a blob without a sha256 digest; get the image once more")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ImageError(f"{what}: a blob without a size; get the image once more")
    return Blob(digest, size)


def is_index(manifest: Mapping[str, object]) -> bool:
    """Whether it lists manifests of several platforms."""
    return manifest.get("mediaType") in _INDEXES or ("manifests" in manifest and "layers" not in manifest)


def chosen(index: Mapping[str, object], architecture: str | None, tag: str | None, what: str) -> Blob:
    """The manifest of this architecture; without one, linux/amd64 where it is there, else the only one."""
    rows = index.get("manifests")
    listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    tagged = [row for row in listed if tag is not None and _annotation(row) == tag]
    found = [(row, _platform(row)) for row in tagged or listed]
    # Attestations are listed beside images, for the platform unknown/unknown (BuildKit); Windows has amd64 as well, and Fargate
    # starts what these jobs need on Linux.
    found = [(row, where) for row, where in found if where != "unknown" and _system(row) in ("", "linux")]
    wanted = [row for row, where in found if where == (architecture or "amd64")]
    if not wanted and architecture is None and len(found) == 1:
        wanted = [found[0][0]]
    if not wanted and architecture is None and found and all(where == "" for _row, where in found):
        wanted = [found[0][0]]
    # amd64/v3, arm64/v9: without a variant, or v8 of arm64, is what each machine of that name runs.
    plain = [row for row in wanted if _platform(row, "variant") in ("", "v8")]
    wanted = plain if len(plain) == 1 else wanted
    if len(wanted) > 1 and tag is None:
        raise ImageError(f"{what}: it holds {len(wanted)} images; name one by its tag, as in {what}:TAG")
    if not wanted:
        there = ", ".join(sorted({where for _row, where in found if where})) or "none"
        raise ImageError(
            f"{what}: no image for {architecture or 'amd64'}; it has {there}; name one with --architecture"
        )
    return blob(wanted[0], what)


def _annotation(row: Mapping[str, object]) -> str | None:
    notes = row.get("annotations")
    value = notes.get("org.opencontainers.image.ref.name") if isinstance(notes, Mapping) else None
    return value if isinstance(value, str) else None


def _platform(row: Mapping[str, object], key: str = "architecture") -> str:
    found = row.get("platform")
    value = found.get(key) if isinstance(found, Mapping) else ""
    return value if isinstance(value, str) else ""


def _system(row: Mapping[str, object]) -> str:
    return _platform(row, "os")


def parts(manifest: Mapping[str, object], what: str) -> tuple[Blob, list[Blob]]:
    """Configuration and layers of a manifest, lowest first."""
    layers = manifest.get("layers")
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise ImageError(f"{what}: its manifest has no list of layers; an image of schema 1 must be pushed anew")
    foreign = [one for one in layers if isinstance(one, Mapping) and _FOREIGN.search(str(one.get("mediaType")))]
    if foreign:
        raise ImageError(
            f"{what}: {len(foreign)} of its layers lie elsewhere (foreign layers, as Windows images have them), and no "
            "Linux task can start it"
        )
    return blob(manifest.get("config"), what), [blob(one, what) for one in layers]


def diff_ids(config: Mapping[str, object], count: int, what: str) -> list[str]:
    """Digests of the unpacked layers."""
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, Mapping) else None
    if not isinstance(found, list) or len(found) != count or not all(isinstance(one, str) for one in found):
        raise ImageError(f"{what}: its configuration does not number its {count} layers; get the image once more")
    return found


def inner(config: Mapping[str, object]) -> Mapping[str, object]:
    """The part that tells how a container starts."""
    found = config.get("config")
    return found if isinstance(found, Mapping) else {}


def architecture_of(config: Mapping[str, object]) -> str:
    value = config.get("architecture")
    return value if isinstance(value, str) else ""
