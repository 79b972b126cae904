"""The terminal's manners: widths, wide characters, colour, quiet, what is told on standard error, and start-up."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from migrate.terminal import console as terminal
from migrate.terminal.console import NG, OK, columns, item, note, padded, printable, say
from migrate.terminal.language import choose
from tests.cli import FIXTURES, ROOT, run

LEGACY = str(FIXTURES / "legacy-rails")
SCAN = (
    "scan",
    LEGACY,
    "--image",
    "app:1",
    "--timezone",
    "America/New_York",
    "--from",
    "2026-01-01",
    "--until",
    "2027-01-01",
)
ESCAPE = b"\x1b["


class Terminal:
    """What one command left on a terminal: cells as pyte's emulator has them, and the raw bytes."""

    def __init__(self, *arguments: str, cwd: Path, width: int = 80, **environment: str) -> None:
        clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LC_ALL", "FORCE_COLOR"}}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "migrate.cli", *arguments],
            cwd=str(cwd),
            dimensions=(50, width),
            timeout=120,
            env={**clean, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment},
        )
        self.raw: bytes = b""
        while child.expect_exact([b"[Y/n] ", pexpect.EOF]) == 0:  # the offer to review what is open
            self.raw += child.before + child.after
            child.sendline("n")
        self.raw += child.before
        child.close()
        self.code = child.exitstatus
        self.screen = pyte.Screen(width, self.raw.count(b"\n") + 3)
        pyte.ByteStream(self.screen).feed(self.raw)
        self.lines = [line.rstrip() for line in self.screen.display]

    def column(self, line: int, text: str) -> int:
        """The cell in which ``text`` begins; a wide character fills its cell and an empty one."""
        cells = [self.screen.buffer[line][x].data for x in range(self.screen.columns)]
        for start in range(len(cells)):
            if "".join(cells[start:]).startswith(text) and cells[start]:
                return start
        raise AssertionError(f"{text!r} is not in {''.join(cells)!r}")

    def line(self, start: str) -> int:
        return next(number for number, line in enumerate(self.lines) if line.startswith(start))


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 120])
def test_one_line_a_job_at_any_width(tmp_path: Path, width: int) -> None:
    shown = Terminal(*SCAN, cwd=tmp_path, width=width)
    assert shown.code == 0
    jobs = [line for line in shown.lines if re.match(r"(ok|review|blocked)  ", line)]
    assert len(jobs) == 24
    head = shown.line("status")
    for name in ("job", "schedule", "runs"):
        assert shown.column(head, name) > 0
    start = shown.column(head, "schedule")
    assert shown.column(shown.line("review   sessions-trim"), "@hourly") == start
    assert any("cron(" in line for line in jobs) == (width >= 120)


def test_wide_characters_align(tmp_path: Path) -> None:
    shown = Terminal(*SCAN, "--lang", "ja", cwd=tmp_path)
    head = shown.line("状態")
    exact = next(number for number, line in enumerate(shown.lines) if "@hourly" in line)
    moved = next(number for number, line in enumerate(shown.lines) if line.startswith("要判断") and " 移動 " in line)
    assert shown.column(exact, "@hourly") == shown.column(head, "スケジュール")
    assert shown.column(exact, "完全一致") == shown.column(moved, "移動") == shown.column(head, "実行")
    assert all(columns(line) <= 80 for line in shown.lines)


def test_findings_stand_below_their_job_and_wrap_at_words(tmp_path: Path) -> None:
    shown = Terminal(*SCAN, "--details", cwd=tmp_path, width=60)
    row = shown.line("review   mail-")
    below = [line for line in shown.lines[row + 1 : row + 12] if "cron(" not in line]
    assert below[0].startswith("         C")
    assert below[1].startswith("              ")
    assert "another offset: -1 h" in re.sub(r"\s+", " ", " ".join(below))


def test_a_clock_change_that_jobs_share_is_said_once_and_wraps_at_words(tmp_path: Path) -> None:
    shown = Terminal(*SCAN, cwd=tmp_path, width=60)
    row = shown.line("Said of several jobs")
    assert shown.lines[row + 1].startswith("  C301 ")
    assert shown.lines[row + 2].startswith("       ")
    assert "another offset: -1 h" in re.sub(r"\s+", " ", " ".join(shown.lines[row : row + 6]))


def test_every_expression_with_details(tmp_path: Path) -> None:
    shown = Terminal(*SCAN, "--details", cwd=tmp_path)
    document = json.loads((tmp_path / "migration/report.json").read_text(encoding="utf-8"))
    text = re.sub(r"\s+", " ", " ".join(shown.lines))
    for job in document["jobs"]:
        for expression in job["target"]["expressions"]:
            assert expression in text


def test_without_a_terminal_no_line_is_wrapped(tmp_path: Path) -> None:
    lines = run(*SCAN, cwd=tmp_path, env={"COLUMNS": "60"}).out.splitlines()
    document = json.loads((tmp_path / "migration/report.json").read_text(encoding="utf-8"))
    for job in document["jobs"]:
        for finding in job["findings"]:
            if finding["severity"] != "info" and finding["code"] != "C494":
                assert any(f"{finding['code']} {finding['message']}" in line for line in lines)


# --- colour -----------------------------------------------------------------------------------------------------------


def test_colour_is_never_the_only_sign(tmp_path: Path) -> None:
    coloured = Terminal(*SCAN, cwd=tmp_path)
    plain = Terminal(*SCAN, cwd=tmp_path, NO_COLOR="1")
    dumb = Terminal(*SCAN, cwd=tmp_path, TERM="dumb")
    assert ESCAPE in coloured.raw
    assert ESCAPE not in plain.raw
    assert ESCAPE not in dumb.raw
    jobs = [[line for line in one.lines if re.match(r"(ok|review|blocked)  ", line)] for one in (coloured, plain, dumb)]
    assert jobs[0] == jobs[1] == jobs[2]


def test_an_empty_no_color_counts_for_nothing(tmp_path: Path) -> None:
    assert ESCAPE in Terminal(*SCAN, cwd=tmp_path, NO_COLOR="").raw


# --- quiet, verbose, JSON lines ---------------------------------------------------------------------------------------


def test_quiet_when_all_is_well(tmp_path: Path) -> None:
    options = ("--image", "app:1", "--timezone", "Asia/Tokyo", "--quiet")
    asked = run("scan", "-", *options, cwd=tmp_path, data=b"0 5 * * * /app/x\n")
    assert [line.split()[0] for line in asked.out.splitlines()] == ["status", "review"]
    run("review", "--accept-defaults", cwd=tmp_path)
    well = run("scan", "-", *options, cwd=tmp_path, data=b"0 5 * * * /app/x\n")
    assert (well.code, well.out, well.err) == (0, "", "")
    assert (tmp_path / "migration/report.json").exists()
    some = run("-q", "scan", "-", *options[:-1], cwd=tmp_path, data=b"0 5 * * * /app/x\n@reboot /app/other\n")
    assert [line.split()[0] for line in some.out.splitlines()] == ["status", "blocked", "C201"]


def test_quiet_tells_of_problems(tmp_path: Path) -> None:
    result = run("scan", "-", "--quiet", cwd=tmp_path, data=b"60 5 * * * true\n")
    assert "C101" in result.out
    assert "read:" not in result.out


def test_verbose(tmp_path: Path) -> None:
    for arguments in (["-v", "explain", "C301"], ["explain", "C301", "--verbose"]):
        result = run(*arguments, cwd=tmp_path)
        assert result.out.startswith("C301")
        assert re.fullmatch(r"cron2fargate: ended exit_code=0 seconds=[\d.]+\n", result.err)
    assert run("explain", "C301", cwd=tmp_path).err == ""


@pytest.mark.parametrize(
    "arguments", [["--log-format", "json", "explain", "Z999"], ["explain", "Z999", "--log-format", "json"]]
)
def test_errors_as_json_lines(tmp_path: Path, arguments: list[str]) -> None:
    result = run(*arguments, cwd=tmp_path)
    failed, ended = (json.loads(line) for line in result.err.splitlines())
    assert result.code == 2
    assert (failed["level"], failed["event"], failed["exit_code"], failed["command"]) == (
        "error",
        "failed",
        2,
        "explain",
    )
    assert failed["message"].startswith("Z999: there is no such code")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", failed["time"])
    assert (ended["level"], ended["event"], ended["exit_code"]) == ("info", "ended", 2)


def test_usage_errors_are_one_line(tmp_path: Path) -> None:
    for arguments in (["scn"], ["scan", "--nothing"], ["explain"], ["--lang"], ["scan", "--format", "xml"]):
        result = run(*arguments, cwd=tmp_path)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert re.match(r"cron2fargate: .*\(see 'cron2fargate( \w+)? --help'\)$", result.err.strip())
    asked = run("--log-format", "json", "scan", "--nothing", cwd=tmp_path)
    assert [json.loads(line)["event"] for line in asked.err.splitlines()] == ["failed", "ended"]


def test_no_secret_and_no_control_character_in_what_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "from migrate.terminal import log, console\n"
        "import sys\n"
        "log.form.format = sys.argv[1]\n"
        "console.manner.verbose = True\n"
        "log.log('called', command='mysqldump -u root -ps3cr3tPassw0rd shop', name='a\\x1b[31mb\\u202e', runs=3, all=['x'])\n"
    )
    for form in ("text", "json"):
        subprocess.run([sys.executable, "-c", code, form], cwd=ROOT, check=True)
        told = capfd.readouterr().err
        assert "s3cr3t" not in told
        assert "\x1b" not in told
        assert "\u202e" not in told
        assert told.count("\n") == 1
    assert json.loads(told) | {"time": ""} == {
        "time": "",
        "level": "info",
        "event": "called",
        "command": "mysqldump -u root -p**** shop",
        "name": "a\x1b[31mb\u202e",
        "runs": 3,
        "all": ["x"],
    }


def test_calls_of_aws_are_told_without_what_was_sent(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import boto3, moto\n"
        "from migrate.terminal import log\n"
        "log.form.format = 'json'\n"
        "with moto.mock_aws():\n"
        "    client = boto3.client('events', region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b')\n"
        "    log.tell_calls(client)\n"
        "    client.put_rule(Name='planted', ScheduleExpression='rate(1 hour)')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    told = capfd.readouterr().err
    assert "planted" not in told
    (line,) = [json.loads(line) for line in told.splitlines()]
    assert (line["event"], line["service"], line["operation"], line["status"]) == ("called", "events", "PutRule", 200)


def test_an_error_cannot_steer_the_terminal(tmp_path: Path) -> None:
    result = run("scan", "no\x1b[31msuch\u202e", cwd=tmp_path)
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err
    assert "\\x1b[31m" in result.err


def test_a_terminal_that_lacks_characters(tmp_path: Path) -> None:
    """Not every terminal speaks UTF-8; what it lacks is spelled out."""
    line = "0 5 * * * echo 予約 >/dev/null # é\n@reboot x\n".encode()
    for encoding in ("ascii", "euc_jp"):
        result = subprocess.run(
            [sys.executable, "-m", "migrate.cli", "scan", "-", "--details", "--lang", "ja"],
            cwd=tmp_path,
            input=line,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert ("状態" if encoding == "euc_jp" else "\\u72b6\\u614b") in result.stdout.decode(encoding)


# --- the parts --------------------------------------------------------------------------------------------------------


def _console(width: int = 40, *, wraps: bool = True) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, soft_wrap=not wraps, color_system=None), out


def test_a_sentence_hangs() -> None:
    console, out = _console(30)
    say(console, "C301 runs that move with the clocks of the zone", indent=2, hang=5)
    assert out.getvalue() == "  C301 runs that move\n       with the clocks of the\n       zone\n"


def test_an_item_has_its_sign_first() -> None:
    console, out = _console(26)
    item(console, OK, "log group is there")
    item(console, NG, "role is not there, make it")
    assert out.getvalue() == "  OK    log group is there\n  NG    role is not there,\n        make it\n"
    choose("ja")
    console, out = _console(wraps=False)
    item(console, OK, "x")
    item(console, terminal.WARN, "y")
    assert [columns(line) for line in out.getvalue().splitlines()] == [9, 9]


def test_a_note_is_not_said_when_quiet() -> None:
    console, out = _console()
    terminal.manner.quiet = True
    note(console, "all is well")
    assert out.getvalue() == ""
    terminal.manner.quiet = False
    note(console, "all is well")
    assert out.getvalue() == "all is well\n"


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0xFFFF)), st.integers(2, 40))
def test_padded_to_the_column(text: str, width: int) -> None:
    assert columns(padded(text, width)) == width
    if columns(text) <= width:
        assert padded(text, width).startswith(text)


@given(st.text())
def test_printable(text: str) -> None:
    shown = printable(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)
    assert shown.count("\n") == text.count("\n")


# --- start-up ---------------------------------------------------------------------------------------------------------


def test_nothing_heavy_is_loaded_to_begin() -> None:
    heavy = ["babel", "boto3", "jinja2", "logging", "moto", "pydantic", "questionary", "rich", "tree_sitter", "yaml"]
    code = "import sys, migrate.cli, migrate.terminal.language; migrate.terminal.language.choose('en'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert set(heavy) & set(done.stdout.split()) == set()
