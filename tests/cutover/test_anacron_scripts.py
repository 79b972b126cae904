"""Scripts of run-parts that anacron starts: each goes by itself, outside of the hours in which anacron may start it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from converters.tables.anacrontab import is_due
from tests.aws.world import World
from tests.cutover.place import Place, new_place
from tests.cutover.test_scripts import by_script, plant, run_there, shape

DAILY = "etc/cron.daily"
DEBIAN = b"""\
SHELL=/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
1\t5\tcron.daily\trun-parts --report /etc/cron.daily
7\t10\tcron.weekly\trun-parts --report /etc/cron.weekly
1\t20\ttidy\t/usr/local/bin/tidy --all
"""
CRONIE = b"""\
RANDOM_DELAY=45
START_HOURS_RANGE=3-22
1\t5\tcron.daily\tnice run-parts /etc/cron.daily
7\t25\tcron.weekly\tnice run-parts /etc/cron.weekly
"""


def host(tree: Path, kind: str, **stamps: int | None) -> dict[str, bytes]:
    """A tree with anacron; ``stamps``: job of anacron -> days ago."""
    plant(tree, {"alpha": 0o755, "beta": 0o750}, DAILY)
    plant(tree, {"week": 0o755}, "etc/cron.weekly")
    spool = tree / "var/spool/anacron"
    spool.mkdir(parents=True)
    (tree / "usr/sbin").mkdir(parents=True)
    (tree / "usr/sbin/anacron").write_bytes(b"")
    (tree / "usr/sbin/anacron").chmod(0o755)
    for name, ago in {"cron_daily": 0, "cron_weekly": 3, **stamps}.items():
        if ago is not None:
            (spool / name.replace("_", ".")).write_text(f"{today() - timedelta(days=ago):%Y%m%d}\n")
    (tree / "etc/os-release").write_text(f"ID={'debian' if kind == 'debian' else 'rhel'}\n")
    return {"etc/anacrontab": DEBIAN if kind == "debian" else CRONIE}


def today() -> date:
    from tests.cutover.place import NOW

    return datetime.fromtimestamp(NOW, UTC).date()


def at(place: Place, hour: int, minute: int) -> None:
    place.clock.second = place.clock.second // 86400 * 86400 + (hour * 60 + minute) * 60 + 10


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("kind", ["debian", "redhat"])
def test_a_script_goes_alone_and_comes_back(world: World, tmp_path: Path, kind: str) -> None:
    tables = host(tmp_path / "host", kind)
    with new_place(world, tmp_path, tables, scan_tree=True) as place:
        job, before = by_script(place), shape(place.tree, DAILY)
        at(place, 14, 30)
        assert place.forward(job["beta"]) == 0
        assert (place.tree / DAILY / "beta").stat().st_mode & 0o777 == 0o640
        assert (place.tree / DAILY / "alpha").stat().st_mode & 0o777 == 0o755
        assert place.table("etc/anacrontab").read_bytes() == tables["etc/anacrontab"]
        assert place.enabled() == {job["beta"]}
        assert place.runs()[job["beta"]] == "new" and place.runs()[job["alpha"]] == "old"
        assert place.backward(job["beta"]) == 0
        assert shape(place.tree, DAILY) == before
        assert set(place.runs().values()) == {"old"}
        # The weekly one too, three days after its last run.
        assert place.forward(job["week"]) == 0


# kind, when (hours, minutes), days since the stamps (None: there is none), the script -> goes at once
MINUTES: list[tuple[str, tuple[int, int], dict[str, int | None], str, bool]] = [
    ("debian", (14, 30), {}, "beta", True),
    ("debian", (14, 30), {"cron_daily": 1}, "beta", False),  # it was down at 07:30 and may catch up now
    ("debian", (14, 30), {"cron_daily": None}, "beta", False),
    ("debian", (14, 30), {"cron_daily": -1}, "beta", False),  # a clock that was wrong makes it due
    ("debian", (6, 30), {"cron_daily": 1}, "beta", True),  # before its first call of the day
    ("debian", (7, 34), {"cron_daily": 1}, "beta", False),
    ("debian", (7, 38), {"cron_daily": 1}, "beta", False),
    ("debian", (7, 50), {}, "beta", False),  # a run may still be going
    ("debian", (14, 30), {"cron_weekly": 7}, "week", False),
    ("debian", (14, 30), {"cron_weekly": 6}, "week", True),
    ("redhat", (14, 30), {}, "beta", True),
    ("redhat", (2, 30), {"cron_daily": 1}, "beta", True),
    ("redhat", (4, 30), {"cron_daily": 1}, "beta", False),
    ("redhat", (14, 30), {"cron_daily": 2}, "beta", False),
]


@pytest.mark.parametrize(("kind", "when", "stamps", "script", "goes"), MINUTES)
def test_the_minute(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    when: tuple[int, int],
    stamps: dict[str, int | None],
    script: str,
    goes: bool,
) -> None:
    with new_place(world, tmp_path, host(tmp_path / "host", kind, **stamps), scan_tree=True) as place:
        job = by_script(place)[script]
        at(place, *when)
        capsys.readouterr()
        assert place.forward(job, wait=3) == (0 if goes else 1)
        assert place.enabled() == ({job} if goes else set())
        if not goes and when[0] == 14:
            assert "anacron has" in said(capsys)


def test_what_has_caught_up_meanwhile_goes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_place(world, tmp_path, host(tmp_path / "host", "debian", cron_daily=1), scan_tree=True) as place:
        at(place, 14, 30)

        def sleep(seconds: float) -> None:
            place.clock.second += seconds
            (place.tree / "var/spool/anacron/cron.daily").write_text(f"{today():%Y%m%d}\n")

        monkeypatch.setattr(place.clock, "sleep", sleep)
        assert place.forward(by_script(place)["beta"], wait=30) == 0


def test_its_lines_are_left_to_people(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = host(tmp_path / "host", "debian")
    with new_place(world, tmp_path, tables, scan_tree=True) as place:
        at(place, 14, 30)
        capsys.readouterr()
        assert place.forward() == 1
        out = said(capsys)
        assert "put # in front of it by hand" in out
        assert place.enabled() == set(by_script(place).values())
        assert place.table("etc/anacrontab").read_bytes() == tables["etc/anacrontab"]


def test_an_edited_table_is_scanned_again_first(world: World, tmp_path: Path) -> None:
    with new_place(world, tmp_path, host(tmp_path / "host", "debian"), scan_tree=True) as place:
        at(place, 14, 30)
        place.table("etc/anacrontab").write_bytes(DEBIAN.replace(b"1\t5", b"1\t500"))
        assert place.forward(by_script(place)["beta"]) == 1
        assert place.enabled() == set()


def test_a_printed_script_does_the_same(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = tmp_path / "host"
    with new_place(world, tmp_path, host(tree, "debian"), scan_tree=True) as place:
        job, before = by_script(place)["beta"], shape(tree, DAILY)
        at(place, 14, 30)
        capsys.readouterr()
        assert place.forward(job, printing=True, root=None) == 0
        receipt = run_there(capsys.readouterr().out, tree, "dash")
        assert not (tree / DAILY / "beta").stat().st_mode & 0o111
        assert place.forward(receipt=receipt) == 0
        capsys.readouterr()
        assert place.backward(job, printing=True, root=None) == 0
        receipt = run_there(capsys.readouterr().out, tree, "dash")
        assert place.backward(receipt=receipt) == 0
        assert (shape(tree, DAILY), place.enabled()) == (before, set())


# period, stamp, today -> due (lock.c, consider_job)
DUE: list[tuple[Any, str, str, bool]] = [
    (1, "2026-03-01", "2026-03-01", False),
    (1, "2026-02-28", "2026-03-01", True),
    ("daily", "2026-02-28", "2026-03-01", True),
    (7, "2026-02-23", "2026-03-01", False),
    (7, "2026-02-22", "2026-03-01", True),
    ("weekly", "2026-02-22", "2026-03-01", True),
    ("monthly", "2026-02-01", "2026-03-01", True),
    ("monthly", "2026-02-02", "2026-03-01", False),
    ("monthly", "2026-03-01", "2026-03-31", True),  # February has 28 days
    ("yearly", "2025-03-01", "2026-03-01", True),
    ("yearly", "2025-03-02", "2026-03-01", False),
    (1, "2026-03-02", "2026-03-01", True),
    (0, "2026-03-01", "2026-03-01", True),
]


@pytest.mark.parametrize(("period", "stamp", "now", "due"), DUE)
def test_what_is_due(period: Any, stamp: str, now: str, due: bool) -> None:
    assert is_due(period, date.fromisoformat(stamp), date.fromisoformat(now)) is due
