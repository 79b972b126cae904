"""The man page says what the help says, and troff can set it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from migrate.cli import COMMANDS
from tests.cli import ROOT
from tools.man import PAGE, _text

MACROS = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".BR", ".RI", ".nf", ".fi", ".ad", ".nh", '.\\"'}


def test_the_page_is_current() -> None:
    # In a process of its own: click keeps the help option of a command's first context, whoever made that one.
    code = "import sys; from tools.man import page; sys.stdout.write(page())"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert PAGE.read_text(encoding="utf-8") == made, "run `python -m tools.man`"


def test_every_command_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\.SS cron2fargate ([\w\\-]+)", page, re.M) == [name.replace("-", "\\-") for name in COMMANDS]


def test_troff_can_set_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for line in page.splitlines():
        assert not line.startswith("'"), line
        assert not line.startswith(".") or line.split()[0] in MACROS, line
    groff = shutil.which("groff")
    if groff is not None:
        done = subprocess.run([groff, "-man", "-Tutf8", "-Kutf8", "-ww", PAGE], capture_output=True, check=True)
        assert done.stderr.decode() == ""
        assert "cron2fargate" in done.stdout.decode()


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("--lang", r"\-\-lang"),
        (".hidden", r"\&.hidden"),
        ("'quoted'", r"\&\(aqquoted\(aq"),
        (r"a\b", r"a\eb"),
        ("~ ^ `", r"\(ti \(ha \(ga"),
    ],
)
def test_text_is_shown_as_it_is(text: str, source: str) -> None:
    assert _text(text) == source
