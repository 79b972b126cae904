"""What a server starts beside its tables: timers and at's queue are named; and a tree tells whose cron reads its tables."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from converters.tables.timers import commands_of, timer_of
from migrate.sources import read_sources

# Files of a tree -> what is said of it beside its table.
TREES: list[tuple[dict[str, str], list[str]]] = [
    (
        {"b.timer": "[Timer]\nOnCalendar=*-*-* 02:00:00\n", "b.service": "[Service]\nExecStart=/srv/backup\n"},
        ["b.timer starts `/srv/backup` at OnCalendar=*-*-* 02:00:00"],
    ),
    ({"b.timer": "[Timer]\nOnCalendar=daily\nUnit=c.service\n"}, ["b.timer starts c.service at OnCalendar=daily"]),
    (
        {"b.timer": "[Timer]\nOnBootSec=5min\nOnUnitActiveSec=1h\n", "b.service": "[Service]\nExecStart=-/srv/x a\n"},
        ["b.timer starts `/srv/x a` at OnBootSec=5min, OnUnitActiveSec=1h"],
    ),
    (
        {"b.timer": "[Timer]\nOnCalendar=daily\nOnCalendar=\nOnCalendar=weekly\n"},
        ["b.timer starts b.service at OnCalendar=weekly"],
    ),
    (
        {"b.timer": "[Timer]\nOnCalendar=daily\n", "b.timer.d/x.conf": "[Timer]\nOnCalendar=\nOnCalendar=hourly\n"},
        ["OnCalendar=hourly"],
    ),
    (
        # An empty assignment clears the times of every key.
        {"b.timer": "[Timer]\nOnBootSec=5min\nOnCalendar=\nOnCalendar=weekly\n"},
        ["starts b.service at OnCalendar=weekly"],
    ),
    (
        {"b@.timer": "[Timer]\nOnCalendar=daily\n", "timers.target.wants/b@one.timer": "[Timer]\n"},
        ["b@.timer", "b@one.timer"],
    ),
    ({"b.timer": "# nothing\n"}, []),
    ({"fstrim.timer": "[Timer]\nOnCalendar=weekly\n"}, []),
    ({"b.service": "[Service]\nExecStart=/srv/backup\n"}, []),
    ({"b.timer": "[Timer]\n; x\nOnCalendar=Mon..Fri \\\n 10:00\n"}, ["OnCalendar=Mon..Fri   10:00"]),
    ({"/var/spool/cron/atjobs/a0001": "#!/bin/sh\n"}, ["1 job waits in at's queue"]),
    ({"/usr/lib/systemd/system/b.timer": "[Timer]\nOnCalendar=daily\n"}, []),
    (
        {"/usr/lib/systemd/system/b.timer": "[Timer]\nOnCalendar=daily\n", "timers.target.wants/b.timer": "->/dev/x"},
        ["b.timer starts b.service at OnCalendar=daily"],
    ),
    ({"b.timer": "->/dev/null"}, []),
]


def tree(root: Path, files: dict[str, str]) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/cron.d/x").write_text("0 5 * * * root /srv/job\n")
    for name, text in files.items():
        place = root / (name[1:] if name.startswith("/") else f"etc/systemd/system/{name}")
        place.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            place.symlink_to(text[2:])
        else:
            place.write_text(text)
    return root


@pytest.mark.parametrize(("files", "wanted"), TREES)
def test_what_is_started_otherwise(files: dict[str, str], wanted: list[str], tmp_path: Path) -> None:
    found = read_sources([str(tree(tmp_path / "host", files))], stdin=io.BytesIO())
    said = [one.reason for one in found.skipped if one.code == "C113"]
    assert len(said) == len(wanted), said
    assert all(part in sentence for part, sentence in zip(wanted, said, strict=True)), said


def test_a_secret_of_a_service_stands_in_no_document(tmp_path: Path) -> None:
    service = "[Service]\nExecStart=/usr/bin/mysqldump -u root -phunter2secret --all-databases\n"
    host = tree(tmp_path / "host", {"b.timer": "[Timer]\nOnCalendar=daily\n", "b.service": service})
    document = scanned(host, tmp_path / "out")
    reasons = [one["reason"] for one in document["skipped"] if one["code"] == "C113"]
    assert any("mysqldump" in reason for reason in reasons)
    assert not any(b"hunter2" in file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())


def scanned(host: Path, out: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "migrate.cli", "scan", str(host), "--out", str(out)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def test_a_command_keeps_no_prefix() -> None:
    assert commands_of(["[Service]\nExecStart=/a\nExecStart=\nExecStart=@-/b c\n"]) == ["/b c"]
    assert timer_of(["[Timer]\nUnit=x.service\n"]).unit == "x.service"


SYSTEMS = {
    "freebsd": ("ID=freebsd\n", "freebsd"),
    "openbsd": ("ID=openbsd\n", "openbsd"),
    "alpine": ("ID=alpine\n", "busybox"),
    "debian": ("ID=debian\n", None),
    "rocky": ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "cronie"),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_tree_tells_whose_cron_reads_it(system: str, tmp_path: Path) -> None:
    release, dialect = SYSTEMS[system]
    root = tree(tmp_path / "host", {"/etc/os-release": release, "/usr/local/etc/cron.d/y": "0 5 * * * root /srv/y\n"})
    tables = read_sources([str(root)], stdin=io.BytesIO()).tables
    assert {one.dialect for one in tables} == {dialect}
    assert all(one.server is not None and one.server.root == root for one in tables)
