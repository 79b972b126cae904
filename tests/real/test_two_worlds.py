"""Cron's way against the task's way: where a command does not do the same, a need or a finding of it says so."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli import run
from tests.effort import DEEP
from tests.real import two_worlds
from tests.real.two_worlds import HOME, UID, USER, Run, Trace

COUNT = 800 if DEEP else 90

TABLES = {
    "plain": "",
    "home": "HOME=/srv/app\n",
    "path": "PATH=/opt/tools/bin:/usr/bin:/bin\n",
    "bash": "SHELL=/bin/bash\n",
    "own": "APP=/srv/app\n",
    "meant": "APP=$HOME/app\n",
}
BODIES = """
/srv/app/bin/job a
./run a
bin/job a
run.sh a
tool a
$HOME/run a
~/run a
~deploy/run a
cd /srv/app && ./run a
cd app && ./run a
cd app; ./run a
cd && ./run a
cd ~/app && ./run a
cd $HOME/app && ./run a
cd "$HOME/app" || exit; ./run a
cd $APP && ./run a
/srv/app/bin/job $HOME
/srv/app/bin/job ~/x
/srv/app/bin/job "${HOME}"
/srv/app/bin/job $LOGNAME
/srv/app/bin/job "$USER"
/srv/app/bin/job ${LOGNAME}@example.com
/srv/app/bin/job $SHELL
/srv/app/bin/job $APP
/srv/app/bin/job $PATH
/srv/app/bin/job $(whoami)
/srv/app/bin/job $(id -u)
/srv/app/bin/job $(hostname)
/srv/app/bin/job $(pwd)
/srv/app/bin/job $PWD
/srv/app/bin/job < data.csv
cat data.csv
cat data.csv | /srv/app/bin/job
cat /etc/role
/srv/app/bin/job > out.txt
/srv/app/bin/job >> /srv/app/out.txt
. ./env.sh; /srv/app/bin/job $FOO
. $HOME/.profile; /srv/app/bin/job $FOO
. ~/.profile && /srv/app/bin/job $FOO
python3 w.py
python3 /srv/app/w.py
find . -name data.csv
find -name data.csv
ls
wc -l data.csv
grep -c home data.csv
sort data.csv
cp data.csv /srv/app/copy.csv
touch stamp
mkdir -p made && touch made/x
env FOO=1 ./run b
nice ./run b
timeout 5 ./run b
flock -n /tmp/l ./run b
xargs ./run < data.csv
ls | xargs -n1 echo
[ -f data.csv ] && /srv/app/bin/job
test -r data.csv && /srv/app/bin/job
[ -d $HOME/app ] && /srv/app/bin/job
[ -x ./run ] && ./run a
[ "$(hostname)" = web1 ] && /srv/app/bin/job
[ "$(hostname)" = web2 ] && /srv/app/bin/job
case $(hostname) in web1) /srv/app/bin/job a;; *) /srv/app/bin/job b;; esac
hostname | grep -q web1 && /srv/app/bin/job
[ -f /etc/role ] && /srv/app/bin/job
[ -f /etc/none ] || /srv/app/bin/job
if [ -f /etc/role ]; then ./run a; fi
[ "$(cat /etc/role)" = web ] && /srv/app/bin/job
[ "$(whoami)" = deploy ] && /srv/app/bin/job
[ $(id -u) = 0 ] || /srv/app/bin/job
[ "$USER" = deploy ] && /srv/app/bin/job
[ -n "$LOGNAME" ] && /srv/app/bin/job
command -v tool >/dev/null && /srv/app/bin/job
which tool >/dev/null || /srv/app/bin/job
""".strip().split("\n")
WRAPS = (
    "{}",
    "{{ {}; }}",
    "( {} )",
    "if true; then {}; fi",
    "{} || true",
    "true && {{ {}; }}",
    "for i in 1; do {}; done",
    "case a in a) {};; esac",
    "sh -c '{}'",
    "{} >> /tmp/log 2>&1",
    "while true; do {}; break; done",
)
# They only inform: nothing is asked of anybody.
_ASKED_ONCE = "C494"
_IMAGE_HAS = ("/bin/", "/usr/", "/sbin/", *(f"/srv/app/{name}" for name in two_worlds.APPLICATION))


class Line(NamedTuple):
    table: str
    command: str


def lines() -> list[Line]:
    """A sample of all combinations, spread evenly, the same each time; every body is in it once before any is twice."""
    every = [
        Line(table, wrap.format(body))
        for wrap, table, body in itertools.product(WRAPS, TABLES, BODIES)
        if not ("'" in wrap and "'" in body)
    ]
    first = [line for index, line in enumerate(every) if index % 67 < 1]
    step = max(1, len(every) // COUNT)
    spread = [every[(index * step + index // 7) % len(every)] for index in range(COUNT)]
    return list(dict.fromkeys([*spread, *first[: COUNT // 10]]))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Line, dict[str, Any]]]:
    """Each line with what a scan of the host's tree says of it."""
    if reason := two_worlds.missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("host")
    for name, text in {
        **two_worlds.OF_HOST,
        **{f"/srv/app/{name}": text for name, text in two_worlds.APPLICATION.items()},
        "/etc/passwd": two_worlds.PASSWD + two_worlds.OF_USER,
        "/etc/hostname": "web1\n",
        "/etc/os-release": "ID=debian\n",
        "/usr/bin/env": "",
        "/usr/bin/dash": "",
    }.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    (root / "bin").symlink_to("usr/bin")
    (root / "usr/bin/sh").symlink_to("dash")
    (root / "etc/cron.d").mkdir()
    every = lines()
    for table, head in TABLES.items():
        text = head + "".join(f"0 4 * * * {USER} {line.command}\n" for line in every if line.table == table)
        (root / "etc/cron.d" / table).write_text(text, encoding="utf-8")
    work = tmp_path_factory.mktemp("work")
    result = run("scan", str(root), "--format", "json", "--timezone", "UTC", cwd=work)
    assert result.code == 0, result.err
    found = {}
    for job in result.document["jobs"]:  # type: ignore[attr-defined]
        table = Path(job["source"]["path"]).name
        found[Line(table, job["line"].split(None, 6)[6])] = job
    return [(line, found[line]) for line in every]


def alike(was: Trace, now: Trace) -> bool:
    """Whether both did the same; two failures without a word are."""
    if was.status and now.status and not (was.files or now.files):
        return was.out == now.out or "not started" in now.out
    return was == now


def as_cron(line: Line) -> Run:
    head = dict(one.split("=", 1) for one in TABLES[line.table].split())
    environment = {"HOME": HOME, "LOGNAME": USER, "USER": USER, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **head}
    return Run([environment["SHELL"], "-c", line.command], environment, environment["HOME"], UID)


def as_task(job: dict[str, Any]) -> Run:
    command = job["command"]
    argv = command["argv"] or [*command["interpreter"], command["text"]]
    user = str(command.get("user") or "0").partition(":")[0]
    environment = {"PATH": two_worlds.IMAGE_PATH, "HOME": "/root", "HOSTNAME": "ip-10-0-7-19"}
    environment |= command.get("environment") or {}
    return Run(argv, environment, command.get("workingDirectory") or "/", int(user) if user.isdecimal() else 0)


def told(job: dict[str, Any]) -> bool:
    """Whether the scan says that this job may not do the same: it does not simply move, or asks for something that this
    image does not have."""
    if any(one["severity"] != "info" and one["code"] != _ASKED_ONCE for one in job["findings"]):
        return True
    if job["fate"] in ("stay", "drop") or {one["code"] for one in job["findings"]} & {"C419", "C420"}:
        return True  # C419: another PATH; C420: output that went to a file goes to CloudWatch
    lacking = [need["subject"] for need in job["needs"] if need.get("image") and need["answer"] != "met"]
    return any("/" in one and not one.startswith(_IMAGE_HAS) for one in lacking) or "tool" in lacking


def test_each_difference_is_told(jobs: list[tuple[Line, dict[str, Any]]], tmp_path: Path) -> None:
    before: list[Trace] = two_worlds.run_all([as_cron(line) for line, _ in jobs], host=True, scratch=tmp_path)
    after = two_worlds.run_all([as_task(job) for _, job in jobs], host=False, scratch=tmp_path)
    silent = [
        (line.table, line.command, was, now, job["command"])
        for (line, job), was, now in zip(jobs, before, after, strict=True)
        if not alike(was, now) and not told(job)
    ]
    differ = sum(not alike(was, now) for was, now in zip(before, after, strict=True))
    alarms = sum(alike(was, now) and told(job) for (_, job), was, now in zip(jobs, before, after, strict=True))
    print(f"{len(jobs)} commands, {differ} differ, {len(silent)} of them untold; {alarms} told that do the same")
    assert differ > len(jobs) // 6
    assert not silent, "\n".join(map(str, silent[:12]))
