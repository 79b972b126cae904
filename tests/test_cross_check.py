"""``scan --cross-check``: every listed deviation is found and explained, and what nobody foretold is listed as such."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.opinions.deviations import KNOWN, UNEXPLAINED
from converters.schedules.daemon import Window
from migrate.cross_check import cross_check, of_croniter
from migrate.document.to_json import as_mapping
from migrate.report.cross_check import markdown_section
from migrate.scan.scanning import Settings, scan
from migrate.sources.model import Source, Sources
from tests.cli import run
from tests.documents import document_of
from tests.effort import examples


def ask(
    text: str, dialect: str = "debian", zone: str = "UTC", first: str = "2026-01-01", kind: str = "user"
) -> list[dict[str, Any]]:
    """The disagreements about one table."""
    start = int(datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp()) // 60
    given_ = Settings(
        zone_name=zone,
        zone_of=lambda _: (zone, ZoneInfo(zone)),
        dialect=dialect,
        window=Window(start, start + 366 * 1440),
        choice="rule",
        image=None,
        tzdata="",
    )
    sources = Sources([Source("table", text.encode("utf-8", "surrogateescape"), kind)])  # type: ignore[arg-type]
    found: list[dict[str, Any]] = as_mapping(cross_check(sources, scan(sources, given_, {})))["disagreements"]  # type: ignore[assignment]
    return found


# The deviation, the table that shows it, and where it stands.
NEW_YORK = {"zone": "America/New_York"}
SHOWN: dict[str, tuple[str, dict[str, str]]] = {
    "croniter-star": ("0 0 */2 * 1 x\n", {}),
    "croniter-star-inside": ("0 0 1,* * 1 x\n", {}),
    "croniter-equal-range": ("5-5 4 * * * x\n", {}),
    "croniter-backwards": ("0 22-2 * * * x\n", {}),
    "croniter-lone-step": ("5/15 * * * * x\n", {}),
    "croniter-nickname-case": ("@Daily x\n", {}),
    "croniter-beyond-cron": ("0 0 L * * x\n", {}),
    "croniter-refuses": ("5;3 * * * * x\n", {}),
    "dialect-fields": ("*/90 * * * * x\n", {"dialect": "openbsd"}),
    "croniter-repeated-hour": ("30 1 * * * x\n", NEW_YORK),
    "croniter-gap-once": ("0 0-4 * * * x\n", NEW_YORK),
    "croniter-gap-every-hour": ("0 0-23 * * * x\n", NEW_YORK),
    "croniter-gap-star": ("*/20 2 * * * x\n", NEW_YORK),
    "croniter-gap-plain": ("30 2 * * * x\n", {**NEW_YORK, "dialect": "busybox"}),
    "croniter-gap-long": ("30 1 * * * x\n", {"zone": "Pacific/Apia", "first": "2011-12-01"}),
    "croniter-lost-pass": ("*/23 * * * * x\n", {"zone": "Australia/Lord_Howe"}),
    "croniter-freebsd": ("30 2 * * * x\n", {**NEW_YORK, "dialect": "freebsd"}),
    "croniter-host-zone": ("CRON_TZ=UTC\n30 1 * * * x\n", {"zone": "Europe/Berlin", "dialect": "cronie"}),
    "crontab-raises": ("MAILTO=\n0 5 * * * x\n", {}),
    "crontab-no-user": ("@daily  # x y\n", {"kind": "system"}),
    "crontab-loses-line": ("FOO = bar\n0 5 * * * x\n", {}),
    "crontab-comment-variable": ("#MAILTO=root\n0 5 * * * x\n", {}),
    "crontab-odd-assignment": ('A="x" y\n0 5 * * * x\n', {}),
    "crontab-quotes": ('"FOO"=bar\n0 5 * * * x\n', {}),
    "crontab-value-blanks": ('FOO="bar "\n0 5 * * * x\n', {}),
    "crontab-next-job-only": ("FOO=bar\n0 5 * * * x\n0 6 * * * y\n", {}),
    "crontab-cuts-comment": ("0 5 * * * echo 'a # b'\n", {}),
    "crontab-nickname-hash": ("@daily echo a#b\n", {}),
    "crontab-percent": ("0 5 * * * mail x%Hi\n", {}),
    "crontab-no-percent": ("0 5 * * * date +%d\n", {"dialect": "busybox"}),
    "crontab-blanks": ("0 5 * * * x \n", {}),
    "crontab-carriage-return": ("0 5 * * * x\r\n", {}),
    "crontab-flags": ("0 5 * * * -q x\n", {"dialect": "openbsd"}),
    "crontab-truncates": (f"0 5 * * * {'x' * 1200}\n", {"dialect": "freebsd"}),
    "crontab-empty-command": ("0 5 * * *\n", {}),
    "crontab-busybox-lines": ("0 5 * * * x#y\n", {"dialect": "busybox"}),
    "crontab-accepts": (f"0 5 * * * {'x' * 1200}\n", {}),
    "crontab-dead-file": ("0 5 * * * x\nbad\n", {}),
    "crontab-interval": ("@5 x\n", {}),
    "crontab-nickname-case": ("@Daily x\n", {}),
    "crontab-disables": ("*/90 * * * * x\n", {}),
    "crontab-sunday-seven": ("0 0 * * 1-7/2 x\n", {}),
    "crontab-step-seven": ("0 0 * * 3-5/7 x\n", {}),
    "crontab-random": ("0~30 5 * * * x\n", {"dialect": "cronie"}),
    "crontab-dialect-fields": ("0 0 */2 * * x\n", {"dialect": "busybox"}),
}


def test_every_deviation_is_shown() -> None:
    assert set(SHOWN) == {code for code, known in KNOWN.items() if known.library != "cronsim"}


@pytest.mark.parametrize("code", SHOWN)
def test_deviation_occurs_and_is_explained(code: str) -> None:
    text, place = SHOWN[code]
    found = ask(text, **place)
    assert code in {rule for one in found for rule in one["rules"]}, found
    assert [one for one in found if one["right"] == "unexplained"] == []
    for one in found:
        assert set(one) == {"path", "line", "library", "what", "right", "why", "rules", "lines"}
        assert all(KNOWN[rule].why in one["why"] for rule in one["rules"])


@pytest.mark.parametrize(
    "text",
    [
        "# m h dom mon dow\n\nPATH=/bin\n0 5 * * 1-5 /usr/bin/backup --all\n",
        "@reboot x\n",
        "0 0 30 2 * x\n",
        "0 0 29 2 * x\n",
        "*/5 * * * * x\n0 0 1,15 * 5 y\n",
    ],
)
def test_agreement(text: str) -> None:
    assert ask(text, zone="Asia/Tokyo") == []


def test_one_schedule_on_many_lines_is_told_once() -> None:
    found = ask("0 0 */2 * 1 x\n0 0 */2 * 1 y\n# c\n0 0 */2 * 1 z\n")
    assert [(one["line"], one["lines"], one["rules"]) for one in found] == [(1, 3, ["croniter-star"])]
    assert "`implement_cron_bug=True` it agrees" in found[0]["why"]


def test_both_readings_are_named() -> None:
    (found,) = ask("30 1 * * * x\n", zone="America/New_York")
    assert found["what"] == (
        "`30 1 * * *`: in America/New_York at 2026-11-01 01:30 -0500 the daemon starts it not at all, croniter once"
    )
    assert (found["path"], found["line"], found["library"], found["right"]) == ("table", 1, "croniter", "cron2fargate")


def test_what_nobody_foretold_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that changes its mind in the next release is not explained away."""
    asked = of_croniter._asked

    def one_more(text: str, zone: Any, window: Window) -> tuple[Counter[int], int]:
        found, until = asked(text, zone, window)
        return found + Counter([window.first + 7]), until

    monkeypatch.setattr(of_croniter, "_asked", one_more)
    found = ask("30 12 * * * x\n", zone="America/New_York")
    assert [(one["right"], one["rules"]) for one in found] == [("unexplained", [])]
    assert found[0]["why"] == UNEXPLAINED


def test_another_field_than_foretold_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_croniter.croniter, "expand", lambda _: ([[1], [2], ["*"], ["*"], ["*"]], {}))
    (found,) = ask("5-5 4 * * * x\n")
    assert (found["right"], found["rules"]) == ("unexplained", [])


@pytest.mark.parametrize("error", [RecursionError, AssertionError, KeyError, OverflowError, MemoryError])
def test_a_library_may_raise_anything(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(*given_: object) -> None:
        if given_[-1]:  # python-crontab starts with an empty line
            raise error("boom")

    monkeypatch.setattr(of_croniter.croniter, "expand", fails)
    monkeypatch.setattr("migrate.cross_check.of_python_crontab.CronItem.parse", fails)
    found = ask("0 5 * * * x\n")
    assert {(one["library"], one["right"]) for one in found} == {
        ("croniter", "unexplained"),
        ("python-crontab", "unexplained"),
    }
    assert all(error.__name__ in one["what"] for one in found)


pieces = st.one_of(
    st.sampled_from(
        [
            "*",
            "*/5",
            "0",
            "7",
            "1-7/2",
            "@daily",
            "@",
            "#",
            "=",
            "A=",
            "'",
            '"',
            "%",
            "\\",
            "\r",
            "root",
            "L",
            "~",
            "\udcff",
            "0-0",
        ]
    ),
    st.text(max_size=4),
)
lines = st.lists(pieces, max_size=9).map(" ".join)


@examples(150)
@given(
    st.lists(lines, max_size=4).map("\n".join),
    st.sampled_from(["debian", "cronie", "freebsd", "openbsd", "busybox"]),
    st.sampled_from(["user", "system"]),
)
def test_hostile_tables(text: str, dialect: str, kind: str) -> None:
    data = text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    for one in ask(data, dialect, kind=kind):
        assert one["what"] and one["why"] and one["right"] in {"cron2fargate", "library", "neither", "unexplained"}
        one["what"].encode()


def test_long_lines_cost_no_time() -> None:
    blanks = " " * 100_000
    found = ask(f"0 5 * * * x{blanks}y\n", dialect="cronie")
    assert [one["what"] for one in found] == [f"not asked: the line has {len(blanks) + 12} characters"]


def test_secrets_are_masked() -> None:
    found = ask("0 5 * * * curl -H 'Authorization: Bearer abcdefghij0123456789' x # y\n")
    assert found
    assert "abcdefghij0123456789" not in str(found)


def test_as_a_command(tmp_path: Path) -> None:
    table = b"MAILTO=\n0 0 */2 * 1 x\n30 2 * * * y\n"
    options = ("scan", "-", "--user-crontab", "--timezone", "America/New_York", "--cross-check", "--from", "2026-01-01")
    document = run(*options, "--format", "json", cwd=tmp_path, data=table).document
    assert document["cross_check"]["tables"] == 1
    assert document["cross_check"]["schedules"] == 2
    assert {one["library"] for one in document["cross_check"]["disagreements"]} == {"croniter", "python-crontab"}
    report = (tmp_path / "migration/report.md").read_text(encoding="utf-8")
    assert "## Second opinions" in report
    shown = run(*options, cwd=tmp_path, data=table)
    assert "Second opinions" in shown.out
    assert "cron2fargate is right" in shown.out
    assert shown.err == ""  # python-crontab logs what it refuses
    assert "cross_check" not in run(*options[:-3], "--format", "json", cwd=tmp_path, data=table).document


def test_the_report_is_inert() -> None:
    found = ask("0 5 * * * echo @team <b> # |x|\n")
    opinions = document_of({"cross_check": {"tables": 1, "schedules": 1, "disagreements": found}}).cross_check
    rows = "\n".join(markdown_section(opinions))
    assert "`echo @team <b> # |x|`" in rows
    assert markdown_section(None) == []
