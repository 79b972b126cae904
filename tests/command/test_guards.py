"""Date guards against the real shell and the real `date` under faketime: a truth table over dates that matter."""

from __future__ import annotations

import os
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.schedules import days
from converters.schedules.date_guards import DateGuard
from tests.command.table import FOLDER, rows
from tests.command.world import faketime_library

# Ends of months, a leap day, weeks 08 and 09, the 53rd week, the turns of years, and a plain fortnight.
DATES = [
    *(date(2024, 2, 25) + timedelta(days=n) for n in range(17)),
    *(date(2026, 12, 27) + timedelta(days=n) for n in range(9)),
    *(date(2025, month, day) for month in (4, 9, 11) for day in (8, 15, 23, 24)),
    *(date(2025, month, 1) - timedelta(days=1) for month in (2, 5, 7, 9)),
    date(2026, 4, 1),
]
GUARDED = [
    row for row in rows() if "date_guard" in row.kinds and "php job.php" in row.command and "cd " not in row.command
]


def guards_of(command: str, shell: str) -> tuple[DateGuard, ...]:
    return understand(command, shell=shell).guards


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[date, set[int]]:
    """For each date, which of GUARDED run their job in the real shell."""
    library = faketime_library()
    if library is None:
        assert "CI" not in os.environ, "libfaketime is needed"
        pytest.skip("libfaketime is not installed")
    folder = tmp_path_factory.mktemp("guards")
    php = folder / "php"
    php.write_text('#!/bin/dash\necho "ran $GUARD"\n')
    php.chmod(0o755)
    for index, row in enumerate(GUARDED):
        (folder / f"{index}.sh").write_text(row.command + "\n")
    script = (
        f'cd {folder}; for GUARD in $(seq 0 {len(GUARDED) - 1}); do export GUARD; sh -c "$(cat $GUARD.sh)" 2>&1; done'
    )
    return {day: _run(script, day, folder, library) for day in DATES}


def _run(script: str, day: date, folder: Path, library: Path) -> set[int]:
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "LD_PRELOAD": str(library),
        "FAKETIME": f"@{day.isoformat()} 12:00:00",
        "HOME": str(folder),
        "TZ": "UTC",
    }
    out = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=False).stdout
    return {int(line.split()[1]) for line in out.splitlines() if line.startswith("ran ")}


@pytest.mark.real
@pytest.mark.parametrize("index", range(len(GUARDED)), ids=lambda index: GUARDED[index].where)
def test_a_guard_means_what_the_shell_makes_of_it(truth: dict[date, set[int]], index: int) -> None:
    guards = guards_of(GUARDED[index].command, "/bin/sh")
    assert guards
    for day, ran in truth.items():
        expected = all(guard.matches(day) for guard in guards)
        assert (index in ran) == expected, f"{GUARDED[index].command} on {day}"


@pytest.mark.parametrize("index", range(len(GUARDED)), ids=lambda index: GUARDED[index].where)
def test_the_set_of_days_and_the_single_day_agree(index: int) -> None:
    for guard in guards_of(GUARDED[index].command, "/bin/sh"):
        for mended in (False, True):
            bits = guard.days(mended=mended)
            for day in [
                *DATES,
                date(1970, 1, 1),
                date(1970, 1, 2),
                date(2100, 2, 28),
                date(2100, 3, 1),
                date(2101, 1, 1),
                date(2104, 2, 29),
                date(2199, 12, 30),
                date(2199, 12, 31),
            ]:
                assert bool(bits >> days.day_number(day) & 1) == guard.matches(day, mended=mended), (guard.text, day)


def test_there_are_enough_guards() -> None:
    assert len(GUARDED) >= 40, FOLDER


@pytest.mark.parametrize(
    ("command", "kind", "description"),
    [
        ('[ "$(date +%u)" = 1 ] && x', "weekday", "Monday"),
        ("[ $(date +%u) -gt 5 ] && x", "weekday", "Saturday, Sunday"),
        ("[ $(date +%d) -le 7 ] && x", "day of month", "day 1-7 of the month"),
        ("case $(date +%d) in 01|15) x;; esac", "day of month", "day 1, 15 of the month"),
        ("[ $(date -d tomorrow +%d) = 01 ] && x", "last day of month", "the last day of the month"),
        ("[ $(date -d tomorrow +%m) != $(date +%m) ] && x", "last day of month", "the last day of the month"),
        ("[ $(date -d '+7 days' +%m) != $(date +%m) ] && x", "last week of month", "the last week of the month"),
        ("[ $(( $(date +%-d) % 2 )) = 0 ] && x", "day of month", "even days of the month"),
    ],
)
def test_kind_and_description(command: str, kind: str, description: str) -> None:
    (guard,) = understand(command).guards
    assert (guard.kind, guard.description) == (kind, description)


def test_octal_weeks_are_said_and_counted() -> None:
    job = understand("[ $(( $(date +%V) % 2 )) -eq 0 ] && x")
    (guard,) = job.guards
    assert guard.broken
    assert "C443" in {finding.code for finding in job.findings}
    week_eight, week_nine = date(2024, 2, 20), date(2024, 2, 27)
    assert not guard.matches(week_eight)
    assert guard.matches(week_eight, mended=True)
    assert not guard.matches(week_nine, mended=True)


@pytest.mark.parametrize(
    ("command", "zone"),
    [
        ("[ $(date +%u) = 1 ] && x", None),
        ("[ $(date -u +%u) = 1 ] && x", "UTC"),
        ("[ $(TZ=Asia/Tokyo date +%u) = 1 ] && x", "Asia/Tokyo"),
        ("[ $(( $(date +%s) / 86400 % 2 )) = 1 ] && x", "UTC"),
    ],
)
def test_whose_date_is_meant(command: str, zone: str | None) -> None:
    assert understand(command).guards[0].zone == zone


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("[ $(date +%u) = 8 ] && x", "C442"),
        ("[ $(date +%d) = 1 ] && x", "C442"),
        ("[ $(date +%u) == 1 ] && x", "C450"),
        ("[[ $(date +%u) = 1 ]] && x", "C450"),
        ("[ $((10#$(date +%V) % 2)) = 0 ] && x", "C450"),
        ("[ $(date +%H) -lt 8 ] && x", "C441"),
        ("sleep $(($RANDOM % 60)); x", "C431"),
        ("sleep $((RANDOM % 60)); x", "C432"),
        ("pgrep -f job.py >/dev/null || python job.py", "C461"),
    ],
)
def test_guards_that_never_did_their_work_are_said(command: str, code: str) -> None:
    assert code in {finding.code for finding in understand(command).findings}


def test_a_guard_can_be_kept_in_the_command() -> None:
    job = understand("[ $(date +%u) = 1 ] && php x", keep=["date guard"])
    assert job.guards == ()
    assert job.remaining == "[ $(date +%u) = 1 ] && php x"
