"""Do the images stay what was read, and do they stay at all? A tag may be moved, and a lifecycle policy deletes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from converters.images.lifecycle import LifecycleError, Stored, expires
from migrate.aws.errors import error_code
from migrate.checks.images import manifest_of, of_account
from migrate.checks.model import Context, Line, each, ok, problem
from migrate.errors import UserError
from migrate.sites.times import neighbours, new_starts
from migrate.terminal.language import _

if TYPE_CHECKING:
    from converters.specs.model import Spec


def check(context: Context) -> Iterator[Line]:
    """A line or two for each image in this account's ECR."""
    named = [image for image in context.images if of_account(context, image)]
    yield from each(named, lambda image: f"image {image}", lambda image: _look(context, image))


def _look(context: Context, image: str) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    parts = of_account(context, image)
    if parts is None:
        return
    identity = {"imageDigest": parts["digest"]} if parts["digest"] else {"imageTag": parts["tag"] or "latest"}
    ecr, repository = context.aws.client("ecr"), parts["repository"]
    try:
        found = ecr.describe_images(repositoryName=repository, imageIds=[identity])["imageDetails"]
    except ClientError as error:
        if error_code(error) not in {"ImageNotFoundException", "RepositoryNotFoundException"}:
            raise
        return  # said by the check of the images
    digest = str(found[0]["imageDigest"]) if found else ""
    yield from _moved(context, image, parts, digest)
    try:
        policy = ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"]
    except ClientError as error:
        if error_code(error) != "LifecyclePolicyNotFoundException":
            raise
        return
    yield from _kept(context, image, str(policy), _stored(ecr, repository), digest)


def _moved(context: Context, image: str, parts: re.Match[str], digest: str) -> Iterator[Line]:
    read = context.read.get(image)
    if read is None or not read.digest or parts["digest"]:
        return
    # What was read of an index is the manifest of one processor, so its digest is never the index's own.
    if digest == read.digest or read.digest in _members(context, parts):
        yield ok(_("image {image} is the one that was read"), image=image)
    else:
        yield problem(
            "C626",
            _("image {image} is now {digest}, and {read} was read; read it again"),
            image=image,
            digest=digest[:19],
            read=read.digest[:19],
        )


def _members(context: Context, parts: re.Match[str]) -> set[str]:
    manifest = manifest_of(context, parts) or {}
    return {str(item.get("digest")) for item in manifest.get("manifests", [])}


def _stored(ecr: Any, repository: str) -> list[Stored]:
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=repository)
    return [
        Stored(item["imageDigest"], tuple(item.get("imageTags", ())), item["imagePushedAt"].timestamp())
        for page in pages
        for item in page["imageDetails"]
        if "imagePushedAt" in item
    ]


def _kept(context: Context, image: str, policy: str, stored: list[Stored], digest: str) -> Iterator[Line]:
    try:
        end = expires(policy, stored, digest)
    except LifecycleError as error:
        why = _("its lifecycle policy has {what}").format(what=error)
        yield problem("C600", _("{what} cannot be checked: {why}"), what=f"image {image}", why=why)
        return
    if end is None:
        yield ok(_("image {image} is kept by the repository's lifecycle policy"), image=image)
        return
    users = [spec for spec in context.specs if any(box.image == image for box in spec.containers)]
    following = [start for spec in users if (start := _next(spec, context.clock())) is not None]
    day = f"{datetime.fromtimestamp(end, UTC):%Y-%m-%d}"
    # ECR deletes within a day after an image has expired.
    if following and end < max(following) * 60:
        text = _("the lifecycle policy deletes image {image} from {day} on, before a job's next start")
        yield problem("C625", text, image=image, day=day)
    else:
        text = _("the lifecycle policy deletes image {image} from {day} on; the starts after that fail")
        yield problem("C627", text, image=image, day=day)


def _next(spec: Spec, now: float) -> int | None:
    try:
        return neighbours(lambda window: new_starts(spec, window), now)[1]
    except UserError:
        return int(now // 60)  # a rate: its phase is not known before it is made, so it may start at once
