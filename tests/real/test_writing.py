"""What is said of directories, line endings and missing programs of an image, and what happens in a real engine."""

from __future__ import annotations

import json

import pytest

from tests.images.builder import Entry
from tests.real.test_images import BUSYBOX, Image, _entries, compared, store_of

pytestmark = pytest.mark.real

OWN = 1000 << 18
PLACES: list[Entry] = [
    ("data/", 0o755, ""),
    ("bin/mkdir", 0o777, "->busybox"),
    ("own/", OWN | 0o755, ""),
    ("app/lines", 0o644, "true\r\nexit 3\r\n"),
    ("entry/drops", 0o755, '#!/bin/sh\nset -e\nexec gosu app "$@"\n'),
]
JOBS = (
    "echo x > /tmp/x && /app/three",
    "echo x > /data/x && /app/three",
    "echo x > /own/x && /app/three",
    "mkdir -p /data/a && /app/three",
    "sh /app/lines",
)


@pytest.mark.skipif(not BUSYBOX.exists(), reason="busybox-static is not installed")
def test_what_is_said_of_what_a_job_writes_is_what_happens() -> None:
    entries = [*_entries(), *PLACES]
    images: dict[str, Image] = {
        "no-tmp": ([one for one in entries if one[0] != "tmp/"], {}),
        "own-user": (entries, {"User": "app"}),
        "no-tini": (entries, {"Entrypoint": ["tini", "--"]}),
        "no-gosu": (entries, {"Entrypoint": ["/entry/drops"]}),
    }
    with store_of(images) as engine:
        for some, jobs in ((("no-tmp", "own-user"), JOBS), (("no-tini", "no-gosu"), ("/app/three",))):
            wrong, cells = compared(engine, some, jobs)
            assert not wrong, json.dumps(wrong, indent=1)
            assert cells == 2 * len(jobs)
