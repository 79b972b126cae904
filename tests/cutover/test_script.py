"""The script of --print, run by two shells on a host of its own: it checks, keeps a copy, changes, and says a receipt."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import UserError
from tests.aws.world import World
from tests.cli import ROOT
from tests.cutover.place import Place, new_place

APP = b"""\
SHELL=/bin/sh
30 3 * * * root /usr/bin/backup --all 'it''s | & \\ $HOME'\x20\x20
40 3 * * * root /usr/bin/odd caf\xc3\xa9
*/20 * * * * root /usr/bin/other
"""
SHELLS = [["dash"], ["busybox", "sh"]]


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        made.table().chmod(0o640)
        yield made


def printed(act: Callable[[], int]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert act() == 0
    return out.getvalue()


def run(place: Place, script: str, shell: list[str], *, now: float | None = None) -> subprocess.CompletedProcess[str]:
    """The script on a host where the table lies in the tree and the clock shows ``now``."""
    tools = place.out.parent / "tools"
    tools.mkdir(exist_ok=True)
    date = tools / "date"
    date.write_text(
        f'#!/bin/sh\ncase "$1" in +%s) echo {int(now or place.clock.second + 20)} ;; +%S) echo 20 ;; esac\n'
    )
    date.chmod(0o755)
    # By its path, because BusyBox has a date of its own.
    text = script.replace("$(date ", f"$({date} ").replace("/etc/cron.d/app", str(place.table()))
    text = text.replace("/var/backups/cron2fargate", str(place.out.parent / "backups"))
    env = {"PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run([*shell, "-c", text], capture_output=True, text=True, env=env, check=False)


def receipt(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    found = re.search(r"receipt ([0-9a-f]{12})", done.stdout)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_there_and_back_by_scripts(place: Place, shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]}")
    names = ("backup-all", "odd-cafe")
    script = printed(lambda: place.forward(*names, printing=True))
    assert "/usr/bin" not in script
    assert (place.table().read_bytes(), place.enabled()) == (APP, set())
    assert {place.phase(name) for name in names} == {"commenting"}
    assert place.forward(resume=True) == 1  # it waits for the receipt
    with pytest.raises(UserError, match="no script of ours"):
        place.forward(receipt="0123456789ab")

    # Not in a safe minute: nothing happens.
    late = run(place, script, shell, now=place.clock.second // 86400 * 86400 + 3 * 3600 + 1800)
    assert late.returncode == 1
    assert "no safe minute" in late.stderr
    assert place.table().read_bytes() == APP

    told = receipt(run(place, script, shell))
    moved = place.table().read_bytes()
    assert moved.count(b"# cron2fargate moved ") == 2
    assert place.table().stat().st_mode & 0o777 == 0o640
    assert [path.name for path in place.table().parent.iterdir()] == ["app"]
    assert APP in [path.read_bytes() for path in (place.out.parent / "backups").iterdir()]
    assert receipt(run(place, script, shell)) == told  # again: nothing is left to do
    assert place.table().read_bytes() == moved
    assert place.forward(receipt=told) == 0
    assert place.enabled() == set(names)
    assert {place.phase(name) for name in names} == {"new"}

    place.table().write_bytes(moved + b"# somebody's word\n")
    back = printed(lambda: place.backward(*names, printing=True))
    assert place.enabled() == set()
    told = receipt(run(place, back, shell))
    assert place.table().read_bytes() == APP + b"# somebody's word\n"
    assert receipt(run(place, back, shell)) == told
    assert place.backward(receipt=told) == 0
    assert {place.phase(name) for name in names} == {"old"}


def test_an_edited_table_is_refused_by_the_script(place: Place) -> None:
    script = printed(lambda: place.forward("other", printing=True))
    place.table().write_bytes(APP + b"# new\n")
    done = run(place, script, ["sh"])
    assert done.returncode == 1
    assert "was edited since the scan" in done.stderr
    assert place.table().read_bytes() == APP + b"# new\n"
    assert place.backward("other") == 0
    assert place.phase("other") == "old"


def test_a_line_edited_behind_its_marker_is_refused_by_the_script(place: Place) -> None:
    place.forward("other")
    place.table().write_bytes(place.table().read_bytes().replace(b"*/20", b"*/30"))
    edited = place.table().read_bytes()
    done = run(place, printed(lambda: place.backward("other", printing=True)), ["sh"])
    assert done.returncode == 1
    assert "edited behind its marker" in done.stderr
    assert place.table().read_bytes() == edited


def test_shellcheck_finds_nothing(place: Place, tmp_path: Path) -> None:
    script = printed(lambda: place.forward("other", printing=True))
    for shell in SHELLS:
        if shutil.which(shell[0]):
            subprocess.run([*shell, "-n", "-c", script], check=True)


IN_A_SPOOL_OF_ITS_OWN = """
set -e
mount -t tmpfs -o mode=1730 none /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
exec "$0" "$1"
"""
THERE_AND_BACK = """
    import subprocess
    from pathlib import Path
    from migrate.sites.tables import commented, find_moved, restored, table_of
    from migrate.document.model import TableRead

    TEXT = b"# mine\\nA=1\\n30 3 * * * /usr/bin/mine caf\\xe9  \\n"
    subprocess.run(["crontab", "-u", "nobody", "-"], input=TEXT, check=True)
    spool = Path("/var/spool/cron/crontabs/nobody")
    table = table_of(str(spool), TableRead(path=str(spool), kind="user", user="nobody"), "debian", None)
    assert table.tool and table.live
    before, status = table.read(), spool.stat()
    assert table.body(before) == TEXT and table.header_lines(before) == 3
    line = before.split(b"\\n").index(TEXT.split(b"\\n")[2]) + 1
    change = commented(table, before, {line: ["mine"]})
    table.install(change.before, change.after)
    now = table.read()
    assert find_moved(now, "mine", "%s").line == line
    listed = subprocess.run(["crontab", "-u", "nobody", "-l"], capture_output=True, check=True).stdout
    assert listed == table.body(now) == table.body(change.after)
    back = restored(table, now, [line])
    table.install(back.before, back.after)
    assert table.body(table.read()) == TEXT
    after = spool.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (status.st_mode, status.st_uid, status.st_gid)
    # Another text than expected is never written over.
    subprocess.run(["crontab", "-u", "nobody", "-"], input=TEXT + b"# more\\n", check=True)
    try:
        table.install(back.before, back.after)
    except Exception as error:
        assert "somebody edited it" in str(error), error
    else:
        raise SystemExit("written over an edit")
    print("there and back")
"""


@pytest.mark.real
def test_a_users_table_goes_through_crontab() -> None:
    from converters.tables.comment_out import digest_of

    if os.geteuid() != 0 or not shutil.which("crontab") or not Path("/var/spool/cron/crontabs").is_dir():
        pytest.skip("needs root and Debian's crontab(1)")
    digest = digest_of("30 3 * * * /usr/bin/mine caf\udce9  ")
    # Its own text has a %-sign nowhere but for the digest.
    program = textwrap.dedent(THERE_AND_BACK) % digest
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_A_SPOOL_OF_ITS_OWN, "/usr/bin/env", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
    shell = IN_A_SPOOL_OF_ITS_OWN.replace('"$0" "$1"', '"$0" -c "$1"')
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", shell, sys.executable, program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "there and back\n"
