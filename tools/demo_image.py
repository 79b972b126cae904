"""The image of the demo, made without a network: ``python -m tools.demo_image FILE`` writes what `docker save` would.

It lacks `mail` and `backup-db`, which two of the jobs start. Its programs are stand-ins that print a line and end.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

NAME = "registry.example.com/shop:1.4"
_SHIMS = "/home/deploy/.rbenv/shims"
_PATH = f"{_SHIMS}:/usr/local/bin:/usr/bin:/bin"
_PROGRAMS = (
    *(
        f"usr/bin/{name}"
        for name in ["bash", "dash", "date", "env", "find", "flock", "gzip", "nice", "sleep", "timeout"]
    ),
    *(f"usr/local/bin/{name}" for name in ["audit-logins", "inventory", "renew-certs", "rotate-keys", "ruby"]),
    "home/deploy/bin/prune-releases",
)
_TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n",
    "etc/group": "root:x:0:\ndeploy:x:1000:\n",
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "etc/ssl/certs/ca-certificates.crt": "-----BEGIN CERTIFICATE-----\n",
    "usr/share/zoneinfo/Asia/Tokyo": "TZif2",
    "var/www/app/current/Gemfile": 'gem "rails"\n',
}
_LINKS = {"bin": "usr/bin", "usr/bin/sh": "dash"}


def program(line: str) -> bytes:
    """A static program for x86-64 Linux of one segment: it writes the line to standard output and ends with 0."""
    text = line.encode() + b"\n"
    code = bytes.fromhex("b801000000 bf01000000 488d3510000000 ba") + struct.pack(
        "<I", len(text)
    )  # write(1, text, length)
    code += bytes.fromhex("0f05 b83c000000 31ff 0f05")  # exit(0)
    base, start = 0x400000, 64 + 56
    size = start + len(code) + len(text)
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + start, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096)
    return head + segment + code + text


def _tar(members: Iterable[tuple[str, int, bytes, str]]) -> bytes:
    """(path, mode, content, target of a link) -> a tar without times, so that the image has one digest for ever."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, mode, data, target in members:
            info = tarfile.TarInfo(path)
            info.mode, info.size, info.linkname = mode, len(data), target
            info.type = tarfile.SYMTYPE if target else tarfile.REGTYPE
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def layer() -> bytes:
    """The only layer, unpacked."""
    members = [(path, 0o755, program(f"{path.rpartition('/')[2]}: done"), "") for path in _PROGRAMS]
    shims = {f"{_SHIMS[1:]}/{name}": "#!/usr/bin/env ruby\n" for name in ("bundle", "rake", "rails")}
    members += [(path, 0o755, text.encode(), "") for path, text in shims.items()]
    members += [(path, 0o644, text.encode(), "") for path, text in _TEXTS.items()]
    members += [(path, 0o777, b"", target) for path, target in _LINKS.items()]
    return _tar(sorted(members))


def archive() -> bytes:
    """The image as `docker save` writes it."""
    data = layer()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": [f"PATH={_PATH}"], "WorkingDir": "/var/www/app/current"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]},
    }
    text = json.dumps(config).encode()
    name = hashlib.sha256(text).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [NAME], "Layers": ["layer.tar"]}]).encode()
    return _tar(
        (path, 0o644, body, "") for path, body in ((name, text), ("layer.tar", data), ("manifest.json", manifest))
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(archive())
