"""Images of a few entries, written by hand: layers, an OCI layout, a docker archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import secrets
import struct
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Entry = tuple[str, int, str | bytes]
"""(path, mode, content); a path that ends with `/` is a directory, a content that begins with `->` a link."""


def elf(machine: int = 62, loader: str = "") -> bytes:
    """A header of a 64-bit program, with PT_INTERP where a loader is named."""
    name = loader.encode() + b"\0" if loader else b""
    count = 1 if name else 0
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400000, 64 * count, 0, 0, 64, 56, count, 64, 0, 0)
    return head + (struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1) + name if name else b"")


def layer(*entries: Entry) -> bytes:
    """An unpacked layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, mode, content in entries:
            info = tarfile.TarInfo(path.lstrip("/"))
            # `0o1000000 * uid` above the mode: whose it is, user and group alike.
            info.mode, info.uid, info.gid = mode & 0o777777, mode >> 18, mode >> 18
            data = content.encode() if isinstance(content, str) else content
            if path.endswith("/"):
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            elif data.startswith(b"->"):
                info.type, info.linkname = tarfile.SYMTYPE, data[2:].decode()
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def scratch() -> Path:
    """A directory for an engine's store. podman and buildah make an image's name of its path, and a name takes no `_` beside
    another mark or at an end, as ``mkdtemp`` now and then draws one; a socket's path is short, so it lies in /tmp."""
    place = Path("/tmp") / f"c2f{secrets.token_hex(6)}"
    place.mkdir(mode=0o700)
    return place


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parts(
    layers: Iterable[bytes], config: Mapping[str, Any], architecture: str = "amd64", pack: Any = gzip.compress
) -> tuple[bytes, bytes, dict[str, bytes]]:
    """(manifest, configuration, blobs by digest)."""
    plain = list(layers)
    packed = [pack(one) for one in plain]
    whole = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": dict(config),
            "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in plain]},
        }
    ).encode()

    def described(data: bytes, kind: str) -> dict[str, Any]:
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": described(whole, "application/vnd.oci.image.config.v1+json"),
            "layers": [described(one, "application/vnd.oci.image.layer.v1.tar+gzip") for one in packed],
        }
    ).encode()
    return manifest, whole, {digest(one): one for one in (*packed, whole, manifest)}


def index(*manifests: tuple[bytes, str], attested: bool = True) -> bytes:
    """An index of manifests, each with its architecture, and an attestation as BuildKit adds one."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    rows: list[dict[str, Any]] = [
        {
            "mediaType": kind,
            "digest": digest(one),
            "size": len(one),
            "platform": {"architecture": where, "os": "linux"},
        }
        for one, where in manifests
    ]
    attestation = [
        {
            "mediaType": kind,
            "digest": "sha256:" + "0" * 64,
            "size": 2,
            "platform": {"architecture": "unknown", "os": "unknown"},
        }
    ]
    rows += attestation if attested else []
    return json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": rows}
    ).encode()


def layout(place: Path, *images: tuple[tuple[bytes, bytes, dict[str, bytes]], str], attested: bool = True) -> Path:
    """An OCI layout of these images."""
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for (_manifest, _config, found), _where in images:
        for name, data in found.items():
            (blobs / name.removeprefix("sha256:")).write_bytes(data)
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (place / "index.json").write_bytes(
        index(*((manifest, where) for (manifest, _c, _b), where in images), attested=attested)
    )
    return place


def docker_archive(
    place: Path, layers: Iterable[bytes], config: Mapping[str, Any], architecture: str = "amd64"
) -> Path:
    """What `docker save` of an older version writes: plain layers, the manifest last."""
    plain = list(layers)
    _manifest, whole, _blobs = parts(plain, config, architecture)
    name = hashlib.sha256(whole).hexdigest() + ".json"
    members = [(f"{n}/layer.tar", data) for n, data in enumerate(plain)]
    rows = [{"Config": name, "RepoTags": ["app:1"], "Layers": [path for path, _data in members]}]
    members += [(name, whole), ("manifest.json", json.dumps(rows).encode())]
    with tarfile.open(place, "w") as tar:
        for path, data in members:
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return place


ROOT: tuple[Entry, ...] = (
    ("bin", 0o777, "->usr/bin"),
    ("usr/", 0o755, ""),
    ("usr/bin/", 0o755, ""),
    ("usr/bin/dash", 0o755, elf()),
    ("usr/bin/sh", 0o777, "->dash"),
    ("usr/bin/env", 0o755, elf()),
    ("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"),
    ("etc/group", 0o644, "root:x:0:\napp:x:1000:\n"),
    ("etc/os-release", 0o644, 'ID=debian\nVERSION_ID="12"\n'),
    ("app/", 0o755, ""),
    ("app/report", 0o755, "#!/bin/sh\ntrue\n"),
)
"""A small Debian with merged /usr and one job."""
