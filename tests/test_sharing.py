"""A scan of many tables on several processors says what one process says, and leaves nothing behind when it ends early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from migrate.scan import sharing
from migrate.sources import Source
from tests.cli import FIXTURES, ROOT

# What jobs may hold: secrets, locks, tests of the date, zones of their own, notes of wrong lines, specials, equal commands.
TABLE = r"""CRON_TZ=Europe/Dublin
SECRET_TOKEN=abc12345xyz
15 2 * * * flock -n /tmp/l /opt/a --password=hunter22
*/5 * * * * [ "$(date +\%u)" = 1 ] && /opt/b
0 3 28-31 * * [ "$(date -d tomorrow +\%d)" = 01 ] && sleep 30 && curl -u me:s3cr3tpass https://x.example.com/
@reboot /opt/c
0 0 * * 1 cd /srv && bundle exec rake x >> /var/log/x.log 2>&1
0 0 * * 1 cd /srv && bundle exec rake x >> /var/log/x.log 2>&1
bad line
CRON_TZ=Nowhere/Land
# cron2fargate: name=mine backend=scheduler
5 5 * * * docker run --rm -v /data:/data example.com/tool:1 --all
@daily run-parts /etc/cron.daily
"""
SCAN = ("--timezone", "Africa/Casablanca", "--from", "2027-01-01", "--until", "2028-01-01", "--format", "json")
SHARED = """from migrate import cli
from migrate.scan import sharing as s
s.LEAST, s.processors = 1, lambda: {0}
{1}
cli.main()"""


def started(out: Path, cwd: Path, paths: list[str], processors: int, more: str = "pass") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SHARED.format(processors, more), "scan", *paths, *SCAN, "--out", str(out)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def files(root: Path) -> dict[str, bytes]:
    return {str(one.relative_to(root)): one.read_bytes() for one in sorted(root.rglob("*")) if one.is_file()}


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    for number in range(5):
        spool = tmp_path / f"host{number}" / "var/spool/cron"
        spool.mkdir(parents=True)
        (spool / "app").write_text(TABLE.replace("/opt/a", f"/opt/a{number}"))
    return tmp_path


@pytest.mark.parametrize("processors", [2, 4])
@pytest.mark.parametrize("what", ["hosts", "legacy-rails", "table"])
def test_what_several_processes_say_is_what_one_says(what: str, processors: int, hosts: Path) -> None:
    (hosts / "table").write_text(
        TABLE * 5
    )  # cut in pieces: the same commands again and again, each with its own identity
    paths = [f"host{number}" for number in range(5)] if what == "hosts" else [what]
    cwd = FIXTURES if what == "legacy-rails" else hosts
    both = [started(hosts / f"out{each}", cwd, paths, each) for each in (1, processors)]
    (one, said), (several, also) = (each.communicate(timeout=240) for each in both)
    assert one == several and len(one) > 10_000
    assert said == also
    assert files(hosts / "out1") == files(hosts / f"out{processors}")


AMISS = {
    "killed": "import os; s._help = lambda *a: os.kill(os.getpid(), 9)",
    "wrong": "s._help = lambda *a: 1 / 0",
    "ended": "s._help = lambda *a: 3",
    "garbage": "s._help = lambda scanner, all_tables, tables, sent, parent: sent.write(b'no pickle') and sent.flush() or 0",
    "silent": "s._help = lambda *a: 0",
}


@pytest.mark.parametrize("amiss", AMISS)
def test_a_helper_that_does_not_end_well_costs_time_only(amiss: str, hosts: Path) -> None:
    paths = [f"host{number}" for number in range(3)]
    both = [started(hosts / f"out{each}", hosts, paths, each, AMISS[amiss] if each > 1 else "pass") for each in (1, 2)]
    (one, _), (several, said) = (each.communicate(timeout=240) for each in both)
    assert one == several
    assert b"a second process, which scanned 2 of the tables, was ended" in said
    assert b"Traceback" not in said


def test_no_second_process_can_be_had(hosts: Path) -> None:
    refused = "import os; s.os.fork = lambda: (_ for _ in ()).throw(BlockingIOError(11, 'no more processes'))"
    both = [started(hosts / f"out{each}", hosts, ["host0", "host1"], each, refused) for each in (1, 2)]
    one, several = (each.communicate(timeout=240) for each in both)
    assert one == several and len(one[0]) > 10_000 and not several[1]


def test_ctrl_c_ends_both_with_a_sentence(hosts: Path) -> None:
    # The helper is as good as endless, so that the first process waits for it.
    endless = "import time; s._help = lambda *a: time.sleep(600)"
    done = started(hosts / "out", hosts, ["host0", "host1"], 2, endless)
    group = os.getpgid(done.pid)
    deadline = time.monotonic() + 120
    while len(_members(group)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(_members(group)) == 2
    time.sleep(1)
    os.killpg(group, signal.SIGINT)
    out, said = done.communicate(timeout=60)
    assert done.returncode == 130 and not out
    assert b"interrupted; nothing was left half-written" in said and b"Traceback" not in said
    assert not _members(group) and not (hosts / "out").exists()


def _members(group: int) -> list[int]:
    """The processes of a group, the dead that nobody waited for among them."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            found.append(int(each.parent.name))
    return found


def tables(*lines: int) -> list[Source]:
    return [Source(f"t{number}", b"* * * * * x\n" * many, "user") for number, many in enumerate(lines)]


@pytest.mark.parametrize(
    ("processors", "lines", "wanted"),
    [
        (2, [100] * 60, [30, 30]),
        (3, [100] * 60, [20, 20, 20]),
        (64, [100] * 60, [15, 15, 15, 15]),
        (2, [100, 100, 100, 9000, 100], [4, 2]),
        (1, [100] * 60, [60]),
        (2, [100] * 30, [30]),
        (2, [9000], [1, 1]),
        (3, [2000, 5000, 50], [2, 1, 2]),
        (4, [9000, 1], [1, 1, 1, 2]),
        (2, [], [0]),
    ],
)
def test_tables_are_dealt_where_it_pays(
    processors: int, lines: list[int], wanted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "processors", lambda: processors)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # other tests of this process may have left a thread
    given = tables(*lines)
    dealt = sharing.dealt(given)
    assert [len(run) for run in dealt] == wanted
    pieces = [piece for run in dealt for piece in run]
    assert list(dict.fromkeys(piece.source for piece in pieces)) == given
    for one in given:
        bounds = [(piece.first, piece.until) for piece in pieces if piece.source is one]
        assert [0, *(until for _, until in bounds)] == [*(first for first, _ in bounds), sys.maxsize]


def test_what_is_no_list_of_jobs_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "processors", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    table = Source("anacrontab", b"1 5 x y\n" * 9000, "anacron")
    assert sharing.dealt([table]) == [[sharing.Piece(table)]]


def test_one_process_where_threads_run_or_names_are_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "processors", lambda: 2)
    many = tables(*[100] * 60)
    # Other tests of this process may have left a thread, so their number is said.
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert len(sharing.dealt([*many, many[0]])) == 1
    assert len(sharing.dealt(many)) == 2
    monkeypatch.undo()
    monkeypatch.setattr(sharing, "processors", lambda: 2)
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert len(sharing.dealt(many)) == 1
    finally:
        over.set()
        thread.join()
