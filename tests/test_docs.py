"""Documents and code may not drift apart."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from converters.findings.codes import CATALOGUE
from migrate.cli import COMMANDS, MODULES, LazyGroup, cli
from tests import test_house as house
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
        # The catalogue and the pages of its codes name every code themselves; codes.py gives some a name that is used.
        if p.name == "codes.py" or not p.is_relative_to(ROOT / "converters" / "findings")
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


CALLS = ("migrate.aws.session", "migrate.images.ecr")
"""Where a call to AWS begins."""
ASKS_ITSELF = {"export", "iam"}
"""These hold what would be made against the embedded AWS's own code and reach it, but have no account to ask."""


def test_what_is_promised_of_calls_is_kept() -> None:
    """SECURITY.md names every command once: it calls AWS, or it calls nothing. What calls nothing has no way to."""
    promise = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("- **Commands that only look")[0]
    calling, _, silent = promise.partition("`collect`, ")
    named = set(re.findall(r"`([a-z]+)`", calling))
    quiet = {"collect", *re.findall(r"`([a-z]+)`", silent)}
    assert (named | quiet, named & quiet) == (set(COMMANDS), set())
    known = house.modules("migrate")
    edges = {name: set(house.imports_at_run_time(path, known)) - {name} for name, path in known.items()}
    reaching = {
        name for name in COMMANDS if house.reached(f"migrate.commands.{MODULES.get(name, name)}", edges) & {*CALLS}
    }
    assert reaching == named | ASKS_ITSELF


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


PURE = frozenset(
    [
        "__future__",
        "bisect",
        "calendar",
        "collections",
        "collections.abc",
        "contextlib",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "fnmatch",
        "functools",
        "hashlib",
        "heapq",
        "importlib",
        "importlib.resources",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "posixpath",
        "pydantic",
        "pydantic.alias_generators",
        "pydantic_core",
        "re",
        "shlex",
        "string",
        "struct",
        "tree_sitter",
        "tree_sitter_bash",
        "types",
        "typing",
        "unicodedata",
        "urllib.parse",
        "yaml",
        "zlib",
        "zoneinfo",
    ]
)
"""What ``converters`` may import beside itself: all of it computes. A list of what is forbidden would forget something."""
CALLS_OUT = re.compile(
    r"(builtins\.)?(open|print|input|eval|exec|compile|__import__|breakpoint)"
    r"|(.+\.)?(import_module|files)|.+\.(now|utcnow|today|read_text|read_bytes|write_text|write_bytes)"
)
"""Calls by which even these reach the clock, a file, the terminal, or a module that no reader of the imports sees."""
READ_ONCE = {
    "converters/findings/pages/__init__.py: import_module",  # its own rooms, by a list of their names
    "converters/programs/catalogue.py: files",  # a table that the package brings along
    "converters/programs/catalogue.py: (files('converters.programs') / 'known.json').read_text",
}


def _reaches_out(text: str) -> list[str]:
    """What a module of ``converters`` imports that does not only compute, and what it calls that is not its own."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(str(node.module))
        elif isinstance(node, ast.Call) and CALLS_OUT.fullmatch(ast.unparse(node.func)):
            found.append(ast.unparse(node.func))
    return [one for one in found if one not in PURE and one.partition(".")[0] != "converters"]


def test_house_keeps_its_direction() -> None:
    """``converters`` imports nothing of ``migrate``, and does no I/O but to read what the package itself brings along."""
    found = {
        f"{path.relative_to(ROOT)}: {one}"
        for path in (ROOT / "converters").rglob("*.py")
        for one in _reaches_out(path.read_text(encoding="utf-8"))
    }
    assert found == READ_ONCE


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import json, os", ["os"]),
        ("def f():\n    from time import time", ["time"]),
        ("from http.client import HTTPConnection", ["http.client"]),
        ("import urllib.request", ["urllib.request"]),
        ("import migrate.errors", ["migrate.errors"]),
        ("from datetime import datetime\nx = datetime.now()", ["datetime.now"]),
        ("from datetime import date\nx = date.today()", ["date.today"]),
        ("x = open('/etc/crontab')", ["open"]),
        ("print(1)", ["print"]),
        ("from importlib import import_module\nimport_module('migrate.errors')", ["import_module"]),
        ("from converters.schedules.days import day\nimport re\nre.compile('a')", []),
        ("word.open(1)", []),
    ],
)
def test_what_reaches_out_is_seen(line: str, found: list[str]) -> None:
    assert _reaches_out(line) == found


def _shown() -> list[tuple[str, str]]:
    """Each call of the tool that a page shows in a block: (page, words behind `cron2fargate`, without a comment)."""
    pages = [ROOT / "README.md", *(path for path in DOCS.glob("*.md") if path.name not in PAGES)]
    shown = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
        lines += [line for line in text.splitlines() if re.match(r" {4,}cron2fargate ", line)]
        shown += [
            (page.name, rest) for line in lines for rest in re.findall(r"\bcron2fargate ((?:[^#|>&;)]|\S#)*)", line)
        ]
    return shown


def test_what_the_pages_show_can_be_typed() -> None:
    shown = _shown()
    assert len(shown) > 80
    for page, rest in shown:
        words = rest.split()
        while words[0].startswith("--"):  # options of every command may stand before it
            del words[: 1 if words[0] in ("--quiet", "--verbose") else 2]
        command = LazyGroup(commands={}).get_command(click.Context(cli), words[0])
        assert command is not None, f"{page}: {rest}"
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        asked = {word.partition("=")[0] for word in words[1:] if word.startswith("-") and word != "-"}
        assert asked <= known | {"--help", "-h"}, f"{page}: {rest}"
