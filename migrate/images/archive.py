"""`docker-archive:FILE`, `oci-archive:FILE` and what `docker save` prints: one tar, read once from front to end.

Its manifest may stand at its end, so each layer is read when it comes and laid over the others afterwards. Newer versions of
Docker write an OCI layout with a manifest.json beside it; blobs are then told by their first bytes.
"""

from __future__ import annotations

import io
import tarfile
from hashlib import sha256
from typing import IO, cast

from converters.images.facts import Image
from converters.images.tree import clean
from migrate.images.assembling import from_layers, manifest_of, of_digest
from migrate.images.layers import Budget, ReadLayer, read_layer
from migrate.images.manifests import parts
from migrate.images.streams import MAX_DOCUMENT, ImageError, document

MAX_MEMBERS = 10_000


class Archive:
    """What one pass found: small documents and layers, by the names of their members."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.documents: dict[str, bytes] = {}
        self.layers: dict[str, ReadLayer] = {}
        self.links: dict[str, str] = {}

    def read(self, stream: IO[bytes]) -> None:
        """Take every member in."""
        budget = Budget()
        try:
            with tarfile.open(fileobj=stream, mode="r|*", bufsize=1 << 16) as tar:
                for number, member in enumerate(tar):
                    tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
                    if number > MAX_MEMBERS:
                        raise ImageError(f"{self.what}: more than {MAX_MEMBERS:,} members; that is no saved image")
                    self._member(tar, member, budget)
        except tarfile.TarError as error:
            raise ImageError(
                f"{self.what}: not a saved image ({error}); write one with 'docker save' or skopeo"
            ) from None
        except (EOFError, OSError) as error:
            if isinstance(error, ImageError):
                raise
            raise ImageError(f"{self.what}: cannot be read ({error}); save the image once more") from None

    def _member(self, tar: tarfile.TarFile, member: tarfile.TarInfo, budget: Budget) -> None:
        name = (clean(member.name) or "").lstrip("/")
        if not name:
            return
        if member.issym() or member.islnk():
            base = name.rpartition("/")[0] if member.issym() else ""
            self.links[name] = _joined(base, member.linkname)
            return
        file = tar.extractfile(member) if member.isreg() else None
        if file is None:
            return
        buffered = io.BufferedReader(cast("io.RawIOBase", file), 1 << 16)
        head = buffered.peek(2)[:2].lstrip()
        if head[:1] in (b"{", b"["):
            if member.size > MAX_DOCUMENT:
                raise ImageError(f"{self.what}: {name} is larger than any manifest")
            self.documents[name] = buffered.read()
        elif name.endswith((".tar", "/layer.tar")) or name.startswith("blobs/sha256/"):
            self.layers[name] = read_layer(buffered, f"{self.what}: {name}", budget)

    def layer(self, name: str) -> ReadLayer:
        """A layer by the name that the manifest gives it; links between members are followed inside the archive."""
        for _ in range(8):
            if name in self.layers:
                return self.layers[name]
            if name not in self.links:
                break
            name = self.links[name]
        raise ImageError(f"{self.what}: the layer {name} is not in it; save the image once more")

    def blob(self, digest: str) -> bytes:
        """A small document of a layout by its digest."""
        data = self.documents.get(f"blobs/sha256/{digest.removeprefix('sha256:')}")
        if data is None or "sha256:" + sha256(data).hexdigest() != digest:
            raise ImageError(
                f"{self.what}: {digest} is not in it, or is not what its name says; save the image once more"
            )
        return data


def _joined(base: str, link: str) -> str:
    parts: list[str] = [] if link.startswith("/") else [one for one in base.split("/") if one]
    for one in link.split("/"):
        if one == "..":
            parts = parts[:-1]
        elif one not in ("", "."):
            parts.append(one)
    return "/".join(parts)


def read_archive(stream: IO[bytes], name: str, architecture: str | None, *, what: str) -> Image:
    """The facts of the one image in a saved archive."""
    archive = Archive(what)
    archive.read(stream)
    if "manifest.json" in archive.documents:
        return _docker(archive, name)
    if "index.json" in archive.documents:
        return _layout(archive, name, architecture)
    raise ImageError(f"{what}: neither manifest.json nor index.json is in it; write it with 'docker save' or skopeo")


def _docker(archive: Archive, name: str) -> Image:
    rows = document(b'{"rows": ' + archive.documents["manifest.json"] + b"}", archive.what).get("rows")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        count = len(rows) if isinstance(rows, list) else 0
        raise ImageError(f"{archive.what}: it holds {count} images; save one image into one file")
    config_name, layers = rows[0].get("Config"), rows[0].get("Layers")
    data = archive.documents.get(config_name) if isinstance(config_name, str) else None
    if data is None or not isinstance(layers, list) or not all(isinstance(one, str) for one in layers):
        raise ImageError(f"{archive.what}: its manifest.json does not name configuration and layers")
    # The digest of an archive's configuration is the image's ID; the manifest's digest is known only in a registry.
    digest = "sha256:" + sha256(data).hexdigest()
    return from_layers(
        name, digest, document(data, archive.what), map(archive.layer, layers), len(layers), what=archive.what
    )


def _layout(archive: Archive, name: str, architecture: str | None) -> Image:
    top = archive.documents["index.json"]
    manifest, digest = manifest_of(
        top, "", lambda one: archive.blob(one.digest), architecture=architecture, what=archive.what
    )
    config, layers = parts(manifest, archive.what)
    read = (
        of_digest(archive.layer(f"blobs/sha256/{one.digest.removeprefix('sha256:')}"), one, archive.what)
        for one in layers
    )
    whole = document(archive.blob(config.digest), archive.what)
    return from_layers(name, digest, whole, read, len(layers), what=archive.what)
