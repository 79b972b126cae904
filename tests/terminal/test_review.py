"""The review, screen by screen, in a real terminal: keys, interruption, resize, and going on after each."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.review.book import open_book
from migrate.workspace.decisions import Decisions
from tests.cli import ROOT
from tests.review_world import asked, scanned
from tests.terminal.screen import CTRL_C, CTRL_D, CTRL_U, DOWN, ENTER, ESC, F1, F3, F5, UP, Terminal

pytestmark = pytest.mark.real

FATE = "? warm-cache: schedule that never comes. What becomes of it?"
LIMIT = "? notify: a run holds a lock; after how long is it ended?"
IMAGE = "? Image for all 3 Rails jobs?"
Start = Callable[..., Terminal]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the review on a terminal; every process is gone at the end."""
    begun: list[Terminal] = []

    def make(*args: str, crontab: str | None = None, **options: Any) -> Terminal:
        if not (tmp_path / "migration").exists():
            scanned(tmp_path, *([crontab] if crontab else []))
        begun.append(Terminal("review", *args, cwd=tmp_path, **options))
        return begun[-1]

    yield make
    for terminal in begun:
        terminal.close()


def decided(tmp_path: Path) -> dict[str, dict[str, Any]]:
    decisions = Decisions.load(tmp_path / "migration")
    names = {job.id: job.name for job in open_book(tmp_path / "migration").jobs}
    return {
        names[job_id]: {
            key: value
            for key, value in decisions.get(job_id).plain().items()
            if key not in ("line", "acceptedAs", "takenAs")
        }  # type: ignore[union-attr]
        for job_id in decisions
    }


def test_screen_by_screen(start: Start, tmp_path: Path) -> None:
    terminal = start(lines=30)
    terminal.see(FATE, "q quit")
    where = f"from      …/{'/'.join((tmp_path / 'crontab').parts[-3:])}:6"
    shown = [row for row in terminal.rows if row]
    assert shown[0] == "warm-cache · question 1 of 7 " + "─" * 51
    assert shown[1].startswith(where[:20])
    rest = shown[next(n for n, row in enumerate(shown) if row.startswith("line")) :]
    assert rest == [
        "line      0 0 30 2 * /usr/local/bin/warm-cache",
        "in words  never: no date matches",
        "findings  C203 `0 0 30 2 *` matches no date that exists, so it has never run",
        FATE,
        " > 1) skip: it is not moved, and ends with the server",
        "   2) keep on the host: it stays in its crontab; nothing is made on AWS",
        "   ? explain  e edit as text  c cards  l later  q quit",
    ]
    terminal.keys(DOWN, UP, DOWN, ENTER)
    terminal.see(LIMIT, "b back")
    assert f"{FATE}\n  keep on the host\n  no ecs.yml is proposed for warm-cache" in terminal.text
    assert "next runs" in terminal.text and "JST" in terminal.text and "C418" in terminal.text
    assert " > 1) after 15 min: by how often it starts; nothing was measured" in terminal.text
    terminal.keys(ENTER)
    terminal.see(IMAGE, "^C quit")
    assert "  notify/ecs.yml\n  +timeout: 900" in terminal.text
    assert re.search(r"jobs  notify         \*/5 \* \* \* \*  bundle exec rails runner", terminal.text)
    terminal.keys("registry.example.com/app:1", ENTER)
    terminal.see("? post-ledger: which image? [registry.example.com/app:1]")
    assert "  -  image: CHANGE_ME\n  +  image: registry.example.com/app:1\n  and in 2 more jobs" in terminal.text
    terminal.keys(ENTER)
    terminal.see("how much CPU and memory?")
    terminal.keys(ENTER)
    terminal.see("what starts their tasks?")
    terminal.keys(ENTER)
    terminal.see("who owns them?")
    terminal.keys("2", ENTER)
    terminal.see("a team or a person")
    terminal.keys("web team", ENTER)
    terminal.see("Nothing is open.", "4 ecs.yml written")
    assert terminal.end() == 0
    assert asked(open_book(tmp_path / "migration")) == []
    assert decided(tmp_path)["post-ledger"]["image"] == "registry.example.com/app:1"
    assert "image: registry.example.com/app:1" in (tmp_path / "migration/jobs/post-ledger/ecs.yml").read_text()


def test_explain_back_and_one_by_one(start: Start, tmp_path: Path) -> None:
    terminal = start()
    terminal.see(FATE)
    terminal.keys("?")
    terminal.see("drop it, or say when it should.")
    terminal.keys(ENTER)
    terminal.see(LIMIT)
    terminal.keys("b")
    terminal.see(FATE, "question 1 of 7")
    assert decided(tmp_path) == {}
    terminal.keys("l")
    terminal.see(LIMIT, "Left open: warm-cache")
    terminal.keys("2", ENTER)
    terminal.see("? after another time (seconds, or 20m, 2h) [900]", "Tab edit [ ]")
    terminal.keys("soon", ENTER)
    terminal.see("soon is not a time; write seconds, or 20m, 2h")
    terminal.keys(ENTER)
    terminal.see("? after another time (seconds, or 20m, 2h) soon")
    terminal.keys(CTRL_U, ESC)
    terminal.see(" > 2) after another time")
    terminal.keys(ENTER)
    terminal.rest()
    terminal.keys(CTRL_U, "20m", ENTER)
    terminal.see(IMAGE)
    assert decided(tmp_path)["notify"] == {"timeout": 1200}
    terminal.keys("?")
    terminal.see("A tag that is never moved")
    terminal.keys(F3)
    terminal.see("? notify: which image?", "^C quit")
    terminal.keys(F1)
    terminal.see("which image?")
    terminal.keys("a:1", ENTER)
    terminal.see("? reports-daily: which image? [a:1]")
    terminal.keys(ESC)
    terminal.until(lambda: "image" not in decided(tmp_path)["notify"], "the answer taken back")
    terminal.until(
        lambda: terminal.text.rstrip().split("\n")[-2:][0].startswith("? notify: which image?"),
        "the question asked again",
    )
    terminal.keys(CTRL_D)
    terminal.see("questions are left open")
    assert terminal.end() == 0


def test_l_and_f5_leave_for_later_and_ctrl_d_ends(start: Start, tmp_path: Path) -> None:
    terminal = start()
    terminal.see(FATE)
    terminal.keys("l")
    terminal.see(LIMIT)
    terminal.keys("2", ENTER)
    terminal.see("after another time (")
    terminal.keys(F5)
    terminal.see(IMAGE)
    terminal.keys("half typed", CTRL_D)
    terminal.see("7 questions are left open; cron2fargate review goes on from here")
    assert terminal.end() == 0
    assert decided(tmp_path) == {}
    again = start()
    again.see(FATE)
    again.keys(ENTER)
    again.see(LIMIT)
    again.keys(CTRL_D)
    assert again.end() == 0
    assert decided(tmp_path) == {"warm-cache": {"decision": "skip"}}


@pytest.mark.parametrize("typing", [False, True])
def test_ctrl_c_ends_and_keeps_what_was_answered(start: Start, tmp_path: Path, typing: bool) -> None:
    terminal = start()
    terminal.see(FATE)
    terminal.keys(ENTER)
    terminal.see(LIMIT)
    if typing:
        terminal.keys("2", ENTER)
        terminal.see("after another time (")
        terminal.keys("20")
    terminal.keys(CTRL_C)
    terminal.see("questions are left open; cron2fargate review goes on from here")
    assert terminal.end() == 0
    assert decided(tmp_path) == {"warm-cache": {"decision": "skip"}}


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_killed_half_way_it_goes_on_where_it_was(start: Start, tmp_path: Path, stop: signal.Signals) -> None:
    terminal = start()
    terminal.see(FATE)
    terminal.keys(ENTER)
    terminal.see(LIMIT)
    terminal.keys(ENTER)
    terminal.see(IMAGE)
    terminal.keys("registry.exam")
    terminal.process.kill(stop)
    terminal.end()
    assert decided(tmp_path) == {"warm-cache": {"decision": "skip"}, "notify": {"timeout": 900}}
    again = start()
    again.see(IMAGE, "question 1 of 5")
    again.keys(CTRL_D)
    assert again.end() == 0
    assert "timeout: 900" in (tmp_path / "migration/jobs/notify/ecs.yml").read_text()


def test_resized_while_it_asks(start: Start, tmp_path: Path) -> None:
    terminal = start(columns=120, lines=40)
    terminal.see(FATE)
    terminal.resize(60, 40)
    terminal.rest()
    terminal.keys(DOWN)
    kept = " > 2) keep on the host: it stays"
    terminal.until(lambda: any(row.startswith(kept) for row in terminal.rows), kept)
    terminal.keys(ENTER)
    terminal.see("notify: a run holds a lock", "q quit")
    # What comes after the resize keeps to the new width: rules and cards end where the screen does.
    assert any(row.startswith("notify · ") and row.endswith("─") and len(row) == 60 for row in terminal.rows), (
        terminal.text
    )
    assert sum(row.lstrip().startswith(("1)", "> 1)")) for row in terminal.rows) == 1
    terminal.resize(100, 40)
    terminal.rest()
    terminal.keys(ENTER)
    terminal.see(IMAGE)
    terminal.resize(70, 40)
    terminal.rest()
    terminal.keys("a:1", ENTER)
    terminal.see("post-ledger: which image?")
    terminal.keys(CTRL_D)
    assert terminal.end() == 0
    assert decided(tmp_path)["notify"] == {"timeout": 900, "image": "a:1", "accepted": ["C494"]}


@pytest.mark.parametrize("columns", [40, 80])
def test_a_narrow_terminal_shows_every_choice(start: Start, columns: int) -> None:
    terminal = start(columns=columns, lines=40)
    terminal.see("1) skip", "2) keep on the host", "q quit")
    terminal.keys("q")
    assert terminal.end() == 0


COLOURS = re.compile(rb"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")


def test_colours_and_no_colours(start: Start) -> None:
    terminal = start()
    terminal.see(FATE)
    terminal.keys("q")
    terminal.end()
    assert COLOURS.search(terminal.raw)
    terminal = start(env={"NO_COLOR": "1"})
    terminal.see(" > 1) skip")
    terminal.keys("q")
    terminal.end()
    assert not COLOURS.search(terminal.raw), COLOURS.search(terminal.raw)


JAPANESE = "15 4 * * * /usr/local/bin/集計 --対象 '東京支店の売上一覧と在庫の照合、四半期ごとの締め処理' || true\n"


def test_wide_characters_stay_in_their_columns(start: Start) -> None:
    terminal = start(crontab=JAPANESE, lines=30)
    terminal.see("q quit")
    rows = terminal.rows
    first = next(n for n, row in enumerate(rows) if row.startswith("line "))
    last = next(n for n, row in enumerate(rows) if row.startswith("in words"))
    column = rows[first].index("15 4")
    text = "".join(row[column:] for row in rows[first:last]).replace(" ", "")
    assert "東京支店の売上一覧と在庫の照合、四半期ごとの締め処理" in text
    # Continued lines begin in the column of the text, not of the labels.
    assert last > first + 1
    assert all(row.startswith(" " * column) and row[column] != " " for row in rows[first + 1 : last])
    terminal.keys("q")
    assert terminal.end() == 0


def test_plain_mode_moves_no_cursor(start: Start, tmp_path: Path) -> None:
    terminal = start("--plain")
    terminal.see("Number [1]:")
    terminal.keys("?\r")
    terminal.see("drop it, or say when it should.")
    terminal.keys("1\r")
    terminal.see("Question: notify: a run holds a lock")
    terminal.keys(":l\r")
    terminal.see("Question: Image for all 3 Rails jobs?")
    terminal.keys("a:1\r")
    terminal.see("Question: post-ledger: which image?")
    terminal.keys(CTRL_D)
    assert terminal.end() == 0
    assert b"\x1b" not in terminal.raw
    assert decided(tmp_path)["warm-cache"] == {"decision": "skip"}
    assert decided(tmp_path)["notify"] == {"image": "a:1", "accepted": ["C494"]}


def test_a_dumb_terminal_is_plain_by_itself(start: Start) -> None:
    terminal = start(env={"TERM": "dumb"})
    terminal.see("Number [1]:")
    terminal.keys("q\r")
    assert terminal.end() == 0
    assert b"\x1b" not in terminal.raw


def test_an_editor(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "my editor"
    script.write_text("#!/bin/sh\nprintf 'decision: skip\\nnote: edited\\n' >> \"$1\"\n")
    script.chmod(0o755)
    terminal = start(env={"EDITOR": f"'{script}'"})
    terminal.see(FATE)
    terminal.keys("e")
    terminal.see(LIMIT)
    terminal.keys("q")
    assert terminal.end() == 0
    assert decided(tmp_path)["warm-cache"] == {"decision": "skip", "note": "edited"}


OFFER = (
    "from pathlib import Path; from migrate.review.sitting import offer_review; print(offer_review(Path('migration')))"
)


@pytest.mark.parametrize(("typed", "taken"), [("n\r", False), (CTRL_C, False), (CTRL_D, False), ("\r", True)])
def test_the_offer_after_a_scan(tmp_path: Path, typed: str, taken: bool) -> None:
    scanned(tmp_path)
    terminal = Terminal(cwd=tmp_path, program=[sys.executable, "-c", OFFER])
    try:
        terminal.see("7 questions are open. Review them now? [Y/n]")
        terminal.keys(typed)
        if taken:
            terminal.see(FATE)
            terminal.keys("q")
        else:
            terminal.see("Later: cron2fargate review --out migration")
        assert terminal.end() == 0
        assert str(taken) in terminal.text.split("\n")[-1]
    finally:
        terminal.close()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_tmux(tmp_path: Path) -> None:
    scanned(tmp_path)
    socket = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}
    environment.pop("TMUX", None)

    def tmux(*words: str) -> str:
        return subprocess.run([*socket, *words], env=environment, capture_output=True, check=True, text=True).stdout

    def see(text: str) -> str:
        end = time.monotonic() + 60
        while text not in (screen := tmux("capture-pane", "-p", "-t", "r")):
            assert time.monotonic() < end, screen
            time.sleep(0.1)
        return screen

    command = f"cd '{tmp_path}' && '{sys.executable}' -m migrate.cli review; echo ended; exec cat"
    tmux("new-session", "-d", "-s", "r", "-x", "80", "-y", "30", command)
    try:
        assert " > 1) skip" in see("q quit")
        tmux("send-keys", "-t", "r", "Down")
        see(" > 2) keep")
        tmux("resize-window", "-t", "r", "-x", "100", "-y", "40")
        tmux("send-keys", "-t", "r", "Enter")
        see(LIMIT)
        tmux("send-keys", "-t", "r", "l")
        see(IMAGE)
        tmux("send-keys", "-t", "r", "C-c")
        see("ended")
        assert decided(tmp_path) == {"warm-cache": {"decision": "keep"}}
    finally:
        tmux("kill-server")


def test_enter_alone_settles_nothing_that_cannot_be_right(start: Start, tmp_path: Path) -> None:
    terminal = start(crontab="0 5 * * * curl -fsS http://localhost:9200/_snapshot/nightly\n")
    terminal.see("no answer yet: choose one", "1) yes, take it as it is")
    terminal.keys(ENTER, ENTER, ENTER)
    terminal.rest()
    terminal.see(" > -) no answer yet: choose one")
    assert not (tmp_path / "migration/review.yml").exists()
    terminal.keys("2", ENTER)
    terminal.see("skip")
    terminal.keys("q")
    assert terminal.end() == 0
    (found,) = decided(tmp_path).values()
    assert found == {"decision": "skip"}
