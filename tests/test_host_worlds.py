"""What the host's own files change about a job: mounts of other machines, PAM's variables, shells that are none, listeners."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.hosts.facts import Host, Standing
from converters.hosts.files import groups_of, listening, members_of, mounts_of, users_of
from converters.hosts.rights import only_by_group
from converters.worlds.answer import Worlds
from converters.worlds.fates import Effect, effect_of
from converters.worlds.jobs import application_of, needs_of_job, shipped_of
from tests.cli import run

FSTAB = """\
UUID=1 / ext4 defaults 0 1
/dev/sdb1 /data ext4 defaults 0 2
nas:/vol /mnt/nas nfs4 ro 0 0
//win/share /mnt/win cifs guest 0 0
fs-0123456789abcdef0.efs.eu-west-1.amazonaws.com:/ /mnt/efs nfs4 nfsvers=4.1 0 0
fs-0123abcd:/ /mnt/helped efs _netdev,tls 0 0
127.0.0.1:/ /mnt/tls nfs4 port=20052 0 0
"""


def effect(command: str, host: Host) -> Effect:
    found = understand(command)
    needs = needs_of_job(found, {})
    worlds = Worlds(host=host, application=application_of(found, needs), shipped=shipped_of(needs.needs))
    return effect_of(needs, worlds)


def test_efs_is_known_by_its_name() -> None:
    found = mounts_of(FSTAB)
    assert {place for place, kind in found.items() if kind == "efs"} == {"/mnt/efs", "/mnt/helped", "/mnt/tls"}
    assert (found["/mnt/nas"], found["/mnt/win"], found["/data"]) == ("nfs4", "cifs", "ext4")


MOUNTED = [
    # command, codes that say it, part of a sentence
    ("/app/run > /mnt/efs/out", "C428", "on EFS that the host mounts at `/mnt/efs`: name it under `volumes`"),
    ("/app/run < /mnt/efs/in", "C428", "reads `/mnt/efs/in`"),
    ("cat /mnt/helped/a/b", "C428", "name it under `volumes`"),
    ("cp /app/x /mnt/nas/x", "C428", "Fargate mounts EFS only"),
    ("tar czf /mnt/win/b.tgz /app", "C428", "a Windows share"),
    ("[ -f /mnt/nas/go ] && /app/run", "C428", "asks for `/mnt/nas/go`"),
    ("/app/run --to /mnt/efs/x", "C428", "is given"),
    ("find /mnt/efs/tmp -mtime +7 -delete", "C485", "the real files are deleted"),
    ("cd /mnt/nas/x && rm -rf old", "C485", "the real files are deleted"),
    ("rsync -a --delete /srv/ /mnt/nas/copy/", "C485", "on NFS"),
    ("mv /mnt/efs/a /mnt/efs/b", "C485", "moves away"),
]


@pytest.mark.parametrize(("command", "code", "says"), MOUNTED)
def test_a_place_of_another_machine_is_told_as_one(command: str, code: str, says: str) -> None:
    found = effect(command, Host(mounts=mounts_of(FSTAB)))
    assert found.fate == "decide"
    assert any(one.code == code and says in one.message for one in found.findings)


def test_what_is_written_to_the_network_is_not_gone_with_the_task(tmp_path: Path) -> None:
    line = "0 1 * * * root mysqldump -h db.example.com a | gzip > /mnt/nas/a.gz; /app/run > /srv/out\n"
    root = tree(tmp_path / "host", line, fstab=FSTAB)
    job = run("scan", root, "--timezone", "UTC", "--format", "json", cwd=tmp_path).document["jobs"][0]
    assert not any(one["code"] == "C421" and "/mnt/nas" in one["message"] for one in job["findings"])
    assert {"C428", "C421"} <= {one["code"] for one in job["findings"]}


@pytest.mark.parametrize(
    "command", ["/app/run > /data/out", "find /data/tmp -mtime +7 -delete", "cat /mnt/efsx/a", "/app/run /mnt"]
)
def test_a_disk_of_the_host_is_none(command: str) -> None:
    host, bare = effect(command, Host(mounts=mounts_of(FSTAB))), effect(command, Host())
    assert (host.fate, host.findings) == (bare.fate, bare.findings)


TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   110        0 1
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000   110        0 1
   0: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0 0 1
"""


def test_who_listens_says_what_localhost_is() -> None:
    ports = listening(TCP)
    assert ports == {6379, 5432}
    for command, says in (("redis-cli PING", "something listens"), ("curl http://localhost:8080/x", "nothing listens")):
        found = effect(command, Host(sockets=ports))
        assert any(one.code == "C472" and says in one.message for one in found.findings)
        assert not any("listens" in one.message for one in effect(command, Host()).findings)


def tree(root: Path, table: str, **files: str) -> str:
    for name, text in {"cron.d/app": table, **{name.replace("__", "."): text for name, text in files.items()}}.items():
        (root / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "etc" / name).write_text(text)
    return str(root)


def test_pam_gives_the_job_what_the_host_set(tmp_path: Path) -> None:
    """pam_env(8) by /etc/pam.d/cron; cron's own names and the table's stand above it."""
    table = "LANG=C\n0 1 * * * root /app/run $JAVA_HOME\n"
    environment = (
        'PATH="/opt/bin:/usr/bin"\nLANG=de_DE.UTF-8\nexport JAVA_HOME=/opt/java\nMAILTO=a@example.com\n# x=1\n'
    )
    root = tree(tmp_path / "host", table, environment=environment)
    job = run("scan", root, "--timezone", "UTC", "--format", "json", cwd=tmp_path).document["jobs"][0]
    assert job["command"]["environment"] == {"JAVA_HOME": "/opt/java", "LANG": "C"}
    assert [one["message"].partition(":")[0] for one in job["findings"] if one["code"] == "C427"] == ["JAVA_HOME"]
    busybox = run("scan", root, "--timezone", "UTC", "--format", "json", "--dialect", "busybox", cwd=tmp_path)
    assert "C427" not in {one["code"] for one in busybox.document["jobs"][0]["findings"]}


def test_a_secret_of_the_hosts_environment_is_one(tmp_path: Path) -> None:
    root = tree(tmp_path / "host", "0 1 * * * root /app/run\n", environment="DB_PASSWORD=hunter2hunter2\n")
    done = run("scan", root, "--timezone", "UTC", "--out", "migration", "--format", "json", cwd=tmp_path)
    assert "hunter2" not in done.out
    assert not any("hunter2" in path.read_text() for path in (tmp_path / "migration").rglob("*.*") if path.is_file())


@pytest.mark.parametrize(
    ("command", "never"),
    [
        ("su - www-data -c /app/run", True),
        ("su www-data -c '/app/run a'", True),
        ("/bin/su -l www-data -c /app/run", True),
        ("su -s /bin/sh www-data -c /app/run", False),
        ("su www-data --shell /bin/bash -c /app/run", False),
        ("su - deploy -c /app/run", False),
        ("runuser -u www-data -- /app/run", False),
        ("sudo -u www-data /app/run", False),
    ],
)
def test_su_starts_the_shell_of_its_user(tmp_path: Path, command: str, never: bool) -> None:
    passwd = (
        "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\ndeploy:x:9:9::/home/d:/bin/bash\n"
    )
    root = tree(tmp_path / "host", f"0 1 * * * root {command}\n", passwd=passwd)
    job = run("scan", root, "--timezone", "UTC", "--format", "json", cwd=tmp_path).document["jobs"][0]
    assert (any(one["code"] == "C497" for one in job["findings"]), job["fate"] == "drop") == (never, never)


PASSWD = (
    "root:x:0:0::/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/sh\nother:x:1001:1001::/home/other:/bin/sh\n"
)
GROUP = "root:x:0:\ndeploy:x:1000:\napp:x:1005:deploy, other\nadm:x:4:deploy\nempty:x:1006:\n"
BY_GROUP = [
    # user, mode and owner of /srv/app, mode and owner of /srv/app/key, the group that lets the user read it
    ("deploy", (0o755, 0, 0), (0o640, 0, 1005), "app"),
    ("other", (0o755, 0, 0), (0o640, 0, 1005), "app"),
    ("deploy", (0o750, 0, 1005), (0o644, 0, 0), "app"),  # the directory above is what the group opens
    ("deploy", (0o755, 0, 0), (0o640, 0, 4), "adm"),
    ("deploy", (0o755, 0, 0), (0o644, 0, 1005), None),  # everybody reads it
    ("deploy", (0o755, 0, 0), (0o640, 1000, 1005), None),  # it is its own
    ("deploy", (0o755, 0, 0), (0o640, 0, 1000), None),  # of its own group, which `uid:gid` has
    ("deploy", (0o755, 0, 0), (0o600, 0, 1005), None),  # nobody but root, on the host too
    ("deploy", (0o755, 0, 0), (0o640, 0, 1006), None),  # a group without it
    ("other", (0o755, 0, 0), (0o640, 0, 4), None),
    ("root", (0o750, 0, 1005), (0o640, 0, 1005), None),
]


@pytest.mark.parametrize(("user", "above", "file", "group"), BY_GROUP)
def test_what_a_user_reads_only_as_a_member(
    user: str, above: tuple[int, int, int], file: tuple[int, int, int], group: str | None
) -> None:
    paths = {
        "/srv": Standing("directory", 0o755, uid=0, gid=0),
        "/srv/app": Standing("directory", above[0], uid=above[1], gid=above[2]),
        "/srv/app/key": Standing("file", file[0], uid=file[1], gid=file[2]),
    }
    users = users_of(PASSWD)
    host = Host(users=users, groups=groups_of(GROUP), members=members_of(GROUP), paths=paths)
    assert [one.group for one in only_by_group(host, users[user], ["/srv/app/key"])] == [one for one in [group] if one]
    unknown = Host(users=users, groups=None, paths=paths)
    assert list(only_by_group(unknown, users[user], ["/srv/app/key"])) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to a group")
def test_files_of_a_group_are_told_of_each_user(tmp_path: Path) -> None:
    table = (
        "0 5 * * * deploy /srv/app/run < /srv/app/key\n1 5 * * * deploy /srv/app/run /etc/app.conf\n"
        "2 5 * * * other /srv/app/run\n3 5 * * * root /srv/app/run < /srv/app/key\n"
    )
    files = {"etc/crontab": table, "etc/passwd": PASSWD, "etc/group": GROUP, "srv/app/run": "#!/bin/sh\ntrue\n"}
    for name, text in {**files, "srv/app/key": "k", "etc/app.conf": "c"}.items():
        place = tmp_path / "host" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o755 if name.endswith("run") else 0o644)
    for name in ("srv/app/key", "etc/app.conf"):
        os.chown(tmp_path / "host" / name, 0, 1005)
        (tmp_path / "host" / name).chmod(0o640)
    done = run("scan", "host", "--timezone", "UTC", "--image", "a/b:1", "--format", "json", cwd=tmp_path)
    told = {job["source"]["line"]: [f for f in job["findings"] if f["code"] == "C436"] for job in done.document["jobs"]}
    assert {line: len(found) for line, found in told.items()} == {1: 1, 2: 1, 3: 0, 4: 0}
    assert "user: 1000:1005" in told[1][0]["message"]
