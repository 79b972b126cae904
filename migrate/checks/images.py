"""Are the images there, and are they made for the processor the task asks for?

Only private ECR of this account and region can be asked; of any other registry this says that it was not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from converters.specs.model import PLACEHOLDER_IMAGE
from migrate.aws.errors import error_code
from migrate.aws.task_definition import architecture_of
from migrate.checks.model import Context, Line, each, ok, problem
from migrate.terminal.language import _

_ECR = re.compile(
    # Private ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com.
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_LISTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_SINGLE = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# Go's names in images, AWS's in task definitions.
_NAMES = {"amd64": "X86_64", "arm64": "ARM64"}


def check(context: Context) -> Iterator[Line]:
    """One line an image that is used."""
    yield from each(context.images, lambda image: f"image {image}", lambda image: _look(context, image))


def of_account(context: Context, image: str) -> re.Match[str] | None:
    """The parts of an image of this account's private ECR in this region."""
    found = _ECR.fullmatch(image)
    here = (context.aws.account, context.aws.region)
    return found if found and (found["account"], found["region"]) == here else None


def _look(context: Context, image: str) -> Iterator[Line]:
    if PLACEHOLDER_IMAGE in image:
        yield problem(
            "C603",
            _("image {image}: no image is chosen yet ({jobs})"),
            image=image,
            jobs=", ".join(_users(context, image)),
        )
        return
    parts = of_account(context, image)
    if parts is None:
        yield problem("C604", _("image {image} is in another registry and cannot be checked"), image=image)
        return
    from botocore.exceptions import ClientError

    try:
        yield from _look_in_ecr(context, image, parts)
    except ClientError as error:
        if error_code(error) not in {"ImageNotFoundException", "RepositoryNotFoundException"}:
            raise
        yield problem(
            "C603",
            _("image {image} is not in ECR ({error}); push it, or change the tag"),
            image=image,
            error=error_code(error),
        )


def _look_in_ecr(context: Context, image: str, parts: re.Match[str]) -> Iterator[Line]:
    manifest = manifest_of(context, parts)
    if manifest is None:
        yield problem("C603", _("image {image} is not in ECR; push it, or change the tag"), image=image)
        return
    has = _architectures(context, parts["repository"], manifest)
    wanted = {architecture_of(context.env, spec) for spec in context.specs if _uses(context, spec, image)}
    for architecture in sorted(wanted):
        if has is None:
            yield problem("C604", _("image {image} is there; its architecture cannot be read"), image=image)
        elif architecture in has:
            yield ok(_("image {image} ({architecture})"), image=image, architecture=architecture)
        else:
            yield problem(
                "C605",
                _("image {image} is for {has} and the task asks for {architecture}"),
                image=image,
                has=", ".join(sorted(has)),
                architecture=architecture,
            )


def _uses(context: Context, spec: Any, image: str) -> bool:
    own = {box.image for box in spec.containers}
    return image in own or not any(image in {box.image for box in other.containers} for other in context.specs)


def _users(context: Context, image: str) -> list[str]:
    return [spec.name for spec in context.specs if any(box.image == image for box in spec.containers)]


def manifest_of(context: Context, parts: re.Match[str]) -> dict[str, Any] | None:
    """The manifest or index as ECR has it; None where there is none."""
    # Without a tag Docker means latest.
    identity = {"imageDigest": parts["digest"]} if parts["digest"] else {"imageTag": parts["tag"] or "latest"}
    answer = context.aws.client("ecr").batch_get_image(
        # ECR may answer in another manifest type than was pushed, unless all are accepted.
        repositoryName=parts["repository"],
        imageIds=[identity],
        acceptedMediaTypes=[*_LISTS, *_SINGLE],
    )
    if not answer.get("images"):
        return None
    manifest = json.loads(answer["images"][0]["imageManifest"])
    return manifest if isinstance(manifest, dict) else None


def _architectures(context: Context, repository: str, manifest: dict[str, Any]) -> set[str] | None:
    """What the image runs on: told by an index itself, else by the configuration of the one image; None: unknown."""
    if "manifests" in manifest:
        platforms = [item.get("platform", {}).get("architecture", "unknown") for item in manifest["manifests"]]
        # "unknown" are attestations, which no task runs.
        return {_NAMES.get(name, name) for name in platforms if name != "unknown"}
    digest = manifest.get("config", {}).get("digest")
    if not digest:
        return None
    # The configuration is a blob like a layer.
    answer = context.aws.client("ecr").get_download_url_for_layer(repositoryName=repository, layerDigest=digest)
    try:
        name = json.loads(context.fetch(answer["downloadUrl"])).get("architecture")
    except (OSError, ValueError, AttributeError):
        return None
    return {_NAMES.get(name, name)} if isinstance(name, str) else None


def compressed_size(context: Context, image: str, architecture: str) -> int | None:
    """Bytes that a task of an architecture pulls for an image of our ECR; None where that is not known."""
    parts = of_account(context, image)
    manifest = manifest_of(context, parts) if parts else None
    if not manifest:
        return None
    if "manifests" in manifest:
        fitting = [
            item
            for item in manifest["manifests"]
            if _NAMES.get(item.get("platform", {}).get("architecture")) == architecture
        ]
        digest = fitting[0]["digest"] if fitting else None
        if not digest or not parts:
            return None
        # For a list DescribeImages would give the largest of its images.
        answer = context.aws.client("ecr").describe_images(
            repositoryName=parts["repository"], imageIds=[{"imageDigest": digest}]
        )
        return next((detail.get("imageSizeInBytes") for detail in answer["imageDetails"]), None)
    layers = manifest.get("layers", [])
    # Sizes in a manifest are of packed layers: what is pulled.
    return sum(int(layer.get("size", 0)) for layer in layers) or None
