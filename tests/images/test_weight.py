"""An image's size: seconds until a task runs (the lock's proof), dollars, and the task's disk with the question it leads to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converters.expressions.left_tests import START_SECONDS
from converters.images.facts import Image
from converters.images.weight import (
    GIB,
    MIB,
    PULL,
    RATES,
    disk_needed,
    disk_taken,
    pull_seconds,
    said_of_size,
    start_seconds,
)
from migrate.cli import cli
from migrate.images import store
from migrate.review.agenda import open_questions
from migrate.review.book import open_book
from migrate.review.unsettled import unsettled


# packed MiB | seconds to start
@pytest.mark.parametrize(("mib", "seconds"), [(0, 60), (30, 52), (300, 60), (1000, 83), (2575, 134), (10_000, 373)])
def test_start_seconds(mib: int, seconds: int) -> None:
    assert start_seconds(Image("a", packed=mib * MIB)) == seconds
    assert start_seconds(None) == START_SECONDS


def test_the_slowest_rate_counts_and_every_rate_has_a_source() -> None:
    assert min(rate.mib_per_second for rate in RATES) == PULL
    assert all(rate.source for rate in RATES)
    # The published start of 2,700 MB took 55 s: what is foretold is never earlier.
    assert pull_seconds(2_700e6) >= 55 * 0.76


# packed GiB | unpacked GiB | what is said | GiB to ask for
DISKS = [
    (1.0, 3.0, None, 24),
    (6.0, 12.0, None, 38),
    (6.0, 12.5, "leaves 1.5 GiB of 20", 39),
    (5.0, 16.0, "the pull fails", 41),
    (60.0, 130.0, "the pull fails", 200),
    (60.0, 139.0, "the pull fails", None),
    (80.0, 140.0, "cannot run on Fargate", None),
]


@pytest.mark.parametrize(("packed", "unpacked", "said", "asked"), DISKS)
def test_disk(packed: float, unpacked: float, said: str | None, asked: int | None) -> None:
    image = Image("app:1", packed=int(packed * GIB), unpacked=int(unpacked * GIB))
    found = [one.message for one in said_of_size(image)]
    assert (said is None) == (not found)
    assert said is None or said in found[0]
    assert disk_needed(disk_taken(image.packed, image.unpacked)) == asked


LINE = "* * * * * root timeout 300 flock -w 70 /var/lock/x python3 /opt/app/job.py\n"


def workspace(tmp_path: Path, packed: int, unpacked: int) -> Path:
    """A job with a lock, scanned with an image of this size read before."""
    table, out = tmp_path / "host/etc/cron.d/app", tmp_path / "out"
    table.parent.mkdir(parents=True)
    table.write_text(LINE)
    out.mkdir()
    shells = {"sh": "dash", "bash": "bash"}
    programs = frozenset({"/usr/bin/python3", "/bin/sh"})
    image = Image(
        "app:1", "sha256:" + "0" * 64, "amd64", programs=programs, files=frozenset({"/opt/app/job.py"}), shells=shells
    )
    store.save(out, replace(image, packed=packed, unpacked=unpacked))
    words = ["scan", str(table), "--out", str(out), "--image", "app:1", "--timezone", "UTC", "--quiet"]
    cli.main(words, standalone_mode=False)
    return out


def report(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "report.json").read_text())["jobs"][0]
    return found


def test_a_lock_is_held_while_a_large_image_is_pulled(tmp_path: Path) -> None:
    """50 s a run, 60 s to start: with a wait of 70 s every run comes in; 4 GiB more to pull, and they do not."""
    (small, large) = (tmp_path / name for name in ("small", "large"))
    said = {}
    for place, packed in ((small, 300 * MIB), (large, 4096 * MIB)):
        place.mkdir()
        findings = report(workspace(place, packed, 2 * packed))["findings"]
        said[place] = [one["message"] for one in findings if one["code"] == "C217"]
    assert [text for text in said[large] if "183 s for a task to start, which pulls 4,096 MiB" in text]
    assert said[small] != said[large]


def test_cost_counts_the_image_that_was_read(tmp_path: Path) -> None:
    from converters.frame.cost import Use, job_cost
    from converters.frame.prices import price_list
    from converters.specs.fargate import Size
    from migrate.document.from_json import read_document
    from migrate.report.costing import Where, costs

    out = workspace(tmp_path, 3100 * MIB, 6000 * MIB)
    specs = {path.parent.name: path.read_text() for path in out.glob("jobs/*/ecs.yml")}
    job = next(iter(costs(read_document(out), specs, Where("us-east-1")).jobs.values()))
    assert job.use.image_mib == 3100
    # 60 s are assumed of a run, and 3,100 MiB are 100 s more of each, from the pull's beginning.
    assert job.billed == pytest.approx(160)
    prices = price_list("us-east-1", None)
    read, unread = (job_cost(Use("a", 1000, Size(256, 512), image_mib=mib), prices) for mib in (3100.0, None))
    assert read.cost.nat / unread.cost.nat == pytest.approx(3100 / 300)
    assert read.cost.compute > 2 * unread.cost.compute


def test_a_full_disk_is_asked_about_and_an_answer_closes_it(tmp_path: Path) -> None:
    out = workspace(tmp_path, 5 * GIB, 16 * GIB)
    book = open_book(out)
    job = book.jobs[0]
    assert "C429" in job.codes("warning")
    assert "C429" in {one.code for one in unsettled(job, book)}
    asked = next(one for one in open_questions(book) if one.topic == "room")
    assert [option.value for option in asked.options] == ["41", "other", "skip", "keep"]
    book.settle(asked.settle("41", ""))
    assert book.spec(job)["ephemeralStorage"] == 41  # type: ignore[index]
    assert "room" not in {one.topic for one in open_questions(book)}
    assert "C429" not in {one.code for one in unsettled(job, book)}
