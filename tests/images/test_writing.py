"""What a job writes, against the image's directories and its user; CR LF in texts for a shell; programs an ENTRYPOINT lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converters.images.facts import Image
from converters.worlds.needs import needs_of
from converters.worlds.starting import of_start
from converters.worlds.writing import of_crlf, of_writing
from migrate.images.sources import read
from tests.cli import run
from tests.images.builder import ROOT, Entry, elf, layer, layout, parts

NAME = "registry.example.com/app:1"
TMP: tuple[Entry, ...] = (("tmp/", 0o1777, ""),)
OWN = 1000 << 18
PROGRAMS: tuple[Entry, ...] = tuple((f"usr/bin/{name}", 0o755, elf()) for name in ("mktemp", "touch", "mkdir", "tini"))
USER = {"User": "app"}


def image_of(place: Path, entries: tuple[Entry, ...], config: dict[str, Any]) -> Image:
    return read(f"oci:{layout(place / 'oci', (parts([layer(*ROOT, *PROGRAMS, *entries)], config), 'amd64'))}", NAME)


# line | entries beside a small Debian | configuration | what C487 says, empty where it says nothing
WRITES: tuple[tuple[str, tuple[Entry, ...], dict[str, Any], str], ...] = (
    ("/app/report > /tmp/x; /app/report", (), {}, "has no directory `/tmp`"),
    ("/app/report > /tmp/x; /app/report", TMP, {}, ""),
    ("/app/report > /tmp/x; /app/report", TMP, USER, ""),
    ("f=$(mktemp) && /app/report > $f", TMP, {}, ""),
    ("/app/report > /data/x; /app/report", TMP, {}, "has no directory `/data`"),
    ("mkdir -p /data && /app/report > /data/x && /app/report", TMP, {}, ""),
    ("mkdir -p /data/a && /app/report > /data/a/x && /app/report", TMP, {}, ""),
    ("touch /data/x && /app/report", TMP, {}, "has no directory `/data`"),
    ("/app/report > /data/x; /app/report", (("data/", 0o755, ""),), {}, ""),
    ("/app/report > /data/x; /app/report", (("data/", 0o755, ""),), USER, "may not write in `/data`"),
    ("/app/report > /data/x; /app/report", (("data/", 0o777, ""),), USER, ""),
    ("/app/report > /data/x; /app/report", (("data/", OWN | 0o755, ""),), USER, ""),
    ("/app/report > /data/x; /app/report", (("data/", OWN | 0o555, ""),), USER, "may not write in `/data`"),
    ("/app/report > /s/data/x; /app/report", (("s/", 0o700, ""), ("s/data/", 0o777, "")), USER, "may not write"),
    # A file that is there is written by its own mode, not by its directory's.
    ("/app/report > /d/x; /app/report", (("d/", 0o755, ""), ("d/x", OWN | 0o644, "")), USER, ""),
    ("/app/report > /d/x; /app/report", (("d/", 0o777, ""), ("d/x", 0o644, "")), USER, "may not write"),
    ("mkdir -p /data && /app/report", TMP, USER, "may not write in `/`"),
    ("mkdir -p /data/a && /app/report > /data/a/x && /app/report", TMP, USER, "may not write in `/`"),
    ("mkdir -p /tmp/a && /app/report > /tmp/a/x && /app/report", TMP, USER, ""),
    ("/app/report > /dev/null; /app/report", (), USER, ""),
    ("sh /app/run", (("app/run", 0o644, "#!/bin/sh -\r\nexit 3\r\n"),), {}, "end with CR LF"),
    ("sh /app/run", (("app/run", 0o644, "exit 3\r\n"),), {}, "end with CR LF"),
    ("sh /app/run.sh", (("app/run.sh", 0o644, "exit 3\n"),), {}, ""),
    (". /app/env; /app/report", (("app/env", 0o644, "A=1\r\nB=2\r\n"),), {}, "end with CR LF"),
    ("/app/run; /app/report", (("app/run", 0o755, "exit 3\r\n"),), {}, "end with CR LF"),
    ("/app/report", (("app/other.sh", 0o755, "exit 3\r\n"),), {}, ""),
)


@pytest.mark.parametrize(("line", "entries", "config", "wanted"), WRITES, ids=range(len(WRITES)))
def test_what_a_job_writes_and_reads(
    tmp_path: Path, line: str, entries: tuple[Entry, ...], config: dict[str, Any], wanted: str
) -> None:
    image, needs = image_of(tmp_path, entries, config), needs_of(line).needs
    found = [one.message for one in (*of_writing(image, needs, own=True), *of_crlf(image, needs))]
    assert any(wanted in one for one in found) if wanted else not found, found


ENTRY = '#!/bin/sh\nset -e\nif [ "$1" = x ]; then exec none "$@"; fi\n{}\n'
# ENTRYPOINT | /entry | the program that is missing
ENTRIES: tuple[tuple[list[str], str, str], ...] = (
    (["tini", "--"], "", ""),
    (["/sbin/tini", "--"], "", "/sbin/tini"),
    (["dumb-init", "--"], "", "dumb-init"),
    (["tini", "--", "/entry"], 'exec "$@"', ""),
    (["tini", "--", "/none"], "", "/none"),
    (["/entry"], 'exec gosu app "$@"', "gosu"),
    (["/entry"], 'exec tini -- "$@"', ""),
    (["/entry"], 'exec /base "$@"', "/base"),
    (["sh", "/none"], "", "/none"),
    (["sh", "entry"], 'exec "$@"', ""),
    (["/bin/sh", "-c"], "", ""),
)


@pytest.mark.parametrize(("entrypoint", "last", "missing"), ENTRIES, ids=range(len(ENTRIES)))
def test_a_program_that_an_entrypoint_lacks(tmp_path: Path, entrypoint: list[str], last: str, missing: str) -> None:
    entry: Entry = ("entry", 0o755, ENTRY.format(last))
    image = image_of(tmp_path, (entry,), {"Entrypoint": entrypoint})
    start = of_start(image, shell=None, user=None, directory=None, variables={})
    found = [one.message for one in start if one.code == "C487"]
    assert any(f"takes `{missing}`" in one for one in found) if missing else not found, found


def test_a_scan_says_it(tmp_path: Path) -> None:
    made = layout(tmp_path / "oci", (parts([layer(*ROOT, *PROGRAMS)], {}), "amd64"))
    told = run("image", f"oci:{made}", "--as", NAME, cwd=tmp_path)
    assert told.code == 0, told.err
    options = ("--user-crontab", "--timezone", "UTC", "--image", NAME, "--format", "json")
    table = b"5 4 * * * touch /tmp/x && /app/report\n"
    (job,) = run("scan", "-", *options, cwd=tmp_path, data=table).document["jobs"]
    assert any("has no directory `/tmp`" in one["message"] for one in job["findings"] if one["code"] == "C487")
