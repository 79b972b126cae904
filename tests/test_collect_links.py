"""`collect --root`: links of another host's tree are the tree's own, and nothing is read of or written to this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.cli import run
from tests.test_collect import SCRIPT, SHELLS, collect, host

OUT_OF_THE_TREE = {
    "etc": "etc",
    "etc/cron.d": "cron.d",
    "etc/cron.d/app": "cron.d/app",
    "etc/crontab": "cron.d/app",
    "etc/passwd": "passwd",
    "etc/os-release": "os-release",
    "etc/localtime": "os-release",
    "etc/hostname": "os-release",
    "etc/profile.d": "cron.d",
    "etc/systemd": "systemd",
    "etc/systemd/system": "systemd/system",
    "etc/systemd/system/x.wants": "systemd/system/x.wants",
    "etc/systemd/system/x.timer.d": "systemd/system/x.timer.d",
    "lib": "lib",
    "usr": "usr",
    "usr/bin": "usr/bin",
    "opt": "opt",
    "opt/app": "opt/app",
    "opt/app/run": "opt/app/run",
    "opt/app/app.env": "opt/app/app.env",
    "var": "var",
    "var/lib/dpkg": "var/lib/dpkg",
    "var/lib/dpkg/status": "var/lib/dpkg/status",
    "var/lib/dpkg/info": "var/lib/dpkg/info",
    "var/lib/dpkg/info/cron.list": "var/lib/dpkg/info/cron.list",
    "var/log": "var/log",
    "var/log/syslog": "var/log/syslog",
    "var/spool/cron": "var/spool/cron",
    "var/spool/cron/crontabs": "var/spool/cron/crontabs",
    "var/spool/cron/crontabs/bob": "var/spool/cron/crontabs/bob",
    "var/spool/cron/atjobs": "var/spool/cron/atjobs",
}
"""Where a link stands in the tree of another host, and what of this machine it leads to when this kernel follows it."""
NEVER = "seen-of-this-machine"


def this_machine(place: Path) -> Path:
    """What the links lead to, each text with the word that must not be seen."""
    line = f"1 2 * * * root /opt/{NEVER}\n"
    for name in ("cron.d/app", "etc/cron.d/app", "etc/crontab", "opt/app/run", "var/spool/cron/crontabs/bob"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"#!/bin/sh\n{line}")
    texts = {
        "passwd": f"{NEVER}:x:0:0::/:/bin/sh\n",
        "os-release": f"NAME={NEVER}\n",
        "opt/app/app.env": f"{NEVER.replace('-', '_')}=1\n",
        "systemd/system/x.wants/seen.timer": f"# {NEVER}\n",
        "systemd/system/x.timer.d/seen.conf": f"# {NEVER}\n",
        "systemd/system/seen.timer": f"# {NEVER}\n",
        "lib/systemd/system/seen.timer": f"# {NEVER}\n",
        f"usr/bin/{NEVER}": "#!/bin/sh\n",
        "usr/share/zoneinfo/UTC": "TZif2",
        "var/lib/dpkg/status": f"Package: {NEVER}\n",
        "var/lib/dpkg/info/cron.list": f"/usr/bin/{NEVER}\n",
        "var/log/syslog": f"Nov 28 02:01:01 h CRON[1]: (root) CMD ({NEVER})\n",
        f"var/spool/cron/atjobs/{NEVER}": "",
    }
    for name, text in texts.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


def tree_of_another(root: Path) -> Path:
    host(root)
    (root / "etc/crontab").write_text("1 2 * * * root /opt/app/run; . /opt/app/app.env\n")
    for name, text in {
        "opt/app/run": "#!/bin/sh\ntrue\n",
        "opt/app/app.env": "A=1\n",
        "var/log/syslog": "Nov 28 02:01:01 h CRON[1]: (root) CMD (x)\n",
        "var/lib/dpkg/status": "Package: cron\n",
        "var/lib/dpkg/info/cron.list": "/etc/crontab\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("how", ["absolute", "relative"])
def test_no_link_of_another_hosts_tree_leads_out_of_it(tmp_path: Path, how: str, shell: str) -> None:
    """A disk mounted at DIR is full of absolute links; what they lead to is the disk's, never this machine's."""
    machine = this_machine(tmp_path / "machine")
    before = sorted((str(one), one.lstat().st_mode) for one in machine.rglob("*"))
    for number, (name, leads) in enumerate(OUT_OF_THE_TREE.items()):
        # Each link in one way here and in the other there; the other shells try some.
        if (number + (how == "relative")) % 2 or (shell != "dash" and number % 5):
            continue
        root = tree_of_another(tmp_path / f"tree{number}")
        place = root / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        to = machine / leads
        place.symlink_to(to if how == "absolute" else os.path.relpath(to, place.parent))
        tar_file = collect(root, tmp_path / f"{number}.tar", shell)
        with tarfile.open(tar_file) as opened:
            for member in opened:
                assert NEVER not in member.name, name
                if member.isfile():
                    data = opened.extractfile(member)
                    assert data is not None
                    assert NEVER.encode() not in data.read(), (name, member.name)
        assert sorted((str(one), one.lstat().st_mode) for one in machine.rglob("*")) == before, name


def test_links_of_the_tree_are_the_trees_own(tmp_path: Path) -> None:
    """Absolute, relative, over each other, for a file and for a directory above it: read where the host would read them."""
    root = tree_of_another(tmp_path / "tree")
    shutil.rmtree(root / "etc/cron.d")
    (root / "srv/cron").mkdir(parents=True)
    (root / "srv/cron/app").write_text("5 4 * * * root /opt/current/run\n")
    (root / "etc/cron.d").symlink_to("/srv/cron")
    (root / "opt/current").symlink_to("../opt/releases/5")
    (root / "opt/releases").mkdir()
    (root / "opt/releases/5").symlink_to("/opt/../../opt/app")
    (root / "circle").symlink_to("/circle")
    (root / "etc/anacrontab").symlink_to("/circle/x")
    out = collect(root, tmp_path / "out.tar")
    with tarfile.open(out) as opened:
        names = {member.name.removeprefix("./"): member for member in opened}
    assert names["etc/cron.d"].linkname == "/srv/cron"
    assert names["srv/cron/app"].isfile()
    assert (names["opt/current"].issym(), names["opt/app/run"].isfile()) == (True, True)
    done = run("scan", str(out), "--timezone", "UTC", "--image", "a:1", "--format", "json", cwd=tmp_path)
    assert "/etc/cron.d/app" in "".join(job["source"]["path"] for job in done.document["jobs"])


def test_nothing_is_written_through_a_link_that_the_tar_holds(tmp_path: Path) -> None:
    """A link in cron.d to a directory, and a line that names a script below it: the script is not laid where the link leads."""
    root, victim = tree_of_another(tmp_path / "tree"), tmp_path / "victim"
    victim.mkdir()
    (root / "etc/cron.d/sub").symlink_to(victim)
    inner = root / str(victim).lstrip("/")
    inner.mkdir(parents=True)
    (inner / "keys").write_text("#!/bin/sh\n# laid\n")
    (root / "etc/crontab").write_text("1 2 * * * root /etc/cron.d/sub/keys\n")
    collect(root, tmp_path / "out.tar")
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["etc/passwd", "etc/os-release", "etc/crontab", "var/lib/dpkg/status", "var/log/syslog"]
)
def test_a_fifo_of_the_tree_is_not_waited_for(tmp_path: Path, name: str) -> None:
    root = tree_of_another(tmp_path / "tree")
    (root / name).unlink(missing_ok=True)
    os.mkfifo(root / name)
    os.mkfifo(root / "opt/fifo")
    (root / "etc/cron.d/more").write_text(f"PASSWORD=/opt/fifo\n1 2 * * * root x --password {root}/opt/fifo\n")
    words = [*SHELLS["dash"], str(SCRIPT), "-r", str(root), "-o", str(tmp_path / "out.tar")]
    assert subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("kind", ["link", "link nowhere", "hard link", "readable", "directory", "host:name"])
def test_what_stands_where_the_tar_is_written(tmp_path: Path, kind: str) -> None:
    root, victim, out = tree_of_another(tmp_path / "tree"), tmp_path / "victim", tmp_path / "out.tar"
    victim.write_text("held")
    if kind == "hard link":
        os.link(victim, out)
    elif kind == "readable":
        out.write_text("before")
        out.chmod(0o666)
    elif kind == "host:name":
        out = tmp_path / "host:out.tar"
    elif kind != "directory":
        out.symlink_to(victim if kind == "link" else tmp_path / "made")
    words = [*SHELLS["dash"], str(SCRIPT), "-r", str(root), "-o", out.name if ":" in out.name else str(out)]
    if kind == "directory":
        out.mkdir()
    done = subprocess.run(words, capture_output=True, check=False, timeout=60, cwd=tmp_path)
    assert victim.read_text() == "held"
    assert not (tmp_path / "made").exists()
    assert not list(tmp_path.glob(".collect.*"))
    if kind in ("hard link", "readable", "host:name"):
        assert (done.returncode, out.stat().st_mode & 0o777) == (0, 0o600), done.stderr
        assert tarfile.is_tarfile(out)
    else:
        assert done.returncode != 0
