"""An ecs.yml that somebody edited is counted again: what is said of it follows the file, not the scan that wrote it.

Each vector is a line of a crontab, an edit of the ecs.yml that a scan wrote for it, and what the file is worth then.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from converters.artefact.origin import Origin
from converters.artefact.proof import Proof, Prover
from converters.schedules.daemon import Window
from converters.specs.model import SpecErrors, load_spec
from tests.cli import run

FIRST, UNTIL = "2027-01-01", "2029-01-01"


def window() -> Window:
    first, until = (int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) // 60 for day in (FIRST, UNTIL))
    return Window(first, until)


WRITTEN: dict[tuple[str, ...], str] = {}


def written(folder: Path, line: str, zone: str, way: str = "rule", *more: str) -> str:
    """The ecs.yml of a line; vectors that edit one and the same share its scan."""
    key = line, zone, way, *more
    if key not in WRITTEN:
        WRITTEN[key] = _scanned(folder, line, zone, way, *more)
    return WRITTEN[key]


def _scanned(folder: Path, line: str, zone: str, way: str, *more: str) -> str:
    (folder / "table").write_text(line + "\n")
    dates = ("--from", FIRST, "--until", UNTIL)
    done = run("scan", "table", "--timezone", zone, "--backend", way, "--image", "x:1", *dates, *more, cwd=folder)
    assert done.code == 0, done.err
    (path,) = (folder / "migration" / "jobs").glob("*/ecs.yml")
    return path.read_text()


def proof(text: str) -> Proof:
    return Prover(window()).of(load_spec(text, "ecs.yml"))


def numbers(found: Proof) -> tuple[int, int, int]:
    assert found.parity is not None, found.why
    return found.parity.lost, found.parity.extra, found.parity.moved


LEFT = r"[ $(expr $(date +\%V) \% 2) -eq 0 ] && /opt/app/payroll"
AS_WRITTEN = [
    ("30 1 * * *", "Asia/Tokyo", "rule"),
    ("30 2 * * *", "America/New_York", "scheduler"),
    ("0 3 1-7,15 * 1", "Asia/Tokyo", "rule"),
    ("30 22 13 * 5", "America/New_York", "auto"),
    ("15 2 * * *", "Australia/Lord_Howe", "exact"),
    ("0 0 * * 1-5", "America/Havana", "auto"),
    ("*/20 1-3 * * *", "Europe/Dublin", "seasonal"),
    ("0 5 1,15 * 1", "Antarctica/Troll", "auto"),
]


@pytest.mark.parametrize(("schedule", "zone", "way"), AS_WRITTEN)
def test_what_was_written_is_what_the_scan_said(schedule: str, zone: str, way: str, tmp_path: Path) -> None:
    text = _scanned(tmp_path, f"{schedule} /opt/x", zone, way)
    said = json.loads((tmp_path / "migration/report.json").read_text())["jobs"][0]["parity"]
    found = proof(text)
    assert numbers(found) == (said["lost"], said["extra"], said["moved"])
    assert found.parity is not None and found.parity.before == said["before"]
    assert not found.said


TESTED = [
    ("Asia/Tokyo", f"30 0 * * 1 {LEFT}", (), 0),
    ("Asia/Tokyo", "SHELL=/bin/bash\n0 0 * * * [[ $(date +\\%u) == 1 ]] && /opt/x", (), 0),
    ("Asia/Tokyo", r'0 5 * * * [ "$(date +\%d)" -le 7 ] && [ "$(date +\%u)" = 1 ] && /opt/x', (), 0),
    ("Asia/Tokyo", "TZ=UTC\n30 0 * * * [ $(date +\\%u) = 7 ] && /opt/x", (), 0),
    ("America/New_York", f"30 0 * * 1 {LEFT}", ("--dialect", "cronie"), None),
    ("UTC", "CRON_TZ=Asia/Kathmandu\n30 0 * * * [ $(date +\\%u) = 7 ] && /opt/x", ("--dialect", "cronie"), 0),
]


@pytest.mark.parametrize(("zone", "line", "more", "damage"), TESTED)
def test_a_test_of_the_date_is_read_on_both_sides(
    zone: str, line: str, more: tuple[str, ...], damage: int | None, tmp_path: Path
) -> None:
    found = proof(_scanned(tmp_path, line, zone, "rule", *more))
    assert found.parity is not None, found.why
    said = json.loads((tmp_path / "migration/report.json").read_text())["jobs"][0]["parity"]
    assert numbers(found) == (said["lost"], said["extra"], said["moved"])
    assert found.parity.before == said["before"]
    assert damage is None or found.parity.damage == damage


# line, zone, way, what is replaced in ecs.yml by what, (lost, added, moved) or a word of why nothing is counted, notes
NIGHTLY, GUARDED = "40 4 * * * /opt/x", "0 3 1-7,15 * 1 /opt/x"
EDITED: list[tuple[str, str, str, str, str, object, str]] = [
    (NIGHTLY, "UTC", "rule", r"cron\(40 4 \* \* \? \*\)", "cron(41 4 * * ? *)", (0, 0, 731), ""),
    (NIGHTLY, "UTC", "rule", r"cron\(40 4 \* \* \? \*\)", "cron(40 4 1 * ? *)", (707, 0, 0), ""),
    (NIGHTLY, "UTC", "rule", r"cron\(40 4 \* \* \? \*\)", "cron(40 4 1 1 ? 2040)", (731, 0, 0), ""),
    (NIGHTLY, "UTC", "rule", r"cron\(40 4 \* \* \? \*\)", "cron(40 4,16 * * ? *)", (0, 731, 0), ""),
    (NIGHTLY, "UTC", "rule", r"cron\(40 4 \* \* \? \*\)", "rate(1 day)", "rate(1 day)", ""),
    (NIGHTLY, "UTC", "scheduler", r"cron\(40 4 \* \* \? \*\)", "at(2027-05-05T04:40:00)", (730, 0, 0), ""),
    (NIGHTLY, "Asia/Tokyo", "rule", "taskCount", 'timezone: "Asia/Tokyo"\n  taskCount', (731, 731, 0), ""),
    (NIGHTLY, "Asia/Tokyo", "scheduler", r"\n  timezone: .*", "", (731, 731, 0), ""),
    (NIGHTLY, "Asia/Tokyo", "scheduler", r"Asia/Tokyo(?=\"?\n  task)", "Asia/Seoul", (0, 0, 0), ""),
    (NIGHTLY, "Asia/Tokyo", "scheduler", r"Asia/Tokyo(?=\"?\n  task)", "Asia/Kathmandu", (0, 0, 731), ""),
    (NIGHTLY, "UTC", "rule", "taskCount: 1", "taskCount: 3", (0, 1462, 0), ""),
    (NIGHTLY, "UTC", "scheduler", "taskCount", "flexibleWindow: 15\n  taskCount", (0, 0, 0), "15 minutes late"),
    (GUARDED, "Asia/Tokyo", "rule", r"\n  guard:(\n    .*)+", "", None, ""),
    (GUARDED, "Asia/Tokyo", "rule", "offset: 540", "offset: 0", None, ""),
    (GUARDED, "Asia/Tokyo", "rule", "daysOfWeek: .*", "daysOfWeek: TUE", None, ""),
    ("0 3 * * * flock -n /var/lock/x /opt/x", "UTC", "rule", r"\nlock:\n(  .*\n)+", "\n", (0, 0, 0), "takes none"),
    ("0 3 * * * flock -w 60 /var/lock/x /opt/x", "UTC", "rule", "wait: 60", "wait: 5", (0, 0, 0), "waits less"),
    (
        "0 3 * * * flock -n /var/lock/x /opt/x",
        "UTC",
        "rule",
        "\nlock:\n",
        "\nlock:\n  shared: true\n",
        (0, 0, 0),
        "shares",
    ),
    (NIGHTLY, "UTC", "rule", r"schedule:\n(  .*\n)+", "service:\n  desiredCount: 0\n", "as a service", ""),
    (NIGHTLY, "UTC", "rule", r"schedule:\n(  .*\n)+", "after:\n- other\n", "run after other", ""),
    (f"30 0 * * 1 {LEFT}", "UTC", "rule", r"if \[ \$\(expr .*; then", "if true; then", None, ""),
]


@pytest.mark.parametrize(("line", "zone", "way", "old", "new", "wanted", "note"), EDITED)
def test_an_edited_spec_is_counted_as_it_stands(
    line: str, zone: str, way: str, old: str, new: str, wanted: object, note: str, tmp_path: Path
) -> None:
    text = written(tmp_path, line, zone, way)
    assert proof(text).exact
    edited = re.sub(old, new, text, count=1)
    assert edited != text, text
    found = proof(edited)
    if isinstance(wanted, str):
        assert found.parity is None and wanted in found.why
        return
    if wanted is None:
        assert any(numbers(found)), edited
    else:
        assert numbers(found) == wanted
    assert note in " ".join(found.said) and bool(note) == bool(found.said), found.said
    assert found.starts_nothing == (found.parity is not None and found.parity.lost == found.parity.before)


def test_a_date_that_never_comes_is_refused(tmp_path: Path) -> None:
    text = written(tmp_path, NIGHTLY, "UTC").replace("cron(40 4 * * ? *)", "cron(40 4 31 2 ? *)")
    with pytest.raises(SpecErrors, match="never fires"):
        load_spec(text, "ecs.yml")


def test_a_block_of_an_earlier_scan_is_read(tmp_path: Path) -> None:
    """Which had no dialect, no host and no variables."""
    spec = yaml.safe_load(written(tmp_path, f"30 0 * * 1 {LEFT}", "Asia/Tokyo"))
    spec["legacy"] = {key: spec["legacy"][key] for key in ("id", "path", "line", "timezone", "schedule", "text")}
    assert Prover(window()).of(load_spec(yaml.safe_dump(spec), "ecs.yml")).exact


@pytest.mark.parametrize(
    ("legacy", "why"),
    [
        (None, "no legacy block"),
        ({}, "no schedule"),
        ({"schedule": "1 2 3", "timezone": "UTC"}, "cannot be read"),
        ({"schedule": "0 3 * * *", "timezone": "Mars/Olympus"}, "no time zone"),
        ({"schedule": "@reboot", "timezone": "UTC"}, "no clock"),
        ({"schedule": "0~30 3 * * *", "timezone": "UTC", "dialect": "cronie"}, "anew at each load"),
        ({"schedule": "0 3 * * *", "timezone": "UTC", "near": True}, "anacron"),
        ({"schedule": "0 3 * * *", "timezone": "UTC", "dialect": "none"}, "no dialect"),
        ({"schedule": "0 3 * * *", "timezone": "UTC", "text": 5}, "else than text"),
    ],
)
def test_where_nothing_can_be_counted_it_says_why(legacy: dict[str, object] | None, why: str) -> None:
    text = yaml.safe_dump({"name": "x", "type": "FARGATE", "legacy": legacy} | BASE)
    found = proof(text)
    assert found.parity is None and why in found.why and not found.exact


BASE = {
    "containers": [{"name": "app", "image": "x:1", "cpu": 256, "memory": 512}],
    "schedule": {"scheduleExpression": "cron(0 3 * * ? *)"},
}


@pytest.mark.parametrize(
    ("text", "user", "path", "column"),
    [
        ("0 3 * * * root /opt/x", "root", "etc/crontab", True),
        ("0 3 * * * root:wheel/daemon /opt/x", "root:wheel/daemon", "etc/crontab", True),
        ("0 3 * * * root /opt/x", "root", "var/spool/cron/crontabs/root", False),
        ("0 3 * * * /opt/x", "root", "crontab", False),
        ("@daily root /opt/x", "root", "etc/cron.d/x", True),
    ],
)
def test_a_user_column_is_known_by_the_user(text: str, user: str, path: str, column: bool) -> None:
    schedule = text.split(maxsplit=1)[0] if text.startswith("@") else "0 3 * * *"
    block = {"schedule": schedule, "timezone": "UTC", "text": text, "user": user, "path": path}
    assert Origin.read(block).system is column


def test_plan_tells_it(tmp_path: Path) -> None:
    table = "40 4 * * * /opt/exact\n50 4 * * * /opt/late\n0 5 * * * /opt/never\n0 6 * * * /opt/kept\n"
    (tmp_path / "table").write_text(table)
    assert run("scan", "table", "--timezone", "UTC", "--image", "x:1", cwd=tmp_path).code == 0
    edits = {
        "late": ("cron(50 4 * * ? *)", "cron(52 4 * * ? *)"),
        "never": ("cron(0 5 * * ? *)", "cron(0 5 1 1 ? 2199)"),
        "kept": ('scheduleExpression: "cron(0 6 * * ? *)"', 'scheduleExpression: "rate(2 days)"'),
    }
    for name, (old, new) in edits.items():
        path = tmp_path / f"migration/jobs/{name}/ecs.yml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    said = run("plan", "--rehearse", cwd=tmp_path).out
    for words in (
        r"= exact: the 3,65\d runs that cron makes until 20\d\d-\d\d-\d\d",
        r"! 3,65\d moved of 3,65\d runs that cron makes until .*\n *20.*T04:50:00Z -> 20.*T04:52:00Z",
        r"! none of the 3,65\d runs that cron makes until .* is made",
        r"! not compared with cron: .*rate",
    ):
        assert re.search(words, said), (words, said)
    value = json.loads(run("plan", "--rehearse", "--format", "json", cwd=tmp_path).out)
    proofs = {job["name"]: job["proof"] for job in value["jobs"]}
    assert proofs["exact"]["parity"]["exact"] and proofs["exact"]["why"] is None
    assert proofs["late"]["parity"]["moves"] == [{"minutes": 2, "runs": proofs["late"]["parity"]["before"]}]
    assert proofs["never"]["parity"]["lost"] == proofs["never"]["parity"]["before"] > 3000
    assert proofs["kept"]["parity"] is None and "rate" in proofs["kept"]["why"]
    assert set(proofs["exact"]["window"]) == {"from", "until"}
