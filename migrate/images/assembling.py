"""Blobs of one image -> its facts, whoever hands the blobs out; every digest is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from converters.images.facts import Image
from converters.images.reading import read_image
from converters.images.tree import Tree
from migrate.images.layers import Budget, ReadLayer, read_layer
from migrate.images.manifests import Blob, architecture_of, chosen, diff_ids, inner, is_index, parts
from migrate.images.streams import MAX_DOCUMENT, ImageError, checked, document


class Opened(NamedTuple):
    """A blob to be read, and what to call at its end."""

    stream: IO[bytes]
    close: Callable[[], None]


def assembled(
    name: str,
    top: bytes,
    digest: str,
    fetch: Callable[[Blob], Opened],
    *,
    architecture: str | None,
    tag: str | None = None,
) -> Image:
    """The facts of the image that ``top`` leads to: an index or a manifest, with its digest."""
    manifest, digest = manifest_of(
        top, digest, lambda one: _whole(fetch, one, name), architecture=architecture, tag=tag, what=name
    )
    config_blob, layers = parts(manifest, name)
    config = document(_whole(fetch, config_blob, name), name)
    return from_layers(name, digest, config, _fetched(layers, fetch, name), len(layers), what=name)


def manifest_of(
    top: bytes,
    digest: str,
    whole: Callable[[Blob], bytes],
    *,
    architecture: str | None,
    tag: str | None = None,
    what: str,
) -> tuple[dict[str, object], str]:
    """The manifest that an index leads to, with its digest; ``whole`` hands out the small blobs."""
    manifest = document(top, what)
    for _ in range(4):  # an index may list an index
        if not is_index(manifest):
            break
        one = chosen(manifest, architecture, tag, what)
        digest, manifest = one.digest, document(whole(one), what)
        tag = None
    return manifest, digest


def from_layers(
    name: str, digest: str, config: dict[str, object], layers: Iterable[ReadLayer], count: int, *, what: str
) -> Image:
    """Lay the layers over each other as they arrive; each must unpack to what the configuration says."""
    tree, packed, unpacked = Tree(), 0, 0
    for number, (read, diff) in enumerate(zip(layers, diff_ids(config, count, what), strict=True), 1):
        if diff != read.diff_digest:
            raise ImageError(
                f"{what}: layer {number} of {count}: it unpacks to the digest {read.diff_digest} and not {diff}"
            )
        tree.lay(read.layer)
        packed, unpacked = packed + read.packed, unpacked + read.unpacked
    return read_image(name, digest, inner(config), architecture_of(config), tree, packed, unpacked)


def _fetched(layers: list[Blob], fetch: Callable[[Blob], Opened], name: str) -> Iterator[ReadLayer]:
    """The layers, each fetched when it is wanted."""
    budget = Budget()
    for number, one in enumerate(layers, 1):
        what = f"{name}: layer {number} of {len(layers)}"
        opened = fetch(one)
        try:
            read = read_layer(opened.stream, what, budget, most=max(one.size, 1) if one.size else MAX_DOCUMENT)
        finally:
            opened.close()
        yield of_digest(read, one, what)


def of_digest(read: ReadLayer, one: Blob, what: str) -> ReadLayer:
    """The layer, where it is the one that the manifest means."""
    if one.digest != read.packed_digest:
        raise ImageError(f"{what}: its bytes have the digest {read.packed_digest} and not {one.digest}")
    return read


def _whole(fetch: Callable[[Blob], Opened], one: Blob, what: str) -> bytes:
    """A small blob, checked."""
    if one.size > MAX_DOCUMENT:
        raise ImageError(f"{what}: a manifest of {one.size:,} bytes; that is none")
    opened = fetch(one)
    try:
        return checked(opened.stream.read(MAX_DOCUMENT + 1), one.digest, what)
    finally:
        opened.close()
