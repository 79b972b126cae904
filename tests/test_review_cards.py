"""Cards: when a job ran and will run, what moves, and columns that hold whatever is written in them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from converters.expressions.judgement import Place
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import parse_schedule
from converters.specs.text import ecs_text
from migrate.document.job import CommandRead, Wishes
from migrate.machine.clock import load_zone
from migrate.review.bases import load_bases
from migrate.review.book import Book, open_book
from migrate.review.cards import Row, card, changes, group, short
from migrate.review.carrying import decide_specs
from migrate.review.terminal import TerminalAsker
from migrate.review.times import next_runs, target_of
from migrate.workspace.decisions import Decisions
from tests.documents import job_of
from tests.review_world import NOW, job_named, scanned

TABLES = """\
*/7 * * * * /opt/often
30 2 * * * /opt/night
0 12 1 * 1 /opt/either
0 0 29 2 * /opt/leap
15 9 * * 1-5 /opt/weekdays
0 6 31 * * /opt/last
59 23 31 12 * /opt/year
"""


def book_of(tmp_path: Path, table: str = TABLES, *options: str, zone: str = "Europe/Berlin") -> Book:
    return open_book(scanned(tmp_path, table, "--image", "app:1", *options, zone=zone))


def test_the_next_runs_are_the_first_of_all(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    for job in book.jobs:
        found = next_runs(job, book.spec(job), NOW)
        assert found is not None
        zone = job.timezone
        place = Place(load_zone(zone), zone, Window(NOW + 1, NOW + 9 * 366 * 1440), DIALECTS["debian"])
        schedule = parse_schedule(job.schedule, DIALECTS["debian"])
        everything = listed(place.before(schedule), place.window)  # type: ignore[arg-type]
        assert found[0] == everything[:4] or (len(everything) < 4 and found[0][: len(everything)] == everything)
        assert all(run > NOW for runs in found for run in runs)


def test_the_card_shows_what_moves(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    january = int(datetime(2027, 1, 10, tzinfo=UTC).timestamp()) // 60
    july = int(datetime(2027, 7, 10, tzinfo=UTC).timestamp()) // 60
    night = job_named(book, "night")
    # The rule keeps UTC as it is in the longer part of the year, so winter differs.
    winter = {row.label: [line.plain for line in row.lines] for row in card(night, book, january)}
    assert winter["next runs"][0].split() == ["before", "after"]
    assert winter["next runs"][1] == "Sun 2027-01-10 02:30 CET  Sun 2027-01-10 01:30 CET"
    assert "moved" in winter["moves"][0] and "becomes" in winter["moves"][1]
    summer = {row.label: [line.plain for line in row.lines] for row in card(night, book, july)}
    assert summer["next runs"][0] == "Sat 2027-07-10 02:30 CEST"
    assert any(line.startswith("C301 ") for line in summer["findings"])
    book.settle({night.id: {"backend": "scheduler"}})
    decided = {row.label: [line.plain for line in row.lines] for row in card(night, book, january)}
    assert decided["next runs"][0] == "Sun 2027-01-10 02:30 CET"


@pytest.mark.parametrize("backend", ["rule", "seasonal", "scheduler", "auto"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Tokyo"])
def test_another_backend_is_what_a_scan_would_have_proposed(tmp_path: Path, backend: str, zone: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    proposed = book_of(tmp_path / "one", TABLES, "--backend", backend, zone=zone)
    other = book_of(tmp_path / "two", TABLES, "--backend", "scheduler" if backend == "rule" else "rule", zone=zone)
    for mine, theirs in zip(proposed.jobs, other.jobs, strict=True):
        found = target_of(theirs, other.document, backend)
        if found is None:
            # The same kind already, or there is no such way (seasonal rules in a zone without seasons, or too many).
            assert mine.target.backend == theirs.target.backend or not mine.target.expressions
        else:
            assert found.expressions == mine.target.expressions
            assert found == mine.target


def test_a_date_test_in_the_command_waits_for_the_scan(tmp_path: Path) -> None:
    book = book_of(tmp_path, '0 10 1-7 * * [ "$(date +\\%u)" = 1 ] && /opt/newsletter\n')
    job = book.jobs[0]
    assert target_of(job, book.document, "scheduler") is None
    assert next_runs(job, book.spec(job), NOW) is None
    assert "next runs" not in [row.label for row in card(job, book, NOW)]


def test_idioms_are_named_and_not_only_coloured(tmp_path: Path) -> None:
    book = book_of(tmp_path, "0 1 * * * cd /srv && flock -n /tmp/x timeout 60 bin/run >> /var/log/x.log 2>&1\n")
    rows = {row.label: [line.plain for line in row.lines] for row in card(book.jobs[0], book, NOW)}
    named = " | ".join(rows["idioms"])
    for words in ("flock -n /tmp/x", "timeout 60", "cd /srv", ">> /var/log/x.log 2>&1"):
        assert words in named
    line = next(row for row in card(book.jobs[0], book, NOW) if row.label == "line").lines[0]
    assert len({str(span.style) for span in line.spans}) >= 4


def test_nothing_in_a_line_reaches_the_terminal(tmp_path: Path) -> None:
    book = book_of(tmp_path, "0 1 * * * echo '\x1b[2J\x07' \u202e\u200b x\n")
    for row in [*card(book.jobs[0], book, NOW), *group(book.jobs, book)]:
        assert all(line.plain.isprintable() for line in row.lines)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_columns_hold_wide_characters(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = TerminalAsker()
    asker.out = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    asker.rows(
        [
            Row("次の実行", (Text("売上一覧と在庫の照合" * 8),)),
            Row("line", (Text("x" * 100),)),
            Row("移動", (Text("なし"),)),
        ]
    )
    rows = asker.out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert all(cell_len(row) <= width for row in rows)
    # Labels take eight columns and two between: the text begins in column 10 everywhere.
    for row in rows:
        label = set_cell_size(row, 10)
        assert label.strip() in ("", "次の実行", "line", "移動")
        assert not row[len(label) :].startswith(" ")


def test_a_group_is_one_line_a_job(tmp_path: Path) -> None:
    table = "".join(f"{n} 1 * * * /opt/集計{n} --{'対象' * 40}\n" for n in range(12))
    book = book_of(tmp_path, table)
    asker = TerminalAsker()
    asker.out = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    asker.rows(group(book.jobs, book))
    rows = asker.out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 9 and rows[-1].strip() == "and 4 more"
    assert all(cell_len(row) <= 80 for row in rows)


def test_short_places() -> None:
    assert short("/etc/crontab:3") == "/etc/crontab:3"
    assert short("/backup/servers/web1.example.com/etc/cron.d/app:12") == "…/etc/cron.d/app:12"


def test_a_long_diff_is_cut() -> None:
    before: dict[str, Any] = {"name": "a", "containers": [{"name": "app", "command": [f"x{n}" for n in range(30)]}]}
    after = {**before, "containers": [{"name": "app", "command": ["y"]}]}
    rows = changes(before, after)
    assert len(rows) == 17 and rows[-1][0] == "and 15 more lines"
    assert changes(before, before) == [] and changes(None, None) == []
    assert all(style in ("red", "green") for _line, style in rows[:-1])


def test_a_scan_heeds_the_decisions(tmp_path: Path) -> None:
    """What a scan does with its proposals before it writes them."""
    book = book_of(tmp_path)
    out = tmp_path / "migration"
    night, leap, often = (job_named(book, name) for name in ("night", "leap", "often"))
    book.settle({night.id: {"backend": "scheduler", "owner": "ops"}, leap.id: {"decision": "skip"}})
    proposals = [(book.name(job), book.base(job) or {}) for job in book.jobs]
    texts = decide_specs(out, book.document, proposals, Decisions.load(out))
    assert set(texts) == {name for name, _ in proposals} - {"leap"}
    assert 'timezone: "Europe/Berlin"' in texts["night"] and 'owner: "ops"' in texts["night"]
    assert texts["often"] == ecs_text(book.base(often) or {})
    assert list(load_bases(out)) == ["night"]
    # Without the decision the base is no longer remembered.
    book.undo({night.id: None})
    decide_specs(out, book.document, proposals, Decisions.load(out))
    assert load_bases(out) == {}


def test_older_documents_have_no_parts() -> None:
    data = {"id": "a", "line": "0 1 * * * x", "name": "x", "findings": [], "source": {"path": "p", "line": 1}}
    job = job_of(data)
    assert (job.where, job.user, job.command, job.wishes, job.history, job.framework) == (
        *("p:1", None, CommandRead(), Wishes(), None, None),
    )
