"""A drafted Dockerfile built by buildah: the text is taken as it stands, and user, directory and files are where it says.

No registry can be reached, so the base is a busybox that goes by the name of Debian's, with an `apt-get` that only writes down
what it was asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from converters.images.draft import Group, draft
from tests.images.builder import Entry, layer, layout, parts, scratch

pytestmark = pytest.mark.real

BUSYBOX = Path("/bin/busybox")
APPLETS = "sh rm mkdir cat grep id pwd ls"
NOTES = '#!/bin/sh\necho "$0 $*" >> /asked\n'


def entries() -> list[Entry]:
    stubs = [(f"bin/{name}", 0o755, NOTES) for name in ("apt-get", "groupadd", "useradd")]
    links: list[Entry] = [(f"bin/{name}", 0o777, "->busybox") for name in APPLETS.split()]
    return [
        ("bin/busybox", 0o755, BUSYBOX.read_bytes()),
        *links,
        *stubs,
        ("bin/getent", 0o755, "#!/bin/sh\nexit 2\n"),
        ("etc/passwd", 0o644, "root:x:0:0:root:/:/bin/sh\n"),
        ("tmp/", 0o1777, ""),
    ]


def test_a_draft_is_built(tmp_path: Path) -> None:
    if shutil.which("buildah") is None:
        pytest.skip("no buildah here")
    place = scratch()
    buildah = ["buildah", "--storage-driver=vfs", f"--root={place / 'root'}", f"--runroot={place / 'run'}"]

    def run(*words: str) -> str:
        done = subprocess.run(
            [*buildah, *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"HOME": str(place)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    try:
        made = layout(place / "base", (parts([layer(*entries())], {"Env": ["PATH=/bin"]}), "amd64"), attested=False)
        run("tag", run("pull", "-q", f"oci:{made}").split()[-1], "docker.io/library/debian:12-slim")
        (tmp_path / "app").mkdir()
        (tmp_path / "app" / "job.rb").write_text("puts 1\n")
        packages: dict[str, str | None] = {"ruby": "ruby", "x": None}
        group = Group(
            "a", ("j",), ("/opt/my app",), "ruby", "app", 1001, 1002, "/home/app", packages, True, "debian", "12"
        )
        (tmp_path / "Dockerfile").write_text(draft(group).dockerfile)
        given = ["--build-context", f"application={tmp_path / 'app'}", "-t", "built", str(tmp_path)]
        run("bud", "--isolation", "chroot", "--pull-never", *given)
        container = run("from", "--pull-never", "localhost/built")
        found = run(
            "run", "--isolation", "chroot", container, "--", "sh", "-c", "pwd; id -u; id -g; cat job.rb; cat /asked"
        )
        lines = found.splitlines()
        assert lines[:4] == ["/opt/my app", "1001", "1002", "puts 1"]
        assert any("install -y --no-install-recommends ca-certificates ruby tzdata" in line for line in lines)
        assert any("useradd --uid 1001 --gid 1002" in line for line in lines)
    finally:
        shutil.rmtree(place, ignore_errors=True)
