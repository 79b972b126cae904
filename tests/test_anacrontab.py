"""anacron's table: its grammar, judged by the real program where it is installed, and the times its jobs come to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule
from converters.tables.anacrontab import AnacronJob, Anacrontab, Flavour, clock_range, flavour_shown, nearest, read
from tests.effort import examples

# One line of a table, what it is for Debian's anacron and for cronie's.
LINES = r"""
1 5 cron.daily run-parts /etc/cron.daily     | job         | job
	7	10	w	x                                | job         | job
@monthly 15 m x                              | job         | job
@monthlyish 15 m x                           | job         | job
@monthl 15 m x                               | job         | invalid
@yearly 5 y x                                | job         | job
@annually 5 y x                              | invalid     | job
@daily 5 d x                                 | invalid     | job
@weekly 5 w x                                | invalid     | job
@hourly 5 h x                                | invalid     | invalid
0 5 always x                                 | job         | job
2147483647 0 j x                             | job         | job
2147483648 0 j x                             | invalid     | invalid
1 99999999999999999999999 j x                | invalid     | invalid
1 5 a/b x                                    | invalid     | invalid
1 5 x                                        | invalid     | invalid
1 5m x y                                     | invalid     | invalid
-1 5 x y                                     | invalid     | invalid
17 * * * * root x                            | invalid     | invalid
# 1 5 x y                                    | comment     | comment
    # x                                      | comment     | comment
                                             | blank       | blank
A=1                                          | environment | environment
A = b c # d                                  | environment | environment
1=1                                          | environment | environment
A B=1                                        | invalid     | invalid
=1                                           | invalid     | invalid
RANDOM_DELAY=45                              | environment | environment
RANDOM_DELAY = 45                            | environment | invalid
RANDOM_DELAY=x                               | environment | invalid
START_HOURS_RANGE=3-22                       | environment | environment
START_HOURS_RANGE=3                          | environment | invalid
START_HOURS_RANGE=22-3                       | environment | invalid
PREFERRED_HOUR=25                            | environment | invalid
PREFERRED_HOUR=x                             | environment | environment
"""


@pytest.mark.parametrize("row", LINES.strip("\n").split("\n"))
def test_lines(row: str) -> None:
    text, debian, cronie = (part.rstrip(" ") for part in row.split("|"))
    flavours: list[Flavour] = ["debian", "cronie"]
    for flavour, wanted in zip(flavours, (debian.strip(), cronie.strip()), strict=True):
        table = read(f"{text}\n", flavour)
        assert [line.kind for line in table.lines] == [wanted]
        assert len(table.jobs) == (wanted == "job")
        assert (table.lines[0].fault is not None) == (wanted == "invalid")


def job_of(text: str, flavour: Flavour = "debian") -> AnacronJob:
    (job,) = read(text, flavour).jobs
    return job


def test_a_job() -> None:
    table = "MAILTO=a@example.com\n1 5 one x\nMAILTO=\nA = b  c \n@monthly\t15\ttwo\tnice  y 'z' # %\n"
    one, two = read(table, "debian").jobs
    assert (one.line, one.period, one.delay, one.identifier, one.command) == (2, 1, 5, "one", "x")
    assert dict(one.environment) == {"MAILTO": "a@example.com"}
    assert (two.line, two.period, two.delay, two.command) == (5, "monthly", 15, "nice  y 'z' # %")
    assert dict(two.environment) == {"MAILTO": "", "A": " b  c "}  # blanks behind = belong to the value


def test_continued_lines() -> None:
    table = read("1 5 one x \\\n  --more\\\n\n# a comment \\\n2 5 not x\n3 5 three y\n", "debian")
    assert [(line.number, line.kind, line.continues) for line in table.lines] == [
        *((1, "job", False), (2, "job", True), (3, "job", True)),
        *((4, "comment", False), (5, "comment", True), (6, "job", False)),
    ]
    assert [(job.line, job.command) for job in table.jobs] == [(1, "x    --more\n"), (6, "y")]


def test_backslashes() -> None:
    """Debian's reader drops every backslash of a line; cronie's only those that continue it."""
    text = "1 5 one sed 's/a\\.b/c/' \\\n x\n"
    assert job_of(text).command == "sed 's/a.b/c/'   x"
    assert job_of(text, "cronie").command == "sed 's/a\\.b/c/'   x"


def test_random_delay_counts_from_where_it_stands_and_hours_for_all() -> None:
    table = read("1 5 a x\nRANDOM_DELAY=45\n1 5 b x\nRANDOM_DELAY=6\n1 5 c x\nSTART_HOURS_RANGE=3-22\n", "cronie")
    assert [job.random for job in table.jobs] == [0, 45, 6]
    assert table.hours == (3, 22)
    assert read("RANDOM_DELAY=45\n1 5 b x\n", "debian").jobs[0].random == 0


def test_whose_table_it_is() -> None:
    assert flavour_shown("RANDOM_DELAY=45\n") == "cronie"
    assert flavour_shown("@daily 5 x y\n") == "cronie"
    assert flavour_shown("# RANDOM_DELAY=45\n@monthly 5 x run-parts --report /etc/cron.monthly\n") is None


# period delay   whose table       last run    nearest                       starts
TIMES = """
1        5       debian            -           35 7 * * *                    07:35 to 07:40
1        0       debian            -           30 7 * * *                    07:30 to 07:35
7        10      debian            -           40 7 * * 0                    07:40 to 07:45
7        10      debian            2026-11-18  40 7 * * 3                    07:40 to 07:45
7        1000    debian            2026-11-18  10 0 * * 4                    00:10 to 00:15
@monthly 15      debian            -           45 7 1 * *                    07:45 to 07:50
@monthly 15      debian            2026-11-18  45 7 18 * *                   07:45 to 07:50
@monthly 15      debian            2026-10-31  45 7 28 * *                   07:45 to 07:50
@yearly  20      debian            2026-03-09  50 7 9 3 *                    07:50 to 07:55
0        15      debian            -           45 7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23 * * *  07:45 to 23:50
2        5       debian            -           35 7 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 * *  07:35 to 07:40
10       5       debian            -           35 7 1,11,21 * *              07:35 to 07:40
14       5       debian            -           35 7 1,15 * *                 07:35 to 07:40
60       5       debian            -           35 7 1 1,3,5,7,9,11 *         07:35 to 07:40
1000     5       debian            -           35 7 1 1 *                    07:35 to 07:40
1        5       cronie            -           6 0 * * *                     00:06
1        5       cronie,3-22       -           6 3 * * *                     03:06
1        5       cronie,3-22,r45   -           6 3 * * *                     03:06 to 03:51
7        25      cronie,3-22,r45   -           26 3 * * 0                    03:00 to 04:11
@daily   90      cronie,3-22       -           31 3 * * *                    03:31
1        5       cronie,3-22,p14   -           6 14 * * *                    14:06
1        5       cronie,3-3        -           -                             -
1        5       cronie,3-22,p23   -           -                             -
"""


@pytest.mark.parametrize("row", TIMES.strip("\n").split("\n"))
def test_times(row: str) -> None:
    period, delay, whose, last, fields, starts = re.split(r"  +", re.sub(r"^(\S+) +(\S+) ", r"\1  \2  ", row))
    flavour, *limits = whose.split(",")
    steering = {"r": "RANDOM_DELAY={}", "p": "PREFERRED_HOUR={}"}
    lines = [steering[one[0]].format(one[1:]) if one[0] in steering else f"START_HOURS_RANGE={one}" for one in limits]
    table = read("\n".join([*lines, f"{period} {delay} id x", ""]), "cronie" if flavour == "cronie" else "debian")
    found = nearest(table.jobs[0], table, None if last == "-" else date.fromisoformat(last))
    assert found.fields == (None if fields == "-" else fields)
    if found.fields is not None:
        assert clock_range(found) == starts


@given(st.integers(0, 800), st.integers(0, 5000), st.sampled_from(["debian", "cronie"]), st.dates(date(2000, 1, 1)))
@examples(200)
def test_what_comes_nearest_is_as_frequent(period: int, delay: int, flavour: Flavour, last: date) -> None:
    table = read(f"{period} {delay} id x\n", flavour)
    fields = nearest(table.jobs[0], table, last).fields
    assert fields is not None
    schedule = parse_schedule(fields, DIALECTS["debian"])
    assert isinstance(schedule, Schedule)
    assert schedule.notes == ()
    assert not schedule.never
    assert all(parse_schedule(fields, DIALECTS[name]) == schedule for name in ("cronie", "openbsd"))
    a_century = (1 << 36525) - 1
    dates = (schedule.days() >> 365 * 40 & a_century).bit_count()
    if period > 365:
        assert dates == 100
    elif period:
        # Months are uneven and begin anew: half as much again in either direction is the most that is lost.
        assert 1 / 1.45 <= dates / (36525 / period) <= 1.45


BITS = [
    "1",
    "7",
    "0",
    "@monthly",
    "@daily",
    "@month",
    "2147483648",
    "5",
    "a/b",
    "A=1",
    "A =",
    "=",
    "#",
    "x",
    "\\",
    "\r",
    "é",
]
ROW = st.lists(st.sampled_from(BITS), max_size=6).map(" ".join)
TABLE = st.lists(
    st.tuples(st.sampled_from(["", "\t", "1 5 id ", "@monthly 5 "]), ROW, st.sampled_from(["", "", "\\", " \\"]))
)
TEXT = st.tuples(TABLE, st.sampled_from(["\n", ""])).map(lambda t: "\n".join(map("".join, t[0])) + t[1])


@given(TEXT)
@example("")
@example("\\")
@example("\\\n")
@example("\\\n\n")
@examples(100)
def test_every_physical_line_is_counted_once(text: str) -> None:
    rows = text.split("\n")[: None if text and not text.endswith("\n") else -1]
    flavours: list[Flavour] = ["debian", "cronie"]
    for flavour in flavours:
        table: Anacrontab = read(text, flavour)
        assert [line.text for line in table.lines] == rows
        assert [line.number for line in table.lines] == list(range(1, len(rows) + 1))
        first = {line.number for line in table.lines if line.kind == "job" and not line.continues}
        assert first == {job.line for job in table.jobs}


@pytest.mark.real
def test_anacron_itself_refuses_the_same_lines(tmp_path: Path) -> None:
    """``anacron -T`` complains once for each logical line it skips (Debian's package ``anacron``)."""
    anacron = shutil.which("anacron") or shutil.which("/usr/sbin/anacron")
    if anacron is None:
        if os.environ.get("CI"):
            pytest.fail("the package anacron is missing")
        pytest.skip("anacron is not installed")

    @given(TEXT)
    @examples(400, database=None)
    def compare(text: str) -> None:
        (tmp_path / "table").write_text(text, encoding="utf-8", newline="")
        done = subprocess.run(
            [anacron, "-T", "-t", str(tmp_path / "table"), "-S", str(tmp_path)],
            capture_output=True,
            text=True,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            check=False,
        )
        refused = sum(1 for line in read(text, "debian").lines if line.fault is not None)
        assert done.stderr.count("skipping") == refused, (text, done.stderr)

    compare()
