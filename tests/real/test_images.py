"""Real images in a real engine: what is said of a job in an image, and what happens when it is run, equal in every cell.

The images are made of busybox: one with a shell, one whose ENTRYPOINT eats, ignores, splits or hands on the command, one of a
single static program. Each job ends with 3, so a status of 3 says that it ran.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli import run
from tests.images.builder import Entry, layer, layout, parts, scratch

pytestmark = pytest.mark.real

BUSYBOX = Path("/bin/busybox")
# As root in a container: vfs needs no overlay, runc no user namespace; limits as low as the outer container's.
ENGINE = ("podman", "--storage-driver=vfs")
LIMITS = ("--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")

Image = tuple[list[Entry], dict[str, Any]]


def _entries() -> list[Entry]:
    busybox = BUSYBOX.read_bytes()
    applets = [(f"bin/{name}", 0o777, "->busybox") for name in ("sh", "env", "cat", "true", "test", "echo")]
    return [
        ("bin/busybox", 0o755, busybox),
        *applets,
        ("etc/passwd", 0o644, "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"),
        ("etc/group", 0o644, "root:x:0:\napp:x:1000:\n"),
        ("tmp/", 0o1777, ""),
        ("app/three", 0o755, "#!/bin/sh\nexit 3\n"),
        ("app/crlf", 0o755, "#!/bin/sh\r\nexit 3\r\n"),
        ("app/plain", 0o644, "#!/bin/sh\nexit 3\n"),
        ("app/bash", 0o755, "#!/bin/bash\nexit 3\n"),
        ("entry/passes", 0o755, '#!/bin/sh\nset -e\nexec "$@"\n'),
        ("entry/ignores", 0o755, "#!/bin/sh\nexec /bin/true\n"),
        ("entry/splits", 0o755, "#!/bin/sh\nexec $@\n"),
        ("entry/swallows", 0o755, '#!/bin/sh\n"$@"\necho done\n'),
    ]


def _images() -> dict[str, Image]:
    with_shell, busybox = _entries(), BUSYBOX.read_bytes()
    return {
        "shell": (with_shell, {}),
        "passes": (with_shell, {"Entrypoint": ["/entry/passes"]}),
        "env": (with_shell, {"Entrypoint": ["/bin/env"]}),
        "eats": (with_shell, {"Entrypoint": ["/bin/echo"]}),
        "ignores": (with_shell, {"Entrypoint": ["/entry/ignores"]}),
        "splits": (with_shell, {"Entrypoint": ["/entry/splits"]}),
        "swallows": (with_shell, {"Entrypoint": ["/entry/swallows"]}),
        # One static program: busybox as `false` ends with 1, and nothing else is there.
        "static": ([("app/false", 0o755, busybox)], {}),
    }


JOBS = (
    "/app/three",
    "/app/crlf",
    "/app/plain",
    "/app/bash",
    "/app/none",
    "cd /app && ./three",
    "/bin/true; /app/three",
    "sh -c '/app/three'",
    "/bin/sh /app/plain",
    "/app/three 'two words'",
    "/app/false",
)
CELLS = [(image, job) for image in _images() for job in JOBS] if BUSYBOX.exists() else []


def _entry(text: str, *more: Entry, mode: int = 0o755, **config: Any) -> Image:
    return [*_entries(), ("entry/own", mode, text), *more], {"Entrypoint": ["/entry/own"], **config}


def _odd_images() -> dict[str, Image]:
    """What keeps an ENTRYPOINT from the command, and what only looks as if it did."""
    passes = '#!/bin/sh\nexec "$@"\n'
    return {
        "no-x": _entry(passes, mode=0o644),
        "crlf-entry": _entry(passes.replace("\n", "\r\n")),
        "no-bash-entry": _entry(passes.replace("/sh", "/bash")),
        "no-user": (_entries(), {"User": "web"}),
        "wants": _entry('#!/bin/sh\n: "${DATABASE_URL:?must be set}"\nexec "$@"\n'),
        "has-what-it-wants": _entry('#!/bin/sh\n: "${DATABASE_URL:?}"\nexec "$@"\n', Env=["DATABASE_URL=x"]),
        "enters": _entry('#!/bin/sh\ncd /nowhere && exec "$@"\n'),
        "leaves": _entry('#!/bin/sh\n"$@" &\n'),
        "substitutes": _entry('#!/bin/sh\nout=$("$@")\necho "$out"\n'),
        "chained": _entry('#!/bin/sh\nexec /entry/passes "$@"\n'),
        "chained-away": _entry('#!/bin/sh\nexec /entry/ignores "$@"\n'),
        "defaults": _entry('#!/bin/sh\nexec "${@:-true}"\n'),
        "waits": _entry('#!/bin/sh\n"$@" &\np=$!\nwait $p\nexit $?\n'),
        "relative": _entry(passes, ("app/own", 0o755, passes), Entrypoint=["./own"], WorkingDir="/app"),
    }


ODD_JOBS = ("/app/three", "/bin/true; /app/three")


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[Path, dict[str, str]]]:
    """The images in a store of their own, and what the product read of each."""
    with store_of(_images() | _odd_images()) as made:
        yield made


@contextlib.contextmanager
def store_of(images: Mapping[str, Image]) -> Iterator[tuple[Path, dict[str, str]]]:
    """An engine's store with these images, each of them read by the product; the place, and the engine's names."""
    # podman refuses a runroot of more than 50 characters, and pytest's own directories are longer.
    place = scratch()
    environment = os.environ | {"HOME": str(place), "XDG_RUNTIME_DIR": str(place / "run")}
    (place / "run").mkdir(mode=0o700)
    names = {}
    for name, (entries, config) in images.items():
        made = layout(place / name, (parts([layer(*entries)], config), "amd64"), attested=False)
        reference = f"registry.example.com/{name}:1"
        told = run("image", f"oci:{made}", "--as", reference, cwd=place)
        assert told.code == 0, told.err
        pulled = subprocess.run(
            [*ENGINE, "--root", place / "root", "--runroot", place / "runroot", "pull", "-q", f"oci:{made}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert pulled.returncode == 0, pulled.stderr
        names[name] = pulled.stdout.split()[-1]
    try:
        yield place, names
    finally:
        shutil.rmtree(place, ignore_errors=True)


def really(place: Path, image: str, spec: dict[str, Any]) -> int:
    """The exit status of the spec's command in the image; 125 to 127 where it could not start."""
    container = spec["containers"][0]
    options = ["-w", container["workingDirectory"]] if "workingDirectory" in container else []
    environment = os.environ | {"HOME": str(place), "XDG_RUNTIME_DIR": str(place / "run")}
    command = [*ENGINE, "--root", place / "root", "--runroot", place / "runroot", "--runtime", "runc"]
    command += [
        "--cgroup-manager=cgroupfs",
        "run",
        "--rm",
        "--timeout=9",
        *LIMITS,
        *options,
        image,
        *container["command"],
    ]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.parametrize("odd", [False, True])
def test_what_is_said_of_each_job_in_each_image_is_what_happens(engine: tuple[Path, dict[str, str]], odd: bool) -> None:
    jobs, images = (ODD_JOBS, _odd_images()) if odd else (JOBS, _images())
    wrong, cells = compared(engine, images, jobs)
    assert not wrong, json.dumps(wrong, indent=1)
    assert cells == (len(images) * len(jobs) if odd else len(CELLS))


def compared(engine: tuple[Path, dict[str, str]], images: Iterable[str], jobs: Sequence[str]) -> tuple[list[Any], int]:
    """The cells where what is said of a job in an image is not what happens, and how many cells there are."""
    place, names = engine
    table = "".join(f"{n % 60} 4 * * * {job}\n" for n, job in enumerate(jobs))
    wrong, cells = [], 0
    for name, image in ((name, names[name]) for name in images):
        out = place / f"ws-{name}"
        (out / "images").mkdir(parents=True)
        for path in (place / "migration" / "images").iterdir():
            (out / "images" / path.name).write_bytes(path.read_bytes())
        reference = f"registry.example.com/{name}:1"
        options = ("--user-crontab", "--timezone", "UTC", "--image", reference, "--out", str(out), "--format", "json")
        document = run("scan", "-", *options, cwd=place, data=table.encode()).document
        for job in document["jobs"]:
            spec = yaml.safe_load((out / "jobs" / job["name"] / "ecs.yml").read_text())
            status = really(place, image, spec)
            against = [one["message"] for one in job["findings"] if one["code"] in ("C487", "C496")]
            ran = status == (1 if "false" in job["line"] else 3)
            # `splits` harms only quoted words, so there it is a question and not an outcome.
            if ran == bool(against) and not (name == "splits" and ran):
                wrong.append((name, job["line"], status, against))
            cells += 1
    return wrong, cells


def test_the_store_of_an_engine_and_what_it_saves(engine: tuple[Path, dict[str, str]]) -> None:
    """podman's own `save`, by skopeo's copy too: the same programs, whoever wrote the image."""
    place, names = engine
    options = [f"--root={place / 'root'}", f"--runroot={place / 'runroot'}", "--storage-driver=vfs"]
    given = [word for one in options for word in ("--engine-option", one)]
    for source in (f"podman:{names['passes']}",):
        told = run("image", source, "--as", "again:1", "--format", "json", *given, cwd=place)
        assert told.code == 0, told.err
        found = told.document
        assert "/app/three" in found["programs"] and found["entry"] == "passes" and "CR" in found["broken"]["/app/crlf"]
    packed = place / "zstd"
    zstd = ["skopeo", "copy", "-q", "--dest-compress", "--dest-compress-format", "zstd"]
    archive = ["skopeo", "copy", "-q", f"oci:{place / 'passes'}", f"docker-archive:{place / 'saved.tar'}:app:1"]
    for command in (archive, [*zstd, f"oci:{place / 'passes'}", f"oci:{packed}"]):
        subprocess.run(command, check=True, capture_output=True)
    for source in (f"docker-archive:{place / 'saved.tar'}", f"oci:{packed}"):
        again = run("image", source, "--as", "again:1", "--format", "json", cwd=place).document
        assert again["programs"] == found["programs"] and again["broken"] == found["broken"]
