"""Reading an image of 1 GB: processor's time and memory, beside `skopeo copy` and `tar t`, which tell names and no more."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from benchmarks.figures import Aim, Figure

MIB = 1 << 20
LAYERS, SMALL, LARGE = 4, 5_000, 100
"""Layers, each of so many small files and so many of 2 MiB, half of which cannot be packed: 1 GB in all."""
AIM = Aim(3)


def figures() -> list[Figure]:
    """Nothing without skopeo. What is made is deleted."""
    if shutil.which("skopeo") is None:
        return []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        layers, unpacked = _layout(place / "image")
        ours, mib = _spent(
            [sys.executable, "-m", "migrate.cli", "image", f"oci:{place / 'image'}", "--out", f"{place / 'out'}"]
        )
        peer, peer_mib = _spent(
            ["skopeo", "copy", "--insecure-policy", "-q", f"oci:{place / 'image'}", f"dir:{place / 'copy'}"]
        )
        if not list((place / "out/images").glob("*.json")):
            raise RuntimeError("the image was not read")
        for layer in layers:
            more, _ = _spent(["tar", "tzf", str(layer)])
            peer += more
        what = f"reading an image of {unpacked / 1e9:.1f} GB, {LAYERS * (SMALL + LARGE):,} files"
        other = f"`skopeo copy` and `tar t` of each layer (peak {peer_mib:.0f} MiB)"
        return [Figure(what, ours, other, peer, AIM, slower=True, peak=round(mib))]


# A peak is inherited from whoever calls exec (getrusage(2), ru_maxrss), so a small process starts what is measured.
_LAUNCHER = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_pid, status, usage = os.wait4(pid, 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def _spent(command: list[str]) -> tuple[float, float]:
    """Seconds of the processor, and the peak in MiB, of one process."""
    done = subprocess.run([sys.executable, "-S", "-c", _LAUNCHER, *command], capture_output=True, text=True, check=True)
    status, seconds, mib = done.stdout.split()
    if status != "0":
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return float(seconds), float(mib)


def _layout(place: Path) -> tuple[list[Path], int]:
    """An OCI layout; its layers' files, and what they unpack to."""
    blobs = place / "blobs/sha256"
    blobs.mkdir(parents=True)
    found, diffs, unpacked = [], [], 0
    draw = random.Random(1)
    for number in range(LAYERS):
        path, diff, size = _layer(blobs, number, draw)
        found.append(path)
        diffs.append(diff)
        unpacked += size
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diffs}}
    kind = "application/vnd.oci.image"
    layers = [_described(path, f"{kind}.layer.v1.tar+gzip") for path in found]
    made = _blob(blobs, json.dumps(config).encode())
    manifest = _blob(
        blobs,
        json.dumps(
            {"schemaVersion": 2, "config": _described(made, f"{kind}.config.v1+json"), "layers": layers}
        ).encode(),
    )
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (place / "index.json").write_text(
        json.dumps({"schemaVersion": 2, "manifests": [_described(manifest, f"{kind}.manifest.v1+json")]})
    )
    return found, unpacked


class _Counted(io.RawIOBase):
    """A file that is hashed as it is written."""

    def __init__(self, raw: gzip.GzipFile) -> None:
        self.raw, self.sum, self.count = raw, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.sum.update(data)
        self.count += len(data)
        return self.raw.write(data)


def _layer(blobs: Path, number: int, draw: random.Random) -> tuple[Path, str, int]:
    raw = blobs / "being-made"
    text = (b"int main(void) { return 0; }\n" * 400)[:8192]
    large = [draw.randbytes(2 * MIB), text * 256]
    with raw.open("wb") as stream, gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1, mtime=0) as packed:
        counted = _Counted(packed)
        with tarfile.open(fileobj=counted, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
            for n in range(SMALL + LARGE):
                data = text[: draw.randrange(8192)] if n < SMALL else large[n % 2]
                info = tarfile.TarInfo(f"usr/lib/package-{number}/part-{n % 97}/file-{n}")
                info.size, info.mode = len(data), 0o755 if n % 10 == 0 else 0o644
                tar.addfile(info, io.BytesIO(data))
    digest = hashlib.sha256(raw.read_bytes()).hexdigest()
    return raw.rename(blobs / digest), f"sha256:{counted.sum.hexdigest()}", counted.count


def _blob(blobs: Path, data: bytes) -> Path:
    path = blobs / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return path


def _described(path: Path, kind: str) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{path.name}", "size": path.stat().st_size}
