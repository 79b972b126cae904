"""Seconds since 1970 that a test only divides: which divisions are seen, and that nothing else is made of them."""

from __future__ import annotations

import random
import subprocess
from zoneinfo import ZoneInfo

import pytest

from converters.commands.narrowing import narrowed
from converters.expressions.judgement import Place
from converters.schedules import date_tests
from converters.schedules.daemon import Starts, Window
from converters.schedules.date_quotients import only_quotients, quotients
from converters.schedules.date_tests import DateTest, Outcome
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule
from converters.schedules.shell_expr import Expr
from converters.schedules.shell_words import Lookup, State, Text, Word
from converters.tables.crontab import read

DEBIAN = DIALECTS["debian"]
START = 29_500_000 // 1440 * 1440
WINDOW = Window(START, START + 35 * 1440)
SEEN = """
[ $(( $(date +%s) / 604800 % 2 )) -eq 0 ] && x                          | 0/604800
[ $(( ($(date +%s) / 604800) % 2 )) -eq 0 ] && x                        | 0/604800
[ $((`date +%s`/86400%2)) = 0 ] && x                                    | 0/86400
[ $(( $(date +%s) / 60 / 60 / 24 % 3 )) -eq 0 ] && x                    | 0/86400
[ $(( ($(date +%s) + 32400) / 3600/24 % 3 )) -eq 0 ] && x               | 32400/86400
[ $((($(date +%s)+32400)/86400%3)) = 0 ] && x                           | 32400/86400
[ $(( (32400 + $(date "+%s")) / 86400 % 3 )) = 0 ] && x                 | 32400/86400
[ $(( ($(date +%s) - 345600) / 1209600 % 2 )) = 0 ] && x                | -345600/1209600
[ $(expr $(date +%s) / 604800 % 2) -eq 1 ] && x                         | 0/604800
expr `date +%s` / 604800 % 2 > /dev/null && x                           | 0/604800
test $(( 1 + $(date +%s) / 86400 % 2 )) -gt 1 && x                      | 0/86400
[ $(( $(date +%s) / 3600 % 7 )) = 0 ] && x                              | 0/3600
[ $(( $(date +%s) / 60 % 7 + $(date +%s) / 86400 % 2 )) = 0 ] && x      | 0/60 0/86400
# In another way: each second counts, or more than the quotient is seen.
[ $(( $(date +%s) % 172800 )) -lt 86400 ] && x                          | each
[ $(( 2 * $(date +%s) / 86400 % 2 )) = 0 ] && x                         | each
[ $(( 7 - $(date +%s) / 86400 % 2 )) = 0 ] && x                         | each
[ $(( 1000000 / $(date +%s) / 60 )) = 0 ] && x                          | each
[ $(( - ($(date +%s)) / 86400 % 2 )) = 0 ] && x                         | each
[ $(( $(date +%s) / 86400.5 )) = 0 ] && x                               | each
[ $(date +%s) -gt 1900000000 ] && x                                     | each
S=$(date +%s); [ $((S / 86400 % 2)) = 0 ] && x                          | each
[ $(( $(date +%s) / 86400 % 2 + $(date +%s) % 2 )) = 0 ] && x           | each
[ $(( $(date +%s%N) / 86400 % 2 )) = 0 ] && x                           | each
[ $(( $(date +1%s) / 86400 % 2 )) = 0 ] && x                            | each
"""
ROWS = [row.rsplit("|", 1) for row in SEEN.strip().splitlines() if not row.startswith("#")]


def left(command: str, zone: str = "UTC", window: Window = WINDOW, minute: str = "*") -> tuple[Place, DateTest | None]:
    """The test that stays in the text of an every-minute line."""
    line = f"{minute} * * * * {command.strip()}".replace("%", "\\%")
    entry = next(one.entry for one in read(line + "\n", DEBIAN, system=False).lines if one.entry is not None)
    place = Place(ZoneInfo(zone), zone, window, DEBIAN, "rule")
    _work, schedule = narrowed(entry, "root", place, DEBIAN.world)
    assert isinstance(schedule, Schedule)
    return place, schedule.test


@pytest.mark.parametrize(("command", "said"), ROWS, ids=lambda text: text.strip()[:60])
def test_which_divisions_are_seen(command: str, said: str) -> None:
    _place, test = left(command)
    if test is None or test.kind == "unknown":  # not modelled at all: nothing is claimed
        assert said.strip() == "each"
        return
    found = quotients(test.program)
    shown = (
        "each" if found is None else " ".join(f"{added}/{by}" for added, by in sorted(found, key=lambda one: one[1]))
    )
    assert shown == said.strip()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("command", [row[0] for row in ROWS if row[1].strip() != "each"], ids=lambda text: text[:60])
def test_by_sets_as_minute_by_minute(command: str, zone: str) -> None:
    """What the sets say is what the program says when it is run at the minute itself."""
    place, test = left(command, zone)
    assert test is not None
    passing = date_tests._Passing(test, WINDOW, place.regimes_of)
    draw = random.Random(command + zone)
    for minute in [0, 1, 539, 540, 899, 900, 1439, *draw.sample(range(1440), 12)]:
        kept = passing.days_at(minute)
        for day in range(35):
            at = (WINDOW.base + day) * 1440 + minute
            assert bool(kept >> day & 1) == test.runs_at(at, passing._offset), (minute, day)


def test_ten_years_of_minutes_end() -> None:
    """Every minute of ten years: 5,259,600 starts, each the program's own run before; where they must be, nothing is said."""
    years = Window(START, START + 3653 * 1440)
    for command in (ROWS[0][0], "[ $(( $(date +%s) % 172800 )) -lt 86400 ] && x"):
        place, test = left(command, "America/New_York", years)
        assert test is not None
        passing = date_tests._Passing(test, years, place.regimes_of)
        try:
            found = [passing.days_at(minute) for minute in range(1440)]
        except date_tests.Unknown:
            assert "% 172800" in command
        else:
            assert len(set(found)) > 1 or found[0]
        assert passing.walked <= date_tests.MOST_WALKED + 1


EACH_MINUTE = (
    "[ $(( $(date +%s) / 60 % 7 )) -eq 0 ] && x",
    "[ $(( $(date +%s) % 7 )) -eq 0 ] && x",
    "[ $(( $(date +%s) / 6 / 10 % 3 )) -eq 0 ] && x",
    "[ $(date +%s) -gt 1900000000 ] && x",
)


@pytest.mark.parametrize("command", EACH_MINUTE)
def test_what_cannot_be_afforded_is_not_begun(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No two minutes see the same: the first one shows what all of them cost. A scan hung for minutes at such a line."""
    years = Window(START, START + 3653 * 1440)
    place, test = left(command, "Australia/Lord_Howe", years)
    assert test is not None
    runs = 0
    run = date_tests._outcome

    def counted(test: DateTest, lookup: Lookup) -> Outcome:
        nonlocal runs
        runs += 1
        return run(test, lookup)

    monkeypatch.setattr(date_tests, "_outcome", counted)
    with pytest.raises(date_tests.Unknown):
        test.passed([Starts(years.mask, (1 << 1440) - 1, 1)], years, place.regimes_of)
    assert runs < 25_000


def test_where_the_date_is_asked_too_no_two_days_are_one() -> None:
    _place, test = left("[ $(( $(date +%s) / 604800 % 2 + $(date +%d) % 2 )) -eq 1 ] && x")
    assert test is not None
    assert quotients(test.program) == {(0, 604800)}
    assert only_quotients(test.program) is None
    _place, test = left("[ $(( $(date +%s) / 604800 % 2 )) -eq 1 ] && x")
    assert test is not None
    assert only_quotients(test.program) == {(0, 604800)}


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "%"])
def test_numbers_as_the_real_expr_counts_them(operator: str) -> None:
    numbers = ["-7", "7", "-2", "2", "0", "08", "4294967296", "-2147483648", "1700000000"]
    for a in numbers:
        for b in numbers:
            real = subprocess.run(["expr", a, operator, b], capture_output=True, text=True, check=False)
            if real.returncode > 1:
                continue
            state = State("dash", lambda _letter, _shift, _zone: 0, mended=False)
            try:
                Expr(tuple(Word((Text(one),)) for one in (a, operator, b))).run(state)
            except date_tests.Unknown:
                assert operator == "*", "only what leaves 64 bits is not followed"
                continue
            assert "".join(state.out) == real.stdout, (a, operator, b)
