"""One cause, one sentence: what several jobs share is printed once, and a detail of a job stays with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converters.commands.command import understand
from tests.cli import run

TABLE = """\
0 1 * * * bash -lc /srv/app/a
0 2 * * * bash -lc /srv/app/b
0 3 * * * /srv/app/c | sort
0 4 * * * /srv/app/d && ls -l "x
0 5 * * * . /srv/env.sh && /srv/app/e
"""


def test_a_cause_that_jobs_share_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "t.crontab").write_text(TABLE)
    done = run("scan", "t.crontab", "--user-crontab", "--timezone", "UTC", "--image", "a/b:1", cwd=tmp_path)
    jobs, _head, causes = done.out.partition("Said of several jobs")
    assert "C451" not in jobs
    assert causes.count("C451") == 1
    assert "(2 jobs)" in causes
    assert "C414" in jobs, "what one job has alone stays below it"
    assert "C486" not in jobs, "a file of settings is asked about once"
    details = run(
        "scan", "t.crontab", "--user-crontab", "--timezone", "UTC", "--details", "--out", "other", cwd=tmp_path
    )
    assert details.out.count("C451") == 2
    report = run("report", cwd=tmp_path)
    assert report.code == 0
    attention = (tmp_path / "migration" / "report.md").read_text("utf-8").partition("\n## ")[2].partition("\n## ")[0]
    assert attention.count("C451") == 1
    assert "(C451, 2 jobs: `" in attention
    whole = (tmp_path / "migration" / "report.md").read_text("utf-8")
    details = whole.partition("## Details")[2]
    assert "**C451**" not in details and details.count("Said above, of several jobs: C451") == 2
    assert "**C414**" in details, "what one job has alone stays with it"
    page = (tmp_path / "migration" / "report.html").read_text("utf-8")
    shared, _head, rows = page.partition('id="shared"')[2].partition("</section>")
    assert shared.count("C451") == 1 and "2 jobs" in shared
    assert rows.count("said of 2 jobs, above") == 2
    sentence = next(one["message"] for one in findings_of(tmp_path) if one["code"] == "C451")
    assert page.count(sentence.replace("`", "")[:30]) <= 1


def findings_of(place: Path) -> list[dict[str, str]]:
    jobs = json.loads((place / "migration" / "report.json").read_text("utf-8"))["jobs"]
    return [one for job in jobs for one in job["findings"]]


@pytest.mark.parametrize(
    "command",
    [
        "x 2>&1 | cronolog /srv/log/%Y.log",
        "x | /usr/bin/cronolog /srv/log/x.log",
        "x | rotatelogs /var/log/x.log 86400",
        "x | rotatelogs -l /var/log/x.log 86400",
        "x 2>&1 | multilog t s99 ./log",
        "x 2>&1 | svlogd -tt /srv/log/x",
        "x | s6-log n3 /srv/log/x",
        "cd /srv && x 2>&1 | tinylog -k 5 log/x",
    ],
)
def test_a_log_writer_is_taken_over(command: str) -> None:
    """The place of its log is nobody's question then."""
    found = understand(command, environment={"HOME": "/root"})
    assert found.argv == ("x",)
    assert {one.code for one in found.findings} <= {"C415", "C420"}
    assert found.original == command


@pytest.mark.parametrize(
    "command", ["x | cronolog", "x | multilog t /a /b", "x | cronolog /l > /dev/null; cat /l", "cronolog /l"]
)
def test_a_log_writer_that_stays(command: str) -> None:
    assert "cronolog" in (text := understand(command).remaining) or "multilog" in text
