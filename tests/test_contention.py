"""What a lock skips, where it is held while a task starts: by hand, by the law, and in what a scan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.workflows.contention import Contender, skips
from tests.cli import run

DAY = range(1440)

# 654: a run every 110 s is all that one lock can hold.
# every (minutes) | run (s) | wait (s, -: without bound) | task's start (s) | skipped a day under cron | on AWS
TABLE = """
1  | 50  | 10  | 60 | 0   | 720
1  | 50  | 0   | 60 | 0   | 720
1  | 50  | 10  | 30 | 0   | 720
1  | 20  | 0   | 30 | 0   | 0
1  | 20  | 0   | 60 | 0   | 720
1  | 50  | 60  | 60 | 0   | 654
1  | 130 | 0   | 60 | 960 | 1080
2  | 50  | 0   | 60 | 0   | 0
5  | 250 | 0   | 60 | 0   | 144
5  | 250 | 15  | 60 | 0   | 96
1  | 50  | -   | 60 | 0   | 0
60 | 50  | 0   | 60 | 0   | 0
"""


@pytest.mark.parametrize("row", [row for row in TABLE.splitlines() if row])
def test_one_job_that_meets_itself(row: str) -> None:
    every, seconds, wait, start, cron, aws = (cell.strip() for cell in row.split("|"))
    starts = [minute for minute in DAY if minute % int(every) == 0]
    patience = None if wait == "-" else float(wait)
    one = Contender("job", starts, starts, patience, seconds=float(seconds), start_seconds=float(start))
    found = skips([one])["job"]
    assert (found.before, found.after) == (int(cron), int(aws))
    assert (found.waited > 36_000) == (wait == "-")


def test_readers_run_beside_each_other_and_keep_a_writer_out() -> None:
    reader = Contender("reader", DAY, DAY, 0, shared=True, seconds=50)
    writer = Contender("writer", [30, 90], [30, 90], 0, seconds=5)
    found = skips([reader, writer])
    assert found["reader"].after == 0
    assert (found["writer"].before, found["writer"].after) == (2, 2)


def test_two_jobs_a_minute_apart_meet_only_on_aws() -> None:
    first, second = Contender("a", [0], [0]), Contender("b", [1], [1])
    assert {name: (one.before, one.after) for name, one in skips([first, second]).items()} == {"a": (0, 0), "b": (0, 1)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "* * * * * timeout 300 flock -w 10 hoge.lock make run-hoge",
            "starts exact; runs: up to 720 a day are skipped",
        ),
        ("* * * * * flock -n /tmp/a.lock -c '/opt/x'", "up to 720 a day"),
        ("* * * * * flock -n /tmp/a.lock timeout 20 /opt/x", "up to 720 a day"),
        ("* * * * * flock /tmp/a.lock timeout 100 /opt/x", "pile up"),
        ("*/2 * * * * flock -n /tmp/a.lock /opt/x", ""),
        ("0 3 * * * flock -n /tmp/a.lock /opt/x\n1 3 * * * flock -n /tmp/a.lock /opt/y", "up to 1 a day"),
        ("* * * * * /opt/x", ""),
    ],
)
def test_a_scan_says_it(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "tab").write_text(line + "\n")
    done = run(
        "scan", "tab", "--user-crontab", "--timezone", "Asia/Tokyo", "--image", "a:1", "--format", "json", cwd=tmp_path
    )
    jobs = done.document["jobs"]
    found = [one["message"] for job in jobs for one in job["findings"] if one["code"] == "C217"]
    assert bool(found) == bool(said)
    assert not said or said in found[0]
    assert all(job["status"] == "review" for job in jobs if said and job is jobs[-1])
