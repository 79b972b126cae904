"""An expert's reading of public lines against the scan's: two tables, expert x tool, each line below its table's variables.

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
TABLES = ("corpus", "fresh", "later", "last")


class Label(NamedTuple):
    """A row of a table: what an expert said of a line, and where it stood."""

    table: str
    file: str
    line: int
    fate: str
    sure: bool
    raw: str


def rows(table: str, columns: int) -> list[list[str]]:
    text = (LABELS / f"{table}.tsv").read_text("utf-8", "surrogateescape")
    return [line.split("\t", columns - 1) for line in text.split("\n")[1:] if line]


def labels() -> list[Label]:
    return [
        Label(table, row[0], int(row[1]), row[2], row[3] == "1", row[7]) for table in TABLES for row in rows(table, 8)
    ]


class Judged(NamedTuple):
    """A label, the fate that the scan proposes, and whether nothing but a word about the image is open."""

    label: Label
    fate: str
    ready: bool


def place_of(root: Path, file: str) -> Path:
    """Where a file of the corpus stands in the tree that is scanned."""
    of, _, name = file.partition("/")
    stem = name.rpartition(".")[0].replace(".", "-")
    if name.endswith(".anacrontab"):
        return root / of / stem / "etc" / "anacrontab"
    if name.endswith(".crond"):  # a table with a user column stands where cron reads such tables
        return root / ("host" if of == "debian" else f"{of}/{stem}") / "etc/cron.d" / stem
    return root / of / f"{stem}.crontab"


def packages(root: Path, names: list[str]) -> None:
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    for package in names:
        (info / f"{package}.list").write_text(f"/.\n/etc\n/etc/cron.d\n/etc/cron.d/{package}\n")
    text = "".join(f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n" for name in names)
    (info.parent / "status").write_text(text)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    root = tmp_path_factory.mktemp("labels")
    expected: dict[tuple[str, int], Label] = {}
    tables: dict[str, list[tuple[int, str, Label | None]]] = {}
    for one in labels():
        tables.setdefault(one.file, []).append((one.line, one.raw, one))
    # The expert read each line with the variables above it: `$APPDIR` is no riddle where the table sets it.
    for file, line, raw in rows("variables", 3):
        tables[file].append((int(line), raw, None))
    for file, found in tables.items():
        place = place_of(root, file)
        place.parent.mkdir(parents=True, exist_ok=True)
        found.sort(key=lambda row: row[0])
        place.write_text("".join(raw + "\n" for _, raw, _ in found), "utf-8", "surrogateescape")
        expected |= {(str(place), number): one for number, (_, _, one) in enumerate(found, 1) if one is not None}
    packages(
        root / "host", [place_of(root, file).name for file in tables if (root / "host") in place_of(root, file).parents]
    )
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


def right(sure: Counter[tuple[str, str]], fates: tuple[str, ...]) -> float:
    """Of what is called so, the part that is."""
    named = sum(sure[a, b] for a in FATES for b in fates)
    return sum(sure[a, b] for a in fates for b in fates) / named if named else 1.0


def found(sure: Counter[tuple[str, str]], fates: tuple[str, ...]) -> float:
    """Of what is so, the part that is called so."""
    meant = sum(sure[a, b] for a in fates for b in FATES)
    return sum(sure[a, b] for a in fates for b in fates) / meant


# The least jobs of a table that have a label, the least part of `stay` and `drop` that is found, and the most lines whose
# work moves or is a question and that are called `stay` or `drop`: raising the one must not raise the other.
# In the fresh table one of nine is called `move` wrongly: `nohup JOB &`, which the tool mends and waits for.
@pytest.mark.parametrize(
    ("name", "jobs", "moves", "least", "false"),
    [
        ("corpus", 300, 0.95, 0.90, 4),
        ("fresh", 100, 0.88, 0.90, 1),
        ("later", 60, 0.95, 0.95, 0),
        ("last", 59, 0.95, 0.95, 0),
    ],
)
def test_fates_against_an_expert(
    judged: list[Judged], name: str, jobs: int, moves: float, least: float, false: int
) -> None:
    of = [one for one in judged if one.label.table == name]
    every, sure = table(of), table([one for one in of if one.label.sure])
    print(f"\n{name}, all {every.total()}\n{shown(every)}\nsure {sure.total()}\n{shown(sure)}")
    print(f"move right {right(sure, ('move',)):.3f}, stay and drop found {found(sure, ('stay', 'drop')):.3f}")
    ready = [one for one in of if one.ready]
    wrong = [one for one in ready if one.label.sure and one.label.fate != "move"]
    print(f"{len(ready)} wait for a word about the image alone; {len(wrong)} of them surely should not:")
    for one in wrong:
        print("  ", one.label.fate, one.label.file, one.label.raw[:150])
    assert every.total() >= jobs
    assert right(sure, ("move",)) >= moves
    assert len(wrong) <= 0.02 * len(ready)
    # What is not found is a script that nobody has read and whose name says nothing: a question, never a move.
    assert found(sure, ("stay", "drop")) >= least
    assert sum(sure[a, b] for a in ("move", "decide") for b in ("stay", "drop")) <= false
    assert sure["stay", "move"] + sure["drop", "move"] == 0
