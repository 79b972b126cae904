"""`oci:DIR[:TAG]`: an OCI image layout, as skopeo, buildah and umoci write it."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from converters.images.facts import Image
from migrate.images.assembling import Opened, assembled
from migrate.images.manifests import Blob
from migrate.images.streams import MAX_DOCUMENT, ImageError


def read_layout(place: str, name: str, architecture: str | None) -> Image:
    """The facts of the image in a layout; a tag behind the directory chooses one of several."""
    directory, tag = Path(place), None
    if not (directory / "index.json").exists() and ":" in place:
        where, _, tag = place.rpartition(":")
        directory = Path(where)
    try:
        top = _regular(directory / "index.json")
    except OSError as error:
        raise ImageError(
            f"{place}: no OCI layout ({error.strerror}); a layout is a directory with index.json"
        ) from None
    digest = "sha256:" + sha256(top).hexdigest()

    def fetch(one: Blob) -> Opened:
        path = directory / "blobs" / "sha256" / one.digest.removeprefix("sha256:")
        try:
            # A layout may come from anybody: no link of it is followed, and a FIFO would never end.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise ImageError(f"{path}: {error.strerror}; the layout is not whole") from None
        stream = os.fdopen(descriptor, "rb")
        return Opened(stream, stream.close)

    return assembled(name, top, digest, fetch, architecture=architecture, tag=tag)


def _regular(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(MAX_DOCUMENT + 1)
