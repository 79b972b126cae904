"""Documents and code may not drift apart."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from converters.findings.codes import CATALOGUE
from migrate.cli import COMMANDS
from tools.docs import DOCS, PAGES

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", PAGES)
def test_made_pages_are_current(name: str) -> None:
    # In a process of its own: click keeps the help option of a command's first context, whoever made that one.
    code = f"import sys; from tools.docs import PAGES; sys.stdout.write(PAGES[{name!r}]())"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert (DOCS / name).read_text(encoding="utf-8") == made, "run `make docs`"


def test_every_code_used_is_in_the_catalogue_and_every_code_is_used() -> None:
    sources = [
        p
        for room in ("converters", "migrate")
        for p in (ROOT / room).rglob("*.py")
        if p.name != "findings.py" and p.parent.name != "catalogue"
    ]
    used = {code for path in sources for code in re.findall(r"[\"'](C\d{3})[\"']", path.read_text(encoding="utf-8"))}
    assert used <= set(CATALOGUE)
    assert set(CATALOGUE) <= used


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"cron2fargate {command}" in readme, command


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_readme_names_every_package_that_ci_installs(readme: str) -> None:
    listed = re.search(r'packages="([^"]+)"', (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert listed is not None
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert [name for name in listed[1].split() if f"`{name}`" not in text] == []


def test_readme_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http)([^)#]+)", readme):
        assert (ROOT / link).exists(), link


def test_dependencies_each_have_a_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reasons = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    wanted = project["dependencies"] + [d for extra in project["optional-dependencies"].values() for d in extra]
    for dependency in wanted:
        name = re.match(r"[\w-]+", dependency)[0]  # type: ignore[index]
        assert f"`{name}`" in reasons, name
        assert re.search(r"[<>=]", dependency) or name.startswith("types-"), f"{name} is not pinned by a range"


def test_every_module_says_what_it_is_for() -> None:
    for room in ("converters", "migrate", "tools", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_house_keeps_its_direction() -> None:
    """``converters`` imports nothing of ``migrate`` and does no I/O."""
    rooms = "migrate|os|sys|pathlib|subprocess|socket|boto3|click|io|shutil|tempfile"
    forbidden = re.compile(rf"^\s*(from|import)\s+({rooms})\b", re.M)
    for path in (ROOT / "converters").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not forbidden.search(text), f"{path}: {forbidden.search(text)}"
        assert not re.search(r"(?<![\w.])open\(", text), path
