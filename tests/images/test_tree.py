"""Layers over layers: the rules of the OCI image specification's layer.md, one by one."""

from __future__ import annotations

import io

import pytest

from converters.images.tree import Layer, Node, Tree, clean, laid
from migrate.images.layers import Budget, read_layer
from tests.images.builder import Entry, elf, layer


def tree(*layers: tuple[Entry, ...]) -> Tree:
    return laid(read_layer(io.BytesIO(layer(*one)), "layer", Budget()).layer for one in layers)


F: Entry = ("d/f", 0o644, "lower")
G: Entry = ("d/g", 0o644, "lower")

RULES: tuple[tuple[str, tuple[tuple[Entry, ...], ...], set[str]], ...] = (
    ("a whiteout takes one name away", ((F, G), (("d/.wh.f", 0, ""),)), {"/d", "/d/g"}),
    ("of lower layers only", ((F,), (("d/.wh.f", 0, ""), ("d/f", 0o644, "new"))), {"/d", "/d/f"}),
    ("wherever in its layer it stands", ((F,), (("d/f", 0o644, "new"), ("d/.wh.f", 0, ""))), {"/d", "/d/f"}),
    ("a directory with all below it", ((F, G, ("e", 0o644, "")), ((".wh.d", 0, ""),)), {"/e"}),
    (
        "an opaque directory hides its children",
        ((F, G), (("d/.wh..wh..opq", 0, ""), ("d/h", 0o644, ""))),
        {"/d", "/d/h"},
    ),
    ("also where it stands last", ((F, G), (("d/h", 0o644, ""), ("d/.wh..wh..opq", 0, ""))), {"/d", "/d/h"}),
    ("an opaque root hides all", ((F, G), ((".wh..wh..opq", 0, ""), ("h", 0o644, ""))), {"/h"}),
    ("a directory over a directory keeps what is in it", ((F,), (("d/", 0o700, ""),)), {"/d", "/d/f"}),
    ("a file over a directory hides what was in it", ((F,), (("d", 0o644, "file"),)), {"/d"}),
    ("a link over a directory too", ((F,), (("d", 0o777, "->e"),)), {"/d"}),
)


@pytest.mark.parametrize(("what", "layers", "left"), RULES, ids=[one[0] for one in RULES])
def test_rules_of_layers(what: str, layers: tuple[tuple[Entry, ...], ...], left: set[str]) -> None:
    assert set(tree(*layers).nodes) == left


def test_what_a_later_layer_says_of_a_file_counts() -> None:
    found = tree((("etc/passwd", 0o644, "root:x:0:0:::\n"),), (("etc/passwd", 0o644, "app:x:7:7:::\n"),))
    assert found.text("/etc/passwd") == "app:x:7:7:::\n"
    gone = tree((("etc/passwd", 0o644, "root:x:0:0:::\n"),), (("etc/.wh.passwd", 0, ""),))
    assert gone.text("/etc/passwd") is None


LINKS = (
    ("/bin/sh", "/usr/bin/dash"),
    ("/usr/bin/../bin/sh", "/usr/bin/dash"),
    ("/up/etc/x", "/etc/x"),
    ("/circle", None),
    ("/nowhere", None),
    ("/dangling", None),
    ("/", "/"),
)


@pytest.mark.parametrize(("path", "real"), LINKS)
def test_links_stay_inside(path: str, real: str | None) -> None:
    found = tree(
        (
            ("bin", 0o777, "->usr/bin"),
            ("usr/", 0o755, ""),
            ("usr/bin/", 0o755, ""),
            ("usr/bin/dash", 0o755, elf()),
            ("usr/bin/sh", 0o777, "->dash"),
            ("etc/", 0o755, ""),
            ("etc/x", 0o644, "x"),
            ("up", 0o777, "->../../../.."),
            ("circle", 0o777, "->circle"),
            ("dangling", 0o777, "->/none"),
        )
    )
    assert found.resolve(path) == real


@pytest.mark.parametrize(
    ("name", "path"),
    [("a/b", "/a/b"), ("./a", "/a"), ("/a", "/a"), ("a//b/.", "/a/b"), ("a/../b", None), ("..", None), ("a\0b", None)],
)
def test_names_of_members(name: str, path: str | None) -> None:
    assert clean(name) == path


def test_many_whiteouts_take_one_pass() -> None:
    lower, upper = Layer(), Layer()
    lower.entries = {f"/d/{n}": Node("file") for n in range(20_000)}
    upper.gone = {f"/d/{n}" for n in range(0, 20_000, 2)}
    assert len(laid([lower, upper]).nodes) == 10_001
