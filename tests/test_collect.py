"""The collector for hosts: what it takes, what it hides, what it says that it could not see, and what a scan makes of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from converters.hosts.collected import collected_of, permissions, ports_of
from converters.hosts.packages import apk_packages, listed_packages
from tests.cli import FIXTURES, ROOT, run

SCRIPT = ROOT / "migrate" / "collect" / "collect.sh"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"]}

TABLE = """\
DB_PASSWORD=hunter2secret
API_TOKEN="tok en-x12345"
SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/XyzzySecret
REF=$DB_PASSWORD
SSH_KEY=/etc/keys/id
TOKEN_FILE=/run/secrets/token
0 1 * * * app mysqldump -u root -phunter2secret shop > /srv/backup/shop.sql
0 2 * * * app curl -H "Authorization: Bearer abc.def.ghi" https://user:pa55w0rdX@example.com/x --token=zzTOPsecret
0 3 * * * app cd /opt/app && ./run.sh --api-key K3YK3YK3Y && bin/tool
0 4 * * * app mysql --password='Quoted Pw9' -e 'select 1'
0 5 * * * app . /opt/app/.env && /opt/app/run.sh
0 6 * * * app pg_dump postgres://u:pgPW123@db/x; PGPASSWORD=$DB_PASSWORD psql; passwd=$(cat /etc/x)
0 7 * * * app test -x /usr/sbin/nosuch && /opt/app/run.sh
0 8 * * * app redis-cli ping
"""
SECRETS = (
    *(
        "hunter2secret",
        "tok en-x12345",
        "XyzzySecret",
        "abc.def.ghi",
        "pa55w0rdX",
        "zzTOPsecret",
        "K3YK3YK3Y",
        "Quoted Pw9",
    ),
    *("pgPW123", "valueA", "valueB", "envsecret", "abcdSECRETabcd", "$6$hash", "App User"),
)
HOST: dict[str, str] = {
    "etc/cron.d/app": TABLE,
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\napp:$6$hash$abc:1000:1000:App User,,,:/home/app:/bin/bash\n",
    "etc/group": "root:x:0:\napp:x:1000:\n",
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "etc/hostname": "web1\n",
    "etc/hosts": "10.0.0.5 db\n",
    "etc/timezone": "Asia/Tokyo\n",
    "etc/environment": "A=b\nMY_TOKEN=envsecret\n",
    "etc/keys/id": "nothing\n",
    "etc/cron.daily/tidy": "#!/bin/sh\n/opt/app/run.sh\n",
    "opt/app/run.sh": "#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY=abcdSECRETabcd\n/opt/app/second.sh\n",
    "opt/app/second.sh": "#!/bin/sh\necho 2",
    "opt/app/.env": "export A=valueA\nB=valueB\n",
    "var/spool/cron/crontabs/bob": "* * * * * /usr/local/bin/last",
    "usr/bin/env": "",
    "usr/bin/mysql": "",
    "usr/sbin/cron": "",
}


def host(root: Path, files: dict[str, str] = HOST) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        if text.startswith("#!") or name.startswith("usr/"):
            (root / name).chmod(0o755)
    return root


def collect(root: Path, out: Path, shell: str = "dash") -> Path:
    done = subprocess.run(
        [*SHELLS[shell], str(SCRIPT), "-r", str(root), "-o", str(out)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return out


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {
            one.name.removeprefix("./"): (tar.extractfile(one) or io.BytesIO()).read() for one in tar if one.isfile()
        }


def told(cwd: Path, place: str) -> dict[str, Any]:
    return run("scan", place, "--format", "json", "--out", f"out-{place}", cwd=cwd).document


def of(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a scan says of each job, without the names of places."""
    return [
        (
            *(job["name"], job["fate"], job["status"], job["user"], job["timezone"]),
            tuple(one["code"] for one in job["findings"]),
            tuple((one["kind"], one["subject"], one["role"], one["answer"]) for one in job["needs"]),
        )
        for job in document["jobs"]
    ]


@pytest.fixture(scope="module")
def web1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a host's tree ``web1`` and its collections by three shells."""
    work = tmp_path_factory.mktemp("collect")
    host(work / "tree")
    for shell in SHELLS:
        collect(work / "tree", work / f"{shell}.tar", shell)
    return work


def test_three_shells_collect_the_same(web1: Path) -> None:
    found = [members(web1 / f"{shell}.tar") for shell in SHELLS]
    for one in found:
        # its first line holds the time
        one["collected/manifest"] = one["collected/manifest"].partition(b"\n")[2]
    assert found[0] == found[1] == found[2]


def test_no_secret_leaves_the_host(web1: Path) -> None:
    everything = b"\n".join(members(web1 / "dash.tar").values()).decode()
    assert [one for one in SECRETS if one in everything] == []


def test_the_same_value_is_the_same_behind_its_number(web1: Path) -> None:
    found = members(web1 / "dash.tar")
    rows = found["etc/cron.d/app"].decode().splitlines()
    number = rows[0].partition("=")[2]
    assert number.startswith("HIDDEN-BY-COLLECT-")
    assert f"-p{number} shop" in rows[6]
    other = found["etc/environment"].decode().splitlines()[1]
    assert other.startswith("MY_TOKEN=HIDDEN-BY-COLLECT-") and not other.endswith(f"={number}")


@pytest.mark.parametrize(
    "row",
    [
        "REF=$DB_PASSWORD",
        "SSH_KEY=/etc/keys/id",
        "TOKEN_FILE=/run/secrets/token",
        "0 8 * * * app redis-cli ping",
        "0 7 * * * app test -x /usr/sbin/nosuch && /opt/app/run.sh",
    ],
)
def test_what_is_no_secret_stays(web1: Path, row: str) -> None:
    assert row in members(web1 / "dash.tar")["etc/cron.d/app"].decode().splitlines()


def test_a_last_line_without_its_newline_stays_so(web1: Path) -> None:
    # Debian's cron refuses the whole table then (crontab(5), BUGS).
    assert members(web1 / "dash.tar")["var/spool/cron/crontabs/bob"] == b"* * * * * /usr/local/bin/last"


def test_scripts_of_scripts_come_along_and_data_does_not(web1: Path) -> None:
    found = members(web1 / "dash.tar")
    assert "opt/app/second.sh" in found
    assert "etc/keys/id" not in found
    assert found["opt/app/.env"] == b"export A=HIDDEN-BY-COLLECT\nB=HIDDEN-BY-COLLECT\n"


def test_a_collection_says_what_its_tree_says(web1: Path) -> None:
    shutil.copy(web1 / "dash.tar", web1 / "web1.tar")
    tree, collection = told(web1, "tree"), told(web1, "web1.tar")
    assert of(collection) == of(tree)
    # The names of parameters are those of the tree too: a hidden value is still a secret of its variable.
    for spec in sorted((web1 / "out-tree/jobs").glob("*/ecs.yml")):
        other = (web1 / "out-web1.tar/jobs" / spec.parent.name / "ecs.yml").read_text()
        assert secrets_of(other) == secrets_of(spec.read_text())
    assert "HIDDEN-BY-COLLECT" not in json.dumps(collection)


def secrets_of(spec: str) -> list[set[str]]:
    return [set(one.get("secrets") or {}) for one in yaml.safe_load(spec)["containers"]]


def test_the_fixture_of_a_server_too(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "legacy-rails", tmp_path / "rails")
    collect(tmp_path / "rails", tmp_path / "copy.tar")
    assert of(told(tmp_path, "copy.tar")) == of(told(tmp_path, "rails"))


def test_what_could_not_be_looked_at_is_told(web1: Path) -> None:
    document = told(web1, "dash.tar")
    said = [one["reason"] for one in document["skipped"] if one["code"] == "C119"]
    assert any("packages" in one and "dpkg" in one for one in said), said
    assert any("log" in one for one in said), said


def test_a_directory_of_collections_is_a_fleet(web1: Path, tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    other = host(
        tmp_path / "other", {**HOST, "etc/hostname": "web2\n", "etc/cron.d/app": "0 9 * * * app /opt/app/run.sh\n"}
    )
    shutil.copy(web1 / "dash.tar", tmp_path / "fleet/web1.tar")
    collect(other, tmp_path / "fleet/web2.tar")
    shutil.rmtree(other)
    found = told(tmp_path, "fleet")
    places = {one["source"]["path"].split("/")[1] for one in found["jobs"]}
    assert places == {"web1", "web2"}
    again = told(tmp_path, "fleet")
    assert [one["id"] for one in again["jobs"]] == [one["id"] for one in found["jobs"]]


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes somebody else")
def test_an_ordinary_user_gets_what_that_user_may_see(tmp_path: Path) -> None:
    root = host(tmp_path / "tree")
    for directory in (*tmp_path.parents, tmp_path):
        if os.access(directory, os.W_OK) and str(directory).startswith("/tmp/"):
            directory.chmod(0o755)
    (root / "var/spool/cron/crontabs").chmod(0o700)
    (root / "etc/cron.d/app").chmod(0o600)
    place = tmp_path / "mine"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    script = place / "collect.sh"
    shutil.copy(SCRIPT, script)
    script.chmod(0o644)
    done = subprocess.run(
        [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "sh",
            str(script),
            "-r",
            str(root),
            "-o",
            str(place / "x.tar"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(place)},
    )
    assert done.returncode == 0, done.stderr
    manifest = members(place / "x.tar")["collected/manifest"].decode()
    assert "files\tfailed\t/etc/cron.d/app: no permission to read" in manifest
    assert "tables\tfailed" in manifest
    assert sorted(one.name for one in place.iterdir()) == ["collect.sh", "x.tar"]  # it leaves nothing else


# --- a tar comes from somebody else


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, len(data), link
    return made, data


MANIFEST = entry("collected/manifest", b"cron2fargate-collection\t1\tx\n")
CRONTAB = entry("etc/crontab", b"0 1 * * * root /opt/x\n")


def tar(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as made:
        for one, data in entries:
            made.addfile(one, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([entry("../out", b"x")], "leads out"),
        ([entry("/etc/out", b"x")], "leads out"),
        ([entry("etc/../../out", b"x")], "leads out"),
        ([entry("etc", b"x"), entry("etc/crontab", b"x")], "cannot be opened"),
    ],
)
def test_a_hostile_tar_is_refused(tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], says: str) -> None:
    tar(tmp_path / "web.tar", MANIFEST, *entries)
    done = run("scan", "web.tar", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err and done.err.count("\n") == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["web.tar"]


def test_links_and_devices_of_a_tar_reach_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    tar(
        tmp_path / "web.tar",
        *(MANIFEST, CRONTAB),
        entry("a", kind=tarfile.SYMTYPE, link=str(outside)),
        entry("a/b", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        entry("a/c", b"x"),
        entry("etc/cron.d/dev", kind=tarfile.CHRTYPE),
        entry("etc/cron.d/fifo", kind=tarfile.FIFOTYPE),
        entry("etc/cron.d/hard", kind=tarfile.LNKTYPE, link="/etc/passwd"),
        entry("etc/cron.d/soft", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        entry("collected/cron.log", kind=tarfile.SYMTYPE, link="/etc/passwd"),
    )
    done = run("scan", "web.tar", "--format", "json", cwd=tmp_path)
    assert done.code == 0
    assert list(outside.iterdir()) == []
    assert "root:" not in done.out + done.err
    assert [job["source"]["path"] for job in done.document["jobs"]] == ["web/etc/crontab"]


def test_what_is_in_the_way_is_not_touched(tmp_path: Path) -> None:
    tar(tmp_path / "web.tar", MANIFEST, CRONTAB)
    (tmp_path / "web").mkdir()
    (tmp_path / "web/mine").write_text("keep")
    done = run("scan", "web.tar", cwd=tmp_path)
    assert done.code == 2 and "in the way" in done.err
    assert (tmp_path / "web/mine").read_text() == "keep"


def test_a_fifo_in_the_place_of_the_mark_is_not_waited_for(tmp_path: Path) -> None:
    tar(tmp_path / "web.tar", MANIFEST, CRONTAB)
    assert len(told(tmp_path, "web.tar")["jobs"]) == 1
    mark = tmp_path / "web/collected/opened-from"
    mark.unlink()
    os.mkfifo(mark)
    assert len(told(tmp_path, "web.tar")["jobs"]) == 1
    assert mark.is_file()


def test_a_newer_tar_takes_the_place_of_the_older(tmp_path: Path) -> None:
    tar(tmp_path / "web.tar", MANIFEST, CRONTAB)
    assert len(told(tmp_path, "web.tar")["jobs"]) == 1
    tar(tmp_path / "web.tar", MANIFEST, CRONTAB, entry("etc/cron.d/more", b"0 2 * * * root /opt/y\n"))
    assert len(told(tmp_path, "web.tar")["jobs"]) == 2


# --- the ways to run it


def test_the_script_is_printed_as_it_is_and_shellcheck_has_no_warning(tmp_path: Path) -> None:
    assert run("collect", "--script", cwd=tmp_path).out == SCRIPT.read_text()
    done = subprocess.run(["shellcheck", "-S", "warning", "-s", "sh", str(SCRIPT)], capture_output=True, check=False)
    assert done.stdout.decode() == ""


def test_it_runs_here_and_its_tar_is_scanned(tmp_path: Path) -> None:
    assert run("collect", "here.tar", "--root", str(host(tmp_path / "tree")), cwd=tmp_path).code == 0
    assert told(tmp_path, "here.tar")["jobs"]


def test_the_playbook_is_one(tmp_path: Path) -> None:
    (play,) = yaml.safe_load(run("collect", "--ansible", "--days", "3", cwd=tmp_path).out)
    (block,) = play["tasks"]
    assert block["block"][1]["ansible.builtin.script"]["cmd"] == "collect.sh -o {{ made.path }}/host.tar -d 3"
    assert block["always"][0]["ansible.builtin.file"]["state"] == "absent"


def test_the_document_runs_the_very_script(tmp_path: Path) -> None:
    text = run("collect", "--ssm", cwd=tmp_path).out
    document = json.loads(text)
    lines = document["mainSteps"][0]["inputs"]["runCommand"]
    first = lines.index("cat > \"$work/collect.sh\" << 'END-OF-COLLECTOR'")
    assert "\n".join(lines[first + 1 : lines.index("END-OF-COLLECTOR")]) + "\n" == SCRIPT.read_text()
    # Systems Manager fills `{{ .. }}` in: only its own parameter may stand so. A document holds 64 KB.
    assert text.count("{{") == 1
    assert len(text) < 64 * 1024
    assert document["schemaVersion"] == "2.2"


# --- texts of a collection


def test_rows_of_a_manifest() -> None:
    found = collected_of(
        "cron2fargate-collection\t1\t2026-01-01T00:00:00Z\nsh\tok\tx\nat\tfailed\tno permission\nbroken\n",
        "-rwsr-x--t\t0\t5\t12\t-\t/bin/x\nabsent\t-1\t-1\t0\t-\t/no\nsrwxrwxrwx\t1\t1\t0\t/y\t/run/s\nbad\t/z\n",
        "/usr/bin/a\n",
    )
    assert found is not None and found.failed == (("at", "no permission"),)
    x = found.standing("/bin/x")
    assert x is not None and (x.kind, oct(x.mode), x.size, x.gid) == ("file", "0o5751", 12, 5)
    assert [
        (one.kind if (one := found.standing(path)) else None) for path in ("/no", "/usr/bin/a", "/usr/bin/b", "/srv")
    ] == [*("absent", None, "absent", None)]
    assert collected_of("cron2fargate-collection\t2\tx\n", None, None) is None


def test_permissions_as_ls_writes_them() -> None:
    assert oct(permissions("drwxr-xr-x")) == "0o755"
    assert oct(permissions("-rwSr-Sr-T")) == "0o7644"


def test_ports_in_hexadecimal() -> None:
    assert ports_of("1538\n0CEA\nxx\n") == {5432, 3306}


def test_packages_as_rpm_and_apk_list_them() -> None:
    assert listed_packages("cronie\t/etc/cron.d/0hourly\nbash\t/usr/bin/bash\nx\n").owners == {
        "/etc/cron.d/0hourly": "cronie",
        "/usr/bin/bash": "bash",
    }
    found = apk_packages("P:busybox\nF:bin\nR:busybox\nF:usr/share\nR:x\n\nP:acme\nF:etc/cron.d\nR:acme\n")
    assert found.owners == {"/bin/busybox": "busybox", "/etc/cron.d/acme": "acme"}
