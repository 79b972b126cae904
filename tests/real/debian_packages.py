"""A tree of real Debian packages that ship cron jobs: files, lists and conffiles as dpkg writes them.

The packages come from the machine's own mirror (``apt-get download``); none of their scripts runs. What dpkg would know of them
is written by the rules of its manual: a path a line in ``info/NAME.list``, MD5 sums of conffiles in ``status``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

PACKAGES = [
    "acct",
    "anacron",
    "apt",
    "apt-cacher-ng",
    "apt-show-versions",
    "atop",
    "awstats",
    "backupninja",
    "calendar",
    "certbot",
    "checksecurity",
    "chkrootkit",
    "cron-apt",
    "debsums",
    "dma",
    "dpkg",
    "etckeeper",
    "exim4-base",
    "fake-hwclock",
    "locate",
    "logcheck",
    "logrotate",
    "logwatch",
    "man-db",
    "mdadm",
    "munin",
    "munin-node",
    "ntpsec",
    "php-common",
    "plocate",
    "popularity-contest",
    "quota",
    "rkhunter",
    "rsnapshot",
    "sysstat",
    "tiger",
    "tmpreaper",
    "webalizer",
]
USERS = ("www-data", "munin", "logcheck", "list", "mail", "news")
CRONTAB = """SHELL=/bin/sh
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
52 6\t1 * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }
"""


def missing(place: Path) -> str | None:
    """Downloads the packages into ``place``; what keeps it from that, or None."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            return f"{tool} is missing: this is no Debian"
    said = subprocess.run(
        ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *PACKAGES],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return f"apt-get download: {said.stderr.strip()[-300:]}" if said.returncode else None


def build(root: Path, downloaded: Path) -> dict[str, list[str]]:
    """The tree below ``root``; by package, its files of configuration that cron or run-parts reads."""
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    status, found = [], {}
    for file in sorted(downloaded.glob("*.deb")):
        name = file.name.partition("_")[0]
        members = _unpacked(file, root)
        (info / f"{name}.list").write_text("".join(f"{path}\n" for path in ["/.", *members]), encoding="utf-8")
        conffiles = _conffiles(file)
        sums = [f" {path} {_md5(root / path.lstrip('/'))}" for path in conffiles if (root / path.lstrip("/")).is_file()]
        status.append(f"Package: {name}\nStatus: install ok installed\nConffiles:\n" + "\n".join(sums) + "\n")
        cron = [
            path
            for path in members
            if path.startswith(("/etc/cron.", "/etc/anacrontab")) and ".placeholder" not in path
        ]
        found[name] = [path for path in cron if (root / path.lstrip("/")).is_file()]
    (root / "var/lib/dpkg/status").write_text("\n".join(status), encoding="utf-8")
    (root / "etc/crontab").write_text(CRONTAB, encoding="utf-8")
    users = [f"{name}:x:{number}:{number}::/var/lib/{name}:/bin/sh\n" for number, name in enumerate(USERS, 100)]
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n" + "".join(users), encoding="utf-8")
    (root / "etc/hostname").write_text("web1\n", encoding="utf-8")
    (root / "etc/os-release").write_text("ID=debian\n", encoding="utf-8")
    return found


def _unpacked(file: Path, root: Path) -> list[str]:
    """Files of /etc and of the programs' directories; documentation is nothing to a crontab."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", file], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        members = archive.getmembers()
        kept = [one for one in members if one.name.startswith(("./etc", "./usr/sbin", "./usr/bin", "./sbin", "./bin"))]
        archive.extractall(root, members=kept, filter="tar")
    return [one.name.removeprefix(".").rstrip("/") for one in members if one.name not in (".", "./")]


def _conffiles(file: Path) -> list[str]:
    said = subprocess.run(["dpkg-deb", "-I", file, "conffiles"], capture_output=True, text=True, check=False)
    return said.stdout.split() if said.returncode == 0 else []


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
