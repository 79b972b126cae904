"""The page of each finding: its bad line is scanned and reports the code, its good line is scanned and does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from converters.findings.codes import CATALOGUE
from converters.findings.pages import every_page, page_of
from converters.findings.pages.page import Files, Image, Page, page_address
from migrate.terminal.visible import visible
from tests.cli import ROOT as REPOSITORY
from tests.images.builder import ROOT, elf, layer, layout, parts
from tests.workspaces import called
from tools import finding_pages

PAGES = every_page()
LINES = sorted(code for code, page in PAGES.items() if page.bad)
WRITTEN = REPOSITORY / "docs/findings"
NAME = "registry.example.com/app:1"


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(PAGES) == set(CATALOGUE)
    for code, page in PAGES.items():
        assert page_of(code) == page
        assert page.ignore.endswith("."), code
        assert bool(page.bad and page.good) != bool(page.arises), code
    assert page_of("C999") is None


def test_most_pages_have_lines() -> None:
    assert len(LINES) > 0.6 * len(PAGES)


@pytest.mark.parametrize("code", LINES)
def test_the_bad_line_reports_it_and_the_good_line_does_not(code: str, tmp_path: Path) -> None:
    page = PAGES[code]
    bad, _ = read(tmp_path / "bad", page, page.bad, page.at, page.host, page.image)
    host = page.host if page.good_host is None else page.good_host
    good, jobs = read(tmp_path / "good", page, page.good, page.good_at or page.at, host, page.good_image)
    assert code in bad, bad
    assert code not in good, good
    assert "C101" not in good and jobs, "the good line is no job"


def read(place: Path, page: Page, table: str, at: str, host: Files, image: Image | None) -> tuple[set[str], int]:
    """The codes that reading a table reports, and how many jobs it has."""
    place.mkdir()
    if "systemd" in page.options:
        said = called(place, "explain", table, *page.options, "--timezone", page.zone, "--now", "2026-01-01")
        return set(re.findall(r"\bC\d{3}\b", said)), 1
    for name, text in (*host, ((f"host/{at}", table + "\n") if at else ("crontab", table + "\n"))):
        path = place / name if name.startswith(("host/", "crontab")) else place / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    words = ["host" if at else "crontab", *page.options]
    words += [page.column] if page.column and not at else []
    if image is not None:
        words += ["--image", read_image(place, image)]
    if page.log:
        (place / "cron.log").write_text(page.log)
        words += ["--log", "cron.log"]
    called(place, "scan", *words, "--timezone", page.zone, "--from", "2026-01-01", "--until", "2036-01-01")
    document: dict[str, Any] = json.loads((place / "migration/report.json").read_text())
    found = {one["code"] for job in document["jobs"] for one in job["findings"]}
    found |= {one["code"] for key in ("problems", "skipped") for one in document[key]}
    return found, len(document["jobs"])


def read_image(place: Path, image: Image) -> str:
    """The name under which the facts of an image are kept, read as `cron2fargate image` reads it."""
    machine = {"amd64": 62, "arm64": 183}[image.architecture]
    entries = [(path, 0o755, elf(machine) if text == "ELF" else text) for path, text in image.files]
    config = {key: [value] for key, value in image.config}
    made = parts([layer(*ROOT, *entries)], config, image.architecture)
    called(place, "image", f"oci:{layout(place / 'oci', (made, image.architecture))}", "--as", NAME)
    return NAME


def test_the_written_pages_are_current() -> None:
    made = finding_pages.pages()
    assert {path.name for path in WRITTEN.glob("*")} == set(made), "run `make docs`"
    for name, text in made.items():
        assert (WRITTEN / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


def test_every_page_is_whole_and_the_index_leads_to_it() -> None:
    index = finding_pages.index()
    for name, text in finding_pages.pages().items():
        assert f"(findings/{name})" in index
        assert text.startswith(f"# {name.removesuffix('.md')}: {CATALOGUE[name.removesuffix('.md')].title}\n")
        assert ("## A bad line" in text and "## A good line" in text) != ("## How it arises" in text), name
        assert "## When to ignore it" in text
        assert all(c.isprintable() or c == "\n" for c in text), "what has no shape is written by its number"


@pytest.mark.parametrize("code", sorted(PAGES))
def test_explain_shows_the_lines_and_the_address(code: str, tmp_path: Path) -> None:
    said = called(tmp_path, "explain", code)
    page = PAGES[code]
    assert said.rstrip().endswith(page_address(code))
    assert (REPOSITORY / page_address(code)).is_file()
    for lines in (page.bad, page.good):
        shown = all(f"  {visible(line)}\n" in said for line in lines.split("\n"))
        assert shown == (page.bad != page.good), said


def test_explain_in_japanese_is_japanese(tmp_path: Path) -> None:
    said = called(tmp_path, "--lang", "ja", "explain", "C101")
    assert "line" not in said and "0 25 * * * /opt/app/report" in said
