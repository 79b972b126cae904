"""The order of the wings, and no circles: what the map of the house promises, asked of the imports themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.docs import PACKAGES, WINGS

ROOT = Path(__file__).parent.parent


def modules(package: str) -> dict[str, Path]:
    """Module name -> file, packages by their own name."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    return imported_by(path.read_text(encoding="utf-8"), path, known)


def imported_by(text: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The known modules that a file imports, also inside its functions, and also by dots (`from ..specs import model`)."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            source = _named(node, path)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield from (name for name in ([inner] if inner in known else [source]) if name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def imports_at_run_time(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The same without what is there for the type checker alone."""
    kept = _WithoutTypes().visit(ast.parse(path.read_text(encoding="utf-8")))
    return imported_by(ast.unparse(kept), path, known)


class _WithoutTypes(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST:  # the name is the visitor's
        return ast.Pass() if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    """Every module that is imported from here, by however many others."""
    seen, left = {start}, [start]
    while left:
        new = edges[left.pop()] - seen
        seen |= new
        left += new
    return seen


def _named(node: ast.ImportFrom, path: Path) -> str:
    """The full name of the module that is imported from: each dot leads one package up, the first to the file's own."""
    above = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
    return ".".join([*above, *([node.module] if node.module else [])])


def graph(package: str) -> dict[str, set[str]]:
    known = modules(package)
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other (strongly connected components of two or more; Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in edges[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in edges:
        if name not in index:
            visit(name)
    return found


def room(module: str) -> str:
    """The folder that a module stands in; its own name where it stands in none."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize(
    ("line", "imported"),
    [
        ("from converters.specs import model", "converters.specs.model"),
        ("from converters.specs.model import Spec", "converters.specs.model"),
        ("import converters.specs.model as m", "converters.specs.model"),
        ("def f():\n    from converters.specs import model", "converters.specs.model"),
        ("from ..specs import model", "converters.specs.model"),
        ("from ..specs.model import Spec", "converters.specs.model"),
        ("from .. import specs", "converters.specs"),
        ("from . import days", "converters.schedules.days"),
        ("from .days import Days", "converters.schedules.days"),
    ],
)
def test_no_way_to_write_an_import_is_overlooked(line: str, imported: str) -> None:
    known = modules("converters")
    assert list(imported_by(line, ROOT / "converters" / "schedules" / "fields.py", known)) == [imported]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_in_the_order(package: str) -> None:
    there = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert there == set(PACKAGES[package])


def test_no_module_stands_beside_the_wings() -> None:
    assert [path.name for path in (ROOT / "converters").glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_imports_only_rooms_before_it(package: str) -> None:
    """Imports inside of functions too. What stands beside the rooms (`migrate/cli.py`, `migrate/errors.py`) is free."""
    order = PACKAGES[package]
    against = [
        f"{module} imports {other}"
        for module, others in graph(package).items()
        for other in sorted(others)
        if (a := room(module)) in order and (b := room(other)) in order and order.index(b) > order.index(a)
    ]
    assert against == []


def test_converters_know_nothing_of_migrate() -> None:
    both = modules("converters") | modules("migrate")
    assert [
        name
        for name, path in modules("converters").items()
        for other in imports(path, both)
        if other.startswith("migrate")
    ] == []


@pytest.mark.parametrize("package", ["converters", "migrate"])
def test_no_circles(package: str) -> None:
    assert circles(graph(package)) == []


_THROUGH = re.compile(r"\w{4,}.*\bin\b.*\w{4,}.*\bout\b|\bin (?:is|are)\b.*\w{4,}.*\bout (?:is|are)\b.*\w{4,}", re.S)


@pytest.mark.parametrize("name", WINGS)
def test_each_wing_says_what_comes_in_and_what_goes_out(name: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / "converters" / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    what, _, ways = text.partition("\n\n")
    assert len(what.split()) >= 5
    assert _THROUGH.search(re.sub(r"\b(come|comes|goes|what)\b", "", ways)), ways


@pytest.mark.parametrize("ways", ["come in.", "Text comes in.", "comes in; goes out", "What comes in goes out."])
def test_a_wing_that_says_nothing_is_seen(ways: str) -> None:
    assert not _THROUGH.search(re.sub(r"\b(come|comes|goes|what)\b", "", ways, flags=re.I))


# What reads, understands, converts, asks and keeps. What speaks with AWS or with a terminal has shapes of other libraries.
_CORE = ("converters", "migrate/sources", "migrate/scan", "migrate/document", "migrate/report")
_CORE_MODULES = [
    *(path for part in _CORE for path in sorted((ROOT / part).rglob("*.py"))),
    *(path for path in sorted((ROOT / "migrate/review").rglob("*.py")) if path.name != "terminal.py"),
    *(path for path in sorted((ROOT / "migrate/workspace").rglob("*.py")) if path.name != "release.py"),
]


_ANY_IN_QUOTES = re.compile(r"\bt(?:yping)?\.Any\b|\[(?:\w+, )*Any\b|\A(?:Any|.*\| *Any)\Z")
"""A type may stand in quotes, where the tree has only a text."""


@pytest.mark.parametrize("text", ["dict[str, Any]", "typing.Any", "t.Any", "list[Any] | None", "Any", "int | Any"])
def test_any_in_quotes_is_seen(text: str) -> None:
    assert _ANY_IN_QUOTES.search(text)
    assert not _ANY_IN_QUOTES.search("Any of these may be true. Anything [Anyone] goes.")


def test_nothing_in_the_core_is_any() -> None:
    """``Any`` turns mypy off for whatever it touches; what is not known is an ``object`` and has to be looked at."""
    said = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _CORE_MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.alias) and node.name == "Any")  # under another name, or for a type in quotes
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and _ANY_IN_QUOTES.search(node.value))
    ]
    assert len(_CORE_MODULES) > 400
    assert not said


# A function's length is that of its statements: a signature and a docstring are what it is read by.
_LONG, _LONGEST = 40, 60
_LONG_MODULE, _LONGEST_MODULE = 400, 460


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_a_function_is_seldom_longer_than_a_screen() -> None:
    found = [
        (length, f"{module}.{name}")
        for package in ("converters", "migrate")
        for module, path in modules(package).items()
        for name, length in _functions(path)
    ]
    assert [one for one in found if one[0] > _LONGEST] == []
    long = sorted(one for one in found if one[0] > _LONG)
    assert len(long) < len(found) / 200, long


def test_a_module_seldom_says_more_than_one_thing() -> None:
    sizes = {
        module: path.read_text(encoding="utf-8").count("\n")
        for package in ("converters", "migrate")
        for module, path in modules(package).items()
    }
    assert {module: size for module, size in sizes.items() if size > _LONGEST_MODULE} == {}
    long = {module: size for module, size in sizes.items() if size > _LONG_MODULE}
    assert len(long) < len(sizes) / 50, long
