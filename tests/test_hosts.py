"""What a tree tells of its host: small files as their programs read them, packages; *not looked at* is never *nothing*."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
from pathlib import Path

import pytest

from converters.hosts import files
from converters.hosts.facts import Host
from converters.hosts.packages import Owner, dpkg_packages, rpm_packages
from migrate.machine.rooted import Tree
from migrate.sources.host import HostFiles

ROOT = "root:x:0:0:root:/root:/bin/bash\n"
WHOLE = {
    "etc/passwd": ROOT + "deploy:x:1004:1004::/home/deploy:/bin/bash\n",
    "etc/os-release": "ID=debian\n",
    "etc/hostname": "web1\n",
    "usr/bin/env": "",
    "usr/bin/dash": "",
    "srv/app/run": "",
}


def tree(root: Path, texts: dict[str, str], **links: str) -> HostFiles:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for name, target in links.items():
        place = root / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    return HostFiles(Tree(root))


@pytest.mark.parametrize(
    ("passwd", "names"),
    [
        (ROOT, {"root"}),
        (ROOT + "+::::::\n-x::::::\n# a:b:0:0:::\n", {"root"}),
        ("a:x:1:1:::/bin/sh\na:x:2:2::/b:/bin/sh\n", {"a"}),
        ("a:x:one:1:::\n:x:1:1:::\na:x:1:1::/h\n", set()),
        ("", set()),
    ],
)
def test_passwd(passwd: str, names: set[str]) -> None:
    assert set(files.users_of(passwd)) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web1\n", "web1"),
        ("# x\n\n web1.example.com \n", "web1.example.com"),
        ("", None),
        ("a b\n", None),
        ("$(x)\n", None),
        ("..\n", None),
        ("-x\n", None),
        ("x" * 64 + "\n", "x" * 64),
        ("x" * 65 + "\n", None),
    ],
)
def test_hostname(text: str, name: str | None) -> None:
    assert files.hostname_of(text) == name


@pytest.mark.parametrize(
    ("text", "own", "names"),
    [
        ("127.0.0.1 localhost\n127.0.1.1 web1.example.com web1\n::1 ip6-localhost\n", "web1", set()),
        ("10.0.0.5 db1 db1.example.com # main\n", "web1", {"db1", "db1.example.com"}),
        ("10.0.0.4 web1.example.com web1\n10.0.0.5\tdb1\n", "web1.example.com", {"db1"}),
        ("#10.0.0.5 db1\nff02::1 ip6-allnodes\n0.0.0.0 ads.example.com\n", None, set()),
    ],
)
def test_names_that_only_this_host_knows(text: str, own: str | None, names: set[str]) -> None:
    assert files.names_of(text, own) == names


def test_mounts() -> None:
    fstab = "# x\nUUID=1 / ext4 defaults 0 1\nnas:/v /mnt/my\\040data nfs4 ro 0 0\n/dev/sdb1 /srv/ xfs\n/s none swap\n"
    mounts = files.mounts_of(fstab)
    assert mounts == {"/": "ext4", "/mnt/my data": "nfs4", "/srv": "xfs"}
    assert files.mount_below(mounts, "/mnt/my data/x") == ("/mnt/my data", "nfs4")
    assert files.mount_below(mounts, "/srvother/x") is None
    assert files.is_shared("nfs4")
    assert not files.is_shared("ext4")


def test_environment_as_pam_reads_it() -> None:
    text = "PATH=\"/usr/bin:/opt/x\"\nexport LANG=de_DE.UTF-8\n# A=b\nB='c d'\nnot a line\n"
    assert files.variables_of(text) == {"PATH": "/usr/bin:/opt/x", "LANG": "de_DE.UTF-8", "B": "c d"}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("passwd: files\n", False),
        ("passwd: files systemd\n", False),
        ("passwd:         compat\n", False),
        ("passwd: sss files\n", True),
        ("passwd: files [NOTFOUND=return] ldap # x\n", True),
        ("group: sss\n", False),
        ("", False),
    ],
)
def test_a_directory_service_may_know_more_users(text: str, asks: bool) -> None:
    assert files.asks_directory(text) is asks


STATUS = """Package: mdadm
Status: install ok installed
Conffiles:
 /etc/cron.d/mdadm {md5}
 /etc/cron.daily/old 00 obsolete
Description: x

Package: gone
Status: deinstall ok config-files
Conffiles:
 /etc/cron.daily/gone 11
"""


def test_dpkg() -> None:
    text = "57 0 * * 0 root x\n"
    packages = dpkg_packages(
        [
            ("mdadm", "/.\n/etc/cron.d/mdadm\n/sbin/mdadm\n/usr/share/doc/mdadm\n"),
            ("gone:amd64", "/etc/cron.daily/gone\n"),
        ],
        STATUS.format(md5=hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()),
    )
    assert packages.owner("/etc/cron.d/mdadm", text.encode()) == Owner("mdadm")
    assert packages.owner("/etc/cron.d/mdadm", b"other") == Owner("mdadm", changed=True)
    assert packages.owner("/etc/cron.daily/gone") == Owner("gone", removed=True)
    assert packages.owner("/etc/cron.d/ours") is None
    assert packages.owner("/usr/sbin/mdadm") == Owner("mdadm"), "/sbin is /usr/sbin since the merge"
    assert packages.owner("/usr/share/doc/mdadm") is None


def test_what_a_package_makes_when_it_is_installed() -> None:
    packages = dpkg_packages([("popularity-contest", "/etc/cron.daily/popularity-contest\n")], "")
    assert packages.owner("/etc/cron.d/popularity-contest") == Owner("popularity-contest")
    assert dpkg_packages([], "").owner("/etc/cron.d/popularity-contest") is None


def rpm_header(name: str, paths: list[str]) -> bytes:
    directories = sorted({path.rpartition("/")[0] + "/" for path in paths})
    tags = [
        (1000, 6, 1, name.encode() + b"\0"),
        (
            1116,
            4,
            len(paths),
            b"".join(struct.pack(">I", directories.index(p.rpartition("/")[0] + "/")) for p in paths),
        ),
        (1117, 8, len(paths), b"".join(p.rpartition("/")[2].encode() + b"\0" for p in paths)),
        (1118, 8, len(directories), b"".join(d.encode() + b"\0" for d in directories)),
    ]
    index, data = b"", b""
    for tag, kind, count, value in tags:
        index += struct.pack(">IIiI", tag, kind, len(data), count)
        data += value
    return struct.pack(">II", len(tags), len(data)) + index + data


def test_rpm() -> None:
    packages = rpm_packages([rpm_header("cronie", ["/etc/cron.d/0hourly", "/usr/sbin/crond"]), b"", b"\xff" * 40])
    assert packages.owner("/etc/cron.d/0hourly") == Owner("cronie")
    assert packages.owner("/usr/sbin/crond") == Owner("cronie")


def test_rpm_database_in_a_tree(tmp_path: Path) -> None:
    place = tmp_path / "var/lib/rpm/rpmdb.sqlite"
    place.parent.mkdir(parents=True)
    with sqlite3.connect(place) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        database.execute("INSERT INTO Packages VALUES (1, ?)", (rpm_header("cronie", ["/etc/cron.d/0hourly"]),))
    database.close()
    packages = HostFiles(Tree(tmp_path)).host().packages
    assert packages is not None
    assert packages.owner("/etc/cron.d/0hourly") == Owner("cronie")


def test_a_whole_tree(tmp_path: Path) -> None:
    found = tree(tmp_path, WHOLE, usr__bin__sh="dash", bin="usr/bin", etc__localtime="/usr/share/zoneinfo/Asia/Tokyo")
    host = found.host(["/srv/app/run", "/srv/app/none", "/etc/role", "/usr/bin/y", "/opt/x", "/run/x", "/tmp/x"])
    assert (host.hostname, host.os, host.sh, host.zone) == ("web1", "debian", "dash", "Asia/Tokyo")
    assert host.users is not None
    assert host.users["deploy"].home == "/home/deploy"
    assert {path: one.kind for path, one in host.paths.items()} == {
        "/srv/app/run": "file",
        "/srv/app/none": "absent",
        "/etc/role": "absent",
        "/usr/bin/y": "absent",
    }
    assert host.knows_no("ghost")
    assert not host.knows_no("deploy")


def test_what_nobody_looked_at(tmp_path: Path) -> None:
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    assert HostFiles(Tree(tmp_path)).host(["/etc/role", "/usr/bin/y"]) == Host()
    assert not Host().knows_no("ghost")


def test_a_directory_service_is_not_nothing(tmp_path: Path) -> None:
    found = tree(tmp_path, {**WHOLE, "etc/nsswitch.conf": "passwd: files sss\n"})
    assert not found.host().knows_no("ghost")


def test_links_stay_inside(tmp_path: Path) -> None:
    """A link to an absolute path means the host's own file; what the scanning machine has there is nobody's."""
    ours = tmp_path / "ours"
    ours.write_text("secret\n", encoding="utf-8")
    found = tree(
        tmp_path / "t",
        {"real/host": "inside\n"},
        etc__hostname="/real/host",
        etc__passwd=str(ours),
        etc__group="../../ours",
    )
    host = found.host()
    assert (host.hostname, host.users, host.groups) == ("inside", None, None)


def test_an_etc_alone(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/hostname": "web2\n", "etc/passwd": ROOT})
    found = HostFiles(Tree(tmp_path / "etc", at="etc")).host(["/etc/passwd", "/usr/bin/y"])
    assert found.hostname == "web2"
    assert set(found.paths) == {"/etc/passwd"}


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/passwd": ROOT})
    os.mkfifo(tmp_path / "etc/hostname")
    (tmp_path / "etc/group").mkdir()
    host = HostFiles(Tree(tmp_path)).host()
    assert (host.hostname, host.groups) == (None, None)


def test_too_large_is_not_looked_at(tmp_path: Path) -> None:
    found = tree(tmp_path, {"etc/hostname": "web1\n" + "#" * (1 << 20)})
    assert found.host().hostname is None
