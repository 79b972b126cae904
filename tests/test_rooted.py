"""Places below a root: every link is resolved inside it, by the kernel and by the walk alike."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from migrate.machine import rooted
from migrate.machine.rooted import Tree, everywhere
from tests.effort import examples

SECRET = "root:$6$secret"


@pytest.fixture(params=["kernel", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways of opening; the kernel's only where it has openat2."""
    if request.param == "walk":
        monkeypatch.setattr(rooted, "KERNEL", False)
    yield request.param


def world(tmp_path: Path) -> Path:
    """``tree`` with links of every kind, and ``shadow`` beside it, which nothing in the tree may reach."""
    tree = tmp_path / "tree"
    for directory in ("etc/cron.d", "srv/app", "var/spool"):
        (tree / directory).mkdir(parents=True)
    (tree / "srv/app/cron").write_text("inside")
    (tmp_path / "shadow").write_text(SECRET)
    return tree


# Link at etc/cron.d/app -> what is read through it, "inside" or an errno.
LINKS = [
    ("/srv/app/cron", "inside"),
    ("//srv//app/./cron", "inside"),
    ("../../srv/app/cron", "inside"),
    ("../../../../../srv/app/cron", "inside"),  # `..` at the root stays there, as in a changed root
    ("/../srv/app/cron", "inside"),
    ("/etc/../srv/app/cron", "inside"),
    ("{outside}/shadow", errno.ENOENT),
    ("../../../shadow", errno.ENOENT),
    ("/proc/self/root{outside}/shadow", errno.ENOENT),
    ("app", errno.ELOOP),
    ("/srv/app", errno.EISDIR),
    ("/srv/app/cron/x", errno.ENOTDIR),
    ("/srv/app/none", errno.ENOENT),
]


@pytest.mark.parametrize(("target", "expected"), LINKS)
def test_a_link_is_the_trees_own(way: str, tmp_path: Path, target: str, expected: str | int) -> None:
    tree = world(tmp_path)
    (tree / "etc/cron.d/app").symlink_to(target.format(outside=tmp_path))
    place = Tree(tree).place("etc/cron.d/app")
    if isinstance(expected, str):
        assert place.read().decode() == expected
    else:
        with pytest.raises(OSError) as caught:
            place.read()
        assert caught.value.errno == expected


@pytest.mark.parametrize(("target", "expected"), LINKS)
def test_a_strict_tree_refuses_what_leads_out(way: str, tmp_path: Path, target: str, expected: str | int) -> None:
    tree = world(tmp_path)
    (tree / "etc/cron.d/app").symlink_to(target.format(outside=tmp_path))
    place = Tree(tree, strict=True).place("etc/cron.d/app")
    if target == "../../srv/app/cron":
        assert place.read() == b"inside"
    else:
        with pytest.raises(OSError) as caught:
            place.read()
        assert caught.value.errno == (errno.ELOOP if target == "app" else errno.EXDEV)


# Of an /etc alone: link at cron.d/app -> what is read through it.
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/etc/other", "other"),
        ("../other", "other"),
        ("../../etc/other", "other"),
        ("../../../../etc/other", "other"),
        ("/srv/app/cron", None),
        ("../../srv/app/cron", None),
        ("/etc", None),
        ("/", None),
        ("{outside}/shadow", None),
    ],
)
def test_a_copy_of_etc_alone_knows_its_own_name(way: str, tmp_path: Path, target: str, expected: str | None) -> None:
    tree = world(tmp_path)
    (tree / "etc/other").write_text("other")
    (tree / "etc/cron.d/app").symlink_to(target.format(outside=tmp_path))
    place = Tree(tree / "etc", at="etc").place("cron.d/app")
    if expected is not None:
        assert place.read().decode() == expected
        assert place.real().inside == "other"
    else:
        with pytest.raises((FileNotFoundError, IsADirectoryError, OSError)):
            place.read()


def test_what_is_asked_of_a_place(way: str, tmp_path: Path) -> None:
    tree = Tree(world(tmp_path))
    (tree.root / "etc/link").symlink_to("/srv")
    (tree.root / "etc/nowhere").symlink_to("/none")
    link, nowhere = tree.place("/etc/link"), tree.place("etc/./nowhere")
    assert (link.is_dir(), link.is_link(), link.readlink()) == (True, True, "/srv")
    assert [one.inside for one in link.entries()] == ["etc/link/app"]
    assert (link / "app/cron").read(3) == b"ins"
    assert (link / "app/cron").real().inside == "srv/app/cron"
    assert (nowhere.exists(), nowhere.is_there(), nowhere.is_dir()) == (False, True, False)
    assert str(nowhere) == str(tree.root / "etc/nowhere")
    assert tree.place().name == "tree"
    assert (tree.place("a/b.yml").suffix, tree.place("a/b").parent.inside) == (".yml", "a")
    nowhere.unlink()
    assert not nowhere.is_there()
    with pytest.raises(OSError, match="zero byte"):
        tree.place("a\0b").read()
    with pytest.raises(TypeError, match="through its tree"):
        open(link)  # type: ignore[call-overload]  # noqa: PTH123, SIM115 - that it cannot be opened by its path


def test_a_fifo_is_not_waited_for(way: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        Tree(tmp_path).place("fifo").read()


def test_a_tree_in_a_tree(way: str, tmp_path: Path) -> None:
    tree = world(tmp_path)
    (tmp_path / "heap").mkdir()
    (tmp_path / "heap/server").symlink_to(tree)  # leads out of the heap
    outer = Tree(tmp_path / "heap")
    assert not outer.place("server").exists()
    inner = Tree(tmp_path).place("tree").subtree()
    (tree / "etc/cron.d/app").symlink_to("/srv/app/cron")
    assert inner.place("etc/cron.d/app").read() == b"inside"
    (tree / "etc/cron.d/out").symlink_to("/shadow")
    assert not inner.place("etc/cron.d/out").exists()


def test_making_a_file_through_a_link_stays_inside(way: str, tmp_path: Path) -> None:
    tree = world(tmp_path)
    (tree / "etc/new").symlink_to(str(tmp_path / "victim"))
    (tree / "etc/up").symlink_to("../../../victim")
    for name in ("new", "up"):
        with pytest.raises((FileNotFoundError, IsADirectoryError, OSError)):
            os.close(Tree(tree, strict=True).open(f"etc/{name}", os.O_WRONLY | os.O_CREAT))
        with pytest.raises(FileExistsError):
            os.close(Tree(tree).open(f"etc/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    assert not (tmp_path / "victim").exists()
    os.close(Tree(tree).open("etc/up", os.O_WRONLY | os.O_CREAT))
    assert (tree / "victim").exists()
    assert not (tmp_path / "victim").exists()


def test_a_path_that_a_person_named_follows_this_machine(way: str, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text(SECRET)
    (tmp_path / "link").symlink_to(tmp_path / "shadow")
    assert everywhere(tmp_path / "link").read().decode() == SECRET


def test_a_link_that_changes_while_it_is_read_never_leads_out(way: str, tmp_path: Path) -> None:
    """Another process swaps a directory for a link to the outside, again and again."""
    tree = tmp_path / "tree"
    (tree / "real").mkdir(parents=True)
    (tree / "real/file").write_text("inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text(SECRET)
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "here").mkdir()
    (tree / "here/file").write_text("inside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (tree / "here").rename(tree / "away")
            (tree / "link").rename(tree / "here")
            (tree / "here").rename(tree / "link")
            (tree / "away").rename(tree / "here")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        place = Tree(tree).place("here/../here/file")
        for _ in range(3000):
            try:
                seen.add(place.read())
            except OSError:
                seen.add(b"error")
    finally:
        stop.set()
        swapping.join()
    assert seen <= {b"inside", b"error"}
    # Whether a read came between two swaps is the scheduler's business; when nobody swaps any more, it must come through.
    assert place.read() == b"inside"


NAMES = ["a", "b", "c"]
PATHS = st.lists(st.sampled_from([*NAMES, "..", "."]), min_size=1, max_size=5).map("/".join)
LAID = st.lists(
    st.tuples(PATHS, st.sampled_from(["file", "directory", "link"]), PATHS, st.booleans()), min_size=1, max_size=10
)


@pytest.mark.skipif(not rooted.KERNEL, reason="no openat2 here")
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(laid=[("a", "file", "a", False), ("c/a/a", "link", "a/.", True)], asked=["c/a/a"], strict=False)
@example(laid=[("a", "file", "a", False), ("b", "link", "a/", False)], asked=["b"], strict=True)
@given(laid=LAID, asked=st.lists(PATHS, min_size=1, max_size=6), strict=st.booleans())
def test_kernel_and_walk_agree(
    tmp_path_factory: pytest.TempPathFactory,
    laid: list[tuple[str, str, str, bool]],
    asked: list[str],
    strict: bool,
) -> None:
    """Whatever stands there, both open the same file or fail with the same error; and never a file outside."""
    base = tmp_path_factory.mktemp("both")
    (base / "tree").mkdir()
    for name, kind, target, absolute in laid:
        here = os.path.normpath(f"/{name}").lstrip("/") or "a"
        place = base / "tree" / here
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.resolve().is_relative_to(base / "tree"):
                continue
            if kind == "link":
                place.symlink_to(f"/{target}" if absolute else target)
            elif kind == "directory":
                place.mkdir()
            else:
                place.touch()
        except (OSError, RuntimeError):
            continue
    inside = {(one.st_dev, one.st_ino) for one in map(os.lstat, [base / "tree", *(base / "tree").rglob("*")])}
    tree = Tree(base / "tree", strict=strict)
    for path in asked:
        said = []
        for kernel in (True, False):
            rooted.KERNEL = kernel
            try:
                found = tree.place(path).stat()
                said.append((found.st_dev, found.st_ino))
                assert said[-1] in inside
            except OSError as error:
                said.append((error.errno or 0, -1))
            finally:
                rooted.KERNEL = True
        assert said[0] == said[1], (path, said)
