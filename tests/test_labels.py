"""An expert's reading of 323 public lines against the scan's: one table, expert x tool, over whole tables as they are found.

Packages' files stand in a tree with a package database, as on their host; the others stand alone. See ``fixtures/labels``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli import run

LABELS = Path(__file__).parent.parent / "fixtures" / "labels"
FATES = ("move", "decide", "stay", "drop")


class Label(NamedTuple):
    """A row of the table: what an expert said of a line."""

    file: str
    fate: str
    sure: bool
    raw: str


def labels() -> list[Label]:
    rows = [line.split("\t", 7) for line in (LABELS / "corpus.tsv").read_text("utf-8").split("\n")[1:] if line]
    return [Label(row[0], row[2], row[3] == "1", row[7]) for row in rows]


class Judged(NamedTuple):
    """A label, the fate that the scan proposes, and whether nothing but a word about the image is open."""

    label: Label
    fate: str
    ready: bool


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    root = tmp_path_factory.mktemp("labels")
    expected: dict[tuple[str, int], Label] = {}
    rows: dict[str, list[Label]] = {}
    for one in labels():
        rows.setdefault(one.file, []).append(one)
    status = []
    for file, found in rows.items():
        of, _, name = file.partition("/")
        packaged = of == "debian" and name.endswith(".crond")
        stem = name.rpartition(".")[0].replace(".", "-")
        place = root / "host/etc/cron.d" / stem if packaged else root / of / f"{stem}.crontab"
        if name.endswith(".anacrontab"):
            place = root / of / stem / "etc" / "anacrontab"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(one.raw + "\n" for one in found), "utf-8", "surrogateescape")
        expected |= {(str(place), number): one for number, one in enumerate(found, 1)}
        if packaged:
            status.append(stem)
    info = root / "host/var/lib/dpkg/info"
    info.mkdir(parents=True)
    for package in status:
        (info / f"{package}.list").write_text(f"/.\n/etc\n/etc/cron.d\n/etc/cron.d/{package}\n")
    text = "".join(f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n" for name in status)
    (info.parent / "status").write_text(text)
    alone = sorted(
        str(path) for path in root.rglob("*") if path.is_file() and "host" not in path.relative_to(root).parts
    )
    options = "--timezone", "UTC", "--format", "json"
    done = run("scan", str(root / "host"), *alone, *options, cwd=tmp_path_factory.mktemp("work"))
    seen: dict[tuple[str, int], Judged] = {}
    for job in done.document["jobs"]:
        key = job["source"]["path"], job["source"]["line"]
        open_ = {one["code"] for one in job["findings"] if one["severity"] != "info"}
        if key in expected and key not in seen:
            seen[key] = Judged(expected[key], job["fate"], job["fate"] == "move" and open_ <= {"C494"})
    return list(seen.values())


def table(judged: list[Judged]) -> Counter[tuple[str, str]]:
    return Counter((one.label.fate, one.fate) for one in judged)


def shown(counted: Counter[tuple[str, str]]) -> str:
    head = "expert   " + "".join(f"{fate:>8}" for fate in FATES)
    return "\n".join([head, *(f"{a:9}" + "".join(f"{counted[a, b]:8}" for b in FATES) for a in FATES)])


def test_fates_against_an_expert(judged: list[Judged]) -> None:
    every, sure = table(judged), table([one for one in judged if one.label.sure])
    print(f"\nall {every.total()}\n{shown(every)}\nsure {sure.total()}\n{shown(sure)}")
    assert every.total() >= 300

    def right(fates: tuple[str, ...]) -> float:
        named = sum(sure[a, b] for a in FATES for b in fates)
        return sum(sure[a, b] for a in fates for b in fates) / named

    def found(fates: tuple[str, ...]) -> float:
        meant = sum(sure[a, b] for a in fates for b in FATES)
        return sum(sure[a, b] for a in fates for b in fates) / meant

    print(f"move right {right(('move',)):.3f}, stay and drop found {found(('stay', 'drop')):.3f}")
    ready = [one for one in judged if one.ready]
    false = [one for one in ready if one.label.sure and one.label.fate != "move"]
    print(f"{len(ready)} wait for a word about the image alone; {len(false)} of them surely should not:")
    for one in false:
        print("  ", one.label.fate, one.label.file, one.label.raw[:150])
    assert right(("move",)) >= 0.95
    assert len(false) <= 0.02 * len(ready)
    # What is not found is a script that nobody has read and whose name says nothing: a question, never a move.
    assert found(("stay", "drop")) >= 0.84
    assert sure["stay", "move"] + sure["drop", "move"] == 0
