"""The referees against worked tables: what each daemon does on the days of a clock change, and what AWS documents.

The tables name local starts from 01:00 to 03:59, ``s`` for standard and ``d`` for daylight saving time. A start that a
table has twice happens twice. They were taken from the daemons' own code running under a simulated clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from . import aws_cron, cron_walk

QUARTERS = ("00", "15", "30", "45")


def quarters(hour_and_suffix: str) -> str:
    hour, suffix = hour_and_suffix[:2], hour_and_suffix[2:]
    return " ".join(f"{hour}:{minute}{suffix}" for minute in QUARTERS)


NEW_YORK_SPRING = ("America/New_York", "2025-03-09")
BERLIN_SPRING = ("Europe/Berlin", "2025-03-30")
NEW_YORK_AUTUMN = ("America/New_York", "2025-11-02")
BERLIN_AUTUMN = ("Europe/Berlin", "2025-10-26")
LORD_HOWE_SPRING = ("Australia/Lord_Howe", "2025-10-05")
LORD_HOWE_AUTUMN = ("Australia/Lord_Howe", "2025-04-06")

# schedule, then what runs on: V (Debian, cronie), F (FreeBSD -s), P (BusyBox, FreeBSD -o), S (EventBridge Scheduler)
SPRING = [
    ("30 2 * * *", "03:00d", "03:30d", "", ""),
    ("0 * * * *", "01:00s 03:00d", "01:00s 03:00d", "01:00s 03:00d", "01:00s 03:00d"),
    ("*/15 * * * *", *[f"{quarters('01s')} {quarters('03d')}"] * 4),
    ("30 1 * * *", *["01:30s"] * 4),
    ("0 3 * * *", *["03:00d"] * 4),
    ("15 1-3 * * *", "01:15s 03:00d 03:15d", *["01:15s 03:15d"] * 3),
    ("0 0-23 * * *", "01:00s 03:00d 03:00d", *["01:00s 03:00d"] * 3),
    ("*/20 2 * * *", "", "03:00d", "", ""),
    ("0 */2 * * *", "", "03:00d", "", ""),
]
AUTUMN_NEW_YORK = [
    ("30 2 * * *", *["02:30s"] * 4),
    ("0 3 * * *", *["03:00s"] * 4),
    ("0 * * * *", *["01:00d 01:00s 02:00s 03:00s"] * 3, "01:00d 02:00s 03:00s"),
    (
        "*/15 * * * *",
        *[" ".join(map(quarters, ("01d", "01s", "02s", "03s")))] * 3,
        " ".join(map(quarters, ("01d", "02s", "03s"))),
    ),
    ("30 1 * * *", "01:30d", "01:30d", "01:30d 01:30s", "01:30d"),
    (
        "15 1-3 * * *",
        "01:15d 02:15s 03:15s",
        "01:15d 01:15s 02:15s 03:15s",
        "01:15d 01:15s 02:15s 03:15s",
        "01:15d 02:15s 03:15s",
    ),
    (
        "0 0-23 * * *",
        "01:00d 02:00s 03:00s",
        "01:00d 01:00s 02:00s 03:00s",
        "01:00d 01:00s 02:00s 03:00s",
        "01:00d 02:00s 03:00s",
    ),
]
AUTUMN_BERLIN = [
    ("30 2 * * *", "02:30d", "02:30d", "02:30d 02:30s", "02:30d"),
    ("0 * * * *", *["01:00d 02:00d 02:00s 03:00s"] * 3, "01:00d 02:00d 03:00s"),
    (
        "*/15 * * * *",
        *[" ".join(map(quarters, ("01d", "02d", "02s", "03s")))] * 3,
        " ".join(map(quarters, ("01d", "02d", "03s"))),
    ),
    ("30 1 * * *", *["01:30d"] * 4),
    ("0 3 * * *", *["03:00s"] * 4),
    (
        "15 1-3 * * *",
        "01:15d 02:15d 03:15s",
        "01:15d 02:15d 02:15s 03:15s",
        "01:15d 02:15d 02:15s 03:15s",
        "01:15d 02:15d 03:15s",
    ),
    (
        "0 0-23 * * *",
        "01:00d 02:00d 03:00s",
        "01:00d 02:00d 02:00s 03:00s",
        "01:00d 02:00d 02:00s 03:00s",
        "01:00d 02:00d 03:00s",
    ),
    (
        "*/20 2 * * *",
        "02:00d 02:20d 02:40d 02:00s 02:20s 02:40s",
        "02:00d 02:20d 02:40d",
        "02:00d 02:20d 02:40d 02:00s 02:20s 02:40s",
        "02:00d 02:20d 02:40d",
    ),
    ("0 */2 * * *", "02:00d 02:00s", "02:00d", "02:00d 02:00s", "02:00d"),
]
SPRING_LORD_HOWE = [
    ("30 2 * * *", *["02:30d"] * 4),
    ("0 * * * *", *["01:00s 03:00d"] * 4),
    ("*/15 * * * *", *[f"{quarters('01s')} 02:30d 02:45d {quarters('03d')}"] * 4),
    ("30 1 * * *", *["01:30s"] * 4),
    ("0 3 * * *", *["03:00d"] * 4),
    ("15 1-3 * * *", "01:15s 02:30d 03:15d", *["01:15s 03:15d"] * 3),
    ("0 0-23 * * *", "01:00s 02:30d 03:00d", *["01:00s 03:00d"] * 3),
]
AUTUMN_LORD_HOWE = [
    ("30 2 * * *", *["02:30s"] * 4),
    ("0 * * * *", *["01:00d 02:00s 03:00s"] * 4),
    (
        "*/15 * * * *",
        *[" ".join((quarters("01d"), "01:30s 01:45s", quarters("02s"), quarters("03s")))] * 3,
        " ".join((quarters("01d"), quarters("02s"), quarters("03s"))),
    ),
    ("30 1 * * *", "01:30d", "01:30d", "01:30d 01:30s", "01:30d"),
    ("0 3 * * *", *["03:00s"] * 4),
    ("15 1-3 * * *", *["01:15d 02:15s 03:15s"] * 4),
    ("0 0-23 * * *", *["01:00d 02:00s 03:00s"] * 4),
]
DAYS = [
    (NEW_YORK_SPRING, SPRING),
    (BERLIN_SPRING, SPRING),
    (NEW_YORK_AUTUMN, AUTUMN_NEW_YORK),
    (BERLIN_AUTUMN, AUTUMN_BERLIN),
    (LORD_HOWE_SPRING, SPRING_LORD_HOWE),
    (LORD_HOWE_AUTUMN, AUTUMN_LORD_HOWE),
]
ROWS = [(*day, *row) for day, table in DAYS for row in table]


def bounds(zone: str, date: str, first: str = "01:00", until: str = "04:00") -> tuple[int, int]:
    tz = ZoneInfo(zone)
    return tuple(  # type: ignore[return-value]
        cron_walk.utc_minute(datetime.fromisoformat(f"{date}T{text}").replace(tzinfo=tz)) for text in (first, until)
    )


def to_aws(fields: str) -> str:
    minute, hour, *_ = fields.split()
    return f"cron({minute} {hour} * * ? *)"


@pytest.mark.parametrize(("zone", "date", "fields", "vixie", "freebsd", "plain", "scheduler"), ROWS)
def test_worked_table(zone: str, date: str, fields: str, vixie: str, freebsd: str, plain: str, scheduler: str) -> None:
    first, until = bounds(zone, date)

    def text(minutes: list[int]) -> str:
        return " ".join(cron_walk.local_text(minutes, zone))

    on_aws = aws_cron.scheduler_starts(
        to_aws(fields), zone, datetime.fromtimestamp(first * 60, UTC), datetime.fromtimestamp(until * 60, UTC)
    )
    assert text(cron_walk.debian_starts(fields, zone, first, until)) == vixie
    assert text(cron_walk.cronie_starts(fields, zone, first, until)) == vixie
    assert text(cron_walk.freebsd_starts(fields, zone, first, until)) == freebsd
    assert text(cron_walk.freebsd_starts(fields, zone, first, until, dst=False)) == plain
    assert text(cron_walk.busybox_starts(fields, zone, first, until)) == plain
    assert text(cron_walk.cronie_starts(fields, "UTC", first, until, cron_tz=zone)) == plain
    assert text([cron_walk.utc_minute(start) for start in on_aws]) == scheduler


@pytest.mark.parametrize(("zone", "date"), [("America/Havana", "2025-03-09"), ("Asia/Beirut", "2025-03-30")])
@pytest.mark.parametrize("fields", ["0 0 * * *", "@daily"])
def test_midnight_that_does_not_exist(zone: str, date: str, fields: str) -> None:
    until = bounds(zone, date)[1]
    first = until - 10 * 60
    assert list(cron_walk.local_text(cron_walk.debian_starts(fields, zone, first, until), zone)) == ["01:00d"]
    assert list(cron_walk.local_text(cron_walk.cronie_starts(fields, zone, first, until), zone)) == ["01:00d"]
    assert list(cron_walk.local_text(cron_walk.freebsd_starts(fields, zone, first, until), zone)) == ["01:00d"]
    assert cron_walk.freebsd_starts(fields, zone, first, until, dst=False) == []
    assert cron_walk.busybox_starts(fields, zone, first, until) == []


@pytest.mark.parametrize(
    ("zone", "date", "first", "until", "fields", "expected"),
    [
        # 00:59d is followed by 00:00s: the second midnight of the day
        ("America/Havana", "2025-11-02", "00:00", "03:00", "0 0 * * *", "00:00d"),
        ("America/Havana", "2025-11-02", "00:00", "03:00", "0 * * * *", "00:00d 00:00s 01:00s 02:00s"),
        # 23:59d is followed by 23:00s of the same evening
        ("Asia/Beirut", "2025-10-25", "22:00", "23:59", "30 23 * * *", "23:30d"),
        ("Asia/Beirut", "2025-10-25", "22:00", "23:59", "30 * * * *", "22:30d 23:30d"),
    ],
)
def test_midnight_that_comes_twice(zone: str, date: str, first: str, until: str, fields: str, expected: str) -> None:
    begin, end = bounds(zone, date, first, until)
    assert " ".join(cron_walk.local_text(cron_walk.debian_starts(fields, zone, begin, end), zone)) == expected


@pytest.mark.parametrize(
    ("date", "fields", "expected"),
    [
        ("2025-10-26", "0 1 * * *", ""),
        ("2025-10-26", "30 1 * * *", ""),
        ("2025-10-26", "0 * * * *", "00:00 01:00 02:00"),
        ("2025-03-30", "0 1 * * *", "01:00"),
        ("2025-03-30", "30 1 * * *", "01:30"),
        ("2025-03-30", "0 * * * *", "00:00 01:00 02:00"),
    ],
)
def test_cron_tz_on_a_host_that_changes_its_clock(date: str, fields: str, expected: str) -> None:
    first, until = bounds("UTC", date, "00:00", "03:00")
    found = cron_walk.cronie_starts(fields, "Europe/Berlin", first, until, cron_tz="UTC")
    assert " ".join(text[:5] for text in cron_walk.local_text(found, "UTC")) == expected


class TestDebianTable:
    """Seconds of the clock change in New York, 2026-03-08: 03:00 local is 07:00 UTC."""

    jump = int(datetime(2026, 3, 8, 7, tzinfo=UTC).timestamp())

    def seconds(self, table: list[str], job_seconds: int | None = None) -> dict[str, list[int]]:
        """Seconds after the jump."""
        found = cron_walk.debian_table_starts(
            {fields: fields for fields in table},
            "America/New_York",
            self.jump - 1800,
            self.jump + 1800,
            job_seconds=job_seconds,
        )
        return {fields: [second - self.jump for second in seconds] for fields, seconds in found.items()}

    def test_each_caught_up_minute_that_started_a_job_takes_ten_seconds(self) -> None:
        found = self.seconds(["10 2 * * *", "20 2 * * *", "30 2 * * *", "0 3 * * *"])
        assert found == {"10 2 * * *": [1], "20 2 * * *": [11], "30 2 * * *": [21], "0 3 * * *": [31]}

    def test_wild_entries_come_first(self) -> None:
        assert self.seconds(["30 2 * * *", "0 * * * *"]) == {"30 2 * * *": [11], "0 * * * *": [1]}

    def test_the_end_of_a_job_cuts_the_pause(self) -> None:
        assert self.seconds(["10 2 * * *", "20 2 * * *"], job_seconds=2) == {"10 2 * * *": [1], "20 2 * * *": [3]}

    def test_twelve_lost_minutes_outlast_the_minute_on_the_wall(self) -> None:
        lost = [f"{minute} 2 * * *" for minute in range(0, 60, 5)]
        found = self.seconds([*lost, "0 3 * * *", "1 3 * * *", "*/5 * * * *"])
        assert found["0 2 * * *"] == [11]  # one pause after the wild entry
        assert found["20 2 * * *"] == [51]
        assert found["25 2 * * *"] == [61]  # the pause ended the minute, the loop went round
        assert found["55 2 * * *"] == [121]
        assert found["0 3 * * *"] == [131]
        assert found["1 3 * * *"] == [141]
        assert [second for second in found["*/5 * * * *"] if second >= 0] == [1, *range(301, 1800, 300)]

    def test_what_is_left_of_a_catch_up_runs_wild_entries_again(self) -> None:
        """Behind by five minutes or less when the loop goes round, the daemon takes itself to have woken late."""
        lost = [f"{minute} 2 * * *" for minute in (51, 52, 53, 54, 55, 56)]
        found = self.seconds([*lost, "0 * * * *"])
        assert found["0 * * * *"] == [1, 61]

    def test_agrees_with_the_minute_walk_away_from_a_catch_up(self) -> None:
        zone, first = "Europe/Berlin", bounds("Europe/Berlin", "2026-10-25", "00:00")[0]
        table = [row[0] for row in AUTUMN_BERLIN]
        found = cron_walk.debian_table_starts(
            {fields: fields for fields in table}, zone, first * 60, first * 60 + 21600
        )
        for fields in table:
            walked = cron_walk.debian_starts(fields, zone, first, first + 360, up_since=first)
            assert [second // 60 for second in found[fields]] == walked
            assert {second % 60 for second in found[fields]} == {1}


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ("0 0 13 * 5", "4 11 13 18 25"),  # neither begins with a star: or
        ("0 0 */2 * 1", "7 21"),  # odd days that are Mondays
        ("0 0 13 * */1", "13"),
        ("0 0 *,1 * 1", "7 14 21 28"),
        ("0 0 1,* * 1", " ".join(map(str, range(1, 32)))),
        ("0 0 */100,1-7 * 1", "7"),
        ("@weekly", "6 13 20 27"),
        ("0 0 * JUL Sun-Tue", "1 6 7 8 13 14 15 20 21 22 27 28 29"),
    ],
)
def test_days_of_july_2025_on_debian(fields: str, days: str) -> None:
    first = cron_walk.utc_minute(datetime(2025, 7, 1, tzinfo=UTC))
    found = cron_walk.debian_starts(fields, "UTC", first, first + 31 * cron_walk.DAY)
    assert " ".join(str(datetime.fromtimestamp(minute * 60, UTC).day) for minute in found) == days


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ("0 0 */2 * *", " ".join(map(str, range(2, 31, 2)))),
        ("0 0 */5 * *", "5 10 15 20 25 30"),
        ("0 0 13 * 5", "4 11 13 18 25"),
        ("0 0 15 * 0-6", "15"),
        ("0 0 1-31 * 1", " ".join(map(str, range(1, 32)))),
        ("0 0 * * fri-mon", "4 5 6 7 11 12 13 14 18 19 20 21 25 26 27 28"),
    ],
)
def test_days_of_july_2025_on_busybox(fields: str, days: str) -> None:
    first = cron_walk.utc_minute(datetime(2025, 7, 1, tzinfo=UTC))
    found = cron_walk.busybox_starts(fields, "UTC", first, first + 31 * cron_walk.DAY)
    assert " ".join(str(datetime.fromtimestamp(minute * 60, UTC).day) for minute in found) == days


@pytest.mark.parametrize(
    "fields",
    ["* * * *", "60 * * * *", "5/15 * * * *", "*/0 * * * *", "22-2 * * * *", "1,,2 * * * *", "0 0 L * *", "@x"],
)
def test_parse_refuses(fields: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        cron_walk.parse(fields)


def test_freebsd_steps_after_a_value() -> None:
    assert cron_walk.parse("5/15 * * * *", step_after_value=True).minutes == {5, 20, 35, 50}


# ------------------------------------------------------------------------------------------------------ EventBridge

JULY_2025 = (datetime(2025, 7, 1), datetime(2025, 8, 1))


@pytest.mark.parametrize(
    ("expression", "days", "times"),
    [
        ("cron(0 10 * * ? *)", range(1, 32), ["10:00"]),
        ("cron(15 12 * * ? *)", range(1, 32), ["12:15"]),
        ("cron(0 18 ? * MON-FRI *)", [d for d in range(1, 32) if datetime(2025, 7, d).weekday() < 5], ["18:00"]),
        ("cron(0 8 1 * ? *)", [1], ["08:00"]),
        ("cron(0/15 9 1 * ? *)", [1], ["09:00", "09:15", "09:30", "09:45"]),
        ("cron(1/10 0 1 * ? *)", [1], ["00:01", "00:11", "00:21", "00:31", "00:41", "00:51"]),
        (
            "cron(0/30 20-2 ? * 6 *)",
            [4, 11, 18, 25],
            [f"{h:02}:{m}" for h in (0, 1, 2, 20, 21, 22, 23) for m in ("00", "30")],
        ),
        ("cron(5,35 14 * * ? *)", range(1, 32), ["14:05", "14:35"]),
        ("cron(15 10 ? * 6L 2019-2026)", [25], ["10:15"]),
        ("cron(15 10 ? * FRIL *)", [25], ["10:15"]),
        ("cron(0 0 L * ? *)", [31], ["00:00"]),
        ("cron(0 0 ? * L *)", [5, 12, 19, 26], ["00:00"]),
        ("cron(0 0 3W * ? *)", [3], ["00:00"]),
        ("cron(0 0 5W * ? *)", [4], ["00:00"]),
        ("cron(0 0 6W * ? *)", [7], ["00:00"]),
        ("cron(0 0 ? * 3#2 *)", [8], ["00:00"]),
        ("cron(0 0 ? * SAT#3 *)", [19], ["00:00"]),
        ("cron(0 0 ? * MON#5 *)", [], []),
        ("cron(0 0 ? * TUE#5 *)", [29], ["00:00"]),
        ("cron(0 0 ? * 1 *)", [6, 13, 20, 27], ["00:00"]),
        ("cron(0 0 1/10 * ? *)", [1, 11, 21, 31], ["00:00"]),
        ("cron(0 0 */10 * ? *)", [1, 11, 21, 31], ["00:00"]),
        ("cron(0 0 31 FEB ? *)", [], []),
        ("cron(0 0 1 1/3 ? *)", [1], ["00:00"]),
        ("cron(0 0 1 * ? 2002-2005)", [], []),
        ("cron(0-59/20 0-23/12 1 * ? *)", [1], ["00:00", "00:20", "00:40", "12:00", "12:20", "12:40"]),
        (
            "cron(30-30 13-13 ? * 2,4,6 *)",
            [d for d in range(1, 32) if datetime(2025, 7, d).weekday() in (0, 2, 4)],
            ["13:30"],
        ),
    ],
)
def test_expression_in_july_2025(expression: str, days: list[int], times: list[str]) -> None:
    expected = [datetime.fromisoformat(f"2025-07-{day:02}T{time}") for day in days for time in times]
    assert aws_cron.starts(expression, *JULY_2025) == expected
    assert all(aws_cron.matches(expression, when) for when in expected)
    assert not any(aws_cron.matches(expression, when + timedelta(minutes=1)) for when in expected)


@pytest.mark.parametrize(
    ("expression", "month", "day"),
    [
        ("cron(0 0 1W * ? *)", 2, 3),  # 1 February 2025 is a Saturday: the nearest weekday within February
        ("cron(0 0 31W * ? *)", 8, 29),  # 31 August 2025 is a Sunday
        ("cron(0 0 31W * ? *)", 6, None),
        ("cron(0 0 L * ? *)", 2, 28),
        ("cron(0 0 30 * ? *)", 2, None),
    ],
)
def test_edges_of_a_month(expression: str, month: int, day: int | None) -> None:
    found = aws_cron.starts(expression, datetime(2025, month, 1), datetime(2025, month + 1, 1))
    assert found == ([] if day is None else [datetime(2025, month, day)])


def test_window_is_half_open() -> None:
    noon = datetime(2025, 7, 1, 12)
    assert aws_cron.starts("cron(0 12 * * ? *)", noon, noon + timedelta(days=1)) == [noon]


@pytest.mark.parametrize(
    "expression",
    """
    cron(0 1 * * * *); cron(7 20 * * NOT *); cron(INVALID); cron(0 dummy ? * MON-FRI *); cron(71 8 1 * ? *); cron()
    cron(0 0 ? * 3#1,6#3 *); cron(0 0 ? * ? *); cron(0 0 1 * MON *); cron(0 0 1 * ?); 0 0 1 * ? *; cron(0 0 1 * ? * *)
    cron(0 24 1 * ? *); cron(0 0 32 * ? *); cron(0 0 0 * ? *); cron(0 0 1 13 ? *); cron(0 0 ? * 0 *); cron(0 0 ? * 8 *)
    cron(0 0 1 * ? 1969); cron(0 0 1 * ? 2200); cron(? 0 1 * ? *); cron(0 0 ? * FRI-MON *); cron(50-10 0 1 * ? *)
    cron(0 0 ? * mon *); cron(05 0 1 * ? *); cron(0/0 0 1 * ? *); cron(0/61 0 1 * ? *); cron(, 0 1 * ? *)
    cron(0 0 LW * ? *); cron(0 0 L-3 * ? *); cron(0 0 1,L * ? *); cron(0 0 ? * MON/2 *); cron(0 0 ? * 3#6 *)
    cron(0 0 ? * 3#0 *); cron(0 0 1 * ? *) ; rate(1 minute); at(2025-01-01T00:00:00)
    """.replace("cron(0 0 1 * ? *) ;", "")
    .replace("\n", ";")
    .split(";"),
)
def test_expression_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        aws_cron.matches(expression.strip() or "cron( )", datetime(2025, 7, 1))


def test_scheduler_in_los_angeles() -> None:
    def on(month: int, day: int) -> list[str]:
        first = datetime(2026, month, day, 8, tzinfo=UTC) - timedelta(hours=1)
        found = aws_cron.scheduler_starts(
            "cron(30 1,2 * * ? *)", "America/Los_Angeles", first, first + timedelta(hours=24)
        )
        return [f"{when:%H:%M}" for when in found]

    assert on(3, 8) == ["09:30"]  # 02:30 is skipped
    assert on(11, 1) == ["08:30", "10:30"]  # 01:30 once, before the shift
