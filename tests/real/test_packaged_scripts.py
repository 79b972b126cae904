"""Why a script of run-parts loses its x bits and not its name: what dpkg does to either at the package's next version."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

CONFFILE = "etc/cron.daily/nightly"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two versions of a package whose script is a conffile with another text."""
    if shutil.which("dpkg-deb") is None:
        if os.environ.get("CI"):
            pytest.fail("dpkg-deb is missing")
        pytest.skip("dpkg-deb is not here")
    base, made = tmp_path_factory.mktemp("packages"), {}
    for version in (1, 2):
        tree = base / str(version)
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            f"Package: nightly\nVersion: {version}\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: a job\n"
        )
        (tree / "DEBIAN/conffiles").write_text(f"/{CONFFILE}\n")
        script = tree / CONFFILE
        script.parent.mkdir(parents=True)
        script.write_text(f"#!/bin/sh\necho {version}\n")
        script.chmod(0o755)
        made[version] = base / f"nightly_{version}.deb"
        call("dpkg-deb", "--root-owner-group", "-b", str(tree), str(made[version]))
    return made


def call(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def install(root: Path, package: Path, *options: str) -> None:
    call("dpkg", f"--root={root}", "--force-not-root", "--log=/dev/null", *options, "-i", str(package))


def upgraded(root: Path, packages: dict[int, Path], how: str, *options: str) -> Path:
    """The script's place after version 1 was installed, the script put out of use, and version 2 installed."""
    for name in ("info", "updates", "triggers"):
        (root / "var/lib/dpkg" / name).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    install(root, packages[1])
    script = root / CONFFILE
    if how == "bits":
        script.chmod(0o644)
    else:
        script.rename(script.with_name(".nightly.cron2fargate"))
    install(root, packages[2], *options)
    return script


@pytest.mark.parametrize("options", [[], ["--force-confnew"], ["--force-confold"]])
def test_bits_that_were_taken_stay_away(tmp_path: Path, packages: dict[int, Path], options: list[str]) -> None:
    script = upgraded(tmp_path, packages, "bits", *options)
    assert script.stat().st_mode & 0o777 == 0o644
    assert script.read_text() == "#!/bin/sh\necho 2\n"


def test_a_name_that_was_taken_comes_back_live(tmp_path: Path, packages: dict[int, Path]) -> None:
    script = upgraded(tmp_path, packages, "name", "--force-confnew")
    assert script.stat().st_mode & 0o777 == 0o755
