"""An image of ECR: its manifests by BatchGetImage, its blobs by the presigned addresses of GetDownloadUrlForLayer."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from converters.images.facts import Image
from migrate.images.assembling import Opened, assembled
from migrate.images.manifests import Blob
from migrate.images.streams import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)
# Five, as AWS's own client asks (amazon-ecr-containerd-resolver): with fewer, ECR translates a manifest, and bytes and digest
# are then others than those that are stored (ECR user guide, "Container image manifest format support").
MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)
_SECONDS = 30


class Reference(NamedTuple):
    """The parts of an image's name in ECR."""

    account: str
    region: str
    repository: str
    tag: str | None
    digest: str | None


def reference(name: str) -> Reference | None:
    """The parts of a name, where it is one of ECR."""
    found = _REFERENCE.match(name)
    return Reference(*found.group("account", "region", "repository", "tag", "digest")) if found else None


def read_ecr(where: Reference, name: str, architecture: str | None, client: Any) -> Image:
    """The facts of an image in ECR; ``client`` is boto3's for its region."""

    def manifest(wanted: dict[str, str]) -> tuple[bytes, str]:
        answer = client.batch_get_image(
            registryId=where.account,
            repositoryName=where.repository,
            imageIds=[wanted],
            acceptedMediaTypes=list(MEDIA_TYPES),
        )
        images = answer.get("images") or []
        if not images:
            # What could not be found comes with status 200, in a list of its own.
            failed = (answer.get("failures") or [{}])[0]
            raise ImageError(
                f"{name}: {failed.get('failureReason') or failed.get('failureCode') or 'ECR has no such image'}"
            )
        text, digest = images[0]["imageManifest"].encode(), images[0]["imageId"].get("imageDigest", "")
        found = "sha256:" + sha256(text).hexdigest()
        if found != digest:
            raise ImageError(f"{name}: ECR sent a manifest with the digest {found} and calls it {digest}")
        return text, digest

    def fetch(one: Blob) -> Opened:
        if one.digest in manifests:
            import io

            return Opened(io.BytesIO(manifest({"imageDigest": one.digest})[0]), lambda: None)
        address = client.get_download_url_for_layer(
            registryId=where.account, repositoryName=where.repository, layerDigest=one.digest
        )["downloadUrl"]
        return _opened(address, name)

    first = {"imageDigest": where.digest} if where.digest else {"imageTag": where.tag or "latest"}
    top, digest = manifest(first)
    manifests = _listed(top)
    return assembled(name, top, digest, fetch, architecture=architecture)


def _listed(top: bytes) -> frozenset[str]:
    """Digests of the manifests of an index: these are asked by BatchGetImage, everything else is a blob."""
    from migrate.images.streams import document

    rows = document(top, "manifest").get("manifests")
    found = [row.get("digest") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return frozenset(one for one in found if isinstance(one, str))


def _opened(address: str, name: str) -> Opened:
    """The blob behind a presigned address: plain GET, without AWS's signature in its headers."""
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ImageError(f"{name}: ECR gave an address that is not https")
    try:
        answer = urllib.request.urlopen(address, timeout=_SECONDS)  # noqa: S310  # the scheme was looked at
    except urllib.error.HTTPError as error:
        raise ImageError(f"{name}: a layer's address answered {error.code}; look at the S3 endpoint's policy") from None
    except OSError as error:
        raise ImageError(f"{name}: a layer cannot be fetched ({error}); is S3 reachable from here?") from None
    closing: Callable[[], None] = answer.close
    return Opened(answer, closing)
