# ruff: noqa: E501 - a vector stands in one line
"""Tests of the date in every form: what becomes of them, what they say at a moved start, and real shells as the judge."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from converters.commands.command import Understanding, understand
from converters.commands.narrowing import narrowed
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.skipping import skips_succeed
from converters.expressions.judgement import Judgement, Place
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.date_output import ALPINE, DEBIAN, FREEBSD, OPENBSD, RED_HAT, World
from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read
from tests.cli import run
from tests.command.date_world import COMMANDS, INSTANTS, Maker, differences
from tests.command.world import faketime_library


def codes(found: Understanding) -> set[str]:
    return {finding.code for finding in found.findings} & {"C440", "C441", "C442", "C443", "C447", "C450", "C459"}


# What is taken over, and what is said of the rest. The shells split what stands unquoted.
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("[ $(date +%e) = 1 ] && x", {"C440"}),
        ("[ `date +%e` = 1 ] && x", {"C440"}),
        ("test $(date +%e) = 1 && x", {"C440"}),
        ("[ $(date +%_d) = 1 ] && x", {"C440"}),
        ('[ "$(date +%e)" = 1 ] && x', {"C442"}),
        ('[ "$(date +%e)" = " 1" ] && x', {"C440"}),
        ("[ $(date +%e) = ' 1' ] && x", {"C442"}),
        ("[ \"$(date +%e)\" -eq 1 ] && x", {"C440"}),
        ('[ $(date "+%d %m") = "01 01" ] && x', {"C442"}),
        ('[ "$(date "+%d %m")" = "01 01" ] && x', {"C440"}),
        ('[ $(date "+%d %m") = 01 ] || x', set()),
        ("[ $(( $(date +%d) )) -eq 8 ] && x", {"C443"}),
        ("[ $(( $(date +%d) )) -eq 8 ] || x", {"C440", "C443"}),
        ("[ $(( $(date +%-d) )) -eq 8 ] && x", {"C440"}),
        ("[ $(( $(date +%e) )) -eq 8 ] && x", {"C440"}),
        ("[ $(date +%d) -eq 8 ] && x", {"C440"}),
        ("[ $(expr $(date +%d) + 0) -eq 8 ] && x", {"C440"}),
        ("[ $((1$(date +%d) % 2)) -eq 0 ] && x", {"C440"}),
        ('[ "$((1$(date +%d) % 2))" = 0 ] && x', {"C440"}),
        ("[ $(( 1`date +%d` % 2 )) -eq 0 ] && x", {"C440"}),
        ("test $((100 + 1$(date +%V) % 2)) = 100 && x", {"C440"}),
        ("date +%u | grep -q '[5-1]' && x", {"C442"}),
        ("date +%u | grep -qE '^(1|3)$' && x", {"C440"}),
        ("date | grep -q Mon && x", {"C440"}),
        ("date +%d | xargs test 1 -eq && x", {"C440"}),
        ("(D=$(date +%u); [ $D = 1 ]) && x", {"C440"}),
    ],
)  # fmt: skip
def test_unquoted_dates_are_split_and_arithmetic_is_octal(command: str, expected: set[str]) -> None:
    assert codes(understand(command)) == expected


@pytest.mark.parametrize(
    ("command", "world", "expected"),
    [
        ("[ $(date -v+1d +%d) = 01 ] && x", DEBIAN, {"C447"}),
        ("[ $(date -v+1d +%d) = 01 ] && x", ALPINE, {"C447"}),
        ("[ $(date -v+1d +%d) = 01 ] && x", OPENBSD, {"C447"}),
        ("[ $(date -v+1d +%d) = 01 ] && x", FREEBSD, {"C440"}),
        ("[ $(date -d tomorrow +%d) = 01 ] && x", DEBIAN, {"C440"}),
        ("[ $(date -d tomorrow +%d) = 01 ] && x", RED_HAT, {"C440"}),
        ("[ $(date -d tomorrow +%d) = 01 ] && x", ALPINE, {"C447"}),
        ("[ $(date --date='1 day' +%d) = 01 ] && x", ALPINE, {"C447"}),
        ("[ $(date -d tomorrow +%d) = 01 ] && x", FREEBSD, {"C447"}),
        ('[ "$(date -d tomorrow +%d)" = 01 ] && x', OPENBSD, {"C447"}),
        ("[ $(date +%u) == 1 ] && x", DEBIAN, {"C450"}),
        ("[ $(date +%u) == 1 ] && x", RED_HAT, {"C440"}),
        ("[ $(date +%u) == 1 ] && x", ALPINE, {"C440"}),
        ("[ $(date +%u) == 1 ] && x", FREEBSD, {"C441", "C450"}),
    ],
)
def test_the_host_decides_whose_date_and_shell_it_is(command: str, world: World, expected: set[str]) -> None:
    assert codes(understand(command, world=world)) == expected


def test_a_date_that_prints_nothing_is_said_with_what_the_test_makes_of_it() -> None:
    (never,) = [one.message for one in understand("[ $(date -v+1d +%d) = 01 ] && x").findings if one.code == "C447"]
    assert "GNU date does not take `-v+1d`" in never
    assert "never" in never
    (always,) = [one.message for one in understand('[ "$(date -v+1d +%d)" != 01 ] && x').findings if one.code == "C447"]
    assert "every day" in always


# Every form that stays is told.
LEFT = [
    "if [ $(date +%H) = 04 ]; then x; fi",
    "if [ $(date +%u) = 1 ]; then x; else y; fi",
    "case $(date +%u) in 1) x;; 2) y;; esac",
    "date +%H | grep -q 04 && x",
    "expr $(date +%H) % 2 > /dev/null && x",
    "D=$(date +%u); [ $D = 1 ] && x",
    "D=`date +%u`; if test $D -eq 1; then x; fi",
    "[ $(date +%H) -lt 8 ] && x",
    "x1 && [ $(date +%u) = 1 ] && x",
    "python3 -c 'import datetime,sys; sys.exit(datetime.date.today().weekday() != 0)' && x",
    "perl -e 'exit((localtime)[6] != 1)' && x",
    "python3 -c 'import datetime; datetime.date.today().day == 1 and print(1)'",
    "date +%d | awk '{exit $1 != 1}' && x",
    "while [ $(date +%H) -lt 8 ]; do sleep 60; done; x",
    '[ "$(date +%u)" = 1 -a "$(date +%H)" = 04 ] && x',
    "true; [ `date +%u` -gt 5 ] || x",
    "date +%H | xargs test 4 -eq && x",
    "(D=$(date +%H); [ $D = 09 ]) && x",
]
LEFT_BASH = ["[[ $(date +%H) == 04 ]] && x", "(( $(date +%-H) < 8 )) && x", "[[ $(date +%H) =~ ^0[45]$ ]] && x"]


@pytest.mark.parametrize("command", LEFT)
def test_a_test_that_stays_is_told(command: str) -> None:
    found = understand(command)
    assert "C441" in codes(found)
    assert found.test is not None


@pytest.mark.parametrize("command", LEFT_BASH)
def test_a_bash_test_that_stays_is_told(command: str) -> None:
    assert "C441" in codes(understand(command, shell="/bin/bash"))


@pytest.mark.parametrize(
    "command",
    ["x --day $(date +%F)", "x > /tmp/$(date +%F).log && y", "tar czf b-$(date +%F).tgz /x && rm -rf /y", "D=$(date +%F); x $D && y",
     "for h in a b; do x $(date +%F); done", "[ -f /x ] && y $(date +%u)", "python3 -c 'import datetime; print(datetime.date.today())'"],
)  # fmt: skip
def test_a_date_that_decides_nothing_is_no_test(command: str) -> None:
    assert "C441" not in codes(understand(command))


# Moved starts.


def judged(
    line: str, zone: str, choice: str = "rule", dialect: str = "debian", days: int = 731
) -> tuple[Place, Judgement]:
    entry = read(line + "\n", DIALECTS[dialect], system=False).lines[0].entry
    assert entry is not None
    first = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) // 60
    place = Place(ZoneInfo(zone), zone, Window(first, first + days * 1440), DIALECTS[dialect], choice)  # type: ignore[arg-type]
    _work, schedule = narrowed(entry, "root", place, DIALECTS[dialect].world)
    return place, place.judge(schedule)


PAYROLL = r"30 0 * * 1 [ $(expr $(date +\%V) \% 2) -eq 0 ] && /opt/app/payroll"


def test_a_payroll_that_a_moved_start_loses_is_counted() -> None:
    """Counted once more by hand: Mondays 00:30 in New York, and Mondays 04:30 in UTC, in weeks that are even by that clock."""
    place, found = judged(PAYROLL, "America/New_York")
    assert found.parity is not None
    zone, was, now = ZoneInfo("America/New_York"), [], []
    for minute in range(place.window.first, place.window.until):
        local, utc = (datetime.fromtimestamp(minute * 60, one) for one in (zone, UTC))
        even = local.isocalendar()[1] % 2 == 0
        if even and (local.weekday(), local.hour, local.minute) == (0, 0, 30):
            was.append(minute)
        if even and (utc.weekday(), utc.hour, utc.minute) == (0, 4, 30):
            now.append(minute)
    lost = [one for one in was if all(abs(one - other) > 360 for other in now)]
    extra = [one for one in now if all(abs(one - other) > 360 for other in was)]
    assert (found.parity.lost, found.parity.extra) == (len(lost), len(extra))
    assert len(lost) >= 17
    assert "C305" in {one.code for one in found.findings}


@pytest.mark.parametrize(
    ("line", "zone", "choice"),
    [
        (PAYROLL, "America/New_York", "scheduler"),
        (PAYROLL, "Asia/Tokyo", "rule"),
        (PAYROLL, "America/New_York", "auto"),
    ],
)
def test_the_way_out_is_exact(line: str, zone: str, choice: str) -> None:
    _place, found = judged(line, zone, choice)
    assert found.parity is not None
    assert found.parity.exact
    assert not {"C305", "C306"} & {one.code for one in found.findings}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (r"30 0 * * 1 D=$(date +\%V); [ $(expr $D \% 2) -eq 0 ] && x", "C305"),
        (r"0 4 * * * if [ $(date +\%H) = 04 ]; then x; fi", "C305"),
        (r"30 0 * * * case $(date +\%u) in 1) x;; 2) y;; esac", "C306"),
        (r"30 0 * * * perl -e 'exit((localtime)[6] != 1)' && x", "C306"),
        (r"30 12 * * 1 [ $(expr $(date +\%V) \% 2) -eq 0 ] && x", "C301"),
    ],
)
def test_a_moved_start_is_judged_by_the_test_or_told(line: str, code: str) -> None:
    _place, found = judged(line, "America/New_York")
    assert code in {one.code for one in found.findings}
    assert len({"C305", "C306"} & {one.code for one in found.findings}) == (code != "C301")


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo", "America/St_Johns"]
)
@pytest.mark.parametrize("command", ["[ $(date +%u) = 1 ] && x", "[ $(date -d tomorrow +%d) = 01 ] && x", "[ $(date +%H) -lt 3 ] && x",
                                     "[ $(date +%M) -lt 31 ] && x", "[ $(date -u +%d) = $(date +%d) ] && x", "[ $(( $(date +%s) / 86400 % 2 )) = 0 ] && x"])  # fmt: skip
def test_the_set_of_starts_is_what_each_start_says(command: str, zone: str) -> None:
    """The law: starts that pass as sets are those that pass one by one."""
    test = understand(command, keep=["date guard"]).test
    assert test is not None
    first = int(datetime(2026, 2, 20, tzinfo=UTC).timestamp()) // 60
    window = Window(first, first + 300 * 1440)
    place = Place(ZoneInfo(zone), zone, window, DIALECTS["debian"])
    starts = [Starts(window.mask, sum(1 << m for m in (0, 29, 30, 239, 240, 329, 600, 899, 930, 1380, 1439)), 1)]

    def offset_of(name: str | None, minute: int) -> int:
        found = datetime.fromtimestamp(minute * 60, ZoneInfo(name or zone)).utcoffset()
        assert found is not None
        return int(found.total_seconds() // 60)

    kept = set(listed(test.passed(starts, window, place.regimes_of), window))
    inner = [minute for minute in listed(starts, window) if window.first + 1440 < minute < window.until - 2 * 1440]
    assert {minute for minute in inner if test.runs_at(minute, offset_of)} == kept & set(inner)


# Skipped is not failed.

SKIPS = [
    ("[ -f f ] && echo J", "if [ -f f ]; then echo J; fi"),
    ("test -f f && echo J", "if test -f f; then echo J; fi"),
    ("cd / && [ -f f ] && echo J", "cd / && if [ -f f ]; then echo J; fi"),
    ("grep -q zzz /dev/null && echo J", "if grep -q zzz /dev/null; then echo J; fi"),
    ("echo a | grep -q b && echo J", "if echo a | grep -q b; then echo J; fi"),
    ("! [ -d / ] && echo J", "if ! [ -d / ]; then echo J; fi"),
    ("[ -d / ] && [ -f f ] && echo J && echo K", "if [ -d / ] && [ -f f ]; then echo J && echo K; fi"),
    ("( [ -f f ] && echo J )", "( if [ -f f ]; then echo J; fi )"),
    ("echo A; [ -f f ] && echo J", "echo A; if [ -f f ]; then echo J; fi"),
    ("[ -f f ] || exit; echo J", "[ -f f ] || exit 0; echo J"),
    ("[ -d / ] && false", "if [ -d / ]; then false; fi"),
    ("[ -d / ] && echo J && [ -f f ] && echo K", "if [ -d / ]; then echo J && if [ -f f ]; then echo K; fi; fi"),
    ("[ -d / ] && { echo J; false; }", "if [ -d / ]; then { echo J; false; }; fi"),
]
KEPT = ["false && echo J", "cd /nowhere && echo J", "[ -f f ] || exit 1; echo J", "[ -f f ] && echo J || echo K", "[ -f f ] && echo J; echo K", "[ -f f ]"]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), SKIPS)
def test_a_skipped_run_ends_well(text: str, written: str) -> None:
    assert skips_succeed(text) == written
    for shell in COMMANDS.values():
        was, now = (
            subprocess.run([*shell, "-c", one], capture_output=True, check=False, text=True) for one in (text, written)
        )
        assert now.stdout == was.stdout
        assert now.returncode == (was.returncode if text.endswith(("false", "false; }")) else 0)


@pytest.mark.parametrize("text", KEPT)
def test_what_fails_still_fails(text: str) -> None:
    assert skips_succeed(text) == text


# Real shells as the judge: thousands of evaluations with `python -m tests.command.date_world SEED COUNT [INSTANT ..]`.


@pytest.mark.real
@pytest.mark.parametrize("shell", COMMANDS)
def test_what_is_read_is_what_the_shell_does(shell: str, tmp_path: Path) -> None:
    if faketime_library() is None:
        assert "CI" not in os.environ, "libfaketime is needed"
        pytest.skip("libfaketime is not installed")
    maker, made = Maker(7), []
    while len(made) < 60:
        text = maker.text()
        try:
            parse(text)
        except Unparsable:
            continue
        made.append(text)
    compared, _unknown, found = differences(made, shell, INSTANTS[::4], tmp_path)  # type: ignore[arg-type]
    assert not found
    assert compared > 150


# explain says what scan says.


def test_explain_heeds_the_guard_that_scan_takes_over(tmp_path: Path) -> None:
    shown = run(
        "explain", r"0 4 * * * [ $(date +\%d) = 01 ] && x", "--timezone", "UTC", "--now", "2026-06-02", cwd=tmp_path
    ).out
    assert "on day 1 of the month" in shown
    assert "Wed 2026-07-01 04:00" in shown
    assert "2026-06-03" not in shown
    assert "cron(0 4 1 * ? *)" in shown
    assert "C440" in shown


def test_explain_lists_the_next_run_however_far_it_is(tmp_path: Path) -> None:
    shown = run("explain", "*/60 */24 */31 */12 */7 x", "--timezone", "UTC", "--now", "2026-06-02", cwd=tmp_path).out
    assert "Sun 2034-01-01 00:00" in shown


def test_a_tree_of_alpine_has_busybox_date(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=alpine\n")
    (tmp_path / "etc/crontabs").mkdir()
    (tmp_path / "etc/crontabs/root").write_text("0 4 * * * [ $(date -d tomorrow +%d) = 01 ] && x\n")
    done = run("scan", str(tmp_path), "--out", str(tmp_path / "out"), "--timezone", "UTC", cwd=tmp_path)
    shown = "".join(one.read_text() for one in (tmp_path / "out").rglob("*.json"))
    assert "C447" in shown, done
    assert "BusyBox" in shown
