"""What a line is mistaken for, and whether it has a user column: tables of vectors through the scan's own reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import Crontab
from converters.tables.mistakes import refused
from migrate.scan.reading import about_lines, about_table, read_table
from migrate.sources import Source

VECTORS = Path(__file__).parent / "vectors"


def rows(name: str) -> list[list[str]]:
    text = (VECTORS / name).read_text("utf-8")
    return [row.split(" | ", 2) for row in text.splitlines() if " | " in row and not row.startswith("# ")]


def table_of(lines: str, kind: str = "guess", dialect: str = "debian") -> tuple[Source, Crontab]:
    data = (lines.replace(" // ", "\n") + "\n").encode()
    source = Source("t", data, "system" if kind == "system" else "user", guessed=kind == "guess")
    return source, read_table(source, DIALECTS[dialect])


def codes(source: Source, table: Crontab, dialect: str = "debian") -> dict[str, str]:
    """Code -> all that is said with it."""
    found: dict[str, list[str]] = {}
    for said in about_lines(source, table, DIALECTS[dialect]).values():
        for one in said:
            found.setdefault(one.code, []).append(one.message)
    for code, _line, message in about_table(source, table):
        found.setdefault(code, []).append(message)
    for line in table.lines:
        if line.fault is not None:
            found.setdefault("C101", []).append(refused(table, line) or line.fault.message)
    return {code: "\n".join(messages) for code, messages in found.items()}


@pytest.mark.parametrize(("place", "how", "lines"), rows("user_columns.txt"))
@pytest.mark.parametrize("dialect", ["debian", "cronie", "freebsd"])
def test_user_columns(place: str, how: str, lines: str, dialect: str) -> None:
    source, table = table_of(lines, place, dialect)
    said = codes(source, table, dialect)
    users = {line.entry.user for line in table.lines if line.entry is not None}
    if how == "missing":
        assert users == set()
        assert "user column is missing" in said["C101"]
        assert (table.dead is not None) == (dialect == "debian")
        return
    assert (None not in users) == (how == "system")
    assert ("C117" in said) == (how == "named")
    assert ("C116" in said) == (how == "unclear" or (how == "system" and place == "guess"))
    assert "C101" not in said


def test_a_passwd_file_knows_users_that_no_list_has(tmp_path: Path) -> None:
    from dataclasses import replace

    from migrate.sources.server import Server

    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("koyama:x:1000:1000::/home/koyama:/bin/sh\n")
    source = Source("t", b"0 5 * * * koyama run-it --all\n", "user", guessed=True)
    assert read_table(source, DIALECTS["debian"]).lines[0].entry.user is None  # type: ignore[union-attr]
    source = replace(source, server=Server(tmp_path / "etc", tmp_path))
    assert read_table(source, DIALECTS["debian"]).lines[0].entry.user == "koyama"  # type: ignore[union-attr]


def test_freebsd_takes_a_login_class_beside_the_user() -> None:
    _source, table = table_of("0 5 * * * www:www/daemon /srv/d", "system", "freebsd")
    assert table.lines[0].entry is not None


@pytest.mark.parametrize(("code", "what", "lines"), rows("mistakes.txt"))
def test_mistakes(code: str, what: str, lines: str) -> None:
    text = lines.encode("raw_unicode_escape").decode("unicode_escape") if "\\" in lines else lines
    dialect = "freebsd" if what.startswith("the command begins with `*") else "debian"
    source, table = table_of(text, "user", dialect)
    said = codes(source, table, dialect)
    if code == "-":
        assert said == {}
    else:
        assert what in said.get(code, ""), said


def test_busybox_joins_lines() -> None:
    source, table = table_of("0 5 * * * /srv/a \\ // --all", "user", "busybox")
    assert "C134" not in codes(source, table, "busybox")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("&15 02 * * * /srv/x", "fcron"),
        ("@ 30 /srv/y", "fcron"),
        ("@mail(no),nice(5) 1h30 /srv/y", "fcron"),
        ("!serial(true),lavg(1,1,1)", "fcron"),
        ("%nightly,mail(no) * 21-23,3-5 echo hi", "fcron"),
        ("@noauto ID=z /srv/z", "dcron"),
        ("@every 1h30m /srv/y", "supercronic"),
        ("@300 /srv/y", "unknown nickname"),
        ("@dayly /srv/y", "unknown nickname"),
        ("% * * * * /srv/y", "expected a minute"),
    ],
)
def test_a_line_of_another_scheduler_is_called_so(line: str, word: str) -> None:
    assert word in codes(*table_of(line))["C101"]


@pytest.mark.parametrize(
    ("line", "torn"),
    [
        ("* /5 * * * * x", "`* /5` is `*/5`"),
        ("*/ 5 * * * * x", "`*/ 5` is `*/5`"),
        ("0, 30 * * * * x", "`0, 30` is `0,30`"),
        ("0 9 - 17 * * * x", "`9 - 17` is `9-17`"),
        # A command's path begins as a step does; Debian's cron takes what follows a field for nothing.
        ("0 4 * * 3#1 /srv/x", ""),
        ("0 4 * * 3#1 /5/x", ""),
        ("0 4 * * 8 /srv/x", ""),
        ("0 4 * * 1W /5/x", ""),
        ("0 4 * * mon-xyz -x", ""),
    ],
)
@pytest.mark.parametrize("dialect", ["debian", "cronie", "openbsd", "freebsd"])
def test_a_field_that_a_blank_tears(line: str, torn: str, dialect: str) -> None:
    source, table = table_of(line, "user", dialect)
    said = codes(source, table, dialect).get("C101", "")
    assert torn in said if torn else "blank stands" not in said
