"""What is separate on the hosts is separate on AWS, and what is one there is one: hosts, users, homes, links."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.command import Lock
from converters.commands.lock_names import LockPlace, lock_file, lock_name, lock_path
from migrate.scan.hosts import Hosts
from migrate.sources import Source
from tests.effort import examples
from tests.workspaces import called, locks_of, scanned


class Host(NamedTuple):
    """A tree: table of /etc/crontab, files beside it, links beside it."""

    table: str
    files: Mapping[str, str] = MappingProxyType({})
    links: Mapping[str, str] = MappingProxyType({})


def written(root: Path, host: Host) -> Path:
    for name, text in {"etc/crontab": host.table, **host.files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for name, target in host.links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    return root


def one(command: str, user: str = "root", minute: int = 1) -> str:
    return f"{minute} 4 * * * {user} {command}\n"


HOME = {"etc/passwd": "alice:x:1:1::/home/alice:/bin/sh\nbob:x:2:2::/home/bob:/bin/sh\n"}
RUN = {"var/run": "/run", "run/.keep": ""}

# (name, hosts, words of `scan`; for each job in the order of the tables a letter: the same letter is the same lock)
SCANS: list[tuple[str, dict[str, Host], tuple[str, ...], str]] = [
    ("two hosts", {"web1": Host(one("flock /tmp/l x")), "web2": Host(one("flock /tmp/l x"))}, ("web1", "web2"), "ab"),
    (
        "two hosts whose directories have one name",
        {"a/root": Host(one("flock /tmp/l x")), "b/root": Host(one("flock /tmp/l x"))},
        ("a/root", "b/root"),
        "ab",
    ),
    (
        "two hosts, each table named by itself",
        {"web1": Host(one("flock /tmp/l x")), "web2": Host(one("flock /tmp/l x"))},
        ("web1/etc/crontab", "web2/etc/crontab"),
        "ab",
    ),
    (
        "two hosts with one hostname",
        {
            "old": Host(one("flock /tmp/l x"), {"etc/hostname": "db\n"}),
            "new": Host(one("flock /tmp/l x"), {"etc/hostname": "db\n"}),
        },
        ("old", "new"),
        "ab",
    ),
    (
        "a host called as the directory of another",
        {"web1": Host(one("flock /tmp/l x")), "b": Host(one("flock /tmp/l x"), {"etc/hostname": "web1"})},
        ("web1", "b"),
        "ab",
    ),
    (
        "two tables of one host",
        {"web1": Host(one("flock /tmp/l x"), {"etc/cron.d/a": one("flock /tmp/l y")})},
        ("web1",),
        "aa",
    ),
    (
        "processes of two hosts",
        {"web1": Host(one("pgrep app || app")), "web2": Host(one("pgrep app || app"))},
        ("web1", "web2"),
        "ab",
    ),
    (
        "relative paths of two users",
        {
            "w": Host(
                one("flock job.lock x", "alice") + one("flock job.lock x", "bob") + one("flock ./job.lock y", "bob")
            )
        },
        ("w",),
        "abb",
    ),
    (
        "relative paths and whole ones, homes known",
        {
            "w": Host(
                one("flock job.lock x", "alice")
                + one("flock /home/alice/job.lock x", "bob")
                + one("cd /home/alice && flock job.lock x", "bob")
                + one("flock ../alice/job.lock x", "bob")
                + one("cd /srv && flock job.lock x", "alice")
                + one("flock job.lock sh -c 'cd /srv && x'", "alice"),
                HOME,
            )
        },
        ("w",),
        "aaaaba",
    ),
    (
        "HOME of a table",
        {"w": Host("HOME=/srv/a\n" + one("flock job.lock x") + "HOME=/srv/b\n" + one("flock job.lock x"))},
        ("w",),
        "ab",
    ),
    (
        "run-one of two users",
        {"w": Host(one("run-one app z", "alice") + one("run-one app z", "bob") + one("run-one app z", "alice", 2))},
        ("w",),
        "aba",
    ),
    (
        "run-one under sudo",
        {
            "w": Host(
                one("run-one app z", "alice") + one("sudo -u bob run-one app z", "alice") + one("run-one app z", "bob")
            )
        },
        ("w",),
        "abb",
    ),
    (
        "run-one of two hosts",
        {"v": Host(one("run-one app z")), "w": Host(one("run-one app z"))},
        ("v", "w"),
        "ab",
    ),
    (
        "processes of all users, and of one",
        {"w": Host(one("pgrep app || app", "alice") + one("pgrep app || app", "bob") + one("pgrep -u bob app || app"))},
        ("w",),
        "aab",
    ),
    (
        "links of the tree",
        {
            "w": Host(
                one("flock /data/l x")
                + one("flock /srv/data/l x")
                + one("flock /mnt/l x")
                + one("flock /srv/data/../l x"),
                {"srv/data/.keep": ""},
                {"data": "srv/data", "mnt": "/data/../data"},
            )
        },
        ("w",),
        "aaab",
    ),
    (
        "a tree in which /var/run is a directory of its own",
        {"w": Host(one("flock /var/run/l x") + one("flock /run/l x"), {"var/run/.keep": "", "run/.keep": ""})},
        ("w",),
        "ab",
    ),
    (
        "a tree in which /run is the link",
        {"w": Host(one("flock /var/run/l x") + one("flock /run/l x"), {"var/run/.keep": ""}, {"run": "var/run"})},
        ("w",),
        "aa",
    ),
    ("a tree without either", {"w": Host(one("flock /var/run/l x") + one("flock /run/l x"))}, ("w",), "aa"),
    (
        "links that lead out of the tree stay in it",
        {"w": Host(one("flock /var/run/l x") + one("flock /l x"), {}, {"var/run": "../../../.."})},
        ("w",),
        "aa",
    ),
    (
        "a lock that is a link itself",
        {"w": Host(one("flock /srv/l x") + one("flock /tmp/m x"), {}, {"srv/l": "/tmp/m"})},
        ("w",),
        "aa",
    ),
    (
        "links in a circle",
        {"w": Host(one("flock /a/l x") + one("flock /c/l x"), {}, {"a": "b", "b": "a"})},
        ("w",),
        "ab",
    ),
]


@pytest.mark.parametrize(("hosts", "words", "same"), [row[1:] for row in SCANS], ids=[row[0] for row in SCANS])
def test_what_is_one_lock(tmp_path: Path, hosts: dict[str, Host], words: tuple[str, ...], same: str) -> None:
    for name, host in hosts.items():
        written(tmp_path / name, host)
    document = scanned(tmp_path, *words)
    names = locks_of(tmp_path, document)
    assert "".join("abcdef"[list(dict.fromkeys(names)).index(name)] for name in names) == same
    assert names == [job["wishes"]["lock"]["name"] for job in document["jobs"]]
    alike = {name for name in names if names.count(name) > 1}
    assert {group["name"] for group in document["groups"]["locks"]} == alike


def test_the_name_of_a_lock_does_not_hang_on_what_else_is_scanned(tmp_path: Path) -> None:
    for name in ("web1", "web2"):
        written(tmp_path / name, Host(one("flock /tmp/l x")))
    both = locks_of(tmp_path, scanned(tmp_path, "web1", "web2", out="both"), out="both")
    alone = [
        locks_of(tmp_path, scanned(tmp_path, name, out=f"only-{name}"), out=f"only-{name}")[0]
        for name in ("web1", "web2")
    ]
    assert both == alone == ["web1:/tmp/l", "web2:/tmp/l"]


def test_the_review_makes_one_lock_of_two(tmp_path: Path) -> None:
    for name in ("web1", "web2"):
        written(tmp_path / name, Host(one("flock /tmp/l x")))
    document = scanned(tmp_path, "web1", "web2")
    (tmp_path / "answers.yml").write_text('version: 1\njobs: {"*": {lockName: shared}}\n', encoding="utf-8")
    called(tmp_path, "review", "--answers", "answers.yml")
    assert locks_of(tmp_path, document) == ["shared", "shared"]


# --- the law ---------------------------------------------------------------------------------------------------------

HOSTS = st.sampled_from(["", "a", "b", "a/b", "a:", "a:b", "サ", "ー", "-", "a-", "h" * 200])
OWNERS = st.sampled_from(["", "alice", "bob", "a/b", "/a"])
NAMES = st.sampled_from(
    [
        "/b",
        "/b:/c",
        "/tmp/l",
        "/var/run/l",
        "/run/l",
        "l",
        "./l",
        "b:/c",
        "a:/b",
        "/a b",
        "/a-b",
        "/tmp/ghp_" + "x" * 36,
    ]
    + ["/" + "y" * 190 + "/token=" + end * 20 for end in "ab"]
) | st.text(st.sampled_from("/:ab. -"), min_size=1, max_size=6)
TOOLS = st.sampled_from(["flock", "setlock", "run-one", "pgrep", "pidof"])
LOCKS = st.tuples(TOOLS, NAMES, OWNERS, HOSTS, OWNERS, st.sampled_from([None, "/tmp", "/home/a b", "/"]))


def identity(lock: Lock, place: LockPlace) -> tuple[object, ...]:
    """What the lock is on its host, in whole."""
    file = lock_file(lock, place)
    if file is not None:
        return place.host, "file", file, lock.owner
    if lock.tool in ("pgrep", "pidof"):
        return place.host, "process", lock.name, lock.owner
    if lock.tool == "run-one":
        return place.host, "run-one", lock.name, lock.owner or place.owner
    return place.host, "relative", [part for part in lock.name.split("/") if part not in ("", ".")], place.owner


@examples(300)
@given(st.lists(LOCKS, min_size=2, max_size=10))
def test_two_locks_never_have_one_name_and_one_never_two(
    rows: list[tuple[str, str, str, str, str, str | None]],
) -> None:
    found = []
    for tool, name, owner, host, user, directory in rows:
        lock = Lock(tool, name, "skip", owner=owner if tool in ("run-one", "pgrep", "pidof") else "")
        place = LockPlace(host, user, directory)
        found.append((identity(lock, place), lock_name(lock, place)))
    for (first, named), (second, other) in combinations(found, 2):
        if not any("ghp_" in str(part) or "token=" in str(part) for part in (*first, *second)):
            assert (first == second) == (named == other), (first, second, named, other)
        if first == second:
            assert named == other


def test_a_secret_behind_the_end_of_a_name_keeps_two_locks_apart() -> None:
    paths = [f"/srv/{'x' * length}/token=Zz81kkQw0{end}/l" for length in (100, 170, 187, 199, 300) for end in "ab"]
    names = [lock_name(Lock("flock", path, "skip")) for path in paths]
    assert len(set(names)) == len(paths)
    assert not any("Zz81" in name for name in names)
    assert all(len(name) <= 200 for name in names)


ROOTS = st.lists(
    st.lists(st.sampled_from(["root", "web1", "web2", "a", "A"]), min_size=1, max_size=4).map(
        lambda p: "/x/" + "/".join(p)
    ),
    unique=True,
    max_size=6,
)


@given(ROOTS)
def test_no_two_hosts_have_one_name(roots: list[str]) -> None:
    sources = [Source(f"{root}/etc/crontab", b"", "system", root=Path(root)) for root in roots]
    hosts = Hosts(sources)
    names = [hosts.name(source) for source in sources]
    assert len(set(names)) == len(names)
    assert all(names)


PARTS = st.lists(st.sampled_from(["a", "b", "c", "..", ".", "", "var", "run", "d"]), max_size=6)


@examples(60)
@given(links=st.dictionaries(st.sampled_from(["a", "b", "c/d", "var/run"]), PARTS.map("/".join)), path=PARTS)
def test_the_kernel_agrees_about_any_links(
    links: dict[str, str], path: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a changed root of its own, by the kernel's openat2 (through /proc), where the way leads anywhere."""
    from migrate.machine.rooted import Tree
    from migrate.scan.hosts import _links_of

    root = tmp_path_factory.mktemp("root")
    for directory in ("c", "var", "run", "d"):
        (root / directory).mkdir()
    for name, target in links.items():
        (root / name).symlink_to(target or "/")
    tree = Tree(root)
    try:
        descriptor = tree.open("/".join(path), os.O_PATH)
    except OSError:
        return  # leads nowhere, or round in circles
    try:
        reached = Path(f"/proc/self/fd/{descriptor}").readlink()
    finally:
        os.close(descriptor)
    assert lock_path("/" + "/".join(path), _links_of(tree)) == ("/" + str(reached.relative_to(root))).replace("/.", "/")
