"""`oci:DIR[:TAG]`: an OCI image layout, as skopeo, buildah and umoci write it."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from pathlib import Path

from converters.images.facts import Image
from migrate.images.assembling import Opened, assembled
from migrate.images.manifests import Blob
from migrate.images.streams import MAX_DOCUMENT, ImageError
from migrate.machine.rooted import Tree


def read_layout(place: str, name: str, architecture: str | None) -> Image:
    """The facts of the image in a layout; a tag behind the directory chooses one of several."""
    directory, tag = Path(place), None
    if not (directory / "index.json").exists() and ":" in place:
        where, _, tag = place.rpartition(":")
        directory = Path(where)
    layout = Tree(directory, strict=True)
    try:
        with os.fdopen(_regular(layout, "index.json"), "rb") as stream:
            top = stream.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise ImageError(
            f"{place}: no OCI layout ({error.strerror}); a layout is a directory with index.json"
        ) from None
    digest = "sha256:" + sha256(top).hexdigest()

    def fetch(one: Blob) -> Opened:
        inside = f"blobs/sha256/{one.digest.removeprefix('sha256:')}"
        try:
            stream = os.fdopen(_regular(layout, inside), "rb")
        except OSError as error:
            raise ImageError(f"{directory / inside}: {error.strerror}; the layout is not whole") from None
        return Opened(stream, stream.close)

    return assembled(name, top, digest, fetch, architecture=architecture, tag=tag)


def _regular(layout: Tree, inside: str) -> int:
    """A descriptor of a file of the layout; OSError for any other kind.

    A layout may come from anybody: no link leads out of it, even one in a directory's place, or the digest of a file of this
    machine would be told; a FIFO would never end.
    """
    descriptor = layout.open(inside, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file")
