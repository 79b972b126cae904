"""Where crontabs are read from: places and what they tell, directories, streams, and everything that is no crontab."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from converters.findings.codes import CATALOGUE
from migrate.errors import UserError
from migrate.sources import Sources, bytes_of, read_sources
from migrate.sources.acceptance import why_ignored
from migrate.sources.kinds import Place, family_of, ignored_name, place_of
from migrate.sources.model import Dialect
from tests.cli import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
LINE = b"0 5 * * * echo hi\n"


def read(*paths: object, stdin: bytes = b"", **options: Any) -> Sources:
    result = read_sources([str(path) for path in paths], stdin=io.BytesIO(stdin), **options)
    assert {one.code for one in result.skipped} <= set(CATALOGUE)
    return result


def plant(root: Path, **files: bytes) -> Path:
    """Files by path, with ``__`` for ``/``."""
    for name, data in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def skipped_names(result: Sources) -> dict[str, str]:
    return {Path(one.path).name: one.code for one in result.skipped}


# path                                      kind      user      guessed  dialect
PLACES = """
/etc/crontab                                system    -         no       -
/etc/cron.d/app                             system    -         no       -
/usr/local/etc/cron.d/app                   system    -         no       -
./server1/etc/cron.d/app                    system    -         no       -
./server1/etc/crontab                       system    -         no       -
corpus/certbot.crond                        system    -         no       -
/var/spool/cron/crontabs/deploy             user      deploy    no       -
/var/spool/cron/deploy                      user      deploy    no       cronie
/var/spool/cron/tabs/deploy                 user      deploy    no       cronie
/var/cron/tabs/deploy                       user      deploy    no       -
/etc/crontabs/root                          user      root      no       busybox
backup/crontabs/deploy                      user      deploy    yes      -
backup/crontabs/2019.txt                    user      -         yes      -
config/cron/nightly.txt                     user      -         yes      -
crontab                                     user      -         yes      -
my-crontab.txt                              user      -         yes      -
"""


@pytest.mark.parametrize("row", PLACES.split("\n")[1:-1], ids=lambda row: row.split()[0])
def test_what_a_place_tells(row: str) -> None:
    path, kind, user, guessed, dialect = row.split()
    place = place_of(Path(path))
    assert place.kind == kind
    assert (place.user or "-", place.dialect or "-") == (user, dialect)
    assert place.guessed is (guessed == "yes")


# name             debian   cronie   freebsd
NAMES = """
app                reads    reads    reads
App_2-x            reads    reads    reads
app.bak            ignores  reads    reads
x.dpkg-old         ignores  reads    reads
app~               ignores  ignores  reads
app.rpmsave        ignores  ignores  reads
app.rpmnew         ignores  ignores  reads
#app#              ignores  ignores  reads
.placeholder       ignores  ignores  ignores
日次               ignores  reads    reads
"""


@pytest.mark.parametrize("row", NAMES.split("\n")[1:-1], ids=lambda row: row.split()[0])
def test_names_in_cron_d(row: str) -> None:
    name, *verdicts = row.split()
    dialects: tuple[Dialect, ...] = ("debian", "cronie", "freebsd")
    assert [("reads" if ignored_name(name, one) is None else "ignores") for one in dialects] == verdicts


def test_a_versioned_dialect_counts_as_its_family() -> None:
    assert [family_of(one) for one in ("debian-12", "cronie-1.6", "isc", "busybox")] == [
        *("debian", "cronie", "openbsd", "busybox")
    ]


def test_the_tree_of_a_server_just_works() -> None:
    result = read(FIXTURES / "legacy-rails")
    found = {str(Path(one.path).relative_to(FIXTURES / "legacy-rails")): one for one in result.tables}
    assert {path: (one.kind, one.user, one.guessed, one.zone) for path, one in found.items()} == {
        "etc/crontab": ("system", None, False, "Asia/Tokyo"),
        "etc/cron.d/app": ("system", None, False, "Asia/Tokyo"),
        "var/spool/cron/crontabs/deploy": ("user", "deploy", False, "Asia/Tokyo"),
    }
    assert skipped_names(result) == {"app.bak": "C110"}
    assert "cronie (Red Hat) would run this file" in result.skipped[0].reason
    # A copy elsewhere has lost the owners and modes of its server: nothing is said of them.
    assert all(one.ignored_because is None and not one.live for one in result.tables)
    assert result.scanned == (str(FIXTURES / "legacy-rails"),)


def test_a_tree_may_be_named_as_for_the_other_commands(tmp_path: Path) -> None:
    tree = str(FIXTURES / "legacy-rails")
    said = [
        run("scan", *given, "--format", "json", "--out", "out", cwd=tmp_path) for given in ((tree,), ("--root", tree))
    ]
    assert said[0].code == said[1].code == 0
    jobs = [json.loads(one.out)["jobs"] for one in said]
    assert jobs[0] == jobs[1]
    assert jobs[0]


def test_cronie_reads_names_with_dots() -> None:
    result = read(FIXTURES / "legacy-rails", dialect="cronie-1.6")
    assert "app.bak" in [Path(one.path).name for one in result.tables]
    assert result.skipped == []


def test_a_directory_of_servers(tmp_path: Path) -> None:
    plant(tmp_path, a__etc__crontab=LINE, b__var__spool__cron__root=LINE, notes__readme=b"x")
    assert [(one.path.removeprefix(f"{tmp_path}/"), one.dialect) for one in read(tmp_path).tables] == [
        ("a/etc/crontab", None),
        ("b/var/spool/cron/root", "cronie"),
    ]


def test_etc_names_what_else_is_started_on_a_schedule(tmp_path: Path) -> None:
    etc = plant(tmp_path / "etc", crontab=LINE, passwd=b"x", anacrontab=b"x", **{"cron.daily__rotate": b"#!/bin/sh\n"})
    (etc / "cron.daily/backup.sh").write_bytes(b"#!/bin/sh\n")
    (etc / "cron.daily/rotate").chmod(0o755)
    result = read(etc)
    assert [(one.path, one.kind) for one in result.tables] == [
        (f"{etc}/crontab", "system"),
        (f"{etc}/anacrontab", "anacron"),
    ]
    (server,) = result.servers
    assert all(one.server is server for one in result.tables)
    directory = server.directory("/etc/cron.daily")
    assert directory is not None
    assert [(one.name, one.executable) for one in directory.scripts] == [("backup.sh", False), ("rotate", True)]
    with pytest.raises(UserError, match="run-parts starts what is in it"):
        read(etc / "cron.daily")


def test_a_heap_of_files(tmp_path: Path) -> None:
    plant(tmp_path, one=LINE, two=LINE, **{".hidden": LINE, "README.md": b"# hi", "cron.d__app": LINE})
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "blob").write_bytes(b"\x7fELF\0\0")
    result = read(tmp_path)
    assert [(Path(one.path).name, one.kind) for one in result.tables] == [
        *(("app", "system"), ("one", "user"), ("two", "user"))
    ]
    assert skipped_names(result) == {
        **{".hidden": "C115", "README.md": "C115", "pipe": "C115"},
        **{"dangling": "C112", "blob": "C112"},
    }


def test_directories_without_crontabs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no crontab in this directory; name a crontab"):
        read(tmp_path)
    plant(tmp_path, **{"README.md": b"x"})
    with pytest.raises(UserError, match=r"passed over: README\.md"):
        read(tmp_path)


def test_the_usual_places(tmp_path: Path) -> None:
    plant(
        tmp_path,
        etc__crontab=b"",
        var__spool__cron__crontabs__nobody=LINE,
        etc__timezone=b"Europe/Berlin\n",
        **{"etc__cron.d__app": LINE, "etc__cron.d__.placeholder": b""},
    )
    result = read(root=tmp_path)
    assert [(Path(one.path).name, one.live, one.zone) for one in result.tables] == [
        *(("crontab", True, "Europe/Berlin"), ("app", True, "Europe/Berlin"), ("nobody", True, "Europe/Berlin"))
    ]
    assert "mode 0600" in (result.tables[2].ignored_because or "") or "owner" in (
        result.tables[2].ignored_because or ""
    )
    assert str(tmp_path / "etc/cron.d") in result.scanned
    assert skipped_names(result) == {".placeholder": "C115"}


def test_nothing_in_the_usual_places(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no crontab could be read; name a crontab, or pipe one: crontab -l"):
        read(root=tmp_path)


def test_places_that_may_not_be_listed_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, etc__crontab=LINE, var__spool__cron__crontabs__deploy=LINE)
    listed = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "crontabs":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    result = read(root=tmp_path)
    assert [Path(one.path).name for one in result.tables] == ["crontab"]
    assert skipped_names(result) == {"crontabs": "C112"}
    assert "run with sudo, or pipe your own table: crontab -l | cron2fargate scan -" in result.skipped[0].reason
    with pytest.raises(UserError, match="no permission to read; run with sudo"):
        read(tmp_path / "var/spool/cron/crontabs")


def test_the_zone_of_a_link(tmp_path: Path) -> None:
    plant(tmp_path, etc__crontab=LINE)
    (tmp_path / "etc/localtime").symlink_to("/usr/share/zoneinfo/America/New_York")
    assert read(tmp_path).tables[0].zone == "America/New_York"
    (tmp_path / "etc/timezone").write_bytes(b"../../x\x1b\n")
    assert read(tmp_path).tables[0].zone is None


def test_standard_input_belongs_to_whoever_runs_this() -> None:
    (table,) = read("-", stdin=LINE, current_user="deploy").tables
    assert (table.path, table.data, table.kind, table.user, table.guessed) == ("-", LINE, "user", "deploy", True)
    assert read("-", stdin=LINE).scanned == ()
    assert skipped_names(read("-", "-", stdin=LINE)) == {"-": "C114"}


def test_the_kind_can_be_said(tmp_path: Path) -> None:
    plant(tmp_path, table=LINE, var__spool__cron__crontabs__deploy=LINE)
    assert [(one.kind, one.guessed) for one in read(tmp_path / "table", kind="system").tables] == [("system", False)]
    spool = tmp_path / "var/spool/cron/crontabs"
    assert [(one.kind, one.user) for one in read(spool, kind="user").tables] == [("user", "deploy")]
    assert [(one.kind, one.user) for one in read(spool, kind="system").tables] == [("system", None)]


def test_a_process_substitution(tmp_path: Path) -> None:
    program = (
        "import io, sys; from migrate.sources import read_sources\n"
        "result = read_sources(sys.argv[1:], stdin=io.BytesIO())\n"
        "print([len(one.data) for one in result.tables], result.scanned)"
    )
    command = f"{sys.executable} -c '{program}' <(seq 1 200000) <(sleep 0.2; echo late) <(true)"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[1288895, 5, 0] ()\n", "")


def test_a_fifo_is_read_to_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(LINE * 10_000))
    writer.start()
    assert read(fifo).tables[0].data == LINE * 10_000
    writer.join()


def test_a_fifo_without_a_writer_is_not_waited_for_without_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UserError, match="nothing has written to"):
        bytes_of.bytes_of(tmp_path / "fifo", fifo_wait=0.01)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random", "/dev/null", "/dev/full"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(UserError, match=f"{device}: a device, not a crontab"):
        read(device)


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    plant(tmp_path, file=LINE, binary=b"\0\1\2", utf16="0 5 * * * x\n".encode("utf-16"))
    endpoint = socket.socket(socket.AF_UNIX)
    endpoint.bind(str(tmp_path / "socket"))
    cases = {
        "missing": "no such file or directory",
        "dangling": "a link to nowhere, which does not exist",
        "loop": "a loop of links",
        "file/below": "cannot be read",
        "socket": "a socket, not a crontab",
        "binary": "not a crontab but binary data",
        "utf16": "UTF-16 text",
        "x" * 300: "cannot be read",
    }
    for name, sentence in cases.items():
        # Beside a good file too: a path that was named is never passed over.
        with pytest.raises(UserError, match=sentence) as caught:
            read(tmp_path / "file", tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
        assert "\n" not in str(caught.value)
    endpoint.close()
    with pytest.raises(UserError, match="an empty path"):
        read("")


def test_no_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, file=LINE)

    def refuse(*_args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UserError, match="no permission to read; run with sudo"):
        read(tmp_path / "file")


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long_line = b"0 5 * * * echo " + b"x" * 5_000_000 + b"\n"
    plant(tmp_path, empty=b"", long=long_line)
    assert [one.data for one in read(tmp_path / "empty", tmp_path / "long").tables] == [b"", long_line]
    monkeypatch.setattr(bytes_of, "SIZE_LIMIT", 2 * 1024 * 1024)
    for paths, where in (([tmp_path / "long"], "long"), (["-"], "standard input")):
        with pytest.raises(UserError, match=f"{where}: larger than 2 MiB"):
            read(*paths, stdin=long_line)


def test_one_file_by_several_names_is_read_once(tmp_path: Path) -> None:
    plant(tmp_path, file=LINE)
    (tmp_path / "link").symlink_to("file")
    result = read(tmp_path / "file", f"{tmp_path}/./file", tmp_path / "link")
    assert [one.path for one in result.tables] == [f"{tmp_path}/file"]
    assert [(one.reason, one.code) for one in result.skipped] == [
        ("given twice, read once", "C114"),
        (f"the same file as {tmp_path}/file, read once", "C114"),
    ]


def test_paths_that_are_no_text_are_spelled_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(LINE)
    (table,) = read(tmp_path).tables
    assert table.path == f"{tmp_path}/caf\\xe9"


# who     mode   uid   links  link's uid  dialect   sentence
ACCEPTANCE = """
system    0644   0     1      -           debian    -
system    0755   0     1      -           debian    -
system    0644   1000  1      -           debian    owned by root; its owner is uid 1000
system    0664   0     1      -           debian    group or others may write; its mode is 0664
system    0646   0     1      -           debian    group or others may write; its mode is 0646
system    0644   0     2      -           debian    hard links; this one has 2 names
system    0644   0     1      0           debian    -
system    0644   0     1      1000        debian    the link to be owned by root
system    0755   0     1      -           cronie    cronie refuses
system    0664   0     1      -           cronie    cronie refuses
system    0644   0     1      -           cronie    -
system    0664   1000  2      -           freebsd   -
deploy    0600   1000  1      -           debian    -
deploy    0600   0     1      -           debian    -
deploy    0600   1001  1      -           debian    owned by deploy or root; its owner is uid 1001
deploy    0640   1000  1      -           debian    mode 0600 in its spool; the mode is 0640
deploy    0600   1000  2      -           debian    hard links
deploy    0700   1000  1      -           cronie    cronie refuses
deploy    0600   1000  1      -           cronie    -
nobody2   0600   1000  1      -           debian    no user is named nobody2 here
"""


@pytest.mark.parametrize("row", ACCEPTANCE.split("\n")[1:-1], ids=lambda row: " ".join(row.split()[:6]))
def test_files_that_the_daemon_does_not_accept(row: str) -> None:
    who, mode, uid, links, link_uid, dialect, sentence = row.split(None, 6)
    system = who == "system"
    place = Place("system") if system else Place("user", who, spool=True)
    target = SimpleNamespace(st_mode=stat.S_IFREG | int(mode, 8), st_uid=int(uid), st_nlink=int(links))
    link = target if link_uid == "-" else SimpleNamespace(st_mode=stat.S_IFLNK | 0o777, st_uid=int(link_uid))
    said = why_ignored(
        Path("/etc/cron.d/app" if system else f"/var/spool/cron/crontabs/{who}"),
        place,
        cast(Dialect, dialect),
        link=cast(os.stat_result, link),
        target=cast(os.stat_result, target),
        owner=1000 if who == "deploy" else None,
    )
    assert (said is None) if sentence == "-" else (said is not None and sentence in said)


def test_a_name_that_debian_ignores_is_said_of_a_live_file(tmp_path: Path) -> None:
    plant(tmp_path, **{"etc__cron.d__app.bak": LINE})
    (table,) = read(tmp_path / "etc/cron.d/app.bak", root=tmp_path).tables
    assert table.live
    assert "letters, digits" in (table.ignored_because or "")
