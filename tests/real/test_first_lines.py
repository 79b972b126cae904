"""First lines of scripts in a real engine: what is said of each, and whether its script runs. Each ends with 3 where it does.

Two images: BusyBox alone, and dash, bash and GNU's env of this machine beside it. One more runs as a user of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.images.builder import Entry
from tests.real.test_images import BUSYBOX, Image, _entries, compared, store_of

pytestmark = pytest.mark.real

NAME = "x" * 300
LINES = {
    "usual": "#!/bin/sh",
    "cluster": "#!/bin/sh -eu",
    "words": "#!/bin/sh -e -u",
    "env": "#!/bin/env sh",
    "env-e": "#!/bin/env sh -e",
    "env-s": "#!/bin/env -S sh -e",
    "env-s-gone": "#!/bin/env -S ruby -w",
    "env-alone": "#!/bin/env",
    "env-set": "#!/bin/env A=1 sh",
    "env-i-sh": "#!/bin/env -i sh",
    "env-cr": "#!/bin/env sh\r",
    "env-nox": "#!/bin/env nox",
    "by-nox": "#!/app/nox",
    "directory": "#!/bin",
    "relative": "#!sh",
    "cr-option": "#!/bin/sh -e\r",
    "blanks": "#!/bin/sh" + " " * 300,
    "option": f"#!/bin/sh -{'e' * 300}",
    "long": f"#!/{NAME}",
    "far": "#!/bin" + "/." * 124 + "/sh",
    "nothing": "#!",
    "text": "#!/app/bare",
    "six": "#!/app/c5",
    "five": "#!/app/c4",
    "applet": "#!/bin/busybox sh",
    "applet-words": "#!/bin/busybox sh -e",
}
SCRIPTS: list[Entry] = [(f"app/{name}", 0o755, f"{line}\nexit 3\n") for name, line in LINES.items()]
PLACES: list[Entry] = [
    ("app/nox", 0o644, "#!/bin/sh\n"),
    ("app/bare", 0o755, "exit 3\n"),
    *((f"app/c{n}", 0o755, f"#!{'/bin/sh' if n == 1 else f'/app/c{n - 1}'}\nexit 3\n") for n in range(1, 6)),
]


def _with_libraries(*programs: str) -> list[Entry]:
    """Programs of this machine under /bin, with their loader and libraries."""
    found: dict[str, Entry] = {}
    for program in programs:
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in re.findall(r"(/\S+)", told):
            found[path] = (path.lstrip("/"), 0o755, Path(path).read_bytes())
        found[program] = (f"bin/{Path(program).name}", 0o755, Path(program).read_bytes())
    return list(found.values())


def _images() -> dict[str, Image]:
    config = {"Env": ["PATH=/bin:/app"], "WorkingDir": "/app"}
    busybox = _entries()
    gnu = [one for one in busybox if one[0] not in ("bin/env", "bin/sh")]
    dash: list[Entry] = [*_with_libraries("/bin/dash", "/usr/bin/env"), ("bin/sh", 0o777, "->dash")]
    return {
        "busybox": ([*busybox, *PLACES, *SCRIPTS], config),
        "gnu": ([*gnu, *dash, *PLACES, *SCRIPTS], config),
    }


OWN: list[Entry] = [
    ("opt/shut/", 0o700, ""),
    *((f"opt/{place}", mode, BUSYBOX.read_bytes()) for place, mode in (("shut/busybox", 0o755), ("busybox", 0o750))),
    ("opt/open/busybox", 0o711, BUSYBOX.read_bytes()),
    ("opt/script", 0o711, "#!/bin/sh\nexit 3\n"),
    ("app/shut", 0o755, "#!/opt/shut/busybox sh\nexit 3\n"),
    ("app/mode", 0o755, "#!/opt/busybox sh\nexit 3\n"),
    ("app/open", 0o755, "#!/opt/open/busybox sh\nexit 3\n"),
    ("app/by-script", 0o755, "#!/opt/script\nexit 3\n"),
]
# The directory where the job works, and what stands along PATH there.
HERE: list[Entry] = [("app/opt/tool", 0o755, "#!/bin/sh\nexit 3\n"), ("app/tool", 0o644, "#!/bin/sh\nexit 4\n")]


# Lines that the programs of an image read otherwise than BusyBox's, and those that a shell takes where the kernel does not.
OF_GNU = ("cluster", "words", "env", "env-e", "env-s", "env-i-sh", "cr-option")
BY_A_SHELL = ("far", "nothing", "text", "nox", "relative", "env-nox", "six")


@pytest.mark.skipif(not BUSYBOX.exists(), reason="busybox-static is not installed")
def test_what_is_said_of_each_first_line_is_what_happens() -> None:
    assert os.access("/bin/dash", os.X_OK)
    as_first = {"busybox": tuple(LINES), "gnu": OF_GNU}
    with store_of(_images()) as engine:
        for image, names in as_first.items():
            jobs = [f"/app/{name}" for name in names] + [f"/bin/true; /app/{name}" for name in BY_A_SHELL]
            wrong, cells = compared(engine, [image], jobs)
            assert not wrong, json.dumps(wrong, indent=1)
            assert cells == len(jobs)


@pytest.mark.skipif(not BUSYBOX.exists(), reason="busybox-static is not installed")
def test_interpreters_of_a_user_and_names_along_path() -> None:
    own = [f"{start}/app/{name}" for start in ("", "/bin/true; ") for name in ("shut", "mode", "open", "by-script")]
    images: dict[str, Image] = {
        "own": ([*_entries(), *OWN], {"User": "app"}),
        "root": ([*_entries(), *OWN], {}),
        "here": ([*_entries(), *HERE], {"Env": ["PATH=/bin:opt"], "WorkingDir": "/app"}),
        "passed-by": ([*_entries(), *HERE], {"Env": ["PATH=/app:/app/opt:/bin"], "WorkingDir": "/app"}),
    }
    names = ["tool", "/bin/true; tool", "/bin/true; none"]
    with store_of(images) as engine:
        for some, jobs in ((("own", "root"), own), (("here", "passed-by"), names)):
            wrong, cells = compared(engine, some, jobs)
            assert not wrong, json.dumps(wrong, indent=1)
            assert cells == 2 * len(jobs)
