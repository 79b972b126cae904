"""`podman:REF` and `docker:REF`: the local store of an engine, by its own `save`; nothing of the image is run."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from converters.images.facts import Image
from migrate.images.archive import read_archive
from migrate.images.streams import ImageError


def read_store(engine: str, reference: str, name: str, architecture: str | None, options: Sequence[str] = ()) -> Image:
    """The facts of an image that an engine has. ``options`` stand before its `save`, such as `--storage-driver=vfs`."""
    if reference.startswith("-") or not reference:
        raise ImageError(f"{engine}:{reference}: no image is named so; write {engine}:REPOSITORY:TAG")
    command = [engine, *options, "save", reference]
    try:
        process = subprocess.Popen(  # noqa: S603  # the engine and options that the user named
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise ImageError(
            f"{engine}: cannot be started ({error.strerror}); install it, or give docker-archive:FILE"
        ) from None
    with process:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101  # both were asked for
        try:
            image: Image | None = read_archive(process.stdout, name, architecture, what=f"{engine}:{reference}")
            why: ImageError | None = None
        except ImageError as error:
            process.kill()
            image, why = None, error
        said = process.stderr.read(8192).decode("utf-8", "replace").strip().splitlines()
        status = process.wait()
    if image is None or status:
        if said and (why is None or "not a saved image" in str(why)):
            raise ImageError(f"{shlex.join(command)} ended with {status}: {said[-1]}")
        raise why or ImageError(f"{shlex.join(command)} ended with {status}; look at it by hand")
    return image
