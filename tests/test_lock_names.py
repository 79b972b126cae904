"""Two lock files never get one name on AWS, one file never two."""

from __future__ import annotations

import os
import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.command import Lock
from converters.commands.lock_names import LockPlace, lock_name, lock_path
from converters.commands.work import lock_wish
from tests.cli import run

NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")

PLAIN = ["/tmp/a.lock", "/l", "/srv/app_1/job-2.pid", "/a:b", "/run/lock/x", "/-/x", "/" + "x" * 199]

ONE = [
    ("/run/x.lock", "/var/run/x.lock", "//var//run/x.lock", "/var/./run/x.lock", "/srv/../var/run/x.lock"),
    ("/run/lock/y", "/var/lock/y", "/var/run/lock/y", "/var/lock/./y", "/var/lock/z/../y"),
    ("/tmp/l", "/tmp/../tmp/l", "//tmp/l", "///tmp/l", "/tmp//l", "/tmp/./l", "/../tmp/l", "/tmp/l/"),
    ("/run/請求.lock", "/var/run/請求.lock", "/run//請求.lock"),
    ("/l", "/var/run/../l"),
    ("/run/l", "/var/lock/../l"),
]

APART = [
    ("/var/lock/請求.lock", "/var/lock/掃除.lock", "/var/lock/-.lock", "/var/lock/.lock", "/var/lock/請求 .lock"),
    ("/tmp/a b.lock", "/tmp/a-b.lock", "/tmp/a  b.lock", "/tmp/a+b.lock", "/tmp/a\tb.lock", "/tmp/a,b.lock"),
    ("/" + "x" * 200 + "a", "/" + "x" * 200 + "b", "/" + "x" * 199, "/" + "x" * 200),
    ("/tmp/a-", "/tmp/a", "/tmp/a--"),
    ("/tmp/caf\udce9", "/tmp/caf\udce8", "/tmp/café", "/tmp/cafe\u0301", "/tmp/caf"),
    ("/var/runs/x", "/run/x", "/var/run.x", "/srv/var/run/x", "/var/locks/x"),
    ("/tmp/A.lock", "/tmp/a.lock"),
    ("/", "/lock", "/請", "/掃"),
]


@pytest.mark.parametrize("path", PLAIN)
def test_a_path_that_says_all_is_the_name(path: str) -> None:
    assert lock_name(Lock("flock", path, "skip")) == path


@pytest.mark.parametrize("paths", ONE)
@pytest.mark.parametrize("place", ["", "web1"])
def test_one_file_has_one_name(paths: tuple[str, ...], place: str) -> None:
    assert len({lock_name(Lock("flock", path, "skip"), LockPlace(place)) for path in paths}) == 1


@pytest.mark.parametrize("paths", APART)
@pytest.mark.parametrize("place", ["", "web1", "サーバー", "h" * 200])
def test_two_files_have_two_names(paths: tuple[str, ...], place: str) -> None:
    names = [lock_name(Lock("flock", path, "skip"), LockPlace(place)) for path in paths]
    assert len(set(names)) == len(paths)
    assert all(NAME.fullmatch(name) for name in names)


def test_what_looks_digested_is_digested() -> None:
    lossy = lock_name(Lock("flock", "/tmp/a b", "skip"))
    assert lock_name(Lock("flock", lossy, "skip")) != lossy


def test_servers_and_kinds_are_apart() -> None:
    locks = [Lock("flock", "/opt/x", "skip"), Lock("run-one", "/opt/x", "skip"), Lock("pgrep", "/opt/x", "skip")]
    locks += [Lock("pgrep", "x", "skip"), Lock("run-one", "x", "skip"), Lock("flock", "x", "skip")]
    names = [lock_name(lock, LockPlace(place)) for lock in locks for place in ("", "サ", "ー", "a", "b")]
    assert len(set(names)) == len(names)
    assert lock_name(Lock("setlock", "/l", "wait")) == lock_name(Lock("flock", "/l", "skip"))


def test_a_digest_is_no_test_for_guesses_of_a_secret() -> None:
    """Only what two digits tell: of 600 secrets in one lossy path, no more than 256 names."""
    paths = [f"/tmp/a b/ghp_{index:036d}.lock" for index in range(600)]
    names = {str(lock_wish(Lock("flock", path, "skip"))["name"]) for path in paths}
    assert len(names) <= 256
    assert not any("ghp_" in name for name in names)


PATHS = st.lists(
    st.sampled_from(["", ".", "..", "var", "run", "lock", "a", "a b", "a-b", "a-", "請", "掃", "\udce9", "y" * 120])
    | st.text(st.characters(exclude_characters="/\0"), max_size=4),
    max_size=6,
).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(PATHS, min_size=2, max_size=8))
def test_names_are_one_to_one_with_normal_paths(paths: list[str]) -> None:
    for path in paths:
        normal = lock_path(path)
        assert lock_path(normal) == normal
        assert os.path.normpath(normal) == normal
        assert NAME.fullmatch(lock_name(Lock("flock", path, "skip")))
    for one, two in combinations(paths, 2):
        same = lock_name(Lock("flock", one, "skip")) == lock_name(Lock("flock", two, "skip"))
        assert same == (lock_path(one) == lock_path(two))


@given(parts=st.lists(st.sampled_from(["var", "run", "lock", "tmp", "..", ".", ""]), max_size=7))
def test_the_kernel_agrees(parts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Against links as Debian makes them: the path that the kernel reaches, where it reaches one."""
    root = tmp_path_factory.getbasetemp() / "links"
    if not root.exists():
        for directory in ("var", "run/lock", "tmp"):
            (root / directory).mkdir(parents=True)
        (root / "var/run").symlink_to(root / "run")
        (root / "var/lock").symlink_to(root / "run/lock")
    path = "/".join(parts)
    reached = Path(os.path.realpath(f"{root}/{path}"))
    if reached.is_relative_to(root) and not escapes(root, parts):
        assert lock_path("/" + path) == ("/" + str(reached.relative_to(root))).replace("/.", "/")


def escapes(root: Path, parts: list[str]) -> bool:
    """Whether the way leads above the root, where ``..`` of a real root would stay."""
    heads = (os.path.realpath(f"{root}/{'/'.join(parts[:end])}") for end in range(len(parts) + 1))
    return any(not Path(head).is_relative_to(root) for head in heads)


def test_the_specs_of_a_scan(tmp_path: Path) -> None:
    files = ["/var/lock/請求.lock", "/var/lock/掃除.lock", '"/tmp/a b.lock"', '"/tmp/a-b.lock"', "/var/run/x", "/run/x"]
    (tmp_path / "tab").write_text("".join(f"{n} 4 * * * flock -n {one} /opt/x{n}\n" for n, one in enumerate(files)))
    assert run("scan", "tab", "--user-crontab", cwd=tmp_path).code == 0
    specs = [path.read_text(encoding="utf-8") for path in (tmp_path / "migration").rglob("ecs.yml")]
    names = [found for spec in specs for found in re.findall(r"lock:.*?name: \"?([^\s\"]+)", spec, re.S)]
    assert len(names) == 6
    assert len(set(names)) == 5
    assert names.count("/run/x") == 2
