"""What a text is when it is no crontab, and a template that nobody rendered: the kinds and their siblings."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import read
from converters.tables.formats import FORMATS, MAGIC, other_format, template_of
from migrate.errors import UserError
from migrate.sources import read_sources
from tests.cli import run

VECTORS = Path(__file__).parent / "vectors"
TEXTS = [
    (what, text)
    for block in (VECTORS / "not_crontabs.txt").read_text("utf-8").split("\n== ")[1:]
    for what, text in [block.split("\n", 1)]
]
TEMPLATES = [
    row.split(" | ", 2)
    for row in (VECTORS / "templates.txt").read_text("utf-8").splitlines()
    if row and not row.startswith("# What")
]


@pytest.mark.parametrize(("what", "text"), TEXTS, ids=lambda text: text[:30])
def test_what_it_looks_like(what: str, text: str) -> None:
    found = other_format(text)
    assert (found.what if found else "a crontab") == what


@pytest.mark.parametrize(("what", "text"), TEXTS, ids=lambda text: text[:30])
def test_more_of_the_same_stays_what_it_is(what: str, text: str) -> None:
    for other in (text.replace("\n", "\r\n"), "\n\n" + text, "# Managed by hand\n" + text, text + "\n" + text):
        found = other_format(other)
        assert (found.what if found else "a crontab") == what or text.startswith("#!")


def test_every_format_has_a_vector() -> None:
    assert {one.what for one in FORMATS} - {what for what, _text in TEXTS} <= {"a Makefile"}


@given(st.lists(st.sampled_from(["0 5 * * * /srv/x", "@daily y: z", "A=b", "# c", ""]), min_size=1, max_size=8))
def test_what_a_daemon_reads_is_a_crontab(rows: list[str]) -> None:
    assert other_format("\n".join(rows)) is None


@given(st.text(max_size=120))
def test_nothing_is_refused_that_a_daemon_takes_whole(text: str) -> None:
    lines = read(text, DIALECTS["cronie"], system=False).lines
    if all(line.kind != "invalid" for line in lines):
        assert other_format(text) is None


@pytest.mark.parametrize(("engine", "kind", "line"), TEMPLATES, ids=lambda text: text[:40])
def test_templates(engine: str, kind: str, line: str) -> None:
    found = template_of(f"0 1 * * * root /srv/a\n{line}\n", system=kind == "system")
    assert (found.engine if found else "-") == engine
    assert found is None or found.line == 2


def test_a_text_of_another_kind_ends_with_2_and_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "schedule.rb").write_text("every 1.day do\n  rake 'x'\nend\n")
    result = run("scan", "schedule.rb", "--out", "w", cwd=tmp_path)
    assert result.code == 2
    assert (
        "schedule.rb: not a crontab: this looks like whenever's schedule.rb; give what `whenever` prints" in result.err
    )
    assert not (tmp_path / "w").exists()


def test_in_a_directory_it_is_passed_over_by_name(tmp_path: Path) -> None:
    directory = tmp_path / "etc" / "cron.d"
    directory.mkdir(parents=True)
    (directory / "a").write_text("0 5 * * * root /srv/x\n")
    (directory / "b").write_text("root:x:0:0:root:/root:/bin/sh\n")
    found = read_sources([str(tmp_path)], stdin=io.BytesIO())
    assert [Path(one.path).name for one in found.tables] == ["a"]
    assert [(one.code, "passwd" in one.reason) for one in found.skipped] == [("C118", True)]


def test_standard_input_is_asked_too() -> None:
    with pytest.raises(UserError, match="standard input: not a crontab: this looks like JSON"):
        read_sources(["-"], stdin=io.BytesIO(b'{\n  "a": 1\n}\n'))


@pytest.mark.parametrize("magic", [magic for magic, _what in MAGIC])
def test_binary_files_are_named(magic: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(magic + b"abc\n")
    with pytest.raises(UserError, match=r"not a crontab but .*; "):
        read_sources([str(tmp_path / "x")], stdin=io.BytesIO())


def test_a_template_is_one_error_of_its_file(tmp_path: Path) -> None:
    table = tmp_path / "app.crond"
    table.write_text("MAILTO=x\n5 5 * * * {{ user }} /srv/a\n6 5 * * * {{ user }} /srv/b\n7 5 * * * root /srv/c\n")
    document = run("scan", "app.crond", "--out", "w", "--format", "json", cwd=tmp_path).document
    assert [(one["code"], one["line"]) for one in document["problems"]] == [("C130", 2)]
    assert document["jobs"] == []
    assert document["lines"] == {"total": 4, "job": 0, "environment": 1, "comment": 0, "blank": 0, "invalid": 3}
    assert not (tmp_path / "w" / "jobs").exists()
