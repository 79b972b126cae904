"""Where an image is read from, by how its place is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from converters.images.facts import Image
from migrate.images.streams import ImageError

FORMS = "oci:DIR, oci-archive:FILE, docker-archive:FILE, podman:REF, docker:REF, or the name of an image in ECR"


def read(place: str, name: str | None, *, architecture: str | None = None, options: Sequence[str] = ()) -> Image:
    """The facts of the image at ``place``, under the name that ecs.yml gives it."""
    scheme, _, rest = place.partition(":")
    if scheme == "oci":
        from migrate.images.layout import read_layout

        return read_layout(rest, name or rest, architecture)
    if scheme in ("docker-archive", "oci-archive"):
        return _archive(rest, name or rest, architecture)
    if scheme in ("podman", "docker") and rest:
        from migrate.images.engines import read_store

        return read_store(scheme, rest, name or rest, architecture, options)
    return _ecr(place, name or place, architecture)


def _archive(path: str, name: str, architecture: str | None) -> Image:
    from migrate.images.archive import read_archive

    if path == "-":
        return read_archive(sys.stdin.buffer, name, architecture, what="standard input")
    try:
        with Path(path).open("rb") as stream:
            return read_archive(stream, name, architecture, what=path)
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}; write the archive with 'docker save' or skopeo") from None


def _ecr(place: str, name: str, architecture: str | None) -> Image:
    from migrate.images.ecr import read_ecr, reference

    where = reference(place)
    if where is None:
        raise ImageError(f"{place}: no image is read from there; give {FORMS}")
    import boto3

    from migrate.aws.errors import aws_errors

    with aws_errors(where.region):
        return read_ecr(where, name, architecture, boto3.client("ecr", region_name=where.region))
